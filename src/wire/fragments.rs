//! IP fragments on their way to whole datagrams (RFC 791 §3.2, RFC 8200 §4.5).
//!
//! Bounded in datagrams, bytes, pieces and packet time, as any packet may be a lie. Where two
//! fragments overlap the first one wins; exact copies are ignored. A datagram of which only the
//! first fragment came (a filter on ports lets no other pass) is given up with it, so that its
//! header is not lost.

use std::collections::VecDeque;
use std::time::Duration;

use hashbrown::HashMap;

use crate::time::Timestamp;

use super::address::Address;
use super::packet::Ip;

/// How long a datagram may wait for its rest, in packet time: the most that a host should wait
/// (RFC 1122 §3.3.2).
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// How long a first fragment waits for company before it is read alone. The fragments of one
/// datagram leave their sender together; where none follows, a filter holds them back.
pub(super) const ALONE: Duration = Duration::from_millis(500);

/// Datagrams waiting at once.
pub(crate) const MAX_DATAGRAMS: usize = 1024;

/// Separate runs of bytes within one datagram; more is an attack with tiny fragments.
pub(super) const MAX_RUNS: usize = 64;

const MAX_DATAGRAM: usize = 65_535;

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

#[derive(Debug)]
struct Waiting {
    at: Timestamp,
    ip: Ip,
    bytes: Vec<u8>,
    /// Runs of bytes that came, apart, in order.
    runs: Vec<(usize, usize)>,
    total: Option<usize>,
    pieces: u64,
    /// Its ports are not ours: further fragments are not worth keeping.
    refused: bool,
}

