//! The only place that changes the model: no drawing, no I/O, no clock.

use super::clip;
use super::export::{FORMS, Form, Written};
use super::keys::Msg;
use super::model::{Model, NamesBy, Newer, Overlay, choices};
use super::selection::Span;
use super::sheet::{self, NO_COLUMN, Sort};
use super::sheets::SheetId;
use super::text;
use super::value::Value;
use super::view::{self, Hit, VIEWS};
use crate::feed::{Command, Play};
use crate::iana::Rcode;
use crate::snapshot::{Focus, Snapshot};

mod ladder;
mod select;

/// What the loop has to do beyond changing the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Leave.
    Quit,
    /// Draw every cell anew.
    Redraw,
    /// Stop until the shell says to go on.
    Suspend,
    /// Ask this of the capture thread.
    Ask(Command),
    /// Put this into the clipboard.
    Copy(String),
}

/// Takes in what happened while `snapshot` was on the screen.
pub fn update(model: &mut Model, msg: Msg, snapshot: &Snapshot) -> Option<Effect> {
    match msg {
        Msg::Quit => return Some(Effect::Quit),
        Msg::Redraw => return Some(Effect::Redraw),
        Msg::Suspend => return Some(Effect::Suspend),
        Msg::Resize(columns, rows) => model.size = (columns, rows),
        Msg::Line(edit) => return select::edit(model, edit, snapshot),
        Msg::Arrived(pace, newer) => arrive(model, pace, newer, snapshot),
        Msg::Drag(column, _) => select::drag(model, column, snapshot),
        Msg::Release(column, _) => return select::release(model, column, snapshot),
        _ => {
            model.notice = None;
            model.drag = None;
            return match model.overlay {
                None => act(model, msg, snapshot),
                Some(overlay) => answer(model, overlay, msg, snapshot),
            };
        }
    }
    None
}

/// Takes in what came of a report.
pub fn hear(model: &mut Model, written: Written) {
    match written {
        Ok(path) => model.notice = Some(format!("report written: {path}")),
        Err(refusal) => {
            model.notice = None;
            model.refusal = Some(refusal);
            model.overlay = Some(Overlay::NotWritten);
        }
    }
}

fn arrive(model: &mut Model, pace: super::model::Pace, newer: Newer, snapshot: &Snapshot) {
    model.pace = pace;
    model.newer = newer;
    // A part tells of the times of the whole, too; while it is read again, of fewer.
    model.whole = match (model.whole, Span::of(snapshot)) {
        (Some(before), Some(now)) if snapshot.selected.is_some() => {
            Some(Span { from: before.from.min(now.from), to: before.to.max(now.to), ..now })
        }
        (before, now) => now.or(before),
    };
    if model.asked_focus == Some(snapshot.focus) {
        model.asked_focus = None;
    }
}

/// A message while nothing covers the view.
fn act(model: &mut Model, msg: Msg, snapshot: &Snapshot) -> Option<Effect> {
    if ladder::takes(model, msg, snapshot) {
        return None;
    }
    match msg {
        Msg::Back => return back(model),
        Msg::Enter => return select::enter(model, snapshot),
        Msg::Filter => select::type_filter(model),
        Msg::Packets => model.export = Some(Form::Packets),
        Msg::Span(zoom) => return select::zoom(model, zoom, snapshot),
        Msg::Move(by) => step(model, isize::from(by), snapshot),
        Msg::Page(by) => step(model, isize::from(by) * page(model, snapshot), snapshot),
        Msg::Top => step(model, isize::MIN, snapshot),
        Msg::Bottom => step(model, isize::MAX, snapshot),
        Msg::Table(by) => turn_table(model, isize::from(by)),
        Msg::Turn(by) => show(model, wrapped(model.view, isize::from(by), VIEWS.len())),
        Msg::Show(view) => show(model, view),
        Msg::Sort => sort_by_next(model, snapshot),
        Msg::Reverse => reverse(model),
        Msg::Focus => return focus_next(model, snapshot),
        Msg::ChooseFocus => model.overlay = Some(Overlay::Focus(focus_place(snapshot))),
        Msg::Freeze => freeze(model),
        Msg::Zoom => model.zoomed = !model.zoomed,
        Msg::Labels(depth) => return names_by(model, NamesBy::Labels(depth)),
        Msg::FullNames => return toggle_names(model, NamesBy::Question, NamesBy::Domain),
        Msg::Domains => return toggle_names(model, NamesBy::Domain, NamesBy::Question),
        Msg::Names => toggle_address_names(model),
        Msg::HostsBy => return hosts_by_next(model, snapshot),
        Msg::Reset => ask_reset(model, snapshot),
        Msg::Export => model.overlay = Some(Overlay::Export(0)),
        Msg::Copy => return copy(model, snapshot),
        Msg::Help => model.overlay = Some(Overlay::Help(0)),
        Msg::Play(play) => return ask_to_play(model, play, snapshot),
        Msg::Click(column, row) => click(model, column, row, snapshot),
        Msg::Wheel(column, row, by) => wheel(model, (column, row), by, snapshot),
        // Dealt with above, whatever lies over the view.
        Msg::Quit
        | Msg::Redraw
        | Msg::Suspend
        | Msg::Resize(..)
        | Msg::Arrived(..)
        | Msg::Drag(..)
        | Msg::Release(..)
        | Msg::Line(_) => {}
    }
    None
}

