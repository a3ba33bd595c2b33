//! Bytes in: every format, every way it can be damaged, files together, growing, and live.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]
#![expect(clippy::print_stdout, reason = "tests say what they skip")]

#[path = "source/live.rs"]
mod live;
#[path = "source/real.rs"]
mod real;
#[path = "source/writer.rs"]
mod writer;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use proptest::prelude::*;
use rcodetop::source::{End, FileOptions, FrameSource, Next, NextRun, SourceError, open_files};
use rcodetop::wire::Frame;
use tempfile::TempDir;
use writer::{Expected, PCAP, Pcap, Writer, frame, rich_pcapng, three};

/// More silences in a row than any of these inputs can have: they are all there.
const MANY_SILENCES: u32 = 600;

fn read_all(source: &mut dyn FrameSource) -> (Vec<Expected>, End) {
    let mut frames = Vec::new();
    let mut silences = 0;
    loop {
        let due = source.peek();
        match (source.next(), due) {
            (Next::Frame(frame), due) => {
                assert!(due.is_none_or(|due| due == frame.at), "{due:?}: {frame:?}");
                frames.push(seen(&frame));
            }
            (other, Some(due)) => panic!("a frame of {due} was announced: {other:?}"),
            (Next::Quiet, None) => silences += 1,
            (Next::End(end), None) => return (frames, end),
        }
        assert!(silences < MANY_SILENCES, "the input never ends");
    }
}

fn seen(frame: &Frame<'_>) -> Expected {
    Expected {
        at: frame.at.0,
        wire_len: frame.wire_len,
        link: frame.link.0,
        bytes: frame.bytes.to_vec(),
    }
}

/// The same by runs of all lengths, with a single frame now and then.
fn read_runs(source: &mut dyn FrameSource) -> (Vec<Expected>, End) {
    let mut frames = Vec::new();
    for most in (1..5).chain([1000]).cycle() {
        match source.next_run(most) {
            NextRun::Frames(run) => {
                assert!((1..=most).contains(&run.len()), "{} of {most}", run.len());
                frames.extend(run.map(|frame| seen(&frame)));
            }
            NextRun::Quiet => {}
            NextRun::End(end) => return (frames, end),
        }
        if most == 3
            && let Next::Frame(frame) = source.next()
        {
            frames.push(seen(&frame));
        }
    }
    unreachable!("a cycle has no end")
}

/// Plain files are read twice, frame by frame and by runs, which must agree.
fn read_paths(paths: &[PathBuf]) -> Result<(Vec<Expected>, End), SourceError> {
    let open = || open_files(paths, &FileOptions::default());
    let read = read_all(open()?.as_mut());
    if paths.iter().all(|path| path.is_file()) {
        assert_eq!(read_runs(open()?.as_mut()), read);
    }
    Ok(read)
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn read(&self, bytes: &[u8]) -> Result<(Vec<Expected>, End), SourceError> {
        read_paths(&[self.put("capture", bytes)])
    }

    /// Without the folder's own name, which differs from run to run.
    fn strip(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.0.path().display()), "")
    }
}

#[track_caller]
fn check(bytes: &[u8], expected: &[Expected]) {
    let (frames, end) = Folder::new().read(bytes).unwrap();
    assert_eq!(frames, expected);
    assert_eq!(end, End::EndOfFile);
}

const PCAPS: &[(&str, Pcap)] = &[
    ("microseconds", PCAP),
    ("nanoseconds", Pcap { magic: 0xa1b2_3c4d, nanos_per_unit: 1, ..PCAP }),
    ("Kuznetsov", Pcap { magic: 0xa1b2_cd34, record_extra: 8, ..PCAP }),
    ("Ixia hardware", Pcap { magic: 0x1c00_01ac, nanos_per_unit: 1, file_extra: 4, ..PCAP }),
    ("Ixia software", Pcap { magic: 0x1c00_01ab, file_extra: 4, ..PCAP }),
    ("version 2.2", Pcap { version: (2, 2), wire_first: true, ..PCAP }),
    ("version 2.3", Pcap { version: (2, 3), ..PCAP }),
    ("version 2.3 as 2.2", Pcap { version: (2, 3), wire_first: true, ..PCAP }),
    ("version 543.0", Pcap { version: (543, 0), wire_first: true, ..PCAP }),
    ("version 2.5", Pcap { version: (2, 5), ..PCAP }),
    ("frame check sequence", Pcap { network: 0x2400_0001, ..PCAP }),
];

