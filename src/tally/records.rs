//! Tallies piece by piece, without a hash: what is written down of them, and put together again.
//!
//! Hashes are keyed anew in each process, so keys are written and not hashes. The fields are a
//! promise to whoever keeps what was written: `docs/fleet.md` tells their meaning. What comes back
//! may be anybody's: each record is checked before it is believed ([`super::restore`]).

use serde::{Deserialize, Serialize};

use super::entities::Entities;
use super::latency::Times;
use super::slot::Slot;
use super::splits::MAX_EDE;
use super::{NONE, Tallies};
use crate::focus::Focus;
use crate::iana::Rcode;

/// One piece of tallies. What refers to others follows them: paths and times of servers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Record {
    /// What belongs to no key; the first one.
    Totals(Box<TotalsRecord>),
    /// A client.
    Client(EntityRecord),
    /// A server.
    Server(EntityRecord),
    /// A registered domain.
    Domain(EntityRecord),
    /// A question.
    Name(NameRecord),
    /// Who met what at whom for what.
    Path(PathRecord),
    /// Response times.
    Times(TimesRecord),
    /// Exchanges with one value of a property.
    Split(SplitRecord),
    /// Responses with one Extended DNS Error.
    Ede(EdeRecord),
    /// The steps that follow.
    Course(CourseRecord),
    /// One of them.
    Step(StepRecord),
    /// The facts that follow.
    Facts(FactsRecord),
    /// One of them.
    Fact(Box<FactRecord>),
}

/// What belongs to no key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TotalsRecord {
    /// The focus at which lookups of uncommon codes were followed, as the command line takes it.
    pub(crate) focus: String,
    /// What takes longer is slow, in nanoseconds.
    pub(crate) slow_after: u64,
    /// How long a query waits, in nanoseconds.
    pub(crate) patience: u64,
    pub(crate) answered: u64,
    pub(crate) slow: u64,
    pub(crate) unanswered: u64,
    /// Responses by code.
    pub(crate) rcodes: Vec<(u16, u64)>,
    /// Lookups that met a code, by slot; those of them that recovered; those that were forgotten.
    pub(crate) met: Vec<u64>,
    pub(crate) recovered: Vec<u64>,
    pub(crate) lookups_lost: u64,
    /// What tables have forgotten.
    pub(crate) clients: Forgotten,
    pub(crate) servers: Forgotten,
    pub(crate) domains: Forgotten,
    pub(crate) names: Forgotten,
    pub(crate) paths: Forgotten,
    /// Kinds of Extended DNS Errors and uncommon codes of properties that could not be told apart.
    pub(crate) ede_lost: u64,
    pub(crate) splits_lost: u64,
    /// Names that met trouble were forgotten.
    pub(crate) lost_trouble: bool,
    /// Distinct numbers of the focus may be too low.
    pub(crate) at_least: bool,
}

/// What a bounded table has forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Forgotten {
    /// Any count may be too low by this much.
    pub(crate) error: u64,
    /// How many keys.
    pub(crate) keys: u64,
    /// Counts of uncommon codes that could not be told apart.
    pub(crate) others: u64,
}

/// An address or a domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EntityRecord {
    pub(crate) key: String,
    /// Responses by slot, queries without one, responses that are no first ones; zeros at the end
    /// are left out.
    pub(crate) counts: Vec<u64>,
    /// Counted before it was kept, at most.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) error: u64,
    /// By aspect: its number, the first and the last time, failed lookups (or slow responses).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) apart: Vec<(u8, u64, u64, u64)>,
    /// Responses with uncommon codes: code, count, the first and the last time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) others: Vec<(u16, u64, u64, u64)>,
}

/// A question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NameRecord {
    /// `-` if it is not known.
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) rtype: u16,
    pub(crate) class: u16,
    /// As of an [`EntityRecord`], then slow responses.
    pub(crate) counts: Vec<u64>,
    /// Failed lookups by slot, of codes that mean trouble.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) failed: Vec<u32>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) error: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) others: Vec<(u16, u64, u64, u64)>,
}

/// A path: the numbers of client, server and name in the order in which these came, what was met
/// (a code, or a number beyond all codes), how often, and the error of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct PathRecord(
    pub(crate) u32,
    pub(crate) u32,
    pub(crate) u32,
    pub(crate) u16,
    pub(crate) u32,
    pub(crate) u32,
);

/// Whose response times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TimesOf {
    /// Of a code.
    Rcode(u16),
    /// Of all codes whose times are not kept apart.
    Other,
    /// Of a server, by number in the order in which these came.
    Server(u32),
}

