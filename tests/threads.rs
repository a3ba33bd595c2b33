//! How many threads analyze changes nothing: one report, byte by byte, whatever their number.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "../examples/generate/arguments.rs"]
mod arguments;
#[path = "support/made.rs"]
#[expect(dead_code, reason = "its shape is not needed here")]
mod made;
#[path = "../examples/generate/traffic/mod.rs"]
#[expect(dead_code, reason = "its count is not needed here")]
mod traffic;

use std::fs;
use std::path::{Path, PathBuf};

use rcodetop::app;
use rcodetop::cli;

use made::Made;

/// Compared with one thread.
const ALL: &[&str] = &["2", "3", "8"];

/// The JSON report of a capture, with every row.
fn report(path: &Path, threads: &str, options: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report.json");
    let (path, file) = (path.to_str().unwrap(), out.to_str().unwrap());
    // This process has other tests to run.
    let words = ["rcodetop", "report", "--no-sandbox", "-q", "--top", "all", "--format", "json"];
    let words = words.into_iter().chain(["--threads", threads, "--output", file, path]);
    let plan = cli::parse(words.chain(options.split_whitespace()), false).unwrap();
    match app::run(&plan) {
        Ok(_) => fs::read_to_string(&out).unwrap(),
        Err(error) => format!("{error:#}"),
    }
}

/// The first line that differs.
fn difference(one: &str, other: &str) -> Option<String> {
    let lines = one.lines().zip(other.lines()).enumerate();
    let mut differing = lines.filter(|(_, (one, other))| one != other);
    match differing.next() {
        Some((number, (one, other))) => Some(format!("line {}: {one} | {other}", number + 1)),
        None => (one.len() != other.len()).then(|| "one is longer".to_owned()),
    }
}

