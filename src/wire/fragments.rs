//! IP fragments on their way to whole datagrams (RFC 791 §3.2, RFC 8200 §4.5).
//!
//! Bounded in datagrams, bytes, pieces and packet time, as any packet may be a lie. Of two fragments
//! that contradict each other the first to come is believed, and the other one counted; copies are
//! ignored. A datagram of which only the first fragment came (a filter on ports lets no other pass)
//! is given up with it, so that its header is not lost.

use std::collections::VecDeque;
use std::time::Duration;

use hashbrown::HashMap;

use crate::time::Timestamp;

use super::address::Address;
use super::packet::Ip;
use super::waiting::Waiting;

/// How long a datagram may wait for its rest, in packet time: the most that a host should wait
/// (RFC 1122 §3.3.2).
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// How long a first fragment waits for company before it is read alone. The fragments of one
/// datagram leave their sender together; where none follows, a filter holds them back.
pub(super) const ALONE: Duration = Duration::from_millis(500);

/// Datagrams waiting at once.
pub(crate) const MAX_DATAGRAMS: usize = 1024;

/// Places in the orders that may be stale besides as many as there are datagrams.
const SLACK: usize = 1024;

const NEVER: Timestamp = Timestamp(u64::MAX);

/// One fragment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    pub(super) ip: Ip,
    pub(super) id: u32,
    pub(super) offset: usize,
    pub(super) more: bool,
    pub(super) bytes: &'a [u8],
}

/// The payload of a datagram, whole or as much of its beginning as came.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) at: Timestamp,
    pub(super) ip: Ip,
    pub(super) bytes: Vec<u8>,
}

/// Which datagram a fragment is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FragmentOf(Key);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    from: Address,
    to: Address,
    id: u32,
    protocol: u8,
}

/// The place of a datagram in one of the orders, where it stands once.
#[derive(Clone, Copy, Debug)]
struct Turn {
    at: Timestamp,
    key: Key,
    /// Which of the datagrams that had this key.
    number: u64,
}

/// The datagrams that wait.
#[derive(Debug)]
pub(super) struct Fragments {
    waiting: HashMap<Key, Waiting, foldhash::quality::RandomState>,
    order: VecDeque<Turn>,
    /// First fragments, to be read soon if they stay alone.
    firsts: VecDeque<Turn>,
    given_up: VecDeque<Whole>,
    /// Before this moment nothing has waited too long.
    due: Timestamp,
    bytes: usize,
    max_bytes: usize,
    shed: u64,
    /// Datagrams that waited so far.
    number: u64,
    /// Of the datagram whose fragment came last.
    latest: Option<Key>,
}

