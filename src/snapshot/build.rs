//! From counts to rows: chosen, sorted, cut and escaped.

use std::cmp::Reverse;
use std::net::IpAddr;

use hashbrown::HashMap;

use crate::tally::{Apart, Entities, NameRow, Tallies};
use crate::wire::name::{suffix, text};
use crate::wire::{Address, Question};

use super::{
    Class, Distinct, EdeRow, Impact, List, PathKey, Prefix, QuestionKey, RcodeRow, RecordType, Row,
    Snapshot, SnapshotSpec, Split, Timestamp, share,
};

/// Fills in everything that comes from the counts.
pub(crate) fn fill(snapshot: &mut Snapshot, tallies: &Tallies, spec: &SnapshotSpec) {
    let focus = tallies.focus();
    let total: u64 = tallies.rcodes().map(|(_, count)| count).sum();
    snapshot.focus = focus;
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
    snapshot.impact = if focus.is_answer() { Impact::default() } else { tallies.impact() };
    snapshot.servers = servers(tallies, spec.top);
    snapshot.clients = clients(tallies, spec.top);
    snapshot.prefixes = prefixes(tallies, spec.top);
    snapshot.names = names(tallies, spec.top);
    snapshot.domains = domains(tallies, spec.top);
    snapshot.suffixes = spec
        .label_depth
        .map_or_else(List::default, |depth| suffixes(tallies, usize::from(depth), spec.top));
    snapshot.paths = paths(tallies, spec.top);
    fill_splits(snapshot, tallies);
    snapshot.timeline = tallies.timeline();
    snapshot.findings = crate::diagnose::findings(tallies);
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

fn split<K: Copy + Ord>(rows: Vec<(K, u64, u64)>) -> Vec<Split<K>> {
    let mut rows: Vec<Split<K>> =
        rows.into_iter().map(|(key, responses, focus)| Split { key, responses, focus }).collect();
    rows.sort_by_key(|row| (Reverse(row.focus), Reverse(row.responses), row.key));
    rows
}

/// A row before its key is spelt out: enough to choose by.
struct Candidate<T> {
    focus: u64,
    row: T,
}

/// The first `top` by focus, ties by key; only these are made into rows.
///
/// Keys are costly to spell out, so all candidates that could be among the first are chosen by
/// count alone, made, and then put in order.
fn list<T, K: Ord>(
    mut candidates: Vec<Candidate<T>>,
    top: usize,
    error: u64,
    make: impl Fn(&T) -> Row<K>,
) -> List<K> {
    let total = candidates.len() as u64;
    let all: u64 = candidates.iter().map(|candidate| candidate.focus).sum();
    if top < candidates.len() {
        let (_, last, _) =
            candidates.select_nth_unstable_by_key(top, |candidate| Reverse(candidate.focus));
        let least = last.focus;
        // Rows as heavy as the last one compete by key. They may be many, as in an attack where
        // every name is asked once: bounded, at the price of an arbitrary choice among them.
        let ties = top.saturating_mul(2).saturating_add(MOST_TIES);
        let mut room = ties;
        candidates.retain(|candidate| {
            let tied = candidate.focus == least;
            room = room.saturating_sub(usize::from(tied));
            candidate.focus > least || (tied && room > 0)
        });
    }
    let mut rows: Vec<Row<K>> = candidates.iter().map(|candidate| make(&candidate.row)).collect();
    rows.sort_by(|one, other| other.focus.cmp(&one.focus).then_with(|| one.key.cmp(&other.key)));
    rows.truncate(top);
    let shown: u64 = rows.iter().map(|row| row.focus).sum();
    List { rows, total, omitted: all - shown, error }
}

/// Rows of equal weight at the end of a list that are compared by key.
const MOST_TIES: usize = 1_000_000;

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
    let focus = tallies.focus();
    let bounded = tallies.distinct_is_bounded();
    let candidates = with_focus(tallies, entities);
    list(candidates, top, entities.error(), |place: &u32| {
        let span = entities.focus(*place, focus);
        let entity = entities.get(*place);
        let distinct = |what| entity.map(|entity| entity.distinct(what, bounded));
        // Only codes that mean trouble have their first and last time kept.
        let kept = !focus.is_answer();
        Row {
            key: entity.map_or(IpAddr::from([0, 0, 0, 0]), |entity| entity.key.ip()),
            responses: entity.map_or(0, crate::tally::Entity::responses),
            focus: span.count,
            unanswered: entity.map_or(0, |entity| entity.unanswered),
            clients: distinct(Apart::Clients).filter(|_| are_servers),
            servers: distinct(Apart::Servers).filter(|_| !are_servers),
            names: distinct(Apart::Names),
            first: kept.then_some(span.first),
            last: kept.then_some(span.last),
            latency: if are_servers { tallies.server_latency(*place) } else { None },
            error: entity.map_or(0, |entity| entity.error),
        }
    })
}

