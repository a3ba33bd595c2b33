//! One sender of dnstap on a socket: what it says becomes frames, and it is answered. Never waits.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use super::conversation::{Conversation, Heard};
use super::dnstap::{Message, Teller};
use super::record::Place;
use super::sorted::Sorted;
use crate::snapshot::{SenderTrouble, Senders};
use crate::time::Timestamp;

/// How long a sender may take to begin a stream, and to leave once it has ended one.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// What is told is no more than this older than the moment at which it comes: senders gather for a
/// second, and keep some while nobody listens.
const MOST_BEHIND: Duration = Duration::from_secs(60);
/// And no more than this later. A socket is of one host, and so is its clock.
const MOST_AHEAD: Duration = Duration::from_secs(1);

/// Whether a sender stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Stays,
    Leaves,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Sender<S> {
    pub(super) stream: S,
    talk: Conversation,
    teller: Teller,
    clock: Shift,
    /// When it must have begun; `None` while it tells.
    deadline: Option<Instant>,
}

/// Where what a sender tells goes to, and the moment it comes at.
pub(super) struct Ear<'a> {
    /// What is read at once.
    pub(super) piece: &'a mut [u8],
    pub(super) sorted: &'a mut Sorted,
    pub(super) senders: &'a mut Senders,
    pub(super) now: Timestamp,
    pub(super) clock: Instant,
}

impl<S> Sender<S> {
    pub(super) fn new(stream: S, now: Instant) -> Self {
        let (talk, teller, clock) = (Conversation::default(), Teller::default(), Shift::default());
        Self { stream, talk, teller, clock, deadline: now.checked_add(PATIENCE) }
    }

    pub(super) fn is_telling(&self) -> bool {
        self.talk.is_telling()
    }

    /// Whether it had its time to begin or to leave; if so, that is counted.
    pub(super) fn is_late(&self, now: Instant, senders: &mut Senders) -> bool {
        let is_late = self.deadline.is_some_and(|deadline| now >= deadline);
        if is_late && !self.talk.has_ended() {
            senders.note(SenderTrouble::Unfinished);
        }
        is_late
    }
}

impl<S: Read + Write> Sender<S> {
    /// Hears what it says, a piece at most.
    pub(super) fn hear(&mut self, ear: &mut Ear<'_>) -> Fate {
        match self.stream.read(ear.piece) {
            Ok(0) => self.leave(ear.senders),
            Ok(read) => self.take(read, ear),
            Err(why) if is_later(&why) => Fate::Stays,
            Err(_) => self.leave(ear.senders),
        }
    }

    fn take(&mut self, read: usize, ear: &mut Ear<'_>) -> Fate {
        let Self { stream, talk, teller, clock, deadline } = self;
        let Ear { piece, sorted, senders, now, clock: moment } = ear;
        let was_telling = talk.is_telling();
        let mut is_answered = true;
        let heard = talk.hear(piece.get(..read).unwrap_or_default(), |heard| match heard {
            Heard::Began => senders.began += 1,
            Heard::TooLong => senders.note(SenderTrouble::TooLong),
            Heard::Data(data) => {
                let message = Message::read(data);
                let told = message.and_then(|message| message.at()).unwrap_or(*now);
                let at = clock.place(told, *now);
                if clock.is_moved() {
                    senders.note(SenderTrouble::Moved);
                }
                teller.tell(told, message, |told| {
                    // The query within a response has a time of its own.
                    let at = told
                        .map_or(at, |told| clock.moved(told.at).clamp(at.minus(MOST_BEHIND), at));
                    sorted.tell(Place { at, ..Place::default() }, told);
                });
            }
            // It has room for some forty bytes, or does not listen at all.
            Heard::Answer(answer) => {
                is_answered &= stream.write(answer).is_ok_and(|it| it == answer.len());
            }
        });
        if heard.is_err() {
            senders.note(SenderTrouble::NoDnstap);
            return Fate::Leaves;
        }
        if was_telling != talk.is_telling() {
            *deadline = if was_telling { moment.checked_add(PATIENCE) } else { None };
        }
        if is_answered { Fate::Stays } else { self.leave(senders) }
    }

    /// It is gone: what it did not say to its end is lost.
    fn leave(&self, senders: &mut Senders) -> Fate {
        if self.talk.is_torn() {
            senders.note(SenderTrouble::Torn);
        } else if self.talk.is_unfinished() {
            senders.note(SenderTrouble::Unfinished);
        }
        Fate::Leaves
    }
}

