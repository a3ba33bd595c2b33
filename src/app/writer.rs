//! A process of its own that writes the reports of the dashboard.
//!
//! It sees no packet, gets names and bytes over a pipe, and may do nothing but make files in one
//! folder, with the rights of the user whom they shall belong to. The process that reads packets
//! may write no file at all; whoever takes it over can have a new report made, and no more.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};

use super::export::{self, Hand, Place};
use crate::confine::{self, Identity, Role, Wishes};
use crate::tui::export::{FORMS, Order, Refusal, Written};

/// A report has at most so many bytes: the largest are packets, of which 16 MiB are kept.
const LARGEST: u64 = 256 << 20;
/// The longest line that begins an order: a name is made of the time.
const LONGEST_LINE: u64 = 256;
/// Bytes sent at once.
const CHUNK: usize = 64 << 10;

/// What the process answers once it is confined, and after each order: this and a tab before a
/// path, or the other before two texts.
const DONE: &str = "done";
const REFUSED: &str = "refused";

/// Starts the process, waits until it is confined, and gives orders to it.
///
/// # Errors
///
/// It cannot be started, or not be confined.
pub(super) fn start(folder: &Path) -> anyhow::Result<Hand> {
    let (to, from) = spawn("write-reports", [folder.into()]).context(NOT_STARTED)?;
    let mut ends = Ends { to, from };
    if let Err(refusal) = ends.answer() {
        bail!("{NOT_STARTED}: {}", refusal.why);
    }
    Ok(Box::new(move |order| ends.order(order)))
}

const NOT_STARTED: &str = "cannot start the process that writes reports";

/// Starts this program once more, for a task that only it knows of, and gives the ends of its pipes.
pub(super) fn spawn(
    task: &str,
    words: impl IntoIterator<Item = OsString>,
) -> io::Result<(ChildStdin, BufReader<ChildStdout>)> {
    let mut command = Command::new(program()?);
    command.arg0("rcodetop").arg(task).args(words);
    // In a group of its own: what the terminal sends to stop or end the program is not for it, its
    // input ends when the program does. What it says is said over the pipe.
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
    let mut child = command.spawn()?;
    match (child.stdin.take(), child.stdout.take()) {
        (Some(to), Some(from)) => Ok((to, BufReader::new(from))),
        _ => Err(io::Error::other("it has no pipes")),
    }
}

/// This program, also where its file was replaced since.
fn program() -> io::Result<PathBuf> {
    let this = PathBuf::from("/proc/self/exe");
    if this.exists() { Ok(this) } else { std::env::current_exe() }
}

