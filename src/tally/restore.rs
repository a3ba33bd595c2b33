//! Tallies from what was written down of them, by anybody: each record is checked before it is
//! believed, and what does not fit the memory granted is refused.

use std::time::Duration;

use super::latency::Times;
use super::records::{PathRecord, Record, TimesOf, TimesRecord, TotalsRecord, met_of};
use super::slot::{SLOTS, Slot};
use super::{Bounds, Tallies, Watched};
use crate::focus::Focus;
use crate::iana::Rcode;
use crate::track::Hasher;

/// The most that any total may be: more than any sensor sees in its life, and thousands of these
/// add up without an overflow.
pub(crate) const MOST_COUNTED: u64 = 1 << 48;

/// The most that estimates may come to: what was counted of a part of the lookups, times the parts.
const MOST_ESTIMATED: u128 = 1 << 62;

/// The most that a sum of many may count: beyond it, sums of rows could overflow.
const MOST_SUMMED: u64 = 1 << 60;

/// The longest times that a query may wait, or a response take until it is slow: a year.
const LONGEST: u64 = 365 * 86_400_000_000_000;

/// Why something cannot be what was written down of tallies.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    /// There are more of a kind than the memory granted has room for.
    #[error("it has more than {most} {what}: grant more with --max-memory")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
    /// A value cannot be one of its kind.
    #[error("one of its {what} holds a value that cannot be")]
    Value {
        /// The kind.
        what: &'static str,
    },
    /// A key is there twice.
    #[error("one of its {what} is there twice")]
    Twice {
        /// The kind.
        what: &'static str,
    },
    /// Rows add up to more than there is.
    #[error("its {what} add up to more than its totals")]
    Sum {
        /// Of which table.
        what: &'static str,
    },
    /// A record is not where it can be.
    #[error("it is not in order: {what} come before what they refer to, or twice")]
    Order {
        /// The kind.
        what: &'static str,
    },
}

/// What rows add up to: responses by slot, and what else is counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums([u64; SLOTS + 4]);

impl Sums {
    pub(crate) const UNANSWERED: usize = SLOTS;
    pub(crate) const UNMATCHED: usize = SLOTS + 1;
    pub(crate) const SLOW: usize = SLOTS + 2;
    pub(crate) const OTHERS: usize = SLOTS + 3;

    pub(crate) fn add(&mut self, which: usize, count: u64) {
        if let Some(sum) = self.0.get_mut(which) {
            *sum = sum.saturating_add(count);
        }
    }

    /// Whether none is more than it can be.
    fn are_within(&self, totals: &Self) -> bool {
        self.0.iter().zip(totals.0).all(|(sum, total)| *sum <= total)
    }
}

/// Tallies that are being put together.
#[derive(Debug)]
pub(crate) struct Restore {
    tallies: Tallies,
    totals: Option<TotalsRecord>,
    /// The places of what came, by number.
    clients: Vec<u32>,
    servers: Vec<u32>,
    names: Vec<u32>,
    of_clients: Sums,
    of_servers: Sums,
    of_domains: Sums,
    of_names: Sums,
    of_course: Sums,
    /// By property.
    of_splits: [Sums; 4],
    has_facts: bool,
}

impl Restore {
    /// Nothing yet. Tallies that shall be added up need the same hasher.
    pub(crate) fn new(bounds: &Bounds, hasher: Hasher) -> Self {
        // What is distinct is counted when all is added up.
        let bounds = Bounds { pairs: 0, lookups: 0, ..*bounds };
        Self {
            tallies: Tallies::new(Watched::default(), &bounds, hasher),
            totals: None,
            clients: Vec::new(),
            servers: Vec::new(),
            names: Vec::new(),
            of_clients: Sums::default(),
            of_servers: Sums::default(),
            of_domains: Sums::default(),
            of_names: Sums::default(),
            of_course: Sums::default(),
            of_splits: [Sums::default(); 4],
            has_facts: false,
        }
    }

