//! Packets that a test may change before an engine sees them.

use std::path::Path;

use rcodetop::engine::{Engine, EngineConfig};
use rcodetop::output::{self, Format, Options};
use rcodetop::snapshot::{Finding, Snapshot, SnapshotSpec};
use rcodetop::source::{FileOptions, Next, open_files};
use rcodetop::time::Timestamp;
use rcodetop::wire::{Frame, LinkType};

/// A frame with bytes of its own.
#[derive(Clone)]
pub(crate) struct Packet {
    /// Its number in the capture, from 1.
    pub(crate) number: usize,
    pub(crate) at: Timestamp,
    wire_len: u32,
    pub(crate) link: LinkType,
    interface: u32,
    pub(crate) bytes: Vec<u8>,
}

impl Packet {
    pub(crate) fn moved_to(self, at: Timestamp) -> Self {
        Self { at, ..self }
    }

    fn of(number: usize, frame: &Frame<'_>) -> Self {
        Self {
            number,
            at: frame.at,
            wire_len: frame.wire_len,
            link: frame.link,
            interface: frame.interface,
            bytes: frame.bytes.to_vec(),
        }
    }

    fn frame(&self) -> Frame<'_> {
        Frame {
            at: self.at,
            wire_len: self.wire_len,
            link: self.link,
            interface: self.interface,
            bytes: &self.bytes,
        }
    }
}

/// All packets of a capture file.
pub(crate) fn packets(capture: &Path) -> Vec<Packet> {
    let mut source = open_files(&[capture.to_owned()], &FileOptions::default()).unwrap();
    let mut found = Vec::new();
    loop {
        match source.next() {
            Next::Frame(frame) => found.push(Packet::of(found.len() + 1, &frame)),
            Next::Quiet => {}
            Next::End(_) => return found,
        }
    }
}

/// What the analyzer says of some packets.
pub(crate) fn findings(packets: &[Packet]) -> Vec<Finding> {
    let config = EngineConfig { rows: usize::MAX, ..EngineConfig::default() };
    analyzed(packets, config, usize::MAX).findings
}

/// The usual text report about some packets.
pub(crate) fn report(packets: &[Packet]) -> String {
    let snapshot = analyzed(packets, EngineConfig::default(), SnapshotSpec::default().top);
    let mut out = Vec::new();
    output::write(Format::Text, &snapshot, &Options::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn analyzed(packets: &[Packet], config: EngineConfig, top: usize) -> Snapshot {
    let mut engine = Engine::new(config);
    packets.iter().for_each(|packet| engine.feed(&packet.frame()));
    engine.finish();
    engine.snapshot(&SnapshotSpec { top, ..SnapshotSpec::default() })
}
