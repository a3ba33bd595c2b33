//! What a summary says before its counts: of which captures they are, and their books.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Mismatch, SCHEMA};
use crate::ledger::{Ledger, Outcomes, Reason};
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
    /// Some of its addresses are pseudonyms.
    #[serde(default)]
    pseudonyms: bool,
    /// Some lookups were not followed, as another code was in focus.
    not_followed: bool,
    filter: Option<String>,
    /// Queries and responses that the filter selects.
    selected: Option<(u64, u64)>,
    ledger: Books,
    outcomes: Ends,
}

/// [`Ledger`], written down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Books {
    frames: u64,
    datagrams: u64,
    segments: u64,
    fragments: u64,
    icmp_errors: u64,
    duplicates: u64,
    skipped: u64,
    not_dns: u64,
    /// By the identifier of its reason.
    undecodable: Vec<(String, u64)>,
    dns_messages: u64,
    queries: u64,
    responses: u64,
    malformed: u64,
    cut: u64,
    fragments_held: u64,
    stream_gaps: u64,
    kernel_dropped: Option<u64>,
    interface_dropped: Option<u64>,
    shed: u64,
    shed_pieces: u64,
}

/// [`Outcomes`], written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Ends {
    answered: u64,
    late: u64,
    unanswered: u64,
    unreachable: u64,
    undecided: u64,
    unasked: u64,
    skipped: u64,
    repeated_queries: u64,
    repeated_responses: u64,
    #[serde(default)]
    taken_back: u64,
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
            ledger: Books::of(&snapshot.ledger),
            outcomes: Ends::of(&snapshot.outcomes),
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
        (is_whole && self.numbers().all(|number| number <= MOST_COUNTED)).then_some(self)
    }

    fn numbers(&self) -> impl Iterator<Item = u64> {
        let Ledger {
            frames,
            datagrams,
            segments,
            fragments,
            icmp_errors,
            duplicates,
            skipped,
            not_dns,
            undecodable,
            dns_messages,
            queries,
            responses,
            malformed,
            cut,
            fragments_held,
            stream_gaps,
            kernel_dropped,
            interface_dropped,
            shed,
            shed_pieces,
            evicted,
        } = self.ledger.ledger();
        let books = [
            frames,
            datagrams,
            segments,
            fragments,
            icmp_errors,
            duplicates,
            skipped,
            not_dns,
            dns_messages,
            queries,
            responses,
            malformed,
            cut,
            fragments_held,
            stream_gaps,
            shed,
            shed_pieces,
            evicted,
        ];
        let Outcomes {
            answered,
            late,
            unanswered,
            unreachable,
            undecided,
            unasked,
            skipped: unseen,
            repeated_queries,
            repeated_responses,
            taken_back,
        } = self.outcomes.outcomes();
        let ends = [
            answered,
            late,
            unanswered,
            unreachable,
            undecided,
            unasked,
            unseen,
            repeated_queries,
            repeated_responses,
            taken_back,
        ];
        let dropped = kernel_dropped.into_iter().chain(interface_dropped);
        let selected = self.selected.map(|(queries, responses)| [queries, responses]);
        books
            .into_iter()
            .chain(ends)
            .chain(undecodable)
            .chain(dropped)
            .chain(selected.into_iter().flatten())
            .chain([self.captures])
    }

    /// Whether sums of its numbers cannot overflow.
    pub(super) fn can_be_summed(&self) -> bool {
        self.numbers().all(|number| number <= MOST_COUNTED << 8)
    }

    /// Whether another one counts the same kind of exchanges.
    pub(super) fn may_add(&self, other: &Self) -> Result<(), Mismatch> {
        if self.filter == other.filter {
            Ok(())
        } else {
            Err(Mismatch::Filter(other.filter.clone(), self.filter.clone()))
        }
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
        self.pseudonyms |= other.pseudonyms;
        self.live |= other.live;
        self.damaged |= other.damaged;
        self.stopped |= other.stopped;
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.max(other.last);
        if let (Some(ours), Some(theirs)) = (&mut self.selected, other.selected) {
            ours.0 += theirs.0;
            ours.1 += theirs.1;
        }
        let (mut ledger, mut outcomes) = (self.ledger.ledger(), self.outcomes.outcomes());
        ledger.add(&other.ledger.ledger());
        outcomes.add(&other.outcomes.outcomes());
        (self.ledger, self.outcomes) = (Books::of(&ledger), Ends::of(&outcomes));
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
        snapshot.ledger = self.ledger.ledger();
        snapshot.outcomes = self.outcomes.outcomes();
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

impl Books {
    fn of(ledger: &Ledger) -> Self {
        let undecodable = Reason::ALL.iter().zip(ledger.undecodable);
        Self {
            frames: ledger.frames,
            datagrams: ledger.datagrams,
            segments: ledger.segments,
            fragments: ledger.fragments,
            icmp_errors: ledger.icmp_errors,
            duplicates: ledger.duplicates,
            skipped: ledger.skipped,
            not_dns: ledger.not_dns,
            undecodable: undecodable.map(|((_, id), count)| ((*id).to_owned(), count)).collect(),
            dns_messages: ledger.dns_messages,
            queries: ledger.queries,
            responses: ledger.responses,
            malformed: ledger.malformed,
            cut: ledger.cut,
            fragments_held: ledger.fragments_held,
            stream_gaps: ledger.stream_gaps,
            kernel_dropped: ledger.kernel_dropped,
            interface_dropped: ledger.interface_dropped,
            shed: ledger.shed,
            shed_pieces: ledger.shed_pieces,
        }
    }

    fn ledger(&self) -> Ledger {
        let of = |id: &str| self.undecodable.iter().find(|(known, _)| known == id);
        Ledger {
            frames: self.frames,
            datagrams: self.datagrams,
            segments: self.segments,
            fragments: self.fragments,
            icmp_errors: self.icmp_errors,
            duplicates: self.duplicates,
            skipped: self.skipped,
            not_dns: self.not_dns,
            undecodable: Reason::ALL.map(|(_, id)| of(id).map_or(0, |(_, count)| *count)),
            dns_messages: self.dns_messages,
            queries: self.queries,
            responses: self.responses,
            malformed: self.malformed,
            cut: self.cut,
            fragments_held: self.fragments_held,
            stream_gaps: self.stream_gaps,
            kernel_dropped: self.kernel_dropped,
            interface_dropped: self.interface_dropped,
            shed: self.shed,
            shed_pieces: self.shed_pieces,
            // Told by the tables.
            evicted: 0,
        }
    }
}

impl Ends {
    fn of(outcomes: &Outcomes) -> Self {
        Self {
            answered: outcomes.answered,
            late: outcomes.late,
            unanswered: outcomes.unanswered,
            unreachable: outcomes.unreachable,
            undecided: outcomes.undecided,
            unasked: outcomes.unasked,
            skipped: outcomes.skipped,
            repeated_queries: outcomes.repeated_queries,
            repeated_responses: outcomes.repeated_responses,
            taken_back: outcomes.taken_back,
        }
    }

    fn outcomes(self) -> Outcomes {
        Outcomes {
            answered: self.answered,
            late: self.late,
            unanswered: self.unanswered,
            unreachable: self.unreachable,
            undecided: self.undecided,
            unasked: self.unasked,
            skipped: self.skipped,
            repeated_queries: self.repeated_queries,
            repeated_responses: self.repeated_responses,
            taken_back: self.taken_back,
        }
    }
}
