//! The questions someone has in an outage, answered from a snapshot in plain sentences.
//!
//! Text and Markdown reports begin with these. Knows no layout.

use super::words::{self, Moments, count, counted, percent};
use crate::snapshot::Distinct;
use crate::snapshot::{EdeRow, Finding, Focus, List, Rcode, Row, Snapshot, Timestamp, share};

/// How many examples a sentence names.
const EXAMPLES: usize = 3;
/// How many findings are answered with; the others are counted.
const FINDINGS: usize = 3;

/// One question and its answer, a sentence per line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) question: &'static str,
    pub(super) lines: Vec<String>,
}

const WHY: &str = "Why";
const CHANGE: &str = "Change";

/// The headline: how much of what is in focus.
pub(super) fn headline(snapshot: &Snapshot) -> String {
    let (focus, (met, whole)) = (words::focus(snapshot), snapshot.in_focus());
    match met {
        _ if whole == 0 => format!("{focus}: no {} in this capture", nothing(snapshot.focus)),
        0 => format!("{focus}: none of {}", of(snapshot.focus, whole)),
        met => {
            let part = percent(share(met, whole));
            format!("{focus}: {} of {} ({part})", count(met), of(snapshot.focus, whole))
        }
    }
}

/// What there is none of, where nothing can be in focus.
fn nothing(focus: Focus) -> &'static str {
    match focus {
        Focus::Rcode(_) => "DNS responses",
        Focus::NoResponse => "DNS queries that had time to be answered",
        Focus::Slow => "answered DNS queries",
    }
}

/// What a share is of, in number: `1,712 responses`, `1 answered query`.
fn of(focus: Focus, whole: u64) -> String {
    match focus {
        Focus::Rcode(_) => counted(whole, "response"),
        Focus::NoResponse => words::queries(whole),
        Focus::Slow => words::queries(whole).replace("quer", "answered quer"),
    }
}

/// All answers, in the order of the questions.
pub(super) fn answers(snapshot: &Snapshot) -> Vec<Answer> {
    if snapshot.in_focus().0 == 0 {
        return elsewhere(snapshot);
    }
    let all = [
        ("Who", vec![who(snapshot)]),
        ("By whom", vec![by_whom(snapshot)]),
        ("For what", for_what(snapshot)),
        ("Since", since(snapshot)),
        ("Harm", harm(snapshot)),
        (WHY, why(snapshot)),
        (CHANGE, change(snapshot)),
    ];
    let all = all.into_iter().map(|(question, lines)| Answer { question, lines });
    all.filter(|answer| !answer.lines.is_empty()).collect()
}

/// The answers that findings do not give, and what servers say themselves.
pub(super) fn beside_findings(snapshot: &Snapshot) -> Vec<Answer> {
    let mut all = answers(snapshot);
    all.retain(|answer| !matches!(answer.question, WHY | CHANGE));
    let lines = said(snapshot);
    if !lines.is_empty() {
        all.push(Answer { question: "They say", lines });
    }
    all
}

/// Where to look when nothing is in focus.
fn elsewhere(snapshot: &Snapshot) -> Vec<Answer> {
    let mut lines = Vec::new();
    let others = |rcode: &Rcode| !rcode.is_answer() && snapshot.focus != *rcode;
    let worst = snapshot.rcodes.iter().filter(|row| others(&row.rcode));
    if let Some(worst) = worst.max_by_key(|row| row.responses) {
        let (rcode, responses) = (worst.rcode, counted(worst.responses, "response"));
        lines.push(format!("{responses} carry {rcode}: try --focus {rcode}"));
    }
    if snapshot.outcomes.unanswered > 0 {
        let queries = words::queries(snapshot.outcomes.unanswered);
        lines.push(format!("{queries} got no response: try --focus no-response"));
    }
    let mut all = vec![Answer { question: "But", lines }];
    if !snapshot.findings.is_empty() {
        all.push(Answer { question: WHY, lines: why(snapshot) });
        all.push(Answer { question: CHANGE, lines: change(snapshot) });
    }
    all.retain(|answer| !answer.lines.is_empty());
    all
}

