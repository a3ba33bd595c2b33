//! Keys in, messages out. The help page and the footer are printed from the same table, as
//! [`super::bindings`] has changed it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::bindings::Bindings;
use super::line::Edit;
use super::model::{Newer, Pace};
use crate::feed::Play;
use crate::snapshot::Snapshot;

/// Everything that can happen to the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Msg {
    /// Leave the program.
    Quit,
    /// Close, unzoom or go back to the first view.
    Back,
    /// Open what is selected, or say yes.
    Enter,
    /// Move the selection by so many rows.
    Move(i16),
    /// Move the selection by so many pages.
    Page(i16),
    /// Select the first row.
    Top,
    /// Select the last row.
    Bottom,
    /// Act on the next or the previous table.
    Table(i8),
    /// Show the next or the previous view.
    Turn(i8),
    /// Show this one of [`VIEWS`](super::view::VIEWS).
    Show(usize),
    /// Sort by the next column.
    Sort,
    /// Reverse the order.
    Reverse,
    /// Revolve around the next response code seen.
    Focus,
    /// Choose the response code.
    ChooseFocus,
    /// Stop or resume showing what comes in.
    Freeze,
    /// One table fills the screen, or no longer.
    Zoom,
    /// Roll names up to so many labels.
    Labels(u8),
    /// Full names, or registered domains if they are full.
    FullNames,
    /// Registered domains.
    Domains,
    /// Show or hide what addresses are called.
    Names,
    /// Servers and clients by network, by country, each address.
    HostsBy,
    /// Start counting anew, once confirmed.
    Reset,
    /// Draw everything anew.
    Redraw,
    /// Stop the program until the shell resumes it.
    Suspend,
    /// Choose the form of a report to write.
    Export,
    /// Put the selected row into the clipboard.
    Copy,
    /// Write the packets behind what is shown.
    Packets,
    /// Show the keys.
    Help,
    /// Type a filter.
    Filter,
    /// A key while it is typed.
    Line(Edit),
    /// A shorter or a longer span of time.
    Span(Zoom),
    /// Packets that are played shall come otherwise.
    Play(Play),
    /// The mouse was pressed at this column and row.
    Click(u16, u16),
    /// It is held and has moved there.
    Drag(u16, u16),
    /// It was let go there.
    Release(u16, u16),
    /// The mouse wheel turned at this column and row, by so many rows.
    Wheel(u16, u16, i16),
    /// The terminal has so many columns and rows.
    Resize(u16, u16),
    /// A snapshot came in: how fast it goes and what a frozen screen misses.
    Arrived(Pace, Newer),
}

/// What becomes of the span of time that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zoom {
    /// Half as long.
    In,
    /// Twice as long.
    Out,
    /// Half a length earlier.
    Earlier,
    /// Half a length later.
    Later,
    /// From what is left of the end on: 10 s, 1 min, 5 min, everything.
    Latest,
}

/// Keys that do the same.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The keys, the one to show in the footer first.
    pub keys: &'static [(KeyModifiers, KeyCode)],
    /// What they cause.
    pub msg: Msg,
    /// The same in words.
    pub help: &'static str,
    /// One word for the footer; empty keeps them out of it.
    pub hint: &'static str,
}

impl Key {
    /// Whether it does anything in the present capture.
    pub(crate) fn is_offered(&self, snapshot: &Snapshot) -> bool {
        let source = &snapshot.source;
        let is_played = source.replay.is_some() && source.ended.is_none();
        match self.msg {
            Msg::Play(_) => is_played,
            Msg::HostsBy => snapshot.geography.is_some(),
            _ => true,
        }
    }
}

const fn plain(letter: char) -> (KeyModifiers, KeyCode) {
    (KeyModifiers::NONE, KeyCode::Char(letter))
}
const fn ctrl(letter: char) -> (KeyModifiers, KeyCode) {
    (KeyModifiers::CONTROL, KeyCode::Char(letter))
}
const fn code(code: KeyCode) -> (KeyModifiers, KeyCode) {
    (KeyModifiers::NONE, code)
}
const fn row(
    keys: &'static [(KeyModifiers, KeyCode)],
    msg: Msg,
    help: &'static str,
    hint: &'static str,
) -> Key {
    Key { keys, msg, help, hint }
}

