//! Counts by question: name, type and class. The largest table, and the attacker's lever.
//!
//! A question that always gets the same code costs 32 bytes and its name; one with several codes,
//! or with trouble - failures, silence, slow responses - has a wide row beside it. A 64-bit keyed hash stands for the question: with
//! ten million of them, two agree once in three hundred thousand runs. Exact while it fits; then
//! the lighter half is forgotten, with the error bound of [`super::entities`].

mod portable;

use super::figures::Distinct;
use crate::focus::Focus;
use crate::iana::Rcode;
use crate::index::{INDEX_COST, Index};
use crate::time::Timestamp;
use crate::wire::Question;

use super::arena::Arena;
use super::carry::Carry;
use super::entities::{Apart, whole};
use super::pairs::Pairs;
use super::slot::{Others, SLOTS, Slot, median, put, room_for};

/// No wide row, no domain.
pub(crate) const NONE: u32 = u32::MAX;
/// In place of a wide row: the question was forgotten and its row is free.
const DEAD: u32 = u32::MAX - 1;

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
    /// Whether these responses are first ones to queries that were seen.
    is_matched: bool,
}

/// The counts of a question with trouble, or with several codes.
#[derive(Clone, Copy, Debug, Default)]
struct Wide {
    /// Responses by slot; queries without one; responses that are no first ones to a query that was
    /// seen; slow ones.
    counts: [u32; COUNTERS],
    /// Lookups by slot, of codes that mean trouble.
    failed: [u32; TROUBLES],
    clients: u32,
    servers: u32,
    owner: u32,
}

impl Wide {
    /// What a narrow row has counted.
    fn take_over(&mut self, row: &Narrow) {
        self.counts[row.slot.place()] = row.count;
        self.counts[UNMATCHED] = if row.is_matched { 0 } else { row.count };
    }
}

const COUNTERS: usize = SLOTS + 3;
const UNANSWERED: usize = SLOTS;
const UNMATCHED: usize = SLOTS + 1;
const SLOW: usize = SLOTS + 2;

/// Slots of codes that mean trouble: all but the first two.
const TROUBLES: usize = SLOTS - 2;

fn trouble(slot: Slot) -> Option<usize> {
    slot.place().checked_sub(SLOTS - TROUBLES)
}

/// A question's row, put together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NameRow<'a> {
    /// Canonical wire form; empty if not known.
    pub(crate) name: &'a [u8],
    pub(crate) responses: u64,
    pub(crate) focus: u64,
    /// What the share of the focus is of.
    pub(crate) whole: u64,
    pub(crate) unanswered: u64,
    pub(crate) clients: Distinct,
    pub(crate) servers: Distinct,
    pub(crate) error: u64,
}

/// The table.
#[derive(Debug)]
pub(crate) struct Names {
    rows: Vec<Narrow>,
    free: Vec<u32>,
    wide: Vec<Wide>,
    arena: Arena,
    index: Index,
    others: Others,
    carry: Carry,
    floors: Vec<u64>,
    max_bytes: usize,
    max_rows: usize,
    forgotten: u64,
    /// Some of those that were forgotten had met trouble.
    lost_trouble: bool,
}

/// Bytes that a row costs at most beside its name: itself, its place in the index, growth.
const ROW_COST: usize = size_of::<Narrow>() + INDEX_COST;

/// How often the lighter half may be forgotten with an error bound of its own per row.
const MAX_FLOORS: usize = 255;

impl Names {
    /// A table of at most `max_rows` questions and about `max_bytes` bytes.
    pub(crate) fn new(max_bytes: usize, max_rows: usize) -> Self {
        Self {
            rows: room_for(max_rows),
            free: Vec::new(),
            wide: room_for(max_rows / 2),
            arena: Arena::default(),
            index: Index::default(),
            others: Others::default(),
            carry: Carry::default(),
            floors: vec![0],
            max_bytes: max_bytes.max(64 << 10),
            max_rows: max_rows.clamp(64, DEAD as usize),
            forgotten: 0,
            lost_trouble: false,
        }
    }

