//! The last line: an answer to the last key, else the keys that help most.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Piece, pieces_width, write_pieces};
use crate::tui::keys::{KEYS, Msg};
use crate::tui::model::Model;
use crate::tui::theme::Meaning;

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    if let Some(notice) = &model.notice {
        write_pieces(&[(notice.clone(), Meaning::Strong)], area, buffer);
        return;
    }
    let mut pieces: Vec<Piece> = Vec::new();
    for key in KEYS.iter().filter(|key| !key.hint.is_empty()) {
        let hint = match key.msg {
            Msg::Freeze if model.frozen => "resume",
            Msg::Zoom if model.zoomed => "unzoom",
            _ => key.hint,
        };
        let Some(label) = model.bindings.label(key.msg) else { continue };
        let label = model.look.glyphs.name_keys(&label);
        let entry = [(label, Meaning::Strong), (format!(" {hint}  "), Meaning::Plain)];
        if pieces_width(&pieces) + pieces_width(&entry) > area.width + 2 {
            break;
        }
        pieces.extend(entry);
    }
    write_pieces(&pieces, area, buffer);
}
