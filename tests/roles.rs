//! Who does what, and where the capture was taken, held against the labels of real servers.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "support/analysis.rs"]
mod analysis;

use std::fs;
use std::path::{Path, PathBuf};

use rcodetop::engine::EngineConfig;
use rcodetop::snapshot::{Rcode, Snapshot};
use serde_json::Value;

use analysis::{analyzed, analyzed_with, testdata};

/// What a label calls a server, and the roles that it may be seen in; the first that fits. A
/// forwarder looks recursive at an address that it does not ask from, and a server with zones looks
/// authoritative to those it offers no recursion.
const SERVERS: &[(&str, &[&str])] = &[
    ("forwarder", &["forwarder", "recursive"]),
    ("split-horizon authoritative", &["both", "authoritative"]),
    ("authoritative for intra.example", &["both", "authoritative"]),
    ("resolver-side", &["authoritative"]),
    ("resolver", &["recursive"]),
    ("backend", &["recursive", "authoritative"]),
    ("", &["authoritative"]),
];

/// Where a label says that the capture was taken, and what that may be seen as. On the
/// authoritative side there are servers of several networks, and no one of them in all exchanges.
const POINTS: &[(&str, &str)] = &[
    ("resolver side", "at-resolver"),
    ("authoritative side", "between"),
    ("client side", "between"),
    ("VLAN trunk", "between"),
];

/// The labels of all scenarios with their captures.
fn scenarios() -> Vec<(Value, PathBuf)> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/scenarios");
    let folders = [testdata("scenarios"), shared];
    let files = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    let paths = files.map(|entry| entry.unwrap().path().to_string_lossy().into_owned());
    let mut labels: Vec<String> = paths.filter(|path| path.ends_with(".label.json")).collect();
    labels.sort();
    let all = labels.iter().map(|path| {
        let stem = path.trim_end_matches(".label.json");
        let endings = ["pcap", "pcapng", "pcap.zst", "pcapng.zst"];
        let captures = endings.map(|ending| PathBuf::from(format!("{stem}.{ending}")));
        let capture = captures.into_iter().find(|capture| capture.exists()).unwrap();
        (serde_json::from_slice(&fs::read(path).unwrap()).unwrap(), capture)
    });
    all.collect()
}

/// With the rows that met a code.
fn analyzed_for(capture: &Path, focus: Rcode) -> Snapshot {
    analyzed_with(EngineConfig { focus: focus.into(), ..EngineConfig::default() }, capture)
}

/// The servers and clients of a label that are seen in another role than they have.
fn misfits(label: &Value, snapshot: &Snapshot) -> Vec<String> {
    let known = ["servers", "infrastructure"].map(|list| label[list].as_array().unwrap());
    let mut found = Vec::new();
    for server in known.into_iter().flatten() {
        let named = server["role"].as_str().unwrap();
        let (_, allowed) = SERVERS.iter().find(|(part, _)| named.contains(part)).unwrap();
        let addresses = server["addresses"].as_array().unwrap();
        for row in &snapshot.servers.rows {
            let is_it = addresses.iter().any(|it| it.as_str() == Some(&row.key.to_string()));
            if let Some(role) = row.role.filter(|role| is_it && !allowed.contains(&role.id())) {
                found.push(format!("{}, {named}, is seen as {}", row.key, role.id()));
            }
        }
    }
    let clients = label["client_addresses"].as_array().unwrap();
    for row in &snapshot.clients.rows {
        let is_client = clients.iter().any(|it| it.as_str() == Some(&row.key.to_string()));
        if is_client && row.role.is_some_and(|role| role.id() == "forwarder") {
            found.push(format!("{}, a client, is seen as a forwarder", row.key));
        }
    }
    found
}

#[test]
fn servers_are_seen_in_the_roles_that_they_have() {
    for (label, capture) in scenarios() {
        for focus in [Rcode::NOERROR, Rcode::REFUSED] {
            let misfits = misfits(&label, &analyzed_for(&capture, focus));
            assert!(misfits.is_empty(), "{}: {misfits:#?}", capture.display());
        }
    }
}

#[test]
fn nearly_every_server_that_answers_has_a_role() {
    let (mut known, mut all) = (0, 0);
    for (_, capture) in scenarios() {
        let snapshot = analyzed_for(&capture, Rcode::NOERROR);
        known += snapshot.servers.rows.iter().filter(|row| row.role.is_some()).count();
        all += snapshot.servers.rows.len();
    }
    assert!(known * 100 >= all * 97, "{known} of {all}");
}

#[test]
fn the_vantage_is_that_of_the_label() {
    for (label, capture) in scenarios() {
        let named = label["vantage"]["point"].as_str().unwrap();
        let (_, expected) = POINTS.iter().find(|(part, _)| named.starts_with(part)).unwrap();
        let vantage = analyzed(&capture).vantage;
        let seen = vantage.as_ref().map(|vantage| vantage.point.id());
        assert_eq!(seen, Some(*expected), "{}, {named}: {vantage:?}", capture.display());
    }
}
