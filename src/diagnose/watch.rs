//! Findings as they come and go while packets flow.
//!
//! Causes are weighed anew again and again, each time from all that is known: what is told of them
//! should follow what happens, and not flicker. So a finding is known again by its cause, outcome
//! and servers; it becomes surer at once and less sure only after a while; and what becomes of it
//! is kept with it. After the last packet nothing is held back: what is then told is what a report
//! of the same packets tells.

use std::collections::VecDeque;
use std::time::Duration;

use super::finding::{Confidence, Finding, FindingOutcome};
use crate::time::Timestamp;

/// What became of a finding at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// In packet time.
    pub at: Timestamp,
    /// What happened.
    pub kind: TurnKind,
}

/// What can become of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnKind {
    /// It was found, so surely.
    Opened(Confidence),
    /// It is now so sure.
    Became(Confidence),
    /// It has not been seen for a while.
    Closed,
    /// It is seen again.
    Reopened,
}

impl std::fmt::Display for TurnKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Opened(confidence) => write!(f, "found, {confidence}"),
            Self::Became(confidence) => write!(f, "now {confidence}"),
            Self::Closed => f.write_str("over"),
            Self::Reopened => f.write_str("again"),
        }
    }
}

/// A finding stays as sure as it was until it has been less sure for so long.
const HOLD: Duration = Duration::from_secs(10);

/// Turns that are kept of a finding: the first one, and the latest others.
const MOST_TURNS: usize = 8;

/// Findings that are known again; of more, those not seen for longest are forgotten.
const MOST: usize = 64;

/// A finding that was seen before.
#[derive(Debug)]
struct Known {
    id: u64,
    cause: &'static str,
    outcome: FindingOutcome,
    servers: Vec<String>,
    shown: Confidence,
    /// Since when it is less sure than that.
    less_sure_since: Option<Timestamp>,
    ongoing: bool,
    turns: VecDeque<Turn>,
}

/// All findings that were seen before, the latest first.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    known: VecDeque<Known>,
    /// How many there were.
    opened: u64,
    is_over: bool,
}

impl Watch {
    /// No packet follows.
    pub(crate) fn finish(&mut self) {
        self.is_over = true;
    }

    /// Takes note of what was found at a time, and says how it should be told.
    pub(crate) fn follow(&mut self, now: Timestamp, mut findings: Vec<Finding>) -> Vec<Finding> {
        // Each is known again once: one cause may have several findings at one server.
        let mut before = std::mem::take(&mut self.known);
        for finding in findings.iter_mut().filter(|finding| !finding.is_unknown()) {
            let place = before.iter().position(|known| known.is(finding));
            let again = place.and_then(|place| before.remove(place));
            self.opened += u64::from(again.is_none());
            let mut known = again.unwrap_or_else(|| Known::of(now, finding, self.opened));
            known.follow(now, finding, self.is_over);
            finding.id = known.id;
            finding.confidence = known.shown;
            finding.turns = known.turns.iter().copied().collect();
            self.known.push_back(known);
        }
        self.known.append(&mut before);
        self.known.truncate(MOST);
        findings
    }
}

impl Known {
    fn of(now: Timestamp, finding: &Finding, id: u64) -> Self {
        let opened = Turn { at: now, kind: TurnKind::Opened(finding.confidence) };
        Self {
            id,
            cause: finding.cause,
            outcome: finding.outcome,
            servers: finding.scope.servers.clone(),
            shown: finding.confidence,
            less_sure_since: None,
            ongoing: true,
            turns: VecDeque::from([opened]),
        }
    }

    /// Whether a finding is this one again: its scope may have grown.
    fn is(&self, finding: &Finding) -> bool {
        self.cause == finding.cause
            && self.outcome == finding.outcome
            && self.servers.iter().any(|server| finding.scope.servers.contains(server))
    }

