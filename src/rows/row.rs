//! One exchange as it is exported.

use std::num::NonZeroU64;

use super::gather::Meaning;
use super::texts::{TextId, Texts};
use crate::focus::Focus;
use crate::iana::{Ede, Opcode, Rcode};
use crate::time::Timestamp;
use crate::track::{Exchange, Obstacle, Outcome};
use crate::wire::{Flags, Question, Transport};

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
    fn of(exchange: &Exchange<'_>, meaning: &Meaning) -> Self {
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

/// An exchange without its texts, of which a batch keeps each once.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// When the query was sent first; `None` if it was not seen, or the capture has no times.
    pub(super) query_time: Option<NonZeroU64>,
    /// When the response came.
    pub(super) response_time: Option<NonZeroU64>,
    /// Nanoseconds between them.
    pub(super) delay: Option<u64>,
    pub(super) client: TextId,
    pub(super) server: TextId,
    pub(super) name: Option<TextId>,
    pub(super) domain: Option<TextId>,
    pub(super) ede_text: Option<TextId>,
    pub(super) client_port: u16,
    pub(super) server_port: u16,
    pub(super) id: u16,
    pub(super) question: Option<Question>,
    pub(super) query_flags: Option<Flags>,
    pub(super) response_flags: Option<Flags>,
    pub(super) rcode: Option<Rcode>,
    pub(super) ede: Option<Ede>,
    pub(super) answers: Option<u16>,
    pub(super) repeats: u16,
    pub(super) query_edns: Option<bool>,
    pub(super) response_edns: Option<bool>,
    pub(super) opcode: Opcode,
    pub(super) end: End,
    pub(super) obstacle: Option<Obstacle>,
    pub(super) transport: Transport,
    pub(super) is_v4: bool,
    pub(super) in_focus: bool,
}

impl Row {
    /// The row of an exchange; its texts go to `texts`.
    pub fn of(exchange: &Exchange<'_>, meaning: &Meaning, texts: &mut Texts) -> Self {
        let (asked, answer) = (exchange.asked, exchange.answer);
        let delay = match exchange.outcome {
            Outcome::Answered { took, .. } => Some(took),
            _ => None,
        };
        let query_time = query_time(exchange);
        let name = texts.name(exchange.hashes.question, exchange.name);
        let end = End::of(exchange, meaning);
        Self {
            query_time: query_time.and_then(|at| NonZeroU64::new(at.0)),
            response_time: answer.and_then(|_| NonZeroU64::new(exchange.at.0)),
            delay,
            client: texts.address(exchange.client),
            server: texts.address(exchange.server),
            name: name.map(|name| name.whole),
            domain: name.map(|name| name.domain),
            ede_text: answer.and_then(|answer| texts.free(answer.ede_text)),
            client_port: exchange.client_port,
            server_port: exchange.server_port,
            id: exchange.id,
            question: exchange.question,
            query_flags: asked.map(|asked| asked.flags),
            response_flags: answer.map(|_| exchange.flags),
            rcode: answer.map(|answer| answer.rcode),
            ede: answer.and_then(|answer| answer.ede),
            answers: answer.map(|answer| answer.answers),
            repeats: asked.map_or(0, |asked| asked.repeats),
            query_edns: asked.map(|asked| asked.edns),
            response_edns: answer.map(|answer| answer.form.edns),
            opcode: exchange.opcode,
            end,
            obstacle: match exchange.outcome {
                Outcome::Unreachable(obstacle) => Some(obstacle),
                _ => None,
            },
            transport: exchange.transport,
            is_v4: exchange.server.is_v4(),
            in_focus: in_focus(exchange, meaning),
        }
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

    /// The place of its end in [`END_WORDS`].
    pub(super) fn end_number(&self) -> u16 {
        self.end as u16
    }

    pub(super) fn obstacle_number(&self) -> Option<u16> {
        let place = OBSTACLE_WORDS.iter().position(|(each, _)| Some(*each) == self.obstacle);
        place.and_then(|place| u16::try_from(place).ok())
    }
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
fn in_focus(exchange: &Exchange<'_>, meaning: &Meaning) -> bool {
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
        assert!(size_of::<Row>() <= 120, "{}", size_of::<Row>());
    }
}
