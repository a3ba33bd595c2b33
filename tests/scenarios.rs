//! Captures of really misconfigured servers, each with the counts its label expects.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "support/analysis.rs"]
mod analysis;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rcodetop::snapshot::Snapshot;
use serde_json::Value;

use analysis::{analyzed, testdata};

type Figures = BTreeMap<String, u64>;

fn figures_of(snapshot: &Snapshot) -> Figures {
    let (ledger, outcomes) = (&snapshot.ledger, &snapshot.outcomes);
    let mut out: Figures = [
        ("packets", ledger.frames),
        ("dns_queries", ledger.queries),
        ("dns_responses", ledger.responses),
        ("queries_unanswered", outcomes.unanswered + outcomes.undecided),
        ("responses_unsolicited", outcomes.unasked),
        // Where a copy of a query got a response of its own, the labels call it a duplicate; we
        // call it that copy's answer. Together they are the same.
        ("answered or duplicate", outcomes.answered + outcomes.repeated_responses),
    ]
    .map(|(name, count)| (name.to_owned(), count))
    .into();
    for row in &snapshot.rcodes {
        out.insert(format!("RCODE {}", row.rcode), row.responses);
    }
    for row in &snapshot.ede {
        *out.entry(format!("EDE {}/{}", row.rcode, row.ede.0)).or_default() += row.responses;
    }
    for row in &snapshot.paths.rows {
        let key = format!("REFUSED {} to {}", row.key.server, row.key.client);
        *out.entry(key).or_default() += row.focus;
    }
    out
}

fn figures_in(label: &Value) -> Figures {
    let counts = &label["expected_counts"];
    let number = |name: &str| counts[name].as_u64().unwrap_or_default();
    let mut out: Figures =
        ["packets", "dns_queries", "dns_responses", "queries_unanswered", "responses_unsolicited"]
            .map(|name| (name.to_owned(), number(name)))
            .into();
    let answered = number("dns_responses") - number("responses_unsolicited");
    out.insert("answered or duplicate".into(), answered);
    for (kind, prefix) in [("responses_by_rcode", "RCODE"), ("responses_by_rcode_ede", "EDE")] {
        for (name, count) in counts[kind].as_object().unwrap() {
            out.insert(format!("{prefix} {name}"), count.as_u64().unwrap());
        }
    }
    for row in counts["per_server_client"].as_array().unwrap() {
        if let Some(count) = row["REFUSED"].as_u64() {
            let (server, client) =
                (row["server"].as_str().unwrap(), row["client"].as_str().unwrap());
            out.insert(format!("REFUSED {server} to {client}"), count);
        }
    }
    out
}

#[track_caller]
fn check(capture: &Path, label: &Path) {
    let label: Value = serde_json::from_slice(&fs::read(label).unwrap()).unwrap();
    let snapshot = analyzed(capture);
    let (ours, theirs) = (figures_of(&snapshot), figures_in(&label));
    let keys = theirs.keys().chain(ours.keys());
    let different: Vec<_> = keys
        .filter(|key| ours.get(*key) != theirs.get(*key))
        .map(|key| format!("{key}: {:?}, label {:?}", ours.get(key), theirs.get(key)))
        .collect();
    assert!(different.is_empty(), "{}: {different:#?}", capture.display());
    assert!(snapshot.ledger.balances(), "{}: {:?}", capture.display(), snapshot.ledger);
    assert!(snapshot.outcomes.balances(snapshot.ledger.queries));
}

fn labels(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".label.json"))
        .collect();
    found.sort();
    found
}

#[test]
fn the_counts_of_every_scenario_are_those_of_its_label() {
    let labels = labels(&testdata("scenarios"));
    assert!(labels.len() >= 10);
    for label in labels {
        let stem = label.to_string_lossy().replace(".label.json", "");
        let captures = ["pcap", "pcapng"].map(|ending| format!("{stem}.{ending}.zst"));
        let capture = captures.iter().find(|path| Path::new(path).exists()).unwrap();
        check(Path::new(capture), &label);
    }
}

#[test]
fn the_counts_of_every_shared_scenario_are_those_of_its_label() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/scenarios");
    if !folder.exists() {
        println!("skipped: {} is not here", folder.display());
        return;
    }
    for label in labels(&folder) {
        let stem = label.to_string_lossy().replace(".label.json", "");
        let captures = ["pcap", "pcapng"].map(|ending| format!("{stem}.{ending}"));
        let capture = captures.iter().find(|path| Path::new(path).exists()).unwrap();
        check(Path::new(capture), &label);
    }
}
