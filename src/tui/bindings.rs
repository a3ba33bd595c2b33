//! Which key does what: the table of keys, as the user changed it.
//!
//! `ACTIONS` gives every row of [`KEYS`] a name to be changed by; views are named after their
//! titles. What the user binds is taken from whatever had the key before.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::keys::{KEYS, Msg, Zoom, label};
use super::view::VIEWS;
use crate::feed::Play;

/// A key and what is held with it.
pub type Press = (KeyModifiers, KeyCode);

/// The names of what keys do, as configuration files write them.
const ACTIONS: &[(&str, Msg)] = &[
    ("quit", Msg::Quit),
    ("help", Msg::Help),
    ("next-table", Msg::Table(1)),
    ("previous-table", Msg::Table(-1)),
    ("next-view", Msg::Turn(1)),
    ("previous-view", Msg::Turn(-1)),
    ("filter", Msg::Filter),
    ("time-half", Msg::Span(Zoom::In)),
    ("time-twice", Msg::Span(Zoom::Out)),
    ("time-later", Msg::Span(Zoom::Later)),
    ("time-earlier", Msg::Span(Zoom::Earlier)),
    ("time-latest", Msg::Span(Zoom::Latest)),
    ("focus-next", Msg::Focus),
    ("focus-choose", Msg::ChooseFocus),
    ("sort", Msg::Sort),
    ("reverse", Msg::Reverse),
    ("freeze", Msg::Freeze),
    ("play", Msg::Play(Play::Toggle)),
    ("play-message", Msg::Play(Play::NextMessage)),
    ("play-focus", Msg::Play(Play::NextFocus)),
    ("play-faster", Msg::Play(Play::Faster)),
    ("play-slower", Msg::Play(Play::Slower)),
    ("play-end", Msg::Play(Play::ToEnd)),
    ("packets", Msg::Packets),
    ("export", Msg::Export),
    ("copy", Msg::Copy),
    ("zoom", Msg::Zoom),
    ("open", Msg::Enter),
    ("back", Msg::Back),
    ("next-row", Msg::Move(1)),
    ("previous-row", Msg::Move(-1)),
    ("next-page", Msg::Page(1)),
    ("previous-page", Msg::Page(-1)),
    ("first-row", Msg::Top),
    ("last-row", Msg::Bottom),
    ("labels-1", Msg::Labels(1)),
    ("labels-2", Msg::Labels(2)),
    ("labels-3", Msg::Labels(3)),
    ("labels-4", Msg::Labels(4)),
    ("labels-5", Msg::Labels(5)),
    ("labels-6", Msg::Labels(6)),
    ("labels-7", Msg::Labels(7)),
    ("labels-8", Msg::Labels(8)),
    ("labels-9", Msg::Labels(9)),
    ("full-names", Msg::FullNames),
    ("domains", Msg::Domains),
    ("names", Msg::Names),
    ("by-place", Msg::HostsBy),
    ("reset", Msg::Reset),
    ("redraw", Msg::Redraw),
    ("suspend", Msg::Suspend),
];

/// The keys that have names instead of letters.
const NAMED: &[(&str, KeyCode)] = &[
    ("space", KeyCode::Char(' ')),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("insert", KeyCode::Insert),
    ("delete", KeyCode::Delete),
    ("backspace", KeyCode::Backspace),
];

/// A key that works whatever else is bound, so that nobody gets stuck.
const ALWAYS_QUITS: Press = (KeyModifiers::CONTROL, KeyCode::Char('c'));

/// What the user wants a key to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// A name of [`Bindings::table`].
    pub action: String,
    /// The keys that shall do it, in place of those that did; none does without.
    pub keys: Vec<String>,
}

/// A row of the table: what is done by which keys.
#[derive(Clone, Debug, PartialEq)]
struct Bound {
    name: String,
    msg: Msg,
    keys: Vec<Press>,
}

/// The table of keys in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Bindings(Vec<Bound>);

