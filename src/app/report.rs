//! `rcodetop report`: read everything, print one report.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::capture::Capture;
use super::events::Events;
use super::progress::Meter;
use super::signals::{Inquiry, Orders, Stop};
use super::sink::Sink;
use super::verdict::{self, Exit};
use super::{confinement, open};
use crate::cli::{Check, ColorChoice, Input, Report, ReportFormat, Rights, Volume};
use crate::confine;
use crate::output::probe::{self, ProbeStatus};
use crate::output::{self, Format, Options};
use crate::rehearsal;
use crate::snapshot::{Ended, Snapshot, SnapshotSpec};
use crate::tui::glyphs::speaks_utf8;
use crate::tui::summary::summary;

/// Where standard output has no width of its own.
const DEFAULT_WIDTH: usize = 100;

/// Reads the input to its end, or to a signal, and writes the report.
pub(super) fn run(plan: &Report) -> anyhow::Result<Exit> {
    match (report(plan), plan.check) {
        // A monitor reads standard output alone, and takes status 2 for something else.
        (Err(why), Check::Probe(_)) => tell_monitor(&probe::unable(&format!("{why:#}"))),
        (done, _) => done,
    }
}

fn tell_monitor((status, text): &(ProbeStatus, String)) -> anyhow::Result<Exit> {
    super::say(text).context("cannot write to the monitor")?;
    Ok(Exit::Probe(status.code()))
}

fn report(plan: &Report) -> anyhow::Result<Exit> {
    let inquiry = Inquiry::on_signal()?;
    // Until all is open there is nothing to end in order, and a FIFO may be waited for.
    let opened = open::open(&plan.analysis)?;
    let orders = Orders { stop: Stop::on_signals()?, inquiry };
    let sink = sink(plan)?;
    let status = confinement::confine(&plan.analysis, &opened)?;
    confinement::tell(&status, plan.analysis.volume, plan.analysis.input.is_live());
    let mut capture = opened.read()?;
    rehearsal::break_out();
    let mut meter = Meter::new(&plan.analysis);
    let duration = duration(&plan.analysis.input);
    let ReportFormat::Of(format) = plan.format else {
        read(&mut capture, &orders, duration, &mut meter, None)?;
        return summarize(plan, capture, sink);
    };
    let mut told = told_as_it_comes(plan, format, sink)?;
    read(&mut capture, &orders, duration, &mut meter, told.events())?;
    let top = plan.top.unwrap_or_else(|| format.default_rows());
    let names = plan.analysis.engine.names > 0;
    let snapshot = capture.snapshot(&SnapshotSpec { top, names, ..SnapshotSpec::default() });
    verdict::require_frames(&snapshot)?;
    match told {
        Told::AsItComes(events) => events.close(&snapshot)?,
        Told::AtTheEnd(Some(sink)) => write(plan, format, &snapshot, sink)?,
        Told::AtTheEnd(None) => {}
    }
    conclude(plan.check, &snapshot)
}

/// Writes the counts themselves, to be added up.
fn summarize(plan: &Report, capture: Capture, sink: Sink) -> anyhow::Result<Exit> {
    let mut sum = capture.sum();
    let snapshot = sum.snapshot(&SnapshotSpec { top: 0, ..SnapshotSpec::default() });
    verdict::require_frames(&snapshot)?;
    sink.write(|out| sum.write(out))?;
    conclude(plan.check, &snapshot)
}

/// How it ends, and what a monitor is told of it.
fn conclude(check: Check, snapshot: &Snapshot) -> anyhow::Result<Exit> {
    match check {
        Check::No => Ok(verdict::verdict(snapshot, false)),
        Check::Status => Ok(verdict::verdict(snapshot, true)),
        Check::Probe(thresholds) => {
            let troubles = verdict::troubles(snapshot);
            tell_monitor(&probe::probe(snapshot, &thresholds, &troubles))
        }
    }
}

/// How the report is told.
enum Told {
    /// Line by line, as findings come and go.
    AsItComes(Events),
    /// At the end; `None` where a monitor is told, and nobody else.
    AtTheEnd(Option<Sink>),
}

impl Told {
    fn events(&mut self) -> Option<&mut Events> {
        match self {
            Self::AsItComes(events) => Some(events),
            Self::AtTheEnd(_) => None,
        }
    }
}

