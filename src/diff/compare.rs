//! Two sides, row by row: what differs by more than chance and by more than a trifle.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

use super::side::{Count, Key, Known, Side, Table, TimesOf, Told};
use super::stats::{Part, believable, chance, spread};
use crate::focus::Focus;
use crate::iana::Rcode;
use crate::snapshot::Latency;

/// Of all that is told, no more than this share is to be expected to be there by chance.
pub const RATE: f64 = 0.01;

/// The odds of a share must change by this factor: from 1 % to 2 %, or from 40 % to 57 %.
pub const ODDS: f64 = 2.0;

/// Fewer exchanges in focus, on the side that has more, are not worth telling.
pub const ENOUGH: u64 = 5;

/// Fewer response times on either side say nothing.
pub const ENOUGH_TIMES: u64 = 30;

/// Medians must differ by this factor, and by this much.
const TIMES_FACTOR: f64 = 1.5;
const TIMES_LEAST: Duration = Duration::from_micros(500);

/// Steps of a timeline are joined until there are at most so many, to see how restless it is.
const GROUPS: usize = 64;

/// How something changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Turn {
    /// It met the focus, and did not before.
    New,
    /// It met it more often.
    Grown,
    /// It met it, and does not any more.
    Gone,
    /// It met it less often.
    Less,
}

impl Turn {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Grown => "grown",
            Self::Gone => "gone",
            Self::Less => "less",
        }
    }

    /// Whether there is more of it.
    pub const fn is_more(self) -> bool {
        matches!(self, Self::New | Self::Grown)
    }

    fn of(before: u64, after: u64, more: bool) -> Self {
        match (before, after, more) {
            (0, _, true) => Self::New,
            (_, _, true) => Self::Grown,
            (_, 0, false) => Self::Gone,
            (_, _, false) => Self::Less,
        }
    }
}

/// A row that changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Change<K> {
    /// What it is about.
    pub key: K,
    /// How.
    pub turn: Turn,
    /// What was counted; `None` where a side was not seen to have it, or only knows that it did not
    /// meet the focus. Then shares are of all that the side has.
    pub before: Option<Count>,
    /// Likewise.
    pub after: Option<Count>,
    /// How likely such a difference is by chance.
    pub chance: f64,
    /// Whether that is bad.
    pub worse: bool,
}

/// Response times that changed.
#[derive(Clone, Debug, PartialEq)]
pub struct TimesChange {
    /// Whose.
    pub of: TimesOf,
    /// What they were.
    pub before: Latency,
    /// What they are.
    pub after: Latency,
    /// How likely such a difference is by chance.
    pub chance: f64,
}

impl TimesChange {
    /// Whether it takes longer now.
    pub fn is_slower(&self) -> bool {
        self.after.p50 > self.before.p50
    }
}

/// A finding that came, went or changed.
#[derive(Clone, Debug, PartialEq)]
pub struct FindingChange {
    /// How.
    pub turn: Turn,
    /// What it says; of the later side, if it has it.
    pub told: Told,
    /// Its exchanges on each side.
    pub before: u64,
    /// Likewise.
    pub after: u64,
    /// How likely such a difference is by chance.
    pub chance: f64,
}

/// What two sides come to.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Codes, of responses.
    pub rcodes: Vec<Change<Rcode>>,
    /// No response, of queries that had an end, and slow ones, of those that were answered.
    pub outcomes: Vec<Change<Focus>>,
    /// What is in focus, as a whole; it is always told.
    pub whole: Option<Change<Focus>>,
    /// Whether the whole differs by more than chance and a trifle.
    pub whole_changed: bool,
    /// Rows of each table, in the order of [`Table::ALL`].
    pub tables: Vec<Vec<Change<Key>>>,
    /// Response times.
    pub times: Vec<TimesChange>,
    /// Findings.
    pub findings: Vec<FindingChange>,
    /// How many differences were looked at.
    pub tested: u64,
    /// How many times as much shares vary over time as those of independent exchanges.
    pub spread: f64,
    /// Rows of which one side cannot tell whether they met the focus, as its lists were cut.
    pub unknown: u64,
}

