//! One side of a comparison: what is known of a capture, whatever it comes from.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::stats::Part;
use crate::focus::Focus;
use crate::iana::{Rcode, RecordType};
use crate::ledger::Outcomes;
use crate::snapshot::{Finding, Latency, List, QuestionKey, Snapshot, SnapshotSpec, Timestamp};
use crate::summary::Sum;
use crate::tally::{Counted, Times};

/// What rows are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Who was asked.
    Servers,
    /// Who asked.
    Clients,
    /// Registered domains.
    Domains,
    /// Questions.
    Names,
    /// Question types.
    Types,
}

impl Table {
    /// Every table with its identifier and its heading.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Servers, "servers", "Servers"),
        (Self::Clients, "clients", "Clients"),
        (Self::Domains, "domains", "Domains"),
        (Self::Names, "names", "Names"),
        (Self::Types, "types", "Types"),
    ];
}

/// What a row is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A server or client.
    Address(IpAddr),
    /// A registered domain, escaped.
    Domain(String),
    /// A question, its name escaped.
    Question(QuestionKey),
    /// A type.
    Type(RecordType),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Domain(name) => name.fmt(f),
            Self::Question(question) => f.write_str(&question.told()),
            Self::Type(rtype) => rtype.fmt(f),
        }
    }
}

/// What is counted at a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Exchanges in focus, and what their share is of.
    pub part: Part,
    /// Both may be too low by this much.
    pub error: u64,
}

/// What a side knows of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// So much.
    Counted(Count),
    /// That it did not meet the focus, but not how often it was there.
    NotInFocus,
    /// Nothing, as lists were cut.
    Nothing,
}

/// A finding, as far as it is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The cause.
    pub cause: String,
    /// Whether it is a fault.
    pub fault: bool,
    /// The code, or how else its exchanges ended.
    pub ending: String,
    /// Its exchanges.
    pub count: u64,
    /// Servers, then clients, then suffixes, of its scope.
    pub scope: [Vec<String>; 3],
    /// In a sentence.
    pub headline: String,
}

/// Whose response times.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimesOf {
    /// Of all answered queries.
    All,
    /// Of those with a code.
    Rcode(Rcode),
    /// Of a server.
    Server(IpAddr),
}

impl fmt::Display for TimesOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all answered queries"),
            Self::Rcode(rcode) => write!(f, "responses with {rcode}"),
            Self::Server(server) => write!(f, "server {server}"),
        }
    }
}

/// What a side is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Packets.
    Capture,
    /// Counts that were written down.
    Summary,
    /// A report: of its lists, what is in focus.
    Report,
}

impl Kind {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Summary => "summary",
            Self::Report => "report",
        }
    }
}

/// Rows by key, of a table whose list may have been cut.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) by_key: HashMap<Key, Count>,
    /// All that met the focus are there.
    pub(super) is_whole: bool,
    /// What any of the others may have counted.
    pub(super) error: u64,
}

/// One side.
#[derive(Debug)]
pub struct Side {
    /// What it is called, escaped.
    pub name: String,
    /// What it comes from.
    pub kind: Kind,
    /// From when.
    pub first: Option<Timestamp>,
    /// To when.
    pub last: Option<Timestamp>,
    /// What is in focus.
    pub focus: Focus,
    /// The same, as the command line takes it.
    pub focus_word: String,
    /// What took longer is slow.
    pub slow_after: Duration,
    /// What a filter selects, if there is one.
    pub filter: Option<String>,
    /// Whether addresses are pseudonyms.
    pub pseudonyms: bool,
    /// Queries and responses.
    pub queries: u64,
    /// Responses.
    pub responses: u64,
    /// Responses by code.
    pub rcodes: Vec<(Rcode, u64)>,
    /// What became of queries.
    pub outcomes: Outcomes,
    /// First responses that were slow.
    pub slow: u64,
    /// Exchanges in focus and what their share is of, step by step.
    pub steps: Vec<Part>,
    /// Why.
    pub findings: Vec<Told>,
    /// What lowers the worth of its numbers.
    pub cautions: Vec<String>,
    /// Response times.
    pub latencies: Vec<(TimesOf, Latency)>,
    pub(super) tables: HashMap<Table, Rows>,
    /// The counts themselves, where they are there.
    pub(super) sum: Option<Sum>,
}

impl Side {
    /// Of all that was counted.
    pub fn of_sum(mut sum: Sum, kind: Kind) -> Self {
        let snapshot = sum.snapshot(&SnapshotSpec { top: usize::MAX, ..SnapshotSpec::default() });
        Self { kind, sum: Some(sum), ..Self::of_snapshot(&snapshot) }
    }

    /// Looks at something else, where the counts for it are there.
    pub fn set_focus(&mut self, focus: Focus) {
        if self.focus == focus {
            return;
        }
        if let Some(mut sum) = self.sum.take() {
            sum.set_focus(focus);
            *self = Self::of_sum(sum, self.kind);
        }
    }

