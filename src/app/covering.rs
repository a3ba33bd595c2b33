//! What a finding covers, as a filter: `rcodetop export --finding`.

use anyhow::{Context, anyhow, bail};

use crate::select::Filter;
use crate::snapshot::{Finding, Snapshot};
use crate::tui::finding_filter;
use crate::wire::name::escape_text;

/// The exchanges of a finding, by its number or its cause.
pub(super) fn finding(snapshot: &Snapshot, id: &str) -> anyhow::Result<Filter> {
    let findings = &snapshot.findings;
    let place = place(findings, id)?;
    if let Some(finding) = findings.get(place).filter(|finding| finding.is_of_connections()) {
        bail!(
            "nothing to export: finding {} is of TCP connections that were not taken, so that there \
             is no query and no response; Wireshark shows them with tcp.flags.reset == 1 && {}",
            place + 1,
            servers(finding)
        );
    }
    covering(findings, place, snapshot)
}

/// Whom the connections were meant for, as a display filter.
fn servers(finding: &Finding) -> String {
    let family = |server: &String| if server.contains(':') { "ipv6" } else { "ip" };
    let servers = finding.scope.servers.iter();
    let all: Vec<_> = servers.map(|it| format!("{}.src == {it}", family(it))).collect();
    format!("({})", all.join(" || "))
}

/// The place of a finding among all.
fn place(findings: &[Finding], id: &str) -> anyhow::Result<usize> {
    let by_number = id.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    let by_cause = || findings.iter().position(|finding| finding.cause == id);
    if let Some(place) = by_number.filter(|place| *place < findings.len()).or_else(by_cause) {
        return Ok(place);
    }
    let all: Vec<_> =
        (1..).zip(findings).map(|(number, it)| format!("{number} {}", it.cause)).collect();
    let there = if all.is_empty() { "none".to_owned() } else { all.join(", ") };
    let id = escape_text(id.as_bytes());
    Err(anyhow!("no finding {id} in this capture; there is: {there}"))
}

/// What a finding covers, and none before it does.
fn covering(findings: &[Finding], place: usize, snapshot: &Snapshot) -> anyhow::Result<Filter> {
    let others = findings.iter().take(place).filter_map(finding_filter);
    let mut text = match findings.get(place).and_then(finding_filter) {
        Some(filter) => filter,
        // What nothing explains is all that is in focus and in no other finding.
        None => match snapshot.focus.rcode() {
            Some(rcode) => format!("rcode:{rcode}"),
            None => "unanswered".to_owned(),
        },
    };
    others.for_each(|other| text += &format!(" not ({other})"));
    Filter::parse(&text).with_context(|| format!("internal error: {text} is no filter"))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::{Arc, Mutex, PoisonError};

    use super::*;
    use crate::app::analyze::Analyze;
    use crate::app::analyzer;
    use crate::app::rows::Exporter;
    use crate::engine::{EngineConfig, Witness};
    use crate::select::Subject;
    use crate::snapshot::SnapshotSpec;
    use crate::source::{FileOptions, NextRun, open_files};
    use crate::time::Timestamp;
    use crate::track::Exchange;

    /// Counts the exchanges that each of some filters holds for.
    #[derive(Debug)]
    struct Counter {
        filters: Vec<Filter>,
        counts: Arc<Mutex<Vec<u64>>>,
    }

    impl Witness for Counter {
        fn see(&mut self, exchange: &Exchange<'_>) {
            let subject = Subject::of(exchange);
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            for (filter, count) in self.filters.iter().zip(&mut *counts) {
                *count += u64::from(filter.holds(&subject));
            }
        }

        fn pass(&mut self, _: Timestamp) {}

        fn close(&mut self) {}
    }

    fn feed(analyze: &mut dyn Analyze, path: &Path) {
        let mut source = open_files(&[path.to_owned()], &FileOptions::default()).unwrap();
        loop {
            match source.next_run(1 << 20) {
                NextRun::Frames(run) => analyze.feed(run),
                NextRun::Quiet => {}
                NextRun::End(_) => break,
            }
        }
        analyze.finish();
    }

    /// Exchanges that each of some filters holds for.
    fn counts(path: &Path, filters: Vec<Filter>) -> Vec<u64> {
        let counts = Arc::new(Mutex::new(vec![0; filters.len()]));
        let counter = Counter { filters, counts: counts.clone() };
        feed(&mut Exporter::new(EngineConfig::default(), Box::new(counter)), path);
        let counts = counts.lock().unwrap();
        counts.clone()
    }

    fn captures() -> Vec<PathBuf> {
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = vec![project.join("testdata/outage.pcap.gz")];
        for folder in ["testdata/scenarios", "testdata/shapes", "../shared/scenarios"] {
            let Ok(entries) = std::fs::read_dir(project.join(folder)) else {
                println!("skipped: {folder} is not here");
                continue;
            };
            found.extend(entries.map(|entry| entry.unwrap().path()));
        }
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        let kinds = ["pcap", "pcapng", "zst", "gz"];
        found
            .retain(|path| path.extension().is_some_and(|it| kinds.iter().any(|kind| it == *kind)));
        found.retain(|path| name(path).contains(".pcap"));
        // Some of the shared captures are among ours, compressed.
        let plain = |path: &PathBuf| name(path).trim_end_matches(".zst").to_owned();
        found.sort_by_key(plain);
        found.dedup_by_key(|path| plain(path));
        found
    }

    #[test]
    fn the_filter_of_a_finding_means_what_the_finding_covers() {
        let mut connections = 0;
        for path in captures() {
            let mut analyzer = analyzer::alone(EngineConfig::default());
            feed(&mut *analyzer, &path);
            let snapshot = analyzer.snapshot(&SnapshotSpec::default());
            let (mut expected, mut filters) = (Vec::new(), Vec::new());
            for (number, it) in (1..).zip(&snapshot.findings) {
                let told = format!("{number} {} of {}", it.cause, path.display());
                match finding(&snapshot, &number.to_string()) {
                    Ok(filter) => {
                        expected.push((told, it.count - it.connections));
                        filters.push(filter);
                    }
                    Err(error) => {
                        assert!(it.is_of_connections() && finding_filter(it).is_none(), "{told}");
                        assert!(error.to_string().contains("TCP connections"), "{error}");
                        connections += 1;
                    }
                }
            }
            for ((told, expected), count) in expected.iter().zip(counts(&path, filters)) {
                assert_eq!(count, *expected, "{told}");
            }
        }
        assert!(connections > 0, "no capture has connections that were not taken");
    }
}
