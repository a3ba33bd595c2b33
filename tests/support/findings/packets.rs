//! Packets that a test may change before an engine sees them.

use std::path::Path;

use rcodetop::engine::{Engine, EngineConfig};
use rcodetop::output::{self, Format, Options};
use rcodetop::snapshot::{Finding, SnapshotSpec};
use rcodetop::source::{FileOptions, Next, open_files};
use rcodetop::time::Timestamp;
use rcodetop::track::Relief;
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
pub(crate) fn findings(packets: &[Packet], relief: &[Part]) -> Vec<Finding> {
    let config = EngineConfig { rows: usize::MAX, ..EngineConfig::default() };
    let mut engine = Engine::new(config);
    for (number, packet) in packets.iter().enumerate() {
        let begins = |part: &&Part| packets.len() * part.from / 100 == number;
        relief.iter().filter(begins).for_each(|part| engine.relieve(part.level()));
        engine.feed(&packet.frame());
    }
    engine.finish();
    engine.snapshot(&SnapshotSpec { top: usize::MAX, ..SnapshotSpec::default() }).findings
}

/// A part of a capture in which queries are skipped.
pub(crate) struct Part {
    /// Where it begins, in hundredths of the packets.
    pub(crate) from: usize,
    /// How often the clients whose queries are looked at are halved.
    pub(crate) halvings: usize,
}

impl Part {
    fn level(&self) -> Relief {
        (0..self.halvings).fold(Relief::NONE, |level, _| level.more())
    }
}

/// The usual text report about some packets.
pub(crate) fn report(packets: &[Packet]) -> String {
    let mut engine = Engine::new(EngineConfig::default());
    packets.iter().for_each(|packet| engine.feed(&packet.frame()));
    engine.finish();
    let snapshot = engine.snapshot(&SnapshotSpec::default());
    let mut out = Vec::new();
    output::write(Format::Text, &snapshot, &Options::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}
