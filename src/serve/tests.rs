use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::connection::{Connection, Fate};
use super::{Closed, MOST_CONNECTIONS, Pages, admit};
use crate::feed::Feed;
use crate::snapshot::{Ended, Snapshot, SourceKind, Timestamp};

/// What comes over a connection, piece by piece, and what is taken of the answer.
#[derive(Debug)]
struct Script {
    comes: VecDeque<Piece>,
    /// How much of the answer is taken at once, and then not more before the next step.
    takes: usize,
    is_full: bool,
    taken: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Piece {
    Bytes(Vec<u8>),
    Nothing,
    End,
    Reset,
}

impl Read for Script {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.comes.pop_front() {
            None | Some(Piece::Nothing) => Err(io::ErrorKind::WouldBlock.into()),
            Some(Piece::End) => Ok(0),
            Some(Piece::Reset) => Err(io::ErrorKind::ConnectionReset.into()),
            Some(Piece::Bytes(bytes)) => {
                let (now, later) = bytes.split_at(bytes.len().min(into.len()));
                into[..now.len()].copy_from_slice(now);
                if !later.is_empty() {
                    self.comes.push_front(Piece::Bytes(later.to_vec()));
                }
                Ok(now.len())
            }
        }
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.is_full = !self.is_full;
        if !self.is_full || self.takes == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = bytes.len().min(self.takes);
        self.taken.extend(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn script(comes: impl IntoIterator<Item = Piece>, takes: usize) -> Script {
    Script { comes: comes.into_iter().collect(), takes, is_full: false, taken: Vec::new() }
}

fn bytes(text: &str) -> Piece {
    Piece::Bytes(text.as_bytes().to_vec())
}

/// Pages of a capture on an interface.
fn pages(ended: Option<Ended>) -> Pages {
    pages_of(ended, None)
}

fn pages_of(ended: Option<Ended>, idle: Option<&str>) -> Pages {
    let mut snapshot = Snapshot { serial: 1, ..Snapshot::default() };
    snapshot.source.idle = idle.map(str::to_owned);
    snapshot.source.kind = SourceKind::Live;
    snapshot.source.name = "eth0".into();
    snapshot.source.ended = ended;
    let feed = Arc::new(Feed::default());
    let mut pages = Pages::new(Arc::clone(&feed), Timestamp::new(1, 0));
    feed.publish(snapshot);
    pages.look(Instant::now());
    pages
}

/// What is sent, until the connection ends; one step every 100 ms.
fn play(pages: &mut Pages, script: Script) -> (Fate, String) {
    let began = Instant::now();
    let mut connection = Connection::new(script, began);
    for step in 0..100_000 {
        let fate = connection.step(began + Duration::from_millis(100) * step, pages);
        if fate != Fate::Open {
            let taken = connection.stream().taken.clone();
            return (fate, String::from_utf8(taken).unwrap());
        }
    }
    panic!("a connection goes on for ever")
}

/// What is sent to who asks so and then closes.
fn ask(request: &str) -> String {
    let script = script([bytes(request), Piece::Nothing, Piece::End], usize::MAX);
    let (fate, answer) = play(&mut pages(None), script);
    assert_eq!(fate, Fate::Done, "{request:?}");
    answer
}

/// The first line of an answer, and its body.
#[track_caller]
fn check(request: &str, line: &str, body: &str) {
    let answer = ask(request);
    let (head, told) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(head.lines().next(), Some(line), "{request:?}");
    assert!(told.contains(body) && (!body.is_empty() || told.is_empty()), "{request:?}: {told}");
    let length = format!("Content-Length: {}", told.len());
    assert!(body.is_empty() || head.contains(&length), "{request:?}: {head}");
    assert!(head.contains("\r\nConnection: close"), "{head}");
}

const GOOD: &str = "HTTP/1.1 200 OK";

#[test]
fn each_page_is_answered_and_no_other() {
    check("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", GOOD, "rcodetop_queries_total 0");
    check("GET /metrics?name=x HTTP/1.0\r\n\r\n", GOOD, "rcodetop_queries_total 0");
    check("GET /health HTTP/1.1\r\n\r\n", GOOD, "well");
    check("GET /ready HTTP/1.1\r\n\r\n", GOOD, "capturing on eth0");
    check("GET / HTTP/1.1\r\n\r\n", GOOD, "/metrics");
    check("HEAD /metrics HTTP/1.1\r\n\r\n", GOOD, "");
    check("GET /metrics/../etc/passwd HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found", "Not Found");
    check("GET http://x/metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found", "Not Found");
}

#[test]
fn what_is_no_request_is_told_so() {
    check("POST /metrics HTTP/1.1\r\n\r\nx", "HTTP/1.1 405 Method Not Allowed", "Not Allowed");
    check("\u{16}\u{3}\u{1}\0\u{fa}", "HTTP/1.1 400 Bad Request", "Bad");
    check("GET /\u{7f} HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request", "Bad");
    check("GET / HTTP/2.0\r\n\r\n", "HTTP/1.1 505 HTTP Version Not Supported", "Version");
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(99_999));
    check(&long, "HTTP/1.1 431 Request Header Fields Too Large", "Too Large");
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(999));
    check(&many, "HTTP/1.1 431 Request Header Fields Too Large", "Too Large");
}

#[test]
fn a_request_may_come_byte_by_byte_and_the_answer_may_go_so() {
    let request = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
    let letters = request.chars().map(|letter| bytes(&letter.to_string()));
    let (fate, answer) = play(&mut pages(None), script(letters.chain([Piece::End]), 7));
    assert_eq!(fate, Fate::Done);
    assert!(answer.starts_with(GOOD) && answer.ends_with("\r\n\r\nwell\n"), "{answer}");
}

#[track_caller]
fn check_closed(comes: &[Piece], takes: usize, expected: Fate) {
    let mut pages = pages(None);
    let (fate, _) = play(&mut pages, script(comes.iter().cloned(), takes));
    assert_eq!(fate, expected, "{comes:?}");
}

#[test]
fn who_does_not_ask_or_does_not_listen_is_left() {
    let ask = || bytes("GET /metrics HTTP/1.1\r\n\r\n");
    let slow = Fate::Closed(Closed::TooSlow);
    check_closed(&[], usize::MAX, slow);
    check_closed(&[bytes("GET /")], usize::MAX, slow);
    // A header a second, as slow-loris does: the whole request has to come in time.
    let crawling =
        (0..99).flat_map(|_| [vec![bytes("a: b\r\n")], vec![Piece::Nothing; 10]].concat());
    let crawling: Vec<_> = [bytes("GET / HTTP/1.1\r\n")].into_iter().chain(crawling).collect();
    check_closed(&crawling, usize::MAX, slow);
    check_closed(&[ask()], 0, slow);
    check_closed(&[ask()], 1, slow);
    check_closed(&[Piece::Reset], 1, Fate::Closed(Closed::Broken));
    check_closed(&[bytes("GET"), Piece::End], 1, Fate::Closed(Closed::Broken));
    check_closed(&[Piece::End], 1, Fate::Done);
    // Who goes on sending after the answer is not listened to for ever.
    let babble: Vec<_> = [ask()].into_iter().chain((0..9_999).map(|_| bytes("x"))).collect();
    check_closed(&babble, usize::MAX, Fate::Done);
    check_closed(&[ask(), Piece::Reset], usize::MAX, Fate::Done);
}

#[test]
fn for_one_connection_too_many_goes_the_one_that_takes_longest() {
    let (mut pages, mut open) = (pages(None), Vec::new());
    let began = Instant::now();
    for nth in 0..u32::try_from(MOST_CONNECTIONS).unwrap() * 3 {
        admit(&mut open, script([], 0), &mut pages, began + Duration::from_millis(1) * nth);
        assert!(open.len() <= MOST_CONNECTIONS);
    }
    let oldest = open.iter().map(Connection::began).min().unwrap();
    let gone = u32::try_from(MOST_CONNECTIONS).unwrap() * 2;
    assert_eq!(oldest, began + Duration::from_millis(1) * gone);
    let closed = pages.answer("/metrics").body;
    let counted = format!("rcodetop_http_closed_connections_total{{reason=\"too-many\"}} {gone}\n");
    assert!(closed.contains(&counted), "{closed}");
}

#[test]
fn what_is_answered_and_what_is_not_is_counted() {
    let mut pages = pages(None);
    for request in ["GET / HTTP/1.1\r\n\r\n", "GET /x HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"] {
        play(&mut pages, script([bytes(request), Piece::End], usize::MAX));
    }
    pages.note_closed(Closed::TooSlow);
    let body = pages.answer("/metrics").body;
    for line in ["answers_total{status=\"200\"} 2", "answers_total{status=\"404\"} 1"] {
        assert!(body.contains(&format!("rcodetop_http_{line}\n")), "{body}");
    }
    assert!(body.contains("closed_connections_total{reason=\"too-slow\"} 1\n"), "{body}");
}

#[test]
fn who_asks_is_counted_also_once_no_snapshot_comes_any_more() {
    let mut pages = pages(Some(Ended::EndOfFile));
    let began = Instant::now();
    pages.answer("/metrics");
    pages.note_answer(200);
    for (later, counted) in [(0, 0), (900, 0), (1100, 1)] {
        pages.look(began + Duration::from_millis(later));
        let body = pages.answer("/metrics").body;
        let line = format!("answers_total{{status=\"200\"}} {counted}\n");
        assert!(body.contains(&line), "after {later} ms: {body}");
    }
}

#[track_caller]
fn check_ready(ended: Option<Ended>, status: u16, why: &str) {
    let answer = pages(ended).answer("/ready");
    assert!(answer.status == status && answer.body.contains(why), "{answer:?}");
}

#[test]
fn a_service_is_ready_while_it_captures() {
    check_ready(None, 200, "capturing on eth0");
    check_ready(Some(Ended::EndOfFile), 200, "read eth0");
    check_ready(Some(Ended::Stopped), 503, "stopped");
    check_ready(Some(Ended::Failed("eth0 went down".into())), 503, "eth0 went down");
    let answer = pages_of(None, Some("eth0 disappeared")).answer("/ready");
    assert!(answer.status == 503 && answer.body.contains("eth0 disappeared"), "{answer:?}");
    let mut nothing = Pages::new(Arc::new(Feed::default()), Timestamp::new(1, 0));
    assert_eq!(nothing.answer("/ready").status, 503);
    assert_eq!(nothing.answer("/metrics").status, 503);
    assert_eq!(nothing.answer("/health").status, 200);
}

#[test]
fn a_capture_that_hangs_or_breaks_down_is_told() {
    let feed = Arc::new(Feed::default());
    let mut pages = Pages::new(Arc::clone(&feed), Timestamp::new(1, 0));
    feed.publish(Snapshot { serial: 1, ..Snapshot::default() });
    let began = Instant::now();
    for (seconds, status) in [(0, 200), (59, 200), (61, 503)] {
        pages.look(began + Duration::from_secs(seconds));
        assert_eq!(pages.answer("/ready").status, status, "after {seconds} seconds");
    }
    feed.publish(Snapshot { serial: 2, ..Snapshot::default() });
    pages.look(began + Duration::from_secs(62));
    assert_eq!(pages.answer("/ready").status, 200);
    feed.note_panic("of the capture".into());
    assert_eq!(pages.answer("/health").status, 503);
}
