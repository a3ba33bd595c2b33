//! The different values of a column, as Parquet writes values that stand for themselves (PLAIN).

use std::ops::Range;

/// Values one after the other.
#[derive(Debug, Default)]
pub(super) struct Entries {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// Bytes before a text that say how long it is.
const LENGTH: usize = 4;

impl Entries {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// All of them.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Adds a text, of less than 4 GiB.
    pub(super) fn push_text(&mut self, text: &str) {
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(text.as_bytes());
        self.ends.push(self.bytes.len());
    }

    /// Adds a number.
    pub(super) fn push_number(&mut self, number: u16) {
        self.bytes.extend_from_slice(&u32::from(number).to_le_bytes());
        self.ends.push(self.bytes.len());
    }

    fn range(&self, place: u32) -> Range<usize> {
        let place = place as usize;
        let begin = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        begin.unwrap_or_default()..self.ends.get(place).copied().unwrap_or_default()
    }

    /// A value as it is written.
    pub(super) fn get(&self, place: u32) -> &[u8] {
        self.bytes.get(self.range(place)).unwrap_or_default()
    }

    /// A text.
    pub(super) fn text(&self, place: u32) -> &[u8] {
        self.get(place).get(LENGTH..).unwrap_or_default()
    }

    /// All texts.
    pub(super) fn texts(&self) -> impl Iterator<Item = &[u8]> {
        (0..).take(self.len()).map(|place| self.text(place))
    }
}
