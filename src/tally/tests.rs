//! Counting held against a plain map, and merging against adding all.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use crate::iana::{Class, Ede, Opcode, Rcode, RecordType};
use crate::snapshot::{self, Snapshot, SnapshotSpec};
use crate::time::Timestamp;
use crate::track::{Answer, Exchange, Form, Hasher, Hashes, Key, Outcome};
use crate::wire::{Address, Endpoint, Flags, Question, Transport};

use super::*;

/// A response or a silence, owned.
#[derive(Clone, Debug)]
struct Event {
    at: Timestamp,
    client: u8,
    server: u8,
    name: Vec<u8>,
    rtype: RecordType,
    rcode: Option<Rcode>,
    took: u64,
}

/// A half of the responses is slow.
fn watched(focus: Focus) -> Watched {
    Watched { focus, slow_after: Duration::from_millis(5), ..Watched::default() }
}

const CODES: [Rcode; 6] =
    [Rcode::NOERROR, Rcode::REFUSED, Rcode::NXDOMAIN, Rcode::SERVFAIL, Rcode(23), Rcode::REFUSED];

/// The same events for the same seed, in time order.
fn events(seed: u64, count: usize) -> Vec<Event> {
    let mut state = seed;
    let mut random = move |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut small = move |below: u64| u8::try_from(random(below)).unwrap();
    (0..count)
        .map(|n| {
            let host = small(12);
            let name = format!("\u{5}host{}\u{7}example{}com\0", char::from(b'a' + host), '\u{3}');
            let code = small(8);
            Event {
                at: Timestamp::new(1000 + n as u64 / 10, u64::from(small(100)) * 1_000_000),
                client: small(9),
                server: small(3),
                name: name.into_bytes(),
                rtype: if small(2) == 0 { RecordType::A } else { RecordType::AAAA },
                rcode: CODES.get(usize::from(code)).copied(),
                took: u64::from(small(200)) * 50_000,
            }
        })
        .collect()
}

fn address(net: u8, host: u8) -> Address {
    Address::from(IpAddr::from([192, 0, net, host]))
}

fn add(tallies: &mut Tallies, event: &Event) {
    add_as(tallies, event, false);
}

/// Adds an event, with a response that is late or not.
fn add_as(tallies: &mut Tallies, event: &Event, late: bool) {
    let outcome = match event.rcode {
        Some(_) => Outcome::Answered { took: event.took, late },
        None => Outcome::Unanswered,
    };
    add_outcome(tallies, event, outcome);
}

fn add_outcome(tallies: &mut Tallies, event: &Event, outcome: Outcome) {
    let is_known = !event.name.is_empty();
    let question = is_known.then_some(Question { rtype: event.rtype, class: Class::IN });
    let answer = event.rcode.map(|rcode| Answer {
        rcode,
        ede: (rcode == Rcode::REFUSED).then_some(Ede(18)),
        ede_text: &[],
        answers: 0,
        form: Form::default(),
    });
    let end = |address| Endpoint { address, port: 0 };
    let key = Key {
        client: end(address(1, event.client)),
        server: end(address(2, event.server)),
        id: 0,
        transport: Transport::Udp,
    };
    tallies.add(&Exchange {
        at: event.at,
        client: key.client.address,
        server: key.server.address,
        client_port: key.client.port,
        server_port: key.server.port,
        id: key.id,
        transport: Transport::Udp,
        outcome,
        opcode: Opcode::QUERY,
        question,
        name: &event.name,
        hashes: Hashes::of(&tallies.hasher, &key, &event.name, question),
        asked: None,
        answer,
        flags: Flags(0),
    });
}

fn tallies(bounds: &Bounds, hasher: &Hasher) -> Tallies {
    Tallies::new(watched(Focus::default()), bounds, hasher.clone())
}

fn large() -> Bounds {
    Bounds::of(64 << 20, usize::MAX)
}