impl Fragments {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self {
            waiting: HashMap::default(),
            order: VecDeque::new(),
            firsts: VecDeque::new(),
            given_up: VecDeque::new(),
            due: NEVER,
            bytes: 0,
            max_bytes,
            shed: 0,
            number: 0,
            latest: None,
        }
    }

    /// Which datagram the fragment that came last is of; told once.
    pub(super) fn take_latest(&mut self) -> Option<FragmentOf> {
        self.latest.take().map(FragmentOf)
    }

    /// Takes in a fragment; the datagram if that completes it.
    pub(super) fn add(&mut self, piece: &Piece<'_>, now: Timestamp) -> Option<Whole> {
        self.make_room(now, piece.bytes.len());
        let key = key(piece);
        self.latest = Some(key);
        if let Some(waiting) = self.waiting.get_mut(&key).filter(|waiting| waiting.refused) {
            if piece.offset != 0 {
                waiting.passed += 1;
                return None;
            }
            // The identification was used again, for a datagram of ours, or a forgery came before
            // it: then what was passed over may have been its rest.
            self.shed += waiting.passed;
            self.waiting.remove(&key);
        }
        let waiting = self.waiting_for(piece, now);
        let (before, had_first) = (waiting.bytes.len(), waiting.has_first());
        let was_of_use = waiting.add(piece);
        let (after, number) = (waiting.bytes.len(), waiting.number);
        let (has_first, is_whole) = (waiting.has_first(), waiting.is_whole());
        self.shed += u64::from(!was_of_use);
        self.bytes += after - before;
        if has_first && !had_first {
            self.firsts.push_back(Turn { at: now, key, number });
        }
        if !is_whole {
            return None;
        }
        let done = self.take(key)?;
        Some(Whole { at: done.at, ip: done.ip, bytes: done.bytes })
    }

    /// Remembers that a datagram is not of ours, so that its other fragments are not kept.
    ///
    /// Of a datagram whose first fragment is here and is of ours, that is a forgery and nothing
    /// more is made of it: a host would discard the whole (RFC 8200 §4.5), but who watches from
    /// beside would lose an answer that may well have arrived before.
    pub(super) fn refuse(&mut self, piece: &Piece<'_>, now: Timestamp) {
        self.make_room(now, 0);
        let waiting = self.waiting_for(piece, now);
        if waiting.has_first() {
            self.shed += 1;
            return;
        }
        let freed = waiting.bytes.len();
        let dropped = waiting.refuse();
        self.bytes -= freed;
        self.shed += dropped;
    }

    /// The datagram that a fragment is of, from now on if there was none.
    fn waiting_for(&mut self, piece: &Piece<'_>, at: Timestamp) -> &mut Waiting {
        self.due = self.due.min(at.plus(ALONE));
        let key = key(piece);
        self.waiting.entry(key).or_insert_with(|| {
            self.number += 1;
            self.order.push_back(Turn { at, key, number: self.number });
            Waiting::new(piece.ip, at, self.number)
        })
    }

    /// Whether a datagram was given up and not yet asked for.
    #[inline]
    pub(super) fn has_abandoned(&self) -> bool {
        !self.given_up.is_empty()
    }

    /// The next datagram that was given up, oldest first.
    pub(super) fn abandoned(&mut self) -> Option<Whole> {
        self.given_up.pop_front()
    }

    pub(super) fn abandon_all(&mut self) {
        while self.abandon_oldest() {}
    }

    pub(super) fn held(&self) -> u64 {
        self.waiting.values().map(|waiting| waiting.pieces).sum()
    }

    pub(super) fn shed(&self) -> u64 {
        self.shed
    }

    /// It is `now`: what has waited too long is given up. Asked for each frame.
    #[inline]
    pub(super) fn expire(&mut self, now: Timestamp) {
        if now > self.due {
            self.give_up_old(now);
        }
    }

    /// Each list gives up its first entry first, whatever times the others have.
    fn next_due(&self) -> Timestamp {
        let first = |list: &VecDeque<Turn>, patience| {
            list.front().map_or(NEVER, |turn| turn.at.plus(patience))
        };
        first(&self.firsts, ALONE).min(first(&self.order, PATIENCE))
    }

    #[cold]
    fn give_up_old(&mut self, now: Timestamp) {
        while let Some(turn) = self.firsts.front().copied() {
            if now.since(turn.at) <= ALONE {
                break;
            }
            self.firsts.pop_front();
            if self.of(turn).is_some_and(|waiting| waiting.pieces == 1)
                && let Some(waiting) = self.take(turn.key)
            {
                self.give_up(waiting);
            }
        }
        while self.order.front().is_some_and(|turn| now.since(turn.at) > PATIENCE) {
            self.abandon_oldest();
        }
        self.due = self.next_due();
    }

    /// The datagram whose turn it is, if it still waits: its key may have been used again.
    fn of(&self, turn: Turn) -> Option<&Waiting> {
        self.waiting.get(&turn.key).filter(|waiting| waiting.number == turn.number)
    }

    /// Completed datagrams leave their places in the orders behind; these may not outgrow what
    /// waits. Each that waits has one place, so that half of what is looked at goes at least.
    fn drop_stale(&mut self) {
        let waiting = &self.waiting;
        for order in [&mut self.order, &mut self.firsts] {
            if order.len() > 2 * waiting.len() + SLACK {
                order.retain(|turn| {
                    waiting.get(&turn.key).is_some_and(|one| one.number == turn.number)
                });
            }
        }
    }

    fn make_room(&mut self, now: Timestamp, more: usize) {
        self.expire(now);
        self.drop_stale();
        while self.waiting.len() >= MAX_DATAGRAMS
            || (self.bytes + more > self.max_bytes && !self.waiting.is_empty())
        {
            self.abandon_oldest();
        }
        self.due = self.next_due();
    }

    fn abandon_oldest(&mut self) -> bool {
        let Some(turn) = self.order.pop_front() else { return false };
        if self.of(turn).is_some()
            && let Some(waiting) = self.take(turn.key)
        {
            self.give_up(waiting);
        }
        true
    }

    fn take(&mut self, key: Key) -> Option<Waiting> {
        let waiting = self.waiting.remove(&key)?;
        self.bytes -= waiting.bytes.len();
        Some(waiting)
    }

    fn give_up(&mut self, waiting: Waiting) {
        if waiting.refused {
            return;
        }
        self.shed += waiting.pieces;
        if self.given_up.len() < MAX_DATAGRAMS {
            let (at, ip) = (waiting.at, waiting.ip);
            self.given_up.push_back(Whole { at, ip, bytes: waiting.beginning() });
        }
    }
}

