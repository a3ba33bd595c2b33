//! dnstap over a socket, with the whole program: who tells what, who leaves how, and what of it is
//! counted.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "support/dnstap.rs"]
mod dnstap;

use std::fs;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dnstap::{START, STOP, framed, told};
use rcodetop::source::MOST_SENDERS;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_rcodetop");
/// Longer than any of this takes on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(60);

const READY: &[u8] = b"\0\0\0\0\0\0\0\x22\0\0\0\x04\0\0\0\x01\0\0\0\x16protobuf:dnstap.Dnstap";
const OTHER: &[u8] = b"\0\0\0\0\0\0\0\x15\0\0\0\x04\0\0\0\x01\0\0\0\x09any:thing";
const ACCEPT: &[u8] = b"\0\0\0\0\0\0\0\x22\0\0\0\x01\0\0\0\x01\0\0\0\x16protobuf:dnstap.Dnstap";
const FINISH: &[u8] = b"\0\0\0\0\0\0\0\x04\0\0\0\x05";

/// The program on a socket of its own.
struct Running {
    program: Child,
    folder: tempfile::TempDir,
}

impl Running {
    fn start(words: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(PROGRAM);
        command.args(words).arg("--dnstap-socket").arg(folder.path().join("dnstap.sock"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let running = Self { program: command.spawn().unwrap(), folder };
        wait_until("socket", || running.socket().exists());
        running
    }

    fn report() -> Self {
        Self::start(&["report", "-q", "--format", "json", "--top", "all"])
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("dnstap.sock")
    }

    fn connect(&self) -> UnixStream {
        // The socket has its name a moment before it is listened on.
        let refused = |stream: &io::Result<UnixStream>| {
            stream.as_ref().is_err_and(|err| err.kind() == ErrorKind::ConnectionRefused)
        };
        let mut stream = UnixStream::connect(self.socket());
        let began = Instant::now();
        while refused(&stream) && began.elapsed() < PATIENCE {
            stream = UnixStream::connect(self.socket());
        }
        let stream = stream.unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// A sender that has begun a stream.
    fn sender(&self) -> UnixStream {
        let mut stream = self.connect();
        stream.write_all(READY).unwrap();
        hears(&mut stream, ACCEPT);
        stream.write_all(START).unwrap();
        stream
    }

    /// Ends the program in order.
    fn end(mut self) -> Ended {
        let pid = Pid::from_child(&self.program);
        kill_process(pid, Signal::TERM).unwrap();
        let socket = self.socket();
        wait_until("end", || self.program.try_wait().unwrap().is_some());
        assert!(!socket.exists(), "the socket is removed");
        let Output { status, stdout, stderr } = self.program.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { code: status.code(), out: text(stdout), said: text(stderr), _folder: self.folder }
    }
}

struct Ended {
    code: Option<i32>,
    out: String,
    said: String,
    _folder: tempfile::TempDir,
}

impl Ended {
    fn number(&self, pointer: &str) -> Option<u64> {
        let report: Value = serde_json::from_str(&self.out).unwrap();
        report.pointer(pointer).and_then(Value::as_u64)
    }

    /// Numbers of the report, each below its place.
    #[track_caller]
    fn check(&self, expected: &[(&str, u64)]) {
        for (place, number) in expected {
            assert_eq!(self.number(place), Some(*number), "{place} of {}{}", self.out, self.said);
        }
    }
}

#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "no {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[track_caller]
fn hears(stream: &mut UnixStream, expected: &[u8]) {
    let mut heard = vec![0; expected.len()];
    stream.read_exact(&mut heard).unwrap();
    assert_eq!(heard, expected);
}

/// The sender ends its stream, and knows that all of it has come.
fn finish(mut stream: UnixStream) {
    stream.write_all(STOP).unwrap();
    hears(&mut stream, FINISH);
}

/// The sender was sent away.
#[track_caller]
fn is_closed(stream: &mut UnixStream) {
    let mut rest = Vec::new();
    // Who is closed with something unread is told so by an error.
    let _ = stream.read_to_end(&mut rest);
    assert_eq!(rest, b"");
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn query(id: u8, seconds: u64) -> Vec<u8> {
    framed(&told(5, 1, id, seconds))
}

fn response(id: u8, seconds: u64) -> Vec<u8> {
    framed(&told(6, 1, id, seconds))
}

#[test]
fn servers_come_and_go_and_all_that_they_tell_is_counted_when_the_program_ends() {
    let running = Running::report();
    let now = now();
    for id in 0..3 {
        let mut sender = running.sender();
        sender.write_all(&[query(id, now), response(id, now)].concat()).unwrap();
        finish(sender);
    }
    let mut stays = running.sender();
    stays.write_all(&query(9, now)).unwrap();
    finish(stays.try_clone().unwrap());
    let ended = running.end();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    ended.check(&[
        ("/ledger/frames", 7),
        ("/outcomes/answered", 3),
        ("/outcomes/undecided", 1),
        ("/source/senders/began", 4),
    ]);
}

#[test]
fn what_several_tell_is_put_in_the_order_of_its_times() {
    let running = Running::report();
    let now = now();
    let (mut one, mut other) = (running.sender(), running.sender());
    one.write_all(&response(7, now)).unwrap();
    finish(one);
    other.write_all(&query(7, now - 1)).unwrap();
    finish(other);
    let ended = running.end();
    ended.check(&[("/outcomes/answered", 1), ("/outcomes/unasked", 0)]);
}

#[test]
fn who_is_silent_or_slow_holds_nobody_up() {
    let running = Running::report();
    let _silent: Vec<_> = (0..10).map(|_| running.connect()).collect();
    let _begun: Vec<_> = (0..10).map(|_| running.sender()).collect();
    let mut slow = running.sender();
    let query = query(1, now());
    slow.write_all(&query[..20]).unwrap();
    let mut sender = running.sender();
    sender.write_all(&query).unwrap();
    finish(sender);
    slow.write_all(&query[20..]).unwrap();
    finish(slow);
    running.end().check(&[("/ledger/frames", 2)]);
}

#[test]
fn what_is_lost_of_what_senders_tell_is_counted_and_told() {
    let running = Running::report();
    let mut torn = running.sender();
    torn.write_all(&[query(1, now()), vec![0, 0, 0, 9, 1]].concat()).unwrap();
    torn.shutdown(std::net::Shutdown::Write).unwrap();
    is_closed(&mut torn);
    let mut long = running.sender();
    let length = rcodetop::source::LONGEST_DATA + 1;
    long.write_all(&length.to_be_bytes()).unwrap();
    long.write_all(&vec![7; length as usize]).unwrap();
    long.write_all(&query(2, now())).unwrap();
    finish(long);
    for words in [OTHER, b"GET / HTTP/1.1\r\n\r\n", &[0; 12], &query(3, now())] {
        let mut other = running.connect();
        other.write_all(words).unwrap();
        is_closed(&mut other);
    }
    let mut unfinished = running.connect();
    unfinished.write_all(READY).unwrap();
    hears(&mut unfinished, ACCEPT);
    unfinished.shutdown(std::net::Shutdown::Write).unwrap();
    is_closed(&mut unfinished);
    // Who only looks whether somebody is there does no harm.
    drop(running.connect());
    finish(running.sender());
    let ended = running.end();
    assert_eq!(ended.code, Some(3), "{}", ended.said);
    ended.check(&[
        ("/ledger/frames", 2),
        ("/source/senders/connected", 0),
        ("/source/senders/torn", 1),
        ("/source/senders/too_long", 1),
        ("/source/senders/no_dnstap", 4),
        ("/source/senders/unfinished", 1),
        ("/source/senders/refused", 0),
        ("/source/senders/moved", 0),
    ]);
    for words in ["frames cut, as their sender went away: 1", "what they sent was no dnstap: 4"] {
        assert!(ended.said.contains(words), "{words} is missing in {}", ended.said);
    }
}

#[test]
fn no_more_senders_are_heard_than_may_be_and_room_is_made_by_who_leaves() {
    let running = Running::report();
    let mut all: Vec<_> = (0..MOST_SENDERS).map(|_| running.sender()).collect();
    is_closed(&mut running.connect());
    finish(all.pop().unwrap());
    // Its place is free once its end was seen.
    let mut refused = 1;
    let mut sender = loop {
        let mut sender = running.connect();
        let asked = sender.write_all(READY).is_ok();
        if asked && sender.read(&mut [0; 64]).is_ok_and(|read| read > 0) {
            break sender;
        }
        refused += 1;
    };
    sender.write_all(&[START, &query(1, now())].concat()).unwrap();
    finish(sender);
    let ended = running.end();
    ended.check(&[("/ledger/frames", 1), ("/source/senders/refused", refused)]);
}

#[test]
fn times_that_cannot_be_are_moved_and_what_took_how_long_is_kept() {
    let running = Running::report();
    let mut sender = running.sender();
    sender.write_all(&[query(1, 1000), response(1, 1001)].concat()).unwrap();
    finish(sender);
    let ended = running.end();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    ended.check(&[("/source/senders/moved", 2), ("/outcomes/answered", 1)]);
    assert!(ended.out.contains("\"id\": \"moved\""), "{}", ended.out);
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(report["source"]["duration_s"], 1.0);
}

#[test]
fn what_servers_tell_is_written_without_addresses_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("told.pcapng");
    let words = ["report", "-q", "--format", "csv", "-w", written.to_str().unwrap()];
    let running = Running::start(&[&words[..], &["--anonymize"]].concat());
    let mut sender = running.sender();
    sender.write_all(&[query(1, now()), response(1, now())].concat()).unwrap();
    finish(sender);
    let ended = running.end();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert!(!ended.out.contains("192.0.2.7"), "{}", ended.out);
    let mut again = Command::new(PROGRAM);
    let again = again.args(["report", "-q", "--format", "csv"]).arg(&written).output().unwrap();
    assert_eq!(String::from_utf8(again.stdout).unwrap(), ended.out);
}

fn get(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_service_listens_to_both_who_tells_and_who_asks() {
    let mut running = Running::start(&["serve", "--listen", "127.0.0.1:0"]);
    let mut said = BufReader::new(running.program.stderr.take().unwrap());
    let mut line = String::new();
    // Where nothing confines the program, that is said first.
    while !line.contains("metrics at") {
        line.clear();
        assert_ne!(said.read_line(&mut line).unwrap(), 0);
    }
    let address = line.trim().trim_start_matches("metrics at http://").trim_end_matches("/metrics");
    wait_until("metrics", || get(address).contains("\nrcodetop_senders 0\n"));
    let mut sender = running.sender();
    sender.write_all(&[query(1, now()), response(1, now())].concat()).unwrap();
    wait_until("sender", || get(address).contains("\nrcodetop_senders 1\n"));
    let refused = "\nrcodetop_responses_total{rcode=\"REFUSED\",transport=\"udp\"} 1\n";
    wait_until("refusal", || get(address).contains(refused));
    finish(sender);
    assert_eq!(running.end().code, Some(0));
}

#[track_caller]
fn check_refused(path: &Path, why: &str) {
    let words = ["report", "--duration", "1s", "--dnstap-socket"];
    let output = Command::new(PROGRAM).args(words).arg(path).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.contains(why)), (Some(2), true), "{said}");
}

#[test]
fn another_program_and_another_file_are_left_alone_and_a_dead_socket_is_replaced() {
    let running = Running::report();
    check_refused(&running.socket(), "another program listens on");
    finish(running.sender());
    let file = running.folder.path().join("precious");
    fs::write(&file, "precious").unwrap();
    check_refused(&file, "exists and is no socket; name another path");
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
    // What the system would leave behind of a program that was killed together with its helper.
    let dead = running.folder.path().join("dead");
    drop(std::os::unix::net::UnixListener::bind(&dead).unwrap());
    let words = ["report", "-q", "--duration", "100ms", "--dnstap-socket"];
    let output = Command::new(PROGRAM).args(words).arg(&dead).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!dead.exists());
    assert_eq!(running.end().code, Some(0));
}
