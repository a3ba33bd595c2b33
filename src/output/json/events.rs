//! Findings as they come and go: one object a line, for logs.
//!
//! Keys keep their names and meanings within the schema; keys may be added. A line is written and
//! flushed whole.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use super::finding::{FindingImpact, Scope, ended};
use super::source::end;
use super::{share, time};
use crate::snapshot::{self, Confidence, Finding, Snapshot, Timestamp};

/// Changes when a key changes its name or meaning.
const SCHEMA: &str = "rcodetop.events/1";

/// A finding is withdrawn when it was not found any more for so long, in packet time: what explains
/// exchanges best may change from one moment to the next and back.
const HOLD: Duration = Duration::from_secs(10);

/// What was told of the findings so far.
#[derive(Debug, Default)]
pub struct EventLog {
    told: BTreeMap<Key, Told>,
}

/// A finding that is known again. Of what no cause explains there is one for each way to end.
type Key = (u64, &'static str, String);

#[derive(Debug)]
struct Told {
    finding: Finding,
    confidence: Confidence,
    ongoing: bool,
    /// Since when it was not found any more.
    missing: Option<Timestamp>,
}

/// What can become of a finding.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    Opened,
    Surer,
    LessSure,
    Ended,
    Resumed,
    Withdrawn,
}

impl EventLog {
    /// Writes what has become of findings since the last time.
    pub fn follow(&mut self, snapshot: &Snapshot, out: &mut dyn Write) -> io::Result<()> {
        let now = snapshot.source.last.unwrap_or_default();
        for finding in &snapshot.findings {
            for (what, was) in self.note(finding) {
                line(&Line::of(now, what, was, finding), out)?;
            }
        }
        for gone in self.gone(now, snapshot) {
            line(&Line::of(now, What::Withdrawn, Some(gone.confidence), &gone.finding), out)?;
        }
        Ok(())
    }

    /// Writes how it stands.
    pub fn summary(&self, snapshot: &Snapshot, out: &mut dyn Write) -> io::Result<()> {
        line(&Summary::of(snapshot), out)
    }

    /// Writes what is left to say of a snapshot after which none comes.
    pub fn close(mut self, snapshot: &Snapshot, out: &mut dyn Write) -> io::Result<()> {
        self.follow(snapshot, out)?;
        self.summary(snapshot, out)
    }

    /// What has become of a finding, and how sure it was before.
    fn note(&mut self, finding: &Finding) -> Vec<(What, Option<Confidence>)> {
        let Finding { confidence, ongoing, .. } = *finding;
        let is_new = !self.told.contains_key(&key(finding));
        let told = self.told.entry(key(finding)).or_insert_with(|| Told {
            finding: finding.clone(),
            confidence,
            ongoing: true,
            missing: None,
        });
        let was = Some(told.confidence);
        let mut events = Vec::new();
        if is_new {
            events.push((What::Opened, None));
        }
        if confidence != told.confidence {
            let is_surer = confidence > told.confidence;
            events.push((if is_surer { What::Surer } else { What::LessSure }, was));
        }
        if ongoing != told.ongoing {
            events.push((if ongoing { What::Resumed } else { What::Ended }, was));
        }
        *told = Told { finding: finding.clone(), confidence, ongoing, missing: None };
        events
    }

    /// Those that are not found any more, and not told of again.
    fn gone(&mut self, now: Timestamp, snapshot: &Snapshot) -> Vec<Told> {
        let is_over = snapshot.source.ended.is_some();
        let here: Vec<Key> = snapshot.findings.iter().map(key).collect();
        let mut keys = Vec::new();
        for (key, told) in self.told.iter_mut().filter(|(key, _)| !here.contains(key)) {
            let since = *told.missing.get_or_insert(now);
            if is_over || now.since(since) >= HOLD {
                keys.push(key.clone());
            }
        }
        keys.iter().filter_map(|key| self.told.remove(key)).collect()
    }
}

fn key(finding: &Finding) -> Key {
    let (outcome, rcode) = ended(finding.outcome);
    (finding.id, finding.cause, rcode.unwrap_or_else(|| outcome.to_owned()))
}

/// One line, whole and at once.
fn line(told: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut line = serde_json::to_vec(told)?;
    line.push(b'\n');
    out.write_all(&line)?;
    out.flush()
}

#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    time: String,
    event: What,
    id: u64,
    cause: &'static str,
    confidence: String,
    was: Option<String>,
    fault: bool,
    outcome: &'static str,
    rcode: Option<String>,
    count: u64,
    scope: Scope<'a>,
    first: Option<String>,
    last: Option<String>,
    last_success: Option<String>,
    onset: &'static str,
    impact: FindingImpact,
    headline: &'a str,
    evidence: &'a [String],
    brand: Option<&'a str>,
    /// What to do first; all of it is in reports.
    advice: Option<&'a str>,
    verify: &'a str,
}

impl<'a> Line<'a> {
    fn of(now: Timestamp, event: What, was: Option<Confidence>, finding: &'a Finding) -> Self {
        let (outcome, rcode) = ended(finding.outcome);
        Self {
            schema: SCHEMA,
            time: now.to_string(),
            event,
            id: finding.id,
            cause: finding.cause,
            confidence: finding.confidence.to_string(),
            was: was.map(|was| was.to_string()),
            fault: finding.fault,
            outcome,
            rcode,
            count: finding.count,
            scope: Scope::of(&finding.scope),
            first: time(finding.first),
            last: time(finding.last),
            last_success: time(finding.last_success),
            onset: finding.onset.id(),
            impact: FindingImpact::of(finding.impact),
            headline: &finding.headline,
            evidence: &finding.evidence,
            brand: finding.brand.as_deref(),
            advice: finding.directive().or(finding.fix.first().map(String::as_str)),
            verify: &finding.verify,
        }
    }
}

