//! Any talk: every refusal belongs to one finding, and what findings say holds together.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rcodetop::engine::{Engine, EngineConfig};
use rcodetop::snapshot::{Finding, Snapshot, SnapshotSpec};

/// More exchanges than this make no new contrasts, only work.
const MOST: usize = 4 * 1024;

fuzz_target!(|bytes: &[u8]| {
    let mut engine = Engine::new(EngineConfig::default());
    let bytes = bytes.get(..4 * MOST).unwrap_or(bytes);
    rcodetop_fuzz::talk(bytes, |frame| engine.feed(frame));
    engine.finish();
    let snapshot = engine.snapshot(&SnapshotSpec::default());
    snapshot.findings.iter().for_each(|finding| check(&snapshot, finding));
    let found = snapshot.findings.iter().filter(|finding| finding.outcome.is_in(snapshot.focus));
    let found: u64 = found.map(|finding| finding.count).sum();
    assert_eq!(found, snapshot.in_focus().0, "{:?}", snapshot.findings);
    let again = engine.snapshot(&SnapshotSpec::default());
    assert_eq!(snapshot.findings, again.findings, "weighed twice");
});

fn check(snapshot: &Snapshot, finding: &Finding) {
    let what = format!("{finding:?}");
    assert!(finding.count > 0 && !finding.headline.is_empty(), "{what}");
    let mut texts = finding.evidence.iter().chain(&finding.against).chain(&finding.fix);
    let is_plain = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    assert!(texts.all(|text| is_plain(text)) && is_plain(&finding.headline), "{what}");
    assert!(is_plain(&finding.verify) && is_plain(&finding.verify_windows), "{what}");
    assert!(finding.first <= finding.last, "{what}");
    assert!(finding.last_success.is_none_or(|at| Some(at) < finding.first), "{what}");
    assert!(finding.linked.iter().all(|other| *other < snapshot.findings.len()), "{what}");
    let impact = finding.impact;
    if !finding.is_unknown() {
        let lookups = impact.lookups_failed + impact.lookups_recovered;
        assert!(
            lookups > 0 && lookups <= finding.count && impact.queries >= finding.count,
            "{what}"
        );
        assert!(impact.clients > 0 && impact.names > 0, "{what}");
    }
}
