//! What a summary says before its counts: of which captures they are, and their books.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Mismatch, SCHEMA};
use crate::ledger::{Ledger, Outcomes};
use crate::snapshot::{COMPLAINT, Ended, Quality, Selected, Snapshot, SourceKind, Timestamp};
use crate::tally::MOST_COUNTED;

/// Captures, link types and complaints that are told by name; others are counted.
const MOST_TOLD: usize = 16;

/// The longest name or complaint, in bytes; a longer one is cut.
const LONGEST_TEXT: usize = 1024;

/// The identifier of lookups that were not followed, and the same in a sentence.
const NOT_FOLLOWED: (&str, &str) = (
    "not-followed",
    "lookups that met this code were followed only where it was in focus when packets were counted; \
     make summaries with --focus to know of all",
);

/// The first line of a summary.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent properties of captures")]
pub(super) struct Head {
    pub(super) schema: String,
    /// The program that wrote it.
    pub(super) version: String,
    /// How many captures are in it.
    captures: u64,
    /// Their names, in order; the first ones, where there are many.
    names: BTreeSet<String>,
    live: bool,
    link_types: BTreeSet<String>,
    first: Option<u64>,
    last: Option<u64>,
    /// How the captures ended that came to no good end.
    trouble: BTreeSet<String>,
    /// They were damaged, or else failed.
    damaged: bool,
    /// Someone ended one of them.
    stopped: bool,
    complaints: BTreeSet<String>,
    /// Its addresses are pseudonyms.
    #[serde(default)]
    pseudonyms: bool,
    /// Some lookups were not followed, as another code was in focus.
    not_followed: bool,
    filter: Option<String>,
    /// Queries and responses that the filter selects.
    selected: Option<(u64, u64)>,
    ledger: Ledger,
    outcomes: Outcomes,
}

/// Printable ASCII, and not without end: what a summary says may be anybody's.
fn tame(text: &str) -> String {
    let printable = text.chars().map(|it| if matches!(it, ' '..='~') { it } else { '?' });
    printable.take(LONGEST_TEXT).collect()
}

fn tame_all(texts: &BTreeSet<String>) -> BTreeSet<String> {
    texts.iter().map(|text| tame(text)).take(MOST_TOLD).collect()
}

fn join(ours: &mut BTreeSet<String>, theirs: &BTreeSet<String>) {
    ours.extend(theirs.iter().cloned());
    while ours.len() > MOST_TOLD {
        ours.pop_last();
    }
}

