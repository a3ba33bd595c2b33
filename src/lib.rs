//! rcodetop: a passive analyzer of DNS response codes.
//!
//! Reads captured packets, matches responses with queries, and says who is refused, by whom, for
//! which names, how often and since when. It never sends a packet.
//!
//! This library exists for the `rcodetop` program, its tests, fuzz targets and benchmarks; its
//! interface may change with any version. `ARCHITECTURE.md` explains the order of the modules.

pub mod app;
pub mod cli;
pub mod confine;
pub mod diagnose;
pub mod diff;
pub mod engine;
pub mod explain;
pub mod feed;
pub mod focus;
pub mod geo;
pub mod hearsay;
pub mod iana;
mod index;
pub mod ledger;
pub mod mask;
pub mod metrics;
pub mod output;
pub mod pick;
pub mod record;
mod rehearsal;
pub mod rows;
pub mod select;
pub mod serve;
pub mod snapshot;
pub mod source;
pub mod summary;
pub mod tally;
pub mod time;
pub mod track;
pub mod trail;
pub mod tui;
pub mod wire;