#[test]
fn every_variant_of_pcap_gives_the_same_frames() {
    for (name, variant) in PCAPS {
        for big_endian in [false, true] {
            println!("{name}, big endian: {big_endian}");
            check(&Pcap { big_endian, ..*variant }.write(&three()).bytes, &three());
        }
    }
}

#[test]
fn nanoseconds_are_kept() {
    let variant = Pcap { magic: 0xa1b2_3c4d, nanos_per_unit: 1, ..PCAP };
    let frames = [frame(1_000_000_001, b"x"), frame(4_294_967_295_999_999_999, b"y")];
    check(&variant.write(&frames).bytes, &frames);
}

#[test]
fn a_senseless_fraction_of_a_second_is_no_disaster() {
    let mut file = PCAP.write(&[]);
    for (seconds, fraction) in [(0, -1), (5, -1), (5, i32::MAX), (u32::MAX, i32::MIN)] {
        file.u32(seconds);
        file.u32(fraction.cast_unsigned());
        file.u32(0);
        file.u32(0);
    }
    let (frames, end) = Folder::new().read(&file.bytes).unwrap();
    let times: Vec<_> = frames.iter().map(|frame| frame.at).collect();
    assert_eq!(
        times,
        [0, 4_999_999_000, 2_152_483_647_000, 4_294_967_295_000_000_000 - 2_147_483_648_000]
    );
    assert_eq!(end, End::EndOfFile);
}

#[test]
fn pcapng_gives_frames_of_all_blocks_interfaces_and_sections() {
    let (file, frames) = rich_pcapng();
    check(&file.bytes, &frames);
}

#[test]
fn an_interface_has_one_number_in_all_files_and_sections() {
    let folder = Folder::new();
    let path = folder.put("a", &rich_pcapng().0.bytes);
    let other = folder.put("b", &PCAP.write(&three()).bytes);
    let mut source = open_files(&[path, other], &FileOptions::default()).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    while let Next::Frame(frame) = source.next() {
        seen.insert((frame.interface, frame.link.0));
    }
    let links: Vec<_> = seen.iter().map(|(_, link)| *link).collect();
    assert_eq!(seen.len(), 4, "{seen:?}");
    assert_eq!(links.iter().filter(|link| **link == 1).count(), 2, "{seen:?}");
}

#[test]
fn interfaces_have_the_names_that_each_section_of_each_file_tells() {
    let named = |names: [&[u8]; 2]| {
        let mut file = Writer::new(false);
        file.section(false);
        file.interface(1, 0, &[(2, names[0])]);
        file.interface(1, 0, &[(3, b"a description"), (2, names[1])]);
        file.interface(1, 0, &[]);
        (0..3).for_each(|number| file.enhanced(number, 1, 1, b"a"));
        file.bytes
    };
    let folder = Folder::new();
    let paths =
        [folder.put("a", &named([b"eth0", b"wg0"])), folder.put("b", &named([b"eth1", b""]))];
    let mut source = open_files(&paths, &FileOptions::default()).unwrap();
    let mut seen = Vec::new();
    while let Next::Frame(frame) = source.next() {
        seen.push(frame.interface);
    }
    let names = source.interface_names();
    let mut seen: Vec<_> = seen.into_iter().map(|number| names.get(number)).collect();
    seen.sort();
    let told = [None, None, None, Some("eth0"), Some("eth1"), Some("wg0")];
    assert_eq!(seen, told.map(|name| name.map(str::to_owned)));
}

#[test]
fn a_large_block_that_holds_no_packet_is_passed_over() {
    let mut file = Writer::new(false);
    file.section(false);
    file.interface(1, 0, &[]);
    file.block(10, |out| out.bytes.extend(vec![0x55; 3 << 20]));
    file.enhanced(0, 1, 9, b"after");
    check(&file.bytes, &[Expected { wire_len: 9, ..frame(1000, b"after") }]);
    let cut = &file.bytes[..2 << 20];
    let (frames, end) = Folder::new().read(cut).unwrap();
    assert!(
        frames.is_empty() && matches!(&end, End::Damaged(why) if why.contains("block 3")),
        "{end:?}"
    );
}

