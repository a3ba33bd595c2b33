//! All that the share of the focus is of as one bar, and what its shades mean: responses by code,
//! queries by whether they got one, or answered queries by whether that took long.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Piece, pieces_width, write_pieces};
use crate::snapshot::{Focus, Snapshot, share};
use crate::tui::text;
use crate::tui::theme::{self, Meaning};

/// Rows of the bar and its legend.
pub(super) const HEIGHT: u16 = 2;

pub(super) fn draw(snapshot: &Snapshot, area: Rect, buffer: &mut Buffer) {
    let parts = parts(snapshot);
    let mut places = area.rows();
    if let Some(place) = places.next() {
        draw_bar(&parts, place, buffer);
    }
    if let Some(place) = places.next() {
        draw_legend(&parts, snapshot.focus, place, buffer);
    }
}

/// A part of the bar.
struct Part {
    name: String,
    count: u64,
    share: f64,
    look: (Meaning, char),
}

/// The focus first, then the others, most first.
fn parts(snapshot: &Snapshot) -> Vec<Part> {
    match snapshot.focus {
        Focus::Rcode(_) => by_code(snapshot),
        Focus::NoResponse => by_focus(snapshot, "answered".to_owned()),
        Focus::Slow => by_focus(snapshot, format!("within {}", text::rounded(snapshot.slow.after))),
    }
}

fn by_code(snapshot: &Snapshot) -> Vec<Part> {
    let mut rows: Vec<_> = snapshot.rcodes.iter().filter(|row| row.responses > 0).collect();
    rows.sort_by_key(|row| (snapshot.focus != row.rcode, u64::MAX - row.responses, row.rcode));
    let part = |row: &&crate::snapshot::RcodeRow| Part {
        name: row.rcode.to_string(),
        count: row.responses,
        share: row.share,
        look: theme::rcode(row.rcode, snapshot.focus),
    };
    rows.iter().map(part).collect()
}

/// What is in focus, and the rest by its name.
fn by_focus(snapshot: &Snapshot, rest: String) -> Vec<Part> {
    let (met, whole) = snapshot.in_focus();
    let focus = (snapshot.focus.to_string(), met, theme::in_focus(snapshot.focus));
    let rest = (rest, whole.saturating_sub(met), theme::REST);
    let parts = [focus, rest].into_iter().filter(|(_, count, _)| *count > 0);
    parts
        .map(|(name, count, look)| Part { name, count, share: share(count, whole), look })
        .collect()
}

fn draw_bar(parts: &[Part], area: Rect, buffer: &mut Buffer) {
    let counts: Vec<u64> = parts.iter().map(|part| part.count).collect();
    let pieces: Vec<Piece> = parts
        .iter()
        .zip(portions(&counts, area.width))
        .map(|(part, width)| {
            let (meaning, shade) = part.look;
            (shade.to_string().repeat(width.into()), meaning)
        })
        .collect();
    write_pieces(&pieces, area, buffer);
}

/// Shares `width` cells out in proportion to `counts`; what exists gets a cell as long as there
/// are any, because a bar that hides a code lies. The largest pays for the rounding.
fn portions(counts: &[u64], width: u16) -> Vec<u16> {
    let total: u64 = counts.iter().sum();
    let exact = |count: u64| count as f64 / total.max(1) as f64 * f64::from(width);
    let mut cells: Vec<u16> = counts
        .iter()
        .map(|count| {
            u16::try_from(text::whole(exact(*count))).unwrap_or(width).max(u16::from(*count > 0))
        })
        .collect();
    let largest = (0..counts.len()).max_by_key(|place| counts[*place]);
    if let (Some(largest), true) = (largest, total > 0) {
        let others: u16 =
            cells.iter().enumerate().filter(|(n, _)| *n != largest).map(|(_, c)| c).sum();
        cells[largest] = width.saturating_sub(others);
    }
    cells
}

/// `█ REFUSED 38.0 % 1,312  ░ NOERROR 60.1 % 2,069`; without the counts, then with `+2 more`,
/// where room is short. What is not of responses says of what it is.
fn draw_legend(parts: &[Part], focus: Focus, area: Rect, buffer: &mut Buffer) {
    let entries = |counts| parts.iter().map(|part| entry(part, counts)).collect::<Vec<_>>();
    let full = entries(true);
    let fits = pieces_width(&full.concat()) <= area.width + GAP;
    let entries = if fits { full } else { entries(false) };
    let mut pieces: Vec<Piece> = Vec::new();
    for (nth, entry) in entries.iter().enumerate() {
        let left = parts.len() - nth - 1;
        let reserve = if left > 0 { text::cells(text::width(&more(left))) + GAP } else { 0 };
        if pieces_width(&pieces) + pieces_width(entry) + reserve > area.width + GAP {
            pieces.push((more(left + 1), Meaning::Plain));
            break;
        }
        pieces.extend_from_slice(entry);
    }
    if focus.rcode().is_none() && !parts.is_empty() {
        pieces.push((format!("of {}", focus.whole()), Meaning::Quiet));
    }
    write_pieces(&pieces, area, buffer);
}

/// Columns after each entry.
const GAP: u16 = 2;

fn more(left: usize) -> String {
    format!("+{left} more")
}

fn entry(part: &Part, with_count: bool) -> Vec<Piece> {
    let (meaning, shade) = part.look;
    let count = if with_count { format!(" {}", text::count(part.count)) } else { String::new() };
    let numbers = format!(" {}{count}  ", text::share(part.share));
    vec![(format!("{shade} {}", part.name), meaning), (numbers, Meaning::Plain)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills_its_width_and_hides_nothing() {
        for counts in [vec![1], vec![1, 1, 1], vec![1, 1_000_000], vec![5, 90, 5, 0, 1]] {
            let cells = portions(&counts, 80);
            assert_eq!(cells.iter().sum::<u16>(), 80, "{counts:?}");
            for (count, cells) in counts.iter().zip(&cells) {
                assert_eq!(*count > 0, *cells > 0, "{counts:?}");
            }
        }
    }

    #[test]
    fn no_responses_make_no_bar() {
        assert_eq!(portions(&[], 80), Vec::<u16>::new());
        assert_eq!(portions(&[0], 80), [0]);
    }
}
