//! The matching itself.

use std::hash::BuildHasher;
use std::time::Duration;

use crate::ledger::Outcomes;
use crate::time::Timestamp;
use crate::wire::{Endpoint, Flags, Print, Transport};

use super::early::Early;
use super::exchange::{Answer, Asked, Exchange, Key, Message, Outcome};
use super::pending::{Pending, Slot, State};
use super::recent::{Answered, Recent};

/// How long beyond its patience an unanswered query still takes its response, counted from when
/// it was reported.
pub const LATE_PATIENCE: Duration = Duration::from_secs(30);

/// Two copies of one packet are captured within this time of each other.
pub const DUPLICATE_WINDOW: Duration = Duration::from_millis(10);

/// Queries looked at to find the one that an error without a message ID is about.
const ERROR_SEARCH: usize = 256;

/// How a tracker is made.
#[derive(Clone, Copy, Debug)]
pub struct TrackerConfig {
    /// How long a query waits for its response.
    pub patience: Duration,
    /// Queries that may wait or be overdue at once.
    pub max_pending: usize,
    /// Answered queries remembered at once.
    pub max_recent: usize,
}

/// What a message turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A message of its own, or one sent again: it counts.
    Message,
    /// A second copy of a packet: it does not count.
    Duplicate,
}

/// Matches responses with queries.
#[derive(Debug)]
pub struct Tracker {
    config: TrackerConfig,
    hasher: foldhash::quality::RandomState,
    pending: Pending,
    recent: Recent,
    early: Early,
    outcomes: Outcomes,
    shed: u64,
    duplicates: u64,
}

impl Tracker {
    /// A tracker that waits for nothing yet.
    pub fn new(config: TrackerConfig) -> Self {
        Self {
            config,
            hasher: foldhash::quality::RandomState::default(),
            pending: Pending::new(config.max_pending),
            recent: Recent::new(config.max_recent, config.patience),
            early: Early::default(),
            outcomes: Outcomes::default(),
            shed: 0,
            duplicates: 0,
        }
    }

    /// What became of the queries so far.
    pub fn outcomes(&self) -> Outcomes {
        Outcomes { undecided: self.pending.waiting() as u64 + self.shed, ..self.outcomes }
    }

    /// Queries forgotten before their time; they count as undecided.
    pub fn shed(&self) -> u64 {
        self.shed
    }