fn filled(tallies: &Tallies) -> Snapshot {
    let mut snapshot = Snapshot::default();
    let spec = SnapshotSpec { top: usize::MAX, label_depth: Some(2), ..SnapshotSpec::default() };
    snapshot::fill(&mut snapshot, tallies, &spec);
    snapshot
}

fn show(tallies: &Tallies) -> String {
    format!("{:#?}", filled(tallies))
}

/// Each kind of focus.
fn focuses() -> [Focus; 5] {
    let codes = [Rcode::REFUSED, Rcode::NXDOMAIN, Rcode(23)];
    let [refused, nxdomain, rare] = codes.map(Focus::from);
    [refused, nxdomain, rare, Focus::NoResponse, Focus::Slow]
}

/// Shows only the first line that differs: a snapshot has thousands.
#[track_caller]
fn check_same(one: &str, other: &str) {
    let differing = one.lines().zip(other.lines()).find(|(one, other)| one != other);
    assert_eq!(differing, None);
    assert_eq!(one.len(), other.len());
}

fn count_all(events: &[Event]) -> Tallies {
    let mut all = tallies(&large(), &Hasher::default());
    events.iter().for_each(|event| add(&mut all, event));
    all.settle();
    all
}

#[test]
fn every_count_is_what_a_plain_map_says() {
    let events = events(7, 3000);
    let all = count_all(&events);
    let mut snapshot = Snapshot::default();
    let spec = SnapshotSpec { top: usize::MAX, label_depth: Some(2), ..SnapshotSpec::default() };
    snapshot::fill(&mut snapshot, &all, &spec);
    let mut responses: BTreeMap<IpAddr, u64> = BTreeMap::new();
    let mut refused: BTreeMap<IpAddr, u64> = BTreeMap::new();
    let mut silent: BTreeMap<IpAddr, u64> = BTreeMap::new();
    let mut clients: BTreeMap<IpAddr, BTreeSet<u8>> = BTreeMap::new();
    let mut names: BTreeMap<IpAddr, BTreeSet<(Vec<u8>, RecordType)>> = BTreeMap::new();
    for event in &events {
        let server = address(2, event.server).ip();
        *responses.entry(server).or_default() += u64::from(event.rcode.is_some());
        *silent.entry(server).or_default() += u64::from(event.rcode.is_none());
        if event.rcode == Some(Rcode::REFUSED) {
            *refused.entry(server).or_default() += 1;
            clients.entry(server).or_default().insert(event.client);
            names.entry(server).or_default().insert((event.name.clone(), event.rtype));
        }
    }
    assert_eq!(snapshot.servers.rows.len(), 3);
    for row in &snapshot.servers.rows {
        assert_eq!(
            (row.responses, row.focus, row.unanswered),
            (responses[&row.key], refused[&row.key], silent[&row.key])
        );
        assert_eq!(row.clients.unwrap().count, clients[&row.key].len() as u64);
        assert_eq!(row.names.unwrap().count, names[&row.key].len() as u64);
        assert_eq!(row.error, 0);
    }
    let total: u64 = refused.values().sum();
    assert_eq!(snapshot.clients.rows.iter().map(|row| row.focus).sum::<u64>(), total);
    assert_eq!(snapshot.names.rows.iter().map(|row| row.focus).sum::<u64>(), total);
    assert_eq!(snapshot.paths.rows.iter().map(|row| row.focus).sum::<u64>(), total);
    assert_eq!(snapshot.domains.rows.len(), 1);
    assert_eq!(snapshot.domains.rows[0].focus, total);
    assert_eq!(snapshot.suffixes.rows[0].focus, total);
    assert_eq!(snapshot.prefixes.rows[0].focus, total);
    assert_eq!(snapshot.timeline.steps.iter().map(|step| step.focus).sum::<u64>(), total);
}

