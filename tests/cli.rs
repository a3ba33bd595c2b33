//! The real program, from its command line to its exit status.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::io::{BufRead, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

const PROGRAM: &str = env!("CARGO_BIN_EXE_rcodetop");

fn program(words: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(words).env_remove("NO_COLOR").env("LANG", "C.UTF-8").stdin(Stdio::null());
    command
}

fn run(words: &[&str]) -> Output {
    program(words).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Runs the program and compares its exit status; what it says must contain each text.
#[track_caller]
fn check(words: &[&str], status: i32, on_stdout: &[&str], on_stderr: &[&str]) {
    let output = run(words);
    let told = format!("{words:?}:\n{}\n{}", stdout(&output), stderr(&output));
    assert_eq!(output.status.code(), Some(status), "{told}");
    for text in on_stdout {
        assert!(stdout(&output).contains(text), "{text:?} is missing in {told}");
    }
    for text in on_stderr {
        assert!(stderr(&output).contains(text), "{text:?} is missing in {told}");
    }
    if status == 2 {
        assert_eq!(stdout(&output), "", "nothing on standard output when the work was not done");
    }
}

/// A folder that has the captures of these tests.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> String {
        std::fs::write(self.path(name), bytes).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }
}

/// A pcap file header for Ethernet and one record per frame, a second apart.
fn pcap(link: u32, frames: &[&[u8]]) -> Vec<u8> {
    let words: [u32; 6] = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65535, link];
    let mut out: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    for (second, frame) in (1_795_230_720..).zip(frames) {
        let length = u32::try_from(frame.len()).unwrap();
        let head: [u32; 4] = [second, 0, length, length];
        out.extend(head.iter().flat_map(|word| word.to_le_bytes()));
        out.extend_from_slice(frame);
    }
    out
}

const ETHERNET: u32 = 1;

/// A query for www.example A from 192.0.2.1 to 192.0.2.53, or its refusal.
fn dns_frame(is_response: bool) -> Vec<u8> {
    let mut message = vec![0, 7];
    message.extend(if is_response { [0x81, 0x05] } else { [0x01, 0x00] });
    message.extend([0, 1, 0, 0, 0, 0, 0, 0]);
    message.extend(b"\x03www\x07example\0\0\x01\0\x01");
    let (from, to) = if is_response { (53, 1) } else { (1, 53) };
    let (from_port, to_port) = if is_response { (53_u16, 40000_u16) } else { (40000, 53) };
    let udp_length = u16::try_from(message.len() + 8).unwrap();
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0];
    frame.extend((udp_length + 20).to_be_bytes());
    frame.extend([0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, from, 192, 0, 2, to]);
    for word in [from_port, to_port, udp_length, 0] {
        frame.extend(word.to_be_bytes());
    }
    frame.extend(message);
    frame
}

fn refusal() -> Vec<u8> {
    pcap(ETHERNET, &[&dns_frame(false), &dns_frame(true)])
}

