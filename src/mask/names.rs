//! Addresses within names: below in-addr.arpa and ip6.arpa, before the zones of block lists, and
//! as names by themselves.
//!
//! Each label keeps its length, so that no pointer into a message goes astray.

use super::{Mask, text};
use crate::wire::Address;

/// A name has at most so many labels (RFC 1035 §2.3.4).
const MOST_LABELS: usize = 127;

/// Where the labels of a name are in its message: of those that stand there themselves and of those
/// that pointers lead to.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Start and length of each.
    labels: Vec<(usize, usize)>,
    /// How many of them stand there themselves.
    own: usize,
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
    let labels: Vec<&[u8]> = places.labels.iter().filter_map(label).collect();
    let mut masked: Vec<Vec<u8>> = labels.iter().map(|label| label.to_vec()).collect();
    mask_labels(mask, &mut masked);
    for ((start, length), label) in places.labels.iter().zip(&masked).take(places.own) {
        if let Some(place) = out.get_mut(*start..*start + *length) {
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

/// Replaces addresses in the labels of a name.
fn mask_labels(mask: &mut Mask, labels: &mut [Vec<u8>]) {
    let is = |label: &[u8], name: &str| label.eq_ignore_ascii_case(name.as_bytes());
    if let [rest @ .., two, one] = labels
        && is(one, "arpa")
    {
        if is(two, "in-addr") {
            let others = reversed_octets(mask, rest);
            return blank_digits(rest.get_mut(..others).unwrap_or_default());
        }
        if is(two, "ip6") {
            let others = reversed_digits(mask, rest);
            return blank_digits(rest.get_mut(..others).unwrap_or_default());
        }
    }
    labels.iter_mut().for_each(|label| text::quads(mask, label));
    let leading = |labels: &[Vec<u8>], is_one: fn(&[u8]) -> bool, most: usize| {
        labels.iter().take_while(|label| is_one(label)).take(most).count()
    };
    let octets = leading(labels, |label| octet(label).is_some(), 4);
    if octets == 4 && labels.len() == 4 {
        // An address that was taken for a name.
        labels.reverse();
        reversed_octets(mask, labels);
        labels.reverse();
    } else if octets == 4 {
        // As it stands before the zone of a list (RFC 5782 §2.1).
        reversed_octets(mask, labels.get_mut(..4).unwrap_or_default());
    } else if leading(labels, |label| digit(label).is_some(), 32) == 32 {
        reversed_digits(mask, labels.get_mut(..32).unwrap_or_default());
    }
}

/// The last labels are the first numbers of an address; how many labels before are not of it.
fn reversed_octets(mask: &mut Mask, labels: &mut [Vec<u8>]) -> usize {
    let numbers: Vec<u8> = labels.iter().rev().map_while(|label| octet(label)).take(4).collect();
    let pseudonym = mask.octets.of(&numbers);
    for (label, number) in labels.iter_mut().rev().zip(pseudonym).take(numbers.len()) {
        *label = number.to_string().into_bytes();
    }
    labels.len() - numbers.len()
}

/// The same of an IPv6 address, four bits a label (RFC 3596 §2.5).
fn reversed_digits(mask: &mut Mask, labels: &mut [Vec<u8>]) -> usize {
    let digits: Vec<u8> = labels.iter().rev().map_while(|label| digit(label)).take(32).collect();
    let places = (0..32).rev().map(|place| 4 * place);
    let address = digits
        .iter()
        .zip(places.clone())
        .fold(0, |address, (digit, shift)| address | u128::from(*digit) << shift);
    let told = mask.told(Address(address)).0;
    for (label, shift) in labels.iter_mut().rev().zip(places).take(digits.len()) {
        let digit = u32::try_from(told >> shift & 0xf).unwrap_or_default();
        *label =
            char::from_digit(digit, 16).map_or_else(Vec::new, |it| it.to_string().into_bytes());
    }
    labels.len() - digits.len()
}

/// What stands before an address may be a part of one as well (RFC 2317 §4: `0-25`).
fn blank_digits(labels: &mut [Vec<u8>]) {
    let digits = labels.iter_mut().flatten().filter(|byte| byte.is_ascii_digit());
    digits.for_each(|byte| *byte = b'x');
}

/// A byte in decimal, as it is written.
pub(super) fn octet(text: &[u8]) -> Option<u8> {
    if text.len() > 3 || text.is_empty() || (text.len() > 1 && text.starts_with(b"0")) {
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
            ("8.b.d.0.1.0.0.2.ip6.arpa", ".ip6.arpa", 10),
        ] {
            let told = masked(name);
            assert_ne!(told, name.to_ascii_lowercase());
            assert_eq!((told.len(), told.split('.').count()), (name.len(), labels), "{told}");
            assert!(told.ends_with(suffix), "{told}");
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
