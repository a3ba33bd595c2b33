//! `rcodetop report`: read everything, print one report.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::capture::Capture;
use super::progress::Meter;
use super::signals::{Inquiry, Stop};
use super::sink::Sink;
use super::verdict::{self, Exit};
use super::{confinement, open};
use crate::cli::{ColorChoice, Input, Report, ReportFormat, Rights, Volume};
use crate::confine;
use crate::output::{self, Format, Options};
use crate::rehearsal;
use crate::snapshot::{Ended, Snapshot, SnapshotSpec};
use crate::tui::glyphs::speaks_utf8;
use crate::tui::summary::summary;

/// Where standard output has no width of its own.
const DEFAULT_WIDTH: usize = 100;

/// Reads the input to its end, or to a signal, and writes the report.
pub(super) fn run(plan: &Report) -> anyhow::Result<Exit> {
    // Until all is open there is nothing to end in order, and a FIFO may be waited for.
    let opened = open::open(&plan.analysis)?;
    let orders = Orders::on_signals()?;
    let sink = sink(plan)?;
    let status = confinement::confine(&plan.analysis, &opened)?;
    confinement::tell(&status, plan.analysis.volume);
    let mut capture = opened.read()?;
    rehearsal::break_out();
    let mut meter = Meter::new(&plan.analysis);
    read(&mut capture, &orders, duration(&plan.analysis.input), &mut meter);
    let format = match plan.format {
        ReportFormat::Of(format) => format,
        ReportFormat::Summary => return summarize(plan, capture, sink),
    };
    let top = plan.top.unwrap_or_else(|| format.default_rows());
    let names = plan.analysis.engine.names > 0;
    let snapshot = capture.snapshot(&SnapshotSpec { top, names, ..SnapshotSpec::default() });
    verdict::require_frames(&snapshot)?;
    write(plan, format, &snapshot, sink)?;
    Ok(verdict::verdict(&snapshot, plan.check))
}

/// Writes the counts themselves, to be added up.
fn summarize(plan: &Report, capture: Capture, sink: Sink) -> anyhow::Result<Exit> {
    let mut sum = capture.sum();
    let snapshot = sum.snapshot(&SnapshotSpec { top: 0, ..SnapshotSpec::default() });
    verdict::require_frames(&snapshot)?;
    sink.write(|out| sum.write(out))?;
    Ok(verdict::verdict(&snapshot, plan.check))
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
    match confine::owner() {
        Some(user) if is_confined && output.is_some() => confine::as_user(&user, open)?
            .with_context(|| {
                let name = &user.name;
                format!("for {name}, who called sudo (or send standard output there)")
            }),
        _ => open(),
    }
}

fn inputs(input: &Input) -> &[PathBuf] {
    match input {
        Input::Files { paths, .. } => paths,
        Input::Live(_) => &[],
    }
}

fn duration(input: &Input) -> Option<Duration> {
    match input {
        Input::Files { .. } => None,
        Input::Live(live) => live.duration,
    }
}

/// What signals ask for.
#[derive(Default)]
pub(super) struct Orders {
    stop: Stop,
    inquiry: Inquiry,
}

impl Orders {
    /// From now on.
    pub(super) fn on_signals() -> anyhow::Result<Self> {
        Ok(Self { stop: Stop::on_signals()?, inquiry: Inquiry::on_signal()? })
    }
}

/// Reads to the end, or until a signal or the time says so.
pub(super) fn read(
    capture: &mut Capture,
    orders: &Orders,
    duration: Option<Duration>,
    meter: &mut Meter,
) {
    let began = Instant::now();
    while !capture.has_ended() {
        capture.advance();
        if orders.inquiry.take() {
            say_how_it_goes(capture);
        }
        if orders.stop.is_asked() || duration.is_some_and(|duration| began.elapsed() >= duration) {
            capture.end(Ended::Stopped);
        }
        meter.update(capture.frames(), capture.progress());
    }
    meter.finish(capture.frames());
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
        read(&mut capture, &orders, duration, &mut Meter::new(&plan.analysis));
        let snapshot = capture.snapshot(&SnapshotSpec::default());
        assert_eq!(snapshot.source.ended, Some(Ended::Stopped));
    }
}
