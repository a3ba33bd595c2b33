//! No capability: neither now, nor by running another program.
//!
//! What changing the user needs stays until that is done ([`super::user`]).

use rustix::io;
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities,
};

use super::{Refusal, State, Wishes};

pub(super) const NAME: &str = "capabilities";

/// What changing the user needs.
const TO_CHANGE_USER: CapabilitySet = CapabilitySet::SETUID.union(CapabilitySet::SETGID);

/// Leaves only what the next step needs, if anything.
pub(super) fn reduce(wishes: &Wishes) -> Result<State, Refusal> {
    let failed = |why: io::Errno| Refusal::of(NAME, why);
    let now = capabilities(None).map_err(failed)?;
    if now.effective.contains(CapabilitySet::SETPCAP) {
        empty_the_bounding_set().map_err(failed)?;
    }
    // An old kernel has no such set.
    if let Err(why) = clear_ambient_capability_set()
        && why != io::Errno::INVAL
    {
        return Err(failed(why));
    }
    let needed = if wishes.user.is_some() { TO_CHANGE_USER } else { CapabilitySet::empty() };
    keep(needed).map_err(failed)?;
    Ok(State::Taken("no capability".into()))
}

/// Gives up all that are left.
pub(super) fn give_up() -> io::Result<()> {
    keep(CapabilitySet::empty())
}

fn keep(needed: CapabilitySet) -> io::Result<()> {
    let now = capabilities(None)?;
    set_capabilities(
        None,
        CapabilitySets {
            effective: now.effective & needed,
            permitted: now.permitted & needed,
            inheritable: CapabilitySet::empty(),
        },
    )
}

/// Without it a program that root runs would have all capabilities again.
fn empty_the_bounding_set() -> io::Result<()> {
    for number in 0..CapabilitySet::all().bits().count_ones() {
        match remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << number)) {
            Ok(()) => {}
            // The kernel knows no more than those before.
            Err(io::Errno::INVAL) => break,
            Err(why) => return Err(why),
        }
    }
    Ok(())
}

pub(super) fn offer() -> State {
    match capabilities(None) {
        Ok(now) if now.permitted.is_empty() => State::Taken("there are none to drop".into()),
        Ok(_) => State::Taken("can be dropped".into()),
        Err(why) => State::Lacking(why.to_string()),
    }
}
