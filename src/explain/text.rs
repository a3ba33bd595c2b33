//! Words on a screen: paragraphs broken into lines.

/// No line is longer, in characters.
pub(super) const WIDTH: usize = 100;

/// A paragraph, with a line end.
pub(super) fn paragraph(text: &str) -> String {
    hang("", text)
}

/// A text that begins after its head; further lines are indented as far.
pub(super) fn hang(head: &str, text: &str) -> String {
    let indent = head.chars().count();
    let mut out = String::from(head);
    let mut used = indent;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > indent && used + 1 + length > WIDTH {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            used = indent;
        } else if used > indent {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += length;
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_lines_stand_under_the_first() {
        let text = "word ".repeat(30);
        let filled = hang("  head  ", &text);
        let lines: Vec<_> = filled.lines().collect();
        assert!(lines[0].starts_with("  head  word"), "{filled}");
        assert!(lines[1].starts_with("        word"), "{filled}");
        assert!(lines.iter().all(|line| line.len() <= WIDTH && line.trim_end() == *line));
    }

    #[test]
    fn a_word_longer_than_the_screen_stays_whole() {
        let long = "x".repeat(WIDTH + 1);
        assert_eq!(paragraph(&long), format!("{long}\n"));
    }
}
