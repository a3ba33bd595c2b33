//! Counts by server, client or registered domain: exact while they fit, then with a stated error.
//!
//! When the table is full, the lighter half of its keys is forgotten. A key that comes (back)
//! later may have been counted up to the heaviest weight ever forgotten: that is its error, so
//! its true count lies between `count` and `count + error` (the Misra-Gries bound, kept per key).
//! A key keeps its number while it is kept; what refers to a number must let go of it when told.

mod portable;

use super::carry::Carry;
use super::figures::Distinct;
use crate::focus::Focus;
use crate::iana::Rcode;
use crate::index::{INDEX_COST, Index};
use crate::time::Timestamp;
use crate::track::Hasher;
use crate::wire::Address;
use crate::wire::name::{parse, text};

pub(crate) use portable::{OthersByKey, uncommon};

use super::slot::{Aspect, Others, SLOTS, Slot, Spanned, median, put, room_for};

/// What a table can count by.
pub(crate) trait Key: Clone + Ord {
    fn hash(&self, hasher: &Hasher) -> u64;

    /// As it is written down.
    fn text(&self) -> String;

    /// What was written down.
    fn of_text(text: &str) -> Option<Self>;
}

impl Key for Address {
    fn hash(&self, hasher: &Hasher) -> u64 {
        hasher.address(*self)
    }

    fn text(&self) -> String {
        self.ip().to_string()
    }

    fn of_text(text: &str) -> Option<Self> {
        text.parse::<std::net::IpAddr>().ok().map(Self::from)
    }
}

impl Key for Box<[u8]> {
    fn hash(&self, hasher: &Hasher) -> u64 {
        hasher.bytes(self)
    }

    fn text(&self) -> String {
        text(self)
    }

    fn of_text(text: &str) -> Option<Self> {
        parse(text).map(Self::from)
    }
}

/// Responses by slot, then queries without one, then responses that are no first ones to a query.
const COUNTERS: usize = SLOTS + 2;
const UNANSWERED: usize = SLOTS;
const UNMATCHED: usize = SLOTS + 1;
/// Slow responses: counted with what is kept apart, as few keys have any.
const SLOW: usize = COUNTERS;

/// One key: a cache line.
#[derive(Clone, Copy, Debug)]
struct Row<K> {
    key: K,
    counts: [u32; COUNTERS],
    /// Counted before it was kept, at most.
    error: u32,
    /// Its first row of what is kept apart, [`NONE`] or [`DEAD`].
    apart: u32,
}

/// No row.
const NONE: u32 = u32::MAX;
/// The key was forgotten; its row is free.
const DEAD: u32 = u32::MAX - 1;

/// What is kept of a key and one aspect: from its first exchange on, but of NOERROR and NXDOMAIN
/// only where they are the focus.
#[derive(Clone, Copy, Debug)]
struct ApartRow {
    first: Timestamp,
    last: Timestamp,
    distinct: [u32; 2],
    /// Lookups that failed with the code; of slow responses, by which none fails, how many there
    /// are.
    count: u32,
    /// The next row of the same key, and in the upper bits the aspect.
    link: Link,
}

/// The number of a row and an aspect.
#[derive(Clone, Copy, Debug)]
struct Link(u32);

const LINK_BITS: u32 = 28;

impl Link {
    fn new(aspect: Aspect, next: u32) -> Self {
        let aspect = u32::try_from(aspect.place()).unwrap_or_default();
        Self(aspect << LINK_BITS | next & ((1 << LINK_BITS) - 1))
    }

    fn aspect(self) -> usize {
        (self.0 >> LINK_BITS) as usize
    }

    fn next(self) -> u32 {
        self.0 & ((1 << LINK_BITS) - 1)
    }
}

/// The end of a chain, as a link can hold it.
const END: u32 = (1 << LINK_BITS) - 1;

/// What is counted apart at a key, for the focus only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Apart {
    Clients,
    Servers,
    Names,
}

