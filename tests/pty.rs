//! The dashboard in a terminal: however it ends, the terminal is left as it was found, and the exit
//! status is the documented one.
//!
//! The terminal is a pseudo-terminal of the kernel with nobody but the test behind it: what the
//! program writes is read as it is, and what the kernel knows of the terminal is asked for.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "support/terminal.rs"]
mod terminal;

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rcodetop::source::{FileOptions, Next, open_files};
use rustix::process::Signal;

use terminal::{COLUMNS, ENTER, PROGRAM, ROWS, Terminal, is_ignored, resize, testdata};

/// Variables that a program finds.
type Environment = &'static [(&'static str, &'static str)];

/// Options, variables, and the colour that is written then.
type Case = (&'static [&'static str], Environment, &'static str);

#[test]
fn a_key_ends_it_and_a_summary_stays() {
    for key in ["q", "\x03"] {
        let mut terminal = Terminal::dashboard(&[]);
        terminal.type_in(key);
        terminal.check_end(0);
        terminal.wait_for("Go on with: ");
        let words = terminal.last_words();
        let lines: Vec<&str> = words.lines().collect();
        assert_eq!(lines.len(), 5, "{words}");
        assert!(lines[0].contains("outage.pcap.gz (complete): "), "{words}");
        assert!(lines[1].starts_with("REFUSED "), "{words}");
        assert!(
            lines[2].starts_with("Cause (") && lines[2].contains("rcodetop explain "),
            "{words}"
        );
        assert!(lines[4].starts_with("Go on with: rcodetop report "), "{words}");
    }
}

#[test]
fn a_signal_ends_it_in_order() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        if signal == Signal::HUP && is_ignored(signal) {
            eprintln!("skipped: {signal:?} is ignored here");
            continue;
        }
        let mut terminal = Terminal::dashboard(&[]);
        terminal.signal(signal);
        terminal.check_end(0);
    }
}

#[test]
fn a_panic_of_any_thread_is_told_once_the_screen_is_gone() {
    if !cfg!(debug_assertions) {
        return eprintln!("skipped: a release build has no rehearsed panics");
    }
    // The keys that it takes for a thread to have anything to do.
    let threads = [
        ("capture", ""),
        ("screen", ""),
        ("input", ""),
        ("analysis", ""),
        ("record", ""),
        ("keys", "j"),
        ("export", "w"),
    ];
    for (thread, keys) in threads {
        let (file, folder) = (testdata("outage.pcap.gz"), tempfile::tempdir().unwrap());
        let into = folder.path().to_str().unwrap();
        let packets = folder.path().join("packets.pcapng");
        let packets = packets.to_str().unwrap();
        let words = [
            &[PROGRAM, "--no-config", "--threads", "2", "--export-dir", into][..],
            &["--write", packets, &file],
        ]
        .concat();
        let mut terminal = Terminal::run(&words, &[("RCODETOP_PANIC", thread)]);
        if !keys.is_empty() {
            terminal.wait_to_see("complete");
            terminal.type_in(keys);
        }
        terminal.wait_for("error: internal error");
        terminal.check_end(70);
        let words = terminal.last_words();
        assert!(words.contains(&format!("a rehearsed panic of the {thread} thread")), "{words}");
    }
}

#[test]
fn a_terminal_that_is_closed_ends_it() {
    let mut terminal = Terminal::dashboard(&[]);
    terminal.close();
    assert_eq!(terminal.wait().code(), Some(0));
    // Likewise where the signal that comes with it is not heeded.
    let file = testdata("outage.pcap.gz");
    let script = format!("trap '' HUP; exec {PROGRAM} --no-config {file}");
    let mut terminal = Terminal::run(&["sh", "-c", &script], &[]);
    terminal.wait_to_see("complete");
    terminal.close();
    assert_eq!(terminal.wait().code(), Some(0));
}

#[test]
fn a_new_size_is_drawn_at_once() {
    let terminal = Terminal::dashboard(&[]);
    resize(terminal.master.as_ref().unwrap(), 30, 9);
    let began = Instant::now();
    terminal.wait_to_see("terminal too small");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    let mut terminal = terminal;
    terminal.type_in("q");
    terminal.check_end(0);
}

