//! Metrics: the same numbers as reports, never going down, never too many, whatever packets say.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "support/analysis.rs"]
#[expect(dead_code, reason = "others look at whole snapshots")]
mod analysis;
#[path = "support/frames.rs"]
#[expect(dead_code, reason = "others need streams")]
mod frames;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rcodetop::engine::{Engine, EngineConfig};
use rcodetop::metrics::{self, Kind, METRICS, Service, View};
use rcodetop::output::{self, Format, Options};
use rcodetop::snapshot::{Snapshot, SnapshotSpec, Timestamp};
use rcodetop::wire::{Frame, LinkType};
use serde_json::Value;

use analysis::{feed, testdata};
use frames::{ipv4, message, port_unreachable, udp};

fn render(snapshot: &Snapshot) -> String {
    let service = Service { started: Timestamp::new(1, 0), ..Service::default() };
    metrics::render(&View { snapshot, service: &service }).unwrap()
}

/// Samples by name and labels, as they are written.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let mut out = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (sample, value) = line.rsplit_once(' ').unwrap();
        let twice = out.insert(sample.to_owned(), value.parse().unwrap());
        assert!(twice.is_none(), "{sample} is told twice");
    }
    out
}

fn monitored(top: usize, servers: usize) -> SnapshotSpec {
    SnapshotSpec { top, monitor: Some(servers), ..SnapshotSpec::default() }
}

/// Numbers that a report and the metrics have by themselves.
const SAME: &[(&str, &str)] = &[
    ("rcodetop_queries_total", "/ledger/queries"),
    ("rcodetop_answered_queries_total", "/outcomes/answered"),
    ("rcodetop_late_responses_total", "/outcomes/late"),
    ("rcodetop_slow_responses_total", "/slow/responses"),
    ("rcodetop_unasked_responses_total", "/outcomes/unasked"),
    ("rcodetop_repeated_responses_total", "/outcomes/repeated_responses"),
    ("rcodetop_outcomes{outcome=\"answered\"}", "/outcomes/answered"),
    ("rcodetop_outcomes{outcome=\"late\"}", "/outcomes/late"),
    ("rcodetop_outcomes{outcome=\"unanswered\"}", "/outcomes/unanswered"),
    ("rcodetop_outcomes{outcome=\"unreachable\"}", "/outcomes/unreachable"),
    ("rcodetop_outcomes{outcome=\"undecided\"}", "/outcomes/undecided"),
    ("rcodetop_outcomes{outcome=\"unasked\"}", "/outcomes/unasked"),
    ("rcodetop_outcomes{outcome=\"repeated_queries\"}", "/outcomes/repeated_queries"),
    ("rcodetop_outcomes{outcome=\"repeated_responses\"}", "/outcomes/repeated_responses"),
    ("rcodetop_response_time_seconds_count", "/latency_ms/count"),
    ("rcodetop_focus_lookups{end=\"failed\"}", "/impact/failed"),
    ("rcodetop_focus_lookups{end=\"recovered\"}", "/impact/recovered"),
    ("rcodetop_focus_parties{kind=\"server\"}", "/lists/servers/total"),
    ("rcodetop_focus_parties{kind=\"client\"}", "/lists/clients/total"),
    ("rcodetop_frames_total{kind=\"datagram\"}", "/ledger/datagrams"),
    ("rcodetop_frames_total{kind=\"segment\"}", "/ledger/segments"),
    ("rcodetop_frames_total{kind=\"fragment\"}", "/ledger/fragments"),
    ("rcodetop_frames_total{kind=\"icmp_error\"}", "/ledger/icmp_errors"),
    ("rcodetop_frames_total{kind=\"duplicate\"}", "/ledger/duplicates"),
    ("rcodetop_frames_total{kind=\"skipped\"}", "/ledger/skipped"),
    ("rcodetop_skipped_queries_total", "/ledger/skipped"),
    ("rcodetop_outcomes{outcome=\"skipped\"}", "/outcomes/skipped"),
    ("rcodetop_frames_total{kind=\"not_dns\"}", "/ledger/not_dns"),
    ("rcodetop_undecodable_frames_total{reason=\"no-header\"}", "/ledger/undecodable/no-header"),
    ("rcodetop_undecodable_frames_total{reason=\"bad-ip\"}", "/ledger/undecodable/bad-ip"),
    ("rcodetop_malformed_messages_total", "/ledger/malformed"),
    ("rcodetop_cut_messages_total", "/ledger/cut"),
    ("rcodetop_shed_queries_total", "/ledger/shed"),
    ("rcodetop_shed_pieces_total", "/ledger/shed_pieces"),
    ("rcodetop_stream_gap_bytes_total", "/ledger/stream_gaps"),
    ("rcodetop_misfit_segments_total", "/ledger/misfit_segments"),
    ("rcodetop_evicted_entries_total", "/ledger/evicted"),
];

