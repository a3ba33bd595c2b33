//! The command line: what was typed (`args`) and what it means ([`Plan`]).
//!
//! Every combination that cannot work is refused here, before a file or socket is opened. Knows
//! no packet and does no I/O; whether standard output is a terminal comes in as an argument.

mod args;
mod export;
mod fleet;
mod plan;
mod units;

use std::ffi::OsString;
use std::io::{self, Write};

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use clap_complete::Shell;

pub use args::{AUTO, Cli, ColorChoice, ExportFormat};
pub use export::{Export, Exported, Rows, Whither};
pub use fleet::{Diff, DiffArgs, Merge, MergeArgs, ReportFormat, Told, ToldArgs};
pub use plan::{
    Analysis, Check, Config, Input, Interfaces, Live, Plan, Removal, Report, Rights, Screen, Serve,
    Tap, Volume,
};
pub use units::{Focused, Secret};

/// Turns the words typed into what is to be done; the error also carries `--help` and
/// `--version`, with their own exit status.
pub fn parse<I>(words: I, stdout_is_terminal: bool) -> Result<Plan, clap::Error>
where
    I: IntoIterator,
    I::Item: Into<OsString> + Clone,
{
    let words: Vec<OsString> = words.into_iter().map(Into::into).collect();
    let understood = Cli::command().try_get_matches_from(&words);
    match understood.and_then(|words| Ok((Cli::from_arg_matches(&words)?, words))) {
        Ok((cli, words)) => plan::plan(cli, stdout_is_terminal)
            .map_err(|refusal| with_usage(refusal, words.subcommand_name())),
        // clap stops at the first of the two.
        Err(asked) if asked.kind() == ErrorKind::DisplayVersion && is_verbose(&words) => {
            Ok(Plan::Version)
        }
        Err(help_or_usage) => Err(help_or_usage),
    }
}

/// With how the task is used, or the program where there is none.
fn with_usage(refusal: clap::Error, task: Option<&str>) -> clap::Error {
    let mut program = Cli::command();
    program.build();
    match task.and_then(|task| program.find_subcommand_mut(task)) {
        Some(task) => refusal.format(task),
        None => refusal.format(&mut program),
    }
}

/// Whether one of these words is `-v`, also together with `-V`.
fn is_verbose(words: &[OsString]) -> bool {
    words.iter().any(|word| VERBOSE.iter().any(|verbose| word == verbose))
}

const VERBOSE: [&str; 4] = ["-v", "--verbose", "-vV", "-Vv"];

/// Whether a monitor asks, to whom wrong usage is to be told by its own exit status.
pub fn asks_as_monitor(words: impl Iterator<Item = OsString>) -> bool {
    let asks = ["--check=nagios", "--check=icinga"];
    words.take_while(|word| word != "--").any(|word| asks.iter().any(|ask| word == *ask))
}

/// Writes the completion script for a shell.
pub fn write_completions(shell: Shell, out: &mut dyn Write) -> io::Result<()> {
    let mut script = Vec::new(); // clap_complete panics on a closed pipe, a Vec never closes
    clap_complete::generate(shell, &mut Cli::command(), "rcodetop", &mut script);
    out.write_all(&script)
}

/// Writes the manual page: the program and then each of its subcommands.
pub fn write_manual(out: &mut dyn Write) -> io::Result<()> {
    let mut program = Cli::command();
    program.build();
    clap_mangen::Man::new(program.clone()).render(out)?;
    for task in program.get_subcommands().filter(|task| !task.is_hide_set()) {
        write_task_manual(task, out)?;
    }
    Ok(())
}

fn write_task_manual(task: &clap::Command, out: &mut dyn Write) -> io::Result<()> {
    let name = task.get_name().to_ascii_uppercase();
    writeln!(out, ".SH \"RCODETOP {name}\"")?;
    let page = clap_mangen::Man::new(task.clone());
    page.render_description_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_options_section(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
