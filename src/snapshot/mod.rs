//! What every reader sees: one moment of the analysis, owned, sorted and immutable.
//!
//! The screen, the reports and the metrics read nothing else, so their numbers agree. Names and
//! texts are already escaped to printable ASCII ([`crate::wire::name`] says how), so no reader can
//! pass an attacker's bytes to a terminal. Nothing here is serializable: each output has its own
//! types, because a serializable type is a promise.

mod build;
mod compared;
mod course;
mod lookups;
mod meant;
mod monitored;
mod named;
mod packets;
mod quality;
mod replay;
mod senders;
mod whereabouts;

use std::net::IpAddr;
use std::time::Duration;

pub use self::compared::{Compared, Mark};
pub use self::course::Course;
#[cfg(test)]
pub(crate) use crate::diagnose::fixtures;
pub use crate::diagnose::{
    Confidence, Finding, FindingOutcome, Impact as FindingImpact, Onset, Place, Role, Scope, Turn,
    TurnKind, Vantage, VantagePoint,
};
pub use crate::focus::Focus;
pub use crate::hearsay::Source as NameSource;
pub use crate::iana::{Class, Ede, Opcode, Rcode, RecordType};
pub use crate::ledger::{Ledger, Outcomes};
pub use crate::record::Recording;
pub use crate::tally::{BOUNDS, Distinct, Histogram, Impact, Latency, Step, Timeline};
pub use crate::time::Timestamp;
pub use crate::wire::Transport;
pub use quality::{COMPLAINT, NOT_WRITTEN};

pub use lookups::{Lookup, LookupId, LookupOutcome, LookupStep, Lookups, LookupsSpec, StepKind};

pub(crate) use build::{Weighed, blank, fill};
pub(crate) use lookups::lookups;
pub(crate) use monitored::Roster;
pub use monitored::{CodeCount, Monitored, ServerCounts};
pub use named::{AddressName, Named, addresses_in};
pub(crate) use packets::packets;
pub use packets::{KeptPacket, KeptPackets};
pub use replay::{Replay, Speed};
pub use senders::{SenderTrouble, Senders};
pub use whereabouts::{Area, AreaId, By, Geography, Whereabouts};

/// What a reader wants to see: the choices that cost time to honour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotSpec {
    /// The longest any list may be; `usize::MAX` lifts the bound.
    pub top: usize,
    /// Names are also rolled up to this many labels, 1 to 9, counted from the root.
    pub label_depth: Option<u8>,
    /// Which of the lists that cost most are made; another is empty.
    pub lists: Lists,
    /// Whether causes are weighed anew; else findings, roles and vantage are those weighed last.
    pub weigh: bool,
    /// Whether and which [`Snapshot::lookups`] are made.
    pub lookups: Option<LookupsSpec>,
    /// Whether [`Snapshot::packets`] are copied.
    pub packets: bool,
    /// Whether [`Snapshot::named`] is made, if names are learnt.
    pub names: bool,
    /// Whether [`Snapshot::monitored`] is made, and how many servers it tells apart at most.
    pub monitor: Option<usize>,
}

/// Lists that cost much and that not every reader shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lists {
    /// [`Snapshot::domains`].
    pub domains: bool,
    /// [`Snapshot::prefixes`].
    pub prefixes: bool,
    /// [`Snapshot::paths`].
    pub paths: bool,
}

impl Lists {
    /// Every list.
    pub const ALL: Self = Self { domains: true, prefixes: true, paths: true };

    /// Whether these are all that `other` has, or more.
    pub fn cover(self, other: Self) -> bool {
        self.domains >= other.domains
            && self.prefixes >= other.prefixes
            && self.paths >= other.paths
    }
}

impl SnapshotSpec {
    /// Whether a snapshot made to this specification has all that one made to `other` has.
    pub fn covers(&self, other: &Self) -> bool {
        self.top >= other.top
            && self.lists.cover(other.lists)
            && (other.label_depth.is_none() || self.label_depth == other.label_depth)
            && self.packets >= other.packets
            && self.names >= other.names
            && (other.monitor.is_none() || self.monitor == other.monitor)
            && other.lookups.as_ref().is_none_or(|other| self.most_lookups() >= other.most)
    }

