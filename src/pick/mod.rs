//! The packets of exchanges: which frames of a capture belong to exchanges that are meant.
//!
//! A capture is read twice. First [`Chosen`] takes note of every exchange that is meant, as a
//! [`Witness`](crate::engine::Witness): who asked whom, from when to when. Then [`Finder`] holds frames
//! against that: queries and all their copies, responses, the segments of a TCP connection, IP
//! fragments, the ICMP errors and resets that ended queries. Bounded; what does not fit is counted.

mod chosen;
mod finder;
mod held;
#[cfg(test)]
mod tests;

pub use chosen::{Chosen, Notes};
pub use finder::{Finder, Picked};
