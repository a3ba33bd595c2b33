//! From a snapshot to the metrics that Prometheus reads: the text format, version 0.0.4.
//!
//! Every number comes from one [`Snapshot`], as those of a report do, but those of the [`Service`]
//! itself. Knows no socket and no clock. A counter never goes down while it is told: what may go
//! down is a gauge. No label has a value of which packets could make up any number: servers and
//! findings are bounded, and names that were asked for are in no label.

mod document;
mod findings;
mod sample;
mod table;

use crate::snapshot::{Snapshot, Timestamp};

pub use document::document;
pub use sample::{CONTENT_TYPE, Unwritable};
pub use table::METRICS;

/// What kind of number a metric is, which says what may be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Never goes down while the program runs.
    Counter,
    /// Is what it is now.
    Gauge,
    /// Counts by size, none of which goes down.
    Histogram,
}

/// One row of [`METRICS`].
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name, without what its samples add to it.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// The labels of each of its samples.
    pub labels: &'static [&'static str],
    /// What it counts, in one sentence.
    pub help: &'static str,
    /// Its samples now.
    samples: fn(&View<'_>, &mut sample::Samples<'_>),
}

/// What all metrics are read from.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// What is known of the packets.
    pub snapshot: &'a Snapshot,
    /// What is known of who tells it.
    pub service: &'a Service,
}

/// The service that tells the metrics, as far as it is not in a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// When it began.
    pub started: Timestamp,
    /// Answers by status of HTTP, those that were given.
    pub answers: Vec<(u16, u64)>,
    /// Connections that were closed without an answer, by reason.
    pub closed: Vec<(&'static str, u64)>,
}

/// All metrics.
///
/// # Errors
///
/// None that packets could bring about: a metric of the table cannot be written.
pub fn render(view: &View<'_>) -> Result<String, Unwritable> {
    sample::write(METRICS, view)
}
