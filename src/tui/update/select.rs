//! What is looked at: into a row and out again, a filter, a span of time.

use super::Effect;
use crate::feed::Command;
use crate::select::{Filter, complete};
use crate::snapshot::{Finding, Snapshot, share};
use crate::time::Timestamp;
use crate::tui::keys::Zoom;
use crate::tui::line::{Edit, Line};
use crate::tui::model::Model;
use crate::tui::selection::{Crumb, Drag, Span, Typing, crumb, known};
use crate::tui::sheets::SheetId;
use crate::tui::text;
use crate::tui::view::{self, VIEWS, View};

/// Filters that are remembered.
const MOST_TYPED: usize = 50;

/// Asks for what is looked at now.
fn ask(model: &mut Model) -> Effect {
    begin_at_the_top(model);
    Effect::Ask(Command::Select(model.selection.filter()))
}

/// Of every table.
pub(super) fn begin_at_the_top(model: &mut Model) {
    for table in model.tables.values_mut() {
        table.anchor = None;
        table.place = 0;
    }
}

/// Into the selected row: its part of everything, in the view that says most about it.
pub(super) fn enter(model: &mut Model, snapshot: &Snapshot) -> Option<Effect> {
    let id = model.active();
    let (rows, place) = model.ordered(id, snapshot);
    let row = *rows.get(place)?;
    let Some(crumb) = crumb(id, row, snapshot, model.view) else {
        model.notice = Some(nothing_to_enter(id, row, snapshot).to_owned());
        return None;
    };
    let is_same = |other: &Crumb| other.term == crumb.term && other.within == crumb.within;
    if model.selection.crumbs.iter().any(is_same) {
        model.notice = Some(format!("{} is what is shown", crumb.label));
        return None;
    }
    let is_of_rows = crumb.within.is_some();
    model.selection.enter(crumb);
    model.view = next_view(id).unwrap_or(model.view);
    model.zoomed = false;
    if is_of_rows {
        begin_at_the_top(model);
        return None;
    }
    Some(ask(model))
}

/// Why a row leads nowhere.
fn nothing_to_enter(id: SheetId, row: usize, snapshot: &Snapshot) -> &'static str {
    let finding = snapshot.findings.get(row).filter(|_| id == SheetId::Findings);
    if finding.is_some_and(Finding::is_of_connections) {
        "no connection was taken: there are no queries to show"
    } else {
        "there is nothing to enter here"
    }
}

/// Where one looks next: who is refused by the server, what the client asks for, how it went.
fn next_view(id: SheetId) -> Option<usize> {
    let shows = |wanted: SheetId| {
        move |view: &View| (view.sheets)(&Model::default()).as_slice() == [wanted]
    };
    let next = match id {
        SheetId::Findings | SheetId::ServerNetworks | SheetId::ServerCountries => SheetId::Servers,
        SheetId::Servers
        | SheetId::Prefixes
        | SheetId::ServerTimes
        | SheetId::ClientNetworks
        | SheetId::ClientCountries => SheetId::Clients,
        SheetId::Clients | SheetId::Domains | SheetId::Suffixes => SheetId::Names,
        SheetId::Names | SheetId::Paths => SheetId::Lookups,
        _ => return Some(0),
    };
    VIEWS.iter().position(shows(next))
}

/// Out of the row that was entered last, or what else is looked at.
pub(super) fn leave(model: &mut Model) -> Option<Effect> {
    if let Some(Crumb { from, within, .. }) = model.selection.crumbs.pop() {
        model.view = from;
        if within.is_some() {
            begin_at_the_top(model);
            return None;
        }
    } else if model.selection.span.is_some() {
        model.selection.span = None;
    } else {
        model.selection.filter.clear();
    }
    Some(ask(model))
}

/// Begins to type; what is in force can be changed.
pub(super) fn type_filter(model: &mut Model) {
    let before = model.selection.filter.clone();
    model.typing = Some(Typing { line: Line::new(&before), before, ..Typing::default() });
}

/// A key while a filter is typed; what parses takes effect at once.
pub(super) fn edit(model: &mut Model, edit: Edit, snapshot: &Snapshot) -> Option<Effect> {
    let mut typing = model.typing.take()?;
    match edit {
        Edit::Cancel => return put(model, &typing.before),
        Edit::Accept => return accept(model, typing),
        Edit::Complete => complete_line(&mut typing, snapshot),
        Edit::Older | Edit::Newer => recall(&mut typing, edit, &model.typed),
        _ => {
            typing.line.edit(edit);
            typing.completing = None;
        }
    }
    let text = typing.line.text().to_owned();
    let parsed = Filter::parse(&text);
    typing.error = parsed.as_ref().err().map(ToString::to_string);
    model.typing = Some(typing);
    parsed.ok().and_then(|_| put(model, &text))
}

