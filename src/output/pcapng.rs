//! Packets as a pcapng file, each with a comment.

use std::io::{self, Write};

use crate::record::blocks;
use crate::snapshot::{KeptPacket, KeptPackets};
use crate::wire::{Frame, LinkType};

/// Writes the packets.
///
/// # Errors
///
/// Those of `out`.
pub fn write(packets: &KeptPackets, out: &mut dyn Write) -> io::Result<()> {
    let mut bytes = Vec::new();
    blocks::section(without(packets).as_deref(), &mut bytes);
    let mut links: Vec<u16> = Vec::new();
    for packet in &packets.rows {
        let found = links.iter().position(|link| *link == packet.link);
        let interface = found.unwrap_or_else(|| {
            blocks::interface(packet.link, None, &mut bytes);
            links.push(packet.link);
            links.len() - 1
        });
        let interface = u32::try_from(interface).unwrap_or(u32::MAX);
        blocks::packet(&frame(packet), interface, Some(&packet.comment), &mut bytes);
        out.write_all(&bytes)?;
        bytes.clear();
    }
    out.write_all(&bytes)
}

/// What is not in the file, to be said at its beginning.
fn without(packets: &KeptPackets) -> Option<String> {
    let KeptPackets { without, .. } = packets;
    (*without > 0).then(|| {
        format!(
            "rcodetop: the packets of {without} more messages of these lookups are not in memory"
        )
    })
}

fn frame(packet: &KeptPacket) -> Frame<'_> {
    let (wire_len, link) = (packet.wire_len, LinkType(packet.link));
    Frame { at: packet.at, wire_len, link, interface: 0, bytes: &packet.bytes }
}
