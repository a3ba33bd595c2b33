//! What a monitor runs: a report of a while without a terminal, findings line by line, metrics.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::net::{client, in_namespace, ip, wait_until};
use super::terminal::PROGRAM;

/// A query for `wwwN.example`, or the refusal of one, with this ID.
fn message(id: u16, is_refusal: bool) -> Vec<u8> {
    let flags: [u8; 2] = if is_refusal { [0x81, 0x85] } else { [1, 0] };
    let id = id.to_be_bytes();
    let head = [id[0], id[1], flags[0], flags[1], 0, 1, 0, 0, 0, 0, 0, 0];
    let name = [b"\x04www".as_slice(), &[b'0' + id[1] % 10], b"\x07example\0\0\x01\0\x01"].concat();
    [head.as_slice(), &name].concat()
}

/// Sends refusals to queries that the client sends, both from here: nobody need listen.
fn refuse(first: u16, times: u16) {
    let server = UdpSocket::bind("10.99.0.1:53").expect("the address is here");
    for id in first..first + times {
        let _ = server.send_to(&message(id, true), "10.99.0.2:4444");
        thread::sleep(Duration::from_millis(2));
    }
}

fn rcodetop(words: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    // As cron and service managers do.
    command.args(words).env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
    command
}

#[test]
fn a_report_of_a_while_needs_no_terminal() {
    if !in_namespace("monitoring::a_report_of_a_while_needs_no_terminal", &[]) {
        return;
    }
    let _client = client();
    let words = ["report", "-i", "server", "--duration", "4s", "--format", "json"];
    let report = rcodetop(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let report = report.expect("it starts");
    // Whenever it begins to capture, there is something to see.
    (0..5).for_each(|round| refuse(round * 100, 100));
    let output = report.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), &*said), (Some(0), ""));
    let text = String::from_utf8(output.stdout).expect("it is text");
    for part in ["\"schema\": \"rcodetop.report/1\"", "\"ended\": \"stopped\"", "\"REFUSED\""] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    let words = ["report", "-i", "server", "--duration", "1s", "--check=nagios"];
    let output = rcodetop(&words).output().expect("it runs");
    assert_eq!(output.status.code(), Some(3), "nothing came, so nothing can be said");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.starts_with("RCODETOP UNKNOWN - no DNS message was captured"), "{said}");
}

#[test]
fn findings_are_told_line_by_line_while_the_capture_goes_on() {
    let test = "findings_are_told_line_by_line_while_the_capture_goes_on";
    if !in_namespace(&format!("monitoring::{test}"), &[]) {
        return;
    }
    let _client = client();
    let words = ["report", "-i", "server", "--format", "jsonl"];
    let mut report = rcodetop(&words).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(report.stdout.take().expect("it is piped"));
    let done = std::sync::atomic::AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut first = 0;
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                refuse(first, 50);
                first = (first + 50) % 10_000;
            }
        });
        let mut line = String::new();
        lines.read_line(&mut line).expect("it can be read");
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(report.try_wait().expect("it can be asked").is_none(), "it goes on");
        for part in ["{\"schema\":\"rcodetop.events/1\"", "\"event\":\"opened\"", "10.99.0.1"] {
            assert!(line.contains(part), "{part} is missing in {line}");
        }
    });
    // Who reads the lines leaves: no error.
    drop(lines);
    kill_process(Pid::from_child(&report), Signal::TERM).expect("it runs");
    let status = report.wait().expect("it ends");
    assert!([Some(0), Some(3)].contains(&status.code()), "{status}");
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(stream, "GET {path} HTTP/1.1\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

#[test]
fn metrics_of_an_interface_are_told_also_while_it_is_gone() {
    if !in_namespace("monitoring::metrics_of_an_interface_are_told_also_while_it_is_gone", &[]) {
        return;
    }
    let _client = client();
    let words = ["serve", "-i", "server", "--listen", "127.0.0.1:0"];
    let mut serve = rcodetop(&words).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut said = BufReader::new(serve.stderr.take().expect("it is piped"));
    let mut line = String::new();
    said.read_line(&mut line).expect("it says where it listens");
    let address = line.trim().trim_start_matches("metrics at http://").trim_end_matches("/metrics");
    wait_until("readiness", || get(address, "/ready").ends_with("capturing on server\n"));
    refuse(0, 20);
    let refused = "\nrcodetop_responses_total{rcode=\"REFUSED\",transport=\"udp\"} 20\n";
    wait_until("refusals", || get(address, "/metrics").contains(refused));
    let told = get(address, "/metrics");
    for part in [
        "rcodetop_capture_running 1\n",
        "rcodetop_server_responses_total{server=\"10.99.0.1\",rcode=\"REFUSED\"} 20\n",
        "rcodetop_dropped_packets_total{by=\"kernel\"} 0\n",
    ] {
        assert!(told.contains(part), "{part} is missing in {told}");
    }
    ip("link del server");
    let gone = "nothing can be captured now: server disappeared";
    wait_until("that it is gone", || get(address, "/ready").contains(gone));
    let told = get(address, "/metrics");
    for part in [refused, "rcodetop_capture_running 1\n", "rcodetop_quality{id=\"source\"} 1\n"] {
        assert!(told.contains(part), "{part} is missing in {told}");
    }
    kill_process(Pid::from_child(&serve), Signal::TERM).expect("it runs");
    assert!([Some(0), Some(3)].contains(&serve.wait().expect("it ends").code()));
}
