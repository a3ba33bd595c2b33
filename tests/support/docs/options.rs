//! The reference of the command line, written from what the program itself parses with.

use clap::{Arg, ArgAction, Command};

const HEAD: &str = "\
# The command line

All commands and options, as the program itself knows them. `rcodetop --help` and `rcodetop man` tell the same, and
`rcodetop completions SHELL` prints what lets a shell complete it. What the exit status means is in
[exit-status.md](exit-status.md), the language of `--filter` in [dashboard.md](../dashboard.md#looking-at-a-part).

Options come after the name of a command. Those that several commands have stand with the dashboard, which is what
`rcodetop` without a command shows. Durations are written as `500ms`, `5s` or `2m`, sizes as `64MiB` or `2GB`.
";

/// The whole page.
pub(crate) fn reference(mut program: Command) -> String {
    program.build();
    let commands: Vec<&Command> =
        program.get_subcommands().filter(|command| !command.is_hide_set()).collect();
    let mut page = HEAD.to_owned();
    page += "\n| Command | What it does |\n|---|---|\n| [`rcodetop`](#rcodetop) | The dashboard, or a text report where there is no terminal |\n";
    for command in &commands {
        let (name, about) = (command.get_name(), text(command.get_about()));
        page += &format!("| [`rcodetop {name}`](#rcodetop-{name}) | {about} |\n");
    }
    page += &section(&program, None);
    for command in commands {
        page += &section(command, Some(&program));
    }
    page
}

fn text(styled: Option<&clap::builder::StyledStr>) -> String {
    styled.map(|text| escape(&text.to_string())).unwrap_or_default()
}

/// Prose in which no sign means anything to Markdown but those around code.
fn escape(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(nth, part)| {
        if nth % 2 == 1 { part.replace('|', "\\|") } else { escape_prose(part) }
    });
    parts.collect::<Vec<_>>().join("`")
}

fn escape_prose(text: &str) -> String {
    let mut escaped = String::new();
    for sign in text.chars() {
        if "|<>*~[]".contains(sign) {
            escaped.push('\\');
        }
        escaped.push(sign);
    }
    escaped
}

fn section(command: &Command, program: Option<&Command>) -> String {
    let name = program.map_or(String::new(), |_| format!(" {}", command.get_name()));
    let about = command.get_long_about().or(command.get_about());
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").lines().map(str::trim).collect::<Vec<_>>();
    let mut section = format!("\n## rcodetop{name}\n\n{}\n\n", wrap(&text(about)));
    section += &format!("```text\n{}\n```\n", usage.join("\n"));
    let is_everywhere = |arg: &Arg| program.is_some() && arg.get_id() == "help";
    let is_shown = |arg: &&Arg| !arg.is_hide_set() && !is_everywhere(arg);
    let arguments: Vec<&Arg> = command.get_arguments().filter(is_shown).collect();
    let (shared, own): (Vec<&Arg>, Vec<&Arg>) =
        arguments.into_iter().partition(|arg| program.is_some_and(|program| has(program, arg)));
    section += &tables(&own);
    let shared: Vec<String> = shared.iter().map(|arg| format!("`{}`", name_of(arg))).collect();
    if !shared.is_empty() {
        let also = format!("Also, as with [the dashboard](#rcodetop): {}.", shared.join(", "));
        section += &format!("\n{}\n", wrap(&also));
    }
    if let Some(help) = command.get_after_help() {
        section += &format!("\n```text\n{}\n```\n", help.to_string().trim_end());
    }
    section
}

/// Whether the program itself has the same option.
fn has(program: &Command, arg: &Arg) -> bool {
    program.get_arguments().any(|other| {
        let help = |arg: &Arg| arg.get_help().map(ToString::to_string);
        other.get_id() == arg.get_id() && help(other) == help(arg)
    })
}

/// The long name, or that of a value without one.
fn name_of(arg: &Arg) -> String {
    match (arg.get_long(), arg.get_short()) {
        (Some(long), _) => format!("--{long}"),
        (None, Some(short)) => format!("-{short}"),
        (None, None) => value(arg),
    }
}

fn value(arg: &Arg) -> String {
    let names = arg.get_value_names().unwrap_or_default().iter().map(ToString::to_string);
    names.collect::<Vec<_>>().join(" ")
}

/// One table for each heading of the help, in its order.
fn tables(arguments: &[&Arg]) -> String {
    let heading = |arg: &Arg| match (arg.is_positional(), arg.get_help_heading()) {
        (true, _) => "Arguments".to_owned(),
        (_, heading) => heading.unwrap_or("Options").to_owned(),
    };
    let mut headings: Vec<String> = Vec::new();
    for arg in arguments {
        if !headings.contains(&heading(arg)) {
            headings.push(heading(arg));
        }
    }
    let table = |title: &String| {
        let rows = arguments.iter().filter(|arg| heading(arg) == *title).map(|arg| row(arg));
        let head = format!("\n| {title} | Default | Meaning |\n|---|---|---|\n");
        head + &rows.collect::<String>()
    };
    headings.iter().map(table).collect()
}

