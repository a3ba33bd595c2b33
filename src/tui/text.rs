//! Numbers, times and names as text of a bounded display width.
//!
//! Knows no screen and no snapshot. Every width is in terminal columns, never in bytes or
//! characters, and no length is trusted: a name may be a thousand characters long.

use std::time::Duration;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::glyphs::ELLIPSIS;
pub(crate) use crate::time::rounded;

/// Columns that `text` takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The beginning of `text`, with an ellipsis if something had to go.
pub(crate) fn clip(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let Some(kept) = room.checked_sub(1) else { return String::new() };
    let mut out = head(text, kept);
    out.push(ELLIPSIS);
    out
}

/// The end of `text` and a little of its beginning: what tells names and paths apart.
pub(crate) fn clip_middle(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let Some(kept) = room.checked_sub(1) else { return String::new() };
    let front = kept / 3;
    format!("{}{ELLIPSIS}{}", head(text, front), tail(text, kept - front))
}

/// As many whole characters of the beginning as `room` columns hold.
fn head(text: &str, room: usize) -> String {
    within(text.chars(), room).collect()
}

/// As many whole characters of the end as `room` columns hold.
pub(crate) fn tail(text: &str, room: usize) -> String {
    let mut backwards: Vec<char> = within(text.chars().rev(), room).collect();
    backwards.reverse();
    backwards.into_iter().collect()
}

fn within(chars: impl Iterator<Item = char>, room: usize) -> impl Iterator<Item = char> {
    chars
        .scan(0, |used, c| {
            *used += c.width().unwrap_or(0);
            Some((*used, c))
        })
        .take_while(move |(used, _)| *used <= room)
        .map(|(_, c)| c)
}

/// `text` in lines of at most `room` columns, broken at spaces where there are any; `most` lines,
/// the last of them with an ellipsis if there is more.
pub(crate) fn wrap(text: &str, room: usize, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let space = usize::from(!line.is_empty());
        if width(&line) + space + width(word) <= room {
            line.push_str(if space == 1 { " " } else { "" });
            line.push_str(word);
            continue;
        }
        if lines.len() + 1 >= most {
            line.push(' ');
            line.push_str(word);
            break;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        line = clip_middle(word, room);
    }
    if !line.is_empty() && most > 0 {
        lines.push(clip(line.trim_start(), room));
    }
    lines
}

/// `1,234,567`
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 client`, `9 clients`, `9 queries`
pub(crate) fn plural(number: u64, one: &str) -> String {
    let many = || one.strip_suffix("ry").map_or(format!("{one}s"), |stem| format!("{stem}ries"));
    let word = if number == 1 { one.to_owned() } else { many() };
    format!("{} {word}", count(number))
}

/// `38.0 %`; never rounds something to nothing nor a part to the whole.
pub(crate) fn share(part: f64) -> String {
    match part {
        p if p <= 0.0 => "0 %".to_owned(),
        p if p < 0.001 => "<0.1 %".to_owned(),
        p if p >= 1.0 => "100 %".to_owned(),
        p if p > 0.999 => ">99.9 %".to_owned(),
        p => format!("{:.1} %", p * 100.0),
    }
}

/// Time left, in whole seconds: nobody can promise more.
pub(crate) fn countdown(left: Duration) -> String {
    match left.as_secs() {
        seconds if seconds < 60 => format!("{seconds} s"),
        seconds => rounded(Duration::from_secs(seconds)),
    }
}

/// Bytes in decimal units: `12.3 MB`.
pub(crate) fn bytes(number: f64) -> String {
    match number {
        n if n < 1e3 => format!("{n:.0} B"),
        n if n < 1e6 => format!("{:.1} kB", n / 1e3),
        n if n < 1e9 => format!("{:.1} MB", n / 1e6),
        n => format!("{:.2} GB", n / 1e9),
    }
}

/// A rate per second, three digits or so: `0.4`, `12`, `1,234`.
pub(crate) fn rate(per_second: f64) -> String {
    match per_second {
        r if r <= 0.0 => "0".to_owned(),
        r if r < 0.1 => "<0.1".to_owned(),
        r if r < 10.0 => format!("{r:.1}"),
        r => count(whole(r)),
    }
}

/// The nearest whole number; nothing below zero.
pub(crate) fn whole(number: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float-to-integer cast saturates, and a rounded number is what is wanted"
    )]
    let rounded = number.round() as u64;
    rounded
}

/// A length in cells; what no screen can hold is the longest a screen can be.
pub(crate) fn cells(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_thousands_separators() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(count(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn a_share_never_rounds_to_nothing_or_all() {
        let shares = [0.0, 0.000_1, 0.001, 0.38, 0.999_5, 1.0];
        let texts = ["0 %", "<0.1 %", "0.1 %", "38.0 %", ">99.9 %", "100 %"];
        assert_eq!(shares.map(share), texts);
    }

    #[test]
    fn a_cut_name_keeps_its_suffix_and_its_beginning() {
        assert_eq!(clip_middle("a9f3c2.very.long.name.ads.example", 16), "a9f3c…ds.example");
        assert_eq!(clip_middle("short.example", 16), "short.example");
        assert_eq!(clip_middle("anything", 0), "");
        assert_eq!(clip("anything", 4), "any…");
    }

    #[test]
    fn cuts_count_columns_not_characters() {
        let wide = "漢字漢字漢字漢字";
        for room in 0..18 {
            assert!(width(&clip(wide, room)) <= room, "{room}");
            assert!(width(&clip_middle(wide, room)) <= room, "{room}");
            assert!(wrap(wide, room, 3).iter().all(|line| width(line) <= room), "{room}");
        }
    }

    #[test]
    fn wrapped_text_stays_within_its_lines() {
        assert_eq!(wrap("one two three four", 9, 9), ["one two", "three", "four"]);
        assert_eq!(wrap("one two three four", 9, 2), ["one two", "three fo…"]);
        assert_eq!(wrap("one", 9, 0), Vec::<String>::new());
        assert_eq!(wrap(&"x".repeat(1_000), 9, 2), ["xx…xxxxxx"]);
    }
}
