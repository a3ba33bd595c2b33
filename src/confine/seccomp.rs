//! No system call but those of a list (seccomp).
//!
//! A call that is not on it fails with "operation not permitted"; the program is not killed, for a
//! killed one leaves the terminal in raw mode, the report unwritten and nobody told, and what is
//! denied is denied either way.

use std::collections::BTreeMap;
use std::os::fd::RawFd;

use rustix::process::getpid;
use rustix::thread::secure_computing_mode;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter_all_threads,
};

use super::calls::{self, Call, If};
use super::{Refusal, Sockets, State, Wishes};

pub(super) const NAME: &str = "system calls";

/// Installs the list for all threads.
pub(super) fn install(wishes: &Wishes) -> Result<State, Refusal> {
    let failed = |why: String| Refusal::of(NAME, why);
    let arch = architecture().map_err(|why| failed(why.to_string()))?;
    let calls = calls::of(wishes);
    let known = Known { pid: getpid().as_raw_pid(), sockets: &wishes.sockets };
    let programs = [absent(arch), allowed(&calls, &known, arch)];
    for program in programs {
        let program = program.map_err(|why| failed(why.to_string()))?;
        match apply_filter_all_threads(&program) {
            Ok(()) => {}
            Err(seccompiler::Error::Seccomp(why)) if is_unknown(&why) => {
                return Ok(State::Lacking("this kernel has no seccomp filters".into()));
            }
            Err(why) => return Err(failed(why.to_string())),
        }
    }
    Ok(State::Taken(format!("{} system calls left", calls.len())))
}

/// How a kernel says that it was built without; the second also means that a list is wrong.
fn is_unknown(why: &std::io::Error) -> bool {
    match why.raw_os_error() {
        Some(libc::ENOSYS) => true,
        Some(libc::EINVAL) => secure_computing_mode().is_err(),
        _ => false,
    }
}

/// What a condition may be about and is known only now.
struct Known<'a> {
    pid: i32,
    sockets: &'a Sockets,
}

/// Calls that the C library tries first and that no filter can look into: they do not exist.
fn absent(arch: TargetArch) -> Result<BpfProgram, BackendError> {
    let rules: BTreeMap<_, _> = calls::ABSENT.iter().map(|(call, _)| (*call, vec![])).collect();
    let answer = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    SeccompFilter::new(rules, SeccompAction::Allow, answer, arch)?.try_into()
}

fn allowed(
    calls: &[&Call],
    known: &Known<'_>,
    arch: TargetArch,
) -> Result<BpfProgram, BackendError> {
    let mut rules = BTreeMap::new();
    for call in calls {
        let each = call.when.iter().flat_map(|all| alternatives(all, known));
        let each: Result<Vec<_>, _> = each.map(|all| rule(&all, known)).collect();
        // Where there is nothing to compare with, a rule would be one without conditions.
        rules.insert(call.number, each?.into_iter().flatten().collect());
    }
    // So that glibc's first try of a clone is answered by the filter above, and by no other.
    rules.extend(calls::ABSENT.iter().map(|(call, _)| (*call, vec![])));
    let refusal = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    SeccompFilter::new(rules, refusal, SeccompAction::Allow, arch)?.try_into()
}

/// What is to be met as a whole: with each of the sockets that listen, if it is about these.
fn alternatives(all: &[If], known: &Known<'_>) -> Vec<Vec<If>> {
    if !all.iter().any(|each| matches!(each, If::Listening(_))) {
        return vec![all.to_vec()];
    }
    let with = |socket: &RawFd| {
        let socket = u64::from(socket.unsigned_abs());
        let each = all.iter().map(|each| match each {
            If::Listening(argument) => If::Is(*argument, socket),
            other => *other,
        });
        each.collect()
    };
    known.sockets.listening.iter().map(with).collect()
}

fn rule(all: &[If], known: &Known<'_>) -> Result<Option<SeccompRule>, BackendError> {
    let mut conditions = Vec::new();
    for each in all {
        conditions.extend(conditions_of(*each, known)?);
    }
    if conditions.is_empty() { Ok(None) } else { SeccompRule::new(conditions).map(Some) }
}

fn conditions_of(each: If, known: &Known<'_>) -> Result<Vec<SeccompCondition>, BackendError> {
    use SeccompCmpArgLen::{Dword, Qword};
    let condition = SeccompCondition::new;
    match each {
        If::Is(argument, value) => Ok(vec![condition(argument, Dword, SeccompCmpOp::Eq, value)?]),
        If::Null(argument) => Ok(vec![condition(argument, Qword, SeccompCmpOp::Eq, 0)?]),
        If::Bits(argument, mask, value) => {
            Ok(vec![condition(argument, Qword, SeccompCmpOp::MaskedEq(mask), value)?])
        }
        If::Oneself(argument) => {
            let pid = u64::from(known.pid.unsigned_abs());
            Ok(vec![condition(argument, Dword, SeccompCmpOp::Eq, pid)?])
        }
        // Each socket was put in its place; without one no descriptor suits.
        If::Listening(argument) => {
            let none = u64::from(u32::MAX);
            Ok(vec![condition(argument, Dword, SeccompCmpOp::Eq, none)?])
        }
        If::NoSocket(argument) => {
            let other = |socket: &RawFd| {
                condition(argument, Dword, SeccompCmpOp::Ne, u64::from(socket.unsigned_abs()))
            };
            known.sockets.packets.iter().map(other).collect()
        }
    }
}

fn architecture() -> Result<TargetArch, BackendError> {
    TargetArch::try_from(std::env::consts::ARCH)
}

/// Asks without installing anything.
pub(super) fn offer() -> State {
    match secure_computing_mode() {
        Ok(_) => State::Taken("seccomp filters".into()),
        Err(_) => State::Lacking("this kernel has no seccomp filters".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_can_be_compiled_with_as_many_sockets_as_anybody_has() {
        let many = Sockets { packets: (3..67).collect(), listening: vec![67, 68] };
        for role in calls::roles() {
            for sockets in [Sockets::default(), many.clone()] {
                let wishes = Wishes { sockets, ..Wishes::of(role.clone()) };
                let known = Known { pid: 7, sockets: &wishes.sockets };
                let program = allowed(&calls::of(&wishes), &known, TargetArch::x86_64).unwrap();
                assert!(program.len() < 4096, "{}", program.len());
            }
        }
        assert!(absent(TargetArch::aarch64).is_ok());
    }
}