/// The sums of what is in focus, and of what its share is of, over the rows of each list.
fn sums(snapshot: &Snapshot) -> Vec<(u64, u64)> {
    fn of<K>(list: &snapshot::List<K>) -> (u64, u64) {
        list.rows.iter().fold((0, 0), |sum, row| (sum.0 + row.focus, sum.1 + row.whole))
    }
    fn split<K>(rows: &[snapshot::Split<K>]) -> (u64, u64) {
        rows.iter().fold((0, 0), |sum, row| (sum.0 + row.focus, sum.1 + row.whole))
    }
    let steps = snapshot.timeline.steps.iter();
    vec![
        of(&snapshot.servers),
        of(&snapshot.domains),
        of(&snapshot.suffixes),
        split(&snapshot.types),
        split(&snapshot.classes),
        split(&snapshot.opcodes),
        split(&snapshot.transports),
        steps.fold((0, 0), |sum, step| (sum.0 + step.focus, sum.1 + step.whole)),
    ]
}

#[test]
fn whatever_is_in_focus_every_list_adds_up_to_the_whole() {
    for focus in focuses() {
        let mut all = Tallies::new(watched(focus), &large(), Hasher::default());
        events(17, 3000).iter().for_each(|event| add(&mut all, event));
        all.settle();
        let (snapshot, whole) = (filled(&all), all.in_focus());
        assert!(whole.0 > 100 && whole.1 > whole.0, "{focus}: {whole:?}");
        assert!(sums(&snapshot).iter().all(|sum| *sum == whole), "{focus}: {:?}", sums(&snapshot));
        for met in [
            snapshot.clients.rows.iter().map(|row| row.focus).sum::<u64>(),
            snapshot.names.rows.iter().map(|row| row.focus).sum(),
            snapshot.prefixes.rows.iter().map(|row| row.focus).sum(),
            snapshot.paths.rows.iter().map(|row| row.focus).sum(),
        ] {
            assert_eq!(met, whole.0, "{focus}");
        }
    }
}

#[test]
fn who_met_an_answer_before_it_came_into_focus_is_at_least_who_met_it_since() {
    for (focus, at_least) in [(Rcode::NXDOMAIN.into(), true), (Focus::NoResponse, false)] {
        let mut all = count_all(&events(19, 500));
        all.set_focus(focus);
        let snapshot = filled(&all);
        let marked = |row: &snapshot::Row<IpAddr>| row.clients.unwrap().at_least == at_least;
        assert!(snapshot.servers.rows.iter().all(marked), "{focus}: {:?}", snapshot.servers);
        // Somebody must have asked somebody.
        let some = |distinct: Option<Distinct>| distinct.is_none_or(|it| it.count > 0);
        let names = snapshot.names.rows.iter();
        assert!(names.flat_map(|row| [row.clients, row.servers]).all(some), "{focus}");
        let hosts = snapshot.servers.rows.iter().chain(&snapshot.clients.rows);
        let of_hosts = hosts.flat_map(|row| [row.clients, row.servers, row.names]);
        assert!(of_hosts.into_iter().all(some), "{focus}");
        assert!(snapshot.domains.rows.iter().all(|row| some(row.names)), "{focus}");
    }
}

/// Plays a query that goes without response, or the response that comes late after all.
fn play(tallies: &mut Tallies, client: u8, server: u8, late: bool) {
    let rcode = late.then_some(Rcode::NOERROR);
    let name = b"\x01a\x07example\x00".to_vec();
    let (at, rtype) = (Timestamp::new(1000, 0), RecordType::A);
    let took = 9_000_000_000;
    add_as(tallies, &Event { at, client, server, name, rtype, rcode, took }, late);
}

