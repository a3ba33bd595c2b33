//! Addresses within names: below in-addr.arpa and ip6.arpa, before the zones of block lists, and
//! as names by themselves.
//!
//! Each label keeps its length, so that no pointer into a message goes astray.

use std::ops::Range;

use super::Mask;
use super::text::{self, Way};
use crate::wire::Address;

/// A name has at most so many labels (RFC 1035 §2.3.4).
const MOST_LABELS: usize = 127;

/// Labels of one digit each, of four bits, that are a part of an IPv6 address: fewer name no network
/// of anybody.
const FEWEST_DIGITS: usize = 5;

/// Where the labels of a name are in its message: of those that stand there themselves and of those
/// that pointers lead to.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Start and length of each.
    labels: Vec<(usize, usize)>,
    /// How many of them stand there themselves.
    own: usize,
    /// The labels with a dot behind each, as they were and as they shall be, and where each is.
    text: Vec<u8>,
    masked: Vec<u8>,
    within: Vec<Range<usize>>,
}

/// Replaces the addresses in the name that begins at `at`. Names are read from `message`, which
/// stays as it was, and written to `out`. Gives the position behind it; `None` if it is none, or
/// goes beyond the end of `out`.
pub(super) fn mask(
    mask: &mut Mask,
    places: &mut Places,
    message: &[u8],
    at: usize,
    out: &mut [u8],
) -> Option<usize> {
    let end = places.find(message, at).filter(|end| *end <= out.len())?;
    let label = |(start, length): &(usize, usize)| message.get(*start..*start + *length);
    if !places.labels.iter().filter_map(label).any(may_be_of_one) {
        return Some(end); // nearly all names
    }
    places.spell(message);
    let Places { labels, own, text, masked, within } = places;
    mask_labels(mask, text, within, masked);
    for ((start, length), within) in labels.iter().zip(within).take(*own) {
        let place = out.get_mut(*start..*start + *length);
        if let (Some(place), Some(label)) = (place, masked.get(within.clone())) {
            place.copy_from_slice(label);
        }
    }
    Some(end)
}

/// Whether a label may be a part of an address.
fn may_be_of_one(label: &[u8]) -> bool {
    label.len() == 1 || label.iter().any(u8::is_ascii_digit)
}

/// A name in wire form by itself.
pub(crate) fn mask_wire(them: &mut Mask, name: &mut [u8]) {
    let message = name.to_vec();
    // One that cannot be read is no name of a filter.
    let _ = mask(them, &mut Places::default(), &message, 0, name);
}

impl Places {
    fn spell(&mut self, message: &[u8]) {
        self.text.clear();
        self.within.clear();
        for (start, length) in &self.labels {
            let begin = self.text.len();
            self.text.extend(message.get(*start..*start + *length).unwrap_or_default());
            self.within.push(begin..self.text.len());
            self.text.push(b'.');
        }
        self.masked.clone_from(&self.text);
    }

    /// Finds the labels; the position behind the name.
    fn find(&mut self, message: &[u8], mut at: usize) -> Option<usize> {
        self.labels.clear();
        let mut behind = None;
        let mut jumps = 0;
        loop {
            match *message.get(at)? {
                0 => {
                    self.own = if behind.is_some() { self.own } else { self.labels.len() };
                    return Some(behind.unwrap_or(at + 1));
                }
                length @ 1..=63 => {
                    let length = usize::from(length);
                    self.labels.push((at + 1, length));
                    at += 1 + length;
                }
                high @ 192.. => {
                    if behind.is_none() {
                        self.own = self.labels.len();
                        behind = Some(at + 2);
                    }
                    jumps += 1;
                    let low = message.get(at + 1)?;
                    at = usize::from(u16::from_be_bytes([high & 0x3f, *low]));
                }
                _ => return behind,
            }
            // Where a pointer leads nowhere, what stands here is a name all the same.
            let leads_nowhere = behind.is_some() && at >= message.len();
            if leads_nowhere || jumps > MOST_LABELS || self.labels.len() > MOST_LABELS {
                return behind;
            }
        }
    }
}

