//! What pseudonyms are made from: a secret, and from it one key for each use.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The fewest bytes of a text that is a key: who can guess it can take all pseudonyms back.
pub const LEAST_KEY: usize = 16;

/// A key. It is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// A key from a text that the user keeps, blanks around it left out; `None` if it is shorter
    /// than [`LEAST_KEY`] bytes.
    pub fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        (text.len() >= LEAST_KEY).then(|| Self(hash(b"rcodetop pseudonyms 1", text.as_bytes())))
    }

    /// A key that nobody knows or will know.
    ///
    /// # Errors
    ///
    /// The system has no random numbers.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// The key for one use.
    pub(super) fn derive(&self, what: &str) -> Self {
        Self(self.hash(what.as_bytes()))
    }

    /// Two different halves, as `ipcrypt-pfx` needs them.
    pub(super) fn halves(&self, what: &str) -> [u8; 32] {
        let mut halves = self.hash(what.as_bytes());
        let (one, two) = halves.split_at_mut(16);
        if one == two {
            // Once in 2¹²⁸ keys.
            two.iter_mut().for_each(|byte| *byte = !*byte);
        }
        halves
    }

    /// A keyed hash that tells nothing of what it is of.
    pub(super) fn hash(&self, bytes: &[u8]) -> [u8; 32] {
        hash(&self.0, bytes)
    }
}

/// HMAC-SHA-256 (RFC 2104).
fn hash(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    // A key of any length will do, so there is always one.
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mut hmac| {
            hmac.update(bytes);
            hmac.finalize().into_bytes().into()
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_can_be_guessed_is_none() {
        assert_eq!(Key::from_text("secret"), None);
        assert_eq!(Key::from_text("short                 "), None);
        assert_eq!(Key::from_text(" 0123456789abcdef\n"), Key::from_text("0123456789abcdef"));
        assert!(Key::from_text("0123456789abcdef").is_some());
    }

    #[test]
    fn every_use_has_a_key_of_its_own_and_none_is_shown() {
        let key = Key::from_text("0123456789abcdef").unwrap();
        assert_ne!(key.derive("a"), key.derive("b"));
        assert_ne!(Key::random().unwrap(), Key::random().unwrap());
        assert_eq!(format!("{key:?}"), "Key");
    }

    /// RFC 4231 §4.3.
    #[test]
    fn the_hash_is_hmac_sha_256() {
        let hash = hash(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hash[..4], [0x5b, 0xdc, 0xc1, 0x46]);
    }
}
