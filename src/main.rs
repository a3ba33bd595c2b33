//! The program: see the library. Parses, runs, prints the one error, picks the exit status.

use std::io::{self, IsTerminal, Write};
use std::panic;
use std::process::ExitCode;

use rcodetop::app::{self, Exit, InternalError};
use rcodetop::cli;
use rcodetop::confine;
use rcodetop::output::probe;

fn main() -> ExitCode {
    confine::close_inherited(std::env::args_os());
    match cli::parse(std::env::args_os(), io::stdout().is_terminal()) {
        Ok(plan) => conclude(&guarded(|| app::run(&plan))),
        Err(help_or_usage) => {
            // Where even this cannot be printed, the status still tells.
            let _ = help_or_usage.print();
            match help_or_usage.use_stderr() {
                true if cli::asks_as_monitor(std::env::args_os()) => cannot_tell_monitor(),
                true => ExitCode::from(2),
                false => ExitCode::SUCCESS,
            }
        }
    }
}

/// To a monitor status 2 means that something is wrong with what it looks at, and not with how it was
/// called.
fn cannot_tell_monitor() -> ExitCode {
    let (status, text) = probe::unable("wrong usage; standard error says how");
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::from(status.code())
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
