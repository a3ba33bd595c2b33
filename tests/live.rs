//! The whole program on live interfaces, in network namespaces of their own.
//!
//! Needs root, `unshare`, `nsenter` and `ip`; skips with a printed reason what is not there.
//! `scripts/test-live` installs all of it and runs these tests. How soon a verdict came is told by
//! `RCODETOP=target/release/rcodetop cargo test --test live -- --nocapture`; without the variable it is
//! the program that was built with the tests, which weighs causes some ten times slower.

#![cfg(target_os = "linux")]
#![expect(clippy::print_stdout, reason = "what is skipped and what was measured is for the reader")]

#[path = "live/addresses.rs"]
mod addresses;
#[path = "live/faults.rs"]
mod faults;
#[path = "live/monitoring.rs"]
mod monitoring;
#[path = "live/net.rs"]
mod net;
#[path = "support/places.rs"]
mod places;
#[path = "live/rows.rs"]
mod rows;
#[path = "live/servers.rs"]
mod servers;
#[path = "support/terminal.rs"]
#[expect(dead_code, reason = "others look closer at the terminal")]
mod terminal;
