//! The generator is right by itself: the same seed gives the same bytes, `testdata` is what its
//! list says, and the count agrees with a plain reading of the frames.

#[path = "../examples/generate/arguments.rs"]
mod arguments;
#[path = "../examples/generate/traffic/mod.rs"]
mod traffic;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Parser;

use arguments::Arguments;
use traffic::Truth;
use traffic::capture::{Capture, Sink};
use traffic::shape::Shape;

fn arguments(file: &str, options: &str) -> Arguments {
    Arguments::try_parse_from(["generate", file].into_iter().chain(options.split_whitespace()))
        .unwrap()
}

/// The bytes of the capture that these options ask for, uncompressed, and its count.
fn made(options: &str) -> (Vec<u8>, Truth) {
    let arguments = arguments("-", options);
    let shape = arguments.shape();
    let mut capture = Capture::new(Vec::new(), arguments.layout(&shape)).unwrap();
    let truth = traffic::generate(&shape, &mut capture).unwrap();
    (capture.finish().unwrap(), truth)
}

/// Each file of testdata/LIST with its options.
fn list() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let text = fs::read_to_string(folder.join("LIST")).unwrap();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .map(|(file, options)| (folder.join(file), options.trim().to_owned()))
        .collect()
}

fn read(path: &Path) -> Vec<u8> {
    let file = fs::File::open(path).unwrap();
    let mut bytes = Vec::new();
    match path.extension().unwrap().to_str().unwrap() {
        "gz" => flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).unwrap(),
        "zst" => zstd::Decoder::new(file).unwrap().read_to_end(&mut bytes).unwrap(),
        _ => io::BufReader::new(file).read_to_end(&mut bytes).unwrap(),
    };
    bytes
}

/// Keeps the frames: how many, and how many bytes; that they come in order of time.
#[derive(Default)]
struct Frames {
    count: u64,
    bytes: u64,
    last: u64,
    /// Header flags of each message in a plain Ethernet, UDP frame.
    flags: BTreeMap<u16, u64>,
    /// When each query was sent, by its addresses, ports and ID.
    queries: HashMap<Vec<u8>, u64>,
    reused: u64,
}

impl Sink for Frames {
    fn frame(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        assert!(at >= self.last, "time goes back from {} to {at}", self.last);
        self.last = at;
        self.count += 1;
        self.bytes += bytes.len() as u64;
        // Ethernet 14, then IPv4 20 or IPv6 40, then UDP 8.
        let six = bytes[12] == 0x86;
        let (addresses, protocol, udp) = if six { (22, 20, 54) } else { (26, 23, 34) };
        if bytes[protocol] == 17 {
            let message = &bytes[udp + 8..];
            let flags = u16::from_be_bytes([message[2], message[3]]);
            *self.flags.entry(flags).or_default() += 1;
            if flags & 0x8000 == 0 {
                let key = [&bytes[addresses..udp + 4], &message[..2]].concat();
                self.reused += u64::from(self.queries.insert(key, at).is_some());
            }
        }
        Ok(())
    }
}

fn frames(shape: &Shape) -> (Frames, Truth) {
    let mut frames = Frames::default();
    let truth = traffic::generate(shape, &mut frames).unwrap();
    (frames, truth)
}

#[test]
fn every_capture_of_the_list_is_made_again_byte_by_byte() {
    let list = list();
    assert!(list.len() > 40, "only {} captures", list.len());
    for (path, options) in list {
        assert!(read(&path) == made(&options).0, "{}: run testdata/make", path.display());
    }
}

#[test]
fn every_link_layer_has_its_capture() {
    let list: Vec<_> = list().into_iter().map(|(_, options)| options).collect();
    for link in traffic::link::LINKS {
        let wanted = format!("--link {}", link.name);
        assert!(list.iter().any(|options| options.ends_with(&wanted)), "none with {wanted}");
    }
}

#[test]
fn every_count_of_the_list_is_made_again() {
    for (path, options) in list() {
        let shape = arguments("-", &options).shape();
        let names = traffic::names(&shape);
        let json = made(&options).1.json(&shape.clients, &shape.servers, &names, 100_000);
        let beside = PathBuf::from(format!("{}.truth.json", path.display()));
        assert!(
            fs::read_to_string(&beside).unwrap() == json,
            "{}: run testdata/make",
            beside.display()
        );
        serde_json::from_str::<serde_json::Value>(&json).unwrap();
    }
}

