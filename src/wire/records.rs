//! The records of a message, one by one (RFC 1035 §3.2, §4.1.3): for the few who want to know more
//! of a response than its code.
//!
//! Lazy: nothing is read beyond the record that is asked for. No allocation, and no more work than
//! the bytes and [`MAX_RECORDS`] allow.

use crate::iana::{Class, RecordType};

use super::address::Address;
use super::message::HEADER;
use super::name::{NameBuffer, skip};

/// Records of one message that are walked over; a zone transfer has thousands.
pub const MAX_RECORDS: usize = 128;

/// The sections behind the question, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// What was asked for.
    Answer,
    /// Who is to be asked.
    Authority,
    /// What may help.
    Additional,
}

/// A walk over the records of a message. Ends where one cannot be read.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    message: &'a [u8],
    at: usize,
    /// How many are promised of each section and not read yet.
    left: [u16; 3],
    walked: usize,
}

/// A record.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Where it stands.
    pub section: Section,
    /// What kind of record it is.
    pub rtype: RecordType,
    /// Its class.
    pub class: Class,
    /// Its contents.
    pub data: &'a [u8],
    message: &'a [u8],
    owner_at: usize,
    data_at: usize,
}

impl<'a> Records<'a> {
    /// Those of a message; none if its question cannot be read.
    pub fn of(message: &'a [u8]) -> Self {
        let (at, left) = begin(message).unwrap_or((message.len(), [0; 3]));
        Self { message, at, left, walked: 0 }
    }

    /// The section of the next record, which is counted.
    fn step(&mut self) -> Option<Section> {
        self.walked += 1;
        let sections = [Section::Answer, Section::Authority, Section::Additional];
        let (left, section) = self.left.iter_mut().zip(sections).find(|(left, _)| **left > 0)?;
        *left -= 1;
        (self.walked <= MAX_RECORDS).then_some(section)
    }

    fn read(&mut self, section: Section) -> Option<Record<'a>> {
        let (message, owner_at) = (self.message, self.at);
        let fixed = message.get(skip(message, owner_at)?..)?;
        let ([t0, t1, c0, c1, _, _, _, _, l0, l1], rest) = fixed.split_first_chunk::<10>()?;
        let data = rest.get(..usize::from(u16::from_be_bytes([*l0, *l1])))?;
        let data_at = message.len() - rest.len();
        self.at = data_at + data.len();
        Some(Record {
            section,
            rtype: RecordType(u16::from_be_bytes([*t0, *t1])),
            class: Class(u16::from_be_bytes([*c0, *c1])),
            data,
            message,
            owner_at,
            data_at,
        })
    }
}

/// Where the records of a message begin, and how many it promises in each section.
fn begin(message: &[u8]) -> Option<(usize, [u16; 3])> {
    let [_, _, _, _, q0, q1, a0, a1, n0, n1, r0, r1] = *message.first_chunk::<HEADER>()?;
    let mut at = HEADER;
    // Nobody sends more than one; each takes bytes, and so the walk ends.
    for _ in 0..u16::from_be_bytes([q0, q1]) {
        at = skip(message, at)? + 4;
    }
    Some((at, [[a0, a1], [n0, n1], [r0, r1]].map(u16::from_be_bytes)))
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let section = self.step()?;
        let record = self.read(section);
        if record.is_none() {
            self.left = [0; 3];
        }
        record
    }
}

