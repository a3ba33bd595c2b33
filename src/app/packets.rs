//! `rcodetop export --format pcapng`: the packets of the exchanges that are meant, all of them.
//!
//! Files are read twice: once to know which exchanges are meant, and once to pick their packets.
//! With a finding once more before, to know what it covers.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use hashbrown::HashMap;

use super::capture::{Capture, Reopen};
use super::progress::Meter;
use super::rows::{self, Exporter};
use super::signals::{Inquiry, Stop};
use super::verdict::{self, Exit};
use super::{analyzer, confinement, covering, open};
use crate::cli::{Analysis, Volume, Whither};
use crate::engine::EngineConfig;
use crate::pick::{Chosen, Finder, Notes, Picked};
use crate::record::blocks;
use crate::rows::Aside;
use crate::snapshot::{Ended, Snapshot, SnapshotSpec};
use crate::source::{InterfaceNames, NextRun};
use crate::wire::name::escape_text;

/// Of the memory granted, notes of exchanges have one part in so many.
const NOTES_PART: u64 = 2;

/// A display filter with more parts than this is none that anybody would paste.
const MOST_PARTS: usize = 400;

/// What is handed over to be written at once.
const CHUNK: usize = 256 << 10;

/// Reads the files, picks the packets, writes them.
pub(super) fn run(analysis: &Analysis, path: &Path, finding: Option<&str>) -> anyhow::Result<Exit> {
    let shelf = rows::shelf(&Whither::File(path.to_owned()), &analysis.rights);
    let mut shelf = shelf?;
    // How far it is the meter says.
    let _unheeded = Inquiry::on_signal()?;
    let opened = open::open(analysis)?;
    let again = opened.again().ok_or_else(|| {
        anyhow!("the capture has to be read twice, and this is no file that lasts; save it first")
    })?;
    let stop = Stop::on_signals()?;
    let status = confinement::confine(analysis, &opened)?;
    confinement::tell(&status, analysis.volume, analysis.input.is_live());

    let engine = match finding {
        None => opened.engine().clone(),
        Some(id) => with_finding(opened.engine(), &again, &stop, Meter::new(analysis), id)?,
    };
    let bytes = usize::try_from(engine.max_memory / NOTES_PART).unwrap_or(usize::MAX);
    let config = EngineConfig { max_memory: engine.max_memory / NOTES_PART, ..engine.clone() };
    let chosen = Chosen::new(bytes, engine.patience);
    let notes = chosen.notes();
    let make = |_, _| -> io::Result<_> { Ok(Box::new(Exporter::new(config, Box::new(chosen)))) };
    let mut capture = opened.read_by(|threads, engine| {
        let made: io::Result<Box<Exporter>> = make(threads, engine);
        Ok(made?)
    })?;
    let snapshot = read(&mut capture, &stop, Meter::new(analysis));
    verdict::require_frames(&snapshot)?;
    let notes = notes();
    if notes.exchanges() == 0 {
        // The filter that stands for a finding is longer than anybody reads.
        let of_finding = |id: &str| format!("finding {}", escape_text(id.as_bytes()));
        let what = finding.map_or_else(|| why(&engine), of_finding);
        bail!("nothing to export: {what} means no exchange of this capture");
    }

    let name = PathBuf::from(path.file_name().unwrap_or_default());
    let failed = || format!("cannot write packets to {}", rows::printable(path));
    let mut out = Out::new(shelf.begin(&name).with_context(failed)?, &engine, &notes);
    let without = notes.without();
    let finder = Finder::new(notes, &engine.ports, engine.bounds().fragment_bytes);
    let shed = pick(&again, finder, &stop, Meter::new(analysis), &mut out)?;
    let told = out.summary();
    out.finish().with_context(failed)?;
    tell(analysis, path, &told, &Missing { exchanges: without, fragments: shed });
    Ok(verdict::verdict(&snapshot, false))
}

/// Reads to the end, or to a signal.
fn read(capture: &mut Capture, stop: &Stop, mut meter: Meter) -> Snapshot {
    while !capture.has_ended() {
        capture.advance();
        if stop.is_asked() {
            capture.end(Ended::Stopped);
        }
        meter.update(capture.frames(), capture.progress());
    }
    meter.finish(capture.frames());
    capture.snapshot(&SnapshotSpec { weigh: false, ..SnapshotSpec::default() })
}

/// The engine, with a filter that means what a finding covers.
fn with_finding(
    engine: &EngineConfig,
    again: &Reopen,
    stop: &Stop,
    mut meter: Meter,
    id: &str,
) -> anyhow::Result<EngineConfig> {
    let mut analyzer = analyzer::alone(engine.clone());
    let mut source = again()?;
    loop {
        match source.next_run(CHUNK) {
            NextRun::Frames(run) => analyzer.feed(run),
            NextRun::Quiet => {}
            NextRun::End(_) => break,
        }
        if stop.is_asked() {
            let id = escape_text(id.as_bytes());
            bail!("stopped before it was known what finding {id} is: nothing is written");
        }
        meter.update(0, source.progress());
    }
    meter.clear();
    analyzer.finish();
    let snapshot = analyzer.snapshot(&SnapshotSpec::default());
    let filter = covering::finding(&snapshot, id)?;
    let both = engine.filter.clone().map_or(filter.clone(), |asked| asked.and(&filter));
    Ok(EngineConfig { filter: Some(both), ..engine.clone() })
}

