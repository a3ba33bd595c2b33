//! Below a table: where the addresses of the selected row are, and who says what they are called.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::write_lines;
use crate::snapshot::Snapshot;
use crate::tui::model::Model;
use crate::tui::places;
use crate::tui::sheets::SheetId;
use crate::tui::text;
use crate::tui::theme::Meaning;
use crate::tui::value::Value;

/// Writes it into the last rows of `area`: in one, unless it needs two and has them.
pub(super) fn draw(
    model: &Model,
    snapshot: &Snapshot,
    (id, row): (SheetId, usize),
    area: Rect,
    buffer: &mut Buffer,
) {
    let width = usize::from(area.width);
    let [places, names] = told(model, snapshot, id, row);
    let both: Vec<&str> =
        [&places, &names].into_iter().filter(|it| !it.is_empty()).map(String::as_str).collect();
    let together = both.join("; ");
    let lines = if text::width(&together) > width && area.height > 1 && both.len() > 1 {
        vec![places, names]
    } else {
        vec![together]
    };
    let lines: Vec<String> = lines.iter().map(|line| text::clip(line, width)).collect();
    let height = text::cells(lines.len()).min(area.height);
    let last = Rect { y: area.bottom() - height, height, ..area };
    write_lines(&lines, Meaning::Quiet.style(), last, buffer);
}

/// Where the addresses are, and what they are called.
fn told(model: &Model, snapshot: &Snapshot, id: SheetId, row: usize) -> [String; 2] {
    let (sheet, called) = (id.sheet(), model.called(snapshot));
    let values = (0..sheet.columns()).map(|column| sheet.value(row, column, snapshot));
    let (mut places, mut names) = (Vec::new(), Vec::new());
    for value in values {
        let Value::Address(address) = value else { continue };
        let place = places::told(address, snapshot);
        places.extend(place.map(|place| format!("{address} is in {place}")));
        names.extend(called.told(address));
    }
    [places.join("; "), names.join("; ")]
}
