//! Counts by question: name, type and class. The largest table, and the attacker's lever.
//!
//! A question that always gets the same code costs 32 bytes and its name; one with several codes,
//! or with trouble, has a wide row beside it. A 64-bit keyed hash stands for the question: with
//! ten million of them, two agree once in three hundred thousand runs. Exact while it fits; then
//! the lighter half is forgotten, with the error bound of [`super::entities`].

use hashbrown::HashTable;

use super::figures::Distinct;
use crate::iana::Rcode;
use crate::time::Timestamp;
use crate::wire::Question;

use super::arena::Arena;
use super::entities::Apart;
use super::slot::{GONE, Others, SLOTS, Slot, median, renumbered};

/// No wide row, no domain.
pub(crate) const NONE: u32 = u32::MAX;

/// One question.
#[derive(Clone, Copy, Debug)]
struct Narrow {
    hash: u64,
    name: u32,
    question: Question,
    /// Responses with the code of `slot`, unless there is a wide row.
    count: u32,
    wide: u32,
    domain: u32,
    slot: Slot,
    /// Place in `floors` of what may have been counted before.
    floor: u8,
}

/// The counts of a question with trouble, or with several codes.
#[derive(Clone, Copy, Debug, Default)]
struct Wide {
    slots: [u64; SLOTS],
    failed: [u32; SLOTS],
    unanswered: u64,
    clients: u32,
    servers: u32,
    owner: u32,
}

/// A question's row, put together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NameRow<'a> {
    pub(crate) place: u32,
    /// Canonical wire form; empty if not known.
    pub(crate) name: &'a [u8],
    /// `None` if not known.
    pub(crate) question: Option<Question>,
    pub(crate) responses: u64,
    pub(crate) focus: u64,
    pub(crate) unanswered: u64,
    pub(crate) clients: Distinct,
    pub(crate) servers: Distinct,
    pub(crate) error: u64,
}

/// The table.
#[derive(Debug)]
pub(crate) struct Names {
    rows: Vec<Narrow>,
    wide: Vec<Wide>,
    arena: Arena,
    index: HashTable<u32>,
    others: Others,
    floors: Vec<u64>,
    max_bytes: usize,
    forgotten: u64,
}

/// Bytes that a row costs at most beside its name: itself, its place in the index, growth.
const ROW_COST: usize = size_of::<Narrow>() + 8;

/// How often the lighter half may be forgotten with an error bound of its own per row.
const MAX_FLOORS: usize = 255;

