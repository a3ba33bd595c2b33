//! The answer in one sentence of words: how much of what since when, who is hurt, and why.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{head, write_lines};
use crate::snapshot::{
    Compared, Confidence, Course, Ended, Finding, Focus, List, Mark, RcodeRow, Row, Snapshot,
    SourceKind, share,
};
use crate::time::Timestamp;
use crate::tui::keys::Msg;
use crate::tui::model::Model;
use crate::tui::text;
use crate::tui::theme::{self, Meaning};

pub(super) fn draw(model: &Model, snapshot: &Snapshot, area: Rect, buffer: &mut Buffer) {
    let lines = lines(model, snapshot, area.width.into(), area.height.into());
    let meaning = match snapshot.in_focus().0 {
        0 => Meaning::Strong,
        _ => theme::in_focus(snapshot.focus).0,
    };
    write_lines(&lines, meaning.style(), area, buffer);
}

/// Two rows, so that the rest of the screen stays where it is; a third where there is room and
/// the sentence needs it.
pub(super) fn height(model: &Model, snapshot: &Snapshot, screen: Rect) -> u16 {
    let most = if screen.height >= 24 { 3 } else { 2 };
    text::cells(lines(model, snapshot, screen.width.into(), most).len()).max(2)
}

/// A part of the sentence.
struct Part {
    text: String,
    /// Which parts leave first where room is short: the highest. 0 stays.
    rank: u8,
}

fn part(rank: u8, text: impl Into<String>) -> Part {
    Part { text: text.into(), rank }
}

/// The sentence in at most so many lines: what matters less is left out before anything is cut.
fn lines(model: &Model, snapshot: &Snapshot, width: usize, most: usize) -> Vec<String> {
    let mut parts = parts(snapshot, model.bindings.label(Msg::Focus).as_deref());
    loop {
        let sentence = joined(&parts);
        let worst = parts.iter().map(|part| part.rank).max().unwrap_or(0);
        if worst == 0 || text::wrap(&sentence, width, usize::MAX).len() <= most {
            return text::wrap(&sentence, width, most);
        }
        parts.retain(|part| part.rank < worst);
    }
}

fn joined(parts: &[Part]) -> String {
    parts.iter().map(|part| part.text.as_str()).collect()
}

/// The whole sentence.
pub(in crate::tui) fn sentence(snapshot: &Snapshot) -> String {
    joined(&parts(snapshot, None))
}

/// Who is affected by what since when and why, as far as it is known; `key` is what looks at
/// something else.
fn parts(snapshot: &Snapshot, key: Option<&str>) -> Vec<Part> {
    if snapshot.selected.is_some() && snapshot.queries() + snapshot.responses() == 0 {
        return vec![part(0, "Nothing that the filter holds for, so far.")];
    }
    let mut parts = match snapshot.in_focus() {
        (0, 0) => return vec![part(0, nothing_to_judge(snapshot))],
        (0, whole) => quiet(snapshot, whole, key),
        (focus, whole) => trouble(snapshot, focus, whole),
    };
    if let Some(compared) = &snapshot.compared {
        let ends = parts.last().is_some_and(|last| last.text.ends_with('.'));
        let stop = if ends { " " } else { ". " };
        parts.push(part(2, stop));
        parts.extend(against(compared, snapshot.focus));
    }
    parts
}

/// `Against monday.pcap: REFUSED has grown from 3.1 %; new: 1 server, 2 clients; gone: 4 names.`
///
/// Who is new is in the tables, too, and leaves first where room is short.
fn against(it: &Compared, focus: Focus) -> Vec<Part> {
    let (with, was) = (short_name(&it.with), text::share(it.before));
    let counts: Vec<Part> = [Mark::New, Mark::Grown, Mark::Gone]
        .into_iter()
        .filter_map(|mark| counted(it, mark))
        .collect();
    let whole = match it.whole {
        Some(Mark::New) => format!("{focus} is new"),
        Some(Mark::Grown) => format!("{focus} has grown from {was}"),
        Some(Mark::Gone) => format!("{focus} is gone, was {was}"),
        Some(Mark::Less) => format!("{focus} is less, was {was}"),
        None if counts.is_empty() => {
            return vec![part(2, format!("No clear difference from {with}."))];
        }
        None => format!("{focus} much as before"),
    };
    let mut parts = vec![part(2, format!("Against {with}: {whole}"))];
    parts.extend(counts);
    parts.push(part(2, "."));
    parts
}