/// Response times in nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TimesRecord {
    pub(crate) of: TimesOf,
    pub(crate) count: u64,
    pub(crate) min: u64,
    pub(crate) max: u64,
    /// Buckets that are not empty: number and count.
    pub(crate) buckets: Vec<(u32, u64)>,
}

/// Exchanges with one value of a property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SplitRecord {
    pub(crate) of: Property,
    pub(crate) value: u16,
    /// As of a [`NameRecord`].
    pub(crate) counts: Vec<u64>,
    /// Responses with uncommon codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) others: Vec<(u16, u64)>,
}

/// What exchanges are split by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Property {
    Type,
    Class,
    Opcode,
    Transport,
}

/// Responses with one Extended DNS Error and one code; the text is escaped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EdeRecord {
    pub(crate) ede: u16,
    pub(crate) rcode: u16,
    pub(crate) responses: u64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) text: String,
}

/// When the first step begins and how long one is, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CourseRecord {
    pub(crate) start: u64,
    pub(crate) step: u64,
}

/// What happened in a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StepRecord {
    /// Which step.
    pub(crate) step: u32,
    pub(crate) queries: u64,
    pub(crate) unanswered: u64,
    pub(crate) unmatched: u64,
    pub(crate) slow: u64,
    /// Responses by slot; zeros at the end are left out.
    pub(crate) responses: Vec<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) others: Vec<(u16, u64)>,
}

/// What all facts have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FactsRecord {
    /// One of two to this power of the lookups is kept.
    pub(crate) level: u32,
    /// When the captures began by which lookups are drawn.
    pub(crate) origins: Vec<u64>,
    /// When the first of the parts began by which they are marked, and their length as a power of two.
    pub(crate) began: u64,
    pub(crate) length: u32,
    pub(crate) responses: u64,
    pub(crate) queries: u64,
    pub(crate) first: u64,
    pub(crate) last: u64,
}

/// A fact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FactRecord {
    pub(crate) client: String,
    pub(crate) server: String,
    pub(crate) name: String,
    /// Type and class, if a question is known.
    pub(crate) question: Option<(u16, u16)>,
    /// How it ended: its number.
    pub(crate) end: u8,
    pub(crate) opcode: u8,
    pub(crate) rcode: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ede: Option<u16>,
    /// Properties, a bit each.
    pub(crate) marks: u16,
    pub(crate) count: u32,
    pub(crate) sent: u32,
    /// In microseconds.
    pub(crate) took: u32,
    pub(crate) waited: u64,
    /// Parts in which it happened, a bit each.
    pub(crate) when: u64,
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// Which of the origins it is drawn by.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) origin: u32,
}

fn is_zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}

/// Without the zeros at the end.
pub(super) fn trimmed(counts: impl IntoIterator<Item = u64>) -> Vec<u64> {
    let mut counts: Vec<u64> = counts.into_iter().collect();
    let length = counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
    counts.truncate(length);
    counts
}

/// What a path met, as a number: codes have twelve bits.
pub(super) fn met_number(met: Focus) -> u16 {
    match met {
        Focus::Rcode(rcode) => rcode.0,
        Focus::NoResponse => 1 << 12,
        Focus::Slow => 2 << 12,
    }
}

/// What a number stands for.
pub(super) fn met_of(number: u16) -> Option<Focus> {
    match number {
        code if code <= Rcode::MAX.0 => Some(Focus::Rcode(Rcode(code))),
        number if number == met_number(Focus::NoResponse) => Some(Focus::NoResponse),
        number if number == met_number(Focus::Slow) => Some(Focus::Slow),
        _ => None,
    }
}

/// The places of a table's rows in the order in which they are written, and for each place its
/// number in that order.
struct Numbered {
    places: Vec<u32>,
    numbers: Vec<u32>,
}

impl Numbered {
    fn new(places: Vec<u32>, room: usize) -> Self {
        let mut numbers = vec![NONE; room];
        for (number, place) in (0..).zip(&places) {
            if let Some(entry) = numbers.get_mut(*place as usize) {
                *entry = number;
            }
        }
        Self { places, numbers }
    }

    fn number(&self, place: u32) -> Option<u32> {
        self.numbers.get(place as usize).copied().filter(|number| *number != NONE)
    }
}

