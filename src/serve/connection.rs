//! One connection: one request, one answer, and the end. Never waits.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use super::Closed;
use super::pages::{Answer, Pages};
use super::request::{self, Heard, LONGEST_HEAD};

/// How long a request may take.
const ASKING: Duration = Duration::from_secs(5);
/// How long an answer may take to be taken.
const ANSWERING: Duration = Duration::from_secs(10);
/// How long the other side may take to close. Who closes before all was read that was sent makes the
/// other side lose the end of the answer (RFC 9112 §9.6).
const LEAVING: Duration = Duration::from_secs(1);
/// What is read of it then, in pieces of [`PIECE`].
const MOST_PIECES_LEFT: u32 = 64;

/// Bytes read at once.
const PIECE: usize = 2048;

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It goes on when something comes or can be sent.
    Open,
    /// It had its answer.
    Done,
    /// It had none.
    Closed(Closed),
}

#[derive(Debug)]
pub(super) struct Connection<S> {
    stream: S,
    began: Instant,
    deadline: Instant,
    state: State,
}

#[derive(Debug)]
enum State {
    /// What was heard so far.
    Asking(Vec<u8>),
    /// The answer, and how much of its head and body is sent.
    Answering { answer: Answer, head: Vec<u8>, sent: usize },
    /// All is sent, and how many pieces more may be read.
    Leaving(u32),
}

impl<S> Connection<S> {
    pub(super) fn new(stream: S, now: Instant) -> Self {
        let state = State::Asking(Vec::new());
        Self { stream, began: now, deadline: now + ASKING, state }
    }

    pub(super) fn stream(&self) -> &S {
        &self.stream
    }

    pub(super) fn began(&self) -> Instant {
        self.began
    }

    pub(super) fn is_writing(&self) -> bool {
        matches!(self.state, State::Answering { .. })
    }

    /// Whether it has had its answer.
    pub(super) fn is_leaving(&self) -> bool {
        matches!(self.state, State::Leaving(_))
    }
}

impl<S: Read + Write> Connection<S> {
    /// Goes as far as it can without waiting.
    pub(super) fn step(&mut self, now: Instant, pages: &mut Pages) -> Fate {
        let fate = match &mut self.state {
            State::Asking(_) => self.listen(now, pages),
            State::Answering { .. } => self.answer(now),
            State::Leaving(_) => self.leave(),
        };
        match (&self.state, fate) {
            (State::Leaving(_), Fate::Open) if now >= self.deadline => Fate::Done,
            (_, Fate::Open) if now >= self.deadline => Fate::Closed(Closed::TooSlow),
            (_, fate) => fate,
        }
    }

    fn listen(&mut self, now: Instant, pages: &mut Pages) -> Fate {
        let State::Asking(heard) = &mut self.state else { return Fate::Open };
        let mut piece = [0; PIECE];
        let room = LONGEST_HEAD.saturating_sub(heard.len()).min(PIECE);
        let piece = piece.get_mut(..room).unwrap_or_default();
        match self.stream.read(piece) {
            // Who leaves without a word, as a port scanner does, has done no harm.
            Ok(0) if heard.is_empty() => return Fate::Done,
            Ok(0) => return Fate::Closed(Closed::Broken),
            Ok(count) => heard.extend_from_slice(piece.get(..count).unwrap_or_default()),
            Err(why) => return unless_later(&why),
        }
        let (answer, with_body) = match request::read(heard) {
            Heard::Part => return Fate::Open,
            Heard::Bad(status) => (Answer::status(status), true),
            Heard::Ask { path, with_body } => (pages.answer(&path), with_body),
        };
        pages.note_answer(answer.status);
        let head = answer.head().into_bytes();
        let answer = if with_body { answer } else { answer.without_body() };
        self.state = State::Answering { answer, head, sent: 0 };
        self.deadline = now + ANSWERING;
        self.answer(now)
    }

    fn answer(&mut self, now: Instant) -> Fate {
        let State::Answering { answer, head, sent } = &mut self.state else { return Fate::Open };
        loop {
            let left = match sent.checked_sub(head.len()) {
                None => head.get(*sent..),
                Some(sent) => answer.body.as_bytes().get(sent..),
            };
            let Some(left) = left.filter(|left| !left.is_empty()) else { break };
            match self.stream.write(left) {
                Ok(0) => return Fate::Closed(Closed::Broken),
                Ok(count) => *sent += count,
                Err(why) => return unless_later(&why),
            }
        }
        self.state = State::Leaving(MOST_PIECES_LEFT);
        self.deadline = now + LEAVING;
        self.leave()
    }

    /// The answer says that the connection ends: the other side closes it, which takes no call that
    /// the confined program may not make.
    fn leave(&mut self) -> Fate {
        let State::Leaving(pieces) = &mut self.state else { return Fate::Open };
        match self.stream.read(&mut [0; PIECE]) {
            Ok(0) => Fate::Done,
            Ok(_) if *pieces == 0 => Fate::Done,
            Ok(_) => {
                *pieces -= 1;
                Fate::Open
            }
            Err(why) if unless_later(&why) == Fate::Open => Fate::Open,
            Err(_) => Fate::Done,
        }
    }
}

/// Nothing to read or no room to write is no failure.
fn unless_later(why: &io::Error) -> Fate {
    match why.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Fate::Open,
        _ => Fate::Closed(Closed::Broken),
    }
}