/// What differs between the reports of one thread and of several.
fn differences(path: &Path, options: &str, threads: &[&'static str]) -> Vec<String> {
    let alone = report(path, "1", options);
    let differs = |threads: &&str| difference(&alone, &report(path, threads, options));
    let told = |threads| differs(&threads).map(|what| (threads, what));
    let told = threads.iter().copied().filter_map(told);
    told.map(|(threads, what)| format!("{} {options}, {threads}: {what}", path.display())).collect()
}

#[track_caller]
fn check_all(captures: &[PathBuf], options: &str, threads: &[&'static str]) {
    let differences = |capture: &PathBuf| differences(capture, options, threads);
    let wrong: Vec<String> = captures.iter().flat_map(differences).collect();
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Makes a capture and looks at its reports.
#[track_caller]
fn check_made(options: &str) {
    let Made { path, truth, .. } = &Made::new(options);
    assert!(truth.responses + truth.queries > 1000, "{options}: next to nothing");
    check_all(std::slice::from_ref(path), "", ALL);
}

/// All captures below a folder.
fn captures(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(captures(&path));
        } else if name.contains(".pcap") && path.extension().is_none_or(|it| it != "json") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Makes up frames that nobody would think of.
struct Chance(u64);

impl Chance {
    /// A number below `bound`.
    fn below(&mut self, bound: u64) -> u64 {
        // Knuth's constants; the lower bits are of no use.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    fn byte(&mut self, bound: u64) -> u8 {
        u8::try_from(self.below(bound)).unwrap()
    }
}

fn ipv4(protocol: u8, from: u8, to: u8, id: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let mut out = vec![0x45, 0, length[0], length[1], 0, id, 0, 0, 64, protocol, 0, 0];
    out.extend([192, 0, 2, from, 192, 0, 2, to]);
    out.extend(payload);
    out
}

/// A question of few, or an answer to it with any of few codes; refusals say why in many words.
fn message(chance: &mut Chance, is_response: bool) -> Vec<u8> {
    let rcode = [0, 0, 5, 5, 2, 3][chance.byte(6) as usize];
    let flags = if is_response { [0x81, rcode] } else { [1, 0] };
    let mut out = vec![0, chance.byte(4), flags[0], flags[1]];
    out.extend([0, 1, 0, 0, 0, 0, 0, u8::from(is_response)]);
    out.extend([1, b'a' + chance.byte(3), 2, b'd', b'a' + chance.byte(3), 0, 0, 1, 0, 1]);
    if is_response {
        out.extend([0, 0, 41, 4, 0, 0, 0, 0, 0, 0, 7, 0, 15, 0, 3, 0, 18, b'a' + chance.byte(26)]);
    }
    if is_response && chance.one_in(40) {
        out.truncate(chance.byte(16).into());
    }
    out
}

/// An IP packet between one of some clients and one of some servers.
fn packet(chance: &mut Chance) -> Vec<u8> {
    let (client, server) = (chance.byte(12), 200 + chance.byte(3));
    let client_port = if chance.one_in(10) { 53_u16 } else { 1000 + u16::from(chance.byte(2)) };
    let is_response = chance.one_in(2);
    let (mut from, mut to) = ((client, client_port), (server, 53));
    // A stream belongs to one worker, whatever its messages say who asks.
    let is_stream = client_port != 53 && chance.one_in(12);
    if is_response != (!is_stream && chance.one_in(50)) {
        (from, to) = (to, from);
    }
    let ports: Vec<u8> = [from.1, to.1].iter().flat_map(|port| port.to_be_bytes()).collect();
    let dns = message(chance, is_response);
    let length = u16::try_from(8 + dns.len()).unwrap().to_be_bytes();
    let udp = [ports.as_slice(), &length, &[chance.byte(2), chance.byte(2)], &dns].concat();
    match chance.below(12) {
        _ if is_stream => ipv4(6, from.0, to.0, 0, &tcp(chance, &ports, &dns)),
        0 => {
            let quoted = udp.get(..8 + usize::from(chance.byte(4))).unwrap_or(&udp);
            let quoted = ipv4(17, from.0, to.0, 0, quoted);
            ipv4(1, to.0, from.0, 0, &[&[3, 3, 0, 0, 0, 0, 0, 0], quoted.as_slice()].concat())
        }
        _ => ipv4(17, from.0, to.0, chance.byte(3), &udp),
    }
}

fn tcp(chance: &mut Chance, ports: &[u8], dns: &[u8]) -> Vec<u8> {
    // Each begins a stream: what is behind a hole at the end of the capture is read out of order.
    let flags = [2, 2, 4, 0x14][chance.byte(4) as usize];
    let sequence = [chance.byte(250), chance.byte(250), 0, 0];
    let length = u16::try_from(dns.len()).unwrap().to_be_bytes();
    let header = [ports, &sequence, &[0; 4], &[0x50, flags, 1, 0, 0, 0, 0, 0]].concat();
    [header.as_slice(), &length, dns].concat()
}

/// A capture in which time leaps forth or goes back now and then, by up to so many microseconds.
fn disorderly(seed: u64, frames: usize, leap: u64, back: u64) -> Vec<u8> {
    let mut chance = Chance(seed);
    let head: [u32; 6] = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65535, 101];
    let mut out: Vec<u8> = head.iter().flat_map(|word| word.to_le_bytes()).collect();
    let mut now = 1_000_000_000_000_u64;
    for _ in 0..frames {
        now += chance.below(100_000);
        match chance.below(60) {
            0 => now += chance.below(leap),
            1..4 => now -= chance.below(back),
            _ => {}
        }
        let frame = packet(&mut chance);
        let length = u32::try_from(frame.len()).unwrap();
        let [seconds, micros] =
            [now / 1_000_000, now % 1_000_000].map(|it| u32::try_from(it).unwrap());
        out.extend([seconds, micros, length, length].iter().flat_map(|word| word.to_le_bytes()));
        out.extend(frame);
    }
    out
}

#[test]
fn nonsense_gives_one_report() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.pcap");
    for seed in 0_u8..30 {
        let (leap, back) = [(1, 1), (100_000_000, 1), (50_000, 9_000)][usize::from(seed % 3)];
        fs::write(&path, disorderly(seed.into(), 2000, leap, back)).unwrap();
        let wrong = differences(&path, "", ALL);
        assert!(wrong.is_empty(), "seed {seed}, leap {leap}:\n{}", wrong.join("\n"));
    }
}

#[test]
fn every_capture_of_testdata_gives_one_report() {
    let all = captures(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata"));
    assert!(all.len() > 40);
    check_all(&all, "", ALL);
    check_all(&all, "--timeout 20ms --focus NXDOMAIN --names", ALL);
    check_all(&all, "--timeout 20ms --focus no-response", &["2", "3"]);
    check_all(&all, "--focus slow:2ms", &["3"]);
}

#[test]
fn captures_of_others_give_one_report() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures");
    if !folder.is_dir() {
        return eprintln!("skipped: there is no {}", folder.display());
    }
    check_all(&captures(&folder), "", &["3"]); // there are hundreds
}

#[test]
fn clients_of_a_busy_resolver() {
    check_made("--packets 60000 --rate 3000 --names 5000 --clients 500");
}

#[test]
fn bad_weather() {
    check_made(
        "--packets 60000 --rate 3000 --names 500 --clients 300 --lost 0.2 --repeated 0.2 \
         --repeated-responses 0.1 --unasked 0.1 --mixed-case 0.5 --tcp 0.1 --long 0.1 \
         --disordered 0.3 --retried 0.3 --duplicated 0.2 --ede 0.9",
    );
}

#[test]
fn late_and_lonely() {
    check_made(
        "--packets 8000 --rate 20 --names 50 --clients 40 --lost 0.3 --repeated 0.3 \
         --latency 3000 --spread 1.5 --tcp 0.05",
    );
}

#[test]
fn streams_and_datagrams_in_pieces() {
    check_made(
        "--packets 40000 --rate 20000 --names 500 --clients 99 --tcp 0.5 --pipelined 6 \
         --segmented 0.6 --long 0.2 --disordered 0.3 --ipv6 0.5",
    );
}