#[test]
fn a_frame_larger_than_the_window_comes_whole() {
    let large = [frame(0, &vec![7; 4 << 20]), frame(0, b"next")];
    let mut file = PCAP.write(&large);
    // The snapshot length announces it.
    file.bytes[16..20].copy_from_slice(&(16_u32 << 20).to_le_bytes());
    check(&file.bytes, &large);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut writer = lz4_flex::frame::FrameEncoder::new(Vec::new());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut writer = liblzma::write::XzEncoder::new(Vec::new(), 1);
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

type Pack = fn(&[u8]) -> Vec<u8>;
const PACKERS: &[(&str, Pack)] = &[("gzip", gzip), ("zstd", zstd), ("xz", xz), ("lz4", lz4)];

#[test]
fn compressed_captures_read_like_plain_ones() {
    let (rich, frames) = rich_pcapng();
    for (_, pack) in PACKERS {
        check(&pack(&PCAP.write(&three()).bytes), &three());
        check(&pack(&rich.bytes), &frames);
        let (first, second) = rich.bytes.split_at(77);
        check(&[pack(first), pack(second)].concat(), &frames);
    }
}

#[test]
fn a_cut_compressed_capture_gives_what_came_before() {
    let file = PCAP.write(&three());
    for (name, pack) in PACKERS {
        let packed = pack(&file.bytes);
        for cut in 6..packed.len() {
            match Folder::new().read(&packed[..cut]) {
                Ok((frames, End::Damaged(why))) => {
                    assert!(three().starts_with(&frames));
                    assert!(why.contains(name) && why.contains("(unpacked)"), "{why}");
                }
                Ok((_, end)) => panic!("{name} cut at {cut}: {end:?}"),
                Err(error) => assert!(matches!(error, SourceError::Header { .. }), "{error}"),
            }
        }
    }
}

#[test]
fn a_bomb_ends_as_damage_after_a_gibibyte() {
    let mut packer = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    packer.write_all(&PCAP.write(&[]).bytes).unwrap();
    let mut record = Writer::new(false);
    PCAP.record(&mut record, &frame(0, &vec![0; 262_144]));
    for _ in 0..4300 {
        packer.write_all(&record.bytes).unwrap();
    }
    let path = Folder::new();
    let path = (path.put("bomb", &packer.finish().unwrap()), path);
    let mut source = open_files(&[path.0], &FileOptions::default()).unwrap();
    let mut frames = 0;
    let end = loop {
        match source.next() {
            Next::Frame(_) => frames += 1,
            Next::Quiet => {}
            Next::End(end) => break end,
        }
    };
    assert!((4000..4200).contains(&frames), "{frames}");
    assert!(matches!(&end, End::Damaged(why) if why.contains("expand to more than")), "{end:?}");
}

/// Files whose frames are known, for everything that can happen to them.
fn samples() -> Vec<(Writer, Vec<Expected>)> {
    let pcaps = PCAPS.iter().flat_map(|(_, variant)| {
        [false, true].map(|big_endian| (Pcap { big_endian, ..*variant }.write(&three()), three()))
    });
    pcaps.chain([rich_pcapng()]).collect()
}

#[test]
fn every_cut_gives_the_frames_before_it_and_says_where_it_is() {
    let folder = Folder::new();
    for (file, frames) in samples() {
        let header = file.boundaries[0];
        for cut in 0..file.bytes.len() {
            let read = folder.read(&file.bytes[..cut]);
            let Ok((found, end)) = read else {
                assert!(cut < header, "cut at {cut}: {read:?}");
                continue;
            };
            assert!(cut >= header && frames.starts_with(&found), "cut at {cut}");
            let start = file.boundaries.iter().rfind(|boundary| **boundary <= cut).unwrap();
            match end {
                End::EndOfFile => assert_eq!(cut, *start),
                End::Damaged(why) => {
                    assert!(cut > *start && why.contains(&format!(" at byte {start} ")), "{why}");
                }
                End::Failed(why) => panic!("cut at {cut}: {why}"),
            }
        }
    }
}

proptest! {
    #[test]
    fn no_mutation_breaks_the_reader(
        which in 0_usize..23,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let mut bytes = samples().swap_remove(which).0.bytes;
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let folder = Folder::new();
        for bytes in [bytes.clone(), gzip(&bytes)] {
            if let Ok((frames, end)) = folder.read(&bytes) {
                prop_assert!(frames.len() * 12 <= bytes.len() * 40);
                prop_assert!(!matches!(end, End::Failed(_)));
            }
        }
    }

    #[test]
    fn no_bytes_after_a_magic_number_break_the_reader(
        magic in prop::sample::select(vec![
            &[0xd4_u8, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0][..], &[0x0a, 0x0d, 0x0d, 0x0a], &[0x1f, 0x8b, 8],
            &[0x28, 0xb5, 0x2f, 0xfd], &[0xfd, b'7', b'z', b'X', b'Z', 0], &[4, 0x22, 0x4d, 0x18],
            &[2, 0x21, 0x4c, 0x18], &[],
        ]),
        noise in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        if let Ok((frames, _)) = Folder::new().read(&[magic, &noise].concat()) {
            prop_assert!(frames.len() < 400);
        }
    }
}

#[track_caller]
fn check_end(bytes: &[u8], expected: &str) {
    let folder = Folder::new();
    let path = folder.put("outage.pcap", bytes);
    let end = match read_paths(&[path]) {
        Ok((_, End::Damaged(why))) => why,
        Ok((_, end)) => format!("{end:?}"),
        Err(error) => error.to_string(),
    };
    assert_eq!(folder.strip(&end), expected);
}

#[test]
fn damage_is_told_with_file_place_and_reason() {
    let file = PCAP.write(&three());
    check_end(
        &file.bytes[..file.bytes.len() - 3],
        "outage.pcap: record 3 at byte 59 is cut: 39 bytes promised, 36 left",
    );
    check_end(
        &file.bytes[..50],
        "outage.pcap: record 2 at byte 43 is cut: 16 bytes promised, 7 left",
    );
    let mut wild = file.bytes.clone();
    wild[59 + 8..59 + 12].copy_from_slice(&u32::MAX.to_le_bytes());
    check_end(
        &wild,
        "outage.pcap: record 3 at byte 59 claims 4294967295 captured bytes, more than the 262144 that a packet can have",
    );
    check_end(
        &gzip(&wild),
        "outage.pcap: record 3 at byte 59 (unpacked) claims 4294967295 captured bytes, more than the 262144 that a packet can have",
    );
}

#[test]
fn damaged_blocks_are_told_apart() {
    let mut file = Writer::new(false);
    file.section(false);
    let start = file.bytes.len();
    let told = |what: &dyn Fn(&mut Writer), why: &str| {
        let mut damaged =
            Writer { bytes: file.bytes.clone(), boundaries: vec![], big_endian: false };
        what(&mut damaged);
        check_end(&damaged.bytes, &format!("outage.pcap: block 2 at byte {start} {why}"));
    };
    told(&|out| out.enhanced(3, 0, 0, b""), "is of interface 3, which was not described");
    told(
        &|out| out.block(6, |out| out.u32(0)),
        "is too short for what it is, with a length of 16 bytes",
    );
    told(
        &|out| [9, 8, 0, 0].map(|word| out.u32(word)).fill(()),
        "is too short for what it is, with a length of 8 bytes",
    );
    told(
        &|out| [9, 13, 0, 0].map(|word| out.u32(word)).fill(()),
        "has a length of 13 bytes, which is no multiple of 4",
    );
    told(
        &|out| [9, 16, 0, 12].map(|word| out.u32(word)).fill(()),
        "begins with a length of 16 bytes, but ends with one of 12",
    );
    told(
        &|out| [6, 0xffff_fff0, 0].map(|word| out.u32(word)).fill(()),
        "claims 4294967280 bytes, more than the 16842752 that are accepted",
    );
}

#[test]
fn what_is_no_capture_is_refused_with_the_next_step() {
    let cases: &[(&[u8], &str)] = &[
        (
            b"",
            "outage.pcap is empty, not even a capture file's header is there; was anything captured?",
        ),
        (b"ab", "outage.pcap is not a capture file that can be read: only 2 bytes are there"),
        (
            b"hello, world",
            "outage.pcap is not a capture file that can be read: it begins with the bytes 68 65 6c 6c, neither pcap, pcapng nor dnstap; make one with `tcpdump -w FILE port 53`",
        ),
        (
            b"BZh91AY",
            "outage.pcap is not a capture file that can be read: it is compressed with bzip2; unpack it first",
        ),
        (
            &[0xd4, 0xc3, 0xb2, 0xa1, 2, 0],
            "outage.pcap is damaged within its header: 24 bytes are needed, 6 are there; is the file cut?",
        ),
    ];
    for (bytes, expected) in cases {
        check_end(bytes, expected);
    }
    check_end(
        &gzip(&gzip(b"x")),
        "outage.pcap is not a capture file that can be read: it is compressed with gzip inside; unpack it first",
    );
    check_end(
        &Pcap { version: (1, 1), ..PCAP }.write(&[]).bytes,
        "outage.pcap is not a capture file that can be read: it is pcap of version 1.1, which nobody reads; is its header damaged?",
    );
}

#[test]
fn a_link_type_that_is_not_supported_is_named() {
    for (network, named) in
        [(65_535, "65535 (no name known)"), (0x0030_0001, "3145729 (no name known)")]
    {
        let file = Pcap { network, ..PCAP }.write(&three());
        let error = Folder::new().read(&file.bytes).unwrap_err().to_string();
        assert!(
            error.contains(&format!("has link type {named}, which is not supported (supported: ")),
            "{error}"
        );
        assert!(error.contains("EN10MB"), "{error}");
    }
}

#[test]
fn names_of_files_cannot_harm_a_terminal() {
    let folder = Folder::new();
    let path = folder.put("evil\u{1b}[2J.pcap", b"");
    let error = read_paths(&[path]).unwrap_err().to_string();
    assert!(error.contains("evil\\027[2J.pcap") && !error.contains('\u{1b}'), "{error}");
}

#[test]
fn what_cannot_be_opened_says_why() {
    let folder = Folder::new();
    let missing = folder.0.path().join("missing.pcap");
    let told = |paths: &[PathBuf]| folder.strip(&read_paths(paths).unwrap_err().to_string());
    assert_eq!(
        told(&[missing]),
        "cannot read missing.pcap: no such file or directory; check the name"
    );
    let directory = folder.0.path().to_owned();
    assert!(told(&[directory]).ends_with(" is a directory; name the capture files in it"));
    assert_eq!(read_paths(&[]).unwrap_err(), SourceError::Nothing);
    assert_eq!(read_paths(&["-".into(), "-".into()]).unwrap_err(), SourceError::StandardInputTwice);
}

#[test]
fn several_files_are_merged_by_time_and_equal_times_by_position() {
    let folder = Folder::new();
    let first = [frame(1_000_000, b"a1"), frame(5_000_000, b"a2"), frame(5_000_000, b"a3")];
    let second = [frame(0, b"b1"), frame(5_000_000, b"b2"), frame(9_000_000, b"b3")];
    let third = [frame(7_000_000, b"c1"), frame(2_000_000, b"c2 goes back")];
    let paths = [&first[..], &second, &third].map(|frames| PCAP.write(frames).bytes);
    let paths: Vec<_> =
        (0..).zip(&paths).map(|(at, bytes)| folder.put(&format!("{at}"), bytes)).collect();
    let (frames, end) = read_paths(&paths).unwrap();
    let order: Vec<_> = frames.iter().map(|frame| String::from_utf8_lossy(&frame.bytes)).collect();
    assert_eq!(order, ["b1", "a1", "a2", "a3", "b2", "c1", "c2 goes back", "b3"]);
    assert_eq!(end, End::EndOfFile);
}

proptest! {
    #[test]
    fn of_several_files_the_earliest_frame_is_always_next(
        times in proptest::collection::vec(proptest::collection::vec(0_u64..9, 0..9), 1..4),
    ) {
        let named = |lane: usize, at: u64| frame(at * 1_000_000_000, &[b'a' + u8::try_from(lane).unwrap()]);
        let folder = Folder::new();
        let files: Vec<PathBuf> = (0..times.len())
            .map(|lane| {
                let frames: Vec<_> = times[lane].iter().map(|at| named(lane, *at)).collect();
                folder.put(&lane.to_string(), &PCAP.write(&frames).bytes)
            })
            .collect();
        let mut left: Vec<_> = times.iter().map(|times| times.iter().copied().peekable()).collect();
        let mut expected = Vec::new();
        let earliest = |left: &mut Vec<std::iter::Peekable<_>>| {
            let heads = left.iter_mut().enumerate();
            heads.filter_map(|(lane, times)| times.peek().map(|at: &u64| (*at, lane))).min()
        };
        while let Some((at, lane)) = earliest(&mut left) {
            left[lane].next();
            expected.push(named(lane, at));
        }
        prop_assert_eq!(read_paths(&files).unwrap(), (expected, End::EndOfFile));
    }
}

#[test]
fn a_damaged_file_does_not_end_the_others() {
    let folder = Folder::new();
    let file = PCAP.write(&three()).bytes;
    let whole = folder.put("whole", &file);
    let cut = folder.put("cut", &file[..50]);
    let packed = folder.put("packed", &xz(&file)[..80]);
    let mut source = open_files(&[cut, whole, packed], &FileOptions::default()).unwrap();
    let (frames, end) = read_all(source.as_mut());
    assert_eq!(frames.iter().filter(|frame| frame.bytes == b"three and a little more").count(), 1);
    let End::Damaged(why) = end else { panic!("{end:?}") };
    assert!(folder.strip(&why).contains("cut: record 2 at byte 43 is cut: "), "{why}");
    assert!(why.contains("packed: ") && why.contains("the xz stream is cut"), "{why}");
    assert_eq!(source.complaints().len(), 2);
}

#[test]
fn hundreds_of_rotated_files_are_read_with_few_open_at_once() {
    let folder = Folder::new();
    let before = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let file = |number: u64| {
        let frames =
            [frame(number * 1_000_000, b"first"), frame(number * 1_000_000 + 1_500_000, b"x")];
        folder.put(&format!("{number:03}"), &PCAP.write(&frames).bytes)
    };
    let paths: Vec<_> = (0..300).rev().map(file).collect();
    let mut source = open_files(&paths, &FileOptions::default()).unwrap();
    let open = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    // Other tests of this process open some, too.
    assert!(open < before + 150, "{open} descriptors, {before} before");
    let (frames, end) = read_all(source.as_mut());
    assert_eq!((frames.len(), end), (600, End::EndOfFile));
    assert!(frames.is_sorted_by_key(|frame| frame.at));
    let progress = source.progress().unwrap();
    assert_eq!((progress.done, progress.total), (progress.total, 300 * (24 + 32 + 6)));
}

#[test]
fn progress_counts_the_bytes_on_the_disk() {
    let folder = Folder::new();
    let packed = zstd(&PCAP.write(&three()).bytes);
    let mut source = open_files(&[folder.put("x", &packed)], &FileOptions::default()).unwrap();
    assert_eq!(source.progress().unwrap().total, packed.len() as u64);
    read_all(source.as_mut());
    assert_eq!(source.progress().unwrap().done, packed.len() as u64);
}

fn append(path: &Path, bytes: &[u8]) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(bytes).unwrap();
}

