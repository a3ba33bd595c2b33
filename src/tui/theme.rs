//! Colours by meaning, and the marks that say the same without colour.
//!
//! Only the sixteen colours a terminal's owner chose, never as a background, so that light and
//! dark terminals both stay readable. Every coloured thing also has a word, a mark or a shade.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

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

impl Meaning {
    pub(crate) fn style(self) -> Style {
        let plain = Style::new();
        match self {
            Self::Plain => plain,
            Self::Quiet => plain.add_modifier(Modifier::DIM),
            Self::Strong => plain.add_modifier(Modifier::BOLD),
            Self::Selected => plain.add_modifier(Modifier::REVERSED),
            Self::Heading => plain.add_modifier(Modifier::UNDERLINED),
            Self::ActiveHeading => plain.add_modifier(Modifier::UNDERLINED | Modifier::BOLD),
            Self::Trouble => plain.fg(Color::Red).add_modifier(Modifier::BOLD),
            Self::Failure => plain.fg(Color::Magenta),
            Self::Absence => plain.fg(Color::Cyan),
            Self::Answer => plain.fg(Color::Green),
            Self::Warning => plain.fg(Color::Yellow).add_modifier(Modifier::BOLD),
        }
    }
}

/// How a response code looks beside the one under examination: its meaning and its shade.
pub(crate) fn rcode(code: Rcode, focus: Rcode) -> (Meaning, char) {
    match code {
        Rcode::NOERROR if code == focus => (Meaning::Answer, '█'),
        code if code == focus => (Meaning::Trouble, '█'),
        Rcode::NOERROR => (Meaning::Answer, '░'),
        Rcode::NXDOMAIN => (Meaning::Absence, '▒'),
        _ => (Meaning::Failure, '▓'),
    }
}

/// Takes every colour out of what was drawn; bold, dim, underlined and reversed stay.
pub(crate) fn strip_colour(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        cell.fg = Color::Reset;
        cell.bg = Color::Reset;
    }
}