    /// Takes in the next piece.
    pub(crate) fn take(&mut self, record: Record) -> Result<(), Broken> {
        match record {
            Record::Totals(totals) => return self.totals(*totals),
            _ if self.totals.is_none() => return Err(Broken::Order { what: "totals" }),
            Record::Client(row) => {
                let place = self.tallies.clients.restore(&row, "clients", &mut self.of_clients)?;
                self.clients.push(place);
            }
            Record::Server(row) => {
                let place = self.tallies.servers.restore(&row, "servers", &mut self.of_servers)?;
                self.servers.push(place);
            }
            Record::Domain(row) => {
                self.tallies.domains.restore(&row, "domains", &mut self.of_domains)?;
            }
            Record::Name(row) => {
                let place = self.tallies.restore_name(&row, &mut self.of_names)?;
                self.names.push(place);
            }
            Record::Path(row) => self.path(row)?,
            Record::Times(row) => {
                let place = match row.of {
                    TimesOf::Server(number) => Some(
                        *self
                            .servers
                            .get(number as usize)
                            .ok_or(Broken::Order { what: "times" })?,
                    ),
                    _ => None,
                };
                self.tallies.restore_times(&row, place)?;
            }
            Record::Split(row) => {
                let sums = self.of_splits.get_mut(row.of as usize);
                let sums = sums.ok_or(Broken::Value { what: "splits" })?;
                self.tallies.splits.restore(&row, sums)?;
            }
            Record::Ede(row) => self.tallies.splits.restore_ede(&row)?,
            Record::Course(row) => self.tallies.course.restore(row)?,
            Record::Step(row) => self.tallies.course.restore_step(&row, &mut self.of_course)?,
            Record::Facts(row) => {
                if std::mem::replace(&mut self.has_facts, true) {
                    return Err(Broken::Order { what: "facts" });
                }
                self.tallies.facts.restore(&row)?;
            }
            Record::Fact(row) => {
                if !self.has_facts {
                    return Err(Broken::Order { what: "facts" });
                }
                self.tallies.facts.restore_row(&row)?;
            }
        }
        Ok(())
    }

    fn totals(&mut self, totals: TotalsRecord) -> Result<(), Broken> {
        let what = "totals";
        if self.totals.is_some() {
            return Err(Broken::Order { what });
        }
        let broken = || Broken::Value { what };
        let focus: Focus = totals.focus.parse().map_err(|_| broken())?;
        let responses =
            totals.rcodes.iter().fold(0_u64, |sum, (_, count)| sum.saturating_add(*count));
        let counts = [responses, totals.answered, totals.slow, totals.unanswered];
        let lookups = totals.met.iter().chain(&totals.recovered);
        let tables = [totals.clients, totals.servers, totals.domains, totals.names, totals.paths];
        let forgotten = tables.iter().flat_map(|it| [it.error, it.keys, it.others]);
        let lost = [totals.lookups_lost, totals.ede_lost, totals.splits_lost];
        let mut all = counts.into_iter().chain(lookups.copied()).chain(forgotten).chain(lost);
        let is_short = totals.met.len() <= SLOTS && totals.recovered.len() <= SLOTS;
        let times = [totals.slow_after, totals.patience];
        if all.any(|count| count > MOST_COUNTED)
            || !is_short
            || times.iter().any(|it| *it > LONGEST)
        {
            return Err(broken());
        }
        let tallies = &mut self.tallies;
        for (code, count) in &totals.rcodes {
            *tallies.rcodes.get_mut(usize::from(*code)).ok_or_else(broken)? += count;
        }
        (tallies.answered, tallies.slow) = (totals.answered, totals.slow);
        tallies.unanswered = totals.unanswered;
        tallies.focus = focus;
        tallies.slow_after = Duration::from_nanos(totals.slow_after);
        tallies.patience = Duration::from_nanos(totals.patience);
        tallies.lookups.restore(&totals.met, &totals.recovered, totals.lookups_lost);
        tallies.answers_missed = totals.at_least;
        self.totals = Some(totals);
        Ok(())
    }

    fn path(&mut self, row: PathRecord) -> Result<(), Broken> {
        let PathRecord(client, server, name, met, count, error) = row;
        let what = "paths";
        let place = |places: &[u32], number: u32| {
            places.get(number as usize).copied().ok_or(Broken::Order { what })
        };
        let (client, server) = (place(&self.clients, client)?, place(&self.servers, server)?);
        let name = place(&self.names, name)?;
        let met = met_of(met).ok_or(Broken::Value { what })?;
        self.tallies.paths.restore(super::Path { client, server, name, count, error, met })
    }

