//! The dashboard in a terminal: however it ends, the terminal is left as it was found, and the exit
//! status is the documented one.
//!
//! The terminal is a pseudo-terminal of the kernel with nobody but the test behind it: what the
//! program writes is read as it is, and what the kernel knows of the terminal is asked for.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::num::NonZero;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

const PROGRAM: &str = env!("CARGO_BIN_EXE_rcodetop");
/// Longer than any of this takes on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(30);

/// Variables that a program finds.
type Environment = &'static [(&'static str, &'static str)];

/// Options, variables, and the colour that is written then.
type Case = (&'static [&'static str], Environment, &'static str);

const COLUMNS: u16 = 100;
const ROWS: u16 = 30;

const ENTER: &str = "\x1b[?1049h";
const LEAVE: &str = "\x1b[?1049l";

fn testdata(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
    path.to_str().unwrap().to_owned()
}

/// A terminal with a program in it.
struct Terminal {
    master: Option<File>,
    /// Kept open, so that what the kernel knows outlives the program.
    slave: File,
    child: Child,
    written: Arc<Mutex<Vec<u8>>>,
    closed: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

impl Terminal {
    /// Runs words of a command in a terminal.
    fn run(words: &[&str], environment: &[(&str, &str)]) -> Self {
        // A copy that a program inherited would keep the terminal from being closed.
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let slave = OpenOptions::new().read(true).write(true).open(name).unwrap();
        resize(&slave, COLUMNS, ROWS);
        let mut command = Command::new("setsid");
        command.arg("--ctty").args(words);
        for name in ["NO_COLOR", "COLORTERM", "COLORFGBG", "SSH_CONNECTION", "XDG_CONFIG_HOME"] {
            command.env_remove(name);
        }
        // No terminal that would be asked for its background: nobody is here to answer.
        command.env("TERM", "xterm").env("LANG", "C.UTF-8").env("HOME", "/nonexistent");
        command.envs(environment.iter().copied());
        command.stdin(slave.try_clone().unwrap());
        command.stdout(slave.try_clone().unwrap()).stderr(slave.try_clone().unwrap());
        let child = command.spawn().unwrap();
        let master = File::from(master);
        let (written, closed) = (Arc::default(), Arc::default());
        let copy = master.try_clone().unwrap();
        let reader = collect(copy, Arc::clone(&written), Arc::clone(&closed));
        Self { master: Some(master), slave, child, written, closed, reader: Some(reader) }
    }

    /// The dashboard of a capture, once it is on the screen.
    fn dashboard(environment: &[(&str, &str)]) -> Self {
        let words = [PROGRAM, "--no-config", &testdata("outage.pcap.gz")];
        let terminal = Self::run(&words, environment);
        terminal.wait_to_see("complete");
        terminal
    }

    fn type_in(&mut self, keys: &str) {
        self.master.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    /// Closes it as a terminal emulator does whose window is closed.
    fn close(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        self.reader.take().unwrap().join().unwrap();
        self.master = None;
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// Everything that was written to the terminal.
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.written.lock().unwrap()).into_owned()
    }

    /// What the terminal shows of it.
    fn screen(&self) -> vt100::Screen {
        let [rows, columns] = [ROWS, COLUMNS].map(|size| NonZero::new(size).unwrap());
        let mut parser = vt100::Parser::new(rows, columns, 0);
        parser.process(&self.written.lock().unwrap());
        parser.screen().clone()
    }

    /// Waits for a text on the screen, put together of however many writes.
    #[track_caller]
    fn wait_to_see(&self, text: &str) {
        self.wait_until(text, |_| self.screen().contents().contains(text));
    }

    #[track_caller]
    fn wait_for(&self, text: &str) {
        self.wait_until(text, |written| written.contains(text));
    }

    #[track_caller]
    fn wait_until(&self, what: &str, is_there: impl Fn(&str) -> bool) {
        let began = Instant::now();
        while !is_there(&self.text()) {
            assert!(began.elapsed() < PATIENCE, "no {what} in {:?}", self.text());
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[track_caller]
    fn wait(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "it does not end: {:?}", self.text());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The program ended with this status and left the terminal as it was.
    #[track_caller]
    fn check_end(&mut self, status: i32) {
        let ended = self.wait();
        self.wait_for(LEAVE);
        self.check_clean();
        assert_eq!(ended.code(), Some(status), "{:?}: {:?}", ended.signal(), self.text());
    }

    /// Cooked mode, the first screen, a cursor and no mouse.
    #[track_caller]
    fn check_clean(&self) {
        let (text, screen) = (self.text(), self.screen());
        let local = tcgetattr(&self.slave).unwrap().local_modes;
        for mode in [LocalModes::ICANON, LocalModes::ECHO, LocalModes::ISIG] {
            assert!(local.contains(mode), "raw mode is still on");
        }
        let count = |sequence| text.matches(sequence).count();
        assert_eq!(count(ENTER), count(LEAVE), "the alternate screen is left as often as entered");
        assert!(!screen.alternate_screen(), "the alternate screen is still on");
        assert!(!screen.hide_cursor(), "the cursor is still hidden");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    }

    /// What was written after the screen was left.
    fn last_words(&self) -> String {
        let text = self.text();
        let (_, after) = text.rsplit_once(LEAVE).unwrap();
        after.replace("\x1b[?25h", "").replace('\r', "")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn resize(terminal: &File, columns: u16, rows: u16) {
    let size = Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(terminal, size).unwrap();
}

/// Takes what is written as it comes, until the terminal is closed: one whose buffer is full keeps
/// its program waiting.
fn collect(
    mut master: File,
    written: Arc<Mutex<Vec<u8>>>,
    closed: Arc<AtomicBool>,
) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        let nap = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
        while !closed.load(Ordering::Relaxed) {
            let mut waiting = [PollFd::new(&master, PollFlags::IN)];
            if poll(&mut waiting, Some(&nap)).unwrap() == 0 {
                continue;
            }
            let Ok(length @ 1..) = master.read(&mut buffer) else { return };
            written.lock().unwrap().extend_from_slice(&buffer[..length]);
        }
    })
}

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
    for thread in ["capture", "screen"] {
        let file = testdata("outage.pcap.gz");
        let words = [PROGRAM, "--no-config", &file];
        let mut terminal = Terminal::run(&words, &[("RCODETOP_PANIC", thread)]);
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
    let mut terminal = Terminal::run(&[PROGRAM, &file], &home);
    terminal.wait_to_see("complete");
    terminal.wait_to_see("Q quit");
    terminal.type_in("Q");
    assert_eq!(terminal.wait().code(), Some(0));
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
