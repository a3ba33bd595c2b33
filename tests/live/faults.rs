//! What goes wrong while the program captures, and what it makes of it.

use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::net::{Running, client, in_namespace, inside, ip, nsenter, succeeds, wait_until};
use super::terminal::{PROGRAM, Terminal, is_ignored};

/// A refusal of `www.example` in response to nothing: ID, flags, counts, and a question.
const REFUSAL: &[u8] = b"\0\x07\x81\x85\0\x01\0\0\0\0\0\0\x03www\x07example\0\0\x01\0\x01";

/// Sends refusals from the server's port to the client, who need not listen.
pub(crate) fn refuse(times: usize) {
    let socket = UdpSocket::bind("10.99.0.1:53").expect("the address is here");
    for _ in 0..times {
        // Errors of those before are told here: nobody listens.
        let _ = socket.send_to(REFUSAL, "10.99.0.2:4444");
        thread::sleep(Duration::from_millis(1));
    }
}

/// A client at the other end, whose address is known, and the dashboard at this one.
fn dashboard() -> (Running, Terminal) {
    dashboard_with(&["-i", "server"])
}

fn dashboard_with(options: &[&str]) -> (Running, Terminal) {
    let client = client();
    let terminal = Terminal::run(&[&[PROGRAM, "--no-config"], options].concat(), &[]);
    terminal.wait_to_see("capturing");
    (client, terminal)
}

pub(crate) fn leave(mut terminal: Terminal, status: i32) {
    terminal.type_in("q");
    terminal.check_end(status);
}

#[test]
fn an_interface_that_is_removed_is_told_and_captured_on_again_when_it_is_back() {
    let test = "an_interface_that_is_removed_is_told_and_captured_on_again_when_it_is_back";
    if !in_namespace(&format!("faults::{test}"), &[]) {
        return;
    }
    let (_client, terminal) = dashboard_with(&["-i", "server", "--no-sandbox"]);
    refuse(5);
    terminal.wait_to_see("REFUSED 100 % of responses");
    ip("link del server");
    terminal.wait_to_see("server disappeared");
    assert!(terminal.screen().contents().contains("REFUSED 100 % of responses"), "it is kept");
    ip("link add server type veth peer name other");
    ip("link set server up");
    terminal.wait_to_see("server was gone once");
    leave(terminal, 3);
}

/// The interface with its address, as `client` made it, at the same other end.
fn made_again(client: &Running) {
    let pid = client.0.id().to_string();
    ip(&format!("link add server type veth peer name other netns {pid}"));
    inside(&pid, &["ip", "link", "set", "other", "up"]);
    ip("addr add 10.99.0.1/24 dev server");
    ready("server");
}

/// Switches an interface on, and waits until it takes packets.
fn ready(interface: &str) {
    ip(&format!("link set {interface} up"));
    ip(&format!("neigh add 10.99.0.2 lladdr 02:00:00:00:00:02 dev {interface}"));
    wait_until("a carrier", || {
        let shown = Command::new("ip").args(["link", "show", interface]).output();
        shown.is_ok_and(|shown| String::from_utf8_lossy(&shown.stdout).contains("state UP"))
    });
}

