//! The queries of the last seconds: a bounded table, found by key, left in the order they came.
//!
//! A query's life: waiting → answered, or waiting → overdue → answered late; then it is dropped.
//! The few that wait for longer move to a ring of their own, so that the many that are answered at
//! once can be dropped soon. An answered query stays for a while, so that one more response, or a copy of the query, is
//! known for what it is. A 64-bit keyed hash stands for the key, and 32 bits more for the
//! question: with a million queries, two of different keys agree once in forty million runs.

use std::collections::VecDeque;

use crate::index::Index;
use crate::time::Timestamp;
use crate::wire::{Flags, Question};

use super::exchange::{Asked, Key, Message, Obstacle};
use super::flows::{Flows, Linked, Links};
use super::print::Mark;

/// Queries with one key but different questions that may be open at once. More is no client's
/// doing, and would make every look-up slow.
const MAX_SAME_KEY: u32 = 8;

/// Where a query stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing of it is needed any more.
    Gone,
    Waiting,
    /// Reported as unanswered; a response may still come.
    Overdue,
    /// Reported as unreachable; a response may still come.
    Unreachable(Obstacle),
    Answered,
}

impl State {
    /// Whether a response may still come for it.
    fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Overdue | Self::Unreachable(_))
    }
}

/// A query.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query {
    hash: u64,
    /// When it was first sent.
    pub(super) at: Timestamp,
    /// When its last copy was sent.
    pub(super) last: Timestamp,
    /// When it was given up, or answered last.
    pub(super) settled: Timestamp,
    /// Of its last copy.
    pub(super) mark: Mark,
    /// Of its last response.
    pub(super) response: Mark,
    question: Check,
    details: u32,
    flags: Flags,
    /// While it is open: how often it was sent again. Then: copies that may still get a response.
    pub(super) copies: u16,
    pub(super) state: State,
    edns: bool,
}

/// What is needed of a query only while it is open.
#[derive(Debug)]
pub(super) struct Details {
    pub(super) key: Key,
    pub(super) question: Option<Question>,
    pub(super) name: Vec<u8>,
    pub(super) question_hash: u64,
    /// With others of its flow, as long as it waits.
    links: Links,
}

impl Linked for Details {
    fn links(&self) -> &Links {
        &self.links
    }

    fn links_mut(&mut self) -> &mut Links {
        &mut self.links
    }
}

/// Tells questions under one key apart; 0 if there is no question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Check(u32);

impl Check {
    fn of(message: &Message<'_>) -> Self {
        let upper = u32::try_from(message.hashes.question >> 32).unwrap_or_default();
        if message.question.is_some() { Self(upper | 1) } else { Self(0) }
    }
}

impl Query {
    /// Whether a message is about the same question, or one of both does not say.
    pub(super) fn may_be_about(&self, message: &Message<'_>) -> bool {
        let theirs = Check::of(message);
        self.question == theirs || self.question == Check(0) || theirs == Check(0)
    }

    /// Whether a message is about the same question, and both say so.
    pub(super) fn is_about(&self, message: &Message<'_>) -> bool {
        self.question == Check::of(message) && message.question.is_some()
    }

    /// Whether an error ended it.
    pub(super) fn is_unreachable(&self) -> bool {
        matches!(self.state, State::Unreachable(_))
    }

    pub(super) fn asked(&self) -> Asked {
        Asked {
            at: self.at,
            last: self.last,
            flags: self.flags,
            edns: self.edns,
            repeats: self.copies,
            unreachable: self.is_unreachable(),
        }
    }
}

/// The number of a query; not used again for a long time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(u32);

/// The upper two bits of a place tell the ring, the others the number in it.
const NUMBER: u32 = (1 << 30) - 1;

/// The rings, each in the order of what its queries wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// As they came.
    Came,
    /// Those that were not answered at once.
    Slow,
    /// Those that were given up.
    Overdue,
}

impl Place {
    fn new(which: Which, number: u32) -> Self {
        Self((which as u32) << 30 | number & NUMBER)
    }

    fn which(self) -> Which {
        match self.0 >> 30 {
            0 => Which::Came,
            1 => Which::Slow,
            _ => Which::Overdue,
        }
    }
}

/// Queries in the order they came, in chunks: a ring that doubled would hold twice what it needs,
/// and copy it.
#[derive(Debug, Default)]
struct Ring {
    chunks: VecDeque<Vec<Query>>,
    /// Chunks to be used again.
    spare: Vec<Vec<Query>>,
    /// Number of the first query.
    first: u32,
    length: usize,
}

/// Queries in a chunk; numbers are multiples of it at the start of each.
const CHUNK: u32 = 1 << 12;