/// `; new: 1 server, 2 clients`
fn counted(it: &Compared, mark: Mark) -> Option<Part> {
    let words = ["server", "client", "name"];
    let counts = it.count(mark).into_iter().zip(words).filter(|(count, _)| *count > 0);
    let counts: Vec<String> =
        counts.map(|(count, word)| text::plural(count as u64, word)).collect();
    (!counts.is_empty()).then(|| part(8, format!("; {}: {}", mark.word(), counts.join(", "))))
}

/// Of a long path the name of the file: the sentence has other things to say.
fn short_name(path: &str) -> &str {
    const LONG: usize = 24;
    let name = path.rsplit('/').next().filter(|name| !name.is_empty());
    name.filter(|_| text::width(path) > LONG).unwrap_or(path)
}

/// Those that meet the focus, of a list that has rows of a baseline as well.
fn met<K>(list: &List<K>) -> u64 {
    list.total.max((list.rows.len() - list.gone()) as u64)
}

/// Where there is nothing that could be in focus.
fn nothing_to_judge(snapshot: &Snapshot) -> String {
    match (snapshot.focus, snapshot.queries(), snapshot.responses()) {
        (_, 0, 0) | (Focus::Rcode(_), ..) | (Focus::Slow, _, 0) => no_responses(snapshot),
        (Focus::Slow, ..) => {
            "No response was captured with its query: how long it took cannot be said.".to_owned()
        }
        (Focus::NoResponse, 0, _) => {
            "Only responses were captured: which queries get none cannot be said.".to_owned()
        }
        (Focus::NoResponse, queries, _) => format!(
            "{} that may still be answered: it is too early to say which get no response.",
            text::plural(queries, "query")
        ),
    }
}

/// Where there is no response at all.
fn no_responses(snapshot: &Snapshot) -> String {
    let ledger = &snapshot.ledger;
    let over = snapshot.source.ended.is_some();
    let failed = matches!(snapshot.source.ended, Some(Ended::Failed(_) | Ended::Damaged(_)));
    let live = snapshot.source.kind == SourceKind::Live;
    if ledger.frames == 0 {
        return match (over, live) {
            _ if failed => "It failed before the first packet.".to_owned(),
            (true, false) => "The capture holds no packets.".to_owned(),
            (true, true) => "Not a packet was captured.".to_owned(),
            (false, true) => format!("No packets yet on {}.", snapshot.source.name),
            (false, false) => "Waiting for the first packets.".to_owned(),
        };
    }
    let frames = text::plural(ledger.frames, "packet");
    if ledger.dns_messages == 0 {
        return format!("No DNS among {frames}.");
    }
    let queries = text::plural(snapshot.queries(), "query");
    if snapshot.selected.is_some() {
        return format!("{queries} selected, and no response to any of them.");
    }
    format!("{queries} and no response among {frames}: who fails, and how, cannot be said.")
}

/// The failure code that most responses carry.
fn worst(snapshot: &Snapshot) -> Option<&RcodeRow> {
    let failures = snapshot.rcodes.iter().filter(|row| !row.rcode.is_answer());
    failures.max_by_key(|row| row.responses)
}

