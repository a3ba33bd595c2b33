//! Packets as a pcapng file (draft-ietf-opsawg-pcapng), each with a comment.

use std::io::{self, Write};

use crate::snapshot::{KeptPacket, KeptPackets};

/// Nanoseconds.
const RESOLUTION: u8 = 9;
const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const PACKET: u32 = 6;
const BYTE_ORDER: u32 = 0x1a2b_3c4d;
const OPTION_END: u16 = 0;
const OPTION_COMMENT: u16 = 1;
const OPTION_APPLICATION: u16 = 4;
const OPTION_RESOLUTION: u16 = 9;

/// Comments are cut to this: what selected a packet may be long.
const LONGEST_COMMENT: usize = 2000;

/// Writes the packets.
///
/// # Errors
///
/// Those of `out`.
pub fn write(packets: &KeptPackets, out: &mut dyn Write) -> io::Result<()> {
    block(SECTION, &section(packets.without), out)?;
    let mut links: Vec<u16> = Vec::new();
    for packet in &packets.rows {
        if !links.contains(&packet.link) {
            links.push(packet.link);
            block(INTERFACE, &interface(packet.link), out)?;
        }
        let interface = links.iter().position(|link| *link == packet.link).unwrap_or(0);
        block(PACKET, &enhanced(packet, u32::try_from(interface).unwrap_or(0)), out)?;
    }
    Ok(())
}

/// Type, length, body padded to four bytes, length.
fn block(kind: u32, body: &[u8], out: &mut dyn Write) -> io::Result<()> {
    let length = u32::try_from(body.len() + 12).map_err(|_| io::ErrorKind::InvalidInput)?;
    out.write_all(&kind.to_le_bytes())?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(body)?;
    out.write_all(&length.to_le_bytes())
}

/// What is not in the file is said at its beginning.
fn section(without: u64) -> Vec<u8> {
    let mut body = BYTE_ORDER.to_le_bytes().to_vec();
    body.extend([1, 0, 0, 0]);
    body.extend(u64::MAX.to_le_bytes());
    option(
        OPTION_APPLICATION,
        concat!("rcodetop ", env!("CARGO_PKG_VERSION")).as_bytes(),
        &mut body,
    );
    if without > 0 {
        let comment = format!(
            "rcodetop: the packets of {without} more messages of these lookups are not in memory"
        );
        option(OPTION_COMMENT, comment.as_bytes(), &mut body);
    }
    option(OPTION_END, &[], &mut body);
    body
}

fn interface(link: u16) -> Vec<u8> {
    let mut body = link.to_le_bytes().to_vec();
    // Reserved, and no bound of captured bytes.
    body.extend([0; 6]);
    option(OPTION_RESOLUTION, &[RESOLUTION], &mut body);
    option(OPTION_END, &[], &mut body);
    body
}

fn enhanced(packet: &KeptPacket, interface: u32) -> Vec<u8> {
    let at = packet.at.0;
    let captured = u32::try_from(packet.bytes.len()).unwrap_or(u32::MAX);
    let words = [
        interface,
        u32::try_from(at >> 32).unwrap_or(u32::MAX),
        u32::try_from(at & u64::from(u32::MAX)).unwrap_or(0),
        captured,
        packet.wire_len.max(captured),
    ];
    let mut body = words.map(u32::to_le_bytes).concat();
    body.extend(&packet.bytes);
    pad(&mut body);
    let comment = packet.comment.as_bytes();
    option(OPTION_COMMENT, comment.get(..LONGEST_COMMENT).unwrap_or(comment), &mut body);
    option(OPTION_END, &[], &mut body);
    body
}

fn option(code: u16, value: &[u8], body: &mut Vec<u8>) {
    body.extend(code.to_le_bytes());
    body.extend(u16::try_from(value.len()).unwrap_or(0).to_le_bytes());
    body.extend(value);
    pad(body);
}

/// To a multiple of four bytes.
fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}
