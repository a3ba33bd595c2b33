//! Facts: who asked whom for what and how it ended, counted one by one - what causes are told by.
//!
//! A cause shows in a contrast: what is refused here is answered there. So successes are kept
//! beside failures, with all that tells one from the other. The table is exact while it fits.
//! When it is full, half of the lookups (a client and a question, whatever servers it asks and
//! however they end) are left out from then on; then half of the rest, and so on. What is kept of
//! a lookup is complete, and no kind of lookup is preferred: shares stay true. A hash decides whose
//! key is the moment at which the capture began: nobody who sends packets knows it beforehand,
//! and the same capture is reported in the same bytes again.

mod portable;

use crate::iana::{Ede, Opcode, Rcode};
use crate::index::{INDEX_COST, Index};
use crate::time::Timestamp;
use crate::track::{Exchange, Hasher, Obstacle, Outcome};
use crate::wire::{Address, Question, Transport};

use super::arena::Arena;
use super::moments::{Moments, Parts};
use super::slot::room_for;

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum End {
    /// With the first response to its query.
    Answered,
    /// It is one more response to a query that had one.
    Repeated,
    /// It is a response to no query that was seen.
    Unasked,
    /// It is a response to a query that was skipped.
    Skipped,
    /// With nothing.
    Silence,
    /// With an error in place of a response.
    Blocked(Obstacle),
    /// It is no exchange but a TCP connection that the server did not take.
    NoConnection,
}

impl End {
    /// Whether a response came.
    pub(crate) fn is_response(self) -> bool {
        matches!(self, Self::Answered | Self::Repeated | Self::Unasked | Self::Skipped)
    }
}

/// All that tells the exchanges between a client and a server about one question apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct How {
    pub(crate) end: End,
    pub(crate) opcode: Opcode,
    /// Of a response; 0 where there was none.
    pub(crate) rcode: Rcode,
    pub(crate) ede: Option<Ede>,
    pub(crate) marks: Marks,
}

/// Yes-or-no properties of an exchange.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Marks(u16);

impl Marks {
    /// Recursion was desired.
    pub(crate) const RD: Self = Self(1);
    /// The query carried EDNS.
    pub(crate) const ASKED_EDNS: Self = Self(2);
    /// Over TCP.
    pub(crate) const TCP: Self = Self(4);
    /// The response offers recursion.
    pub(crate) const RA: Self = Self(8);
    /// The response claims authority.
    pub(crate) const AA: Self = Self(16);
    /// The response is truncated.
    pub(crate) const TC: Self = Self(32);
    /// The response promises no answer records.
    pub(crate) const EMPTY: Self = Self(64);
    /// The response does not repeat the question.
    pub(crate) const BARE: Self = Self(128);
    /// The response carries EDNS.
    pub(crate) const EDNS: Self = Self(256);
    /// The response carries a signature of the transaction.
    pub(crate) const TSIG: Self = Self(512);
    /// The response names the policy zone that made it.
    pub(crate) const POLICY: Self = Self(2048);
    /// The response refers to other servers.
    pub(crate) const REFERRAL: Self = Self(4096);
    /// The query was not seen: what is said of it is guessed from the response.
    pub(crate) const UNSEEN: Self = Self(1024);

    /// No filter selects it: it is evidence, and counts for nothing else.
    pub(crate) const ASIDE: Self = Self(8192);

    /// Whether all of these hold.
    pub(crate) const fn has(self, marks: Self) -> bool {
        self.0 & marks.0 == marks.0
    }

    fn set(&mut self, marks: Self, holds: bool) {
        if holds {
            self.0 |= marks.0;
        }
    }

    /// What is left of them among these.
    pub(crate) const fn only(self, marks: Self) -> Self {
        Self(self.0 & marks.0)
    }

    /// These and those.
    pub(crate) const fn and(self, marks: Self) -> Self {
        Self(self.0 | marks.0)
    }
}

/// What of a query is known without a response.
const ASKED: Marks = Marks::RD.and(Marks::ASKED_EDNS).and(Marks::TCP);