#[test]
fn a_terminal_without_room_is_waited_for() {
    let mut terminal = Terminal::dashboard(&[]);
    for (columns, rows) in [(0, 0), (1, 1), (100, 1), (1, 30), (0, 0)] {
        resize(terminal.master.as_ref().unwrap(), columns, rows);
        thread::sleep(Duration::from_millis(150));
        assert!(terminal.child.try_wait().unwrap().is_none(), "{}", terminal.text());
    }
    // What says that it has no size, as a serial line does, gets a usual one.
    terminal.wait_to_see("DNS messages");
    let before = terminal.text().len();
    resize(terminal.master.as_ref().unwrap(), COLUMNS, ROWS);
    terminal.wait_until("whole screen", |text| text[before..].contains("DNS messages"));
    terminal.type_in("q");
    terminal.check_end(0);
    let file = testdata("outage.pcap.gz");
    let script = format!("stty rows 0 columns 0; exec {PROGRAM} --no-config {file}");
    let mut serial = Terminal::run(&["sh", "-c", &script], &[]);
    serial.wait_to_see("complete");
    serial.type_in("q");
    serial.check_end(0);
}

/// The messages of an outage, with an hour in which nothing comes after the first of them.
fn with_a_gap(folder: &Path) -> PathBuf {
    const BEFORE: usize = 300;
    const HOUR: u64 = 3_600;
    let mut bytes = b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00".to_vec();
    bytes.extend([65_535_u32, 1].map(u32::to_le_bytes).concat());
    let file = [PathBuf::from(testdata("outage.pcap.gz"))];
    let mut source = open_files(&file, &FileOptions::default()).unwrap();
    let mut written = 0;
    while let Next::Frame(frame) = source.next() {
        if frame.bytes.get(14) == Some(&0x45) && frame.bytes.get(23) == Some(&17) {
            let (seconds, nanos) = (frame.at.0 / 1_000_000_000, frame.at.0 % 1_000_000_000);
            let seconds = seconds + if written < BEFORE { 0 } else { HOUR };
            let length = frame.bytes.len() as u64;
            for field in [seconds, nanos / 1_000, length, length] {
                bytes.extend(u32::try_from(field).unwrap().to_le_bytes());
            }
            bytes.extend(frame.bytes);
            written += 1;
        }
    }
    let path = folder.join("gap.pcap");
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn a_capture_is_played_paused_stepped_through_and_played_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = with_a_gap(folder.path());
    let words = [PROGRAM, "--no-config", "--replay=100x", path.to_str().unwrap()];
    let mut terminal = Terminal::run(&words, &[]);
    terminal.wait_to_see("next packet in");
    terminal.wait_to_see("300 packets");
    let began = Instant::now();
    terminal.type_in("P");
    terminal.wait_to_see("paused 03:");
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    for packets in ["301 packets", "302 packets"] {
        terminal.type_in("N");
        terminal.wait_to_see(packets);
        terminal.wait_to_see("paused 04:");
    }
    // A part is not read any farther than the whole was played.
    terminal.type_in("/type:A\r");
    terminal.wait_to_see("only: /type:A");
    terminal.wait_to_see("302 packets");
    terminal.type_in("\x1b");
    terminal.wait_until("everything", |_| !terminal.screen().contents().contains("only: "));
    terminal.type_in("}");
    terminal.wait_to_see("), 1000x");
    terminal.type_in("{{P");
    terminal.wait_to_see("replay 10x 04:");
    terminal.type_in("$");
    terminal.wait_to_see("complete");
    terminal.type_in("q");
    terminal.check_end(0);
    terminal.wait_for("gap.pcap (complete): ");
}

#[test]
fn the_mouse_chooses_a_span_of_the_timeline() {
    let mut terminal = Terminal::dashboard(&[]);
    terminal.type_in("\x1b[<0;30;11M\x1b[<32;40;11M");
    terminal.wait_to_see(" responses, "); // what is in it so far
    terminal.type_in("\x1b[<32;60;11M\x1b[<0;60;11m");
    terminal.wait_to_see("only: 03:");
    terminal.type_in("\x1b");
    terminal.wait_until("everything", |_| !terminal.screen().contents().contains("only: "));
    terminal.type_in("q");
    terminal.check_end(0);
}

