//! The course of events: how many responses a second and how many of them carry the focus code.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::iana::Rcode;
use crate::snapshot::{Snapshot, Step, Timeline, share};
use crate::tui::text;
use crate::tui::theme::{self, Meaning};

/// Columns for the scale at the left.
const SCALE: u16 = 10;
/// A bar of one cell's height in eighths.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// From top to bottom as room allows: responses a second by code, the share of the focus code,
/// the times of day.
pub(super) fn draw(snapshot: &Snapshot, area: Rect, buffer: &mut Buffer) {
    if snapshot.timeline.steps.is_empty() || area.is_empty() || area.width <= SCALE {
        return;
    }
    let plot = Rect { x: area.x + SCALE, width: area.width - SCALE, ..area };
    let steps = resampled(&snapshot.timeline, plot.width);
    let axis = u16::from(area.height >= 2);
    let share_rows = match area.height {
        1..=3 => 1,
        4..=7 => 2,
        _ => 3,
    };
    let rate_rows = area.height.saturating_sub(axis + share_rows);
    draw_rates(snapshot, &steps, Rect { height: rate_rows, ..plot }, buffer);
    let y = plot.y + rate_rows;
    let share = Rect { y, height: share_rows.min(area.height - rate_rows), ..plot };
    draw_shares(snapshot, &steps, share, buffer);
    if axis == 1 {
        draw_axis(&steps, Rect { y: area.bottom() - 1, height: 1, ..plot }, buffer);
    }
}

/// The timeline in as many steps as there are columns.
struct Steps {
    steps: Vec<Step>,
    /// Columns of each step.
    width: u16,
    /// Seconds of each step.
    seconds: f64,
    start: crate::time::Timestamp,
}

impl Steps {
    /// The step that column `x` of the plot shows.
    fn at(&self, x: u16) -> Option<&Step> {
        self.steps.get(usize::from(x / self.width))
    }

    fn columns(&self) -> u16 {
        text::cells(self.steps.len()).saturating_mul(self.width)
    }
}

/// Joins neighbouring steps where there are more than columns, widens them where there are fewer.
fn resampled(timeline: &Timeline, columns: u16) -> Steps {
    let joined = timeline.steps.len().div_ceil(usize::from(columns.max(1))).max(1);
    let steps: Vec<Step> = timeline.steps.chunks(joined).map(join).collect();
    let width = (columns / text::cells(steps.len()).max(1)).max(1);
    let seconds = timeline.step.as_secs_f64() * joined as f64;
    Steps { steps, width, seconds, start: timeline.start }
}

fn join(steps: &[Step]) -> Step {
    let mut sum = Step { rcodes: BTreeMap::new(), ..Step::default() };
    for step in steps {
        sum.queries += step.queries;
        sum.responses += step.responses;
        sum.focus += step.focus;
        sum.unanswered += step.unanswered;
        for (code, count) in &step.rcodes {
            *sum.rcodes.entry(*code).or_default() += count;
        }
    }
    sum
}

fn label(text: &str, plot: Rect, row: u16, buffer: &mut Buffer) {
    let room = usize::from(SCALE - 1);
    let text = text::clip(text, room);
    let x = plot.x - SCALE + text::cells(room - text::width(&text));
    buffer.set_stringn(x, plot.y + row, text, room, Meaning::Quiet.style());
}

/// Stacked bars, the focus code at the bottom.
fn draw_rates(snapshot: &Snapshot, steps: &Steps, plot: Rect, buffer: &mut Buffer) {
    let most = steps.steps.iter().map(|step| step.responses).max().unwrap_or(0);
    if plot.is_empty() || most == 0 {
        return;
    }
    let per_second = if steps.seconds > 0.0 { most as f64 / steps.seconds } else { 0.0 };
    label(&format!("{}/s", text::rate(per_second)), plot, 0, buffer);
    for x in 0..plot.width {
        if let Some(step) = steps.at(x) {
            draw_stack(snapshot.focus, step, most, column(plot, x), buffer);
        }
    }
}

fn column(plot: Rect, x: u16) -> Rect {
    Rect { x: plot.x + x, width: 1, ..plot }
}

/// One bar: from the bottom the focus code, other failures, absent names, answers.
fn draw_stack(focus: Rcode, step: &Step, most: u64, plot: Rect, buffer: &mut Buffer) {
    let mut codes: Vec<_> = step.rcodes.iter().filter(|(_, count)| **count > 0).collect();
    codes.sort_by_key(|(code, _)| (**code != focus, code.is_answer(), **code == Rcode::NOERROR));
    let height = |count: u64| share(count, most) * f64::from(plot.height);
    let (mut below, mut drawn) = (0, 0);
    for (code, count) in codes {
        below += count;
        let least = drawn + u16::from(*code == focus);
        let top = text::cells(usize::try_from(text::whole(height(below))).unwrap_or(0)).max(least);
        let (meaning, shade) = theme::rcode(*code, focus);
        for row in drawn..top.min(plot.height) {
            paint(shade, meaning, plot.x, plot.bottom() - 1 - row, buffer);
        }
        drawn = drawn.max(top);
    }
    if drawn == 0 && step.responses > 0 {
        paint('.', Meaning::Quiet, plot.x, plot.bottom() - 1, buffer);
    }
}

fn paint(shade: char, meaning: Meaning, x: u16, y: u16, buffer: &mut Buffer) {
    if let Some(cell) = buffer.cell_mut((x, y)) {
        cell.set_char(shade).set_style(meaning.style());
    }
}

/// The share of the focus code, 0 to 100 %, in eighths of a cell.
fn draw_shares(snapshot: &Snapshot, steps: &Steps, plot: Rect, buffer: &mut Buffer) {
    if plot.is_empty() {
        return;
    }
    label(if plot.height > 1 { "100 %" } else { "share" }, plot, 0, buffer);
    if plot.height > 1 {
        label("share", plot, plot.height - 1, buffer);
    }
    let meaning = theme::rcode(snapshot.focus, snapshot.focus).0;
    for x in 0..plot.width {
        let Some(step) = steps.at(x) else { break };
        let part = share(step.focus, step.responses).clamp(0.0, 1.0);
        let eighths =
            text::whole(part * 8.0 * f64::from(plot.height)).max(u64::from(step.focus > 0));
        for row in 0..plot.height {
            let left = eighths.saturating_sub(u64::from(row) * 8).min(8);
            let shade = EIGHTHS[usize::try_from(left).unwrap_or(0)];
            paint(shade, meaning, plot.x + x, plot.bottom() - 1 - row, buffer);
        }
    }
}

/// The time of day at the left, in the middle and at the right, as far as there is room.
fn draw_axis(steps: &Steps, plot: Rect, buffer: &mut Buffer) {
    const CLOCK: u16 = 8;
    let columns = steps.columns().min(plot.width);
    let mut free = 0;
    for x in [0, columns / 2, columns.saturating_sub(CLOCK)] {
        if x < free || x + CLOCK > plot.width {
            continue;
        }
        let seconds = steps.seconds * f64::from(x / steps.width);
        let at =
            steps.start.plus(std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default());
        buffer.set_stringn(plot.x + x, plot.y, at.clock(), CLOCK.into(), Meaning::Quiet.style());
        free = x + CLOCK + 1;
    }
    label("UTC", plot, 0, buffer);
}
