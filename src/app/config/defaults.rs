//! The configuration file that changes nothing, to start one's own from.

use crate::cli::AUTO;
use crate::tui::bindings::Bindings;
use crate::tui::theme::THEMES;

const HEAD: &str = "\
# Settings of the rcodetop dashboard, with their defaults.
#
# Read from $XDG_CONFIG_HOME/rcodetop/config.toml or ~/.config/rcodetop/config.toml; never written.
# Options of the command line go before it. To change something, remove the # before it.
";

const KEYS: &str = "\
# Which keys do what: one in quotes, or a list; [] for none. A key that is given to one action is
# taken from the other. A character, ctrl- or alt- with a letter, f1 to f12, or space, enter, esc,
# tab, shift-tab, up, down, left, right, home, end, pgup, pgdn, insert, delete, backspace.
# ctrl-c always quits. Those that edit the line after / are fixed.
[keys]
";

/// The defaults as commented TOML.
pub(crate) fn defaults() -> String {
    let mut out = HEAD.to_owned();
    let about = THEMES.iter().map(|theme| format!("#   {:<15} {}\n", theme.name, theme.about));
    out += "\n# Colours: auto chooses dark, light, ansi or none, as suits the terminal.\n";
    out.extend(about);
    out += &format!("#theme = \"{AUTO}\"\n");
    out += "\n# Draw in ASCII alone; otherwise the locale decides.\n#ascii = false\n";
    out += "\n# Heed clicks and the wheel; without it the terminal selects text.\n#mouse = true\n";
    out += "\n# Show what addresses are called by answers in the capture (hearsay; -n learns none).\n\
            #names = true\n\n";
    out += KEYS;
    for (action, keys, help) in Bindings::default().table() {
        let keys: Vec<String> = keys.iter().map(|key| format!("{key:?}")).collect();
        let keys =
            if let [only] = &keys[..] { only.clone() } else { format!("[{}]", keys.join(", ")) };
        let line = format!("#{action} = {keys}");
        out += if help.is_empty() { line } else { format!("{line:<42} # {help}") }.trim_end();
        out.push('\n');
    }
    out
}
