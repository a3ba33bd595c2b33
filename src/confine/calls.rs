//! Every system call that may be made once the program is confined, and what for.
//!
//! The list is generous to what the standard library, the C library and the terminal's crates need
//! on x86-64 and aarch64, and has nothing that opens a socket, runs a program, looks into another
//! one, or sends a packet.

use libc::{c_int, c_long};

use super::{Role, Wishes};

/// A call that is allowed.
pub(super) struct Call {
    pub(super) number: c_long,
    /// It must meet all conditions of one of these; none: it is allowed always.
    pub(super) when: &'static [&'static [If]],
    /// Who makes it, to what end.
    #[cfg_attr(not(test), expect(dead_code, reason = "said to the reader"))]
    pub(super) why: &'static str,
}

/// A condition on an argument, counted from 0.
#[derive(Clone, Copy, Debug)]
pub(super) enum If {
    /// It has this value, in its lower half.
    Is(u8, u64),
    /// It is the null pointer.
    Null(u8),
    /// These bits of it have this value.
    Bits(u8, u64, u64),
    /// It is the number of this process.
    Oneself(u8),
    /// It is a descriptor, but not that of a packet socket.
    NoSocket(u8),
    /// It is the descriptor of a socket that listens.
    Listening(u8),
}

const fn always(number: c_long, why: &'static str) -> Call {
    Call { number, when: &[], why }
}

const fn when(number: c_long, when: &'static [&'static [If]], why: &'static str) -> Call {
    Call { number, when, why }
}

/// Constants of the C library, which are of several types, as an argument has them.
const fn value(constant: c_int) -> u64 {
    constant.unsigned_abs() as u64
}

/// Calls that do not exist: the C library then makes an older one, which can be looked into.
pub(super) const ABSENT: &[(c_long, &str)] =
    &[(libc::SYS_clone3, "its flags are in memory; clone has them in an argument")];

/// A new thread of this process, in the same name spaces.
const THREAD: u64 = value(libc::CLONE_VM | libc::CLONE_THREAD);
const NOT_A_THREAD: u64 = value(
    libc::CLONE_NEWNS
        | libc::CLONE_NEWCGROUP
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUSER
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWNET
        | libc::CLONE_PTRACE
        | libc::CLONE_VFORK,
);

/// Memory must not become code.
const EXECUTABLE: u64 = value(libc::PROT_EXEC);

/// Nothing is made and nothing is written by opening it.
const CHANGING: u64 = value(libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC);

/// Nothing that is there already is opened.
const NEW: u64 = value(libc::O_CREAT | libc::O_EXCL);