    /// The tallies, once everything came.
    pub(crate) fn finish(mut self) -> Result<Tallies, Broken> {
        let totals = self.totals.take().ok_or(Broken::Order { what: "totals" })?;
        let tallies = &mut self.tallies;
        let most = limits(tallies);
        let tables = [
            ("clients", &self.of_clients),
            ("servers", &self.of_servers),
            ("domains", &self.of_domains),
            ("names", &self.of_names),
            ("steps", &self.of_course),
        ];
        let splits = self.of_splits.iter().map(|sums| ("splits", sums));
        if let Some((what, _)) =
            tables.into_iter().chain(splits).find(|(_, it)| !it.are_within(&most))
        {
            return Err(Broken::Sum { what });
        }
        if !tallies.can_be_summed() {
            return Err(Broken::Sum { what: "facts" });
        }
        tallies.clients.set_bound(totals.clients);
        tallies.servers.set_bound(totals.servers);
        tallies.domains.set_bound(totals.domains);
        tallies.names.set_bound(totals.names, totals.lost_trouble);
        tallies.paths.set_bound(totals.paths);
        tallies.splits.set_lost(totals.ede_lost, totals.splits_lost);
        Ok(self.tallies)
    }
}

/// What the rows of a table can add up to at most.
fn limits(tallies: &Tallies) -> Sums {
    let mut most = Sums::default();
    for (rcode, count) in tallies.rcodes() {
        most.add(Slot::of(rcode).place(), count);
        most.add(Sums::UNMATCHED, count);
        if Slot::of(rcode) == Slot::OTHER {
            most.add(Sums::OTHERS, count);
        }
    }
    most.add(Sums::UNANSWERED, tallies.unanswered);
    most.add(Sums::SLOW, tallies.slow);
    most
}

impl Tallies {
    /// Whether no number that is told of them can overflow.
    pub(crate) fn can_be_summed(&self) -> bool {
        let responses: u64 = self.rcodes.iter().fold(0, |sum, count| sum.saturating_add(*count));
        let counts = [responses, self.answered, self.slow, self.unanswered];
        counts.iter().all(|count| *count <= MOST_SUMMED)
            && self.facts.estimated().iter().all(|sum| *sum <= MOST_ESTIMATED)
    }

    /// Puts response times into the table, of the server at a place if there is one.
    fn restore_times(&mut self, record: &TimesRecord, server: Option<u32>) -> Result<(), Broken> {
        let what = "response times";
        let times = Times::restore(record).ok_or(Broken::Value { what })?;
        if record.count > self.answered {
            return Err(Broken::Sum { what });
        }
        let twice = match (record.of, server) {
            (TimesOf::Rcode(code), _) => {
                let place = self.times.get_mut(usize::from(code));
                let place = place.ok_or(Broken::Value { what })?;
                place.replace(Box::new(times)).is_some()
            }
            (_, Some(server)) => {
                let place = self.times_of(server);
                let place = place.ok_or(Broken::TooMany { what, most: super::MAX_SERVER_TIMES })?;
                let twice = place.latency().is_some();
                *place = times;
                twice
            }
            (_, None) => {
                let twice = self.other_times.latency().is_some();
                self.other_times = times;
                twice
            }
        };
        if twice { Err(Broken::Twice { what }) } else { Ok(()) }
    }
}

/// Counts of another focus: what was followed for its sake alone says nothing here.
impl Tallies {
    /// Prepares what was restored for being added to tallies with another focus; whether lookups are
    /// missing that would have been followed with it from the start.
    pub(crate) fn look_at(&mut self, focus: Focus) -> bool {
        if focus == self.focus {
            return false;
        }
        self.focus = focus;
        self.lookups.clear(Slot::OTHER);
        self.clients.clear_failed(Slot::OTHER);
        self.names.clear_failed(Slot::OTHER);
        self.answers_missed = true;
        focus.rcode().is_some_and(|rcode: Rcode| Slot::of(rcode) == Slot::OTHER)
    }
}