#[test]
fn a_report_of_every_format_is_made_of_a_capture() {
    let folder = Folder::new();
    let capture = folder.file("a.pcap", &refusal());
    check(&["report", &capture], 0, &["a.pcap", "read to the end"], &[]);
    check(&["report", &capture, "-f", "markdown"], 0, &["## REFUSED", "```text"], &[]);
    check(&["report", &capture, "--format", "csv"], 0, &["list,key,type,class,"], &[]);
    check(
        &["report", &capture, "--format", "jsonl"],
        0,
        &["{\"schema\":\"rcodetop.events/1\""],
        &[],
    );
    let output = run(&["report", &capture, "--format", "json", "--top", "all"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["schema"], "rcodetop.report/1");
    assert_eq!(report["source"]["name"].as_str(), Some(capture.as_str()));
    assert_eq!(stderr(&output), "", "no progress bar without a terminal");
}

#[test]
fn a_report_revolves_around_what_is_asked_for() {
    let folder = Folder::new();
    let capture = folder.file("a.pcap", &refusal());
    let silent = "no response: none of 1 query";
    check(&["report", &capture, "--focus", "no-response"], 0, &[silent], &[]);
    let slow = "slow (over 200 ms): 1 of 1 answered query (100.0%)";
    check(&["report", &capture, "--focus", "slow:200ms"], 0, &[slow], &[]);
    check(&["explain", "no-response"], 0, &["No response is no response code"], &[]);
}

#[test]
fn without_a_terminal_the_dashboard_is_the_text_report() {
    let folder = Folder::new();
    let capture = folder.file("a.pcap", &refusal());
    assert_eq!(stdout(&run(&[&capture])), stdout(&run(&["report", &capture])));
    check(&[], 2, &[], &["standard output is not a terminal"]);
}

#[test]
fn a_capture_comes_over_standard_input() {
    let mut child = program(&["report", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&refusal()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).starts_with("standard input\n"), "{}", stdout(&output));
}

#[test]
fn what_cannot_be_read_is_an_error_with_nothing_on_standard_output() {
    let folder = Folder::new();
    let text = folder.file("notes.txt", b"this is no capture, it is a text of some length");
    let missing = folder.path("missing.pcap").to_str().unwrap().to_owned();
    check(&["report", &missing], 2, &[], &["error: cannot read ", "missing.pcap", "o such file"]);
    check(&["report", &text], 2, &[], &["error: ", "notes.txt"]);
    check(&["report"], 2, &[], &["nothing to read"]);
    check(&["report", &text, "-i", "lo"], 2, &[], &["not both"]);
    check(&["--filter", "rcode:REFUZED", &text], 2, &[], &["REFUZED", "no response code"]);
    let offered = ["REFUSD", "no such response code", "no-response, slow or slow:200ms"];
    check(&["--focus", "REFUSD", &text], 2, &[], &offered);
    check(&["--max-memory", "lots", &text], 2, &[], &["not a size"]);
    check(&["--no-such-option"], 2, &[], &["--no-such-option"]);
}

#[test]
fn a_damaged_capture_gives_what_came_before_and_status_3() {
    let folder = Folder::new();
    let mut bytes = refusal();
    bytes.truncate(bytes.len() - 5);
    let capture = folder.file("cut.pcap", &bytes);
    check(&["report", &capture], 3, &["DAMAGED"], &["warning: "]);
    let output = run(&["report", &capture, "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["source"]["ended"], "damaged");
}

/// What a monitor is told: the first line, and the exit status that it knows.
#[track_caller]
fn check_probe(words: &[&str], status: i32, first: &str, numbers: &str) {
    let output = run(&[&["report", "--check=nagios"], words].concat());
    let told = stdout(&output);
    let line = told.lines().next().unwrap_or_default();
    assert_eq!(output.status.code(), Some(status), "{words:?}: {told}");
    assert!(line.starts_with(first) && line.contains(numbers), "{words:?}: {told}");
    assert_eq!(told.matches(" | ").count(), usize::from(!numbers.is_empty()), "{told}");
}

#[test]
fn a_monitor_is_told_by_its_own_line_and_exit_status() {
    let folder = Folder::new();
    let refused = folder.file("a.pcap", &refusal());
    let query = dns_frame(false);
    let cut = &refusal()[..refusal().len() - 9];
    let damaged = folder.file("cut.pcap", cut);
    let share = "| share=100.00%;1;5;0;100 focus=1;;;0 queries=1;;;0 responses=1;;;0 ";
    let bounds = ["--warning", "1", "--critical", "5%"];
    check_probe(
        &[&[refused.as_str()], &bounds[..]].concat(),
        2,
        "RCODETOP CRITICAL - REFUSED 100.0%",
        share,
    );
    let critical = [refused.as_str(), "--warning", "99", "--critical", "100"];
    check_probe(&critical, 1, "RCODETOP WARNING - REFUSED 100.0% (1 of 1 responses)", ";99;100;");
    check_probe(&[&refused, "--critical", "100"], 0, "RCODETOP OK - ", "share=100.00%;;100;");
    check_probe(&[&refused], 1, "RCODETOP WARNING - ", "share=100.00%;;;0;100");
    let quiet = folder.file("quiet.pcap", &pcap(1, &[&query]));
    let silence = "RCODETOP UNKNOWN - 1 query and no responses: nothing can be said of REFUSED; ";
    check_probe(&[&quiet], 3, silence, "share=0.00%");
    check_probe(&[&quiet, "--critical", "5"], 3, silence, "share=0.00%");
    check_probe(&[&damaged], 3, silence, "share=0.00%");
    check(&["report", "-q", "--check", &quiet], 3, &[], &["nothing can be said of REFUSED"]);
    let nothing = folder.file("nothing.pcap", &pcap(1, &[]));
    check_probe(&[&nothing], 3, "RCODETOP UNKNOWN - no DNS message was captured", "share=");
    let missing = folder.path("missing.pcap").to_str().unwrap().to_owned();
    check_probe(&[&missing], 3, "RCODETOP UNKNOWN - cannot read ", "");
    check_probe(&[&refused, "--no-such"], 3, "RCODETOP UNKNOWN - wrong usage", "");
    let report = folder.path("report.json").to_str().unwrap().to_owned();
    check_probe(&[&refused, "--format", "json", "-o", &report], 1, "RCODETOP WARNING - ", "share=");
    assert!(std::fs::read_to_string(report).unwrap().contains("rcodetop.report/1"));
}

#[test]
fn findings_come_one_a_line_with_a_summary_at_the_end() {
    let folder = Folder::new();
    let capture = folder.file("a.pcap", &refusal());
    let output = run(&["report", &capture, "--format", "jsonl"]);
    let told = stdout(&output);
    let lines: Vec<serde_json::Value> =
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() >= 2, "{told}");
    assert_eq!(lines[0]["event"], "opened");
    let summary = &lines[lines.len() - 1];
    assert_eq!((&summary["event"], &summary["ended"]), (&"summary".into(), &"end-of-file".into()));
    assert_eq!((&summary["focus"], &summary["focus_exchanges"]), (&"REFUSED".into(), &1.into()));
    check(&["report", &capture, "--format", "jsonl", "--check"], 0, &["\"summary\""], &[]);
}

#[test]
fn a_report_goes_to_a_file_and_never_over_its_capture() {
    let folder = Folder::new();
    let capture = folder.file("a.pcap", &refusal());
    let report = folder.path("report.txt").to_str().unwrap().to_owned();
    check(&["report", &capture, "-o", &report], 0, &[], &[]);
    assert!(std::fs::read_to_string(&report).unwrap().contains("read to the end"));
    check(&["report", &capture, "-o", &capture], 2, &[], &["is the capture itself"]);
    assert_eq!(std::fs::read(&capture).unwrap(), refusal());
    let nowhere = folder.path("no/such/folder").to_str().unwrap().to_owned();
    check(&["report", &capture, "-o", &nowhere], 2, &[], &["cannot write", "No such file"]);
}

/// What is counted in a report, whatever its source is called.
fn counted(file: &str, more: &[&str]) -> String {
    let words = [&["report", "-q", "--format", "csv", file][..], more].concat();
    let output = run(&words);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stdout(&output)
}

#[test]
fn the_packets_that_are_written_are_those_that_were_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (capture, copy, part) =
        ("testdata/outage.pcap.gz", path("copy.pcapng"), path("part.pcapng"));
    let read = counted(capture, &["-w", &copy]);
    assert_eq!(read, counted(&copy, &[]));
    counted(capture, &["-w", &part, "--write-every", "1m"]);
    let parts = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let parts: Vec<String> = parts.map(|path| path.to_str().unwrap().to_owned()).collect();
    let parts: Vec<&str> =
        parts.iter().map(String::as_str).filter(|path| path.contains("part-")).collect();
    assert!(parts.len() >= 3, "{parts:?}");
    let (first, others) = parts.split_first().unwrap();
    assert_eq!(read, counted(first, others), "the parts are the whole");
    let often = path("often.pcapng");
    counted(capture, &["-w", &often, "--write-every", "10s"]);
    let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.to_str().unwrap().contains("often-")).count();
    assert!((18..=19).contains(&files), "three minutes are in {files} files of ten seconds");
    let told = "it exists; name another file";
    check(&["report", capture, "-w", &copy], 2, &[], &["cannot write packets to", told]);
    check(&["report", capture, "--write-total", "2MiB"], 2, &[], &["--write <FILE>"]);
    check(&["report", capture, "-w", "-"], 2, &[], &["name a file"]);
    let total = ["--write-size", "3MiB", "--write-total", "2MiB"];
    let words = [&["report", capture, "-w", "x"][..], &total].concat();
    check(&words, 2, &[], &["has no room for a file"]);
    let bad = path("bad.pcap");
    std::fs::write(&bad, "no capture").unwrap();
    let untouched = path("untouched.pcapng");
    check(&["report", &bad, "-w", &untouched], 2, &[], &["bad.pcap"]);
    wait_until_gone(Path::new(&untouched));
}

