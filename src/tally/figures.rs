//! Figures as readers see them: plain values without a table behind them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::iana::Rcode;
use crate::time::Timestamp;

/// Response times, from query to response. Quantiles are within 1 % of the true value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    /// How many were measured.
    pub count: u64,
    /// The fastest, exact.
    pub min: Duration,
    /// Half were at most this.
    pub p50: Duration,
    /// 95 of 100 were at most this.
    pub p95: Duration,
    /// 99 of 100 were at most this.
    pub p99: Duration,
    /// The slowest, exact.
    pub max: Duration,
}

/// The bounds of a [`Histogram`]'s buckets: from a cache in the same network to what is waited for
/// longest; the last bucket, beyond all, has none.
pub const BOUNDS: [Duration; 17] = {
    const fn micros(micros: u64) -> Duration {
        Duration::from_micros(micros)
    }
    [
        micros(100),
        micros(250),
        micros(500),
        micros(1_000),
        micros(2_500),
        micros(5_000),
        micros(10_000),
        micros(25_000),
        micros(50_000),
        micros(100_000),
        micros(250_000),
        micros(500_000),
        micros(1_000_000),
        micros(2_500_000),
        micros(5_000_000),
        micros(10_000_000),
        micros(30_000_000),
    ]
};

/// Response times in a few buckets, for who adds and subtracts them. Each bucket takes in what is as
/// long as its bound or shorter, and up to 1.6 % longer, as times are kept in finer buckets that do
/// not end at the same places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// How many are in each bucket of [`BOUNDS`], and beyond.
    pub counts: [u64; BOUNDS.len() + 1],
    /// All of them together, in nanoseconds, within 1 %.
    pub nanos: u64,
}

impl Histogram {
    /// How many were measured.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// Lookups: one client asking one (name, type, class) within a short window, whatever servers
/// and retries it takes.
///
/// Of no response, and where only responses were captured, pairs of client and question stand in
/// their place, told from the facts that causes are told from: a client that asks the same again
/// after a while counts once, and of a large capture they are an estimate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Impact {
    /// Lookups that met the focus at least once.
    pub lookups_refused: u64,
    /// Of these: some server answered NOERROR or NXDOMAIN after that.
    pub recovered: u64,
    /// Of these: none did (so far).
    pub failed: u64,
    /// Clients with a failed lookup.
    pub clients_failed: Distinct,
    /// Questions with a failed lookup.
    pub names_failed: Distinct,
    /// Whether these are pairs of client and question.
    pub are_pairs: bool,
}

/// A number of distinct things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Distinct {
    /// How many.
    pub count: u64,
    /// A bound was reached: there may be more.
    pub at_least: bool,
}

/// The course of events in equal steps.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// When the first step begins.
    pub start: Timestamp,
    /// How long a step is; zero if there are none.
    pub step: Duration,
    /// The steps without gaps, oldest first.
    pub steps: Vec<Step>,
}

/// What happened in one step of the [`Timeline`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Queries seen.
    pub queries: u64,
    /// Responses seen.
    pub responses: u64,
    /// Exchanges in focus.
    pub focus: u64,
    /// What the share of these is of: [`crate::focus::Focus::whole`].
    pub whole: u64,
    /// Responses by code.
    pub rcodes: BTreeMap<Rcode, u64>,
    /// Queries asked in this step that got no response in time.
    pub unanswered: u64,
    /// Queries of this step may still wait, so that it is too early to say how many of them get no
    /// response; only where these are in focus.
    pub is_early: bool,
}
