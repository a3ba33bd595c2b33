//! The addresses of a batch, each once.

use crate::index::{INDEX_COST, Index};
use crate::wire::Address;

/// The number of an address in its batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AddressId(u32);

impl AddressId {
    /// Its place among all addresses.
    #[cfg(any(test, feature = "parquet"))]
    pub(super) const fn place(self) -> u32 {
        self.0
    }
}

/// Addresses of clients, or of servers.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    all: Vec<Address>,
    index: Index,
}

/// What an address costs, with its text while it is written.
const COST: usize = size_of::<Address>() + INDEX_COST + 48;

impl Addresses {
    /// All of them in the order of their numbers.
    #[cfg(any(test, feature = "parquet"))]
    pub(super) fn all(&self) -> &[Address] {
        &self.all
    }

    pub(super) fn get(&self, id: AddressId) -> Address {
        self.all.get(id.0 as usize).copied().unwrap_or_default()
    }

    /// Bytes of memory that they take, about.
    pub(super) fn bytes(&self) -> usize {
        self.all.len() * COST
    }

    /// The number of an address; its hash must be keyed.
    #[inline]
    pub(super) fn number(&mut self, hash: u64, address: Address) -> AddressId {
        let is_same = |number: u32| self.all.get(number as usize) == Some(&address);
        AddressId(match self.index.find(hash, is_same) {
            Some(number) => number,
            None => self.add(hash, address),
        })
    }

    /// Makes ready for these to be looked for.
    pub(super) fn warm(&self, asked: &[(u64, Address)]) {
        self.index.warm(asked.iter().map(|(hash, _)| *hash));
    }

    fn add(&mut self, hash: u64, address: Address) -> u32 {
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.index.insert(hash, number);
        self.all.push(address);
        number
    }

    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.index.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_number_even_where_hashes_meet() {
        let mut addresses = Addresses::default();
        let (one, other) = (Address::v4([192, 0, 2, 1]), Address::v4([192, 0, 2, 2]));
        let numbers = [one, other, one, other].map(|each| addresses.number(7, each).place());
        assert_eq!(numbers, [0, 1, 0, 1]);
        assert_eq!(addresses.all(), [one, other]);
    }
}