/// Nothing is in focus. The worst of the other failures is told, so that a quiet focus does not look
/// like a quiet network.
fn quiet(snapshot: &Snapshot, whole: u64, key: Option<&str>) -> Vec<Part> {
    let mut parts = vec![part(0, none(snapshot, whole))];
    if snapshot.findings.is_empty() && worst(snapshot).is_none() && silence(snapshot, 0).is_none() {
        parts.push(part(3, ", and no other fault was found"));
    }
    if let Some(row) = worst(snapshot) {
        let of = of_responses(snapshot.focus);
        parts.push(part(0, format!(", but {} {}{of}", row.rcode, text::share(row.share))));
        parts.extend(key.map(|key| part(3, format!(" ({key} looks at others)"))));
    }
    if snapshot.outcomes.unanswered > 0 {
        parts.push(part(1, format!("; {}", no_response(snapshot))));
    }
    parts.extend(snapshot.findings.iter().find(|finding| finding.fault).map(cause));
    parts.push(part(0, "."));
    parts
}

/// `No REFUSED among 1,712 responses`
fn none(snapshot: &Snapshot, whole: u64) -> String {
    let all = text::count(whole);
    match snapshot.focus {
        Focus::Rcode(rcode) => format!("No {rcode} among {}", text::plural(whole, "response")),
        Focus::NoResponse => format!("None of {all} queries went without response"),
        Focus::Slow => {
            format!("None of {all} answered queries took longer than {}", after(snapshot))
        }
    }
}

/// What takes longer is slow.
fn after(snapshot: &Snapshot) -> String {
    text::rounded(snapshot.slow.after)
}

/// What the share of a code is of, where other shares are of something else.
fn of_responses(focus: Focus) -> &'static str {
    if focus.rcode().is_some() { "" } else { " of responses" }
}

/// `12 of 3,442 queries got no response (0.3 %)`
fn no_response(snapshot: &Snapshot) -> String {
    let (unanswered, queries) = snapshot.counted(Focus::NoResponse);
    let part = text::share(share(unanswered, queries));
    let [unanswered, queries] = [unanswered, queries].map(text::count);
    format!("{unanswered} of {queries} queries got no response ({part})")
}

fn trouble(snapshot: &Snapshot, focus: u64, whole: u64) -> Vec<Part> {
    let mut parts = course(snapshot, focus, whole);
    parts.extend(unreachable(snapshot));
    parts.extend(worse(snapshot, focus));
    parts.extend(silence(snapshot, focus));
    let finding = blamed(snapshot);
    // A finding that names its servers says more than their number.
    parts.extend(match finding {
        Some(finding) if !finding.is_unknown() => servers(snapshot),
        _ => blame(snapshot, focus),
    });
    parts.extend(clients(snapshot));
    parts.push(match finding {
        Some(finding) if !finding.is_unknown() => cause(finding),
        _ => part(4, not_known(snapshot, finding)),
    });
    parts
}

/// `REFUSED 20.0 % of responses`, `No response to 34.0 % of queries`
fn claim(snapshot: &Snapshot, share: &str) -> String {
    let whole = snapshot.focus.whole();
    match snapshot.focus {
        Focus::Rcode(rcode) => format!("{rcode} {share} of {whole}"),
        Focus::NoResponse => format!("No response to {share} of {whole}"),
        Focus::Slow => format!("Slower than {}: {share} of {whole}", after(snapshot)),
    }
}

/// What something is said of, before what that is.
fn subject(snapshot: &Snapshot) -> String {
    match snapshot.focus {
        Focus::Rcode(rcode) => rcode.to_string(),
        Focus::NoResponse => "No response:".to_owned(),
        Focus::Slow => format!("Slower than {}:", after(snapshot)),
    }
}

/// How much of the focus there is, and since when: now and before where there is a clear step.
fn course(snapshot: &Snapshot, focus: u64, whole: u64) -> Vec<Part> {
    let all = text::share(share(focus, whole));
    let counts = part(7, format!(" ({} of {})", text::count(focus), text::count(whole)));
    let in_all = part(5, format!(" ({all} in all)"));
    let clock = |at| moment(snapshot, at);
    let plain = part(0, claim(snapshot, &all));
    match snapshot.course() {
        Course::Risen { since, before, now } => {
            let (now, before) = (text::share(now), text::share(before));
            let since = clock(since);
            let told = format!("{}, up from {before} since {since}", claim(snapshot, &now));
            vec![part(0, told), in_all]
        }
        Course::Over { from, then, until, after } => {
            let (then, after, until) = (text::share(then), text::share(after), clock(until));
            let from = from.map_or_else(String::new, |from| format!(" from {}", clock(from)));
            let (subject, of) = (subject(snapshot), snapshot.focus.whole());
            let told = format!(
                "{subject} over since {until}, now {after} of {of}; {then}{from} until then"
            );
            vec![part(0, told), in_all]
        }
        Course::FromTheStart => {
            vec![plain, counts, part(0, since(snapshot, start_of_a_part(snapshot)))]
        }
        Course::Since(first) => vec![plain, counts, part(0, since(snapshot, Some(first)))],
        Course::Absent => vec![plain, counts],
    }
}

