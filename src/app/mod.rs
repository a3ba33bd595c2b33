//! The composition root: binds source, engine, screen and reports, and decides how it all ends.
//!
//! The only place that sees every other module. Prints nothing on standard error but progress and
//! notes; errors go up to `main`, which prints them once.

mod analyze;
mod analyzer;
mod capture;
mod clock;
mod compare;
mod config;
mod confinement;
mod covering;
mod dashboard;
mod events;
mod export;
mod go_on;
mod interfaces;
mod lane;
mod open;
mod overload;
mod packets;
mod pair;
mod player;
mod progress;
mod recording;
mod remover;
mod replay;
mod report;
mod rows;
mod serve;
mod shelf;
mod signals;
mod sink;
mod socket;
mod sum;
mod veil;
mod verdict;
mod workers;
mod writer;

use std::io::{self, IsTerminal, Write};

use crate::cli::{self, ColorChoice, Exported, Plan};
use crate::explain;

pub use verdict::{Exit, exit_code};

/// A thread that was not the screen's came to grief.
#[derive(Debug, thiserror::Error)]
#[error("internal error: {0}; please report it, with the capture if you may")]
pub struct InternalError(pub String);

/// Does what was asked. An error means that it could not be done.
pub fn run(plan: &Plan) -> anyhow::Result<Exit> {
    match plan {
        Plan::Dashboard(analysis) => return dashboard::run(analysis),
        Plan::Report(plan) => return report::run(plan),
        Plan::Serve(plan) => return serve::run(plan),
        Plan::Export(plan) => {
            return match &plan.what {
                Exported::Rows(rows) => rows::run(&plan.analysis, rows),
                Exported::Packets { path, finding } => {
                    packets::run(&plan.analysis, path, finding.as_deref())
                }
            };
        }
        Plan::Diff(plan) => return compare::run(plan),
        Plan::Merge(plan) => return sum::run(plan),
        Plan::Explain(Some(what)) => say(&explain::explain(what)?)?,
        Plan::Explain(None) => say(&explain::list())?,
        Plan::Interfaces => interfaces::run(&mut io::stdout().lock())?,
        Plan::Completions(shell) => cli::write_completions(*shell, &mut io::stdout().lock())?,
        Plan::Configuration => say(&config::defaults())?,
        Plan::Manual => cli::write_manual(&mut io::stdout().lock())?,
        Plan::Version => say(&confinement::version())?,
        Plan::Writer(folder) => writer::serve(folder)?,
        Plan::RowWriter(folder) => shelf::serve(folder)?,
        Plan::PacketWriter(options) => recording::serve(options)?,
        Plan::Remover(removal) => remover::serve(removal)?,
    }
    Ok(Exit::Done)
}

fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Whether to send colour codes to standard output, or to a file.
fn wants_color(choice: ColorChoice, to_file: bool) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
            !to_file && io::stdout().is_terminal() && !set("NO_COLOR") && !dumb
        }
    }
}
