//! Numbers, times and ends in words, the same in every report that people read.

use std::time::Duration;

use crate::snapshot::{Distinct, Ended, Focus, Selected, Snapshot, SourceKind, Timestamp, Vantage};

/// A response time as the dashboard shows it, in ASCII: microseconds as filters read them.
pub(super) fn rounded(time: Duration) -> String {
    crate::time::rounded(time).replace('µ', "u")
}

/// A count with its thousands apart: `1,712`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with its noun: `1 client`, `2 clients`.
pub(super) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

/// A number of queries.
pub(super) fn queries(number: u64) -> String {
    format!("{} {}", count(number), if number == 1 { "query" } else { "queries" })
}

/// A number of pairs of client and question: who asks the same again later counts once.
pub(super) fn pairs(number: u64) -> String {
    format!("{} of client and question", counted(number, "pair"))
}

/// A number of distinct things, `25+` where a bound was reached.
pub(super) fn distinct(number: Option<Distinct>) -> String {
    number.map_or_else(String::new, |number| {
        format!("{}{}", count(number.count), if number.at_least { "+" } else { "" })
    })
}

/// A share from 0 to 1 as a percentage that never rounds something to nothing or to all.
pub(super) fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.0005 {
        "<0.1%".into()
    } else if share < 1.0 && share > 0.9995 {
        ">99.9%".into()
    } else {
        format!("{:.1}%", share * 100.0)
    }
}

/// A span of time in its two largest units.
pub(super) fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => rounded(time),
        1..60 => format!("{:.1} s", time.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// How to write moments of one capture: by the clock while it covers one day, else with the date.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moments {
    same_day: bool,
}

impl Moments {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let day = |at: Timestamp| at.0 / 86_400_000_000_000;
        let source = &snapshot.source;
        Self { same_day: source.first.map(day) == source.last.map(day) }
    }

    pub(super) fn show(self, at: Option<Timestamp>) -> String {
        match at {
            None => "-".into(),
            Some(at) if self.same_day => at.clock(),
            Some(at) => at.date_and_clock(),
        }
    }
}

/// What a filter leaves out.
pub(super) fn selected(snapshot: &Snapshot, selected: &Selected) -> String {
    let (responses, of) = (selected.responses, snapshot.ledger.responses);
    format!("Only {} of {}: {}", count(responses), counted(of, "response"), selected.filter)
}

/// The focus: `REFUSED`, `no response`, `slow (over 500 ms)`.
pub(super) fn focus(snapshot: &Snapshot) -> String {
    match snapshot.focus {
        Focus::Slow => format!("slow (over {})", rounded(snapshot.slow.after)),
        focus => focus.to_string(),
    }
}

/// What a share is of, where there is little room.
pub(super) fn of(focus: Focus) -> &'static str {
    match focus {
        Focus::Slow => "answered",
        focus => focus.whole(),
    }
}

/// The heading of what the focus of a row is counted of.
pub(super) fn of_all(focus: Focus) -> &'static str {
    match focus {
        Focus::Rcode(_) => "of all",
        Focus::NoResponse => "of queries",
        Focus::Slow => "of answered",
    }
}

/// When the capture took place and how long it covers.
pub(super) fn period(snapshot: &Snapshot) -> String {
    let source = &snapshot.source;
    let (Some(first), Some(last)) = (source.first, source.last) else {
        return "no packets".into();
    };
    let until = Moments::of(snapshot).show(Some(last));
    format!("{} to {until} UTC ({})", first.date_and_clock(), span(source.duration()))
}

/// Where the capture was taken, in a sentence without a full stop.
pub(super) fn seen(vantage: &Vantage) -> String {
    format!("Seen {}", vantage.text)
}

/// How the input ended, in a few words.
pub(super) fn end(snapshot: &Snapshot) -> String {
    match (&snapshot.source.ended, snapshot.source.kind) {
        (None, SourceKind::Live) => "still capturing".into(),
        (None, SourceKind::File) => "still reading".into(),
        (Some(Ended::EndOfFile), _) => "read to the end".into(),
        (Some(Ended::Stopped), _) => "stopped".into(),
        (Some(Ended::Damaged(why)), _) => format!("DAMAGED: {why}"),
        (Some(Ended::Failed(why)), _) => format!("FAILED: {why}"),
    }
}

/// Cuts the middle out of a text that is too long: the end of a name says whose it is, its
/// beginning tells it from its neighbours.
pub(super) fn fit(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.into();
    }
    let dots = width.min(3);
    let tail = (width - dots) * 2 / 3;
    let head = width - dots - tail;
    let dots = ".".repeat(dots);
    text.chars().take(head).chain(dots.chars()).chain(text.chars().skip(length - tail)).collect()
}

/// Breaks a sentence into lines of at most `width` characters, at spaces; a word longer than
/// that is broken where it must.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        }
        let mut rest = word.chars().peekable();
        if used > 0 {
            push(&mut lines, ' ');
            used += 1;
        }
        while rest.peek().is_some() {
            if used >= width {
                lines.push(String::new());
                used = 0;
            }
            for letter in rest.by_ref().take(width - used) {
                push(&mut lines, letter);
                used += 1;
            }
        }
    }
    lines
}

fn push(lines: &mut [String], letter: char) {
    if let Some(line) = lines.last_mut() {
        line.push(letter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let numbers = [0, 999, 1000, 1_234_567, u64::MAX].map(count);
        assert_eq!(numbers, ["0", "999", "1,000", "1,234,567", "18,446,744,073,709,551,615"]);
    }

    #[test]
    fn a_percentage_never_rounds_something_to_nothing_or_to_all() {
        let shares = [0.0, 0.000_01, 0.0005, 0.285, 0.999_99, 1.0].map(percent);
        assert_eq!(shares, ["0.0%", "<0.1%", "0.1%", "28.5%", ">99.9%", "100.0%"]);
    }

    #[test]
    fn spans_have_two_units() {
        let seconds = [0, 24, 303, 7440, 266_400];
        let shown = seconds.map(|seconds| span(Duration::from_secs(seconds)));
        assert_eq!(shown, ["0", "24.0 s", "5 min 3 s", "2 h 4 min", "3 d 2 h"]);
    }

    #[test]
    fn a_long_name_keeps_its_beginning_and_its_end() {
        assert_eq!(fit("www.example", 11), "www.example");
        assert_eq!(fit("host1.deep.ads.example", 15), "host....example");
        assert_eq!(fit("host1.deep.ads.example", 2), "..");
        assert_eq!(fit("x", 0), "");
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_anywhere() {
        assert_eq!(wrap("a bb ccc", 4), ["a bb", "ccc"]);
        assert_eq!(wrap("abcdefgh x", 3), ["abc", "def", "gh", "x"]);
        assert_eq!(wrap("", 3), [""]);
    }
}