/// The sum of the samples of a metric that have all these labels.
fn sum(samples: &BTreeMap<String, f64>, metric: &str, labels: &[(&str, &str)]) -> f64 {
    let has = |sample: &str, (name, value): &(&str, &str)| {
        sample.contains(&format!("{{{name}=\"{value}\""))
            || sample.contains(&format!(",{name}=\"{value}\""))
    };
    let mut out = 0.0;
    for (sample, value) in samples {
        let is_its = sample.split('{').next() == Some(metric);
        if is_its && labels.iter().all(|label| has(sample, label)) {
            out += value;
        }
    }
    out
}

/// Every number that both have; how many were compared.
#[track_caller]
fn check_same(snapshot: &Snapshot, what: &str) -> usize {
    let mut json = Vec::new();
    output::write(Format::Json, snapshot, &Options::default(), &mut json).unwrap();
    let report: Value = serde_json::from_slice(&json).unwrap();
    let told = samples(&render(snapshot));
    let mut compared = 0;
    let mut same = |told: f64, expected: &Value, which: &str| {
        let expected = expected.as_f64().unwrap_or_default();
        assert!((told - expected).abs() < 0.5, "{what}: {which}: {told} is not {expected}");
        compared += 1;
    };
    for (sample, place) in SAME {
        let value = report.pointer(place);
        same(told[*sample], value.unwrap_or(&Value::Null), sample);
    }
    let questions = told["rcodetop_focus_parties{kind=\"name\"}"];
    same(questions, &Value::from(snapshot.questions()), "questions");
    for row in report["rcodes"].as_array().unwrap() {
        let name = row["name"].as_str().unwrap();
        let rcode = if name.starts_with("RCODE") { continue } else { name };
        let sum = sum(&told, "rcodetop_responses_total", &[("rcode", rcode)]);
        same(sum, &row["responses"], rcode);
    }
    let all = sum(&told, "rcodetop_responses_total", &[]);
    same(all, &report["ledger"]["responses"], "all responses");
    for row in report["transports"].as_array().unwrap() {
        let name = row["name"].as_str().unwrap();
        let sum = sum(&told, "rcodetop_responses_total", &[("transport", name)]);
        same(sum, &row["responses"], name);
    }
    for row in report["servers"].as_array().unwrap() {
        let server = row["server"].as_str().unwrap();
        let of = |labels: &[(&str, &str)]| {
            sum(&told, "rcodetop_server_responses_total", &[&[("server", server)], labels].concat())
        };
        same(of(&[]), &row["responses"], server);
        same(of(&[("rcode", "REFUSED")]), &row["focus"], server);
        let silent = sum(&told, "rcodetop_server_unanswered_queries", &[("server", server)]);
        same(silent, &row["unanswered"], server);
        let times = "rcodetop_server_response_time_seconds_count";
        same(sum(&told, times, &[("server", server)]), &row["latency_ms"]["count"], server);
    }
    let found = report["findings"].as_array().unwrap();
    let exchanges: u64 = found.iter().map(|it| it["count"].as_u64().unwrap()).sum();
    same(sum(&told, "rcodetop_finding_exchanges", &[]), &exchanges.into(), "findings");
    let faults = found.iter().filter(|it| it["ongoing"] == true && it["fault"] == true).count();
    same(sum(&told, "rcodetop_findings", &[("fault", "true")]), &faults.into(), "faults");
    let given_up = told["rcodetop_given_up_queries_total"];
    let silent = given_up - told["rcodetop_taken_back_queries_total"];
    same(silent, &report["outcomes"]["unanswered"], "given up less taken back");
    compared
}

fn captures() -> Vec<PathBuf> {
    let folders = ["links", "shapes", "scenarios"].map(testdata);
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/scenarios");
    let all = folders.into_iter().chain(shared.is_dir().then_some(shared));
    let entries = all.flat_map(|folder| fs::read_dir(folder).unwrap());
    let is_capture = |path: &PathBuf| {
        let name = path.to_string_lossy();
        [".pcap", ".pcapng", ".pcap.zst", ".pcapng.zst"].iter().any(|it| name.ends_with(it))
    };
    entries.map(|entry| entry.unwrap().path()).filter(is_capture).collect()
}

#[test]
fn metrics_and_reports_have_the_same_numbers() {
    let mut compared = 0;
    let captures = captures();
    for path in &captures {
        let mut engine = Engine::new(EngineConfig { rows: usize::MAX, ..EngineConfig::default() });
        feed(&mut engine, path);
        let snapshot = engine.snapshot(&monitored(usize::MAX, 1000));
        compared += check_same(&snapshot, &path.display().to_string());
    }
    assert!(captures.len() > 40 && compared > 40 * SAME.len(), "{compared} numbers compared");
}

