//! The course of events: how much there is a second, and how much of it is in focus.

use std::collections::BTreeMap;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::iana::Rcode;
use crate::snapshot::{Focus, Snapshot, Step, Timeline, share};
use crate::time::Timestamp;
use crate::tui::glyphs;
use crate::tui::model::Model;
use crate::tui::selection::Span;
use crate::tui::sheet;
use crate::tui::text;
use crate::tui::theme::{self, Meaning};

/// Columns for the scale at the left, in which the focus is named.
fn scale_width(focus: Focus) -> u16 {
    const LEAST: usize = 9;
    text::cells(text::width(&focus.to_string()).clamp(LEAST, LEAST + 2) + 1)
}

/// From top to bottom as room allows: what the share of the focus is of, a second, responses by
/// code; the share; the times of day.
pub(super) fn draw(model: &Model, snapshot: &Snapshot, area: Rect, buffer: &mut Buffer) {
    let Some(plot) = plot(snapshot, area) else { return };
    let course = resampled(&snapshot.timeline, plot.width);
    let axis = u16::from(area.height >= 2);
    let share_rows = match area.height {
        1..=3 => 1,
        4..=7 => 2,
        _ => 3,
    };
    let rate_rows = area.height.saturating_sub(axis + share_rows);
    draw_rates(snapshot, &course, Rect { height: rate_rows, ..plot }, buffer);
    let y = plot.y + rate_rows;
    let share = Rect { y, height: share_rows.min(area.height - rate_rows), ..plot };
    draw_shares(snapshot, &course, share, buffer);
    if axis == 1 {
        draw_axis(
            snapshot.focus,
            &course,
            Rect { y: area.bottom() - 1, height: 1, ..plot },
            buffer,
        );
    }
    if let Some(drag) = model.drag {
        mark(&course, drag.span(), plot, buffer);
    }
}

/// Where the columns are; `None` if there is no room for any, or nothing to show.
fn plot(snapshot: &Snapshot, area: Rect) -> Option<Rect> {
    let scale = scale_width(snapshot.focus);
    let is_drawn = !snapshot.timeline.steps.is_empty() && !area.is_empty() && area.width > scale;
    is_drawn.then(|| Rect { x: area.x + scale, width: area.width - scale, ..area })
}

/// The step that is shown in a column of the screen, or the nearest to it; those at the edges reach
/// as far as the span that is `shown`. `None` if there are none.
pub(super) fn step_at(snapshot: &Snapshot, area: Rect, shown: Span, column: u16) -> Option<Span> {
    let plot = plot(snapshot, area)?;
    let course = resampled(&snapshot.timeline, plot.width);
    let x = column.clamp(plot.x, plot.right() - 1) - plot.x;
    let (step, nth) = (course.span(x), course.nth(x));
    let from = if nth == 0 { step.from.min(shown.from) } else { step.from };
    let to = if nth + 1 >= course.steps.len() { step.to.max(shown.to) } else { step.to };
    Some(Span { from, to, ..step })
}

/// Turns the columns of a span over.
fn mark(course: &Course, span: Span, plot: Rect, buffer: &mut Buffer) {
    for x in (0..plot.width).filter(|x| course.span(*x).meets(span)) {
        buffer.set_style(column(plot, x), Meaning::Selected.style());
    }
}

/// The timeline in at most as many steps as there are columns.
struct Course {
    steps: Vec<Step>,
    /// Columns that they fill.
    columns: u16,
    /// Seconds of each step.
    seconds: f64,
    start: Timestamp,
}

impl Course {
    /// Which step column `x` of the plot shows.
    fn nth(&self, x: u16) -> usize {
        usize::from(x) * self.steps.len() / usize::from(self.columns.max(1))
    }

    fn at(&self, x: u16) -> Option<&Step> {
        self.steps.get(self.nth(x))
    }

    /// When the step of column `x` begins.
    fn time(&self, x: u16) -> Timestamp {
        self.begin(self.nth(x))
    }

    fn begin(&self, nth: usize) -> Timestamp {
        let seconds = self.seconds * nth as f64;
        self.start.plus(Duration::try_from_secs_f64(seconds).unwrap_or_default())
    }

    /// From when to when the step of column `x` is.
    fn span(&self, x: u16) -> Span {
        let nth = self.nth(x);
        Span { from: self.begin(nth), to: self.begin(nth + 1), goes_on: false }
    }
}

/// Joins neighbouring steps where there are more than columns, widens them where there are fewer.
fn resampled(timeline: &Timeline, columns: u16) -> Course {
    let joined = timeline.steps.len().div_ceil(usize::from(columns.max(1))).max(1);
    let steps: Vec<Step> = timeline.steps.chunks(joined).map(join).collect();
    let seconds = timeline.step.as_secs_f64() * joined as f64;
    Course { steps, columns, seconds, start: timeline.start }
}

