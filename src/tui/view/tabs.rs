//! One tab per view, the letter of its key underlined.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::{VIEWS, View};
use crate::tui::model::Model;
use crate::tui::text;
use crate::tui::theme::Meaning;

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    for (view, x) in placed(model.view, area) {
        let style = if view == model.view { Meaning::Selected.style() } else { Style::new() };
        let room = usize::from(area.right() - x);
        buffer.set_stringn(x, area.y, VIEWS[view].title, room, style);
        if let Some(at) = letter(&VIEWS[view]) {
            let key = Rect::new(x + at, area.y, 1, 1).intersection(area);
            buffer.set_style(key, Style::new().add_modifier(Modifier::UNDERLINED | Modifier::BOLD));
        }
    }
}

/// The view whose tab is in column `x`.
pub(super) fn hit(model: &Model, area: Rect, x: u16) -> Option<usize> {
    let inside = |(view, left): &(usize, u16)| x >= *left && x < *left + width(&VIEWS[*view]);
    placed(model.view, area).into_iter().find(inside).map(|(view, _)| view)
}

/// The tabs on the screen and their columns; where not all fit, those around the shown one.
fn placed(shown: usize, area: Rect) -> Vec<(usize, u16)> {
    if area.is_empty() {
        return Vec::new();
    }
    let gap = if span(0, VIEWS.len(), 2) <= area.width { 2 } else { 1 };
    let mut first = 0;
    // The tab after the shown one has to fit as well, so that a reader sees that there is more.
    while first < shown && span(first, shown + 2, gap) > area.width {
        first += 1;
    }
    let mut x = area.x;
    let mut tabs = Vec::new();
    for (view, _) in VIEWS.iter().enumerate().skip(first) {
        if x + width(&VIEWS[view]) > area.right() {
            break;
        }
        tabs.push((view, x));
        x += width(&VIEWS[view]) + gap;
    }
    tabs
}

/// Columns of the tabs from `first` to before `end`.
fn span(first: usize, end: usize, gap: u16) -> u16 {
    let tabs = VIEWS.iter().take(end).skip(first).map(|view| width(view) + gap);
    tabs.sum::<u16>().saturating_sub(gap)
}

fn width(view: &View) -> u16 {
    text::cells(text::width(view.title))
}

/// Where the key's letter stands in the title.
fn letter(view: &View) -> Option<u16> {
    view.title.chars().position(|c| c.eq_ignore_ascii_case(&view.key)).map(text::cells)
}
