//! From counts to rows: chosen, sorted, cut and escaped.

use std::cmp::{Ordering, Reverse};
use std::net::IpAddr;

use hashbrown::HashMap;

use crate::diagnose::{Roles, Watch};
use crate::tally::{Apart, Aspect, Entities, EntityKey, Path, SplitRow, Tallies};
use crate::wire::name::{compare, suffix, text};
use crate::wire::{Address, Question};

use super::{
    Distinct, EdeRow, Finding, Focus, Impact, List, PathKey, Prefix, QuestionKey, RcodeRow, Row,
    Slow, Snapshot, SnapshotSpec, Split, Timestamp, share,
};

/// Fills in everything that comes from the counts.
pub(crate) fn fill(snapshot: &mut Snapshot, tallies: &Tallies, spec: &SnapshotSpec) {
    let focus = tallies.focus();
    let total: u64 = tallies.rcodes().map(|(_, count)| count).sum();
    snapshot.focus = focus;
    snapshot.slow = Slow { after: tallies.slow_after(), responses: tallies.slow() };
    snapshot.spec = spec.clone();
    snapshot.rcodes = tallies
        .rcodes()
        .map(|(rcode, responses)| RcodeRow {
            rcode,
            responses,
            share: share(responses, total),
            latency: tallies.latency_of(rcode),
        })
        .collect();
    snapshot.latency = tallies.latency();
    // NOERROR and NXDOMAIN are answers: a lookup that gets one did not fail.
    let code = focus.rcode().filter(|rcode| !rcode.is_answer());
    snapshot.impact = code.map_or_else(Impact::default, |rcode| tallies.impact(rcode));
    snapshot.servers = servers(tallies, spec.top);
    snapshot.servers_seen = tallies.servers.len() as u64;
    snapshot.clients = clients(tallies, spec.top);
    if spec.lists.prefixes {
        snapshot.prefixes = prefixes(tallies, spec.top);
    }
    snapshot.names = names(tallies, spec.top);
    snapshot.unknown = tallies.unknown();
    if spec.lists.domains {
        snapshot.domains = domains(tallies, spec.top);
    }
    snapshot.suffixes = spec
        .label_depth
        .map_or_else(List::default, |depth| suffixes(tallies, usize::from(depth), spec.top));
    if spec.lists.paths {
        snapshot.paths = paths(tallies, spec.top);
    }
    fill_splits(snapshot, tallies);
    snapshot.timeline = tallies.timeline();
}

/// What the counts mean, as it was weighed last.
#[derive(Debug, Default)]
pub(crate) struct Weighed {
    findings: Vec<Finding>,
    roles: Roles,
    /// Lookups that met a focus, where only facts tell of them.
    impact: Option<(Focus, Impact)>,
    watch: Watch,
}

impl Weighed {
    /// Puts what went wrong down to causes, and learns who does what.
    pub(crate) fn weigh(&mut self, tallies: &Tallies, now: Timestamp) {
        let (findings, roles, impact) = crate::diagnose::weigh(tallies);
        self.findings = self.watch.follow(now, findings);
        self.roles = roles;
        self.impact = impact.map(|impact| (tallies.focus(), impact));
    }

    /// No packet follows: what is found from now on is told as it is.
    pub(crate) fn finish(&mut self) {
        self.watch.finish();
    }

    /// Fills in everything that comes from what the counts mean.
    pub(crate) fn fill(&self, snapshot: &mut Snapshot) {
        snapshot.findings.clone_from(&self.findings);
        if let Some((_, impact)) = self.impact.filter(|(focus, _)| *focus == snapshot.focus) {
            snapshot.impact = impact;
        }
        snapshot.vantage.clone_from(&self.roles.vantage);
        for row in &mut snapshot.servers.rows {
            row.role = self.roles.of_server(row.key);
        }
        for row in &mut snapshot.clients.rows {
            row.role = self.roles.of_client(row.key);
            row.place = Some(self.roles.place(row.key));
        }
    }
}