    /// The number of a question, if it is kept.
    #[inline]
    pub(crate) fn find(&self, hash: u64) -> Option<u32> {
        let suits = |place| self.rows.get(place as usize).is_some_and(|row| row.hash == hash);
        self.index.find(hash, suits)
    }

    /// Keeps a question that is not kept yet; its number.
    pub(crate) fn insert(
        &mut self,
        hash: u64,
        name: &[u8],
        question: Question,
        domain: u32,
    ) -> u32 {
        let floor = u8::try_from(self.floors.len() - 1).unwrap_or(u8::MAX);
        let name = self.arena.push(name);
        let slot = Slot::of(Rcode::NOERROR);
        let (count, wide, is_matched) = (0, NONE, true);
        let row = Narrow { hash, name, question, count, wide, domain, slot, floor, is_matched };
        let place = put(&mut self.rows, &mut self.free, row);
        self.index.insert(hash, place);
        place
    }

    pub(crate) fn is_full(&self) -> bool {
        self.index.len() >= self.max_rows || self.bytes() >= self.max_bytes
    }

    /// Whether there are more questions than there should be, as after adding up.
    pub(crate) fn is_over(&self) -> bool {
        self.index.len() > self.max_rows || self.bytes() > self.max_bytes
    }

    /// Whether so many questions more would fit.
    pub(crate) fn has_room_for(&self, count: usize) -> bool {
        const LONGEST: usize = ROW_COST + size_of::<Wide>() + 256;
        self.index.len() + count <= self.max_rows
            && self.bytes() + (count + 1) * LONGEST <= self.max_bytes
    }

    /// Whether a number stands for a question.
    pub(crate) fn is_kept(&self, place: u32) -> bool {
        self.rows.get(place as usize).is_some_and(|row| row.wide != DEAD)
    }

    /// The number of a question of which only a part of the hash is known.
    pub(crate) fn find_part(&self, part: u64) -> Option<u32> {
        self.index.find(part, |place| Pairs::part(hash_of(&self.rows, place)) == part)
    }

    /// The hash that a question was kept by.
    pub(crate) fn hash(&self, place: u32) -> u64 {
        hash_of(&self.rows, place)
    }

    fn bytes(&self) -> usize {
        self.index.len() * ROW_COST + self.wide.len() * size_of::<Wide>() + self.arena.bytes()
    }

    /// Counts a response, which may be the first one to a query that was seen; whether it is the
    /// question's first with this code.
    pub(crate) fn add(
        &mut self,
        place: u32,
        rcode: Rcode,
        is_matched: bool,
        at: Timestamp,
    ) -> bool {
        let slot = Slot::of(rcode);
        if slot == Slot::OTHER {
            self.others.add(place, rcode, at);
        }
        let Some(row) = self.rows.get_mut(place as usize) else { return false };
        let is_like = row.slot == slot && row.is_matched == is_matched;
        if row.wide == NONE && rcode.is_answer() && (row.count == 0 || is_like) {
            (row.slot, row.is_matched) = (slot, is_matched);
            if let Some(more) = row.count.checked_add(1) {
                row.count = more;
                return more == 1;
            }
        }
        let (wide, carry) = self.widen(place);
        carry.add(place, &mut wide.counts, slot.place());
        if !is_matched {
            carry.add(place, &mut wide.counts, UNMATCHED);
        }
        let count = carry.one(place, &wide.counts, slot.place());
        match slot {
            Slot::OTHER => self.others.get(place, rcode).count == 1,
            _ => count == 1,
        }
    }

    /// The wide row of a question; it takes over what the narrow one had counted.
    fn widen(&mut self, place: u32) -> (&mut Wide, &mut Carry) {
        let next = self.wide.len();
        let mut at = next;
        if let Some(row) = self.rows.get_mut(place as usize) {
            if row.wide == NONE {
                row.wide = u32::try_from(next).unwrap_or(NONE - 1);
                let mut wide = Wide { owner: place, ..Wide::default() };
                wide.take_over(row);
                self.wide.push(wide);
            }
            at = row.wide as usize;
        }
        if at >= self.wide.len() {
            self.wide.push(Wide { owner: NONE, ..Wide::default() });
            at = self.wide.len() - 1;
        }
        (&mut self.wide[at], &mut self.carry)
    }