fn join(steps: &[Step]) -> Step {
    let mut sum = Step { rcodes: BTreeMap::new(), ..Step::default() };
    for step in steps {
        sum.queries += step.queries;
        sum.responses += step.responses;
        sum.focus += step.focus;
        sum.whole += step.whole;
        sum.is_early |= step.is_early;
        sum.unanswered += step.unanswered;
        for (code, count) in &step.rcodes {
            *sum.rcodes.entry(*code).or_default() += count;
        }
    }
    sum
}

/// Writes to the left of the plot, where there is room for the name of the focus.
fn label(text: &str, focus: Focus, plot: Rect, row: u16, buffer: &mut Buffer) {
    let scale = scale_width(focus);
    let room = usize::from(scale - 1);
    let text = text::clip(text, room);
    let x = plot.x - scale + text::cells(room - text::width(&text));
    buffer.set_stringn(x, plot.y + row, text, room, Meaning::Quiet.style());
}

/// Stacked bars, the focus at the bottom; in a single row only how many in all.
fn draw_rates(snapshot: &Snapshot, course: &Course, plot: Rect, buffer: &mut Buffer) {
    let full = scale(&course.steps);
    if plot.is_empty() || full == 0 {
        return;
    }
    let per_second = if course.seconds > 0.0 { full as f64 / course.seconds } else { 0.0 };
    label(&format!("{}/s", text::rate(per_second)), snapshot.focus, plot, 0, buffer);
    if plot.height > 1 {
        label(sheet::whole_of(snapshot.focus), snapshot.focus, plot, plot.height - 1, buffer);
    }
    for x in 0..plot.width {
        let Some(step) = course.at(x) else { break };
        let column = column(plot, x);
        if plot.height == 1 {
            draw_level(share(step.whole, full), Meaning::Plain, column, buffer);
        } else {
            draw_stack(snapshot.focus, step, full, column, buffer);
        }
        if step.whole > full {
            paint(glyphs::UP, Meaning::Strong, column.x, column.y, buffer);
        }
    }
}

/// How many fill the height: the most of any step, unless one in twenty steps towers
/// so high that the others could not be seen; these get a mark instead.
fn scale(steps: &[Step]) -> u64 {
    let mut counts: Vec<u64> = steps.iter().map(|step| step.whole).collect();
    counts.sort_unstable();
    let most = counts.last().copied().unwrap_or(0);
    let usual = counts.get(counts.len() * 19 / 20).copied().unwrap_or(0);
    if usual > 0 && most / 2 > usual { usual + usual / 4 } else { most }
}

fn column(plot: Rect, x: u16) -> Rect {
    Rect { x: plot.x + x, width: 1, ..plot }
}

/// What a bar consists of, from the bottom: what is in focus, and the rest; or the code in focus,
/// other failures, absent names, answers.
fn stack(focus: Focus, step: &Step) -> Vec<(u64, (Meaning, char))> {
    if focus.rcode().is_none() {
        let rest = step.whole.saturating_sub(step.focus);
        return vec![(step.focus, theme::in_focus(focus)), (rest, theme::REST)];
    }
    let mut codes: Vec<_> = step.rcodes.iter().collect();
    codes.sort_by_key(|(code, _)| (focus != **code, code.is_answer(), **code == Rcode::NOERROR));
    codes.into_iter().map(|(code, count)| (*count, theme::rcode(*code, focus))).collect()
}

fn draw_stack(focus: Focus, step: &Step, full: u64, plot: Rect, buffer: &mut Buffer) {
    let height = |count: u64| share(count, full) * f64::from(plot.height);
    let (mut below, mut drawn) = (0, 0);
    for (count, (meaning, shade)) in stack(focus, step).into_iter().filter(|part| part.0 > 0) {
        below += count;
        let least = drawn + u16::from(shade == glyphs::SOLID);
        let top = text::cells(usize::try_from(text::whole(height(below))).unwrap_or(0)).max(least);
        for row in drawn..top.min(plot.height) {
            paint(shade, meaning, plot.x, plot.bottom() - 1 - row, buffer);
        }
        drawn = drawn.max(top);
    }
    if drawn == 0 && step.whole > 0 {
        paint('.', Meaning::Quiet, plot.x, plot.bottom() - 1, buffer);
    }
}

fn paint(shade: char, meaning: Meaning, x: u16, y: u16, buffer: &mut Buffer) {
    if let Some(cell) = buffer.cell_mut((x, y)) {
        cell.set_char(shade).set_style(meaning.style());
    }
}