#[test]
fn a_response_that_comes_late_takes_the_silence_back_from_every_number() {
    for focus in [Focus::NoResponse, Focus::default()] {
        let mut all = Tallies::new(watched(focus), &large(), Hasher::default());
        for (client, server, late) in
            [(1, 1, false), (2, 1, false), (2, 2, false), (2, 1, true), (2, 2, true)]
        {
            play(&mut all, client, server, late);
        }
        all.settle();
        all.set_focus(Focus::NoResponse);
        let snapshot = filled(&all);
        let [row] = &snapshot.servers.rows[..] else { panic!("{:?}", snapshot.servers) };
        let distinct = [row.clients, row.names].map(|it| it.unwrap().count);
        assert_eq!((row.focus, row.whole, distinct), (1, 2, [1, 1]));
        assert_eq!((snapshot.clients.total, snapshot.paths.total), (1, 1));
        let name = &snapshot.names.rows[0];
        let distinct = [name.clients, name.servers].map(|it| it.unwrap().count);
        assert_eq!((name.focus, name.whole, distinct), (1, 3, [1, 1]));
        all.set_focus(Focus::Slow);
        assert_eq!(all.in_focus(), (2, 2));
        all.set_focus(Focus::NoResponse);
        play(&mut all, 2, 1, false);
        all.settle();
        let row = &filled(&all).servers.rows[0];
        assert_eq!((row.focus, row.clients.unwrap().count), (2, 2), "silent again");
    }
}

#[test]
fn responses_without_a_query_are_in_no_share_but_those_of_codes() {
    for focus in [Focus::default(), Focus::NoResponse, Focus::Slow] {
        let mut all = Tallies::new(watched(focus), &large(), Hasher::default());
        let events = refusals(0..200, |_| 1);
        events.iter().for_each(|event| add_outcome(&mut all, event, Outcome::Unasked));
        all.settle();
        let expected = if focus == Focus::default() { (200, 200) } else { (0, 0) };
        assert_eq!(all.in_focus(), expected, "{focus}");
        add(&mut all, &Event { took: 9_000_000, ..events[0].clone() });
        add(&mut all, &Event { rcode: None, ..events[1].clone() });
        all.settle();
        let snapshot = filled(&all);
        let row = &snapshot.servers.rows[0];
        let expected = match focus {
            Focus::Rcode(_) => (201, 201),
            Focus::NoResponse => (1, 2),
            Focus::Slow => (1, 1),
        };
        assert_eq!((row.focus, row.whole), expected, "{focus}");
        assert_eq!(all.in_focus(), expected, "{focus}");
        let names = snapshot.names.rows.iter().map(|row| row.whole).sum::<u64>();
        assert_eq!(names, if focus == Focus::default() { 201 } else { 1 }, "{focus}");
    }
}

#[test]
fn a_refusal_that_nobody_asked_for_is_met_by_no_lookup() {
    let at = |event: &Event, seconds| Event { at: Timestamp::new(seconds, 0), ..event.clone() };
    let refused = at(&refusals(0..1, |_| 1)[0], 1000);
    let answer = Event { rcode: Some(Rcode::NOERROR), ..at(&refused, 1001) };
    let met = |played: &[(&Event, bool)]| {
        let mut all = Tallies::new(watched(Focus::default()), &large(), Hasher::default());
        for (event, is_asked) in played {
            match is_asked {
                true => add(&mut all, event),
                false => add_outcome(&mut all, event, Outcome::Unasked),
            }
        }
        all.settle();
        let impact = all.impact(Rcode::REFUSED);
        (impact.lookups_refused, impact.recovered, impact.clients_failed.count)
    };
    assert_eq!(met(&[(&refused, false)]), (0, 0, 0));
    assert_eq!(met(&[(&refused, true)]), (1, 0, 1));
    assert_eq!(met(&[(&refused, false), (&refused, true)]), (1, 0, 1));
    // Of an answer only the query may be missing: the client has it all the same.
    assert_eq!(met(&[(&refused, true), (&answer, false)]), (1, 1, 0));
}