    /// Of what a reader sees.
    pub fn of_snapshot(snapshot: &Snapshot) -> Self {
        let address = |key: &IpAddr| Key::Address(*key);
        let tables = HashMap::from([
            (Table::Servers, rows(&snapshot.servers, address)),
            (Table::Clients, rows(&snapshot.clients, address)),
            (Table::Domains, rows(&snapshot.domains, |name: &String| Key::Domain(name.clone()))),
            (Table::Names, rows(&snapshot.names, |key: &QuestionKey| Key::Question(key.clone()))),
            (Table::Types, types(snapshot)),
        ]);
        let all = snapshot.latency.map(|latency| (TimesOf::All, latency));
        let rcodes = snapshot.rcodes.iter();
        let rcodes = rcodes.filter_map(|row| Some((TimesOf::Rcode(row.rcode), row.latency?)));
        let servers = snapshot.servers.rows.iter();
        let servers = servers.filter_map(|row| Some((TimesOf::Server(row.key), row.latency?)));
        let steps = snapshot.timeline.steps.iter().filter(|step| !step.is_early);
        Self {
            name: snapshot.source.name.clone(),
            kind: Kind::Capture,
            first: snapshot.source.first,
            last: snapshot.source.last,
            focus: snapshot.focus,
            focus_word: snapshot.focus_word(),
            slow_after: snapshot.slow.after,
            filter: snapshot.selected.as_ref().map(|it| it.filter.clone()),
            pseudonyms: snapshot.source.pseudonyms,
            queries: snapshot.queries(),
            responses: snapshot.responses(),
            rcodes: snapshot.rcodes.iter().map(|row| (row.rcode, row.responses)).collect(),
            outcomes: snapshot.outcomes,
            slow: snapshot.slow.responses,
            steps: steps.map(|step| Part { part: step.focus, of: step.whole }).collect(),
            findings: snapshot.findings.iter().map(Told::of).collect(),
            cautions: snapshot.quality.iter().map(|quality| quality.text.clone()).collect(),
            latencies: all.into_iter().chain(rcodes).chain(servers).collect(),
            tables,
            sum: None,
        }
    }

    /// How long it is.
    pub fn duration(&self) -> Duration {
        match (self.first, self.last) {
            (Some(first), Some(last)) => last.since(first),
            _ => Duration::ZERO,
        }
    }

    /// Why nothing can be said of what it does not show.
    pub fn emptiness(&self) -> Option<&'static str> {
        let is_empty = self.queries + self.responses == 0;
        is_empty.then_some("no DNS message was captured: that nothing differs says nothing")
    }

    /// All exchanges in focus, and what their share is of.
    pub fn whole(&self) -> Part {
        self.counted(self.focus)
    }

    /// How many exchanges would be in this focus.
    pub(super) fn counted(&self, focus: Focus) -> Part {
        let Outcomes { answered, unanswered, .. } = self.outcomes;
        match focus {
            Focus::Rcode(rcode) => {
                let row = self.rcodes.iter().find(|(code, _)| *code == rcode);
                Part { part: row.map_or(0, |(_, responses)| *responses), of: self.responses }
            }
            Focus::NoResponse => Part { part: unanswered, of: answered + unanswered },
            Focus::Slow => Part { part: self.slow, of: answered },
        }
    }

    /// The keys of a table that met the focus.
    pub(super) fn keys(&self, table: Table) -> impl Iterator<Item = &Key> {
        let rows = self.tables.get(&table).into_iter().flat_map(|table| &table.by_key);
        rows.filter(|(_, count)| count.part.part > 0).map(|(key, _)| key)
    }

    /// Any count of a table may be too low by this much.
    pub fn error(&self, table: Table) -> u64 {
        self.tables.get(&table).map_or(0, |table| table.error)
    }

    /// What is known of a key.
    pub(super) fn known(&self, table: Table, key: &Key) -> Known {
        let Some(rows) = self.tables.get(&table) else { return Known::Nothing };
        if let Some(count) = rows.by_key.get(key) {
            return Known::Counted(*count);
        }
        if let Some(sum) = &self.sum {
            let Counted { focus, whole, error } = match (table, key) {
                (Table::Servers, Key::Address(address)) => sum.tallies().at_server(*address),
                (Table::Clients, Key::Address(address)) => sum.tallies().at_client(*address),
                (Table::Domains, Key::Domain(name)) => sum.tallies().at_domain(name),
                (Table::Names, Key::Question(question)) => {
                    sum.tallies().at_question(&question.name, question.rtype, question.class)
                }
                _ => Counted::default(),
            };
            return Known::Counted(Count { part: Part { part: focus, of: whole }, error });
        }
        if rows.is_whole && rows.error == 0 { Known::NotInFocus } else { Known::Nothing }
    }

    /// Response times in full, where they are there.
    pub(super) fn times(&self, of: &TimesOf) -> Option<Times> {
        let tallies = self.sum.as_ref()?.tallies();
        match of {
            TimesOf::All => Some(tallies.all_times()),
            TimesOf::Rcode(rcode) => tallies.rcode_times(*rcode).cloned(),
            TimesOf::Server(server) => tallies.server_times(*server).cloned(),
        }
    }
}

fn rows<K>(list: &List<K>, key: impl Fn(&K) -> Key) -> Rows {
    let count = |part, of, error| Count { part: Part { part, of }, error };
    let of_row = list
        .rows
        .iter()
        .map(|row| (key(&row.key), count(row.focus, row.whole.max(row.focus), row.error)));
    Rows {
        by_key: of_row.collect(),
        is_whole: list.total <= list.rows.len() as u64,
        error: list.error,
    }
}

fn types(snapshot: &Snapshot) -> Rows {
    let rows = snapshot.types.iter().map(|split| {
        let part = Part { part: split.focus, of: split.whole.max(split.focus) };
        (Key::Type(split.key), Count { part, error: 0 })
    });
    Rows { by_key: rows.collect(), is_whole: true, error: 0 }
}

impl Told {
    fn of(finding: &Finding) -> Self {
        use crate::snapshot::FindingOutcome::{Response, Unanswered, Unreachable};
        let scope = &finding.scope;
        Self {
            cause: finding.cause.to_owned(),
            fault: finding.fault,
            ending: match finding.outcome {
                Response(rcode) => rcode.to_string(),
                Unanswered => "unanswered".to_owned(),
                Unreachable => "unreachable".to_owned(),
            },
            count: finding.count,
            scope: [scope.servers.clone(), scope.clients.clone(), scope.suffixes.clone()],
            headline: finding.headline.clone(),
        }
    }
}
