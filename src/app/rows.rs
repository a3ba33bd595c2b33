//! `rcodetop export`: read everything, write one row for each exchange.

use std::fs;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, anyhow, bail};

use super::analyze::Analyze;
use super::capture::Capture;
use super::lane::Lane;
use super::progress::Meter;
use super::shelf::{self, Stdout};
use super::signals::{Inquiry, Orders, Stop};
use super::verdict::{self, Exit};
use super::{confinement, open, report};
use crate::cli::{Analysis, Rights, Rows, Volume, Whither};
use crate::confine;
use crate::engine::{EngineConfig, Front, Matcher, Witness};
use crate::focus::Focus;
use crate::rows::{
    self, Folder, Gather, Hand, Load, Meaning, Place, Press, PressOptions, Printed, Progress, Shelf,
};
use crate::snapshot::{Ended, Snapshot, SnapshotSpec, Timestamp};
use crate::source::Frames;
use crate::tally::{Bounds, Tallies};
use crate::track::{Hasher, Relief};
use crate::trail::WholeFrame;
use crate::wire::name::escape_text;

/// Of the memory granted, rows have one part in so many; matching has the rest.
const ROWS_PART: u64 = 2;
/// Batches in memory at once: those that are gathered, written, and on their way.
const BATCHES: u64 = 8;

/// Reads the input to its end, or to a signal, and writes the rows.
pub(super) fn run(analysis: &Analysis, rows: &Rows) -> anyhow::Result<Exit> {
    // First, so that the process that writes has nothing of what is read.
    let shelf = shelf(&rows.output, &analysis.rights)?;
    let sensor = sensor(rows);
    let inquiry = Inquiry::on_signal()?;
    let opened = open::open(analysis)?;
    let orders = Orders { stop: Stop::on_signals()?, inquiry };
    let status = confinement::confine(analysis, &opened)?;
    confinement::tell(&status, analysis.volume, analysis.input.is_live());
    let place = place(rows, &sensor);
    let press = Press::new(press_options(rows, place.clone(), sensor), shelf);
    let progress = press.progress();
    let mut capture =
        opened.read_by(|threads, engine| Exporter::boxed(threads, engine, place, press))?;
    let mut meter = Meter::new(analysis);
    read(&mut capture, &orders, rows, &mut meter, &progress, report::duration(&analysis.input));
    let snapshot = capture.snapshot(&SnapshotSpec { weigh: false, ..SnapshotSpec::default() });
    drop(capture);
    verdict::require_frames(&snapshot)?;
    let printed = rows::read(&progress).clone();
    refuse(&printed, rows)?;
    if analysis.volume > Volume::Quiet {
        // Nobody to tell is no reason to fail.
        let _ = writeln!(io::stderr(), "{}", summary(&printed, rows));
    }
    Ok(verdict::verdict(&snapshot, false))
}

fn read(
    capture: &mut Capture,
    orders: &Orders,
    rows: &Rows,
    meter: &mut Meter,
    progress: &Progress,
    duration: Option<std::time::Duration>,
) {
    let began = Instant::now();
    while !capture.has_ended() {
        capture.advance();
        if orders.inquiry.take() {
            // Where nobody reads it the export goes on.
            let printed = rows::read(progress).clone();
            let _ = writeln!(io::stderr(), "so far {}", summary(&printed, rows));
        }
        let is_over = duration.is_some_and(|duration| began.elapsed() >= duration);
        // Rows that cannot be written are no reason to read on.
        if orders.stop.is_asked() || is_over || rows::read(progress).failed.is_some() {
            capture.end(Ended::Stopped);
        }
        meter.update(capture.frames(), capture.progress());
    }
    meter.finish(capture.frames());
}

/// Where files go, by whom they are written.
pub(super) fn shelf(output: &Whither, rights: &Rights) -> anyhow::Result<Box<dyn Shelf>> {
    let folder = match output {
        Whither::Stdout => return Ok(Box::new(Stdout)),
        Whither::File(path) => {
            if path.symlink_metadata().is_ok() {
                bail!("cannot write {}: it exists; name another file", printable(path));
            }
            parent(path)
        }
        Whither::Folder(path) => path.clone(),
    };
    let Rights::Confined { .. } = rights else {
        make(&folder)?;
        return Ok(Box::new(Folder(folder)));
    };
    // What is written belongs to whom it is written for, folders too.
    match confine::owner() {
        Some(user) => confine::as_user(&user, || make(&folder))?
            .with_context(|| format!("for {}, who called sudo", user.name))?,
        None => make(&folder)?,
    }
    shelf::start(&folder)
}

