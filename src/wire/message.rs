//! A DNS message, read no further than a question asks (RFC 1035 §4, RFC 6891).
//!
//! The header is believed first: a REFUSED is known once its flags are there, whatever follows.
//! What cannot be read is noted, never an error.

use crate::iana::{Class, Ede, Opcode, Rcode, RecordType};

use super::layer::be16;
use super::name::{NameBuffer, skip};

/// The fewest bytes that tell query from response and carry an RCODE: ID and flags.
pub const MIN_MESSAGE: usize = 4;

/// Length of the whole header.
pub const HEADER: usize = 12;

/// What was wrong with a message. Several may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notes(pub u8);

impl Notes {
    /// It is shorter than a header.
    pub const SHORT: Self = Self(1);
    /// Its question section could not be read.
    pub const BAD_QUESTION: Self = Self(2);
    /// A record runs off its end.
    pub const BAD_RECORD: Self = Self(4);
    /// Bytes follow its last record.
    pub const TRAILING: Self = Self(8);
    /// It has a second OPT record, which is ignored (RFC 6891 §6.1.1 forbids it).
    pub const SECOND_OPT: Self = Self(16);
    /// The capture holds only its beginning.
    pub const CUT: Self = Self(32);

    /// Whether all of `notes` hold.
    pub const fn has(self, notes: Self) -> bool {
        self.0 & notes.0 == notes.0
    }

    fn add(&mut self, notes: Self) {
        self.0 |= notes.0;
    }

    /// Whether its question could not be read, though it may have one.
    pub const fn is_unread(self) -> bool {
        self.0 & (Self::SHORT.0 | Self::BAD_QUESTION.0) != 0
    }

    /// Whether it could not be read to its end though all of it was there.
    pub const fn is_malformed(self) -> bool {
        let broken = Self::SHORT.0 | Self::BAD_QUESTION.0 | Self::BAD_RECORD.0;
        self.0 & broken != 0 && !self.has(Self::CUT)
    }
}

/// The sixteen flag bits of a header (RFC 1035 §4.1.1, RFC 4035 §3.1.6 and §3.2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u16);

impl Flags {
    /// QR: it responds.
    pub const fn is_response(self) -> bool {
        self.0 & 0x8000 != 0
    }

    /// What it asks the server to do.
    pub const fn opcode(self) -> Opcode {
        Opcode((self.0 >> 11 & 0xf) as u8)
    }

    /// AA: the server is an authority for the name.
    pub const fn authoritative(self) -> bool {
        self.0 & 0x0400 != 0
    }

    /// TC: it was truncated by its sender.
    pub const fn truncated(self) -> bool {
        self.0 & 0x0200 != 0
    }

    /// RD: the client asks for recursion.
    pub const fn recursion_desired(self) -> bool {
        self.0 & 0x0100 != 0
    }

    /// RA: the server offers recursion.
    pub const fn recursion_available(self) -> bool {
        self.0 & 0x0080 != 0
    }

    /// The lower four bits of the RCODE.
    pub const fn rcode(self) -> Rcode {
        Rcode(self.0 & 0xf)
    }
}

/// What the first question asks, apart from its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Question {
    /// The type.
    pub rtype: RecordType,
    /// The class.
    pub class: Class,
}

/// The EDNS record (RFC 6891 §6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edns<'a> {
    /// The largest UDP payload its sender takes.
    pub udp_size: u16,
    /// The upper eight bits of the RCODE.
    pub extended_rcode: u8,
    /// EDNS version; 0 is the only one there is.
    pub version: u8,
    /// DO: the sender wants DNSSEC records.
    pub dnssec_ok: bool,
    /// The options, undecoded.
    pub options: &'a [u8],
}

/// Everything of a message that the analysis needs, apart from the question's name.
#[derive(Clone, Copy, Debug)]
pub struct MessageView<'a> {
    /// Pairs a response with its query.
    pub id: u16,
    /// The header's flags.
    pub flags: Flags,
    /// The first question; `None` if there is none or it could not be read.
    pub question: Option<Question>,
    /// The first OPT record, wherever it is.
    pub edns: Option<Edns<'a>>,
    /// Records promised in the answer section.
    pub answers: u16,
    /// Records promised in the authority section.
    pub authority: u16,
    /// Whether it carries a TSIG record (RFC 8945).
    pub tsig: bool,
    /// Whether it carries an SOA record, in whatever section.
    pub soa: bool,
    /// What was wrong.
    pub notes: Notes,
}