/// The frames that come until nothing more comes.
fn until_quiet(source: &mut dyn FrameSource) -> Vec<String> {
    let mut found = Vec::new();
    loop {
        match source.next() {
            Next::Frame(frame) => found.push(String::from_utf8_lossy(frame.bytes).into_owned()),
            Next::Quiet => return found,
            Next::End(end) => panic!("{end:?}"),
        }
    }
}

#[test]
fn a_file_that_grows_is_followed_through_half_written_records_and_rotation() {
    let folder = Folder::new();
    let follow = FileOptions { follow: true };
    let file = PCAP.write(&[frame(0, b"one"), frame(0, b"two"), frame(0, b"three")]).bytes;
    let path = folder.put("grows", &[]);
    let mut source = open_files(std::slice::from_ref(&path), &follow).unwrap();
    let mut written = 0;
    let mut grow_to = |size: usize, expected: &[&str]| {
        append(&path, &file[written..size]);
        written = size;
        assert_eq!(until_quiet(source.as_mut()), expected);
    };
    grow_to(10, &[]);
    grow_to(24 + 19 + 5, &["one"]);
    grow_to(24 + 19 + 19, &["two"]);
    grow_to(file.len() - 1, &[]);
    fs::rename(&path, folder.0.path().join("rotated")).unwrap();
    assert!(until_quiet(source.as_mut()).is_empty(), "its successor is not there yet");
    folder.put("grows", &PCAP.write(&[frame(0, b"four")]).bytes);
    assert_eq!(until_quiet(source.as_mut()), ["four"]);
    assert!(source.complaints()[0].contains("record 3 at byte 62 was never finished"));
    folder.put("grows", &PCAP.write(&[]).bytes);
    assert!(until_quiet(source.as_mut()).is_empty());
    append(&path, &file[24..]);
    assert_eq!(until_quiet(source.as_mut()), ["one", "two", "three"]);
    assert_eq!(source.complaints().len(), 1);
}