/// Puts a filter that parses into force.
fn put(model: &mut Model, text: &str) -> Option<Effect> {
    let text = text.trim();
    if text == model.selection.filter {
        return None;
    }
    text.clone_into(&mut model.selection.filter);
    Some(ask(model))
}

fn accept(model: &mut Model, typing: Typing) -> Option<Effect> {
    let text = typing.line.text().trim().to_owned();
    if let Err(error) = Filter::parse(&text) {
        let error = Some(error.to_string());
        model.typing = Some(Typing { error, ..typing });
        return None;
    }
    if !text.is_empty() {
        model.typed.retain(|other| *other != text);
        model.typed.push(text.clone());
        let surplus = model.typed.len().saturating_sub(MOST_TYPED);
        model.typed.drain(..surplus);
    }
    put(model, &text)
}

fn complete_line(typing: &mut Typing, snapshot: &Snapshot) {
    let (from, next) = match typing.completing.take() {
        Some((from, nth)) => (from, nth + 1),
        None => (typing.line.text().to_owned(), 0),
    };
    let offers = complete(&from, |key| known(snapshot, key));
    if let Some(offer) = offers.get(next % offers.len().max(1)) {
        typing.line = Line::new(offer);
        // Where there is one offer only, what follows is completed next.
        typing.completing = (offers.len() > 1).then_some((from, next));
    }
}

fn recall(typing: &mut Typing, edit: Edit, typed: &[String]) {
    let older = match (edit, typing.older) {
        (Edit::Older, None) => Some(0),
        (Edit::Older, Some(back)) => Some((back + 1).min(typed.len().saturating_sub(1))),
        (_, Some(back)) => back.checked_sub(1),
        (_, None) => None,
    };
    let text = older.and_then(|back| typed.iter().rev().nth(back));
    typing.line = Line::new(text.map_or("", String::as_str));
    typing.older = older.filter(|_| text.is_some());
}

/// Changes the span of time.
pub(super) fn zoom(model: &mut Model, zoom: Zoom, snapshot: &Snapshot) -> Option<Effect> {
    let Some(whole) = whole(model, snapshot) else {
        model.notice = Some("no packet yet: there is no time to choose from".to_owned());
        return None;
    };
    let now = model.selection.span.unwrap_or(whole);
    let next = match zoom {
        Zoom::In => now.halved(worst(snapshot).unwrap_or(now.from)),
        Zoom::Out => now.doubled(whole),
        Zoom::Earlier => now.moved(false, whole),
        Zoom::Later => now.moved(true, whole),
        Zoom::Latest => latest(now, whole),
    };
    model.selection.span = (next != whole).then_some(next);
    if next == now {
        model.notice = Some("that is as far as the capture goes".to_owned());
        return None;
    }
    Some(ask(model))
}

/// The mouse was pressed on the timeline: a span may begin there.
pub(super) fn press(model: &mut Model, column: u16, snapshot: &Snapshot) {
    let step = step_at(model, column, snapshot);
    model.drag = step.map(|step| Drag { from: step, to: step });
}

/// The mouse is held and has moved.
pub(super) fn drag(model: &mut Model, column: u16, snapshot: &Snapshot) {
    let step = step_at(model, column, snapshot);
    if let (Some(Drag { from, .. }), Some(to)) = (model.drag, step) {
        let drag = Drag { from, to };
        model.drag = Some(drag);
        model.notice = Some(what_is_in(drag.span(), snapshot));
    }
}

/// The mouse was let go: what it passed over is looked at. Where it has not moved, what is there is
/// told.
pub(super) fn release(model: &mut Model, column: u16, snapshot: &Snapshot) -> Option<Effect> {
    drag(model, column, snapshot);
    let drag = model.drag.take()?;
    if !drag.has_moved() {
        model.notice = Some(format!("{}; drag to choose a span", what_is_in(drag.to, snapshot)));
        return None;
    }
    model.notice = None;
    let whole = whole(model, snapshot)?;
    let span = drag.span().within(shown(model, whole));
    let next = (span != whole).then_some(span);
    if next == model.selection.span {
        return None;
    }
    model.selection.span = next;
    Some(ask(model))
}