impl Default for Bindings {
    /// [`KEYS`] and the letters of [`VIEWS`].
    fn default() -> Self {
        let keys = KEYS.iter().map(|key| Bound {
            name: name(key.msg).to_owned(),
            msg: key.msg,
            keys: key.keys.to_vec(),
        });
        let views = VIEWS.iter().enumerate().map(|(place, view)| Bound {
            name: format!("view-{}", view.title.to_lowercase()),
            msg: Msg::Show(place),
            keys: vec![(KeyModifiers::NONE, KeyCode::Char(view.key))],
        });
        Self(keys.chain(views).collect())
    }
}

/// The name of what a key of the table does.
fn name(msg: Msg) -> &'static str {
    ACTIONS.iter().find(|(_, each)| *each == msg).map_or("", |(name, _)| name)
}

impl Bindings {
    /// The table with these changes, or which of them cannot be and why.
    pub fn with(changes: &[Change]) -> Result<Self, (usize, String)> {
        let mut bindings = Self::default();
        let mut wanted: Vec<(usize, Vec<Press>)> = Vec::new();
        for (nth, change) in changes.iter().enumerate() {
            let (row, keys) = bindings.resolve(change).map_err(|why| (nth, why))?;
            wanted.push((row, keys));
        }
        refuse_doubles(&bindings, &wanted)?;
        bindings.take(&wanted)?;
        Ok(bindings)
    }

    /// Which row a change is about, and the keys for it.
    fn resolve(&self, change: &Change) -> Result<(usize, Vec<Press>), String> {
        let row = self.0.iter().position(|bound| bound.name == change.action);
        let row = row.ok_or_else(|| self.no_such_action(&change.action))?;
        let mut keys = Vec::new();
        for text in &change.keys {
            let key = parse(text)?;
            if key == ALWAYS_QUITS && self.0[row].msg != Msg::Quit {
                return Err("ctrl-c always quits and cannot do anything else".to_owned());
            }
            keys.push(key);
        }
        if self.0[row].msg == Msg::Quit && !keys.contains(&ALWAYS_QUITS) {
            keys.push(ALWAYS_QUITS);
        }
        Ok((row, keys))
    }

    fn no_such_action(&self, action: &str) -> String {
        let names: Vec<&str> = self.names().collect();
        format!("no action is called {action:?}; there are: {}", names.join(", "))
    }

    /// Binds what is wanted and takes these keys from whatever else had them.
    fn take(&mut self, wanted: &[(usize, Vec<Press>)]) -> Result<(), (usize, String)> {
        for (nth, (row, keys)) in wanted.iter().enumerate() {
            for (other, bound) in self.0.iter_mut().enumerate() {
                let is_wanted = wanted.iter().any(|(row, _)| *row == other);
                let had = bound.keys.clone();
                bound.keys.retain(|key| is_wanted || !keys.contains(key));
                if let (Some(last), true) = (had.first(), bound.keys.is_empty()) {
                    return Err((nth, last_key(*last, &bound.name)));
                }
            }
            self.0[*row].keys.clone_from(keys);
        }
        Ok(())
    }

    /// The message of a key press; `None` if it has none.
    pub fn read(&self, event: KeyEvent) -> Option<Msg> {
        // Shift is already in the letter, and terminals disagree on whether they also report it.
        let pressed = (event.modifiers - KeyModifiers::SHIFT, event.code);
        self.0.iter().find(|bound| bound.keys.contains(&pressed)).map(|bound| bound.msg)
    }

    /// The keys that cause this.
    fn keys(&self, msg: Msg) -> &[Press] {
        self.0.iter().find(|bound| bound.msg == msg).map_or(&[], |bound| &bound.keys)
    }

    /// The first key that causes this, as people write it; `None` if there is none.
    pub(crate) fn label(&self, msg: Msg) -> Option<String> {
        self.keys(msg).first().map(|key| label(*key))
    }

