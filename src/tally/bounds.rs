//! How the memory that the user grants is divided among the tables.

use super::entities::Entity;
use super::lookups::LOOKUP_COST;
use super::paths::{PAIR_COST, PATH_COST};
use crate::wire::Address;

/// The bounds of all tables of one engine, from one number.
///
/// Shares are of the granted bytes, and their sum leaves a tenth for what is fixed: buffers,
/// histograms, the timeline, the program itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Queries that may wait (15 %).
    pub pending: usize,
    /// Answered queries remembered (5 %).
    pub recent: usize,
    /// Bytes of fragments held (2 %).
    pub fragment_bytes: usize,
    /// Bytes of TCP streams held (3 %).
    pub stream_bytes: usize,
    /// Bytes of the table of questions (35 %).
    pub name_bytes: usize,
    /// Paths of client, server and question (10 %).
    pub paths: usize,
    /// Distinct pairs of each of three kinds (5 % in all).
    pub pairs: usize,
    /// Clients (8 %).
    pub clients: usize,
    /// Servers (3 %).
    pub servers: usize,
    /// Registered domains (3 %).
    pub domains: usize,
    /// Lookups in trouble followed at once (2 %).
    pub lookups: usize,
}

/// A query that waits, with a name of the greatest length.
const PENDING_COST: u64 = 512;
const RECENT_COST: u64 = 96;
/// An entity with all that is kept of one in trouble, and its places in indexes.
const ENTITY_COST: u64 = size_of::<Entity<Address>>() as u64 + 304;
const DOMAIN_COST: u64 = ENTITY_COST + 255;

impl Bounds {
    /// Divides `bytes`; below 8 MiB nothing gets smaller.
    pub fn of(bytes: u64) -> Self {
        let bytes = bytes.max(8 << 20);
        let share = |percent: u64, cost: u64| {
            usize::try_from(bytes / 100 * percent / cost.max(1)).unwrap_or(usize::MAX)
        };
        Self {
            pending: share(15, PENDING_COST),
            recent: share(5, RECENT_COST),
            fragment_bytes: share(2, 1),
            stream_bytes: share(3, 1),
            name_bytes: share(35, 1),
            paths: share(10, PATH_COST as u64),
            pairs: share(5, 3 * PAIR_COST as u64),
            clients: share(8, ENTITY_COST),
            servers: share(3, ENTITY_COST),
            domains: share(3, DOMAIN_COST),
            lookups: share(2, LOOKUP_COST as u64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_memory_is_more_of_everything() {
        let (small, large) = (Bounds::of(64 << 20), Bounds::of(512 << 20));
        assert!(small.clients > 5_000 && large.clients > 8 * small.clients - 8);
        assert_eq!(Bounds::of(0), Bounds::of(8 << 20));
    }
}
