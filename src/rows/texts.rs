//! What the rows of a batch speak of, each once: addresses, names, domains, and what servers say.
//!
//! All texts are printable ASCII: what came from a packet is escaped before it is kept.

use std::num::NonZeroU32;

use super::addresses::Addresses;
use super::names::Names;
use super::pile::Spelled;
use crate::wire::name::escape_text;

/// The number of a text of servers in its batch, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TextId(pub(super) NonZeroU32);

impl TextId {
    /// Its place among all texts.
    pub(super) const fn place(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// Addresses, names and texts.
#[derive(Debug, Default)]
pub struct Texts {
    pub(super) clients: Addresses,
    pub(super) servers: Addresses,
    pub(super) names: Names,
    said: Spelled,
}

impl Texts {
    /// Bytes of memory that all of it takes, about.
    pub(super) fn bytes(&self) -> usize {
        let addresses = self.clients.bytes() + self.servers.bytes();
        addresses + self.names.bytes() + self.said.bytes()
    }

    /// What a server says; `None` if it says nothing.
    #[inline]
    pub(super) fn said(&mut self, bytes: &[u8]) -> Option<TextId> {
        if bytes.is_empty() {
            return None;
        }
        let place = self.said.number(&escape_text(bytes));
        Some(TextId(NonZeroU32::MIN.saturating_add(place)))
    }

    /// The text of a number.
    pub(super) fn get(&self, id: TextId) -> &str {
        self.said.texts().get(id.place())
    }

    pub(super) fn clear(&mut self) {
        self.clients.clear();
        self.servers.clear();
        self.names.clear();
        self.said.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once_and_can_do_no_harm() {
        let mut texts = Texts::default();
        let said = texts.said(b"blocked\x1b[2J\"").unwrap();
        assert_eq!(texts.said(b"blocked\x1b[2J\""), Some(said));
        assert_eq!(texts.get(said), "blocked\\027[2J\"");
        assert_eq!(texts.said(b""), None);
        assert!(texts.bytes() > 15);
        texts.clear();
        assert_eq!(texts.bytes(), 0);
    }
}