fn key(piece: &Piece<'_>) -> Key {
    // IPv6 fragments behind the first do not repeat what protocol the first one carries.
    let v4 = piece.ip.from.ip().is_ipv4();
    let protocol = if v4 { piece.ip.protocol } else { 0 };
    Key { from: piece.ip.from, to: piece.ip.to, id: piece.id, protocol }
}

#[cfg(test)]
mod tests {
    use super::super::waiting::MAX_RUNS;
    use super::*;

    fn play(script: &[(u64, usize, bool, &str)]) -> (Vec<String>, Fragments) {
        let mut fragments = Fragments::new(1 << 20);
        let mut out = Vec::new();
        for (seconds, offset, more, text) in script {
            let piece = Piece {
                ip: Ip::default(),
                id: 7,
                offset: *offset,
                more: *more,
                bytes: text.as_bytes(),
            };
            if let Some(whole) = fragments.add(&piece, Timestamp::new(*seconds, 0)) {
                out.push(String::from_utf8(whole.bytes).unwrap());
            }
        }
        (out, fragments)
    }

    #[track_caller]
    fn check(script: &[(u64, usize, bool, &str)], expected: &[&str]) {
        let (out, fragments) = play(script);
        assert_eq!(out, expected, "{script:?}");
        assert_eq!(
            fragments.bytes,
            fragments.waiting.values().map(|w| w.bytes.len()).sum::<usize>()
        );
    }

    #[test]
    fn pieces_in_any_order_make_the_datagram() {
        check(&[(0, 0, true, "abcdefgh"), (0, 8, false, "ij")], &["abcdefghij"]);
        check(&[(0, 8, false, "ij"), (0, 0, true, "abcdefgh")], &["abcdefghij"]);
        let three = [(0, 16, false, "q"), (0, 0, true, "abcdefgh"), (0, 8, true, "ijklmnop")];
        check(&three, &["abcdefghijklmnopq"]);
    }

    #[test]
    fn copies_and_overlapping_pieces_that_agree_change_nothing() {
        for script in [
            &[(0, 0, true, "abcdefgh"), (0, 0, true, "abcdefgh"), (0, 8, false, "ij")][..],
            &[(0, 8, false, "ij"), (0, 8, false, "ij"), (0, 0, true, "abcdefghi")],
            &[(0, 8, true, "i"), (0, 0, true, "abcdefghi"), (0, 8, false, "ij")],
        ] {
            check(script, &["abcdefghij"]);
            assert_eq!(play(script).1.shed(), 0, "{script:?}");
        }
    }

    #[test]
    fn a_piece_that_contradicts_an_earlier_one_is_counted_and_nothing_more() {
        for forged in [
            (0, 0, true, "ABCDEFGH"),
            (0, 0, true, "abcdefgHIJ"),
            (0, 16, false, "QRS"),
            (0, 8, false, "ij"),
            (0, 24, true, "beyond"),
        ] {
            let script =
                [(0, 0, true, "abcdefgh"), (0, 16, false, "q"), forged, (0, 8, true, "ijklmnop")];
            check(&script, &["abcdefghijklmnopq"]);
            assert_eq!(play(&script).1.shed(), 1, "{forged:?}");
        }
    }