impl<'a> MessageView<'a> {
    /// Reads a message; its first question's name goes to `name`, which is empty if there is none.
    ///
    /// `None` only when not even the flags are there. `cut`: the capture holds less than was sent.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "measured: to hand on the view costs a fifth of it")]
    pub fn read(bytes: &'a [u8], cut: bool, name: &mut NameBuffer) -> Option<Self> {
        name.clear();
        let [i0, i1, f0, f1] = *bytes.first_chunk::<MIN_MESSAGE>()?;
        let mut view = Self {
            id: u16::from_be_bytes([i0, i1]),
            flags: Flags(u16::from_be_bytes([f0, f1])),
            question: None,
            edns: None,
            answers: 0,
            authority: 0,
            tsig: false,
            soa: false,
            notes: if cut { Notes::CUT } else { Notes::default() },
        };
        match bytes.first_chunk::<HEADER>() {
            Some(header) => view.read_sections(header, bytes, name),
            None => view.notes.add(Notes::SHORT),
        }
        Some(view)
    }

    #[inline]
    fn read_sections(&mut self, header: &[u8; HEADER], bytes: &'a [u8], name: &mut NameBuffer) {
        let [_, _, _, _, q0, q1, a0, a1, n0, n1, r0, r1] = *header;
        self.answers = u16::from_be_bytes([a0, a1]);
        self.authority = u16::from_be_bytes([n0, n1]);
        let questions = u16::from_be_bytes([q0, q1]);
        let records = u32::from(self.answers)
            + u32::from(self.authority)
            + u32::from(u16::from_be_bytes([r0, r1]));
        match self.read_questions(bytes, questions, name) {
            Some(rest) => self.read_records(rest, records),
            None => self.notes.add(Notes::BAD_QUESTION),
        }
    }

    /// What follows the questions.
    #[inline]
    fn read_questions(
        &mut self,
        bytes: &'a [u8],
        count: u16,
        name: &mut NameBuffer,
    ) -> Option<&'a [u8]> {
        if count == 0 {
            return bytes.get(HEADER..);
        }
        let behind = name.read(bytes, HEADER)?;
        let Some(([t0, t1, c0, c1], rest)) =
            bytes.get(behind..).and_then(<[u8]>::split_first_chunk::<4>)
        else {
            name.clear();
            return None;
        };
        self.question = Some(Question {
            rtype: RecordType(u16::from_be_bytes([*t0, *t1])),
            class: Class(u16::from_be_bytes([*c0, *c1])),
        });
        let further = |rest: &'a [u8], _| rest.get(skip(rest, 0)? + 4..);
        (1..count).try_fold(rest, further)
    }

    #[inline]
    fn read_records(&mut self, mut rest: &'a [u8], count: u32) {
        for _ in 0..count {
            match self.read_record(rest) {
                Some(behind) => rest = behind,
                None => return self.notes.add(Notes::BAD_RECORD),
            }
        }
        if !rest.is_empty() {
            self.notes.add(Notes::TRAILING);
        }
    }

    /// What follows the record that `bytes` begin with; an OPT record is kept.
    #[inline]
    fn read_record(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        // Nearly all names of records are the root or a pointer.
        let fixed = match bytes {
            [0, fixed @ ..] | [192..=255, _, fixed @ ..] => fixed,
            _ => bytes.get(skip(bytes, 0)?..)?,
        };
        let ([t0, t1, s0, s1, extended, version, z0, _, l0, l1], data) =
            fixed.split_first_chunk::<10>()?;
        let length = usize::from(u16::from_be_bytes([*l0, *l1]));
        match RecordType(u16::from_be_bytes([*t0, *t1])) {
            RecordType::OPT => self.keep_edns(Edns {
                udp_size: u16::from_be_bytes([*s0, *s1]),
                extended_rcode: *extended,
                version: *version,
                dnssec_ok: z0 & 0x80 != 0,
                // Options that were cut off are read as far as they go.
                options: data.get(..length).unwrap_or(data),
            }),
            RecordType::SOA => self.soa = true,
            RecordType::TSIG => self.tsig = true,
            _ => {}
        }
        data.get(length..)
    }

    #[inline]
    fn keep_edns(&mut self, edns: Edns<'a>) {
        match self.edns {
            None => self.edns = Some(edns),
            Some(_) => self.notes.add(Notes::SECOND_OPT),
        }
    }

    /// The response code: twelve bits where there is an OPT record, else four.
    pub fn rcode(&self) -> Rcode {
        let upper = self.edns.map_or(0, |edns| u16::from(edns.extended_rcode) << 4);
        Rcode(upper | self.flags.rcode().0)
    }
}