impl Comparison {
    /// Whether anything got worse.
    pub fn is_worse(&self) -> bool {
        let rows = self.tables.iter().flatten().any(|change| change.worse);
        rows || self.rcodes.iter().any(|change| change.worse)
            || self.outcomes.iter().any(|change| change.worse)
            || self.times.iter().any(TimesChange::is_slower)
            || self.findings.iter().any(|it| it.told.fault && it.turn.is_more())
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.tables.iter().all(Vec::is_empty)
            && self.rcodes.is_empty()
            && self.outcomes.is_empty()
            && self.times.is_empty()
            && self.findings.is_empty()
    }
}

/// Compares two sides that have the same focus.
pub fn compare(before: &Side, after: &Side) -> Comparison {
    let restless = restlessness(before).max(restlessness(after));
    let scale = Scale { before: before.whole(), after: after.whole(), spread: restless };
    let mut it = Comparison { spread: restless, ..Comparison::default() };
    for (table, ..) in Table::ALL {
        let rows = table_rows(before, after, table, &scale, &mut it);
        it.tables.push(rows);
    }
    it.rcodes = rcodes(before, after, &scale, &mut it.tested);
    it.outcomes = outcomes(before, after, &scale, &mut it.tested);
    it.times = times(before, after, &mut it.tested);
    it.findings = findings(before, after, &scale, &mut it.tested);
    let (ours, theirs) =
        (Count { part: scale.before, error: 0 }, Count { part: scale.after, error: 0 });
    let worse = is_bad(before.focus);
    it.whole = Some(change(before.focus, Some(ours), Some(theirs), &scale, worse));
    keep_believable(&mut it);
    it.whole_changed = it
        .whole
        .as_ref()
        .is_some_and(|it| it.chance <= RATE && is_worth_telling(scale.before, scale.after));
    it
}

/// What rows are measured by.
#[derive(Clone, Copy, Debug)]
struct Scale {
    before: Part,
    after: Part,
    spread: f64,
}

/// How restless the focus is on one side.
fn restlessness(side: &Side) -> f64 {
    let joined = side.steps.len().div_ceil(GROUPS).max(1);
    let groups: Vec<Part> = side
        .steps
        .chunks(joined)
        .map(|steps| Part {
            part: steps.iter().map(|step| step.part).sum(),
            of: steps.iter().map(|step| step.of).sum(),
        })
        .collect();
    spread(&groups)
}

/// Whether more of it is bad.
fn is_bad(focus: Focus) -> bool {
    focus == Focus::Slow || focus.is_failure()
}

fn is_worth_telling(before: Part, after: Part) -> bool {
    let factor = after.odds() / before.odds();
    before.part.max(after.part) >= ENOUGH && (factor >= ODDS || factor <= 1.0 / ODDS)
}

/// A row of both sides. Where one does not know it, exchanges in focus are taken as a part of all that
/// the side has, and so they are where that is asked for; where tables were bounded, by what speaks
/// least for a difference.
fn change<K>(
    key: K,
    before: Option<Count>,
    after: Option<Count>,
    scale: &Scale,
    worse: bool,
) -> Change<K> {
    let seen = |count: &Option<Count>| count.is_some_and(|it| it.part.of + it.error > 0);
    let of_itself = seen(&before) && seen(&after);
    let taken = |count: Option<Count>, whole: Part| {
        let Count { part, error } = count.unwrap_or_default();
        let of = if of_itself { part.of } else { whole.of };
        (Part { part: part.part, of }, error)
    };
    let (one, one_error) = taken(before, scale.before);
    let (other, other_error) = taken(after, scale.after);
    let more = other.share() > one.share();
    // What was not counted may have been in focus, or not: as it makes them most alike.
    let (one, other) = if more {
        (more_of(one, one_error), fewer_of(other, other_error))
    } else {
        (fewer_of(one, one_error), more_of(other, other_error))
    };
    let is_still = if more { other.share() > one.share() } else { other.share() < one.share() };
    let chance = if is_still { chance(one, other, scale.spread) } else { 1.0 };
    let focus = |count: Option<Count>| count.map_or(0, |it| it.part.part);
    let turn = Turn::of(focus(before), focus(after), more);
    let chance = if is_worth_telling(one, other) { chance } else { chance.max(NOT_WORTH) };
    Change { key, turn, before, after, chance, worse: worse && more }
}

/// The chance that is given to what is no difference worth telling: above any that is believed.
const NOT_WORTH: f64 = 0.999;