#[test]
fn a_followed_file_that_rests_does_not_hold_up_others() {
    let folder = Folder::new();
    let resting = folder.put("resting", &PCAP.write(&[frame(0, b"old")]).bytes);
    let busy = folder.put("busy", &PCAP.write(&three()).bytes);
    let paths = [resting.clone(), busy];
    let mut source = open_files(&paths, &FileOptions { follow: true }).unwrap();
    assert_eq!(until_quiet(source.as_mut()).len(), 4);
    let mut more = Writer::new(false);
    PCAP.record(&mut more, &frame(1, b"new"));
    append(&resting, &more.bytes);
    assert_eq!(until_quiet(source.as_mut()), ["new"]);
}

#[test]
fn a_compressed_file_is_not_followed() {
    let folder = Folder::new();
    let path = folder.put("x.gz", &gzip(&PCAP.write(&three()).bytes));
    let error = open_files(&[path], &FileOptions { follow: true }).err().unwrap();
    assert!(matches!(error, SourceError::NotFollowable { .. }), "{error}");
}

/// The first frames, however long the machine takes for them.
fn first(count: usize, source: &mut dyn FrameSource) -> Vec<String> {
    let mut found = Vec::new();
    for _ in 0..MANY_SILENCES {
        found.extend(until_quiet(source));
        if found.len() >= count {
            break;
        }
    }
    found
}