#[test]
fn servers_without_room_are_told_together() {
    let mut engine = Engine::new(EngineConfig::default());
    feed(&mut engine, &testdata("outage.pcap.gz"));
    let all = render(&engine.snapshot(&monitored(1, 1000)));
    for room in [0, 1, 3] {
        let mut engine = Engine::new(EngineConfig::default());
        feed(&mut engine, &testdata("outage.pcap.gz"));
        let some = samples(&render(&engine.snapshot(&monitored(1, room))));
        for metric in
            ["rcodetop_server_responses_total", "rcodetop_server_response_time_seconds_count"]
        {
            let expected = sum(&samples(&all), metric, &[]);
            assert!(expected > 100.0);
            assert!((sum(&some, metric, &[]) - expected).abs() < 0.5, "{room}: {metric}");
        }
        let times = "rcodetop_server_response_time_seconds_count";
        let told = some.keys().filter(|it| it.starts_with(times)).count();
        assert_eq!(told, room + 1, "servers and all others");
    }
}

/// Numbers that are drawn; the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % bound
    }
}

/// Traffic that fills every table: servers without end, some of them busy for a while, with any
/// code, answers that are late, doubled, lost or preceded by an error.
struct Weather {
    chance: Chance,
    now: u64,
    /// Responses and when they come.
    due: Vec<(u64, Vec<u8>)>,
}

const CLIENT: [u8; 4] = [10, 0, 0, 1];

impl Weather {
    fn feed(&mut self, engine: &mut Engine, exchanges: u64) {
        for _ in 0..exchanges {
            self.now += 2_000_000;
            let frames = self.exchange();
            frames.into_iter().for_each(|frame| feed_at(engine, self.now, &frame));
            let now = self.now;
            let (come, wait) =
                std::mem::take(&mut self.due).into_iter().partition(|it| it.0 <= now);
            self.due = wait;
            let come: Vec<(u64, Vec<u8>)> = come;
            come.iter().for_each(|(at, frame)| feed_at(engine, *at, frame));
        }
    }

    /// Which servers are busy changes with time.
    fn server(&mut self) -> [u8; 4] {
        let busy = u8::try_from(self.now / 20_000_000_000 % 7).unwrap();
        let [_, _, high, low] = u32::try_from(self.chance.below(60_000)).unwrap().to_be_bytes();
        match self.chance.below(3) {
            0 => [192, 0, 2, busy * 5 + u8::try_from(self.chance.below(10)).unwrap()],
            _ => [172, 16, high, low],
        }
    }

    fn exchange(&mut self) -> Vec<Vec<u8>> {
        let server = self.server();
        let id = u16::try_from(self.now / 1_000_000 % 65_536).unwrap();
        let code =
            [0, 0, 0, 2, 3, 5, 5, 7, 11, 13][usize::try_from(self.chance.below(10)).unwrap()];
        let query =
            ipv4(CLIENT, server, 17, &udp([4000, 53], &message(id, 0x100, "a.example.", 1, &[])));
        let answer = message(id, 0x8100 | code, "a.example.", 1, &[]);
        let response = ipv4(server, CLIENT, 17, &udp([53, 4000], &answer));
        let after = 1_000_000
            * [1, 3, 40, 800, 6_000, 9_000][usize::try_from(self.chance.below(6)).unwrap()];
        let mut out = vec![query.clone()];
        match self.chance.below(8) {
            0 => {}
            1 => {
                out.push(port_unreachable(server, &query));
                self.due.push((self.now + after, response));
            }
            2 => {
                self.due.push((self.now + after, response.clone()));
                self.due.push((self.now + after + 100_000_000, response));
            }
            3 => out = vec![response],
            _ => self.due.push((self.now + after, response)),
        }
        out
    }
}

fn feed_at(engine: &mut Engine, at: u64, bytes: &[u8]) {
    let wire_len = u32::try_from(bytes.len()).unwrap();
    let at = Timestamp::new(1_000, 0).plus(std::time::Duration::from_nanos(at));
    engine.feed(&Frame { at, wire_len, link: LinkType(101), interface: 0, bytes });
}

/// The name of a sample without what a histogram adds to that of its metric.
fn kind_of(sample: &str) -> Option<Kind> {
    let name = sample.split('{').next().unwrap();
    let whole = |ending: &str| name.strip_suffix(ending);
    let metric = METRICS.iter().find(|metric| {
        metric.name == name
            || ["_bucket", "_sum", "_count"].iter().any(|it| whole(it) == Some(metric.name))
    });
    metric.map(|metric| metric.kind)
}

