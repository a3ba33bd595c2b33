//! Who met what at whom for what: a response code, no response, a slow response.

use hashbrown::HashTable;

use crate::focus::Focus;
use crate::track::Hasher;

use super::records::Forgotten;
use super::restore::Broken;
use super::slot::{median, room_for};

/// One path with its count.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Path {
    pub(crate) client: u32,
    pub(crate) server: u32,
    pub(crate) name: u32,
    pub(crate) count: u32,
    pub(crate) error: u32,
    pub(crate) met: Focus,
}

impl Path {
    fn key(&self) -> (u32, u32, u32, Focus) {
        (self.client, self.server, self.name, self.met)
    }

    /// Whether it met this; what came late is taken back.
    fn is_of(&self, focus: Focus) -> bool {
        self.met == focus && self.count > 0
    }

    fn hash(&self, hasher: &Hasher) -> u64 {
        let who = u64::from(self.client) << 32 | u64::from(self.server);
        let met = match self.met {
            Focus::Rcode(rcode) => rcode.0,
            // No codes: these have twelve bits.
            Focus::NoResponse => 1 << 12,
            Focus::Slow => 2 << 12,
        };
        hasher.pair(who, u64::from(self.name) << 16 | u64::from(met))
    }
}

/// Bytes that a path costs at most, with its place in the index.
pub(crate) const PATH_COST: usize = size_of::<Path>() + 8;

/// The paths: exact while they fit, then with the error bound of [`super::entities`].
#[derive(Debug)]
pub(crate) struct Paths {
    rows: Vec<Path>,
    index: HashTable<u32>,
    hasher: Hasher,
    max: usize,
    floor: u32,
    forgotten: u64,
}

impl Paths {
    pub(crate) fn new(max: usize, hasher: Hasher) -> Self {
        Self {
            rows: room_for(max),
            index: HashTable::new(),
            hasher,
            max: max.max(64),
            floor: 0,
            forgotten: 0,
        }
    }

    /// Counts an exchange; whether its path is new here.
    pub(crate) fn add(&mut self, client: u32, server: u32, name: u32, met: Focus) -> bool {
        self.add_path(Path { client, server, name, count: 1, error: 0, met })
    }

    /// Takes back a query without response, as one came late; whether its path has none left.
    pub(crate) fn take_back(&mut self, client: u32, server: u32, name: u32) -> bool {
        let path = Path { client, server, name, met: Focus::NoResponse, ..Path::default() };
        let Some(row) = self.find(path.hash(&self.hasher), &path) else { return false };
        row.count = row.count.saturating_sub(1);
        row.count == 0
    }

    fn find(&mut self, hash: u64, path: &Path) -> Option<&mut Path> {
        let rows = &mut self.rows;
        let place = self.index.find(hash, |place| {
            rows.get(*place as usize).is_some_and(|row| row.key() == path.key())
        });
        rows.get_mut(*place? as usize)
    }

