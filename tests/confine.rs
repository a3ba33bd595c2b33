//! Nothing gets out of the real program: what each of its threads has left, and whom its files belong
//! to. What cannot be done from the inside is in `inside.rs`.
//!
//! Needs Linux. What needs root or a network namespace is skipped with a printed reason elsewhere.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests")]

use std::fs;
use std::io::{self, Read};
use std::net::UdpSocket;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process};

const PROGRAM: &str = env!("CARGO_BIN_EXE_rcodetop");
/// Longer than any of this takes on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(30);
/// A user that need not exist.
const SOMEBODY: u32 = 1000;
const NOBODY: u32 = 65534;

fn is_root() -> bool {
    let is_root = geteuid().is_root();
    if !is_root {
        println!("skipped: needs root");
    }
    is_root
}

/// Whether the kernel has all that confines it.
fn can_be_confined() -> bool {
    let offers = told(&program(&["-V", "-v"]).output().unwrap());
    let lacking: Vec<&str> = offers.lines().filter(|line| line.contains("LACKING")).collect();
    if !lacking.is_empty() {
        println!("skipped: {}", lacking.join("; "));
    }
    lacking.is_empty()
}

fn testdata(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

/// A folder that everybody can enter.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().tempdir_in("/tmp").unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

fn program(words: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(words).env("LANG", "C.UTF-8").stdin(Stdio::null());
    command.env_remove("SUDO_UID").env_remove("SUDO_GID");
    command
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|done| done.success())
}

/// A program that runs until the test is over.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// What Linux says of each thread, once it is confined and there are as many threads.
    fn threads(&mut self, expected: usize) -> Vec<String> {
        let began = Instant::now();
        loop {
            assert!(self.0.try_wait().unwrap().is_none(), "it ended");
            assert!(began.elapsed() < PATIENCE, "it is not confined: {:?}", self.statuses());
            let all = self.statuses();
            if all.len() >= expected && all.iter().all(|each| has(each, "Seccomp", "2")) {
                return all;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn statuses(&self) -> Vec<String> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.0.id())).unwrap();
        let status = |thread: io::Result<fs::DirEntry>| {
            fs::read_to_string(thread.unwrap().path().join("status"))
        };
        threads.filter_map(|thread| status(thread).ok()).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether a line of a status says this, however many blanks are in it.
fn has(status: &str, name: &str, expected: &str) -> bool {
    let mut lines = status.lines().filter_map(|line| line.split_once(':'));
    let value = lines.find_map(|(field, value)| (field == name).then_some(value));
    value.is_some_and(|value| value.split_whitespace().collect::<Vec<_>>().join(" ") == expected)
}

#[track_caller]
fn check_threads(all: &[String], user: u32) {
    let ids = format!("{user} {user} {user} {user}");
    for status in all {
        let fields = [("Uid", ids.as_str()), ("NoNewPrivs", "1"), ("Seccomp", "2")];
        // Who has no right to empty the bounding set has none to gain from it: no new privileges.
        let none = ["CapInh", "CapPrm", "CapEff", "CapAmb"];
        let none = none.map(|field| (field, "0000000000000000"));
        for (field, expected) in fields.into_iter().chain(none) {
            assert!(has(status, field, expected), "{field} is not {expected}:\n{status}");
        }
        assert!(has(status, "Groups", ""), "{status}");
    }
}

#[test]
fn no_thread_of_a_report_has_a_right_left() {
    if !is_root() || !can_be_confined() {
        return;
    }
    let file = testdata("outage.pcap.gz");
    let folder = folder();
    let check_threads = |all: &[String], user| {
        check_threads(all, user);
        assert!(all.iter().all(|status| has(status, "CapBnd", "0000000000000000")));
    };
    let growing = folder.path().join("growing.pcap");
    let unpacked = Command::new("gzip").arg("-dc").arg(&file).output().unwrap();
    fs::write(&growing, &unpacked.stdout).unwrap();
    let growing = growing.to_str().unwrap();
    let words = ["report", "--follow", "--threads", "3", growing];
    let mut root = Running::start(&mut program(&words));
    check_threads(&root.threads(3), NOBODY);
    let mut sudo = Running::start(
        program(&words).env("SUDO_UID", SOMEBODY.to_string()).env("SUDO_GID", "1000"),
    );
    check_threads(&sudo.threads(3), SOMEBODY);
    let mut asked = Running::start(&mut program(&[&words[..], &["--user", "daemon"]].concat()));
    check_threads(&asked.threads(3), 1);
    let mut with_groups = Command::new("setpriv");
    with_groups.args(["--groups", "4,24,27", PROGRAM]).args(words).args(["--user", "root"]);
    let mut stays = Running::start(with_groups.env_remove("SUDO_UID").stdin(Stdio::null()));
    check_threads(&stays.threads(3), 0);
}

/// Whom a file belongs to, and who may do what with it.
fn owner_and_mode(path: &Path) -> (u32, u32) {
    let found = fs::symlink_metadata(path).unwrap();
    (found.uid(), found.mode() & 0o7777)
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "no {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn who_hears_dnstap_has_no_right_left_and_its_socket_goes_with_it() {
    if !is_root() || !can_be_confined() {
        return;
    }
    // The folder of the user, that of another one, and root's own: who owns the socket, and whom the
    // program becomes.
    let cases: [(u32, Option<u32>, u32, u32); 4] = [
        (SOMEBODY, Some(SOMEBODY), SOMEBODY, SOMEBODY),
        (1, Some(SOMEBODY), SOMEBODY, SOMEBODY),
        (0, Some(SOMEBODY), SOMEBODY, SOMEBODY),
        (0, None, 0, NOBODY),
    ];
    for (number, (holder, sudo, owner, becomes)) in cases.into_iter().enumerate() {
        let folder = folder();
        chown(folder.path(), Some(holder), Some(holder)).unwrap();
        let socket = folder.path().join("dnstap.sock");
        let words = ["report", "--threads", "2", "--dnstap-socket", socket.to_str().unwrap()];
        let mut command = program(&words);
        if let Some(user) = sudo {
            command.env("SUDO_UID", user.to_string()).env("SUDO_GID", user.to_string());
        }
        let mut running = Running::start(&mut command);
        check_threads(&running.threads(2), becomes);
        assert_eq!(owner_and_mode(&socket), (owner, 0o660), "case {number}");
        let pid = Pid::from_child(&running.0);
        if number == 1 {
            // It has no time to remove anything itself.
            kill_process(pid, Signal::KILL).unwrap();
        } else {
            kill_process(pid, Signal::TERM).unwrap();
        }
        running.0.wait().unwrap();
        wait_until("end of the socket", || !socket.exists());
    }
}

/// What the program and all that it started have open.
fn open_in_all(child: &Child) -> Vec<PathBuf> {
    let id = child.id();
    let started = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    let all = started.split_whitespace().map(str::to_owned).chain([id.to_string()]);
    let open = all.flat_map(|id| fs::read_dir(format!("/proc/{id}/fd")).unwrap());
    open.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok()).collect()
}