/// What any thread of either process does.
const BOTH: &[Call] = &[
    always(libc::SYS_read, "captures, pipes, the terminal"),
    always(libc::SYS_readv, "the standard library"),
    always(libc::SYS_pread64, "captures, by place"),
    when(libc::SYS_write, &[&[If::NoSocket(0)]], "the screen, reports, errors"),
    when(libc::SYS_writev, &[&[If::NoSocket(0)]], "the standard library"),
    when(
        libc::SYS_openat,
        &[&[If::Bits(2, CHANGING, 0)]],
        "counters of interfaces, a file that was rotated: what the rules for files leave",
    ),
    always(libc::SYS_close, "every descriptor"),
    always(libc::SYS_lseek, "the standard library, of a file read whole"),
    always(libc::SYS_fstat, "what a descriptor is"),
    always(libc::SYS_newfstatat, "likewise, and whether a file was rotated"),
    always(libc::SYS_statx, "likewise"),
    always(libc::SYS_readlinkat, "the program's own path, for a backtrace"),
    always(libc::SYS_getcwd, "likewise"),
    when(
        libc::SYS_fcntl,
        &[
            &[If::Is(1, value(libc::F_GETFD))],
            &[If::Is(1, value(libc::F_SETFD))],
            &[If::Is(1, value(libc::F_GETFL))],
            &[If::Is(1, value(libc::F_SETFL))],
            &[If::Is(1, value(libc::F_DUPFD_CLOEXEC)), If::NoSocket(0)],
        ],
        "flags of descriptors; a second one of the same, but not of a packet socket",
    ),
    always(libc::SYS_ftruncate, "a report takes the place of an older one"),
    always(libc::SYS_fallocate, "likewise, once there is room for it"),
    always(libc::SYS_fsync, "a report is on the disk"),
    always(libc::SYS_fdatasync, "likewise"),
    always(libc::SYS_brk, "memory"),
    when(libc::SYS_mmap, &[&[If::Bits(2, EXECUTABLE, 0)]], "memory, not for code"),
    when(libc::SYS_mprotect, &[&[If::Bits(2, EXECUTABLE, 0)]], "likewise"),
    always(libc::SYS_munmap, "memory"),
    always(libc::SYS_mremap, "memory"),
    always(libc::SYS_madvise, "memory"),
    always(libc::SYS_futex, "locks, channels, the end of a thread"),
    always(libc::SYS_membarrier, "locks"),
    when(libc::SYS_clone, &[&[If::Bits(0, THREAD | NOT_A_THREAD, THREAD)]], "threads"),
    always(libc::SYS_set_robust_list, "a thread begins"),
    always(libc::SYS_rseq, "a thread begins"),
    always(libc::SYS_sigaltstack, "a thread begins and ends"),
    when(libc::SYS_prctl, &[&[If::Is(0, value(libc::PR_SET_NAME))]], "the name of a thread"),
    always(libc::SYS_sched_yield, "locks"),
    always(libc::SYS_sched_getaffinity, "how many processors there are"),
    when(libc::SYS_prlimit64, &[&[If::Null(2)]], "the size of a thread's stack is asked for"),
    always(libc::SYS_getrandom, "keys of hashes, names of files"),
    always(libc::SYS_clock_gettime, "the time, where the kernel has no faster way"),
    always(libc::SYS_clock_getres, "likewise"),
    always(libc::SYS_gettimeofday, "likewise"),
    always(libc::SYS_nanosleep, "pauses"),
    always(libc::SYS_clock_nanosleep, "pauses"),
    always(libc::SYS_restart_syscall, "a pause goes on after a stop"),
    always(libc::SYS_ppoll, "waits for packets, keys, children's pipes"),
    always(libc::SYS_rt_sigaction, "signals"),
    always(libc::SYS_rt_sigprocmask, "signals"),
    always(libc::SYS_rt_sigreturn, "signals"),
    always(libc::SYS_gettid, "who sends a signal to itself"),
    always(libc::SYS_getpid, "likewise"),
    always(libc::SYS_getuid, "who runs the program"),
    always(libc::SYS_geteuid, "likewise"),
    when(libc::SYS_tgkill, &[&[If::Oneself(0)]], "the second signal kills, Ctrl-Z stops, abort"),
    when(
        libc::SYS_kill,
        &[&[If::Is(0, 0), If::Is(1, value(libc::SIGTSTP))], &[If::Oneself(0)]],
        "Ctrl-Z stops those in the same pipeline; signals to itself",
    ),
    always(libc::SYS_exit, "a thread ends"),
    always(libc::SYS_exit_group, "the program ends"),
    // Musl opens with the older call where there is one.
    #[cfg(target_arch = "x86_64")]
    when(libc::SYS_open, &[&[If::Bits(1, CHANGING, 0)]], "as openat"),
    #[cfg(target_arch = "x86_64")]
    always(libc::SYS_poll, "waits for packets, keys, pipes"),
    #[cfg(target_arch = "x86_64")]
    always(libc::SYS_stat, "the C library"),
    #[cfg(target_arch = "x86_64")]
    always(libc::SYS_lstat, "the C library"),
    #[cfg(target_arch = "x86_64")]
    always(libc::SYS_readlink, "the program's own path, for a backtrace"),
    #[cfg(target_arch = "x86_64")]
    always(libc::SYS_time, "the C library"),
];