impl How {
    pub(super) fn of(exchange: &Exchange<'_>) -> Self {
        let end = match exchange.outcome {
            Outcome::Answered { .. } => End::Answered,
            Outcome::RepeatedResponse => End::Repeated,
            Outcome::Unasked => End::Unasked,
            Outcome::Skipped => End::Skipped,
            Outcome::Unanswered | Outcome::Undecided => End::Silence,
            Outcome::Unreachable(obstacle) => End::Blocked(obstacle),
        };
        let asked = exchange.asked;
        let mut marks = Marks::default();
        let rd = asked.map_or(exchange.flags, |asked| asked.flags).recursion_desired();
        marks.set(Marks::RD, rd);
        // A response carries EDNS only if its query did (RFC 6891 §7).
        let answered_edns = exchange.answer.is_some_and(|answer| answer.form.edns);
        marks.set(Marks::ASKED_EDNS, asked.map_or(answered_edns, |asked| asked.edns));
        marks.set(Marks::UNSEEN, asked.is_none());
        marks.set(Marks::TCP, exchange.transport == Transport::Tcp);
        if let Some(answer) = exchange.answer {
            marks.set(Marks::RA, exchange.flags.recursion_available());
            marks.set(Marks::AA, exchange.flags.authoritative());
            marks.set(Marks::TC, exchange.flags.truncated());
            marks.set(Marks::EMPTY, answer.answers == 0);
            marks.set(Marks::BARE, answer.form.bare);
            marks.set(Marks::EDNS, answer.form.edns);
            marks.set(Marks::TSIG, answer.form.tsig);
            marks.set(Marks::POLICY, answer.form.policy);
            marks.set(Marks::REFERRAL, answer.form.referral);
        }
        Self {
            end,
            opcode: exchange.opcode,
            rcode: exchange.answer.map_or(Rcode::NOERROR, |answer| answer.rcode),
            ede: exchange.answer.and_then(|answer| answer.ede),
            marks,
        }
    }

    /// The same, not selected by a filter.
    pub(super) fn aside(self) -> Self {
        Self { marks: self.marks.and(Marks::ASIDE), ..self }
    }

    /// The same query, given up before its response came: with nothing, or with an error; and
    /// selected or not, as it was then.
    fn given_up(self) -> impl Iterator<Item = Self> {
        const BLOCKED: [Obstacle; 5] = [
            Obstacle::PortClosed,
            Obstacle::Rejected,
            Obstacle::RejectedByHost,
            Obstacle::NoRoute,
            Obstacle::Reset,
        ];
        let asked = self.marks.only(ASKED);
        let ends = std::iter::once(End::Silence).chain(BLOCKED.map(End::Blocked));
        ends.flat_map(move |end| {
            [asked, asked.and(Marks::ASIDE)].map(|marks| Self {
                end,
                rcode: Rcode::NOERROR,
                ede: None,
                marks,
                ..self
            })
        })
    }

    /// All of it in one number.
    fn packed(self) -> u64 {
        let end = match self.end {
            End::Answered => 0,
            End::Repeated => 1,
            End::Unasked => 2,
            End::Silence => 3,
            End::NoConnection => 4,
            End::Skipped => 5,
            End::Blocked(obstacle) => 6 + obstacle as u64,
        };
        let ede = self.ede.map_or(0, |ede| u64::from(ede.0) << 1 | 1);
        end << 60
            | ede << 32
            | u64::from(self.opcode.0) << 28
            | u64::from(self.rcode.0) << 16
            | u64::from(self.marks.0)
    }
}

/// One fact.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// A hash of client and question.
    lookup: u64,
    client: Address,
    server: Address,
    question: Option<Question>,
    name: u32,
    how: How,
    count: u32,
    /// Queries that were sent for it, again and again.
    sent: u32,
    /// The shortest time to a response, in microseconds.
    took: u32,
    /// For how long it was waited in all, in microseconds.
    waited: u64,
    when: Moments,
    first: Timestamp,
    last: Timestamp,
    /// Which of the captures that were added up it is of: lookups are drawn by its beginning.
    origin: u32,
}

