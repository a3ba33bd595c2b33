//! The names of a batch, each once for each question, with the domains that they are in.

use std::num::NonZeroU32;

use super::pile::{Pile, Spelled};
use crate::index::{INDEX_COST, Index};
use crate::tally::registered;
use crate::wire::name::push_text;

/// The number of a name in its batch, from 1. One name has several, for several types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameId(NonZeroU32);

impl NameId {
    /// Its place among all names.
    pub(super) const fn place(self) -> usize {
        self.0.get() as usize - 1
    }

    fn at(place: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(place))
    }
}

/// Names and domains.
#[derive(Debug, Default)]
pub(super) struct Names {
    texts: Pile,
    /// By the hash of the question, which stands for it in every table.
    index: Index,
    hashes: Vec<u64>,
    /// Of each name its domain.
    domain_of: Vec<u32>,
    domains: Spelled,
}

/// What a name costs beside its text: its numbers, and its place when they are put in order.
const COST: usize = INDEX_COST + 32 + 32;

impl Names {
    /// The texts of all names in the order of their numbers.
    #[cfg(feature = "parquet")]
    pub(super) fn texts(&self) -> &Pile {
        &self.texts
    }

    /// The texts of all domains.
    pub(super) fn domains(&self) -> &Pile {
        self.domains.texts()
    }

    /// The place of each name's domain among all.
    #[cfg(feature = "parquet")]
    pub(super) fn domain_of(&self) -> &[u32] {
        &self.domain_of
    }

    pub(super) fn get(&self, id: NameId) -> &str {
        self.texts.get(id.place())
    }

    pub(super) fn domain(&self, id: NameId) -> &str {
        let domain = self.domain_of.get(id.place());
        domain.map_or("", |place| self.domains().get(*place as usize))
    }

    /// Bytes of memory that they take, about.
    pub(super) fn bytes(&self) -> usize {
        self.texts.bytes() + self.domain_of.len() * COST + self.domains.bytes()
    }

    /// The name with this question's hash, in canonical wire form; `None` if it is empty.
    #[inline]
    pub(super) fn number(&mut self, hash: u64, wire: &[u8]) -> Option<NameId> {
        if wire.is_empty() {
            return None;
        }
        let is_same = |number: u32| self.hashes.get(number as usize) == Some(&hash);
        Some(NameId::at(match self.index.find(hash, is_same) {
            Some(number) => number,
            None => self.add(hash, wire),
        }))
    }

    fn add(&mut self, hash: u64, wire: &[u8]) -> u32 {
        let number = u32::try_from(self.hashes.len()).unwrap_or(u32::MAX);
        self.index.insert(hash, number);
        self.hashes.push(hash);
        let domain = registered(wire);
        let before = wire.get(..wire.len() - domain.len()).unwrap_or_default();
        let domains = &mut self.domains;
        let domain_of = self.texts.push_with(|text| {
            if !before.is_empty() {
                push_text(text, before);
                text.push('.');
            }
            let begins = text.len();
            push_text(text, domain);
            domains.number(text.get(begins..).unwrap_or_default())
        });
        self.domain_of.push(domain_of);
        number
    }

    pub(super) fn clear(&mut self) {
        self.texts.clear();
        self.index.clear();
        self.hashes.clear();
        self.domain_of.clear();
        self.domains.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::name::text;

    #[test]
    fn a_name_is_kept_once_for_each_question_with_its_domain() {
        let mut names = Names::default();
        let cases = [
            (&b"\x03www\x07example\x03com\x00"[..], "example.com"),
            (b"\x07example\x03com\x00", "example.com"),
            (b"\x03com\x00", "com"),
            (b"\x00", "."),
            (b"\x03a.b\x04c\\\xff\"\x00", "a\\.b.c\\\\\\255\""),
            (b"\x01x\x01y\x07example\x02co\x02uk\x00", "example.co.uk"),
        ];
        for (hash, (wire, domain)) in (0..).zip(cases) {
            let id = names.number(hash, wire).unwrap();
            assert_eq!((names.get(id), names.domain(id)), (text(wire).as_str(), domain));
            assert_eq!(names.number(hash, wire), Some(id));
        }
        assert_eq!(names.number(99, b""), None);
        let other = names.number(7, cases[0].0).unwrap();
        assert_eq!((other.place(), names.get(other)), (6, "www.example.com"));
        assert_eq!(names.domains().len(), 5);
    }
}