impl Record<'_> {
    /// Reads whose record it is; `None` if that is no name.
    pub fn owner(&self, name: &mut NameBuffer) -> Option<()> {
        name.read(self.message, self.owner_at).map(|_| ())
    }

    /// Whether its owner is written as a pointer to the question, as nearly all answers' are.
    pub fn is_of_question(&self) -> bool {
        const POINTER: [u8; 2] = [0xc0, 12];
        self.message.get(self.owner_at..).and_then(<[u8]>::first_chunk) == Some(&POINTER)
    }

    /// Reads the name that is all of its contents, as in CNAME, NS and PTR records; `None` if they are
    /// something else.
    pub fn target(&self, name: &mut NameBuffer) -> Option<()> {
        let behind = name.read(self.message, self.data_at)?;
        (behind == self.data_at + self.data.len()).then_some(())
    }

    /// The address of an A (RFC 1035 §3.4.1) or AAAA record (RFC 3596 §2.2).
    pub fn address(&self) -> Option<Address> {
        match self.rtype {
            RecordType::A => {
                Some(Address::v4(*self.data.first_chunk()?)).filter(|_| self.data.len() == 4)
            }
            RecordType::AAAA => {
                Some(Address::v6(*self.data.first_chunk()?)).filter(|_| self.data.len() == 16)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::name::text;
    use super::*;

    /// A response to `a.b A` with so many records promised, and these bytes behind the question.
    fn sections(promised: [u16; 3], behind: &[u8]) -> Vec<u8> {
        let promised: Vec<u8> = promised.iter().flat_map(|count| count.to_be_bytes()).collect();
        let head = [0, 1, 0x81, 0x80, 0, 1];
        [&head[..], &promised, b"\x01a\x01b\x00\x00\x01\x00\x01", behind].concat()
    }

    /// Likewise, all of them answers.
    fn message(promised: u16, behind: &[u8]) -> Vec<u8> {
        sections([promised, 0, 0], behind)
    }

    fn show(message: &[u8]) -> String {
        let mut name = NameBuffer::default();
        let show = |record: Record<'_>| {
            let owner = record.owner(&mut name).map_or("?".into(), |()| text(name.wire()));
            let target = record.target(&mut name).map_or("?".into(), |()| text(name.wire()));
            let data = record.address().map_or(target, |address| address.ip().to_string());
            format!("{owner} {} {} {data}", record.class, record.rtype)
        };
        Records::of(message).map(show).collect::<Vec<_>>().join(", ")
    }

    #[track_caller]
    fn check(promised: u16, behind: &[u8], expected: &str) {
        assert_eq!(show(&message(promised, behind)), expected);
    }

    const A: &[u8] = b"\xc0\x0c\x00\x01\x00\x01\x7f\xff\xff\xff\x00\x04\xc0\x00\x02\x01";
    const CNAME: &[u8] = b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x00\x00\x04\x01c\xc0\x0e";

    #[test]
    fn records_are_given_one_after_the_other() {
        let aaaa = [&b"\x00\x00\x1c\x00\x01\x00\x00\x00\x01\x00\x10\x20\x01\x0d\xb8"[..], &[0; 12]];
        let all = [CNAME, A, &aaaa.concat()].concat();
        check(3, &all, "a.b IN CNAME c.b, a.b IN A 192.0.2.1, . IN AAAA 2001:db8::");
        check(2, &all, "a.b IN CNAME c.b, a.b IN A 192.0.2.1");
        check(0, &all, "");
    }

    #[test]
    fn every_record_is_of_its_section() {
        use Section::{Additional, Answer, Authority};
        let of = |promised: [u16; 3]| {
            let bytes = sections(promised, &A.repeat(5));
            Records::of(&bytes).map(|record| record.section).collect::<Vec<_>>()
        };
        assert_eq!(of([1, 0, 2]), [Answer, Additional, Additional]);
        assert_eq!(of([0, 2, 1]), [Authority, Authority, Additional]);
        assert_eq!(of([u16::MAX; 3]), [Answer; 5]);
    }

    #[test]
    fn what_lies_about_its_length_or_number_ends_the_walk() {
        check(u16::MAX, A, "a.b IN A 192.0.2.1");
        check(2, &[A, &A[..15]].concat(), "a.b IN A 192.0.2.1");
        check(1, b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x00\xff\xff\x01\x02\x03\x04", "");
        // An address of three bytes, and a target that is longer or shorter than the contents.
        check(1, b"\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x03\x01\x02\x03", ". IN A ?");
        check(1, b"\x00\x00\x05\x00\x01\x00\x00\x00\x00\x00\x02\x01c\x00", ". IN CNAME ?");
        check(1, b"\x00\x00\x05\x00\x01\x00\x00\x00\x00\x00\x04\x01c\x00\x00", ". IN CNAME ?");
        assert_eq!(show(&message(1, A)[..20]), "");
    }

    #[test]
    fn pointers_that_run_in_circles_are_no_names() {
        let circle = b"\xc0\x15\x00\x05\x00\x01\x00\x00\x00\x00\x00\x02\xc0\x15";
        check(1, circle, "? IN CNAME ?");
    }

    #[test]
    fn ten_thousand_records_are_not_all_looked_at() {
        assert_eq!(Records::of(&message(10_000, &A.repeat(4_000))).count(), MAX_RECORDS);
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let shown = show(&bytes);
            prop_assert!(shown.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
        }

        #[test]
        fn a_message_with_any_bytes_behind_its_question_ends(
            promised in any::<u16>(),
            behind in proptest::collection::vec(prop_oneof![0_u8..4, Just(192), any::<u8>()], 0..200),
        ) {
            let bytes = message(promised, &behind);
            let mut name = NameBuffer::default();
            for record in Records::of(&bytes) {
                prop_assert!(record.data_at + record.data.len() <= bytes.len());
                let _ = (record.owner(&mut name), record.target(&mut name), record.address());
            }
        }
    }
}
