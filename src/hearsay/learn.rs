//! From the records of a response to names of addresses.

use crate::iana::{Class, RecordType};
use crate::track::Hasher;
use crate::wire::name::labels;
use crate::wire::{Address, NameBuffer, Record, Records, Section};

use super::Source;

/// Name servers of a message whose addresses are listened to; more are not heard of.
const MAX_SERVERS: usize = 16;

/// Reads records, with buffers that are used again and again.
#[derive(Debug, Default)]
pub(super) struct Reader {
    owner: NameBuffer,
    /// Where the chain of CNAME records has come to.
    alias: NameBuffer,
    target: NameBuffer,
    /// Hashes of the servers that NS records name.
    servers: Vec<u64>,
}

/// What a response was asked for.
struct Asked<'a> {
    name: &'a [u8],
    /// The address that this is about, if it is in reverse.
    reverse: Option<Address>,
    is_alias: bool,
}

impl Reader {
    /// Hands on each address that a response says something of: the name asked for, through CNAME
    /// records in their order (RFC 1034 §3.6.2), the one that a PTR record gives, or that of a name
    /// server whose address stands beside (RFC 1034 §4.2.1). What belongs to any other name was not
    /// asked for and tells nothing.
    pub(super) fn read(
        &mut self,
        message: &[u8],
        asked: &[u8],
        hasher: &Hasher,
        mut found: impl FnMut(Address, &[u8], Source),
    ) {
        self.servers.clear();
        let reverse = address_of(asked);
        let mut asked = Asked { name: asked, reverse, is_alias: false };
        for record in Records::of(message).filter(|record| record.class == Class::IN) {
            if record.rtype == RecordType::NS {
                self.server(&record, hasher);
            }
            let known = match record.section {
                Section::Answer => self.answer(&record, &mut asked, &mut found),
                Section::Authority => Some(()),
                Section::Additional => self.glue(&record, hasher, &mut found),
            };
            // Where the name of a record cannot be read, what follows is not believed either.
            if known.is_none() {
                return;
            }
        }
    }

    fn answer(
        &mut self,
        record: &Record<'_>,
        asked: &mut Asked<'_>,
        found: &mut impl FnMut(Address, &[u8], Source),
    ) -> Option<()> {
        let Self { owner, alias, target, .. } = self;
        let is_its = if !asked.is_alias && record.is_of_question() {
            true
        } else {
            record.owner(owner)?;
            owner.wire() == if asked.is_alias { alias.wire() } else { asked.name }
        };
        match (record.rtype, asked.reverse) {
            _ if !is_its || is_no_name(asked.name) => {}
            (RecordType::CNAME, _) if record.target(target).is_some() => {
                std::mem::swap(alias, target);
                asked.is_alias = true;
            }
            (RecordType::PTR, Some(address))
                if record.target(target).is_some() && !is_no_name(target.wire()) =>
            {
                found(address, target.wire(), Source::Reverse);
            }
            (_, None) => tell(record, asked.name, Source::Forward, found),
            _ => {}
        }
        Some(())
    }

    fn server(&mut self, record: &Record<'_>, hasher: &Hasher) {
        if self.servers.len() < MAX_SERVERS && record.target(&mut self.target).is_some() {
            self.servers.push(hasher.bytes(self.target.wire()));
        }
    }

    fn glue(
        &mut self,
        record: &Record<'_>,
        hasher: &Hasher,
        found: &mut impl FnMut(Address, &[u8], Source),
    ) -> Option<()> {
        if !self.servers.is_empty() && record.address().is_some() {
            record.owner(&mut self.owner)?;
            let name = self.owner.wire();
            if self.servers.contains(&hasher.bytes(name)) && !is_no_name(name) {
                tell(record, name, Source::Glue, found);
            }
        }
        Some(())
    }
}

/// Hands on the address of a record, if it has one.
fn tell(
    record: &Record<'_>,
    name: &[u8],
    source: Source,
    found: &mut impl FnMut(Address, &[u8], Source),
) {
    if let Some(address) = record.address().filter(|address| !is_nowhere(*address)) {
        found(address, name, source);
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
    if !wire.ends_with(b"\x04arpa\x00") {
        return None;
    }
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
