//! Network namespaces for tests: nothing is sent or seen outside of them.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::terminal::PATIENCE;

/// Set in the process that runs inside the namespace.
const INSIDE: &str = "RCODETOP_TEST_INSIDE_NAMESPACE";
/// Where servers listen; the client asks from the next address.
pub(crate) const SERVER: &str = "10.99.0.1";

pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|done| done.success())
}

/// Runs one test of this program again, inside a new network namespace.
pub(crate) fn in_namespace(test: &str, programs: &[&str]) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    if !succeeds(Command::new("unshare").args(["-n", "ip", "link", "set", "lo", "up"])) {
        println!("skipped: no root, no `unshare` or no `ip` here");
        return false;
    }
    for program in programs.iter().chain(&["nsenter"]) {
        if !succeeds(Command::new("sh").args(["-c", &format!("command -v {program}")])) {
            println!("skipped: {program} is not installed");
            return false;
        }
    }
    let status = Command::new("unshare")
        .arg("-n")
        .arg(std::env::current_exe().expect("it runs"))
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(INSIDE, "yes")
        .status();
    assert!(status.expect("it starts").success(), "inside the namespace");
    false
}

/// A process that ends with this value.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn start(command: &mut Command) -> Running {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Running(quiet.spawn().expect("it starts"))
}

pub(crate) fn ip(arguments: &str) {
    let words: Vec<_> = arguments.split(' ').collect();
    assert!(succeeds(Command::new("ip").args(words)), "ip {arguments}");
}

/// A client's namespace at the other end of a cable; it lasts as long as the value.
pub(crate) fn client() -> Running {
    let client = start(Command::new("unshare").args(["-n", "sleep", "600"]));
    let pid = client.0.id().to_string();
    let own = fs::read_link("/proc/self/ns/net").expect("it has one");
    let theirs = || fs::read_link(format!("/proc/{pid}/ns/net")).expect("it has one");
    wait_until("the client's namespace", || theirs() != own);
    ip("link set lo up");
    ip(&format!("link add server type veth peer name client netns {pid}"));
    ip("addr add 10.99.0.1/24 dev server");
    ip("link set server up");
    inside(&pid, &["ip", "addr", "add", "10.99.0.2/24", "dev", "client"]);
    inside(&pid, &["ip", "link", "set", "client", "up"]);
    client
}

pub(crate) fn inside(pid: &str, words: &[&str]) {
    assert!(succeeds(nsenter(pid).args(words)), "{words:?} in the client's namespace");
}

pub(crate) fn nsenter(pid: &str) -> Command {
    let mut command = Command::new("nsenter");
    command.args(["-t", pid, "-n"]);
    command
}

#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "no {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
