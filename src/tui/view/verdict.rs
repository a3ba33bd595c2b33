//! The answer in one sentence of words.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{head, write_lines};
use crate::snapshot::{RcodeRow, Row, Snapshot, SourceKind, share};
use crate::time::Timestamp;
use crate::tui::keys::Msg;
use crate::tui::model::Model;
use crate::tui::sheets::focus_total;
use crate::tui::text;
use crate::tui::theme::{self, Meaning};

pub(super) fn draw(model: &Model, snapshot: &Snapshot, area: Rect, buffer: &mut Buffer) {
    let lines = text::wrap(&told(model, snapshot), area.width.into(), area.height.into());
    let meaning = match focus_total(snapshot) {
        0 => Meaning::Strong,
        _ => theme::rcode(snapshot.focus, snapshot.focus).0,
    };
    write_lines(&lines, meaning.style(), area, buffer);
}

/// Two rows, so that the rest of the screen stays where it is; a third where there is room and
/// the sentence needs it.
pub(super) fn height(model: &Model, snapshot: &Snapshot, screen: Rect) -> u16 {
    let most = if screen.height >= 24 { 3 } else { 2 };
    let lines = text::wrap(&told(model, snapshot), screen.width.into(), most).len();
    text::cells(lines).max(2)
}

/// With the key that leads on.
fn told(model: &Model, snapshot: &Snapshot) -> String {
    sentence(snapshot, model.bindings.label(Msg::Focus).as_deref())
}

/// Who is affected by what since when, as far as it is known; `focus` is the key that looks at
/// other codes.
pub(in crate::tui) fn sentence(snapshot: &Snapshot, focus: Option<&str>) -> String {
    if snapshot.selected.is_some() && snapshot.queries() + snapshot.responses() == 0 {
        return "Nothing that the filter holds for, so far.".to_owned();
    }
    match (focus_total(snapshot), snapshot.responses()) {
        (0, 0) => nothing_to_judge(snapshot),
        (0, responses) => {
            format!(
                "No {} among {}{}.",
                snapshot.focus,
                text::plural(responses, "response"),
                others(snapshot, focus)
            )
        }
        (count, responses) => trouble(snapshot, count, responses),
    }
}

fn nothing_to_judge(snapshot: &Snapshot) -> String {
    let ledger = &snapshot.ledger;
    let over = snapshot.source.ended.is_some();
    let live = snapshot.source.kind == SourceKind::Live;
    if ledger.frames == 0 {
        return match (over, live) {
            (true, _) => "The capture holds no packets.".to_owned(),
            (false, true) => {
                "No packets yet: is this the interface, and does it carry DNS?".to_owned()
            }
            (false, false) => "Waiting for the first packets.".to_owned(),
        };
    }
    let frames = text::plural(ledger.frames, "packet");
    if ledger.dns_messages == 0 {
        return format!("No DNS among {frames}: is this the right interface, port and filter?");
    }
    format!(
        "{} and no response among {frames}.",
        text::plural(ledger.queries, "query").replace("querys", "queries")
    )
}

/// The failure code that most responses carry.
fn worst(snapshot: &Snapshot) -> Option<&RcodeRow> {
    let failures = snapshot.rcodes.iter().filter(|row| !row.rcode.is_answer());
    failures.max_by_key(|row| row.responses)
}

/// Another failure that is more frequent than the one under examination.
fn worse(snapshot: &Snapshot, focus: u64) -> Option<String> {
    let row = worst(snapshot).filter(|row| row.responses > focus)?;
    Some(format!("{} is worse: {}", row.rcode, text::share(row.share)))
}

/// The worst of the other failures, so that a quiet focus does not look like a quiet network.
fn others(snapshot: &Snapshot, focus: Option<&str>) -> String {
    let mut said = String::new();
    if let Some(row) = worst(snapshot) {
        said.push_str(&format!(", but {} {}", row.rcode, text::share(row.share)));
        if let Some(key) = focus {
            said.push_str(&format!(" ({key} looks at others)"));
        }
    }
    if snapshot.outcomes.unanswered > 0 {
        said.push_str(&format!("; {}", no_reply(snapshot)));
    }
    said
}

/// `12 of 3,442 queries got no reply (0.3 %)`
fn no_reply(snapshot: &Snapshot) -> String {
    let (unanswered, queries) = (snapshot.outcomes.unanswered, snapshot.queries());
    let part = text::share(share(unanswered, queries));
    format!("{} of {} queries got no reply ({part})", text::count(unanswered), text::count(queries))
}

/// Silence beside the focus code, where there is enough of it to matter.
fn silence(snapshot: &Snapshot) -> Option<String> {
    let part = share(snapshot.outcomes.unanswered, snapshot.queries());
    (part >= 0.01).then(|| no_reply(snapshot))
}

fn trouble(snapshot: &Snapshot, focus: u64, responses: u64) -> String {
    let mut said = vec![format!(
        "{} {} of responses ({} of {}){}",
        snapshot.focus,
        text::share(share(focus, responses)),
        text::count(focus),
        text::count(responses),
        period(snapshot)
    )];
    said.extend(blame(snapshot, focus));
    said.extend(reach(snapshot));
    said.extend(harm(snapshot));
    said.extend(silence(snapshot));
    said.extend(worse(snapshot, focus));
    said.join("; ")
}

