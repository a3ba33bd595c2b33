//! The texts of a batch: names, domains, addresses and what servers say, each kept once.
//!
//! All of them are printable ASCII: what came from a packet is escaped before it is kept.

use std::num::NonZeroU32;

use hashbrown::HashMap;

use crate::tally::registered;
use crate::wire::Address;
use crate::wire::name::{escape_text, text};

/// The number of a text in its batch, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextId(NonZeroU32);

impl TextId {
    /// Its place among all texts.
    pub(super) const fn place(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// A name and the registered domain that it is in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    pub(super) whole: TextId,
    pub(super) domain: TextId,
}

type State = foldhash::fast::RandomState;

/// Texts, found by what they are of.
#[derive(Debug, Default)]
pub struct Texts {
    all: Vec<Box<str>>,
    /// Bytes of all, with what it takes to find them.
    bytes: usize,
    /// By the hash of the question, which stands for it in every table.
    names: HashMap<u64, Name, State>,
    addresses: HashMap<Address, TextId, State>,
    /// Domains in wire form, and texts of servers.
    others: HashMap<Box<[u8]>, TextId, State>,
}

/// What a text costs beside its bytes: its place in the list and in a table.
const COST: usize = 64;

impl Texts {
    /// Bytes of memory that all of it takes, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// All texts in the order of their numbers.
    pub(super) fn all(&self) -> &[Box<str>] {
        &self.all
    }

    /// A text.
    pub(super) fn get(&self, id: TextId) -> &str {
        self.all.get(id.place()).map_or("", |text| text)
    }

    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.names.clear();
        self.addresses.clear();
        self.others.clear();
        self.bytes = 0;
    }

    fn keep(&mut self, text: String) -> TextId {
        self.bytes += text.len() + COST;
        self.all.push(text.into_boxed_str());
        let number = u32::try_from(self.all.len()).ok().and_then(NonZeroU32::new);
        TextId(number.unwrap_or(NonZeroU32::MAX))
    }

    /// The name with this question's hash, in canonical wire form; `None` if it is empty.
    pub(super) fn name(&mut self, hash: u64, wire: &[u8]) -> Option<Name> {
        if wire.is_empty() {
            return None;
        }
        if let Some(name) = self.names.get(&hash) {
            return Some(*name);
        }
        let domain = self.other(registered(wire), text);
        let name = Name { whole: self.keep(text(wire)), domain };
        self.names.insert(hash, name);
        Some(name)
    }

    pub(super) fn address(&mut self, address: Address) -> TextId {
        if let Some(id) = self.addresses.get(&address) {
            return *id;
        }
        let id = self.keep(address.ip().to_string());
        self.addresses.insert(address, id);
        id
    }

    /// What a server says; `None` if it says nothing.
    pub(super) fn free(&mut self, bytes: &[u8]) -> Option<TextId> {
        (!bytes.is_empty()).then(|| self.other(bytes, escape_text))
    }

    fn other(&mut self, bytes: &[u8], spell: fn(&[u8]) -> String) -> TextId {
        if let Some(id) = self.others.get(bytes) {
            return *id;
        }
        self.bytes += bytes.len();
        let id = self.keep(spell(bytes));
        self.others.insert(bytes.into(), id);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once_and_can_do_no_harm() {
        let mut texts = Texts::default();
        let said = texts.free(b"blocked\x1b[2J\"").unwrap();
        assert_eq!(texts.free(b"blocked\x1b[2J\""), Some(said));
        assert_eq!(texts.get(said), "blocked\\027[2J\"");
        assert_eq!(texts.free(b""), None);
        let name = texts.name(7, b"\x03www\x07example\x03com\x00").unwrap();
        assert_eq!(
            (texts.get(name.whole), texts.get(name.domain)),
            ("www.example.com", "example.com")
        );
        assert_eq!(texts.name(7, b"\x03www\x07example\x03com\x00").unwrap().whole, name.whole);
        assert!(texts.name(8, b"").is_none());
    }
}