    fn most_lookups(&self) -> usize {
        self.lookups.as_ref().map_or(0, |spec| spec.most)
    }
}

impl Snapshot {
    /// Since when there is how much of the focus.
    pub fn course(&self) -> Course {
        course::course(&self.timeline)
    }

    /// Puts a sentence in the place of each command that would ask a pseudonym: nobody is there, or
    /// somebody who has nothing to do with it.
    pub(crate) fn withhold_commands(&mut self) {
        for finding in &mut self.findings {
            if !finding.verify.is_empty() {
                let command = std::mem::take(&mut finding.verify);
                finding.verify = withheld(&command);
            }
            finding.verify_windows.clear();
        }
    }

    /// Says anew what lowers the worth of the numbers; to be called when all else is filled in.
    pub fn assess(&mut self) {
        self.quality = quality::assess(self);
    }
}

/// A command without the server that it would ask: whoever can take the pseudonym back can run it.
fn withheld(command: &str) -> String {
    let rest = command.split_once("dig @").and_then(|(_, rest)| rest.split_once(' '));
    match rest {
        Some((server, what)) => {
            format!("dig @SERVER {what} (put in the true address of {server}: this is a pseudonym)")
        }
        None => "not offered: addresses are pseudonyms".to_owned(),
    }
}

impl Default for SnapshotSpec {
    fn default() -> Self {
        Self {
            top: 20,
            label_depth: None,
            lists: Lists::ALL,
            weigh: true,
            lookups: None,
            packets: false,
            names: false,
            monitor: None,
        }
    }
}

/// One moment of the analysis.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Grows with each snapshot of one run.
    pub serial: u64,
    /// Where the packets come from and how that goes.
    pub source: Source,
    /// Where every frame went.
    pub ledger: Ledger,
    /// What lowers the worth of these numbers, most important first.
    pub quality: Vec<Quality>,
    /// What `focus` counts speak of.
    pub focus: Focus,
    /// First responses that were slow.
    pub slow: Slow,
    /// Responses by code, ascending code; only codes that were seen.
    pub rcodes: Vec<RcodeRow>,
    /// What became of every query.
    pub outcomes: Outcomes,
    /// What a filter selects, if there is one: then all numbers but the ledger's are of this alone.
    pub selected: Option<Selected>,
    /// Response times of all answered queries; `None` before the first.
    pub latency: Option<Latency>,
    /// Lookups that met the focus, and how they ended; nothing where nobody fails by it.
    pub impact: Impact,
    /// Servers at which the focus was met, most first, ties by address.
    pub servers: List<IpAddr>,
    /// Servers that were seen to answer or to be asked, whatever came of it, as far as they are
    /// kept.
    pub servers_seen: u64,
    /// Clients that met the focus, most first, ties by address.
    pub clients: List<IpAddr>,
    /// Questions that met the focus, most first, ties by name, type, class; those that are not
    /// known have one row together.
    pub names: List<QuestionKey>,
    /// Exchanges in focus of which neither query nor response tells what was asked.
    pub unknown: u64,
    /// Registered domains (public suffix plus one label) of these questions, most first.
    pub domains: List<String>,
    /// Names cut to [`SnapshotSpec::label_depth`] labels, most first; empty if not asked for.
    pub suffixes: List<String>,
    /// Client networks: IPv4 /24 and IPv6 /56, most first.
    pub prefixes: List<Prefix>,
    /// Who met the focus at whom for what, most first.
    pub paths: List<PathKey>,
    /// Responses by question type, most focus first, then most responses, then type.
    pub types: Vec<Split<RecordType>>,
    /// Responses by class, likewise.
    pub classes: Vec<Split<Class>>,
    /// Responses by opcode, likewise.
    pub opcodes: Vec<Split<Opcode>>,
    /// Responses by transport, likewise.
    pub transports: Vec<Split<Transport>>,
    /// Extended DNS Errors in responses, most first.
    pub ede: Vec<EdeRow>,
    /// The course of events, oldest first.
    pub timeline: Timeline,
    /// Why: what the evidence speaks for, most harm first.
    pub findings: Vec<Finding>,
    /// Where the capture was taken; `None` if nothing tells.
    pub vantage: Option<Vantage>,
    /// The latest response in focus, decoded whole, or what is known of the latest query without
    /// one.
    pub sample: Option<Sample>,
    /// The latest lookups, message by message; `None` if not asked for or not kept.
    pub lookups: Option<Lookups>,
    /// The packets in memory behind what is told; none if not asked for.
    pub packets: KeptPackets,
    /// What its addresses are called, by hearsay; `None` if not asked for or not learnt.
    pub named: Option<Named>,
    /// Counts that never go down; `None` if not asked for.
    pub monitored: Option<Monitored>,
    /// Where its servers and clients are; `None` where no database was given.
    pub geography: Option<Geography>,
    /// What differs from a baseline; `None` if there is none.
    pub compared: Option<Compared>,
    /// What was asked for.
    pub spec: SnapshotSpec,
    /// What snapshots have cost; `None` where only one is made.
    pub cost: Option<Cost>,
}