    /// All of them: `q ^C ^X`.
    pub(crate) fn labels(&self, msg: Msg) -> String {
        self.keys(msg).iter().map(|key| label(*key)).collect::<Vec<_>>().join(" ")
    }

    /// The names of everything that keys can do.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|bound| bound.name.as_str())
    }

    /// Name, keys as a configuration file writes them, and meaning of everything that keys can do.
    pub fn table(&self) -> Vec<(String, Vec<String>, String)> {
        let row = |bound: &Bound| {
            let keys = bound.keys.iter().map(|key| spell(*key)).collect();
            (bound.name.clone(), keys, help(bound.msg))
        };
        self.0.iter().map(row).collect()
    }
}

fn last_key(key: Press, name: &str) -> String {
    let key = spell(key);
    format!("{key} is the only key of {name}; give {name} another one, or [] to do without")
}

/// What a key does, in words.
fn help(msg: Msg) -> String {
    if let Msg::Show(place) = msg {
        return VIEWS.get(place).map_or_else(String::new, |view| format!("show {}", view.title));
    }
    KEYS.iter().find(|key| key.msg == msg).map_or_else(String::new, |key| key.help.to_owned())
}

/// Two changes cannot want the same key.
fn refuse_doubles(
    bindings: &Bindings,
    wanted: &[(usize, Vec<Press>)],
) -> Result<(), (usize, String)> {
    for (nth, (row, keys)) in wanted.iter().enumerate() {
        for (other, theirs) in &wanted[..nth] {
            if let Some(key) = keys.iter().find(|key| theirs.contains(key)) {
                let [one, other] = [*row, *other].map(|row| bindings.0[row].name.clone());
                let why = format!("{} is bound twice: to {other} and to {one}", spell(*key));
                return Err((nth, why));
            }
        }
    }
    Ok(())
}

/// A key as configuration files write it: `q`, `Q`, `ctrl-f`, `alt-x`, `pgdn`, `f5`.
fn parse(text: &str) -> Result<Press, String> {
    let named = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    if let Some((_, code)) = named {
        return Ok((KeyModifiers::NONE, *code));
    }
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if !letter.is_control() => {
            return Ok((KeyModifiers::NONE, KeyCode::Char(letter)));
        }
        _ => {}
    }
    let lower = text.to_ascii_lowercase();
    match lower.split_once('-') {
        Some(("ctrl", letter)) => control(letter).ok_or_else(|| no_such_key(text)),
        Some(("alt", letter)) => {
            let mut letters = text.chars().skip("alt-".len());
            match (letter.chars().count(), letters.next()) {
                (1, Some(letter)) => Ok((KeyModifiers::ALT, KeyCode::Char(letter))),
                _ => Err(no_such_key(text)),
            }
        }
        _ => function(&lower).ok_or_else(|| no_such_key(text)),
    }
}

/// Letters that terminals can tell from other keys when Ctrl is held: Ctrl-I is Tab, Ctrl-M Enter.
fn control(letter: &str) -> Option<Press> {
    let [letter @ b'a'..=b'z'] = letter.as_bytes() else { return None };
    (!b"im".contains(letter)).then_some((KeyModifiers::CONTROL, KeyCode::Char((*letter).into())))
}

fn function(text: &str) -> Option<Press> {
    let number = text.strip_prefix('f')?.parse().ok().filter(|number| (1..=12).contains(number))?;
    Some((KeyModifiers::NONE, KeyCode::F(number)))
}

fn no_such_key(text: &str) -> String {
    let named: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
    format!(
        "no key is called {text:?}; write a single character, ctrl- and a letter other than i and \
         m, alt- and a character, f1 to f12, or {}",
        named.join(", ")
    )
}