#[derive(Serialize)]
struct Summary<'a> {
    schema: &'static str,
    time: String,
    event: &'static str,
    source: &'a str,
    ended: Option<&'static str>,
    queries: u64,
    responses: u64,
    unanswered: u64,
    focus: String,
    focus_exchanges: u64,
    focus_of: u64,
    share: f64,
    findings_ongoing: u64,
    findings: u64,
    frames: u64,
    undecodable: u64,
    skipped: u64,
    kernel_dropped: Option<u64>,
    interface_dropped: Option<u64>,
    quality: Vec<&'static str>,
}

impl<'a> Summary<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        let (exchanges, whole) = snapshot.in_focus();
        let ledger = &snapshot.ledger;
        Self {
            schema: SCHEMA,
            time: snapshot.source.last.unwrap_or_default().to_string(),
            event: "summary",
            source: &snapshot.source.name,
            ended: snapshot.source.ended.as_ref().map(end),
            queries: snapshot.queries(),
            responses: snapshot.responses(),
            unanswered: snapshot.outcomes.unanswered,
            focus: snapshot.focus_word(),
            focus_exchanges: exchanges,
            focus_of: whole,
            share: share(snapshot::share(exchanges, whole)),
            findings_ongoing: snapshot.findings.iter().filter(|it| it.ongoing).count() as u64,
            findings: snapshot.findings.len() as u64,
            frames: ledger.frames,
            undecodable: ledger.undecodable_total(),
            skipped: ledger.skipped,
            kernel_dropped: ledger.kernel_dropped,
            interface_dropped: ledger.interface_dropped,
            quality: snapshot.quality.iter().map(|it| it.id).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Ended, fixtures::finding};

    /// Plays `second: id confidence [over]; ...`; `-` for no finding, `end` for the end. What is told,
    /// as `second event id confidence`.
    #[track_caller]
    fn check(script: &[&str], expected: &[&str]) {
        let mut log = EventLog::default();
        let mut out = Vec::new();
        for step in script {
            let (second, found) = step.split_once(": ").unwrap();
            let mut snapshot = Snapshot::default();
            snapshot.source.last = Some(Timestamp::new(second.parse().unwrap(), 0));
            if found.ends_with("end") {
                snapshot.source.ended = Some(Ended::EndOfFile);
            }
            let found = found.split("; ").filter(|it| !["-", "end"].contains(it));
            snapshot.findings = found.map(played).collect();
            log.follow(&snapshot, &mut out).unwrap();
        }
        let told = String::from_utf8(out).unwrap();
        assert_eq!(told.lines().map(brief).collect::<Vec<_>>(), expected, "{script:?}");
    }

    fn played(words: &str) -> Finding {
        let words: Vec<&str> = words.split(' ').collect();
        let confidence = match words[1] {
            "possible" => Confidence::Possible,
            "likely" => Confidence::Likely,
            _ => Confidence::Certain,
        };
        let (id, ongoing) = (words[0].parse().unwrap(), words.len() < 3);
        Finding { id, confidence, ongoing, ..finding() }
    }

    fn brief(line: &str) -> String {
        let it: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| it[key].as_str().unwrap().to_owned();
        assert_eq!(text("schema"), SCHEMA);
        let second = text("time").split(':').next_back().unwrap().trim_end_matches('Z').to_owned();
        let second = second.trim_end_matches(".000000000").to_owned();
        format!("{second} {} {} {}", text("event"), it["id"], text("confidence"))
    }

    #[test]
    fn a_finding_is_told_when_it_opens_changes_and_ends_and_not_between() {
        check(
            &[
                "01: 1 possible",
                "02: 1 possible",
                "03: 1 likely",
                "04: 1 likely; 2 certain",
                "05: 1 possible; 2 certain",
                "06: 1 possible over; 2 certain",
                "07: 1 possible over; 2 certain",
                "08: 1 likely; 2 certain",
            ],
            &[
                "01 opened 1 possible",
                "03 surer 1 likely",
                "04 opened 2 certain",
                "05 less-sure 1 possible",
                "06 ended 1 possible",
                "08 surer 1 likely",
                "08 resumed 1 likely",
            ],
        );
    }

    #[test]
    fn a_finding_that_is_over_when_it_is_found_is_told_so() {
        check(&["01: 1 likely over"], &["01 opened 1 likely", "01 ended 1 likely"]);
    }

    #[test]
    fn a_finding_that_is_not_found_any_more_is_withdrawn_after_a_while() {
        check(
            &["01: 1 likely", "02: -", "03: 1 likely", "04: -", "13: -", "14: -", "15: 1 likely"],
            &["01 opened 1 likely", "14 withdrawn 1 likely", "15 opened 1 likely"],
        );
        check(&["01: 1 likely", "02: end"], &["01 opened 1 likely", "02 withdrawn 1 likely"]);
    }

    #[test]
    fn each_line_is_flushed_whole() {
        struct Lines(Vec<u8>, usize);
        impl Write for Lines {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.extend(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                self.1 += 1;
                assert_eq!(self.0.last(), Some(&b'\n'));
                Ok(())
            }
        }
        let mut out = Lines(Vec::new(), 0);
        let findings = vec![played("1 likely"), played("2 likely")];
        EventLog::default().close(&Snapshot { findings, ..Snapshot::default() }, &mut out).unwrap();
        let lines = out.0.split(|byte| *byte == b'\n').count() - 1;
        assert_eq!((lines, out.1), (3, 3));
    }
}
