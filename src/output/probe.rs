//! One line for a monitor that runs checks, as the guidelines of the Monitoring Plugins have it: the
//! status and why, then numbers to keep; below it what was found, a line each.

use super::words::{self, percent};
use crate::snapshot::{Confidence, Finding, Snapshot, share};

/// Findings and troubles that have a line at most: monitors cut what is longer than some kilobytes.
const MOST_LINES: usize = 10;

/// What a monitor is told, in the order of their exit statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProbeStatus {
    /// Nothing to do.
    Ok,
    /// To be looked at.
    Warning,
    /// To be mended.
    Critical,
    /// Nothing can be said.
    Unknown,
}

impl ProbeStatus {
    /// Its exit status: 0 to 3.
    pub fn code(self) -> u8 {
        self as u8
    }

    fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// From which share of the focus on it is serious, in percent; what is `None` does not decide.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Thresholds {
    /// More than this is a warning.
    pub warning: Option<f64>,
    /// More than this is critical.
    pub critical: Option<f64>,
}

/// The status, and the text with it. `troubles` are what was lost or damaged.
pub fn probe(
    snapshot: &Snapshot,
    thresholds: &Thresholds,
    troubles: &[String],
) -> (ProbeStatus, String) {
    let status = status(snapshot, thresholds, troubles);
    let findings =
        snapshot.findings.iter().map(|it| format!("[{}] {}", it.confidence, it.headline));
    let lines = findings.chain(troubles.iter().cloned()).take(MOST_LINES);
    let first = format!("{} | {}", plain(&reason(snapshot, status)), numbers(snapshot, thresholds));
    let text = [said(status, &first)].into_iter().chain(lines.map(|line| plain(&line) + "\n"));
    (status, text.collect())
}

/// What is told where nothing can be said, and why.
pub fn unable(why: &str) -> (ProbeStatus, String) {
    (ProbeStatus::Unknown, said(ProbeStatus::Unknown, &plain(why)))
}

fn said(status: ProbeStatus, what: &str) -> String {
    format!("RCODETOP {} - {what}\n", status.word())
}

/// Why nothing can be said of what is in focus, where nothing came that it could have been: silence
/// is no proof that nobody is refused.
pub fn unjudged(snapshot: &Snapshot) -> Option<String> {
    let (queries, whole) = (snapshot.queries(), snapshot.focus.whole());
    match snapshot.in_focus().1 {
        0 if queries + snapshot.responses() == 0 => Some("no DNS message was captured".to_owned()),
        0 => Some(format!(
            "{} and no {whole}: nothing can be said of {}; try --focus no-response",
            words::queries(queries),
            snapshot.focus_word()
        )),
        _ => None,
    }
}

fn status(snapshot: &Snapshot, thresholds: &Thresholds, troubles: &[String]) -> ProbeStatus {
    let found = if thresholds == &Thresholds::default() {
        by_findings(snapshot)
    } else {
        by_share(snapshot, thresholds)
    };
    if found == ProbeStatus::Ok && unjudged(snapshot).is_some() {
        return ProbeStatus::Unknown;
    }
    // Of a capture that is not whole, "nothing" cannot be said.
    if troubles.is_empty() { found } else { found.max(ProbeStatus::Warning) }
}

fn by_share(snapshot: &Snapshot, thresholds: &Thresholds) -> ProbeStatus {
    let (focus, whole) = snapshot.in_focus();
    let percent = share(focus, whole) * 100.0;
    let is_more = |bound: Option<f64>| bound.is_some_and(|bound| percent > bound);
    match (is_more(thresholds.critical), is_more(thresholds.warning)) {
        (true, _) => ProbeStatus::Critical,
        (false, true) => ProbeStatus::Warning,
        (false, false) => ProbeStatus::Ok,
    }
}

/// A fault with a cause that is likely is critical; one that is possible, and what no cause explains,
/// is a warning.
fn by_findings(snapshot: &Snapshot) -> ProbeStatus {
    let is_unexplained = !snapshot.findings.iter().any(|it| it.outcome.is_in(snapshot.focus))
        && snapshot.in_focus().0 > 0;
    let least = if is_unexplained { ProbeStatus::Warning } else { ProbeStatus::Ok };
    snapshot.findings.iter().map(of_finding).fold(least, ProbeStatus::max)
}

fn of_finding(finding: &Finding) -> ProbeStatus {
    match finding {
        _ if finding.is_unknown() => ProbeStatus::Warning,
        Finding { fault: false, .. } => ProbeStatus::Ok,
        Finding { confidence: Confidence::Possible, .. } => ProbeStatus::Warning,
        _ => ProbeStatus::Critical,
    }
}

/// What is in focus, and the worst that was found: of that, if there is any.
fn reason(snapshot: &Snapshot, status: ProbeStatus) -> String {
    if let (ProbeStatus::Unknown, Some(why)) = (status, unjudged(snapshot)) {
        return why;
    }
    let (focus, whole) = snapshot.in_focus();
    let share = percent(share(focus, whole));
    let told = format!(
        "{} {share} ({focus} of {whole} {})",
        snapshot.focus_word(),
        snapshot.focus.whole()
    );
    let is_in_focus = |it: &&Finding| it.outcome.is_in(snapshot.focus);
    // The first of those that are as bad.
    let worst = snapshot.findings.iter().rev().max_by_key(|it| (is_in_focus(it), of_finding(it)));
    match worst {
        Some(it) if it.is_unknown() => format!("{told}: {}", it.brief),
        Some(it) if is_in_focus(&it) => format!("{told}: [{}] {}", it.confidence, it.brief),
        Some(it) => format!("{told}; besides: [{}] {}", it.confidence, it.brief),
        None => told,
    }
}

/// What is kept and drawn: `label=value[unit];[warning];[critical];[least];[most]`.
fn numbers(snapshot: &Snapshot, thresholds: &Thresholds) -> String {
    let (focus, whole) = snapshot.in_focus();
    let bound = |bound: Option<f64>| bound.map_or_else(String::new, |bound| bound.to_string());
    let (warning, critical) = (bound(thresholds.warning), bound(thresholds.critical));
    let share = share(focus, whole) * 100.0;
    let mut out = format!("share={share:.2}%;{warning};{critical};0;100");
    let ledger = &snapshot.ledger;
    let lost = ledger.kernel_dropped.unwrap_or(0) + ledger.interface_dropped.unwrap_or(0);
    for (label, value) in [
        ("focus", focus),
        ("queries", snapshot.queries()),
        ("responses", snapshot.responses()),
        ("unanswered", snapshot.outcomes.unanswered),
        ("findings", snapshot.findings.len() as u64),
        ("dropped", lost),
    ] {
        out += &format!(" {label}={value};;;0");
    }
    for (label, time) in
        snapshot.latency.iter().flat_map(|it| [("p50", it.p50), ("p95", it.p95), ("p99", it.p99)])
    {
        out += &format!(" {label}={:.6}s;;;0", time.as_secs_f64());
    }
    out
}

/// A bar would begin the numbers.
fn plain(text: &str) -> String {
    text.replace('|', "/").replace(char::is_control, " ")
}
