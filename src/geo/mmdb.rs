//! Writes small databases in the `MaxMind` DB format (version 2.0), for tests.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::net::IpAddr;

/// What a record holds.
#[derive(Clone)]
pub(crate) enum Value {
    Text(String),
    Number(u32),
    Short(u16),
    Long(u64),
    Map(Vec<(&'static str, Value)>),
    /// A list of nothing.
    Nothing,
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A node: where its two branches lead.
type Node = [Branch; 2];

#[derive(Clone, Copy)]
enum Branch {
    Nowhere,
    Node(usize),
    Data(usize),
}

/// A database that has something to say of each of some networks, which do not overlap.
pub(crate) fn database(rows: &[(&str, Value)]) -> Vec<u8> {
    let mut nodes: Vec<Node> = vec![[Branch::Nowhere; 2]];
    let mut data = Vec::new();
    for (network, value) in rows {
        let (address, bits) = parse(network);
        insert(&mut nodes, address, bits, data.len());
        write(value, &mut data);
    }
    let count = nodes.len();
    let mut out = Vec::new();
    for branch in nodes.into_iter().flatten() {
        let number = match branch {
            Branch::Nowhere => count,
            Branch::Node(node) => node,
            Branch::Data(offset) => count + 16 + offset,
        };
        out.extend(u32::try_from(number).unwrap().to_be_bytes());
    }
    out.extend([0; 16]);
    out.extend(data);
    out.extend(b"\xab\xcd\xefMaxMind.com");
    let count = u32::try_from(count).unwrap();
    write(
        &Value::Map(vec![
            ("node_count", Value::Number(count)),
            ("record_size", Value::Short(32)),
            ("ip_version", Value::Short(6)),
            ("database_type", text("Test")),
            ("binary_format_major_version", Value::Short(2)),
            ("binary_format_minor_version", Value::Short(0)),
            ("languages", Value::Nothing),
            ("build_epoch", Value::Long(1)),
            ("description", Value::Map(Vec::new())),
        ]),
        &mut out,
    );
    out
}

/// The address of a network and the length of its prefix; those of version 4 lie at `::/96`.
fn parse(network: &str) -> (u128, u32) {
    let (address, bits) = network.split_once('/').unwrap();
    let bits: u32 = bits.parse().unwrap();
    match address.parse().unwrap() {
        IpAddr::V4(ip) => (u128::from(ip.to_bits()), bits + 96),
        IpAddr::V6(ip) => (ip.to_bits(), bits),
    }
}

fn insert(nodes: &mut Vec<Node>, address: u128, bits: u32, offset: usize) {
    let mut at = 0;
    for depth in 0..bits {
        let side = usize::from(address >> (127 - depth) & 1 == 1);
        if depth + 1 == bits {
            nodes[at][side] = Branch::Data(offset);
            return;
        }
        at = if let Branch::Node(next) = nodes[at][side] {
            next
        } else {
            nodes.push([Branch::Nowhere; 2]);
            let next = nodes.len() - 1;
            nodes[at][side] = Branch::Node(next);
            next
        };
    }
}

/// A control byte with type and length, then the value; all of them are short.
fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Text(text) => {
            const ONE_BYTE_MORE: usize = 29;
            match text.len() {
                length @ 0..ONE_BYTE_MORE => out.push(2 << 5 | u8::try_from(length).unwrap()),
                length => out.extend([0x5d, u8::try_from(length - ONE_BYTE_MORE).unwrap()]),
            }
            out.extend(text.as_bytes());
        }
        Value::Number(number) => {
            out.push(6 << 5 | 4);
            out.extend(number.to_be_bytes());
        }
        Value::Short(number) => {
            out.push(5 << 5 | 2);
            out.extend(number.to_be_bytes());
        }
        // Extended types: their numbers less seven.
        Value::Long(number) => {
            out.extend([8, 2]);
            out.extend(number.to_be_bytes());
        }
        Value::Nothing => out.extend([0, 4]),
        Value::Map(pairs) => {
            out.push(7 << 5 | u8::try_from(pairs.len()).unwrap());
            for (key, value) in pairs {
                write(&text(key), out);
                write(value, out);
            }
        }
    }
}

/// The record of a database of countries.
pub(crate) fn country(code: &str) -> Value {
    Value::Map(vec![("country", Value::Map(vec![("iso_code", text(code))]))])
}

/// The record of a database of autonomous systems.
pub(crate) fn system(number: u32, name: &str) -> Value {
    Value::Map(vec![
        ("autonomous_system_number", Value::Number(number)),
        ("autonomous_system_organization", text(name)),
    ])
}
