//! Every sign beyond ASCII that the screen draws, with what stands for it where it cannot be shown.
//!
//! Views draw the signs of this table. What the terminal lacks is replaced cell by cell once all is
//! drawn, so that no layout depends on it. A sign that stands in no row becomes a question mark, and a
//! test complains of it.

use ratatui::buffer::Buffer;

/// Stands for what was cut.
pub(crate) const ELLIPSIS: char = '…';
/// A bar that goes beyond the top; a column in reverse order.
pub(crate) const UP: char = '▲';
/// A column in its own order.
pub(crate) const DOWN: char = '▼';
/// The shades of a bar: the focus, other failures, absent names, answers.
pub(crate) const SOLID: char = '█';
pub(crate) const DARK: char = '▓';
pub(crate) const MEDIUM: char = '▒';
pub(crate) const LIGHT: char = '░';
/// A bar of one cell's height in eighths.
pub(crate) const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The arrow keys.
pub(crate) const ARROWS: [(char, &str); 4] =
    [('←', "Left"), ('→', "Right"), ('↑', "Up"), ('↓', "Down")];

/// Stands for a sign that is in no row, and for a character of a foreign text.
const UNKNOWN: char = '?';

/// One sign and its likes.
struct Glyph {
    utf8: char,
    /// In the fonts of the Linux console, which hold what code page 437 held.
    console: char,
    ascii: char,
}

const fn glyph(utf8: char, console: char, ascii: char) -> Glyph {
    Glyph { utf8, console, ascii }
}

const TABLE: &[Glyph] = &[
    glyph(ELLIPSIS, '~', '~'),
    glyph(UP, UP, '^'),
    glyph(DOWN, DOWN, 'v'),
    glyph(SOLID, SOLID, '#'),
    glyph(DARK, DARK, '*'),
    glyph(MEDIUM, MEDIUM, '+'),
    glyph(LIGHT, LIGHT, '-'),
    glyph('▁', '▄', '.'),
    glyph('▂', '▄', '.'),
    glyph('▃', '▄', ':'),
    glyph('▄', '▄', ':'),
    glyph('▅', '▄', '='),
    glyph('▆', SOLID, '='),
    glyph('▇', SOLID, '#'),
    glyph('←', '←', '<'),
    glyph('→', '→', '>'),
    glyph('↑', '↑', '^'),
    glyph('↓', '↓', 'v'),
    glyph('─', '─', '-'),
    glyph('│', '│', '|'),
    glyph('┌', '┌', '+'),
    glyph('┐', '┐', '+'),
    glyph('└', '└', '+'),
    glyph('┘', '┘', '+'),
    glyph('├', '├', '+'),
    glyph('┤', '┤', '+'),
    glyph('┬', '┬', '+'),
    glyph('┴', '┴', '+'),
    glyph('┼', '┼', '+'),
    glyph('≥', '≥', '>'), // before the count of a bounded table: there may be more
    glyph('µ', 'µ', 'u'),
    glyph('§', '§', 'S'),
    glyph('·', '·', '.'),
];

/// The signs a terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Glyphs {
    /// All of them.
    #[default]
    Utf8,
    /// Those of the Linux console's font.
    Console,
    /// ASCII alone.
    Ascii,
}