#[test]
fn another_seed_gives_another_capture() {
    assert!(made("--packets 500 --seed 1").0 == made("--packets 500 --seed 1").0);
    assert!(made("--packets 500 --seed 1").0 != made("--packets 500 --seed 2").0);
}

#[test]
fn the_count_agrees_with_the_headers_on_the_wire() {
    let shape =
        Shape { packets: 50_000, tcp: 0.0, repeated: 0.05, names: 9000, ..Shape::default() };
    let (frames, truth) = frames(&shape);
    assert_eq!((frames.count, frames.bytes), (truth.packets, truth.bytes));
    let with = |bits: u16, value: u16| -> u64 {
        frames.flags.iter().filter(|(flags, _)| **flags & bits == value).map(|(_, n)| n).sum()
    };
    assert_eq!(with(0x8000, 0), truth.queries);
    assert_eq!(with(0x8000, 0x8000), truth.responses);
    for low in 0..16 {
        let written: u64 =
            truth.rcodes.iter().filter(|(code, _)| **code & 15 == low).map(|(_, n)| n).sum();
        assert_eq!(with(0x800f, 0x8000 | low), written, "response code {low}");
    }
}

#[test]
fn no_port_and_id_comes_twice_but_in_a_repeated_query() {
    let clients = traffic::shape::clients(3);
    let shape = Shape { packets: 200_000, tcp: 0.0, repeated: 0.01, clients, ..Shape::default() };
    let (frames, truth) = frames(&shape);
    assert!(truth.repeated_queries > 500);
    assert_eq!(frames.reused, truth.repeated_queries);
}

#[test]
fn every_query_has_one_outcome() {
    for options in [
        "--packets 30000 --rate 2000",
        "--packets 30000 --rate 2000 --sees queries --tcp 0.2",
        "--packets 30000 --rate 2000 --sees responses --tcp 0.2",
        "--packets 30000 --rate 2000 --tcp 0.5 --pipelined 6 --long 0.1 --duplicated 0.1",
        "--packets 30000 --rate 2000 --lost 0.3 --repeated 0.3 --unasked 0.2 --retried 0.5",
    ] {
        let truth = made(options).1;
        let sum = truth.answered + truth.unanswered + truth.undecided() + truth.repeated_queries;
        assert_eq!(truth.queries, sum, "{options}");
        let sum = truth.answered + truth.unasked + truth.repeated_responses;
        assert_eq!(truth.responses, sum, "{options}");
        assert_eq!(truth.rcodes.values().sum::<u64>(), truth.responses, "{options}");
    }
}

#[test]
fn the_mix_is_the_one_that_was_asked_for() {
    let truth = made("--packets 200000").1;
    for (code, share) in [(0, 0.70), (3, 0.18), (5, 0.08), (2, 0.03)] {
        let found = truth.rcodes[&code] as f64 / truth.responses as f64;
        assert!((found - share).abs() < 0.005, "RCODE {code}: {found} instead of {share}");
    }
    let tcp = truth.queries_over_tcp as f64 / truth.queries as f64;
    assert!((tcp - 0.02).abs() < 0.004, "TCP: {tcp}");
}

#[test]
fn an_attack_asks_for_as_many_names_as_it_was_told() {
    let names = |options: &str| {
        let shape = arguments("-", options).shape();
        let json = made(options).1.json(
            &shape.clients,
            &shape.servers,
            &traffic::names(&shape),
            usize::MAX,
        );
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let rows = json["names"].as_array().unwrap().clone();
        let mut names: Vec<_> =
            rows.iter().filter_map(|row| row["name"].as_str()).map(str::to_owned).collect();
        names.retain(|name| name.ends_with(".victim.example"));
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(all, names.len(), "a name stands in two rows");
        all
    };
    let options = "--packets 40000 --attack 1000 --lost 0 --tcp 0 --names 50";
    assert_eq!(names(options), 1000);
}

#[test]
fn what_could_not_mean_anything_is_refused() {
    for (options, why) in [
        ("--packets 10 --lost 1.5", "--lost 1.5: a share is from 0 to 1"),
        ("--names 10", "say when to stop: --packets or --duration"),
        ("--packets 10 --clients 0", "--clients 0: it is from 1 to 8000000"),
        ("--packets 10 --tcp 0 --snaplen 60", "a snaplen of 60 cuts DNS headers: at least 74"),
        (
            "--packets 10 --snaplen 80",
            "a snaplen needs --tcp 0 and --long 0: what a cut stream \
          or fragment still tells is a matter of opinion",
        ),
    ] {
        assert_eq!(arguments("-", options).shape().check(), Err(why.to_owned()), "{options}");
    }
}