/// The datagrams that wait.
#[derive(Debug)]
pub(super) struct Fragments {
    waiting: HashMap<Key, Waiting, foldhash::quality::RandomState>,
    order: VecDeque<(Timestamp, Key)>,
    /// First fragments, to be read soon if they stay alone.
    firsts: VecDeque<(Timestamp, Key)>,
    given_up: VecDeque<Whole>,
    /// Before this moment nothing has waited too long.
    due: Timestamp,
    bytes: usize,
    max_bytes: usize,
    shed: u64,
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
        let waiting = self.waiting.entry(key).or_insert_with(|| {
            self.order.push_back((now, key));
            Waiting::new(piece.ip, now)
        });
        if waiting.refused {
            if piece.offset != 0 {
                return None;
            }
            // The identification was used again, for a datagram of ours.
            *waiting = Waiting::new(piece.ip, now);
            self.order.push_back((now, key));
        }
        if piece.offset == 0 {
            self.firsts.push_back((now, key));
        }
        self.due = self.due.min(now.plus(ALONE));
        let before = waiting.bytes.len();
        if !waiting.add(piece) {
            self.shed += 1;
        }
        self.bytes += waiting.bytes.len() - before;
        if !waiting.is_whole() {
            return None;
        }
        let done = self.take(key)?;
        Some(Whole { at: done.at, ip: done.ip, bytes: done.bytes })
    }

    /// Remembers that a datagram is not of ours, so that its other fragments are not kept.
    pub(super) fn refuse(&mut self, piece: &Piece<'_>, now: Timestamp) {
        self.make_room(now, 0);
        let key = key(piece);
        let waiting = self.waiting.entry(key).or_insert_with(|| {
            self.order.push_back((now, key));
            Waiting::new(piece.ip, now)
        });
        self.due = self.due.min(now.plus(ALONE));
        self.bytes -= waiting.bytes.len();
        waiting.bytes = Vec::new();
        waiting.pieces = 0;
        waiting.refused = true;
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
        let first = |list: &VecDeque<(Timestamp, Key)>, patience| {
            list.front().map_or(NEVER, |(at, _)| at.plus(patience))
        };
        first(&self.firsts, ALONE).min(first(&self.order, PATIENCE))
    }

    #[cold]
    fn give_up_old(&mut self, now: Timestamp) {
        while let Some((at, key)) = self.firsts.front().copied() {
            if now.since(at) <= ALONE {
                break;
            }
            self.firsts.pop_front();
            let alone = |waiting: &Waiting| waiting.pieces == 1 && !waiting.refused;
            if self.waiting.get(&key).is_some_and(alone)
                && let Some(waiting) = self.take(key)
            {
                self.give_up(waiting);
            }
        }
        while self.order.front().is_some_and(|(at, _)| now.since(*at) > PATIENCE) {
            self.abandon_oldest();
        }
        self.due = self.next_due();
    }

    /// Completed datagrams leave their places in the orders behind; these may not outgrow what
    /// waits.
    fn drop_stale(&mut self) {
        const SLACK: usize = 1024;
        let waiting = &self.waiting;
        for order in [&mut self.order, &mut self.firsts] {
            if order.len() > 2 * waiting.len() + SLACK {
                order.retain(|(at, key)| waiting.get(key).is_some_and(|one| one.at == *at));
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
        let Some((at, key)) = self.order.pop_front() else { return false };
        // A key may have been completed and used again since.
        if self.waiting.get(&key).is_some_and(|waiting| waiting.at == at)
            && let Some(waiting) = self.take(key)
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
        let Waiting { at, ip, mut bytes, runs, pieces, .. } = waiting;
        match runs.as_slice() {
            // Alone, the first fragment tells that a filter let no others through. With others
            // about it, one was lost on the way, and nobody ever read the message.
            [(0, end)] if pieces == 1 => bytes.truncate(*end),
            _ => bytes.clear(),
        }
        if self.given_up.len() < MAX_DATAGRAMS {
            self.given_up.push_back(Whole { at, ip, bytes });
        }
    }
}

fn key(piece: &Piece<'_>) -> Key {
    // IPv6 fragments behind the first do not repeat what protocol the first one carries.
    let v4 = piece.ip.from.ip().is_ipv4();
    let protocol = if v4 { piece.ip.protocol } else { 0 };
    Key { from: piece.ip.from, to: piece.ip.to, id: piece.id, protocol }
}

impl Waiting {
    fn new(ip: Ip, at: Timestamp) -> Self {
        Self { at, ip, bytes: Vec::new(), runs: Vec::new(), total: None, pieces: 0, refused: false }
    }

    /// Whether the piece was of use.
    fn add(&mut self, piece: &Piece<'_>) -> bool {
        let (start, end) = (piece.offset, piece.offset + piece.bytes.len());
        if end > MAX_DATAGRAM || start == end || self.runs.len() >= MAX_RUNS {
            return false;
        }
        if piece.offset == 0 {
            self.ip = piece.ip;
        }
        if !piece.more && self.total.is_none() {
            self.total = Some(end);
        }
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.pieces += 1;
        self.fill(start, piece.bytes);
        self.cover(start, end);
        true
    }

    /// Writes where nothing came before: the first fragment wins.
    fn fill(&mut self, start: usize, bytes: &[u8]) {
        let end = start + bytes.len();
        let mut from = start;
        for (run_start, run_end) in self.runs.iter().copied().chain([(end, end)]) {
            let to = run_start.clamp(from, end);
            let target = self.bytes.get_mut(from..to);
            let source = bytes.get(from - start..to - start);
            if let (Some(target), Some(source)) = (target, source) {
                target.copy_from_slice(source);
            }
            from = from.max(run_end.min(end));
        }
    }

    /// Joins a run with those it touches.
    fn cover(&mut self, mut start: usize, mut end: usize) {
        self.runs.retain(|(run_start, run_end)| {
            let apart = *run_end < start || *run_start > end;
            if !apart {
                start = start.min(*run_start);
                end = end.max(*run_end);
            }
            apart
        });
        let place = self.runs.partition_point(|(run_start, _)| *run_start < start);
        self.runs.insert(place, (start, end));
    }

    fn is_whole(&self) -> bool {
        let Some(total) = self.total else { return false };
        matches!(self.runs.as_slice(), [(0, end), ..] if *end >= total)
    }
}

#[cfg(test)]
mod tests {
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
    fn copies_change_nothing_and_the_first_of_two_overlapping_wins() {
        check(
            &[(0, 0, true, "abcdefgh"), (0, 0, true, "ABCDEFGH"), (0, 8, false, "ij")],
            &["abcdefghij"],
        );
        check(
            &[(0, 8, true, "ijklmnop"), (0, 0, true, "ABCDEFGHWXYZ"), (0, 16, false, "q")],
            &["ABCDEFGHijklmnopq"],
        );
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
