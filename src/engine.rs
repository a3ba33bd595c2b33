//! The whole core behind a few methods: frames and packet time in, snapshots out.
//!
//! No clock, no thread, no I/O: the same input gives the same output.

use std::time::Duration;

use crate::iana::Rcode;
use crate::snapshot::{Snapshot, SnapshotSpec};
use crate::time::Timestamp;
use crate::wire::Frame;

/// What shapes an analysis from its first frame on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineConfig {
    /// UDP and TCP ports that carry DNS.
    pub ports: Vec<u16>,
    /// The response code that everything revolves around.
    pub focus: Rcode,
    /// How long a query waits for its response, in packet time.
    pub patience: Duration,
    /// Bound of all tables together, in bytes.
    pub max_memory: u64,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            ports: vec![53],
            focus: Rcode::REFUSED,
            patience: Duration::from_secs(5),
            max_memory: 512 << 20,
        }
    }
}

/// Decodes, matches and counts.
#[derive(Debug)]
pub struct Engine {
    config: EngineConfig,
    serial: u64,
}

impl Engine {
    /// An engine that has seen nothing.
    pub fn new(config: EngineConfig) -> Self {
        Self { config, serial: 0 }
    }

    /// Takes in one frame.
    pub fn feed(&mut self, _frame: &Frame<'_>) {}

    /// Tells that it is at least `now`, so that queries can grow too old on a quiet link.
    pub fn tick(&mut self, _now: Timestamp) {}

    /// Tells that no frame follows: what was held for the rest of a datagram is read as it is.
    pub fn finish(&mut self) {}

    /// Changes the response code that everything revolves around, from the next snapshot on.
    pub fn set_focus(&mut self, focus: Rcode) {
        self.config.focus = focus;
    }

    /// What is known now. The caller fills in [`Snapshot::source`]'s kind, name, end and progress.
    pub fn snapshot(&mut self, _spec: &SnapshotSpec) -> Snapshot {
        self.serial += 1;
        Snapshot { serial: self.serial, focus: self.config.focus, ..Snapshot::default() }
    }
}
