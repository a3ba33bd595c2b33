//! What a filter selects, and what it leaves out: together they are everything.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "support/analysis.rs"]
mod analysis;
#[path = "support/frames.rs"]
#[expect(dead_code, reason = "other scripts have other packets")]
mod frames;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rcodetop::engine::{Engine, EngineConfig};
use rcodetop::focus::Focus;
use rcodetop::snapshot::{LookupsSpec, Snapshot, SnapshotSpec, StepKind, Transport};

use analysis::{analyzed, analyzed_with, testdata};
use frames::{SERVER, datagram, feed_frames, message, port_unreachable};

fn captures() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(testdata("scenarios")).unwrap();
    let paths = folder.map(|entry| entry.unwrap().path());
    let is_capture = |path: &PathBuf| path.extension().is_some_and(|it| it != "json");
    let mut found: Vec<PathBuf> = paths.filter(is_capture).collect();
    found.retain(|path| !path.to_string_lossy().contains(".tsv"));
    found.sort();
    assert!(found.len() > 20);
    found
}

/// Each capture with all that is in it; every other one, as debug builds are slow.
fn whole() -> &'static [(PathBuf, Snapshot)] {
    static WHOLE: OnceLock<Vec<(PathBuf, Snapshot)>> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let some = captures().into_iter().step_by(2);
        some.map(|path| (path.clone(), analyzed(&path))).collect()
    })
}

fn selected(path: &Path, filter: &str) -> Snapshot {
    let filter = Some(filter.parse().unwrap());
    analyzed_with(EngineConfig { filter, ..EngineConfig::default() }, path)
}

/// Queries but those that still wait, responses, refusals, slow responses, unanswered queries.
fn figures(snapshot: &Snapshot) -> [u64; 5] {
    let outcomes = snapshot.outcomes;
    let (refused, slow) = (snapshot.in_focus().0, snapshot.slow.responses);
    let queries = snapshot.queries() - outcomes.undecided;
    [queries, snapshot.responses(), refused, slow, outcomes.unanswered]
}

/// What a filter holds for and what it does not are everything, and each adds up by itself.
#[track_caller]
fn check(filter: &str) {
    for (path, all) in whole() {
        let what = format!("{filter} of {}", path.display());
        let (one, other) = (selected(path, filter), selected(path, &format!("not ({filter})")));
        let (one_figures, other_figures) = (figures(&one), figures(&other));
        let sum: Vec<u64> = one_figures.iter().zip(other_figures).map(|(a, b)| a + b).collect();
        let [queries, rest @ ..] = figures(all);
        // What got no response in time stays so for a filter that asks for it; else a late response
        // takes it back.
        let late = all.outcomes.late;
        assert!(sum[4] >= rest[3] && sum[4] - rest[3] <= late, "{what}");
        assert_eq!(sum[1..4], rest[..3], "{what}");
        // Copies of a query that was given up, or that got responses of their own, may be on both
        // sides or on none.
        let (sum, some) = (sum[0], all.outcomes.repeated_queries + late);
        assert!(sum.abs_diff(queries) <= some, "{what}: {sum} of {queries}");
        for part in [&one, &other] {
            assert_eq!(part.ledger, all.ledger, "{what}: the capture is the same");
            let counted: u64 = part.rcodes.iter().map(|row| row.responses).sum();
            assert_eq!(counted, part.responses(), "{what}");
            let shown: u64 = part.servers.rows.iter().map(|row| row.focus).sum();
            assert_eq!(shown, figures(part)[2], "{what}");
            let steps: u64 = part.timeline.steps.iter().map(|step| step.queries).sum();
            assert_eq!(steps, part.queries(), "{what}");
        }
    }
}

#[test]
fn by_address() {
    check("server:10.53.0.0/16");
    check("client:10.20.2.0/24,fd20:2::/64");
}

#[test]
fn by_name_and_type() {
    check("under:example type:AAAA");
    check("name:*.shop.example or recursion:no");
}