impl Tallies {
    /// Hands out everything that was counted, in an order that does not depend on how it came; must
    /// be settled.
    pub(crate) fn records<E>(
        &self,
        mut each: impl FnMut(Record) -> Result<(), E>,
    ) -> Result<(), E> {
        each(Record::Totals(Box::new(self.totals())))?;
        let clients = Self::entities(&self.clients, Record::Client, &mut each)?;
        let servers = Self::entities(&self.servers, Record::Server, &mut each)?;
        Self::entities(&self.domains, Record::Domain, &mut each)?;
        let names = Numbered::new(self.names.in_order(), self.names.room());
        let others = self.names.others_by_key();
        for place in &names.places {
            self.names.record(*place, &others).map_or(Ok(()), |row| each(Record::Name(row)))?;
        }
        let mut paths: Vec<PathRecord> = self
            .paths
            .all()
            .filter_map(|path| {
                let (client, server) = (clients.number(path.client)?, servers.number(path.server)?);
                let (name, met) = (names.number(path.name)?, met_number(path.met));
                Some(PathRecord(client, server, name, met, path.count, path.error))
            })
            .collect();
        paths.sort_unstable();
        paths.into_iter().try_for_each(|path| each(Record::Path(path)))?;
        self.times_records(&servers).try_for_each(|times| each(Record::Times(times)))?;
        self.splits.records().into_iter().try_for_each(|row| each(Record::Split(row)))?;
        self.splits.ede_records().into_iter().try_for_each(|row| each(Record::Ede(row)))?;
        if let Some((course, steps)) = self.course.records() {
            each(Record::Course(course))?;
            steps.into_iter().try_for_each(|step| each(Record::Step(step)))?;
        }
        let (facts, rows) = self.facts.records();
        each(Record::Facts(facts))?;
        rows.into_iter().try_for_each(|row| each(Record::Fact(Box::new(row))))
    }

    fn entities<K: super::EntityKey, E>(
        table: &Entities<K>,
        make: fn(EntityRecord) -> Record,
        each: &mut impl FnMut(Record) -> Result<(), E>,
    ) -> Result<Numbered, E> {
        let numbered = Numbered::new(table.in_order(), table.room());
        let others = table.others_by_key();
        for place in &numbered.places {
            table.record(*place, &others).map_or(Ok(()), |row| each(make(row)))?;
        }
        Ok(numbered)
    }

    fn totals(&self) -> TotalsRecord {
        let nanos = |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let (met, recovered) = Slot::all().map(|slot| self.lookups.counts(slot)).unzip();
        TotalsRecord {
            focus: self.focus.word(),
            slow_after: nanos(self.slow_after),
            patience: nanos(self.patience),
            answered: self.answered,
            slow: self.slow,
            unanswered: self.unanswered,
            rcodes: self.rcodes().map(|(rcode, count)| (rcode.0, count)).collect(),
            met,
            recovered,
            lookups_lost: self.lookups.lost(),
            clients: self.clients.bound(),
            servers: self.servers.bound(),
            domains: self.domains.bound(),
            names: self.names.bound(),
            paths: self.paths.bound(),
            ede_lost: self.splits.ede_lost(),
            splits_lost: self.splits.lost() - self.splits.ede_lost(),
            lost_trouble: self.names.lost_trouble(),
            at_least: self.distinct_is_bounded(),
        }
    }

    fn times_records<'a>(
        &'a self,
        servers: &'a Numbered,
    ) -> impl Iterator<Item = TimesRecord> + 'a {
        let rcodes = (0..)
            .zip(&self.times)
            .filter_map(|(code, times)| Some((TimesOf::Rcode(code), &**times.as_ref()?)));
        let others = std::iter::once((TimesOf::Other, &self.other_times));
        let servers = servers.places.iter().filter_map(|place| {
            let times = self.server_times.get(*place as usize)?.as_ref()?;
            Some((TimesOf::Server(servers.number(*place)?), &**times))
        });
        rcodes.chain(others).chain(servers).filter_map(|(of, times)| Times::record(times, of))
    }

    /// Adds the counts of another capture, or of another part of this one, hashed with the same key.
    ///
    /// Both must be settled. Unlike for [`Self::merge`], the same clients may be in both: what is
    /// distinct is counted anew by [`Self::complete`]. Tables stay within their bounds.
    pub(crate) fn add_up(&mut self, other: &Self) {
        let (clients, servers, names) = self.merge_tables(other);
        self.paths.add_up(&other.paths, &clients, &servers, &names);
        self.answers_missed |= other.answers_missed;
        self.facts.merge(&other.facts);
        self.splits.trim_ede(MAX_EDE);
        self.trim();
    }

    /// Counts what is distinct; nothing can be added up from then on.
    pub(crate) fn complete(&mut self) {
        self.recount_pairs();
        if self.focus.is_answer() {
            let forgotten = self.paths.forgotten() + self.names.forgotten();
            self.paths_recounted = self.answers_missed || forgotten > 0;
        }
        self.facts.join_origins();
    }
}