/// The step of the timeline in a column; the first and the last one reach as far as what is shown.
fn step_at(model: &Model, column: u16, snapshot: &Snapshot) -> Option<Span> {
    let shown = shown(model, whole(model, snapshot)?);
    view::step_at(model, snapshot, shown, column)
}

/// From when to when the whole capture is; `None` before its first packet.
fn whole(model: &Model, snapshot: &Snapshot) -> Option<Span> {
    model.whole.or_else(|| Span::of(snapshot))
}

/// The span of it that is looked at.
fn shown(model: &Model, whole: Span) -> Span {
    match model.selection.span {
        Some(span) if span.goes_on => Span { to: whole.to, ..span },
        Some(span) => span,
        None => whole,
    }
}

/// `03:13:20 to 03:13:40: 482 responses, 182 REFUSED (37.8 %)`
fn what_is_in(span: Span, snapshot: &Snapshot) -> String {
    let timeline = &snapshot.timeline;
    let begins = (0..).map(|nth| timeline.start.plus(timeline.step.saturating_mul(nth)));
    let inside = begins.zip(&timeline.steps).filter(|(at, _)| span.from <= *at && *at < span.to);
    let (responses, focus) =
        inside.fold((0, 0), |(all, focus), (_, step)| (all + step.responses, focus + step.focus));
    format!(
        "{}: {}, {} {} ({})",
        span.told(),
        text::plural(responses, "response"),
        text::count(focus),
        snapshot.focus,
        text::share(share(focus, responses)),
    )
}

/// Lengths of the spans that end with the capture, in seconds.
const LATEST: [u64; 3] = [10, 60, 300];

/// The next longer span that ends with the capture; in the end everything.
fn latest(now: Span, whole: Span) -> Span {
    let ends = (now.to == whole.to || now.goes_on) && now.from != whole.from;
    let longer = LATEST.iter().find(|seconds| !ends || **seconds > now.length().as_secs());
    longer.map_or(whole, |seconds| {
        let from = whole.to.0.saturating_sub(seconds * 1_000_000_000);
        Span { from: Timestamp(from).max(whole.from), ..whole }
    })
}

