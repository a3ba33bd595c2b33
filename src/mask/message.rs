//! DNS messages without true addresses, byte for byte as long as they were.
//!
//! What is known to have none stays, what is known to be one becomes its pseudonym, and all else is
//! blanked: who adds a record type to a server shall not have to tell us. Whatever a message view
//! reads of a message it reads of the masked one: flags, questions, counts, EDNS, what is damaged.

use super::names::{self, Places};
use super::{Mask, text};
use crate::iana::RecordType;
use crate::wire::{Address, HEADER};

/// No name begins so, and no label: what cannot be read stays unreadable.
const UNREADABLE: u8 = 0xbf;

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    /// So many bytes that tell none, so many names, and so many bytes that tell none.
    Names { before: usize, count: usize, after: usize },
    /// So many bytes, the last of which says how long the hash behind them is.
    Hash { before: usize, lengths: Lengths },
    /// A public key: nothing that tells an address.
    Key,
    /// An address.
    Address,
    /// EDNS options.
    Options,
    /// Who knows.
    Anything,
}

/// What is known of record types; of all others, nothing is.
///
/// What a signature signs may be guessed, and the signature tells whether that was right: it is
/// blanked. So are the types behind a name of NSEC, of which any bytes may be made.
const TYPES: &[(u16, Holds)] = &[
    (1, Holds::Address),                                   // A
    (2, Holds::Names { before: 0, count: 1, after: 0 }),   // NS
    (5, Holds::Names { before: 0, count: 1, after: 0 }),   // CNAME
    (6, Holds::Names { before: 0, count: 2, after: 20 }),  // SOA
    (12, Holds::Names { before: 0, count: 1, after: 0 }),  // PTR
    (15, Holds::Names { before: 2, count: 1, after: 0 }),  // MX
    (28, Holds::Address),                                  // AAAA
    (33, Holds::Names { before: 6, count: 1, after: 0 }),  // SRV
    (39, Holds::Names { before: 0, count: 1, after: 0 }),  // DNAME
    (41, Holds::Options),                                  // OPT
    (43, Holds::Hash { before: 4, lengths: DIGESTS }),     // DS
    (46, Holds::Names { before: 18, count: 1, after: 0 }), // RRSIG
    (47, Holds::Names { before: 0, count: 1, after: 0 }),  // NSEC
    (48, Holds::Key),                                      // DNSKEY
    (52, Holds::Hash { before: 3, lengths: MATCHES }),     // TLSA
];

/// How long hashes are, by their number.
type Lengths = &'static [(u8, usize)];

/// IANA registry "DNSSEC Delegation Signer (DS) Resource Record (RR) Type Digest Algorithms".
const DIGESTS: Lengths = &[(1, 20), (2, 32), (3, 32), (4, 48), (5, 32), (6, 32)];
/// RFC 6698 §2.1.3. Not 0: a whole certificate may name addresses.
const MATCHES: Lengths = &[(1, 32), (2, 64)];

/// Options that tell no address (IANA registry "DNS EDNS0 Option Codes"): expire, TCP keepalive, key
/// tag, zone version; and cookies, which are hashes (RFC 7873 §4, RFC 9018 §4). Padding becomes what
/// it should be, zeros (RFC 7830 §3).
const HARMLESS: &[u16] = &[9, 10, 11, 14, 19];
/// Options that are texts: NSID, extended errors.
const TEXTS: &[u16] = &[3, 15];
const CLIENT_SUBNET: u16 = 8;

/// Writes messages without true addresses.
#[derive(Debug, Default)]
pub(super) struct Writer {
    places: Places,
    /// The message as it was.
    original: Vec<u8>,
}

impl Writer {
    /// Masks a message in its place.
    pub(super) fn mask(&mut self, mask: &mut Mask, message: &mut [u8]) {
        self.original.clear();
        self.original.extend_from_slice(message);
        let Self { places, original } = self;
        let mut pass = Pass { mask, places, original, out: message, at: HEADER };
        if pass.sections().is_none() {
            let rest = pass.out.get_mut(pass.at..).unwrap_or_default();
            rest.fill(UNREADABLE);
        }
    }
}

/// One message on its way; `at` is where the part begins that was not understood yet.
struct Pass<'m> {
    mask: &'m mut Mask,
    places: &'m mut Places,
    original: &'m [u8],
    out: &'m mut [u8],
    at: usize,
}