fn with_focus<K: Clone + Eq + std::hash::Hash>(
    tallies: &Tallies,
    entities: &Entities<K>,
) -> Vec<Candidate<u32>> {
    (0..)
        .take(entities.rows().len())
        .map(|place| Candidate { focus: entities.focus(place, tallies.focus()).count, row: place })
        .filter(|candidate| candidate.focus > 0)
        .collect()
}

fn domains(tallies: &Tallies, top: usize) -> List<String> {
    let (focus, entities) = (tallies.focus(), &tallies.domains);
    // Names that were forgotten and came back were counted twice.
    let bounded = tallies.names.error() > 0;
    list(with_focus(tallies, entities), top, entities.error(), |place: &u32| {
        let span = entities.focus(*place, focus);
        let entity = entities.get(*place);
        let kept = !focus.is_answer();
        Row {
            key: entity.map_or_else(String::new, |entity| text(&entity.key)),
            responses: entity.map_or(0, crate::tally::Entity::responses),
            focus: span.count,
            unanswered: entity.map_or(0, |entity| entity.unanswered),
            clients: None,
            servers: None,
            names: entity.map(|entity| entity.distinct(Apart::Names, bounded)),
            first: kept.then_some(span.first),
            last: kept.then_some(span.last),
            latency: None,
            error: entity.map_or(0, |entity| entity.error),
        }
    })
}

/// IPv4 networks of this length and IPv6 networks of that one stand for a site.
const PREFIXES: (u8, u8) = (24, 56);

fn prefix(address: Address) -> Prefix {
    match address.ip() {
        IpAddr::V4(ip) => {
            let masked = u32::from(ip) & (u32::MAX << (32 - u32::from(PREFIXES.0)));
            Prefix { address: IpAddr::V4(masked.into()), length: PREFIXES.0 }
        }
        IpAddr::V6(ip) => {
            let masked = u128::from(ip) & (u128::MAX << (128 - u32::from(PREFIXES.1)));
            Prefix { address: IpAddr::V6(masked.into()), length: PREFIXES.1 }
        }
    }
}

fn prefixes(tallies: &Tallies, top: usize) -> List<Prefix> {
    let (focus, entities) = (tallies.focus(), &tallies.clients);
    let mut sums: HashMap<Prefix, Row<Prefix>, foldhash::fast::RandomState> = HashMap::default();
    for (place, entity) in (0..).zip(entities.rows()) {
        let span = entities.focus(place, focus);
        let key = prefix(entity.key);
        let row = sums.entry(key).or_insert_with(|| blank(key));
        row.responses += entity.responses();
        row.unanswered += entity.unanswered;
        row.error += entity.error;
        if span.count > 0 {
            row.focus += span.count;
            let clients = row.clients.get_or_insert_default();
            clients.count += 1;
            clients.at_least = entities.error() > 0;
            if !focus.is_answer() {
                widen(row, span.first, span.last);
            }
        }
    }
    rolled_up(tallies, sums.into_values().collect(), top)
}