#[test]
fn nothing_is_drawn_while_nothing_happens() {
    let mut terminal = Terminal::dashboard(&[]);
    thread::sleep(Duration::from_secs(1)); // the end of the capture is on the screen by now
    let before = terminal.text().len();
    thread::sleep(Duration::from_millis(1_200));
    assert_eq!(terminal.text().len(), before, "{:?}", &terminal.text()[before..]);
    let began = Instant::now();
    terminal.type_in("?");
    terminal.wait_to_see("any other key closes");
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[test]
fn the_mouse_can_be_left_to_the_terminal() {
    let file = testdata("outage.pcap.gz");
    let mut terminal = Terminal::run(&[PROGRAM, "--no-config", "--no-mouse", &file], &[]);
    terminal.wait_to_see("complete");
    terminal.type_in("q");
    terminal.wait();
    terminal.wait_for("Go on with");
    assert!(!terminal.text().contains("\x1b[?1000h"), "{:?}", terminal.text());
}

/// Keys, and what the screen shows after them that it did not before.
const WALK: &[(&str, &str)] = &[
    ("a", "finding (4)"),
    ("\r", "(495 of 495), since 03:13:10"),
    ("\r", "> server 192.0.2.54  346 of 3,479"),
    ("\r", "> client 198.51.100.20  43 of 3,479"),
    ("\r", "> api.quarry.example.com A  3 of 3,479"),
    ("\r", "198.51.100.20 asks api.quarry.example.com A: REFUSED after"),
    ("j", "step 2 of 2: REFUSED"),
    ("\r", "QUERY REFUSED, id 11265"),
    ("\x1b", "|<------------------REFUSED"),
    ("\x1b", "began (3)"),
    ("\x1b", "name (36)"),
    ("\x1b", "client (24)"),
    ("\x1b", "server (2)"),
    ("\x1b", "finding (4)"),
    ("o", "server (5)"),
    ("/type:AAAA", "filter: type:AAAA"),
    ("\r", "only: /type:AAAA  758 of 3,479 responses"),
    ("+", "only: /type:AAAA > 03:12:"),
    ("e", "write a report"),
    ("\r", "report written: "),
    ("w", ".pcapng"),
];

/// From the first screen to the bytes, back, to a part of it all, and out with it.
#[test]
fn a_capture_is_walked_through_from_the_finding_to_the_bytes_and_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().to_str().unwrap();
    let file = testdata("outage.pcap.gz");
    let words = [PROGRAM, "--no-config", "--export-dir", into, &file];
    let mut terminal = Terminal::run(&words, &[]);
    terminal.wait_to_see("complete");
    for (keys, seen) in WALK {
        assert!(!terminal.screen().contents().contains(seen), "{seen} is there before {keys:?}");
        terminal.type_in(keys);
        terminal.wait_to_see(seen);
    }
    terminal.type_in("q");
    terminal.check_end(0);
    terminal.wait_for("Go on with: ");
    assert!(terminal.last_words().contains("--filter 'type:AAAA after:2026-11-21T03:12:"));
    let written = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let mut written: Vec<PathBuf> = written.collect();
    written.sort();
    let [report, packets] = &written[..] else { panic!("{written:?}") };
    let report = std::fs::read_to_string(report).unwrap();
    assert!(report.contains("type:AAAA after:2026-11-21T03:12:"), "{report}");
    assert!(std::fs::read(packets).unwrap().starts_with(b"\x0a\x0d\x0d\x0a"), "no pcapng");
}

/// The dashboard in a shell that has job control.
fn in_a_shell(after: &str) -> Terminal {
    let file = testdata("outage.pcap.gz");
    let script = format!("set -m; {PROGRAM} --no-config {file}; {after}");
    Terminal::run(&["bash", "--norc", "-c", &script], &[])
}

#[test]
fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_brings_the_screen_back() {
    let mut terminal = in_a_shell("echo stopped with $?; read x; fg; echo ended with $?");
    terminal.wait_to_see("complete");
    terminal.type_in("\x1a");
    terminal.wait_for("stopped with 147"); // 128 and SIGSTOP
    terminal.check_clean();
    let before = terminal.text().len();
    terminal.type_in("\r");
    terminal.wait_until("screen", |text| text[before..].contains(ENTER));
    terminal.wait_to_see("complete");
    terminal.type_in("q");
    terminal.wait_for("ended with 0");
    terminal.check_clean();
}