impl<'a> Edns<'a> {
    const CLIENT_SUBNET: u16 = 8;
    const NSID: u16 = 3;
    const COOKIE: u16 = 10;
    const EDE: u16 = 15;

    /// The options as (code, data), as far as they can be read.
    pub fn options(&self) -> impl Iterator<Item = (u16, &'a [u8])> + use<'a> {
        let mut rest = self.options;
        std::iter::from_fn(move || {
            let code = be16(rest, 0).ok()?;
            let length = usize::from(be16(rest, 2).ok()?);
            let data = rest.get(4..4 + length)?;
            rest = rest.get(4 + length..)?;
            Some((code, data))
        })
    }

    /// The first Extended DNS Error with its text, which is anyone's bytes (RFC 8914 §2).
    pub fn extended_error(&self) -> Option<(Ede, &'a [u8])> {
        let (_, data) = self.options().find(|(code, _)| *code == Self::EDE)?;
        Some((Ede(be16(data, 0).ok()?), data.get(2..)?))
    }

    /// Whether the client's subnet is told (RFC 7871).
    pub fn has_client_subnet(&self) -> bool {
        self.options().any(|(code, _)| code == Self::CLIENT_SUBNET)
    }

    /// Whether there is a cookie (RFC 7873).
    pub fn has_cookie(&self) -> bool {
        self.options().any(|(code, _)| code == Self::COOKIE)
    }

    /// Whether the server's identity is asked for or told (RFC 5001).
    pub fn has_nsid(&self) -> bool {
        self.options().any(|(code, _)| code == Self::NSID)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::name::text;
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
        digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
    }

    fn show(hex: &str, cut: bool) -> String {
        let (bytes, mut name) = (bytes(hex), NameBuffer::default());
        let Some(view) = MessageView::read(&bytes, cut, &mut name) else { return "none".into() };
        let kind = if view.flags.is_response() { view.rcode().to_string() } else { "query".into() };
        let question = view.question.map_or("-".into(), |question| {
            format!("{} {} {}", text(name.wire()), question.rtype, question.class)
        });
        let ede = view.edns.and_then(|edns| edns.extended_error());
        let ede = ede.map_or(String::new(), |(ede, _)| format!(" ede={}", ede.0));
        format!("{kind} id={} {question}{ede} notes={}", view.id, view.notes.0)
    }

    #[track_caller]
    fn check(hex: &str, expected: &str) {
        assert_eq!(show(hex, false), expected, "{hex}");
    }

    const QUESTION: &str = "0361626300 0001 0001";
    const OPT_EDE_18: &str = "00 0029 04d0 00000000 0006 000f 0002 0012";

    #[test]
    fn a_refusal_is_known_from_its_header_alone() {
        check("0007 8005 0000 0000 0000 0000", "REFUSED id=7 - notes=0");
        check("0007 8005", "REFUSED id=7 - notes=1");
        check("0007 80", "none");
        check("0007 8005 0001 0000 0000 0000", "REFUSED id=7 - notes=2");
        check("0007 8005 0000 0000 0000 0000 ffff", "REFUSED id=7 - notes=8");
    }

    #[test]
    fn the_question_is_read_where_there_is_one() {
        check(&format!("0001 0100 0001 0000 0000 0000 {QUESTION}"), "query id=1 abc A IN notes=0");
        check(
            &format!("0001 8185 0002 0000 0000 0000 {QUESTION} c00c 001c 0001"),
            "REFUSED id=1 abc A IN notes=0",
        );
        check("0001 8005 0001 0000 0000 0000 0361626300 0001", "REFUSED id=1 - notes=2");
    }

    #[test]
    fn the_opt_record_widens_the_rcode_and_explains() {
        check(
            &format!("0001 8005 0001 0000 0000 0001 {QUESTION} {OPT_EDE_18}"),
            "REFUSED id=1 abc A IN ede=18 notes=0",
        );
        check(
            &format!("0001 8007 0001 0000 0000 0001 {QUESTION} 00 0029 04d0 01000000 0000"),
            "BADCOOKIE id=1 abc A IN notes=0",
        );
        check(
            &format!("0001 8000 0001 0001 0000 0000 {QUESTION} 00 0029 04d0 01000000 0000"),
            "BADVERS id=1 abc A IN notes=0",
        );
        check(
            &format!("0001 8005 0000 0000 0000 0002 {OPT_EDE_18} {OPT_EDE_18}"),
            "REFUSED id=1 - ede=18 notes=16",
        );
    }

    #[test]
    fn a_record_that_runs_off_the_end_costs_only_what_follows() {
        check(
            &format!("0001 8005 0001 0001 0000 0001 {QUESTION} c00c 0001 0001 00000e10 0004 7f00"),
            "REFUSED id=1 abc A IN notes=4",
        );
        check(
            &format!("0001 8000 0001 0000 0000 0001 {QUESTION} 00 0029 04d0 01000000 0008 000f"),
            "BADVERS id=1 abc A IN notes=4",
        );
    }

    #[test]
    fn every_truncation_of_a_message_is_read_as_far_as_it_goes() {
        let whole = bytes(&format!(
            "0001 8185 0001 0001 0000 0001 {QUESTION} c00c 0001 0001 00000e10 0004 7f000001 {OPT_EDE_18}"
        ));
        let mut name = NameBuffer::default();
        for length in 0..=whole.len() {
            let view = MessageView::read(&whole[..length], true, &mut name);
            assert_eq!(view.is_some(), length >= MIN_MESSAGE);
            if let Some(view) = view {
                assert_eq!(view.flags.rcode(), Rcode::REFUSED);
                assert_eq!(view.question.is_some(), length >= HEADER + 9);
                assert!(!view.notes.is_malformed(), "cut is not malformed");
            }
        }
    }

    /// The same in the plainest words, a byte at a time: what [`MessageView::read`] must give.
    mod plainly {
        use super::*;

        pub(super) fn read(bytes: &[u8], cut: bool) -> Option<(MessageView<'_>, Vec<u8>)> {
            let half = |at: usize| Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
            let mut view = MessageView {
                id: half(0)?,
                flags: Flags(half(2)?),
                question: None,
                edns: None,
                answers: 0,
                authority: 0,
                tsig: false,
                soa: false,
                notes: if cut { Notes::CUT } else { Notes::default() },
            };
            let mut first = Vec::new();
            if bytes.len() < HEADER {
                view.notes.add(Notes::SHORT);
                return Some((view, first));
            }
            view.answers = half(6)?;
            view.authority = half(8)?;
            let mut at = HEADER;
            for question in 0..half(4)? {
                let read = if question == 0 { name(bytes, at) } else { None };
                let behind = read.as_ref().map(|(_, end)| *end).or_else(|| skip(bytes, at));
                let whole = behind.filter(|end| question > 0 || end + 4 <= bytes.len());
                let (Some(end), true) = (whole, question > 0 || read.is_some()) else {
                    view.notes.add(Notes::BAD_QUESTION);
                    return Some((view, first));
                };
                if let Some((wire, _)) = read {
                    first = wire;
                    let (rtype, class) = (RecordType(half(end)?), Class(half(end + 2)?));
                    view.question = Some(Question { rtype, class });
                }
                at = end + 4;
            }
            if at > bytes.len() {
                view.notes.add(Notes::BAD_QUESTION);
                return Some((view, first));
            }
            for _ in 0..u32::from(half(6)?) + u32::from(half(8)?) + u32::from(half(10)?) {
                let fixed = skip(bytes, at).filter(|fixed| fixed + 10 <= bytes.len());
                let Some(fixed) = fixed else {
                    view.notes.add(Notes::BAD_RECORD);
                    return Some((view, first));
                };
                let end = fixed + 10 + usize::from(half(fixed + 8)?);
                view.tsig |= half(fixed)? == 250;
                view.soa |= half(fixed)? == 6;
                if half(fixed)? == 41 && view.edns.is_some() {
                    view.notes.add(Notes::SECOND_OPT);
                } else if half(fixed)? == 41 {
                    view.edns = Some(Edns {
                        udp_size: half(fixed + 2)?,
                        extended_rcode: bytes[fixed + 4],
                        version: bytes[fixed + 5],
                        dnssec_ok: bytes[fixed + 6] & 0x80 != 0,
                        options: &bytes[fixed + 10..end.min(bytes.len())],
                    });
                }
                if end > bytes.len() {
                    view.notes.add(Notes::BAD_RECORD);
                    return Some((view, first));
                }
                at = end;
            }
            if at < bytes.len() {
                view.notes.add(Notes::TRAILING);
            }
            Some((view, first))
        }

        fn name(bytes: &[u8], mut at: usize) -> Option<(Vec<u8>, usize)> {
            let (mut wire, mut behind, mut jumps) = (Vec::new(), None, 0);
            loop {
                let first = usize::from(*bytes.get(at)?);
                match first {
                    0..=63 => {
                        wire.extend(bytes.get(at..=at + first)?.to_ascii_lowercase());
                        at += 1 + first;
                    }
                    192.. if jumps < 64 => {
                        behind.get_or_insert(at + 2);
                        at = (first & 63) << 8 | usize::from(*bytes.get(at + 1)?);
                        jumps += 1;
                    }
                    _ => return None,
                }
                if wire.len() > 255 {
                    return None;
                }
                if first == 0 {
                    return Some((wire, behind.unwrap_or(at)));
                }
            }
        }
    }

    fn name() -> impl Strategy<Value = Vec<u8>> {
        let label = prop_oneof![
            4 => proptest::collection::vec(any::<u8>(), 1..12),
            1 => proptest::collection::vec(b'A'..=b'z', 1..64),
        ];
        let end = prop_oneof![3 => Just(vec![0]), 1 => (0_u8..40).prop_map(|to| vec![0xc0, to])];
        (proptest::collection::vec(label, 0..7), end).prop_map(|(labels, end)| {
            let prefixed = |label: &Vec<u8>| {
                [&[u8::try_from(label.len()).unwrap()], label.as_slice()].concat()
            };
            [labels.iter().flat_map(prefixed).collect(), end].concat()
        })
    }

    fn record() -> impl Strategy<Value = Vec<u8>> {
        let owner = prop_oneof![Just(vec![0]), Just(vec![0xc0, 12]), name()];
        let kind = prop_oneof![Just(41_u8), 0..50_u8, Just(6), Just(250)];
        let data = proptest::collection::vec(any::<u8>(), 0..20);
        (owner, kind, any::<[u8; 6]>(), data).prop_map(|(owner, kind, middle, data)| {
            let length = [0, u8::try_from(data.len()).unwrap()];
            [owner, vec![0, kind], middle.to_vec(), length.to_vec(), data].concat()
        })
    }

    proptest! {
        #[test]
        fn every_message_is_read_as_a_plain_reader_would(
            id_and_flags in any::<[u8; 4]>(),
            questions in proptest::collection::vec((name(), any::<[u8; 4]>()), 0..3),
            records in proptest::collection::vec(record(), 0..5),
            more in 0..2_u8,
            bent in proptest::collection::vec((0_usize..200, any::<u8>()), 0..3),
            kept in prop_oneof![Just(usize::MAX), 0..200_usize],
            cut in any::<bool>(),
        ) {
            let mut bytes = id_and_flags.to_vec();
            let count = |number: usize| [0, u8::try_from(number).unwrap()];
            bytes.extend([count(questions.len()), count(records.len()), [0, more], [0, 0]].concat());
            questions.iter().for_each(|(name, rest)| bytes.extend([&name[..], rest].concat()));
            bytes.extend(records.concat());
            for (at, byte) in bent {
                if let Some(target) = bytes.get_mut(at) {
                    *target = byte;
                }
            }
            bytes.truncate(kept);
            let mut name = NameBuffer::default();
            name.read(&[&[63; 64][..], &[62; 64], &[0]].concat(), 0);
            let view = MessageView::read(&bytes, cut, &mut name).map(|view| format!("{view:?}"));
            let expected = plainly::read(&bytes, cut);
            prop_assert_eq!(view, expected.as_ref().map(|(view, _)| format!("{view:?}")));
            let wire = expected.map(|(_, wire)| wire).unwrap_or_default();
            prop_assert_eq!(name.wire(), wire);
        }
    }
}