    /// Counts a query without response, or takes one back; whether it is the question's first.
    pub(crate) fn add_unanswered(&mut self, place: u32, by: i64) -> bool {
        if by > 0 {
            return self.add_one(place, UNANSWERED);
        }
        let (wide, carry) = self.widen(place);
        carry.take_back(place, &mut wide.counts, UNANSWERED);
        false
    }

    /// Counts a response that was slow, beside [`Self::add`]; whether it is the question's first.
    pub(crate) fn add_slow(&mut self, place: u32) -> bool {
        self.add_one(place, SLOW)
    }

    fn add_one(&mut self, place: u32, which: usize) -> bool {
        let (wide, carry) = self.widen(place);
        carry.add(place, &mut wide.counts, which);
        carry.one(place, &wide.counts, which) == 1
    }

    /// One more distinct client or server.
    pub(crate) fn add_distinct(&mut self, place: u32, what: Apart, by: u32) {
        let (wide, _) = self.widen(place);
        match what {
            Apart::Clients => wide.clients += by,
            Apart::Servers => wide.servers += by,
            Apart::Names => {}
        }
    }

    /// Forgets what was counted apart, for another focus.
    pub(crate) fn clear_distinct(&mut self) {
        self.wide.iter_mut().for_each(|wide| (wide.clients, wide.servers) = (0, 0));
    }

    /// One lookup more (or less) failed here.
    pub(crate) fn add_failed(&mut self, place: u32, slot: Slot, more: bool) {
        let Some(trouble) = trouble(slot) else { return };
        let failed = &mut self.widen(place).0.failed[trouble];
        *failed = if more { failed.saturating_add(1) } else { failed.saturating_sub(1) };
    }

    /// Forgets which lookups of a code failed.
    pub(crate) fn clear_failed(&mut self, slot: Slot) {
        if let Some(trouble) = trouble(slot) {
            self.wide.iter_mut().for_each(|wide| wide.failed[trouble] = 0);
        }
    }

    /// Whether a number stands for a question that is known.
    pub(crate) fn is_known(&self, place: u32) -> bool {
        !self.question(place).0.is_empty()
    }

    /// Questions with a failed lookup, those that are known.
    pub(crate) fn failed(&self, slot: Slot) -> Distinct {
        let failed = |wide: &&Wide| {
            trouble(slot).is_some_and(|trouble| wide.failed[trouble] > 0)
                && self.is_known(wide.owner)
        };
        let count = self.wide.iter().filter(failed).count() as u64;
        Distinct { count, at_least: self.lost_trouble }
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
        self.floors.iter().copied().max().unwrap_or_default()
    }