#[test]
fn what_was_open_before_is_closed_in_every_process_unless_an_argument_names_it() {
    if !can_be_confined() {
        return;
    }
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let (secret, packets) = (path("secret"), path("a.pcapng"));
    fs::write(&secret, "x").unwrap();
    let script = r#"exec 9<>"$1" 8<"$1" 7<"$2"; exec "$0" report --follow -w "$3" /dev/fd/7"#;
    let mut command = Command::new("sh");
    command.args(["-c", script, PROGRAM]).args([
        &secret,
        &testdata("links/ethernet.pcap"),
        &packets,
    ]);
    let mut running = Running::start(command.env_remove("SUDO_UID").stdin(Stdio::null()));
    running.threads(2);
    let open = open_in_all(&running.0);
    assert!(open.contains(&packets), "who writes packets is among them: {open:?}");
    assert!(!open.contains(&secret), "{open:?}");
    wait_until("packet of the capture that was named", || {
        fs::metadata(&packets).is_ok_and(|it| it.len() > 100)
    });
}

#[test]
fn the_thread_that_reads_cannot_break_out() {
    if !cfg!(debug_assertions) {
        return println!("skipped: a release build has no rehearsals");
    }
    if !can_be_confined() {
        return;
    }
    let file = testdata("outage.pcap.gz");
    let run = |options: &[&str]| {
        let words = [&["report", file.to_str().unwrap()], options].concat();
        let output = program(&words).env("RCODETOP_BREAK_OUT", "yes").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        String::from_utf8(output.stderr).unwrap()
    };
    let tried = run(&[]);
    println!("{tried}");
    assert_eq!(tried.lines().count(), 5, "{tried}");
    assert!(!tried.contains("done"), "{tried}");
    assert!(tried.lines().all(|line| line.contains("denied") || line.contains("not permitted")));
    // The rehearsal itself is no dud.
    let tried = run(&["--no-sandbox"]);
    let _ = fs::remove_file("/tmp/rcodetop-was-here");
    assert!(tried.contains("warning: not confined: --no-sandbox"), "{tried}");
    let done = tried.lines().filter(|line| line.ends_with(": done")).count();
    assert!(done >= 4, "{tried}");
}