/// Replaces addresses in the labels of a name: which are read from `text`, and written to `out`.
fn mask_labels(mask: &mut Mask, text: &[u8], labels: &[Range<usize>], out: &mut [u8]) {
    let is = |label: &Range<usize>, name: &str| {
        text.get(label.clone()).is_some_and(|it| it.eq_ignore_ascii_case(name.as_bytes()))
    };
    if let [rest @ .., two, one] = labels
        && is(one, "arpa")
    {
        let reversed = if is(two, "in-addr") {
            Some(reversed_octets(mask, rest, out))
        } else if is(two, "ip6") {
            Some(reversed_digits(mask, rest, out))
        } else {
            None
        };
        if let Some(others) = reversed {
            return blank_digits(rest.get(..others).unwrap_or_default(), out);
        }
    }
    let mut spared = text::dashed_version_6(mask, text, out);
    spared.extend(digits_of_version_6(mask, text, labels, out));
    let end = text.len().saturating_sub(1);
    text::quads(mask, text, out, &spared, |run| {
        // As it stands before the zone of a list (RFC 5782 §2.1); alone it was taken for a name.
        if run.start == 0 && run.end < end { Way::Reversed } else { Way::Either }
    });
}

/// Labels that are the digits of an IPv6 address in reverse, or of a network, before any zone. Where
/// each was: of runs of them, all.
fn digits_of_version_6(
    mask: &mut Mask,
    text: &[u8],
    labels: &[Range<usize>],
    out: &mut [u8],
) -> Vec<Range<usize>> {
    let is_digit = |label: &Range<usize>| text.get(label.clone()).and_then(digit).is_some();
    let runs = labels.chunk_by(|one, other| is_digit(one) && is_digit(other));
    let mut found = Vec::new();
    for run in runs.filter(|run| run.len() >= FEWEST_DIGITS) {
        for address in run.rchunks(32) {
            reversed_digits(mask, address, out);
        }
        if let [first, .., last] = run {
            found.push(first.start..last.end);
        }
    }
    found
}

/// The last labels are the first numbers of an address; how many labels before are not of it.
fn reversed_octets(mask: &mut Mask, labels: &[Range<usize>], out: &mut [u8]) -> usize {
    let (mut numbers, mut count) = ([0; 4], 0);
    for (to, label) in numbers.iter_mut().zip(labels.iter().rev()) {
        let Some(number) = out.get(label.clone()).and_then(octet) else { break };
        (*to, count) = (number, count + 1);
    }
    let pseudonym = mask.octets.of(numbers.get(..count).unwrap_or_default());
    for (label, number) in labels.iter().rev().zip(pseudonym).take(count) {
        text::put(number, out.get_mut(label.clone()));
    }
    labels.len() - count
}

/// The same of an IPv6 address, four bits a label (RFC 3596 §2.5).
fn reversed_digits(mask: &mut Mask, labels: &[Range<usize>], out: &mut [u8]) -> usize {
    let places = (0..32).rev().map(|place| 4 * place);
    let (mut address, mut count) = (0, 0);
    for (label, shift) in labels.iter().rev().zip(places.clone()) {
        let Some(digit) = out.get(label.clone()).and_then(digit) else { break };
        (address, count) = (address | u128::from(digit) << shift, count + 1);
    }
    let told = mask.told(Address(address)).0;
    for (label, shift) in labels.iter().rev().zip(places).take(count) {
        let digit = u32::try_from(told >> shift & 0xf).unwrap_or_default();
        let digit = char::from_digit(digit, 16).and_then(|it| u8::try_from(it).ok());
        if let (Some(byte), Some(digit)) = (out.get_mut(label.start), digit) {
            *byte = digit;
        }
    }
    labels.len() - count
}

/// What stands before an address may be a part of one as well (RFC 2317 §4: `0-25`).
fn blank_digits(labels: &[Range<usize>], out: &mut [u8]) {
    for label in labels {
        let bytes = out.get_mut(label.clone()).unwrap_or_default().iter_mut();
        bytes.filter(|byte| byte.is_ascii_digit()).for_each(|byte| *byte = b'x');
    }
}

