//! The first screen names the trouble: held against captures of really misconfigured servers.
//!
//! Nobody presses a key at the moment when they are woken up.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "support/analysis.rs"]
#[expect(dead_code, reason = "others make whole snapshots with it")]
mod analysis;

use std::path::{Path, PathBuf};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rcodetop::engine::{Engine, EngineConfig};
use rcodetop::focus::Focus;
use rcodetop::snapshot::{Ended, Finding, Snapshot};
use rcodetop::tui::model::Model;
use rcodetop::tui::view::draw;

/// A capture as the dashboard shows it once it is read.
fn shown(model: &Model, path: &Path, focus: Focus) -> Snapshot {
    let mut engine = Engine::new(EngineConfig { focus, ..EngineConfig::default() });
    analysis::feed(&mut engine, path);
    let mut snapshot = engine.snapshot(&model.spec());
    snapshot.source.name = path.file_name().unwrap().to_string_lossy().into_owned();
    snapshot.source.ended = Some(Ended::EndOfFile);
    snapshot.assess();
    snapshot
}

fn lines(model: &Model, snapshot: &Snapshot) -> Vec<String> {
    let area = Rect::new(0, 0, model.size.0, model.size.1);
    let mut buffer = Buffer::empty(area);
    draw(model, snapshot, area, &mut buffer);
    let rows = buffer.content.chunks(area.width.into());
    rows.map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>())
        .map(|line| line.trim_end().to_owned())
        .collect()
}

fn captures(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_capture = |path: &PathBuf| path.to_string_lossy().contains(".pcap");
    let mut all: Vec<PathBuf> = entries.filter(is_capture).collect();
    all.sort();
    all
}

