//! What a sensor has counted, written down so that it can be added to what others have counted.
//!
//! A [`Sum`] is the counts of one capture or of many: it is written as a summary
//! (`rcodetop.summary/1`), read from one, added to another, and seen as a [`Snapshot`] by the same
//! readers as a capture. Holds keys and never hashes or packets. Opens no file.

mod head;
mod read;
#[cfg(test)]
pub(crate) mod tests;
mod write;

use crate::focus::Focus;
use crate::snapshot::{self, Snapshot, SnapshotSpec, Weighed};
use crate::tally::Tallies;
#[cfg(test)]
use crate::track::Hasher;

pub use read::SummaryError;
pub(crate) use read::is_summary;

use head::Head;

/// Changes when a field changes its name or meaning.
const SCHEMA: &str = "rcodetop.summary/1";

/// The counts of one capture, or of many.
#[derive(Debug)]
pub struct Sum {
    head: Head,
    tallies: Tallies,
    /// What is distinct was counted: it can be read, and nothing be added.
    is_complete: bool,
}

/// Why two sums cannot be added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// They count what different filters select.
    #[error("it counts {}, the others {}: add up only what one filter selects", told(.0.as_deref()), told(.1.as_deref()))]
    Filter(Option<String>, Option<String>),
    /// The addresses of one of them are pseudonyms.
    #[error(
        "its addresses are {}: add up what was made with one --anonymize=@FILE, or what was made \
         without",
        if *.0 { "pseudonyms, and the others' are not" } else { "true ones, and the others' pseudonyms" }
    )]
    Pseudonyms(bool),
    /// Slow means something else in each.
    #[error(
        "slow is there what took more than {0:?}, in the others {1:?}: add up only what was made with \
         one --focus slow:T"
    )]
    Slow(std::time::Duration, std::time::Duration),
    /// Queries waited for different times.
    #[error(
        "queries waited {0:?} there, in the others {1:?}: add up only what was made with one --timeout"
    )]
    Patience(std::time::Duration, std::time::Duration),
    /// The numbers are too great.
    #[error(
        "it counts more than can be added up: it is no summary of packets that anybody captured"
    )]
    TooMuch,
}

fn told(filter: Option<&str>) -> String {
    filter.map_or_else(|| "everything".to_owned(), |filter| format!("`{filter}`"))
}

impl Sum {
    /// The counts behind a snapshot that was made of all of a capture.
    pub(crate) fn of(snapshot: &Snapshot, tallies: Tallies) -> Self {
        Self { head: Head::of(snapshot), tallies, is_complete: true }
    }

    /// What everything revolves around.
    pub fn focus(&self) -> Focus {
        self.tallies.focus()
    }

    /// What took longer is slow.
    pub fn slow_after(&self) -> std::time::Duration {
        self.tallies.slow_after()
    }

    /// The counts themselves, for who compares them.
    pub(crate) fn tallies(&self) -> &Tallies {
        &self.tallies
    }

    /// Adds what was counted elsewhere, in its focus of `self`.
    pub fn add(&mut self, mut other: Self) -> Result<(), Mismatch> {
        self.head.may_add(&other.head)?;
        let (ours, theirs) = (&mut self.tallies, &mut other.tallies);
        if ours.slow_after() != theirs.slow_after() {
            return Err(Mismatch::Slow(theirs.slow_after(), ours.slow_after()));
        }
        if ours.patience() != theirs.patience() {
            return Err(Mismatch::Patience(theirs.patience(), ours.patience()));
        }
        other.head.note_lookups(theirs.look_at(ours.focus()));
        ours.add_up(theirs);
        self.head.add(&other.head);
        if !self.tallies.can_be_summed() || !self.head.can_be_summed() {
            return Err(Mismatch::TooMuch);
        }
        Ok(())
    }

    /// Looks at something else. Lookups of an uncommon code were followed only where that was in
    /// focus from the start, which [`Snapshot::quality`] then says.
    pub fn set_focus(&mut self, focus: Focus) {
        let missed = self.tallies.look_at(focus);
        self.head.note_lookups(missed);
        if self.is_complete {
            self.tallies.complete();
        }
    }

    /// What is known by it. From then on nothing can be added.
    pub fn snapshot(&mut self, spec: &SnapshotSpec) -> Snapshot {
        if !std::mem::replace(&mut self.is_complete, true) {
            self.tallies.complete();
        }
        let mut snapshot = self.head.snapshot();
        snapshot.serial = 1;
        snapshot.ledger.evicted = self.tallies.forgotten();
        snapshot::fill(&mut snapshot, &self.tallies, spec);
        let mut weighed = Weighed::default();
        weighed.finish();
        if spec.weigh {
            weighed.weigh(&self.tallies, snapshot.source.last.unwrap_or_default());
        }
        weighed.fill(&mut snapshot);
        if snapshot.source.pseudonyms {
            snapshot.withhold_commands();
        }
        snapshot.assess();
        snapshot.quality.extend(self.head.cautions());
        snapshot
    }
}