fn row(arg: &Arg) -> String {
    let takes_value = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let (help, told) = without_default(&help.replace('\n', " "));
    let values = arg.get_default_values().iter().filter(|_| takes_value);
    let default: Vec<String> = values.map(|value| format!("`{}`", value.display())).collect();
    let default = if default.is_empty() { escape(&told) } else { default.join(" ") };
    format!("| {} | {default} | {}{} |\n", names(arg, takes_value), escape(&help), choices(arg))
}

/// A help text without the default that it tells, as those do that depend on something.
fn without_default(help: &str) -> (String, String) {
    const BEGIN: &str = " [default: ";
    let parts = help.split_once(BEGIN).and_then(|(before, rest)| {
        let (default, after) = rest.split_once(']')?;
        Some((format!("{before}{after}"), default.to_owned()))
    });
    parts.unwrap_or_else(|| (help.to_owned(), String::new()))
}

fn names(arg: &Arg, takes_value: bool) -> String {
    if arg.is_positional() {
        return format!("`{}`", value(arg));
    }
    let is_optional = arg.get_num_args().is_some_and(|number| number.min_values() == 0);
    let value = match value(arg) {
        value if !takes_value || value.is_empty() => String::new(),
        value if arg.is_require_equals_set() && is_optional => format!("[={value}]"),
        value => format!(" {value}"),
    };
    let short = arg.get_short().map(|short| format!("-{short}"));
    let long = arg.get_long().map(|long| format!("--{long}"));
    let aliases = arg.get_visible_aliases().unwrap_or_default();
    let aliases = aliases.into_iter().map(|alias| format!("--{alias}"));
    let mut all: Vec<String> = short.into_iter().chain(long).chain(aliases).collect();
    if let Some(last) = all.last_mut() {
        *last += &value;
    }
    all.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// What an option can be, each with what that means.
fn choices(arg: &Arg) -> String {
    let values = arg.get_possible_values();
    if values.is_empty() || !matches!(arg.get_action(), ArgAction::Set | ArgAction::Append) {
        return String::new();
    }
    let choice = |value: &clap::builder::PossibleValue| {
        let help = value.get_help().map(|help| format!(" ({})", escape(&help.to_string())));
        format!("`{}`{}", value.get_name(), help.unwrap_or_default())
    };
    let shown = values.iter().filter(|value| !value.is_hide_set()).map(choice);
    format!(". One of: {}", shown.collect::<Vec<_>>().join(", "))
}

/// Breaks paragraphs into lines as those of other pages.
fn wrap(text: &str) -> String {
    const WIDTH: usize = 118;
    let paragraph = |text: &str| {
        let mut lines = vec![String::new()];
        for word in text.split_whitespace() {
            let last = lines.len() - 1;
            if !lines[last].is_empty() && lines[last].len() + word.len() >= WIDTH {
                lines.push(word.to_owned());
            } else {
                let gap = if lines[last].is_empty() { "" } else { " " };
                lines[last] += &format!("{gap}{word}");
            }
        }
        lines.join("\n")
    };
    text.split("\n\n").map(paragraph).collect::<Vec<_>>().join("\n\n")
}

/// The commands in the examples of the help: indented, and what they mean after some blanks.
pub(crate) fn examples(program: &Command) -> Vec<String> {
    let helps = std::iter::once(program).chain(program.get_subcommands());
    let helps = helps.filter_map(|command| Some(command.get_after_help()?.to_string()));
    let lines = helps.flat_map(|help| help.lines().map(str::to_owned).collect::<Vec<_>>());
    let commands = lines.filter_map(|line| {
        let text = line.strip_prefix("  ")?;
        Some(text.split("  ").next().unwrap_or(text).to_owned())
    });
    commands.filter(|text| text.contains("rcodetop")).collect()
}

#[test]
fn a_page_is_made_of_whatever_commands_there_are() {
    let port = Arg::new("port").short('p').long("port").value_name("PORT").default_value("53");
    let port = port.help("A port of DNS, 1 | 2");
    let list = Arg::new("list").long("list").action(ArgAction::SetTrue).help("Lists <all>");
    let many =
        Arg::new("many").long("many").value_name("N").help("How many [default: a few]; or all");
    let program = Command::new("rcodetop").about("About `it`").arg(port.clone());
    let command = Command::new("other")
        .about("Another")
        .args([port, list, many])
        .after_help("Examples:\n  x\n");
    let hidden = Command::new("inner").hide(true);
    let page = reference(program.subcommand(command).subcommand(hidden));
    for part in [
        "| [`rcodetop other`](#rcodetop-other) | Another |",
        "## rcodetop\n\nAbout `it`\n",
        "| `-p`, `--port PORT` | `53` | A port of DNS, 1 \\| 2 |",
        "| `--list` |  | Lists \\<all\\> |",
        "| `--many N` | a few | How many; or all |",
        "Also, as with [the dashboard](#rcodetop): `--port`.",
        "```text\nExamples:\n  x\n```",
    ] {
        assert!(page.contains(part), "{part:?} is not in\n{page}");
    }
    assert!(!page.contains("inner"), "{page}");
}
