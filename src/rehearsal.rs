//! Misdeeds on purpose, so that tests see how the program ends. A release build has none.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::net::UnixDatagram;
use std::process::Command;

/// Panics if the environment says that this thread shall.
pub(crate) fn panic_in(thread: &str) {
    let shall = || std::env::var("RCODETOP_PANIC").is_ok_and(|name| name == thread);
    assert!(!(cfg!(debug_assertions) && shall()), "a rehearsed panic of the {thread} thread");
}

/// One way out, and what it is called.
type Attempt = (&'static str, fn() -> io::Result<()>);

/// What a packet would do that took over the thread which reads it. All this works without rights.
const ATTEMPTS: &[Attempt] = &[
    ("read a file", || File::open("/etc/passwd").map(drop)),
    ("read secrets", || File::open("/etc/shadow").map(drop)),
    ("write a file", || File::create("/tmp/rcodetop-was-here").map(drop)),
    ("make a socket", || UnixDatagram::unbound().map(drop)),
    ("run a program", || Command::new("/bin/true").status().map(drop)),
];

/// Tries to break out if the environment says so, and tells on standard error what came of it.
pub(crate) fn break_out() {
    if cfg!(debug_assertions) && std::env::var_os("RCODETOP_BREAK_OUT").is_some() {
        for (what, attempt) in ATTEMPTS {
            let told = attempt().map_or_else(|error| error.to_string(), |()| "done".into());
            // Where nobody listens, nobody asked.
            let _ = writeln!(io::stderr(), "{what}: {told}");
        }
    }
}