/// Who gave up the right to open an interface gets its packets all the same when it is back, and no
/// others: not of one that is new besides.
#[test]
fn an_interface_that_is_removed_is_captured_on_again_by_who_is_confined() {
    let test = "an_interface_that_is_removed_is_captured_on_again_by_who_is_confined";
    if !in_namespace(&format!("faults::{test}"), &[]) {
        return;
    }
    let folder = tempfile::tempdir().expect("it can be made");
    let path = folder.path().join("dns.pcapng");
    let path = path.to_str().expect("it is text");
    let (client, terminal) = dashboard_with(&["-i", "server", "-w", path]);
    refuse(5);
    terminal.wait_to_see("(5 of 5)");
    for (seen, told) in [(9, "gone once"), (13, "gone 2 times")] {
        ip("link del server");
        terminal.wait_to_see("WAITING");
        terminal.wait_to_see("server disappeared");
        ip("link add besides type veth peer name elsewhere");
        ip("addr add 10.99.0.1/24 dev besides");
        ip("link set elsewhere up");
        ready("besides");
        refuse(3);
        ip("link del besides");
        made_again(&client);
        refuse(4);
        terminal.wait_to_see(&format!("({seen} of {seen})"));
        terminal.wait_to_see(&format!("server was {told}"));
    }
    leave(terminal, 3);
    let report = Command::new(PROGRAM).args(["report", "-q", "--format", "json", path]).output();
    let report: Value = serde_json::from_slice(&report.expect("it runs").stdout).expect("JSON");
    assert_eq!(report["ledger"]["responses"], 13, "what was written has all of it");
}

/// Whose number is the one it had cannot be told from what is captured on otherwise; that is said.
#[test]
fn an_interface_that_is_renamed_and_renamed_back_says_what_to_do() {
    let test = "an_interface_that_is_renamed_and_renamed_back_says_what_to_do";
    if !in_namespace(&format!("faults::{test}"), &[]) {
        return;
    }
    let (_client, terminal) = dashboard();
    refuse(5);
    terminal.wait_to_see("(5 of 5)");
    ip("link set server down");
    ip("link set server name other");
    ip("link set other up");
    terminal.wait_to_see("server disappeared");
    ip("link set other down");
    ip("link set other name server");
    ip("link set server up");
    terminal.wait_to_see("FAILED");
    terminal.wait_to_see("start anew, or capture on `any`");
    assert!(terminal.screen().contents().contains("(5 of 5)"), "it is kept");
    leave(terminal, 3);
}

/// All interfaces together need not be opened again.
#[test]
fn on_any_an_interface_may_come_and_go() {
    if !in_namespace("faults::on_any_an_interface_may_come_and_go", &[]) {
        return;
    }
    let (client, terminal) = dashboard_with(&["-i", "any"]);
    refuse(3);
    terminal.wait_to_see("(3 of 3)");
    ip("link del server");
    // The other end is elsewhere, or each packet would be seen at both.
    made_again(&client);
    refuse(4);
    terminal.wait_to_see("(7 of 7)");
    leave(terminal, 0);
}

/// The process that writes packets, of those that the program started.
fn packet_writer(parent: u32) -> Option<Pid> {
    let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).ok()?;
    let writes = |pid: &&str| {
        let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&command).contains("write-packets")
    };
    Pid::from_raw(children.split_whitespace().find(writes)?.parse().ok()?)
}

#[test]
fn who_writes_packets_may_die_and_the_capture_goes_on() {
    if !in_namespace("faults::who_writes_packets_may_die_and_the_capture_goes_on", &[]) {
        return;
    }
    let folder = tempfile::tempdir().expect("it can be made");
    let path = folder.path().join("dns.pcapng");
    let (_client, terminal) =
        dashboard_with(&["-i", "server", "-w", path.to_str().expect("it is text")]);
    refuse(3);
    terminal.wait_to_see("(3 of 3)");
    wait_until("packets on the disk", || fs::metadata(&path).is_ok_and(|it| it.len() > 300));
    let writer = packet_writer(terminal.child.id()).expect("it runs");
    let open = fs::read_dir(format!("/proc/{}/fd", writer.as_raw_nonzero())).expect("it runs");
    let open = open.map(|entry| fs::read_link(entry.expect("it is there").path()));
    let open: Vec<_> = open.map(|link| link.unwrap_or_default().display().to_string()).collect();
    assert!(open.iter().all(|link| !link.contains("socket")), "it has no interface: {open:?}");
    for signal in [Signal::INT, Signal::TERM, Signal::USR1] {
        kill_process(writer, signal).expect("it heeds none of these");
    }
    refuse(1);
    let more = || fs::metadata(&path).is_ok_and(|it| it.len() > 600);
    wait_until("more packets on the disk", more);
    kill_process(writer, Signal::KILL).expect("it runs");
    refuse(4);
    terminal.wait_to_see("(8 of 8)");
    terminal.wait_to_see("nothing is written any more");
    leave(terminal, 3);
}

