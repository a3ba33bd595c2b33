//! Keys in the view of lookups: from the table to one lookup, to one message, and back.

use crate::snapshot::Snapshot;
use crate::tui::keys::Msg;
use crate::tui::model::{Ladder, Model};
use crate::tui::sheets::SheetId;
use crate::tui::view;

/// Does what a message asks for, if it is about lookups; `false` leaves it to others.
pub(super) fn takes(model: &mut Model, msg: Msg, snapshot: &Snapshot) -> bool {
    let Some(open) = model.open_ladder().cloned() else {
        return msg == Msg::Enter && model.active() == SheetId::Lookups && open(model, snapshot);
    };
    let next = match (msg, open.message) {
        (Msg::Back, None) => None,
        (Msg::Back, Some(_)) => Some(Ladder { message: None, ..open }),
        (Msg::Enter, _) => Some(Ladder { message: read(&open, snapshot), ..open }),
        (Msg::Page(by), Some(line)) => Some(scroll(model, open, line, by, snapshot)),
        _ => match steps(msg) {
            Some(by) => Some(select(open, by, snapshot)),
            None => return is_of_tables(msg),
        },
    };
    model.ladder = next;
    true
}

/// Opens the lookup that is selected in the table.
fn open(model: &mut Model, snapshot: &Snapshot) -> bool {
    let (rows, place) = model.ordered(SheetId::Lookups, snapshot);
    let lookups = snapshot.lookups.as_ref();
    let row = rows.get(place).and_then(|row| lookups.and_then(|lookups| lookups.rows.get(*row)));
    model.ladder = row.map(|row| Ladder { id: row.id.clone(), step: 0, message: None });
    true
}

/// The first line of the message, if there is one to read.
fn read(open: &Ladder, snapshot: &Snapshot) -> Option<usize> {
    open.lookup(snapshot).map(|_| 0).or(open.message)
}

/// How many steps a message moves by.
fn steps(msg: Msg) -> Option<isize> {
    const PAGE: isize = 10;
    match msg {
        Msg::Move(by) | Msg::Wheel(_, _, by) => Some(isize::from(by)),
        Msg::Page(by) => Some(isize::from(by) * PAGE),
        Msg::Top => Some(isize::MIN),
        Msg::Bottom => Some(isize::MAX),
        _ => None,
    }
}

fn select(open: Ladder, by: isize, snapshot: &Snapshot) -> Ladder {
    let last = open.lookup(snapshot).map_or(0, |lookup| lookup.steps.len().saturating_sub(1));
    let step = open.step.min(last).saturating_add_signed(by).min(last);
    Ladder { step, message: open.message.map(|_| 0), ..open }
}

/// Moves through a long message by half a screen.
fn scroll(model: &Model, open: Ladder, line: usize, by: i16, snapshot: &Snapshot) -> Ladder {
    let half = isize::from(by) * isize::try_from(model.size.1 / 2).unwrap_or(1);
    let last = view::last_line(model, &open, snapshot);
    Ladder { message: Some(line.saturating_add_signed(half).min(last)), ..open }
}

/// What would act on a table that is not there.
fn is_of_tables(msg: Msg) -> bool {
    matches!(msg, Msg::Sort | Msg::Reverse | Msg::Table(_))
}