/// The reverse of [`parse`].
fn spell((modifiers, code): Press) -> String {
    let named = NAMED.iter().find(|(_, each)| *each == code);
    match (named, code) {
        (Some((name, _)), _) => (*name).to_owned(),
        (_, KeyCode::Char(letter)) if modifiers == KeyModifiers::CONTROL => {
            format!("ctrl-{letter}")
        }
        (_, KeyCode::Char(letter)) if modifiers == KeyModifiers::ALT => format!("alt-{letter}"),
        (_, KeyCode::Char(letter)) => letter.to_string(),
        (_, KeyCode::F(number)) => format!("f{number}"),
        (_, other) => other.to_string().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(action: &str, keys: &[&str]) -> Change {
        Change {
            action: action.to_owned(),
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        }
    }

    #[track_caller]
    fn check_refused(changes: &[Change], nth: usize, why: &str) {
        let (place, said) = Bindings::with(changes).unwrap_err();
        assert_eq!(place, nth, "{said}");
        assert!(said.contains(why), "{said}");
    }

    #[test]
    fn every_row_of_the_table_has_a_name_of_its_own_and_no_key_does_two_things() {
        let bindings = Bindings::default();
        let mut names: Vec<&str> = bindings.names().collect();
        for (bound, name) in bindings.0.iter().zip(&names) {
            assert!(!name.is_empty(), "{:?} has no row in ACTIONS", bound.msg);
        }
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        let mut keys: Vec<String> =
            bindings.0.iter().flat_map(|bound| bound.keys.iter().map(|key| spell(*key))).collect();
        keys.sort_unstable();
        assert!(keys.windows(2).all(|pair| pair[0] != pair[1]), "{keys:?}");
    }

    #[test]
    fn every_key_of_the_table_can_be_written() {
        for bound in Bindings::default().0 {
            for key in bound.keys {
                assert_eq!(parse(&spell(key)), Ok(key));
            }
        }
    }

    #[test]
    fn a_key_is_taken_from_what_had_it() {
        let bindings = Bindings::with(&[change("freeze", &["ctrl-f"])]).unwrap();
        assert_eq!(bindings.labels(Msg::Freeze), "^F");
        assert_eq!(bindings.labels(Msg::Page(1)), "PgDn");
        let press = KeyEvent::new(KeyCode::Char('f'), KeyModifiers::CONTROL);
        assert_eq!(bindings.read(press), Some(Msg::Freeze));
        let swapped = [change("zoom", &["s"]), change("sort", &["z"])];
        assert_eq!(Bindings::with(&swapped).unwrap().labels(Msg::Sort), "z");
    }

    #[test]
    fn several_keys_or_none_can_be_bound() {
        let changes = [change("zoom", &["Z", "f5", "alt-z"]), change("labels-9", &[])];
        let bindings = Bindings::with(&changes).unwrap();
        assert_eq!(bindings.keys(Msg::Zoom).len(), 3);
        assert_eq!(bindings.label(Msg::Labels(9)), None);
    }

    #[test]
    fn control_c_quits_whatever_is_bound() {
        let bindings = Bindings::with(&[change("quit", &["Q"])]).unwrap();
        assert_eq!(bindings.labels(Msg::Quit), "Q ^C");
        check_refused(&[change("zoom", &["ctrl-c"])], 0, "ctrl-c always quits");
    }

    #[test]
    fn what_cannot_be_bound_is_refused_with_a_reason() {
        let zoom = change("zoom", &["f2"]);
        check_refused(&[zoom.clone(), change("zom", &["x"])], 1, "there are: quit, help, ");
        check_refused(&[change("zoom", &["hyper-x"])], 0, "no key is called \"hyper-x\"");
        check_refused(&[change("zoom", &["ctrl-i"])], 0, "other than i and m");
        check_refused(&[change("zoom", &["f13"])], 0, "f1 to f12");
        check_refused(&[change("zoom", &[""])], 0, "a single character");
        let twice = "f2 is bound twice: to zoom and to sort";
        check_refused(&[zoom, change("sort", &["f2"])], 1, twice);
        let only = "z is the only key of zoom; give zoom another one, or [] to do without";
        check_refused(&[change("sort", &["z"])], 0, only);
    }
}
