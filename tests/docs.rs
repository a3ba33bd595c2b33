//! The documentation for users: what pages show is what the program prints, every command in them is
//! understood, and every link leads somewhere.
//!
//! `UPDATE_DOCS=1` makes pages fit the program: what stands below the commands of `console` blocks,
//! the screens of `screen` blocks, and the reference of the command line. Every failure names page and
//! line.

#![cfg(unix)]
#![expect(clippy::panic, reason = "helpers of tests fail as a test does")]

#[path = "support/docs/mod.rs"]
mod docs;
#[path = "support/places.rs"]
mod places;
#[cfg(target_os = "linux")]
#[path = "support/terminal.rs"]
#[expect(dead_code, reason = "others look at how a terminal is left")]
mod terminal;

use std::process::Command;

use clap::CommandFactory;
use clap::error::ErrorKind;
use docs::commands::{misunderstood, refusal};
use docs::page::{Block, Page, linking_pages, pages};
use docs::scratch::{Programs, Scratch};
use docs::{brands, console, is_update, keys, links, options, root, shell};

/// What a fenced block may be, and what is done with it.
const KINDS: &[(&str, Use)] = &[
    ("console", Use::Run),
    ("screen", Use::Show),
    ("sh", Use::Parse),
    ("toml", Use::Configure),
    // Commands of other systems, and what other programs read: nothing of it is ours to try.
    ("powershell", Use::Others),
    ("yaml", Use::Others),
    ("json", Use::Others),
    ("sql", Use::Others),
    ("text", Use::Others),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Commands are run, and what they print is compared.
    Run,
    /// The dashboard is shown in a terminal, and keys are pressed.
    Show,
    /// Commands of the program are parsed.
    Parse,
    /// A configuration file of the program: the dashboard must come up with it.
    Configure,
    /// Nothing: it must not hold a command of the program.
    Others,
}

#[track_caller]
fn check(complaints: &[String]) {
    let many = complaints.len();
    assert!(complaints.is_empty(), "{many} of the documentation:\n{}", complaints.join("\n"));
}

fn blocks(of: Use) -> Vec<(Page, Vec<Block>)> {
    let is_one =
        |block: &Block| KINDS.iter().any(|(kind, does)| *kind == block.kind && *does == of);
    let chosen = |page: &Page| page.blocks().into_iter().filter(is_one).collect();
    pages()
        .into_iter()
        .map(|page| {
            let blocks = chosen(&page);
            (page, blocks)
        })
        .collect()
}

#[test]
fn every_block_is_of_a_kind_that_is_held() {
    let mut complaints = Vec::new();
    for page in pages() {
        for block in page.blocks() {
            let kind = KINDS.iter().find(|(kind, _)| *kind == block.kind);
            if kind.is_none() {
                let known: Vec<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
                let (path, line, kind) = (&page.path, block.line, &block.kind);
                let known = known.join(", ");
                complaints.push(format!("{path}:{line}: a block of kind {kind:?}; known: {known}"));
            }
        }
    }
    for (page, blocks) in blocks(Use::Others) {
        for block in blocks {
            // What the program prints may well begin with its name, so that a prompt is looked for.
            let is_command = |line: &String| {
                ["$ rcodetop", "sudo rcodetop"].iter().any(|words| line.starts_with(words))
            };
            if let Some(nth) = block.lines.iter().position(is_command) {
                let (path, line) = (&page.path, block.line + 1 + nth);
                complaints.push(format!("{path}:{line}: commands go into `console` or `sh`"));
            }
        }
    }
    check(&complaints);
}

#[test]
fn what_pages_show_is_what_the_program_prints() {
    let programs = Programs::new();
    let complaints: Vec<String> = pages().iter().flat_map(|page| show(page, &programs)).collect();
    check(&complaints);
}

/// Runs what a page shows, in order; what differs.
fn show(page: &Page, programs: &Programs) -> Vec<String> {
    let scratch = Scratch::new(programs, page);
    #[cfg(target_os = "linux")]
    let mut session = docs::screen::Session::default();
    let mut new = Vec::new();
    let mut complaints = Vec::new();
    for block in page.blocks() {
        let done = match block.kind.as_str() {
            "console" => console::run(page, &block, &scratch),
            #[cfg(target_os = "linux")]
            "screen" => session.run(page, &block).map_err(|why| vec![why]),
            _ => continue,
        };
        match done {
            Ok(block) => new.push(block),
            Err(told) => complaints.extend(told),
        }
    }
    if is_update() && !new.is_empty() {
        std::fs::write(root().join(&page.path), page.with(&new)).expect("pages can be written");
    }
    complaints
}

#[test]
fn commands_that_are_not_run_are_understood() {
    let mut complaints = Vec::new();
    for (page, blocks) in blocks(Use::Parse) {
        for block in blocks {
            let told = |line: usize, why: String| {
                format!("{}:{}: {why}", page.path, block.line + 1 + line)
            };
            match shell::commands(&block.lines.join("\n")) {
                Err(why) => complaints.push(told(0, why)),
                Ok(commands) => complaints.extend(
                    commands
                        .iter()
                        .filter_map(|command| refusal(command).map(|why| told(command.line, why))),
                ),
            }
        }
    }
    check(&complaints);
}

/// In a sentence, a command may leave out what it reads; what it has must be right.
#[test]
fn commands_in_sentences_are_understood() {
    let counts = |kind| matches!(kind, ErrorKind::UnknownArgument | ErrorKind::TooManyValues);
    let mut complaints = Vec::new();
    for page in pages() {
        let (_, codes) = page.words_and_code();
        for (line, code) in codes.iter().filter(|(_, code)| code.starts_with("rcodetop ")) {
            let words: Vec<String> = code.split(' ').map(str::to_owned).collect();
            let why = misunderstood(&words, true, counts);
            complaints.extend(why.map(|why| format!("{}:{line}: {why}", page.path)));
        }
    }
    check(&complaints);
}