/// Every key but the letters of the views, which stand in [`VIEWS`](super::view::VIEWS).
pub const KEYS: &[Key] = &[
    row(&[plain('q'), ctrl('c'), ctrl('x')], Msg::Quit, "quit", "quit"),
    row(&[plain('?'), plain('h'), code(KeyCode::F(1))], Msg::Help, "show or hide the keys", "help"),
    row(
        &[code(KeyCode::Enter)],
        Msg::Enter,
        "enter the row: its part of everything; confirm",
        "open",
    ),
    row(
        &[code(KeyCode::Esc), code(KeyCode::Backspace)],
        Msg::Back,
        "out of the row again; back",
        "",
    ),
    row(&[code(KeyCode::Tab)], Msg::Table(1), "next table", "table"),
    row(&[code(KeyCode::BackTab)], Msg::Table(-1), "previous table", ""),
    row(&[code(KeyCode::Right), plain(']')], Msg::Turn(1), "next view", "view"),
    row(&[code(KeyCode::Left), plain('[')], Msg::Turn(-1), "previous view", ""),
    row(&[plain('/')], Msg::Filter, "filter what is counted; empty: everything", "filter"),
    row(&[plain('+'), plain('=')], Msg::Span(Zoom::In), "half the time, around the worst", "time"),
    row(&[plain('-')], Msg::Span(Zoom::Out), "twice the time", ""),
    row(&[plain('>'), plain('.')], Msg::Span(Zoom::Later), "half a span later", ""),
    row(&[plain('<'), plain(',')], Msg::Span(Zoom::Earlier), "half a span earlier", ""),
    row(&[plain('T')], Msg::Span(Zoom::Latest), "the last 10 s, 1 min, 5 min, everything", ""),
    row(&[plain('f')], Msg::Focus, "focus the next code, no response, slow", "focus"),
    row(&[plain('F')], Msg::ChooseFocus, "choose what to focus", ""),
    row(&[plain('s')], Msg::Sort, "sort by the next column", "sort"),
    row(&[plain('S')], Msg::Reverse, "reverse the order", ""),
    row(&[plain(' ')], Msg::Freeze, "freeze or resume the screen; packets go on", "freeze"),
    row(&[plain('P')], Msg::Play(Play::Toggle), "pause or play: packets stand still", "pause"),
    row(
        &[plain('N')],
        Msg::Play(Play::NextMessage),
        "next DNS message at once, however far",
        "step",
    ),
    row(&[plain('R')], Msg::Play(Play::NextFocus), "on to the next that is in focus; pauses", ""),
    row(
        &[plain('}'), plain(')')],
        Msg::Play(Play::Faster),
        "play faster: 1x, 2x, 5x, 10x, 100x, 1000x, max",
        "faster",
    ),
    row(
        &[plain('{'), plain('(')],
        Msg::Play(Play::Slower),
        "play slower; 0.5x and 0.1x are slow motion",
        "",
    ),
    row(&[plain('$')], Msg::Play(Play::ToEnd), "play all the rest at once", ""),
    row(&[plain('w')], Msg::Packets, "write its packets in memory (pcapng)", ""),
    row(&[plain('e')], Msg::Export, "write a report of what is shown", "export"),
    row(&[plain('y')], Msg::Copy, "copy the selected row to the clipboard", ""),
    row(&[plain('z')], Msg::Zoom, "one table fills the screen", "zoom"),
    row(&[code(KeyCode::Down), plain('j')], Msg::Move(1), "next row", ""),
    row(&[code(KeyCode::Up), plain('k')], Msg::Move(-1), "previous row", ""),
    row(&[code(KeyCode::PageDown), ctrl('f')], Msg::Page(1), "next page", ""),
    row(&[code(KeyCode::PageUp), ctrl('b')], Msg::Page(-1), "previous page", ""),
    row(&[code(KeyCode::Home), plain('g')], Msg::Top, "first row", ""),
    row(&[code(KeyCode::End), plain('G')], Msg::Bottom, "last row", ""),
    row(&[plain('1')], Msg::Labels(1), "names cut to 1 label (2 to 9: likewise)", ""),
    row(&[plain('2')], Msg::Labels(2), "", ""),
    row(&[plain('3')], Msg::Labels(3), "", ""),
    row(&[plain('4')], Msg::Labels(4), "", ""),
    row(&[plain('5')], Msg::Labels(5), "", ""),
    row(&[plain('6')], Msg::Labels(6), "", ""),
    row(&[plain('7')], Msg::Labels(7), "", ""),
    row(&[plain('8')], Msg::Labels(8), "", ""),
    row(&[plain('9')], Msg::Labels(9), "", ""),
    row(&[plain('0')], Msg::FullNames, "full names, or registered domains", ""),
    row(&[plain('d')], Msg::Domains, "registered domains, or full names", "domains"),
    row(&[plain('A')], Msg::Names, "names beside addresses, as answers told them", ""),
    row(
        &[plain('b')],
        Msg::HostsBy,
        "servers and clients by network, by country, each",
        "by place",
    ),
    row(&[ctrl('r')], Msg::Reset, "count anew (asks first)", ""),
    row(&[ctrl('l')], Msg::Redraw, "draw the screen anew", ""),
    row(&[ctrl('z')], Msg::Suspend, "suspend (fg resumes)", ""),
];