impl Apart {
    /// No key has both clients and servers of its own.
    fn place(self) -> usize {
        usize::from(self == Self::Names)
    }
}

/// A key with its counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entity<'a, K> {
    /// Its number.
    pub(crate) place: u32,
    pub(crate) key: &'a K,
    /// With any code.
    pub(crate) responses: u64,
    pub(crate) unanswered: u64,
    /// Responses that are no first ones to a query that was seen.
    unmatched: u64,
    /// Counted before it was kept, at most.
    pub(crate) error: u64,
}

impl<K> Entity<'_, K> {
    /// What the share of the focus is of.
    pub(crate) fn whole(&self, focus: Focus) -> u64 {
        whole(focus, self.responses, self.unmatched, self.unanswered)
    }

    fn weight(&self) -> u64 {
        self.responses + self.unanswered + self.error
    }
}

/// What the share of a focus is of: responses, queries that had an end, or answered queries.
pub(super) const fn whole(focus: Focus, responses: u64, unmatched: u64, unanswered: u64) -> u64 {
    match focus {
        Focus::Rcode(_) => responses,
        Focus::NoResponse => responses.saturating_sub(unmatched) + unanswered,
        Focus::Slow => responses.saturating_sub(unmatched),
    }
}

/// A bounded table of keys.
#[derive(Debug)]
pub(crate) struct Entities<K> {
    rows: Vec<Row<K>>,
    free: Vec<u32>,
    apart: Vec<ApartRow>,
    index: Index,
    carry: Carry,
    others: Others,
    hasher: Hasher,
    max: usize,
    floor: u64,
    forgotten: u64,
}

/// Bytes that a key costs at most, with its places in tables and what is usually kept apart.
pub(crate) const ENTITY_COST: usize =
    size_of::<Row<Address>>() + 3 * size_of::<ApartRow>() + INDEX_COST;

impl<K: Key> Entities<K> {
    pub(crate) fn new(max: usize, hasher: Hasher) -> Self {
        let max = max.clamp(64, END as usize / SLOTS);
        Self {
            rows: room_for(max),
            free: Vec::new(),
            apart: room_for(max),
            index: Index::default(),
            carry: Carry::default(),
            others: Others::default(),
            hasher,
            max,
            floor: 0,
            forgotten: 0,
        }
    }

    /// The number of a key, if it is kept.
    #[inline]
    pub(crate) fn find(&self, hash: u64, same: impl Fn(&K) -> bool) -> Option<u32> {
        let suits = |place: u32| self.rows.get(place as usize).is_some_and(|row| same(&row.key));
        self.index.find(hash, suits)
    }

    /// Keeps a key that is not kept yet; its number.
    pub(crate) fn insert(&mut self, hash: u64, key: K) -> u32 {
        let error = u32::try_from(self.floor).unwrap_or(u32::MAX);
        let row = Row { key, counts: [0; COUNTERS], error, apart: NONE };
        let place = put(&mut self.rows, &mut self.free, row);
        self.index.insert(hash, place);
        place
    }

