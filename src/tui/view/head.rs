//! The lines that are always there: which capture, how it goes, how far it can be trusted.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Piece, capture, pieces_width, replay, write_pieces};
use crate::snapshot::{Ended, Snapshot, SourceKind, share};
use crate::tui::model::Model;
use crate::tui::text;
use crate::tui::theme::Meaning;

/// From this many rows on every warning has a line of its own; below, they share one.
const TALL: u16 = 30;
/// Warnings that a tall screen lists before it refers to the capture view.
const MOST_WARNINGS: usize = 3;
/// Below this many rows a warning replaces the counters.
const SHORT: u16 = 16;

/// Rows the head needs on a screen of this size.
pub(super) fn height(model: &Model, snapshot: &Snapshot, screen: Rect) -> u16 {
    if screen.height < SHORT {
        return 2;
    }
    2 + text::cells(
        warning_lines(model, snapshot, screen.width, most_warnings(screen.height)).len(),
    )
}

/// Rows that warnings may take.
fn most_warnings(height: u16) -> usize {
    if height >= TALL { MOST_WARNINGS } else { 1 }
}

pub(super) fn draw(model: &Model, snapshot: &Snapshot, area: Rect, buffer: &mut Buffer) {
    let mut rows = area.rows();
    if let Some(row) = rows.next() {
        draw_source(model, snapshot, row, buffer);
    }
    let crowded = area.height == 2 && !warnings(snapshot).is_empty();
    if let (Some(row), false) = (rows.next(), crowded) {
        draw_health(model, snapshot, row, buffer);
    }
    let lines = if crowded {
        only_warning(model, snapshot, area.width).into_iter().collect()
    } else {
        warning_lines(model, snapshot, area.width, most_warnings(model.size.1))
    };
    for (line, row) in lines.into_iter().zip(area.rows().skip(if crowded { 1 } else { 2 })) {
        write_pieces(&[(line, Meaning::Warning)], row, buffer);
    }
}

/// `file outage.pcapng  complete          2026-11-21 03:12:00 to 03:12:24 UTC (24.0 s)`
fn draw_source(model: &Model, snapshot: &Snapshot, row: Rect, buffer: &mut Buffer) {
    let state = state(model, snapshot, row.width);
    let kind = match snapshot.source.kind {
        SourceKind::File => "file ",
        SourceKind::Live => "live ",
    };
    let fixed = text::cells(text::width(kind)) + 2 + pieces_width(&state);
    let name_width = text::cells(text::width(&snapshot.source.name));
    let room = row.width.saturating_sub(fixed + name_width.min(20) + 2);
    let span: Vec<Piece> = spans(snapshot)
        .into_iter()
        .find(|span| text::width(span) <= room.into())
        .map(|span| (span, Meaning::Plain))
        .into_iter()
        .collect();
    let right = if span.is_empty() { 0 } else { pieces_width(&span) + 2 };
    let room = row.width.saturating_sub(fixed + right);
    let name = text::clip_middle(&snapshot.source.name, room.into());
    let mut pieces: Vec<Piece> = vec![
        (kind.to_owned(), Meaning::Plain),
        (name, Meaning::Strong),
        ("  ".to_owned(), Meaning::Plain),
    ];
    pieces.extend(state);
    write_pieces(&pieces, row, buffer);
    if !span.is_empty() {
        write_right(&span, row, buffer);
    }
}

fn write_right(pieces: &[Piece], row: Rect, buffer: &mut Buffer) {
    let width = pieces_width(pieces).min(row.width);
    write_pieces(pieces, Rect { x: row.right() - width, width, ..row }, buffer);
}