/// A fact, as others see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fact<'a> {
    pub(crate) client: Address,
    pub(crate) server: Address,
    pub(crate) question: Option<Question>,
    /// In canonical wire form; empty if not known.
    pub(crate) name: &'a [u8],
    pub(crate) how: How,
    /// Exchanges.
    pub(crate) count: u64,
    /// Queries that were sent for them.
    pub(crate) sent: u64,
    /// The shortest time to a response, in microseconds.
    pub(crate) took: u32,
    /// For how long it was waited in all, in microseconds: until the responses, or until the last
    /// copy of a query to which none came.
    pub(crate) waited: u64,
    /// In which parts of the capture.
    pub(crate) when: Moments,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
}

/// What is noted of an exchange.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note<'a> {
    pub(super) lookup: u64,
    pub(super) client: Address,
    pub(super) server: Address,
    pub(super) question: Option<Question>,
    pub(super) name: &'a [u8],
    pub(super) how: How,
    pub(super) repeats: u16,
    /// In nanoseconds.
    pub(super) took: Option<u64>,
    /// In nanoseconds; of a query without a response, between its first and its last copy.
    pub(super) waited: u64,
    pub(super) at: Timestamp,
    /// It had been given up before.
    pub(super) late: bool,
}

impl Row {
    /// Adds what another one counts of the same.
    fn add(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.sent = self.sent.saturating_add(other.sent);
        self.took = self.took.min(other.took);
        self.waited = self.waited.saturating_add(other.waited);
        self.when = self.when.and(other.when);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// The table.
#[derive(Debug)]
pub(crate) struct Facts {
    rows: Vec<Row>,
    names: Arena,
    index: Index,
    hasher: Hasher,
    max: usize,
    /// One of two to this power of the lookups is kept.
    level: u32,
    parts: Parts,
    /// When the captures began that are in it; one, unless several were added up.
    origins: Vec<Timestamp>,
    responses: u64,
    queries: u64,
    first: Timestamp,
    last: Timestamp,
}

/// Bytes that a fact costs at most, with its name.
pub(crate) const FACT_COST: usize = size_of::<Row>() + INDEX_COST + 256;

/// Spreads every bit over all others (the finalizer of `MurmurHash3`).
const fn mix(mut word: u64) -> u64 {
    word ^= word >> 33;
    word = word.wrapping_mul(0xff51_afd7_ed55_8ccd);
    word ^= word >> 33;
    word = word.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    word ^ word >> 33
}

/// Captures whose beginnings are told apart when they are added up.
const MOST_ORIGINS: usize = 1 << 14;

/// Beyond this nothing more is left out, and nothing new is kept.
const LAST_LEVEL: u32 = 24;

impl Facts {
    pub(crate) fn new(max: usize, hasher: Hasher) -> Self {
        Self {
            rows: room_for(max),
            names: Arena::default(),
            index: Index::default(),
            hasher,
            max: max.max(64),
            level: 0,
            parts: Parts::new(),
            origins: vec![Timestamp(0)],
            responses: 0,
            queries: 0,
            first: Timestamp(u64::MAX),
            last: Timestamp(0),
        }
    }

    /// Says when the capture began; to be called before anything is added.
    pub(super) fn begin(&mut self, at: Timestamp) {
        if at > Timestamp(0) {
            self.parts.began = at;
            self.origins.first_mut().into_iter().for_each(|origin| *origin = at);
        }
    }

    /// Whether a lookup is among those that are kept.
    #[inline]
    fn is_kept(&self, draw: u64) -> bool {
        draw & ((1 << self.level) - 1) == 0
    }

    /// A number for a lookup that is the same whenever the same capture is read.
    fn draw(&self, origin: u32, client: Address, name: &[u8], question: Option<Question>) -> u64 {
        let began = self.origins.get(origin as usize).copied().unwrap_or_default();
        let question = question.unwrap_or_default();
        let kind = u64::from(question.rtype.0) << 16 | u64::from(question.class.0);
        let half = |address: u128| u64::try_from(address & u128::from(u64::MAX)).unwrap_or(0);
        let words = [half(client.0), half(client.0 >> 64), kind];
        let mixed = words.into_iter().fold(mix(began.0), |all, word| mix(all ^ word));
        name.chunks(8).fold(mixed, |all, chunk| {
            let word = chunk.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
            mix(all ^ word)
        })
    }

    /// Counts queries that were sent.
    pub(super) fn count_queries(&mut self, sent: &[Timestamp]) {
        self.queries += sent.len() as u64;
        sent.iter().for_each(|at| self.see(*at));
    }

    /// Counts queries of which is not told when they were sent.
    pub(super) fn count_queries_aside(&mut self, count: u64) {
        self.queries += count;
    }

    /// Something happened.
    #[inline]
    pub(super) fn see(&mut self, at: Timestamp) {
        self.first = self.first.min(at);
        self.last = self.last.max(at);
    }

    /// Takes note of an exchange.
    #[inline]
    pub(super) fn add(&mut self, note: &Note<'_>) {
        self.see(note.at);
        self.responses += u64::from(note.how.end.is_response());
        // While all are kept, nothing need be drawn.
        if self.level == 0 || self.is_kept(self.draw(0, note.client, note.name, note.question)) {
            self.add_kept(note);
        }
    }

    fn add_kept(&mut self, note: &Note<'_>) {
        if note.late {
            self.take_back(note);
        }
        let hash = self.hash(note.lookup, note.server, note.how);
        let place = match self.find(hash, note.lookup, note.server, note.how) {
            Some(place) => place,
            None => match self.insert(hash, note) {
                Some(place) => place,
                None => return,
            },
        };
        while self.parts.are_too_short(note.at) {
            self.parts.lengthen(self.rows.iter_mut().map(|row| &mut row.when));
        }
        let Some(row) = self.rows.get_mut(place as usize) else { return };
        self.parts.mark(note.at, &mut row.when);
        row.waited = row.waited.saturating_add(note.waited / 1000);
        row.count = row.count.saturating_add(1);
        row.sent = row.sent.saturating_add(1 + u32::from(note.repeats));
        if let Some(took) = note.took {
            row.took = row.took.min(u32::try_from(took / 1000).unwrap_or(u32::MAX));
        }
        row.first = row.first.min(note.at);
        row.last = row.last.max(note.at);
    }

    /// A response came for a query that had been noted as unanswered.
    fn take_back(&mut self, note: &Note<'_>) {
        let place = note.how.given_up().find_map(|how| {
            let hash = self.hash(note.lookup, note.server, how);
            let place = self.find(hash, note.lookup, note.server, how)?;
            self.rows.get(place as usize).filter(|row| row.count > 0).map(|_| place)
        });
        if let Some(row) = place.and_then(|place| self.rows.get_mut(place as usize)) {
            // What was waited for it is a part like any other.
            row.waited -= row.waited / u64::from(row.count.max(1));
            row.count = row.count.saturating_sub(1);
            row.sent = row.sent.saturating_sub(1 + u32::from(note.repeats));
        }
    }

    fn hash(&self, lookup: u64, server: Address, how: How) -> u64 {
        self.hasher.pair(lookup ^ how.packed(), self.hasher.address(server))
    }

    #[inline]
    fn find(&self, hash: u64, lookup: u64, server: Address, how: How) -> Option<u32> {
        self.index.find(hash, |place| {
            self.rows
                .get(place as usize)
                .is_some_and(|row| row.lookup == lookup && row.server == server && row.how == how)
        })
    }

    fn insert(&mut self, hash: u64, note: &Note<'_>) -> Option<u32> {
        while self.rows.len() >= self.max && self.level < LAST_LEVEL {
            self.level += 1;
            self.keep_only_kept();
        }
        let draw = self.draw(0, note.client, note.name, note.question);
        if self.rows.len() >= self.max || !self.is_kept(draw) {
            return None;
        }
        let place = u32::try_from(self.rows.len()).ok()?;
        self.rows.push(Row {
            lookup: note.lookup,
            client: note.client,
            server: note.server,
            question: note.question,
            name: self.names.push(note.name),
            how: note.how,
            count: 0,
            sent: 0,
            took: u32::MAX,
            waited: 0,
            when: Moments::default(),
            first: note.at,
            last: note.at,
            origin: 0,
        });
        self.index.insert(hash, place);
        Some(place)
    }

    /// Drops the facts of lookups that are no longer kept.
    fn keep_only_kept(&mut self) {
        let (rows, names) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.names));
        self.index.clear();
        for row in rows {
            self.put(row, names.get(row.name));
        }
    }

