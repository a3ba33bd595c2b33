//! Rows of what is captured live, written by a process of its own while this one is confined.

use std::net::UdpSocket;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::net::{client, in_namespace};
use super::terminal::PROGRAM;

/// A refusal of `www.example` in response to nothing.
const REFUSAL: &[u8] = b"\0\x07\x81\x85\0\x01\0\0\0\0\0\0\x03www\x07example\0\0\x01\0\x01";

#[test]
fn what_is_captured_is_in_files_of_its_hour_when_the_capture_is_stopped() {
    let test = "rows::what_is_captured_is_in_files_of_its_hour_when_the_capture_is_stopped";
    if !in_namespace(test, &[]) {
        return;
    }
    let _client = client();
    let folder = tempfile::tempdir().expect("a folder");
    let lake = folder.path().join("lake");
    let program = Command::new(PROGRAM)
        .args(["export", "-i", "server", "-v", "--format", "jsonl", "--sensor", "here", "-o"])
        .arg(&lake)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let pid = Pid::from_raw(program.id().cast_signed()).expect("it has one");
    let socket = UdpSocket::bind("10.99.0.1:53").expect("the address is here");
    // It listens once it has been confined; what is sent before is not captured, and no harm.
    for _ in 0..100 {
        let _ = socket.send_to(REFUSAL, "10.99.0.2:4444");
        thread::sleep(Duration::from_millis(20));
    }
    kill_process(pid, Signal::TERM).expect("it is there");
    let output = program.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    assert!(told.contains("system calls left"), "it was confined: {told}");
    assert!(told.contains("unasked"), "{told}");
    let mut files = Vec::new();
    let mut left = vec![lake];
    while let Some(next) = left.pop() {
        for entry in std::fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { left.push(path) } else { files.push(path) }
        }
    }
    // Two, if the hour ended meanwhile.
    assert!((1..=2).contains(&files.len()), "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).expect("rows");
        assert!(text.lines().all(|line| line.contains("\"qname\":\"www.example\"")), "{text}");
        assert!(file.to_string_lossy().contains("/sensor=here/exchanges-"), "{file:?}");
    }
}