/// Settings of terminals. Not among them: what puts keys into the queue of the terminal
/// (`TIOCSTI`), by which a confined program would type commands into the shell behind it.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_lossless,
    reason = "each C library has other types for them; the kernel looks at the lower half"
)]
const TERMINAL: &[&[If]] = &[
    &[If::Is(1, libc::TCGETS as u32 as u64)],
    &[If::Is(1, libc::TCSETS as u32 as u64)],
    &[If::Is(1, libc::TCSETSW as u32 as u64)],
    &[If::Is(1, libc::TCSETSF as u32 as u64)],
    &[If::Is(1, libc::TCGETS2 as u32 as u64)],
    &[If::Is(1, libc::TCSETS2 as u32 as u64)],
    &[If::Is(1, libc::TCSETSW2 as u32 as u64)],
    &[If::Is(1, libc::TCSETSF2 as u32 as u64)],
    &[If::Is(1, libc::TIOCGWINSZ as u32 as u64)],
    &[If::Is(1, libc::TIOCGPGRP as u32 as u64)],
    &[If::Is(1, libc::FIONREAD as u32 as u64)],
    &[If::Is(1, libc::FIONBIO as u32 as u64)],
    &[If::Is(1, libc::SIOCGIFINDEX as u32 as u64)],
    &[If::Is(1, libc::SIOCGIFFLAGS as u32 as u64)],
];

/// What only the process does that reads packets and has the screen.
const ANALYST: &[Call] = &[
    when(libc::SYS_ioctl, TERMINAL, "the terminal's modes and size; whether an interface is there"),
    always(libc::SYS_epoll_create1, "events of the terminal"),
    always(libc::SYS_epoll_ctl, "events of the terminal"),
    always(libc::SYS_epoll_pwait, "events of the terminal"),
    #[cfg(target_arch = "x86_64")]
    always(libc::SYS_epoll_wait, "events of the terminal"),
    always(libc::SYS_eventfd2, "wakes who waits for events"),
    always(libc::SYS_pipe2, "wakes who waits for a signal"),
    when(
        libc::SYS_socketpair,
        &[&[If::Is(0, value(libc::AF_UNIX))]],
        "wakes who waits for a signal: two ends, both here",
    ),
    when(
        libc::SYS_sendto,
        &[&[If::Null(4), If::NoSocket(0)]],
        "writes to the other end of that pair",
    ),
    always(libc::SYS_recvfrom, "reads from it; the end of a packet socket"),
    when(
        libc::SYS_getsockopt,
        &[&[If::Is(1, value(libc::SOL_PACKET))], &[If::Is(1, value(libc::SOL_SOCKET))]],
        "packets lost; what befell an interface",
    ),
    always(libc::SYS_getsid, "whether a shell waits that could resume the program"),
];

/// What only a process does besides that has sockets that listen: what was accepted is read and
/// written by the calls of all others.
const LISTENER: &[Call] = &[when(
    libc::SYS_accept4,
    &[&[If::Listening(0)]],
    "who asks for metrics, or tells dnstap, on the sockets that listen since before",
)];

/// What only the process does that writes reports.
const WRITER: &[Call] = &[
    when(
        libc::SYS_openat,
        &[&[If::Bits(2, CHANGING, 0)], &[If::Bits(2, NEW, NEW)]],
        "a report is made aside, never over another file: the rules for files say where",
    ),
    #[cfg(target_arch = "x86_64")]
    when(libc::SYS_open, &[&[If::Bits(1, CHANGING, 0)], &[If::Bits(1, NEW, NEW)]], "as openat"),
    always(libc::SYS_renameat2, "it gets its name, if that is free"),
    always(libc::SYS_linkat, "likewise, on file systems that cannot rename so"),
    always(libc::SYS_unlinkat, "what failed in the middle is removed, and the oldest packets"),
    always(libc::SYS_ftruncate, "the part of a packet that did not fit is cut off"),
    #[cfg(target_arch = "x86_64")]
    always(libc::SYS_link, "the C library"),
    #[cfg(target_arch = "x86_64")]
    always(libc::SYS_unlink, "the C library"),
];

