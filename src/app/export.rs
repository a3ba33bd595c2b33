//! Reports that the dashboard is asked for, made by a thread of their own: a disk may be slow.
//!
//! A report is written aside and gets its name when it is whole, and only a name that is free.
//! Where the program is confined another process does that ([`super::writer`]).

use std::fs::Permissions;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, bail};

use super::writer;
use crate::confine::Identity;
use crate::output::{self, Format, Options};
use crate::record::MODE;
use crate::rehearsal;
use crate::snapshot::Snapshot;
use crate::tui::export::{Form, Order, Refusal, Writer, Written};
use crate::wire::name::escape_text;

/// Writes one report.
pub(super) type Hand = Box<dyn FnMut(&Order) -> Written + Send>;

/// Where reports go, and the user behind sudo for whom they are written.
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) user: Option<Identity>,
}

impl Place {
    /// For who runs the program.
    pub(super) fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), user: None }
    }
}

/// Writes with the rights of this process.
pub(super) fn by_oneself(folder: &Path) -> Hand {
    let place = Place::of(folder);
    Box::new(move |order| {
        refuse_nothing(order)?;
        save(&place, &order.stem, order.form.extension(), |out| render(order, out))
    })
}

/// So many names are tried, each with a number of its own.
const MOST_NAMES: u32 = 10_000;

/// Who quits does not wait for longer than this for a report.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

fn unanswered(folder: &Path) -> Refusal {
    Refusal {
        why: format!("a report is not written: {} does not answer", printable(folder)),
        advice: "look at the disk, or start with --export-dir DIR to write elsewhere".to_owned(),
    }
}

/// Writes reports while the screen goes on.
pub(super) struct Exporter {
    folder: PathBuf,
    orders: Sender<Order>,
    answers: Receiver<Written>,
    thread: JoinHandle<()>,
    /// What came of the orders that the screen knows of.
    told: Vec<Written>,
}

impl Exporter {
    /// Into this folder, by this hand.
    pub(super) fn start(folder: PathBuf, mut hand: Hand) -> anyhow::Result<Self> {
        let (orders, to_do) = mpsc::channel::<Order>();
        let (done, answers) = mpsc::channel();
        let work = move || {
            for order in to_do {
                rehearsal::panic_in("export");
                if done.send(hand(&order)).is_err() {
                    return;
                }
            }
        };
        let builder = thread::Builder::new().name("export".into());
        let thread = builder.spawn(work).context("cannot start the thread that makes reports")?;
        Ok(Self { folder, orders, answers, thread, told: Vec::new() })
    }

    /// Waits for what is still being written, but not for ever: what became of all orders, in their
    /// order.
    pub(super) fn finish(self) -> Vec<Written> {
        let Self { orders, answers, thread, mut told, folder } = self;
        drop(orders);
        loop {
            match answers.recv_timeout(LONGEST_WAIT) {
                Ok(written) => told.push(written),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    told.push(Err(unanswered(&folder)));
                    return told;
                }
            }
        }
        let _ = thread.join(); // a panic was printed, and there is no report to tell of
        told
    }
}

impl Writer for Exporter {
    fn folder(&self) -> String {
        printable(&self.folder)
    }

    fn write(&mut self, order: Order) {
        // A thread that is gone has no news, and a report that nobody writes is not told of.
        let _ = self.orders.send(order);
    }

    fn news(&mut self) -> Option<Written> {
        let written = self.answers.try_recv().ok()?;
        self.told.push(written.clone());
        Some(written)
    }
}

