//! What lies over a view until it is answered: the keys, the choice of a code, a question.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};
use ratatui::widgets::{Block, Clear, Widget};

use super::{VIEWS, write_pieces};
use crate::snapshot::{Focus, Snapshot, share};
use crate::tui::export::{FORMS, Form, stem};
use crate::tui::keys::{KEYS, Key, Msg};
use crate::tui::model::{Model, Overlay, choices};
use crate::tui::text;
use crate::tui::theme::Meaning;

pub(super) fn draw(model: &Model, snapshot: &Snapshot, area: Rect, buffer: &mut Buffer) {
    match model.overlay {
        None => {}
        Some(Overlay::Help(first)) => {
            let lines = help(model, snapshot, area.width);
            draw_box("keys (any other key closes)", &lines, first, None, area, buffer);
        }
        Some(Overlay::Focus(place)) => {
            let lines = focus_lines(snapshot);
            draw_box("focus on (Enter chooses)", &lines, place, Some(place), area, buffer);
        }
        Some(Overlay::Reset) => {
            let keys = [Msg::Enter, Msg::Reset].map(|msg| model.bindings.label(msg));
            let yes =
                format!("{}: reset", keys.into_iter().flatten().collect::<Vec<_>>().join(" or "));
            let lines = ["All counters start anew.", &yes, "any other key: keep"];
            draw_box("reset?", &lines.map(str::to_owned), 0, None, area, buffer);
        }
        Some(Overlay::Export(place)) => {
            let lines = export_lines(model, snapshot, area.width);
            let (title, place) = ("write a report (Enter: as marked)", place + PLACES.len());
            draw_box(title, &lines, place, Some(place), area, buffer);
        }
        Some(Overlay::NotWritten) => {
            let lines = refusal_lines(model, area.width);
            draw_box("report not written (any key closes)", &lines, 0, None, area, buffer);
        }
    }
}

/// The line of the help page that is at the top when its end is shown.
pub(crate) fn help_last(model: &Model, snapshot: &Snapshot) -> usize {
    let shown = usize::from(model.size.1.saturating_sub(BORDERS));
    help(model, snapshot, model.size.0).len().saturating_sub(shown)
}

/// Rows of a box without text.
const BORDERS: u16 = 2;

/// Columns from which on the letters of the views stand beside the keys.
const TWO_COLUMNS: u16 = 80;

/// Generated from [`KEYS`] and [`VIEWS`], with the keys in force.
fn help(model: &Model, snapshot: &Snapshot, width: u16) -> Vec<String> {
    let keys = KEYS.iter().filter(|key| !key.help.is_empty() && key.is_offered(snapshot));
    let mut keys: Vec<String> = keys.filter_map(|key| help_line(model, key)).collect();
    let views = VIEWS.iter().enumerate();
    let mut views: Vec<String> = views
        .map(|(place, view)| format!("{} {}", labels(model, Msg::Show(place)), view.title))
        .collect();
    if width < TWO_COLUMNS {
        keys.append(&mut views);
        return keys;
    }
    let widest = keys.iter().map(|key| text::width(key)).max().unwrap_or(0);
    views.resize(keys.len(), String::new());
    keys.iter().zip(views).map(|(key, view)| pad(key, widest + 4) + &view).collect()
}

/// What no key does is not told.
fn help_line(model: &Model, key: &Key) -> Option<String> {
    let labels = labels(model, key.msg);
    (!labels.is_empty()).then(|| format!("{labels:<9} {}", key.help))
}

fn labels(model: &Model, msg: Msg) -> String {
    model.look.glyphs.name_keys(&model.bindings.labels(msg))
}

fn pad(text: &str, width: usize) -> String {
    text.to_owned() + &" ".repeat(width.saturating_sub(text::width(text)))
}

fn focus_lines(snapshot: &Snapshot) -> Vec<String> {
    let line = |focus: Focus| {
        let mark = if focus == snapshot.focus { '*' } else { ' ' };
        let name = match focus {
            Focus::Slow => format!("slow > {}", text::rounded(snapshot.slow.after)),
            focus => focus.to_string(),
        };
        let seen = match snapshot.counted(focus) {
            (0, _) => "not seen".to_owned(),
            (count, whole) => {
                let part = text::share(share(count, whole));
                format!("{} ({part} of {})", text::count(count), focus.whole())
            }
        };
        format!("{mark} {name:<14} {seen}")
    };
    choices(snapshot).into_iter().map(line).collect()
}

/// What stands above the forms to choose from.
const PLACES: [&str; 2] = ["into", ""];
/// Columns between the sides of a box and its text.
const SIDES: u16 = 6;

fn export_lines(model: &Model, snapshot: &Snapshot, width: u16) -> Vec<String> {
    let room = usize::from(width.saturating_sub(SIDES));
    let folder = format!("{} {}", PLACES[0], model.folder);
    let mut lines = vec![text::clip_middle(&folder, room), PLACES[1].to_owned()];
    let stem = stem(snapshot);
    let widest = stem.len() + ".pcapng".len() + 2;
    let line = |(_, extension, what): &(Form, &str, &str)| {
        let name = format!("{stem}.{extension}");
        format!("{name:<widest$}{what}")
    };
    lines.extend(FORMS.iter().map(line));
    lines
}

fn refusal_lines(model: &Model, width: u16) -> Vec<String> {
    const MOST: u16 = 72;
    let Some(refusal) = &model.refusal else { return Vec::new() };
    let room = usize::from(width.min(MOST).saturating_sub(SIDES));
    let mut lines = text::wrap(&refusal.why, room, 6);
    lines.push(String::new());
    lines.extend(text::wrap(&refusal.advice, room, 4));
    lines.push("Nothing was left behind.".to_owned());
    lines
}

/// A box in the middle, just large enough, scrolled so that line `first` is inside.
fn draw_box(
    title: &str,
    lines: &[String],
    first: usize,
    selected: Option<usize>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let widest = lines.iter().map(|line| text::width(line)).max().unwrap_or(0);
    let width = text::cells(widest.max(text::width(title) + 2) + 4).min(area.width);
    let height = text::cells(lines.len()).saturating_add(BORDERS).min(area.height);
    let place = area.centered(Constraint::Length(width), Constraint::Length(height));
    let inside =
        Rect { x: place.x + 2, width: width.saturating_sub(4), ..Block::bordered().inner(place) };
    let offset = first.min(lines.len().saturating_sub(inside.height.into()));
    Clear.render(place, buffer);
    Block::bordered().title(format!(" {title} ")).render(place, buffer);
    for (nth, (line, row)) in lines.iter().skip(offset).zip(inside.rows()).enumerate() {
        let is_selected = selected == Some(offset + nth);
        let meaning = if is_selected { Meaning::Selected } else { Meaning::Plain };
        write_pieces(&[(line.clone(), meaning)], row, buffer);
    }
    draw_more(offset, lines.len(), place, inside.height, buffer);
}

/// Says on the lower border that there is more than fits.
fn draw_more(offset: usize, length: usize, place: Rect, height: u16, buffer: &mut Buffer) {
    let height = usize::from(height);
    if length > height {
        let last = (offset + height).min(length);
        let more = match (offset, length - last) {
            (0, _) => ": more below",
            (_, 0) => ": more above",
            _ => ": more above and below",
        };
        let text = format!(" {} to {last} of {length}{more} ", offset + 1);
        let row = Rect {
            x: place.x + 2,
            y: place.bottom() - 1,
            width: place.width.saturating_sub(4),
            height: 1,
        };
        write_pieces(&[(text, Meaning::Plain)], row, buffer);
    }
}
