//! The terminal, taken and given back: raw mode, the alternate screen, the mouse, panics, signals.

use std::io::{self, IsTerminal, Write, stdout};
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, style};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use signal_hook::SigId;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::Options;
use super::clip::{self, Between};
use crate::feed::Feed;

/// Set while the screen is ours. Leaving twice would put the cursor back where it was before we
/// started, and the shell prompt over our last words.
static SCREEN_IS_OURS: AtomicBool = AtomicBool::new(false);

/// A terminal to draw on; gives the screen back on drop.
pub(crate) struct Session {
    // Fields drop in order: what draws goes before what it draws on.
    pub(crate) terminal: Terminal<CrosstermBackend<io::Stdout>>,
    pub(crate) signals: Signals,
    _screen: Screen,
}

impl Session {
    /// Takes the screen.
    pub(crate) fn open(feed: &Arc<Feed>, options: Options) -> io::Result<Self> {
        if !stdout().is_terminal() {
            return Err(io::Error::other(
                "standard output is not a terminal; use `rcodetop report` instead",
            ));
        }
        let signals = Signals::register()?;
        own_panics(feed);
        style::force_color_output(options.color);
        let screen = Screen::take(options.mouse)?;
        // No `Terminal::clear()`: it asks the terminal where its cursor is, and fails after two
        // seconds when nobody answers. Entering the alternate screen cleared it.
        let terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
        Ok(Self { terminal, signals, _screen: screen })
    }
}

/// Puts a text into the clipboard, if the terminal allows it; none of them answers.
pub(crate) fn copy(text: &str, between: Between) -> io::Result<()> {
    let mut out = stdout();
    out.write_all(clip::sequence(text, between).as_bytes())?;
    out.flush()
}

/// A panic on this thread gives the screen back before it is reported. A panic elsewhere is kept
/// for later: reporting it now would tear down a screen this thread still draws on.
fn own_panics(feed: &Arc<Feed>) {
    let screen_thread = thread::current().id();
    let feed = Arc::clone(feed);
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() == screen_thread {
            give_screen_back();
            report(info);
        } else {
            feed.note_panic(info.to_string());
        }
    }));
}

/// Raw mode, the alternate screen and the mouse.
struct Screen;

impl Screen {
    fn take(mouse: bool) -> io::Result<Self> {
        SCREEN_IS_OURS.store(true, Ordering::Release);
        let screen = Self; // from here on, whatever fails below is undone
        enable_raw_mode()?;
        execute!(stdout(), EnterAlternateScreen, cursor::Hide)?;
        if mouse {
            execute!(stdout(), EnableMouseCapture)?;
        }
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_screen_back();
    }
}

/// Best effort: there is nobody left to tell.
fn give_screen_back() {
    if SCREEN_IS_OURS.swap(false, Ordering::AcqRel) {
        let _ = execute!(stdout(), DisableMouseCapture, LeaveAlternateScreen, cursor::Show);
        let _ = disable_raw_mode();
    }
}

/// SIGINT, SIGTERM and SIGHUP as one flag, for as long as this lives.
pub(crate) struct Signals {
    came: Arc<AtomicBool>,
    ids: Vec<SigId>,
}

impl Signals {
    fn register() -> io::Result<Self> {
        let mut signals = Self { came: Arc::default(), ids: Vec::new() };
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signals.ids.push(signal_hook::flag::register(signal, Arc::clone(&signals.came))?);
        }
        Ok(signals)
    }

    /// Whether one of them came.
    pub(crate) fn came(&self) -> bool {
        self.came.load(Ordering::Relaxed)
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for id in self.ids.drain(..) {
            signal_hook::low_level::unregister(id);
        }
    }
}