    /// Keys that are kept.
    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.index.len() >= self.max
    }

    /// How many keys there should be at most from now on.
    pub(crate) fn set_max(&mut self, max: usize) {
        self.max = max.clamp(64, END as usize / SLOTS);
    }

    /// Whether there are more keys than there should be, as after adding up.
    pub(crate) fn is_over(&self) -> bool {
        self.index.len() > self.max
    }

    /// Whether so many keys more would fit.
    pub(crate) fn has_room_for(&self, count: usize) -> bool {
        self.index.len() + count <= self.max
    }

    /// Whether a number stands for a key.
    pub(crate) fn is_kept(&self, place: u32) -> bool {
        self.rows.get(place as usize).is_some_and(|row| row.apart != DEAD)
    }

    /// All keys, by number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Entity<'_, K>> {
        (0..).take(self.rows.len()).filter_map(|place| self.get(place))
    }

    /// A key with its counts.
    pub(crate) fn get(&self, place: u32) -> Option<Entity<'_, K>> {
        let row = self.rows.get(place as usize).filter(|row| row.apart != DEAD)?;
        let [responses @ .., unanswered, unmatched] = &row.counts;
        let mut entity = Entity {
            place,
            key: &row.key,
            responses: responses.iter().map(|count| u64::from(*count)).sum(),
            unanswered: u64::from(*unanswered),
            unmatched: u64::from(*unmatched),
            error: u64::from(row.error),
        };
        if !self.carry.is_empty() {
            entity.responses += (0..SLOTS).map(|slot| self.carry.high(place, slot)).sum::<u64>();
            entity.unanswered += self.carry.high(place, UNANSWERED);
            entity.unmatched += self.carry.high(place, UNMATCHED);
        }
        Some(entity)
    }

    /// Any count may be too low by this much.
    pub(crate) fn error(&self) -> u64 {
        self.floor
    }

    /// Keys that were forgotten.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten + self.others.lost()
    }

    /// Counts a response, which may be the first one to a query that was seen.
    #[inline]
    pub(crate) fn add(&mut self, place: u32, rcode: Rcode, is_matched: bool, at: Timestamp) {
        let slot = Slot::of(rcode);
        let Some(row) = self.rows.get_mut(place as usize) else { return };
        self.carry.add(place, &mut row.counts, slot.place());
        if !is_matched {
            self.carry.add(place, &mut row.counts, UNMATCHED);
        }
        if !rcode.is_answer() {
            self.add_trouble(place, slot, rcode, at);
        }
    }

    fn add_trouble(&mut self, place: u32, slot: Slot, rcode: Rcode, at: Timestamp) {
        self.widen(place, slot.into(), at);
        if slot == Slot::OTHER {
            self.others.add(place, rcode, at);
        }
    }

    /// Something happened at a time; what is kept of it apart.
    fn widen(&mut self, place: u32, aspect: Aspect, at: Timestamp) -> Option<&mut ApartRow> {
        let apart = self.apart(place, aspect)?;
        apart.first = apart.first.min(at);
        apart.last = apart.last.max(at);
        Some(apart)
    }

    /// Counts a response that was slow, beside [`Self::add`].
    pub(crate) fn add_slow(&mut self, place: u32, at: Timestamp) {
        let Some(apart) = self.widen(place, Aspect::SLOW, at) else { return };
        apart.count = apart.count.wrapping_add(1);
        if apart.count == 0 {
            self.carry.wrap(place, SLOW, 1);
        }
    }

    fn find_apart(&self, place: u32, aspect: Aspect) -> Option<u32> {
        let mut at = self.rows.get(place as usize)?.apart;
        while let Some(row) = self.apart.get(at as usize) {
            if row.link.aspect() == aspect.place() {
                return Some(at);
            }
            at = row.link.next();
        }
        None
    }

    /// What is kept apart of a key and an aspect, made if need be.
    fn apart(&mut self, place: u32, aspect: Aspect) -> Option<&mut ApartRow> {
        if let Some(at) = self.find_apart(place, aspect) {
            return self.apart.get_mut(at as usize);
        }
        let row = self.rows.get_mut(place as usize)?;
        let at = u32::try_from(self.apart.len()).unwrap_or(END).min(END);
        self.apart.push(ApartRow {
            first: Timestamp(u64::MAX),
            last: Timestamp(0),
            distinct: [0; 2],
            count: 0,
            link: Link::new(aspect, row.apart),
        });
        row.apart = at;
        self.apart.last_mut()
    }

    /// Counts a query without response, sent at `at`; or takes one back (`by` is -1) that was counted
    /// before its response came; or takes note of one that was not counted, as it was dealt with so
    /// late (0). Times are those of all three: they must not depend on how late that was.
    pub(crate) fn add_unanswered(&mut self, place: u32, by: i64, at: Timestamp) {
        let Some(row) = self.rows.get_mut(place as usize) else { return };
        match by {
            1.. => self.carry.add(place, &mut row.counts, UNANSWERED),
            0 => {}
            _ => self.carry.take_back(place, &mut row.counts, UNANSWERED),
        }
        self.widen(place, Aspect::NO_RESPONSE, at);
    }

    /// One more distinct client, server or name that met this here.
    pub(crate) fn add_distinct(&mut self, place: u32, what: Apart, aspect: Aspect, by: u32) {
        if let Some(apart) = self.apart(place, aspect) {
            apart.distinct[what.place()] += by;
        }
    }

    fn apart_of(&self, place: u32, aspect: Aspect) -> Option<&ApartRow> {
        self.find_apart(place, aspect).and_then(|at| self.apart.get(at as usize))
    }

    /// How many distinct ones met this here.
    pub(crate) fn distinct(&self, place: u32, what: Apart, aspect: Aspect) -> Distinct {
        let row = self.apart_of(place, aspect);
        let count = row.map_or(0, |row| u64::from(row.distinct[what.place()]));
        Distinct { count, at_least: false }
    }

    /// Forgets what was counted as distinct, for another focus.
    pub(crate) fn clear_distinct(&mut self) {
        self.apart.iter_mut().for_each(|apart| apart.distinct = [0; 2]);
    }

    /// One lookup more (or less) failed here.
    pub(crate) fn add_failed(&mut self, place: u32, slot: Slot, more: bool) {
        let Some(apart) = self.apart(place, slot.into()) else { return };
        let failed = &mut apart.count;
        *failed = if more { failed.saturating_add(1) } else { failed.saturating_sub(1) };
    }

    /// Forgets which lookups of a code failed.
    pub(crate) fn clear_failed(&mut self, slot: Slot) {
        let of_slot = self.apart.iter_mut().filter(|apart| apart.link.aspect() == slot.place());
        of_slot.for_each(|apart| apart.count = 0);
    }

    /// Keys with a failed lookup.
    pub(crate) fn failed(&self, slot: Slot) -> Distinct {
        let failed = |row: &&ApartRow| row.link.aspect() == slot.place() && row.count > 0;
        let count = self.apart.iter().filter(failed).count() as u64;
        Distinct { count, at_least: self.floor > 0 }
    }

    /// Exchanges in focus, without their times.
    #[inline]
    pub(crate) fn count(&self, place: u32, focus: Focus) -> u64 {
        let which = match focus {
            Focus::NoResponse => UNANSWERED,
            Focus::Slow => return self.slow(place),
            Focus::Rcode(rcode) => match Slot::of(rcode) {
                Slot::OTHER => return self.others.get(place, rcode).count,
                slot => slot.place(),
            },
        };
        self.rows
            .get(place as usize)
            .filter(|row| row.apart != DEAD)
            .map_or(0, |row| self.carry.one(place, &row.counts, which))
    }

    /// Responses whose code has its counter in this slot.
    pub(crate) fn responses(&self, place: u32, slot: Slot) -> u64 {
        let row = self.rows.get(place as usize).filter(|row| row.apart != DEAD);
        row.map_or(0, |row| self.carry.one(place, &row.counts, slot.place()))
    }

    fn slow(&self, place: u32) -> u64 {
        let low = self.apart_of(place, Aspect::SLOW).map_or(0, |apart| u64::from(apart.count));
        low + self.carry.high(place, SLOW)
    }

    /// The keys that met the focus, and how often each.
    pub(crate) fn counts(&self, focus: Focus) -> impl Iterator<Item = (u64, u32)> {
        let all = (0..).take(self.rows.len()).map(move |place| (self.count(place, focus), place));
        all.filter(|(count, _)| *count > 0)
    }

    /// Exchanges in focus, first and last.
    pub(crate) fn focus(&self, place: u32, focus: Focus) -> Spanned {
        if let Focus::Rcode(rcode) = focus
            && Slot::of(rcode) == Slot::OTHER
        {
            return self.others.get(place, rcode);
        }
        let span = self.apart_of(place, Aspect::of(focus)).filter(|it| it.first <= it.last);
        Spanned {
            count: self.count(place, focus),
            first: span.map_or(Timestamp::default(), |apart| apart.first),
            last: span.map_or(Timestamp::default(), |apart| apart.last),
        }
    }

    /// Forgets the lighter half; [`Self::is_kept`] then tells which keys are left.
    pub(crate) fn forget_lighter_half(&mut self) {
        let threshold = median(|| self.iter().map(|entity| entity.weight()));
        self.floor = self.floor.max(threshold);
        for place in (0..).take(self.rows.len()) {
            if self.get(place).is_some_and(|entity| entity.weight() <= threshold) {
                self.forget(place);
            }
        }
        let rows = &self.rows;
        let is_kept = |place| rows.get(place as usize).is_some_and(|row| row.apart != DEAD);
        self.others.retain(is_kept);
        self.carry.retain(is_kept);
        self.rebuild_apart();
        self.rebuild_index();
    }

    fn forget(&mut self, place: u32) {
        if let Some(row) = self.rows.get_mut(place as usize) {
            row.apart = DEAD;
            self.free.push(place);
            self.forgotten += 1;
        }
    }

    /// Moves the rows of kept keys together.
    fn rebuild_apart(&mut self) {
        let old = std::mem::take(&mut self.apart);
        for row in self.rows.iter_mut().filter(|row| row.apart != DEAD) {
            let mut at = std::mem::replace(&mut row.apart, NONE);
            while let Some(apart) = old.get(at as usize) {
                let aspect = apart.link.0 & !END;
                let new = u32::try_from(self.apart.len()).unwrap_or(END).min(END);
                self.apart.push(ApartRow { link: Link(aspect | row.apart & END), ..*apart });
                row.apart = new;
                at = apart.link.next();
            }
        }
    }

    fn rebuild_index(&mut self) {
        self.index.clear();
        for (place, row) in (0..).zip(&self.rows) {
            if row.apart != DEAD {
                self.index.insert(row.key.hash(&self.hasher), place);
            }
        }
    }

    /// Adds another table's counts; the number here of each of its keys, which is of no meaning
    /// where the other table keeps none. What is counted apart there must be distinct from what is
    /// counted here; of names that is only so `with_names`.
    pub(crate) fn merge(&mut self, other: &Self, with_names: bool) -> Vec<u32> {
        let mut remap = vec![NONE; other.rows.len()];
        // A key that the other table does not have may have been forgotten there.
        let floor = u32::try_from(other.floor).unwrap_or(u32::MAX);
        self.rows.iter_mut().for_each(|row| row.error = row.error.saturating_add(floor));
        for (number, row) in (0..).zip(&other.rows).filter(|(_, row)| row.apart != DEAD) {
            let hash = row.key.hash(&self.hasher);
            let place = self.find(hash, |key| *key == row.key);
            let place = place.unwrap_or_else(|| {
                let place = self.insert(hash, row.key.clone());
                if let Some(ours) = self.rows.get_mut(place as usize) {
                    ours.error = ours.error.saturating_add(floor);
                }
                place
            });
            if let Some(slot) = remap.get_mut(number as usize) {
                *slot = place;
            }
            if let Some(ours) = self.rows.get_mut(place as usize) {
                ours.error = ours.error.saturating_add(row.error).saturating_sub(floor);
                self.carry.merge(place, &mut ours.counts, &other.carry, number, &row.counts);
            }
            self.merge_apart(place, other, (number, row.apart), with_names);
        }
        self.floor = self.floor.saturating_add(other.floor);
        self.forgotten += other.forgotten;
        self.others.merge(&other.others, &remap);
        remap
    }

    fn merge_apart(
        &mut self,
        place: u32,
        other: &Self,
        (number, mut theirs): (u32, u32),
        with_names: bool,
    ) {
        while let Some(row) = other.apart.get(theirs as usize) {
            theirs = row.link.next();
            let Some(aspect) = Aspect::at(row.link.aspect()) else { continue };
            let Some(ours) = self.apart(place, aspect) else { continue };
            ours.first = ours.first.min(row.first);
            ours.last = ours.last.max(row.last);
            ours.distinct[0] += row.distinct[0];
            ours.distinct[1] += if with_names { row.distinct[1] } else { 0 };
            let mut count = ours.count;
            if aspect == Aspect::SLOW {
                self.carry.plus(place, SLOW, &mut count, other.slow(number));
            } else {
                count = count.saturating_add(row.count);
            }
            if let Some(ours) = self.apart(place, aspect) {
                ours.count = count;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u32) -> Address {
        Address::v4(n.to_be_bytes())
    }

    fn add(entities: &mut Entities<Address>, key: u32) -> u32 {
        if entities.is_full() {
            entities.forget_lighter_half();
        }
        let hash = entities.hasher.address(address(key));
        let place = entities.find(hash, |other| *other == address(key));
        let place = place.unwrap_or_else(|| entities.insert(hash, address(key)));
        entities.add(place, Rcode::REFUSED, true, Timestamp(u64::from(key)));
        place
    }

    #[test]
    fn a_key_is_a_cache_line() {
        assert_eq!((size_of::<Row<Address>>(), size_of::<ApartRow>()), (64, 32));
    }

    #[test]
    fn counts_are_exact_while_they_fit() {
        let mut entities = Entities::new(100, Hasher::default());
        for n in 0..1000 {
            add(&mut entities, n % 50);
        }
        assert_eq!(entities.error(), 0);
        assert!((0..50).all(|place| entities.focus(place, Focus::default()).count == 20));
    }

    #[test]
    fn a_full_table_is_wrong_by_no_more_than_it_says() {
        let mut entities = Entities::new(64, Hasher::default());
        for n in 0..20_000_u32 {
            add(&mut entities, n + 1000); // each once
            add(&mut entities, n % 5); // five heavy ones
        }
        assert!(entities.iter().count() <= 64);
        assert!(entities.rows.len() <= 64, "free rows are used again");
        assert!(entities.error() < 20_000 / 16, "{}", entities.error());
        for key in 0..5 {
            let hash = entities.hasher.address(address(key));
            let place = entities.find(hash, |other| *other == address(key)).expect("it is heavy");
            let (span, error) =
                (entities.focus(place, Focus::default()), entities.get(place).unwrap().error);
            assert!((span.count..=span.count + error).contains(&4000), "{span:?} + {error}");
            assert_eq!((span.first, span.last), (Timestamp(key.into()), Timestamp(key.into())));
        }
    }

    #[test]
    fn what_is_kept_apart_is_kept_by_code_and_merged() {
        let hasher = Hasher::default();
        let mut one = Entities::new(64, hasher.clone());
        let mut other = Entities::new(64, hasher);
        add(&mut one, 7);
        let place = add(&mut other, 8);
        let same = add(&mut other, 7);
        other.add(same, Rcode::SERVFAIL, true, Timestamp(99));
        other.add_distinct(same, Apart::Names, Aspect::of(Focus::default()), 3);
        other.add_failed(same, Slot::of(Rcode::REFUSED), true);
        let remap = one.merge(&other, true);
        let (place, same) = (remap[place as usize], remap[same as usize]);
        assert_eq!(one.focus(same, Focus::default()).count, 2);
        assert_eq!(one.focus(same, Rcode::SERVFAIL.into()).first, Timestamp(99));
        assert_eq!(one.focus(place, Focus::default()).count, 1);
        assert_eq!(one.distinct(same, Apart::Names, Aspect::of(Focus::default())).count, 3);
        assert_eq!(one.failed(Slot::of(Rcode::REFUSED)).count, 1);
    }
}
