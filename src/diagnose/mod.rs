//! What it probably means: opinions, each with its evidence in numbers.
//!
//! Sees counts, never packets. Facts are put in order (`base`), rules put them down to causes
//! (`rules`, `claims`), and what one cause explains becomes a finding with the smallest scope that
//! covers it and nothing else (`scope`, `compose`), told in words (`words`, `headline`, `brand`,
//! `verify`). Every response with the code in focus, and every query without response where that is
//! in focus, belongs to the first finding that covers it; what nothing explains is the last one,
//! `unknown`, which says what was checked. No cause tells of slow responses.

mod base;
mod brand;
mod cause;
pub mod causes;
mod claims;
mod compose;
mod dark;
mod directive;
mod family;
mod finding;
mod harm;
mod headline;
mod link;
mod networks;
mod onset;
mod place;
mod roles;
mod rules;
mod scope;
#[cfg(test)]
mod tests;
mod unknown;
mod vantage;
mod verify;
mod watch;
mod words;

use crate::tally::{self, Tallies};

use base::Base;
use claims::Claims;

pub use cause::{Brand, Cause, Fix};
#[cfg(test)]
pub(crate) use finding::fixtures;
pub use finding::{Confidence, Finding, FindingOutcome, Impact, Scope};
pub use onset::Onset;
pub use place::Place;
pub use roles::{Role, Roles};
pub use vantage::{Vantage, VantagePoint};
pub(crate) use watch::Watch;
pub use watch::{Turn, TurnKind};

/// What the counts speak for: causes, most harm first, who does what, and what became of the lookups
/// that met the focus where only facts tell of them.
///
/// Causes are told from everything; where a filter selects a part, those of the part are told of,
/// and with the numbers of that.
pub fn weigh(tallies: &Tallies) -> (Vec<Finding>, Roles, Option<tally::Impact>) {
    let base = Base::of(tallies);
    (findings(&base, tallies), Roles::of(&base), harm::of_facts(&base, tallies.focus()))
}

fn findings(base: &Base<'_>, tallies: &Tallies) -> Vec<Finding> {
    let mut claims = Claims::new(base.cases.len());
    rules::ALL.iter().for_each(|rule| rule(base, &mut claims));
    let (mut findings, explained) = compose::findings(base, &claims, tallies.focus());
    findings.extend(unknown::find(tallies, explained, base.sight));
    findings
}
