//! Text for the clipboard of the terminal that is looked at, by OSC 52: no program on this machine
//! could reach it over ssh.
//!
//! Nothing but printable ASCII is ever copied, so that what is pasted carries no control
//! characters; and nothing but the framing and base64 is sent.

use data_encoding::BASE64;

/// Terminals take about 74 000 bytes of base64; nothing that is copied here comes near.
const MOST: usize = 16 * 1024;

/// GNU screen takes 768 bytes of a string, others take less.
const SCREEN_PIECE: usize = 254;

/// What stands between this program and the terminal that has the clipboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Between {
    #[default]
    Nothing,
    Tmux,
    Screen,
}

impl Between {
    /// As the environment tells. Over ssh only TERM arrives; of `screen` nobody knows whether it is
    /// GNU screen or an old tmux, and tmux passes over what is for screen.
    pub(crate) fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| variable(name).is_some_and(|value| !value.is_empty());
        let term = variable("TERM").unwrap_or_default();
        match term {
            _ if set("TMUX") => Self::Tmux,
            _ if set("STY") => Self::Screen,
            term if term.starts_with("tmux") => Self::Tmux,
            term if term.starts_with("screen") => Self::Screen,
            _ => Self::Nothing,
        }
    }

    /// What must allow it, for a person to read.
    pub(crate) fn gate(self) -> &'static str {
        match self {
            Self::Nothing => "if the terminal allows OSC 52",
            Self::Tmux => "if the terminal allows OSC 52; tmux: set-clipboard on",
            Self::Screen => "if the terminal behind screen allows OSC 52",
        }
    }
}

/// What can be copied of a text: printable ASCII, in one line, so that pasting it into a shell
/// runs nothing by itself.
pub(crate) fn printable(text: &str) -> String {
    let plain = |letter: char| match letter {
        ' '..='~' => letter,
        letter if letter.is_whitespace() => ' ',
        _ => '?',
    };
    text.chars().take(MOST).map(plain).collect()
}

/// The bytes that put a text into the clipboard.
pub(crate) fn sequence(text: &str, between: Between) -> String {
    let text = BASE64.encode(printable(text).as_bytes());
    let plain = format!("\x1b]52;c;{text}\x07");
    match between {
        Between::Nothing => plain,
        // With `set-clipboard on` tmux takes it itself; with `allow-passthrough on` it hands it on.
        Between::Tmux => format!("{plain}\x1bPtmux;\x1b{plain}\x1b\\"),
        Between::Screen => in_pieces(&plain),
    }
}

/// A string of its own for each piece; screen hands on their contents one after another.
fn in_pieces(plain: &str) -> String {
    let bytes: Vec<char> = plain.chars().collect();
    let piece = |piece: &[char]| format!("\x1bP{}\x1b\\", piece.iter().collect::<String>());
    bytes.chunks(SCREEN_PIECE).map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_sent_in_base64() {
        assert_eq!(sequence("192.0.2.53", Between::Nothing), "\x1b]52;c;MTkyLjAuMi41Mw==\x07");
        assert_eq!(sequence("", Between::Nothing), "\x1b]52;c;\x07");
    }

    #[test]
    fn tmux_gets_it_for_itself_and_to_hand_on() {
        let sent = sequence("a", Between::Tmux);
        assert_eq!(sent, "\x1b]52;c;YQ==\x07\x1bPtmux;\x1b\x1b]52;c;YQ==\x07\x1b\\");
    }

    #[test]
    fn screen_gets_pieces_that_it_can_take() {
        assert_eq!(sequence("a", Between::Screen), "\x1bP\x1b]52;c;YQ==\x07\x1b\\");
        let sent = sequence(&"x".repeat(900), Between::Screen);
        let pieces: Vec<&str> = sent.split_terminator("\x1b\\").collect();
        assert_eq!(pieces.len(), 5);
        assert!(pieces.iter().all(|piece| piece.len() <= SCREEN_PIECE + 2));
        let whole: String = pieces.iter().filter_map(|piece| piece.strip_prefix("\x1bP")).collect();
        assert_eq!(whole, sequence(&"x".repeat(900), Between::Nothing));
    }

    #[test]
    fn nothing_but_printable_ascii_is_copied() {
        let hostile = "a\x1b]52;c;x\x07b\nc\u{202e}d\u{9b}e漢";
        assert_eq!(printable(hostile), "a?]52;c;x?b c?d?e?");
        let sent = sequence(hostile, Between::Nothing);
        let inside = sent.strip_prefix("\x1b]52;c;").and_then(|sent| sent.strip_suffix('\x07'));
        assert!(inside.is_some_and(|inside| inside.bytes().all(|byte| byte.is_ascii_graphic())));
        assert_eq!(printable(&"x".repeat(MOST + 9)).len(), MOST);
    }

    #[test]
    fn what_is_between_is_told_by_the_environment() {
        let detect = |set: &'static [(&str, &str)]| {
            Between::detect(|name| {
                set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(detect(&[("TERM", "xterm-256color")]), Between::Nothing);
        assert_eq!(detect(&[("TERM", "screen-256color"), ("TMUX", "/tmp/x,1,0")]), Between::Tmux);
        assert_eq!(detect(&[("TERM", "tmux-256color")]), Between::Tmux);
        assert_eq!(detect(&[("TERM", "screen.xterm"), ("STY", "1.pts")]), Between::Screen);
        assert_eq!(detect(&[("TERM", "screen")]), Between::Screen);
        assert_eq!(detect(&[("TMUX", "")]), Between::Nothing);
    }
}