/// `, since 03:12:05`, or until when, if it was not seen any more for long.
fn since(snapshot: &Snapshot, first: Option<Timestamp>) -> String {
    let goes_on = || match first {
        Some(first) => format!(", since {}", moment(snapshot, first)),
        None => ", from the start".to_owned(),
    };
    until_it_ended(snapshot, first).unwrap_or_else(goes_on)
}

/// When what a filter selects begins, if that is well after the capture did: its start is another.
fn start_of_a_part(snapshot: &Snapshot) -> Option<Timestamp> {
    snapshot.selected.as_ref()?;
    let first = snapshot.servers.rows.iter().filter_map(|row| row.first).min()?;
    let waited = first.since(snapshot.source.first?);
    (waited > snapshot.source.duration() / 20).then_some(first)
}

/// `, 03:12:05 to 03:12:09` or `, until 03:12:09`, if it was not seen any more for long.
fn until_it_ended(snapshot: &Snapshot, first: Option<Timestamp>) -> Option<String> {
    let source = &snapshot.source;
    let last = snapshot.servers.rows.iter().filter_map(|row| row.last).max()?;
    let silent = snapshot.judged_until().map_or_else(Default::default, |end| end.since(last));
    let last = head::is_over(silent, source.duration()).then(|| moment(snapshot, last))?;
    let first = first.map(|first| moment(snapshot, first));
    Some(match first {
        Some(first) if first == last => format!(", at {last}"),
        Some(first) => format!(", {first} to {last}"),
        None => format!(", until {last}"),
    })
}

/// The time of day; with the date where the capture spans more than one.
fn moment(snapshot: &Snapshot, at: Timestamp) -> String {
    let day = |at: Timestamp| at.0 / 86_400_000_000_000;
    let source = &snapshot.source;
    if source.first.map(day) == source.last.map(day) { at.clock() } else { at.date_and_clock() }
}

/// Those queries that did not get nothing, but an error.
fn unreachable(snapshot: &Snapshot) -> Option<Part> {
    let errors = snapshot.outcomes.unreachable;
    let is_told = errors > 0 && snapshot.focus == Focus::NoResponse;
    is_told.then(|| part(6, format!("; {} by an ICMP error or a reset", text::count(errors))))
}

/// Another failure that is more frequent than the one under examination.
fn worse(snapshot: &Snapshot, focus: u64) -> Option<Part> {
    let whole = snapshot.in_focus().1;
    let row = worst(snapshot).filter(|row| row.share > share(focus, whole))?;
    let (of, part_of) = (of_responses(snapshot.focus), text::share(row.share));
    Some(part(3, format!("; {} is worse: {part_of}{of}", row.rcode)))
}

/// Silence beside the focus, where there is enough of it to matter.
fn silence(snapshot: &Snapshot, focus: u64) -> Option<Part> {
    let (unanswered, queries) = snapshot.counted(Focus::NoResponse);
    let silent = share(unanswered, queries);
    let is_worse = silent > share(focus, snapshot.in_focus().1);
    let rank = if is_worse { 1 } else { 6 };
    let is_told = silent >= 0.01 && snapshot.focus != Focus::NoResponse;
    is_told.then(|| part(rank, format!("; {}", no_response(snapshot))))
}

