//! Who got which code from whom for what, and the distinct pairs within.

use std::hash::BuildHasher;

use hashbrown::HashTable;

use crate::iana::Rcode;

use super::slot::{median, renumbered};

/// One path with its count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path {
    pub(crate) client: u32,
    pub(crate) server: u32,
    pub(crate) name: u32,
    pub(crate) count: u32,
    pub(crate) error: u32,
    pub(crate) rcode: Rcode,
}

impl Path {
    fn key(&self) -> (u32, u32, u32, Rcode) {
        (self.client, self.server, self.name, self.rcode)
    }
}

/// Bytes that a path costs at most, with its place in the index.
pub(crate) const PATH_COST: usize = size_of::<Path>() + 8;

/// The paths: exact while they fit, then with the error bound of [`super::entities`].
#[derive(Debug)]
pub(crate) struct Paths {
    rows: Vec<Path>,
    index: HashTable<u32>,
    hasher: foldhash::quality::RandomState,
    max: usize,
    floor: u32,
    forgotten: u64,
}

impl Paths {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            rows: Vec::new(),
            index: HashTable::new(),
            hasher: foldhash::quality::RandomState::default(),
            max: max.max(64),
            floor: 0,
            forgotten: 0,
        }
    }

    /// Counts a response; whether its path is new here.
    pub(crate) fn add(&mut self, client: u32, server: u32, name: u32, rcode: Rcode) -> bool {
        self.add_path(Path { client, server, name, count: 1, error: 0, rcode })
    }

    fn add_path(&mut self, path: Path) -> bool {
        let hash = self.hasher.hash_one(path.key());
        let rows = &mut self.rows;
        let found = self.index.find(hash, |place| {
            rows.get(*place as usize).is_some_and(|row| row.key() == path.key())
        });
        if let Some(row) = found.and_then(|place| rows.get_mut(*place as usize)) {
            row.count = row.count.saturating_add(path.count);
            return false;
        }
        if self.rows.len() >= self.max {
            self.forget_lighter_half();
        }
        let error = path.error.max(self.floor);
        self.insert(hash, Path { error, ..path });
        true
    }

    fn insert(&mut self, hash: u64, path: Path) {
        let place = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.rows.push(path);
        let (rows, hasher) = (&self.rows, &self.hasher);
        self.index.insert_unique(hash, place, |other| {
            rows.get(*other as usize).map_or(0, |row| hasher.hash_one(row.key()))
        });
    }

    fn forget_lighter_half(&mut self) {
        let weight = |path: &Path| u64::from(path.count) + u64::from(path.error);
        let threshold = median(self.rows.iter().map(weight).collect());
        self.floor = self.floor.max(u32::try_from(threshold).unwrap_or(u32::MAX));
        let before = self.rows.len();
        self.keep(|path| (weight(path) > threshold).then_some(*path));
        self.forgotten += (before - self.rows.len()) as u64;
    }

    /// Keeps what `keep` makes of each path.
    fn keep(&mut self, keep: impl Fn(&Path) -> Option<Path>) {
        self.index.clear();
        let old = std::mem::take(&mut self.rows);
        for path in old.iter().filter_map(keep) {
            self.insert(self.hasher.hash_one(path.key()), path);
        }
    }

    pub(crate) fn with_code(&self, rcode: Rcode) -> impl Iterator<Item = &Path> {
        self.rows.iter().filter(move |path| path.rcode == rcode)
    }

    pub(crate) fn error(&self) -> u64 {
        u64::from(self.floor)
    }

    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// What paths are made of was renumbered, some of it is gone.
    pub(crate) fn renumber(
        &mut self,
        clients: Option<&[u32]>,
        servers: Option<&[u32]>,
        names: Option<&[u32]>,
    ) {
        let new = |remap: Option<&[u32]>, old: u32| match remap {
            Some(remap) => renumbered(remap, old),
            None => Some(old),
        };
        let before = self.rows.len();
        let heaviest = self.rows.iter().map(|path| path.count.saturating_add(path.error));
        let heaviest = heaviest.max().unwrap_or_default();
        self.keep(|path| {
            let client = new(clients, path.client)?;
            let server = new(servers, path.server)?;
            Some(Path { client, server, name: new(names, path.name)?, ..*path })
        });
        let dropped = (before - self.rows.len()) as u64;
        self.forgotten += dropped;
        if dropped > 0 {
            // What was dropped may come back, and was no heavier than this.
            self.floor = self.floor.max(heaviest);
        }
    }

    /// Adds another table's counts, renumbered.
    pub(crate) fn merge(&mut self, other: &Self, clients: &[u32], servers: &[u32], names: &[u32]) {
        for path in &other.rows {
            let renumber = || {
                let client = renumbered(clients, path.client)?;
                let server = renumbered(servers, path.server)?;
                Some(Path { client, server, name: renumbered(names, path.name)?, ..*path })
            };
            if let Some(path) = renumber() {
                self.add_path(path);
            }
        }
        self.floor = self.floor.saturating_add(other.floor);
        self.forgotten += other.forgotten;
    }
}

/// Bytes that a pair costs at most.
pub(crate) const PAIR_COST: usize = 18;

/// The distinct pairs among the paths of the focus code, to count what is distinct at each key.
#[derive(Debug)]
pub(crate) struct Pairs {
    seen: HashTable<u64>,
    hasher: foldhash::quality::RandomState,
    max: usize,
    is_full: bool,
}

impl Pairs {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            seen: HashTable::new(),
            hasher: foldhash::quality::RandomState::default(),
            max: max.max(64),
            is_full: false,
        }
    }

    /// Whether a pair is new. When the table is full, nothing is: what is counted is then at least.
    pub(crate) fn is_new(&mut self, one: u32, other: u32) -> bool {
        let pair = u64::from(one) << 32 | u64::from(other);
        let hash = self.hasher.hash_one(pair);
        if self.seen.find(hash, |kept| *kept == pair).is_some() {
            return false;
        }
        if self.seen.len() >= self.max {
            self.is_full = true;
            return false;
        }
        let hasher = &self.hasher;
        self.seen.insert_unique(hash, pair, |kept| hasher.hash_one(*kept));
        true
    }

    pub(crate) fn is_full(&self) -> bool {
        self.is_full
    }

    pub(crate) fn clear(&mut self) {
        self.seen.clear();
        self.is_full = false;
    }
}
