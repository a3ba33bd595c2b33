//! What each stage costs, over 200 000 packets of the generator's usual mix held in memory.
//!
//! `cargo bench` prints the time of a whole pass and the packets a second.

#[path = "../examples/generate/traffic/mod.rs"]
#[expect(dead_code, reason = "the generator's counts and file formats are not needed here")]
mod traffic;

use std::io;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use rcodetop::engine::{Engine, EngineConfig};
use rcodetop::snapshot::{Snapshot, SnapshotSpec};
use rcodetop::source::{FileOptions, Next, NextRun, open_files};
use rcodetop::tally::{Bounds, Tallies, Watched};
use rcodetop::time::Timestamp;
use rcodetop::track::{
    Answer, Exchange, Form, Hasher, Hashes, Key, Message, Tracker, TrackerConfig,
};
use rcodetop::wire::{
    Datagram, Decoder, Frame, LinkType, MessageView, NameBuffer, Packet, Segment, Streams,
    Transport,
};

use traffic::capture::{Capture, Container, Layout, Sink};
use traffic::shape::Shape;

const PACKETS: u64 = 200_000;

fn main() {
    divan::main();
}

/// Frames one after the other, without a copy for each.
#[derive(Default)]
struct Frames {
    bytes: Vec<u8>,
    /// When, and where in `bytes`.
    places: Vec<(u64, usize, usize)>,
}

impl Sink for Frames {
    fn frame(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.places.push((at, self.bytes.len(), bytes.len()));
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

impl Frames {
    fn iter(&self) -> impl Iterator<Item = Frame<'_>> {
        self.places.iter().map(|&(at, start, length)| Frame {
            at: Timestamp(at),
            wire_len: u32::try_from(length).unwrap_or(u32::MAX),
            link: LinkType(1),
            interface: 0,
            bytes: &self.bytes[start..start + length],
        })
    }

    fn packets(&self) -> ItemsCount {
        ItemsCount::new(self.places.len())
    }
}

fn shape() -> Shape {
    Shape { packets: PACKETS, ..Shape::default() }
}

static FRAMES: LazyLock<Frames> = LazyLock::new(|| {
    let mut frames = Frames::default();
    traffic::generate(&shape(), &mut frames).expect("memory takes every frame");
    frames
});

/// The same packets as a file in the temporary folder.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let path = std::env::temp_dir().join(format!("rcodetop-bench-{}.pcap", std::process::id()));
    let layout = Layout {
        container: Container::Pcap,
        big_endian: false,
        nanoseconds: false,
        link: 1,
        snaplen: 262_144,
    };
    let out = io::BufWriter::new(std::fs::File::create(&path).expect("a file can be made"));
    let mut capture = Capture::new(out, layout).expect("the file can be written");
    traffic::generate(&shape(), &mut capture).expect("the file can be written");
    capture.finish().expect("the file can be written");
    path
});

/// Reading the file's records, and nothing of what they hold.
#[divan::bench]
fn walk_records(bencher: Bencher<'_, '_>) {
    let length = std::fs::metadata(&*FILE).map_or(0, |metadata| metadata.len());
    bencher.counter(FRAMES.packets()).counter(BytesCount::new(length)).bench(|| {
        let mut source =
            open_files(std::slice::from_ref(&FILE), &FileOptions::default()).expect("just made");
        let mut frames = 0_u64;
        loop {
            match source.next() {
                Next::Frame(_) => frames += 1,
                Next::Quiet => {}
                Next::End(_) => break frames,
            }
        }
    });
}

/// The same, by runs.
#[divan::bench]
fn walk_runs(bencher: Bencher<'_, '_>) {
    let length = std::fs::metadata(&*FILE).map_or(0, |metadata| metadata.len());
    bencher.counter(FRAMES.packets()).counter(BytesCount::new(length)).bench(|| {
        let mut source =
            open_files(std::slice::from_ref(&FILE), &FileOptions::default()).expect("just made");
        let mut bytes = 0;
        loop {
            match source.next_run(usize::MAX) {
                NextRun::Frames(run) => bytes += run.map(|frame| frame.bytes.len()).sum::<usize>(),
                NextRun::Quiet => {}
                NextRun::End(_) => break bytes,
            }
        }
    });
}

/// The datagrams and the segments among the frames.
fn packets() -> (Vec<Datagram<'static>>, Vec<(Timestamp, Segment<'static>)>) {
    let (mut datagrams, mut segments) = (Vec::new(), Vec::new());
    for frame in FRAMES.iter() {
        // What a decoder gives lives no longer than the decoder, which may hold its fragments.
        let decoder = Box::leak(Box::new(Decoder::new(&[53], 1 << 20)));
        match decoder.decode(&frame) {
            Packet::Datagram(datagram) => datagrams.push(datagram),
            Packet::Segment(segment) => segments.push((frame.at, segment)),
            _ => {}
        }
    }
    (datagrams, segments)
}

/// Link layer, IP and UDP or TCP headers.
#[divan::bench]
fn link_and_ip(bencher: Bencher<'_, '_>) {
    bencher.counter(FRAMES.packets()).bench(|| {
        let mut decoder = Decoder::new(&[53], 1 << 20);
        for frame in FRAMES.iter() {
            decoder.expire(frame.at);
            black_box(decoder.decode(&frame));
        }
    });
}