/// A message while `overlay` covers the view.
fn answer(model: &mut Model, overlay: Overlay, msg: Msg, snapshot: &Snapshot) -> Option<Effect> {
    match overlay {
        Overlay::Help(line) => scroll_help(model, line, msg, snapshot),
        Overlay::Focus(place) => return choose_focus(model, place, msg, snapshot),
        Overlay::Export(place) => choose_form(model, place, msg),
        Overlay::NotWritten => model.overlay = None,
        Overlay::Reset => {
            model.overlay = None;
            if matches!(msg, Msg::Enter | Msg::Reset) {
                model.notice = Some("counting anew".to_owned());
                return Some(Effect::Ask(Command::Reset));
            }
            model.notice = Some("counters kept".to_owned());
        }
    }
    None
}

fn scroll_help(model: &mut Model, line: usize, msg: Msg, snapshot: &Snapshot) {
    let last = view::help_last(model, snapshot);
    model.overlay = scrolled(line, msg, last).map(Overlay::Help);
}

/// Where a list of `last + 1` lines stands after `msg`; `None` if the message closes it.
fn scrolled(line: usize, msg: Msg, last: usize) -> Option<usize> {
    let by = match msg {
        Msg::Move(by) | Msg::Wheel(_, _, by) => isize::from(by),
        Msg::Page(by) => isize::from(by) * 10,
        Msg::Top => isize::MIN,
        Msg::Bottom => isize::MAX,
        _ => return None,
    };
    Some(line.saturating_add_signed(by).min(last))
}

fn choose_focus(model: &mut Model, place: usize, msg: Msg, snapshot: &Snapshot) -> Option<Effect> {
    let choices = choices(snapshot);
    model.overlay = scrolled(place, msg, choices.len().saturating_sub(1)).map(Overlay::Focus);
    match (msg, choices.get(place)) {
        (Msg::Enter, Some(focus)) => Some(focus_on(model, *focus)),
        _ => None,
    }
}

/// The report is written once a snapshot has all that belongs into it.
fn choose_form(model: &mut Model, place: usize, msg: Msg) {
    model.overlay = scrolled(place, msg, FORMS.len() - 1).map(Overlay::Export);
    if let (Msg::Enter | Msg::Export, Some((form, ..))) = (msg, FORMS.get(place)) {
        model.export = Some(*form);
        model.notice = Some("writing the report".to_owned());
    }
}

/// The key of the selected row; of a finding what it says, and the command that verifies it.
fn copy(model: &mut Model, snapshot: &Snapshot) -> Option<Effect> {
    let id = model.active();
    let (rows, place) = model.ordered(id, snapshot);
    let row = rows.get(place).filter(|_| !(model.shown().sheets)(model).is_empty());
    let Some(row) = row else {
        model.notice = Some("no row is selected here: nothing to copy".to_owned());
        return None;
    };
    let text = match (id, snapshot.findings.get(*row)) {
        (SheetId::Findings, Some(finding)) if finding.verify.is_empty() => finding.headline.clone(),
        (SheetId::Findings, Some(finding)) => {
            format!("{}; to verify: {}", finding.headline, finding.verify)
        }
        _ => sheet::identity(id.sheet(), *row, snapshot),
    };
    let text = clip::printable(&text);
    model.notice = Some(copied(model, &text));
    Some(Effect::Copy(text))
}