#[test]
fn a_question_that_is_not_known_is_no_name() {
    let hasher = Hasher::default();
    let known = &refusals(0..1, |_| 1)[0];
    let unknown = |client| Event { name: Vec::new(), client, ..known.clone() };
    let counted = |events: &[&Event]| {
        let mut all = tallies(&large(), &hasher);
        events.iter().for_each(|event| add(&mut all, event));
        all.settle();
        all
    };
    // In one table or in two: these have different clients.
    let one = counted(&[known, &unknown(known.client), &unknown(7)]);
    let mut two = counted(&[known, &unknown(known.client)]);
    two.merge(&counted(&[&unknown(7)]));
    for all in [one, two] {
        let snapshot = filled(&all);
        assert_eq!(snapshot.servers.rows[0].names.unwrap().count, 1);
        let of_clients = snapshot.clients.rows.iter().filter_map(|row| row.names);
        assert_eq!(of_clients.map(|names| names.count).sum::<u64>(), 1);
        assert_eq!((snapshot.questions(), snapshot.unknown), (1, 2));
        assert_eq!(snapshot.impact.names_failed.count, 1);
        let row = &snapshot.names.rows[0];
        assert_eq!((row.key.told().as_str(), row.focus), ("(unknown)", 2));
        assert_eq!((row.clients.unwrap().count, row.servers.unwrap().count), (2, 1));
    }
}

#[test]
fn merging_is_adding_all() {
    focuses().into_iter().for_each(check_merging);
}

fn check_merging(focus: Focus) {
    let hasher = Hasher::default();
    let bounds = large();
    let tallies =
        |bounds: &Bounds, hasher: &Hasher| Tallies::new(watched(focus), bounds, hasher.clone());
    let (mut one, mut other, mut all) =
        (tallies(&bounds, &hasher), tallies(&bounds, &hasher), tallies(&bounds, &hasher));
    for event in &events(11, 3000) {
        // A client's lookups are followed by one engine.
        add(if event.client % 2 == 0 { &mut one } else { &mut other }, event);
        add(&mut all, event);
    }
    [&mut one, &mut other, &mut all].into_iter().for_each(Tallies::settle);
    one.merge(&other);
    check_same(&show(&one), &show(&all));
    let mut empty = tallies(&bounds, &hasher);
    empty.merge(&all);
    check_same(&show(&empty), &show(&all));
}

#[test]
fn another_focus_counts_as_if_it_had_been_chosen_at_first() {
    for focus in [Rcode::SERVFAIL.into(), Rcode(23).into(), Focus::NoResponse, Focus::Slow] {
        let events = events(13, 2000);
        let mut changed = count_all(&events);
        changed.set_focus(focus);
        let mut chosen = Tallies::new(watched(focus), &large(), Hasher::default());
        events.iter().for_each(|event| add(&mut chosen, event));
        chosen.settle();
        let (mut one, mut other) = (Snapshot::default(), Snapshot::default());
        let spec = SnapshotSpec { top: usize::MAX, label_depth: None, ..SnapshotSpec::default() };
        snapshot::fill(&mut one, &changed, &spec);
        snapshot::fill(&mut other, &chosen, &spec);
        if focus == Rcode(23) {
            // Lookups that met a rare code are followed from when it is chosen.
            one.impact = other.impact;
        }
        check_same(&format!("{one:#?}"), &format!("{other:#?}"));
    }
}

#[test]
fn an_attack_with_random_names_leaves_the_heavy_ones_right_within_the_error() {
    let bounds = Bounds { name_bytes: 4 << 20, paths: 2000, pairs: 2000, ..large() };
    let mut attacked = tallies(&bounds, &Hasher::default());
    for n in 0..200_000_u64 {
        let random = format!("\u{9}{n:09}\u{6}victim\u{4}test\0").into_bytes();
        let event = |name: Vec<u8>| Event {
            at: Timestamp::new(1000 + n / 1000, 0),
            client: 1,
            server: 1,
            name,
            rtype: RecordType::A,
            rcode: Some(Rcode::REFUSED),
            took: 1_000_000,
        };
        add(&mut attacked, &event(random));
        if n % 100 == 0 {
            add(&mut attacked, &event(b"\x03www\x07example\x03com\x00".to_vec()));
        }
    }
    attacked.settle();
    let mut snapshot = Snapshot::default();
    snapshot::fill(&mut snapshot, &attacked, &SnapshotSpec::default());
    let first = &snapshot.names.rows[0];
    assert_eq!(first.key.name, "www.example.com");
    assert!((first.focus..=first.focus + first.error).contains(&2000));
    assert!(snapshot.names.error > 0 && snapshot.names.error < 200);
    assert_eq!(snapshot.domains.rows[0].key, "victim.test");
    assert_eq!((snapshot.domains.rows[0].focus, snapshot.domains.rows[0].error), (200_000, 0));
    assert!(attacked.forgotten() > 100_000);
    assert!(attacked.distinct_is_bounded());
}

