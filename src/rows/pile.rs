//! Texts one after the other in one piece of memory, found by their numbers.

use std::hash::BuildHasher;

use crate::index::{INDEX_COST, Index};

/// Texts.
#[derive(Debug, Default)]
pub(super) struct Pile {
    text: String,
    ends: Vec<usize>,
}

impl Pile {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of memory that they take, about.
    pub(super) fn bytes(&self) -> usize {
        self.text.len() + self.ends.len() * size_of::<usize>()
    }

    /// The text of a number, from 0; empty if there is none.
    #[inline]
    pub(super) fn get(&self, place: usize) -> &str {
        let begin = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let end = self.ends.get(place).copied().unwrap_or_default();
        self.text.get(begin.unwrap_or_default()..end).unwrap_or_default()
    }

    /// All texts in the order of their numbers.
    #[cfg(any(test, feature = "parquet"))]
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|place| self.get(place))
    }

    /// Adds the text that `write` appends.
    pub(super) fn push_with<T>(&mut self, write: impl FnOnce(&mut String) -> T) -> T {
        let told = write(&mut self.text);
        self.ends.push(self.text.len());
        told
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }
}

/// Texts, each once, found by what they say.
#[derive(Debug, Default)]
pub(super) struct Spelled {
    texts: Pile,
    index: Index,
    state: foldhash::fast::RandomState,
}

impl Spelled {
    /// All of them in the order of their numbers.
    pub(super) fn texts(&self) -> &Pile {
        &self.texts
    }

    /// Bytes of memory that they take, about.
    pub(super) fn bytes(&self) -> usize {
        self.texts.bytes() + self.texts.len() * INDEX_COST
    }

    /// The number of a text, from 0.
    pub(super) fn number(&mut self, text: &str) -> u32 {
        let hash = self.state.hash_one(text.as_bytes());
        let is_same = |number: u32| self.texts.get(number as usize) == text;
        if let Some(number) = self.index.find(hash, is_same) {
            return number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.index.insert(hash, number);
        self.texts.push_with(|all| all.push_str(text));
        number
    }

    pub(super) fn clear(&mut self) {
        self.texts.clear();
        self.index.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_and_comes_back_as_it_was() {
        let mut spelled = Spelled::default();
        let numbers = ["", "a", "", "bc", "a"].map(|text| spelled.number(text));
        assert_eq!(numbers, [0, 1, 0, 2, 1]);
        assert_eq!(spelled.texts().iter().collect::<Vec<_>>(), ["", "a", "bc"]);
        assert_eq!((spelled.texts().get(3), spelled.texts().len()), ("", 3));
    }
}
