//! DNS over TCP: from segments to messages (RFC 1035 §4.2.2, RFC 7766).
//!
//! Segments may come out of order, twice, overlapping, or never; a stream may be joined in its
//! middle; and any of them may be forged. All of it is bounded: bytes per stream, streams in all.
//! What is skipped is counted.

use std::hash::{Hash, Hasher};

use hashbrown::HashMap;

use crate::time::Timestamp;

use super::address::Endpoint;
use super::assembly::LENGTH;
use super::packet::Segment;
use super::way::{Counts, Way};

/// Streams followed at once; the longest idle eighth makes room. As many as fit a table of 2¹⁴
/// places: one more would double it.
pub(super) const MAX_STREAMS: usize = 14_336;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    from: Endpoint,
    to: Endpoint,
}

impl Key {
    fn reversed(self) -> Self {
        Self { from: self.to, to: self.from }
    }
}

/// In three words: field by field the hasher has twice the work.
impl Hash for Key {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(self.from.address.0);
        state.write_u128(self.to.address.0);
        state.write_u32(u32::from(self.from.port) << 16 | u32::from(self.to.port));
    }
}

/// A message out of a stream.
#[derive(Clone, Copy, Debug)]
pub struct StreamMessage<'a> {
    /// Its bytes, without the length prefix.
    pub bytes: &'a [u8],
    /// The capture holds less than was sent.
    pub cut: bool,
    /// The sequence number of its length prefix.
    pub sequence: u32,
}

impl StreamMessage<'_> {
    /// The sequence number behind it.
    pub fn end(&self) -> u32 {
        self.sequence.wrapping_add(length_of(LENGTH + self.bytes.len()))
    }
}

/// All streams that are followed.
#[derive(Debug)]
pub struct Streams {
    followed: HashMap<Key, Way, foldhash::quality::RandomState>,
    max_bytes: usize,
    bytes: usize,
    counts: Counts,
    shed: u64,
    turn: u64,
}

impl Streams {
    /// Follows streams with at most `max_bytes` held in all.
    pub fn new(max_bytes: usize) -> Self {
        let (followed, counts) = (HashMap::default(), Counts::default());
        Self { followed, max_bytes, bytes: 0, counts, shed: 0, turn: 0 }
    }

