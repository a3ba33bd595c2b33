//! A program in a pseudo-terminal of the kernel, with nobody but the test behind it.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::num::NonZero;
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

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_rcodetop");
/// Longer than any of this takes on a machine that has other things to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const COLUMNS: u16 = 100;
pub(crate) const ROWS: u16 = 30;

pub(crate) const ENTER: &str = "\x1b[?1049h";
pub(crate) const LEAVE: &str = "\x1b[?1049l";

pub(crate) fn testdata(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
    path.to_str().unwrap().to_owned()
}

/// Whether these tests run with a signal ignored, as under nohup: programs inherit that.
pub(crate) fn is_ignored(signal: Signal) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    u64::from_str_radix(mask.trim(), 16).unwrap() & 1 << (signal.as_raw() - 1) != 0
}

/// A terminal with a program in it.
pub(crate) struct Terminal {
    pub(crate) master: Option<File>,
    /// Kept open, so that what the kernel knows outlives the program.
    pub(crate) slave: File,
    pub(crate) child: Child,
    pub(crate) written: Arc<Mutex<Vec<u8>>>,
    pub(crate) closed: Arc<AtomicBool>,
    pub(crate) reader: Option<JoinHandle<()>>,
}

impl Terminal {
    /// Runs words of a command in a terminal.
    pub(crate) fn run(words: &[&str], environment: &[(&str, &str)]) -> Self {
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
    pub(crate) fn dashboard(environment: &[(&str, &str)]) -> Self {
        let words = [PROGRAM, "--no-config", &testdata("outage.pcap.gz")];
        let terminal = Self::run(&words, environment);
        terminal.wait_to_see("complete");
        terminal
    }

    pub(crate) fn type_in(&mut self, keys: &str) {
        self.master.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    /// Closes it as a terminal emulator does whose window is closed.
    pub(crate) fn close(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        self.reader.take().unwrap().join().unwrap();
        self.master = None;
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// Everything that was written to the terminal.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.written.lock().unwrap()).into_owned()
    }

    /// What the terminal shows of it.
    pub(crate) fn screen(&self) -> vt100::Screen {
        let [rows, columns] = [ROWS, COLUMNS].map(|size| NonZero::new(size).unwrap());
        let mut parser = vt100::Parser::new(rows, columns, 0);
        parser.process(&self.written.lock().unwrap());
        parser.screen().clone()
    }

    /// Waits for a text on the screen, put together of however many writes.
    #[track_caller]
    pub(crate) fn wait_to_see(&self, text: &str) {
        self.wait_until(text, |_| self.screen().contents().contains(text));
    }

    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        self.wait_until(text, |written| written.contains(text));
    }

    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, is_there: impl Fn(&str) -> bool) {
        let began = Instant::now();
        while !is_there(&self.text()) {
            let shown = || self.screen().contents();
            assert!(began.elapsed() < PATIENCE, "no {what:?} in\n{}", shown());
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[track_caller]
    pub(crate) fn wait(&mut self) -> ExitStatus {
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
    pub(crate) fn check_end(&mut self, status: i32) {
        let ended = self.wait();
        self.wait_for(LEAVE);
        self.check_clean();
        assert_eq!(ended.code(), Some(status), "{:?}: {:?}", ended.signal(), self.text());
    }

    /// Cooked mode, the first screen, a cursor and no mouse.
    #[track_caller]
    pub(crate) fn check_clean(&self) {
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
    pub(crate) fn last_words(&self) -> String {
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

pub(crate) fn resize(terminal: &File, columns: u16, rows: u16) {
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