/// The message of a key press while nothing is bound otherwise; `None` if it has none.
pub fn read(event: KeyEvent) -> Option<Msg> {
    Bindings::default().read(event)
}

/// What a key does to a line that is typed; `None` if nothing.
pub fn read_line(event: KeyEvent) -> Option<Edit> {
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    Some(match event.code {
        KeyCode::Enter => Edit::Accept,
        KeyCode::Esc => Edit::Cancel,
        KeyCode::Tab => Edit::Complete,
        KeyCode::Up => Edit::Older,
        KeyCode::Down => Edit::Newer,
        KeyCode::Backspace => Edit::Erase,
        KeyCode::Delete => Edit::Delete,
        KeyCode::Left => Edit::Left,
        KeyCode::Right => Edit::Right,
        KeyCode::Home => Edit::Home,
        KeyCode::End => Edit::End,
        KeyCode::Char(letter) if control => match letter.to_ascii_lowercase() {
            'a' => Edit::Home,
            'e' => Edit::End,
            'w' => Edit::EraseWord,
            'u' => Edit::Clear,
            'p' => Edit::Older,
            'n' => Edit::Newer,
            'h' => Edit::Erase,
            'c' | 'g' => Edit::Cancel,
            _ => return None,
        },
        KeyCode::Char(letter) => Edit::Insert(letter),
        _ => return None,
    })
}

/// The message of a mouse event; `None` if it has none.
pub fn read_mouse(event: MouseEvent) -> Option<Msg> {
    let (column, row) = (event.column, event.row);
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Msg::Click(column, row)),
        MouseEventKind::Drag(MouseButton::Left) => Some(Msg::Drag(column, row)),
        MouseEventKind::Up(MouseButton::Left) => Some(Msg::Release(column, row)),
        MouseEventKind::ScrollDown => Some(Msg::Wheel(column, row, 3)),
        MouseEventKind::ScrollUp => Some(Msg::Wheel(column, row, -3)),
        _ => None,
    }
}

/// A key as people write it: `^R`, `Tab`, `PgDn`, `space`.
pub(crate) fn label((modifiers, code): (KeyModifiers, KeyCode)) -> String {
    match code {
        KeyCode::Char(' ') => "space".to_owned(),
        KeyCode::Char(letter) if modifiers == KeyModifiers::CONTROL => {
            format!("^{}", letter.to_ascii_uppercase())
        }
        KeyCode::Char(letter) if modifiers == KeyModifiers::ALT => format!("Alt-{letter}"),
        KeyCode::Char(letter) => letter.to_string(),
        KeyCode::F(number) => format!("F{number}"),
        KeyCode::BackTab => "Shift-Tab".to_owned(),
        KeyCode::PageDown => "PgDn".to_owned(),
        KeyCode::PageUp => "PgUp".to_owned(),
        KeyCode::Right => "→".to_owned(),
        KeyCode::Left => "←".to_owned(),
        KeyCode::Down => "↓".to_owned(),
        KeyCode::Up => "↑".to_owned(),
        other => format!("{other}"),
    }
}