/// The program on a kernel where one system call fails, as strace plays it.
fn where_fails(call: &str, error: &str, words: &[&str]) -> Option<Output> {
    let inject = format!("inject={call}:error={error}");
    let mut command = Command::new("strace");
    command.args(["-f", "-q", "-o", "/dev/null", "-e", &inject, PROGRAM]).args(words);
    command.env("RCODETOP_BREAK_OUT", "yes").env_remove("SUDO_UID").stdin(Stdio::null());
    let works = succeeds(Command::new("strace").args(["-o", "/dev/null", "true"]));
    if !works {
        println!("skipped: no strace that works here");
    }
    works.then(|| command.output().unwrap())
}

#[test]
fn a_step_that_fails_ends_the_program() {
    if !is_root() || !can_be_confined() {
        return;
    }
    let file = testdata("outage.pcap.gz");
    let words = ["report", file.to_str().unwrap()];
    for (call, error, expected) in [
        ("prctl", "EINVAL", "privileges: Invalid argument"),
        ("capset", "EPERM", "capabilities: Operation not permitted"),
        ("setgroups", "EPERM", "user: cannot become nobody"),
        ("setresuid", "EAGAIN", "user: cannot become nobody"),
        ("landlock_add_rule", "EINVAL", "files and network: cannot grant access to /"),
        ("landlock_restrict_self", "EPERM", "files and network: failed to restrict"),
        ("seccomp", "EACCES", "system calls: "),
    ] {
        let Some(output) = where_fails(call, error, &words) else { return };
        let told = told(&output);
        assert_eq!(output.status.code(), Some(2), "{call}: {told}");
        assert!(told.contains("cannot confine the program: "), "{call}: {told}");
        assert!(told.contains(expected), "{call}: {told}");
        assert!(!told.contains("read a file"), "{call}: it went on: {told}");
    }
}

#[test]
fn each_step_holds_where_the_kernel_lacks_another() {
    if !is_root() || !can_be_confined() || !cfg!(debug_assertions) {
        return println!("skipped: needs root, a kernel with all steps, and rehearsals");
    }
    let file = testdata("outage.pcap.gz");
    let words = ["report", "-v", file.to_str().unwrap()];
    let cases: [(&str, &str, &[&str], &str); 3] = [
        ("landlock_create_ruleset", "ENOSYS", &["read a file"], "has no Landlock"),
        ("landlock_create_ruleset", "EOPNOTSUPP", &["read a file"], "Landlock is switched off"),
        ("seccomp", "ENOSYS", &["make a socket"], "no seccomp filters"),
    ];
    for (call, error, can_be_done, lacking) in cases {
        let Some(output) = where_fails(call, error, &words) else { return };
        let told = told(&output);
        assert_eq!(output.status.code(), Some(0), "{call}: {told}");
        assert!(told.contains("not fully confined: ") && told.contains(lacking), "{told}");
        let done: Vec<&str> = told.lines().filter_map(|line| line.strip_suffix(": done")).collect();
        assert_eq!(done, can_be_done, "{call}: {told}");
    }
}

/// Of files nobody is warned, as they are often one's own; who is quiet is never.
#[test]
fn a_step_that_a_kernel_lacks_is_told_where_packets_come_from_the_network() {
    if !is_root() || !can_be_confined() {
        return;
    }
    let file = testdata("outage.pcap.gz");
    let live = ["report", "-i", "lo", "--duration", "100ms"];
    let cases: [(&[&str], bool); 3] = [
        (&live, true),
        (&[&live[..], &["-q"]].concat(), false),
        (&["report", file.to_str().unwrap()], false),
    ];
    for (words, is_told) in cases {
        let call = "landlock_create_ruleset";
        let Some(output) = where_fails(call, "EOPNOTSUPP", words) else { return };
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let warnings = told.lines().filter(|line| {
            line.starts_with("warning: not fully confined: files and network: Landlock is switched")
        });
        assert_eq!(warnings.count(), usize::from(is_told), "{words:?}: {told}");
    }
}

