//! Addresses within texts: what servers say in words, and labels such as `ip-192-0-2-1`.

use std::net::Ipv6Addr;
use std::ops::Range;

use super::Mask;
use crate::wire::Address;

/// Replaces every address in a text by its pseudonym, byte for byte.
pub(super) fn mask(mask: &mut Mask, text: &mut [u8]) {
    if text.iter().filter(|byte| byte.is_ascii_digit()).nth(3).is_some() {
        let mut original = std::mem::take(&mut mask.original);
        original.clear();
        original.extend_from_slice(text);
        quads(mask, &original, text, &[], |run| {
            // A name that a text quotes may be that of an address in reverse.
            let is_alone = run.sign == b'.' && !is_within_a_name(&original, run);
            if is_alone { Way::Forward } else { Way::Either }
        });
        mask.original = original;
    }
    version_6(mask, text);
}

/// Whether labels follow a run or come before it.
fn is_within_a_name(text: &[u8], run: &Run) -> bool {
    let has_label = text.get(run.end..run.end + 2).is_some_and(|next| {
        next.first() == Some(&b'.') && next.last().is_some_and(u8::is_ascii_alphanumeric)
    });
    has_label || run.start.checked_sub(1).and_then(|at| text.get(at)) == Some(&b'.')
}

/// Which way round four numbers are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The network first: that is certain.
    Forward,
    /// Rather the network first.
    Either,
    /// Rather the network last.
    Reversed,
}

/// Numbers of one byte each, with the same sign between each two.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Where its last number begins.
    last: usize,
    count: usize,
    sign: u8,
}

/// Four numbers with the same sign between them are an address, whatever the sign: a dot, or what
/// stands for it in labels. Where there are more, any four of them may be it, and all are replaced.
/// Read from `original`, written to `out`; what is spared was replaced already.
pub(super) fn quads(
    mask: &mut Mask,
    original: &[u8],
    out: &mut [u8],
    spared: &[Range<usize>],
    way: impl Fn(&Run) -> Way,
) {
    let mut at = 0;
    while let Some(run) = Run::find(original, at) {
        let is_spared = spared.iter().any(|it| it.start <= run.start && run.end <= it.end);
        if run.count == 4 && !is_spared {
            address(mask, original, out, &run, way(&run));
        } else if run.count > 4 && !is_spared {
            let mut before = [0; 3];
            for (place, number) in run.numbers(original) {
                put(mask.octets.within_a_run(&mut before, number), out.get_mut(place));
            }
        }
        // The last number may be the first one of a run with another sign.
        at = if run.count > 1 { run.last } else { run.end };
    }
}

fn address(mask: &mut Mask, original: &[u8], out: &mut [u8], run: &Run, way: Way) {
    let mut numbers = [0; 4];
    numbers.iter_mut().zip(run.numbers(original)).for_each(|(to, (_, from))| *to = from);
    let pseudonym = match way {
        Way::Forward => mask.octets.of(&numbers),
        Way::Either => mask.octets.either_way(numbers),
        Way::Reversed => {
            numbers.reverse();
            let mut pseudonym = mask.octets.either_way(numbers);
            pseudonym.reverse();
            pseudonym
        }
    };
    for ((place, _), number) in run.numbers(original).zip(pseudonym) {
        put(number, out.get_mut(place));
    }
}

impl Run {
    /// The first one from here on, which is no place within a number.
    fn find(text: &[u8], mut at: usize) -> Option<Self> {
        loop {
            at += text.get(at..)?.iter().position(u8::is_ascii_digit)?;
            let Some((end, _)) = number(text, at) else {
                at = end_of_digits(text, at);
                continue;
            };
            let mut run = Self { start: at, end, last: at, count: 1, sign: 0 };
            while let Some((sign, end)) = run.next(text) {
                run = Self { end, last: run.end + 1, count: run.count + 1, sign, ..run };
            }
            return Some(run);
        }
    }

    /// The sign and the end of the number that goes on with it.
    fn next(&self, text: &[u8]) -> Option<(u8, usize)> {
        let sign = text.get(self.end)?.to_ascii_lowercase();
        let is_one = sign == b'x' || !(sign.is_ascii_alphanumeric() || sign == b':');
        let is_same = self.count == 1 || sign == self.sign;
        let (end, _) = number(text, self.end + 1).filter(|_| is_one && is_same)?;
        Some((sign, end))
    }

    /// Where each number is, and which one.
    fn numbers(self, text: &[u8]) -> impl Iterator<Item = (Range<usize>, u8)> {
        let mut at = self.start;
        std::iter::from_fn(move || {
            let (end, number) = number(text, at).filter(|_| at < self.end)?;
            let place = at..end;
            at = end + 1;
            Some((place, number))
        })
    }
}