fn more_of(part: Part, by: u64) -> Part {
    Part { part: part.part.saturating_add(by), of: part.of.saturating_add(by) }
}

fn fewer_of(part: Part, by: u64) -> Part {
    Part { of: part.of.saturating_add(by), ..part }
}

fn table_rows(
    before: &Side,
    after: &Side,
    table: Table,
    scale: &Scale,
    it: &mut Comparison,
) -> Vec<Change<Key>> {
    let keys: BTreeSet<&Key> = before.keys(table).chain(after.keys(table)).collect();
    let mut rows = Vec::new();
    for key in keys {
        let counted = |side: &Side| match side.known(table, key) {
            Known::Counted(count) => Some(Some(count)),
            Known::NotInFocus => Some(None),
            Known::Nothing => None,
        };
        let (Some(one), Some(other)) = (counted(before), counted(after)) else {
            it.unknown += 1;
            continue;
        };
        it.tested += 1;
        rows.push(change(key.clone(), one, other, scale, is_bad(before.focus)));
    }
    rows
}

fn rcodes(before: &Side, after: &Side, scale: &Scale, tested: &mut u64) -> Vec<Change<Rcode>> {
    let codes = before.rcodes.iter().chain(&after.rcodes).map(|(rcode, _)| *rcode);
    let codes: BTreeSet<Rcode> = codes.collect();
    *tested += codes.len() as u64;
    let row = |rcode: Rcode| {
        let [one, other] =
            [before, after].map(|side| Some(Count { part: side.counted(rcode.into()), error: 0 }));
        change(rcode, one, other, scale, !rcode.is_answer())
    };
    codes.into_iter().map(row).collect()
}

fn outcomes(before: &Side, after: &Side, scale: &Scale, tested: &mut u64) -> Vec<Change<Focus>> {
    let slow = before.slow_after == after.slow_after;
    let all = [(Focus::NoResponse, true), (Focus::Slow, slow)];
    let row = |(focus, _): (Focus, bool)| {
        let [one, other] =
            [before, after].map(|side| Some(Count { part: side.counted(focus), error: 0 }));
        *tested += 1;
        change(focus, one, other, scale, true)
    };
    all.into_iter().filter(|(_, is_alike)| *is_alike).map(row).collect()
}

fn times(before: &Side, after: &Side, tested: &mut u64) -> Vec<TimesChange> {
    let mut all = Vec::new();
    for (of, one) in &before.latencies {
        let Some((_, other)) = after.latencies.iter().find(|(other, _)| other == of) else {
            continue;
        };
        if one.count.min(other.count) < ENOUGH_TIMES {
            continue;
        }
        *tested += 1;
        // Between both medians: of the slower side at least half are above it, and of the faster one
        // at most half.
        let middle = Duration::from_nanos(nanos((nanos_f(one.p50) * nanos_f(other.p50)).sqrt()));
        let slower = other.p50 > one.p50;
        let above = |side: &Side, latency: &Latency, at_least: bool| match side.times(of) {
            Some(times) => {
                let (part, of) = times.above(nanos(nanos_f(middle)));
                Part { part, of }
            }
            None => bounded(latency, middle, at_least),
        };
        let (ours, theirs) = (above(before, one, !slower), above(after, other, slower));
        let factor = nanos_f(other.p50.max(one.p50)) / nanos_f(other.p50.min(one.p50)).max(1.0);
        let is_much = factor >= TIMES_FACTOR && other.p50.abs_diff(one.p50) >= TIMES_LEAST;
        let holds = (theirs.share() > ours.share()) == slower;
        let chance = if is_much && holds { chance(ours, theirs, 1.0) } else { NOT_WORTH };
        all.push(TimesChange { of: of.clone(), before: *one, after: *other, chance });
    }
    all
}

fn nanos_f(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times are positive and far below the greatest number"
)]
fn nanos(time: f64) -> u64 {
    time as u64
}