/// What was copied, so cut that what must allow it can be read as well.
fn copied(model: &Model, text: &str) -> String {
    const LEAST: usize = 20;
    let gate = format!(" ({})", model.between.gate());
    let room = usize::from(model.size.0).saturating_sub("copied ".len() + gate.len());
    format!("copied {}{gate}", text::clip(text, room.max(LEAST)))
}

/// Where the present focus stands among the choices.
fn focus_place(snapshot: &Snapshot) -> usize {
    choices(snapshot).iter().position(|focus| *focus == snapshot.focus).unwrap_or(0)
}

/// The next code seen in the order of their numbers, leaving out NOERROR, for which nobody is paged;
/// after the codes no response, and what was slow.
fn focus_next(model: &mut Model, snapshot: &Snapshot) -> Option<Effect> {
    let now = model.asked_focus.unwrap_or(snapshot.focus);
    let codes = snapshot.rcodes.iter().map(|row| Focus::Rcode(row.rcode));
    let all = codes.chain([Focus::NoResponse, Focus::Slow]);
    let seen = all.filter(|focus| *focus != Rcode::NOERROR && snapshot.counted(*focus).0 > 0);
    let (mut next, mut first) = (None, None);
    for focus in seen.filter(|focus| *focus != now) {
        first = first.or(Some(focus));
        next = next.or((focus > now).then_some(focus));
    }
    let Some(focus) = next.or(first) else {
        let choose = model.bindings.label(Msg::ChooseFocus);
        let any = choose.map_or_else(String::new, |key| format!("; {key} chooses any"));
        model.notice = Some(format!("nothing else to focus on was seen{any}"));
        return None;
    };
    Some(focus_on(model, focus))
}

fn focus_on(model: &mut Model, focus: Focus) -> Effect {
    model.asked_focus = Some(focus);
    let resume = model.bindings.label(Msg::Freeze).unwrap_or_default();
    let when =
        if model.frozen { format!(", shown once resumed ({resume})") } else { String::new() };
    model.notice = Some(format!("focus on {focus}{when}"));
    select::begin_at_the_top(model);
    Effect::Ask(Command::Focus(focus))
}

fn back(model: &mut Model) -> Option<Effect> {
    if model.zoomed {
        model.zoomed = false;
    } else if !model.selection.is_everything() {
        return select::leave(model);
    } else {
        model.view = 0;
    }
    None
}

fn show(model: &mut Model, view: usize) {
    model.view = view.min(VIEWS.len() - 1);
    model.zoomed = false;
}

fn wrapped(place: usize, by: isize, length: usize) -> usize {
    let length = isize::try_from(length.max(1)).unwrap_or(1);
    let place = isize::try_from(place).unwrap_or(0);
    usize::try_from((place + by).rem_euclid(length)).unwrap_or(0)
}

fn turn_table(model: &mut Model, by: isize) {
    let length = (model.shown().sheets)(model).len();
    let pane = model.panes.entry(model.view).or_default();
    *pane = wrapped(*pane, by, length);
}

fn freeze(model: &mut Model) {
    model.frozen = !model.frozen;
    model.newer = Newer::default();
}

fn ask_to_play(model: &mut Model, play: Play, snapshot: &Snapshot) -> Option<Effect> {
    let source = &snapshot.source;
    if source.replay.is_none() {
        model.notice = Some("nothing is played: that takes --replay, and a file".to_owned());
        return None;
    }
    if source.ended.is_some() {
        model.notice = Some("all has been played".to_owned());
        return None;
    }
    if model.frozen {
        let resume = model.bindings.label(Msg::Freeze).unwrap_or_default();
        model.notice = Some(format!("done; shown once the screen is resumed ({resume})"));
    }
    Some(Effect::Ask(Command::Play(play)))
}

fn ask_reset(model: &mut Model, snapshot: &Snapshot) {
    if snapshot.source.ended.is_some() {
        model.notice = Some("the capture has ended: a reset would leave nothing".to_owned());
    } else {
        model.overlay = Some(Overlay::Reset);
    }
}

/// They are in every snapshot, so that a frozen screen shows them at once.
fn toggle_address_names(model: &mut Model) {
    model.called = model.called.map(|shown| !shown);
    let said = match model.called {
        None => "started with -n: what addresses are called is not learnt",
        Some(true) => "addresses with names: hearsay, from answers in the capture",
        Some(false) => "addresses alone",
    };
    model.notice = Some(said.to_owned());
}