/// Nothing to read is no failure.
fn is_later(why: &io::Error) -> bool {
    matches!(why.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// How far the clock of a sender is from this host's, where its times cannot be: by nanoseconds to
/// be added. It stays the same as long as it makes sense, so that what took how long is not lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Shift(i128);

impl Shift {
    /// When it was by this host's clock, that it is `now`.
    fn place(&mut self, told: Timestamp, now: Timestamp) -> Timestamp {
        let earliest = now.minus(MOST_BEHIND);
        let can_be = |at| (earliest..=now.plus(MOST_AHEAD)).contains(&at);
        let exactly = Self(i128::from(now.0) - i128::from(told.0));
        let shifts = [*self, Self::default(), exactly];
        *self = shifts.into_iter().find(|shift| can_be(shift.moved(told))).unwrap_or(exactly);
        self.moved(told)
    }

    fn moved(self, told: Timestamp) -> Timestamp {
        let at = (i128::from(told.0) + self.0).max(0);
        Timestamp(u64::try_from(at).unwrap_or(u64::MAX))
    }

    fn is_moved(self) -> bool {
        self != Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::fstrm::CONTENT;
    use crate::source::fstrm::Control;
    use crate::source::fstrm::testing::control;

    /// What a sender says, a piece a turn, and how much of an answer it takes.
    struct Script {
        pieces: Vec<Vec<u8>>,
        takes: usize,
    }

    impl Read for Script {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let Some(piece) = self.pieces.pop() else {
                return Err(io::ErrorKind::WouldBlock.into());
            };
            out[..piece.len()].copy_from_slice(&piece);
            Ok(piece.len())
        }
    }

    impl Write for Script {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len().min(self.takes))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A sender says this and then nothing for so many seconds: whether it stays, and what went wrong.
    #[track_caller]
    fn check_sender(said: &[&[u8]], takes: usize, seconds: u64, expected: (Fate, &[&str])) {
        let pieces = said.iter().rev().map(|piece| piece.to_vec()).collect();
        let clock = Instant::now();
        let mut sender = Sender::new(Script { pieces, takes }, clock);
        let (mut piece, mut sorted) = (vec![0; 1024], Sorted::default());
        let (mut senders, mut fate) = (Senders::default(), Fate::Stays);
        let now = Timestamp::new(1000, 0);
        for _ in 0..=said.len() {
            let (piece, sorted) = (&mut piece[..], &mut sorted);
            let mut ear = Ear { piece, sorted, senders: &mut senders, now, clock };
            if fate == Fate::Stays {
                fate = sender.hear(&mut ear);
            }
        }
        let later = clock + Duration::from_secs(seconds);
        if fate == Fate::Stays && sender.is_late(later, &mut senders) {
            fate = Fate::Leaves;
        }
        let each = senders.each().filter(|(.., count)| *count > 0);
        let troubles: Vec<&str> = each.map(|(_, id, ..)| id).collect();
        assert_eq!((fate, &troubles[..]), expected, "{said:?}");
    }

    #[test]
    fn who_begins_nothing_in_time_goes_and_who_tells_may_be_silent() {
        let ready = control(Control::Ready, &[CONTENT]);
        let start = control(Control::Start, &[CONTENT]);
        let stop = control(Control::Stop, &[]);
        let (ready, start, stop) = (&ready[..], &start[..], &stop[..]);
        let unfinished: &[&str] = &["unfinished"];
        check_sender(&[], 99, 4, (Fate::Stays, &[]));
        check_sender(&[], 99, 5, (Fate::Leaves, unfinished));
        check_sender(&[ready], 99, 5, (Fate::Leaves, unfinished));
        check_sender(&[ready, start], 99, 500, (Fate::Stays, &[]));
        check_sender(&[ready, start, &[0, 0, 0, 9, 1]], 99, 500, (Fate::Stays, &[]));
        // It ended its stream, and need not be told that it takes long to leave.
        check_sender(&[ready, start, stop], 99, 4, (Fate::Stays, &[]));
        check_sender(&[ready, start, stop], 99, 5, (Fate::Leaves, &[]));
        check_sender(&[start, stop], 99, 5, (Fate::Leaves, &[]));
        check_sender(&[start, stop, start], 99, 500, (Fate::Stays, &[]));
    }

    #[test]
    fn who_leaves_or_takes_no_answer_is_not_waited_for() {
        let ready = control(Control::Ready, &[CONTENT]);
        let start = control(Control::Start, &[CONTENT]);
        let (ready, start) = (&ready[..], &start[..]);
        check_sender(&[&[]], 99, 0, (Fate::Leaves, &[]));
        check_sender(&[ready, &[]], 99, 0, (Fate::Leaves, &["unfinished"]));
        check_sender(&[ready], 41, 0, (Fate::Leaves, &["unfinished"]));
        check_sender(&[ready, start, &[]], 99, 0, (Fate::Leaves, &[]));
        check_sender(&[ready, start, &[0, 0, 0, 9, 1], &[]], 99, 0, (Fate::Leaves, &["torn"]));
        check_sender(&[b"GET / HTTP/1.1"], 99, 0, (Fate::Leaves, &["no_dnstap"]));
    }

    /// Times told and the moments at which they came, in seconds, and what they are taken for.
    #[track_caller]
    fn check(steps: &[(u64, u64, u64)]) {
        let mut clock = Shift::default();
        for (told, now, expected) in steps {
            let at = clock.place(Timestamp::new(*told, 0), Timestamp::new(*now, 0));
            assert_eq!(at, Timestamp::new(*expected, 0), "{told} at {now} of {steps:?}");
        }
    }

    #[test]
    fn times_that_can_be_are_left_alone() {
        check(&[(1000, 1000, 1000), (999, 1001, 999), (1002, 1001, 1002), (945, 1002, 945)]);
    }

    #[test]
    fn a_clock_that_is_wrong_is_wrong_by_the_same_for_all() {
        // An hour ahead: what took two seconds still does.
        check(&[(4600, 1000, 1000), (4602, 1003, 1002), (4650, 1051, 1050)]);
        check(&[(0, 1000, 1000), (2, 1003, 1002), (50, 1051, 1050)]);
    }

    #[test]
    fn what_was_kept_for_long_moves_nothing_that_comes_after_it() {
        check(&[(500, 1000, 1000), (501, 1000, 1001), (999, 1000, 999), (1000, 1000, 1000)]);
    }

    #[test]
    fn the_ends_of_time_do_no_harm() {
        let (end, now) = (Timestamp(u64::MAX), Timestamp::new(1000, 0));
        let mut clock = Shift::default();
        assert_eq!(clock.place(end, now), now);
        assert_eq!(clock.moved(Timestamp(0)), Timestamp(0));
        assert_eq!(clock.place(Timestamp(0), now), now);
        assert_eq!(clock.moved(end), end);
        assert_eq!(clock.place(Timestamp(0), end), end);
    }
}
