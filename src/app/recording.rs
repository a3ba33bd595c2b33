//! Who writes packets to the disk: where the program is confined a process of its own, which makes
//! files in one folder and can do nothing else; else the program itself.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::process::{ChildStdin, ChildStdout};

use anyhow::{Context, anyhow, bail};

use super::writer;
use crate::cli::{Analysis, Rights};
use crate::confine::{self, Identity, Role, Wishes};
use crate::record::{Chunk, Disk, Earlier, Files, RecordOptions, Recording};
use crate::wire::name::escape_text;

/// Where packets are written to, if they are.
pub(super) fn disk(analysis: &Analysis) -> anyhow::Result<Option<Box<dyn Disk>>> {
    let Some(options) = &analysis.record else { return Ok(None) };
    Ok(Some(match analysis.rights {
        Rights::Confined { .. } => Box::new(start(options)?),
        Rights::All => {
            Box::new(Files::open(options.clone()).map_err(|why| refusal(options, None, &why))?)
        }
    }))
}

/// Why no packets can be written, for whom, and what to do about it.
fn refusal(options: &RecordOptions, user: Option<&Identity>, error: &io::Error) -> anyhow::Error {
    let path = escape_text(options.path.as_os_str().as_encoded_bytes());
    let (whom, who) = (writer::for_whom(user), writer::who(user));
    let failed = format!("cannot write packets to {path}{whom}");
    match error.kind() {
        ErrorKind::AlreadyExists => anyhow!("{failed}: it exists; name another file"),
        ErrorKind::PermissionDenied => {
            anyhow!("{failed}: {error}; name a file in a folder where {who} may write")
        }
        ErrorKind::NotFound => anyhow!("{failed}: {error}; make its folder, or name another"),
        _ => anyhow!("{failed}: {error}"),
    }
}

/// The process as this one sees it.
struct Remote {
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    status: Recording,
}

const NOT_STARTED: &str = "cannot start the process that writes packets";

/// Starts the process and waits until it is confined and has its first file.
fn start(options: &RecordOptions) -> anyhow::Result<Remote> {
    let number = |name, number: Option<u64>| number.map(|number| format!("{name}={number}"));
    let every = options.every.map(|every| format!("--write-every={}ms", every.as_millis().max(1)));
    let limits = [
        number("--write-size", options.size),
        number("--write-total", options.total),
        every,
        Some("--".to_owned()),
    ];
    let words = limits.into_iter().flatten().map(OsString::from);
    let words = words.chain([options.path.clone().into()]);
    let (to, from) = writer::spawn("write-packets", words).context(NOT_STARTED)?;
    let mut remote = Remote { to, from, status: Recording::default() };
    remote.hear().context(NOT_STARTED)?;
    match remote.status.stopped.take() {
        Some(why) => bail!(why),
        None => Ok(remote),
    }
}

impl Disk for Remote {
    fn status(&self) -> Recording {
        self.status.clone()
    }

    fn write(&mut self, chunk: &Chunk) -> Recording {
        if self.status.stopped.is_some() {
            self.status.lost += chunk.frames;
        } else if let Err(error) = send(chunk, &mut self.to).and_then(|()| self.hear()) {
            self.status.lost += chunk.frames;
            self.status.stopped = Some(format!("the process that writes packets is gone: {error}"));
        }
        self.status.clone()
    }
}

