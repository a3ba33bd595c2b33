//! What this terminal can show: how many colours, on which background.
//!
//! Asks the terminal for its background only where terminals are known to answer, and waits for a
//! bounded time: a serial line or the Linux console is never asked.

use std::time::Duration;

use terminal_colorsaurus::{QueryOptions, background_color};

use super::theme::{THEMES, Theme};

/// How long a terminal of this machine may take to answer.
const NEAR: Duration = Duration::from_millis(100);
/// How long one at the other end of an SSH connection may take. An answer that comes later would be
/// taken for keys.
const FAR: Duration = Duration::from_millis(500);

/// How many colours there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Colours {
    None,
    Sixteen,
    /// 256.
    Many,
    /// 16 million.
    True,
}

/// What TERM and COLORTERM promise.
fn colours(variable: &impl Fn(&str) -> Option<String>) -> Colours {
    /// Terminals that have 256 colours and whose TERM does not say so.
    const RICH: [&str; 7] = ["kitty", "alacritty", "foot", "wezterm", "ghostty", "contour", "rio"];
    let term = variable("TERM").unwrap_or_default();
    let promise = variable("COLORTERM").unwrap_or_default();
    if term == "dumb" || term.is_empty() {
        Colours::None
    } else if term == "linux" {
        Colours::Sixteen // whatever COLORTERM was inherited
    } else if promise == "truecolor" || promise == "24bit" || term.ends_with("-direct") {
        Colours::True
    } else if term.contains("256color") || RICH.iter().any(|rich| term.contains(rich)) {
        Colours::Many
    } else {
        Colours::Sixteen
    }
}

/// Whether the background is light, as COLORFGBG says: `15;0`, or `0;default;15`.
fn is_light_by_name(variable: &impl Fn(&str) -> Option<String>) -> Option<bool> {
    let told = variable("COLORFGBG")?;
    let background: u8 = told.rsplit(';').next()?.parse().ok()?;
    Some(matches!(background, 7 | 9..=15))
}

/// Asks the terminal (OSC 11) whether its background is light.
fn is_light_by_answer(patience: Duration) -> Option<bool> {
    let mut options = QueryOptions::default();
    options.timeout = patience;
    let background = background_color(options).ok()?;
    Some(background.perceived_lightness() > 0.5)
}

/// The theme that suits the terminal, and whether it shows any colour.
pub(super) fn theme(
    variable: &impl Fn(&str) -> Option<String>,
    ask: impl FnOnce(Duration) -> Option<bool>,
) -> &'static Theme {
    let name = match colours(variable) {
        _ if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) => "none",
        Colours::None => "none",
        Colours::Sixteen => "ansi",
        Colours::Many | Colours::True => {
            let patience = if variable("SSH_CONNECTION").is_some() { FAR } else { NEAR };
            let light = ask(patience).or_else(|| is_light_by_name(variable));
            if light == Some(true) { "light" } else { "dark" }
        }
    };
    Theme::named(name).unwrap_or(&THEMES[0])
}

/// The same with the terminal's own answer.
pub(super) fn theme_of_terminal() -> &'static Theme {
    theme(&environment, is_light_by_answer)
}

/// Whether every colour can be shown, not 256 only.
pub(super) fn has_true_colour() -> bool {
    colours(&environment) == Colours::True
}

pub(super) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Set = &'static [(&'static str, &'static str)];

    fn variables(set: Set) -> impl Fn(&str) -> Option<String> {
        |name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    #[track_caller]
    fn check(set: Set, answer: Option<bool>, expected: &str) {
        assert_eq!(theme(&variables(set), |_| answer).name, expected, "{set:?}");
    }

    const XTERM: (&str, &str) = ("TERM", "xterm-256color");

    #[test]
    fn the_background_decides_between_dark_and_light() {
        check(&[XTERM], Some(false), "dark");
        check(&[XTERM], Some(true), "light");
        check(&[XTERM], None, "dark");
        check(&[XTERM, ("COLORFGBG", "0;15")], None, "light");
        check(&[XTERM, ("COLORFGBG", "0;default;15")], None, "light");
        check(&[XTERM, ("COLORFGBG", "15;0")], None, "dark");
        check(&[XTERM, ("COLORFGBG", "0;15")], Some(false), "dark");
        check(&[("TERM", "xterm-kitty")], Some(true), "light");
        check(&[("TERM", "xterm"), ("COLORTERM", "truecolor")], Some(true), "light");
    }

    #[test]
    fn who_wants_no_colour_gets_none() {
        check(&[XTERM, ("NO_COLOR", "1")], Some(true), "none");
        check(&[XTERM, ("NO_COLOR", "")], Some(true), "light");
        check(&[("TERM", "dumb")], Some(true), "none");
        check(&[], Some(true), "none");
    }

    #[test]
    fn a_serial_line_and_the_console_are_not_asked() {
        for term in ["linux", "vt100", "vt220", "ansi", "xterm", "screen", "cons25", "dumb"] {
            let set: Set = Box::leak(Box::new([("TERM", term)]));
            theme(&variables(set), |_| panic!("{term} was asked"));
        }
    }

    #[test]
    fn who_is_far_away_may_take_longer() {
        theme(&variables(&[XTERM]), |patience| {
            assert_eq!(patience, NEAR);
            None
        });
        theme(&variables(&[XTERM, ("SSH_CONNECTION", "x")]), |patience| {
            assert_eq!(patience, FAR);
            None
        });
    }
}