/// The whole screen as one line of words, as a reader takes it in: on a wide one the findings
/// stand beside the timeline.
fn words(lines: &[String]) -> String {
    const BESIDE: usize = 121;
    let beside = lines.iter().map(|line| line.chars().skip(BESIDE).collect());
    let all: Vec<String> = lines.iter().cloned().chain(beside).collect();
    all.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the first screen must say about a finding: one of its places, and the finding in brief.
fn is_told(finding: &Finding, screen: &str) -> bool {
    let scope = &finding.scope;
    let mut places = scope.servers.iter().chain(&scope.clients).chain(&scope.suffixes);
    places.any(|place| screen.contains(place)) && screen.contains(&finding.brief)
}

/// The causes of a capture, by who made it.
fn labelled(path: &Path) -> Vec<String> {
    let name = path.file_name().unwrap().to_string_lossy();
    let label = format!("{}.label.json", name.split(".pcap").next().unwrap());
    let label = std::fs::read(path.with_file_name(label)).unwrap();
    let label: serde_json::Value = serde_json::from_slice(&label).unwrap();
    let causes = label["causes"].as_array().unwrap().iter();
    causes.map(|cause| cause["cause"].as_str().unwrap().to_owned()).collect()
}

/// What is wrong with the first screen of a capture.
fn complaints(path: &Path, size: (u16, u16)) -> Vec<String> {
    let model = Model::new(size, true);
    let snapshot = shown(&model, path, Focus::default());
    let screen = words(&lines(&model, &snapshot));
    let mut out = Vec::new();
    let mut missing = |what: &str, finding: &Finding| {
        if !is_told(finding, &screen) {
            out.push(format!("{}: {what} is missing: {}", path.display(), finding.brief));
        }
    };
    let findings = &snapshot.findings;
    let is_focus = |finding: &&Finding| finding.outcome.is_in(snapshot.focus);
    let blamed = findings.iter().filter(is_focus).find(|finding| finding.fault);
    findings.first().iter().for_each(|first| missing("what does most harm", first));
    blamed.iter().for_each(|finding| missing("the cause of the focus code", finding));
    let labelled = labelled(path);
    let is_labelled = |finding: &&Finding| labelled.iter().any(|cause| cause == finding.cause);
    let (mut known, mut any) = (false, false);
    for finding in findings.iter().filter(is_labelled) {
        (known, any) = (true, any || is_told(finding, &screen));
    }
    if known && !any {
        out.push(format!("{}: none of {labelled:?} is told", path.display()));
    }
    if labelled.is_empty() && findings.iter().any(|finding| finding.fault) {
        out.push(format!("{}: a fault is told of a healthy network", path.display()));
    }
    out
}

#[track_caller]
fn check(folder: &Path) {
    let captures = captures(folder);
    let sizes = [(80, 24), (120, 40), (200, 50)];
    let of = |path: &PathBuf| sizes.map(|size| complaints(path, size)).concat();
    let complaints: Vec<String> = captures.iter().flat_map(of).collect();
    assert!(captures.len() > 20, "{} holds {} captures", folder.display(), captures.len());
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// What is wrong with the first screen of a capture where silence is in focus.
fn complaints_of_silence(path: &Path, size: (u16, u16)) -> Vec<String> {
    let model = Model::new(size, true);
    let snapshot = shown(&model, path, Focus::NoResponse);
    let screen = words(&lines(&model, &snapshot));
    let mut out = Vec::new();
    let what = format!("{} at {size:?}", path.display());
    let (silent, queries) = snapshot.in_focus();
    // A share of responses is no share of queries, and silence is no code.
    for wrong in ["of responses, ", "no reply", "REFUSED▼", "NOERROR 100 %"] {
        if silent > 0 && screen.contains(wrong) {
            out.push(format!("{what}: {wrong:?} where silence is in focus"));
        }
    }
    if silent > 0 && !screen.contains("No response to ") && !screen.contains("No response: over") {
        out.push(format!("{what}: it is not said that {silent} of {queries} got no response"));
    }
    let is_silent = |finding: &&Finding| finding.outcome.is_in(Focus::NoResponse);
    let faults = snapshot.findings.iter().filter(|finding| finding.fault && !finding.is_unknown());
    if let Some(fault) = faults.clone().find(is_silent) {
        if !is_told(fault, &screen) {
            out.push(format!("{what}: the cause is missing: {}", fault.brief));
        }
        let first = faults.clone().next();
        if !first.iter().all(is_silent) {
            out.push(format!("{what}: {first:?} comes before {}", fault.brief));
        }
        for list in [&snapshot.servers, &snapshot.clients] {
            let top = list.rows.first().map_or_else(String::new, |row| row.key.to_string());
            if !screen.contains(&top) {
                out.push(format!("{what}: {top} is missing"));
            }
        }
    }
    out
}

#[test]
fn so_it_does_where_the_trouble_is_silence() {
    for folder in [analysis::testdata("scenarios"), analysis::testdata("shapes")] {
        let sizes = [(80, 24), (120, 40), (200, 50)];
        let of = |path: &PathBuf| sizes.map(|size| complaints_of_silence(path, size)).concat();
        let complaints: Vec<String> = silent(&folder).iter().flat_map(of).collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
    }
}

/// The captures of a folder without what is not a capture beside them.
fn silent(folder: &Path) -> Vec<PathBuf> {
    let mut all = captures(folder);
    all.retain(|path| !path.to_string_lossy().ends_with(".json"));
    all
}

#[test]
fn a_dropping_filter_is_named_with_whom_it_drops() {
    let model = Model::new((80, 24), true);
    let path = analysis::testdata("scenarios/13-firewall.pcap.zst");
    let screen = words(&lines(&model, &shown(&model, &path, Focus::NoResponse)));
    let said = "No response to 28.0 % of queries, from the start; 4 of 6 servers; 8 clients, 67.6 % \
                of their questions that met it failed: queries of 10.20.3.0/24 and fd20:3::31 to \
                10.53.0.11 and fd53::11 are rejected by a packet filter (certain)";
    assert!(screen.contains(said), "{screen}");
}

#[test]
fn the_first_screen_names_place_and_cause() {
    check(&analysis::testdata("scenarios"));
}

#[test]
fn so_it_does_for_captures_that_are_not_kept_here() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/scenarios");
    if folder.exists() {
        check(&folder);
    } else {
        println!("skipped: {} is not here", folder.display());
    }
}