    /// Questions that were forgotten.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten + self.others.lost()
    }

    /// The questions that met the focus by number, and how often each.
    pub(crate) fn counts(&self, focus: Focus) -> impl Iterator<Item = (u64, u32)> {
        let wide = self.wide.iter().map(move |wide| (self.count(wide, focus), wide.owner));
        // Trouble is never in a narrow row.
        let answer = focus.rcode().filter(|rcode| rcode.is_answer()).map(Slot::of);
        let narrow = answer.is_some().then_some(&self.rows).into_iter().flatten();
        let is_narrow = move |row: &Narrow| row.wide == NONE && Some(row.slot) == answer;
        let narrow = (0..).zip(narrow).filter(move |(_, row)| is_narrow(row));
        let narrow = narrow.map(|(place, row)| (u64::from(row.count), place));
        wide.chain(narrow).filter(|(count, _)| *count > 0)
    }

    /// What a question counts of the focus.
    fn count(&self, wide: &Wide, focus: Focus) -> u64 {
        let which = match focus {
            Focus::NoResponse => UNANSWERED,
            Focus::Slow => SLOW,
            Focus::Rcode(rcode) => match Slot::of(rcode) {
                Slot::OTHER => return self.others.get(wide.owner, rcode).count,
                slot => slot.place(),
            },
        };
        self.carry.one(wide.owner, &wide.counts, which)
    }

    /// All questions.
    pub(crate) fn all(&self, focus: Focus) -> impl Iterator<Item = NameRow<'_>> {
        (0..).take(self.rows.len()).filter_map(move |place| self.row(place, focus))
    }

    /// A question's row.
    pub(crate) fn row(&self, place: u32, focus: Focus) -> Option<NameRow<'_>> {
        let row = self.rows.get(place as usize).filter(|row| row.wide != DEAD)?;
        let (name, _) = self.named(row);
        let wide = Wide { owner: place, ..self.wide_of(row) };
        let count = |which| self.carry.one(place, &wide.counts, which);
        let responses = (0..SLOTS).map(count).sum();
        let distinct = |count: u32| Distinct { count: u64::from(count), at_least: false };
        Some(NameRow {
            name,
            responses,
            focus: self.count(&wide, focus),
            whole: whole(focus, responses, count(UNMATCHED), count(UNANSWERED)),
            unanswered: count(UNANSWERED),
            clients: distinct(wide.clients),
            servers: distinct(wide.servers),
            error: self.floors.get(usize::from(row.floor)).copied().unwrap_or_default(),
        })
    }

    /// The wide row of a question, or what it would be.
    fn wide_of(&self, row: &Narrow) -> Wide {
        self.wide.get(row.wide as usize).copied().unwrap_or_else(|| {
            let mut wide = Wide::default();
            wide.take_over(row);
            wide
        })
    }

    fn weight(&self, row: &Narrow) -> u64 {
        let counted = match self.wide.get(row.wide as usize) {
            Some(wide) => {
                (0..=UNANSWERED).map(|which| self.carry.one(wide.owner, &wide.counts, which)).sum()
            }
            None => u64::from(row.count),
        };
        counted + self.floors.get(usize::from(row.floor)).copied().unwrap_or_default()
    }

    /// Forgets the lighter half; [`Self::is_kept`] then tells which questions are left.
    pub(crate) fn forget_lighter_half(&mut self) {
        // Questions that met trouble are what readers look for: they go last.
        let spare_trouble = self.wide.len() <= self.index.len() / 4 * 3;
        let may_go = |row: &&Narrow| row.wide != DEAD && !(spare_trouble && row.wide != NONE);
        let threshold = median(|| self.rows.iter().filter(may_go).map(|row| self.weight(row)));
        let old_arena = std::mem::take(&mut self.arena);
        self.index.clear();
        for place in (0..).take(self.rows.len()) {
            self.keep_if_heavier(place, threshold, spare_trouble, &old_arena);
        }
        self.move_wide_together();
        let rows = &self.rows;
        let is_kept = |place| rows.get(place as usize).is_some_and(|row| row.wide != DEAD);
        self.others.retain(is_kept);
        self.carry.retain(is_kept);
        self.raise_floor(threshold);
    }

    /// Moves what a question has into the new tables, or frees its row.
    fn keep_if_heavier(&mut self, place: u32, threshold: u64, spare_trouble: bool, arena: &Arena) {
        let Some(row) = self.rows.get(place as usize).filter(|row| row.wide != DEAD) else {
            return;
        };
        let keep = (spare_trouble && row.wide != NONE) || self.weight(row) > threshold;
        let (hash, name, wide) = (row.hash, row.name, row.wide);
        let Some(row) = self.rows.get_mut(place as usize) else { return };
        if keep {
            row.name = self.arena.push(arena.get(name));
            self.index.insert(hash, place);
            return;
        }
        row.wide = DEAD;
        self.free.push(place);
        self.forgotten += 1;
        if let Some(wide) = self.wide.get_mut(wide as usize) {
            wide.owner = NONE;
            self.lost_trouble = true;
        }
    }

    /// Wide rows without a question leave.
    fn move_wide_together(&mut self) {
        self.wide.retain(|wide| wide.owner != NONE);
        for (place, wide) in (0..).zip(&self.wide) {
            if let Some(row) = self.rows.get_mut(wide.owner as usize) {
                row.wide = place;
            }
        }
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

    /// Lets go of the domains that are not kept any more.
    pub(crate) fn retain_domains(&mut self, is_kept: impl Fn(u32) -> bool) {
        for row in self.rows.iter_mut().filter(|row| !is_kept(row.domain)) {
            row.domain = NONE;
        }
    }

    /// Adds another table's counts, whose domains are numbered here as `domains` says; the number
    /// here of each of its questions, which is of no meaning where it keeps none. Both must hash
    /// with the same key, and have counted different clients.
    pub(crate) fn merge(&mut self, other: &Self, domains: &[u32]) -> Vec<u32> {
        let mut remap = vec![NONE; other.rows.len()];
        // What one of the tables does not have it may have forgotten.
        let (own, theirs) = (self.floors.clone(), other.error());
        let ours = self.error();
        self.floors.iter_mut().for_each(|floor| *floor += theirs);
        let floor_of = |floors: &[u64], row: &Narrow| {
            floors.get(usize::from(row.floor)).copied().unwrap_or_default()
        };
        for (number, row) in (0..).zip(&other.rows).filter(|(_, row)| row.wide != DEAD) {
            let known = self.find(row.hash);
            let place = known.unwrap_or_else(|| {
                let domain = domains.get(row.domain as usize).copied().unwrap_or(NONE);
                self.insert(row.hash, other.arena.get(row.name), row.question, domain)
            });
            if let Some(entry) = remap.get_mut(number as usize) {
                *entry = place;
            }
            let here = known.and_then(|place| self.rows.get(place as usize));
            let here = here.map_or(ours, |row| floor_of(&own, row));
            self.set_floor(place, here + floor_of(&other.floors, row));
            self.merge_row(place, other, number, row);
        }
        self.forgotten += other.forgotten;
        self.lost_trouble |= other.lost_trouble;
        self.others.merge(&other.others, &remap);
        remap
    }

    /// Says of a question how much may have been counted before. Where no more bounds can be told
    /// apart, the next greater one is stated.
    fn set_floor(&mut self, place: u32, floor: u64) {
        let known = self.floors.iter().position(|other| *other == floor);
        let index = known.unwrap_or_else(|| {
            if self.floors.len() < MAX_FLOORS {
                self.floors.push(floor);
                return self.floors.len() - 1;
            }
            let greater = self.floors.iter().enumerate().filter(|(_, other)| **other >= floor);
            greater.min_by_key(|(_, other)| **other).map_or(0, |(index, _)| index)
        });
        if let Some(row) = self.rows.get_mut(place as usize) {
            row.floor = u8::try_from(index).unwrap_or(u8::MAX);
        }
    }

    fn merge_row(&mut self, place: u32, other: &Self, number: u32, row: &Narrow) {
        let same = self.rows.get_mut(place as usize).is_some_and(|ours| {
            let narrow = ours.wide == NONE && row.wide == NONE;
            let is_like = ours.slot == row.slot && ours.is_matched == row.is_matched;
            let same = narrow && (ours.count == 0 || is_like);
            let sum = ours.count.checked_add(row.count).filter(|_| same);
            if let Some(sum) = sum {
                (ours.count, ours.slot, ours.is_matched) = (sum, row.slot, row.is_matched);
            }
            sum.is_some()
        });
        if same {
            return;
        }
        let theirs = other.wide_of(row);
        let (ours, carry) = self.widen(place);
        carry.merge(place, &mut ours.counts, &other.carry, number, &theirs.counts);
        for (ours, theirs) in ours.failed.iter_mut().zip(theirs.failed) {
            *ours += theirs;
        }
        // The same server may have answered for it in both; that is counted by who knows.
        ours.clients += theirs.clients;
    }
}

fn hash_of(rows: &[Narrow], place: u32) -> u64 {
    rows.get(place as usize).map_or(0, |row| row.hash)
}
