//! Blocks of the dashboard: the program runs in a terminal, keys are pressed, and what the terminal
//! shows is held against the block.

use std::thread;
use std::time::{Duration, Instant};

use super::console::{fits, renew};
use super::page::{Block, Page};
use crate::terminal::{COLUMNS, PATIENCE, PROGRAM, Terminal, testdata};

/// Keys that have names in pages; all else is typed as it stands.
const KEYS: &[(&str, &str)] = &[
    ("Enter", "\r"),
    ("Esc", "\x1b"),
    ("Tab", "\t"),
    ("space", " "),
    ("Down", "\x1b[B"),
    ("Up", "\x1b[A"),
    ("Right", "\x1b[C"),
    ("Left", "\x1b[D"),
];

/// How long a screen must stay as it is before it is taken into a page.
const AT_REST: Duration = Duration::from_secs(2);

/// The terminal of a page: a block goes on where the one before it ended.
#[derive(Default)]
pub(crate) struct Session(Option<Terminal>);

impl Session {
    /// Does what the first line says; the block with what is shown then, or how it differs.
    pub(crate) fn run(&mut self, page: &Page, block: &Block) -> Result<Block, String> {
        let told = |why: &str| format!("{}:{}: {why}", page.path, block.line + 1);
        let Some((first, expected)) = block.lines.split_first() else {
            return Err(told("is empty: `$ rcodetop ...` or `press KEYS` and the screen"));
        };
        self.begin(first).map_err(|why| told(&why))?;
        let terminal = self.0.as_ref().ok_or_else(|| told("nothing runs yet: `$ rcodetop ...`"))?;
        let lines = if super::is_update() {
            let shown = at_rest(terminal);
            renew_screen(expected, &shown).ok_or_else(|| told(&differs(expected, &shown)))?
        } else {
            wait(terminal, expected).map_err(|why| told(&why))?;
            expected.to_vec()
        };
        let lines = [&[first.clone()][..], &lines].concat();
        Ok(Block { kind: block.kind.clone(), line: block.line, lines })
    }

    fn begin(&mut self, first: &str) -> Result<(), String> {
        if let Some(command) = first.strip_prefix("$ rcodetop ") {
            let words = super::shell::commands(command)?;
            let [command] = words.as_slice() else { return Err("is not one command".into()) };
            let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
            self.0 = Some(Terminal::run(&[&[PROGRAM][..], &words].concat(), &[]));
            return Ok(());
        }
        let keys = first.strip_prefix("press ").ok_or("begins with no `$ rcodetop` or `press`")?;
        let terminal = self.0.as_mut().ok_or("no program runs")?;
        for key in keys.split(' ') {
            let named = KEYS.iter().find(|(name, _)| *name == key);
            terminal.type_in(named.map_or(key, |(_, sequence)| sequence));
        }
        Ok(())
    }
}

/// Whether the dashboard comes up with this configuration file, or what the program says of it.
pub(crate) fn accepts(configuration: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|why| why.to_string())?;
    let file = folder.path().join("config.toml");
    std::fs::write(&file, configuration).map_err(|why| why.to_string())?;
    let capture = testdata("links/ethernet.pcap");
    let words = [PROGRAM, "--config", &file.display().to_string(), &capture];
    let mut terminal = Terminal::run(&words, &[]);
    let began = Instant::now();
    while !rows(&terminal).iter().any(|row| row.contains("complete")) {
        let has_ended = terminal.child.try_wait().is_ok_and(|ended| ended.is_some());
        if has_ended || began.elapsed() > PATIENCE {
            thread::sleep(Duration::from_millis(100)); // its last words may still be on the way
            return Err(rows(&terminal).join("\n"));
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn renew_screen(expected: &[String], shown: &[String]) -> Option<Vec<String>> {
    if fits(expected, shown) { Some(expected.to_vec()) } else { renew(expected, shown) }
}

/// The rows of the screen without blanks at their ends, nor blank ones at the end.
fn rows(terminal: &Terminal) -> Vec<String> {
    let screen = terminal.screen();
    let mut rows: Vec<String> =
        screen.rows(0, COLUMNS).map(|row| row.trim_end().to_owned()).collect();
    rows.truncate(rows.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1));
    rows
}

fn wait(terminal: &Terminal, expected: &[String]) -> Result<(), String> {
    let began = Instant::now();
    loop {
        let shown = rows(terminal);
        if fits(expected, &shown) {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            return Err(differs(expected, &shown));
        }
        thread::sleep(Duration::from_millis(10));
    }
}

fn at_rest(terminal: &Terminal) -> Vec<String> {
    let (mut shown, mut since) = (rows(terminal), Instant::now());
    while since.elapsed() < AT_REST {
        thread::sleep(Duration::from_millis(50));
        let now = rows(terminal);
        if now != shown {
            (shown, since) = (now, Instant::now());
        }
    }
    shown
}

fn differs(expected: &[String], shown: &[String]) -> String {
    let is_missing = |line: &&String| *line != super::console::ANY && !shown.contains(line);
    let missing =
        expected.iter().find(is_missing).map_or("the same, in another order", |line| line);
    format!("the screen is another; it has no line\n  {missing}\nbut shows\n{}", shown.join("\n"))
}
