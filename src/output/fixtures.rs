//! Snapshots made by hand, for the tests of every format.

use std::net::IpAddr;
use std::time::Duration;

use crate::focus::Focus;
use crate::snapshot::{
    AddressName, Class, Confidence, Distinct, Ede, EdeRow, Ended, Finding, FindingOutcome, Impact,
    Latency, List, NameSource, Named, Opcode, Outcomes, PathKey, Place, Prefix, Quality,
    QuestionKey, Rcode, RcodeRow, RecordType, Role, Row, Scope, Snapshot, Source, Split, Step,
    Timeline, Timestamp, Transport, Vantage, VantagePoint,
};

/// 2026-11-21T03:12:00Z.
const START: u64 = 1_795_230_720;

fn at(seconds: u64) -> Timestamp {
    Timestamp::new(START + seconds, 1_000)
}

fn latency(count: u64, ms: u64) -> Latency {
    let times = |part: u64| Duration::from_micros(ms * part);
    let (min, p50, p95, p99) = (times(100), times(1000), times(2500), times(4000));
    Latency { count, min, p50, p95, p99, max: times(9000) }
}

fn row<K>(key: K, responses: u64, focus: u64) -> Row<K> {
    Row {
        key,
        responses,
        focus,
        whole: responses,
        unanswered: 0,
        clients: None,
        servers: None,
        names: None,
        first: Some(at(4)),
        last: Some(at(23)),
        latency: None,
        error: 0,
        role: None,
        place: None,
    }
}

fn split<K>(key: K, responses: u64, focus: u64) -> Split<K> {
    Split { key, responses, focus, whole: responses }
}

fn distinct(count: u64) -> Distinct {
    Distinct { count, at_least: false }
}

