//! The matching itself.

use std::time::Duration;

use crate::ledger::Outcomes;
use crate::time::Timestamp;
use crate::wire::{Address, Endpoint, Question, Transport};

use super::early::{Early, SKEW};
use super::exchange::{Answer, Asked, Exchange, Key, Message, Obstacle, Outcome};
use super::hash::{Hasher, Hashes};
use super::print::Mark;
use super::queries::{Details, Place, Queries, Query, State, Which};
use super::relief::{Level, Relief};

/// How long beyond its patience an unanswered query still takes its response, counted from when
/// it was reported.
pub const LATE_PATIENCE: Duration = Duration::from_secs(30);

/// How long an answered query is remembered, to know one more response, or a copy of the query,
/// for what it is; a quarter of the patience if that is shorter.
const MEMORY: Duration = Duration::from_secs(1);

/// What is due is dealt with this many nanoseconds later, many at once. Until then whoever finds
/// it sees by its times what it is.
const SLACK: u64 = 20_000_000;

/// Packets of different clients come out of order by less than this: a query is kept for so many
/// nanoseconds more than it may matter, so that what becomes of it does not depend on who else asks.
const DISORDER: u64 = 100_000_000;

/// How a tracker is made.
#[derive(Clone, Copy, Debug)]
pub struct TrackerConfig {
    /// How long a query waits for its response.
    pub patience: Duration,
    /// Queries that may wait or be overdue at once.
    pub max_pending: usize,
    /// Answered queries remembered at once.
    pub max_recent: usize,
    /// A query is told of once, when it is known for good what became of it: one without a response
    /// when none can come any more, and one that is not decided when it is forgotten. Otherwise
    /// silence is told as soon as it is noticed, and taken back by a late response.
    pub holds: bool,
}

/// What a message turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A message of its own, or one sent again: it counts.
    Message,
    /// A second copy of a packet: it does not count.
    Duplicate,
}

/// Packet time in which nothing becomes due, so that nothing need be looked at.
#[derive(Clone, Copy, Debug)]
struct Calm {
    from: Timestamp,
    to: Timestamp,
}

impl Calm {
    const ALWAYS: Self = Self { from: Timestamp(0), to: Timestamp(u64::MAX) };

    /// Whether nothing is due, or not long enough to be worth a look.
    fn holds(&self, now: Timestamp) -> bool {
        self.from <= now && now.nanos_since(self.to) <= SLACK
    }

    /// Something that is `at` stays as it is while time is within so many nanoseconds `before` and
    /// `after` of that.
    fn narrow(&mut self, at: Timestamp, before: u64, after: u64) {
        self.from = self.from.max(Timestamp(at.0.saturating_sub(before)));
        self.to = self.to.min(Timestamp(at.0.saturating_add(after)));
    }
}

/// Matches responses with queries.
#[derive(Debug)]
pub struct Tracker {
    /// How long a query waits for its response, and then still takes it, in nanoseconds.
    patience: u64,
    late_patience: u64,
    /// As [`TrackerConfig::holds`].
    holds: bool,
    /// How long an answered query is remembered, and a waiting one not called slow.
    memory: u64,
    hasher: Hasher,
    queries: Queries,
    early: Early,
    calm: Calm,
    /// The latest time since what was due was last dealt with.
    seen: Timestamp,
    outcomes: Outcomes,
    shed: u64,
    relief: Relief,
    /// Queries that waited when the capture ended.
    left: u64,
}

impl Tracker {
    /// A tracker that waits for nothing yet; `hasher` is the one that messages were hashed with.
    pub fn new(config: TrackerConfig, hasher: Hasher) -> Self {
        let patience = nanos(config.patience);
        Self {
            patience,
            late_patience: patience.saturating_add(nanos(LATE_PATIENCE)),
            holds: config.holds,
            memory: nanos(MEMORY).min(patience / 4),
            hasher,
            queries: Queries::new(config.max_pending, config.max_recent),
            early: Early::default(),
            calm: Calm::ALWAYS,
            seen: Timestamp(0),
            outcomes: Outcomes::default(),
            shed: 0,
            relief: Relief::default(),
            left: 0,
        }
    }

    /// What became of the queries so far.
    pub fn outcomes(&self) -> Outcomes {
        let undecided = self.queries.waiting() as u64 + self.left + self.shed;
        Outcomes { undecided, ..self.outcomes }
    }