fn why(engine: &EngineConfig) -> String {
    engine.filter.as_ref().map_or("all".to_owned(), |filter| escape_text(filter.text().as_bytes()))
}

/// Reads the files once more. How many fragments there was no memory for.
fn pick(
    again: &Reopen,
    mut finder: Finder,
    stop: &Stop,
    mut meter: Meter,
    out: &mut Out,
) -> anyhow::Result<u64> {
    let mut source = again()?;
    out.names = source.interface_names();
    let mut number = 0;
    loop {
        match source.next_run(CHUNK) {
            NextRun::Frames(run) => {
                for frame in run {
                    number += 1;
                    finder.frame(&frame, number, &mut |picked| out.packet(picked));
                }
            }
            NextRun::Quiet => {}
            NextRun::End(_) => break,
        }
        if stop.is_asked() || out.failed.is_some() {
            break;
        }
        meter.update(number, source.progress());
    }
    meter.clear();
    Ok(finder.shed())
}

/// A pcapng file with one description for each interface.
struct Out {
    file: Box<dyn Aside>,
    bytes: Vec<u8>,
    interfaces: HashMap<(u32, u16), u32>,
    numbers: Vec<u64>,
    names: InterfaceNames,
    why: String,
    failed: Option<io::Error>,
}

impl Out {
    fn new(file: Box<dyn Aside>, engine: &EngineConfig, notes: &Notes) -> Self {
        let (mut bytes, why) = (Vec::with_capacity(CHUNK), why(engine));
        let told = format!("rcodetop: the packets of {} exchanges: {why}", notes.exchanges());
        blocks::section(Some(&told), &mut bytes);
        let (interfaces, numbers) = (HashMap::default(), Vec::new());
        let names = InterfaceNames::default();
        Self { file, bytes, interfaces, numbers, names, why, failed: None }
    }

    fn packet(&mut self, picked: &Picked<'_>) {
        let frame = picked.frame;
        let next = u32::try_from(self.interfaces.len()).unwrap_or(u32::MAX);
        let number = *self.interfaces.entry((frame.interface, frame.link.0)).or_insert(next);
        if number == next {
            let name = self.names.get(frame.interface);
            blocks::interface(frame.link.0, name.as_deref(), &mut self.bytes);
        }
        let comment = format!(
            "rcodetop: frame {}: {}; selected by: {}",
            picked.number, picked.what, self.why
        );
        blocks::packet(frame, number, Some(&comment), &mut self.bytes);
        self.numbers.push(picked.number);
        if self.bytes.len() >= CHUNK {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if self.failed.is_none() {
            self.failed = self.file.write_all(&self.bytes).err();
        }
        self.bytes.clear();
    }

    fn finish(mut self) -> io::Result<()> {
        self.flush();
        match self.failed {
            Some(error) => Err(error),
            None => self.file.keep(),
        }
    }

    fn summary(&self) -> Summary {
        let mut numbers = self.numbers.clone();
        numbers.sort_unstable();
        numbers.dedup();
        Summary { packets: self.numbers.len(), parts: parts(&numbers) }
    }
}

struct Summary {
    packets: usize,
    /// From which frame to which.
    parts: Vec<(u64, u64)>,
}

/// Numbers that follow each other, as one part.
fn parts(numbers: &[u64]) -> Vec<(u64, u64)> {
    let mut parts: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => parts.push((*number, *number)),
        }
    }
    parts
}

/// The same packets in the capture itself, for Wireshark and tshark.
fn display_filter(parts: &[(u64, u64)]) -> Option<String> {
    let part = |(first, last): &(u64, u64)| {
        if first == last { first.to_string() } else { format!("{first}..{last}") }
    };
    (parts.len() <= MOST_PARTS).then(|| {
        let parts: Vec<_> = parts.iter().map(part).collect();
        format!("frame.number in {{{}}}", parts.join(", "))
    })
}

/// What there was no memory for.
struct Missing {
    exchanges: u64,
    fragments: u64,
}

fn tell(analysis: &Analysis, path: &Path, told: &Summary, missing: &Missing) {
    if analysis.volume == Volume::Quiet {
        return;
    }
    let mut lines = vec![format!("{} packets in {}", told.packets, rows::printable(path))];
    let Missing { exchanges, fragments } = missing;
    if *exchanges > 0 {
        lines.push(format!(
            "warning: there was no memory for {exchanges} exchanges, whose packets are missing; \
             give more with --max-memory"
        ));
    }
    if *fragments > 0 {
        lines.push(format!(
            "warning: there was no room for {fragments} fragments of IP packets, some of which may \
             be parts of these messages; export a shorter part of the capture"
        ));
    }
    let is_one =
        matches!(&analysis.input, crate::cli::Input::Files { paths, .. } if paths.len() == 1);
    match display_filter(&told.parts).filter(|_| is_one) {
        Some(filter) => lines.push(format!("the same in the capture, in Wireshark: {filter}")),
        None if is_one => lines.push("too many to name them in a display filter".to_owned()),
        None => {}
    }
    for line in lines {
        // Nobody to tell is no reason to fail.
        let _ = writeln!(io::stderr(), "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_filter_names_frames_that_follow_each_other_as_one() {
        let parts = parts(&[1, 2, 3, 7, 9, 10]);
        let filter = display_filter(&parts);
        assert_eq!(filter.as_deref(), Some("frame.number in {1..3, 7, 9..10}"));
        let many: Vec<_> = (0..1000).map(|number| (number * 2, number * 2)).collect();
        assert_eq!(display_filter(&many), None);
    }
}
