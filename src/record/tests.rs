use std::path::Path;

use super::*;
use crate::time::Timestamp;
use crate::wire::LinkType;

/// Frames of `length` bytes, `seconds` apart.
fn record(options: RecordOptions, frames: u64, length: usize, seconds: u64) -> Recording {
    let files = Files::open(options).unwrap();
    let manner = Manner {
        names: Names(Box::new(|number| (number == 0).then(|| "eth0".to_owned()))),
        patient: false,
        every: None,
    };
    let mut recorder = Recorder::start(Box::new(files), manner).unwrap();
    let bytes = vec![0xAB; length];
    for nth in 0..frames {
        let at = Timestamp::new(1_795_230_720 + nth * seconds, 0);
        let wire_len = u32::try_from(length).unwrap();
        recorder.frame(&Frame { at, wire_len, link: LinkType(1), interface: 0, bytes: &bytes });
        // Each is a chunk of its own, and none is lost because the disk is behind.
        recorder.flush();
        while recorder.status().frames + recorder.status().lost < nth + 1 {
            thread::sleep(Duration::from_millis(1));
        }
    }
    recorder.finish();
    recorder.status()
}

fn in_folder(folder: &Path) -> RecordOptions {
    RecordOptions { path: folder.join("dns.pcapng"), ..RecordOptions::default() }
}

fn files(folder: &Path) -> Vec<(String, u64)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> = entries
        .map(|it| (it.file_name().into_string().unwrap(), it.metadata().unwrap().len()))
        .collect();
    files.sort();
    files
}

#[test]
fn one_file_has_all_frames_and_is_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let recording = record(in_folder(folder.path()), 5, 100, 1);
    assert_eq!((recording.files, recording.frames, recording.lost), (1, 5, 0));
    assert_eq!(recording.stopped, None);
    let [(name, length)] = &files(folder.path())[..] else { panic!("one file") };
    assert_eq!(name, "dns.pcapng");
    assert!(*length > 5 * 100 && recording.file.ends_with("dns.pcapng"));
    let again = Files::open(in_folder(folder.path()));
    assert_eq!(again.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
}

#[test]
fn files_follow_each_other_by_length_and_the_oldest_go() {
    let folder = tempfile::tempdir().unwrap();
    let limits =
        RecordOptions { size: Some(4_000), total: Some(9_000), ..in_folder(folder.path()) };
    let recording = record(limits, 20, 1_000, 1);
    assert_eq!((recording.frames, recording.lost, recording.files), (20, 0, 7));
    let left = files(folder.path());
    assert_eq!(left.len(), 3, "{left:?}");
    assert!(left.iter().map(|(_, length)| length).sum::<u64>() <= 9_000, "{left:?}");
    assert!(left.iter().all(|(_, length)| *length <= 4_000), "{left:?}");
    assert_eq!(left[2].0, "dns-20261121T031218Z-0007.pcapng");
}

#[test]
fn files_follow_each_other_by_packet_time() {
    let folder = tempfile::tempdir().unwrap();
    let every = Some(Duration::from_secs(60));
    record(RecordOptions { every, ..in_folder(folder.path()) }, 7, 100, 30);
    let names: Vec<_> = files(folder.path()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(names[1].starts_with("dns-20261121T031300Z-0002"), "{names:?}");
}

#[test]
fn a_single_file_that_reached_its_total_is_left_whole() {
    let folder = tempfile::tempdir().unwrap();
    let total = Some(5_000);
    let recording = record(RecordOptions { total, ..in_folder(folder.path()) }, 10, 1_000, 1);
    assert_eq!((recording.frames, recording.lost), (4, 6));
    assert_eq!(recording.stopped.as_deref(), Some("the total that was granted is reached"));
    assert!(files(folder.path())[0].1 <= 5_000);
}

/// A file system of its own that is full after a while; needs root.
#[test]
fn a_full_disk_stops_the_writing_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mount = |arguments: &[&str]| {
        let status = std::process::Command::new(arguments[0]).args(&arguments[1..]).status();
        status.is_ok_and(|status| status.success())
    };
    let place = folder.path().to_str().unwrap();
    if !mount(&["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place]) {
        return eprintln!("skipped: no file system can be mounted here");
    }
    let recording = record(in_folder(folder.path()), 200, 1_000, 1);
    let length = files(folder.path())[0].1;
    assert!(mount(&["umount", place]));
    assert!(recording.frames > 20 && recording.frames + recording.lost == 200, "{recording:?}");
    assert!(recording.stopped.is_some_and(|why| why.contains("No space left")));
    assert!(length <= 64 << 10);
}

#[test]
fn a_file_without_a_packet_does_not_stay() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(record(in_folder(folder.path()), 0, 0, 0).frames, 0);
    assert_eq!(files(folder.path()), []);
}

#[test]
fn the_oldest_file_may_be_the_one_that_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (every, total) = (Some(Duration::from_secs(3600)), Some(5_000));
    let recording =
        record(RecordOptions { every, total, ..in_folder(folder.path()) }, 30, 1_000, 1);
    assert_eq!((recording.frames, recording.lost, recording.stopped), (30, 0, None));
    let left: u64 = files(folder.path()).iter().map(|(_, length)| length).sum();
    assert!(left <= 5_000, "{left}");
}

/// The types of the blocks of a file.
fn blocks_of(path: &Path) -> Vec<u32> {
    let bytes = std::fs::read(path).unwrap();
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let (mut at, mut kinds) = (0, Vec::new());
    while at < bytes.len() {
        kinds.push(word(at));
        at += usize::try_from(word(at + 4)).unwrap();
    }
    kinds
}

