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
use rcodetop::snapshot::{Ended, Finding, FindingOutcome, Snapshot};
use rcodetop::tui::model::Model;
use rcodetop::tui::view::draw;

/// A capture as the dashboard shows it once it is read.
fn shown(model: &Model, path: &Path) -> Snapshot {
    let mut engine = Engine::new(EngineConfig::default());
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
    let snapshot = shown(&model, path);
    let screen = words(&lines(&model, &snapshot));
    let mut out = Vec::new();
    let mut missing = |what: &str, finding: &Finding| {
        if !is_told(finding, &screen) {
            out.push(format!("{}: {what} is missing: {}", path.display(), finding.brief));
        }
    };
    let findings = &snapshot.findings;
    let of_focus = FindingOutcome::Response(snapshot.focus);
    let blamed = findings.iter().find(|finding| finding.fault && finding.outcome == of_focus);
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
