//! Captures of real programs: frames counted by others, and `pcap-parser` as a second opinion.
//!
//! Skips with a printed reason where they are not at hand.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use pcap_parser::{Block, PcapBlockOwned, PcapError, create_reader};
use rcodetop::source::{End, FileOptions, Next, SourceError, open_files};

/// The folder beside the project, or where the environment says it is.
fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let shared = std::env::var_os("RCODETOP_SHARED").map_or(beside, PathBuf::from);
    let found = shared.join("captures").is_dir();
    if !found {
        println!("skipped: {} holds no captures", shared.display());
    }
    found.then_some(shared)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Number of frames and how it ended.
fn count(path: &Path) -> Result<(u64, End), SourceError> {
    let mut source = open_files(&[path.to_owned()], &FileOptions::default())?;
    let mut frames = 0;
    loop {
        match source.next() {
            Next::Frame(_) => frames += 1,
            Next::Quiet => {}
            Next::End(end) => return Ok((frames, end)),
        }
    }
}

/// What the files' own truth says: number of packets, and whether they were read to a clean end.
fn truth(shared: &Path, path: &Path) -> Option<(u64, bool)> {
    let name = path.file_name()?.to_str()?;
    let text =
        fs::read_to_string(shared.join("captures/truth").join(format!("{name}.json"))).ok()?;
    let truth: serde_json::Value = serde_json::from_str(&text).ok()?;
    let clean = truth["decoder"]["exit"].as_i64() == Some(0);
    Some((truth["file"]["packets"].as_u64()?, clean))
}

#[test]
fn every_capture_gives_as_many_frames_as_another_reader_found() {
    let Some(shared) = shared() else { return };
    let mut verdicts: BTreeMap<&str, u32> = BTreeMap::new();
    let mut wrong = Vec::new();
    for folder in ["container", "dns", "derived", "robustness"] {
        for path in files(&shared.join("captures").join(folder)) {
            let told = count(&path);
            let truth = truth(&shared, &path);
            let verdict = match (&told, truth) {
                (Err(SourceError::LinkType { .. }), _) => "link type not supported",
                (Err(_), None) => "refused by both",
                (Ok(_), None) => "no figure",
                (Ok((frames, End::EndOfFile)), Some((truth, true))) if *frames == truth => "equal",
                (Ok((frames, End::Damaged(_))), Some((truth, false))) if *frames == truth => {
                    "equal, and damaged for both"
                }
                _ => "different",
            };
            let name = path.file_name().unwrap().to_str().unwrap();
            if verdict == "different" {
                wrong.push(format!("{folder}/{name}: {told:?}, not {truth:?}"));
            }
            if verdict == "no figure" || verdict == "refused by both" {
                println!("{verdict}: {folder}/{name}: {told:?}");
            }
            *verdicts.entry(verdict).or_default() += 1;
        }
    }
    println!("{verdicts:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(verdicts["equal"] > 100, "{verdicts:?}");
}

/// Lengths of frames, captured and on the wire, as `pcap-parser` reads them; `None` where it does
/// not: damage, simple and obsolete packet blocks.
fn second_opinion(path: &Path) -> Option<Vec<(usize, u32)>> {
    let mut reader = create_reader(1 << 20, File::open(path).unwrap()).ok()?;
    let mut found = Vec::new();
    loop {
        let size = match reader.next() {
            Ok((size, block)) => {
                found.extend(lengths(&block)?);
                size
            }
            Err(PcapError::Eof) => return Some(found),
            Err(PcapError::Incomplete(_)) => {
                reader.refill().ok()?;
                continue;
            }
            Err(_) => return None,
        };
        reader.consume(size);
    }
}

fn lengths(block: &PcapBlockOwned<'_>) -> Option<Vec<(usize, u32)>> {
    match block {
        PcapBlockOwned::Legacy(record) => Some(vec![(record.data.len(), record.origlen)]),
        PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
            Some(vec![(usize::try_from(packet.caplen).ok()?, packet.origlen)])
        }
        PcapBlockOwned::NG(Block::SimplePacket(_) | Block::Unknown(_)) => None,
        _ => Some(Vec::new()),
    }
}

fn first_opinion(path: &Path) -> Option<Vec<(usize, u32)>> {
    let mut source = open_files(&[path.to_owned()], &FileOptions::default()).ok()?;
    let mut found = Vec::new();
    loop {
        match source.next() {
            Next::Frame(frame) => found.push((frame.bytes.len(), frame.wire_len)),
            Next::Quiet => {}
            Next::End(end) => return (end == End::EndOfFile).then_some(found),
        }
    }
}

#[test]
fn pcap_parser_sees_the_same_frames() {
    let Some(shared) = shared() else { return };
    let mut compared = 0;
    for folder in ["scenarios", "captures/dns", "captures/container"] {
        for path in files(&shared.join(folder)) {
            if let (Some(first), Some(second)) = (first_opinion(&path), second_opinion(&path)) {
                assert_eq!(first, second, "{}", path.display());
                compared += 1;
            }
        }
    }
    println!("compared {compared} captures");
    assert!(compared > 50, "{compared}");
}