/// The ends of the pipes that the program has.
struct Ends {
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Ends {
    fn order(&mut self, order: &Order) -> Written {
        export::refuse_nothing(order)?;
        self.send(order).map_err(|error| gone(&error))?;
        self.answer()
    }

    fn send(&mut self, order: &Order) -> io::Result<()> {
        writeln!(self.to, "{}\t{}", order.stem, order.form.extension())?;
        let mut out = BufWriter::with_capacity(CHUNK, Chunked(&mut self.to));
        export::render(order, &mut out)?;
        out.flush()?;
        drop(out);
        self.to.write_all(&0_u32.to_le_bytes())
    }

    fn answer(&mut self) -> Written {
        let mut line = String::new();
        match self.from.read_line(&mut line) {
            Ok(0) => Err(gone(&ErrorKind::UnexpectedEof.into())),
            Ok(_) => parse_answer(line.trim_end_matches('\n')),
            Err(error) => Err(gone(&error)),
        }
    }
}

fn gone(error: &io::Error) -> Refusal {
    Refusal {
        why: format!("the process that writes reports is gone: {error}"),
        advice: "start the program again, or use `rcodetop report`".to_owned(),
    }
}

fn parse_answer(line: &str) -> Written {
    let mut fields = line.split('\t').map(str::to_owned);
    match (fields.next().as_deref(), fields.next(), fields.next()) {
        (Some(DONE), Some(path), _) => Ok(path),
        (Some(REFUSED), Some(why), Some(advice)) => Err(Refusal { why, advice }),
        _ => Err(gone(&ErrorKind::InvalidData.into())),
    }
}

fn write_answer(written: &Written, out: &mut dyn Write) -> io::Result<()> {
    let plain = |text: &str| text.replace(['\t', '\n'], " ");
    match written {
        Ok(path) => writeln!(out, "{DONE}\t{}", plain(path))?,
        Err(refusal) => {
            writeln!(out, "{REFUSED}\t{}\t{}", plain(&refusal.why), plain(&refusal.advice))?;
        }
    }
    out.flush()
}

/// Bytes with their number before them; none ends them.
struct Chunked<W>(W);

impl<W: Write> Write for Chunked<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let (sent, _) = bytes.split_at(bytes.len().min(length as usize));
        if !sent.is_empty() {
            self.0.write_all(&length.to_le_bytes())?;
            self.0.write_all(sent)?;
        }
        Ok(sent.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The other end of them.
struct Chunks<R> {
    from: R,
    left: u32,
    is_over: bool,
}

impl<R: Read> Chunks<R> {
    fn new(from: R) -> Self {
        Self { from, left: 0, is_over: false }
    }
}

impl<R: Read> Read for Chunks<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !self.is_over {
            let mut length = [0; 4];
            self.from.read_exact(&mut length)?;
            self.left = u32::from_le_bytes(length);
            self.is_over = self.left == 0;
        }
        let most = buf.len().min(self.left as usize);
        if most == 0 {
            return Ok(0); // a reader with a buffer would wait for what fills it
        }
        let read = self.from.read(buf.get_mut(..most).unwrap_or_default())?;
        if read == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.left -= u32::try_from(read).unwrap_or(self.left);
        Ok(read)
    }
}

/// After what is written, whom it is written for, if that is not who runs the program.
pub(super) fn for_whom(user: Option<&Identity>) -> String {
    user.map_or_else(String::new, |user| format!(" for {}, who called sudo", user.name))
}

/// Who has to be allowed to write, in a sentence.
pub(super) fn who(user: Option<&Identity>) -> &'static str {
    user.map_or("you", |_| "that user")
}

/// What ends or asks the program, and is sent to all of its processes: this one ends when its input
/// does, with all that came before.
pub(super) fn outlive_signals() -> io::Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGUSR1] {
        signal_hook::flag::register(signal, Arc::default())?;
    }
    Ok(())
}