    /// Takes in a segment, and hands on every message that it completes; whether it is believed.
    ///
    /// Not believed is a reset that does not fit its connection, and a SYN in the midst of one:
    /// hosts do not act on these (RFC 5961 §3 and §4), and whoever sends them need not have seen
    /// the connection.
    pub fn add(
        &mut self,
        segment: &Segment<'_>,
        at: Timestamp,
        mut sink: impl FnMut(StreamMessage<'_>),
    ) -> bool {
        let key = Key { from: segment.from, to: segment.to };
        if segment.rst {
            return self.reset(key, segment, at, &mut sink);
        }
        let nothing = segment.payload.is_empty() && segment.missing == 0;
        // Acknowledgements are most of a connection, and say nothing about this direction. The
        // end of a stream does not forget it: its last segment may come once more.
        if nothing && !segment.syn {
            if segment.fin
                && let Some(way) = self.followed.get_mut(&key)
            {
                way.end(segment.sequence);
            }
            return true;
        }
        if self.followed.len() >= MAX_STREAMS && !self.followed.contains_key(&key) {
            self.make_room();
        }
        let way = self.followed.entry(key).or_default();
        let before = way.held();
        self.turn += 1;
        way.turn = self.turn;
        let fits = way.take(segment, at, &mut self.counts, &mut sink);
        self.bytes = self.bytes + way.held() - before;
        if self.bytes > self.max_bytes {
            self.make_room();
        }
        fits
    }

    /// A reset: if it is believed, nothing more comes of either direction.
    fn reset(
        &mut self,
        key: Key,
        segment: &Segment<'_>,
        at: Timestamp,
        sink: &mut impl FnMut(StreamMessage<'_>),
    ) -> bool {
        if !self.believes(key, segment, at) {
            self.counts.misfits += 1;
            return false;
        }
        if let Some(mut way) = self.followed.remove(&key) {
            self.bytes -= way.held();
            way.finish(&mut self.counts, |_, message| sink(message));
        }
        if let Some(other) = self.followed.get_mut(&key.reversed()) {
            other.is_over = true;
        }
        true
    }

    /// Whether a reset fits what is known of its connection: the bytes of its sender; if none came,
    /// what the other side awaits of it; or it acknowledges all that the other side sent, as where
    /// a SYN is refused (RFC 9293 §3.10.7). Of what nothing is known, nothing can be torn down.
    fn believes(&self, key: Key, segment: &Segment<'_>, at: Timestamp) -> bool {
        let (ours, theirs) = (self.followed.get(&key), self.followed.get(&key.reversed()));
        if ours.is_none() && theirs.is_none() {
            return true;
        }
        // What contradicts a connection that goes on may be a forgery, and its reset another one.
        let goes_on = [ours, theirs].into_iter().flatten().any(|way| way.goes_on(at));
        let fits = match (ours, theirs) {
            (Some(ours), _) => ours.may_end_at(segment.sequence, goes_on),
            (None, theirs) => theirs.is_some_and(|way| way.awaits(segment.sequence)),
        };
        fits || segment.ack && theirs.is_some_and(|way| way.ends_at(segment.acknowledged, goes_on))
    }

    /// No segment follows: holes are skipped, and what lies behind them is read.
    pub fn finish(
        &mut self,
        mut sink: impl FnMut(Endpoint, Endpoint, Timestamp, StreamMessage<'_>),
    ) {
        let mut keys: Vec<Key> = self.followed.keys().copied().collect();
        keys.sort_by_key(|key| (key.from, key.to));
        for key in keys {
            if let Some(way) = self.followed.get_mut(&key) {
                way.finish(&mut self.counts, |at, message| sink(key.from, key.to, at, message));
            }
        }
        self.followed.clear();
        self.bytes = 0;
    }

    /// Bytes of streams that were passed over because what came before them was lost, or what
    /// follows them.
    pub fn gaps(&self) -> u64 {
        self.counts.gaps
    }

    /// Segments that would end a connection or begin it anew and were not believed.
    pub fn misfits(&self) -> u64 {
        self.counts.misfits
    }

    /// Streams that were forgotten because there were too many.
    pub fn shed(&self) -> u64 {
        self.shed
    }

    /// Forgets the idlest eighth at once, so that a flood of streams costs O(1) each.
    #[cold]
    fn make_room(&mut self) {
        let mut turns: Vec<u64> = self.followed.values().map(|way| way.turn).collect();
        let eighth = turns.len() / 8;
        let (_, oldest, _) = turns.select_nth_unstable(eighth);
        let oldest = *oldest;
        let mut gone = 0;
        self.followed.retain(|_, way| {
            let goes = way.turn <= oldest;
            if goes {
                gone += way.held();
                self.shed += u64::from(!way.is_idle());
            }
            !goes
        });
        self.bytes -= gone;
    }
}

/// How far `to` is ahead of `from` in sequence space; negative if behind (RFC 9293 §3.4).
#[expect(clippy::cast_possible_wrap, reason = "sequence numbers are compared modulo 2^32")]
pub const fn ahead(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from) as i32
}

pub(super) fn length_of(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A response with the given ID and 3 more bytes, behind its length prefix: 17 bytes.
    fn message(id: u8) -> Vec<u8> {
        let mut out = vec![0, 15, 0, id, 0x80, 0x05];
        out.extend([0; 11]);
        out
    }

    struct Play {
        streams: Streams,
        seen: Vec<String>,
        clock: u64,
    }

    impl Play {
        fn new() -> Self {
            Self { streams: Streams::new(1 << 20), seen: Vec::new(), clock: 0 }
        }

        fn segment(mut self, sequence: u32, payload: &[u8], missing: u32, flags: &str) -> Self {
            let segment = Segment {
                from: Endpoint::default(),
                to: Endpoint { port: 53, ..Endpoint::default() },
                sequence,
                syn: flags.contains('S'),
                fin: flags.contains('F'),
                rst: flags.contains('R'),
                ack: true,
                acknowledged: 0,
                payload,
                missing,
            };
            let seen = &mut self.seen;
            self.streams
                .add(&segment, Timestamp::new(self.clock, 0), |message| seen.push(show(message)));
            self
        }

        fn later(mut self, seconds: u64) -> Self {
            self.clock += seconds;
            self
        }

        #[track_caller]
        fn gives(mut self, expected: &str) {
            let seen = &mut self.seen;
            self.streams.finish(|_, _, _, message| seen.push(show(message)));
            assert_eq!(self.seen.join(" "), expected);
            assert_eq!(self.streams.bytes, 0);
        }
    }

    fn show(message: StreamMessage<'_>) -> String {
        format!("{}{}", message.bytes[1], if message.cut { "cut" } else { "" })
    }

    #[test]
    fn a_message_knows_where_in_its_stream_it_is() {
        let all = [message(1), message(2), message(3)].concat();
        let segment = |at: usize, to: usize, missing| Segment {
            from: Endpoint::default(),
            to: Endpoint { port: 53, ..Endpoint::default() },
            sequence: (u32::MAX - 9).wrapping_add(length_of(at)),
            syn: false,
            fin: false,
            rst: false,
            ack: true,
            acknowledged: 0,
            payload: &all[at..to],
            missing,
        };
        // Numbers wrap around, pieces overlap or come too early, and the last one is cut.
        for pieces in [
            &[(0, 51, 0)][..],
            &[(0, 20, 0), (20, 33, 0), (33, 51, 0)],
            &[(0, 20, 0), (30, 51, 0), (15, 40, 0)],
            &[(0, 17, 0), (17, 34, 0), (34, 50, 1)],
        ] {
            let (mut streams, mut found) = (Streams::new(1 << 20), Vec::new());
            for (at, to, missing) in pieces {
                streams.add(&segment(*at, *to, *missing), Timestamp(0), |message| {
                    found.push((message.sequence.wrapping_sub(u32::MAX - 9), message.cut));
                });
            }
            let cut = pieces.iter().any(|piece| piece.2 > 0);
            assert_eq!(found, [(0, false), (17, false), (34, cut)], "{pieces:?}");
        }
    }

    #[test]
    fn several_messages_in_a_segment_and_one_over_many() {
        let two = [message(1), message(2)].concat();
        Play::new().segment(9, &[], 0, "S").segment(10, &two, 0, "").gives("1 2");
        let mut play = Play::new().segment(9, &[], 0, "S");
        for (at, byte) in two.iter().enumerate() {
            play = play.segment(10 + u32::try_from(at).unwrap(), &[*byte], 0, "");
        }
        play.gives("1 2");
    }

    #[test]
    fn segments_out_of_order_twice_and_overlapping_give_each_message_once() {
        let all = [message(1), message(2), message(3)].concat();
        Play::new()
            .segment(9, &[], 0, "S")
            .segment(27, &all[17..40], 0, "")
            .segment(10, &all[..20], 0, "")
            .segment(10, &all[..20], 0, "")
            .segment(45, &all[35..], 0, "")
            .gives("1 2 3");
    }

    #[test]
    fn sequence_numbers_wrap_around() {
        let all = [message(1), message(2)].concat();
        let start = u32::MAX - 20;
        Play::new()
            .segment(start.wrapping_sub(1), &[], 0, "S")
            .segment(start.wrapping_add(17), &all[17..], 0, "")
            .segment(start, &all[..17], 0, "")
            .gives("1 2");
    }

    #[test]
    fn data_on_a_syn_counts_and_a_second_syn_does_not_begin_anew() {
        Play::new().segment(9, &message(1), 0, "S").segment(9, &message(1), 0, "S").gives("1");
    }

    #[test]
    fn a_stream_joined_in_its_middle_finds_the_next_message() {
        let all = [&message(1)[9..], &message(2), &message(3)].concat();
        Play::new().segment(100, &all, 0, "").gives("2 3");
        Play::new().segment(100, &message(4), 0, "").gives("4");
        Play::new().segment(100, b"GET / HTTP/1.1\r\nHost: example\r\n\r\n", 0, "").gives("");
    }

    #[test]
    fn a_hole_is_skipped_after_a_while() {
        let all = [message(1), message(2), message(3), message(4)].concat();
        Play::new()
            .segment(9, &[], 0, "S")
            .segment(10, &all[..20], 0, "")
            .segment(44, &all[34..51], 0, "")
            .later(5)
            .segment(61, &all[51..], 0, "")
            .gives("1 3 4");
    }

    #[test]
    fn a_segment_cut_by_the_snaplen_gives_its_messages_and_the_stream_goes_on() {
        let all = [message(1), message(2)].concat();
        Play::new()
            .segment(9, &[], 0, "S")
            .segment(10, &all[..31], 3, "")
            .segment(44, &message(3), 0, "")
            .gives("1 2cut 3");
    }

    #[test]
    fn a_reset_forgets_the_stream() {
        let play = Play::new().segment(9, &[], 0, "S").segment(10, &message(1)[..5], 0, "R");
        assert!(play.streams.followed.is_empty());
    }

    #[test]
    fn the_last_segment_of_a_stream_may_come_twice() {
        let play = Play::new().segment(9, &[], 0, "S").segment(10, &message(1), 0, "F");
        play.segment(10, &message(1), 0, "F").gives("1");
    }

    #[test]
    fn a_segment_from_afar_does_not_silence_the_stream() {
        Play::new()
            .segment(9, &[], 0, "S")
            .segment(1 << 30, &message(9), 0, "")
            .segment(10, &message(1), 0, "")
            .gives("9 1");
    }

    #[test]
    fn memory_is_counted_as_it_is_held() {
        let mut long = vec![0xff, 0xff];
        long.extend(vec![0; 65_000]);
        let play = Play::new().segment(9, &[], 0, "S").segment(10, &long, 0, "");
        assert!(play.streams.bytes >= 65_000);
        let play = play.segment(10 + 65_002, &[0; 535], 0, "");
        assert!(play.streams.bytes <= 1024, "{}", play.streams.bytes);
    }

    #[test]
    fn a_flood_of_streams_stays_within_its_bounds() {
        let mut streams = Streams::new(1 << 16);
        for port in 0..60_000 {
            let segment = Segment {
                from: Endpoint { port, ..Endpoint::default() },
                to: Endpoint::default(),
                sequence: 1,
                syn: false,
                fin: false,
                rst: false,
                ack: true,
                acknowledged: 0,
                payload: &message(1)[..16],
                missing: 0,
            };
            streams.add(&segment, Timestamp::new(u64::from(port), 0), |_| {});
            assert!(streams.followed.len() <= MAX_STREAMS && streams.bytes <= (1 << 16) + 16);
        }
        assert!(streams.shed() > 0);
    }

    /// Between a client (`>`) and a server (`<`): flags, number, what is acknowledged, bytes. A
    /// minute and more pass before a segment with `+`.
    type Script<'a> = &'a [(&'a str, u32, u32, &'a [u8])];

    /// The messages that are handed on, what becomes of each reset, and bytes and segments counted.
    fn converse(script: Script<'_>) -> String {
        let (mut streams, mut clock) = (Streams::new(1 << 20), 0);
        let mut seen = Vec::new();
        for (what, sequence, acknowledged, payload) in script {
            let server = Endpoint { port: 53, ..Endpoint::default() };
            let (client, to_client) = (Endpoint::default(), what.contains('<'));
            let (from, to) = if to_client { (server, client) } else { (client, server) };
            let has = |flag: char| what.contains(flag);
            let (syn, fin, rst, ack) = (has('S'), has('F'), has('R'), has('A'));
            let (sequence, acknowledged) = (*sequence, *acknowledged);
            let (missing, payload) = (0, *payload);
            clock += u64::from(has('+')) * 90;
            let segment =
                Segment { from, to, sequence, syn, fin, rst, ack, acknowledged, payload, missing };
            let at = Timestamp::new(clock, 0);
            let is_believed = streams.add(&segment, at, |message| seen.push(show(message)));
            if rst {
                seen.push(if is_believed { "reset" } else { "-" }.into());
            }
        }
        streams.finish(|_, _, _, message| seen.push(show(message)));
        assert_eq!(streams.bytes, 0);
        format!("{}; {} lost, {} misfits", seen.join(" "), streams.gaps(), streams.misfits())
    }

    #[track_caller]
    fn check(script: Script<'_>, expected: &str) {
        assert_eq!(converse(script), expected, "{script:?}");
    }

    /// A reset between the halves of an answer.
    #[track_caller]
    fn check_torn((what, number, acknowledged): (&str, u32, u32), expected: &str) {
        let (query, answer) = (message(1), message(2));
        check(
            &[
                ("> S", 9, 0, b""),
                ("< SA", 499, 10, b""),
                ("> A", 10, 500, &query),
                ("< A", 500, 27, &answer[..9]),
                (what, number, acknowledged, b""),
                ("< A", 509, 27, &answer[9..]),
            ],
            expected,
        );
    }

    #[test]
    fn a_reset_with_any_number_does_not_tear_an_answer_apart() {
        for reset in [
            ("< R", 0x7fff_0000, 0),
            ("< R", 0, 0),
            ("< RA", 0, 0),
            ("< RA", 0x7fff_0000, 10),
            // What came is behind it, and a window with holes before it.
            ("< R", 500, 0),
            ("< R", 509 + 65_536, 0),
            ("> R", 5_000_000, 0),
        ] {
            check_torn(reset, "1 - 2; 0 lost, 1 misfits");
        }
    }

    #[test]
    fn a_reset_that_fits_ends_the_connection_and_what_it_tears_apart_is_counted() {
        for reset in [
            ("< R", 509, 0),
            // Segments before it were missed.
            ("< R", 509 + 65_535, 0),
            // All that the client sent is acknowledged.
            ("< RA", 0, 27),
        ] {
            check_torn(reset, "1 reset; 17 lost, 0 misfits");
        }
    }

    #[test]
    fn what_came_behind_a_hole_is_read_before_a_reset() {
        let answers = [message(2), message(3)].concat();
        check(
            &[
                ("< SA", 499, 10, b""),
                ("< A", 500, 27, &answers[..9]),
                ("< A", 517, 27, &answers[17..]),
                ("< R", 534, 0, b""),
            ],
            "3 reset; 17 lost, 0 misfits",
        );
    }

    #[test]
    fn a_refused_connection_is_known_by_what_it_acknowledges() {
        check(&[("> S", 9, 0, b""), ("< RA", 0, 10, b"")], "reset; 0 lost, 0 misfits");
        check(&[("> S", 9, 0, b""), ("< RA", 0, 11, b"")], "-; 0 lost, 1 misfits");
        // Asked once more with another number, and from the ports of a connection that was reset.
        let again =
            [("> S", 9, 0, &b""[..]), ("> S", 7_000_009, 0, b""), ("< RA", 0, 7_000_010, b"")];
        check(&again, "reset; 0 lost, 0 misfits");
        let query = message(1);
        check(
            &[
                ("> S", 9, 0, b""),
                ("> A", 10, 500, &query),
                ("< R", 500, 0, b""),
                ("> S", 7_000_009, 0, b""),
                ("< RA", 0, 7_000_010, b""),
            ],
            "1 reset reset; 0 lost, 0 misfits",
        );
    }

    #[test]
    fn a_reset_of_a_server_of_which_nothing_came_has_the_number_that_its_client_awaits() {
        let query = message(1);
        for (number, expected) in [
            (500, "1 reset; 0 lost, 0 misfits"),
            (900, "1 reset; 0 lost, 0 misfits"),
            (499, "1 -; 0 lost, 1 misfits"),
            (0x7fff_0000, "1 -; 0 lost, 1 misfits"),
        ] {
            check(&[("> A", 10, 500, &query), ("< R", number, 0, b"")], expected);
        }
        check(&[("< R", 77, 0, b"")], "reset; 0 lost, 0 misfits");
    }

    #[test]
    fn a_syn_in_the_midst_of_a_connection_does_not_drop_what_is_held() {
        let answers = [message(1), message(2)].concat();
        for number in [0x7fff_0000, 700] {
            check(
                &[
                    ("< SA", 499, 10, b""),
                    ("< A", 500, 27, &answers[..9]),
                    ("< S", number, 0, b""),
                    ("< S", number.wrapping_add(9_000_000), 0, b""),
                    ("< A", 509, 27, &answers[9..]),
                ],
                "1 2; 0 lost, 2 misfits",
            );
        }
    }

    #[test]
    fn ports_are_used_again() {
        let (one, two) = (message(1), message(2));
        let begun = [("> S", 9, 0, &b""[..]), ("> A", 10, 0, &one), ("> A", 27, 0, &two[..5])];
        let other = [("> S", 90_000_000, 0, &b""[..]), ("> A", 90_000_001, 0, &two)];
        let third = [("> S", 30_000_000, 0, &b""[..]), ("> A", 30_000_001, 0, &two)];
        let silent = [("+> S", 90_000_000, 0, &b""[..]), ("> A", 90_000_001, 0, &two)];
        for (script, expected) in [
            // Its end was missed: what was begun may still go on.
            (
                [&begun[..], &other, &third, &[("> A", 32, 0, &two[5..])]].concat(),
                "1 2 2 2; 0 lost",
            ),
            ([&begun[..], &[("> F", 32, 0, b"")], &other].concat(), "1 2; 5 lost"),
            ([&begun[..], &[("> R", 32, 0, b"")], &other].concat(), "1 reset 2; 5 lost"),
            ([&begun[..], &silent].concat(), "1 2; 5 lost"),
            // A FIN with any number ends nothing.
            (
                [&begun[..], &[("> F", 7, 0, b"")], &other, &[("> A", 32, 0, &two[5..])]].concat(),
                "1 2 2; 0 lost",
            ),
        ] {
            check(&script, &format!("{expected}, 0 misfits"));
        }
    }

    #[test]
    fn a_forged_connection_beside_the_true_one_cannot_be_used_to_reset_it() {
        let (query, answer) = (message(1), message(2));
        check(
            &[
                ("> S", 9, 0, b""),
                ("< SA", 499, 10, b""),
                ("> A", 10, 500, &query),
                ("> S", 70_000_000, 0, b""),
                ("< SA", 80_000_000, 70_000_001, b""),
                ("< R", 80_000_001, 0, b""),
                ("< RA", 0, 70_000_001, b""),
                ("< A", 500, 27, &answer),
            ],
            "1 - - 2; 0 lost, 3 misfits",
        );
    }

    #[test]
    fn a_flood_of_contradictions_stays_within_its_bounds() {
        const BOUND: usize = 1 << 14;
        let (mut streams, payload) = (Streams::new(BOUND), [0xff; 300]);
        for nth in 0..20_000_u32 {
            let number = nth.wrapping_mul(0x9e37_79b9);
            let length = usize::try_from(number >> 24).unwrap();
            let segment = Segment {
                from: Endpoint {
                    port: u16::try_from(number >> 12 & 63).unwrap(),
                    ..Endpoint::default()
                },
                to: Endpoint::default(),
                sequence: number.rotate_left(7) & 0xc000_ffff,
                syn: nth % 3 == 0,
                fin: nth % 5 == 0,
                rst: nth % 7 == 0,
                ack: true,
                acknowledged: number,
                payload: &payload[..length],
                missing: 0,
            };
            streams.add(&segment, Timestamp::new(u64::from(nth / 100), 0), |_| {});
            let held: usize = streams.followed.values().map(Way::held).sum();
            assert_eq!(streams.bytes, held, "after {nth}");
            assert!(held <= BOUND + payload.len());
        }
        assert!(streams.misfits() > 1_000 && streams.gaps() > 0, "{}", streams.misfits());
    }
}
