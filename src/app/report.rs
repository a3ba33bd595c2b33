//! `rcodetop report`: read everything, print one report.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::capture::Capture;
use super::open;
use super::progress::Meter;
use super::signals::Stop;
use super::sink::Sink;
use super::verdict::{self, Exit};
use crate::cli::{Input, Report};
use crate::output::{self, Options};
use crate::snapshot::{Ended, Snapshot, SnapshotSpec};
use crate::tui::glyphs::speaks_utf8;

/// Where standard output has no width of its own.
const DEFAULT_WIDTH: usize = 100;

/// Reads the input to its end, or to a signal, and writes the report.
pub(super) fn run(plan: &Report) -> anyhow::Result<Exit> {
    let stop = Stop::on_signals()?;
    let mut capture = open::capture(&plan.analysis)?;
    let sink = Sink::open(plan.output.as_deref(), inputs(&plan.analysis.input))?;
    read(&mut capture, &stop, duration(&plan.analysis.input), &mut Meter::new(&plan.analysis));
    let top = plan.top.unwrap_or_else(|| plan.format.default_rows());
    let names = plan.analysis.engine.names > 0;
    let snapshot = capture.snapshot(&SnapshotSpec { top, names, ..SnapshotSpec::default() });
    verdict::require_frames(&snapshot)?;
    write(plan, &snapshot, sink)?;
    Ok(verdict::verdict(&snapshot, plan.check))
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

fn read(capture: &mut Capture, stop: &Stop, duration: Option<Duration>, meter: &mut Meter) {
    let began = Instant::now();
    while !capture.has_ended() {
        capture.advance();
        if stop.is_asked() || duration.is_some_and(|duration| began.elapsed() >= duration) {
            capture.end(Ended::Stopped);
        }
        meter.update(capture.frames(), capture.progress());
    }
    meter.finish(capture.frames());
}

fn write(plan: &Report, snapshot: &Snapshot, sink: Sink) -> anyhow::Result<()> {
    let to_file = plan.output.is_some();
    let options = Options {
        width: if to_file { DEFAULT_WIDTH } else { width() },
        color: super::wants_color(plan.analysis.color, to_file),
        unicode: !plan.analysis.screen.ascii && speaks_utf8(|name| std::env::var(name).ok()),
        every_row: plan.top.is_some(),
        verbose: plan.analysis.volume == crate::cli::Volume::Verbose,
    };
    sink.write(|out| output::write(plan.format, snapshot, &options, out))
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
        let (stop, duration) = (Stop::default(), Some(Duration::ZERO));
        read(&mut capture, &stop, duration, &mut Meter::new(&plan.analysis));
        let snapshot = capture.snapshot(&SnapshotSpec::default());
        assert_eq!(snapshot.source.ended, Some(Ended::Stopped));
    }
}
