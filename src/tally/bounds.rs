//! How the memory that the user grants is divided among the tables.

use super::entities::ENTITY_COST;
use super::facts::FACT_COST;
use super::lookups::LOOKUP_COST;
use super::pairs::{MAX_SERVERS, PAIR_COST};
use super::paths::PATH_COST;

/// The bounds of all tables of one engine, from two numbers.
///
/// Memory is the first: shares are of the granted bytes, and their sum leaves a tenth for what is
/// fixed: buffers, histograms, the timeline, the program itself. The second is how long the lists
/// are that will be read: to put the first twenty names in order, a table need not keep the
/// millionth, and a table that stays in the processor's caches is faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Queries that may wait (15 %).
    pub pending: usize,
    /// Answered queries remembered (8 %).
    pub recent: usize,
    /// Bytes of fragments held (2 %).
    pub fragment_bytes: usize,
    /// Bytes of TCP streams held (3 %).
    pub stream_bytes: usize,
    /// Bytes of the table of questions (32 %).
    pub name_bytes: usize,
    /// Questions.
    pub names: usize,
    /// Paths of client, server and question (10 %).
    pub paths: usize,
    /// Distinct pairs of server, client and question (5 %).
    pub pairs: usize,
    /// Clients (8 %).
    pub clients: usize,
    /// Servers (3 %).
    pub servers: usize,
    /// Registered domains (3 %).
    pub domains: usize,
    /// Lookups in trouble followed at once (2 %).
    pub lookups: usize,
    /// Facts (2 %), at most as many as can be weighed in a moment.
    pub facts: usize,
}

/// A query that waits, with a name of the greatest length.
const PENDING_COST: u64 = 512;
const RECENT_COST: u64 = 96;
const DOMAIN_COST: u64 = ENTITY_COST as u64 + 255;

/// Facts that causes are told from; to weigh them all takes some milliseconds.
const MOST_FACTS: usize = 1 << 13;

/// Keys of one kind that a table keeps for each row of the longest list, and at least.
const KEYS_PER_ROW: usize = 2048;
const LEAST_KEYS: usize = 52 << 10;

impl Bounds {
    /// Divides `bytes` for lists of up to `rows` rows; below 8 MiB nothing gets smaller.
    pub fn of(bytes: u64, rows: usize) -> Self {
        let bytes = bytes.max(8 << 20);
        let share = |percent: u64, cost: u64| {
            usize::try_from(bytes / 100 * percent / cost.max(1)).unwrap_or(usize::MAX)
        };
        let keys = rows.saturating_mul(KEYS_PER_ROW).max(LEAST_KEYS);
        Self {
            pending: share(15, PENDING_COST),
            recent: share(8, RECENT_COST),
            fragment_bytes: share(2, 1),
            stream_bytes: share(3, 1),
            name_bytes: share(32, 1),
            names: keys,
            paths: share(10, PATH_COST as u64).min(keys),
            pairs: share(5, PAIR_COST as u64).min(keys.saturating_mul(7)),
            clients: share(8, ENTITY_COST as u64).min(keys.saturating_mul(2)),
            servers: share(3, ENTITY_COST as u64).min(keys).min(MAX_SERVERS),
            domains: share(3, DOMAIN_COST).min(keys),
            lookups: share(2, LOOKUP_COST as u64),
            facts: share(2, FACT_COST as u64).min(MOST_FACTS),
        }
    }

    /// One of so many equal parts, for engines that share the work.
    pub fn part(self, parts: usize) -> Self {
        let part = |whole: usize| whole / parts.max(1);
        Self {
            pending: part(self.pending),
            recent: part(self.recent),
            fragment_bytes: part(self.fragment_bytes),
            stream_bytes: part(self.stream_bytes),
            name_bytes: part(self.name_bytes),
            names: part(self.names),
            paths: part(self.paths),
            pairs: part(self.pairs),
            clients: part(self.clients),
            // Each part may see all servers and domains.
            servers: self.servers / parts.clamp(1, 2),
            domains: self.domains / parts.clamp(1, 2),
            lookups: part(self.lookups),
            // Which are left out must not depend on the number of parts.
            facts: self.facts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_memory_is_more_of_everything() {
        let of = |bytes| Bounds::of(bytes, usize::MAX);
        let (small, large) = (of(64 << 20), of(512 << 20));
        assert!(small.clients > 5_000 && large.clients > 8 * small.clients - 8);
        assert_eq!(of(0), of(8 << 20));
    }

    #[test]
    fn short_lists_need_no_large_tables() {
        let (short, long) = (Bounds::of(1 << 30, 20), Bounds::of(1 << 30, 1000));
        assert_eq!((short.names, long.names), (LEAST_KEYS, 2_048_000));
        assert!(short.clients < long.clients && short.pending == long.pending);
    }
}
