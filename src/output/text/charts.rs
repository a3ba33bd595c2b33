//! Small charts of characters: a bar and a line of columns.

const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
const COLUMNS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII_COLUMNS: [char; 8] = ['.', '.', ':', ':', '|', '|', '#', '#'];

/// A bar of `share` (0 to 1) of `width`; anything above zero shows.
pub(super) fn bar(share: f64, width: usize, unicode: bool) -> String {
    let eighths = (share.clamp(0.0, 1.0) * (width * 8) as f64).ceil();
    let mut left = floor_to_usize(eighths);
    if !unicode {
        return "#".repeat(left.div_ceil(8));
    }
    let mut out = String::new();
    while left > 0 {
        let piece = left.min(8);
        out.extend(EIGHTHS.get(piece - 1));
        left -= piece;
    }
    out
}

/// A column per value, as high as its part of the highest; zero is a space.
pub(super) fn columns(values: &[u64], unicode: bool) -> String {
    let highest = values.iter().copied().max().unwrap_or(0);
    let signs = if unicode { COLUMNS } else { ASCII_COLUMNS };
    let sign = |value: u64| match value {
        0 => ' ',
        value => {
            let level = (u128::from(value) * 8).div_ceil(u128::from(highest).max(1));
            let place = usize::try_from(level.saturating_sub(1)).unwrap_or(0);
            signs.get(place).copied().unwrap_or('█')
        }
    };
    values.iter().copied().map(sign).collect()
}

/// Adds up neighbours so that at most `width` values are left; returns how many were added up
/// into each.
pub(super) fn condense(values: &[u64], width: usize) -> (Vec<u64>, usize) {
    let group = values.len().div_ceil(width.max(1)).max(1);
    let sum = |group: &[u64]| group.iter().fold(0_u64, |sum, value| sum.saturating_add(*value));
    (values.chunks(group).map(sum).collect(), group)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the argument is a whole number from 0 to eight times a screen's width"
)]
fn floor_to_usize(value: f64) -> usize {
    value as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_shows_eighths_and_never_hides_something() {
        let bars = [0.0, 0.001, 0.5, 0.56, 1.0, 7.0].map(|share| bar(share, 4, true));
        assert_eq!(bars, ["", "▏", "██", "██▎", "████", "████"]);
        let plain = [0.0, 0.001, 0.5, 1.0].map(|share| bar(share, 4, false));
        assert_eq!(plain, ["", "#", "##", "####"]);
    }

    #[test]
    fn columns_are_relative_to_the_highest() {
        assert_eq!(columns(&[0, 1, 4, 8], true), " ▁▄█");
        assert_eq!(columns(&[0, 1, 4, 8], false), " .:#");
        assert_eq!(columns(&[0, 0], true), "  ");
        assert_eq!(columns(&[u64::MAX], true), "█");
        assert_eq!(columns(&[], true), "");
    }

    #[test]
    fn condensing_keeps_the_sum() {
        assert_eq!(condense(&[1, 2, 3, 4, 5], 2), (vec![6, 9], 3));
        assert_eq!(condense(&[1, 2], 10), (vec![1, 2], 1));
        assert_eq!(condense(&[], 10), (vec![], 1));
    }
}