/// Counted by a process that can list no folder any more when it begins the first of its files.
#[test]
fn the_total_of_packets_holds_over_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ring.pcapng");
    let words = ["report", "-q", "testdata/outage.pcap.gz", "-w", path.to_str().unwrap()];
    for _ in 0..4 {
        let limits = ["--write-size", "1MiB", "--write-total", "2MiB"];
        let output = run(&[&words[..], &limits].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let files = std::fs::read_dir(folder.path()).unwrap();
        let length: u64 = files.map(|file| file.unwrap().metadata().unwrap().len()).sum();
        assert!((1 << 20..=2 << 20).contains(&length), "{length}");
    }
}

/// A process of its own tidies up after the program has ended.
fn wait_until_gone(path: &Path) {
    let began = std::time::Instant::now();
    while path.exists() {
        assert!(began.elapsed().as_secs() < 10, "{} is left behind", path.display());
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn packets_written_through_sudo_belong_to_who_called_it() {
    if !rustix::process::geteuid().is_root() {
        return eprintln!("skipped: needs root");
    }
    let folder = tempfile::Builder::new().tempdir_in("/tmp").unwrap();
    std::os::unix::fs::chown(folder.path(), Some(1000), Some(1001)).unwrap();
    let path = folder.path().join("dns.pcapng");
    let words = ["report", "-q", "testdata/outage.pcap.gz", "-w", path.to_str().unwrap()];
    for more in [&[][..], &["--write-every", "1m"]] {
        let mut command = program(&[&words[..], more].concat());
        let output = command.env("SUDO_UID", "1000").env("SUDO_GID", "1001").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        let found = file.metadata().unwrap();
        assert_eq!((found.uid(), found.gid()), (1000, 1001), "{file:?}");
    }
}

#[test]
fn a_report_that_is_not_made_leaves_its_file_as_it_was() {
    let folder = Folder::new();
    let nothing = folder.file("nothing.pcap", b"no capture");
    let report = folder.path("report.txt");
    let words = ["report", "-q", &nothing, "-o", report.to_str().unwrap()];
    for more in [&[][..], &["--no-sandbox"], &["--format", "jsonl"]] {
        check(&[&words[..], more].concat(), 2, &[], &["nothing.pcap"]);
        assert!(!report.exists(), "{more:?}");
        for before in ["", "an older report"] {
            std::fs::write(&report, before).unwrap();
            check(&[&words[..], more].concat(), 2, &[], &["nothing.pcap"]);
            assert_eq!(std::fs::read_to_string(&report).unwrap(), before, "{more:?}");
        }
        std::fs::remove_file(&report).unwrap();
    }
    let refused = folder.file("a.pcap", &refusal());
    check(&["report", "-q", &refused, "-o", report.to_str().unwrap()], 0, &[], &[]);
    assert!(std::fs::read_to_string(&report).unwrap().contains("REFUSED"));
}

/// Another's folder, as that of root is to who calls sudo.
#[test]
fn where_nothing_can_be_written_it_is_said_for_whom_and_what_to_do() {
    if !rustix::process::geteuid().is_root() {
        return eprintln!("skipped: needs root");
    }
    let folder = tempfile::Builder::new().tempdir_in("/tmp").unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (packets, rows) = (path("a.pcapng"), path("a.csv"));
    for words in [
        &["report", "-q", "testdata/outage.pcap.gz", "-w", &packets][..],
        &["export", "-q", "testdata/outage.pcap.gz", "--format", "csv", "-o", &rows],
    ] {
        let mut command = program(words);
        let output = command.env("SUDO_UID", "12345").env("SUDO_GID", "12345").output().unwrap();
        let told = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{told}");
        for part in [
            "Permission denied (os error 13)",
            "for 12345, who called sudo",
            "where that user may write",
        ] {
            assert!(told.contains(part), "{part:?} in {told}");
        }
    }
}

#[test]
fn a_reader_who_leaves_early_is_no_error() {
    for words in [&["explain"][..], &["man"], &["completions", "bash"], &["--help"]] {
        let mut child =
            program(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?}: {}", stderr(&output));
        assert_eq!(stderr(&output), "", "{words:?}");
    }
}

#[test]
fn a_full_disk_is_an_error() {
    if !Path::new("/dev/full").exists() {
        return eprintln!("skipped: this system has no /dev/full");
    }
    let folder = Folder::new();
    let capture = folder.file("a.pcap", &refusal());
    check(&["report", &capture, "-o", "/dev/full"], 2, &[], &["cannot write /dev/full"]);
}

#[test]
fn a_signal_ends_a_report_in_order() {
    let folder = Folder::new();
    let capture = folder.file("growing.pcap", &refusal());
    let child = program(&["report", &capture, "--follow", "-v"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_until_it_catches_signals(child.id());
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{:?}", output.status.signal());
    assert!(stdout(&output).contains("stopped"), "{}", stdout(&output));
    assert!(stderr(&output).contains("frames in"), "{}", stderr(&output));
}

/// Linux tells which signals a process catches; SIGTERM is the fifteenth.
fn wait_until_it_catches_signals(pid: u32) {
    for _ in 0..1000 {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:\t")).unwrap();
        if u64::from_str_radix(caught.trim(), 16).unwrap() & (1 << 14) != 0 {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("the program never caught SIGTERM");
}

#[test]
fn a_user_who_may_not_capture_is_told_what_to_do() {
    let may_drop =
        Command::new("setpriv").args(["--reuid=65534", "--clear-groups", "true"]).output();
    if !may_drop.is_ok_and(|output| output.status.success()) {
        return eprintln!("skipped: cannot run a program as another user (needs root and setpriv)");
    }
    // The unprivileged user may not be able to reach the build folder.
    let folder = tempfile::Builder::new().tempdir_in("/tmp").unwrap();
    let copy = folder.path().join("rcodetop");
    // By a process of its own: a file still open for writing in this one, or in a child that
    // another test starts meanwhile, cannot be run.
    assert!(Command::new("cp").arg(PROGRAM).arg(&copy).status().unwrap().success());
    make_public(folder.path());
    let output = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(&copy)
        .args(["report", "-i", "lo", "--duration", "1s"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("lo"), "{}", stderr(&output));
    assert!(stderr(&output).to_lowercase().contains("permi"), "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
}

fn make_public(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Every long option of the program and of the report.
const OPTIONS: &[&str] = &[
    "--interface",
    "--dnstap-socket",
    "--read",
    "--port",
    "--filter",
    "--focus",
    "--timeout",
    "--max-memory",
    "--bpf",
    "--snaplen",
    "--buffer",
    "--no-promiscuous",
    "--direction",
    "--follow",
    "--replay",
    "--threads",
    "--write",
    "--write-size",
    "--write-every",
    "--write-total",
    "--quiet",
    "--verbose",
    "--color",
    "--theme",
    "--ascii",
    "--no-mouse",
    "--baseline",
    "--config",
    "--no-config",
    "--print-config",
    "--list-interfaces",
    "--help",
    "--version",
    "--duration",
    "--format",
    "--top",
    "--output",
    "--check",
    "--warning",
    "--critical",
    "--listen",
    "--servers",
    "--names",
    "--export-dir",
    "--user",
    "--no-sandbox",
    "--anonymize",
    "--geoip",
];

/// Of the program and of what captures.
fn help() -> String {
    [&["--help"][..], &["report", "--help"], &["serve", "--help"]]
        .map(|it| stdout(&run(it)))
        .concat()
}

#[test]
fn the_help_names_every_option() {
    let help = help();
    for option in OPTIONS {
        assert!(help.contains(option), "{option} is missing");
    }
    check(&["--help"], 0, &["Examples:", "Exit status:", "rcodetop report"], &[]);
    check(&["-h"], 0, &["Usage: rcodetop"], &[]);
    check(&["--version"], 0, &["rcodetop 0."], &[]);
    check(&["-v", "--version"], 0, &["rcodetop 0.", "confines itself"], &[]);
    check(&["-Vv"], 0, &["rcodetop 0.", "system calls"], &[]);
}

#[test]
fn every_option_of_the_help_is_known_to_these_tests() {
    let help = help();
    let options = help.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
    for option in options.filter(|word| word.starts_with("--") && word.len() > 2) {
        assert!(OPTIONS.contains(&option), "{option} is not in OPTIONS");
    }
}

#[test]
fn the_manual_and_the_completions_name_every_option() {
    let manual = stdout(&run(&["man"])).replace('\\', "");
    let script = stdout(&run(&["completions", "bash"]));
    for option in OPTIONS {
        assert!(manual.contains(option), "{option} is missing in the manual");
        assert!(script.contains(option), "{option} is missing in the completions");
    }
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        check(&["completions", shell], 0, &["rcodetop"], &[]);
    }
}

#[test]
fn codes_and_causes_are_explained() {
    check(&["explain", "9005"], 0, &["REFUSED is response code 5"], &[]);
    check(&["explain", "ede:18"], 0, &["Prohibited"], &[]);
    check(&["explain", "acl-recursion"], 0, &["allow-recursion {", "RFC 5358"], &[]);
    check(&["explain"], 0, &["9005 0x232D", "Extended DNS Errors", "lame-delegation"], &[]);
    check(&["explain", "nonsense"], 2, &[], &["error: nothing known about \"nonsense\""]);
    check(&["explain", "acl-recurse"], 2, &[], &["did you mean acl-recursion"]);
}

#[test]
fn the_defaults_of_the_configuration_can_be_had() {
    let told = ["[keys]", "#theme = \"auto\"", "high-contrast", "#freeze = \"space\""];
    check(&["--print-config"], 0, &told, &[]);
    check(&["--print-config", "a.pcap"], 2, &[], &["cannot be used with"]);
    check(&["--theme", "blue", "a.pcap"], 2, &[], &["possible values: auto, dark, light"]);
    check(&["--config", "x", "--no-config", "a.pcap"], 2, &[], &["cannot be used with"]);
}

#[test]
fn colour_is_for_terminals_unless_forced() {
    let folder = Folder::new();
    let capture = folder.file("a.pcap", &refusal());
    assert!(!stdout(&run(&["report", &capture])).contains('\x1b'));
    assert!(!stdout(&run(&["report", &capture, "--color", "never"])).contains('\x1b'));
    assert!(stdout(&run(&["report", &capture, "--color", "always"])).contains('\x1b'));
}

#[test]
fn the_interfaces_are_listed() {
    let output = run(&["interfaces"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).starts_with("INTERFACE"), "{}", stdout(&output));
    assert_eq!(stdout(&run(&["-D"])), stdout(&output));
}

#[test]
fn a_difference_to_nothing_is_none_and_said_to_be() {
    let folder = Folder::new();
    let refused = folder.file("a.pcap", &refusal());
    let nothing = folder.file("nothing.pcap", &pcap(1, &[]));
    let why = "no DNS message was captured";
    check(&["diff", &refused, &nothing, "--no-sandbox"], 0, &[&format!("after: {why}")], &[]);
    check(&["diff", "--check", &refused, &nothing], 3, &[why], &[why]);
}

/// Whether a program has taken over a signal, of which most kill who has not.
fn heeds(child: &Child, signal: Signal) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    u64::from_str_radix(mask.trim(), 16).unwrap() & 1 << (signal.as_raw() - 1) != 0
}

fn send(signal: Signal, child: &Child) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Follows a capture, with a signal ignored when it starts.
fn following(ignored: &str) -> Child {
    let script = format!("trap '' {ignored}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_rcodetop")]);
    command.args(["report", "--follow", "-q", "testdata/links/ethernet.pcap"]);
    let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    while !heeds(&child, Signal::TERM) || !heeds(&child, Signal::USR1) {
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        thread::sleep(Duration::from_millis(5));
    }
    child
}

#[test]
fn a_hangup_that_was_ignored_stays_ignored_as_under_nohup() {
    let mut child = following("HUP");
    send(Signal::HUP, &child);
    // It says how it goes after that, so it goes on.
    send(Signal::USR1, &child);
    let mut line = String::new();
    std::io::BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("ethernet.pcap ("), "{line}");
    assert!(!heeds(&child, Signal::HUP));
    send(Signal::TERM, &child);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
}

/// A shell without job control has it ignored by what it runs beside, which is ended by it.
#[test]
fn an_interrupt_ends_also_what_a_script_runs_in_the_background() {
    let child = following("INT");
    send(Signal::INT, &child);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
}

#[test]
fn who_asks_how_it_goes_while_a_pipe_is_waited_for_ends_nothing() {
    let folder = Folder::new();
    let pipe = folder.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let capture =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/links/ethernet.pcap"))
            .unwrap();
    for (words, told) in [
        (&["report"][..], "1 query and no response"),
        (&["export", "--format", "csv", "-o", "-"], "so far 0 rows"),
    ] {
        let mut command = program(words);
        let piped = command.arg(&pipe).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = piped.spawn().unwrap();
        while !heeds(&child, Signal::USR1) {
            thread::sleep(Duration::from_millis(5));
        }
        send(Signal::USR1, &child);
        // Opening it waits for who reads, or fails where nobody will.
        std::fs::write(&pipe, &capture).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?}: {output:?}");
        assert!(stderr(&output).contains(told), "{words:?}: {output:?}");
    }
}
