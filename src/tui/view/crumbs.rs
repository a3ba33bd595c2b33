//! What is looked at, where it is not everything; and the filter while it is typed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Piece, write_pieces};
use crate::select::complete;
use crate::snapshot::Snapshot;
use crate::tui::keys::Msg;
use crate::tui::model::Model;
use crate::tui::selection::{Typing, known};
use crate::tui::text;
use crate::tui::theme::Meaning;

/// A row for what is looked at, and one for what is wrong with what is typed.
pub(super) fn height(model: &Model) -> u16 {
    match &model.typing {
        Some(_) => 2,
        None => u16::from(!model.selection.is_everything()),
    }
}

pub(super) fn draw(model: &Model, snapshot: &Snapshot, area: Rect, buffer: &mut Buffer) {
    let mut rows = area.rows();
    let Some(first) = rows.next() else { return };
    let Some(typing) = &model.typing else { return draw_way(model, snapshot, first, buffer) };
    draw_line(typing, first, buffer);
    if let Some(second) = rows.next() {
        write_pieces(&below(typing, snapshot), second, buffer);
    }
}

/// The way from everything to what is looked at.
fn draw_way(model: &Model, snapshot: &Snapshot, area: Rect, buffer: &mut Buffer) {
    // Where room is short, the way out matters less than where one is.
    let counted = match area.width {
        0..60 => String::new(),
        _ => match model.bindings.label(Msg::Back) {
            Some(key) => format!("  {}  {key}: back", of_what(model, snapshot)),
            None => format!("  {}", of_what(model, snapshot)),
        },
    };
    let room = usize::from(area.width).saturating_sub(text::width(&counted) + 6);
    let told = model.called(snapshot).and_where(&model.selection.told(), snapshot);
    let told = text::clip_middle(&told, room);
    let pieces =
        [("only: ".to_owned(), Meaning::Quiet), (told, Meaning::Strong), (counted, Meaning::Quiet)];
    write_pieces(&pieces, area, buffer);
}

/// Offers shown at most.
const OFFERS: usize = 12;

/// What the word that is being typed may become; else what is wrong, or how much is selected.
fn below(typing: &Typing, snapshot: &Snapshot) -> Vec<Piece> {
    let text = typing.line.text();
    let offers = complete(text, |key| known(snapshot, key));
    let start = text.rfind([' ', '(']).map_or(0, |at| at + 1);
    let offers: Vec<&str> =
        offers.iter().take(OFFERS).filter_map(|offer| offer.get(start..)).collect();
    match &typing.error {
        _ if !offers.is_empty() && start < text.len() => {
            vec![("Tab: ".to_owned(), Meaning::Quiet), (offers.join("  "), Meaning::Plain)]
        }
        Some(error) => vec![(error.clone(), Meaning::Strong)],
        None => vec![(counted(snapshot), Meaning::Quiet)],
    }
}

/// How much of everything it is; a network or country is one of rows and nothing else.
fn of_what(model: &Model, snapshot: &Snapshot) -> String {
    if model.selection.is_of_rows() {
        return "rows alone, no filter".to_owned();
    }
    counted(snapshot)
}

/// How much of everything it is.
fn counted(snapshot: &Snapshot) -> String {
    let Some(selected) = &snapshot.selected else { return "everything".to_owned() };
    let all = snapshot.ledger.responses;
    let since = selected.since.map_or_else(String::new, |at| format!(" since {}", at.clock()));
    format!("{} of {}{since}", text::count(selected.responses), text::plural(all, "response"))
}

/// The line, its end and the cursor in any case.
fn draw_line(typing: &Typing, area: Rect, buffer: &mut Buffer) {
    let (before, behind) = typing.line.halves();
    let room = usize::from(area.width).saturating_sub(10);
    let shown = text::tail(before, room);
    let mut behind = behind.chars();
    let under = behind.next().unwrap_or(' ').to_string();
    let pieces: [Piece; 4] = [
        ("filter: ".to_owned(), Meaning::Quiet),
        (shown, Meaning::Plain),
        (under, Meaning::Selected),
        (behind.collect(), Meaning::Plain),
    ];
    write_pieces(&pieces, area, buffer);
}
