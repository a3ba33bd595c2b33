//! What is told on standard error while a report is made: a bar if it takes long, and at the end,
//! if asked for, what was read and how fast.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::{Analysis, Volume};
use crate::snapshot::Progress;

/// What takes less time than this needs no bar.
const PATIENCE: Duration = Duration::from_millis(500);
const UPDATES_PER_SECOND: u8 = 8;

const OF_BYTES: &str = "{bar:30} {percent}%  {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
const OF_FRAMES: &str = "{spinner} {msg}, {elapsed}; Ctrl-C for the report";

/// A bar that shows itself once the work takes long.
pub(super) struct Meter {
    began: Instant,
    /// Whether a bar may be shown.
    visible: bool,
    verbose: bool,
    bar: Option<ProgressBar>,
}

impl Meter {
    pub(super) fn new(analysis: &Analysis) -> Self {
        Self {
            began: Instant::now(),
            visible: analysis.volume > Volume::Quiet && io::stderr().is_terminal(),
            verbose: analysis.volume == Volume::Verbose,
            bar: None,
        }
    }

    pub(super) fn update(&mut self, frames: u64, progress: Option<Progress>) {
        if !self.visible || self.began.elapsed() < PATIENCE {
            return;
        }
        let began = self.began;
        let bar = self.bar.get_or_insert_with(|| new_bar(progress, began));
        if let Some(progress) = progress {
            bar.set_length(progress.total);
            bar.set_position(progress.done);
        } else {
            bar.set_message(format!("{frames} frames"));
            bar.tick();
        }
    }

    /// Takes the bar away.
    pub(super) fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// Takes the bar away, and tells how it went if asked for.
    pub(super) fn finish(&mut self, frames: u64) {
        self.clear();
        if self.verbose {
            let took = self.began.elapsed().as_secs_f64();
            let rate = frames as f64 / took.max(f64::MIN_POSITIVE);
            // Nobody to tell is no reason to fail.
            let _ = writeln!(io::stderr(), "{frames} frames in {took:.2} s, {rate:.0} a second");
        }
    }
}

fn new_bar(progress: Option<Progress>, began: Instant) -> ProgressBar {
    let template = if progress.is_some() { OF_BYTES } else { OF_FRAMES };
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let target = ProgressDrawTarget::stderr_with_hz(UPDATES_PER_SECOND);
    let bar = ProgressBar::with_draw_target(progress.map(|progress| progress.total), target);
    bar.with_style(style).with_elapsed(began.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_well_formed() {
        for template in [OF_BYTES, OF_FRAMES] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