#[test]
fn no_counter_goes_down_whatever_tables_forget() {
    let mut engine = Engine::new(EngineConfig { max_memory: 8 << 20, ..EngineConfig::default() });
    let mut weather = Weather { chance: Chance(7), now: 0, due: Vec::new() };
    let mut before: BTreeMap<String, f64> = BTreeMap::new();
    let (mut left, mut grew) = (0, 0);
    for round in 0..200 {
        weather.feed(&mut engine, 200);
        let spec = SnapshotSpec { weigh: round % 10 == 0, ..monitored(1, 6) };
        let now = samples(&render(&engine.snapshot(&spec)));
        for (sample, old) in &before {
            if kind_of(sample) == Some(Kind::Gauge) {
                continue;
            }
            match now.get(sample) {
                Some(new) => assert!(new >= old, "{sample} went from {old} to {new} in {round}"),
                None => left += 1,
            }
        }
        // What servers are told to have got more is no more than all got together.
        let more = |metric: &str| {
            let of = |it: &&String| it.split('{').next() == Some(metric);
            let old = |it: &String| before.get(it).copied().unwrap_or_default();
            now.keys().filter(of).map(|it| now[it] - old(it)).sum::<f64>()
        };
        let (apart, all) =
            (more("rcodetop_server_responses_total"), more("rcodetop_responses_total"));
        assert!(apart < all + 0.5, "{apart} more by server, {all} in all, in {round}");
        // All of it, but what those had got that left since.
        assert!(apart > all * 0.8, "{apart} more by server, {all} in all, in {round}");
        grew += usize::from(apart > 0.0);
        before = now;
    }
    assert!(left > 20, "servers took turns: {left} samples ended");
    assert_eq!(grew, 200);
    assert!(before["rcodetop_evicted_entries_total"] > 1_000.0, "tables were full");
    assert!(before["rcodetop_taken_back_queries_total"] > 1_000.0, "silence was taken back");
    let unreachable = before["rcodetop_outcomes{outcome=\"unreachable\"}"];
    assert!(unreachable > 10.0, "errors came");
}

#[test]
fn packets_cannot_make_samples_without_end() {
    let mut engine = Engine::new(EngineConfig::default());
    let mut nth = 0;
    for server in 0..500_u16 {
        for code in 0..16 {
            nth += 1;
            let [high, low] = server.to_be_bytes();
            let name = format!("n{server}.\"\\}}.example.");
            let name =
                if code % 2 == 0 { "a.example." } else { &name.replace(['"', '}', '\\'], "x") };
            let answer = message(nth, 0x8100 | code, name, server, &[]);
            let from = [198, 18, high, low];
            feed_at(
                &mut engine,
                u64::from(nth),
                &ipv4(from, CLIENT, 17, &udp([53, 4000], &answer)),
            );
        }
    }
    let told = samples(&render(&engine.snapshot(&monitored(1, 10))));
    assert!(told.len() < 700, "{} samples", told.len());
    let servers = told.keys().filter(|it| it.starts_with("rcodetop_server_unanswered_queries"));
    assert_eq!(servers.count(), 10);
    let labelled = |label: &str| told.keys().any(|it| it.contains(label));
    assert!(labelled("rcode=\"other\"") && !labelled("rcode=\"RCODE"), "codes without a name");
}

#[test]
fn what_a_user_wrote_stays_within_its_quotes() {
    let mut snapshot = Snapshot::default();
    snapshot.source.name = "a\"} 1\nrcodetop_queries_total 7\\".into();
    let text = render(&snapshot);
    let escaped = r#"source="a\"} 1\nrcodetop_queries_total 7\\""#;
    assert!(text.contains(escaped), "{text}");
    assert_eq!(samples(&text)["rcodetop_queries_total"].to_string(), "0");
}

#[test]
fn every_metric_is_named_as_prometheus_expects() {
    for metric in METRICS {
        let name = metric.name;
        let is_plain = |text: &str| text.chars().all(|it| it.is_ascii_lowercase() || it == '_');
        assert!(name.starts_with("rcodetop_") && is_plain(name), "{name}");
        assert_eq!(metric.kind == Kind::Counter, name.ends_with("_total"), "{name}");
        assert!(metric.labels.iter().all(|label| is_plain(label) && *label != "le"), "{name}");
        assert!(metric.help.ends_with('.') && metric.help.len() > 20, "{name}");
        let twice = METRICS.iter().filter(|other| other.name == name).count();
        assert_eq!(twice, 1, "{name}");
    }
}

#[test]
fn the_document_is_what_the_table_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/metrics.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, metrics::document()).unwrap();
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == metrics::document(),
        "docs/metrics.md is old: UPDATE_DOCS=1 cargo test --test metrics document"
    );
}