/// Chunks kept for later.
const MOST_SPARE: usize = 2;

impl Ring {
    fn at(&self, number: u32) -> (usize, usize) {
        let chunk = (number >> 12).wrapping_sub(self.first >> 12) & NUMBER >> 12;
        (chunk as usize, (number % CHUNK) as usize)
    }

    fn get(&self, number: u32) -> Option<&Query> {
        let (chunk, place) = self.at(number & NUMBER);
        self.chunks.get(chunk)?.get(place)
    }

    fn get_mut(&mut self, number: u32) -> Option<&mut Query> {
        let (chunk, place) = self.at(number & NUMBER);
        self.chunks.get_mut(chunk)?.get_mut(place)
    }

    fn front(&self) -> Option<&Query> {
        self.get(self.first)
    }

    /// The number of the next one that is added.
    fn next(&self) -> u32 {
        let length = u32::try_from(self.length).unwrap_or_default();
        self.first.wrapping_add(length) & NUMBER
    }

    fn push(&mut self, query: Query) {
        if self.next().is_multiple_of(CHUNK) || self.chunks.is_empty() {
            let fresh = || Vec::with_capacity(CHUNK as usize);
            self.chunks.push_back(self.spare.pop().unwrap_or_else(fresh));
        }
        if let Some(chunk) = self.chunks.back_mut() {
            chunk.push(query);
            self.length += 1;
        }
    }

    fn pop(&mut self) {
        if self.length == 0 {
            return;
        }
        self.first = self.first.wrapping_add(1) & NUMBER;
        self.length -= 1;
        if self.first.is_multiple_of(CHUNK)
            && let Some(mut chunk) = self.chunks.pop_front()
        {
            chunk.clear();
            if self.spare.len() < MOST_SPARE {
                self.spare.push(chunk);
            }
        }
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = &mut Query> {
        let gone = (self.first % CHUNK) as usize;
        self.chunks.iter_mut().flatten().skip(gone)
    }

    /// The queries and their numbers, last to first.
    fn backwards(&self) -> impl Iterator<Item = (u32, &Query)> {
        let last = self.next();
        let numbers = (1..).map(move |back| last.wrapping_sub(back) & NUMBER);
        let queries = self.chunks.iter().rev().flat_map(|chunk| chunk.iter().rev());
        numbers.zip(queries).take(self.length)
    }
}

/// What is known under a key.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    /// The oldest open query that suits.
    pub(super) open: Option<Place>,
    /// The answered query.
    pub(super) answered: Option<Place>,
    /// Open queries under the key, whether they suit or not.
    count: u32,
}

impl Known {
    /// Whether one more query with this key would be too many.
    pub(super) fn is_crowded(&self) -> bool {
        self.count >= MAX_SAME_KEY
    }
}

/// All queries that are not gone.
#[derive(Debug)]
pub(super) struct Queries {
    rings: [Ring; 3],
    /// Number of the first slow one that has not yet waited its time, answered or not.
    due: u32,
    index: Index,
    details: Vec<Details>,
    free: Vec<u32>,
    /// Those that wait.
    flows: Flows,
    waiting: usize,
    max_open: usize,
    max: usize,
}

impl Queries {
    /// A table of at most `max_open` open queries and `max_answered` others.
    pub(super) fn new(max_open: usize, max_answered: usize) -> Self {
        let (max_open, max_answered) = (max_open.max(16), max_answered.max(16));
        Self {
            rings: Default::default(),
            due: 0,
            index: Index::default(),
            details: Vec::new(),
            free: Vec::new(),
            flows: Flows::default(),
            waiting: 0,
            max_open,
            max: max_open.saturating_add(max_answered).min(NUMBER as usize >> 1),
        }
    }

