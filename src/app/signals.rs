//! Signals: the first asks for an orderly end, the second one kills; SIGUSR1 asks how it goes.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag;

/// Becomes true when a signal asks for the end.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Takes over SIGTERM and SIGINT, and SIGHUP unless that is ignored: so `nohup` goes on. SIGINT
    /// also where it is, as it is for what a script runs in the background: `kill -INT` is how
    /// captures are ended there.
    pub(super) fn on_signals() -> io::Result<Self> {
        let stop = Self::default();
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let hangup = Some(SIGHUP).filter(|signal| !is_ignored(&status, *signal));
        for signal in [SIGINT, SIGTERM].into_iter().chain(hangup) {
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

/// Whether whoever started the program has a signal ignored, as Linux tells it in `/proc`:
/// no library asks for that without taking the signal over. Elsewhere none is.
fn is_ignored(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let bit = u32::try_from(signal - 1).ok().and_then(|bit| 1_u64.checked_shl(bit));
    mask.zip(bit).is_some_and(|(mask, bit)| mask & bit != 0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_known_from_the_mask() {
        let status = "Name:\tx\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000000002\n";
        assert!(is_ignored(status, SIGHUP));
        assert!(!is_ignored(status, SIGINT), "that is taken over");
        for odd in ["", "SigIgn:\tx", "SigIgn:"] {
            assert!(!is_ignored(odd, SIGHUP), "{odd:?}");
        }
        assert!(!is_ignored(status, 0) && !is_ignored(status, 1000));
    }
}