/// What only the process does that files rows, beside what one does that writes reports.
const FILER: &[Call] = &[
    always(libc::SYS_mkdirat, "folders by date, hour and sensor"),
    #[cfg(target_arch = "x86_64")]
    always(libc::SYS_mkdir, "the C library"),
];

/// What only the process does that removes the socket of a capture at its end.
const REMOVER: &[Call] = &[
    always(libc::SYS_unlinkat, "the socket: the rules for files say where"),
    #[cfg(target_arch = "x86_64")]
    always(libc::SYS_unlink, "the C library"),
];

/// The list of a process, one row for each call.
pub(super) fn of(wishes: &Wishes) -> Vec<&'static Call> {
    let own: &[&[Call]] = match &wishes.role {
        Role::Analyst | Role::Monitor if wishes.sockets.listening.is_empty() => &[ANALYST],
        Role::Analyst | Role::Monitor => &[ANALYST, LISTENER],
        Role::Writer(_) => &[WRITER],
        Role::Filer(_) => &[WRITER, FILER],
        Role::Remover(_) => &[REMOVER],
    };
    let own = || own.iter().copied().flatten();
    let is_own = |call: &&Call| own().any(|each| each.number == call.number);
    BOTH.iter().filter(|call| !is_own(call)).chain(own()).collect()
}

/// Every role, for tests.
#[cfg(test)]
pub(super) fn roles() -> Vec<Role> {
    let folder = std::path::PathBuf::from("/tmp");
    vec![
        Role::Analyst,
        Role::Monitor,
        Role::Writer(folder.clone()),
        Role::Filer(folder.clone()),
        Role::Remover(folder),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::confine::Sockets;

    /// Every role, with sockets that listen and without.
    fn wishes() -> impl Iterator<Item = Wishes> {
        let sockets = |listening| Sockets { listening, ..Sockets::default() };
        roles().into_iter().flat_map(move |role| {
            [vec![], vec![7]]
                .map(|listening| Wishes { sockets: sockets(listening), ..Wishes::of(role.clone()) })
        })
    }

    #[test]
    fn only_who_listens_accepts() {
        for wishes in wishes() {
            let accepts = of(&wishes).iter().any(|call| call.number == libc::SYS_accept4);
            let may = matches!(wishes.role, Role::Analyst | Role::Monitor);
            assert_eq!(accepts, may && !wishes.sockets.listening.is_empty(), "{wishes:?}");
        }
    }

    #[test]
    fn every_call_has_one_row_in_a_list_and_a_reason() {
        for wishes in wishes() {
            let calls = of(&wishes);
            for call in &calls {
                assert!(!call.why.is_empty());
                let rows = calls.iter().filter(|each| each.number == call.number).count();
                assert_eq!(rows, 1, "call {} ({})", call.number, call.why);
            }
        }
    }

    #[test]
    fn no_list_has_what_opens_runs_or_looks_into() {
        let never = [
            libc::SYS_socket,
            libc::SYS_connect,
            libc::SYS_bind,
            libc::SYS_listen,
            libc::SYS_accept,
            libc::SYS_sendmsg,
            libc::SYS_sendmmsg,
            libc::SYS_setsockopt,
            libc::SYS_execve,
            libc::SYS_execveat,
            libc::SYS_ptrace,
            libc::SYS_process_vm_readv,
            libc::SYS_process_vm_writev,
            libc::SYS_pidfd_getfd,
            libc::SYS_bpf,
            libc::SYS_io_uring_setup,
            libc::SYS_unshare,
            libc::SYS_setns,
            libc::SYS_mount,
            libc::SYS_setresuid,
            libc::SYS_setuid,
            libc::SYS_capset,
            libc::SYS_dup,
            libc::SYS_dup3,
            libc::SYS_open_by_handle_at,
            libc::SYS_memfd_create,
            libc::SYS_seccomp,
        ];
        for wishes in wishes() {
            for call in of(&wishes) {
                assert!(!never.contains(&call.number), "{}", call.why);
            }
        }
    }
}
