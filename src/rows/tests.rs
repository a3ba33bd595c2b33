//! Batches, hours and files, with a shelf that is no disk.

use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::columns::COLUMNS;
use super::kinds::{Kind, Shaped};
use super::*;
use crate::engine::Witness;
use crate::focus::Focus;
use crate::iana::{Opcode, Rcode};
use crate::time::Timestamp;
use crate::track::{Answer, Exchange, Form, Hashes, Outcome};
use crate::wire::{Address, Flags, Transport};

/// Names of files that were kept, and how many bytes a disk takes.
#[derive(Clone)]
struct Fake {
    kept: Arc<Mutex<Vec<String>>>,
    room: Arc<Mutex<usize>>,
}

struct FakeFile {
    shelf: Fake,
    name: String,
}

impl Shelf for Fake {
    fn begin(&mut self, path: &Path) -> io::Result<Box<dyn Aside>> {
        let name = path.to_str().unwrap().to_owned();
        if self.kept.lock().unwrap().contains(&name) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        Ok(Box::new(FakeFile { shelf: self.clone(), name }))
    }
}

impl Write for FakeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut room = self.shelf.room.lock().unwrap();
        *room = room.checked_sub(bytes.len()).ok_or(ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Aside for FakeFile {
    fn keep(self: Box<Self>) -> io::Result<()> {
        self.shelf.kept.lock().unwrap().push(self.name.clone());
        Ok(())
    }
}

/// A response to nothing.
fn exchange(at: Timestamp) -> Exchange<'static> {
    Exchange {
        at,
        client: Address::v4([192, 0, 2, 1]),
        server: Address::v4([192, 0, 2, 53]),
        client_port: 4444,
        server_port: 53,
        id: 7,
        transport: Transport::Udp,
        outcome: Outcome::Unasked,
        opcode: Opcode::QUERY,
        question: None,
        name: &[],
        hashes: Hashes::default(),
        asked: None,
        answer: Some(Answer {
            rcode: Rcode::REFUSED,
            ede: None,
            ede_text: &[],
            answers: 0,
            form: Form::default(),
        }),
        flags: Flags(0x8005),
    }
}

/// A batch of rows with these names, in wire form, for types that differ; IDs say which is which.
#[cfg(feature = "parquet")]
pub(super) fn named(names: &[&[u8]]) -> Batch {
    let meaning = Meaning { focus: Focus::default(), patience: 1, slow_after: 1 };
    let mut batch = Batch::default();
    for (number, name) in (0..).zip(names) {
        let hashes = Hashes { question: number.into(), ..Hashes::default() };
        let exchange = exchange(Timestamp(1));
        batch.push(&Exchange { name, hashes, id: number, ..exchange }, &meaning);
    }
    batch.settle();
    batch
}

fn hour(number: u64) -> Timestamp {
    Timestamp::new(3600 * number, 1)
}

/// What is kept of rows at these times where a disk takes so many bytes, and how it went.
fn run(
    times: impl IntoIterator<Item = Timestamp>,
    room: usize,
    place: Place,
) -> (Vec<String>, Printed) {
    let shelf = Fake { kept: Arc::default(), room: Arc::new(Mutex::new(room)) };
    let options =
        PressOptions { format: TableFormat::Jsonl, place: place.clone(), labels: Vec::new() };
    let mut press = Press::new(options, Box::new(shelf.clone()));
    let progress = press.progress();
    let meaning = Meaning { focus: Focus::default(), patience: 5_000_000_000, slow_after: 1 };
    let mut gather = Gather::new(meaning, place, 1 << 20, Box::new(move |load| press.take(load)));
    for at in times {
        gather.see(&exchange(at));
        gather.pass(at);
    }
    gather.close();
    let kept = shelf.kept.lock().unwrap().clone();
    let printed = read(&progress).clone();
    (kept, printed)
}

fn folders() -> Place {
    Place::Folders { sensor: "s".into() }
}

#[test]
fn every_transport_has_its_own_word() {
    let meaning = Meaning { focus: Focus::default(), patience: 1, slow_after: 1 };
    let mut batch = Batch::default();
    for transport in Transport::ALL {
        batch.push(&Exchange { transport, ..exchange(Timestamp(1)) }, &meaning);
    }
    batch.settle();
    let column = COLUMNS.iter().find(|column| column.name == "transport").unwrap();
    let Kind::Shaped(Shaped::Word(number, word)) = column.kind else { panic!("it is a word") };
    let mut words: Vec<_> = batch.shapes().iter().filter_map(number).map(word).collect();
    words.sort();
    assert_eq!(words, ["dnscrypt", "doh", "doq", "dot", "tcp", "udp"]);
}

#[test]
fn an_hour_is_a_file_and_is_whole_when_it_is_over() {
    let times = (0..240).map(|minute| Timestamp::new(60 * minute, 1));
    let (kept, printed) = run(times, usize::MAX, folders());
    let expected: Vec<_> = (0..4)
        .map(|hour| {
            let stamp = format!("19700101T{hour:02}0000.000000001Z-{:04}", hour + 1);
            format!("date=1970-01-01/hour={hour:02}/sensor=s/exchanges-{stamp}.jsonl")
        })
        .collect();
    assert_eq!(kept, expected);
    assert_eq!((printed.files, printed.rows.rows(), printed.lost), (4, 240, 0));
    assert!(printed.failed.is_none());
}

#[test]
fn hours_that_come_by_turns_are_all_written() {
    let times = (0..100).map(|step| Timestamp(hour(step * 7 % 11).0 + step));
    let (kept, printed) = run(times, usize::MAX, folders());
    assert_eq!(printed.rows.rows(), 100);
    assert_eq!(kept.len() as u64, printed.files);
}

#[test]
fn times_that_jump_about_for_ever_do_not_fill_a_disk_with_files() {
    let times = (0..20_000).map(|step| Timestamp(hour(step * 7 % 1000).0 + step));
    let (kept, printed) = run(times, usize::MAX, folders());
    assert!((9_990..=10_000).contains(&kept.len()), "{}", kept.len());
    assert_eq!(printed.rows.rows() + printed.lost, 20_000);
    assert!(printed.trouble().unwrap().contains("the times of this capture cannot be right"));
    let file = Place::File("one.jsonl".into());
    let times = (0..20_000).map(|step| Timestamp(hour(step * 7 % 1000).0 + step));
    let (kept, printed) = run(times, usize::MAX, file);
    assert_eq!((kept.as_slice(), printed.rows.rows()), (&["one.jsonl".to_owned()][..], 20_000));
}

#[test]
fn a_disk_that_is_full_stops_it_and_every_row_is_counted() {
    let times = (0..240).map(|minute| Timestamp::new(60 * minute, 1));
    let (kept, printed) = run(times, 100_000, folders());
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert_eq!(printed.rows.rows() + printed.lost, 240);
    let (_, error) = printed.failed.unwrap();
    assert_eq!(error.kind(), ErrorKind::StorageFull);
}

#[test]
fn nothing_to_write_is_a_file_where_one_was_asked_for_and_none_in_folders() {
    assert_eq!(run([], usize::MAX, Place::File("x.jsonl".into())).0, ["x.jsonl"]);
    assert!(run([], usize::MAX, folders()).0.is_empty());
}

#[test]
fn rows_without_a_time_are_filed_at_the_beginning_of_time() {
    let (kept, printed) = run([Timestamp(0), Timestamp(u64::MAX)], usize::MAX, folders());
    assert_eq!((kept.len(), printed.rows.rows()), (2, 2));
    assert!(kept.iter().any(|path| path.starts_with("date=1970-01-01/hour=00/")), "{kept:?}");
}