fn make(folder: &Path) -> anyhow::Result<()> {
    let failed = || format!("cannot write into {}", printable(folder));
    if folder.symlink_metadata().is_ok() && !folder.is_dir() {
        return Err(anyhow!("it is a file; name a folder, or a file that ends as the format does"))
            .with_context(failed);
    }
    fs::create_dir_all(folder).with_context(|| {
        format!("cannot write into {}; name a folder that can be made (-o)", printable(folder))
    })
}

fn parent(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).to_owned()
}

pub(super) fn printable(path: &Path) -> String {
    escape_text(path.as_os_str().as_encoded_bytes())
}

fn place(rows: &Rows, sensor: &str) -> Place {
    match &rows.output {
        Whither::Stdout => Place::File(PathBuf::from("standard output")),
        Whither::File(path) => Place::File(path.file_name().unwrap_or_default().into()),
        Whither::Folder(_) => Place::Folders { sensor: sensor.to_owned() },
    }
}

/// As named by the user, or this host: to be asked before that is out of reach.
fn sensor(rows: &Rows) -> String {
    let host = || {
        let system = rustix::system::uname();
        Some(system.nodename().to_string_lossy().into_owned()).filter(|host| !host.is_empty())
    };
    rows.sensor.clone().or_else(host).unwrap_or_else(|| "local".to_owned())
}

fn press_options(rows: &Rows, place: Place, sensor: String) -> PressOptions {
    let labels = vec![
        ("rcodetop.version", env!("CARGO_PKG_VERSION").to_owned()),
        ("rcodetop.sensor", sensor),
    ];
    PressOptions { format: rows.format, place, labels }
}

/// What was not written is an error, whatever else was.
fn refuse(printed: &Printed, rows: &Rows) -> anyhow::Result<()> {
    let Some((_, error)) = &printed.failed else { return Ok(()) };
    let trouble = match &rows.output {
        // Where there is one file alone it is named already.
        Whither::File(_) => error.to_string(),
        Whither::Folder(_) | Whither::Stdout => printed.trouble().unwrap_or_default(),
    };
    let advice = match error.kind() {
        io::ErrorKind::AlreadyExists => {
            "; was this exported before? name another folder, or take that file away"
        }
        io::ErrorKind::QuotaExceeded if matches!(rows.output, Whither::Folder(_)) => " (-o FILE)",
        _ => "",
    };
    let whole = match (printed.files, &rows.output) {
        (0, _) | (_, Whither::Stdout | Whither::File(_)) => String::new(),
        (files, _) => format!("; {files} files before it are whole and stay there"),
    };
    let told = format!("cannot write {}: {trouble}{advice}{whole}", where_to(&rows.output));
    // With its kind: a reader that has left is no failure.
    Err(anyhow::Error::from(io::Error::new(error.kind(), told)))
}

fn where_to(output: &Whither) -> String {
    match output {
        Whither::Stdout => "rows".to_owned(),
        Whither::File(path) | Whither::Folder(path) => format!("to {}", printable(path)),
    }
}

fn summary(printed: &Printed, rows: &Rows) -> String {
    let each: Vec<_> = printed.rows.each().map(|(word, count)| format!("{count} {word}")).collect();
    let (files, bytes) = (printed.files, printed.bytes);
    let to = match &rows.output {
        Whither::Stdout => "on standard output".to_owned(),
        Whither::File(path) => format!("in {}", printable(path)),
        Whither::Folder(path) if files == 1 => format!("in one file below {}", printable(path)),
        Whither::Folder(path) => format!("in {files} files below {}", printable(path)),
    };
    let parts = if each.is_empty() { String::new() } else { format!(": {}", each.join(", ")) };
    format!("{} rows ({bytes} bytes) {to}{parts}", printed.rows.rows())
}