#[test]
fn by_outcome() {
    check("failed");
    check("rcode:REFUSED");
    check("unanswered");
    check("unasked or transport:tcp");
    check("took:>10ms");
}

/// Queries that got no response in time, and of these those that an error was the answer to.
fn unanswered(filter: Option<&str>, frames: &[Vec<u8>]) -> [u64; 3] {
    let filter = filter.map(|filter| filter.parse().unwrap());
    let mut engine = Engine::new(EngineConfig { filter, ..EngineConfig::default() });
    feed_frames(&mut engine, frames);
    engine.finish();
    let outcomes = engine.snapshot(&SnapshotSpec::default()).outcomes;
    [outcomes.answered, outcomes.unanswered, outcomes.unreachable]
}

#[test]
fn an_answer_after_an_icmp_error_takes_the_error_back() {
    let query = datagram(true, &message(7, 0x0100, "www.example", 1, &[]));
    let error = port_unreachable(SERVER, &query);
    let response = datagram(false, &message(7, 0x8180, "www.example", 1, &[]));
    let frames = [query, error, response];
    for (some, expected) in [(&frames[..2], [0, 1, 1]), (&frames[..], [1, 0, 0])] {
        assert_eq!(unanswered(None, some), expected);
        assert_eq!(unanswered(Some("client:10.0.0.0/8"), some), expected);
        // What a filter for errors selected stays what it was.
        assert_eq!(unanswered(Some("unreachable"), some), [0, 1, 1]);
    }
}

/// Whatever is in focus, the rows of a part add up to it, and both parts to everything.
#[test]
fn by_outcome_with_another_focus() {
    let slow_after = std::time::Duration::from_millis(5);
    for focus in [Focus::NoResponse, Focus::Slow] {
        for (path, _) in whole().iter().step_by(3) {
            let counted = |filter: &str| {
                let filter = Some(filter.parse().unwrap());
                let config = EngineConfig { focus, slow_after, filter, ..EngineConfig::default() };
                let part = analyzed_with(config, path);
                let rows = part.transports.iter();
                let sums = rows.fold((0, 0), |sum, row| (sum.0 + row.focus, sum.1 + row.whole));
                assert_eq!(sums, part.in_focus(), "{focus} of {}", path.display());
                let servers: u64 = part.servers.rows.iter().map(|row| row.focus).sum();
                assert_eq!(servers, sums.0, "{focus} of {}", path.display());
                sums
            };
            let all = counted("");
            for filter in ["type:A", "took:>10ms", "unanswered", "unreachable or type:PTR"] {
                let (one, other) = (counted(filter), counted(&format!("not ({filter})")));
                let sum = (one.0 + other.0, one.1 + other.1);
                // Where silence is asked for, what came late is on both sides.
                let (late, met) = (all.1.abs_diff(sum.1), all.0.abs_diff(sum.0));
                assert!(
                    met <= late && (late == 0 || filter.starts_with("un")),
                    "{filter}: {sum:?}"
                );
            }
        }
    }
}

/// A filter takes away exchanges, not what is known of why they failed.
#[test]
fn causes_do_not_change_with_what_is_selected() {
    for (path, all) in whole() {
        let part = selected(path, "rcode:REFUSED");
        let causes = |snapshot: &Snapshot| -> Vec<(String, u64)> {
            let is_focus =
                |finding: &&rcodetop::snapshot::Finding| finding.outcome.is_in(snapshot.focus);
            let findings = snapshot.findings.iter().filter(is_focus);
            let mut told: Vec<(String, u64)> =
                findings.map(|it| (format!("{} {}", it.cause, it.confidence), it.count)).collect();
            told.sort();
            told
        };
        assert_eq!(causes(&part), causes(all), "{}", path.display());
    }
}

#[test]
fn a_span_of_time_is_a_filter() {
    let capture = testdata("outage.pcap.gz");
    let before = selected(&capture, "before:03:13:00");
    let refused = |snapshot: &Snapshot| figures(snapshot)[2];
    let after = selected(&capture, "after:03:13:10");
    let between = selected(&capture, "after:03:13:00 before:03:13:10");
    let all = analyzed(&capture);
    assert_eq!(refused(&before) + refused(&between) + refused(&after), refused(&all));
    assert!(refused(&after) > 10 * refused(&before), "the outage begins then");
    assert!(after.findings.iter().any(|finding| finding.cause.starts_with("acl-")));
}

