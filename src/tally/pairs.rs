//! The distinct pairs of who and what that met the focus code, to count what is distinct at each.
//!
//! Pairs are kept as keyed hashes, so that they outlive what tables forget: exact while they fit.

use hashbrown::HashTable;

use crate::index::HASH_BITS;

use super::slot::MOST_RESERVED;

/// Bytes that a pair costs at most.
pub(crate) const PAIR_COST: usize = 18;

/// Which two make a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name alone: its domain is told by it.
    DomainName = 0,
    ServerClient = 1,
    ServerName = 2,
    ClientName = 3,
}

/// A kind in the upper two bits, then a hash; of a server and a name, sixteen bits are the
/// server's number and the rest is the name's hash, so that two tables can be merged.
const KIND_SHIFT: u32 = 62;
const SERVER_SHIFT: u32 = HASH_BITS;
const NAME: u64 = (1 << SERVER_SHIFT) - 1;

/// Servers that a pair can hold.
pub(crate) const MAX_SERVERS: usize = 1 << (KIND_SHIFT - SERVER_SHIFT);

/// The pairs.
#[derive(Debug)]
pub(crate) struct Pairs {
    seen: HashTable<u64>,
    max: usize,
    is_full: bool,
}

impl Pairs {
    pub(crate) fn new(max: usize) -> Self {
        let max = max.max(64);
        Self { seen: HashTable::with_capacity(max.min(MOST_RESERVED)), max, is_full: false }
    }

    /// Whether a pair with this hash is new. When the table is full, nothing is: what is counted
    /// is then at least.
    #[inline]
    pub(crate) fn is_new(&mut self, kind: Kind, hash: u64) -> bool {
        self.keep((kind as u64) << KIND_SHIFT | hash & ((1 << KIND_SHIFT) - 1))
    }

    /// Likewise of a server's number and a name's hash.
    pub(crate) fn is_new_name(&mut self, server: u32, name: u64) -> bool {
        self.keep(server_name(server, name))
    }

    fn keep(&mut self, pair: u64) -> bool {
        if self.seen.find(spread(pair), |kept| *kept == pair).is_some() {
            return false;
        }
        if self.seen.len() >= self.max {
            self.is_full = true;
            return false;
        }
        self.seen.insert_unique(spread(pair), pair, |kept| spread(*kept));
        true
    }

    pub(crate) fn is_full(&self) -> bool {
        self.is_full
    }

    pub(crate) fn clear(&mut self) {
        self.seen.clear();
        self.is_full = false;
    }

    /// Servers were forgotten, and their numbers will mean others.
    pub(crate) fn retain_servers(&mut self, is_kept: impl Fn(u32) -> bool) {
        self.seen.retain(|pair| match split(*pair) {
            Some((server, _)) => is_kept(server),
            None => true,
        });
    }

    /// Adds the pairs of a table that saw other clients, whose servers are numbered here as
    /// `servers` says. Tells what is new here and may not have been: the server, if any, and part
    /// of the name's hash.
    pub(crate) fn merge(
        &mut self,
        other: &Self,
        servers: &[u32],
        mut new: impl FnMut(Option<u32>, u64),
    ) {
        // The sum is for readers: it may be larger than what is kept of a capture.
        self.max = self.max.max(self.seen.len() + other.seen.len());
        for pair in &other.seen {
            match split(*pair) {
                Some((server, name)) => {
                    let Some(server) = servers.get(server as usize) else { continue };
                    if *server as usize >= MAX_SERVERS {
                        self.is_full = true;
                        continue;
                    }
                    if self.keep(server_name(*server, name)) {
                        new(Some(*server), name);
                    }
                }
                None if self.keep(*pair) && *pair >> KIND_SHIFT == Kind::DomainName as u64 => {
                    new(None, Self::part(*pair));
                }
                None => {}
            }
        }
        self.is_full |= other.is_full;
    }

    /// The part of a name's hash that pairs keep.
    pub(crate) fn part(name: u64) -> u64 {
        name & NAME
    }
}

fn server_name(server: u32, name: u64) -> u64 {
    let server = u64::from(server) & (MAX_SERVERS as u64 - 1);
    (Kind::ServerName as u64) << KIND_SHIFT | server << SERVER_SHIFT | name & NAME
}

/// Server and name of a pair of these.
fn split(pair: u64) -> Option<(u32, u64)> {
    let server = pair >> SERVER_SHIFT & (MAX_SERVERS as u64 - 1);
    let is_server_name = pair >> KIND_SHIFT == Kind::ServerName as u64;
    is_server_name.then(|| (u32::try_from(server).unwrap_or_default(), pair & NAME))
}

/// Hashes stay hashes, and servers' numbers reach the bits that a table looks at.
fn spread(pair: u64) -> u64 {
    (pair ^ pair >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_new_once_and_kinds_are_apart() {
        let mut pairs = Pairs::new(100);
        assert!(pairs.is_new(Kind::ServerClient, 12));
        assert!(pairs.is_new(Kind::ClientName, 12));
        assert!(!pairs.is_new(Kind::ServerClient, 12));
        assert!(pairs.is_new_name(7, 12) && pairs.is_new_name(8, 12) && !pairs.is_new_name(7, 12));
    }

    #[test]
    fn a_full_table_says_so_and_forgets_nothing() {
        let mut pairs = Pairs::new(64);
        let new = (0..100).filter(|n| pairs.is_new(Kind::ServerClient, n << 8)).count();
        assert_eq!((new, pairs.is_full()), (64, true));
        pairs.clear();
        assert!(!pairs.is_full() && pairs.is_new(Kind::ServerClient, 1 << 8));
    }

    #[test]
    fn merging_tells_what_is_new_under_its_number_here() {
        let (mut one, mut other) = (Pairs::new(100), Pairs::new(100));
        one.is_new_name(5, 77);
        other.is_new_name(0, 77);
        other.is_new_name(0, 78);
        let mut new = Vec::new();
        one.merge(&other, &[5], |server, name| new.push((server, name)));
        assert_eq!(new, [(Some(5), 78)]);
        one.retain_servers(|server| server != 5);
        assert!(one.is_new_name(5, 77));
    }
}