/// Each address, by network, by country. What was entered of these is left.
fn hosts_by_next(model: &mut Model, snapshot: &Snapshot) -> Option<Effect> {
    if snapshot.geography.is_none() {
        model.notice =
            Some("started without --geoip: nothing tells where addresses are".to_owned());
        return None;
    }
    let before = model.spec();
    model.selection.crumbs.retain(|crumb| crumb.within.is_none());
    model.hosts_by = model.hosts_by.next();
    model.notice = Some(model.hosts_by.told().to_owned());
    select::begin_at_the_top(model);
    let spec = model.spec();
    (spec != before).then_some(Effect::Ask(Command::Spec(spec)))
}

fn toggle_names(model: &mut Model, one: NamesBy, other: NamesBy) -> Option<Effect> {
    let next = if model.names_by == one { other } else { one };
    names_by(model, next)
}

fn names_by(model: &mut Model, by: NamesBy) -> Option<Effect> {
    let before = model.spec();
    model.names_by = by;
    let spec = model.spec();
    (spec != before).then_some(Effect::Ask(Command::Spec(spec)))
}

/// Moves the selection of the active table; the ends hold.
fn step(model: &mut Model, by: isize, snapshot: &Snapshot) {
    let id = model.active();
    let (rows, place) = model.ordered(id, snapshot);
    let next = place.saturating_add_signed(by).min(rows.len().saturating_sub(1));
    select(model, id, next, &rows, snapshot);
}

/// The first row is no anchor: who stays at the top sees the worst, whoever that becomes.
fn select(model: &mut Model, id: SheetId, place: usize, rows: &[usize], snapshot: &Snapshot) {
    let anchor = rows
        .get(place)
        .filter(|_| place > 0)
        .map(|row| sheet::identity(id.sheet(), *row, snapshot));
    let table = model.tables.entry(id).or_default();
    table.anchor = anchor;
    table.place = place;
}

/// Rows of a page of the active table, one less than fit so that a line stays for orientation.
fn page(model: &Model, snapshot: &Snapshot) -> isize {
    let rows = view::visible_rows(model, model.active(), snapshot);
    isize::try_from(rows).unwrap_or(1).saturating_sub(1).max(1)
}

/// By the next column that says anything.
fn sort_by_next(model: &mut Model, snapshot: &Snapshot) {
    let id = model.active();
    let (sheet, now) = (id.sheet(), model.sort(id));
    let columns = sheet.columns().max(1);
    let next = if now.column == NO_COLUMN { 0 } else { now.column + 1 };
    let rows = sheet.rows(snapshot);
    let is_told = |column: &usize| {
        rows == 0 || (0..rows).any(|row| sheet.value(row, *column, snapshot) != Value::Absent)
    };
    let mut all = (next..next + columns).map(|column| column % columns);
    let column = all.find(is_told).unwrap_or(next % columns);
    set_sort(model, id, Sort { column, reversed: false });
}

fn reverse(model: &mut Model) {
    let id = model.active();
    let now = model.sort(id);
    set_sort(model, id, Sort { reversed: !now.reversed, ..now });
}

fn set_sort(model: &mut Model, id: SheetId, sort: Sort) {
    model.tables.entry(id).or_default().sort = Some(sort);
}

fn click(model: &mut Model, column: u16, row: u16, snapshot: &Snapshot) {
    match view::hit(model, snapshot, (column, row)) {
        Some(Hit::Tab(view)) => show(model, view),
        Some(Hit::Timeline) => select::press(model, column, snapshot),
        Some(Hit::Row(id, place)) => {
            activate(model, id);
            let (rows, _) = model.ordered(id, snapshot);
            if place < rows.len() {
                select(model, id, place, &rows, snapshot);
            }
        }
        None => {}
    }
}

fn wheel(model: &mut Model, at: (u16, u16), by: i16, snapshot: &Snapshot) {
    if let Some(Hit::Row(id, _)) = view::hit(model, snapshot, at) {
        activate(model, id);
    }
    step(model, isize::from(by), snapshot);
}

fn activate(model: &mut Model, id: SheetId) {
    if let Some(pane) = (model.shown().sheets)(model).iter().position(|each| *each == id) {
        model.panes.insert(model.view, pane);
    }
}

#[cfg(test)]
mod tests;