    fn piece(offset: usize, more: bool, bytes: &[u8]) -> Piece<'_> {
        Piece { ip: Ip::default(), id: 7, offset, more, bytes }
    }

    #[test]
    fn a_first_fragment_of_other_ports_does_not_remove_one_of_ours() {
        let (_, mut fragments) = play(&[(0, 0, true, "abcdefgh")]);
        fragments.refuse(&piece(0, true, b"FORGED.."), Timestamp::default());
        let whole = fragments.add(&piece(8, false, b"ij"), Timestamp::default());
        assert_eq!(whole.map(|whole| whole.bytes), Some(b"abcdefghij".to_vec()));
        assert_eq!((fragments.shed(), fragments.held()), (1, 0));
    }

    #[test]
    fn what_is_dropped_for_a_first_fragment_of_other_ports_is_counted() {
        let (_, mut fragments) = play(&[(0, 8, true, "ijklmnop"), (0, 24, false, "y")]);
        fragments.refuse(&piece(0, true, b"FORGED.."), Timestamp::default());
        assert_eq!((fragments.shed(), fragments.held(), fragments.bytes), (2, 0, 0));
        // What followed may have been ours, once our first fragment comes after all.
        fragments.add(&piece(16, true, b"qrstuvwx"), Timestamp::default());
        assert_eq!(fragments.shed(), 2);
        fragments.add(&piece(0, true, b"abcdefgh"), Timestamp::default());
        assert_eq!((fragments.shed(), fragments.held()), (3, 1));
    }

    /// The work on a fragment is that on places in the orders, of which half go at least whenever
    /// they are looked through.
    #[test]
    fn fragments_of_one_datagram_and_time_do_not_pile_up_places_to_look_at() {
        for (bytes, refused_ones) in [(&b"abcdefgh"[..], 1), (b"abcdefgh", 2), (b"", 1), (b"", 3)] {
            let mut fragments = Fragments::new(1 << 20);
            for nth in 0..5_000 {
                let piece = piece(0, true, bytes);
                if nth % refused_ones == 0 {
                    fragments.add(&piece, Timestamp::default());
                } else {
                    fragments.refuse(&piece, Timestamp::default());
                }
                let places = fragments.order.len().max(fragments.firsts.len());
                assert!(places <= SLACK + 4, "{places} after {nth}");
            }
        }
    }

    /// Whole datagrams one after another leave places behind, but each only once.
    #[test]
    fn stale_places_are_looked_at_no_oftener_than_they_were_made() {
        let mut fragments = Fragments::new(1 << 20);
        for _ in 0..5_000 {
            fragments.add(&piece(0, true, b"abcdefgh"), Timestamp::default());
            fragments.add(&piece(8, false, b"ij"), Timestamp::default());
            assert!(fragments.order.len() <= SLACK + 4 && fragments.firsts.len() <= SLACK + 4);
        }
        assert_eq!((fragments.held(), fragments.shed()), (0, 0));
    }

    #[test]
    fn time_gives_up_what_stays_incomplete() {
        let (out, mut fragments) =
            play(&[(0, 0, true, "abcdefgh"), (0, 16, false, "q"), (999, 8, true, "x")]);
        assert!(out.is_empty());
        let lost = fragments.abandoned().unwrap();
        assert_eq!((lost.bytes.as_slice(), lost.at), (b"".as_slice(), Timestamp::default()));
        assert_eq!((fragments.held(), fragments.shed()), (1, 2));
    }

    #[test]
    fn a_first_fragment_alone_is_given_up_with_its_bytes() {
        let (_, mut fragments) = play(&[(0, 0, true, "abcdefgh"), (999, 8, true, "x")]);
        fragments.abandon_all();
        assert_eq!(fragments.abandoned().unwrap().bytes, b"abcdefgh");
    }

    #[test]
    fn a_flood_of_datagrams_stays_within_its_bounds() {
        let mut fragments = Fragments::new(64 << 10);
        for id in 0..10_000 {
            let piece = Piece { ip: Ip::default(), id, offset: 8, more: true, bytes: &[0; 800] };
            fragments.add(&piece, Timestamp::default());
            assert!(fragments.waiting.len() <= MAX_DATAGRAMS);
            assert!(fragments.bytes <= 64 << 10);
            fragments.abandoned();
        }
    }

    #[test]
    fn tiny_fragments_with_holes_cannot_make_it_slow() {
        let script: Vec<_> = (0..4000).map(|n| (0, n * 16, true, "x")).collect();
        let (_, fragments) = play(&script);
        assert!(fragments.waiting.values().all(|waiting| waiting.runs.len() <= MAX_RUNS));
        assert!(fragments.shed() > 3000);
    }
}
