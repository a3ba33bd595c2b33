//! The views that are one table and nothing else.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{View, only_active};
use crate::snapshot::Snapshot;
use crate::tui::model::Model;
use crate::tui::sheets::SheetId;

pub(super) const SERVERS: View = alone('v', "Servers", |model| vec![model.servers()]);
pub(super) const CLIENTS: View = alone('c', "Clients", |model| vec![model.clients()]);
pub(super) const NAMES: View = alone('n', "Names", |model| vec![model.names()]);
pub(super) const NETWORKS: View = alone('i', "CIDR", |_| vec![SheetId::Prefixes]);
pub(super) const PATHS: View = alone('p', "Path", |_| vec![SheetId::Paths]);

const fn alone(key: char, title: &'static str, sheets: fn(&Model) -> Vec<SheetId>) -> View {
    View { key, title, sheets, panes: only_active, draw: nothing_else }
}

pub(super) fn nothing_else(_: &Model, _: &Snapshot, _: Rect, _: &mut Buffer) {}
