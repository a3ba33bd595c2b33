//! How addresses, times and numbers are written, for every row: as the standard library and all
//! other outputs write them, which tests compare, without their formatting.

use crate::time::Timestamp;
use crate::wire::Address;

/// Writes an address as RFC 5952 asks: as the standard library does, without its formatting.
pub(super) fn push_address(out: &mut String, address: Address) {
    if address.is_v4() {
        let [.., a, b, c, d] = address.0.to_be_bytes();
        for (place, byte) in [a, b, c, d].into_iter().enumerate() {
            if place > 0 {
                out.push('.');
            }
            push_byte(out, byte);
        }
    } else {
        push_v6(out, address);
    }
}

fn push_byte(out: &mut String, byte: u8) {
    let digit = |number: u8| char::from(b'0' + number % 10);
    if byte >= 100 {
        out.push(digit(byte / 100));
    }
    if byte >= 10 {
        out.push(digit(byte / 10));
    }
    out.push(digit(byte));
}

fn push_v6(out: &mut String, address: Address) {
    let groups = address.0.to_be_bytes();
    let groups = groups.as_chunks::<2>().0;
    let (from, length) = longest_gap(groups);
    let mut place = 0;
    while place < groups.len() {
        if place == from && length > 1 {
            out.push_str("::");
            place += length;
            continue;
        }
        if place > 0 && !out.ends_with(':') {
            out.push(':');
        }
        push_group(out, u16::from_be_bytes(groups[place]));
        place += 1;
    }
}

/// Where the first of the longest runs of groups that are zero begins, and how long it is.
fn longest_gap(groups: &[[u8; 2]]) -> (usize, usize) {
    let (mut best, mut from) = ((0, 0), 0);
    for (place, group) in groups.iter().enumerate() {
        if *group != [0, 0] {
            from = place + 1;
        } else if place + 1 - from > best.1 {
            best = (from, place + 1 - from);
        }
    }
    best
}

fn push_group(out: &mut String, group: u16) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut is_begun = false;
    for shift in [12, 8, 4, 0] {
        let digit = usize::from(group >> shift & 0xf);
        is_begun |= digit > 0 || shift == 0;
        if is_begun {
            out.push(char::from(DIGITS[digit]));
        }
    }
}

/// Writes times: the date and the clock once for all of a second.
#[derive(Debug, Default)]
pub(super) struct Clock {
    second: u64,
    /// Up to the point before the fraction; empty if there is none yet.
    text: String,
}

const SECOND: u64 = 1_000_000_000;

impl Clock {
    /// Appends a time.
    pub(super) fn push(&mut self, at: Timestamp, out: &mut String) {
        let second = at.0 / SECOND;
        if self.text.is_empty() || second != self.second {
            self.second = second;
            self.text = at.to_string();
            // Nine digits and a `Z`.
            self.text.truncate(self.text.len().saturating_sub(10));
        }
        out.push_str(&self.text);
        push_number(out, SECOND + at.0 % SECOND, 1);
        out.push('Z');
    }
}

/// Writes a number without its first `skip` digits.
pub(super) fn push_number(out: &mut String, mut number: u64, skip: usize) {
    let mut digits = [b'0'; 20];
    let mut begin = digits.len();
    loop {
        begin -= 1;
        digits[begin] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    let digits = digits.get(begin + skip..).unwrap_or_default();
    out.extend(digits.iter().copied().map(char::from));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(address: Address) {
        let mut out = String::from(":");
        push_address(&mut out, address);
        assert_eq!(out, format!(":{}", address.ip()));
    }

    #[test]
    fn addresses_are_written_as_the_standard_library_writes_them() {
        for text in ["192.0.2.1", "0.0.0.0", "255.10.100.9", "::", "::1", "1::", "fe80::1:0:0:2"] {
            check(text.parse::<std::net::IpAddr>().unwrap().into());
        }
        for text in
            ["1:0:2:0:3:0:4:0", "1:0:0:2:0:0:0:3", "::2:0:0:0", "0:0:1::", "64:ff9b::1.2.3.4"]
        {
            check(text.parse::<std::net::IpAddr>().unwrap().into());
        }
    }

    proptest! {
        #[test]
        fn any_address_is_written_so(bytes in prop::array::uniform16(prop_oneof![Just(0), any::<u8>()])) {
            check(Address::v6(bytes));
        }
    }

    #[test]
    fn times_are_written_as_everywhere() {
        let mut clock = Clock::default();
        for at in [1, 2, SECOND - 1, SECOND, 1_795_230_720 * SECOND + 1000, 7, u64::MAX] {
            let mut out = String::from("|");
            clock.push(Timestamp(at), &mut out);
            assert_eq!(out, format!("|{}", Timestamp(at)));
        }
    }
}
