//! The last line: an answer to the last key, else the keys that help most.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Piece, pieces_width, write_pieces};
use crate::feed::Play;
use crate::snapshot::Snapshot;
use crate::tui::keys::{KEYS, Key, Msg, Zoom};
use crate::tui::model::Model;
use crate::tui::theme::Meaning;

/// What matters most where there is no room for every hint; those that do not stand here come last.
const FIRST: [Msg; 13] = [
    Msg::Quit,
    Msg::Help,
    Msg::Play(Play::Toggle),
    Msg::Play(Play::NextMessage),
    Msg::Enter,
    Msg::Filter,
    Msg::Turn(1),
    Msg::Freeze,
    Msg::Table(1),
    Msg::Focus,
    Msg::Export,
    Msg::Span(Zoom::In),
    Msg::Play(Play::Faster),
];

pub(super) fn draw(model: &Model, snapshot: &Snapshot, area: Rect, buffer: &mut Buffer) {
    if let Some(notice) = &model.notice {
        write_pieces(&[(notice.clone(), Meaning::Strong)], area, buffer);
        return;
    }
    let hints = KEYS.iter().filter(|key| !key.hint.is_empty() && key.is_offered(snapshot));
    let entries = hints.filter_map(|key| Some((rank(key), entry(model, snapshot, key)?)));
    write_pieces(&that_fit(entries.collect(), area.width), area, buffer);
}

fn rank(key: &Key) -> usize {
    FIRST.iter().position(|msg| *msg == key.msg).unwrap_or(FIRST.len())
}

/// The blanks after a hint.
const GAP: u16 = 2;

/// A key and what it does now.
fn entry(model: &Model, snapshot: &Snapshot, key: &Key) -> Option<[Piece; 2]> {
    let is_paused = snapshot.source.replay.is_some_and(|replay| !replay.is_playing);
    let hint = match key.msg {
        Msg::Freeze if model.frozen => "resume",
        Msg::Zoom if model.zoomed => "unzoom",
        Msg::Play(Play::Toggle) if is_paused => "play",
        _ => key.hint,
    };
    let label = model.look.glyphs.name_keys(&model.bindings.label(key.msg)?);
    Some([(label, Meaning::Strong), (format!(" {hint}  "), Meaning::Plain)])
}

/// Those that there is room for, the most useful ones first, in the order of the table.
fn that_fit(entries: Vec<(usize, [Piece; 2])>, width: u16) -> Vec<Piece> {
    let mut by_rank: Vec<usize> = (0..entries.len()).collect();
    by_rank.sort_by_key(|nth| entries[*nth].0);
    let mut room = width.saturating_add(GAP);
    let mut fits = vec![false; entries.len()];
    for nth in by_rank {
        let needed = pieces_width(&entries[nth].1);
        if needed <= room {
            room -= needed;
            fits[nth] = true;
        }
    }
    let fitting = entries.into_iter().zip(fits).filter(|(_, fits)| *fits);
    fitting.flat_map(|((_, entry), _)| entry).collect()
}