    /// Puts a row into the table if its lookup is kept.
    fn put(&mut self, row: Row, name: &[u8]) {
        if !self.is_kept(self.draw(row.origin, row.client, name, row.question)) {
            return;
        }
        let hash = self.hash(row.lookup, row.server, row.how);
        let place = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.rows.push(Row { name: self.names.push(name), ..row });
        self.index.insert(hash, place);
    }

    /// Adds the counts of a row to those of the same one, or puts it into the table if its lookup is
    /// kept.
    fn add_row(&mut self, row: &Row, name: &[u8]) {
        let hash = self.hash(row.lookup, row.server, row.how);
        let same = self.index.find(hash, |place| {
            self.rows.get(place as usize).is_some_and(|it| {
                (it.lookup, it.server, it.how, it.origin)
                    == (row.lookup, row.server, row.how, row.origin)
            })
        });
        match same.and_then(|place| self.rows.get_mut(place as usize)) {
            Some(ours) => ours.add(row),
            None => self.put(*row, name),
        }
    }

    /// The number of a capture by when it began.
    fn origin(&mut self, began: Timestamp) -> u32 {
        let known = self.origins.iter().position(|origin| *origin == began);
        // Of so many captures some share a beginning: their lookups are drawn by another's.
        let last = self.origins.len().checked_sub(1).filter(|last| last + 1 >= MOST_ORIGINS);
        let place = known.or(last).unwrap_or_else(|| {
            // Who has seen nothing yet takes the first one's place.
            if self.rows.is_empty() && self.origins.len() == 1 {
                self.origins.clear();
            }
            self.origins.push(began);
            self.origins.len() - 1
        });
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    /// Adds the facts of other clients of the same capture, or those of another capture.
    pub(crate) fn merge(&mut self, other: &Self) {
        if self.level < other.level {
            self.level = other.level;
            self.keep_only_kept();
        }
        let (mut parts, mut rows) = (other.parts, other.rows.clone());
        let when = |rows: &[Row]| -> Vec<Moments> { rows.iter().map(|row| row.when).collect() };
        let (mut ours, mut theirs) = (when(&self.rows), when(&rows));
        self.parts.align(&mut ours, &mut parts, &mut theirs);
        self.rows.iter_mut().zip(ours).for_each(|(row, when)| row.when = when);
        rows.iter_mut().zip(theirs).for_each(|(row, when)| row.when = when);
        let has_any = !other.rows.is_empty();
        let origins = other.origins.iter().filter(|_| has_any);
        let origins: Vec<u32> = origins.map(|began| self.origin(*began)).collect();
        for row in rows {
            let origin = origins.get(row.origin as usize).copied().unwrap_or_default();
            self.add_row(&Row { origin, ..row }, other.names.get(row.name));
        }
        while self.rows.len() > self.max && self.level < LAST_LEVEL {
            self.level += 1;
            self.keep_only_kept();
        }
        self.queries += other.queries;
        self.responses += other.responses;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }

    /// Tells the same of several captures together, for readers: from then on nothing can be added,
    /// as it is not known any more by which beginning a lookup is drawn.
    pub(super) fn join_origins(&mut self) {
        if self.origins.len() < 2 {
            return;
        }
        let (rows, names) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.names));
        self.index.clear();
        for row in rows {
            let joined = Row { origin: 0, ..row };
            let hash = self.hash(row.lookup, row.server, row.how);
            let same = self.find(hash, row.lookup, row.server, row.how);
            if let Some(ours) = same.and_then(|place| self.rows.get_mut(place as usize)) {
                ours.add(&joined);
                continue;
            }
            let place = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
            self.rows.push(Row { name: self.names.push(names.get(row.name)), ..joined });
            self.index.insert(hash, place);
        }
    }

    /// What is told of exchanges, queries sent and microseconds waited comes to, of all lookups.
    pub(super) fn estimated(&self) -> [u128; 3] {
        let sum = |of: fn(&Row) -> u64| -> u128 {
            let kept: u128 = self.rows.iter().map(|row| u128::from(of(row))).sum();
            kept << self.level
        };
        [sum(|row| row.count.into()), sum(|row| row.sent.into()), sum(|row| row.waited)]
    }

    /// All facts, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Fact<'_>> {
        self.rows.iter().filter(|row| row.count > 0).map(|row| Fact {
            client: row.client,
            server: row.server,
            question: row.question,
            name: self.names.get(row.name),
            how: row.how,
            count: u64::from(row.count),
            sent: u64::from(row.sent),
            took: row.took,
            waited: row.waited,
            when: row.when,
            first: row.first,
            last: row.last,
        })
    }

    /// One of so many lookups is kept.
    pub(crate) fn one_of(&self) -> u64 {
        1 << self.level
    }

    /// Responses that were seen.
    pub(crate) fn responses(&self) -> u64 {
        self.responses
    }

    /// Queries that were seen.
    pub(crate) fn queries(&self) -> u64 {
        self.queries
    }

    /// The parts of the capture that facts are marked by.
    pub(crate) fn parts(&self) -> Parts {
        self.parts
    }

    /// When anything happened first, and last.
    pub(crate) fn span(&self) -> (Timestamp, Timestamp) {
        (self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iana::Rcode;

    fn note(lookup: u64, end: End, late: bool) -> Note<'static> {
        // A name of its own for each, as a lookup is drawn by what it asks.
        let name = format!("\u{10}{lookup:016x}\0").into_bytes().leak();
        let rcode = if end == End::Answered { Rcode::REFUSED } else { Rcode::NOERROR };
        let marks = Marks::RD;
        Note {
            lookup,
            client: Address::v4([192, 0, 2, 1]),
            server: Address::v4([192, 0, 2, 53]),
            question: None,
            name,
            how: How { end, opcode: Opcode::QUERY, rcode, ede: None, marks },
            repeats: 1,
            took: Some(5000),
            waited: 5000,
            at: Timestamp(lookup),
            late,
        }
    }

    #[test]
    fn the_same_is_counted_together_and_a_late_response_takes_silence_back() {
        let mut facts = Facts::new(100, Hasher::default());
        facts.add(&note(1, End::Silence, false));
        facts.add(&note(1, End::Silence, false));
        facts.add(&note(1, End::Answered, true));
        let mut counts: Vec<_> = facts.iter().map(|fact| (fact.how.end, fact.count)).collect();
        counts.sort_unstable();
        assert_eq!(counts, [(End::Answered, 1), (End::Silence, 1)]);
        assert!(facts.iter().all(|fact| fact.took == 5 && fact.sent >= 1));
    }

    #[test]
    fn a_full_table_keeps_every_fact_of_a_part_of_the_lookups() {
        let mut facts = Facts::new(256, Hasher::default());
        for n in 0..20_000_u64 {
            let lookup = mix(n % 5_000 + 1);
            facts.add(&note(lookup, End::Answered, false));
            facts.add(&note(lookup, End::Silence, false));
        }
        let kept = facts.iter().count();
        assert!((64..=256).contains(&kept), "{kept}");
        // 5000 lookups of two facts, each eight times: half of them were counted from the start.
        let estimate = kept as u64 / 2 * facts.one_of();
        assert!((3_000..8_000).contains(&estimate), "{estimate} of 5000 lookups");
        assert!(facts.iter().all(|fact| fact.count == 4), "what is kept is complete");
    }

    #[test]
    fn tables_of_different_levels_add_up() {
        let hasher = Hasher::default();
        let (mut one, mut other) =
            (Facts::new(64, hasher.clone()), Facts::new(5_000, hasher.clone()));
        (0..1_000).for_each(|n| one.add(&note(mix(n + 1), End::Answered, false)));
        (0..1_000).for_each(|n| other.add(&note(mix(n + 2_001), End::Answered, false)));
        let level = one.level;
        one.merge(&other);
        assert!(one.level >= level && (32..=64).contains(&one.rows.len()), "{}", one.rows.len());
        let mut all = Facts::new(64, hasher.clone());
        (0..1_000).for_each(|n| all.add(&note(mix(n + 1), End::Answered, false)));
        (0..1_000).for_each(|n| all.add(&note(mix(n + 2_001), End::Answered, false)));
        assert_eq!((one.level, one.rows.len()), (all.level, all.rows.len()), "as if in one table");
    }
}
