//! Snapshots written by hand, so that every screen test sees the same numbers and times.

#[path = "lookups.rs"]
mod lookups;
#[path = "places.rs"]
mod places;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use places::Place;
use rcodetop::focus::Focus;
use rcodetop::geo::Atlas;
use rcodetop::snapshot::{
    AddressName, Class, Compared, Confidence, Distinct, Ede, EdeRow, Ended, Finding,
    FindingOutcome, Impact, Latency, List, Mark, NameSource, Named, Opcode, PathKey, Prefix,
    Progress, Quality, QuestionKey, Rcode, RcodeRow, RecordType, Role, Row, Scope, Senders, Slow,
    Snapshot, SourceKind, Split, Step, Timeline, Timestamp, Transport, Vantage, VantagePoint,
    share,
};

/// A snapshot that the screens are drawn of, and what it is called in file names.
pub(crate) type Fixture = (&'static str, fn() -> Snapshot);

/// Every state that a screen must be able to show.
pub(crate) const FIXTURES: &[Fixture] = &[
    ("empty", empty),
    ("busy", busy),
    ("quiet", quiet),
    ("damaged", damaged),
    ("failed", failed),
    ("drops", drops),
    ("reading", reading),
    ("no_dns", no_dns),
    ("queries_only", queries_only),
    ("responses_only", responses_only),
    ("failed_at_once", failed_at_once),
    ("hostile", hostile),
    ("named", named),
    ("misnamed", misnamed),
    ("compared", compared),
    ("placed", placed),
    ("placed_cut", placed_cut),
    ("misplaced", misplaced),
    ("untold", untold),
    ("told", told),
];

/// Nothing came yet.
pub(crate) fn empty() -> Snapshot {
    let mut snapshot = Snapshot { focus: Focus::default(), ..Snapshot::default() };
    snapshot.source.kind = SourceKind::Live;
    snapshot.source.name = "eth0".into();
    snapshot
}

/// A socket to which nobody is connected.
pub(crate) fn untold() -> Snapshot {
    let mut snapshot = empty();
    snapshot.source.name = "/run/rcodetop/dnstap.sock".into();
    snapshot.source.senders = Some(Senders::default());
    snapshot
}

/// One on which two servers tell, and not all of it came.
pub(crate) fn told() -> Snapshot {
    let mut snapshot = busy();
    snapshot.source.kind = SourceKind::Live;
    snapshot.source.name = "/run/rcodetop/dnstap.sock".into();
    snapshot.source.ended = None;
    let senders = Senders { connected: 2, began: 5, troubles: [0, 1, 0, 2, 0, 120] };
    snapshot.source.senders = Some(senders);
    snapshot.assess();
    let complaint = |text| Quality { id: "source", text };
    snapshot.quality.extend(senders.losses().map(complaint));
    snapshot
}

const START: u64 = 1_795_230_720; // 2026-11-21 03:12:00 UTC

fn at(milliseconds: u64) -> Timestamp {
    Timestamp::new(START, 0).plus(Duration::from_millis(milliseconds))
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("fixtures hold addresses")
}

fn exact(count: u64) -> Distinct {
    Distinct { count, at_least: false }
}

fn times(count: u64, base_us: u64) -> Latency {
    let after = |factor: u64| Duration::from_micros(base_us * factor);
    Latency {
        count,
        min: after(1),
        p50: after(4),
        p95: after(60),
        p99: after(200),
        max: after(2_000),
    }
}

fn row<K>(key: K, responses: u64, focus: u64) -> Row<K> {
    Row {
        key,
        responses,
        focus,
        whole: responses,
        unanswered: responses / 100,
        clients: Some(exact(focus.min(9))),
        servers: Some(exact(2)),
        names: Some(exact(focus.min(25))),
        first: Some(at(5_200)),
        last: Some(at(23_900)),
        latency: Some(times(responses, 300)),
        error: 0,
        role: None,
        place: None,
    }
}

fn list<K>(rows: Vec<Row<K>>) -> List<K> {
    List { total: rows.len() as u64, rows, omitted: 0, error: 0 }
}

fn question(name: &str, rtype: u16) -> QuestionKey {
    QuestionKey { name: name.to_owned(), rtype: RecordType(rtype), class: Class(1) }
}

fn rcodes(counts: &[(u16, u64)]) -> Vec<RcodeRow> {
    let total: u64 = counts.iter().map(|(_, count)| count).sum();
    counts
        .iter()
        .map(|(code, count)| RcodeRow {
            rcode: Rcode(*code),
            responses: *count,
            share: share(*count, total),
            latency: Some(times(*count, 100 + u64::from(*code) * 150)),
        })
        .collect()
}

fn split<K>(key: K, responses: u64, focus: u64) -> Split<K> {
    Split { key, responses, focus, whole: responses }
}

/// Refusals begin in step 10 and grow.
fn timeline() -> Timeline {
    let step = |nth: u64| {
        let focus = if nth < 10 { 0 } else { 20 + nth % 7 * 4 };
        let noerror = 36 + nth * 13 % 11;
        let counts = [(0, noerror), (2, nth % 3), (3, 2 + nth % 4), (5, focus)];
        let responses = counts.iter().map(|(_, count)| count).sum();
        let seen = counts.iter().filter(|(_, count)| *count > 0);
        Step {
            queries: responses + 1,
            responses,
            focus,
            whole: responses,
            rcodes: seen.map(|(code, count)| (Rcode(*code), *count)).collect::<BTreeMap<_, _>>(),
            unanswered: u64::from(nth.is_multiple_of(9)),
            is_early: false,
        }
    };
    Timeline { start: at(0), step: Duration::from_millis(500), steps: (0..48).map(step).collect() }
}

/// A saved outage: one server refuses half a dozen domains to everybody.
pub(crate) fn busy() -> Snapshot {
    let mut snapshot = Snapshot { serial: 7, focus: Focus::default(), ..Snapshot::default() };
    fill_source(&mut snapshot);
    fill_counts(&mut snapshot);
    fill_lists(&mut snapshot);
    fill_splits(&mut snapshot);
    snapshot.timeline = timeline();
    snapshot.findings = vec![unknown()];
    snapshot.vantage = Some(Vantage {
        point: VantagePoint::Between,
        addresses: Vec::new(),
        text: "between 9 clients and 3 servers".to_owned(),
    });
    snapshot.sample = Some(sample());
    snapshot.lookups = Some(lookups::busy());
    snapshot
}

/// Hosts that a baseline alone has.
fn gone<const N: usize>(network: &str, hosts: [u8; N]) -> [(IpAddr, Mark); N] {
    hosts.map(|host| (address(&format!("{network}{host}")), Mark::Gone))
}

/// Compared with what was before.
fn compared() -> Snapshot {
    let mut snapshot = busy();
    let mut it = Compared {
        with: "monday.summary".into(),
        before: 0.031,
        whole: Some(Mark::Grown),
        new_findings: vec![snapshot.findings[0].headline.clone()],
        ..Compared::default()
    };
    it.servers.insert(address("10.53.0.10"), Mark::New);
    it.servers.insert(address("10.53.0.11"), Mark::Less);
    it.servers.extend(gone("10.53.0.", [97, 98, 99]));
    let clients = [(0, Mark::Grown), (2, Mark::New), (3, Mark::New)];
    it.clients = clients.map(|(row, mark)| (snapshot.clients.rows[row].key, mark)).into();
    it.clients.extend(gone("10.20.9.", [1, 2, 3, 4]));
    it.names.insert(snapshot.names.rows[1].key.clone(), Mark::Grown);
    snapshot.compare(it);
    snapshot
}

fn fill_source(snapshot: &mut Snapshot) {
    let source = &mut snapshot.source;
    source.name = "outage.pcapng".into();
    source.link_types = vec!["EN10MB".to_owned()];
    (source.first, source.last) = (Some(at(0)), Some(at(24_042)));
    source.ended = Some(Ended::EndOfFile);
}

fn fill_counts(snapshot: &mut Snapshot) {
    let ledger = &mut snapshot.ledger;
    ledger.frames = 6_902;
    ledger.datagrams = 6_800;
    ledger.segments = 84;
    ledger.not_dns = 18;
    ledger.dns_messages = 6_884;
    ledger.queries = 3_442;
    ledger.responses = 3_442;
    snapshot.rcodes = rcodes(&[(0, 1_996), (2, 38), (3, 96), (5, 1_312)]);
    snapshot.latency = Some(times(3_401, 250));
    snapshot.outcomes.answered = 3_401;
    snapshot.slow = Slow { after: Duration::from_millis(500), responses: 60 };
    snapshot.outcomes.unanswered = 12;
    snapshot.outcomes.undecided = 3;
    snapshot.outcomes.repeated_queries = 26;
    snapshot.impact = Impact {
        lookups_refused: 488,
        recovered: 120,
        failed: 368,
        clients_failed: Distinct { count: 9, at_least: false },
        names_failed: Distinct { count: 25, at_least: false },
        are_pairs: false,
    };
}

fn fill_lists(snapshot: &mut Snapshot) {
    snapshot.servers = list(vec![
        row(address("10.53.0.10"), 1_990, 1_233),
        row(address("fd53::10"), 880, 76),
        row(address("10.53.0.11"), 572, 3),
    ]);
    let clients = (0..9).map(|n| {
        let client = match n {
            2 => "2001:db8:20:1:5054:ff:fe12:3456".to_owned(),
            n => format!("10.20.{}.{}", n % 3 + 1, 11 + n),
        };
        row(address(&client), 640 - n * 31, 310 - n * 30)
    });
    snapshot.clients = list(clients.collect());
    snapshot.servers.rows.iter_mut().for_each(|row| row.role = Some(Role::Recursive));
    snapshot.clients.rows.iter_mut().for_each(|row| row.role = Some(Role::Stub));
    let names = [
        ("www.ads.example", 1, 402),
        ("cdn.tracker.ads.example", 28, 301),
        ("login.casino.example", 1, 220),
        ("a.very.long.name.that.somebody.chose.for.no.good.reason.casino.example", 65, 130),
        ("_ldap._tcp.dc._msdcs.corp.example", 33, 104),
        ("10.0.20.10.in-addr.arpa", 12, 90),
        ("version.bind", 16, 45),
    ];
    let rows = names.map(|(name, rtype, focus)| row(question(name, rtype), focus + 20, focus));
    snapshot.names = list(rows.to_vec());
    snapshot.names.rows[6].key.class = Class(3);
    let domains = [("ads.example", 703), ("casino.example", 350), ("corp.example", 104)];
    snapshot.domains = list(domains.map(|(name, n)| row(name.to_owned(), n + 50, n)).to_vec());
    snapshot.suffixes = list(vec![row("example".to_owned(), 2_900, 1_177)]);
    let networks = [("10.20.1.0", 24, 640), ("10.20.2.0", 24, 472), ("2001:db8:20::", 56, 200)];
    let prefix = |(text, length, _): (&str, u8, u64)| Prefix { address: address(text), length };
    snapshot.prefixes = list(networks.map(|n| row(prefix(n), n.2 + 300, n.2)).to_vec());
    snapshot.paths = list(paths());
}

fn paths() -> Vec<Row<PathKey>> {
    let of = |client: &str, name: &str, focus| {
        let key = PathKey {
            client: address(client),
            server: address("10.53.0.10"),
            question: question(name, 1),
        };
        Row { clients: None, servers: None, names: None, ..row(key, focus, focus) }
    };
    vec![
        of("10.20.1.11", "www.ads.example", 61),
        of("2001:db8:20:1:5054:ff:fe12:3456", "cdn.tracker.ads.example", 44),
        of("10.20.2.12", "login.casino.example", 17),
    ]
}

fn fill_splits(snapshot: &mut Snapshot) {
    snapshot.types = vec![
        split(RecordType(1), 1_803, 702),
        split(RecordType(28), 1_201, 402),
        split(RecordType(65), 330, 163),
        split(RecordType(16), 108, 45),
    ];
    snapshot.classes = vec![split(Class(1), 3_394, 1_267), split(Class(3), 48, 45)];
    snapshot.opcodes = vec![split(Opcode::QUERY, 3_440, 1_310), split(Opcode::UPDATE, 2, 2)];
    snapshot.transports = vec![split(Transport::Udp, 3_400, 1_300), split(Transport::Tcp, 42, 12)];
    snapshot.ede = vec![
        EdeRow {
            ede: Ede(15),
            rcode: Rcode::REFUSED,
            responses: 240,
            text: "listed by policy 7, ask noc@corp.example".to_owned(),
        },
        EdeRow { ede: Ede(22), rcode: Rcode::SERVFAIL, responses: 31, text: String::new() },
    ];
}

fn unknown() -> Finding {
    Finding {
        id: 1,
        cause: "unknown",
        confidence: Confidence::Possible,
        fault: true,
        outcome: FindingOutcome::Response(Rcode::REFUSED),
        connections: 0,
        count: 1_312,
        scope: Scope { servers: vec!["10.53.0.10".to_owned()], ..Scope::default() },
        first: Some(at(5_200)),
        last: Some(at(23_900)),
        last_success: Some(at(5_100)),
        onset: rcodetop::snapshot::Onset::Step,
        ongoing: true,
        turns: Vec::new(),
        impact: rcodetop::snapshot::FindingImpact::default(),
        linked: Vec::new(),
        headline: "1,312 responses with REFUSED are not explained".to_owned(),
        brief: "1,312 responses with REFUSED are not explained".to_owned(),
        evidence: vec![
            "94.0 % came from 10.53.0.10, which answered 757 other queries".to_owned(),
            "240 of them say by EDE 15 (Blocked) that the name is blocked".to_owned(),
        ],
        against: vec!["2 other servers gave REFUSED as well".to_owned()],
        brand: None,
        fix: vec!["ask the operator of 10.53.0.10 which policy applies".to_owned()],
        verify: "dig @10.53.0.10 www.ads.example A".to_owned(),
        verify_windows: String::new(),
    }
}

/// A capture in which nobody is refused.
pub(crate) fn quiet() -> Snapshot {
    let busy = busy();
    let mut snapshot = Snapshot {
        source: busy.source,
        ledger: busy.ledger,
        focus: Focus::default(),
        rcodes: rcodes(&[(0, 3_308), (2, 38), (3, 96)]),
        outcomes: busy.outcomes,
        latency: busy.latency,
        timeline: busy.timeline,
        ..Snapshot::default()
    };
    for step in &mut snapshot.timeline.steps {
        step.responses -= step.focus;
        step.whole = step.responses;
        step.focus = 0;
        step.rcodes.remove(&Rcode::REFUSED);
    }
    snapshot
}

/// The file is broken in the middle, and one direction is missing.
pub(crate) fn damaged() -> Snapshot {
    let mut snapshot = busy();
    let why = "outage.pcapng: record 6903 at byte 1204233: 65535 bytes announced, 212 left";
    snapshot.source.ended = Some(Ended::Damaged(why.to_owned()));
    snapshot.quality = vec![
        Quality {
            id: "one-way",
            text: "only responses were captured: unanswered queries cannot be seen".to_owned(),
        },
        Quality {
            id: "duplicates",
            text: "every frame was captured twice; each is counted once".to_owned(),
        },
    ];
    snapshot.ledger.undecodable = [0, 12, 3, 0, 1];
    snapshot.ledger.malformed = 4;
    snapshot
}

/// The interface went away.
pub(crate) fn failed() -> Snapshot {
    let mut snapshot = busy();
    snapshot.source.kind = SourceKind::Live;
    snapshot.source.name = "enp3s0f1.204".into();
    snapshot.source.ended = Some(Ended::Failed("enp3s0f1.204: The interface disappeared".into()));
    snapshot.ledger.kernel_dropped = Some(0);
    snapshot
}

/// A busy live capture that cannot keep up, with lists that were cut.
pub(crate) fn drops() -> Snapshot {
    let mut snapshot = busy();
    snapshot.source.kind = SourceKind::Live;
    snapshot.source.name = "any".into();
    snapshot.source.ended = None;
    let ledger = &mut snapshot.ledger;
    ledger.frames = 1_234_567_890;
    ledger.kernel_dropped = Some(48_211);
    ledger.interface_dropped = Some(7);
    ledger.shed = 1_024;
    ledger.evicted = 4_100;
    snapshot.clients.total = 41_230;
    snapshot.clients.omitted = 120_455;
    snapshot.names.total = 1_048_576;
    snapshot.names.omitted = 9_999;
    snapshot.names.error = 312;
    for row in &mut snapshot.names.rows {
        row.error = 312;
        row.clients = Some(Distinct { count: 65_536, at_least: true });
    }
    snapshot.assess();
    snapshot
}

/// Everything but DNS.
pub(crate) fn no_dns() -> Snapshot {
    let mut snapshot = Snapshot { focus: Focus::default(), ..Snapshot::default() };
    fill_source(&mut snapshot);
    snapshot.ledger.frames = 6_902;
    snapshot.ledger.not_dns = 6_900;
    snapshot.ledger.undecodable = [0, 0, 2, 0, 0];
    snapshot.assess();
    snapshot
}

/// The responses take another way.
pub(crate) fn queries_only() -> Snapshot {
    let mut snapshot = Snapshot { focus: Focus::default(), ..Snapshot::default() };
    fill_source(&mut snapshot);
    let ledger = &mut snapshot.ledger;
    (ledger.frames, ledger.datagrams, ledger.dns_messages, ledger.queries) = (542, 521, 521, 521);
    ledger.not_dns = 21;
    snapshot.outcomes.unanswered = 400;
    snapshot.outcomes.undecided = 100;
    snapshot.outcomes.repeated_queries = 21;
    snapshot.assess();
    snapshot
}

/// The queries take another way.
pub(crate) fn responses_only() -> Snapshot {
    let mut snapshot = busy();
    snapshot.ledger.queries = 0;
    snapshot.ledger.frames -= 3_442;
    snapshot.ledger.datagrams -= 3_442;
    snapshot.ledger.dns_messages = 3_442;
    snapshot.outcomes = rcodetop::snapshot::Outcomes { unasked: 3_442, ..Default::default() };
    snapshot.assess();
    snapshot
}

/// The interface went away before anything came.
pub(crate) fn failed_at_once() -> Snapshot {
    let mut snapshot = empty();
    snapshot.source.ended = Some(Ended::Failed("eth0: The interface disappeared".into()));
    snapshot
}

/// A large file, half read.
pub(crate) fn reading() -> Snapshot {
    let mut snapshot = busy();
    snapshot.source.name =
        "/srv/captures/2026/11/21/resolver-pool-b/node-07/port-mirror-0300-0400.pcapng.zst".into();
    snapshot.source.ended = None;
    snapshot.source.progress = Some(Progress { done: 430_000_000, total: 1_000_000_000 });
    snapshot
}

/// Names and texts that an attacker chose; each already escaped, as in every snapshot.
pub(crate) fn hostile() -> Snapshot {
    let mut snapshot = busy();
    let names = [
        format!("{}.example", "\\000".repeat(240)),
        "\\027]0;owned\\007.evil.example".to_owned(),
        format!("{}.com", "w".repeat(63)),
        ".".to_owned(),
        "-".to_owned(),
        "\\226\\128\\174moc.elgoog.example".to_owned(),
        "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字.example".to_owned(),
    ];
    for (row, name) in snapshot.names.rows.iter_mut().zip(names) {
        row.key.name = name;
        row.key.rtype = RecordType(65_280);
        row.key.class = Class(4_242);
    }
    snapshot.clients.rows[0].key = address("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff");
    snapshot.servers.rows[0].key = address("2001:db8:ffff:eeee:dddd:cccc:bbbb:aaaa");
    snapshot.servers.rows[0].focus = u64::MAX;
    snapshot.servers.rows[0].responses = u64::MAX;
    snapshot.ede[0].text = "A".repeat(4_000);
    snapshot.findings[0].headline = "x".repeat(3_000);
    snapshot.findings[0].brief = "x".repeat(3_000);
    snapshot.rcodes.push(RcodeRow {
        rcode: Rcode(3_841),
        responses: 1,
        share: 1.0 / 3_443.0,
        latency: None,
    });
    snapshot.source.name = "a\\027[2Jb ".repeat(40);
    snapshot.lookups = Some(lookups::hostile());
    snapshot
}

/// What some addresses are called, by whom, with how many others.
fn called(names: &[(&str, &str, NameSource, u64)]) -> Named {
    let row = |(ip, name, source, others): &(&str, &str, NameSource, u64)| {
        let (by, more) = (address("10.53.0.13"), *others == 9);
        let (name, others, source) = ((*name).to_owned(), *others, *source);
        (address(ip), AddressName { name, others, more, source, by, at: at(1_500) })
    };
    Named { rows: names.iter().map(row).collect(), kept: 1_877, forgotten: 311 }
}

/// Looked up in databases that say so.
fn locate(snapshot: &mut Snapshot, places: &[Place]) {
    let folder = tempfile::tempdir().expect("a folder for databases");
    let atlas = Atlas::open(&places::databases(folder.path(), places)).expect("they are databases");
    snapshot.locate(|address| atlas.of(address));
}

const PLACES: &[Place] = &[
    ("10.53.0.0/16", "DE", 64_500, "Example Resolvers GmbH"),
    ("10.20.1.0/24", "DE", 64_501, "Campus"),
    (
        "10.20.2.0/24",
        "SE",
        64_502,
        "Northern Cable and Wireless Company of the Far Islands in the Sea AB",
    ),
    ("2001:db8::/32", "NZ", u32::MAX, "Kiwi"),
];

/// Of some addresses it is known where they are.
fn placed() -> Snapshot {
    let mut snapshot = named();
    locate(&mut snapshot, PLACES);
    snapshot
}

/// The same of lists that were cut, from tables that have forgotten some.
fn placed_cut() -> Snapshot {
    let mut snapshot = drops();
    snapshot.clients.error = 17;
    locate(&mut snapshot, PLACES);
    snapshot
}

/// Databases that somebody made to do harm.
fn misplaced() -> Snapshot {
    let mut snapshot = hostile();
    let wide = "\u{6f22}\u{5b57}\u{6f22}\u{5b57}\u{6f22}\u{5b57}\u{6f22}\u{5b57}\u{6f22}\u{5b57}";
    locate(
        &mut snapshot,
        &[
            ("10.53.0.0/16", "\u{1b}[", 1, "\u{1b}]0;owned\u{7}\u{1b}[2J\r\nroot#"),
            ("10.20.1.0/24", "zz", 2, "\u{202e}moc.elgoog"),
            ("10.20.2.0/24", "DEU", 3, wide),
            ("10.20.3.0/24", "", 4, "AS1 \u{1b}]0;owned\u{7}\u{1b}[2J"),
            (
                "2001:db8::/32",
                "\u{1b}",
                0,
                "a`b|c,d=1+1 and more of it until no screen can hold it all",
            ),
        ],
    );
    snapshot
}

/// Some addresses have names.
pub(crate) fn named() -> Snapshot {
    let mut snapshot = busy();
    snapshot.named = Some(called(&[
        ("10.53.0.10", "ns1.corp.example", NameSource::Reverse, 0),
        ("fd53::10", "ns1.corp.example", NameSource::Forward, 0),
        ("10.53.0.11", "resolver-b.ams.corp.example", NameSource::Reverse, 2),
        ("10.20.1.11", "www.corp.example", NameSource::Forward, 9),
        ("2001:db8:20:1:5054:ff:fe12:3456", "pc7.corp.example", NameSource::Reverse, 1),
    ]));
    snapshot
}

/// Those who answered chose the worst names that there are.
pub(crate) fn misnamed() -> Snapshot {
    let mut snapshot = hostile();
    let longest = format!("{}.example", "\\000".repeat(247));
    snapshot.named = Some(called(&[
        ("2001:db8:ffff:eeee:dddd:cccc:bbbb:aaaa", &longest, NameSource::Reverse, 9),
        ("10.53.0.10", "a.b", NameSource::Forward, 0),
        ("fd53::10", "\\027]0;owned\\007.example", NameSource::Reverse, 9),
        ("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", &longest, NameSource::Forward, 9),
        ("10.20.2.12", "x", NameSource::Forward, 9),
    ]));
    snapshot
}

/// A refusal with an Extended DNS Error, as the engine shows it.
fn sample() -> rcodetop::snapshot::Sample {
    let bytes = b"\x2a\x07\x81\x05\x00\x01\x00\x00\x00\x00\x00\x01\x03www\x03ads\x07example\x00\
        \x00\x01\x00\x01\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x06\x00\x0f\x00\x02\x00\x0f";
    rcodetop::snapshot::Sample {
        at: Timestamp::new(1_795_230_744, 0),
        server: [10, 53, 0, 10].into(),
        client: [10, 20, 1, 11].into(),
        transport: Transport::Udp,
        lines: rcodetop::wire::describe(bytes),
        bytes: bytes.to_vec(),
    }
}
