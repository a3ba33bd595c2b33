//! Colours by meaning, and the marks that say the same without colour.
//!
//! Views draw meanings; [`THEMES`] says how each looks, and a theme is painted on once all is drawn.
//! Every coloured thing also has a word, a mark or a shade.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier, Style};

use super::glyphs;
use crate::focus::Focus;
use crate::iana::Rcode;

/// What a piece of text is, not what it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Ordinary text.
    Plain,
    /// What may be overlooked: units, axes, empty tables.
    Quiet,
    /// What names the thing.
    Strong,
    /// The row or tab the keys act on.
    Selected,
    /// The heading of a table; the second is the one the keys act on.
    Heading,
    ActiveHeading,
    /// The response code under examination, when it is a failure.
    Trouble,
    /// Another failure.
    Failure,
    /// A name that does not exist.
    Absence,
    /// An answer.
    Answer,
    /// Something that lowers the worth of the numbers.
    Warning,
}

/// What has a colour of its own. In a buffer that is not painted yet, the colour of a cell is its
/// place in this list.
const COLOURED: [Meaning; 6] = [
    Meaning::Quiet,
    Meaning::Trouble,
    Meaning::Failure,
    Meaning::Absence,
    Meaning::Answer,
    Meaning::Warning,
];

impl Meaning {
    /// The shape of the text, and the mark of its colour.
    pub(crate) fn style(self) -> Style {
        let style = match self {
            Self::Plain | Self::Quiet | Self::Failure | Self::Absence | Self::Answer => {
                Style::new()
            }
            Self::Strong | Self::Trouble | Self::Warning => {
                Style::new().add_modifier(Modifier::BOLD)
            }
            Self::Selected => Style::new().add_modifier(Modifier::REVERSED),
            Self::Heading => Style::new().add_modifier(Modifier::UNDERLINED),
            Self::ActiveHeading => Style::new().add_modifier(Modifier::UNDERLINED | Modifier::BOLD),
        };
        let place = COLOURED.iter().position(|each| *each == self);
        match place.and_then(|place| u8::try_from(place).ok()) {
            Some(place) => style.fg(Color::Indexed(place)),
            None => style,
        }
    }
}

/// How what is in focus looks: its meaning and its shade.
pub(crate) fn in_focus(focus: Focus) -> (Meaning, char) {
    let meaning = if focus == Rcode::NOERROR { Meaning::Answer } else { Meaning::Trouble };
    (meaning, glyphs::SOLID)
}

/// How the rest looks beside what is in focus, where that is no code.
pub(crate) const REST: (Meaning, char) = (Meaning::Plain, glyphs::LIGHT);

/// How a response code looks beside what is in focus: its meaning and its shade.
pub(crate) fn rcode(code: Rcode, focus: Focus) -> (Meaning, char) {
    match code {
        code if focus == code => in_focus(focus),
        Rcode::NOERROR => (Meaning::Answer, glyphs::LIGHT),
        Rcode::NXDOMAIN => (Meaning::Absence, glyphs::MEDIUM),
        _ => (Meaning::Failure, glyphs::DARK),
    }
}

/// A colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ink {
    /// What the terminal has anyway.
    Own,
    /// One of the sixteen that the terminal's owner may have chosen.
    Ansi(Color),
    /// Exactly this one.
    Exact(u8, u8, u8),
}

/// How each meaning looks.
#[derive(Debug, PartialEq, Eq)]
pub struct Theme {
    /// As it is asked for.
    pub name: &'static str,
    /// For whom it is.
    pub about: &'static str,
    paper: Ink,
    text: Ink,
    /// In the order of [`COLOURED`].
    inks: [Ink; COLOURED.len()],
}

