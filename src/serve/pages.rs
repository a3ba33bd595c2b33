//! What can be asked for, and the answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Closed;
use crate::feed::Feed;
use crate::metrics::{self, CONTENT_TYPE, Service, View};
use crate::snapshot::{Ended, Snapshot, SourceKind, Timestamp};

/// A capture that has told nothing new for so long hangs; it tells something once a second, or less
/// often where that takes long.
const STALE: Duration = Duration::from_secs(60);

const PLAIN: &str = "text/plain; charset=utf-8";

/// A path, what it tells, and how.
type Page = (&'static str, &'static str, fn(&mut Pages) -> Answer);

/// What can be asked for.
const PAGES: &[Page] = &[
    ("/metrics", "metrics for Prometheus", Pages::metrics),
    ("/health", "whether the program works", |pages| pages.health()),
    ("/ready", "whether it captures", |pages| pages.ready()),
    ("/", "this list", |_| index()),
];

/// The statuses that are given, with their words (RFC 9110 §15, RFC 6585 §5).
const STATUSES: &[(u16, &str)] = &[
    (200, "OK"),
    (400, "Bad Request"),
    (404, "Not Found"),
    (405, "Method Not Allowed"),
    (431, "Request Header Fields Too Large"),
    (500, "Internal Server Error"),
    (503, "Service Unavailable"),
    (505, "HTTP Version Not Supported"),
];

/// An answer, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    kind: &'static str,
    pub(super) body: Arc<str>,
}

impl Answer {
    fn text(status: u16, body: &str) -> Self {
        Self { status, kind: PLAIN, body: body.into() }
    }

    /// One that says no more than its status.
    pub(super) fn status(status: u16) -> Self {
        Self::text(status, &format!("{}\n", word(status)))
    }

    /// For who asks for the head alone, whose head was made before.
    pub(super) fn without_body(self) -> Self {
        Self { body: "".into(), ..self }
    }

    /// What comes before the body.
    pub(super) fn head(&self) -> String {
        let Self { status, kind, body } = self;
        let allow = if *status == 405 { "Allow: GET, HEAD\r\n" } else { "" };
        format!(
            "HTTP/1.1 {status} {}\r\n{allow}Content-Type: {kind}\r\nContent-Length: {}\r\n\
             Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
            word(*status),
            body.len()
        )
    }
}

fn word(status: u16) -> &'static str {
    STATUSES.iter().find(|(each, _)| *each == status).map_or("", |(_, word)| word)
}

/// Metrics are made anew after this also where no snapshot comes any more: the service itself counts.
const LASTING: Duration = Duration::from_secs(1);

/// The answers to what is asked, from the latest snapshot of a feed.
#[derive(Debug)]
pub struct Pages {
    feed: Arc<Feed>,
    service: Service,
    latest: Arc<Snapshot>,
    /// When the latest snapshot was first seen.
    since: Option<Instant>,
    is_stale: bool,
    /// The metrics of the latest snapshot: made once, however many ask.
    metrics: Option<Answer>,
    /// When these were first seen to be there.
    made: Option<Instant>,
}

impl Pages {
    /// Pages of a service that began at a time.
    pub fn new(feed: Arc<Feed>, started: Timestamp) -> Self {
        let service = Service {
            started,
            answers: STATUSES.iter().map(|(status, _)| (*status, 0)).collect(),
            closed: Closed::ALL.iter().map(|(_, reason)| (*reason, 0)).collect(),
        };
        let latest = feed.latest();
        Self { feed, service, latest, since: None, is_stale: false, metrics: None, made: None }
    }

    /// Takes the latest snapshot; to be called from time to time.
    pub(super) fn look(&mut self, now: Instant) {
        let latest = self.feed.latest();
        if latest.serial != self.latest.serial {
            (self.latest, self.since, self.metrics) = (latest, Some(now), None);
        }
        self.made = self.metrics.as_ref().and(self.made.or(Some(now)));
        if self.made.is_some_and(|made| now.duration_since(made) >= LASTING) {
            (self.metrics, self.made) = (None, None);
        }
        let has_ended = self.latest.source.ended.is_some();
        let since = *self.since.get_or_insert(now);
        self.is_stale = !has_ended && now.duration_since(since) >= STALE;
    }

    pub(super) fn answer(&mut self, path: &str) -> Answer {
        match PAGES.iter().find(|(each, _, _)| *each == path) {
            Some((_, _, page)) => page(self),
            None => Answer::status(404),
        }
    }

    pub(super) fn note_answer(&mut self, status: u16) {
        let mut answers = self.service.answers.iter_mut();
        answers.find(|it| it.0 == status).into_iter().for_each(|(_, count)| *count += 1);
    }

    pub(super) fn note_closed(&mut self, why: Closed) {
        let rows = Closed::ALL.iter().zip(&mut self.service.closed);
        rows.filter(|((each, _), _)| *each == why).for_each(|(_, (_, count))| *count += 1);
    }

    fn metrics(&mut self) -> Answer {
        if self.latest.serial == 0 {
            return Answer::text(503, "nothing is counted yet\n");
        }
        let view = View { snapshot: &self.latest, service: &self.service };
        let make = || match metrics::render(&view) {
            Ok(text) => Answer { status: 200, kind: CONTENT_TYPE, body: text.into() },
            Err(why) => Answer::text(500, &format!("{why}\n")),
        };
        self.metrics.get_or_insert_with(make).clone()
    }

    fn health(&self) -> Answer {
        match self.feed.panicked() {
            Some(_) => Answer::text(503, "a thread of the capture has broken down\n"),
            None => Answer::text(200, "well\n"),
        }
    }

    fn ready(&self) -> Answer {
        let source = &self.latest.source;
        let verb = if source.kind == SourceKind::Live { "capturing on" } else { "reading" };
        match &source.ended {
            _ if self.latest.serial == 0 => Answer::text(503, "nothing is counted yet\n"),
            _ if self.is_stale => Answer::text(503, "the capture has told nothing for a minute\n"),
            None => match &source.idle {
                Some(why) => Answer::text(503, &format!("nothing can be captured now: {why}\n")),
                None => Answer::text(200, &format!("{verb} {}\n", source.name)),
            },
            Some(Ended::EndOfFile) => Answer::text(200, &format!("read {}\n", source.name)),
            Some(Ended::Stopped) => Answer::text(503, "the capture was stopped\n"),
            Some(Ended::Damaged(why) | Ended::Failed(why)) => {
                Answer::text(503, &format!("the capture has ended: {why}\n"))
            }
        }
    }
}

fn index() -> Answer {
    let mut body = format!("rcodetop {}\n\n", env!("CARGO_PKG_VERSION"));
    body.extend(PAGES.iter().map(|(path, about, _)| format!("{path:<10}{about}\n")));
    Answer::text(200, &body)
}