fn list<K>(rows: Vec<Row<K>>) -> List<K> {
    List { total: rows.len() as u64, rows, omitted: 0, error: 0 }
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn question(name: &str, rtype: u16) -> QuestionKey {
    QuestionKey { name: name.into(), rtype: RecordType(rtype), class: Class(1) }
}

/// A quarter of the responses is REFUSED, for everything under two domains.
pub(super) fn outage() -> Snapshot {
    Snapshot {
        serial: 1,
        source: Source {
            name: "outage.pcapng".into(),
            link_types: vec!["EN10MB".into()],
            first: Some(at(0)),
            last: Some(at(24)),
            ended: Some(Ended::EndOfFile),
            ..Source::default()
        },
        focus: Focus::default(),
        rcodes: [(0, 1096, 4), (2, 24, 900), (3, 104, 20), (5, 488, 1)]
            .map(|(code, responses, ms)| RcodeRow {
                rcode: Rcode(code),
                responses,
                share: responses as f64 / 1712.0,
                latency: Some(latency(responses, ms)),
            })
            .into(),
        outcomes: Outcomes {
            answered: 1700,
            late: 3,
            unanswered: 9,
            undecided: 3,
            unasked: 12,
            ..Outcomes::default()
        },
        latency: Some(latency(1700, 3)),
        impact: Impact {
            lookups_refused: 488,
            recovered: 120,
            failed: 368,
            clients_failed: distinct(6),
            names_failed: distinct(25),
            are_pairs: false,
        },
        ..counted(tables())
    }
}

/// An outage of servers and clients that have names, of whatever kind.
pub(super) fn named() -> Snapshot {
    let name = |name: &str, source, others| {
        let (by, more) = (address("10.53.0.11"), others == 9);
        AddressName { name: name.to_owned(), others, more, source, by, at: at(2) }
    };
    let longest = format!("{}.example", "\\000".repeat(247));
    let rows = [
        ("10.53.0.10", name("ns1.corp.example", NameSource::Reverse, 0)),
        ("10.20.1.11", name("www.corp`|.example", NameSource::Forward, 3)),
        ("2001:db8:20::19", name(&longest, NameSource::Forward, 9)),
        ("192.0.2.1", name("router.corp.example", NameSource::Reverse, 1)),
    ];
    let rows = rows.map(|(ip, name)| (address(ip), name)).into_iter().collect();
    Snapshot { named: Some(Named { rows, kept: 1_877, forgotten: 311 }), ..outage() }
}

fn counted(mut snapshot: Snapshot) -> Snapshot {
    let ledger = &mut snapshot.ledger;
    ledger.frames = 3442;
    ledger.datagrams = 3424;
    ledger.not_dns = 18;
    (ledger.dns_messages, ledger.queries, ledger.responses) = (3424, 1712, 1712);
    snapshot
}

fn tables() -> Snapshot {
    Snapshot {
        servers: servers(),
        clients: clients(),
        names: names(),
        domains: list(vec![
            row("ads.example".into(), 320, 320),
            row("casino.example".into(), 168, 168),
        ]),
        prefixes: list(vec![row(Prefix { address: address("10.20.1.0"), length: 24 }, 1700, 488)]),
        paths: list(vec![row(
            PathKey {
                client: address("10.20.1.11"),
                server: address("10.53.0.10"),
                question: question("www.ads.example", 1),
            },
            12,
            12,
        )]),
        types: vec![split(RecordType(1), 1000, 300), split(RecordType(65280), 712, 188)],
        classes: vec![split(Class(1), 1712, 488)],
        opcodes: vec![split(Opcode(0), 1712, 488)],
        transports: vec![split(Transport::Udp, 1712, 488)],
        ede: vec![EdeRow {
            ede: Ede(15),
            rcode: Rcode::REFUSED,
            responses: 240,
            text: "ad \\034block\\034".into(),
        }],
        timeline: timeline(),
        vantage: Some(Vantage {
            point: VantagePoint::AtResolver,
            addresses: vec![address("10.53.0.10"), address("fd53::10")],
            text: "at 10.53.0.10 and fd53::10, an authoritative and recursive server: 30 clients \
                   ask it, and it asks 11 servers"
                .into(),
        }),
        ..Snapshot::default()
    }
}

fn servers() -> List<IpAddr> {
    let rows = [("10.53.0.10", 900, 265, 6, 15), ("fd53::10", 812, 223, 5, 14)];
    list(
        rows.map(|(key, responses, focus, clients, names)| Row {
            clients: Some(distinct(clients)),
            names: Some(distinct(names)),
            latency: Some(latency(responses, 2)),
            role: Some(Role::Both),
            ..row(address(key), responses, focus)
        })
        .into(),
    )
}

fn clients() -> List<IpAddr> {
    let rows = (11..19).map(|host| Row {
        servers: Some(distinct(2)),
        names: Some(Distinct { count: 20, at_least: host == 11 }),
        role: (host > 11).then_some(Role::Stub),
        place: Some(Place::Local),
        ..row(address(&format!("10.20.1.{host}")), 310 - host, 150 - host * 7)
    });
    List { total: 30, omitted: 41, ..list(rows.collect()) }
}

fn names() -> List<QuestionKey> {
    let rows = (0..12).map(|place| Row {
        clients: Some(distinct(6)),
        servers: Some(distinct(2)),
        error: u64::from(place == 11) * 3,
        ..row(
            question(&format!("host{place}.some.rather.deep.ads.example"), 28),
            40 - place,
            40 - place,
        )
    });
    List { total: 25, omitted: 13, error: 2, ..list(rows.collect()) }
}

fn timeline() -> Timeline {
    let step = |second: u64| Step {
        queries: 70,
        responses: 70,
        focus: if second < 4 { 0 } else { second },
        whole: 70,
        rcodes: [(Rcode::NOERROR, 70 - second), (Rcode::REFUSED, second)].into(),
        ..Step::default()
    };
    Timeline { start: at(0), step: Duration::from_secs(1), steps: (0..24).map(step).collect() }
}

/// The same with its causes known.
pub(super) fn explained() -> Snapshot {
    let finding = Finding {
        id: 1,
        cause: "domain-policy",
        confidence: Confidence::Likely,
        fault: true,
        outcome: FindingOutcome::Response(Rcode::REFUSED),
        count: 488,
        scope: Scope {
            suffixes: vec!["ads.example".into()],
            types: vec![RecordType(1)],
            ..Scope::default()
        },
        first: Some(at(4)),
        last: Some(at(23)),
        headline: "10.53.0.10 and fd53::10 refuse every name under ads.example, to every client"
            .into(),
        brief: "10.53.0.10 and fd53::10 refuse every name under ads.example".into(),
        evidence: vec!["488 of 488 queries under this suffix were refused".into()],
        against: vec!["no EDE says blocked".into()],
        fix: vec!["if the block is not wanted: remove the suffix from the policy".into()],
        verify: "dig @10.53.0.10 www.ads.example A".into(),
        ..crate::snapshot::fixtures::finding()
    };
    Snapshot { findings: vec![finding], ..outage() }
}

/// A healthy capture.
pub(super) fn healthy() -> Snapshot {
    let mut snapshot = outage();
    snapshot.rcodes.retain(|row| row.rcode != Rcode::REFUSED);
    snapshot.impact = Impact::default();
    snapshot.ede.clear();
    snapshot.timeline.steps.iter_mut().for_each(|step| step.focus = 0);
    let empty = Snapshot::default();
    Snapshot {
        servers: empty.servers,
        clients: empty.clients,
        names: empty.names,
        domains: empty.domains,
        ..snapshot
    }
}

/// The outage in a capture that is cut short, with names made to do harm.
pub(super) fn hostile() -> Snapshot {
    let mut snapshot = outage();
    snapshot.source.ended =
        Some(Ended::Damaged("outage.pcapng is cut at byte 4711, in record 3442".into()));
    snapshot.quality = vec![Quality {
        id: "one-way",
        text: "only responses were captured: unanswered queries cannot be seen".into(),
    }];
    let names = [
        "=cmd|' /c calc'!a1.example",
        "-",
        "@sum(a1).example",
        "<img src=x>.`code`.|pipe|.example",
        "\\027[2j\\226\\128\\174.example",
        &format!("{}.example", "a".repeat(900)),
        "\"quoted\",comma.example",
    ];
    snapshot.names = list(names.iter().map(|name| row(question(name, 1), 9, 9)).collect());
    snapshot
}

/// Nothing was captured.
pub(super) fn empty() -> Snapshot {
    let source =
        Source { name: "empty.pcap".into(), ended: Some(Ended::EndOfFile), ..Source::default() };
    Snapshot { source, focus: Focus::default(), ..Snapshot::default() }
}