fn who(snapshot: &Snapshot) -> String {
    let most = examples(&snapshot.clients, |row| format!("{} ({})", row.key, count(row.focus)));
    let networks = match snapshot.prefixes.total {
        0 => String::new(),
        total => format!(" in {}", counted(total, "network")),
    };
    format!("{}{networks}; most: {most}", counted(snapshot.clients.total, "client"))
}

fn by_whom(snapshot: &Snapshot) -> String {
    let most = examples(&snapshot.servers, |row| {
        let part = percent(row.share());
        format!("{} ({} of its {}, {part})", row.key, count(row.focus), count(row.whole))
    });
    format!("{}; most: {most}", counted(snapshot.servers.total, "server"))
}

fn for_what(snapshot: &Snapshot) -> Vec<String> {
    let questions = counted(snapshot.questions(), "question");
    let most =
        examples(&snapshot.names, |row| format!("{} ({})", row.key.told(), count(row.focus)));
    if snapshot.domains.rows.is_empty() {
        return vec![format!("{questions}; most: {most}")];
    }
    let domains = counted(snapshot.domains.total, "domain");
    let under = examples(&snapshot.domains, |row| format!("{} ({})", row.key, count(row.focus)));
    vec![format!("{questions} under {domains}: {under}"), format!("most: {most}")]
}

fn examples<K>(list: &List<K>, show: impl Fn(&Row<K>) -> String) -> String {
    let mut shown: Vec<String> = list.rows.iter().take(EXAMPLES).map(show).collect();
    if list.total > shown.len() as u64 {
        shown.push("...".into());
    }
    shown.join(", ")
}

fn since(snapshot: &Snapshot) -> Vec<String> {
    let moments = Moments::of(snapshot);
    let Some((first, last)) = focus_span(snapshot) else { return Vec::new() };
    let mut lines = vec![format!(
        "{}{}, to {}{}",
        moments.show(Some(first)),
        at_the_beginning(snapshot, first),
        moments.show(Some(last)),
        at_the_end(snapshot, last)
    )];
    lines.extend(worst_step(snapshot));
    lines
}

/// The first and last time in focus that any row tells of.
fn focus_span(snapshot: &Snapshot) -> Option<(Timestamp, Timestamp)> {
    let times = |row: (Option<Timestamp>, Option<Timestamp>)| row.0.zip(row.1);
    let servers = snapshot.servers.rows.iter().map(|row| (row.first, row.last));
    let clients = snapshot.clients.rows.iter().map(|row| (row.first, row.last));
    let names = snapshot.names.rows.iter().map(|row| (row.first, row.last));
    servers
        .chain(clients)
        .chain(names)
        .filter_map(times)
        .reduce(|one, two| (one.0.min(two.0), one.1.max(two.1)))
}

/// A refusal among the first packets may have begun long before.
fn at_the_beginning(snapshot: &Snapshot, first: Timestamp) -> String {
    match snapshot.source.first {
        Some(start) if first.since(start) <= margin(snapshot) => {
            " (from the start of the capture, perhaps longer)".into()
        }
        Some(start) => format!(" ({} into the capture)", words::span(first.since(start))),
        None => String::new(),
    }
}

fn at_the_end(snapshot: &Snapshot, last: Timestamp) -> String {
    match snapshot.judged_until() {
        Some(end) if end.since(last) <= margin(snapshot) => " (still at the end)".into(),
        Some(end) => format!(" ({} before the end)", words::span(end.since(last))),
        None => String::new(),
    }
}

/// What counts as "at the edge" of a capture: a fiftieth of it, or a step of the timeline.
fn margin(snapshot: &Snapshot) -> std::time::Duration {
    snapshot.timeline.step.max(snapshot.source.duration() / 50)
}

fn worst_step(snapshot: &Snapshot) -> Option<String> {
    let timeline = &snapshot.timeline;
    let steps = timeline.steps.iter().enumerate();
    let (place, worst) =
        steps.max_by_key(|(place, step)| (step.focus, std::cmp::Reverse(*place)))?;
    if worst.focus == 0 || timeline.steps.len() < 2 {
        return None;
    }
    let at = timeline.start.plus(timeline.step.saturating_mul(u32::try_from(place).ok()?));
    Some(format!(
        "worst at {}: {} of {} in {}",
        Moments::of(snapshot).show(Some(at)),
        count(worst.focus),
        of(snapshot.focus, worst.whole),
        words::span(timeline.step)
    ))
}