/// What a filter selects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    /// The filter, as it was written.
    pub filter: String,
    /// Queries of exchanges for which it holds; those that still wait are not among them.
    pub queries: u64,
    /// Responses of these.
    pub responses: u64,
    /// From when on it is counted, where that is not the beginning of the capture.
    pub since: Option<Timestamp>,
}

/// First responses that took longer than a threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slow {
    /// The threshold.
    pub after: Duration,
    /// How many took longer.
    pub responses: u64,
}

/// The focus as a whole.
impl Snapshot {
    /// How many distinct questions met it, as far as they are known.
    pub fn questions(&self) -> u64 {
        self.names.total.saturating_sub(u64::from(self.unknown > 0))
    }

    /// How many exchanges are in focus, and what their share is of.
    pub fn in_focus(&self) -> (u64, u64) {
        self.counted(self.focus)
    }

    /// How many exchanges would be in this focus, and what their share would be of:
    /// [`Focus::whole`].
    pub fn counted(&self, focus: Focus) -> (u64, u64) {
        let Outcomes { answered, unanswered, .. } = self.outcomes;
        match focus {
            Focus::Rcode(rcode) => {
                let row = self.rcodes.iter().find(|row| row.rcode == rcode);
                (row.map_or(0, |row| row.responses), self.responses())
            }
            Focus::NoResponse => (unanswered, answered + unanswered),
            Focus::Slow => (self.slow.responses, answered),
        }
    }

    /// Until when it can be said what is in focus: to the end, but of no response only until the
    /// queries that may still be answered.
    pub fn judged_until(&self) -> Option<Timestamp> {
        let Timeline { start, step, steps } = &self.timeline;
        let known = match steps.iter().rposition(|step| !step.is_early) {
            Some(last) => last + 1,
            None => 0,
        };
        if known == steps.len() {
            return self.source.last;
        }
        Some(start.plus(step.saturating_mul(u32::try_from(known).unwrap_or(u32::MAX))))
    }

    /// The focus as the command line takes it, and reports name it: `REFUSED`, `no-response`,
    /// `slow:500ms`.
    pub fn focus_word(&self) -> String {
        match self.focus {
            Focus::Slow => format!("slow:{}", humane(self.slow.after)),
            focus => focus.word(),
        }
    }
}