#[test]
fn what_cannot_be_done_ends_the_program_with_what_to_do() {
    let file = testdata("outage.pcap.gz");
    let file = file.to_str().unwrap();
    let run = |words: &[&str]| program(words).output().unwrap();
    if geteuid().is_root() {
        let output = run(&["report", "--user", "no-such-user", file]);
        assert_eq!(output.status.code(), Some(2));
        assert!(told(&output).contains("cannot confine the program: user: there is no user"));
    } else {
        let output = run(&["report", "--user", "root", file]);
        assert_eq!(output.status.code(), Some(2));
        assert!(told(&output).contains("--user needs root"), "{}", told(&output));
    }
    // A root that may not become another, as in a container.
    let mut bound = Command::new("setpriv");
    bound.args(["--bounding-set=-setuid,-setgid", PROGRAM, "report", file]);
    let output = match bound.output() {
        Ok(output) if is_root() => output,
        _ => return println!("skipped: needs root and setpriv"),
    };
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("cannot become nobody"), "{}", told(&output));
    assert!(told(&output).contains("--user root"), "{}", told(&output));
    let mut bound = Command::new("setpriv");
    bound.args(["--bounding-set=-setuid,-setgid", PROGRAM, "report", "--user", "root", file]);
    assert_eq!(bound.output().unwrap().status.code(), Some(0));
}

// Files.

#[test]
fn a_report_belongs_to_the_user_behind_sudo_and_is_never_written_as_root() {
    if !is_root() {
        return;
    }
    let (folder, file) = (folder(), testdata("outage.pcap.gz"));
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    chown(&home, Some(SOMEBODY), Some(SOMEBODY)).unwrap();
    let run = |path: &Path| {
        let words = ["report", file.to_str().unwrap(), "-o", path.to_str().unwrap()];
        let mut command = program(&words);
        command.env("SUDO_UID", SOMEBODY.to_string()).env("SUDO_GID", SOMEBODY.to_string());
        command.output().unwrap()
    };
    let report = home.join("report.txt");
    let output = run(&report);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let owner = report.metadata().unwrap();
    assert_eq!((owner.uid(), owner.gid()), (SOMEBODY, SOMEBODY));
    assert!(fs::read_to_string(&report).unwrap().contains("REFUSED"));
    // What leads out of the home leads to nothing that only root may write.
    let precious = folder.path().join("precious");
    fs::write(&precious, "precious").unwrap();
    std::os::unix::fs::symlink(&precious, home.join("trap")).unwrap();
    let output = run(&home.join("trap"));
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("who called sudo"), "{}", told(&output));
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
}

#[test]
fn root_reads_what_the_user_it_becomes_could_not() {
    if !is_root() {
        return;
    }
    let folder = folder();
    let secret = folder.path().join("secret");
    fs::create_dir(&secret).unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o700)).unwrap();
    let mut paths = Vec::new();
    for number in 0..40 {
        let path = secret.join(format!("{number}.pcap.gz"));
        fs::copy(testdata("outage.pcap.gz"), &path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        paths.push(path.to_str().unwrap().to_owned());
    }
    let words: Vec<&str> = ["report"].into_iter().chain(paths.iter().map(String::as_str)).collect();
    let output = program(&words).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    // More than may be open at once, some of which that user may not read, is told and not hidden.
    let few = format!("ulimit -n 150; exec {PROGRAM} report {}", paths.join(" "));
    let output = Command::new("sh").args(["-c", &few]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("ermission denied"), "{}", told(&output));
    let few = few.replace("report ", "report --user root ");
    let output = Command::new("sh").args(["-c", &few]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
}

/// Waits until a process has read so many bytes, and a while longer.
fn wait_until_read(process: u32, bytes: usize) {
    let began = Instant::now();
    let read = || {
        let told = fs::read_to_string(format!("/proc/{process}/io")).unwrap();
        let read = told.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap();
        read.parse::<usize>().unwrap()
    };
    while read() < bytes {
        assert!(began.elapsed() < PATIENCE, "only {} bytes were read", read());
        thread::sleep(Duration::from_millis(10));
    }
    thread::sleep(Duration::from_millis(500));
}

#[test]
fn a_file_that_is_followed_and_rotated_out_of_sight_is_complained_of() {
    if !is_root() {
        return;
    }
    let folder = folder();
    let path = folder.path().join("now.pcap");
    let unpacked = Command::new("gzip").arg("-dc").arg(testdata("outage.pcap.gz")).output();
    let capture = unpacked.unwrap().stdout;
    let follow = |mode: u32| {
        fs::write(&path, &capture).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let words = ["report", "--follow", "-f", "json", path.to_str().unwrap()];
        let mut command = program(&words);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_until_read(child.id(), capture.len());
        // It has its rights before it has its name: nobody opens it in between.
        let next = folder.path().join("next.pcap");
        fs::write(&next, &capture).unwrap();
        fs::set_permissions(&next, fs::Permissions::from_mode(mode)).unwrap();
        fs::rename(&next, &path).unwrap();
        if mode == 0o644 {
            wait_until_read(child.id(), 2 * capture.len());
        } else {
            thread::sleep(Duration::from_secs(2));
        }
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        let output = child.wait_with_output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (report["ledger"]["frames"].as_u64().unwrap(), told(&output))
    };
    let (both, _) = follow(0o644);
    let (one, told) = follow(0o600);
    assert_eq!(both, 2 * one, "a file that can be read is gone on with");
    assert!(told.contains("the new file of that name cannot be opened"), "{told}");
    assert!(told.contains("--user"), "{told}");
}

// Live.

/// Set in the process that runs inside the namespace.
const INSIDE: &str = "RCODETOP_TEST_INSIDE_NAMESPACE";

/// Runs one test of this program again, inside a new network namespace: nothing is sent or seen
/// outside.
fn in_namespace(test: &str) -> bool {
    let mut up = Command::new("ip");
    up.args(["link", "set", "lo", "up"]);
    if std::env::var_os(INSIDE).is_some() {
        assert!(succeeds(&mut up));
        return true;
    }
    if !succeeds(Command::new("unshare").args(["-n", "ip", "link"])) {
        println!("skipped: no root, no `unshare` or no `ip` here");
        return false;
    }
    let mut again = Command::new("unshare");
    again.arg("-n").arg(std::env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]);
    assert!(again.env(INSIDE, "yes").status().unwrap().success(), "inside the namespace");
    false
}