/// What the capture is doing; what the screen is doing if that differs.
fn state(model: &Model, snapshot: &Snapshot, width: u16) -> Vec<Piece> {
    let meaning = match &snapshot.source.ended {
        Some(Ended::EndOfFile | Ended::Stopped) => Meaning::Plain,
        Some(Ended::Damaged(_) | Ended::Failed(_)) => Meaning::Warning,
        None if snapshot.source.idle.is_some() => Meaning::Warning,
        None => Meaning::Answer,
    };
    let is_reading = snapshot.source.ended.is_none() && snapshot.source.kind == SourceKind::File;
    let text = match &snapshot.source.replay {
        Some(replay) if is_reading => {
            let wordings = replay::told(model, snapshot, replay);
            let room = usize::from(width).saturating_sub(AROUND + width_of_freeze(model));
            let last = wordings.last().cloned().unwrap_or_default();
            wordings.into_iter().find(|words| text::width(words) <= room).unwrap_or(last)
        }
        _ if is_reading => reading(model, snapshot),
        _ => ending(snapshot).to_owned(),
    };
    let mut pieces = vec![(text, meaning)];
    if model.frozen {
        pieces.extend([("  ".to_owned(), Meaning::Plain), (frozen(model), Meaning::Selected)]);
    }
    pieces
}

/// Columns of the source's kind, the least that is left of its name, and the gap behind it.
const AROUND: usize = 5 + 8 + 2;

fn width_of_freeze(model: &Model) -> usize {
    if model.frozen { 2 + text::width(&frozen(model)) } else { 0 }
}

/// How the capture ended, in a word.
pub(in crate::tui) fn ending(snapshot: &Snapshot) -> &'static str {
    match (&snapshot.source.ended, snapshot.source.kind) {
        (Some(Ended::EndOfFile), _) => "complete",
        (Some(Ended::Stopped), _) => "stopped",
        (Some(Ended::Damaged(_)), _) => "DAMAGED",
        (Some(Ended::Failed(_)), _) => "FAILED",
        (None, SourceKind::Live) if snapshot.source.idle.is_some() => "WAITING",
        (None, SourceKind::Live) => "capturing",
        (None, SourceKind::File) => "reading",
    }
}

fn frozen(model: &Model) -> String {
    let packets = text::count(model.newer.packets);
    let ended = if model.newer.ended { ", capture ended" } else { "" };
    format!(" frozen, {packets} newer{ended} ")
}

/// `reading 43 %, 12.3 MB/s, 3.0 s left`
fn reading(model: &Model, snapshot: &Snapshot) -> String {
    let mut said = vec!["reading".to_owned()];
    if let Some(progress) = snapshot.source.progress {
        said[0] = format!("reading {:.0} %", share(progress.done, progress.total) * 100.0);
    }
    if model.pace.bytes > 0.0 {
        said.push(format!("{}/s", text::bytes(model.pace.bytes)));
    }
    if let Some(left) = model.pace.left {
        said.push(format!("{} left", text::countdown(left)));
    }
    said.join(", ")
}

/// When the packets were captured, by their own clock, the fuller wording first.
pub(in crate::tui) fn spans(snapshot: &Snapshot) -> Vec<String> {
    let (Some(first), Some(last)) = (snapshot.source.first, snapshot.source.last) else {
        return vec!["no packets yet".to_owned()];
    };
    let [from, to] = [first.date_and_clock(), last.date_and_clock()];
    let same_day = from.get(..10) == to.get(..10);
    let to = if same_day { last.clock() } else { to };
    let full = format!("{from} to {to} UTC ({})", text::rounded(snapshot.source.duration()));
    vec![full, format!("{} to {} UTC", first.clock(), last.clock())]
}

fn draw_health(model: &Model, snapshot: &Snapshot, row: Rect, buffer: &mut Buffer) {
    let mut pieces: Vec<Piece> = Vec::new();
    let (always, others) = (always(model, snapshot), others(snapshot));
    let first = always.len();
    for piece in that_fit([always, others].concat(), first, row.width) {
        let separator = if pieces.is_empty() { "" } else { SEPARATOR };
        pieces.extend([(separator.to_owned(), Meaning::Plain), piece]);
    }
    write_pieces(&pieces, row, buffer);
}

/// Between two counters.
const SEPARATOR: &str = ", ";

/// Those that there is room for, in their order. The first ones have their places before the
/// others, and of these what warns before what is as it should be.
fn that_fit(items: Vec<Piece>, first: usize, width: u16) -> Vec<Piece> {
    let mut room = usize::from(width) + SEPARATOR.len();
    let mut fits = vec![false; items.len()];
    let rank = |nth: usize, meaning: Meaning| match meaning {
        _ if nth < first => 0,
        Meaning::Warning => 1,
        _ => 2,
    };
    for turn in 0..=2 {
        for (nth, (text, meaning)) in items.iter().enumerate() {
            let needed = text::width(text) + SEPARATOR.len();
            if rank(nth, *meaning) == turn && needed <= room {
                room -= needed;
                fits[nth] = true;
            }
        }
    }
    items.into_iter().zip(fits).filter(|(_, fits)| *fits).map(|(item, _)| item).collect()
}

