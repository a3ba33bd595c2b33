//! Lets the exchanges through that a filter holds for, and keeps the books of these.
//!
//! What is decoded and matched does not depend on a filter: it stands between matching and
//! counting. Where there is none, every exchange passes for the price of one look.

use std::fmt;

use crate::ledger::Outcomes;
use crate::select::{Filter, Odd, Subject};
use crate::snapshot::Selected;
use crate::tally::Events;
use crate::time::Timestamp;
use crate::track::{Exchange, Message, Outcome};
use crate::wire::name::escape_text;

/// Who wants to see every exchange itself, and not only what it adds up to.
pub trait Witness: fmt::Debug + Send {
    /// An exchange is over: no later one is about the same query.
    fn see(&mut self, exchange: &Exchange<'_>);

    /// It is at least `now`; told now and then.
    fn pass(&mut self, now: Timestamp);

    /// No exchange follows.
    fn close(&mut self);
}

/// A filter and what it has let through.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    filter: Option<Filter>,
    /// Where there is one, exchanges go there and are not counted.
    witness: Option<Box<dyn Witness>>,
    is_open: bool,
    outcomes: Outcomes,
    /// Responses that came, whether they passed or not.
    responses: u64,
    /// Queries of what passed.
    queries: u64,
}

impl Sieve {
    pub(super) fn new(filter: Option<Filter>, witness: Option<Box<dyn Witness>>) -> Self {
        let is_open = filter.is_none() && witness.is_none();
        Self { filter, witness, is_open, ..Self::default() }
    }

    /// Whether everything passes to who counts.
    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Who sees every exchange, if anybody does.
    pub(super) fn witness(&mut self) -> Option<&mut dyn Witness> {
        // A map would need the lifetime of what is in the box to be the shorter one.
        match &mut self.witness {
            Some(witness) => Some(&mut **witness),
            None => None,
        }
    }

    /// The filter itself.
    pub(super) fn filter(&self) -> Option<&Filter> {
        self.filter.as_ref()
    }

    /// Hands an exchange on if the filter holds for it; `count` makes room.
    #[inline]
    pub(super) fn pass(
        &mut self,
        events: &mut Events,
        exchange: &Exchange<'_>,
        count: &mut impl FnMut(&mut Events),
    ) {
        make_room(events, count);
        if self.is_open() {
            events.push(exchange);
        } else {
            self.pick(events, exchange, count);
        }
    }

    /// There is room for one exchange.
    #[cold]
    fn pick(
        &mut self,
        events: &mut Events,
        exchange: &Exchange<'_>,
        count: &mut impl FnMut(&mut Events),
    ) {
        self.responses += u64::from(exchange.answer.is_some());
        let subject = Subject::of(exchange);
        if let Some(witness) = &mut self.witness {
            if self.filter.as_ref().is_none_or(|filter| filter.holds(&subject)) {
                witness.see(exchange);
            }
        } else if self.holds(&subject) {
            let was_missed = self.was_missed(exchange, subject);
            note(&mut self.outcomes, exchange, was_missed);
            self.queries += copies(exchange, was_missed);
            events.push_selected(exchange, was_missed);
            give_queries(events, exchange, was_missed, count);
        } else if self.may_hold_at(exchange) {
            // Causes are told from contrasts: what is not selected is the other side of what is.
            // Only what is of another time has nothing to do with it.
            let is_late = matches!(exchange.outcome, Outcome::Answered { late: true, .. });
            let was_selected = self.was_missed(exchange, subject);
            events.push_aside(exchange, copies(exchange, is_late), was_selected);
        }
    }

    /// Whether the filter holds for an exchange.
    pub(super) fn takes(&self, exchange: &Exchange<'_>) -> bool {
        self.is_open() || self.holds(&Subject::of(exchange))
    }

    fn holds(&self, subject: &Subject<'_>) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.holds(subject))
    }

    fn may_hold_at(&self, exchange: &Exchange<'_>) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.may_hold_at(exchange.at))
    }

    /// Whether an exchange that got a late response passed when it was given up: the filter may not
    /// hold for it without a response.
    fn was_missed(&self, exchange: &Exchange<'_>, subject: Subject<'_>) -> bool {
        let Outcome::Answered { late: true, .. } = exchange.outcome else { return false };
        let at = exchange.asked.map_or(exchange.at, |asked| asked.at);
        let odd = if was_unreachable(exchange) { Odd::Unreachable } else { Odd::Unanswered };
        self.holds(&Subject { at, rcode: None, ede: None, took: None, odd, ..subject })
    }

