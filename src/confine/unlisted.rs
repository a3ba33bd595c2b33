//! Stands in for the list of system calls on processors for which nobody has tried one.

use super::{Refusal, State, Wishes};

pub(super) const NAME: &str = "system calls";

#[expect(clippy::unnecessary_wraps, reason = "as where there is a list")]
pub(super) fn install(_: &Wishes) -> Result<State, Refusal> {
    Ok(offer())
}

pub(super) fn offer() -> State {
    let processor = std::env::consts::ARCH;
    State::Lacking(format!("there is no list for {processor}, but for x86_64 and aarch64"))
}