/// How the capture goes.
fn always(model: &Model, snapshot: &Snapshot) -> Vec<Piece> {
    let ledger = &snapshot.ledger;
    let mut items = vec![(text::plural(ledger.frames, "packet"), Meaning::Plain)];
    let is_own_pace = snapshot.source.ended.is_none() && snapshot.source.replay.is_none();
    if is_own_pace && model.pace.packets > 0.0 {
        items.push((format!("{}/s", text::rate(model.pace.packets)), Meaning::Plain));
    }
    items.extend(drops(snapshot));
    items.extend(one_way(snapshot));
    items.push(counter(ledger.undecodable_total(), "undecodable"));
    items
}

/// The other counters of the capture, most important first.
fn others(snapshot: &Snapshot) -> Vec<Piece> {
    let ledger = &snapshot.ledger;
    let mut items =
        vec![(format!("{} DNS messages", text::count(ledger.dns_messages)), Meaning::Plain)];
    let rare = [
        (ledger.malformed, "malformed"),
        (ledger.cut, "cut short"),
        (ledger.skipped, "queries skipped"),
        (ledger.shed, "queries forgotten"),
        (ledger.shed_pieces, "fragments or segments forgotten"),
        (ledger.misfit_segments, "TCP resets or beginnings not believed"),
        (ledger.evicted, "table entries forgotten"),
    ];
    items.extend(
        rare.iter().filter(|(count, _)| *count > 0).map(|(count, what)| counter(*count, what)),
    );
    if ledger.not_dns > 0 {
        items.push((format!("{} not DNS", text::count(ledger.not_dns)), Meaning::Plain));
    }
    items
}

fn counter(count: u64, what: &str) -> Piece {
    let meaning = if count > 0 { Meaning::Warning } else { Meaning::Plain };
    (format!("{} {what}", text::count(count)), meaning)
}

/// Which direction alone was captured.
fn one_way(snapshot: &Snapshot) -> Option<Piece> {
    snapshot.quality.iter().find(|quality| quality.id == "one-way")?;
    let ledger = &snapshot.ledger;
    let only = if ledger.queries < ledger.responses { "responses" } else { "queries" };
    Some((format!("{only} only"), Meaning::Warning))
}

/// Packets lost on the way here. Files do not know; a live capture that does not know says so; who
/// is told what comes says by how many.
fn drops(snapshot: &Snapshot) -> Vec<Piece> {
    let ledger = &snapshot.ledger;
    if let Some(senders) = snapshot.source.senders {
        let is_alone = senders.connected == 0 && snapshot.source.ended.is_none();
        let meaning = if is_alone { Meaning::Warning } else { Meaning::Plain };
        return vec![(senders.to_string(), meaning)];
    }
    let losses = [(ledger.kernel_dropped, "kernel"), (ledger.interface_dropped, "interface")];
    let told = losses
        .iter()
        .filter_map(|(count, by)| count.map(|count| counter(count, &format!("{by} drops"))));
    let told: Vec<Piece> = told.collect();
    if told.is_empty() && snapshot.source.kind == SourceKind::Live {
        return vec![("drops unknown".to_owned(), Meaning::Warning)];
    }
    told
}

/// What lowers the worth of the numbers, the end of the capture first.
pub(in crate::tui) fn warnings(snapshot: &Snapshot) -> Vec<String> {
    end(snapshot)
        .into_iter()
        .chain(snapshot.quality.iter().map(|quality| quality.text.clone()))
        .collect()
}

/// Why and since when nothing comes any more, and what is kept.
fn end(snapshot: &Snapshot) -> Option<String> {
    let (what, why) = failure(snapshot)?;
    let kept = text::plural(snapshot.ledger.frames, "packet");
    Some(match snapshot.source.last {
        Some(last) => format!("{what} after {}, {kept} kept: {why}", last.clock()),
        None => format!("{what}: {why}"),
    })
}

