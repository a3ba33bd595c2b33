//! Once everything has been seen, a packet costs no allocation.

#[path = "../examples/generate/traffic/mod.rs"]
#[expect(dead_code, reason = "the generator's counts and file formats are not needed here")]
mod traffic;

use std::io;

use rcodetop::engine::{Engine, EngineConfig};
use rcodetop::time::Timestamp;
use rcodetop::wire::{Frame, LinkType};

use traffic::capture::Sink;
use traffic::shape::{Shape, clients, servers};

/// Frames one after the other.
#[derive(Default)]
struct Frames {
    frames: Vec<(u64, Vec<u8>)>,
}

impl Sink for Frames {
    fn frame(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.frames.push((at, bytes.to_vec()));
        Ok(())
    }
}

/// Half a minute: longer than anything is remembered of a query that was answered.
const LONG: u64 = 60_000_000_000;

impl Frames {
    /// Feeds all frames, as if captured so many rounds later.
    fn feed(&self, engine: &mut Engine, round: u64) {
        for (at, bytes) in &self.frames {
            engine.feed(&Frame {
                at: Timestamp(at + round * LONG),
                wire_len: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
                link: LinkType(1),
                interface: 0,
                bytes,
            });
        }
    }
}

/// Few of everything, so that the first rounds see it all; datagrams only, since a stream's
/// message in several segments has to be put together somewhere.
fn frames() -> Frames {
    let shape = Shape {
        packets: 20_000,
        rate: 5_000.0,
        clients: clients(200),
        servers: servers(5),
        names: 500,
        tcp: 0.0,
        ..Shape::default()
    };
    let mut frames = Frames::default();
    traffic::generate(&shape, &mut frames).expect("memory takes every frame");
    frames
}

#[track_caller]
fn check(config: EngineConfig) {
    let frames = frames();
    let mut engine = Engine::new(config);
    (0..8).for_each(|round| frames.feed(&mut engine, round));
    let used = allocation_counter::measure(|| frames.feed(&mut engine, 8));
    assert!(frames.frames.len() >= 20_000);
    // Not packets but time: a step of the timeline has room made for the uncommon codes in it.
    let steps = 20;
    assert!(used.count_total <= steps, "{used:?} for {} packets", frames.frames.len());
    assert!(used.bytes_total <= 128 * steps, "{used:?}");
}

#[test]
fn a_packet_of_known_clients_servers_and_names_allocates_nothing() {
    check(EngineConfig::default());
}

#[test]
fn nor_does_it_where_its_message_is_kept() {
    check(EngineConfig { trail: 2 << 20, ..EngineConfig::default() });
}