fn harm(snapshot: &Snapshot) -> Vec<String> {
    let impact = &snapshot.impact;
    if impact.lookups_refused == 0 {
        return Vec::new();
    }
    let failed = match impact.failed {
        0 => "none failed".into(),
        failed => format!(
            "{} failed ({}), of {} for {}",
            count(failed),
            percent(share(failed, impact.lookups_refused)),
            counted_distinct(impact.clients_failed, "client"),
            counted_distinct(impact.names_failed, "question")
        ),
    };
    let lookups = if impact.are_pairs {
        words::pairs(impact.lookups_refused)
    } else {
        counted(impact.lookups_refused, "lookup")
    };
    let recovered = count(impact.recovered);
    vec![format!("{lookups} met it: {recovered} got an answer after all, {failed}")]
}

fn counted_distinct(distinct: Distinct, what: &str) -> String {
    let bound = if distinct.at_least { "at least " } else { "" };
    format!("{bound}{}", counted(distinct.count, what))
}

fn why(snapshot: &Snapshot) -> Vec<String> {
    if snapshot.focus == Focus::Slow {
        return vec![
            "no cause is told of slow responses: compare the servers, what they are asked for, and \
             when"
                .into(),
        ];
    }
    let shown = snapshot.findings.iter().take(FINDINGS);
    let mut lines: Vec<String> = shown.map(finding).collect();
    if snapshot.findings.len() > FINDINGS {
        lines.push(format!("and {} more findings", snapshot.findings.len() - FINDINGS));
    }
    lines.extend(said(snapshot));
    if lines.is_empty() {
        lines.push("not determined; the servers sent no Extended DNS Error that says".into());
    }
    lines
}

fn finding(finding: &Finding) -> String {
    let kind = if finding.fault { "" } else { ", not a fault" };
    format!("{}{kind}: {}", finding.confidence, finding.headline)
}

/// What the servers say with the code in focus.
fn said(snapshot: &Snapshot) -> Vec<String> {
    let said = snapshot.ede.iter().filter(|row| snapshot.focus == row.rcode);
    said.take(EXAMPLES).map(said_by_server).collect()
}

fn said_by_server(row: &EdeRow) -> String {
    // One text is kept, and others may have come with the same code.
    let example = if row.responses == 1 { "" } else { "for example " };
    let text = match row.text.as_str() {
        "" => String::new(),
        text => format!(", {example}\"{text}\""),
    };
    let responses = counted(row.responses, "response");
    let verb = if row.responses == 1 { "says" } else { "say" };
    format!("{responses} {verb}: EDE {} ({}){text}", row.ede.0, row.ede)
}

fn change(snapshot: &Snapshot) -> Vec<String> {
    let is_slow = snapshot.focus == Focus::Slow;
    let faults = snapshot.findings.iter().filter(|finding| finding.fault && !is_slow);
    let known: Vec<&Finding> =
        faults.filter(|finding| !finding.is_unknown()).take(FINDINGS).collect();
    let mut lines: Vec<String> = known.iter().flat_map(|finding| to_do(finding)).collect();
    if lines.is_empty() {
        let focus = snapshot.focus.word();
        lines.push(format!("what to check on the server: rcodetop explain {focus}"));
        let unknown = snapshot.findings.iter().map(|finding| &finding.verify);
        lines.extend(unknown.filter(|it| !it.is_empty()).map(|it| format!("to verify: {it}")));
    }
    lines
}

/// What comes first to mend a finding, and where the rest is.
fn to_do(finding: &Finding) -> Vec<String> {
    let cause = finding.cause;
    let mut lines: Vec<String> = finding.fix.iter().take(1).cloned().collect();
    lines.extend(finding.directive().map(|line| format!("it looks like {line}")));
    lines.push(format!("for each brand of server, and more: rcodetop explain {cause}"));
    if !finding.verify.is_empty() {
        lines.push(format!("to verify: {}", finding.verify));
    }
    lines
}