/// The process that a shell has started.
fn job(terminal: &Terminal) -> String {
    let shell = terminal.child.id();
    let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
    children.split(' ').next().unwrap().to_owned()
}

fn send(signal: &str, pid: &str) {
    assert!(Command::new("kill").args([signal, pid]).status().unwrap().success());
}

#[test]
fn a_signal_that_suspends_gives_the_terminal_back_as_well() {
    let mut terminal = in_a_shell("echo stopped with $?; fg; echo ended with $?");
    terminal.wait_to_see("complete");
    send("-TSTP", &job(&terminal));
    terminal.wait_for("stopped with 147");
    terminal.wait_until("screen", |text| text.matches(ENTER).count() == 2);
    terminal.wait_to_see("complete");
    terminal.type_in("q");
    terminal.wait_for("ended with 0");
    terminal.check_clean();
}

#[test]
fn who_was_stopped_without_being_asked_takes_the_terminal_again() {
    let mut terminal = in_a_shell("stty sane; echo stopped with $?; fg; echo ended with $?");
    terminal.wait_to_see("complete");
    send("-STOP", &job(&terminal));
    terminal.wait_until("screen", |text| {
        let (_, after) = text.split_once("stopped with").unwrap_or_default();
        after.contains(ENTER) && after.contains("\x1b[?1006h")
    });
    terminal.wait_to_see("complete");
    terminal.type_in("q"); // in cooked mode it would wait for Enter
    terminal.wait_for("ended with 0");
}

#[test]
fn through_sudo_a_configuration_that_others_can_write_is_not_read() {
    if !rustix::process::geteuid().is_root() {
        return eprintln!("skipped: needs root");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rcodetop").join("config.toml");
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "[keys]\nquit = \"Q\"\n").unwrap();
    let home = [("XDG_CONFIG_HOME", folder.path().to_str().unwrap()), ("SUDO_UID", "1000")];
    let file = testdata("outage.pcap.gz");
    for (mode, key) in [(0o644, "Q"), (0o666, "q")] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let mut terminal = Terminal::run(&[PROGRAM, &file], &home);
        terminal.wait_to_see("complete");
        if mode == 0o666 {
            terminal.wait_for("config.toml is not read: others can write it");
        }
        terminal.type_in(key);
        terminal.check_end(0);
    }
}

/// The owner of the one report that the dashboard is asked for.
fn owner_of_a_report(owner: u32, environment: &[(&str, &str)]) -> (u32, u32) {
    let folder = tempfile::Builder::new().tempdir_in("/tmp").unwrap();
    chown(folder.path(), Some(owner), Some(owner)).unwrap();
    let (file, place) = (testdata("outage.pcap.gz"), folder.path().to_str().unwrap());
    let words = [PROGRAM, "--no-config", "--export-dir", place, &file];
    let mut terminal = Terminal::run(&words, environment);
    terminal.wait_to_see("complete");
    terminal.type_in("e");
    terminal.type_in("\r");
    terminal.wait_to_see("report written");
    terminal.type_in("q");
    terminal.check_end(0);
    let report = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap();
    assert!(std::fs::read_to_string(report.path()).unwrap().contains("REFUSED"));
    let found = report.metadata().unwrap();
    (found.uid(), found.gid())
}

#[test]
fn a_report_asked_for_belongs_to_who_runs_the_program_or_called_sudo() {
    let me = rustix::process::geteuid().as_raw();
    assert_eq!(owner_of_a_report(me, &[]).0, me);
    if me != 0 {
        return eprintln!("skipped the part with sudo: needs root");
    }
    let sudo = [("SUDO_UID", "1000"), ("SUDO_GID", "1001")];
    assert_eq!(owner_of_a_report(1000, &sudo), (1000, 1001));
}

