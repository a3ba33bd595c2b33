//! The terminal, taken and given back: raw mode, the alternate screen, the mouse, panics, signals,
//! and the shell in between.

use std::io::{self, IsTerminal, Write, stdout};
use std::mem::ManuallyDrop;
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use crossterm::terminal::{
    self, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, style};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use rustix::process::{self, Signal};
use signal_hook::SigId;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use signal_hook::low_level;

use super::Options;
use super::clip::{self, Between};
use crate::feed::Feed;

/// Set while the screen is ours. Leaving twice would put the cursor back where it was before we
/// started, and the shell prompt over our last words.
static SCREEN_IS_OURS: AtomicBool = AtomicBool::new(false);

/// A terminal to draw on; gives the screen back on drop.
pub(crate) struct Session {
    // Never dropped: it would show the cursor, as the screen does below, and where the terminal was
    // closed say on standard error that it could not, which panics there.
    pub(crate) terminal: ManuallyDrop<Terminal<CrosstermBackend<io::Stdout>>>,
    pub(crate) signals: Signals,
    screen: Screen,
}

impl Session {
    /// Takes the screen.
    pub(crate) fn open(feed: &Arc<Feed>, options: &Options) -> io::Result<Self> {
        if !stdout().is_terminal() {
            return Err(io::Error::other(
                "standard output is not a terminal; use `rcodetop report` instead",
            ));
        }
        let signals = Signals::register()?;
        own_panics(feed);
        style::force_color_output(options.look.theme.has_colour());
        let screen = Screen::take(options.mouse)?;
        // No `Terminal::clear()`: it asks the terminal where its cursor is, and fails after two
        // seconds when nobody answers. Entering the alternate screen cleared it.
        let backend = CrosstermBackend::new(stdout());
        let (columns, rows) = size()?;
        let viewport = Viewport::Fixed(Rect::new(0, 0, columns, rows));
        let terminal = Terminal::with_options(backend, TerminalOptions { viewport })?;
        Ok(Self { terminal: ManuallyDrop::new(terminal), signals, screen })
    }

    /// Gives the screen back, stops until the shell says to go on, and takes it again. Whether it
    /// did: where no shell waits behind, nobody could say so.
    pub(crate) fn suspend(&mut self, by: Suspension) -> io::Result<bool> {
        if process::getsid(None).ok() == Some(process::getpid()) {
            return Ok(false);
        }
        give_screen_back();
        if by == Suspension::Key {
            // As the terminal would have done: those that feed us in a pipeline stop as well.
            let _ = process::kill_current_process_group(Signal::TSTP);
        }
        low_level::emulate_default_handler(SIGTSTP)?;
        self.retake()?;
        Ok(true)
    }

    /// Takes the screen again after the shell had it, and draws every cell anew.
    pub(crate) fn retake(&mut self) -> io::Result<()> {
        self.signals.forget_stops();
        // Whoever stopped us without asking did not get it back: entering twice would lose the place
        // of the cursor, and crossterm would take raw mode for granted.
        give_screen_back();
        self.screen.enter()?;
        self.repaint()
    }

    /// Draws every cell anew with the next draw, whatever the terminal shows now.
    pub(crate) fn repaint(&mut self) -> io::Result<()> {
        let (columns, rows) = size()?;
        self.terminal.resize(Rect::new(0, 0, columns, rows))
    }

    /// Draws on so many columns and rows from now on.
    pub(crate) fn fit(&mut self, (columns, rows): (u16, u16)) -> io::Result<()> {
        let area = Rect::new(0, 0, columns, rows);
        if self.terminal.get_frame().area() == area {
            return Ok(());
        }
        self.terminal.resize(area)
    }
}

/// Columns and rows of the terminal.
pub(crate) fn size() -> io::Result<(u16, u16)> {
    terminal::size().map(supposed)
}

/// The size to draw for, if the terminal says this one. A serial line says that it has none, and has
/// what terminals have had since the VT100.
pub(crate) fn supposed(said: (u16, u16)) -> (u16, u16) {
    if said.0 == 0 || said.1 == 0 { (80, 24) } else { said }
}

/// Who wants the program to stop for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suspension {
    /// A key, which raw mode keeps from being a signal.
    Key,
    /// A signal, to this process alone.
    Signal,
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
struct Screen {
    mouse: bool,
}

impl Screen {
    fn take(mouse: bool) -> io::Result<Self> {
        let screen = Self { mouse }; // from here on, whatever fails below is undone
        screen.enter()?;
        Ok(screen)
    }

    fn enter(&self) -> io::Result<()> {
        SCREEN_IS_OURS.store(true, Ordering::Release);
        enable_raw_mode()?;
        execute!(stdout(), EnterAlternateScreen, cursor::Hide)?;
        if self.mouse {
            execute!(stdout(), EnableMouseCapture)?;
        }
        Ok(())
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

/// Signals as flags, for as long as this lives.
pub(crate) struct Signals {
    /// SIGINT, SIGTERM or SIGHUP.
    came: Arc<AtomicBool>,
    /// SIGTSTP.
    stop: Arc<AtomicBool>,
    /// SIGCONT.
    go_on: Arc<AtomicBool>,
    ids: Vec<SigId>,
}

impl Signals {
    fn register() -> io::Result<Self> {
        let [came, stop, go_on] = [(); 3].map(|()| Arc::<AtomicBool>::default());
        let mut ids = Vec::new();
        let ends = [SIGINT, SIGTERM, SIGHUP].map(|signal| (signal, &came));
        for (signal, flag) in ends.into_iter().chain([(SIGTSTP, &stop), (SIGCONT, &go_on)]) {
            ids.push(signal_hook::flag::register(signal, Arc::clone(flag))?);
        }
        Ok(Self { came, stop, go_on, ids })
    }

    /// Whether SIGTSTP came since the last call.
    pub(crate) fn take_stop(&self) -> bool {
        self.stop.swap(false, Ordering::Relaxed)
    }

    /// Whether SIGCONT came since the last call: the shell had the terminal.
    pub(crate) fn take_go_on(&self) -> bool {
        self.go_on.swap(false, Ordering::Relaxed)
    }

    /// What came while the program stopped is dealt with.
    fn forget_stops(&self) {
        self.take_stop();
        self.take_go_on();
    }

    /// Whether a signal came that ends the program.
    pub(crate) fn came(&self) -> bool {
        self.came.load(Ordering::Relaxed)
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for id in self.ids.drain(..) {
            low_level::unregister(id);
        }
    }
}
