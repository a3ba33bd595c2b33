//! Another user than root, for good; and for a moment, to open what shall belong to the user.

use rustix::io;
use rustix::process::{Gid, Uid, getegid, geteuid, getgroups, getuid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use super::{Identity, Refusal, State, Wishes, capabilities};

pub(super) const NAME: &str = "user";

/// What to do where root may not become another.
const STAY: &str = "this root may not become another user, as in a container: `--user root` stays \
                    root without its capabilities";

/// Becomes the user, and proves that there is no way back.
pub(super) fn become_user(wishes: &Wishes) -> Result<State, Refusal> {
    let Some(user) = &wishes.user else {
        let name = super::identity::known(getuid().as_raw(), None).name;
        return Ok(State::Taken(format!("user {name} as before")));
    };
    if user.uid != 0 {
        let groups = if wishes.role.reads_packets() { &[][..] } else { &user.groups };
        change(user, groups).map_err(|why| Refusal {
            step: NAME,
            why: format!("cannot become {} ({}): {why}", user.name, user.uid),
            advice: if why == io::Errno::PERM { STAY } else { super::WAY_OUT },
        })?;
    } else if wishes.role.reads_packets() {
        drop_groups().map_err(|why| Refusal::of(NAME, why))?;
    }
    capabilities::give_up().map_err(|why| Refusal::of(NAME, why))?;
    if user.uid != 0 && set_thread_res_uid(None, Uid::ROOT, None).is_ok() {
        return Err(Refusal::of(NAME, "root can be regained"));
    }
    Ok(State::Taken(format!("user {}", user.name)))
}

fn change(user: &Identity, groups: &[u32]) -> io::Result<()> {
    let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
    let groups: Vec<Gid> = groups.iter().copied().map(Gid::from_raw).collect();
    set_thread_groups(&groups)?;
    set_thread_res_gid(gid, gid, gid)?;
    set_thread_res_uid(uid, uid, uid)
}

/// Who stays root has no use for the groups that it came with, and may be without the right to leave
/// them, as in a container.
fn drop_groups() -> io::Result<()> {
    match set_thread_groups(&[]) {
        Err(io::Errno::PERM) => Ok(()),
        done => done,
    }
}

pub(super) fn offer() -> State {
    let uid = getuid().as_raw();
    State::Taken(match super::analyst(None) {
        Ok(None) => format!("stays {} ({uid})", super::identity::known(uid, None).name),
        Ok(Some(user)) => format!("becomes {} ({})", user.name, user.uid),
        Err(refusal) => return State::Lacking(refusal.why),
    })
}

/// Does something with the rights of a user, and is root again after it.
///
/// # Errors
///
/// Root may not become that user, or cannot become root again: then it must end.
pub fn as_user<T>(user: &Identity, what: impl FnOnce() -> T) -> Result<T, Refusal> {
    super::privileges::require_one_thread()?;
    let failed = |why: io::Errno| {
        Refusal::of(NAME, format!("cannot act for {} ({}): {why}", user.name, user.uid))
    };
    let before = (geteuid(), getegid(), getgroups().map_err(failed)?);
    let groups: Vec<Gid> = user.groups.iter().copied().map(Gid::from_raw).collect();
    set_thread_groups(&groups).map_err(failed)?;
    set_thread_res_gid(None, Gid::from_raw(user.gid), None).map_err(failed)?;
    set_thread_res_uid(None, Uid::from_raw(user.uid), None).map_err(failed)?;
    let done = what();
    set_thread_res_uid(None, before.0, None).map_err(failed)?;
    set_thread_res_gid(None, before.1, None).map_err(failed)?;
    set_thread_groups(&before.2).map_err(failed)?;
    Ok(done)
}
