//! How fast the responses came: all together, by code, by server.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use super::{Pane, View, only_active, write_lines};
use crate::snapshot::{Latency, Snapshot};
use crate::tui::model::Model;
use crate::tui::sheets::SheetId;
use crate::tui::text;
use crate::tui::theme::Meaning;

pub(super) const VIEW: View = View { key: 'l', title: "Latency", sheets, panes, draw };

fn sheets(_: &Model) -> Vec<SheetId> {
    vec![SheetId::RcodeTimes, SheetId::ServerTimes]
}

/// The line about all, and the rest.
fn parts(area: Rect) -> [Rect; 2] {
    let all = if area.height >= 6 { 2 } else { 0 };
    area.layout(&Layout::vertical([Constraint::Length(all), Constraint::Min(0)]))
}

fn panes(model: &Model, snapshot: &Snapshot, area: Rect) -> Vec<Pane> {
    let [_, tables] = parts(area);
    if tables.height < 10 {
        return only_active(model, snapshot, tables);
    }
    let halves = Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).spacing(1);
    let places: [Rect; 2] = tables.layout(&halves);
    sheets(model).into_iter().zip(places).collect()
}

fn draw(_: &Model, snapshot: &Snapshot, area: Rect, buffer: &mut Buffer) {
    let [all, _] = parts(area);
    let told = snapshot.latency.map_or_else(|| "No response times yet.".to_owned(), sentence);
    let lines = text::wrap(&told, all.width.into(), all.height.into());
    write_lines(&lines, Meaning::Plain.style(), all, buffer);
}

fn sentence(times: Latency) -> String {
    format!(
        "{} timed from query to response: half within {}, 95 % within {}, 99 % within {}, \
         {} to {}.",
        text::plural(times.count, "response"),
        text::rounded(times.p50),
        text::rounded(times.p95),
        text::rounded(times.p99),
        text::rounded(times.min),
        text::rounded(times.max)
    )
}