impl Pass<'_> {
    /// `None` where it cannot be read on.
    fn sections(&mut self) -> Option<()> {
        if self.original.len() < HEADER {
            // Its counts, perhaps cut: nothing else comes so early.
            self.at = self.original.len();
            return Some(());
        }
        let questions = self.half(4)?;
        let records =
            u32::from(self.half(6)?) + u32::from(self.half(8)?) + u32::from(self.half(10)?);
        for _ in 0..questions {
            let end = self.name(self.at)? + 4;
            self.original.get(..end)?;
            self.at = end;
        }
        for _ in 0..records {
            self.record()?;
        }
        // What follows the last record belongs to nobody.
        self.out.get_mut(self.at..).unwrap_or_default().fill(0);
        Some(())
    }

    fn half(&self, at: usize) -> Option<u16> {
        self.original.get(at..)?.first_chunk().map(|half| u16::from_be_bytes(*half))
    }

    /// A name of the message; where it ends.
    fn name(&mut self, at: usize) -> Option<usize> {
        self.name_until(at, self.original.len())
    }

    /// The same of one that has to end before something else begins.
    fn name_until(&mut self, at: usize, end: usize) -> Option<usize> {
        let out = self.out.get_mut(..end)?;
        names::mask(self.mask, self.places, self.original, at, out)
    }

    fn record(&mut self) -> Option<()> {
        let fixed = self.name(self.at)?;
        let kind = self.half(fixed)?;
        let length = usize::from(self.half(fixed + 8)?);
        let data = fixed + 10;
        let end = (data + length).min(self.original.len());
        self.at = data;
        self.data(kind, data, end);
        self.at = end;
        // What was cut is over; that a length lies shows by itself.
        Some(())
    }

    fn data(&mut self, kind: u16, start: usize, end: usize) {
        let row = TYPES.iter().find(|(number, _)| *number == kind);
        let understood = match row.map_or(Holds::Anything, |(_, holds)| *holds) {
            Holds::Key => Some(()),
            Holds::Names { before, count, after } => {
                self.names(start + before, end, count).map(|behind| self.blank(behind + after, end))
            }
            Holds::Hash { before, lengths } => self.hash(start + before, end, lengths),
            Holds::Address => self.address(kind, start, end),
            Holds::Options => {
                self.options(start, end);
                Some(())
            }
            Holds::Anything => None,
        };
        if understood.is_none() {
            self.out.get_mut(start..end).unwrap_or_default().fill(0);
        }
    }

    /// Where the last of the names ends.
    fn names(&mut self, mut at: usize, end: usize, count: usize) -> Option<usize> {
        for _ in 0..count {
            at = self.name_until(at, end)?;
        }
        Some(at)
    }

    /// A hash stays if it is as long as its kind, which is the byte before it, says.
    fn hash(&mut self, at: usize, end: usize, lengths: Lengths) -> Option<()> {
        let kind = *self.original.get(at.checked_sub(1)?)?;
        let (_, length) = lengths.iter().find(|(number, _)| *number == kind)?;
        (at + length == end).then_some(())
    }

    fn address(&mut self, kind: u16, start: usize, end: usize) -> Option<()> {
        let data = self.original.get(start..end)?;
        let is_v4 = RecordType(kind) == RecordType::A;
        let address = if is_v4 {
            Address::v4(data.try_into().ok()?)
        } else {
            Address::v6(data.try_into().ok()?)
        };
        let bytes = self.mask.told(address).0.to_be_bytes();
        let out = self.out.get_mut(start..end)?;
        out.copy_from_slice(bytes.last_chunk::<4>().filter(|_| is_v4).map_or(&bytes[..], |it| it));
        Some(())
    }

    /// Options that run off the end are blanked with what follows them.
    fn options(&mut self, mut at: usize, end: usize) {
        while at < end {
            let (Some(code), Some(length)) = (self.half(at), self.half(at + 2)) else { break };
            let (data, behind) = (at + 4, at + 4 + usize::from(length));
            if data > end {
                break;
            }
            if behind > end {
                self.blank(data, end);
                return;
            }
            self.option(code, data, behind);
            at = behind;
        }
        self.blank(at, end);
    }

    fn option(&mut self, code: u16, start: usize, end: usize) {
        if code == CLIENT_SUBNET {
            if self.client_subnet(start, end).is_none() {
                self.blank(start, end);
            }
        } else if TEXTS.contains(&code) {
            if let Some(said) = self.out.get_mut(start..end) {
                text::mask(self.mask, said);
            }
        } else if !HARMLESS.contains(&code) {
            self.blank(start, end);
        }
    }

    /// The network of a client (RFC 7871 §6): that of its pseudonym.
    fn client_subnet(&mut self, start: usize, end: usize) -> Option<()> {
        let data = self.original.get(start..end)?;
        let (head, address) = data.split_first_chunk::<4>()?;
        let [_, family, source, _] = *head;
        let (is_v4, most) = match family {
            1 => (true, 4),
            2 => (false, 16),
            _ => return None,
        };
        if address.len() > most {
            return None;
        }
        let mut bytes = [0; 16];
        bytes.get_mut(..address.len())?.copy_from_slice(address);
        let whole = if is_v4 { Address::v4(*bytes.first_chunk()?) } else { Address::v6(bytes) };
        let bits = u32::from(source).min(if is_v4 { 32 } else { 128 });
        let masked = self.mask.address(whole).prefix(bits + if is_v4 { 96 } else { 0 });
        let masked = masked.0.to_be_bytes();
        let from = if is_v4 { masked.get(12..)? } else { &masked[..] };
        let out = self.out.get_mut(start + 4..end)?;
        out.copy_from_slice(from.get(..address.len())?);
        Some(())
    }

    fn blank(&mut self, start: usize, end: usize) {
        self.out.get_mut(start..end).unwrap_or_default().fill(0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mask::Key;
    use crate::wire::{MessageView, NameBuffer};

    fn masked(message: &[u8]) -> Vec<u8> {
        let mut mask = Mask::new(&Key::from_text("a key of more than sixteen letters").unwrap());
        let mut out = message.to_vec();
        Writer::default().mask(&mut mask, &mut out);
        out
    }

    /// A response with one record and an OPT record with one option.
    fn message(name: &[u8], kind: u16, data: &[u8], option: (u16, &[u8])) -> Vec<u8> {
        let mut out = b"\x00\x07\x81\x80\x00\x01\x00\x01\x00\x00\x00\x01".to_vec();
        out.extend(name);
        out.extend(b"\x00\x01\x00\x01\xc0\x0c");
        out.extend(kind.to_be_bytes());
        out.extend(b"\x00\x01\x00\x00\x00\x00");
        out.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        out.extend(data);
        out.extend(b"\x00\x00\x29\x04\xd0\x00\x00\x80\x00");
        let (code, value) = option;
        out.extend(u16::try_from(value.len() + 4).unwrap().to_be_bytes());
        out.extend(code.to_be_bytes());
        out.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
        out.extend(value);
        out
    }

    fn holds(bytes: &[u8], part: &[u8]) -> bool {
        bytes.windows(part.len()).any(|window| window == part)
    }

    const NAME: &[u8] = b"\x03www\x07example\x00";

    #[track_caller]
    fn check_gone(kind: u16, data: &[u8], option: (u16, &[u8]), part: &[u8]) {
        let message = message(NAME, kind, data, option);
        assert!(holds(&message, part));
        let out = masked(&message);
        assert_eq!(out.len(), message.len());
        assert!(!holds(&out, part), "{kind}");
    }

    #[test]
    fn no_address_is_left_wherever_it_stands() {
        let (four, six) = ([198, 51, 100, 7], *b"\x20\x01\x0d\xb8abcdefghijkl");
        let none: (u16, &[u8]) = (12, b"");
        check_gone(1, &four, none, &four);
        check_gone(28, &six, none, &six);
        check_gone(1, &[&four[..], b"x"].concat(), none, &four); // no address by its length
        check_gone(16, b"\x13v=spf1 ip4:198.51.100.7", none, b"198.51");
        check_gone(65, &[b"\x00\x01\x00\x00\x04\x00\x04", &four[..]].concat(), none, &four);
        check_gone(65_280, &four, none, &four);
        check_gone(12, b"\x017\x03100\x0251\x03198\x07in-addr\x04arpa\x00", none, b"\x0251\x03198");
        check_gone(43, b"k", (8, &[0, 1, 32, 0, 198, 51, 100, 7]), &four);
        check_gone(43, b"k", (8, &[0, 9, 32, 0, 198, 51, 100, 7]), &four);
        check_gone(43, b"k", (15, b"\x00\x12no 198.51.100.7"), b"198.51.100.7");
        check_gone(43, b"k", (3, b"ns-198-51-100-7"), b"198-51-100-7");
        check_gone(43, b"k", (12, b"198.51.100.7"), b"198.51.100.7"); // as padding
        check_gone(43, b"198.51.100.7", none, b"51.100.7"); // a digest of no kind
        check_gone(43, b"\x00\x01\x08\x02198.51.100.7", none, b"198.51"); // too short a digest
        check_gone(52, b"\x03\x01\x00198.51.100.7", none, b"198.51"); // a certificate
        for kind in [2, 5, 12, 39, 47] {
            check_gone(kind, b"\x01b\xc0\x10198.51.100.7", none, b"198.51.100.7");
        }
        let signed = [&[0; 18][..], b"\x01b\x00198.51.100.7"].concat();
        check_gone(46, &signed, none, b"198.51.100.7");
        let soa = [b"\x01a\x00\x01b\x00", &[0; 20][..], b"198.51.100.7"].concat();
        check_gone(6, &soa, none, b"198.51.100.7");
        check_gone(43, b"k", (65_001, &four), &four);
        let trailing = [message(NAME, 43, b"k", none), four.to_vec()].concat();
        assert!(!holds(&masked(&trailing), &four));
    }

    #[test]
    fn the_subnet_of_a_client_is_that_of_its_pseudonym() {
        let mut mask = Mask::new(&Key::from_text("a key of more than sixteen letters").unwrap());
        let out = masked(&message(NAME, 43, b"k", (8, &[0, 1, 24, 0, 198, 51, 100])));
        let client = mask.address(Address::v4([198, 51, 100, 77])).0.to_be_bytes();
        assert_eq!(out[out.len() - 3..], client[12..15]);
    }

    #[test]
    fn names_texts_and_codes_stay() {
        let plain = message(NAME, 5, b"\x01b\xc0\x10", (15, b"\x00\x12not allowed"));
        assert_eq!(masked(&plain), plain);
        for (kind, data) in [
            (6, [b"\x01a\x00\x01b\x00", &[7; 20][..]].concat()),
            (43, [b"\x00\x01\x08\x02", &[7; 32][..]].concat()),
            (52, [b"\x03\x01\x01", &[7; 32][..]].concat()),
        ] {
            let plain = message(NAME, kind, &data, (10, b"cookie77"));
            assert_eq!(masked(&plain), plain, "{kind}");
        }
    }

    /// All that the analysis knows of a message but for names and the contents of options.
    fn view(bytes: &[u8], cut: bool) -> Option<String> {
        let mut name = NameBuffer::default();
        let view = MessageView::read(bytes, cut, &mut name)?;
        let edns = view.edns.map(|edns| {
            let options: Vec<_> = edns.options().map(|(code, data)| (code, data.len())).collect();
            let said = edns.extended_error().map(|(ede, text)| (ede, text.len()));
            (edns.udp_size, edns.extended_rcode, edns.version, edns.dnssec_ok, options, said)
        });
        let length = name.wire().len();
        Some(format!("{:?} {edns:?} {length}", MessageView { edns: None, ..view }))
    }

    proptest! {
        #[test]
        fn whatever_is_read_of_a_message_is_read_of_the_masked_one(
            kind in prop_oneof![0_u16..60, any::<u16>()],
            data in proptest::collection::vec(any::<u8>(), 0..60),
            option in (0_u16..20, proptest::collection::vec(any::<u8>(), 0..30)),
            bent in proptest::collection::vec((0_usize..120, any::<u8>()), 0..4),
            kept in prop_oneof![Just(usize::MAX), 0..140_usize],
            cut in any::<bool>(),
        ) {
            let mut bytes = message(NAME, kind, &data, (option.0, &option.1));
            for (at, byte) in bent {
                if let Some(target) = bytes.get_mut(at) {
                    *target = byte;
                }
            }
            bytes.truncate(kept);
            prop_assert_eq!(view(&masked(&bytes), cut), view(&bytes, cut));
        }

        #[test]
        fn any_bytes_end_and_keep_their_length(
            // A question that points to what comes after it is nobody's.
            bytes in proptest::collection::vec(prop_oneof![0_u8..4, 0_u8..192], 0..300),
        ) {
            let out = masked(&bytes);
            prop_assert_eq!(out.len(), bytes.len());
            prop_assert_eq!(view(&out, false), view(&bytes, false));
        }
    }
}