/// A frame of one kilobyte, seen by an interface at a second.
fn kilobyte(recorder: &mut Recorder, interface: u32, second: u64) {
    let (at, link) = (Timestamp::new(1_795_230_720 + second, 0), LinkType(1));
    recorder.frame(&Frame { at, wire_len: 1_000, link, interface, bytes: &[7; 1_000] });
    recorder.flush();
}

/// An interface may show itself when a file is as long as all may be.
#[test]
fn every_file_describes_each_interface_once_and_before_its_packets() {
    for filled in 1..=5 {
        let folder = tempfile::tempdir().unwrap();
        let (every, total) = (Some(Duration::from_secs(3600)), Some(4_240));
        let options = RecordOptions { every, total, ..in_folder(folder.path()) };
        let disk = Box::new(Files::open(options).unwrap());
        let mut recorder =
            Recorder::start(disk, Manner { patient: true, ..Manner::default() }).unwrap();
        (0..filled).for_each(|second| kilobyte(&mut recorder, 0, second));
        (filled..filled + 3).for_each(|second| kilobyte(&mut recorder, 1, second));
        recorder.finish();
        assert_eq!(recorder.status().lost, 0, "{:?}", recorder.status());
        let left = files(folder.path());
        let (last, _) = left.last().unwrap();
        assert!(last.starts_with("dns-20261121T0312"), "named after its first packet: {last}");
        let kinds = blocks_of(&folder.path().join(last));
        let interfaces = kinds.iter().filter(|kind| **kind == 1).count();
        assert_eq!(interfaces, 2, "{filled}: {kinds:?}");
        let (packet, second) = (6, kinds.iter().rposition(|kind| *kind == 1).unwrap());
        assert!(kinds[second..].contains(&packet), "{filled}: {kinds:?}");
    }
}

/// Whoever wrote the capture says how many interfaces there are.
#[test]
fn of_too_many_interfaces_the_frames_are_counted_and_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Box::new(Files::open(in_folder(folder.path())).unwrap());
    let manner = Manner { patient: true, ..Manner::default() };
    let mut recorder = Recorder::start(disk, manner).unwrap();
    let more = 10;
    for interface in 0..MOST_INTERFACES + more {
        let (at, link) = (Timestamp::new(1, 0), LinkType(1));
        recorder.frame(&Frame { at, wire_len: 4, link, interface, bytes: &[1, 2, 3, 4] });
    }
    recorder.finish();
    let status = recorder.status();
    assert_eq!((status.frames, status.lost), (MOST_INTERFACES.into(), more.into()));
}

/// A disk that takes its time for each chunk.
struct Slow(Recording);

impl Disk for Slow {
    fn write(&mut self, chunk: &Chunk) -> Recording {
        thread::sleep(Duration::from_millis(300));
        self.0.frames += chunk.frames;
        self.0.clone()
    }
}

/// Longer than [`LONGEST_WAIT`] in all, but something is written all the time.
#[test]
fn a_disk_that_is_slow_is_waited_for() {
    let mut recorder =
        Recorder::start(Box::new(Slow(Recording::default())), Manner::default()).unwrap();
    let frames = 20;
    (0..frames).for_each(|second| kilobyte(&mut recorder, 0, second));
    recorder.finish();
    let status = recorder.status();
    assert_eq!((status.frames, status.lost, status.stopped), (frames, 0, None));
}

/// Frames of a file wait for their disk, once.
#[test]
fn a_disk_that_was_waited_for_in_vain_is_given_up() {
    let (answer, never) = std::sync::mpsc::channel();
    let manner = Manner { patient: true, ..Manner::default() };
    let mut recorder = Recorder::start(Box::new(Deaf(never)), manner).unwrap();
    let began = Instant::now();
    let frames = CHUNKS as u64 + 10;
    (0..frames).for_each(|second| kilobyte(&mut recorder, 0, second));
    assert!(began.elapsed() < LONGEST_WAIT * 2, "{:?}", began.elapsed());
    recorder.finish();
    let status = recorder.status();
    assert_eq!(status.stopped.as_deref(), Some("the disk does not answer"));
    assert_eq!((status.frames, status.lost), (0, frames));
    drop(answer);
}

/// A disk that never answers.
struct Deaf(Receiver<()>);

impl Disk for Deaf {
    fn write(&mut self, _: &Chunk) -> Recording {
        let _ = self.0.recv();
        Recording::default()
    }
}

#[test]
fn a_disk_that_does_not_answer_is_not_waited_for_for_ever() {
    let (answer, never) = std::sync::mpsc::channel();
    let mut recorder = Recorder::start(Box::new(Deaf(never)), Manner::default()).unwrap();
    let (at, link) = (Timestamp::new(1, 0), LinkType(1));
    recorder.frame(&Frame { at, wire_len: 0, link, interface: 0, bytes: &[] });
    recorder.finish();
    let status = recorder.status();
    assert_eq!(status.stopped.as_deref(), Some("the disk does not answer"));
    assert_eq!((status.frames, status.lost), (0, 1));
    drop(answer);
}

#[test]
fn a_folder_that_is_not_there_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for size in [None, Some(1 << 20)] {
        let path = folder.path().join("nowhere").join("dns.pcapng");
        let started = Files::open(RecordOptions { path, size, ..RecordOptions::default() });
        assert_eq!(started.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
