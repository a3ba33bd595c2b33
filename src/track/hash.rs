//! Keyed hashes of who and what, made once per message and used by every table.
//!
//! The key is random in each process, so that nobody outside can aim at a table's weak places.

use std::hash::BuildHasher;

use crate::wire::{Address, Question};

use super::exchange::Key;

/// Makes the hashes of one analysis; tables that shall be merged need the same one.
#[derive(Clone, Debug, Default)]
pub struct Hasher {
    state: foldhash::fast::RandomState,
}

impl Hasher {
    /// Of an address.
    pub fn address(&self, address: Address) -> u64 {
        self.state.hash_one(address.0)
    }

    /// Of a name in canonical wire form, or of any bytes.
    pub fn bytes(&self, bytes: &[u8]) -> u64 {
        self.state.hash_one(bytes)
    }

    /// Of a question whose name is in canonical wire form; an empty name is the unknown question.
    pub fn question(&self, name: &[u8], question: Option<Question>) -> u64 {
        let question = question.unwrap_or_default();
        let kind = u64::from(question.rtype.0) << 16 | u64::from(question.class.0);
        self.pair(self.bytes(name), kind)
    }

    /// Of two hashes, or of a hash and a number.
    pub fn pair(&self, one: u64, other: u64) -> u64 {
        self.state.hash_one(u128::from(one) << 64 | u128::from(other))
    }

    /// Of what a query and its response share, from the hashes of its addresses.
    pub fn key(&self, key: &Key, client: u64, server: u64) -> u64 {
        self.pair(self.pair(client, server), ports(key) | u64::from(key.id) << 16)
    }

    /// The same of all queries between these ports, whatever their IDs.
    pub fn flow(&self, key: &Key, client: u64, server: u64) -> u64 {
        self.pair(self.pair(client, server), ports(key))
    }
}

fn ports(key: &Key) -> u64 {
    u64::from(key.client.port) << 48
        | u64::from(key.server.port) << 32
        | u64::from(key.transport.number())
}

/// The hashes of an exchange's parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hashes {
    /// Of the client's address.
    pub client: u64,
    /// Of the server's address.
    pub server: u64,
    /// Of the question.
    pub question: u64,
}

impl Hashes {
    /// The hashes of a key's addresses.
    pub(super) fn of_addresses(hasher: &Hasher, key: &Key) -> Self {
        let client = hasher.address(key.client.address);
        let server = hasher.address(key.server.address);
        Self { client, server, question: 0 }
    }

    /// The hashes of a message's parts.
    pub fn of(hasher: &Hasher, key: &Key, name: &[u8], question: Option<Question>) -> Self {
        Self { question: hasher.question(name, question), ..Self::of_addresses(hasher, key) }
    }
}