/// What is in memory of a capture tells the same as the capture, where nothing was forgotten.
#[test]
fn the_frames_in_memory_can_be_counted_again() {
    let config = EngineConfig { trail: 16 << 20, ..EngineConfig::default() };
    let mut engine = Engine::new(config.clone());
    analysis::feed(&mut engine, &testdata("outage.pcap.gz"));
    let mut again = Engine::new(config);
    engine.kept_frames().iter().for_each(|frame| again.feed(&frame.frame()));
    again.finish();
    let spec = SnapshotSpec::default();
    let (one, other) = (engine.snapshot(&spec), again.snapshot(&spec));
    assert_eq!(one.transports, other.transports);
    assert!(one.transports.iter().any(|row| row.key == Transport::Tcp && row.responses > 0));
}

/// What is taken away can be read again, and holds what was meant with all of its lookups.
#[test]
fn packets_that_are_written_are_those_that_were_selected() {
    let filter = "client:198.51.100.20 rcode:REFUSED";
    let config = EngineConfig {
        filter: Some(filter.parse().unwrap()),
        trail: 16 << 20,
        ..EngineConfig::default()
    };
    let mut engine = Engine::new(config);
    analysis::feed(&mut engine, &testdata("outage.pcap.gz"));
    let snapshot = engine.snapshot(&SnapshotSpec { packets: true, ..SnapshotSpec::default() });
    let path = std::env::temp_dir().join(format!("rcodetop-packets-{}.pcapng", std::process::id()));
    let mut file = std::fs::File::create(&path).unwrap();
    rcodetop::output::pcapng::write(&snapshot.packets, &mut file).unwrap();
    let again = analyzed(&path);
    assert_eq!(again.ledger.frames, snapshot.packets.rows.len() as u64);
    assert_eq!(figures(&again)[2], figures(&snapshot)[2], "every refusal is there");
    assert!(again.ledger.responses > figures(&again)[2], "and what came after some of them");
    let comment = &snapshot.packets.rows[1].comment;
    assert!(comment.starts_with("rcodetop: response ") && comment.ends_with(filter), "{comment}");
    std::fs::remove_file(path).unwrap();
}

/// What a finding counts is what is selected, however often the same happened otherwise.
#[test]
fn findings_count_no_more_than_is_selected() {
    for (path, _) in whole() {
        for filter in ["took:>1ms", "took:<1ms", "(server:10.0.0.0/8) (not before:18:00)"] {
            let part = selected(path, filter);
            let found = part.findings.iter().filter(|finding| finding.outcome.is_in(part.focus));
            let found: u64 = found.map(|finding| finding.count).sum();
            assert_eq!(found, figures(&part)[2], "{filter} of {}", path.display());
        }
    }
}

#[test]
fn lookups_are_those_that_the_filter_holds_for() {
    let filter = Some("client:198.51.100.20 rcode:REFUSED".parse().unwrap());
    let mut engine =
        Engine::new(EngineConfig { filter, trail: 1 << 20, ..EngineConfig::default() });
    analysis::feed(&mut engine, &testdata("outage.pcap.gz"));
    let asked = Some(LookupsSpec { most: 20, open: None });
    let snapshot = engine.snapshot(&SnapshotSpec { lookups: asked, ..SnapshotSpec::default() });
    let rows = snapshot.lookups.unwrap().rows;
    assert!((10..=20).contains(&rows.len()), "{}", rows.len());
    for row in rows {
        assert_eq!(row.id.client.to_string(), "198.51.100.20");
        let is_refused = |kind: &StepKind| matches!(kind, StepKind::Response { rcode, .. } if snapshot.focus == *rcode);
        assert!(row.steps.iter().any(|step| is_refused(&step.kind)), "{row:?}");
    }
}
