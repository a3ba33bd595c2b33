//! What the program gives up before it looks at the first byte of a packet.
//!
//! In: what it still needs ([`Wishes`]). Out: a process that can do nothing else, and a [`Status`]
//! that says so; or an error, for a step that the kernel knows and refuses ends the program. Knows
//! nothing of captures and reports. Everything is done on the only thread, so that all later ones
//! inherit it.

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod calls;
#[cfg(target_os = "linux")]
mod capabilities;
#[cfg(target_os = "linux")]
mod files;
mod identity;
#[cfg(target_os = "linux")]
mod inherited;
#[cfg(target_os = "linux")]
mod privileges;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod seccomp;
#[cfg(all(target_os = "linux", not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
#[path = "unlisted.rs"]
mod seccomp;
mod status;
#[cfg(target_os = "linux")]
mod user;

use std::os::fd::RawFd;
use std::path::PathBuf;

pub use identity::{Identity, analyst, holder, owner};
#[cfg(target_os = "linux")]
pub use inherited::close_inherited;
pub use status::{State, Status};
#[cfg(target_os = "linux")]
pub use user::as_user;

/// What the program goes on doing, and with whose rights.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// What it is for.
    pub role: Role,
    /// Who it shall be; `None` for who it is.
    pub user: Option<Identity>,
    /// Files and folders in which it may open files to read them.
    pub read: Vec<PathBuf>,
    /// The sockets that it has.
    pub sockets: Sockets,
}

impl Wishes {
    /// Of who needs nothing but what its role is made of.
    pub fn of(role: Role) -> Self {
        Self { role, user: None, read: Vec::new(), sockets: Sockets::default() }
    }
}

/// Sockets that are open, by their descriptors, and what may be done with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sockets {
    /// Packet sockets, on which it may not write.
    pub packets: Vec<RawFd>,
    /// Sockets that listen, on which it may accept, and on no others.
    pub listening: Vec<RawFd>,
}

/// What a process is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reads packets and shows what they mean.
    Analyst,
    /// Reads packets and tells what they mean to who connects to a socket.
    Monitor,
    /// Writes reports into this folder, and sees no packet.
    Writer(PathBuf),
    /// Files what it is given into folders below this one, which it makes, and sees no packet.
    Filer(PathBuf),
    /// Removes a file from this folder, and sees no packet.
    Remover(PathBuf),
}

impl Role {
    /// Whether it looks at packets, which anybody can send.
    #[cfg(target_os = "linux")]
    fn reads_packets(&self) -> bool {
        matches!(self, Self::Analyst | Self::Monitor)
    }
}

/// Why the program cannot be confined.
#[derive(Debug, thiserror::Error)]
#[error("cannot confine the program: {step}: {why}; {advice}")]
pub struct Refusal {
    /// What failed.
    pub step: &'static str,
    /// Why, and on what.
    pub why: String,
    /// What to do about it.
    pub advice: &'static str,
}

/// What helps where nothing else does.
#[cfg(target_os = "linux")]
const WAY_OUT: &str = "run it with --no-sandbox if the packets can be trusted";

#[cfg(target_os = "linux")]
impl Refusal {
    /// A step failed that ought not to.
    #[expect(clippy::needless_pass_by_value, reason = "most are errors that are done with")]
    fn of(step: &'static str, why: impl ToString) -> Self {
        Self { step, why: why.to_string(), advice: WAY_OUT }
    }
}

/// One thing that is given up.
#[cfg(target_os = "linux")]
struct Step {
    name: &'static str,
    take: fn(&Wishes, &mut files::Plan) -> Result<State, Refusal>,
    /// Whether the kernel can, without doing it.
    offer: fn() -> State,
}

/// The steps in their order: each needs rights that a later one takes.
#[cfg(target_os = "linux")]
const STEPS: &[Step] = &[
    Step { name: privileges::NAME, take: |_, _| privileges::renounce(), offer: privileges::offer },
    Step {
        name: capabilities::NAME,
        take: |wishes, _| capabilities::reduce(wishes),
        offer: capabilities::offer,
    },
    Step { name: user::NAME, take: |wishes, _| user::become_user(wishes), offer: user::offer },
    Step { name: files::NAME, take: |_, plan| plan.restrict(), offer: files::offer },
    Step { name: seccomp::NAME, take: |wishes, _| seccomp::install(wishes), offer: seccomp::offer },
];

/// Takes all steps. Nothing is undone if one fails: the program has to end.
///
/// # Errors
///
/// A step that the kernel supports failed, or there is more than one thread.
#[cfg(target_os = "linux")]
pub fn confine(wishes: &Wishes) -> Result<Status, Refusal> {
    privileges::require_one_thread()?;
    // Names are looked up with the rights that the program was given.
    let mut plan = files::Plan::new(wishes)?;
    let take = |step: &Step| (step.take)(wishes, &mut plan).map(|state| (step.name, state));
    Ok(Status::Confined(STEPS.iter().map(take).collect::<Result<_, _>>()?))
}

/// Where nothing is known to give up.
///
/// # Errors
///
/// None.
#[cfg(not(target_os = "linux"))]
pub fn confine(_: &Wishes) -> Result<Status, Refusal> {
    Ok(Status::Unsupported)
}

/// Where nobody knows how.
#[cfg(not(target_os = "linux"))]
pub fn close_inherited<T: AsRef<std::ffi::OsStr>>(_: impl IntoIterator<Item = T>) {}

/// Does something with the rights of a user; here, with one's own.
///
/// # Errors
///
/// None.
#[cfg(not(target_os = "linux"))]
pub fn as_user<T>(_: &Identity, what: impl FnOnce() -> T) -> Result<T, Refusal> {
    Ok(what())
}

/// What this kernel offers, step by step, without taking one.
#[cfg(target_os = "linux")]
pub fn offers() -> Vec<(&'static str, State)> {
    STEPS.iter().map(|step| (step.name, (step.offer)())).collect()
}

/// What this system offers.
#[cfg(not(target_os = "linux"))]
pub fn offers() -> Vec<(&'static str, State)> {
    Vec::new()
}
