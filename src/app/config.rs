//! The configuration file: TOML in, settings of the dashboard out. Read only; nothing writes one.
//!
//! Every error names the file, the line, what is wrong and what is allowed. A file may be anyone's,
//! so nothing of it is quoted but the names it gives to settings, actions and keys.

mod defaults;
mod find;

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::cli::AUTO;
use crate::tui::bindings::{Bindings, Change};
use crate::tui::theme::{THEMES, Theme};

pub(super) use defaults::defaults;
pub(super) use find::load;

/// What the file can set.
#[derive(Clone, Debug)]
pub(super) struct Config {
    /// `None` is what suits the terminal.
    pub(super) theme: Option<&'static Theme>,
    /// Draw in ASCII whatever the locale says.
    pub(super) ascii: bool,
    pub(super) mouse: bool,
    /// What addresses are called is shown beside them.
    pub(super) names: bool,
    pub(super) bindings: Bindings,
}

impl Default for Config {
    fn default() -> Self {
        Self { theme: None, ascii: false, mouse: true, names: true, bindings: Bindings::default() }
    }
}

/// A file that cannot be understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {why}")]
pub(super) struct ConfigError {
    file: String,
    line: usize,
    why: String,
}

/// What is wrong with which part of the text.
type Wrong = (Range<usize>, String);

/// The settings in a text that came from `file`.
fn parse(text: &str, file: &str) -> Result<Config, ConfigError> {
    read(text).map_err(|(part, why)| {
        let before = text.as_bytes().iter().take(part.start);
        let line = 1 + before.filter(|byte| **byte == b'\n').count();
        ConfigError { file: file.to_owned(), line, why }
    })
}

fn read(text: &str) -> Result<Config, Wrong> {
    let table = DeTable::parse(text)
        .map_err(|error| (error.span().unwrap_or_default(), error.message().to_owned()))?;
    let mut config = Config::default();
    for (name, value) in table.get_ref() {
        match name.get_ref().as_ref() {
            "theme" => config.theme = theme(value)?,
            "ascii" => config.ascii = truth(value)?,
            "mouse" => config.mouse = truth(value)?,
            "names" => config.names = truth(value)?,
            "keys" => config.bindings = keys(value)?,
            other => {
                let why = format!("no setting is called {other:?}; {SETTINGS}");
                return Err((name.span(), why));
            }
        }
    }
    Ok(config)
}

const SETTINGS: &str = "there are: theme, ascii, mouse, names, and [keys]";

fn theme(value: &Spanned<DeValue<'_>>) -> Result<Option<&'static Theme>, Wrong> {
    let names: Vec<&str> = THEMES.iter().map(|theme| theme.name).collect();
    let allowed = format!("there are: {AUTO}, {}", names.join(", "));
    match value.get_ref() {
        DeValue::String(name) if name == AUTO => Ok(None),
        DeValue::String(name) => Theme::named(name)
            .map(Some)
            .ok_or_else(|| (value.span(), format!("no theme is called {name:?}; {allowed}"))),
        _ => Err((value.span(), format!("a theme is a name in quotes; {allowed}"))),
    }
}

fn truth(value: &Spanned<DeValue<'_>>) -> Result<bool, Wrong> {
    match value.get_ref() {
        DeValue::Boolean(truth) => Ok(*truth),
        _ => Err((value.span(), "neither true nor false (without quotes)".to_owned())),
    }
}

fn keys(value: &Spanned<DeValue<'_>>) -> Result<Bindings, Wrong> {
    let DeValue::Table(table) = value.get_ref() else {
        return Err((value.span(), "[keys] is a table: action = \"key\"".to_owned()));
    };
    let mut changes = Vec::new();
    let mut places = Vec::new();
    for (action, keys) in table {
        changes.push(Change { action: action.get_ref().to_string(), keys: list(keys)? });
        places.push(action.span());
    }
    Bindings::with(&changes).map_err(|(nth, why)| (places.get(nth).cloned().unwrap_or(0..0), why))
}

/// One key or a list of keys.
fn list(value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Wrong> {
    let single = |value: &Spanned<DeValue<'_>>| match value.get_ref() {
        DeValue::String(key) => Ok(key.to_string()),
        _ => Err((value.span(), "a key is written in quotes, several in a list".to_owned())),
    };
    match value.get_ref() {
        DeValue::Array(keys) => keys.iter().map(single).collect(),
        _ => single(value).map(|key| vec![key]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::keys::Msg;

    #[track_caller]
    fn check_refused(text: &str, expected: &str) {
        let said = parse(text, "c.toml").unwrap_err().to_string();
        assert!(said.starts_with(expected), "{said}");
    }

    #[test]
    fn what_is_said_is_set_and_the_rest_stays() {
        let text = "# mine\ntheme = \"light\"\nmouse = false\nnames = false\n[keys]\nfreeze = \"ctrl-f\"\n\
                    zoom = [\"Z\", \"f5\"]\n";
        let config = parse(text, "c.toml").unwrap();
        assert_eq!(config.theme.map(|theme| theme.name), Some("light"));
        assert!(!config.mouse && !config.names && !config.ascii);
        let changed = config.bindings.table();
        let keys = |name: &str| changed.iter().find(|row| row.0 == name).unwrap().1.clone();
        assert_eq!(keys("freeze"), ["ctrl-f"]);
        assert_eq!(keys("zoom"), ["Z", "f5"]);
        assert_eq!(keys("quit"), ["q", "ctrl-c", "ctrl-x"]);
        assert!(parse("theme = \"auto\"", "c.toml").unwrap().theme.is_none());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_what_is_allowed() {
        check_refused("\ntheme = ", "c.toml, line 2: ");
        check_refused(
            "thme = 1",
            "c.toml, line 1: no setting is called \"thme\"; there are: theme",
        );
        check_refused("\n\ntheme = \"blue\"", "c.toml, line 3: no theme is called \"blue\"; there");
        check_refused("theme = 3", "c.toml, line 1: a theme is a name in quotes; there are: auto");
        check_refused("mouse = \"no\"", "c.toml, line 1: neither true nor false");
        check_refused("keys = 1", "c.toml, line 1: [keys] is a table");
        check_refused("[keys]\nzom = \"z\"", "c.toml, line 2: no action is called \"zom\"; there");
        check_refused("[keys]\n\nzoom = \"hyper\"", "c.toml, line 3: no key is called \"hyper\"");
        check_refused("[keys]\nzoom = [1]", "c.toml, line 2: a key is written in quotes");
        let twice = "[keys]\nzoom = \"x\"\nsort = \"x\"";
        check_refused(twice, "c.toml, line ");
        assert!(parse(twice, "c").unwrap_err().why.starts_with("x is bound twice: to "));
        check_refused("mouse = true\nmouse = false", "c.toml, line 2: duplicate key");
    }

    #[test]
    fn the_defaults_that_are_printed_are_the_defaults() {
        let text = defaults();
        let bare = parse(&text, "c.toml").unwrap();
        assert_eq!(bare.bindings, Bindings::default());
        let spoken: String = text.lines().map(uncommented).collect();
        let said = parse(&spoken, "c.toml").unwrap();
        assert_eq!(said.bindings.table(), Bindings::default().table());
        assert!(said.mouse && said.names && !said.ascii && said.theme.is_none());
        assert!(text.contains(&format!("{:?}", "ctrl-x")), "{:?}", Msg::Quit);
    }

    /// A line of the defaults as a user brings it into force.
    fn uncommented(line: &str) -> String {
        let setting = line.strip_prefix('#').filter(|rest| !rest.starts_with(' '));
        format!("{}\n", setting.unwrap_or(line))
    }
}