fn fill_splits(snapshot: &mut Snapshot, tallies: &Tallies) {
    let (splits, focus) = (&tallies.splits, tallies.focus());
    snapshot.types = split(splits.types(focus));
    snapshot.classes = split(splits.classes(focus));
    snapshot.opcodes = split(splits.opcodes(focus));
    snapshot.transports = split(splits.transports(focus));
    snapshot.ede = splits
        .ede()
        .map(|(ede, rcode, explained)| EdeRow {
            ede,
            rcode,
            responses: explained.responses,
            text: explained.text.clone(),
        })
        .collect();
    snapshot.ede.sort_by_key(|row| (Reverse(row.responses), row.ede, row.rcode));
}

fn split<K: Copy + Ord>(rows: Vec<SplitRow<K>>) -> Vec<Split<K>> {
    let row =
        |SplitRow { value, responses, focus, whole }| Split { key: value, responses, focus, whole };
    let mut rows: Vec<Split<K>> = rows.into_iter().map(row).collect();
    rows.sort_by_key(|row| (Reverse(row.focus), Reverse(row.whole), row.key));
    rows
}

/// What could become a row: its exchanges in focus, and its number.
type Candidate = (u64, u32);

/// The first `top` by focus, ties by key; only these are made into rows.
///
/// Keys are costly to spell out and rows as heavy as the last one may be many, as in an attack
/// where every name is asked once: `order` compares the keys behind two numbers as they are.
fn list<K>(
    candidates: impl Iterator<Item = Candidate>,
    top: usize,
    error: u64,
    order: impl Fn(u32, u32) -> Ordering,
    make: impl Fn(u32) -> Row<K>,
) -> List<K> {
    let mut heaviest = Heaviest::new(top);
    candidates.for_each(|candidate| heaviest.add(candidate));
    let (total, all) = (heaviest.total, heaviest.all);
    let mut chosen = heaviest.choose(&order);
    chosen.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| order(one.1, other.1)));
    let rows: Vec<Row<K>> = chosen.iter().map(|(_, number)| make(*number)).collect();
    let shown: u64 = rows.iter().map(|row| row.focus).sum();
    List { rows, total, omitted: all - shown, error }
}

/// The heaviest of many candidates. Most are lighter than what is kept, and gone after one look.
struct Heaviest {
    top: usize,
    kept: Vec<Candidate>,
    /// When so many are kept, it is worth to see which of them may go.
    most: usize,
    /// There are as many as can be chosen that are as heavy as this, or heavier.
    least: u64,
    total: u64,
    all: u64,
}

/// Candidates kept for each that is chosen.
const KEPT_FOR_EACH: usize = 8;

impl Heaviest {
    fn new(top: usize) -> Self {
        let most = top.saturating_mul(KEPT_FOR_EACH).max(1);
        Self { top, kept: Vec::new(), most, least: 0, total: 0, all: 0 }
    }

    #[inline]
    fn add(&mut self, candidate: Candidate) {
        self.total += 1;
        self.all += candidate.0;
        if candidate.0 >= self.least {
            self.kept.push(candidate);
            if self.kept.len() >= self.most {
                self.prune();
            }
        }
    }

    /// Lets go of what is lighter than the last that can be chosen.
    fn prune(&mut self) {
        if self.top >= self.kept.len() {
            return;
        }
        let Some(last) = self.top.checked_sub(1) else { return self.kept.clear() };
        let weight = |candidate: &Candidate| Reverse(candidate.0);
        let (_, last, _) = self.kept.select_nth_unstable_by_key(last, weight);
        let least = last.0;
        self.least = least;
        self.kept.retain(|candidate| candidate.0 >= least);
        // All of these may be as heavy as each other.
        self.most = self.most.max(self.kept.len().saturating_mul(2));
    }

