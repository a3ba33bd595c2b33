//! Signals: the first asks for an orderly end, the second one kills; SIGUSR1 asks how it goes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag;

/// Becomes true when a signal asks for the end.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Takes over SIGINT, SIGTERM and SIGHUP.
    pub(super) fn on_signals() -> io::Result<Self> {
        let stop = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // In this order: the first signal finds the flag unset and sets it, the next finds it
            // set and does what it would do to any other program.
            flag::register_conditional_default(signal, Arc::clone(&stop.0))?;
            flag::register(signal, Arc::clone(&stop.0))?;
        }
        Ok(stop)
    }

    pub(super) fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Becomes true when SIGUSR1 asks how it goes, until that was said.
#[derive(Clone, Debug, Default)]
pub(super) struct Inquiry(Arc<AtomicBool>);

impl Inquiry {
    /// Takes over SIGUSR1, which would end the program: before anything is waited for.
    pub(super) fn on_signal() -> io::Result<Self> {
        let inquiry = Self::default();
        flag::register(SIGUSR1, Arc::clone(&inquiry.0))?;
        Ok(inquiry)
    }

    /// Whether it was asked since the last call.
    pub(super) fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// What signals ask for.
#[derive(Debug, Default)]
pub(super) struct Orders {
    pub(super) stop: Stop,
    pub(super) inquiry: Inquiry,
}