/// One refusal for each number: of a client and for a name of its own.
fn refusals(numbers: std::ops::Range<u8>, server: impl Fn(u8) -> u8) -> Vec<Event> {
    let refusal = |n: u8| Event {
        at: Timestamp::new(1000, u64::from(n)),
        client: n,
        server: server(n),
        name: format!("\u{4}h{n:03}\u{7}example\u{3}com\0").into_bytes(),
        rtype: RecordType::A,
        rcode: Some(Rcode::REFUSED),
        took: 1_000_000,
    };
    numbers.map(refusal).collect()
}

fn sum(bounds: &Bounds, one: &[Event], other: &[Event]) -> Tallies {
    let hasher = Hasher::default();
    let (mut ours, mut theirs) = (tallies(bounds, &hasher), tallies(bounds, &hasher));
    one.iter().for_each(|event| add(&mut ours, event));
    other.iter().for_each(|event| add(&mut theirs, event));
    [&mut ours, &mut theirs].into_iter().for_each(Tallies::settle);
    ours.merge(&theirs);
    ours
}

#[test]
fn a_sum_forgets_nothing_of_what_was_kept() {
    let bounds = Bounds { paths: 64, ..large() };
    let sum = sum(&bounds, &refusals(0..60, |_| 1), &refusals(100..160, |_| 2));
    assert_eq!((sum.paths.counts(Focus::default()).count(), sum.paths.error()), (120, 0));
}

#[test]
fn what_one_of_two_has_forgotten_is_an_error_of_the_sum() {
    let few = Bounds { servers: 64, names: 64, ..large() };
    let sum = sum(&few, &refusals(0..60, |_| 1), &refusals(0..200, |n| n));
    assert!(sum.servers.iter().count() <= 200);
    assert!(sum.names.error() > 0 && sum.servers.error() > 0);
    let kept: Vec<_> = sum.names.all(Focus::default()).collect();
    for row in kept {
        // Those below sixty were refused in both.
        let times = if row.name.get(1..5) < Some(b"h060") { 2 } else { 1 };
        assert!((row.focus..=row.focus + row.error).contains(&times), "{row:?}");
    }
}

#[test]
fn what_both_have_kept_from_the_first_is_exact_in_the_sum() {
    let few = Bounds { names: 64, ..large() };
    let heavy: Vec<Event> = (0..50).flat_map(|_| refusals(7..8, |_| 1)).collect();
    let both = |rest: std::ops::Range<u8>| [heavy.clone(), refusals(rest, |n| n)].concat();
    let sum = sum(&few, &both(20..120), &both(100..250));
    let rows: Vec<_> = sum.names.all(Focus::default()).filter(|row| row.focus >= 100).collect();
    assert_eq!((rows.len(), rows[0].focus, rows[0].error), (1, 100, 0));
    assert!(sum.names.error() > 0);
}

#[test]
fn a_question_is_first_with_an_uncommon_code_of_its_own() {
    let mut events = refusals(0..2, |_| 1);
    (events[0].rcode, events[1].rcode) = (Some(Rcode(6)), Some(Rcode::BADVERS));
    events[1].name = events[0].name.clone();
    let hasher = Hasher::default();
    let mut all = Tallies::new(watched(Rcode::BADVERS.into()), &large(), hasher);
    events.iter().for_each(|event| add(&mut all, event));
    all.settle();
    assert_eq!(all.focus_names(), 1);
}