impl Head {
    /// Of one capture.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let source = &snapshot.source;
        let (trouble, damaged) = match &source.ended {
            Some(Ended::Damaged(why)) => (Some(why.clone()), true),
            Some(Ended::Failed(why)) => (Some(why.clone()), false),
            _ => (None, false),
        };
        let complaints = snapshot.quality.iter().filter(|quality| quality.id == COMPLAINT);
        let filter = snapshot.selected.as_ref();
        Self {
            schema: SCHEMA.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            captures: 1,
            names: BTreeSet::from([tame(&source.name)]),
            live: source.kind == SourceKind::Live,
            link_types: source.link_types.iter().cloned().collect(),
            first: source.first.map(|at| at.0),
            last: source.last.map(|at| at.0),
            trouble: trouble.iter().map(|why| tame(why)).collect(),
            damaged,
            stopped: source.ended == Some(Ended::Stopped),
            complaints: complaints.map(|quality| tame(&quality.text)).take(MOST_TOLD).collect(),
            pseudonyms: source.pseudonyms,
            not_followed: snapshot.quality.iter().any(|quality| quality.id == NOT_FOLLOWED.0),
            filter: filter.map(|it| it.filter.clone()),
            selected: filter.map(|it| (it.queries, it.responses)),
            // What tables gave up they tell themselves.
            ledger: Ledger { evicted: 0, ..snapshot.ledger.clone() },
            outcomes: snapshot.outcomes,
        }
    }

    /// What was read, as far as it can be believed; `None` if numbers cannot be.
    pub(super) fn checked(mut self) -> Option<Self> {
        self.names = tame_all(&self.names);
        self.link_types = tame_all(&self.link_types);
        self.trouble = tame_all(&self.trouble);
        self.complaints = tame_all(&self.complaints);
        self.filter = self.filter.as_deref().map(tame);
        let is_whole = self.filter.is_some() == self.selected.is_some();
        (is_whole && self.greatest() <= MOST_COUNTED).then_some(self)
    }

    fn greatest(&self) -> u64 {
        let (queries, responses) = self.selected.unwrap_or_default();
        let others = [self.captures, queries, responses, self.outcomes.greatest()];
        others.into_iter().fold(self.ledger.greatest(), u64::max)
    }

    /// Whether sums of its numbers cannot overflow.
    pub(super) fn can_be_summed(&self) -> bool {
        self.greatest() <= MOST_COUNTED << 8
    }

    /// Whether another one counts the same kind of exchanges.
    pub(super) fn may_add(&self, other: &Self) -> Result<(), Mismatch> {
        if self.filter != other.filter {
            return Err(Mismatch::Filter(other.filter.clone(), self.filter.clone()));
        }
        // Nothing would tell any more which are true.
        if self.pseudonyms != other.pseudonyms {
            return Err(Mismatch::Pseudonyms(other.pseudonyms));
        }
        Ok(())
    }

    /// Notes that lookups were not followed.
    pub(super) fn note_lookups(&mut self, missed: bool) {
        self.not_followed |= missed;
    }

    /// Adds what another one says.
    pub(super) fn add(&mut self, other: &Self) {
        self.captures = self.captures.saturating_add(other.captures);
        join(&mut self.names, &other.names);
        join(&mut self.link_types, &other.link_types);
        join(&mut self.trouble, &other.trouble);
        join(&mut self.complaints, &other.complaints);
        self.not_followed |= other.not_followed;
        self.live |= other.live;
        self.damaged |= other.damaged;
        self.stopped |= other.stopped;
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.max(other.last);
        if let (Some(ours), Some(theirs)) = (&mut self.selected, other.selected) {
            ours.0 += theirs.0;
            ours.1 += theirs.1;
        }
        self.ledger.add(&other.ledger);
        self.outcomes.add(&other.outcomes);
    }

    /// Which captures these are.
    fn name(&self) -> String {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let more = self.captures.saturating_sub(names.len() as u64);
        match names.as_slice() {
            [one] if more == 0 => (*one).to_owned(),
            [one] => format!("{one} ({} captures)", self.captures),
            _ if more == 0 => names.join(", "),
            _ => format!("{} and {more} more", names.join(", ")),
        }
    }

    /// A snapshot that knows of the captures and of nothing that was counted.
    pub(super) fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        let source = &mut snapshot.source;
        source.kind = if self.live { SourceKind::Live } else { SourceKind::File };
        source.name = self.name();
        source.pseudonyms = self.pseudonyms;
        source.link_types = self.link_types.iter().cloned().collect();
        source.first = self.first.map(Timestamp);
        source.last = self.last.map(Timestamp);
        let trouble = self.trouble.iter().cloned().collect::<Vec<_>>().join("; ");
        source.ended = Some(match (trouble.is_empty(), self.damaged, self.stopped) {
            (true, _, true) => Ended::Stopped,
            (true, _, false) => Ended::EndOfFile,
            (false, true, _) => Ended::Damaged(trouble),
            (false, false, _) => Ended::Failed(trouble),
        });
        snapshot.ledger = self.ledger.clone();
        snapshot.outcomes = self.outcomes;
        snapshot.selected =
            self.filter.clone().zip(self.selected).map(|(filter, (queries, responses))| Selected {
                filter,
                queries,
                responses,
                since: None,
            });
        snapshot
    }

    /// What sources complained of, and what was not followed.
    pub(super) fn cautions(&self) -> impl Iterator<Item = Quality> {
        let complaints = self.complaints.iter();
        let complaints = complaints.map(|text| Quality { id: COMPLAINT, text: text.clone() });
        let (id, text) = NOT_FOLLOWED;
        complaints.chain(self.not_followed.then(|| Quality { id, text: text.to_owned() }))
    }
}