    fn follow(&mut self, now: Timestamp, finding: &Finding, at_once: bool) {
        self.servers.clone_from(&finding.scope.servers);
        if finding.confidence >= self.shown {
            self.less_sure_since = None;
        }
        let since = *self.less_sure_since.get_or_insert(now);
        let settled = finding.confidence > self.shown || at_once || now.since(since) >= HOLD;
        if finding.confidence != self.shown && settled {
            self.shown = finding.confidence;
            self.less_sure_since = None;
            self.turn(now, TurnKind::Became(finding.confidence));
        }
        if finding.confidence == self.shown {
            self.less_sure_since = None;
        }
        if finding.ongoing != self.ongoing {
            self.ongoing = finding.ongoing;
            self.turn(now, if finding.ongoing { TurnKind::Reopened } else { TurnKind::Closed });
        }
    }

    fn turn(&mut self, at: Timestamp, kind: TurnKind) {
        if self.turns.len() >= MOST_TURNS {
            self.turns.remove(1);
        }
        self.turns.push_back(Turn { at, kind });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::Scope;
    use crate::diagnose::finding::fixtures::finding;

    /// Plays `second confidence [over]` of one finding, `-` for none; what is then told of it.
    #[track_caller]
    fn check(script: &[&str], expected: &str) {
        let mut watch = Watch::default();
        let mut told = Vec::new();
        for line in script {
            let words: Vec<&str> = line.split(' ').collect();
            let now = Timestamp::new(words[0].parse().unwrap(), 0);
            let confidence = match words[1] {
                "possible" => Confidence::Possible,
                "likely" => Confidence::Likely,
                "end" => {
                    watch.finish();
                    Confidence::Possible
                }
                _ => {
                    watch.follow(now, Vec::new());
                    continue;
                }
            };
            let servers = vec!["192.0.2.1".to_owned()];
            let scope = Scope { servers, ..Scope::default() };
            let ongoing = words.len() < 3;
            told = watch.follow(now, vec![Finding { confidence, scope, ongoing, ..finding() }]);
        }
        let turns = told[0].turns.iter();
        let turns: Vec<String> =
            turns.map(|turn| format!("{} {}", turn.at.clock(), turn.kind)).collect();
        assert_eq!(format!("{}: {}", told[0].confidence, turns.join("; ")), expected);
    }

    #[test]
    fn a_finding_is_surer_at_once_and_less_sure_after_a_while() {
        check(&["1 possible", "2 likely"], "likely: 00:00:01 found, possible; 00:00:02 now likely");
        check(&["1 likely", "2 possible", "3 likely"], "likely: 00:00:01 found, likely");
        check(&["1 likely", "2 possible", "9 possible"], "likely: 00:00:01 found, likely");
        check(
            &["1 likely", "2 possible", "12 possible"],
            "possible: 00:00:01 found, likely; 00:00:12 now possible",
        );
        let flickering: Vec<String> = (0..40)
            .map(|second| format!("{second} {}", ["likely", "possible"][second % 2]))
            .collect();
        let flickering: Vec<&str> = flickering.iter().map(String::as_str).collect();
        check(&flickering, "likely: 00:00:00 found, likely");
    }

    #[test]
    fn a_finding_closes_and_is_known_again() {
        check(
            &["1 likely", "80 likely over", "90 likely"],
            "likely: 00:00:01 found, likely; 00:01:20 over; 00:01:30 again",
        );
        check(&["1 likely", "2 -", "3 likely"], "likely: 00:00:01 found, likely");
    }

    #[test]
    fn at_the_end_nothing_is_held_back() {
        check(&["1 likely", "2 end"], "possible: 00:00:01 found, likely; 00:00:02 now possible");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut watch = Watch::default();
        for second in 0..1_000_u64 {
            let server = format!("192.0.2.{}", second % 200);
            let scope = Scope { servers: vec![server], ..Scope::default() };
            let ongoing = second % 400 < 200;
            let now = Timestamp::new(second, 0);
            let told = watch.follow(now, vec![Finding { scope, ongoing, ..finding() }]);
            assert!(told[0].turns.len() <= MOST_TURNS && watch.known.len() <= MOST);
        }
    }
}