    fn add_path(&mut self, path: Path) -> bool {
        let hash = path.hash(&self.hasher);
        if let Some(row) = self.find(hash, &path) {
            let was_taken_back = row.count == 0;
            row.count = row.count.saturating_add(path.count);
            return was_taken_back;
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
            rows.get(*other as usize).map_or(0, |row| row.hash(hasher))
        });
    }

    fn forget_lighter_half(&mut self) {
        let weight = |path: &Path| u64::from(path.count) + u64::from(path.error);
        let threshold = median(|| self.rows.iter().map(weight));
        self.floor = self.floor.max(u32::try_from(threshold).unwrap_or(u32::MAX));
        self.keep(|path| weight(path) > threshold);
    }

    /// Keeps the paths that `keep` says.
    fn keep(&mut self, keep: impl Fn(&Path) -> bool) {
        let before = self.rows.len();
        self.rows.retain(keep);
        self.forgotten += (before - self.rows.len()) as u64;
        self.index.clear();
        let (rows, hasher) = (&self.rows, &self.hasher);
        let hash = |place: &u32| rows.get(*place as usize).map_or(0, |row| row.hash(hasher));
        for place in (0..).take(rows.len()) {
            self.index.insert_unique(hash(&place), place, hash);
        }
    }

    /// The paths that met the focus by number, and how often each.
    pub(crate) fn counts(&self, focus: Focus) -> impl Iterator<Item = (u64, u32)> {
        let rows = (0..).zip(&self.rows).filter(move |(_, path)| path.is_of(focus));
        rows.map(|(number, path)| (u64::from(path.count), number))
    }

    /// The path with a number.
    pub(crate) fn get(&self, number: u32) -> Option<&Path> {
        self.rows.get(number as usize)
    }

    /// The paths that met the focus.
    pub(crate) fn of(&self, focus: Focus) -> impl Iterator<Item = &Path> {
        self.rows.iter().filter(move |path| path.is_of(focus))
    }

    pub(crate) fn error(&self) -> u64 {
        u64::from(self.floor)
    }

    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Some of what paths are made of was forgotten, and its numbers will mean something else.
    pub(crate) fn retain(&mut self, is_kept: impl Fn(&Path) -> bool) {
        let lost = self.rows.iter().filter(|path| !is_kept(path));
        let heaviest = lost.map(|path| path.count.saturating_add(path.error)).max();
        // What is dropped may come back, and was no heavier than this.
        if let Some(heaviest) = heaviest {
            self.floor = self.floor.max(heaviest);
            self.keep(is_kept);
        }
    }

    /// Whether there are more paths than there should be.
    fn is_over(&self) -> bool {
        self.rows.len() > self.max
    }

    /// Forgets as much as does not fit, as after adding up.
    pub(crate) fn trim(&mut self) {
        while self.is_over() {
            self.forget_lighter_half();
        }
    }

    /// All paths, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Path> {
        self.rows.iter().filter(|path| path.count > 0)
    }

    /// What the table has forgotten.
    pub(crate) fn bound(&self) -> Forgotten {
        Forgotten { error: self.floor.into(), keys: self.forgotten, others: 0 }
    }

    /// Says what was forgotten elsewhere; once all rows are there.
    pub(crate) fn set_bound(&mut self, bound: Forgotten) {
        self.floor = u32::try_from(bound.error).unwrap_or(u32::MAX);
        self.forgotten = bound.keys;
    }

    /// Puts a path into the table.
    pub(crate) fn restore(&mut self, path: Path) -> Result<(), Broken> {
        let what = "paths";
        if self.rows.len() >= self.max {
            return Err(Broken::TooMany { what, most: self.max });
        }
        let hash = path.hash(&self.hasher);
        if self.find(hash, &path).is_some() {
            return Err(Broken::Twice { what });
        }
        self.insert(hash, path);
        Ok(())
    }

    /// Adds another table's counts, renumbered, where both may have the same paths: what one of them
    /// does not have it may have forgotten.
    pub(crate) fn add_up(&mut self, other: &Self, clients: &[u32], servers: &[u32], names: &[u32]) {
        let ours = self.floor;
        self.rows.iter_mut().for_each(|row| row.error = row.error.saturating_add(other.floor));
        for path in &other.rows {
            let new = |remap: &[u32], old: u32| remap.get(old as usize).copied();
            let (Some(client), Some(server), Some(name)) =
                (new(clients, path.client), new(servers, path.server), new(names, path.name))
            else {
                continue;
            };
            let path = Path { client, server, name, ..*path };
            let hash = path.hash(&self.hasher);
            if let Some(row) = self.find(hash, &path) {
                row.count = row.count.saturating_add(path.count);
                let error = row.error.saturating_sub(other.floor);
                row.error = error.saturating_add(path.error);
            } else {
                self.insert(hash, Path { error: path.error.saturating_add(ours), ..path });
            }
        }
        self.floor = self.floor.saturating_add(other.floor);
        self.forgotten += other.forgotten;
    }

    /// Adds another table's counts, renumbered.
    pub(crate) fn merge(&mut self, other: &Self, clients: &[u32], servers: &[u32], names: &[u32]) {
        // The sum is for readers: nothing is forgotten for it.
        self.max = self.max.max(self.rows.len() + other.rows.len());
        for path in &other.rows {
            let new = |remap: &[u32], old: u32| remap.get(old as usize).copied();
            let renumbered = || {
                let (client, server) = (new(clients, path.client)?, new(servers, path.server)?);
                Some(Path { client, server, name: new(names, path.name)?, ..*path })
            };
            if let Some(path) = renumbered() {
                self.add_path(path);
            }
        }
        self.floor = self.floor.saturating_add(other.floor);
        self.forgotten += other.forgotten;
    }
}