    /// Those that are heavier than the last one, and of the equally heavy ones the first.
    fn choose(mut self, order: impl Fn(u32, u32) -> Ordering) -> Vec<Candidate> {
        self.prune();
        let Self { top, mut kept, least, .. } = self;
        if kept.len() > top {
            let heavier = kept.iter().filter(|candidate| candidate.0 > least).count();
            let ties = kept.iter().filter(|candidate| candidate.0 == least);
            let first = first_of(ties.map(|candidate| candidate.1), top - heavier, order);
            kept.retain(|candidate| candidate.0 > least);
            kept.extend(first.into_iter().map(|number| (least, number)));
        }
        kept
    }
}

/// The first `most` numbers in an order; nearly all are compared just once.
fn first_of(
    numbers: impl Iterator<Item = u32>,
    most: usize,
    order: impl Fn(u32, u32) -> Ordering,
) -> Vec<u32> {
    let mut first: Vec<u32> = Vec::new();
    for number in numbers {
        let is_full = first.len() >= most;
        if is_full && first.last().is_none_or(|last| order(number, *last).is_ge()) {
            continue;
        }
        let place = first.partition_point(|other| order(*other, number).is_lt());
        if is_full {
            first.pop();
        }
        first.insert(place, number);
    }
    first
}

/// In place of an address that is not kept.
const NO_ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);

fn servers(tallies: &Tallies, top: usize) -> List<IpAddr> {
    addresses(tallies, &tallies.servers, top, true)
}

fn clients(tallies: &Tallies, top: usize) -> List<IpAddr> {
    addresses(tallies, &tallies.clients, top, false)
}

fn addresses(
    tallies: &Tallies,
    entities: &Entities<Address>,
    top: usize,
    are_servers: bool,
) -> List<IpAddr> {
    let (focus, unknown) = (tallies.focus(), tallies.unknown());
    let bounded = tallies.distinct_is_bounded();
    let order = |one, other| address(entities, one).cmp(&address(entities, other));
    list(with_focus(tallies, entities), top, entities.error(), order, |place| {
        let span = entities.focus(place, focus);
        let entity = entities.get(place);
        let again = entity.is_some_and(|entity| entity.error > 0);
        let distinct = |what, least| {
            let Distinct { count, .. } = entities.distinct(place, what, Aspect::of(focus));
            Some(bound(count, bounded || again, least))
        };
        let one = span.count.min(1);
        // Only what means trouble has its first and last time kept.
        let kept = !focus.is_answer();
        Row {
            responses: entity.map_or(0, |entity| entity.responses),
            focus: span.count,
            whole: entity.map_or(0, |entity| entity.whole(focus)),
            unanswered: entity.map_or(0, |entity| entity.unanswered),
            clients: distinct(Apart::Clients, one).filter(|_| are_servers),
            servers: distinct(Apart::Servers, one).filter(|_| !are_servers),
            // Perhaps nobody tells what was asked.
            names: distinct(Apart::Names, if unknown == 0 { one } else { 0 }),
            first: kept.then_some(span.first),
            last: kept.then_some(span.last),
            latency: if are_servers { tallies.server_latency(place) } else { None },
            error: entity.map_or(0, |entity| entity.error),
            ..blank(address(entities, place))
        }
    })
}

/// A number of distinct things. Where some may be missing, there are `least` all the same: whatever
/// was met has at least one client and one server.
fn bound(count: u64, at_least: bool, least: u64) -> Distinct {
    Distinct { count: if at_least { count.max(least) } else { count }, at_least }
}

fn address(entities: &Entities<Address>, place: u32) -> IpAddr {
    entities.get(place).map_or(NO_ADDRESS, |entity| entity.key.ip())
}

fn with_focus<K: EntityKey>(
    tallies: &Tallies,
    entities: &Entities<K>,
) -> impl Iterator<Item = Candidate> {
    entities.counts(tallies.focus())
}

