//! What it probably means: opinions, each with its evidence in numbers.
//!
//! Sees counts, never packets. Every response with the focus code belongs to the first finding
//! that covers it; what nothing explains is the last one, `unknown`, which says what was checked.

mod cause;
pub mod causes;
mod finding;
mod unknown;

use crate::tally::Tallies;

pub use cause::{Brand, Cause, Fix};
pub use finding::{Confidence, Finding, FindingOutcome, Scope};

/// Looks at the counts and says what it sees, if anything.
type Diagnosis = fn(&Tallies) -> Option<Finding>;

/// Every diagnosis, in the order in which they take their exchanges away.
const ALL: &[Diagnosis] = &[unknown::find];

/// What the counts speak for, most harm first.
pub fn findings(tallies: &Tallies) -> Vec<Finding> {
    ALL.iter().filter_map(|diagnosis| diagnosis(tallies)).collect()
}
