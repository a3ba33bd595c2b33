use std::path::Path;

use super::*;
use crate::time::Timestamp;
use crate::wire::LinkType;

/// Frames of `length` bytes, `seconds` apart.
fn record(options: RecordOptions, frames: u64, length: usize, seconds: u64) -> Recording {
    let every = options.every;
    let files = Files::open(options).unwrap();
    let manner = Manner {
        names: Names(Box::new(|number| (number == 0).then(|| "eth0".to_owned()))),
        patient: false,
        every,
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

/// A file system of 64 KiB while something is done in it; `None` where none can be mounted, as
/// without root.
fn in_little_room<T>(work: impl FnOnce(&Path) -> T) -> Option<T> {
    let folder = tempfile::tempdir().unwrap();
    let mount = |arguments: &[&str]| {
        let status = std::process::Command::new(arguments[0]).args(&arguments[1..]).status();
        status.is_ok_and(|status| status.success())
    };
    let place = folder.path().to_str().unwrap();
    if !mount(&["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place]) {
        eprintln!("skipped: no file system can be mounted here");
        return None;
    }
    let done = work(folder.path());
    assert!(mount(&["umount", place]));
    Some(done)
}

#[test]
fn a_full_disk_stops_the_writing_and_nothing_else() {
    let written = in_little_room(|folder| {
        let recording = record(in_folder(folder), 200, 1_000, 1);
        (recording, files(folder)[0].1)
    });
    let Some((recording, length)) = written else { return };
    assert!(recording.frames > 20 && recording.frames + recording.lost == 200, "{recording:?}");
    assert!(recording.stopped.is_some_and(|why| why.contains("No space left")));
    assert!(length <= 64 << 10);
}

/// Frames of 100 bytes, some milliseconds apart, handed to the disk so many at a time.
fn in_chunks(options: RecordOptions, frames: u64, milliseconds: u64, at_once: u64) -> Recording {
    let manner = Manner { patient: true, every: options.every, ..Manner::default() };
    let disk = Box::new(Files::open(options).unwrap());
    let mut recorder = Recorder::start(disk, manner).unwrap();
    for nth in 0..frames {
        let after = nth * milliseconds;
        let at = Timestamp::new(1_795_230_720 + after / 1000, after % 1000 * 1_000_000);
        let link = LinkType(1);
        recorder.frame(&Frame { at, wire_len: 100, link, interface: 0, bytes: &[7; 100] });
        if nth % at_once == at_once - 1 {
            recorder.flush();
        }
    }
    recorder.finish();
    recorder.status()
}

fn packets_of(path: &Path) -> usize {
    blocks_of(path).into_iter().filter(|kind| *kind == 6).count()
}

#[test]
fn of_a_chunk_that_fills_the_disk_the_packets_that_fit_are_kept_and_counted() {
    let written = in_little_room(|folder| {
        let recording = in_chunks(in_folder(folder), 1500, 1, 1500);
        (recording, packets_of(&folder.join("dns.pcapng")))
    });
    let Some((recording, packets)) = written else { return };
    assert_eq!(recording.frames, packets as u64);
    assert!(packets > 400 && recording.frames + recording.lost == 1500, "{recording:?}");
}

/// No byte is left for the first block.
#[test]
fn a_file_that_cannot_be_begun_does_not_stay() {
    let left = in_little_room(|folder| {
        std::fs::write(folder.join("filler"), vec![0; 1 << 20]).unwrap_err();
        let every = Some(Duration::from_secs(1));
        let recording = in_chunks(RecordOptions { every, ..in_folder(folder) }, 5, 1, 5);
        (recording, files(folder).len())
    });
    let Some((recording, left)) = left else { return };
    assert_eq!((recording.files, recording.lost, left), (0, 5, 1), "{recording:?}");
}

#[test]
fn of_a_chunk_that_goes_beyond_the_total_the_packets_that_fit_are_kept_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let total = Some(5_000);
    let recording = in_chunks(RecordOptions { total, ..in_folder(folder.path()) }, 100, 1, 100);
    let path = folder.path().join("dns.pcapng");
    assert_eq!(recording.frames, packets_of(&path) as u64);
    assert!(recording.frames > 30 && recording.frames + recording.lost == 100, "{recording:?}");
    assert!(files(folder.path())[0].1 <= 5_000);
}

/// However often what there is by then is handed to the disk.
#[test]
fn a_file_holds_the_packets_of_its_span_and_no_others() {
    for at_once in [1, 7, 112, 200, 1000] {
        let folder = tempfile::tempdir().unwrap();
        let every = Some(Duration::from_secs(1));
        in_chunks(RecordOptions { every, ..in_folder(folder.path()) }, 600, 5, at_once);
        let names = files(folder.path()).into_iter().map(|(name, _)| name);
        let packets: Vec<_> = names.map(|name| packets_of(&folder.path().join(name))).collect();
        assert_eq!(packets, [200, 200, 200], "{at_once} at once");
    }
}

#[test]
fn a_name_that_is_taken_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    for second in 0..10 {
        for number in [2, 3] {
            let name = format!("dns-20261121T03120{second}Z-{number:04}.pcapng");
            std::fs::write(folder.path().join(name), "theirs").unwrap();
        }
    }
    let size = Some(1_500);
    let recording = record(RecordOptions { size, ..in_folder(folder.path()) }, 4, 1_000, 1);
    assert_eq!((recording.frames, recording.lost, recording.stopped), (4, 0, None));
    assert_eq!(recording.files, 4);
    let (theirs, ours): (Vec<_>, Vec<_>) =
        files(folder.path()).into_iter().partition(|(_, length)| *length == 6);
    let ours: Vec<_> = ours.into_iter().map(|(name, _)| name).collect();
    assert_eq!(theirs.len(), 20, "no file of another was touched");
    let expected = ["00Z-0001", "01Z-0004", "02Z-0005", "03Z-0006"]
        .map(|end| format!("dns-20261121T0312{end}.pcapng"));
    assert_eq!(ours, expected);
}

#[test]
fn the_total_holds_over_files_that_were_there_before() {
    let folder = tempfile::tempdir().unwrap();
    let limits =
        || RecordOptions { size: Some(4_000), total: Some(9_000), ..in_folder(folder.path()) };
    let foreign = ["dns.pcapng", "dns-0001.pcapng", "dns-20261121T031218Z-0001.pcap", "x"];
    for name in foreign {
        std::fs::write(folder.path().join(name), vec![0; 3_000]).unwrap();
    }
    let oldest = folder.path().join("dns-20251121T031218Z-9999.pcapng");
    std::fs::write(&oldest, vec![0; 3_000]).unwrap();
    let link = folder.path().join("dns-20240101T000000Z-0001.pcapng");
    std::os::unix::fs::symlink("x", &link).unwrap();
    for _ in 0..3 {
        let recording = record(limits(), 6, 1_000, 1);
        assert_eq!((recording.frames, recording.lost), (6, 0), "{recording:?}");
        let left = files(folder.path());
        let ours = left
            .iter()
            .filter(|(name, _)| name.starts_with("dns-2026") && name.ends_with(".pcapng"));
        assert!(ours.map(|(_, length)| length).sum::<u64>() <= 9_000, "{left:?}");
    }
    assert!(!oldest.exists(), "the oldest goes first");
    assert!(link.is_symlink(), "a link is no file that was written");
    assert!(foreign.iter().all(|name| folder.path().join(name).exists()));
}

/// Who may change whom a file belongs to is root.
#[test]
fn files_of_another_user_are_not_counted_and_stay() {
    let folder = tempfile::tempdir().unwrap();
    let theirs = folder.path().join("dns-20251121T031218Z-0001.pcapng");
    std::fs::write(&theirs, vec![0; 100_000]).unwrap();
    if std::os::unix::fs::chown(&theirs, Some(65_534), None).is_err() {
        return eprintln!("skipped: no file can be given to another user here");
    }
    let limits =
        RecordOptions { size: Some(4_000), total: Some(9_000), ..in_folder(folder.path()) };
    let recording = record(limits, 6, 1_000, 1);
    assert_eq!((recording.frames, recording.lost), (6, 0));
    assert!(theirs.exists());
}

#[test]
fn packets_are_for_their_owner_and_the_group() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    record(in_folder(folder.path()), 1, 100, 1);
    let mode = folder.path().join("dns.pcapng").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o137, 0, "{mode:o}");
}

#[test]
fn a_recording_has_a_name_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    for every in [None, Some(Duration::from_secs(1))] {
        let name = if every.is_some() { "later.pcapng" } else { "now.pcapng" };
        let path = folder.path().join(name);
        let files = Files::open(RecordOptions { path, every, ..RecordOptions::default() }).unwrap();
        let recorder = Recorder::start(Box::new(files), Manner::default()).unwrap();
        assert!(recorder.status().file.ends_with(name), "{:?}", recorder.status());
    }
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
    fn status(&self) -> Recording {
        self.0.clone()
    }

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
    fn status(&self) -> Recording {
        Recording::default()
    }

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