/// A duration as `--focus` and `--timeout` read it, in whole units where that is exact.
fn humane(time: Duration) -> String {
    let nanos = time.as_nanos();
    let units = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")];
    let unit = units.iter().find(|(unit, _)| nanos.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{nanos}ns"), |(size, unit)| format!("{}{unit}", nanos / size))
}

impl Snapshot {
    /// Queries that the numbers speak of: all, or those that a filter selects.
    pub fn queries(&self) -> u64 {
        self.selected.as_ref().map_or(self.ledger.queries, |it| it.queries)
    }

    /// Responses that the numbers speak of: all, or those that a filter selects.
    pub fn responses(&self) -> u64 {
        self.selected.as_ref().map_or(self.ledger.responses, |it| it.responses)
    }
}

/// What it has cost to make snapshots while the capture went on, this one included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// How many were made.
    pub snapshots: u64,
    /// How long the capture waited for them.
    pub took: Duration,
    /// How long the capture has gone on in all.
    pub of: Duration,
}

impl Cost {
    /// The part of the time that was spent on snapshots, 0 to 1.
    pub fn share(&self) -> f64 {
        if self.of.is_zero() { 0.0 } else { self.took.as_secs_f64() / self.of.as_secs_f64() }
    }
}

/// One exchange in focus, for a person to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When the response was captured, or the query that got none.
    pub at: Timestamp,
    /// Who answered, or was asked.
    pub server: IpAddr,
    /// Who asked.
    pub client: IpAddr,
    /// Over what.
    pub transport: Transport,
    /// Its contents, a record or fact a line, escaped.
    pub lines: Vec<String>,
    /// The response's bytes as captured; empty where there was none.
    pub bytes: Vec<u8>,
}

impl Sample {
    /// What it is, as a sentence without an end.
    pub fn title(&self, focus: Focus) -> String {
        let Self { at, server, client, transport, .. } = self;
        let (what, from, to) = match focus {
            Focus::Rcode(rcode) => (rcode.to_string(), server, client),
            Focus::Slow => ("slow response".to_owned(), server, client),
            Focus::NoResponse => ("query without response".to_owned(), client, server),
        };
        let at = at.date_and_clock();
        format!("the latest {what}: from {from} to {to} by {transport}, {at} UTC")
    }
}

/// The capture behind a snapshot.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// File or live.
    pub kind: SourceKind,
    /// Path or interface as the user named it, escaped.
    pub name: String,
    /// Link types seen, by their registry names (`EN10MB`), in order of first sight.
    pub link_types: Vec<String>,
    /// Time of the earliest packet.
    pub first: Option<Timestamp>,
    /// Time of the latest packet.
    pub last: Option<Timestamp>,
    /// How it ended; `None` while packets may still come.
    pub ended: Option<Ended>,
    /// Why no packet can come at present, though it has not ended: every interface is gone or down.
    pub idle: Option<String>,
    /// How much of a file has been read; `None` for live capture and streams of unknown length.
    pub progress: Option<Progress>,
    /// Who tells what comes, if other programs do (dnstap over a socket).
    pub senders: Option<Senders>,
    /// How the packets are written to files, if they are.
    pub recording: Option<Recording>,
    /// Whether addresses are pseudonyms of the true ones.
    pub pseudonyms: bool,
    /// How far it is played, if packets come as they were captured.
    pub replay: Option<Replay>,
}

impl Source {
    /// The span of packet time covered.
    pub fn duration(&self) -> Duration {
        match (self.first, self.last) {
            (Some(first), Some(last)) => last.since(first),
            _ => Duration::ZERO,
        }
    }
}

/// Where packets come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SourceKind {
    /// Capture files or standard input.
    #[default]
    File,
    /// A network interface.
    Live,
}

/// Bytes read of bytes there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the (compressed) input consumed.
    pub done: u64,
    /// Bytes of the input in all.
    pub total: u64,
}

/// The ends a capture can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The whole input was read.
    EndOfFile,
    /// The user, a signal or `--duration` ended it.
    Stopped,
    /// The input is damaged from here on; what came before is counted. Says where and why.
    Damaged(String),
    /// The interface or the reader failed; what came before is counted. Says what and why.
    Failed(String),
}

/// A reason for caution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quality {
    /// Stable identifier, such as `one-way`.
    pub id: &'static str,
    /// The same in a sentence.
    pub text: String,
}

