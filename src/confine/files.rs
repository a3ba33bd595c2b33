//! No file and no network but what is named (Landlock).

use std::fs::metadata;
use std::io::ErrorKind;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, PathBeneath, PathFd,
    RestrictionStatus, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetStatus,
    Scope,
};

use super::{Refusal, Role, State, Wishes};

pub(super) const NAME: &str = "files and network";

/// The newest version that was tried. A kernel that knows less restricts less, and says so.
const VERSION: ABI = ABI::V7;

/// What writing a report needs: made aside, renamed or linked to its name; and what writing packets
/// needs, of which a part may not fit.
const WRITING: [AccessFs; 5] = [
    AccessFs::MakeReg,
    AccessFs::WriteFile,
    AccessFs::Truncate,
    AccessFs::ReadFile,
    AccessFs::RemoveFile,
];

/// The terminal is asked for its size with each draw. It is open anyway, and a kernel that logs what
/// is denied would have a line for each.
const TERMINAL: &str = "/dev/tty";
const ASKING: [AccessFs; 2] = [AccessFs::ReadFile, AccessFs::IoctlDev];

/// Rules that are looked up and not in force yet.
pub(super) struct Plan {
    rules: Option<RulesetCreated>,
}

impl Plan {
    pub(super) fn new(wishes: &Wishes) -> Result<Self, Refusal> {
        let mut rules = everything_denied().map_err(|why| Refusal::of(NAME, why))?;
        for path in &wishes.read {
            rules = allow(rules, path, AccessFs::ReadFile.into())?;
        }
        rules = match &wishes.role {
            Role::Analyst => allow(rules, Path::new(TERMINAL), ASKING.into_iter().collect())?,
            // It listens already, and accepting is no right of its own.
            Role::Monitor => rules,
            Role::Writer(folder) => allow(rules, folder, WRITING.into_iter().collect())?,
            Role::Filer(folder) => {
                allow(rules, folder, WRITING.into_iter().chain([AccessFs::MakeDir]).collect())?
            }
            Role::Remover(folder) => allow(rules, folder, AccessFs::RemoveFile.into())?,
        };
        Ok(Self { rules: Some(rules) })
    }

    /// Puts the rules into force.
    pub(super) fn restrict(&mut self) -> Result<State, Refusal> {
        let failed = |why: String| Refusal::of(NAME, why);
        let rules =
            self.rules.take().ok_or_else(|| failed("internal error: done already".into()))?;
        let status = rules.restrict_self().map_err(|why| failed(why.to_string()))?;
        Ok(state(&status))
    }
}

/// Signals to others are not scoped: Ctrl-Z has to stop those that feed the program in a pipeline,
/// and the list of system calls lets no other signal out.
fn everything_denied() -> Result<RulesetCreated, landlock::RulesetError> {
    Ruleset::default()
        .handle_access(AccessFs::from_all(VERSION))?
        .handle_access(AccessNet::from_all(VERSION))?
        .scope(Scope::AbstractUnixSocket)?
        .create()
}

fn allow(
    rules: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, Refusal> {
    let refused = |why: String| {
        let path = crate::wire::name::escape_text(path.as_os_str().as_encoded_bytes());
        Refusal::of(NAME, format!("cannot grant access to {path}: {why}"))
    };
    // What is not there, such as the counters of an interface without any, needs no rule.
    if metadata(path).is_err_and(|why| why.kind() == ErrorKind::NotFound) {
        return Ok(rules);
    }
    let place = PathFd::new(path).map_err(|why| refused(why.to_string()))?;
    let rule = PathBeneath::new(place, access);
    rules.add_rule(rule).map_err(|why| refused(why.to_string()))
}

fn state(status: &RestrictionStatus) -> State {
    match (&status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, _) => State::Lacking(lacking(status.landlock)),
        (RulesetStatus::FullyEnforced, _) => {
            State::Taken("no file or connection can be opened but those needed".into())
        }
        (RulesetStatus::PartiallyEnforced, LandlockStatus::Available { effective_abi, .. }) => {
            State::Partial(partly(effective_abi))
        }
        (RulesetStatus::PartiallyEnforced, _) => State::Partial("only in part".into()),
    }
}

fn lacking(status: LandlockStatus) -> String {
    match status {
        LandlockStatus::NotEnabled => "Landlock is switched off; boot with lsm=landlock,...",
        _ => "this kernel has no Landlock; Linux has it since 5.13",
    }
    .into()
}

/// What the versions lack that are older than [`VERSION`].
const LACKS: &[(ABI, &str)] = &[
    (ABI::V3, "files that can be written can be cut in any folder"),
    (ABI::V4, "TCP connections are left to the list of system calls"),
    (ABI::V5, "devices are left to the list of system calls"),
    (ABI::V6, "abstract sockets are left to the list of system calls"),
];

fn partly(version: ABI) -> String {
    let lacks = LACKS.iter().filter(|(since, _)| version < *since).map(|(_, what)| *what);
    format!("Landlock of version {}: {}", version as i32, lacks.collect::<Vec<_>>().join(", "))
}

/// A thread of its own is restricted and ends: there is no other way to ask.
pub(super) fn offer() -> State {
    let tried = std::thread::spawn(|| everything_denied().and_then(RulesetCreated::restrict_self));
    match tried.join() {
        Ok(Ok(status)) => match (state(&status), status.landlock) {
            (State::Taken(_), LandlockStatus::Available { effective_abi, .. }) => {
                State::Taken(format!("Landlock of version {}", effective_abi as i32))
            }
            (state, _) => state,
        },
        Ok(Err(why)) => State::Lacking(why.to_string()),
        Err(_) => State::Lacking("asking for Landlock failed".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_lacks_something_says_what() {
        assert_eq!(
            partly(ABI::V5),
            "Landlock of version 5: abstract sockets are left to the list of system calls"
        );
        assert!(partly(ABI::V2).contains("TCP connections"), "{}", partly(ABI::V2));
    }

    #[test]
    fn a_path_that_may_not_be_looked_up_is_refused_by_its_name() {
        let read = vec!["/etc/passwd/\u{1b}".into()];
        let wishes = Wishes { read, ..Wishes::of(Role::Analyst) };
        let told = Plan::new(&wishes).err().unwrap().to_string();
        assert!(told.contains("cannot grant access to /etc/passwd/\\027: "), "{told}");
        assert!(told.contains("--no-sandbox"), "{told}");
    }
}
