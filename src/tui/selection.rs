//! What is looked at: the rows that were entered one after the other, a filter, and a span of time.
//! Together they are one filter, whose numbers the screen shows.

use std::time::Duration;

use super::line::Line;
use super::places::{self, Within};
use super::sheets::SheetId;
use super::terms::quoted_term;
use crate::select::Filter;
use crate::snapshot::Snapshot;
use crate::time::Timestamp;

/// A row that was entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Crumb {
    /// As it is told: `server 192.0.2.53`.
    pub(crate) label: String,
    /// The same as a filter; empty for a network or country, of which only rows are shown.
    pub(crate) term: String,
    /// The network or country that it is.
    pub(crate) within: Option<Within>,
    /// The view it was entered from.
    pub(crate) from: usize,
}

/// What is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    /// From the whole to the part.
    pub(crate) crumbs: Vec<Crumb>,
    /// The filter that was typed, if it is not empty.
    pub(crate) filter: String,
    /// Between these moments.
    pub(crate) span: Option<Span>,
}

/// A span of packet time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// It goes on with the capture.
    pub(crate) goes_on: bool,
}

/// A span of time that is being chosen with the mouse, on the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Drag {
    /// The step where the mouse was pressed.
    pub(crate) from: Span,
    /// The step where it is now.
    pub(crate) to: Span,
}

impl Drag {
    /// From the earlier step to the later one, both included.
    pub(crate) fn span(self) -> Span {
        let from = self.from.from.min(self.to.from);
        Span { from, to: self.from.to.max(self.to.to), ..self.to }
    }

    /// Whether the mouse has moved to another step.
    pub(crate) fn has_moved(self) -> bool {
        self.from.from != self.to.from
    }
}

/// A filter that is being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Typing {
    pub(crate) line: Line,
    /// What was in force before.
    pub(crate) before: String,
    /// What is wrong with it.
    pub(crate) error: Option<String>,
    /// What it was completed from, and by which of the offers.
    pub(crate) completing: Option<(String, usize)>,
    /// Which of the earlier ones is shown, counted back from the latest.
    pub(crate) older: Option<usize>,
}

/// Rows within rows: deeper nobody goes.
const DEEPEST: usize = 16;

impl Selection {
    /// Whether everything is looked at.
    pub(crate) fn is_everything(&self) -> bool {
        self.crumbs.is_empty() && self.filter.is_empty() && self.span.is_none()
    }

    /// Whether some rows are left out, and everything is counted.
    pub(crate) fn is_of_rows(&self) -> bool {
        let are_rows = self.crumbs.iter().all(|crumb| crumb.within.is_some());
        are_rows && self.filter.is_empty() && self.span.is_none() && !self.crumbs.is_empty()
    }

    /// All of it as one filter; `None` for everything.
    pub(crate) fn filter(&self) -> Option<Filter> {
        let crumbs = self.crumbs.iter().filter(|crumb| crumb.within.is_none());
        let crumbs = crumbs.map(|crumb| crumb.term.clone());
        let typed = (!self.filter.is_empty()).then(|| self.filter.clone());
        let all = crumbs.chain(typed).chain(self.span.map(Span::term));
        let filters = all.filter_map(|text| Filter::parse(&text).ok());
        filters.reduce(|one, other| one.and(&other)).filter(|filter| !filter.is_empty())
    }

    /// Enters a row.
    pub(crate) fn enter(&mut self, crumb: Crumb) {
        if self.crumbs.len() < DEEPEST {
            self.crumbs.push(crumb);
        }
    }

    /// The way from the whole to what is looked at, in words.
    pub(crate) fn told(&self) -> String {
        let mut told: Vec<String> = self.crumbs.iter().map(|crumb| crumb.label.clone()).collect();
        if !self.filter.is_empty() {
            told.push(format!("/{}", self.filter));
        }
        told.extend(self.span.map(Span::told));
        told.join(" > ")
    }
}

impl Span {
    /// The whole of what is shown.
    pub(crate) fn of(snapshot: &Snapshot) -> Option<Self> {
        let (from, to) = (snapshot.source.first?, snapshot.source.last?);
        let goes_on = snapshot.source.ended.is_none();
        Some(Self { from, to: to.plus(Duration::from_nanos(1)), goes_on })
    }

    pub(crate) fn length(self) -> Duration {
        self.to.since(self.from)
    }

    /// Half as long, around a moment.
    pub(crate) fn halved(self, around: Timestamp) -> Self {
        let half = (self.length() / 2).max(SHORTEST);
        let from = Timestamp(around.0.saturating_sub(nanos(half / 2)));
        let latest = Timestamp(self.to.0.saturating_sub(nanos(half)));
        let from = from.max(self.from).min(latest.max(self.from));
        Self { from, to: from.plus(half), goes_on: false }
    }

    /// Twice as long, within another one.
    pub(crate) fn doubled(self, within: Self) -> Self {
        let quarter = nanos(self.length() / 2);
        let from = Timestamp(self.from.0.saturating_sub(quarter)).max(within.from);
        let to = Timestamp(self.to.0.saturating_add(quarter)).min(within.to);
        Self { from, to, goes_on: within.goes_on && to == within.to }
    }

