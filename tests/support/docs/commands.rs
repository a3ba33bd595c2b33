//! Commands of the program in pages: whether its own command line understands them.

use clap::CommandFactory;
use clap::error::ErrorKind;
use rcodetop::cli::{self, Cli, Input, Live, Plan, Tap};

use super::shell::Command;

/// Why the program does not understand what is meant for it.
pub(crate) fn refusal(command: &Command) -> Option<String> {
    match command.of_the_program() {
        Ok(words) => misunderstood(words?, !command.is_redirected, |_| true),
        Err(why) => Some(why),
    }
}

/// Why the program refuses words, if for a reason that counts.
pub(crate) fn misunderstood(
    words: &[String],
    is_terminal: bool,
    counts: fn(ErrorKind) -> bool,
) -> Option<String> {
    let command = words.join(" ");
    if let Some(word) = words.get(1).filter(|word| looks_like_a_command(word)) {
        return Some(format!("`{command}` is refused: there is no command {word}"));
    }
    let refused = match cli::parse(words, is_terminal) {
        Ok(plan) => return wrong_filter(&plan).map(|why| format!("`{command}`: {why}")),
        Err(refused) => refused,
    };
    let is_asked = matches!(refused.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let told = refused.to_string();
    let told = told.lines().next().unwrap_or_default();
    (!is_asked && counts(refused.kind())).then(|| format!("`{command}` is refused: {told}"))
}

/// What libpcap says against the capture filter of a command.
fn wrong_filter(plan: &Plan) -> Option<String> {
    let input = match plan {
        Plan::Dashboard(analysis) => &analysis.input,
        Plan::Report(report) => &report.analysis.input,
        _ => return None,
    };
    let Input::Live(Live { on: Tap::Interfaces(interfaces), .. }) = input else { return None };
    let filter = interfaces.filter.as_ref()?;
    let ethernet = pcap::Capture::dead(pcap::Linktype::ETHERNET).expect("libpcap works");
    let why = ethernet.compile(filter, true).err()?;
    Some(format!("the capture filter is wrong: {why}"))
}

/// To the program a command that it does not know is a file; in pages these have a dot or a slash.
fn looks_like_a_command(word: &str) -> bool {
    let is_word = word.starts_with(|sign: char| sign.is_ascii_lowercase())
        && word.chars().all(|sign| sign.is_ascii_lowercase() || sign == '-');
    let program = Cli::command();
    is_word && program.find_subcommand(word).is_none()
}

#[test]
fn a_command_that_there_is_not_is_told_from_a_file() {
    for (word, expected) in [
        ("reprot", true),
        ("report", false),
        ("a.pcap", false),
        ("./old", false),
        ("-", false),
        ("--filter", false),
        ("FILE", false),
    ] {
        assert_eq!(looks_like_a_command(word), expected, "{word}");
    }
}

#[test]
fn a_capture_filter_that_is_wrong_is_told() {
    for (filter, is_right) in [("udp and port 53", true), ("udp adn port 53", false)] {
        let words = ["rcodetop", "-i", "eth0", "--", filter].map(str::to_owned);
        assert_eq!(misunderstood(&words, true, |_| true).is_none(), is_right, "{filter}");
    }
}