/// The middle of the step with most responses of the focus code.
fn worst(snapshot: &Snapshot) -> Option<Timestamp> {
    let timeline = &snapshot.timeline;
    let steps = timeline.steps.iter().enumerate().filter(|(_, step)| step.focus > 0);
    let (nth, _) = steps.max_by_key(|(nth, step)| (step.focus, std::cmp::Reverse(*nth)))?;
    let nth = u32::try_from(nth).ok()?;
    Some(timeline.start.plus(timeline.step * nth + timeline.step / 2))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::snapshot::{Ended, List, Step, Timeline};
    use crate::tui::keys::Msg;
    use crate::tui::model::{Newer, Pace};
    use crate::tui::update::tests::row;
    use crate::tui::update::update;

    /// A capture of 100 s, with one server and the worst at 70 s.
    fn snapshot() -> Snapshot {
        let at = |second: u64| Timestamp::new(1_000 + second, 0);
        let mut snapshot = Snapshot::default();
        (snapshot.source.first, snapshot.source.last) = (Some(at(0)), Some(at(100)));
        snapshot.source.ended = Some(Ended::EndOfFile);
        let focus = |second: u64| if second == 70 { 9 } else { 1 };
        let steps = (0..100).map(|second| Step { focus: focus(second), ..Step::default() });
        let (start, step) = (at(0), Duration::from_secs(1));
        snapshot.timeline = Timeline { start, step, steps: steps.collect() };
        let row = |key: &str| row(key.parse().unwrap(), 1);
        snapshot.servers = List { rows: vec![row("192.0.2.53")], ..List::default() };
        snapshot.clients = List { rows: vec![row("10.0.0.1")], ..List::default() };
        snapshot
    }

    /// Where the screen is after some messages: view, what is looked at, and what was asked last.
    #[track_caller]
    fn check(msgs: &[Msg], view: &str, told: &str, asked: Option<&str>) {
        let mut model = Model::new((80, 24), true);
        let mut last = None;
        for msg in msgs {
            if let Some(Effect::Ask(Command::Select(filter))) =
                update(&mut model, *msg, &snapshot())
            {
                last = Some(filter);
            }
        }
        assert_eq!(model.shown().title, view);
        assert_eq!(model.selection.told(), told);
        let last = last.map(|filter| filter.map_or_else(String::new, |it| it.text().to_owned()));
        assert_eq!(last.as_deref(), asked);
    }

    fn typed(text: &str) -> Vec<Msg> {
        let letters = text.chars().map(|letter| Msg::Line(Edit::Insert(letter)));
        std::iter::once(Msg::Filter).chain(letters).collect()
    }

    #[test]
    fn enter_goes_into_a_row_and_escape_out_again() {
        let server = view("Servers");
        check(&[server, Msg::Enter], "Clients", "server 192.0.2.53", Some("server:192.0.2.53"));
        check(
            &[server, Msg::Enter, Msg::Enter],
            "Names",
            "server 192.0.2.53 > client 10.0.0.1",
            Some("server:192.0.2.53 client:10.0.0.1"),
        );
        check(
            &[server, Msg::Enter, Msg::Enter, Msg::Back],
            "Clients",
            "server 192.0.2.53",
            Some("server:192.0.2.53"),
        );
        check(&[server, Msg::Enter, Msg::Back], "Servers", "", Some(""));
        check(&[server, Msg::Enter, Msg::Back, Msg::Back], "Overview", "", Some(""));
        check(&[view("Names"), Msg::Enter], "Names", "", None);
    }

    fn view(title: &str) -> Msg {
        Msg::Show(VIEWS.iter().position(|view| view.title == title).unwrap())
    }

    #[test]
    fn a_filter_takes_effect_while_it_is_typed() {
        check(&typed("type:A"), "Overview", "/type:A", Some("type:A"));
        let more = |edits: &[Edit]| -> Vec<Msg> {
            typed("type:A ra").into_iter().chain(edits.iter().map(|it| Msg::Line(*it))).collect()
        };
        // What does not parse changes nothing, and is no filter when it is accepted.
        check(&more(&[]), "Overview", "/type:A", Some("type:A"));
        check(&more(&[Edit::Accept]), "Overview", "/type:A", Some("type:A"));
        check(&more(&[Edit::Cancel]), "Overview", "", Some(""));
        check(&more(&[Edit::Clear, Edit::Accept]), "Overview", "", Some(""));
        check(&more(&[Edit::Erase, Edit::Complete]), "Overview", "/type:A", Some("type:A"));
        let failed = [Edit::EraseWord, Edit::Insert('f'), Edit::Insert('a'), Edit::Insert('i')];
        let failed = [&failed[..], &[Edit::Complete, Edit::Accept]].concat();
        check(&more(&failed), "Overview", "/type:A failed", Some("type:A failed"));
    }

    #[test]
    fn filters_that_were_typed_come_back() {
        let mut msgs = typed("type:A");
        msgs.push(Msg::Line(Edit::Accept));
        msgs.extend([Msg::Filter, Msg::Line(Edit::Clear), Msg::Line(Edit::Accept), Msg::Filter]);
        msgs.push(Msg::Line(Edit::Older));
        check(&msgs, "Overview", "/type:A", Some("type:A"));
        msgs.push(Msg::Line(Edit::Newer));
        check(&msgs, "Overview", "", Some(""));
    }

    #[test]
    fn a_span_narrows_around_the_worst_and_moves() {
        let span = |zooms: &[Zoom], told: &str| {
            let msgs: Vec<Msg> = zooms.iter().map(|zoom| Msg::Span(*zoom)).collect();
            let mut model = Model::new((80, 24), true);
            update(&mut model, Msg::Arrived(Pace::default(), Newer::default()), &snapshot());
            msgs.iter().for_each(|msg| {
                update(&mut model, *msg, &snapshot());
            });
            assert_eq!(model.selection.told(), told, "{zooms:?}");
        };
        span(&[Zoom::In], "00:17:25 to 00:18:15");
        span(&[Zoom::In, Zoom::In], "00:17:38 to 00:18:03");
        span(&[Zoom::In, Zoom::Out], "00:17:00 to 00:18:20");
        span(&[Zoom::In, Zoom::Out, Zoom::Out], "");
        span(&[Zoom::In, Zoom::In, Zoom::Earlier], "00:17:25 to 00:17:50");
        span(&[Zoom::Latest], "00:18:10 to 00:18:20");
        span(&[Zoom::Latest, Zoom::Latest], "00:17:20 to 00:18:20");
        span(&[Zoom::Latest, Zoom::Latest, Zoom::Latest], "");
        span(&[Zoom::Later], "");
    }

    /// The messages of a mouse that is pressed, moved over these columns, and let go.
    fn dragged(row: u16, columns: &[u16]) -> Vec<Msg> {
        let (first, last) = (columns[0], columns[columns.len() - 1]);
        let moves = columns.iter().map(|column| Msg::Drag(*column, row + *column % 3));
        [Msg::Click(first, row)].into_iter().chain(moves).chain([Msg::Release(last, 0)]).collect()
    }

    /// What is looked at after some messages, on a screen of 110 columns, where the timeline takes
    /// a column for each second; and what the last line says.
    #[track_caller]
    fn check_mouse(view: &str, msgs: &[Msg], told: &str, notice: &str) {
        let mut model = Model::new((110, 40), true);
        let mut snapshot = snapshot();
        snapshot.ledger.responses = 108;
        for step in &mut snapshot.timeline.steps {
            step.responses = step.focus;
        }
        let arrived = Msg::Arrived(Pace::default(), Newer::default());
        for msg in [arrived, tests::view(view)].iter().chain(msgs) {
            update(&mut model, *msg, &snapshot);
        }
        assert_eq!(model.selection.told(), told, "{msgs:?}");
        assert_eq!(model.notice.unwrap_or_default(), notice, "{msgs:?}");
        assert_eq!(model.drag, None);
    }

    /// A row of the screen that the timeline has in both views that show it.
    const ON_IT: u16 = 9;

    #[test]
    fn the_mouse_chooses_a_span_on_the_timeline() {
        for view in ["Overview", "RCODE"] {
            let check =
                |columns: &[u16], told| check_mouse(view, &dragged(ON_IT, columns), told, "");
            check(&[30, 35, 40], "00:17:00 to 00:17:11");
            check(&[40, 30], "00:17:00 to 00:17:11");
            check(&[30, 90, 31], "00:17:00 to 00:17:02");
            // Beyond the edges is the edge, and from edge to edge is everything.
            check(&[30, 5, 0], "00:16:40 to 00:17:01");
            check(&[100, 9_999], "00:18:10 to 00:18:20");
            check(&[10, 109], "");
        }
    }

    #[test]
    fn a_click_on_the_timeline_tells_what_is_there() {
        let there = "00:17:50 to 00:17:51: 9 responses, 9 REFUSED (100 %); drag to choose a span";
        let there = there.replace("REFUSED", &Snapshot::default().focus.to_string());
        check_mouse("Overview", &[Msg::Click(80, ON_IT), Msg::Release(80, ON_IT)], "", &there);
        // Moved away and back.
        check_mouse("Overview", &dragged(ON_IT, &[80, 90, 80]), "", &there);
    }

    #[test]
    fn a_key_gives_up_what_the_mouse_was_choosing_and_other_places_choose_nothing() {
        let mut given_up = dragged(ON_IT, &[30, 40]);
        given_up.insert(2, Msg::Back);
        check_mouse("Overview", &given_up, "", "");
        check_mouse("Overview", &dragged(0, &[30, 40]), "", "");
        check_mouse("Servers", &dragged(ON_IT, &[30, 40]), "", "");
        let open = [&[Msg::Help][..], &dragged(ON_IT, &[30, 40])].concat();
        check_mouse("Overview", &open, "", "");
        let zoomed = [&[Msg::Zoom][..], &dragged(ON_IT, &[30, 40])].concat();
        check_mouse("Overview", &zoomed, "", "");
    }

    #[test]
    fn a_span_to_the_edge_goes_on_with_the_capture() {
        let mut snapshot = snapshot();
        snapshot.source.ended = None;
        snapshot.ledger.responses = 108;
        let mut model = Model::new((110, 40), true);
        for msg in dragged(ON_IT, &[100, 109]) {
            update(&mut model, msg, &snapshot);
        }
        assert_eq!(model.selection.told(), "since 00:18:10");
    }

    #[test]
    fn a_timeline_that_is_shown_is_one_on_which_a_span_can_be_chosen() {
        let mut snapshot = snapshot();
        snapshot.ledger.responses = 108;
        for (place, view) in VIEWS.iter().enumerate() {
            let mut model = Model::new((110, 40), true);
            update(&mut model, Msg::Show(place), &snapshot);
            let area = ratatui::layout::Rect::new(0, 0, 110, 40);
            let mut buffer = ratatui::buffer::Buffer::empty(area);
            view::draw(&model, &snapshot, area, &mut buffer);
            let row = |y: u16| (0..16).map(|x| buffer[(x, y)].symbol()).collect::<String>();
            let axis = (0..40).find(|y| row(*y).starts_with("      UTC 00:16"));
            let hits = |y: u16| view::hit(&model, &snapshot, (50, y)) == Some(view::Hit::Timeline);
            assert_eq!((0..40).rfind(|y| hits(*y)), axis, "{}", view.title);
        }
    }
}