fn domains(tallies: &Tallies, top: usize) -> List<String> {
    let (focus, entities) = (tallies.focus(), &tallies.domains);
    let bounded = tallies.distinct_is_bounded();
    let name = |place| entities.get(place).map_or(&[][..], |entity| entity.key);
    let order = |one, other| compare(name(one), name(other));
    list(with_focus(tallies, entities), top, entities.error(), order, |place| {
        let span = entities.focus(place, focus);
        let entity = entities.get(place);
        let distinct = entities.distinct(place, Apart::Names, Aspect::of(focus));
        let kept = !focus.is_answer();
        Row {
            responses: entity.as_ref().map_or(0, |entity| entity.responses),
            focus: span.count,
            whole: entity.as_ref().map_or(0, |entity| entity.whole(focus)),
            unanswered: entity.as_ref().map_or(0, |entity| entity.unanswered),
            names: Some(bound(distinct.count, bounded, span.count.min(1))),
            first: kept.then_some(span.first),
            last: kept.then_some(span.last),
            error: entity.map_or(0, |entity| entity.error),
            ..blank(text(name(place)))
        }
    })
}

/// IPv4 networks of this length and IPv6 networks of that one stand for a site.
const PREFIXES: (u8, u8) = (24, 56);

/// The network of an address: its first address, and the length of its prefix.
fn prefix(address: Address) -> (Address, u8) {
    let (family, length) = if address.is_v4() { (96, PREFIXES.0) } else { (0, PREFIXES.1) };
    (address.prefix(family + u32::from(length)), length)
}

fn prefixes(tallies: &Tallies, top: usize) -> List<Prefix> {
    let (focus, entities) = (tallies.focus(), &tallies.clients);
    let mut places: HashMap<_, usize, foldhash::fast::RandomState> = HashMap::default();
    let mut rows: Vec<Row<Prefix>> = Vec::new();
    let mut met: Vec<(usize, u32)> = Vec::new();
    for entity in entities.iter() {
        let key = prefix(*entity.key);
        let place = *places.entry(key).or_insert_with(|| {
            rows.push(blank(Prefix { address: key.0.ip(), length: key.1 }));
            rows.len() - 1
        });
        let Some(row) = rows.get_mut(place) else { continue };
        row.responses += entity.responses;
        row.whole += entity.whole(focus);
        row.unanswered += entity.unanswered;
        row.error += entity.error;
        let count = entities.count(entity.place, focus);
        if count > 0 {
            row.focus += count;
            let clients = row.clients.get_or_insert_default();
            clients.count += 1;
            clients.at_least = entities.error() > 0;
            met.push((place, entity.place));
        }
    }
    if !focus.is_answer() {
        // Times lie far apart in memory: by themselves, many are fetched at once.
        for (place, client) in met {
            let span = entities.focus(client, focus);
            if let Some(row) = rows.get_mut(place) {
                widen(row, span.first, span.last);
            }
        }
    }
    rolled_up(tallies, rows, top)
}

fn suffixes(tallies: &Tallies, depth: usize, top: usize) -> List<String> {
    let focus = tallies.focus();
    let mut sums: HashMap<&[u8], Row<String>, foldhash::quality::RandomState> = HashMap::default();
    // A response to an unknown question has the suffix `-`, which is none.
    for name in tallies.names.all(focus) {
        let cut = suffix(name.name, depth);
        let row = sums.entry(cut).or_insert_with(|| blank(text(cut)));
        row.responses += name.responses;
        row.whole += name.whole;
        row.unanswered += name.unanswered;
        row.focus += name.focus;
        if name.focus > 0 {
            let names = row.names.get_or_insert_default();
            names.count += u64::from(!name.name.is_empty());
            names.at_least = tallies.names.error() > 0;
        }
    }
    rolled_up(tallies, sums.into_values().collect(), top)
}