    /// Queries forgotten before their time; they count as undecided.
    pub fn shed(&self) -> u64 {
        self.shed
    }

    /// Skips the queries of more clients from `now` on, or of fewer; their responses go on.
    pub fn relieve(&mut self, level: Level, now: Timestamp) {
        self.relief.set(level, now, Duration::from_nanos(self.late_patience));
    }

    /// Whether a query of this client is skipped, so that it need not be read.
    #[inline]
    pub fn skips(&self, client: &Address) -> bool {
        self.relief.is_given() && self.relief.skips(self.hasher.address(*client))
    }

    /// Queries in memory, whatever became of them.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.queries.kept()
    }

    fn hash(&self, message: &Message<'_>) -> u64 {
        self.hasher.key(&message.key, message.hashes.client, message.hashes.server)
    }

    /// Takes in a query.
    pub fn query(&mut self, query: &Message<'_>, sink: &mut impl FnMut(&Exchange<'_>)) -> Verdict {
        self.release_before(query.at, sink);
        let hash = self.hash(query);
        // TCP repeats by itself; two queries without a question may be about anything.
        let may_repeat = query.key.transport == Transport::Udp;
        let known = self.queries.look(hash, |open| may_repeat && open.is_about(query));
        if let Some(place) = known.open {
            let patience = self.patience;
            match self.queries.get_mut(place) {
                Some(open) if open.state != State::Waiting => self.forget(place, sink),
                Some(open) if query.at.nanos_since(open.at) <= patience => {
                    return again(open, query, &mut self.outcomes);
                }
                _ => {
                    let place = self.give_up(place, query.at, sink);
                    self.forget(place, sink);
                }
            }
        }
        let answered = known.answered.and_then(|place| self.queries.get(place));
        if answered.is_some_and(|answered| self.is_copy_of_answered(answered, query)) {
            return Verdict::Duplicate;
        }
        if !self.early.is_empty() && self.answer_early(hash, known.answered, query, sink) {
            return Verdict::Message;
        }
        if known.is_crowded() || self.queries.is_full() {
            self.make_room(hash, sink);
        }
        let flow = self.hasher.flow(&query.key, query.hashes.client, query.hashes.server);
        if self.queries.wait(hash, flow, query) {
            self.watch_first();
        }
        Verdict::Message
    }

    fn is_copy_of_answered(&self, answered: &Query, query: &Message<'_>) -> bool {
        query.at.nanos_since(answered.settled) <= self.memory
            && answered.mark.is_copy(answered.settled, Mark::of(&query.print), query.at)
    }

    fn answer_early(
        &mut self,
        hash: u64,
        older: Option<Place>,
        query: &Message<'_>,
        sink: &mut impl FnMut(&Exchange<'_>),
    ) -> bool {
        let Some(held) = self.early.take(query) else { return false };
        let response = held.message();
        let took = response.at.nanos_since(query.at);
        let asked = Asked {
            at: query.at,
            last: query.at,
            flags: query.flags,
            edns: query.edns,
            repeats: 0,
            unreachable: false,
        };
        let with_name = if response.question.is_some() { &response } else { query };
        let named = Named::of(with_name);
        sink(&exchange(&response, &named, Outcome::Answered { took, late: false }, Some(asked)));
        self.outcomes.answered += 1;
        let (at, by) = (response.at, Mark::of(&response.print));
        if let Some(older) = older {
            self.queries.remove(older);
        }
        if self.queries.is_full() {
            self.make_room(hash, sink);
        }
        self.queries.was_answered(hash, query, at, by);
        self.watch_first();
        true
    }

    /// Makes room for one query more under a key: what matters least goes first.
    fn make_room(&mut self, hash: u64, sink: &mut impl FnMut(&Exchange<'_>)) {
        loop {
            let under_key = self.queries.look(hash, |_| true);
            let mut first = |which| self.queries.first(which).map(|it| (it.0, it.1.state));
            let (came, slow, overdue) =
                (first(Which::Came), first(Which::Slow), first(Which::Overdue));
            let is_crammed = self.queries.is_crammed();
            let long = self.queries.long_ring();
            let place = match (came, slow) {
                _ if under_key.is_crowded() => under_key.open,
                _ if !self.queries.is_full() => return,
                // Those that are gone leave as soon as the one in front of them does.
                _ if long.is_some() => match long {
                    Some(Which::Slow) => slow,
                    Some(Which::Overdue) => overdue,
                    _ => came,
                }
                .map(|(place, _)| place),
                (Some((place, State::Answered)), _) | (_, Some((place, State::Answered)))
                    if is_crammed =>
                {
                    Some(place)
                }
                _ => overdue.or(slow).or(came).map(|(place, _)| place),
            };
            let Some(place) = place else { return };
            let state = self.queries.get(place).map(|query| query.state);
            self.shed += u64::from(state == Some(State::Waiting));
            self.forget(place, sink);
        }
    }

    /// Drops a query; if it got no response, and that was not told yet, it is now.
    fn forget(&mut self, place: Place, sink: &mut impl FnMut(&Exchange<'_>)) {
        if self.holds
            && let Some((query, details)) = self.queries.open_query(place)
        {
            let outcome = match query.state {
                State::Overdue => Outcome::Unanswered,
                State::Unreachable(obstacle) => Outcome::Unreachable(obstacle),
                _ => Outcome::Undecided,
            };
            sink(&self.without_response(query, details, outcome));
        }
        self.queries.remove(place);
    }

    /// Takes in a response; `answer` is what it says.
    pub fn response(
        &mut self,
        response: &Message<'_>,
        answer: &Answer<'_>,
        sink: &mut impl FnMut(&Exchange<'_>),
    ) -> Verdict {
        self.release_before(response.at, sink);
        let hash = self.hash(response);
        let longest = self.late_patience;
        let known = self.queries.look(hash, |open| {
            open.may_be_about(response)
                && (open.state == State::Waiting
                    || response.at.nanos_since(open.settled) <= longest)
        });
        if let Some(place) = known.open {
            self.answered(place, known.answered, response, sink);
            return Verdict::Message;
        }
        if let Some(verdict) = known.answered.and_then(|it| self.once_more(it, response, sink)) {
            return verdict;
        }
        let by = Mark::of(&response.print);
        let held = self.early.get(&response.key);
        if held.is_some_and(|held| Mark::of(&held.print).is_copy(held.at, by, response.at)) {
            return Verdict::Duplicate;
        }
        if self.early.has_room(&response.key) {
            self.early.hold(response, answer);
            self.calm.narrow(response.at, nanos(SKEW), nanos(SKEW));
        } else {
            self.unasked(response, sink);
        }
        Verdict::Message
    }

    /// A response under the key of a query that has one.
    fn once_more(
        &mut self,
        place: Place,
        response: &Message<'_>,
        sink: &mut impl FnMut(&Exchange<'_>),
    ) -> Option<Verdict> {
        let memory = self.memory;
        let answered = self.queries.get_mut(place)?;
        let is_young = response.at.nanos_since(answered.settled) <= memory;
        if !is_young || !answered.may_be_about(response) {
            return None;
        }
        let by = Mark::of(&response.print);
        if answered.response.is_copy(answered.settled, by, response.at) {
            return Some(Verdict::Duplicate);
        }
        let outcome = one_more(answered, response, &mut self.outcomes);
        sink(&exchange(response, &Named::of(response), outcome, None));
        Some(Verdict::Message)
    }

    fn unasked(&mut self, response: &Message<'_>, sink: &mut impl FnMut(&Exchange<'_>)) {
        let outcome = if self.relief.may_have_skipped(response.hashes.client, response.at) {
            self.outcomes.skipped += 1;
            Outcome::Skipped
        } else {
            self.outcomes.unasked += 1;
            Outcome::Unasked
        };
        sink(&exchange(response, &Named::of(response), outcome, None));
    }

    fn answered(
        &mut self,
        place: Place,
        older: Option<Place>,
        response: &Message<'_>,
        sink: &mut impl FnMut(&Exchange<'_>),
    ) {
        let Some((query, details)) = self.queries.open_query(place) else { return };
        let took = response.at.nanos_since(query.at);
        let late = query.state != State::Waiting;
        if late {
            self.outcomes.unanswered -= 1;
            self.outcomes.taken_back += 1;
            self.outcomes.unreachable -= u64::from(query.is_unreachable());
        }
        self.outcomes.answered += 1;
        self.outcomes.late += u64::from(took > self.patience);
        let named = if response.question.is_some() {
            Named::of(response)
        } else {
            Named::as_asked(details)
        };
        sink(&exchange(response, &named, Outcome::Answered { took, late }, Some(query.asked())));
        self.queries.answer(place, older, response.at, Mark::of(&response.print));
    }

    /// An ICMP error quotes a packet from `from` to `to`; `id` is the quoted message's, if told.
    pub fn icmp_error(
        &mut self,
        from: Endpoint,
        to: Endpoint,
        transport: Transport,
        id: Option<u16>,
        obstacle: Obstacle,
        sink: &mut impl FnMut(&Exchange<'_>),
    ) {
        let key = Key { client: from, server: to, id: id.unwrap_or_default(), transport };
        let place = match id {
            Some(_) => {
                let hash = self.hash_of(&key);
                self.queries.look(hash, |open| self.still_waits(open)).open
            }
            None => self.waiting_like(&key).next(),
        };
        if let Some(place) = place {
            self.unreachable(place, obstacle, sink);
        }
    }

    /// A TCP reset tore down the connection that these queries waited on.
    pub fn reset(
        &mut self,
        client: Endpoint,
        server: Endpoint,
        sink: &mut impl FnMut(&Exchange<'_>),
    ) {
        let key = Key { client, server, id: 0, transport: Transport::Tcp };
        // Each of them is found once only, however many resets follow.
        let places: Vec<Place> = self.waiting_like(&key).collect();
        for place in places {
            self.unreachable(place, Obstacle::Reset, sink);
        }
    }

    fn hash_of(&self, key: &Key) -> u64 {
        let Hashes { client, server, .. } = Hashes::of_addresses(&self.hasher, key);
        self.hasher.key(key, client, server)
    }

    /// The queries that wait and differ from a key by nothing but their IDs, the latest first.
    fn waiting_like(&self, key: &Key) -> impl Iterator<Item = Place> {
        let Hashes { client, server, .. } = Hashes::of_addresses(&self.hasher, key);
        let of_flow = self.queries.waiting_in(self.hasher.flow(key, client, server));
        let key = *key;
        of_flow.filter_map(move |(details, theirs)| {
            let same = Key { id: key.id, ..theirs } == key;
            let place = same.then(|| self.queries.place(self.hash_of(&theirs), details))??;
            self.queries.get(place).is_some_and(|it| self.still_waits(it)).then_some(place)
        })
    }

    /// Whether a query waits by its time too: it may not have been given up yet.
    fn still_waits(&self, query: &Query) -> bool {
        query.state == State::Waiting && self.seen.nanos_since(query.at) <= self.patience
    }

    fn unreachable(
        &mut self,
        place: Place,
        obstacle: Obstacle,
        sink: &mut impl FnMut(&Exchange<'_>),
    ) {
        self.outcomes.unreachable += 1;
        let now = self.queries.get(place).map_or(Timestamp::default(), |query| query.last);
        self.end(place, Outcome::Unreachable(obstacle), now, sink);
    }

    /// A query has waited its time; its new place.
    fn give_up(
        &mut self,
        place: Place,
        now: Timestamp,
        sink: &mut impl FnMut(&Exchange<'_>),
    ) -> Place {
        self.end(place, Outcome::Unanswered, now, sink)
    }

    /// No response ended a query; its new place.
    fn end(
        &mut self,
        place: Place,
        outcome: Outcome,
        now: Timestamp,
        sink: &mut impl FnMut(&Exchange<'_>),
    ) -> Place {
        self.outcomes.unanswered += 1;
        let (how, unreachable) = match outcome {
            Outcome::Unreachable(obstacle) => (State::Unreachable(obstacle), true),
            _ => (State::Overdue, false),
        };
        let mut settled = now;
        if let Some((query, details)) = self.queries.open_query(place) {
            if !self.holds {
                sink(&self.without_response(query, details, outcome));
            }
            // As of when it was due, unless time jumped: then its response may well come yet.
            let due = query.at.plus(Duration::from_nanos(self.patience));
            if !unreachable && now.nanos_since(due) <= nanos(LATE_PATIENCE) {
                settled = due;
            }
        }
        self.calm.narrow(settled, u64::MAX, self.late_patience.saturating_add(DISORDER));
        self.queries.give_up(place, how, settled)
    }

    /// An exchange that no response ended.
    fn without_response<'a>(
        &self,
        query: &Query,
        details: &'a Details,
        outcome: Outcome,
    ) -> Exchange<'a> {
        let Details { key, question, ref name, question_hash, .. } = *details;
        let addresses = Hashes::of_addresses(&self.hasher, &key);
        let asked = query.asked();
        Exchange {
            at: query.at,
            client: key.client.address,
            server: key.server.address,
            client_port: key.client.port,
            server_port: key.server.port,
            id: key.id,
            transport: key.transport,
            outcome,
            opcode: asked.flags.opcode(),
            question,
            name,
            hashes: Hashes { question: question_hash, ..addresses },
            asked: Some(asked),
            answer: None,
            flags: asked.flags,
        }
    }

    /// It is `now`: what has waited too long is given up, now or a little later.
    ///
    /// One packet whose time is far off gives up queries too early, but their responses then
    /// still find them.
    #[inline]
    pub fn expire(&mut self, now: Timestamp, sink: &mut impl FnMut(&Exchange<'_>)) {
        self.seen = self.seen.max(now);
        if !self.calm.holds(now) {
            self.expire_due(self.seen, sink);
            if now < self.calm.from {
                self.set_back(now, sink);
                self.expire_due(now, sink);
            }
            self.seen = now;
        }
    }

    /// Deals with everything that is due; to be called before outcomes are read.
    pub fn settle(&mut self, sink: &mut impl FnMut(&Exchange<'_>)) {
        let (now, patience) = (self.seen, self.patience);
        self.expire_due(now, sink);
        // What came out of order may be due before what came first.
        for place in self.queries.all_waiting() {
            let due = self.queries.get(place).is_some_and(|it| now.nanos_since(it.at) > patience);
            if due {
                self.give_up(place, now, sink);
            }
        }
    }

    fn expire_due(&mut self, now: Timestamp, sink: &mut impl FnMut(&Exchange<'_>)) {
        self.leave_came(now);
        self.give_up_due(now, sink);
        self.leave(Which::Slow, now, self.memory, sink);
        self.leave(Which::Overdue, now, self.late_patience, sink);
        self.release_early(Some(now), sink);
        self.calm = Calm::ALWAYS;
        self.watch_first();
        if let Some(at) = self.early.first() {
            self.calm.narrow(at, nanos(SKEW), nanos(SKEW));
        }
    }

    /// What is no longer young is dropped, or slow if it still waits.
    fn leave_came(&mut self, now: Timestamp) {
        while let Some((place, query)) = self.queries.first(Which::Came) {
            if now.nanos_since(query.settled) <= self.memory + DISORDER {
                return;
            }
            match query.state {
                State::Waiting => self.queries.slow_down(place),
                _ => self.queries.remove(place),
            }
        }
    }

    fn give_up_due(&mut self, now: Timestamp, sink: &mut impl FnMut(&Exchange<'_>)) {
        while let Some((place, query)) = self.queries.next_due() {
            if now.nanos_since(query.at) <= self.patience {
                return;
            }
            if query.state == State::Waiting {
                self.give_up(place, now, sink);
            }
            self.queries.pass_due();
        }
    }

    /// What was settled longer ago than `time` is dropped.
    fn leave(
        &mut self,
        which: Which,
        now: Timestamp,
        time: u64,
        sink: &mut impl FnMut(&Exchange<'_>),
    ) {
        while let Some((place, query)) = self.queries.first(which) {
            let is_needed = now.nanos_since(query.settled) <= time.saturating_add(DISORDER);
            if is_needed || query.state == State::Waiting {
                return;
            }
            self.forget(place, sink);
        }
    }

    /// Calm lasts until the first of any kind is due.
    fn watch_first(&mut self) {
        let Self { patience, memory, late_patience, .. } = *self;
        let (memory, late_patience) = (memory + DISORDER, late_patience.saturating_add(DISORDER));
        if let Some((_, query)) = self.queries.first(Which::Came) {
            self.calm.narrow(query.settled, patience, memory);
        }
        if let Some((_, query)) = self.queries.next_due() {
            self.calm.narrow(query.at, patience, patience);
        }
        if let Some((_, query)) = self.queries.first(Which::Slow)
            && query.state != State::Waiting
        {
            self.calm.narrow(query.settled, patience, memory);
        }
        if let Some((_, query)) = self.queries.first(Which::Overdue) {
            self.calm.narrow(query.settled, u64::MAX, late_patience);
        }
    }

    /// Time went back, by more than a query's patience if anything is that far in the future: it
    /// may have been the time before that was wrong, and nobody knows how much of it.
    fn set_back(&mut self, now: Timestamp, sink: &mut impl FnMut(&Exchange<'_>)) {
        let patience = self.patience;
        let is_ahead = |query: Option<(Place, &Query)>| {
            query.is_some_and(|(_, query)| query.settled.max(query.at).nanos_since(now) > patience)
        };
        if is_ahead(self.queries.next_due())
            || is_ahead(self.queries.first(Which::Came))
            || is_ahead(self.queries.first(Which::Slow))
        {
            for place in self.queries.all_waiting() {
                if self.queries.get(place).is_some_and(|query| query.at.nanos_since(now) > patience)
                {
                    self.give_up(place, now, sink);
                }
            }
            // Each goes at most once, so that time may go back as often as it likes.
            let latest = Timestamp(now.0.saturating_add(patience));
            for place in self.queries.settled_after(latest) {
                self.queries.remove(place);
            }
            self.queries.set_back(now);
        }
    }

    /// No message follows: what is held has no query, and what waits stays undecided.
    pub fn finish(&mut self, sink: &mut impl FnMut(&Exchange<'_>)) {
        self.settle(sink);
        self.release_early(None, sink);
        self.left += self.queries.waiting() as u64;
        if self.holds {
            self.forget_all(sink);
        }
        // Their memory is of more use to who reads the counts.
        self.queries = Queries::new(0, 0);
    }

    /// Tells of all that is still held, and of what waits: the oldest first.
    fn forget_all(&mut self, sink: &mut impl FnMut(&Exchange<'_>)) {
        let mut places = self.queries.all_open();
        places.sort_by_key(|place| self.queries.get(*place).map(|query| query.at));
        for place in places {
            self.forget(place, sink);
        }
    }

    /// What a client was told comes before what it does next, whoever else makes time pass.
    #[inline]
    fn release_before(&mut self, at: Timestamp, sink: &mut impl FnMut(&Exchange<'_>)) {
        if !self.early.is_empty() {
            self.release_early(Some(self.seen.max(at)), sink);
        }
    }

    fn release_early(&mut self, now: Option<Timestamp>, sink: &mut impl FnMut(&Exchange<'_>)) {
        while let Some(held) = self.early.pop_stale(now) {
            if !Early::was_taken(&held) {
                self.unasked(&held.message(), sink);
            }
            self.early.recycle(held);
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A query sent again while it waits.
fn again(waiting: &mut Query, query: &Message<'_>, outcomes: &mut Outcomes) -> Verdict {
    let mark = Mark::of(&query.print);
    if waiting.mark.is_copy(waiting.last, mark, query.at) {
        return Verdict::Duplicate;
    }
    waiting.last = waiting.last.max(query.at);
    waiting.mark = mark;
    waiting.copies = waiting.copies.saturating_add(1);
    outcomes.repeated_queries += 1;
    Verdict::Message
}

/// One more response: it answers a copy of the query that has none yet, or else nothing.
fn one_more(answered: &mut Query, response: &Message<'_>, outcomes: &mut Outcomes) -> Outcome {
    answered.settled = answered.settled.max(response.at);
    answered.response = Mark::of(&response.print);
    let Some(copies) = answered.copies.checked_sub(1) else {
        outcomes.repeated_responses += 1;
        return Outcome::RepeatedResponse;
    };
    answered.copies = copies;
    outcomes.repeated_queries -= 1;
    outcomes.answered += 1;
    Outcome::Answered { took: response.at.nanos_since(answered.last), late: false }
}

/// What an exchange was about.
struct Named<'a> {
    question: Option<Question>,
    name: &'a [u8],
    hash: u64,
}

impl<'a> Named<'a> {
    fn of(message: &Message<'a>) -> Self {
        let Message { question, name, hashes, .. } = *message;
        Self { question, name, hash: hashes.question }
    }

    fn as_asked(details: &'a Details) -> Self {
        let hash = details.question_hash;
        Self { question: details.question, name: &details.name, hash }
    }
}

/// An exchange that a response ended.
fn exchange<'a>(
    last: &Message<'a>,
    named: &Named<'a>,
    outcome: Outcome,
    asked: Option<Asked>,
) -> Exchange<'a> {
    Exchange {
        at: last.at,
        client: last.key.client.address,
        server: last.key.server.address,
        client_port: last.key.client.port,
        server_port: last.key.server.port,
        id: last.key.id,
        transport: last.key.transport,
        outcome,
        opcode: last.flags.opcode(),
        question: named.question,
        name: named.name,
        hashes: Hashes { question: named.hash, ..last.hashes },
        asked,
        answer: last.answer,
        flags: last.flags,
    }
}