/// The process itself: confines itself, says so, and serves until its input ends.
pub(super) fn serve(folder: &Path) -> anyhow::Result<()> {
    outlive_signals()?;
    let (input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let role = Role::Writer(folder.to_owned());
    let user = confine::owner();
    let confined = confine::confine(&Wishes { user: user.clone(), ..Wishes::of(role) });
    let ready = confined
        .as_ref()
        .map(confine::Status::line)
        .map_err(|refusal| Refusal { why: refusal.to_string(), advice: String::new() });
    write_answer(&ready, &mut output)?;
    confined?;
    let place = Place { folder: folder.to_owned(), user };
    serve_all(&place, input, &mut output).context("cannot talk to the dashboard")
}

fn serve_all(place: &Place, mut input: impl BufRead, out: &mut dyn Write) -> io::Result<()> {
    loop {
        let mut line = String::new();
        if input.by_ref().take(LONGEST_LINE).read_line(&mut line)? == 0 {
            return Ok(());
        }
        let mut chunks = Chunks::new(&mut input);
        let written = match parse_order(&line) {
            Some((stem, extension)) => serve_one(place, stem, extension, &mut chunks),
            None => Err(unlike_a_report(&line)),
        };
        // What was not written is passed over, to come to the next order.
        io::copy(&mut chunks, &mut io::sink())?;
        write_answer(&written, out)?;
    }
}

fn serve_one(place: &Place, stem: &str, extension: &str, chunks: &mut impl Read) -> Written {
    export::save(place, stem, extension, |out| {
        let copied = io::copy(&mut chunks.take(LARGEST + 1), out)?;
        if copied > LARGEST {
            return Err(io::Error::other(format!("a report is at most {LARGEST} bytes long")));
        }
        Ok(())
    })
}

/// The name of a report and nothing else: no path, no file that somebody reads by its name.
fn parse_order(line: &str) -> Option<(&str, &'static str)> {
    let (stem, end) = line.strip_suffix('\n')?.split_once('\t')?;
    let (_, extension, _) = FORMS.iter().find(|(_, extension, _)| *extension == end)?;
    let rest = stem.strip_prefix("rcodetop")?;
    let is_plain = rest.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    is_plain.then_some((stem, extension))
}

fn unlike_a_report(line: &str) -> Refusal {
    let mut why = "this is no name of a report: ".to_owned();
    let _ = write!(why, "{:?}", line.trim_end()); // a String takes everything
    Refusal { why, advice: "please report this".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(name: &str, chunks: &[&[u8]]) -> Vec<u8> {
        let mut out = format!("{name}\n").into_bytes();
        let mut chunked = Chunked(&mut out);
        chunks.iter().for_each(|bytes| chunked.write_all(bytes).unwrap());
        out.extend(0_u32.to_le_bytes());
        out
    }

    fn serve(folder: &Path, orders: &[Vec<u8>]) -> Vec<Written> {
        let mut out = Vec::new();
        serve_all(&Place::of(folder), orders.concat().as_slice(), &mut out).unwrap();
        String::from_utf8(out).unwrap().lines().map(parse_answer).collect()
    }

    #[test]
    fn what_comes_in_chunks_is_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let orders = [order("rcodetop-1Z\tmd", &[b"one ", b"two"]), order("rcodetop\tjson", &[])];
        let written = serve(folder.path(), &orders);
        let path = folder.path().join("rcodetop-1Z.md");
        assert_eq!(written[0].as_deref(), Ok(path.to_str().unwrap()));
        assert_eq!(std::fs::read_to_string(path).unwrap(), "one two");
        assert_eq!(std::fs::read(folder.path().join("rcodetop.json")).unwrap(), b"");
    }

    #[test]
    fn only_a_report_can_be_written_and_a_refusal_does_not_end_it() {
        let folder = tempfile::tempdir().unwrap();
        let wrong = [
            ".bashrc\tmd",
            "rcodetop/../x\tmd",
            "rcodetop\tsh",
            "rcodetop\tmd\tmd",
            "rcodetop",
            "rcodetop.x\tmd",
            "evil\tmd",
        ];
        let mut orders: Vec<_> = wrong.iter().map(|name| order(name, &[b"x"])).collect();
        orders.push(order("rcodetop\tmd", &[b"fine"]));
        let written = serve(folder.path(), &orders);
        assert!(written[..wrong.len()].iter().all(Result::is_err), "{written:?}");
        assert!(written[wrong.len()].is_ok());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_order_that_is_cut_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut cut = order("rcodetop\tmd", &[b"one two"]);
        cut.truncate(cut.len() - 6);
        let mut out = Vec::new();
        assert!(serve_all(&Place::of(folder.path()), cut.as_slice(), &mut out).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn an_answer_keeps_to_its_line() {
        let refusal = Refusal { why: "a\tb\nc".into(), advice: "d".into() };
        let mut out = Vec::new();
        write_answer(&Err(refusal), &mut out).unwrap();
        let told = parse_answer(String::from_utf8(out).unwrap().trim_end());
        assert_eq!(told, Err(Refusal { why: "a b c".into(), advice: "d".into() }));
    }
}
