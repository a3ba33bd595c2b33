//! No program that is run from here on gives rights: set-user-ID and file capabilities have no
//! effect (`PR_SET_NO_NEW_PRIVS`).

use super::{Refusal, State};

pub(super) const NAME: &str = "privileges";

pub(super) fn renounce() -> Result<State, Refusal> {
    rustix::thread::set_no_new_privs(true).map_err(|why| Refusal::of(NAME, why))?;
    Ok(State::Taken("no new privileges".into()))
}

pub(super) fn offer() -> State {
    match rustix::thread::no_new_privs() {
        Ok(_) => State::Taken("can be renounced".into()),
        Err(why) => State::Lacking(why.to_string()),
    }
}

/// A thread that runs already would keep its rights.
pub(super) fn require_one_thread() -> Result<(), Refusal> {
    let fault = |why: String| Refusal { step: NAME, why, advice: "please report this" };
    let status = std::fs::read_to_string("/proc/self/status");
    let threads = status.ok().and_then(|text| {
        text.lines().find_map(|line| line.strip_prefix("Threads:")?.trim().parse::<u32>().ok())
    });
    match threads {
        // Without /proc nobody can tell; seccomp still holds for all threads.
        None | Some(1) => Ok(()),
        Some(many) => Err(fault(format!("internal error: there are {many} threads already"))),
    }
}
