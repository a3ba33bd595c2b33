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
    /// What was wrong.
    pub notes: Notes,
}

impl<'a> MessageView<'a> {
    /// Reads a message; its first question's name goes to `name`, which is empty if there is none.
    ///
    /// `None` only when not even the flags are there. `cut`: the capture holds less than was sent.
    pub fn read(bytes: &'a [u8], cut: bool, name: &mut NameBuffer) -> Option<Self> {
        name.clear();
        let [i0, i1, f0, f1] = *bytes.first_chunk::<MIN_MESSAGE>()?;
        let mut view = Self {
            id: u16::from_be_bytes([i0, i1]),
            flags: Flags(u16::from_be_bytes([f0, f1])),
            question: None,
            edns: None,
            answers: 0,
            notes: if cut { Notes::CUT } else { Notes::default() },
        };
        match bytes.first_chunk::<HEADER>() {
            Some(header) => view.read_sections(header, bytes, name),
            None => view.notes.add(Notes::SHORT),
        }
        Some(view)
    }

    fn read_sections(&mut self, header: &[u8; HEADER], bytes: &'a [u8], name: &mut NameBuffer) {
        let [_, _, _, _, q0, q1, a0, a1, n0, n1, r0, r1] = *header;
        self.answers = u16::from_be_bytes([a0, a1]);
        let questions = u16::from_be_bytes([q0, q1]);
        let records = u32::from(self.answers)
            + u32::from(u16::from_be_bytes([n0, n1]))
            + u32::from(u16::from_be_bytes([r0, r1]));
        match self.read_questions(bytes, questions, name) {
            Some(at) => self.read_records(bytes, at, records),
            None => self.notes.add(Notes::BAD_QUESTION),
        }
    }

    /// The position behind the questions.
    fn read_questions(&mut self, bytes: &[u8], count: u16, name: &mut NameBuffer) -> Option<usize> {
        if count == 0 {
            return Some(HEADER);
        }
        let behind = name.read(bytes, HEADER)?;
        let Some([t0, t1, c0, c1]) = bytes.get(behind..).and_then(<[u8]>::first_chunk::<4>) else {
            name.clear();
            return None;
        };
        self.question = Some(Question {
            rtype: RecordType(u16::from_be_bytes([*t0, *t1])),
            class: Class(u16::from_be_bytes([*c0, *c1])),
        });
        let mut at = behind + 4;
        for _ in 1..count {
            at = skip(bytes, at)? + 4;
        }
        (at <= bytes.len()).then_some(at)
    }

    fn read_records(&mut self, bytes: &'a [u8], mut at: usize, count: u32) {
        for _ in 0..count {
            match self.read_record(bytes, at) {
                Some(behind) => at = behind,
                None => return self.notes.add(Notes::BAD_RECORD),
            }
        }
        if at < bytes.len() {
            self.notes.add(Notes::TRAILING);
        }
    }

    /// The position behind the record at `at`; an OPT record is kept.
    fn read_record(&mut self, bytes: &'a [u8], at: usize) -> Option<usize> {
        let fixed = skip(bytes, at)?;
        let [t0, t1, s0, s1, extended, version, z0, _, l0, l1] =
            *bytes.get(fixed..)?.first_chunk::<10>()?;
        let data = fixed + 10;
        let end = data + usize::from(u16::from_be_bytes([l0, l1]));
        if RecordType(u16::from_be_bytes([t0, t1])) == RecordType::OPT {
            // Options that were cut off are read as far as they go.
            let options = bytes.get(data..end.min(bytes.len()))?;
            self.keep_edns(Edns {
                udp_size: u16::from_be_bytes([s0, s1]),
                extended_rcode: extended,
                version,
                dnssec_ok: z0 & 0x80 != 0,
                options,
            });
        }
        (end <= bytes.len()).then_some(end)
    }

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
}