#[test]
fn a_report_that_may_not_be_written_is_told_on_the_screen() {
    if !rustix::process::geteuid().is_root() {
        return eprintln!("skipped: needs root");
    }
    let folder = tempfile::Builder::new().tempdir_in("/tmp").unwrap();
    let (file, place) = (testdata("outage.pcap.gz"), folder.path().to_str().unwrap());
    let words = [PROGRAM, "--no-config", "--export-dir", place, &file];
    let mut terminal = Terminal::run(&words, &[("SUDO_UID", "1000"), ("SUDO_GID", "1000")]);
    terminal.wait_to_see("complete");
    terminal.type_in("e");
    terminal.type_in("\r");
    terminal.wait_to_see("ermission denied");
    terminal.wait_to_see("--export-dir");
    terminal.type_in("qq"); // the first one closes what it says
    terminal.check_end(0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_screen_says_what_the_program_may_still_do() {
    let file = testdata("outage.pcap.gz");
    let mut terminal = Terminal::dashboard(&[]);
    terminal.type_in("u");
    terminal.wait_to_see("confined: no new privileges, no capability, user ");
    terminal.type_in("q");
    terminal.check_end(0);
    let mut terminal = Terminal::run(&[PROGRAM, "--no-config", "--no-sandbox", &file], &[]);
    terminal.wait_to_see("not confined: --no-sandbox");
    terminal.type_in("u");
    terminal.wait_to_see("! not confined: --no-sandbox");
    terminal.type_in("q");
    terminal.check_end(0);
}

/// What a shell pipes into it is no key.
#[test]
fn keys_come_from_the_terminal_while_packets_come_over_a_pipe() {
    let file = testdata("outage.pcap.gz");
    let script = format!("gzip -dc {file} | {PROGRAM} --no-config -");
    let mut terminal = Terminal::run(&["sh", "-c", &script], &[]);
    terminal.wait_to_see("complete");
    terminal.type_in("u");
    terminal.wait_to_see("what became of the queries");
    terminal.type_in("q");
    terminal.wait_for("Go on with");
    terminal.check_clean();
}

#[test]
fn where_no_shell_waits_ctrl_z_stops_nothing() {
    let mut terminal = Terminal::dashboard(&[]);
    terminal.type_in("\x1a");
    terminal.wait_to_see("no shell waits");
    terminal.type_in("q");
    terminal.check_end(0);
}

#[test]
fn a_configuration_is_heeded_and_its_faults_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rcodetop").join("config.toml");
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    let home = [("XDG_CONFIG_HOME", folder.path().to_str().unwrap())];
    let file = testdata("outage.pcap.gz");
    std::fs::write(&path, "ascii = true\nmouse = false\n[keys]\nquit = \"Q\"\n").unwrap();
    // A name that is no ASCII either.
    let named = folder.path().join("größe.pcap.gz");
    std::fs::copy(&file, &named).unwrap();
    let mut terminal = Terminal::run(&[PROGRAM, named.to_str().unwrap()], &home);
    terminal.wait_to_see("complete");
    terminal.wait_to_see("Q quit");
    terminal.type_in("Q");
    assert_eq!(terminal.wait().code(), Some(0));
    terminal.wait_for("Go on with");
    assert!(terminal.text().is_ascii() && !terminal.text().contains("\x1b[?1000h"));

    std::fs::write(&path, "mouse = false\n[keys]\nzom = \"z\"\n").unwrap();
    let mut terminal = Terminal::run(&[PROGRAM, &file], &home);
    assert_eq!(terminal.wait().code(), Some(2));
    terminal.wait_for("config.toml, line 3: no action is called \"zom\"; there are: quit");
    assert!(!terminal.text().contains(ENTER));
    let mut terminal = Terminal::run(&[PROGRAM, "--no-config", &file], &home);
    terminal.wait_to_see("complete");
    terminal.type_in("q");
    assert_eq!(terminal.wait().code(), Some(0));
    let mut terminal = Terminal::run(&[PROGRAM, "--config", "/nonexistent", &file], &home);
    assert_eq!(terminal.wait().code(), Some(2));
    terminal.wait_for("cannot read the configuration file /nonexistent: No such file");
}

#[test]
fn the_theme_is_that_of_the_options_and_of_the_terminal() {
    let file = testdata("outage.pcap.gz");
    let exact = "38;2;255;95;95"; // trouble on a dark background
    let cases: &[Case] = &[
        (&["--theme", "dark"], &[("COLORTERM", "truecolor")], exact),
        (&["--theme", "dark"], &[], "38;5;203"),
        (&["--theme", "colour-blind"], &[("NO_COLOR", "1")], "38;5;166"),
        (&[], &[("TERM", "linux")], "38;5;9"),
    ];
    for (options, environment, expected) in cases {
        let words = [&[PROGRAM, "--no-config"], *options, &[&file]].concat();
        let mut terminal = Terminal::run(&words, environment);
        terminal.wait_for(expected);
        terminal.type_in("q");
        assert_eq!(terminal.wait().code(), Some(0));
    }
    for (options, environment) in
        [(&["--color", "never"][..], &[][..]), (&[], &[("NO_COLOR", "1")])]
    {
        let words = [&[PROGRAM, "--no-config"], options, &[&file]].concat();
        let mut terminal = Terminal::run(&words, environment);
        terminal.wait_to_see("complete");
        terminal.type_in("q");
        terminal.wait();
        let text = terminal.text();
        assert!(!text.contains("[38;") && !text.contains(";38;"), "{options:?}: {text:?}");
    }
}

/// The test plays the terminal that is asked for its background and answers as xterm does.
#[test]
fn a_light_background_gets_the_light_theme() {
    let file = testdata("outage.pcap.gz");
    let environment = [("TERM", "xterm-256color"), ("SSH_CONNECTION", "far away")];
    let mut terminal = Terminal::run(&[PROGRAM, "--no-config", &file], &environment);
    terminal.wait_for("\x1b]11;?");
    terminal.type_in("\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62;22c");
    terminal.wait_for("38;5;160");
    terminal.type_in("q");
    terminal.check_end(0);
}

#[test]
fn a_terminal_that_does_not_answer_is_not_waited_for() {
    let file = testdata("outage.pcap.gz");
    let began = Instant::now();
    let environment = [("TERM", "xterm-256color")];
    let mut terminal = Terminal::run(&[PROGRAM, "--no-config", &file], &environment);
    terminal.wait_to_see("complete");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    terminal.type_in("q");
    terminal.check_end(0);
}

/// What a terminal shows, line by line, with the sequences that give each letter its look.
fn with_looks(screen: &vt100::Screen) -> String {
    let mut text = String::new();
    for row in 0..ROWS {
        let mut look = String::new();
        for column in 0..COLUMNS {
            let Some(cell) = screen.cell(row, column) else { continue };
            let its = look_of(cell);
            if its != look {
                text += &its;
                look = its;
            }
            text += if cell.has_contents() { cell.contents() } else { " " };
        }
        text += "\x1b[0m\n";
    }
    text
}

/// The sequence that turns on the look of a cell and nothing else.
fn look_of(cell: &vt100::Cell) -> String {
    let colour = |base: u8, colour: vt100::Color| match colour {
        vt100::Color::Default => String::new(),
        vt100::Color::Idx(number) => format!(";{base};5;{number}"),
        vt100::Color::Rgb(red, green, blue) => format!(";{base};2;{red};{green};{blue}"),
    };
    let mut look = format!("\x1b[0{}{}", colour(38, cell.fgcolor()), colour(48, cell.bgcolor()));
    for (is_on, code) in [(cell.bold(), 1), (cell.underline(), 4), (cell.inverse(), 7)] {
        if is_on {
            look += &format!(";{code}");
        }
    }
    look + "m"
}

/// Made anew by `UPDATE_DOCS=1 cargo test --test pty picture`.
#[test]
fn the_picture_in_the_readme_is_of_a_real_terminal() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let words = [PROGRAM, "--no-config", "--theme", "dark", "testdata/outage.pcap.gz"];
    let mut terminal = Terminal::run(&words, &[("COLORTERM", "truecolor")]);
    terminal.wait_to_see("complete");
    terminal.wait_to_see("q quit");
    let path = root.join("docs").join("dashboard.svg");
    let picture = || anstyle_svg::Term::new().render_svg(&with_looks(&terminal.screen()));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        thread::sleep(Duration::from_secs(1)); // all of the screen is written by then
        std::fs::write(&path, picture()).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    terminal.wait_until("such screen as in docs/dashboard.svg", |_| picture() == kept);
    terminal.type_in("q");
    terminal.check_end(0);
}
