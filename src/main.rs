//! The program: see the library. Parses, runs, prints the one error, picks the exit status.

use std::io::{self, IsTerminal, Write};
use std::panic;
use std::process::ExitCode;

use rcodetop::app::{self, Exit, InternalError};
use rcodetop::cli;

fn main() -> ExitCode {
    match cli::parse(std::env::args_os(), io::stdout().is_terminal()) {
        Ok(plan) => conclude(&guarded(|| app::run(&plan))),
        Err(help_or_usage) => {
            // Where even this cannot be printed, the status still tells.
            let _ = help_or_usage.print();
            ExitCode::from(if help_or_usage.use_stderr() { 2 } else { 0 })
        }
    }
}

/// A panic on this thread has been printed already; it ends with the status of an internal error.
fn guarded(work: impl FnOnce() -> anyhow::Result<Exit>) -> anyhow::Result<Exit> {
    panic::catch_unwind(panic::AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(InternalError("see above".into()).into()))
}

fn conclude(result: &anyhow::Result<Exit>) -> ExitCode {
    let code = app::exit_code(result);
    let mut err = io::stderr().lock();
    // Where nobody can be told, the exit status still tells.
    let _ = match result {
        Ok(Exit::Incomplete(troubles)) => {
            troubles.iter().try_for_each(|trouble| writeln!(err, "warning: {trouble}"))
        }
        Err(error) if code != 0 => writeln!(err, "error: {error:#}"),
        Ok(_) | Err(_) => Ok(()),
    };
    ExitCode::from(code)
}
