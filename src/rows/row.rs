//! One exchange as it is exported.

use std::num::NonZeroU64;

use super::addresses::AddressId;
use super::gather::Meaning;
use super::names::NameId;
use super::shape::{Shape, ShapeId, Shapes};
use super::texts::Texts;
use crate::focus::Focus;
use crate::time::Timestamp;
pub(super) use crate::track::Obstacle;
use crate::track::{Exchange, Outcome};

/// How an exchange ended, as a word of the column `outcome`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A response came in time.
    Answered,
    /// A response came after more than the patience of a query.
    Late,
    /// Nothing came.
    Unanswered,
    /// An ICMP error or a TCP reset came instead.
    Unreachable,
    /// The capture ended first, or there was no room to wait.
    Undecided,
    /// A response to no query that was seen.
    Unasked,
    /// One more response to a query that had one.
    RepeatedResponse,
    /// A response whose query was skipped to relieve an overloaded capture.
    Skipped,
}

/// Each end, its word, and what it means.
pub const END_WORDS: &[(End, &str, &str)] = &[
    (End::Answered, "answered", "a response came within the patience of a query (`--timeout`)"),
    (End::Late, "late", "a response came, but later than that"),
    (End::Unanswered, "unanswered", "no response came, not even a late one"),
    (End::Unreachable, "unreachable", "an ICMP error or a TCP reset came instead: see `obstacle`"),
    (
        End::Undecided,
        "undecided",
        "the query still waited when the capture ended, or there was no room for it to wait",
    ),
    (End::Unasked, "unasked", "a response to no query that was seen"),
    (End::RepeatedResponse, "repeated_response", "one more response to a query that had one"),
    (
        End::Skipped,
        "skipped",
        "a response whose query was skipped while a live capture was overloaded",
    ),
];

/// What was in the way, as words of the column `obstacle`.
const OBSTACLE_WORDS: &[(Obstacle, &str)] = &[
    (Obstacle::PortClosed, "port-closed"),
    (Obstacle::Rejected, "rejected"),
    (Obstacle::RejectedByHost, "rejected-by-host"),
    (Obstacle::NoRoute, "no-route"),
    (Obstacle::Reset, "reset"),
];

impl End {
    pub(super) fn of(exchange: &Exchange<'_>, meaning: &Meaning) -> Self {
        match exchange.outcome {
            // A response to one more copy of a query is timed from that copy, and never late.
            Outcome::Answered { took, .. } => {
                let is_late = took > meaning.patience && exchange.asked.is_some();
                if is_late { Self::Late } else { Self::Answered }
            }
            Outcome::RepeatedResponse => Self::RepeatedResponse,
            Outcome::Unasked => Self::Unasked,
            Outcome::Skipped => Self::Skipped,
            Outcome::Unanswered => Self::Unanswered,
            Outcome::Unreachable(_) => Self::Unreachable,
            Outcome::Undecided => Self::Undecided,
        }
    }
}

/// The word of a number that a row keeps of an end, or of an obstacle.
pub(super) fn end_word(number: u16) -> &'static str {
    END_WORDS.get(usize::from(number)).map_or("", |(_, word, _)| *word)
}

pub(super) fn obstacle_word(number: u16) -> &'static str {
    OBSTACLE_WORDS.get(usize::from(number)).map_or("", |(_, word)| *word)
}

/// The words of all obstacles with their meanings.
pub(super) fn obstacles() -> impl Iterator<Item = (&'static str, &'static str)> {
    OBSTACLE_WORDS.iter().map(|(obstacle, word)| (*word, obstacle.meaning()))
}

/// An exchange without its texts and its shape, of which a batch keeps each once.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// When the query was sent first; `None` if it was not seen, or the capture has no times.
    pub(super) query_time: Option<NonZeroU64>,
    /// When the response came.
    pub(super) response_time: Option<NonZeroU64>,
    delay: Delay,
    pub(super) client: AddressId,
    pub(super) server: AddressId,
    pub(super) name: Option<NameId>,
    pub(super) shape: ShapeId,
    pub(super) client_port: u16,
    pub(super) id: u16,
}

