//! The latest response in focus, decoded whole, beside its bytes; or the latest query without one.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{View, write_lines};
use crate::snapshot::{Focus, Snapshot};
use crate::tui::model::Model;
use crate::tui::text;
use crate::tui::theme::Meaning;

pub(super) const VIEW: View =
    View { key: 'm', title: "Msg", sheets: |_| Vec::new(), panes: |_, _, _| Vec::new(), draw };

/// Columns of sixteen bytes in hexadecimal and as text.
pub(super) const DUMP: u16 = 16 * 3 + 1 + 16;

fn draw(_: &Model, snapshot: &Snapshot, area: Rect, buffer: &mut Buffer) {
    let Some(sample) = &snapshot.sample else {
        let none = vec![none(snapshot)];
        return write_lines(&none, Meaning::Plain.style(), area, buffer);
    };
    let mut lines = text::wrap(&sample.title(snapshot.focus), area.width.into(), 2);
    lines.extend(sample.lines.iter().flat_map(|line| text::wrap(line, area.width.into(), 4)));
    lines.truncate(area.height.into());
    write_lines(&lines, Meaning::Plain.style(), area, buffer);
    if area.width >= DUMP {
        let used = text::cells(lines.len()) + 1;
        let below = Rect {
            y: area.y.saturating_add(used),
            height: area.height.saturating_sub(used),
            ..area
        };
        write_lines(
            &dump(&sample.bytes, below.height.into()),
            Meaning::Quiet.style(),
            below,
            buffer,
        );
    }
}

/// What stands where there is none: the latest is kept from when it came into focus.
fn none(snapshot: &Snapshot) -> String {
    let what = match snapshot.focus {
        Focus::Rcode(rcode) => format!("{rcode} response"),
        Focus::NoResponse => "query without response".to_owned(),
        Focus::Slow => "slow response".to_owned(),
    };
    match snapshot.in_focus().0 {
        0 => format!("no {what} yet"),
        _ => format!("no {what} since it came into focus"),
    }
}

/// Bytes in hexadecimal and as text, sixteen a row.
pub(super) fn dump(bytes: &[u8], rows: usize) -> Vec<String> {
    bytes.chunks(16).take(rows).map(row).collect()
}

fn row(bytes: &[u8]) -> String {
    let mut hex = String::new();
    for byte in bytes {
        hex += &format!("{byte:02x} ");
    }
    let plain = |byte: &u8| if byte.is_ascii_graphic() { char::from(*byte) } else { '.' };
    format!("{hex:<48} {}", bytes.iter().map(plain).collect::<String>())
}
