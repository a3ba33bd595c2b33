//! What stands behind a key: read once, compared often.

use std::net::IpAddr;
use std::time::Duration;

use crate::iana::{Class, Ede, Opcode, Rcode, RecordType};
use crate::time::{Timestamp, time_of_day};
use crate::wire::name::{is_under, parse};
use crate::wire::{Address, Transport};

/// A value of a filter's term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A network: its first address, and the length of its prefix in 128 bits.
    Network(Address, u32),
    /// A name in canonical wire form.
    Name(Vec<u8>),
    /// Everything below a name.
    Below(Vec<u8>),
    /// A type.
    Type(RecordType),
    /// A class.
    Class(Class),
    /// An opcode.
    Opcode(Opcode),
    /// A response code.
    Rcode(Rcode),
    /// An Extended DNS Error.
    Ede(Ede),
    /// Any of them.
    Any,
    /// UDP or TCP.
    Transport(Transport),
    /// IPv4, or else IPv6.
    V4(bool),
    /// A moment.
    At(Timestamp),
    /// A time of each day, in nanoseconds since midnight UTC.
    OfDay(u64),
    /// Longer than this, in nanoseconds.
    Longer(u64),
    /// Shorter than this, in nanoseconds.
    Shorter(u64),
    /// Yes or no.
    Yes(bool),
}

/// A day in nanoseconds.
const DAY: u64 = 86_400_000_000_000;

/// What is wrong with a value: a sentence without its subject.
pub(super) type Reading = Result<Value, String>;

pub(super) fn network(text: &str) -> Reading {
    let what = || format!("`{text}` is no address and no network such as 10.8.0.0/16");
    let (ip, length) = match text.split_once('/') {
        Some((ip, length)) => (ip, Some(length)),
        None => (text, None),
    };
    let ip: IpAddr = ip.parse().map_err(|_| what())?;
    let (most, offset) = if ip.is_ipv4() { (32, 96) } else { (128, 0) };
    let length: u32 = length.map_or(Ok(most), str::parse).map_err(|_| what())?;
    if length > most {
        return Err(format!("`{text}`: a prefix has at most {most} bits"));
    }
    let length = length + offset;
    Ok(Value::Network(Address::from(ip).prefix(length), length))
}

/// A name, or `*.` and a name for all that is below it.
pub(super) fn name(text: &str) -> Reading {
    let below = text.strip_prefix("*.");
    let wire = parse(below.unwrap_or(text)).ok_or_else(|| format!("`{text}` is no domain name"))?;
    Ok(if below.is_some() { Value::Below(wire) } else { Value::Name(wire) })
}

pub(super) fn rtype(text: &str) -> Reading {
    RecordType::from_name(text)
        .map(Value::Type)
        .ok_or_else(|| format!("`{text}` is no type such as A, AAAA or TYPE65"))
}

pub(super) fn class(text: &str) -> Reading {
    Class::from_name(text)
        .map(Value::Class)
        .ok_or_else(|| format!("`{text}` is no class such as IN or CH"))
}

pub(super) fn opcode(text: &str) -> Reading {
    Opcode::from_name(text)
        .map(Value::Opcode)
        .ok_or_else(|| format!("`{text}` is no opcode such as QUERY, NOTIFY or UPDATE"))
}

pub(super) fn rcode(text: &str) -> Reading {
    Rcode::from_name(text)
        .map(Value::Rcode)
        .ok_or_else(|| format!("`{text}` is no response code such as REFUSED or 5"))
}

pub(super) fn ede(text: &str) -> Reading {
    if text.eq_ignore_ascii_case("any") {
        return Ok(Value::Any);
    }
    text.parse()
        .map(|code| Value::Ede(Ede(code)))
        .map_err(|_| format!("`{text}` is no number of an Extended DNS Error, and not `any`"))
}

pub(super) fn transport(text: &str) -> Reading {
    Transport::from_word(text).map(Value::Transport).ok_or_else(|| {
        let all = Transport::ALL.map(Transport::word).join(", ");
        format!("`{text}` is none of {all}")
    })
}

pub(super) fn family(text: &str) -> Reading {
    match text {
        "4" => Ok(Value::V4(true)),
        "6" => Ok(Value::V4(false)),
        _ => Err(format!("`{text}` is neither 4 nor 6")),
    }
}

pub(super) fn yes(text: &str) -> Reading {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "1" => Ok(Value::Yes(true)),
        "no" | "0" => Ok(Value::Yes(false)),
        _ => Err(format!("`{text}` is neither yes nor no")),
    }
}

/// A moment (RFC 3339), or a time of day in UTC.
pub(super) fn time(text: &str) -> Reading {
    if let Some(at) = Timestamp::parse(text) {
        return Ok(Value::At(at));
    }
    time_of_day(text).map(Value::OfDay).ok_or_else(|| {
        format!("`{text}` is no time such as 03:12:05 or 2026-11-21T03:12:05Z (UTC)")
    })
}

/// `>100ms` or `<1ms`.
pub(super) fn took(text: &str) -> Reading {
    let what = || format!("`{text}` is no bound of a time such as >100ms or <1ms");
    let (sign, duration) = text.split_at_checked(1).ok_or_else(what)?;
    let duration: Duration = humantime(duration).ok_or_else(what)?;
    let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    match sign {
        ">" => Ok(Value::Longer(nanos)),
        "<" => Ok(Value::Shorter(nanos)),
        _ => Err(what()),
    }
}

/// A number with `us`, `ms` or `s`.
fn humantime(text: &str) -> Option<Duration> {
    let units = [("us", 1e-6), ("ms", 1e-3), ("s", 1.0)];
    let (number, unit) =
        units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    let number: f64 = number.parse().ok()?;
    Duration::try_from_secs_f64(number * unit).ok()
}

impl Value {
    /// Whether it is a network that holds an address.
    pub(super) fn holds_address(&self, address: Address) -> bool {
        matches!(self, Self::Network(first, length) if address.prefix(*length) == *first)
    }

    /// Whether it is a name, or what is below one; `apex` counts the name itself to what is below.
    pub(super) fn holds_name(&self, name: &[u8], apex: bool) -> bool {
        match self {
            Self::Name(wire) if apex => is_under(name, wire),
            Self::Name(wire) => name == wire.as_slice(),
            Self::Below(wire) => name != wire.as_slice() && is_under(name, wire),
            _ => false,
        }
    }

    /// Whether a moment is not before it; a time of day is that of each day.
    pub(super) fn is_reached(&self, at: Timestamp) -> bool {
        match self {
            Self::At(from) => at >= *from,
            Self::OfDay(from) => at.0 % DAY >= *from,
            _ => false,
        }
    }

    /// Whether a time is within it.
    pub(super) fn bounds(&self, took: Option<u64>) -> bool {
        match (self, took) {
            (Self::Longer(least), Some(took)) => took > *least,
            (Self::Shorter(most), Some(took)) => took < *most,
            _ => false,
        }
    }
}
