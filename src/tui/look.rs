//! How the screen looks on this terminal: its theme, its colours and its signs.

use ratatui::buffer::Buffer;

use super::detect;
use super::glyphs::Glyphs;
use super::theme::{THEMES, Theme};

/// What is put on once all is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Colours by meaning.
    pub theme: &'static Theme,
    /// Any colour, or only 256 of them.
    pub true_colour: bool,
    /// The signs the terminal can show.
    pub glyphs: Glyphs,
}

impl Look {
    /// What suits this terminal, as far as it is not decided; may ask the terminal for its
    /// background, which nobody else may read from meanwhile.
    pub fn detect(theme: Option<&'static Theme>, ascii: bool) -> Self {
        let glyphs = if ascii { Glyphs::Ascii } else { Glyphs::detect(detect::environment) };
        Self {
            theme: theme.unwrap_or_else(detect::theme_of_terminal),
            true_colour: detect::has_true_colour(),
            glyphs,
        }
    }

    /// A theme on a terminal that can show everything; the first one if the name is unknown.
    pub fn named(name: &str) -> Self {
        let theme = Theme::named(name).unwrap_or(&THEMES[0]);
        Self { theme, true_colour: true, glyphs: Glyphs::default() }
    }

    pub(crate) fn paint(&self, buffer: &mut Buffer) {
        self.glyphs.paint(buffer);
        self.theme.paint(self.true_colour, buffer);
    }
}

impl Default for Look {
    fn default() -> Self {
        Self::named("dark")
    }
}