/// Nanoseconds from a query to its response, or [`Delay::NONE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Delay(u64);

impl Delay {
    /// More than can be: capture times span no more than this.
    const NONE: Self = Self(u64::MAX);
}

impl Row {
    /// When a response comes after more than this many nanoseconds, as many are told.
    const LONGEST: u64 = u64::MAX - 1;

    /// The row of an exchange; its texts go to `texts`, its shape to `shapes`. Its client gets a
    /// number later.
    #[inline]
    pub(super) fn of(
        exchange: &Exchange<'_>,
        meaning: &Meaning,
        texts: &mut Texts,
        shapes: &mut Shapes,
    ) -> Self {
        let delay = match exchange.outcome {
            Outcome::Answered { took, .. } => Delay(took.min(Self::LONGEST)),
            _ => Delay::NONE,
        };
        let said = exchange.answer.and_then(|answer| texts.said(answer.ede_text));
        let hashes = exchange.hashes;
        Self {
            query_time: query_time(exchange).and_then(|at| NonZeroU64::new(at.0)),
            response_time: exchange.answer.and_then(|_| NonZeroU64::new(exchange.at.0)),
            delay,
            client: AddressId::default(),
            server: texts.servers.number(hashes.server, exchange.server),
            name: texts.names.number(hashes.question, exchange.name),
            shape: shapes.number(&Shape::of(exchange, meaning, said)),
            client_port: exchange.client_port,
            id: exchange.id,
        }
    }

    /// Nanoseconds from the query to the response.
    pub(super) fn delay(&self) -> Option<u64> {
        (self.delay != Delay::NONE).then_some(self.delay.0)
    }

    /// What the row of an exchange is filed by: when the query was sent, or the response came.
    pub(super) fn time_of(exchange: &Exchange<'_>) -> Timestamp {
        query_time(exchange).unwrap_or(exchange.at)
    }

    /// The same of a row.
    pub(super) fn time(&self) -> Timestamp {
        let time = self.query_time.or(self.response_time);
        Timestamp(time.map_or(0, NonZeroU64::get))
    }
}

/// The place of what was in the way in the words of obstacles.
pub(super) fn obstacle_number(obstacle: Obstacle) -> Option<u16> {
    let place = OBSTACLE_WORDS.iter().position(|(each, _)| *each == obstacle);
    place.and_then(|place| u16::try_from(place).ok())
}

/// When the query was sent; of a response to a copy of a query is known how long after that it came.
fn query_time(exchange: &Exchange<'_>) -> Option<Timestamp> {
    match (exchange.asked, exchange.outcome) {
        (Some(asked), _) => Some(asked.at),
        (None, Outcome::Answered { took, .. }) => {
            Some(Timestamp(exchange.at.0.saturating_sub(took)))
        }
        (None, _) => None,
    }
}

/// Whether an exchange is what everything revolves around, as a report counts it.
pub(super) fn in_focus(exchange: &Exchange<'_>, meaning: &Meaning) -> bool {
    match (meaning.focus, exchange.outcome) {
        (Focus::Rcode(rcode), _) => exchange.answer.is_some_and(|answer| answer.rcode == rcode),
        (Focus::NoResponse, Outcome::Unanswered | Outcome::Unreachable(_)) => true,
        (Focus::Slow, Outcome::Answered { took, .. }) => took > meaning.slow_after,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_has_its_word_at_its_own_place() {
        for (place, (end, word, about)) in END_WORDS.iter().enumerate() {
            assert_eq!(*end as usize, place, "{word}");
            assert!(!about.is_empty());
        }
        assert_eq!(end_word(End::RepeatedResponse as u16), "repeated_response");
    }

    #[test]
    fn a_row_is_small() {
        assert!(size_of::<Row>() <= 48, "{}", size_of::<Row>());
    }
}