/// The share of the focus, 0 to 100 %; a dot where it is too early to say.
fn draw_shares(snapshot: &Snapshot, course: &Course, plot: Rect, buffer: &mut Buffer) {
    if plot.is_empty() {
        return;
    }
    if plot.height > 1 {
        label("100 %", snapshot.focus, plot, 0, buffer);
    }
    label(&snapshot.focus.to_string(), snapshot.focus, plot, plot.height - 1, buffer);
    let meaning = theme::in_focus(snapshot.focus).0;
    for x in 0..plot.width {
        let Some(step) = course.at(x) else { continue };
        let part = share(step.focus, step.whole);
        draw_level(part, meaning, column(plot, x), buffer);
        if step.is_early && step.focus == 0 {
            paint('.', Meaning::Quiet, plot.x + x, plot.bottom() - 1, buffer);
        }
    }
}

/// A bar in eighths of a cell, as high as `part` of `plot`; what is not nothing is seen.
fn draw_level(part: f64, meaning: Meaning, plot: Rect, buffer: &mut Buffer) {
    let part = part.clamp(0.0, 1.0);
    let eighths = text::whole(part * 8.0 * f64::from(plot.height)).max(u64::from(part > 0.0));
    for row in 0..plot.height {
        let left = eighths.saturating_sub(u64::from(row) * 8).min(8);
        let shade = glyphs::EIGHTHS[usize::try_from(left).unwrap_or(0)];
        paint(shade, meaning, plot.x, plot.bottom() - 1 - row, buffer);
    }
}

/// The time of day at the left, in the middle and at the right, as far as there is room.
fn draw_axis(focus: Focus, course: &Course, plot: Rect, buffer: &mut Buffer) {
    const CLOCK: u16 = 8;
    let columns = course.columns.min(plot.width);
    let mut free = 0;
    for x in [0, columns / 2, columns.saturating_sub(CLOCK)] {
        if x < free || x + CLOCK > plot.width {
            continue;
        }
        let clock = course.time(x).clock();
        buffer.set_stringn(plot.x + x, plot.y, clock, CLOCK.into(), Meaning::Quiet.style());
        free = x + CLOCK + 1;
    }
    label("UTC", focus, plot, 0, buffer);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::selection::Drag;

    fn steps(counts: &[u64]) -> Vec<Step> {
        counts.iter().map(|count| Step { whole: *count, ..Step::default() }).collect()
    }

    #[test]
    fn a_lone_peak_does_not_flatten_the_rest() {
        let mut counts = [40; 60];
        assert_eq!(scale(&steps(&counts)), 40);
        counts[7] = 70;
        assert_eq!(scale(&steps(&counts)), 70);
        counts[7] = 9_000;
        assert_eq!(scale(&steps(&counts)), 50);
        assert_eq!(scale(&steps(&[0, 0, 5])), 5);
        assert_eq!(scale(&[]), 0);
    }

    #[test]
    fn the_span_that_the_mouse_passes_over_is_marked() {
        let mut snapshot = Snapshot::default();
        let (start, step) = (Timestamp::new(100, 0), Duration::from_secs(1));
        snapshot.timeline = Timeline { start, step, steps: steps(&[3; 10]) };
        let scale = scale_width(snapshot.focus);
        let area = Rect::new(0, 0, scale + 20, 7);
        let shown = Span { from: start, to: start.plus(step * 10), goes_on: false };
        let at = |column| step_at(&snapshot, area, shown, scale + column).unwrap();
        let marked = |drag| {
            let model = Model { drag, ..Model::default() };
            let mut buffer = Buffer::empty(area);
            draw(&model, &snapshot, area, &mut buffer);
            let is_marked = |column: &u16| {
                let all = (0..area.height).map(|y| buffer[(*column, y)].modifier);
                all.into_iter().all(|it| it.contains(ratatui::style::Modifier::REVERSED))
            };
            (0..area.width).filter(is_marked).map(|column| column - scale).collect::<Vec<_>>()
        };
        assert!(marked(None).is_empty());
        assert_eq!(marked(Some(Drag { from: at(9), to: at(5) })), [4, 5, 6, 7, 8, 9]);
        assert_eq!(marked(Some(Drag { from: at(0), to: at(0) })), [0, 1]);
    }

    #[test]
    fn any_number_of_steps_fills_the_columns() {
        for length in [1_usize, 2, 47, 48, 49, 1_000, 100_000] {
            let step = Duration::from_millis(500);
            let steps = steps(&vec![3; length]);
            let timeline = Timeline { start: Timestamp::new(9, 0), step, steps };
            let course = resampled(&timeline, 48);
            assert!(course.steps.len() <= 48);
            assert_eq!(course.nth(0), 0);
            assert_eq!(course.nth(47), course.steps.len() - 1);
            let all: u64 = course.steps.iter().map(|step| step.whole).sum();
            assert_eq!(all, 3 * length as u64);
        }
    }
}