    /// How many queries wait now.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Queries in memory, also those that are gone.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.rings.iter().map(|ring| ring.length).sum()
    }

    fn open(&self) -> usize {
        self.details.len() - self.free.len()
    }

    /// Whether one more query does not fit.
    pub(super) fn is_full(&self) -> bool {
        self.open() >= self.max_open || self.is_crammed() || self.long_ring().is_some()
    }

    /// Whether all that are kept are too many, answered ones too.
    pub(super) fn is_crammed(&self) -> bool {
        self.index.len() >= self.max
    }

    /// A ring in which queries that are gone wait for too many that are not.
    pub(super) fn long_ring(&self) -> Option<Which> {
        let most = self.max + self.max / 4;
        [Which::Came, Which::Slow, Which::Overdue]
            .into_iter()
            .find(|which| self.ring(*which).length >= most)
    }

    fn ring(&self, which: Which) -> &Ring {
        let [came, slow, overdue] = &self.rings;
        match which {
            Which::Came => came,
            Which::Slow => slow,
            Which::Overdue => overdue,
        }
    }

    fn ring_mut(&mut self, which: Which) -> &mut Ring {
        let [came, slow, overdue] = &mut self.rings;
        match which {
            Which::Came => came,
            Which::Slow => slow,
            Which::Overdue => overdue,
        }
    }

    pub(super) fn get(&self, place: Place) -> Option<&Query> {
        self.ring(place.which()).get(place.0)
    }

    pub(super) fn get_mut(&mut self, place: Place) -> Option<&mut Query> {
        self.ring_mut(place.which()).get_mut(place.0)
    }

    /// A query that is open, with its details.
    pub(super) fn open_query(&self, place: Place) -> Option<(&Query, &Details)> {
        let query = self.get(place).filter(|query| query.state.is_open())?;
        Some((query, self.details.get(query.details as usize)?))
    }

    /// What is known under a key.
    #[inline]
    pub(super) fn look(&self, hash: u64, suits: impl Fn(&Query) -> bool) -> Known {
        let mut known = Known::default();
        let mut oldest = Timestamp::default();
        self.index.find(hash, |number| {
            let place = Place(number);
            let Some(query) = self.get(place).filter(|query| query.hash == hash) else {
                return false;
            };
            if query.state == State::Answered {
                known.answered = Some(place);
                return false;
            }
            known.count += 1;
            if suits(query) && (known.open.is_none() || query.at < oldest) {
                (known.open, oldest) = (Some(place), query.at);
            }
            false
        });
        known
    }

    /// Adds a query that waits in a flow; there must be room. Whether it is the first one of all.
    pub(super) fn wait(&mut self, hash: u64, flow: u64, message: &Message<'_>) -> bool {
        let is_first = self.ring(Which::Came).length == 0;
        let details = self.keep_details(message);
        self.flows.link(&mut self.details, details, flow);
        self.waiting += 1;
        self.add(Query {
            hash,
            at: message.at,
            last: message.at,
            settled: message.at,
            mark: Mark::of(&message.print),
            response: Mark::default(),
            question: Check::of(message),
            details,
            flags: message.flags,
            copies: 0,
            state: State::Waiting,
            edns: message.edns,
        });
        is_first
    }

    /// Adds a query whose response came first; there must be room, and no other answered query
    /// under its key.
    pub(super) fn was_answered(&mut self, hash: u64, query: &Message<'_>, at: Timestamp, by: Mark) {
        self.add(Query {
            hash,
            at: query.at,
            last: query.at,
            settled: at,
            mark: Mark::of(&query.print),
            response: by,
            question: Check::of(query),
            details: 0,
            flags: query.flags,
            copies: 0,
            state: State::Answered,
            edns: query.edns,
        });
    }

    fn add(&mut self, query: Query) {
        let place = self.push(Which::Came, query);
        self.index.insert(query.hash, place.0);
    }

    fn push(&mut self, which: Which, query: Query) -> Place {
        let ring = self.ring_mut(which);
        let place = Place::new(which, ring.next());
        ring.push(query);
        place
    }

    fn keep_details(&mut self, message: &Message<'_>) -> u32 {
        let place = self.free.pop().unwrap_or_else(|| {
            self.details.push(Details {
                key: message.key,
                question: None,
                name: Vec::new(),
                question_hash: 0,
                links: Links::default(),
            });
            u32::try_from(self.details.len() - 1).unwrap_or(u32::MAX)
        });
        if let Some(details) = self.details.get_mut(place as usize) {
            details.key = message.key;
            details.question = message.question;
            details.name.clear();
            details.name.extend_from_slice(message.name);
            details.question_hash = message.hashes.question;
        }
        place
    }

    /// An open query got its response at `at`. An older answered query under its key is dropped:
    /// the latest one counts.
    pub(super) fn answer(&mut self, place: Place, older: Option<Place>, at: Timestamp, by: Mark) {
        if let Some(older) = older {
            self.remove(older);
        }
        let Some(query) = self.get_mut(place) else { return };
        let (state, details) = (query.state, query.details);
        (query.state, query.settled, query.response) = (State::Answered, at, by);
        self.close(state, details);
    }

    fn close(&mut self, state: State, details: u32) {
        if state == State::Waiting {
            self.wait_no_more(details);
        }
        if state.is_open() {
            self.free.push(details);
        }
    }

    fn wait_no_more(&mut self, details: u32) {
        self.waiting -= 1;
        self.flows.unlink(&mut self.details, details);
    }

    /// A waiting query is given up as of `settled`; it stays for a response that comes late. Its
    /// new place.
    pub(super) fn give_up(&mut self, place: Place, how: State, settled: Timestamp) -> Place {
        let waiting = self.get(place).filter(|query| query.state == State::Waiting).copied();
        let Some(query) = waiting else { return place };
        self.wait_no_more(query.details);
        self.move_to(Which::Overdue, place, Query { state: how, settled, ..query })
    }

    /// A query was not answered at once.
    pub(super) fn slow_down(&mut self, place: Place) {
        if let Some(query) = self.get(place).copied() {
            self.move_to(Which::Slow, place, query);
        }
    }

    fn move_to(&mut self, which: Which, old: Place, query: Query) -> Place {
        let new = self.push(which, query);
        self.index.replace(query.hash, old.0, new.0);
        if let Some(left) = self.get_mut(old) {
            left.state = State::Gone;
        }
        new
    }

    /// Drops a query.
    pub(super) fn remove(&mut self, place: Place) {
        let Some(query) = self.get_mut(place).filter(|query| query.state != State::Gone) else {
            return;
        };
        let (hash, state, details) = (query.hash, query.state, query.details);
        query.state = State::Gone;
        self.close(state, details);
        self.index.remove(hash, place.0);
    }

    /// The first query of a ring; queries that are gone leave the table here.
    pub(super) fn first(&mut self, which: Which) -> Option<(Place, &Query)> {
        while self.ring(which).front()?.state == State::Gone {
            let ring = self.ring_mut(which);
            let first = ring.first;
            ring.pop();
            if which == Which::Slow && self.due == first {
                self.pass_due();
            }
        }
        let ring = self.ring(which);
        ring.front().map(|query| (Place::new(which, ring.first), query))
    }

    /// The first slow query of those that have not yet waited their time.
    pub(super) fn next_due(&self) -> Option<(Place, &Query)> {
        let query = self.ring(Which::Slow).get(self.due)?;
        Some((Place::new(Which::Slow, self.due), query))
    }

    /// The query that [`Self::next_due`] told has waited its time.
    pub(super) fn pass_due(&mut self) {
        self.due = self.due.wrapping_add(1) & NUMBER;
    }

    /// Time went back to `now`: what was settled in the future, but not far, was settled now, or
    /// nothing behind it would ever be dropped.
    pub(super) fn set_back(&mut self, now: Timestamp) {
        let [came, slow, _] = &mut self.rings;
        for ring in [came, slow] {
            for query in ring.iter_mut() {
                query.settled = query.settled.min(now);
                if query.state != State::Waiting {
                    query.at = query.at.min(now);
                }
            }
        }
    }

    /// The queries that wait, newest first.
    fn newest(&self) -> impl Iterator<Item = (Place, &Query)> {
        let of = |which| {
            let backwards = self.ring(which).backwards();
            backwards.map(move |(number, query)| (Place::new(which, number), query))
        };
        of(Which::Came).chain(of(Which::Slow))
    }

    /// All queries that do not wait, but were settled after `latest`, apart from those given up.
    pub(super) fn settled_after(&self, latest: Timestamp) -> Vec<Place> {
        let settled = self.newest().filter(|(_, query)| {
            query.state == State::Answered && query.settled.max(query.at) > latest
        });
        settled.map(|(place, _)| place).collect()
    }

    /// All queries that wait.
    pub(super) fn all_waiting(&self) -> Vec<Place> {
        let waiting = self.newest().filter(|(_, query)| query.state == State::Waiting);
        waiting.map(|(place, _)| place).collect()
    }

    /// All queries for which a response may still come.
    pub(super) fn all_open(&self) -> Vec<Place> {
        let of = |which| {
            let backwards = self.ring(which).backwards();
            backwards.map(move |(number, query)| (Place::new(which, number), query))
        };
        let all = self.newest().chain(of(Which::Overdue));
        all.filter(|(_, query)| query.state.is_open()).map(|(place, _)| place).collect()
    }

    /// The keys of the queries that wait in a flow, the latest first, each with what
    /// [`Self::place`] finds it by.
    pub(super) fn waiting_in(&self, flow: u64) -> impl Iterator<Item = (u32, Key)> {
        let entries = self.flows.entries(&self.details, flow);
        entries.filter_map(|entry| Some((entry, self.details.get(entry as usize)?.key)))
    }

    /// Where the open query is that has these details.
    pub(super) fn place(&self, hash: u64, details: u32) -> Option<Place> {
        self.look(hash, |query| query.state.is_open() && query.details == details).open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answered_query_is_small() {
        assert!(size_of::<Query>() <= 64);
    }
}