/// Of files that are whole, what was found in the end is all there is to tell.
fn told_as_it_comes(plan: &Report, format: Format, sink: Sink) -> anyhow::Result<Told> {
    let goes_on = match plan.analysis.input {
        Input::Files { follow, .. } => follow,
        Input::Live(_) => true,
    };
    Ok(match (format, &sink, plan.check) {
        (Format::Jsonl, _, _) if goes_on => Told::AsItComes(Events::new(sink.stream()?)),
        (_, Sink::Stdout, Check::Probe(_)) => Told::AtTheEnd(None),
        _ => Told::AtTheEnd(Some(sink)),
    })
}

/// Where the report goes: what is written is written by whom it shall belong to, not by root.
fn sink(plan: &Report) -> anyhow::Result<Sink> {
    owned_sink(&plan.analysis.rights, plan.output.as_deref(), inputs(&plan.analysis.input))
}

/// The same for who has these rights and reads these files.
pub(super) fn owned_sink(
    rights: &Rights,
    output: Option<&Path>,
    inputs: &[PathBuf],
) -> anyhow::Result<Sink> {
    let open = || Sink::open(output, inputs);
    let is_confined = matches!(rights, Rights::Confined { .. });
    let sink = match confine::owner() {
        Some(user) if is_confined && output.is_some() => confine::as_user(&user, open)?
            .with_context(|| {
                let name = &user.name;
                format!("for {name}, who called sudo (or send standard output there)")
            }),
        _ => open(),
    };
    Ok(sink?.leaving_nothing_empty(rights))
}

fn inputs(input: &Input) -> &[PathBuf] {
    match input {
        Input::Files { paths, .. } => paths,
        Input::Live(_) => &[],
    }
}

pub(super) fn duration(input: &Input) -> Option<Duration> {
    match input {
        Input::Files { .. } => None,
        Input::Live(live) => live.duration,
    }
}

/// Reads to the end, or until a signal or the time says so.
pub(super) fn read(
    capture: &mut Capture,
    orders: &Orders,
    duration: Option<Duration>,
    meter: &mut Meter,
    mut events: Option<&mut Events>,
) -> anyhow::Result<()> {
    let began = Instant::now();
    while !capture.has_ended() {
        capture.advance();
        if orders.inquiry.take() {
            say_how_it_goes(capture);
        }
        if orders.stop.is_asked() || duration.is_some_and(|duration| began.elapsed() >= duration) {
            capture.end(Ended::Stopped);
        }
        if let Some(events) = &mut events {
            events.follow(capture)?;
        }
        meter.update(capture.frames(), capture.progress());
    }
    meter.finish(capture.frames());
    Ok(())
}

/// One line on standard error; where nobody reads it the capture goes on.
fn say_how_it_goes(capture: &mut Capture) {
    let [captured, verdict, ..] = summary(&capture.snapshot(&SnapshotSpec::default()), "");
    let _ = writeln!(io::stderr(), "{captured}; {verdict}");
}

fn write(plan: &Report, format: Format, snapshot: &Snapshot, sink: Sink) -> anyhow::Result<()> {
    let Report { analysis, top, output, .. } = plan;
    let options = Options {
        every_row: top.is_some(),
        ..options(analysis.color, analysis.volume, analysis.screen.ascii, output.is_some())
    };
    sink.write(|out| output::write(format, snapshot, &options, out))
}

/// What a report adapts to.
pub(super) fn options(color: ColorChoice, volume: Volume, ascii: bool, to_file: bool) -> Options {
    Options {
        width: if to_file { DEFAULT_WIDTH } else { width() },
        color: super::wants_color(color, to_file),
        unicode: !ascii && speaks_utf8(|name| std::env::var(name).ok()),
        every_row: false,
        verbose: volume == Volume::Verbose,
    }
}

fn width() -> usize {
    let stdout = io::stdout();
    let size = stdout.is_terminal().then(|| terminal_size::terminal_size_of(stdout)).flatten();
    size.map_or(DEFAULT_WIDTH, |(width, _)| usize::from(width.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::capture::tests::capture;
    use crate::cli::{self, Plan};
    use crate::source::{Losses, Next};

    #[test]
    fn a_capture_that_does_not_end_ends_with_its_duration() {
        let mut capture = capture(3, || Next::Quiet, Losses::default());
        let Ok(Plan::Report(plan)) = cli::parse(["rcodetop", "report", "-q", "x"], false) else {
            panic!("a report is asked for")
        };
        let (orders, duration) = (Orders::default(), Some(Duration::ZERO));
        read(&mut capture, &orders, duration, &mut Meter::new(&plan.analysis), None).unwrap();
        let snapshot = capture.snapshot(&SnapshotSpec::default());
        assert_eq!(snapshot.source.ended, Some(Ended::Stopped));
    }
}