/// How many are above a time, where only some quantiles are known: at least, or at most.
fn bounded(latency: &Latency, time: Duration, at_least: bool) -> Part {
    let Latency { count, min, p50, p95, p99, max } = *latency;
    // Above each of these there are so many hundredths, or fewer.
    let known = [(min, 100), (p50, 50), (p95, 5), (p99, 1), (max, 0)];
    let hundredths = if at_least {
        known.iter().find(|(quantile, _)| *quantile > time).map_or(0, |(_, above)| *above)
    } else {
        known.iter().rfind(|(quantile, _)| *quantile <= time).map_or(100, |(_, above)| *above)
    };
    Part { part: count / 100 * hundredths + count % 100 * hundredths / 100, of: count }
}

fn findings(before: &Side, after: &Side, scale: &Scale, tested: &mut u64) -> Vec<FindingChange> {
    let mut old: Vec<&Told> = before.findings.iter().collect();
    let mut pairs: Vec<(Option<&Told>, Option<&Told>)> = Vec::new();
    let mut new: Vec<&Told> = Vec::new();
    for told in &after.findings {
        match old.iter().position(|other| is_same(other, told)) {
            Some(place) => pairs.push((Some(old.remove(place)), Some(told))),
            None => new.push(told),
        }
    }
    // What is left may have another scope now.
    for told in new {
        match old.iter().position(|other| is_alike(other, told)) {
            Some(place) => pairs.push((Some(old.remove(place)), Some(told))),
            None => pairs.push((None, Some(told))),
        }
    }
    pairs.extend(old.into_iter().map(|told| (Some(told), None)));
    *tested += pairs.len() as u64;
    // Findings are of any exchange: of responses and of queries without one.
    let whole = |side: &Side| side.responses.saturating_add(side.outcomes.unanswered);
    let (all_before, all_after) = (whole(before), whole(after));
    let change = |(one, other): (Option<&Told>, Option<&Told>)| {
        let count = |told: Option<&Told>| told.map_or(0, |told| told.count);
        let (before, after) = (count(one), count(other));
        let part = |count: u64, of: u64| Part { part: count.min(of), of };
        let (ours, theirs) = (part(before, all_before), part(after, all_after));
        let more = theirs.share() > ours.share();
        let chance = if is_worth_telling(ours, theirs) {
            chance(ours, theirs, scale.spread)
        } else {
            NOT_WORTH
        };
        let turn = match (one, other) {
            (None, _) => Turn::New,
            (_, None) => Turn::Gone,
            _ if more => Turn::Grown,
            _ => Turn::Less,
        };
        let told = other.or(one).cloned().unwrap_or_default();
        FindingChange { turn, told, before, after, chance }
    };
    pairs.into_iter().map(change).collect()
}

/// The same cause in the same place.
fn is_same(one: &Told, other: &Told) -> bool {
    (&one.cause, &one.ending, &one.scope) == (&other.cause, &other.ending, &other.scope)
}

/// The same cause in a place that has something in common with the other one.
fn is_alike(one: &Told, other: &Told) -> bool {
    let [servers, also] = [one, other].map(|told| &told.scope[0]);
    let meet = servers.iter().any(|server| also.contains(server));
    let anywhere = servers.is_empty() && also.is_empty();
    (&one.cause, &one.ending) == (&other.cause, &other.ending) && (meet || anywhere)
}

/// Leaves what can be believed, most first.
fn keep_believable(it: &mut Comparison) {
    let mut chances: Vec<f64> = it.tables.iter().flatten().map(|row| row.chance).collect();
    chances.extend(it.rcodes.iter().map(|row| row.chance));
    chances.extend(it.outcomes.iter().map(|row| row.chance));
    chances.extend(it.times.iter().map(|row| row.chance));
    chances.extend(it.findings.iter().map(|row| row.chance));
    let most = believable(chances, RATE).unwrap_or(-1.0);
    for rows in &mut it.tables {
        rows.retain(|row| row.chance <= most);
        rows.sort_by_key(|row| (row.turn, Reverse(weight(row))));
    }
    it.rcodes.retain(|row| row.chance <= most);
    it.outcomes.retain(|row| row.chance <= most);
    it.times.retain(|row| row.chance <= most);
    it.findings.retain(|row| row.chance <= most);
    it.findings.sort_by_key(|row| (row.turn, Reverse(row.before.max(row.after))));
}

/// How much a row counts, where it counts most.
fn weight(row: &Change<Key>) -> u64 {
    let part = |count: Option<Count>| count.map_or(0, |it| it.part.part);
    part(row.before).max(part(row.after))
}
