//! The whole way from capture file to figures, held against the generator's own count: every
//! capture of testdata/LIST, and bigger ones made here.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "support/analysis.rs"]
#[expect(dead_code, reason = "only what takes options is needed here")]
mod analysis;
#[path = "../examples/generate/arguments.rs"]
mod arguments;
#[path = "support/made.rs"]
mod made;
#[path = "../examples/generate/traffic/mod.rs"]
mod traffic;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rcodetop::engine::EngineConfig;
use rcodetop::iana::Rcode;
use rcodetop::snapshot::{QuestionKey, Snapshot};
use serde_json::Value;

use analysis::analyzed_with;
use made::Made;

/// Every figure that both sides have, as one line each.
type Figures = BTreeMap<String, u64>;

fn figures_of(snapshot: &Snapshot) -> Figures {
    let (ledger, outcomes) = (&snapshot.ledger, &snapshot.outcomes);
    let mut out: Figures = [
        ("packets", ledger.frames),
        ("queries", ledger.queries),
        ("responses", ledger.responses),
        ("answered", outcomes.answered),
        ("unanswered", outcomes.unanswered),
        ("undecided", outcomes.undecided),
        ("unasked", outcomes.unasked),
        ("repeated_queries", outcomes.repeated_queries),
        ("repeated_responses", outcomes.repeated_responses),
    ]
    .map(|(name, number)| (name.to_owned(), number))
    .into();
    for row in snapshot.rcodes.iter().filter(|row| row.responses > 0) {
        out.insert(format!("RCODE {}", row.rcode.0), row.responses);
    }
    for row in &snapshot.servers.rows {
        add(&mut out, &format!("server {}", row.key), row.responses, row.focus);
    }
    for row in &snapshot.clients.rows {
        add(&mut out, &format!("client {}", row.key), row.responses, row.focus);
    }
    for row in &snapshot.names.rows {
        let QuestionKey { name, rtype, .. } = &row.key;
        let rtype = if name == "-" { "-".to_owned() } else { rtype.to_string() };
        add(&mut out, &format!("name {name} {rtype}"), row.responses, row.focus);
    }
    out
}

fn figures_in(truth: &Value) -> Figures {
    let mut out = Figures::new();
    for name in [
        "packets",
        "queries",
        "responses",
        "answered",
        "unanswered",
        "undecided",
        "unasked",
        "repeated_queries",
        "repeated_responses",
    ] {
        out.insert(name.to_owned(), truth[name].as_u64().unwrap());
    }
    for (code, count) in truth["rcodes"].as_object().unwrap() {
        out.insert(format!("RCODE {code}"), count.as_u64().unwrap());
    }
    for (list, key) in [("servers", "server"), ("clients", "client"), ("names", "name")] {
        for row in truth[list].as_array().unwrap() {
            let mut text = format!("{key} {}", row[key].as_str().unwrap());
            if key == "name" {
                text.push_str(&format!(" {}", row["type"].as_str().unwrap()));
            }
            let [responses, focus] = ["responses", "focus"].map(|each| row[each].as_u64().unwrap());
            add(&mut out, &text, responses, focus);
        }
    }
    out
}

fn add(figures: &mut Figures, key: &str, responses: u64, focus: u64) {
    figures.insert(format!("{key}: responses"), responses);
    figures.insert(format!("{key}: refused"), focus);
}

/// Holds one capture against its count.
#[track_caller]
fn check(path: &Path, options: &str, truth: &str) {
    let ports = vec![made::shape(options).port];
    let snapshot = analyzed_with(EngineConfig { ports, ..EngineConfig::default() }, path);
    assert_eq!(snapshot.focus, Rcode::REFUSED);
    assert!(snapshot.ledger.balances(), "{}: {:?}", path.display(), snapshot.ledger);
    let found = figures_of(&snapshot);
    let expected = figures_in(&serde_json::from_str(truth).unwrap());
    let wrong: Vec<String> = expected
        .keys()
        .chain(found.keys())
        .filter(|key| expected.get(*key) != found.get(*key))
        .map(|key| format!("{key}: {:?} instead of {:?}", found.get(key), expected.get(key)))
        .take(20)
        .collect();
    assert!(wrong.is_empty(), "{} ({options}):\n{}", path.display(), wrong.join("\n"));
}

/// Makes a capture and holds it against its count.
#[track_caller]
fn check_made(options: &str) {
    let Made { path, shape, truth, .. } = &Made::new(options);
    let names = traffic::names(shape);
    check(path, options, &truth.json(&shape.clients, &shape.servers, &names, usize::MAX));
}

#[test]
fn every_capture_of_the_list_is_read_as_it_was_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let list = fs::read_to_string(folder.join("LIST")).unwrap();
    let captures: Vec<(PathBuf, &str)> = list
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .map(|(file, options)| (folder.join(file), options.trim()))
        .collect();
    assert!(captures.len() > 40);
    for (path, options) in captures {
        let truth = fs::read_to_string(format!("{}.truth.json", path.display())).unwrap();
        check(&path, options, &truth);
    }
}

#[test]
fn the_benchmarks_mix() {
    check_made("--packets 60000 --rate 3000 --names 20000");
}

#[test]
fn bad_weather() {
    check_made(
        "--packets 60000 --rate 3000 --names 500 --lost 0.2 --repeated 0.2 --repeated-responses 0.1 \
         --unasked 0.1 --mixed-case 0.5 --tcp 0",
    );
}

#[test]
fn streams_in_pieces() {
    check_made(
        "--packets 60000 --rate 20000 --names 500 --tcp 1 --pipelined 6 --segmented 0.6 --long 0.05 \
         --disordered 0.3 --ipv6 0.5",
    );
}

#[test]
fn datagrams_in_pieces() {
    check_made("--packets 40000 --rate 3000 --names 500 --tcp 0 --long 0.5 --disordered 0.5");
}

#[test]
fn every_frame_twice() {
    check_made("--packets 40000 --rate 3000 --names 500 --tcp 0 --duplicated 1");
}

#[test]
fn one_direction_only() {
    check_made("--packets 30000 --rate 3000 --names 500 --tcp 0.1 --sees queries --repeated 0.1");
    check_made("--packets 30000 --rate 3000 --names 500 --tcp 0.1 --sees responses");
}

#[test]
fn random_names_under_one_suffix() {
    check_made("--packets 60000 --names 500 --attack 20000 --attack-share 0.8");
}