/// `, since 03:12:05`, or `, 03:12:05 to 03:12:09` if it is over.
fn period(snapshot: &Snapshot) -> String {
    let Some(first) = first(snapshot) else { return String::new() };
    let source = &snapshot.source;
    let last = snapshot.servers.rows.iter().filter_map(|row| row.last).max();
    let silent = |last: Timestamp| source.last.map_or_else(Default::default, |end| end.since(last));
    match last {
        Some(last) if head::is_over(silent(last), source.duration()) => {
            format!(", {} to {}", first.clock(), last.clock())
        }
        _ => format!(", since {}", first.clock()),
    }
}

/// When it began: as the servers' rows say, or the timeline where rows are missing.
fn first(snapshot: &Snapshot) -> Option<Timestamp> {
    let rows = snapshot.servers.rows.iter().filter_map(|row| row.first).min();
    let timeline = &snapshot.timeline;
    let step = timeline.steps.iter().position(|step| step.focus > 0).map(|nth| {
        let nth = u32::try_from(nth).unwrap_or(u32::MAX);
        timeline.start.plus(timeline.step.saturating_mul(nth))
    });
    let all_are_here = snapshot.servers.total <= snapshot.servers.rows.len() as u64;
    if all_are_here { rows.or(step) } else { rows.into_iter().chain(step).min() }
}

fn blame(snapshot: &Snapshot, focus: u64) -> Option<String> {
    let servers = &snapshot.servers;
    let top: &Row<_> = servers.rows.first()?;
    let part = share(top.focus, focus);
    Some(match servers.total.max(servers.rows.len() as u64) {
        1 => format!("all by {}", top.key),
        total if part > 0.5 => {
            let [part, total] = [text::share(part), text::count(total)];
            format!("mostly by {} ({part}), one of {total} servers", top.key)
        }
        total => format!(
            "by {} servers, most by {} ({})",
            text::count(total),
            top.key,
            text::share(part)
        ),
    })
}

fn reach(snapshot: &Snapshot) -> Option<String> {
    let clients = &snapshot.clients;
    match (clients.total.max(clients.rows.len() as u64), clients.rows.first()) {
        (0, _) => None,
        (1, Some(row)) => Some(format!("1 client: {}", row.key)),
        (total, _) => Some(text::plural(total, "client")),
    }
}

fn harm(snapshot: &Snapshot) -> Option<String> {
    let impact = snapshot.impact;
    (impact.lookups_refused > 0).then(|| {
        let all = text::count(impact.lookups_refused);
        match impact.failed {
            0 => format!("{all} of {all} lookups recovered"),
            failed => format!("{} of {all} lookups failed", text::count(failed)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Ledger;
    use crate::snapshot::{Impact, Rcode};

    fn with(rcodes: &[(Rcode, u64)]) -> Snapshot {
        let total = rcodes.iter().map(|(_, count)| count).sum();
        let row = |(rcode, responses): &(Rcode, u64)| RcodeRow {
            rcode: *rcode,
            responses: *responses,
            share: share(*responses, total),
            latency: None,
        };
        let ledger =
            Ledger { frames: 9_000, dns_messages: total, responses: total, ..Ledger::default() };
        let rcodes = rcodes.iter().map(row).collect();
        Snapshot { focus: Rcode::REFUSED, ledger, rcodes, ..Snapshot::default() }
    }

    #[track_caller]
    fn check(snapshot: &Snapshot, expected: &str) {
        assert_eq!(sentence(snapshot, None), expected);
    }

    #[test]
    fn an_empty_capture_is_told_from_one_without_dns_and_one_without_responses() {
        let mut snapshot = Snapshot::default();
        check(&snapshot, "Waiting for the first packets.");
        snapshot.source.ended = Some(crate::snapshot::Ended::EndOfFile);
        check(&snapshot, "The capture holds no packets.");
        snapshot.ledger.frames = 1;
        check(&snapshot, "No DNS among 1 packet: is this the right interface, port and filter?");
        snapshot.ledger.dns_messages = 1;
        snapshot.ledger.queries = 1;
        check(&snapshot, "1 query and no response among 1 packet.");
    }

    #[test]
    fn a_worse_failure_is_not_hidden_behind_the_focus() {
        let worse = [(Rcode::SERVFAIL, 75), (Rcode::REFUSED, 25)];
        let said = "REFUSED 25.0 % of responses (25 of 100); SERVFAIL is worse: 75.0 %";
        check(&with(&worse), said);
        let lesser = [(Rcode::NXDOMAIN, 70), (Rcode::SERVFAIL, 5), (Rcode::REFUSED, 25)];
        check(&with(&lesser), "REFUSED 25.0 % of responses (25 of 100)");
    }

    #[test]
    fn silence_is_said_beside_the_focus_when_it_matters() {
        let mut snapshot = with(&[(Rcode::REFUSED, 100)]);
        snapshot.ledger.queries = 1_000;
        snapshot.outcomes.unanswered = 9;
        check(&snapshot, "REFUSED 100 % of responses (100 of 100)");
        snapshot.outcomes.unanswered = 10;
        let said = "REFUSED 100 % of responses (100 of 100); \
                    10 of 1,000 queries got no reply (1.0 %)";
        check(&snapshot, said);
    }

    #[test]
    fn lookups_that_all_recovered_are_no_failure() {
        let mut snapshot = with(&[(Rcode::REFUSED, 1)]);
        snapshot.impact = Impact { lookups_refused: 3, recovered: 3, ..Impact::default() };
        check(&snapshot, "REFUSED 100 % of responses (1 of 1); 3 of 3 lookups recovered");
    }
}