    /// Whether the filter holds for a response by itself, before it is matched.
    pub(super) fn may_hold(&self, message: &Message<'_>) -> bool {
        self.holds(&Subject::of_message(message))
    }

    /// Whether the filter may hold for the lookup that a message belongs to: for the client and the
    /// question, whatever else comes of it.
    #[inline]
    pub(super) fn may_concern(&self, message: &Message<'_>) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.may_concern(&Subject::of_message(message)))
    }

    /// What passed, in place of all outcomes.
    pub(super) fn outcomes(&self) -> Option<Outcomes> {
        self.filter.is_some().then_some(self.outcomes)
    }

    /// Responses that came, whether they passed or not.
    pub(super) fn responses(&self) -> u64 {
        self.responses
    }

    /// Queries of what passed.
    pub(super) fn queries(&self) -> u64 {
        self.queries
    }

    /// What a reader is told of it, all in all.
    pub(super) fn selected(&self, queries: u64, outcomes: &Outcomes) -> Option<Selected> {
        let filter = self.filter.as_ref()?;
        Some(Selected {
            filter: printable(filter.text()),
            queries,
            responses: outcomes.answered
                + outcomes.unasked
                + outcomes.skipped
                + outcomes.repeated_responses,
            since: None,
        })
    }
}

/// The queries of an exchange count when it ends: before, nobody knows whether it passes.
fn give_queries(
    events: &mut Events,
    exchange: &Exchange<'_>,
    was_missed: bool,
    count: &mut impl FnMut(&mut Events),
) {
    let Some(asked) = exchange.asked else { return };
    for _ in 0..copies(exchange, was_missed) {
        make_room(events, count);
        events.push_query(asked.at);
    }
}

/// Counts what became of an exchange.
fn note(outcomes: &mut Outcomes, exchange: &Exchange<'_>, was_missed: bool) {
    outcomes.repeated_queries += copies(exchange, was_missed).saturating_sub(1);
    match exchange.outcome {
        Outcome::Answered { late, .. } => {
            outcomes.answered += 1;
            // A copy that gets a response of its own was counted as a copy when the first one did.
            let copy = u64::from(exchange.asked.is_none());
            outcomes.repeated_queries = outcomes.repeated_queries.saturating_sub(copy);
            outcomes.late += u64::from(late);
            outcomes.unanswered = outcomes.unanswered.saturating_sub(u64::from(was_missed));
            outcomes.taken_back += u64::from(was_missed);
            let was_unreachable = was_missed && was_unreachable(exchange);
            outcomes.unreachable = outcomes.unreachable.saturating_sub(u64::from(was_unreachable));
        }
        Outcome::Unanswered => outcomes.unanswered += 1,
        Outcome::Unreachable(_) => {
            outcomes.unanswered += 1;
            outcomes.unreachable += 1;
        }
        Outcome::RepeatedResponse => outcomes.repeated_responses += 1,
        Outcome::Unasked => outcomes.unasked += 1,
        Outcome::Skipped => outcomes.skipped += 1,
        Outcome::Undecided => outcomes.undecided += 1,
    }
}

/// Whether an error, and not silence, had ended an exchange before its late response.
fn was_unreachable(exchange: &Exchange<'_>) -> bool {
    exchange.asked.is_some_and(|asked| asked.unreachable)
}

/// How often its query was sent; those of one that was given up were counted then.
fn copies(exchange: &Exchange<'_>, was_missed: bool) -> u64 {
    let ends_query = match exchange.outcome {
        Outcome::Answered { .. } => !was_missed,
        Outcome::Unanswered | Outcome::Unreachable(_) | Outcome::Undecided => true,
        Outcome::RepeatedResponse | Outcome::Unasked | Outcome::Skipped => false,
    };
    let repeats = exchange.asked.map(|asked| u64::from(asked.repeats));
    repeats.filter(|_| ends_query).map_or(0, |repeats| 1 + repeats)
}

/// Hands on the events when there is no room for one more.
#[inline]
fn make_room(events: &mut Events, count: &mut impl FnMut(&mut Events)) {
    if events.is_full() {
        count(events);
    }
}

/// The text of a filter, escaped if a terminal might take offence.
fn printable(text: &str) -> String {
    let is_plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if is_plain { text.to_owned() } else { escape_text(text.as_bytes()) }
}