#[cfg(target_os = "linux")]
#[test]
fn configuration_files_are_understood() {
    let mut complaints = Vec::new();
    for (page, blocks) in blocks(Use::Configure) {
        for block in blocks {
            let refused = docs::screen::accepts(&block.lines.join("\n")).err();
            complaints.extend(refused.map(|why| format!("{}:{}: {why}", page.path, block.line)));
        }
    }
    check(&complaints);
    let refused = docs::screen::accepts("them = \"light\"").expect_err("no such setting");
    assert!(refused.contains("them"), "{refused}");
}

#[test]
fn the_examples_of_the_help_are_understood() {
    let examples = options::examples(&rcodetop::cli::Cli::command());
    assert!(examples.len() > 5, "{examples:?}");
    let refused = |example: &String| {
        let commands = shell::commands(example).map_err(|why| format!("{example}: {why}"));
        match commands {
            Ok(commands) => commands.iter().filter_map(refusal).collect(),
            Err(why) => vec![why],
        }
    };
    check(&examples.iter().flat_map(refused).collect::<Vec<_>>());
}

#[test]
fn links_lead_somewhere() {
    let pages = linking_pages();
    let complaint = |page: &Page, line: usize, target: &str| {
        let why = links::broken(page, target)?;
        Some(format!("{}:{line}: the link to {target} leads nowhere: {why}", page.path))
    };
    let complaints: Vec<String> = pages
        .iter()
        .flat_map(|page| {
            let links = links::links(page).into_iter();
            links.filter_map(|(line, target)| complaint(page, line, &target)).collect::<Vec<_>>()
        })
        .collect();
    check(&complaints);
}

const INDEX: &str = "docs/README.md";

#[test]
fn every_page_is_in_the_index() {
    let index = Page::read(INDEX);
    let linked: Vec<_> =
        links::links(&index).iter().map(|(_, to)| links::resolve(INDEX, to)).collect();
    let is_missing = |page: &&Page| {
        page.path.starts_with("docs/")
            && page.path != INDEX
            && !linked.contains(&(&page.path).into())
    };
    let complaints: Vec<String> = pages()
        .iter()
        .filter(is_missing)
        .map(|page| format!("{INDEX}: has no link to {}", page.path))
        .collect();
    check(&complaints);
}

#[test]
fn settings_by_brand_are_those_of_the_causes() {
    let (page, causes) = (Page::read("docs/how-to/servers.md"), Page::read("docs/causes.md"));
    let (settings, complaints) = brands::unknown_settings(&page, &causes);
    assert!(settings > 50, "{settings} settings were looked at");
    check(&complaints);
}

const OPTIONS: &str = "docs/reference/cli.md";

#[test]
fn the_reference_of_the_command_line_is_that_of_the_program() {
    let page = options::reference(rcodetop::cli::Cli::command());
    check(&docs::keep(OPTIONS, &page).err().into_iter().collect::<Vec<_>>());
}

const KEYS: &str = "docs/reference/json.md";

/// Reports that have every key together.
const REPORTS: &[&[&str]] = &[
    &["testdata/outage.pcap.gz", "--names", "--top", "all"],
    &["testdata/outage.pcap.gz", "--filter", "family:4"],
    &["testdata/shapes/unasked.pcap", "--top", "1"],
    &["testdata/shapes/snaplen-70.pcap", "--max-memory", "16MiB"],
    &["testdata/shapes/one-way-responses.pcap"],
    &["testdata/links/null.pcap", "--port", "1"],
    &["testdata/scenarios/12-dnsdist-maxqps-refused.pcap.zst", "--focus", "slow:1ms"],
    &["testdata/scenarios/13-firewall.pcap.zst", "--focus", "no-response"],
    &["testdata/scenarios/15-edns-trouble.pcap.zst", "--focus", "FORMERR"],
    &["testdata/scenarios/20-mixture-three-causes.pcap.zst", "--top", "all"],
];

#[test]
fn the_reference_of_json_has_the_keys_of_reports_and_no_others() {
    let page = Page::read(KEYS);
    let told = match keys::table(&page) {
        Ok(told) => told,
        Err(complaints) => return check(&complaints),
    };
    let folder = tempfile::tempdir().expect("a folder for packets");
    let packets = folder.path().join("packets.pcapng");
    let packets = packets.to_str().expect("a path in UTF-8");
    let databases = places::databases(folder.path(), &[("128.0.0.0/1", "SE", 64_500, "Example")]);
    let [countries, systems] = databases.each_ref().map(|it| it.to_str().expect("so are these"));
    let places = ["--geoip", countries, "--geoip", systems];
    let socket = folder.path().join("dnstap.sock");
    let socket = socket.to_str().expect("a path in UTF-8");
    let more = [
        [REPORTS[0], &["-w", packets]].concat(),
        [REPORTS[0], &places].concat(),
        [&["testdata/outage.pcap.gz", "--top", "3"], &places[..]].concat(),
        vec!["--dnstap-socket", socket, "--duration", "1ms"],
    ];
    let all = REPORTS.iter().copied().chain(more.iter().map(Vec::as_slice));
    let reports: Vec<serde_json::Value> = all.map(report).collect();
    check(&keys::compare(KEYS, &told, &reports).into_iter().collect::<Vec<_>>());
}

fn report(words: &[&str]) -> serde_json::Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rcodetop"));
    command.args(["report", "--quiet", "--format", "json"]).args(words).current_dir(root());
    let output = command.output().expect("the program runs");
    let error = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|why| panic!("{words:?}: {why} {error}"))
}
