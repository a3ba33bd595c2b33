//! Extended DNS Errors: why, in the servers' own words (RFC 8914).

use super::{View, lists, only_active};
use crate::tui::sheets::SheetId;

pub(super) const VIEW: View = View {
    key: 'E',
    title: "EDE",
    sheets: |_| vec![SheetId::Ede],
    panes: only_active,
    draw: lists::nothing_else,
};