impl Remote {
    fn hear(&mut self) -> io::Result<()> {
        let mut line = String::new();
        if self.from.read_line(&mut line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.status = parse(line.trim_end_matches('\n')).ok_or(ErrorKind::InvalidData)?;
        Ok(())
    }
}

/// Numbers of a chunk, then its bytes.
fn send(chunk: &Chunk, out: &mut dyn Write) -> io::Result<()> {
    let length = chunk.bytes.len() as u64;
    let numbers = [chunk.frames, chunk.first.0, chunk.span, u64::from(chunk.is_interface), length];
    out.write_all(&numbers.map(u64::to_le_bytes).concat())?;
    out.write_all(&chunk.bytes)?;
    out.flush()
}

/// More than any chunk has: a frame that follows those that fit, and the largest frame there is.
const LONGEST_CHUNK: u64 = 32 << 20;

/// The other end; `None` where nothing follows.
fn receive(input: &mut dyn Read, chunk: &mut Chunk) -> io::Result<Option<()>> {
    let mut numbers = [[0; 8]; 5];
    match input.read_exact(numbers.as_flattened_mut()) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let [frames, first, span, is_interface, length] = numbers.map(u64::from_le_bytes);
    if length > LONGEST_CHUNK {
        return Err(ErrorKind::InvalidData.into());
    }
    (chunk.frames, chunk.first.0, chunk.span) = (frames, first, span);
    chunk.is_interface = is_interface == 1;
    chunk.bytes.clear();
    let read = input.take(length).read_to_end(&mut chunk.bytes)?;
    if (read as u64) < length { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(Some(())) }
}

/// A line, with tabs between its fields; the last one may be empty.
fn tell(status: &Recording, out: &mut dyn Write) -> io::Result<()> {
    let Recording { file, files, frames, bytes, lost, stopped } = status;
    let why = stopped.as_deref().unwrap_or_default().replace(['\t', '\n'], " ");
    writeln!(out, "{files}\t{frames}\t{bytes}\t{lost}\t{file}\t{why}")?;
    out.flush()
}

fn parse(line: &str) -> Option<Recording> {
    let mut fields = line.split('\t');
    let mut number = || fields.next()?.parse().ok();
    let (files, frames, bytes, lost) = (number()?, number()?, number()?, number()?);
    let file = fields.next()?.to_owned();
    let stopped = Some(fields.next()?.to_owned()).filter(|why| !why.is_empty());
    Some(Recording { file, files, frames, bytes, lost, stopped })
}

/// The process itself: confines itself, opens its first file, and writes until its input ends.
pub(super) fn serve(options: &RecordOptions) -> anyhow::Result<()> {
    writer::outlive_signals()?;
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut files = match confined(options) {
        Ok(files) => files,
        Err(error) => {
            let stopped = Some(format!("{error:#}"));
            return Ok(tell(&Recording { stopped, ..Recording::default() }, &mut output)?);
        }
    };
    tell(&files.status(), &mut output)?;
    let mut chunk = Chunk::default();
    while receive(&mut input, &mut chunk)?.is_some() {
        tell(&files.write(&chunk), &mut output)?;
    }
    Ok(())
}

/// Lists the folder before, as no folder can be listed by who is confined; names are all it learns.
fn confined(options: &RecordOptions) -> anyhow::Result<Files> {
    let user = confine::owner();
    let refused = |error: io::Error| refusal(options, user.as_ref(), &error);
    let uid = user.as_ref().map_or_else(|| rustix::process::geteuid().as_raw(), |user| user.uid);
    let earlier = Earlier::of(options, uid).map_err(refused)?;
    let role = Role::Writer(options.folder().to_owned());
    confine::confine(&Wishes { user: user.clone(), ..Wishes::of(role) })?;
    Files::after(earlier, options.clone()).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Timestamp;

    #[test]
    fn a_chunk_and_what_became_of_it_come_over_a_pipe_as_they_are() {
        let chunk = Chunk {
            bytes: vec![7; 1000],
            frames: 3,
            first: Timestamp(1),
            span: 2,
            is_interface: true,
        };
        let mut pipe = Vec::new();
        send(&chunk, &mut pipe).unwrap();
        let mut read = Chunk::default();
        assert_eq!(receive(&mut &pipe[..], &mut read).unwrap(), Some(()));
        assert_eq!(read, chunk);
        assert_eq!(receive(&mut &pipe[..0], &mut read).unwrap(), None, "nothing follows");
        assert!(receive(&mut &pipe[..500], &mut read).is_err(), "it was cut");
        let status = Recording {
            file: "a\\009.pcapng".into(),
            files: 2,
            frames: 3,
            bytes: 4,
            lost: 5,
            stopped: Some("no\troom".into()),
        };
        let mut line = Vec::new();
        tell(&status, &mut line).unwrap();
        let told = parse(String::from_utf8(line).unwrap().trim_end()).unwrap();
        assert_eq!(told, Recording { stopped: Some("no room".into()), ..status });
        assert_eq!(parse("1\t2"), None);
    }
}