/// Responses with one code.
#[derive(Clone, Debug, PartialEq)]
pub struct RcodeRow {
    /// The code.
    pub rcode: Rcode,
    /// How many responses carried it.
    pub responses: u64,
    /// Of all responses, 0 to 1.
    pub share: f64,
    /// Response times of those that answered a query seen; `None` if none did.
    pub latency: Option<Latency>,
}

/// A list cut to the length asked for, with what was left out.
#[derive(Clone, Debug)]
pub struct List<K> {
    /// The rows, most exchanges in focus first.
    pub rows: Vec<Row<K>>,
    /// How many rows there would be without the cut.
    pub total: u64,
    /// Exchanges in focus of the rows left out by the cut.
    pub omitted: u64,
    /// A bounded table forgot rare keys: any count may be too low by up to this much. 0 = exact.
    pub error: u64,
}

impl<K> Default for List<K> {
    fn default() -> Self {
        Self { rows: Vec::new(), total: 0, omitted: 0, error: 0 }
    }
}

impl<K> List<K> {
    /// Leaves out all but the first `rows`.
    pub fn cut(&mut self, rows: usize) {
        let more = self.rows.get(rows..).unwrap_or_default();
        self.omitted += more.iter().map(|row| row.focus).sum::<u64>();
        self.total = self.total.max(self.rows.len() as u64);
        self.rows.truncate(rows);
    }
}

/// One row of a [`List`].
#[derive(Clone, Debug)]
pub struct Row<K> {
    /// Server, client, question and so on.
    pub key: K,
    /// Responses in all.
    pub responses: u64,
    /// Exchanges in focus.
    pub focus: u64,
    /// What the share of these is of: responses, queries that had an end, or answered queries
    /// ([`Focus::whole`]).
    pub whole: u64,
    /// Queries that got no response in time.
    pub unanswered: u64,
    /// Distinct clients that met the focus here. `None` where it does not apply.
    pub clients: Option<Distinct>,
    /// Distinct servers at which it was met.
    pub servers: Option<Distinct>,
    /// Distinct questions that met it.
    pub names: Option<Distinct>,
    /// The first exchange in focus; `None` where it is not kept. A query without response counts
    /// from when it was sent; one whose response came late after all is among these.
    pub first: Option<Timestamp>,
    /// The last one.
    pub last: Option<Timestamp>,
    /// Response times, where they are kept.
    pub latency: Option<Latency>,
    /// The counts of this row may be too low by up to this much. 0 = exact.
    pub error: u64,
    /// What a server or client does; `None` if nothing tells, and in other rows.
    pub role: Option<Role>,
    /// Where a client is; `None` in other rows.
    pub place: Option<Place>,
}

impl<K> Row<K> {
    /// The part of this row that is in focus, 0 to 1.
    pub fn share(&self) -> f64 {
        share(self.focus, self.whole)
    }
}

/// `part` of `whole`, 0 to 1; 0 of nothing.
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// A question, its name escaped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuestionKey {
    /// The name; `-` if neither response nor query told.
    pub name: String,
    /// Its type; 0 if not told.
    pub rtype: RecordType,
    /// Its class; 0 if not told.
    pub class: Class,
}

/// What stands for a question that neither query nor response tells, wherever people read it.
pub const UNKNOWN: &str = "(unknown)";

impl QuestionKey {
    /// Whether query or response told it. A name may be `-` as well, but has a type.
    pub fn is_known(&self) -> bool {
        self.name != "-" || self.rtype != RecordType(0)
    }

    /// The name as people read it.
    pub fn name(&self) -> &str {
        if self.is_known() { &self.name } else { UNKNOWN }
    }

    /// The type, and the class where it is not `IN`; nothing where it is not known.
    pub fn kind(&self) -> String {
        match (self.is_known(), self.class) {
            (false, _) => String::new(),
            (true, Class::IN) => self.rtype.to_string(),
            (true, class) => format!("{} {class}", self.rtype),
        }
    }

    /// Name and kind.
    pub fn told(&self) -> String {
        match self.kind() {
            kind if kind.is_empty() => self.name().to_owned(),
            kind => format!("{} {kind}", self.name()),
        }
    }
}