/// A FIFO whose writer stops before the last three bytes until it is told to go on.
fn halting_fifo(folder: &Folder, bytes: Vec<u8>) -> (PathBuf, std::sync::mpsc::Sender<()>) {
    let fifo = folder.0.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let (go_on, wait) = std::sync::mpsc::channel();
    let path = fifo.clone();
    thread::spawn(move || {
        let mut to = OpenOptions::new().write(true).open(path).unwrap();
        to.write_all(&bytes[..bytes.len() - 3]).unwrap();
        wait.recv().unwrap();
        to.write_all(&bytes[bytes.len() - 3..]).unwrap();
    });
    (fifo, go_on)
}

#[test]
fn a_fifo_is_read_while_it_is_written() {
    let folder = Folder::new();
    let (fifo, go_on) = halting_fifo(&folder, PCAP.write(&three()).bytes);
    let mut source = open_files(&[fifo], &FileOptions::default()).unwrap();
    assert_eq!(first(2, source.as_mut()), ["one", ""]);
    assert!(until_quiet(source.as_mut()).is_empty(), "the third is not all there yet");
    go_on.send(()).unwrap();
    assert_eq!(read_all(source.as_mut()), (three()[2..].to_vec(), End::EndOfFile));
    assert!(source.progress().is_none());
}

#[test]
fn a_fifo_holds_up_the_files_it_is_merged_with() {
    let folder = Folder::new();
    let (fifo, go_on) = halting_fifo(&folder, PCAP.write(&three()).bytes);
    let late = folder.put("late", &PCAP.write(&[frame(4_000_000_000_000_000_000, b"late")]).bytes);
    let mut source = open_files(&[late, fifo], &FileOptions::default()).unwrap();
    assert_eq!(first(2, source.as_mut()), ["one", ""]);
    assert!(until_quiet(source.as_mut()).is_empty(), "the third may be earlier than the last");
    go_on.send(()).unwrap();
    let (frames, end) = read_all(source.as_mut());
    assert_eq!(frames.iter().map(|frame| frame.bytes.len()).collect::<Vec<_>>(), [23, 4]);
    assert_eq!(end, End::EndOfFile);
}

#[test]
fn a_compressed_fifo_is_read_like_a_file() {
    for (_, pack) in PACKERS {
        let folder = Folder::new();
        let (fifo, go_on) = halting_fifo(&folder, pack(&PCAP.write(&three()).bytes));
        go_on.send(()).unwrap();
        assert_eq!(read_paths(&[fifo]).unwrap(), (three(), End::EndOfFile));
    }
}