/// Every theme. The first two leave the terminal its own background, which they have to fit; the
/// others bring one, as what they promise depends on it.
pub const THEMES: &[Theme] = &[
    Theme {
        name: "dark",
        about: "for dark backgrounds",
        paper: Ink::Own,
        text: Ink::Own,
        inks: [
            Ink::Exact(168, 168, 168),
            Ink::Exact(255, 95, 95),
            Ink::Exact(215, 135, 255),
            Ink::Exact(95, 215, 255),
            Ink::Exact(135, 215, 135),
            Ink::Exact(255, 215, 95),
        ],
    },
    Theme {
        name: "light",
        about: "for light backgrounds",
        paper: Ink::Own,
        text: Ink::Own,
        inks: [
            Ink::Exact(88, 88, 88),
            Ink::Exact(215, 0, 0),
            Ink::Exact(135, 0, 175),
            Ink::Exact(0, 95, 135),
            Ink::Exact(0, 95, 0),
            Ink::Exact(135, 95, 0),
        ],
    },
    Theme {
        name: "high-contrast",
        about: "on black, every contrast 7 to 1 or more",
        paper: Ink::Exact(0, 0, 0),
        text: Ink::Exact(255, 255, 255),
        inks: [
            Ink::Exact(208, 208, 208),
            Ink::Exact(255, 135, 135),
            Ink::Exact(255, 135, 255),
            Ink::Exact(0, 255, 255),
            Ink::Exact(95, 255, 95),
            Ink::Exact(255, 255, 0),
        ],
    },
    // Okabe and Ito: vermillion, reddish purple, sky blue, bluish green, yellow.
    Theme {
        name: "colour-blind",
        about: "on black, colours that are told apart with any colour vision",
        paper: Ink::Exact(0, 0, 0),
        text: Ink::Exact(255, 255, 255),
        inks: [
            Ink::Exact(168, 168, 168),
            Ink::Exact(213, 94, 0),
            Ink::Exact(204, 121, 167),
            Ink::Exact(86, 180, 233),
            Ink::Exact(0, 158, 115),
            Ink::Exact(240, 228, 66),
        ],
    },
    Theme {
        name: "ansi",
        about: "on black, with the sixteen colours of the terminal",
        paper: Ink::Ansi(Color::Black),
        text: Ink::Ansi(Color::White),
        inks: [
            Ink::Ansi(Color::Gray),
            Ink::Ansi(Color::LightRed),
            Ink::Ansi(Color::LightMagenta),
            Ink::Ansi(Color::LightCyan),
            Ink::Ansi(Color::LightGreen),
            Ink::Ansi(Color::LightYellow),
        ],
    },
    Theme {
        name: "none",
        about: "no colour: bold, dim, underlined and reversed text",
        paper: Ink::Own,
        text: Ink::Own,
        inks: [Ink::Own; COLOURED.len()],
    },
];

impl Theme {
    /// The theme of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        THEMES.iter().find(|theme| theme.name == name)
    }

    /// Whether it has any colour.
    pub fn has_colour(&self) -> bool {
        self.inks != [Ink::Own; COLOURED.len()]
    }

    /// Gives every cell its colour. Where the terminal has 256 colours only, the nearest of them.
    pub(crate) fn paint(&self, true_colour: bool, buffer: &mut Buffer) {
        let show = |ink| shown(ink, true_colour);
        let [text, paper] = [self.text, self.paper].map(show);
        let inks = self.inks.map(show);
        for cell in &mut buffer.content {
            let place = place(cell);
            cell.fg = place.and_then(|place| inks.get(place)).copied().unwrap_or(text);
            cell.bg = paper;
            if place == Some(0) && !self.has_colour() {
                cell.modifier |= Modifier::DIM; // the quiet; with a colour dim would be too faint
            }
        }
    }
}

/// Which of [`COLOURED`] a cell is marked with.
fn place(cell: &Cell) -> Option<usize> {
    match cell.fg {
        Color::Indexed(place) => Some(place.into()),
        _ => None,
    }
}

fn shown(ink: Ink, true_colour: bool) -> Color {
    match ink {
        Ink::Own => Color::Reset,
        Ink::Ansi(colour) => colour,
        Ink::Exact(r, g, b) if true_colour => Color::Rgb(r, g, b),
        Ink::Exact(r, g, b) => Color::Indexed(nearest([r, g, b])),
    }
}

/// The steps of the cube of 6 x 6 x 6 colours that every terminal with 256 colours has.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The nearest of the 240 colours that no user changes: a cube, and 24 greys.
fn nearest(rgb: [u8; 3]) -> u8 {
    (16..=255).min_by_key(|index| distance(indexed(*index), rgb)).unwrap_or(16)
}

fn distance(one: [u8; 3], other: [u8; 3]) -> u32 {
    one.iter().zip(other).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
}

/// What colour an index from 16 on stands for.
fn indexed(index: u8) -> [u8; 3] {
    if index >= 232 {
        return [8 + 10 * (index - 232); 3];
    }
    let place = index.saturating_sub(16);
    [place / 36, place / 6 % 6, place % 6].map(|step| STEPS[usize::from(step) % STEPS.len()])
}

#[cfg(test)]
mod tests;