/// `; 2 of 3 servers`
fn servers(snapshot: &Snapshot) -> Option<Part> {
    let list = &snapshot.servers;
    let total = met(list);
    let seen = snapshot.servers_seen;
    let all_are_kept = list.error == 0 && seen >= total;
    match total {
        0 => None,
        _ if all_are_kept => {
            let (total, seen) = (text::count(total), text::plural(seen, "server"));
            Some(part(4, format!("; {total} of {seen}")))
        }
        _ => Some(part(4, format!("; {}", text::plural(total, "server")))),
    }
}

/// At which server most of it is met, where no finding says so.
fn blame(snapshot: &Snapshot, focus: u64) -> Option<Part> {
    let by = if snapshot.focus == Focus::NoResponse { "to" } else { "by" };
    let servers = &snapshot.servers;
    let top: &Row<_> = servers.rows.first()?;
    let of_all = share(top.focus, focus);
    let is_first_alone = servers.rows.get(1).is_none_or(|second| second.focus < top.focus);
    let told = match met(servers) {
        1 => format!("; all {by} {}", top.key),
        total if of_all > 0.5 => {
            let [of_all, total] = [text::share(of_all), text::count(total)];
            format!("; mostly {by} {} ({of_all}), one of {total} servers", top.key)
        }
        total if !is_first_alone => format!("; {by} {} servers", text::count(total)),
        total => format!(
            "; {by} {} servers, most {by} {} ({})",
            text::count(total),
            top.key,
            text::share(of_all)
        ),
    };
    Some(part(1, told))
}

/// `; 54 clients, 44.5 % of the lookups that met it failed`
fn clients(snapshot: &Snapshot) -> Vec<Part> {
    let clients = &snapshot.clients;
    let reach = match (met(clients), clients.rows.first()) {
        (0, _) => None,
        (1, Some(row)) => Some(format!("; 1 client ({})", row.key)),
        (total, _) => Some(format!("; {}", text::plural(total, "client"))),
    };
    let mut parts: Vec<Part> = reach.into_iter().map(|reach| part(1, reach)).collect();
    let separator = if parts.is_empty() { ";" } else { "," };
    parts.extend(harm(snapshot).map(|harm| part(3, format!("{separator} {harm}"))));
    parts
}

fn harm(snapshot: &Snapshot) -> Option<String> {
    let impact = snapshot.impact;
    let all = impact.lookups_refused;
    // Where they are told from facts, what a client asks again after a while counts once.
    let (all_of, some_of) = if impact.are_pairs {
        ("all their questions", "their questions")
    } else {
        ("all lookups", "the lookups")
    };
    (all > 0).then(|| match impact.failed {
        0 => format!("{all_of} that met it recovered"),
        failed if failed == all => format!("{all_of} that met it failed"),
        failed => {
            let part = text::share(share(failed, all));
            format!("{part} of {some_of} that met it failed")
        }
    })
}

/// The finding to tell of: the first fault that shows as the focus, or else what is no fault. Of a
/// code, also a fault that shows otherwise may be behind it; of slow responses, none tells.
fn blamed(snapshot: &Snapshot) -> Option<&Finding> {
    let findings = &snapshot.findings;
    let is_focus = |finding: &&Finding| finding.outcome.is_in(snapshot.focus);
    let is_fault = |finding: &&Finding| finding.fault;
    let is_code = snapshot.focus.rcode().is_some();
    let first = findings.iter().find(|finding| is_focus(finding) && is_fault(finding));
    let other = findings.iter().filter(|_| is_code).find(is_fault);
    first.or(other).or(findings.iter().find(is_focus))
}

/// `: recursion is denied to 10.8.0.0/16 by 192.0.2.53 (likely)`
fn cause(finding: &Finding) -> Part {
    let told = &finding.brief;
    let as_intended = if finding.fault { "" } else { ", as intended" };
    part(
        0,
        match finding.confidence {
            Confidence::Possible => format!(": perhaps {told}{as_intended}"),
            sure => format!(": {told} ({sure}{as_intended})"),
        },
    )
}

