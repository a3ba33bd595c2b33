//! Who asked, who answered: pairs responses with the queries they answer.
//!
//! In: decoded messages, each with the time its packet carries. Out: one [`Exchange`] per response,
//! and one per query that waited too long. Knows no socket, no screen and no clock; replaying a
//! capture twice gives the same exchanges twice. Past here every query has one outcome.

mod early;
mod exchange;
mod flows;
mod hash;
mod print;
mod queries;
mod relief;
#[cfg(test)]
mod tests;
mod tracker;

pub use early::SKEW;
pub use exchange::{Answer, Asked, Exchange, Form, Key, Message, Obstacle, Outcome};
pub use hash::{Hasher, Hashes};
pub use print::DUPLICATE_WINDOW;
pub use relief::Level as Relief;
pub use tracker::{LATE_PATIENCE, Tracker, TrackerConfig, Verdict};