#[test]
fn an_address_that_changes_changes_nothing() {
    if !in_namespace("faults::an_address_that_changes_changes_nothing", &[]) {
        return;
    }
    let (_client, terminal) = dashboard();
    refuse(3);
    terminal.wait_to_see("(3 of 3)");
    ip("addr add 10.99.0.7/24 dev server");
    ip("addr del 10.99.0.1/24 dev server");
    ip("addr add 10.99.0.1/24 dev server");
    refuse(4);
    terminal.wait_to_see("(7 of 7)");
    leave(terminal, 0);
}

/// The kernel keeps packets for a program that is stopped, as many as its buffer holds.
#[test]
fn who_is_stopped_for_a_while_has_lost_nothing() {
    if !in_namespace("faults::who_is_stopped_for_a_while_has_lost_nothing", &[]) {
        return;
    }
    let (_client, terminal) = dashboard();
    let pid = i32::try_from(terminal.child.id()).ok().and_then(Pid::from_raw).expect("it runs");
    kill_process(pid, Signal::STOP).expect("it can be stopped");
    refuse(300);
    thread::sleep(Duration::from_secs(2));
    kill_process(pid, Signal::CONT).expect("it can go on");
    terminal.wait_to_see("(300 of 300)");
    terminal.wait_to_see(" 0 kernel drops");
    leave(terminal, 0);
}

fn report(words: &[&str]) -> Child {
    let words = [&["report", "-q", "-i", "server"], words].concat();
    let mut command = Command::new(PROGRAM);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("it starts")
}

/// Waits until a program has all open and heeds signals, which it does from then on.
fn wait_for_capture(program: &Child) {
    let status = format!("/proc/{}/status", program.id());
    let heeds = |line: &str| {
        let signals = line.strip_prefix("SigCgt:").map(|mask| u64::from_str_radix(mask.trim(), 16));
        matches!(signals, Some(Ok(mask)) if mask & 1 << (Signal::TERM.as_raw() - 1) != 0)
    };
    let captures = || fs::read_to_string(&status).is_ok_and(|text| text.lines().any(heeds));
    wait_until("program that heeds signals", captures);
}

/// Asks from many addresses, as fast as it goes, until it is told to stop. Nobody is there to answer,
/// not even with an error.
fn flood(stop: &AtomicBool) -> u64 {
    ip("neigh add 10.99.0.99 lladdr 02:00:00:00:00:99 dev server");
    let clients = (10..50).map(|last| {
        ip(&format!("addr add 10.99.0.{last}/24 dev server"));
        UdpSocket::bind(format!("10.99.0.{last}:0")).expect("the address is here")
    });
    let clients: Vec<_> = clients.collect();
    let mut sent = 0_u64;
    while !stop.load(Ordering::Relaxed) {
        for client in &clients {
            let mut query = REFUSAL.to_vec();
            let [.., high, low] = sent.to_be_bytes();
            query.splice(..4, [high, low, 1, 0]);
            sent += u64::from(client.send_to(&query, "10.99.0.99:53").is_ok());
        }
        thread::sleep(Duration::from_millis(1));
    }
    sent
}

