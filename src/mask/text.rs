//! Addresses within texts: what servers say in words, and labels such as `ip-192-0-2-1`.

use std::net::Ipv6Addr;

use super::Mask;
use crate::wire::Address;

/// Replaces every address in a text by its pseudonym, byte for byte.
pub(super) fn mask(mask: &mut Mask, text: &mut [u8]) {
    quads(mask, text);
    version_6(mask, text);
}

/// Four numbers with the same sign between them: a dot, or what stands for it in labels.
pub(super) fn quads(mask: &mut Mask, text: &mut [u8]) {
    let mut at = 0;
    while at < text.len() {
        let is_within = at > 0 && text.get(at - 1).is_some_and(u8::is_ascii_digit);
        match quad(text.get(at..).unwrap_or_default()).filter(|_| !is_within) {
            Some((numbers, length)) => {
                let pseudonym = mask.octets.of(&numbers);
                if let Some(place) = text.get_mut(at..at + length) {
                    write(pseudonym, place);
                }
                at += length;
            }
            None => at += 1,
        }
    }
}

/// The address that a text begins with, and how long it is.
fn quad(text: &[u8]) -> Option<([u8; 4], usize)> {
    let (mut numbers, mut rest, mut sign) = ([0; 4], text, None);
    for (place, number) in numbers.iter_mut().enumerate() {
        if place > 0 {
            let (first, behind) = rest.split_first()?;
            let is_sign =
                matches!(first, b'.' | b'-' | b'_') && *sign.get_or_insert(*first) == *first;
            rest = if is_sign { behind } else { return None };
        }
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        *number = super::names::octet(rest.get(..digits)?)?;
        rest = rest.get(digits..)?;
    }
    Some((numbers, text.len() - rest.len()))
}

/// Writes four numbers in the place of four that have as many digits.
fn write(numbers: [u8; 4], place: &mut [u8]) {
    let mut digits = numbers.iter().flat_map(|number| number.to_string().into_bytes());
    for byte in place.iter_mut().filter(|byte| byte.is_ascii_digit()) {
        if let Some(digit) = digits.next() {
            *byte = digit;
        }
    }
}

/// Runs of hexadecimal digits and colons that are IPv6 addresses.
fn version_6(mask: &mut Mask, text: &mut [u8]) {
    let is_part = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b':' || *byte == b'.';
    let mut at = 0;
    while at < text.len() {
        let rest = text.get_mut(at..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| is_part(byte)).count();
        if let Some(word) = rest.get_mut(..length) {
            word_of_version_6(mask, word);
        }
        at += length.max(1);
    }
}

fn word_of_version_6(mask: &mut Mask, word: &mut [u8]) {
    // A sentence may end with it, or a colon follow.
    let end = word.iter().rposition(|byte| *byte != b'.').map_or(0, |last| last + 1);
    let word = word.get_mut(..end).unwrap_or_default();
    if word.split(|byte| *byte == b':').count() < 3 {
        return;
    }
    let text = std::str::from_utf8(word).ok();
    let ip: Option<Ipv6Addr> = text.and_then(|text| text.parse().ok());
    match ip {
        Some(ip) if !word.contains(&b'.') => {
            if !ip.is_loopback() && !ip.is_unspecified() {
                let told = mask.told(Address::v6(ip.octets()));
                write_version_6(told.0, word);
            }
        }
        // Not one address as it stands, but perhaps a part of one.
        _ => word.iter_mut().filter(|byte| byte.is_ascii_hexdigit()).for_each(|byte| *byte = b'x'),
    }
}

/// Writes the digits of an address in the places of those that are written out of another one.
fn write_version_6(address: u128, word: &mut [u8]) {
    let groups = word.split(|byte| *byte == b':').count();
    let text = word.to_vec();
    let mut at = 0;
    let doubled = text.windows(2).position(|pair| pair == b"::");
    for (group, piece) in text.split(|byte| *byte == b':').enumerate() {
        // Behind the colons that stand for zeros, groups count from the end.
        let number = match doubled {
            Some(gap) if at > gap => (8 + group).saturating_sub(groups),
            _ => group,
        };
        for (nth, _) in piece.iter().enumerate() {
            let from_left = 4 * number + 4 + nth - piece.len().min(4 + nth);
            let shift = 4 * 31_usize.saturating_sub(from_left);
            let digit = u32::try_from(address >> shift & 0xf).unwrap_or_default();
            let digit = char::from_digit(digit, 16).and_then(|it| u8::try_from(it).ok());
            if let (Some(byte), Some(digit)) = (word.get_mut(at + nth), digit) {
                *byte = digit;
            }
        }
        at += piece.len() + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::Key;

    fn masked(text: &str) -> String {
        let mut them = Mask::new(&Key::from_text("a key of more than sixteen letters").unwrap());
        let mut bytes = text.as_bytes().to_vec();
        mask(&mut them, &mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn texts_without_an_address_stay() {
        for text in [
            "",
            "blocked by policy 7",
            "BIND 9.18.24",
            "see https://example.net/a:b?",
            "1.2.3",
            "at 12:30",
            "300.1.1.1",
            "127.0.0.1 and ::1",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn addresses_are_replaced_and_nothing_else() {
        for text in [
            "client 198.51.100.7 is not allowed",
            "198.51.100.7",
            "198.51.100.7.",
            "ip-198-51-100-7",
            "x198.51.100.7#53",
            "from 2001:db8:1:2:3:4:5:6 to nobody",
            "2001:db8::1",
            "[2001:db8::53]:53",
            "client 2001:db8::7. No.",
        ] {
            let said = masked(text);
            assert_ne!(said, text);
            assert_eq!(said.len(), text.len());
            assert!(!said.contains("198.51.100.7") && !said.contains("198-51-100-7"), "{said}");
            assert!(!said.contains("2001:db8"), "{said}");
            let shape =
                |text: &str| text.chars().map(|c| !c.is_ascii_hexdigit()).collect::<Vec<_>>();
            assert_eq!(shape(&said), shape(text), "{said}");
        }
    }

    #[test]
    fn an_address_of_version_6_that_is_whole_is_its_pseudonym() {
        let mut them = Mask::new(&Key::from_text("a key of more than sixteen letters").unwrap());
        let ip: Ipv6Addr = "2001:1db8:1111:2222:3333:4444:5555:6666".parse().unwrap();
        let told = them.told(Address::v6(ip.octets()));
        let said: Ipv6Addr = masked(&ip.to_string()).parse().unwrap();
        assert_eq!(Address::v6(said.octets()), told);
    }
}
