//! A shelf for files of rows: where the program is confined a process of its own, which makes files
//! and folders below one folder and can do nothing else; else the program itself.
//!
//! Each message is answered, so that a disk that is full stops who writes and nothing is lost
//! unseen.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, bail};

use super::writer;
use crate::confine::{self, Identity, Role, Wishes};
use crate::rows::{Aside, Folder, Shelf};

/// What is to be done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Begin = 1,
    Write,
    Keep,
    Drop,
}

const VERBS: [Verb; 4] = [Verb::Begin, Verb::Write, Verb::Keep, Verb::Drop];

/// More than any message has.
const LONGEST: u64 = 1 << 20;
/// Bytes of a file that are sent at once.
const CHUNK: usize = 256 << 10;

/// What the process answers, before the text of what went wrong if something did.
const DONE: &str = "done";
const TAKEN: &str = "taken";
const FAILED: &str = "failed";

const NOT_STARTED: &str = "cannot start the process that writes rows";

/// Starts the process, and waits until it is confined.
///
/// # Errors
///
/// It cannot be started, or not be confined.
pub(super) fn start(folder: &Path) -> anyhow::Result<Box<dyn Shelf>> {
    let (to, from) =
        writer::spawn("write-rows", ["--".into(), folder.into()]).context(NOT_STARTED)?;
    let mut ends = Ends { to, from, files: 0 };
    if let Err(error) = ends.answer() {
        bail!("{NOT_STARTED}: {error}");
    }
    Ok(Box::new(Remote(Arc::new(Mutex::new(ends)))))
}

/// The ends of the pipes that the program has.
struct Ends {
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    /// Files begun: each has a number.
    files: u64,
}

impl Ends {
    fn order(&mut self, verb: Verb, file: u64, bytes: &[u8]) -> io::Result<()> {
        send(&mut self.to, verb, file, bytes).map_err(|error| gone(&error))?;
        self.answer()
    }

    fn answer(&mut self) -> io::Result<()> {
        let mut line = String::new();
        match self.from.read_line(&mut line) {
            Ok(0) => Err(gone(&ErrorKind::UnexpectedEof.into())),
            Ok(_) => parse_answer(line.trim_end_matches('\n')),
            Err(error) => Err(gone(&error)),
        }
    }
}

/// Not with the kind of the error: a pipe that is closed here is none that a reader has left.
fn gone(error: &io::Error) -> io::Error {
    io::Error::other(format!("the process that writes rows is gone: {error}"))
}

fn send(out: &mut impl Write, verb: Verb, file: u64, bytes: &[u8]) -> io::Result<()> {
    let numbers = [verb as u64, file, bytes.len() as u64];
    out.write_all(numbers.map(u64::to_le_bytes).as_flattened())?;
    out.write_all(bytes)?;
    out.flush()
}