/// Who gets so little time that its buffer overflows again and again, as under a load that is too
/// much for the machine.
#[test]
fn who_is_overloaded_skips_queries_of_some_clients_and_says_so() {
    let test = "who_is_overloaded_skips_queries_of_some_clients_and_says_so";
    if !in_namespace(&format!("faults::{test}"), &[]) {
        return;
    }
    let _client = client();
    let child = report(&["--buffer", "64KiB", "--format", "json"]);
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("it runs");
    wait_for_capture(&child);
    let stop = AtomicBool::new(false);
    let sent = thread::scope(|scope| {
        let sender = scope.spawn(|| flood(&stop));
        for _ in 0..16 {
            kill_process(pid, Signal::STOP).expect("it runs");
            thread::sleep(Duration::from_millis(400));
            kill_process(pid, Signal::CONT).expect("it runs");
            thread::sleep(Duration::from_millis(100));
        }
        stop.store(true, Ordering::Relaxed);
        sender.join().expect("it ends")
    });
    thread::sleep(Duration::from_millis(500));
    kill_process(pid, Signal::TERM).expect("it runs");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(3), "packets were lost: {output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let [queries, skipped, dropped] = ["queries", "skipped", "kernel_dropped"]
        .map(|it| report["ledger"][it].as_u64().expect("it is told"));
    println!(
        "{sent} sent: {queries} looked at, {skipped} skipped, {dropped} dropped by the kernel"
    );
    assert!(skipped > 0 && queries > 0 && dropped > 0);
    assert_eq!(queries + skipped + dropped, sent, "nothing is lost without being counted");
    let quality = report["quality"].as_array().expect("it is told");
    assert!(quality.iter().any(|it| it["id"] == "skipped"), "{quality:?}");
}

#[test]
fn a_quiet_interface_keeps_no_signal_waiting() {
    if !in_namespace("faults::a_quiet_interface_keeps_no_signal_waiting", &[]) {
        return;
    }
    let _client = client();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        if signal == Signal::HUP && is_ignored(signal) {
            println!("skipped: {signal:?} is ignored here");
            continue;
        }
        let child = report(&[]);
        wait_for_capture(&child);
        let began = Instant::now();
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("it runs");
        kill_process(pid, signal).expect("it runs");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        println!("{signal:?}: ended after {} ms", began.elapsed().as_millis());
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
}

#[test]
fn who_asks_how_it_goes_is_told_in_a_line() {
    if !in_namespace("faults::who_asks_how_it_goes_is_told_in_a_line", &[]) {
        return;
    }
    let _client = client();
    let child = report(&[]);
    wait_for_capture(&child);
    refuse(20);
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("it runs");
    for signal in [Signal::USR1, Signal::TERM] {
        thread::sleep(Duration::from_millis(400));
        kill_process(pid, signal).expect("it runs");
    }
    let output = child.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.starts_with("server (capturing): ") && told.contains("REFUSED 100 %"), "{told}");
}

#[test]
fn any_number_of_threads_counts_the_same() {
    if !in_namespace("faults::any_number_of_threads_counts_the_same", &[]) {
        return;
    }
    let _client = client();
    for threads in ["1", "2", "3"] {
        let child = report(&["--duration", "1s", "--format", "json", "--threads", threads]);
        wait_for_capture(&child);
        refuse(50);
        let output = child.wait_with_output().expect("it ends");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("\"responses\": 50,"), "{threads} threads: {text}");
    }
}

#[test]
fn a_reader_that_is_gone_is_no_error() {
    if !in_namespace("faults::a_reader_that_is_gone_is_no_error", &[]) {
        return;
    }
    let _client = client();
    let mut child = report(&["--duration", "1s"]);
    drop(child.stdout.take());
    wait_for_capture(&child);
    refuse(20);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// What is asked from the client's end and refused by nobody.
#[test]
fn queries_and_no_responses_are_told_as_one_direction() {
    if !in_namespace("faults::queries_and_no_responses_are_told_as_one_direction", &["dig"]) {
        return;
    }
    let (client, terminal) = dashboard();
    let pid = client.0.id().to_string();
    for _ in 0..3 {
        let dig = ["dig", "+tries=1", "+time=1", "@10.99.0.1", "www.example"];
        let ports_closed = !succeeds(nsenter(&pid).args(dig));
        assert!(ports_closed, "nobody answers");
    }
    terminal.wait_to_see("3 queries and no response");
    leave(terminal, 0);
}