/// The folder named, or the one that the program was started in. One that is not there is told
/// before the capture begins, not in the middle of it.
pub(super) fn absolute(folder: Option<&Path>) -> anyhow::Result<PathBuf> {
    let Some(folder) = folder else {
        return Ok(std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")));
    };
    if !folder.is_dir() {
        bail!("cannot export into {}: it is no folder", printable(folder));
    }
    std::path::absolute(folder).with_context(|| format!("cannot use {}", printable(folder)))
}

fn printable(path: &Path) -> String {
    escape_text(path.as_os_str().as_encoded_bytes())
}

/// A file without packets is of no use.
pub(super) fn refuse_nothing(order: &Order) -> Result<(), Refusal> {
    if order.form == Form::Packets && order.snapshot.packets.rows.is_empty() {
        return Err(Refusal {
            why: "no packet of what is shown is in memory any more".to_owned(),
            advice: "enter a row or type a filter: a file is then read again".to_owned(),
        });
    }
    Ok(())
}

/// The bytes of a report.
pub(super) fn render(order: &Order, out: &mut dyn Write) -> io::Result<()> {
    match order.form {
        Form::Text => text(Format::Text, &order.snapshot, out),
        Form::Markdown => text(Format::Markdown, &order.snapshot, out),
        Form::Json => text(Format::Json, &order.snapshot, out),
        Form::Packets => output::pcapng::write(&order.snapshot.packets, out),
    }
}

/// Writes a file under a name that no other has, and tells its path or why there is none.
pub(super) fn save(
    place: &Place,
    stem: &str,
    extension: &str,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Written {
    let saved = save_aside(&place.folder, stem, extension, write);
    saved.map(|path| printable(&path)).map_err(|error| refusal(place, &error))
}

fn text(format: Format, snapshot: &Snapshot, out: &mut dyn Write) -> io::Result<()> {
    output::write(format, &shortened(snapshot, format.default_rows()), &Options::default(), out)
}

/// With lists as long as those of a report that is made without the screen.
fn shortened(snapshot: &Snapshot, rows: usize) -> Snapshot {
    let mut snapshot = snapshot.clone();
    snapshot.without_gone();
    snapshot.servers.cut(rows);
    snapshot.clients.cut(rows);
    snapshot.names.cut(rows);
    snapshot.domains.cut(rows);
    snapshot.suffixes.cut(rows);
    snapshot.prefixes.cut(rows);
    snapshot.paths.cut(rows);
    snapshot
}

/// Writes a file under a name that no other has, or none at all.
fn save_aside(
    folder: &Path,
    stem: &str,
    extension: &str,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<PathBuf> {
    // A report is for everybody whom the umask lets read, as other files are; packets are not.
    let mode = if extension == Form::Packets.extension() { MODE } else { 0o666 };
    let mut aside = tempfile::Builder::new(); // gone when it is dropped
    aside.prefix(".rcodetop-").suffix(".part").permissions(Permissions::from_mode(mode));
    let mut file = aside.tempfile_in(folder)?;
    let mut out = BufWriter::new(file.as_file_mut());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    // Some file systems find out only now that there is no room.
    file.as_file().sync_all()?;
    for number in 1..=MOST_NAMES {
        let number = if number == 1 { String::new() } else { format!("-{number}") };
        let path = folder.join(format!("{stem}{number}.{extension}"));
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(taken) if taken.error.kind() == ErrorKind::AlreadyExists => file = taken.file,
            Err(failed) => return Err(failed.error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

fn refusal(place: &Place, error: &io::Error) -> Refusal {
    const ELSEWHERE: &str = "start with --export-dir DIR to write elsewhere";
    let advice = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!("Free some space there, or {ELSEWHERE}.")
        }
        ErrorKind::PermissionDenied => {
            let who = writer::who(place.user.as_ref());
            format!("Make the folder writable for {who}, or {ELSEWHERE}.")
        }
        ErrorKind::NotFound => format!("The folder is gone: make it again, or {ELSEWHERE}."),
        ErrorKind::AlreadyExists => format!("Clear the old reports away, or {ELSEWHERE}."),
        _ => format!("Mend that, or {ELSEWHERE}."),
    };
    let (folder, whom) = (printable(&place.folder), writer::for_whom(place.user.as_ref()));
    Refusal { why: format!("cannot write into {folder}{whom}: {}", root(error)), advice }
}

/// What the system says. The path of the file aside, which tempfile adds, is nothing that anybody
/// knows.
fn root(error: &io::Error) -> String {
    let told = error.to_string();
    told.split_once(" at path ").map_or(told.clone(), |(why, _)| why.to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let name = |entry: io::Result<std::fs::DirEntry>| {
            entry.unwrap().file_name().into_string().unwrap()
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    fn say(text: &'static str) -> impl FnOnce(&mut dyn Write) -> io::Result<()> {
        move |out| out.write_all(text.as_bytes())
    }

    #[test]
    fn a_report_never_takes_the_place_of_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        std::fs::write(folder.join("r.md"), "precious").unwrap();
        std::os::unix::fs::symlink("nowhere", folder.join("r-2.md")).unwrap();
        let path = save_aside(folder, "r", "md", say("third")).unwrap();
        assert_eq!(path, folder.join("r-3.md"));
        save_aside(folder, "r", "md", say("fourth")).unwrap();
        assert_eq!(names(folder), ["r-2.md", "r-3.md", "r-4.md", "r.md"]);
        assert_eq!(std::fs::read_to_string(folder.join("r.md")).unwrap(), "precious");
        assert_eq!(std::fs::read_to_string(folder.join("r-3.md")).unwrap(), "third");
    }

    #[test]
    fn what_fails_in_the_middle_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let write = |out: &mut dyn Write| {
            out.write_all(&vec![b'x'; 1 << 20])?;
            Err(ErrorKind::StorageFull.into())
        };
        let error = save_aside(folder.path(), "r", "md", write).unwrap_err();
        assert_eq!(names(folder.path()), Vec::<String>::new());
        let told = refusal(&Place::of(Path::new("/srv")), &error);
        assert!(told.why.starts_with("cannot write into /srv: "), "{told:?}");
        assert!(told.advice.contains("Free some space") && told.advice.contains("--export-dir"));
    }

    /// As root on Linux there is a file system that is really full.
    #[test]
    fn a_full_disk_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path();
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(place);
        if !mount.output().is_ok_and(|output| output.status.success()) {
            println!("skipped: a small file system cannot be mounted here");
            return;
        }
        let much = |out: &mut dyn Write| out.write_all(&vec![b'x'; 1 << 20]);
        let (result, left) = (save_aside(place, "r", "md", much), names(place));
        let small = save_aside(place, "r", "md", say("small"));
        std::process::Command::new("umount").arg(place).output().unwrap();
        assert_eq!(result.unwrap_err().kind(), ErrorKind::StorageFull);
        assert_eq!(left, Vec::<String>::new());
        assert_eq!(small.unwrap(), place.join("r.md"));
    }

    #[test]
    fn what_is_refused_to_who_called_sudo_says_so() {
        let user = Identity { name: "alice".into(), uid: 1, gid: 1, groups: vec![] };
        let place = Place { user: Some(user), ..Place::of(Path::new("/root")) };
        let told = refusal(&place, &ErrorKind::PermissionDenied.into());
        assert_eq!(
            told.why,
            "cannot write into /root for alice, who called sudo: permission denied"
        );
        assert!(told.advice.contains("writable for that user"), "{told:?}");
    }

    #[test]
    fn packets_are_for_fewer_than_reports() {
        let folder = tempfile::tempdir().unwrap();
        let mode = |extension| {
            let path = save_aside(folder.path(), "r", extension, say("x")).unwrap();
            path.metadata().unwrap().permissions().mode() & 0o777
        };
        assert_eq!(mode("pcapng") & 0o137, 0);
        assert_eq!(mode("pcapng"), mode("md") & MODE);
    }

    #[test]
    fn a_folder_that_is_gone_is_told_with_what_to_do() {
        let order = Order { form: Form::Text, stem: "r".into(), snapshot: Arc::default() };
        let told = by_oneself(Path::new("/nowhere/at all"))(&order).unwrap_err();
        assert_eq!(
            told.why,
            "cannot write into /nowhere/at all: No such file or directory (os error 2)"
        );
        assert!(told.advice.contains("make it again"), "{told:?}");
        let refused = absolute(Some(Path::new("/nowhere"))).unwrap_err();
        assert!(refused.to_string().contains("no folder"), "{refused}");
    }

    #[test]
    fn orders_are_carried_out_while_the_screen_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let (place, hand) = (folder.path().to_owned(), by_oneself(folder.path()));
        let mut exporter = Exporter::start(place, hand).unwrap();
        for form in [Form::Markdown, Form::Text, Form::Json, Form::Json] {
            exporter.write(Order { form, stem: "r".into(), snapshot: Arc::default() });
        }
        let written = exporter.finish();
        assert_eq!(written.len(), 4);
        assert!(written.iter().all(Result::is_ok), "{written:?}");
        assert_eq!(names(folder.path()), ["r-2.json", "r.json", "r.md", "r.txt"]);
        let json = std::fs::read(folder.path().join("r.json")).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(json["schema"], "rcodetop.report/1");
    }

    #[test]
    fn who_quits_does_not_wait_for_a_disk_that_never_answers() {
        let (answer, never) = mpsc::channel::<()>();
        let hand = Box::new(move |_: &Order| {
            let _ = never.recv();
            Ok("late".to_owned())
        });
        let mut exporter = Exporter::start(PathBuf::from("/mnt/gone"), hand).unwrap();
        let (stem, snapshot) = ("rcodetop".to_owned(), Arc::default());
        exporter.write(Order { form: Form::Text, stem, snapshot });
        let told = exporter.finish();
        assert!(matches!(&told[..], [Err(refusal)] if refusal.why.contains("/mnt/gone")));
        drop(answer);
    }
}