fn not_known(snapshot: &Snapshot, finding: Option<&Finding>) -> &'static str {
    match (snapshot.focus, finding) {
        // Which server and when is all that is told.
        (Focus::Slow, _) => "",
        (_, Some(finding)) if !finding.fault => ": only queries were captured, or nobody answers",
        _ if snapshot.source.ended.is_some() => ": the cause is not determined",
        _ => ": the cause is not known yet",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ledger::Ledger;
    use crate::snapshot::{
        FindingOutcome, Impact, Outcomes, Rcode, Row, Selected, Slow, Step, Timeline, blank,
        fixtures,
    };

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
        let mut snapshot =
            Snapshot { focus: Focus::default(), ledger, rcodes, ..Snapshot::default() };
        snapshot.source.ended = Some(Ended::EndOfFile);
        snapshot
    }

    /// A refused fifth, found to be denied recursion.
    fn explained(confidence: Confidence, fault: bool) -> Snapshot {
        let mut snapshot = with(&[(Rcode::NOERROR, 80), (Rcode::REFUSED, 20)]);
        let brief = "recursion is denied to 10.8.0.0/16 by 192.0.2.53".to_owned();
        snapshot.findings = vec![Finding { confidence, fault, brief, ..fixtures::finding() }];
        snapshot
    }

    #[track_caller]
    fn check(snapshot: &Snapshot, expected: &str) {
        assert_eq!(joined(&parts(snapshot, Some("f"))), expected);
    }

    const UNKNOWN: &str = ": the cause is not determined";

    #[test]
    fn an_empty_capture_is_told_from_one_without_dns_and_one_without_responses() {
        let mut snapshot = Snapshot::default();
        check(&snapshot, "Waiting for the first packets.");
        snapshot.source.ended = Some(Ended::EndOfFile);
        check(&snapshot, "The capture holds no packets.");
        snapshot.ledger.frames = 1;
        check(&snapshot, "No DNS among 1 packet.");
        snapshot.ledger.dns_messages = 1;
        snapshot.ledger.queries = 1;
        let said = "1 query and no response among 1 packet: who fails, and how, cannot be said.";
        check(&snapshot, said);
        let filter = "unreachable".to_owned();
        snapshot.selected = Some(Selected { filter, queries: 7, responses: 0, since: None });
        check(&snapshot, "7 queries selected, and no response to any of them.");
    }

    #[test]
    fn what_happened_at_one_moment_is_not_told_as_a_span() {
        let mut snapshot = with(&[(Rcode::REFUSED, 3)]);
        let at = |seconds: u64| Some(Timestamp::new(1_795_230_720 + seconds, 0));
        (snapshot.source.first, snapshot.source.last) = (at(0), at(100));
        for (last, told) in [(4, ", at 03:12:04"), (9, ", 03:12:04 to 03:12:09")] {
            snapshot.servers.rows = vec![Row { first: at(4), last: at(last), ..met(53, 3) }];
            assert_eq!(since(&snapshot, at(4)), told);
        }
    }

    /// A server that met it so often.
    fn met(last: u8, focus: u64) -> Row<std::net::IpAddr> {
        Row { focus, ..blank([192, 0, 2, last].into()) }
    }

    #[test]
    fn the_server_that_met_most_of_it_is_named_if_it_is_one() {
        let mut snapshot = Snapshot::default();
        for (focus, told) in [
            (&[6, 2, 2][..], "; mostly by 192.0.2.0 (60.0 %), one of 3 servers"),
            (&[4, 3, 3], "; by 3 servers, most by 192.0.2.0 (40.0 %)"),
            (&[4, 4, 2], "; by 3 servers"),
            (&[3], "; all by 192.0.2.0"),
        ] {
            let rows = (0..).zip(focus).map(|(last, focus)| met(last, *focus));
            snapshot.servers.rows = rows.collect();
            let Part { text, .. } = blame(&snapshot, focus.iter().sum()).expect("there is one");
            assert_eq!(text, told);
        }
    }

    #[test]
    fn what_is_selected_begins_when_it_began_and_not_with_the_capture() {
        let mut snapshot = with(&[(Rcode::REFUSED, 3)]);
        let at = |seconds: u64| Some(Timestamp::new(1_795_230_720 + seconds, 0));
        (snapshot.source.first, snapshot.source.last) = (at(0), at(100));
        snapshot.servers.rows = vec![Row { first: at(70), last: at(99), ..met(53, 3) }];
        assert_eq!(since(&snapshot, start_of_a_part(&snapshot)), ", from the start");
        snapshot.selected = Some(Selected::default());
        assert_eq!(since(&snapshot, start_of_a_part(&snapshot)), ", since 03:13:10");
        snapshot.servers.rows[0].first = at(4);
        assert_eq!(since(&snapshot, start_of_a_part(&snapshot)), ", from the start");
    }

    #[test]
    fn a_worse_failure_is_not_hidden_behind_the_focus() {
        let worse = [(Rcode::SERVFAIL, 75), (Rcode::REFUSED, 25)];
        let said = "REFUSED 25.0 % of responses (25 of 100); SERVFAIL is worse: 75.0 %";
        check(&with(&worse), &format!("{said}{UNKNOWN}"));
        let lesser = [(Rcode::NXDOMAIN, 70), (Rcode::SERVFAIL, 5), (Rcode::REFUSED, 25)];
        check(&with(&lesser), &format!("REFUSED 25.0 % of responses (25 of 100){UNKNOWN}"));
    }

    #[test]
    fn silence_is_said_beside_the_focus_when_it_matters() {
        let mut snapshot = with(&[(Rcode::REFUSED, 100)]);
        (snapshot.outcomes.answered, snapshot.outcomes.unanswered) = (991, 9);
        check(&snapshot, &format!("REFUSED 100 % of responses (100 of 100){UNKNOWN}"));
        (snapshot.outcomes.answered, snapshot.outcomes.unanswered) = (990, 10);
        let said = "REFUSED 100 % of responses (100 of 100); \
                    10 of 1,000 queries got no response (1.0 %)";
        check(&snapshot, &format!("{said}{UNKNOWN}"));
    }

    #[test]
    fn lookups_that_all_recovered_are_no_failure() {
        let mut snapshot = with(&[(Rcode::REFUSED, 1)]);
        snapshot.impact = Impact { lookups_refused: 3, recovered: 3, ..Impact::default() };
        let said = "REFUSED 100 % of responses (1 of 1); all lookups that met it recovered";
        check(&snapshot, &format!("{said}{UNKNOWN}"));
    }

    #[test]
    fn the_cause_is_told_with_how_sure_it_is() {
        let check = |confidence, fault, said: &str| {
            let told = sentence(&explained(confidence, fault));
            assert_eq!(told, format!("REFUSED 20.0 % of responses (20 of 100): {said}"));
        };
        let denied = "recursion is denied to 10.8.0.0/16 by 192.0.2.53";
        check(Confidence::Certain, true, &format!("{denied} (certain)"));
        check(Confidence::Likely, true, &format!("{denied} (likely)"));
        check(Confidence::Likely, false, &format!("{denied} (likely, as intended)"));
        check(Confidence::Possible, true, &format!("perhaps {denied}"));
    }

    #[test]
    fn a_fault_that_shows_as_the_focus_code_comes_before_others() {
        let mut snapshot = explained(Confidence::Likely, true);
        let outcome = FindingOutcome::Unanswered;
        let other = Finding { outcome, brief: "nothing listens".into(), ..fixtures::finding() };
        snapshot.findings.insert(0, other);
        assert!(sentence(&snapshot).contains("recursion is denied"));
        snapshot.findings.pop();
        assert!(sentence(&snapshot).ends_with(": nothing listens (likely)"));
    }

    #[test]
    fn before_and_after_are_told_of_a_step() {
        let mut snapshot = explained(Confidence::Likely, true);
        let step =
            |nth: u64| Step { whole: 10, focus: if nth < 10 { 0 } else { 4 }, ..Step::default() };
        let steps: Vec<Step> = (0..20).map(step).collect();
        let (start, width) = (Timestamp::new(1_795_230_720, 0), Duration::from_secs(1));
        snapshot.timeline = Timeline { start, step: width, steps };
        let said = sentence(&snapshot);
        let begin = "REFUSED 40.0 % of responses, up from 0 % since 03:12:10 (20.0 % in all)";
        assert!(said.starts_with(begin), "{said}");
        snapshot.timeline.steps.reverse();
        let said = sentence(&snapshot);
        let begin = "REFUSED over since 03:12:10, now 0 % of responses; 40.0 % until then (";
        assert!(said.starts_with(begin), "{said}");
    }

    /// A fifth of the queries without response, of slow ones a tenth.
    fn silent(focus: Focus) -> Snapshot {
        let (answered, unanswered) = (80, 20);
        let outcomes = Outcomes { answered, unanswered, ..Outcomes::default() };
        let slow = Slow { after: Duration::from_millis(200), responses: 8 };
        Snapshot { focus, slow, outcomes, ..with(&[(Rcode::NOERROR, 78), (Rcode::REFUSED, 2)]) }
    }

    #[test]
    fn silence_is_a_share_of_queries_and_its_cause_is_one_of_silence() {
        let mut snapshot = silent(Focus::NoResponse);
        let said = "No response to 20.0 % of queries (20 of 100)";
        check(&snapshot, &format!("{said}{UNKNOWN}"));
        snapshot.findings = vec![Finding { brief: "denied".into(), ..fixtures::finding() }];
        check(&snapshot, &format!("{said}{UNKNOWN}"));
        let outcome = FindingOutcome::Unreachable;
        let other = Finding { outcome, brief: "nobody listens".into(), ..fixtures::finding() };
        snapshot.findings.push(other);
        check(&snapshot, &format!("{said}: nobody listens (likely)"));
        snapshot.outcomes.unreachable = 20;
        let errors = "; 20 by an ICMP error or a reset";
        check(&snapshot, &format!("{said}{errors}: nobody listens (likely)"));
    }

    #[test]
    fn slowness_is_a_share_of_answered_queries_and_no_cause_is_made_up() {
        let mut snapshot = silent(Focus::Slow);
        let said = "Slower than 200 ms: 10.0 % of answered queries (8 of 80); \
                    20 of 100 queries got no response (20.0 %)";
        check(&snapshot, said);
        snapshot.findings = vec![fixtures::finding()];
        check(&snapshot, said);
        snapshot.slow.responses = 0;
        snapshot.findings.clear();
        let said = "None of 80 answered queries took longer than 200 ms, but REFUSED 2.5 % of \
                    responses (f looks at others); 20 of 100 queries got no response (20.0 %).";
        check(&snapshot, said);
    }

    #[test]
    fn what_cannot_be_in_focus_is_not_said_to_be_quiet() {
        let mut snapshot = silent(Focus::NoResponse);
        snapshot.outcomes = Outcomes::default();
        let said = "Only responses were captured: which queries get none cannot be said.";
        check(&snapshot, said);
        snapshot.ledger.queries = 7;
        let said = "7 queries that may still be answered: it is too early to say which get no \
                    response.";
        check(&snapshot, said);
        (snapshot.focus, snapshot.slow.responses) = (Focus::Slow, 0);
        let said = "No response was captured with its query: how long it took cannot be said.";
        check(&snapshot, said);
    }

    #[test]
    fn what_matters_less_leaves_first_and_the_cause_stays() {
        let mut snapshot = explained(Confidence::Likely, true);
        snapshot.impact = Impact { lookups_refused: 9, failed: 9, ..Impact::default() };
        let told = |width, most| lines(&Model::default(), &snapshot, width, most).join(" ");
        assert!(told(200, 1).contains("(20 of 100); all lookups"));
        assert!(!told(125, 1).contains("(20 of 100)"));
        let short = "REFUSED 20.0 % of responses: recursion is denied to 10.8.0.0/16 by \
                     192.0.2.53 (likely)";
        assert_eq!(told(50, 2), short);
        assert!(told(20, 1).ends_with('…'));
    }
}
