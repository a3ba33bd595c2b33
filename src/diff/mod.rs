//! What changed from one capture to another: who began or ceased to be refused, by whom, for what.
//!
//! Sides may be of any length: what is compared are shares, and a row of its own table is compared
//! with itself where both sides know it. What is told is more than chance ([`stats`]) and more than
//! a trifle ([`ODDS`]). Sees snapshots, sums and reports, and never a packet; opens no file.

mod compare;
mod marks;
mod report;
mod side;
pub mod stats;
#[cfg(test)]
mod tests;

pub use compare::{
    Change, Comparison, ENOUGH, ENOUGH_TIMES, FindingChange, ODDS, RATE, TimesChange, Turn, compare,
};
pub use marks::marks;
pub use report::{ReportError, is_report};
pub use side::{Count, Key, Kind, Side, Table, TimesOf, Told};