/// A byte in decimal, perhaps with zeros before it.
pub(super) fn octet(text: &[u8]) -> Option<u8> {
    if text.len() > 3 || text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u8, |number, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// Four bits in hexadecimal.
fn digit(text: &[u8]) -> Option<u8> {
    let [digit] = text else { return None };
    char::from(*digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::Key;
    use crate::wire::name::{parse, text};

    fn masked(name: &str) -> String {
        let mut them = Mask::new(&Key::from_text("a key of more than sixteen letters").unwrap());
        let mut wire = parse(name).unwrap();
        mask_wire(&mut them, &mut wire);
        text(&wire)
    }

    #[test]
    fn names_without_an_address_stay() {
        for name in [
            ".",
            "www.example.com",
            "arpa",
            "in-addr.arpa",
            "ip6.arpa",
            "7.example",
            "1.2.3.example",
            "_dns.resolver.arpa",
            "v1-2-3.example",
            "1.0.0.127.in-addr.arpa",
            "2024-11-28.example",
            "a.b.c.d.example",
            "xn--fee-beef.example",
            "127.0.0.1",
        ] {
            assert_eq!(masked(name), name);
        }
    }

    #[test]
    fn names_of_addresses_are_those_of_pseudonyms() {
        for (name, suffix, labels) in [
            ("7.100.51.198.in-addr.arpa", ".in-addr.arpa", 6),
            ("100.51.198.in-addr.arpa", ".in-addr.arpa", 5),
            ("7.100.51.198.IN-ADDR.ARPA", ".in-addr.arpa", 6),
            ("b._dns-sd._udp.0.100.51.198.in-addr.arpa", ".in-addr.arpa", 9),
            ("7.100.51.198.zen.example", ".zen.example", 6),
            ("198.51.100.7", "", 4),
            ("ip-198-51-100-7.dyn.example", ".dyn.example", 3),
            ("007.100.051.198.in-addr.arpa", ".in-addr.arpa", 6),
            ("8.b.d.0.1.0.0.2.ip6.arpa", ".ip6.arpa", 10),
            ("8.b.d.0.1.0.0.2.origin6.example", ".origin6.example", 10),
            ("www.198.51.100.7.nip.example", ".nip.example", 7),
            ("a.7.100.51.198.zen.example", ".zen.example", 7),
            ("250.100.51.198.zen.example", ".zen.example", 6),
            ("198.51.100.250.dyn.example", ".dyn.example", 6),
            ("p198.51.100.7.dyn.example", ".dyn.example", 6),
            ("host-198-051-100-007.isp.example", ".isp.example", 3),
            ("h1-2-3-198-51-100-7.isp.example", ".isp.example", 3),
            ("198x51x100x7.isp.example", ".isp.example", 3),
            ("198.51.100.7.a.b.c.d.isp.example", ".isp.example", 10),
            ("2001-db8-0-77--9.six.example", ".six.example", 3),
            ("ip6-2001-db8-1-2-3-4-5-6.six.example", ".six.example", 3),
        ] {
            let told = masked(name);
            assert_ne!(told, name.to_ascii_lowercase());
            assert_eq!((told.len(), told.split('.').count()), (name.len(), labels), "{told}");
            assert!(told.ends_with(suffix), "{told}");
            // Nothing of it is left, whatever is between its numbers.
            let plain = told.replace(['.', '-', 'x'], ",");
            for part in ["51,100", "051,100", "100,51", "100,051", "db8", "8,b,d,0"] {
                assert!(!plain.contains(part), "{name}: {told}");
            }
        }
        assert_eq!(masked("0-25.100.51.198.in-addr.arpa").split('.').next(), Some("x-xx"));
    }

    #[test]
    fn zones_of_networks_hold_the_names_of_their_addresses() {
        let zone = masked("100.51.198.in-addr.arpa");
        assert!(masked("7.100.51.198.in-addr.arpa").ends_with(&format!(".{zone}")));
        let zone = masked("8.b.d.0.1.0.0.2.ip6.arpa");
        assert!(masked("f.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa").ends_with(&format!(".{zone}")));
    }

    #[test]
    fn what_is_private_stays_so() {
        assert!(masked("3.2.1.10.in-addr.arpa").ends_with(".10.in-addr.arpa"));
        assert!(masked("3.2.168.192.in-addr.arpa").ends_with(".168.192.in-addr.arpa"));
        let own = masked("3.2.16.172.in-addr.arpa");
        let second = own.split('.').nth(2).and_then(|it| it.parse::<u8>().ok());
        assert!(second.is_some_and(|it| (16..32).contains(&it)), "{own}");
    }

    #[test]
    fn a_pointer_stays_and_what_it_leads_to_counts() {
        let mut them = Mask::new(&Key::from_text("a key of more than sixteen letters").unwrap());
        // The zone at 0, and at 25 the name of an address in it.
        let mut message = parse("100.51.198.in-addr.arpa").unwrap();
        let start = message.len();
        message.extend([1, b'7', 0xc0, 0]);
        let mut out = message.clone();
        let end = mask(&mut them, &mut Places::default(), &message, start, &mut out);
        assert_eq!(end, Some(message.len()));
        assert_eq!(out[..start], message[..start], "only what stands there is written");
        assert_eq!(out[start + 2..], [0xc0, 0]);
        let whole = masked("7.100.51.198.in-addr.arpa");
        assert_eq!(whole.as_bytes()[0], out[start + 1]);
    }
}
