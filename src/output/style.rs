//! Colours by meaning, as terminal codes, or none. Never the only sign of anything.

/// What a piece of text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// As it is.
    Plain,
    /// Headings.
    Heading,
    /// Of lesser interest.
    Faint,
    /// The focus code and what comes with it.
    Focus,
    /// What lowers the worth of the numbers.
    Caution,
    /// Other response codes that are no answers.
    Trouble,
    /// Answers.
    Good,
}

impl Style {
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Heading => "1",
            Self::Faint => "2",
            Self::Focus => "1;31",
            Self::Caution => "33",
            Self::Trouble => "35",
            Self::Good => "32",
        }
    }
}

/// Puts colour codes around text, where wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Painter {
    pub(super) color: bool,
}

impl Painter {
    pub(super) fn paint(self, style: Style, text: &str) -> String {
        match style.code() {
            "" => text.into(),
            _ if !self.color || text.trim().is_empty() => text.into(),
            code => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_nothing_is_added() {
        let text = Painter { color: false }.paint(Style::Focus, "REFUSED");
        assert_eq!(text, "REFUSED");
    }

    #[test]
    fn colour_ends_where_it_began() {
        let painter = Painter { color: true };
        assert_eq!(painter.paint(Style::Focus, "REFUSED"), "\x1b[1;31mREFUSED\x1b[0m");
        assert_eq!(painter.paint(Style::Plain, "x"), "x");
        assert_eq!(painter.paint(Style::Good, "  "), "  ");
    }
}