/// A client network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    /// The first address.
    pub address: IpAddr,
    /// How many leading bits count.
    pub length: u8,
}

impl std::fmt::Display for Prefix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{}/{}", self.address, self.length))
    }
}

/// Who got it from whom for what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathKey {
    /// Who asked.
    pub client: IpAddr,
    /// Who answered.
    pub server: IpAddr,
    /// What was asked.
    pub question: QuestionKey,
}

/// All exchanges split by one property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split<K> {
    /// The value of the property.
    pub key: K,
    /// Responses with it.
    pub responses: u64,
    /// Exchanges in focus.
    pub focus: u64,
    /// What the share of these is of.
    pub whole: u64,
}

impl<K> Split<K> {
    /// The part that is in focus, 0 to 1.
    pub fn share(&self) -> f64 {
        share(self.focus, self.whole)
    }
}

/// Responses with one Extended DNS Error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdeRow {
    /// Its code.
    pub ede: Ede,
    /// The response code beside it.
    pub rcode: Rcode,
    /// How many responses.
    pub responses: u64,
    /// A text that came with it, escaped; empty if none did.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_specification_covers_what_asks_for_no_more() {
        let spec = |top, label_depth| SnapshotSpec { top, label_depth, ..SnapshotSpec::default() };
        assert!(spec(20, Some(2)).covers(&spec(10, None)));
        assert!(spec(20, Some(2)).covers(&spec(20, Some(2))));
        assert!(!spec(20, Some(2)).covers(&spec(20, Some(3))));
        assert!(!spec(20, None).covers(&spec(21, None)));
        let fewer =
            SnapshotSpec { lists: Lists { paths: false, ..Lists::ALL }, ..SnapshotSpec::default() };
        assert!(SnapshotSpec::default().covers(&fewer));
        assert!(!fewer.covers(&SnapshotSpec::default()));
    }

    #[test]
    fn a_question_that_is_not_known_is_told_by_one_word() {
        let told = |name: &str, rtype, class| {
            let name = name.to_owned();
            QuestionKey { name, rtype: RecordType(rtype), class: Class(class) }.told()
        };
        assert_eq!(told("-", 0, 0), "(unknown)");
        assert_eq!(told("-", 1, 1), "- A");
        assert_eq!(told("www.example", 1, 1), "www.example A");
        assert_eq!(told("version.bind", 16, 3), "version.bind TXT CH");
    }

    #[test]
    fn what_is_cut_from_a_list_is_counted() {
        let row = |focus| Row { focus, ..blank(()) };
        let mut list = List { rows: vec![row(5), row(3), row(2)], ..List::default() };
        list.cut(9);
        assert_eq!((list.rows.len(), list.total, list.omitted), (3, 3, 0));
        list.cut(1);
        assert_eq!((list.rows.len(), list.total, list.omitted), (1, 3, 5));
        list.cut(0);
        assert_eq!((list.rows.len(), list.total, list.omitted), (0, 3, 10));
    }

    #[test]
    fn what_may_still_be_answered_is_not_judged() {
        let step = |is_early| Step { is_early, ..Step::default() };
        let mut snapshot = Snapshot::default();
        snapshot.source.last = Some(Timestamp::new(109, 0));
        let check = |snapshot: &Snapshot, seconds| {
            assert_eq!(snapshot.judged_until(), Some(Timestamp::new(seconds, 0)));
        };
        check(&snapshot, 109);
        let (start, width) = (Timestamp::new(100, 0), Duration::from_secs(1));
        for (early, seconds) in [(0, 109), (5, 105), (10, 100)] {
            let steps = (0..10).map(|nth| step(nth >= 10 - early)).collect();
            snapshot.timeline = Timeline { start, step: width, steps };
            check(&snapshot, seconds);
        }
    }

    #[test]
    fn a_share_of_nothing_is_nothing() {
        assert!(share(0, 0).abs() < f64::EPSILON);
        assert!((share(1, 4) - 0.25).abs() < f64::EPSILON);
    }
}