impl Names {
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self {
            rows: Vec::new(),
            wide: Vec::new(),
            arena: Arena::default(),
            index: HashTable::new(),
            others: Others::default(),
            floors: vec![0],
            max_bytes: max_bytes.max(64 << 10),
            forgotten: 0,
        }
    }

    /// The number of a question, if it is kept.
    pub(crate) fn find(&self, hash: u64) -> Option<u32> {
        let suits =
            |place: &u32| self.rows.get(*place as usize).is_some_and(|row| row.hash == hash);
        self.index.find(hash, suits).copied()
    }

    /// Keeps a question that is not kept yet; its number.
    pub(crate) fn insert(
        &mut self,
        hash: u64,
        name: &[u8],
        question: Question,
        domain: u32,
    ) -> u32 {
        let place = u32::try_from(self.rows.len()).unwrap_or(GONE);
        let floor = u8::try_from(self.floors.len() - 1).unwrap_or(u8::MAX);
        let name = self.arena.push(name);
        let slot = Slot::of(Rcode::NOERROR);
        self.rows.push(Narrow { hash, name, question, count: 0, wide: NONE, domain, slot, floor });
        let rows = &self.rows;
        self.index.insert_unique(hash, place, |other| hash_of(rows, *other));
        place
    }

    pub(crate) fn is_full(&self) -> bool {
        self.bytes() >= self.max_bytes || self.rows.len() >= NONE as usize - 1
    }

    fn bytes(&self) -> usize {
        self.rows.len() * ROW_COST + self.wide.len() * size_of::<Wide>() + self.arena.bytes()
    }

    /// Counts a response; whether it is the question's first with this code.
    pub(crate) fn add(&mut self, place: u32, rcode: Rcode, at: Timestamp) -> bool {
        let slot = Slot::of(rcode);
        if slot == Slot::OTHER {
            self.others.add(place, rcode, at);
        }
        let Some(row) = self.rows.get_mut(place as usize) else { return false };
        if row.wide == NONE && rcode.is_answer() && (row.count == 0 || row.slot == slot) {
            row.slot = slot;
            if let Some(more) = row.count.checked_add(1) {
                row.count = more;
                return more == 1;
            }
        }
        let wide = self.widen(place);
        wide.slots[slot.place()] += 1;
        wide.slots[slot.place()] == 1
    }

    /// The wide row of a question; it takes over what the narrow one had counted.
    fn widen(&mut self, place: u32) -> &mut Wide {
        let next = self.wide.len();
        let mut at = next;
        if let Some(row) = self.rows.get_mut(place as usize) {
            if row.wide == NONE {
                row.wide = u32::try_from(next).unwrap_or(NONE - 1);
                let mut wide = Wide { owner: place, ..Wide::default() };
                wide.slots[row.slot.place()] = u64::from(row.count);
                self.wide.push(wide);
            }
            at = row.wide as usize;
        }
        if at >= self.wide.len() {
            self.wide.push(Wide { owner: GONE, ..Wide::default() });
            at = self.wide.len() - 1;
        }
        &mut self.wide[at]
    }

    /// Counts a query without response, or takes one back.
    pub(crate) fn add_unanswered(&mut self, place: u32, by: i64) {
        let wide = self.widen(place);
        wide.unanswered = wide.unanswered.saturating_add_signed(by);
    }

    /// One more distinct client or server.
    pub(crate) fn add_distinct(&mut self, place: u32, what: Apart) {
        let wide = self.widen(place);
        match what {
            Apart::Clients => wide.clients += 1,
            Apart::Servers => wide.servers += 1,
            Apart::Names => {}
        }
    }

    /// Forgets what was counted apart, for another focus.
    pub(crate) fn clear_distinct(&mut self) {
        self.wide.iter_mut().for_each(|wide| (wide.clients, wide.servers) = (0, 0));
    }

    /// One lookup more (or less) failed here; whether it was the first (or the last).
    pub(crate) fn add_failed(&mut self, place: u32, slot: Slot, more: bool) -> bool {
        let failed = &mut self.widen(place).failed[slot.place()];
        *failed = if more { failed.saturating_add(1) } else { failed.saturating_sub(1) };
        *failed == u32::from(more)
    }

    /// Forgets which lookups of a code failed.
    pub(crate) fn clear_failed(&mut self, slot: Slot) {
        self.wide.iter_mut().for_each(|wide| wide.failed[slot.place()] = 0);
    }

    /// Questions with a failed lookup.
    pub(crate) fn count_failed(&self, slot: Slot) -> u64 {
        self.wide.iter().filter(|wide| wide.failed[slot.place()] > 0).count() as u64
    }

    /// The registered domain of a question.
    pub(crate) fn domain(&self, place: u32) -> u32 {
        self.rows.get(place as usize).map_or(NONE, |row| row.domain)
    }

    /// Says of a question which its registered domain is.
    pub(crate) fn set_domain(&mut self, place: u32, domain: u32) {
        if let Some(row) = self.rows.get_mut(place as usize) {
            row.domain = domain;
        }
    }

    /// The question's name and kind.
    pub(crate) fn question(&self, place: u32) -> (&[u8], Option<Question>) {
        self.rows.get(place as usize).map_or((&[], None), |row| self.named(row))
    }

    fn named(&self, row: &Narrow) -> (&[u8], Option<Question>) {
        let name = self.arena.get(row.name);
        (name, (!name.is_empty()).then_some(row.question))
    }

    /// Any count may be too low by this much.
    pub(crate) fn error(&self) -> u64 {
        self.floors.last().copied().unwrap_or_default()
    }

    /// Questions that were forgotten.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten + self.others.lost()
    }

    /// Questions with at least one response of this code.
    pub(crate) fn with_code(&self, rcode: Rcode) -> impl Iterator<Item = NameRow<'_>> {
        let narrow = rcode.is_answer().then_some(self.rows.iter());
        let narrow = (0..).zip(narrow.into_iter().flatten()).filter(|(_, row)| row.wide == NONE);
        let wide = self.wide.iter().map(|wide| wide.owner);
        let places = wide.chain(narrow.map(|(place, _)| place));
        places.filter_map(move |place| self.row(place, rcode)).filter(|row| row.focus > 0)
    }

    /// All questions.
    pub(crate) fn all(&self, rcode: Rcode) -> impl Iterator<Item = NameRow<'_>> {
        (0..).take(self.rows.len()).filter_map(move |place| self.row(place, rcode))
    }

    fn row(&self, place: u32, rcode: Rcode) -> Option<NameRow<'_>> {
        let row = self.rows.get(place as usize)?;
        let (name, question) = self.named(row);
        let wide = self.wide.get(row.wide as usize).copied().unwrap_or_else(|| {
            let mut wide = Wide::default();
            wide.slots[row.slot.place()] = u64::from(row.count);
            wide
        });
        let slot = Slot::of(rcode);
        let focus = match slot {
            Slot::OTHER => self.others.get(place, rcode).count,
            _ => wide.slots[slot.place()],
        };
        let distinct = |count: u32| Distinct { count: u64::from(count), at_least: false };
        Some(NameRow {
            place,
            name,
            question,
            responses: wide.slots.iter().sum(),
            focus,
            unanswered: wide.unanswered,
            clients: distinct(wide.clients),
            servers: distinct(wide.servers),
            error: self.floors.get(usize::from(row.floor)).copied().unwrap_or_default(),
        })
    }

    fn weight(&self, row: &Narrow) -> u64 {
        let counted = match self.wide.get(row.wide as usize) {
            Some(wide) => wide.slots.iter().sum::<u64>() + wide.unanswered,
            None => u64::from(row.count),
        };
        counted + self.floors.get(usize::from(row.floor)).copied().unwrap_or_default()
    }

    /// Forgets the lighter half; the new number of each question, [`GONE`] if it has none.
    pub(crate) fn forget_lighter_half(&mut self) -> Vec<u32> {
        let threshold = median(self.rows.iter().map(|row| self.weight(row)).collect());
        let old = std::mem::replace(self, Self::new(self.max_bytes));
        self.forgotten = old.forgotten;
        self.floors.clone_from(&old.floors);
        let mut remap = Vec::with_capacity(old.rows.len());
        for row in &old.rows {
            let keep = old.weight(row) > threshold;
            remap.push(if keep { self.take_over(&old, row) } else { GONE });
            self.forgotten += u64::from(!keep);
        }
        self.raise_floor(threshold);
        self.others.merge(&old.others, &remap);
        remap
    }

    fn raise_floor(&mut self, threshold: u64) {
        let floor = self.error().max(threshold);
        // Beyond its length the last bound is shared: it may only grow.
        let share = self.rows.is_empty() || self.floors.len() >= MAX_FLOORS;
        match self.floors.last_mut() {
            Some(last) if share => *last = floor,
            Some(last) if *last == floor => {}
            _ => self.floors.push(floor),
        }
    }

    fn take_over(&mut self, old: &Self, row: &Narrow) -> u32 {
        let place = self.insert(row.hash, old.arena.get(row.name), row.question, row.domain);
        let wide = old.wide.get(row.wide as usize).map(|wide| {
            self.wide.push(Wide { owner: place, ..*wide });
            u32::try_from(self.wide.len() - 1).unwrap_or(NONE - 1)
        });
        if let Some(ours) = self.rows.get_mut(place as usize) {
            (ours.count, ours.slot, ours.floor) = (row.count, row.slot, row.floor);
            ours.wide = wide.unwrap_or(NONE);
        }
        place
    }

    /// Domains were renumbered, some are gone.
    pub(crate) fn renumber_domains(&mut self, remap: &[u32]) {
        for row in &mut self.rows {
            row.domain = renumbered(remap, row.domain).unwrap_or(NONE);
        }
    }

    /// Adds another table's counts, whose domains are numbered here as `domains` says; the number
    /// here of each of its questions. Both must hash with the same key.
    pub(crate) fn merge(&mut self, other: &Self, domains: &[u32]) -> Vec<u32> {
        let mut remap = Vec::with_capacity(other.rows.len());
        for row in &other.rows {
            let place = self.find(row.hash).unwrap_or_else(|| {
                let domain = renumbered(domains, row.domain).unwrap_or(NONE);
                self.insert(row.hash, other.arena.get(row.name), row.question, domain)
            });
            remap.push(place);
            self.merge_row(place, other, row);
        }
        self.raise_floor(self.error() + other.error());
        self.forgotten += other.forgotten;
        self.others.merge(&other.others, &remap);
        remap
    }

    fn merge_row(&mut self, place: u32, other: &Self, row: &Narrow) {
        let same = self.rows.get_mut(place as usize).is_some_and(|ours| {
            let narrow = ours.wide == NONE && row.wide == NONE;
            let same = narrow && (ours.count == 0 || ours.slot == row.slot);
            let sum = ours.count.checked_add(row.count).filter(|_| same);
            if let Some(sum) = sum {
                (ours.count, ours.slot) = (sum, row.slot);
            }
            sum.is_some()
        });
        if same {
            return;
        }
        let theirs = other.wide.get(row.wide as usize).copied().unwrap_or_else(|| {
            let mut wide = Wide::default();
            wide.slots[row.slot.place()] = u64::from(row.count);
            wide
        });
        let ours = self.widen(place);
        for (ours, theirs) in ours.slots.iter_mut().zip(theirs.slots) {
            *ours += theirs;
        }
        for (ours, theirs) in ours.failed.iter_mut().zip(theirs.failed) {
            *ours += theirs;
        }
        ours.unanswered += theirs.unanswered;
    }
}

fn hash_of(rows: &[Narrow], place: u32) -> u64 {
    rows.get(place as usize).map_or(0, |row| row.hash)
}
