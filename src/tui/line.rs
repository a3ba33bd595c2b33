//! A line of text that is being typed: plain data.

/// What a key does to the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Puts a character in.
    Insert(char),
    /// Takes away the character before the cursor.
    Erase,
    /// Takes away the character at the cursor.
    Delete,
    /// Takes away the word before the cursor.
    EraseWord,
    /// Takes away everything.
    Clear,
    /// One character to the left.
    Left,
    /// One character to the right.
    Right,
    /// To the beginning.
    Home,
    /// To the end.
    End,
    /// Completes what was begun; again: by the next that fits.
    Complete,
    /// The line that was typed before this one.
    Older,
    /// The line that was typed after this one.
    Newer,
    /// Done.
    Accept,
    /// Not meant.
    Cancel,
}

/// A line and its cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    text: String,
    /// In bytes, on the border of a character.
    cursor: usize,
}

/// Longer lines are no one's.
const LONGEST: usize = 1000;

impl Line {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), cursor: text.len() }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The text before the cursor, and behind it.
    pub(crate) fn halves(&self) -> (&str, &str) {
        self.text.split_at_checked(self.cursor).unwrap_or((&self.text, ""))
    }

    /// Does what changes the line and nothing else.
    pub(crate) fn edit(&mut self, edit: Edit) {
        let (before, behind) = self.halves();
        let last = before.chars().next_back().map_or(0, char::len_utf8);
        let next = behind.chars().next().map_or(0, char::len_utf8);
        match edit {
            Edit::Insert(character) if self.text.len() < LONGEST && !character.is_control() => {
                self.text.insert(self.cursor, character);
                self.cursor += character.len_utf8();
            }
            Edit::Erase => self.erase(self.cursor - last, self.cursor),
            Edit::Delete => self.erase(self.cursor, self.cursor + next),
            Edit::EraseWord => {
                let start = before.trim_end().rfind(' ').map_or(0, |space| space + 1);
                self.erase(start, self.cursor);
            }
            Edit::Clear => *self = Self::default(),
            Edit::Left => self.cursor -= last,
            Edit::Right => self.cursor += next,
            Edit::Home => self.cursor = 0,
            Edit::End => self.cursor = self.text.len(),
            _ => {}
        }
    }

    fn erase(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, edits: &[Edit], expected: (&str, &str)) {
        let mut line = Line::new(text);
        edits.iter().for_each(|edit| line.edit(*edit));
        assert_eq!(line.halves(), expected);
    }

    #[test]
    fn a_line_is_edited_by_characters() {
        check("ab", &[Edit::Left, Edit::Insert('é'), Edit::Insert('x')], ("aéx", "b"));
        check("aé", &[Edit::Erase], ("a", ""));
        check("aéb", &[Edit::Home, Edit::Right, Edit::Delete], ("a", "b"));
        check("", &[Edit::Erase, Edit::Delete, Edit::Left, Edit::Right, Edit::EraseWord], ("", ""));
        check("type:A rcode:R", &[Edit::EraseWord], ("type:A ", ""));
        check("type:A ", &[Edit::EraseWord], ("", ""));
        check("ab", &[Edit::Home, Edit::End, Edit::Insert('\u{1b}')], ("ab", ""));
        check("ab", &[Edit::Clear], ("", ""));
    }

    #[test]
    fn a_line_has_an_end() {
        let mut line = Line::default();
        (0..5_000).for_each(|_| line.edit(Edit::Insert('a')));
        assert_eq!(line.text().len(), LONGEST);
    }
}