fn end_of_digits(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// The end of the number that begins here, and the number, if it fits a byte.
fn number(text: &[u8], at: usize) -> Option<(usize, u8)> {
    let end = end_of_digits(text, at);
    super::names::octet(text.get(at..end)?).map(|number| (end, number))
}

/// Writes a number in the place of one that has as many digits, zeros before them included.
pub(super) fn put(number: u8, place: Option<&mut [u8]>) {
    let mut rest = number;
    for byte in place.into_iter().flatten().rev() {
        *byte = b'0' + rest % 10;
        rest /= 10;
    }
}

/// IPv6 addresses in labels, `-` in the place of each colon; where each of them was.
pub(super) fn dashed_version_6(mask: &mut Mask, text: &[u8], out: &mut [u8]) -> Vec<Range<usize>> {
    let is_part = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b'-';
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = text.get(at..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| is_part(byte)).count();
        let word = rest.get(..length).unwrap_or_default();
        if let Some(within) = dashed_address(word)
            && let Some(place) = out.get_mut(at + within.start..at + within.end)
        {
            place.iter_mut().filter(|byte| **byte == b'-').for_each(|byte| *byte = b':');
            word_of_version_6(mask, place);
            place.iter_mut().filter(|byte| **byte == b':').for_each(|byte| *byte = b'-');
            found.push(at + within.start..at + within.end);
        }
        at += length.max(1);
    }
    found
}

/// What of a word is an address: from a group of four digits as every network begins with that has
/// hosts - global, unique local, link-local - to its end.
fn dashed_address(word: &[u8]) -> Option<Range<usize>> {
    let end = word.iter().rposition(|byte| *byte != b'-')? + 1;
    let word = word.get(..end)?;
    let mut start = 0;
    for group in word.split(|byte| *byte == b'-') {
        if group.len() == 4 && matches!(group.first(), Some(b'2' | b'3' | b'f' | b'F')) {
            let rest = word.get(start..)?;
            let groups = rest.split(|byte| *byte == b'-').count();
            let is_short = rest.windows(2).any(|pair| pair == b"--");
            return (groups >= 8 || is_short).then_some(start..end);
        }
        start += group.len() + 1;
    }
    None
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
            "2024-11-28",
            "1.2-3.4",
            "a 1,2 and 3,4",
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
            "7.100.51.198.in-addr.arpa is not ours",
            "198,51,100,7",
            "198.051.100.007",
            "1-2-198.51.100.7",
            "198.51.100.7-1-2",
            "from 2001:db8:1:2:3:4:5:6 to nobody",
            "2001:db8::1",
            "[2001:db8::53]:53",
            "client 2001:db8::7. No.",
        ] {
            let said = masked(text);
            assert_ne!(said, text);
            assert_eq!(said.len(), text.len());
            for part in ["51.100", "51-100", "51,100", "100.51", "051"] {
                assert!(!said.contains(part), "{said}");
            }
            assert!(!said.contains("2001:db8"), "{said}");
            let shape =
                |text: &str| text.chars().map(|c| !c.is_ascii_hexdigit()).collect::<Vec<_>>();
            assert_eq!(shape(&said), shape(text), "{said}");
        }
    }

    /// Where any four of more numbers may be the address.
    #[test]
    fn nothing_is_left_of_a_run_of_numbers() {
        for text in
            ["1.2.3.198.51.100.7", "198-51-100-7-77-88", "88.198.51.100.7", "1-2-3-198.51.100.7"]
        {
            let (said, of) = (masked(text), |text: &str| -> Vec<String> {
                let all = text.split(|c: char| !c.is_ascii_digit());
                all.filter(|it| it.len() > 1).map(str::to_owned).collect()
            });
            let (said, true_ones) = (of(&said), of(text));
            assert!(said.iter().zip(&true_ones).all(|(one, other)| one != other), "{said:?}");
        }
    }

    /// Read the wrong way round, such a host is in a range that stays.
    #[test]
    fn the_last_number_of_a_host_keeps_no_network() {
        for last in [0, 10, 127, 224, 250, 255] {
            for text in [
                format!("{last}.100.51.198.in-addr.arpa"),
                format!("host-{last}-100-51-198"),
                format!("{last}_100_51_198"),
            ] {
                let said = masked(&text);
                for part in ["100.51", "100-51", "100_51", "51.198", "51-198", "51_198"] {
                    assert!(!said.contains(part), "{text}: {said}");
                }
            }
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