/// The other end; `None` where nothing follows.
fn receive(input: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<Option<(Verb, u64)>> {
    let mut numbers = [[0; 8]; 3];
    match input.read_exact(numbers.as_flattened_mut()) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let [verb, file, length] = numbers.map(u64::from_le_bytes);
    let verb = VERBS.into_iter().find(|each| *each as u64 == verb);
    let verb = verb.filter(|_| length <= LONGEST).ok_or(ErrorKind::InvalidData)?;
    bytes.clear();
    let read = input.take(length).read_to_end(bytes)?;
    if (read as u64) < length {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(Some((verb, file)))
}

fn parse_answer(line: &str) -> io::Result<()> {
    match line.split_once('\t') {
        Some((DONE, _)) => Ok(()),
        Some((TAKEN, why)) => Err(io::Error::new(ErrorKind::AlreadyExists, why.to_owned())),
        Some((FAILED, why)) => Err(io::Error::other(why.to_owned())),
        _ => Err(gone(&ErrorKind::InvalidData.into())),
    }
}

fn write_answer(done: &io::Result<()>, out: &mut impl Write) -> io::Result<()> {
    let (word, why) = match done {
        Ok(()) => (DONE, String::new()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => (TAKEN, error.to_string()),
        Err(error) => (FAILED, error.to_string()),
    };
    writeln!(out, "{word}\t{}", why.replace(['\t', '\n'], " "))?;
    out.flush()
}

/// The process as this one sees it; its files share the pipes.
struct Remote(Arc<Mutex<Ends>>);

impl Shelf for Remote {
    fn begin(&mut self, path: &Path) -> io::Result<Box<dyn Aside>> {
        let mut ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ends.files += 1;
        let file = ends.files;
        ends.order(Verb::Begin, file, path.as_os_str().as_bytes())?;
        let (ends, buffer) = (Arc::clone(&self.0), Vec::with_capacity(CHUNK));
        Ok(Box::new(RemoteFile { ends, file, buffer, is_kept: false }))
    }
}

struct RemoteFile {
    ends: Arc<Mutex<Ends>>,
    file: u64,
    buffer: Vec<u8>,
    is_kept: bool,
}

impl RemoteFile {
    fn order(&self, verb: Verb, bytes: &[u8]) -> io::Result<()> {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends.order(verb, self.file, bytes)
    }
}

impl Write for RemoteFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = CHUNK.saturating_sub(self.buffer.len());
        let (now, _) = bytes.split_at(bytes.len().min(room));
        self.buffer.extend_from_slice(now);
        if self.buffer.len() >= CHUNK {
            self.flush()?;
        }
        Ok(now.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let buffer = std::mem::take(&mut self.buffer);
        let sent = if buffer.is_empty() { Ok(()) } else { self.order(Verb::Write, &buffer) };
        self.buffer = buffer;
        self.buffer.clear();
        sent
    }
}

impl Aside for RemoteFile {
    fn keep(mut self: Box<Self>) -> io::Result<()> {
        self.flush()?;
        self.is_kept = true;
        self.order(Verb::Keep, &[])
    }
}

impl Drop for RemoteFile {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = self.order(Verb::Drop, &[]); // or it goes when the process ends
        }
    }
}

/// Standard output as a shelf for one file.
pub(super) struct Stdout;

impl Shelf for Stdout {
    fn begin(&mut self, _: &Path) -> io::Result<Box<dyn Aside>> {
        Ok(Box::new(Lines(io::BufWriter::with_capacity(CHUNK, io::stdout()))))
    }
}