    /// As long, half a length later or earlier, within another one.
    pub(crate) fn moved(self, later: bool, within: Self) -> Self {
        let length = self.length();
        let half = nanos(length / 2);
        let from =
            if later { self.from.0.saturating_add(half) } else { self.from.0.saturating_sub(half) };
        let latest = within.to.0.saturating_sub(nanos(length));
        let from = Timestamp(from.min(latest).max(within.from.0));
        let to = from.plus(length);
        Self { from, to, goes_on: within.goes_on && to == within.to }
    }

    /// What of it lies within another one; to its end, if that is reached.
    pub(crate) fn within(self, whole: Self) -> Self {
        let goes_on = whole.goes_on && self.to >= whole.to;
        Self { from: self.from.max(whole.from), to: self.to.min(whole.to), goes_on }
    }

    /// Whether some of it is also in the other one.
    pub(crate) fn meets(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }

    /// The same as a filter.
    fn term(self) -> String {
        if self.goes_on {
            format!("after:{}", self.from)
        } else {
            format!("after:{} before:{}", self.from, self.to)
        }
    }

    pub(crate) fn told(self) -> String {
        if self.goes_on {
            return format!("since {}", self.from.clock());
        }
        format!("{} to {}", self.from.clock(), self.to.clock())
    }
}

/// A shorter span holds nothing.
const SHORTEST: Duration = Duration::from_millis(1);

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Values of a key that are worth offering: those on the screen.
pub(crate) fn known(snapshot: &Snapshot, key: &str) -> Vec<String> {
    const MOST: usize = 50;
    let all: Vec<String> = match key {
        "server" => snapshot.servers.rows.iter().map(|row| row.key.to_string()).collect(),
        "client" => snapshot.clients.rows.iter().map(|row| row.key.to_string()).collect(),
        "host" => {
            let (servers, clients) = (snapshot.servers.rows.iter(), snapshot.clients.rows.iter());
            servers.chain(clients).map(|row| row.key.to_string()).collect()
        }
        "name" => snapshot.names.rows.iter().map(|row| row.key.name.clone()).collect(),
        "under" => snapshot.domains.rows.iter().map(|row| row.key.clone()).collect(),
        "rcode" => snapshot.rcodes.iter().map(|row| row.rcode.to_string()).collect(),
        "type" => snapshot.types.iter().map(|row| row.key.to_string()).collect(),
        "ede" => snapshot.ede.iter().map(|row| row.ede.0.to_string()).collect(),
        _ => Vec::new(),
    };
    all.into_iter().filter(|value| value != "-").take(MOST).collect()
}

/// The row of a table as a crumb; `None` for what no filter can say.
pub(crate) fn crumb(id: SheetId, row: usize, snapshot: &Snapshot, from: usize) -> Option<Crumb> {
    if let Some(crumb) = places::crumb(id, row, snapshot, from) {
        return Some(crumb);
    }
    let (label, term) = quoted_term(id, row, snapshot)?;
    // What is offered must hold.
    Filter::parse(&term).ok()?;
    Some(Crumb { label, term, from, within: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: u64, to: u64) -> Span {
        Span { from: Timestamp::new(from, 0), to: Timestamp::new(to, 0), goes_on: false }
    }

    #[test]
    fn spans_stay_within_the_capture() {
        let whole = span(100, 200);
        assert_eq!(whole.halved(Timestamp::new(150, 0)), span(125, 175));
        assert_eq!(whole.halved(Timestamp::new(101, 0)), span(100, 150));
        assert_eq!(whole.halved(Timestamp::new(999, 0)), span(150, 200));
        assert_eq!(span(125, 175).doubled(whole), whole);
        assert_eq!(span(100, 120).moved(true, whole), span(110, 130));
        assert_eq!(span(100, 120).moved(false, whole), span(100, 120));
        assert_eq!(span(190, 200).moved(true, whole), span(190, 200));
        let mut short = whole;
        (0..100).for_each(|_| short = short.halved(Timestamp::new(150, 0)));
        assert_eq!(short.length(), SHORTEST);
    }

    #[test]
    fn everything_that_is_selected_is_one_filter() {
        let crumb =
            |term: &str| Crumb { label: term.into(), term: term.into(), from: 0, within: None };
        let selection = Selection {
            crumbs: vec![crumb("server:192.0.2.53"), crumb("client:10.0.0.1")],
            filter: "type:A or type:MX".into(),
            span: Some(span(3, 5)),
        };
        let text = selection.filter().unwrap().text().to_owned();
        assert_eq!(
            text,
            "server:192.0.2.53 client:10.0.0.1 (type:A or type:MX) \
             after:1970-01-01T00:00:03.000000000Z before:1970-01-01T00:00:05.000000000Z"
        );
        assert_eq!(Selection::default().filter(), None);
    }
}
