//! What kind of messages: question types, opcodes, classes, transports.

use ratatui::layout::{Constraint, Layout, Rect};

use super::{Pane, View, lists, only_active};
use crate::snapshot::Snapshot;
use crate::tui::model::Model;
use crate::tui::sheets::SheetId;

pub(super) const VIEW: View =
    View { key: 't', title: "Type", sheets, panes, draw: lists::nothing_else };

fn sheets(_: &Model) -> Vec<SheetId> {
    vec![SheetId::Types, SheetId::Opcodes, SheetId::Classes, SheetId::Transports]
}

/// Two by two; there are many types and few of the rest.
fn panes(model: &Model, snapshot: &Snapshot, area: Rect) -> Vec<Pane> {
    if area.width < 72 || area.height < 8 {
        return only_active(model, snapshot, area);
    }
    let columns = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).spacing(3);
    let [types, rest] = area.layout(&columns);
    let thirds = Layout::vertical([Constraint::Fill(1), Constraint::Fill(1), Constraint::Fill(1)]);
    let [opcodes, classes, transports] = rest.layout(&thirds.spacing(u16::from(area.height >= 14)));
    sheets(model).into_iter().zip([types, opcodes, classes, transports]).collect()
}
