//! From an answer section to names of addresses.

use crate::iana::{Class, RecordType};
use crate::wire::name::labels;
use crate::wire::{Address, Answers, NameBuffer};

use super::Source;

/// Reads answer sections, with buffers that are used again and again.
#[derive(Debug, Default)]
pub(super) struct Reader {
    owner: NameBuffer,
    /// Where the chain of CNAME records has come to.
    alias: NameBuffer,
    target: NameBuffer,
}

impl Reader {
    /// Hands on each address that a response says something of: the name asked for, through CNAME
    /// records in their order (RFC 1034 §3.6.2), or the one that a PTR record gives. What belongs
    /// to any other name was not asked for and tells nothing.
    pub(super) fn read(
        &mut self,
        message: &[u8],
        asked: &[u8],
        mut found: impl FnMut(Address, &[u8], Source),
    ) {
        let Self { owner, alias, target } = self;
        if is_no_name(asked) {
            return;
        }
        let (reverse, mut is_alias) = (address_of(asked), false);
        for record in Answers::of(message).filter(|record| record.class == Class::IN) {
            if record.owner(owner).is_none() {
                return;
            }
            if owner.wire() != if is_alias { alias.wire() } else { asked } {
                continue;
            }
            match (record.rtype, reverse) {
                (RecordType::CNAME, _) if record.target(target).is_some() => {
                    std::mem::swap(alias, target);
                    is_alias = true;
                }
                (RecordType::PTR, Some(address))
                    if record.target(target).is_some() && !is_no_name(target.wire()) =>
                {
                    found(address, target.wire(), Source::Reverse);
                }
                (_, None) => {
                    let address = record.address().filter(|address| !is_nowhere(*address));
                    if let Some(address) = address {
                        found(address, asked, Source::Forward);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The root, nothing, or what would be taken for an address: no host is called so, as no top-level
/// domain is a number (RFC 3696 §2) and no label of a host has a colon (RFC 1123 §2.1).
fn is_no_name(wire: &[u8]) -> bool {
    let is_number = |label: &[u8]| label.iter().all(u8::is_ascii_digit);
    labels(wire).last().is_none_or(is_number) || wire.contains(&b':')
}

/// An address that stands for none: what block lists answer.
fn is_nowhere(address: Address) -> bool {
    address.ip().is_unspecified()
}

/// The address that a name below in-addr.arpa (RFC 1035 §3.5) or ip6.arpa (RFC 3596 §2.5) is about;
/// `None` if it is not about one address.
fn address_of(wire: &[u8]) -> Option<Address> {
    const MOST: usize = 35;
    let all: Vec<&[u8]> = labels(wire).take(MOST).collect();
    match all.as_slice() {
        [d, c, b, a, b"in-addr", b"arpa"] => {
            Some(Address::v4([number(a)?, number(b)?, number(c)?, number(d)?]))
        }
        [digits @ .., b"ip6", b"arpa"] if digits.len() == 32 => {
            let digits = digits.iter().rev();
            digits
                .map(|label| digit(label))
                .try_fold(0, |sum, digit| Some(sum << 4 | digit?))
                .map(Address)
        }
        _ => None,
    }
}

/// A byte in decimal, as it is written.
fn number(label: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(label).ok()?;
    let number: u8 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// Four bits.
fn digit(label: &[u8]) -> Option<u128> {
    let [digit] = label else { return None };
    char::from(*digit).to_digit(16).map(u128::from)
}