/// What became of the source, in a word, and why; the source stands above.
fn failure(snapshot: &Snapshot) -> Option<(&'static str, &str)> {
    let (what, why) = match &snapshot.source.ended {
        Some(Ended::Damaged(why)) => ("damaged", why),
        Some(Ended::Failed(why)) => ("failed", why),
        Some(Ended::EndOfFile | Ended::Stopped) | None => return None,
    };
    let named = format!("{}: ", snapshot.source.name);
    Some((what, why.strip_prefix(&named).unwrap_or(why)))
}

/// The most important warning in the one row there is: the reason matters more than the time.
fn only_warning(model: &Model, snapshot: &Snapshot, width: u16) -> Option<String> {
    let first = match failure(snapshot) {
        Some((what, why)) => format!("{what}: {why}"),
        None => return warning_lines(model, snapshot, width, 1).into_iter().next(),
    };
    Some(text::clip(&format!("! {first}"), width.into()))
}

/// The warnings in so many rows. The end of the capture gets a row more if it needs it; where
/// there is more than fits, the last row says so.
fn warning_lines(model: &Model, snapshot: &Snapshot, width: u16, most: usize) -> Vec<String> {
    let warnings = warnings(snapshot);
    let rows = |nth: usize| if nth == 0 && end(snapshot).is_some() { 2 } else { 1 };
    let hidden = warnings.len().saturating_sub(most);
    let details = model.bindings.label(capture::key()).unwrap_or_default();
    let mut lines = Vec::new();
    for (nth, text) in warnings.iter().take(most).enumerate() {
        let more = if nth + 1 == most && hidden > 0 {
            format!(" (+{hidden}: {details})")
        } else {
            String::new()
        };
        let room = usize::from(width).saturating_sub(2 + text::width(&more));
        let wrapped = text::wrap(text, room, rows(nth));
        let last = wrapped.len().saturating_sub(1);
        lines.extend(wrapped.iter().enumerate().map(|(place, line)| {
            let mark = if place == 0 { "! " } else { "  " };
            let more = if place == last { more.as_str() } else { "" };
            format!("{mark}{line}{more}")
        }));
    }
    lines
}

/// Long enough ago that what happened then is over.
pub(super) fn is_over(since_last: Duration, span: Duration) -> bool {
    since_last > Duration::from_secs(5) && since_last > span / 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_says_what_becomes_of_a_capture() {
        let check = |kind, ended, idle: Option<&str>, expected| {
            let mut snapshot = Snapshot::default();
            (snapshot.source.kind, snapshot.source.ended) = (kind, ended);
            snapshot.source.idle = idle.map(str::to_owned);
            assert_eq!(ending(&snapshot), expected);
        };
        let failed = || Some(Ended::Failed("eth0 failed".into()));
        check(SourceKind::Live, None, None, "capturing");
        check(SourceKind::Live, None, Some("eth0 disappeared"), "WAITING");
        check(SourceKind::Live, failed(), Some("eth0 disappeared"), "FAILED");
        check(SourceKind::Live, Some(Ended::Stopped), None, "stopped");
        check(SourceKind::File, None, None, "reading");
        check(SourceKind::File, Some(Ended::EndOfFile), None, "complete");
    }

    #[test]
    fn what_warns_has_its_place_first_and_the_order_stays() {
        let item = |text: &str, warns: bool| {
            (text.to_owned(), if warns { Meaning::Warning } else { Meaning::Plain })
        };
        let items =
            vec![item("packets", false), item("7 messages", false), item("3 malformed", true)];
        let fitting = |width| {
            let fitting = that_fit(items.clone(), 1, width);
            fitting.into_iter().map(|(text, _)| text).collect::<Vec<_>>().join(SEPARATOR)
        };
        assert_eq!(fitting(80), "packets, 7 messages, 3 malformed");
        assert_eq!(fitting(32), "packets, 7 messages, 3 malformed");
        assert_eq!(fitting(31), "packets, 3 malformed");
        assert_eq!(fitting(19), "packets, 7 messages");
        assert_eq!(fitting(3), "");
    }
}