/// Messages alone.
#[divan::bench]
fn message_view(bencher: Bencher<'_, '_>) {
    let (datagrams, _) = packets();
    bencher.counter(ItemsCount::new(datagrams.len())).bench_local(|| {
        let mut name = NameBuffer::default();
        for datagram in &datagrams {
            black_box(MessageView::read(datagram.payload, datagram.cut, &mut name));
        }
    });
}

/// Segments alone, to the bytes of messages.
#[divan::bench]
fn tcp_segments(bencher: Bencher<'_, '_>) {
    let (_, segments) = packets();
    bencher.counter(ItemsCount::new(segments.len())).bench_local(|| {
        let mut streams = Streams::new(16 << 20);
        let mut bytes = 0;
        for (at, segment) in &segments {
            streams.add(segment, *at, |message| bytes += message.bytes.len());
        }
        bytes
    });
}

/// The messages of the datagrams, as they come to be matched.
fn messages(hasher: &Hasher) -> Vec<Message<'static>> {
    let mut name = NameBuffer::default();
    let mut messages = Vec::new();
    for frame in FRAMES.iter() {
        let decoder = Box::leak(Box::new(Decoder::new(&[53], 1 << 20)));
        let Packet::Datagram(datagram) = decoder.decode(&frame) else { continue };
        let Some(view) = MessageView::read(datagram.payload, datagram.cut, &mut name) else {
            continue;
        };
        let is_response = view.flags.is_response();
        let (client, server) =
            if is_response { (datagram.to, datagram.from) } else { (datagram.from, datagram.to) };
        let key = Key { client, server, id: view.id, transport: Transport::Udp };
        let answer = Answer {
            rcode: view.rcode(),
            ede: None,
            ede_text: &[],
            answers: 0,
            form: Form::default(),
        };
        messages.push(Message {
            at: frame.at,
            key,
            flags: view.flags,
            question: view.question,
            name: Box::leak(name.wire().into()),
            hashes: Hashes::of(hasher, &key, name.wire(), view.question),
            edns: view.edns.is_some(),
            answer: is_response.then_some(answer),
            print: datagram.print,
        });
    }
    messages
}

fn match_all(
    messages: &[Message<'static>],
    hasher: &Hasher,
    mut sink: impl FnMut(&Exchange<'_>),
) -> Tracker {
    let patience = Duration::from_secs(5);
    let config =
        TrackerConfig { patience, max_pending: 1 << 18, max_recent: 1 << 18, holds: false };
    let mut tracker = Tracker::new(config, hasher.clone());
    for message in messages {
        tracker.expire(message.at, &mut sink);
        match &message.answer {
            Some(answer) => tracker.response(message, answer, &mut sink),
            None => tracker.query(message, &mut sink),
        };
    }
    tracker
}

/// Queries and responses to exchanges.
#[divan::bench]
fn matching(bencher: Bencher<'_, '_>) {
    let hasher = Hasher::default();
    let messages = messages(&hasher);
    bencher.counter(ItemsCount::new(messages.len())).bench_local(|| {
        match_all(&messages, &hasher, |exchange| {
            black_box(exchange);
        })
    });
}

/// Exchanges to counts.
#[divan::bench]
fn tally(bencher: Bencher<'_, '_>) {
    let hasher = Hasher::default();
    let mut exchanges: Vec<Exchange<'static>> = Vec::new();
    match_all(&messages(&hasher), &hasher, |exchange| {
        let name = Box::leak(exchange.name.into());
        let answer = exchange.answer.map(|answer| Answer { ede_text: &[], ..answer });
        exchanges.push(Exchange { name, answer, ..*exchange });
    });
    let bounds = Bounds::of(512 << 20, 20);
    bencher.counter(ItemsCount::new(exchanges.len())).bench_local(|| {
        let mut tallies = Tallies::new(Watched::default(), &bounds, hasher.clone());
        exchanges.iter().for_each(|exchange| tallies.add(exchange));
        tallies.settle();
        tallies
    });
}

/// From the link layer to the message's response code.
#[divan::bench]
fn decode(bencher: Bencher<'_, '_>) {
    bencher.counter(FRAMES.packets()).bench(|| {
        let mut decoder = Decoder::new(&[53], 1 << 20);
        let mut name = NameBuffer::default();
        let mut sum = 0_u64;
        for frame in FRAMES.iter() {
            if let Packet::Datagram(datagram) = decoder.decode(&frame)
                && let Some(view) = MessageView::read(datagram.payload, datagram.cut, &mut name)
            {
                sum += u64::from(view.rcode().0);
            }
        }
        sum
    });
}

/// Everything: decoding, matching, counting.
#[divan::bench]
fn engine(bencher: Bencher<'_, '_>) {
    bencher.counter(FRAMES.packets()).bench(|| {
        let mut engine = Engine::new(EngineConfig::default());
        for frame in FRAMES.iter() {
            engine.feed(black_box(&frame));
        }
        engine.finish();
        engine
    });
}

/// One snapshot of all that.
#[divan::bench]
fn snapshot(bencher: Bencher<'_, '_>) {
    let mut engine = Engine::new(EngineConfig::default());
    for frame in FRAMES.iter() {
        engine.feed(&frame);
    }
    bencher.bench_local(|| -> Snapshot { engine.snapshot(&SnapshotSpec::default()) });
}
