//! The latest exchange in focus, for a person to read.
//!
//! Of a code, or of what was slow, it is the response as it was captured; of no response it is what
//! is known of the query, as queries are not kept while they wait.

use std::time::Duration;

use crate::focus::Focus;
use crate::iana::{Opcode, Rcode};
use crate::snapshot::Sample;
use crate::tally::Watched;
use crate::time::Timestamp;
use crate::track::{Asked, Exchange, Message, Obstacle, Outcome};
use crate::wire::name::text;
use crate::wire::{Address, Endpoint, Question, Transport, describe};

/// Bytes kept of a response; enough for any refusal.
const MAX_SAMPLE: usize = 4096;

/// What is in focus, and the latest of it, in buffers that are used again and again.
#[derive(Debug)]
pub(super) struct Latest {
    focus: Focus,
    /// Nanoseconds.
    slow_after: u64,
    /// The exchange that was handed on last was slow.
    was_slow: bool,
    response: Response,
    missed: Option<Missed>,
    /// The name of what was missed, in wire form.
    name: Vec<u8>,
}

/// A response; none while it has no bytes.
#[derive(Debug, Default)]
struct Response {
    number: u64,
    at: Timestamp,
    from: Endpoint,
    to: Endpoint,
    /// `None` before the first.
    transport: Option<Transport>,
    bytes: Vec<u8>,
}

impl Response {
    fn order(&self) -> (u64, Endpoint, Endpoint) {
        (self.number, self.from, self.to)
    }

    fn sample(&self) -> Option<Sample> {
        (!self.bytes.is_empty()).then(|| Sample {
            at: self.at,
            server: self.from.address.ip(),
            client: self.to.address.ip(),
            transport: self.transport.unwrap_or(Transport::Udp),
            lines: describe(&self.bytes),
            bytes: self.bytes.clone(),
        })
    }
}

/// A query without response.
#[derive(Clone, Copy, Debug)]
struct Missed {
    asked: Asked,
    client: Address,
    server: Address,
    transport: Transport,
    opcode: Opcode,
    question: Option<Question>,
    obstacle: Option<Obstacle>,
}

impl Missed {
    fn of(exchange: &Exchange<'_>) -> Option<Self> {
        let Exchange { client, server, transport, opcode, question, .. } = *exchange;
        let obstacle = match exchange.outcome {
            Outcome::Unreachable(obstacle) => Some(obstacle),
            _ => None,
        };
        let asked = exchange.asked?;
        Some(Self { asked, client, server, transport, opcode, question, obstacle })
    }

    fn order(&self) -> (Timestamp, Address, Address) {
        (self.asked.at, self.client, self.server)
    }

    fn sample(&self, name: &[u8]) -> Sample {
        Sample {
            at: self.asked.at,
            server: self.server.ip(),
            client: self.client.ip(),
            transport: self.transport,
            lines: self.lines(name),
            bytes: Vec::new(),
        }
    }

    fn lines(&self, name: &[u8]) -> Vec<String> {
        let Asked { at, flags, edns, last, repeats, .. } = self.asked;
        let rd = if flags.recursion_desired() { ", flags rd" } else { "" };
        let edns = if edns { ", EDNS" } else { "" };
        let mut lines = vec![format!("{} query{rd}{edns}", self.opcode)];
        lines.push(match self.question {
            Some(question) => format!("{} {} {}", text(name), question.class, question.rtype),
            None => "; no question".to_owned(),
        });
        let came = self.obstacle.map_or("nothing came in time", Obstacle::meaning);
        lines.push(format!("; {came}"));
        if repeats > 0 {
            let (times, after) = (u32::from(repeats) + 1, last.since(at).as_secs_f64());
            lines.push(format!("; sent {times} times within {after:.3} s, the first time then"));
        }
        lines
    }
}

impl Latest {
    pub(super) fn new(watched: Watched) -> Self {
        Self {
            focus: watched.focus,
            slow_after: nanos(watched.slow_after),
            was_slow: false,
            response: Response::default(),
            missed: None,
            name: Vec::new(),
        }
    }

    /// Begins anew with another focus.
    pub(super) fn set_focus(&mut self, focus: Focus) {
        self.focus = focus;
        self.response.bytes.clear();
        self.missed = None;
    }

    /// Whether exchanges matter, and not their responses alone.
    #[inline]
    pub(super) fn heeds_exchanges(&self) -> bool {
        self.focus.rcode().is_none()
    }

    /// An exchange ended for which the filter holds.
    #[cold]
    pub(super) fn note(&mut self, exchange: &Exchange<'_>) {
        match (self.focus, exchange.outcome) {
            (Focus::Slow, Outcome::Answered { took, .. }) => self.was_slow = took > self.slow_after,
            (Focus::NoResponse, Outcome::Unanswered | Outcome::Unreachable(_)) => {
                self.miss(Missed::of(exchange), exchange.name);
            }
            (Focus::NoResponse, Outcome::Answered { late: true, .. }) => {
                let order = Missed::of(exchange).map(|missed| missed.order());
                self.missed = self.missed.filter(|missed| Some(missed.order()) != order);
            }
            _ => {}
        }
    }

    fn miss(&mut self, missed: Option<Missed>, name: &[u8]) {
        let theirs = missed.map(|missed| (missed.order(), name));
        let ours = self.missed.map(|missed| (missed.order(), self.name.as_slice()));
        if theirs > ours {
            self.missed = missed;
            self.name.clear();
            self.name.extend_from_slice(name);
        }
    }

    /// Whether a response that was just matched is in focus.
    #[inline]
    pub(super) fn takes(&mut self, rcode: Rcode) -> bool {
        match self.focus {
            Focus::Rcode(focus) => focus == rcode,
            Focus::Slow => std::mem::take(&mut self.was_slow),
            Focus::NoResponse => false,
        }
    }

    /// Keeps a response in focus.
    pub(super) fn keep(&mut self, number: u64, message: &Message<'_>, bytes: &[u8]) {
        let latest = &mut self.response;
        (latest.number, latest.at) = (number, message.at);
        (latest.from, latest.to) = (message.key.server, message.key.client);
        latest.transport = Some(message.key.transport);
        latest.bytes.clear();
        latest.bytes.extend_from_slice(bytes.get(..MAX_SAMPLE).unwrap_or(bytes));
    }

    /// Takes what another one kept, if it is later.
    pub(super) fn add(&mut self, other: &Self) {
        let (ours, theirs) = (&self.response, &other.response);
        let is_later = ours.bytes.is_empty() || theirs.order() > ours.order();
        if !theirs.bytes.is_empty() && is_later {
            self.response = Response { bytes: theirs.bytes.clone(), ..*theirs };
        }
        self.miss(other.missed, &other.name);
    }

    pub(super) fn sample(&self) -> Option<Sample> {
        let missed = || self.missed.map(|missed| missed.sample(&self.name));
        self.response.sample().or_else(missed)
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