    /// Takes in a query.
    pub fn query(&mut self, query: &Message<'_>, sink: &mut impl FnMut(&Exchange<'_>)) -> Verdict {
        let hash = self.hasher.hash_one(query.key);
        if let Some(place) =
            self.pending.find(hash, &query.key, |slot| slot.is_sent_again_by(query))
        {
            match self.pending.get_mut(place) {
                Some(slot) if slot.state == State::Waiting => return self.again(place, query),
                _ => self.pending.remove(place),
            }
        }
        // Only a capture that has shown duplicates can hold a copy of a query already answered.
        if self.duplicates > 0 && self.is_copy_of_answered(hash, query) {
            self.duplicates += 1;
            return Verdict::Duplicate;
        }
        if !self.early.is_empty() && self.answer_early(hash, query, sink) {
            return Verdict::Message;
        }
        self.make_room(hash, &query.key);
        self.pending.insert(hash, query);
        Verdict::Message
    }

    fn again(&mut self, place: u32, query: &Message<'_>) -> Verdict {
        let Some(slot) = self.pending.get_mut(place) else { return Verdict::Message };
        if is_copy(slot.print, slot.last, query.print, query.at) {
            self.duplicates += 1;
            return Verdict::Duplicate;
        }
        slot.last = slot.last.max(query.at);
        slot.print = query.print;
        slot.asked.repeats = slot.asked.repeats.saturating_add(1);
        self.outcomes.repeated_queries += 1;
        Verdict::Message
    }

    fn is_copy_of_answered(&mut self, hash: u64, query: &Message<'_>) -> bool {
        self.recent
            .find(hash, query.at)
            .is_some_and(|answered| is_copy(answered.query, answered.at, query.print, query.at))
    }

    fn answer_early(
        &mut self,
        hash: u64,
        query: &Message<'_>,
        sink: &mut impl FnMut(&Exchange<'_>),
    ) -> bool {
        let Some(held) = self.early.take(query) else { return false };
        let response = held.message();
        let took = response.at.since(query.at);
        let asked = Asked { at: query.at, flags: query.flags, edns: query.edns, repeats: 0 };
        let with_name = if response.question.is_some() { &response } else { query };
        sink(&exchange(&response, with_name, Outcome::Answered { took, late: false }, Some(asked)));
        self.outcomes.answered += 1;
        self.recent.push(Answered {
            key: hash,
            question: question_hash(query),
            at: response.at,
            copies: 0,
            last_copy: query.at,
            query: query.print,
            response: response.print,
        });
        true
    }

    fn make_room(&mut self, hash: u64, key: &Key) {
        while self.pending.is_full() || self.pending.is_crowded(hash, key) {
            let place = if self.pending.is_crowded(hash, key) {
                self.pending.find(hash, key, |_| true)
            } else {
                self.pending.oldest_overdue().map(|(place, _)| place)
            };
            let Some(place) = place.or_else(|| Some(self.pending.oldest_waiting()?.0)) else {
                return;
            };
            let waiting = self.pending.get(place).is_some_and(|slot| slot.state == State::Waiting);
            self.shed += u64::from(waiting);
            self.pending.remove(place);
        }
    }

    /// Takes in a response; `answer` is what it says.
    pub fn response(
        &mut self,
        response: &Message<'_>,
        answer: &Answer<'_>,
        sink: &mut impl FnMut(&Exchange<'_>),
    ) -> Verdict {
        let hash = self.hasher.hash_one(response.key);
        let found = self.pending.find(hash, &response.key, |slot| slot.may_be_about(response));
        if let Some(place) = found {
            self.answered(hash, place, response, sink);
            return Verdict::Message;
        }
        if let Some(answered) = self.recent.find(hash, response.at) {
            let same = match (answered.question, question_hash(response)) {
                (Some(ours), Some(theirs)) => ours == theirs,
                _ => true,
            };
            if same && is_copy(answered.response, answered.at, response.print, response.at) {
                self.duplicates += 1;
                return Verdict::Duplicate;
            }
            if same {
                let outcome = again(answered, response, &mut self.outcomes);
                sink(&exchange(response, response, outcome, None));
                return Verdict::Message;
            }
        }
        let held = self.early.get(&response.key);
        if held.is_some_and(|held| is_copy(held.print, held.at, response.print, response.at)) {
            self.duplicates += 1;
            return Verdict::Duplicate;
        }
        if self.early.has_room(&response.key) {
            self.early.hold(response, answer);
        } else {
            self.unasked(response, sink);
        }
        Verdict::Message
    }

    fn unasked(&mut self, response: &Message<'_>, sink: &mut impl FnMut(&Exchange<'_>)) {
        self.outcomes.unasked += 1;
        sink(&exchange(response, response, Outcome::Unasked, None));
    }

    fn answered(
        &mut self,
        hash: u64,
        place: u32,
        response: &Message<'_>,
        sink: &mut impl FnMut(&Exchange<'_>),
    ) {
        let Some(slot) = self.pending.get(place) else { return };
        let took = response.at.since(slot.asked.at);
        let late = match slot.state {
            State::Overdue { unreachable } => {
                self.outcomes.unanswered -= 1;
                self.outcomes.unreachable -= u64::from(unreachable);
                true
            }
            State::Waiting | State::Free => false,
        };
        self.outcomes.answered += 1;
        self.outcomes.late += u64::from(took > self.config.patience);
        let asking = slot_message(slot);
        let with_name = if response.question.is_some() { response } else { &asking };
        sink(&exchange(response, with_name, Outcome::Answered { took, late }, Some(slot.asked)));
        self.recent.push(Answered {
            key: hash,
            question: question_hash(&asking),
            at: response.at,
            copies: slot.asked.repeats,
            last_copy: slot.last,
            query: slot.print,
            response: response.print,
        });
        self.pending.remove(place);
    }

    /// An ICMP error quotes a packet from `from` to `to`; `id` is the quoted message's, if told.
    pub fn icmp_error(
        &mut self,
        from: Endpoint,
        to: Endpoint,
        transport: Transport,
        id: Option<u16>,
        sink: &mut impl FnMut(&Exchange<'_>),
    ) {
        let place = match id {
            Some(id) => {
                let key = Key { client: from, server: to, id, transport };
                let hash = self.hasher.hash_one(key);
                self.pending.find(hash, &key, |slot| slot.state == State::Waiting)
            }
            None => self.latest_between(from, to, transport).next(),
        };
        if let Some(place) = place {
            self.unreachable(place, sink);
        }
    }

    /// A TCP reset tore down the connection that these queries waited on.
    pub fn reset(
        &mut self,
        client: Endpoint,
        server: Endpoint,
        sink: &mut impl FnMut(&Exchange<'_>),
    ) {
        let places: Vec<u32> = self.latest_between(client, server, Transport::Tcp).collect();
        for place in places {
            self.unreachable(place, sink);
        }
    }

    fn latest_between(
        &self,
        client: Endpoint,
        server: Endpoint,
        transport: Transport,
    ) -> impl Iterator<Item = u32> {
        self.pending.latest(ERROR_SEARCH).filter_map(move |(place, slot)| {
            let key = slot.key;
            let same = (key.client, key.server, key.transport) == (client, server, transport);
            same.then_some(place)
        })
    }

    fn unreachable(&mut self, place: u32, sink: &mut impl FnMut(&Exchange<'_>)) {
        self.outcomes.unreachable += 1;
        let now = self.pending.get(place).map_or(Timestamp::default(), |slot| slot.last);
        self.give_up(place, true, now, sink);
    }

    fn give_up(
        &mut self,
        place: u32,
        unreachable: bool,
        now: Timestamp,
        sink: &mut impl FnMut(&Exchange<'_>),
    ) {
        self.outcomes.unanswered += 1;
        if let Some(slot) = self.pending.get(place) {
            let outcome = if unreachable { Outcome::Unreachable } else { Outcome::Unanswered };
            let asking = slot_message(slot);
            sink(&exchange(&asking, &asking, outcome, Some(slot.asked)));
        }
        self.pending.mark_overdue(place, unreachable, now);
    }

    /// It is `now`: what has waited too long is given up.
    ///
    /// Time that goes back expires nothing; a single packet from the future expires queries too
    /// early, but their responses then still find them.
    pub fn expire(&mut self, now: Timestamp, sink: &mut impl FnMut(&Exchange<'_>)) {
        let patience = self.config.patience;
        self.pending.set_back(now, patience);
        while let Some((place, since)) = self.pending.oldest_waiting() {
            if now.since(since) <= patience {
                break;
            }
            self.give_up(place, false, now, sink);
        }
        while let Some((place, since)) = self.pending.oldest_overdue() {
            if now.since(since) <= patience + LATE_PATIENCE {
                break;
            }
            self.pending.remove(place);
        }
        self.release_early(Some(now), sink);
    }

    /// No message follows: what is held is unasked, and what waits stays undecided.
    pub fn finish(&mut self, sink: &mut impl FnMut(&Exchange<'_>)) {
        self.release_early(None, sink);
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

/// One more response: it answers a copy of the query that has none yet, or else nothing.
fn again(answered: &mut Answered, response: &Message<'_>, outcomes: &mut Outcomes) -> Outcome {
    answered.at = answered.at.max(response.at);
    answered.response = response.print;
    let Some(copies) = answered.copies.checked_sub(1) else {
        outcomes.repeated_responses += 1;
        return Outcome::RepeatedResponse;
    };
    answered.copies = copies;
    outcomes.repeated_queries -= 1;
    outcomes.answered += 1;
    Outcome::Answered { took: response.at.since(answered.last_copy), late: false }
}

/// Two packets are one, captured twice: same content close in time, and either seen at another
/// place or carrying the same IPv4 identification.
fn is_copy(one: Print, one_at: Timestamp, other: Print, other_at: Timestamp) -> bool {
    one.content != 0
        && one.content == other.content
        && (one.place != other.place || one.identification != 0)
        && one_at.distance(other_at) <= DUPLICATE_WINDOW
}

fn question_hash(message: &Message<'_>) -> Option<u64> {
    let question = message.question?;
    let kind = u64::from(question.rtype.0) << 16 | u64::from(question.class.0);
    Some(message.name_hash ^ kind.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// The query in a slot, as the message it was.
fn slot_message(slot: &Slot) -> Message<'_> {
    Message {
        at: slot.asked.at,
        key: slot.key,
        flags: slot.asked.flags,
        question: slot.question,
        name: &slot.name,
        name_hash: slot.name_hash,
        edns: slot.asked.edns,
        answer: None,
        print: slot.print,
    }
}

/// An exchange that `last` ended, about the question of `named`.
fn exchange<'a>(
    last: &Message<'a>,
    named: &Message<'a>,
    outcome: Outcome,
    asked: Option<Asked>,
) -> Exchange<'a> {
    let flags: Flags = last.flags;
    Exchange {
        at: last.at,
        client: last.key.client.address,
        server: last.key.server.address,
        transport: last.key.transport,
        outcome,
        opcode: flags.opcode(),
        question: named.question,
        name: named.name,
        name_hash: named.name_hash,
        asked,
        answer: last.answer,
        flags,
    }
}