/// Captures on the loopback interface until it is told to stop, while queries are sent over it.
fn capture(command: &mut Command, as_whom: u32) -> serde_json::Value {
    let words = ["report", "-i", "lo", "-f", "json", "--duration", "1m"];
    let child = command.args(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut running = Running(child);
    check_threads(&running.threads(1), as_whom);
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    for number in 0..100_u8 {
        let mut query = vec![0, number, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        query.extend(b"\x03www\x07example\0\0\x01\0\x01");
        // Nobody listens: what comes back is an ICMP error, which a later call would tell.
        let _ = sender.send_to(&query, "127.0.0.1:53");
    }
    thread::sleep(Duration::from_millis(500));
    let pid = Pid::from_raw(i32::try_from(running.0.id()).unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    let mut report = String::new();
    running.0.stdout.take().unwrap().read_to_string(&mut report).unwrap();
    let mut told = String::new();
    running.0.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(running.0.wait().unwrap().code(), Some(0), "{told}");
    serde_json::from_str(&report).unwrap()
}

#[track_caller]
fn check_capture(report: &serde_json::Value) {
    let ledger = &report["ledger"];
    assert!(ledger["dns_messages"].as_u64().unwrap() >= 50, "{ledger}");
    assert_eq!(ledger["kernel_dropped"], 0, "{ledger}");
    assert_eq!(ledger["interface_dropped"], 0, "what libpcap reads of it can be read: {ledger}");
}

#[test]
fn live_packets_are_read_with_no_right_left() {
    if !can_be_confined() || !in_namespace("live_packets_are_read_with_no_right_left") {
        return;
    }
    check_capture(&capture(&mut program(&[]), NOBODY));
    let somebody = SOMEBODY.to_string();
    let mut sudo = program(&[]);
    check_capture(&capture(sudo.env("SUDO_UID", &somebody).env("SUDO_GID", &somebody), SOMEBODY));
}

#[test]
fn one_capability_is_enough_and_the_way_to_it_is_told() {
    if !can_be_confined() || !in_namespace("one_capability_is_enough_and_the_way_to_it_is_told") {
        return;
    }
    // That user may not be able to reach the folder of the build.
    let folder = folder();
    let copy = folder.path().join("rcodetop");
    assert!(Command::new("cp").arg(PROGRAM).arg(&copy).status().unwrap().success());
    let as_nobody = || {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"]);
        command.arg(&copy);
        command
    };
    let output = as_nobody().args(["report", "-i", "lo", "--duration", "1s"]).output();
    let Ok(output) = output else { return println!("skipped: no setpriv here") };
    let remedy = format!("sudo setcap cap_net_raw=eip {}", copy.display());
    assert!(told(&output).contains(&remedy), "{}", told(&output));
    let words: Vec<&str> = remedy.split_whitespace().skip(1).collect();
    if !succeeds(Command::new(words[0]).args(&words[1..])) {
        return println!("skipped: `{remedy}` does not work here");
    }
    check_capture(&capture(&mut as_nobody(), NOBODY));
}