fn suffixes(tallies: &Tallies, depth: usize, top: usize) -> List<String> {
    let focus = tallies.focus();
    let mut sums: HashMap<&[u8], Row<String>, foldhash::quality::RandomState> = HashMap::default();
    // A response to an unknown question has the suffix `-`, which is none.
    for name in tallies.names.all(focus) {
        let cut = suffix(name.name, depth);
        let row = sums.entry(cut).or_insert_with(|| blank(text(cut)));
        row.responses += name.responses;
        row.unanswered += name.unanswered;
        row.focus += name.focus;
        if name.focus > 0 {
            let names = row.names.get_or_insert_default();
            names.count += 1;
            names.at_least = tallies.names.error() > 0;
        }
    }
    rolled_up(tallies, sums.into_values().collect(), top)
}

/// Rows that are sums over the rows of a bounded table. What that table has forgotten may have
/// belonged to any of them.
fn rolled_up<K: Ord + Clone>(tallies: &Tallies, mut rows: Vec<Row<K>>, top: usize) -> List<K> {
    let kept: u64 = rows.iter().map(|row| row.focus).sum();
    let lost = tallies.responses(tallies.focus()).saturating_sub(kept);
    // In the order of their keys, so that the same ones are chosen among very many equal ones.
    rows.sort_by(|one, other| one.key.cmp(&other.key));
    let candidates = rows
        .into_iter()
        .filter(|row| row.focus > 0)
        .map(|row| Candidate { focus: row.focus, row: Row { error: lost, ..row } })
        .collect();
    list(candidates, top, lost, Row::clone)
}

fn blank<K>(key: K) -> Row<K> {
    Row {
        key,
        responses: 0,
        focus: 0,
        unanswered: 0,
        clients: None,
        servers: None,
        names: None,
        first: None,
        last: None,
        latency: None,
        error: 0,
    }
}

fn widen<K>(row: &mut Row<K>, first: Timestamp, last: Timestamp) {
    row.first = Some(row.first.map_or(first, |old| old.min(first)));
    row.last = Some(row.last.map_or(last, |old| old.max(last)));
}

fn names(tallies: &Tallies, top: usize) -> List<QuestionKey> {
    let bounded = tallies.distinct_is_bounded();
    let mark = |distinct: Distinct| Some(Distinct { at_least: bounded, ..distinct });
    let candidates = tallies
        .names
        .with_code(tallies.focus())
        .map(|row| Candidate { focus: row.focus, row })
        .collect();
    list(candidates, top, tallies.names.error(), |name: &NameRow<'_>| Row {
        responses: name.responses,
        focus: name.focus,
        unanswered: name.unanswered,
        clients: mark(name.clients),
        servers: mark(name.servers),
        error: name.error,
        ..blank(question_key(name.name, name.question))
    })
}

fn question_key(name: &[u8], question: Option<Question>) -> QuestionKey {
    let none = Question { rtype: RecordType(0), class: Class(0) };
    let Question { rtype, class } = question.unwrap_or(none);
    QuestionKey { name: text(name), rtype, class }
}

fn paths(tallies: &Tallies, top: usize) -> List<PathKey> {
    let candidates = tallies
        .paths
        .with_code(tallies.focus())
        .map(|path| Candidate { focus: u64::from(path.count), row: *path })
        .collect();
    let address = |entities: &Entities<Address>, place| {
        entities.get(place).map_or(IpAddr::from([0, 0, 0, 0]), |entity| entity.key.ip())
    };
    list(candidates, top, tallies.paths.error(), |path| {
        let (name, question) = tallies.names.question(path.name);
        Row {
            // Paths count one code: its responses are all that are counted.
            responses: u64::from(path.count),
            focus: u64::from(path.count),
            error: u64::from(path.error),
            ..blank(PathKey {
                client: address(&tallies.clients, path.client),
                server: address(&tallies.servers, path.server),
                question: question_key(name, question),
            })
        }
    })
}