/// Rows that are sums over the rows of a bounded table. What that table has forgotten may have
/// belonged to any of them.
fn rolled_up<K: Ord>(tallies: &Tallies, mut rows: Vec<Row<K>>, top: usize) -> List<K> {
    let kept: u64 = rows.iter().map(|row| row.focus).sum();
    let lost = tallies.in_focus().0.saturating_sub(kept);
    rows.retain(|row| row.focus > 0);
    rows.iter_mut().for_each(|row| row.error = lost);
    let total = rows.len() as u64;
    let order =
        |one: &Row<K>, other: &Row<K>| (other.focus, &one.key).cmp(&(one.focus, &other.key));
    if top < rows.len() {
        rows.select_nth_unstable_by(top, order);
        rows.truncate(top);
    }
    rows.sort_unstable_by(order);
    let shown: u64 = rows.iter().map(|row| row.focus).sum();
    List { rows, total, omitted: kept - shown, error: lost }
}

pub(crate) fn blank<K>(key: K) -> Row<K> {
    Row {
        key,
        responses: 0,
        focus: 0,
        whole: 0,
        unanswered: 0,
        clients: None,
        servers: None,
        names: None,
        first: None,
        last: None,
        latency: None,
        error: 0,
        role: None,
        place: None,
    }
}

fn widen<K>(row: &mut Row<K>, first: Timestamp, last: Timestamp) {
    row.first = Some(row.first.map_or(first, |old| old.min(first)));
    row.last = Some(row.last.map_or(last, |old| old.max(last)));
}

fn names(tallies: &Tallies, top: usize) -> List<QuestionKey> {
    let (focus, names) = (tallies.focus(), &tallies.names);
    let bounded = tallies.distinct_is_bounded();
    let order = |one, other| compare_questions(tallies, one, other);
    let kept = list(names.counts(focus), top, names.error(), order, |place| {
        let (name, question) = names.question(place);
        let key = question_key(name, question);
        let Some(row) = names.row(place, focus) else { return blank(key) };
        let mark = |distinct: Distinct| {
            Some(bound(distinct.count, bounded || row.error > 0, row.focus.min(1)))
        };
        Row {
            responses: row.responses,
            focus: row.focus,
            whole: row.whole,
            unanswered: row.unanswered,
            clients: mark(row.clients),
            servers: mark(row.servers),
            error: row.error,
            ..blank(key)
        }
    });
    // Those that were forgotten since are known by number.
    List { total: kept.total.max(tallies.focus_names()), ..kept }
}

/// The order of questions as a reader sees them.
fn compare_questions(tallies: &Tallies, one: u32, other: u32) -> Ordering {
    let ((name, kind), (other_name, other_kind)) =
        (tallies.names.question(one), tallies.names.question(other));
    let numbers = |kind: Option<Question>| kind.map(|kind| (kind.rtype, kind.class));
    compare(name, other_name).then_with(|| numbers(kind).cmp(&numbers(other_kind)))
}

fn question_key(name: &[u8], question: Option<Question>) -> QuestionKey {
    let Question { rtype, class } = question.unwrap_or_default();
    QuestionKey { name: text(name), rtype, class }
}

fn paths(tallies: &Tallies, top: usize) -> List<PathKey> {
    let paths = &tallies.paths;
    let client = |path: &Path| address(&tallies.clients, path.client);
    let server = |path: &Path| address(&tallies.servers, path.server);
    let order = |one, other| {
        let (Some(one), Some(other)) = (paths.get(one), paths.get(other)) else {
            return Ordering::Equal;
        };
        (client(one).cmp(&client(other)))
            .then_with(|| server(one).cmp(&server(other)))
            .then_with(|| compare_questions(tallies, one.name, other.name))
    };
    let focus = tallies.focus();
    let candidates = paths.counts(focus);
    list(candidates, top, paths.error(), order, |place| {
        let none = Path::default();
        let path = paths.get(place).unwrap_or(&none);
        let (name, question) = tallies.names.question(path.name);
        let count = u64::from(path.count);
        let is_silent = focus == Focus::NoResponse;
        Row {
            // Paths count the focus alone: it is all that there is.
            responses: if is_silent { 0 } else { count },
            unanswered: if is_silent { count } else { 0 },
            focus: count,
            whole: count,
            error: u64::from(path.error),
            ..blank(PathKey {
                client: client(path),
                server: server(path),
                question: question_key(name, question),
            })
        }
    })
}