/// Matches and hands exchanges on; counts nothing but what the books have.
pub(super) struct Exporter {
    config: EngineConfig,
    front: Front,
    matcher: Matcher,
    /// Of nothing: a snapshot wants them.
    tallies: Tallies,
    serial: u64,
    has_finished: bool,
}

impl Exporter {
    /// On one thread, or with one that writes beside the one that reads.
    fn boxed(
        threads: NonZeroUsize,
        engine: EngineConfig,
        place: Place,
        press: Press,
    ) -> io::Result<Box<dyn Analyze>> {
        let rows_memory = engine.max_memory / ROWS_PART;
        let config = EngineConfig { max_memory: engine.max_memory - rows_memory, ..engine };
        let most_bytes = usize::try_from(rows_memory / BATCHES).unwrap_or(usize::MAX);
        let hand = hand(threads, press)?;
        let gather = Gather::new(meaning(&config), place, most_bytes, hand);
        Ok(Box::new(Self::new(config, Box::new(gather))))
    }

    /// One that tells a witness of every exchange.
    pub(super) fn new(config: EngineConfig, witness: Box<dyn Witness>) -> Self {
        let (bounds, hasher) = (config.bounds(), Hasher::default());
        Self {
            front: Front::new(&config, &bounds),
            matcher: Matcher::witnessed(&config, &bounds, hasher.clone(), witness),
            tallies: nothing(&config),
            config,
            serial: 0,
            has_finished: false,
        }
    }
}

/// What was counted where nothing is.
fn nothing(config: &EngineConfig) -> Tallies {
    Tallies::new(config.watched(), &Bounds::of(0, 0), Hasher::default())
}

fn meaning(config: &EngineConfig) -> Meaning {
    let nanos = |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    Meaning {
        focus: config.focus,
        patience: nanos(config.patience),
        slow_after: nanos(config.slow_after),
    }
}

/// Who writes: this thread, or another one.
fn hand(threads: NonZeroUsize, mut press: Press) -> io::Result<Hand> {
    if threads == NonZeroUsize::MIN {
        return Ok(Box::new(move |load| press.take(load)));
    }
    let work = |load: &mut Load, press: &mut Press| press.take(load);
    let mut lane = Lane::start(1, press, Load::default, work)?;
    Ok(Box::new(move |load| {
        let is_last = load.order == rows::Order::Finish;
        lane.send(load);
        if is_last {
            lane.wait();
        }
    }))
}

impl Analyze for Exporter {
    fn feed(&mut self, run: Frames<'_>) {
        let Self { front, matcher, .. } = self;
        let mut now = None;
        for frame in run {
            matcher.expire(frame.at, &mut |_| {});
            front.feed(&frame, |found| matcher.take(&found, &mut |_| {}));
            now = Some(frame.at);
        }
        // The last time, not the latest: one packet from far ahead must not end every hour.
        if let Some(now) = now {
            matcher.pass(now);
        }
    }

    fn tick(&mut self, now: Timestamp) {
        let Self { front, matcher, .. } = self;
        matcher.expire(now.max(front.latest()), &mut |_| {});
        front.tick(now, |found| matcher.take(&found, &mut |_| {}));
        matcher.pass(now);
    }

    fn finish(&mut self) {
        let Self { front, matcher, has_finished, .. } = self;
        if !std::mem::replace(has_finished, true) {
            front.finish(|found| matcher.take(&found, &mut |_| {}));
            matcher.finish(&mut |_| {});
            matcher.close();
        }
    }

    fn relieve(&mut self, level: Relief) {
        self.matcher.relieve(level, self.front.latest());
    }

    fn set_focus(&mut self, focus: Focus) {
        self.config.focus = focus;
    }

    /// Rows that were written stay written.
    fn reset(&mut self) {}

    fn take_tallies(&mut self) -> Tallies {
        std::mem::replace(&mut self.tallies, nothing(&self.config))
    }

    fn kept_frames(&mut self) -> Vec<WholeFrame> {
        Vec::new()
    }

    fn snapshot(&mut self, spec: &SnapshotSpec) -> Snapshot {
        self.serial += 1;
        self.front.snapshot((&self.matcher, &self.tallies), self.serial, spec)
    }
}