struct Lines(io::BufWriter<io::Stdout>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Aside for Lines {
    fn keep(mut self: Box<Self>) -> io::Result<()> {
        self.0.flush()
    }
}

/// The process itself: confines itself, says so, and serves until its input ends.
pub(super) fn serve(folder: &Path) -> anyhow::Result<()> {
    writer::outlive_signals()?;
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let role = Role::Filer(folder.to_owned());
    let user = confine::owner();
    let wishes = Wishes { user: user.clone(), ..Wishes::of(role) };
    let confined = confine::confine(&wishes).map(drop).map_err(io::Error::other);
    write_answer(&confined, &mut output)?;
    confined?;
    let mut shelf = Owned { shelf: Folder(folder.to_owned()), user };
    serve_all(&mut shelf, &mut input, &mut output).context("cannot talk to the export")
}

/// A shelf whose refusals say for whom, and what to do.
struct Owned<S> {
    shelf: S,
    user: Option<Identity>,
}

impl<S: Shelf> Shelf for Owned<S> {
    fn begin(&mut self, path: &Path) -> io::Result<Box<dyn Aside>> {
        self.shelf.begin(path).map_err(|error| match error.kind() {
            ErrorKind::PermissionDenied => {
                let user = self.user.as_ref();
                let (whom, who) = (writer::for_whom(user), writer::who(user));
                io::Error::new(
                    ErrorKind::PermissionDenied,
                    format!("{error}{whom}; name a folder where {who} may write (-o)"),
                )
            }
            _ => error,
        })
    }
}

fn serve_all(
    shelf: &mut dyn Shelf,
    input: &mut impl Read,
    output: &mut impl Write,
) -> io::Result<()> {
    let (mut files, mut bytes) = (HashMap::new(), Vec::new());
    while let Some((verb, file)) = receive(input, &mut bytes)? {
        let done = serve_one(shelf, &mut files, verb, file, &bytes);
        write_answer(&done, output)?;
    }
    Ok(())
}

type Files = HashMap<u64, Box<dyn Aside>>;

fn serve_one(
    shelf: &mut dyn Shelf,
    files: &mut Files,
    verb: Verb,
    file: u64,
    bytes: &[u8],
) -> io::Result<()> {
    match verb {
        Verb::Begin => {
            let path = PathBuf::from(std::ffi::OsString::from_vec(bytes.to_vec()));
            files.insert(file, shelf.begin(&path)?);
            Ok(())
        }
        Verb::Write => files.get_mut(&file).ok_or(ErrorKind::NotFound)?.write_all(bytes),
        Verb::Keep => files.remove(&file).ok_or(ErrorKind::NotFound)?.keep(),
        Verb::Drop => {
            files.remove(&file);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a process answers to these messages.
    fn serve(folder: &Path, messages: &[(Verb, u64, &[u8])]) -> Vec<String> {
        let (mut input, mut output) = (Vec::new(), Vec::new());
        for (verb, file, bytes) in messages {
            send(&mut input, *verb, *file, bytes).unwrap();
        }
        serve_all(&mut Folder(folder.to_owned()), &mut input.as_slice(), &mut output).unwrap();
        String::from_utf8(output).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn files_are_written_side_by_side_and_only_below_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let told = serve(
            folder.path(),
            &[
                (Verb::Begin, 1, b"a/one"),
                (Verb::Begin, 2, b"a/two"),
                (Verb::Write, 1, b"1"),
                (Verb::Write, 2, b"2"),
                (Verb::Keep, 1, b""),
                (Verb::Drop, 2, b""),
                (Verb::Begin, 3, b"a/one"),
                (Verb::Begin, 4, b"../x"),
                (Verb::Write, 9, b"?"),
                (Verb::Begin, 5, b"left"),
            ],
        );
        let words: Vec<_> = told.iter().map(|line| line.split('\t').next().unwrap()).collect();
        let expected = [DONE, DONE, DONE, DONE, DONE, DONE, TAKEN, FAILED, FAILED, DONE];
        assert_eq!(words, expected, "{told:?}");
        assert_eq!(std::fs::read(folder.path().join("a/one")).unwrap(), b"1");
        let left = |path: &str| std::fs::read_dir(folder.path().join(path)).unwrap().count();
        assert_eq!((left("a"), left(".")), (1, 1), "what was not kept is gone");
    }

    #[test]
    fn a_message_that_is_none_ends_it() {
        let mut bytes = Vec::new();
        let mut cut = Vec::new();
        send(&mut cut, Verb::Write, 1, b"abc").unwrap();
        assert!(receive(&mut &cut[..26], &mut bytes).is_err(), "it was cut");
        assert!(receive(&mut [9_u8; 24].as_slice(), &mut bytes).is_err(), "no such verb");
        let long = [2, 1, LONGEST + 1].map(u64::to_le_bytes).concat();
        assert!(receive(&mut long.as_slice(), &mut bytes).is_err(), "too long");
        assert_eq!(receive(&mut [].as_slice(), &mut bytes).unwrap(), None);
    }

    #[test]
    fn an_answer_keeps_to_its_line_and_its_meaning() {
        let failures = [ErrorKind::AlreadyExists, ErrorKind::StorageFull];
        let told = failures.map(|kind| {
            let mut line = Vec::new();
            write_answer(&Err(io::Error::new(kind, "a\tb\nc")), &mut line).unwrap();
            let line = String::from_utf8(line).unwrap();
            parse_answer(line.strip_suffix('\n').unwrap()).unwrap_err()
        });
        assert_eq!(told[0].kind(), ErrorKind::AlreadyExists);
        assert_eq!(told.map(|error| error.to_string()), ["a b c", "a b c"]);
    }
}