impl Glyphs {
    /// What the locale and the terminal's name promise.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        match variable("TERM").as_deref() {
            _ if !speaks_utf8(&variable) => Self::Ascii,
            Some("linux") => Self::Console,
            Some("dumb") => Self::Ascii,
            _ => Self::Utf8,
        }
    }

    /// The sign to show for this one.
    fn of(self, sign: char) -> char {
        if sign.is_ascii() || self == Self::Utf8 {
            return sign;
        }
        let glyph = TABLE.iter().find(|glyph| glyph.utf8 == sign);
        match (self, glyph) {
            (Self::Console, Some(glyph)) => glyph.console,
            (_, Some(glyph)) => glyph.ascii,
            (_, None) => UNKNOWN,
        }
    }

    /// Replaces what cannot be shown.
    pub(crate) fn paint(self, buffer: &mut Buffer) {
        if self == Self::Utf8 {
            return;
        }
        for cell in buffer.content.iter_mut().filter(|cell| !cell.symbol().is_ascii()) {
            let sign = cell.symbol().chars().next().unwrap_or(' ');
            cell.set_char(self.of(sign));
        }
    }

    /// The same for text that goes around the screen.
    pub fn text(self, text: &str) -> String {
        text.chars().map(|sign| self.of(sign)).collect()
    }

    /// Arrow keys by their names where there are no arrows: `v` would look like a letter to press.
    pub(crate) fn name_keys(self, text: &str) -> String {
        if self != Self::Ascii {
            return text.to_owned();
        }
        let named = |text: String, (arrow, name): &(char, &str)| text.replace(*arrow, name);
        ARROWS.iter().fold(text.to_owned(), named)
    }
}

/// Whether the locale speaks UTF-8; one that is not set at all does, as most terminals do.
pub fn speaks_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let mut locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable);
    locale.find(|value| !value.is_empty()).is_none_or(|value| {
        let value = value.to_ascii_lowercase();
        value.contains("utf-8") || value.contains("utf8")
    })
}

/// Whether the table knows the sign.
pub fn is_known(sign: char) -> bool {
    sign.is_ascii() || TABLE.iter().any(|glyph| glyph.utf8 == sign)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::text;

    fn detected(set: &[(&str, &str)]) -> Glyphs {
        Glyphs::detect(|name| {
            set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_locale_and_the_terminal_decide() {
        assert_eq!(detected(&[]), Glyphs::Utf8);
        assert_eq!(detected(&[("LANG", "de_DE.UTF-8"), ("TERM", "xterm")]), Glyphs::Utf8);
        assert_eq!(detected(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8")]), Glyphs::Utf8);
        assert_eq!(detected(&[("LANG", "C")]), Glyphs::Ascii);
        assert_eq!(detected(&[("LC_ALL", "POSIX"), ("LANG", "de_DE.UTF-8")]), Glyphs::Ascii);
        assert_eq!(detected(&[("LANG", "C.UTF-8"), ("TERM", "linux")]), Glyphs::Console);
        assert_eq!(detected(&[("LANG", "C"), ("TERM", "linux")]), Glyphs::Ascii);
    }

    #[test]
    fn every_sign_takes_one_column_and_has_its_likes() {
        let cp437 = "▄█▓▒░▲▼←→↑↓─│┌┐└┘├┤┬┴┼≥µ§·~";
        for glyph in TABLE {
            assert_eq!(text::width(&glyph.utf8.to_string()), 1, "{}", glyph.utf8);
            assert!(glyph.ascii.is_ascii_graphic(), "{}", glyph.utf8);
            assert!(cp437.contains(glyph.console), "{} is in no console font", glyph.console);
        }
        for sign in EIGHTHS.into_iter().chain(ARROWS.map(|(arrow, _)| arrow)) {
            assert!(is_known(sign), "{sign}");
        }
    }

    #[test]
    fn the_shades_differ_in_every_set() {
        for glyphs in [Glyphs::Utf8, Glyphs::Console, Glyphs::Ascii] {
            let mut shades = [SOLID, DARK, MEDIUM, LIGHT].map(|shade| glyphs.of(shade));
            shades.sort_unstable();
            assert!(shades.windows(2).all(|pair| pair[0] != pair[1]), "{glyphs:?}: {shades:?}");
        }
    }

    #[test]
    fn what_is_foreign_keeps_its_columns() {
        let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, 8, 1));
        buffer.set_string(0, 0, "a漢e\u{301}…z", ratatui::style::Style::new());
        Glyphs::Ascii.paint(&mut buffer);
        let shown: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(shown, "a? e~z  ");
    }
}
