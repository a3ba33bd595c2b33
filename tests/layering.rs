//! The dependency rule, kept by a test: which module may name which, and who may name the outside.
//!
//! Reads the source as text, so it needs no build, and fails with a sentence. `ARCHITECTURE.md`
//! explains the order. What stands in `#[cfg(test)] mod` is free.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::fs;
use std::path::{Path, PathBuf};

/// What every module may use: numbers with names, what is looked at, time, the books, and the index
/// of a table.
const VOCABULARY: [&str; 5] = ["iana", "focus", "time", "ledger", "index"];

/// Each module with those it may use beside the vocabulary, in the order of the data.
const MAY_USE: &[(&str, &[&str])] = &[
    ("iana", &[]),
    ("focus", &["iana"]),
    ("time", &[]),
    ("ledger", &[]),
    ("index", &[]),
    ("rehearsal", &[]),
    ("confine", &["wire"]), // how names are escaped
    ("wire", &[]),
    ("mask", &["wire"]),
    ("track", &["wire"]),
    ("trail", &["track", "wire"]),
    ("hearsay", &["track", "wire"]),
    ("tally", &["track", "wire"]),
    ("diagnose", &["tally", "track", "wire"]),
    ("snapshot", &["select", "tally", "trail", "hearsay", "diagnose", "wire", "record"]),
    ("select", &["wire", "track", "tally", "mask"]), // of what was typed, no true address is shown
    // What was counted, read and written as a promise of its own.
    ("summary", &["track", "tally", "snapshot", "wire"]),
    // What differs between two of them; it asks sums for what no snapshot lists.
    ("diff", &["tally", "snapshot", "summary", "wire"]),
    ("engine", &["select", "wire", "track", "trail", "hearsay", "tally", "diagnose", "snapshot"]),
    ("pick", &["engine", "track", "wire"]),
    // output: how a cell of a CSV file is disarmed; record: who may read what is written
    ("rows", &["engine", "tally", "track", "wire", "output", "record"]),
    ("geo", &["wire", "snapshot"]), // how names are escaped; what it fills in
    ("feed", &["select", "snapshot"]),
    ("source", &["wire", "snapshot", "rehearsal", "mask"]), // the last that knows true addresses
    ("record", &["wire", "rehearsal"]),
    ("output", &["snapshot", "record", "diff", "wire"]),
    ("metrics", &["snapshot"]),
    ("serve", &["feed", "snapshot", "metrics"]),
    ("explain", &["diagnose"]), // the words of its causes, never its findings
    ("tui", &["select", "snapshot", "feed", "rehearsal"]),
    (
        "cli",
        &[
            "select", "snapshot", "engine", "hearsay", "source", "record", "rows", "output",
            "explain", "tui", "mask",
        ],
    ),
    ("app", &["*"]),
    ("lib", &["*"]),
    ("main", &["*"]),
];

/// What only some modules may name: crates with a price, clocks, and the network.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("pcap::", &["source"]),
    ("pcap_parser::", &["source"]),
    ("flate2::", &["source"]),
    ("zstd::", &["source", "summary", "rows"]),
    ("liblzma::", &["source"]),
    ("lz4_flex::", &["source"]),
    ("etherparse::", &["wire"]),
    ("hickory_proto::", &["wire"]),
    ("ipcrypt_rs::", &["mask"]),
    ("hmac::", &["mask"]),
    ("sha2::", &["mask"]),
    ("getrandom::", &["mask"]),
    ("maxminddb::", &["geo"]),
    ("psl::", &["tally"]),
    ("jiff::", &["time"]),
    ("ratatui::", &["tui"]),
    ("crossterm::", &["tui"]),
    ("terminal_colorsaurus::", &["tui"]),
    ("toml::", &["app"]),
    ("landlock::", &["confine"]),
    ("seccompiler::", &["confine"]),
    ("nix::", &["confine"]),
    ("libc::", &["confine"]),
    ("serde_json::", &["output", "rows", "summary", "diff"]), // diff: reports that were kept
    ("csv::", &["output", "rows"]),
    ("parquet::", &["rows"]),
    ("bytes::", &["rows"]), // what pages are handed over in
    ("clap::", &["cli", "app", "output", "rows"]), // output, rows: the names of their formats
    ("clap_complete::", &["cli", "app"]),
    ("clap_mangen::", &["cli", "app"]),
    ("prometheus::", &["metrics"]),
    ("httparse::", &["serve"]),
    ("SystemTime::now", &["source", "tui", "app"]),
    ("Instant::now", &["source", "record", "serve", "tui", "app"]), // serve: how long who asks may take
    // record: its disk; confine: rights are those of a thread.
    ("thread::", &["source", "record", "tui", "app", "confine"]),
    ("UdpSocket", &[]),
    // Nobody connects: what a listener accepts needs no name here.
    ("TcpStream", &[]),
    ("TcpListener", &["serve"]), // who asks for metrics
    // Servers that tell dnstap connect to a socket of this host; connecting only tells whether
    // somebody listens there already.
    ("UnixListener", &["source"]),
    ("UnixStream", &["source"]),
];

/// The text without comments and without its test module.
fn code(text: &str) -> String {
    let lines: Vec<&str> =
        text.lines().map(|line| line.split("//").next().unwrap_or(line)).collect();
    let tests = lines.windows(2).position(|pair| {
        // `mod tests;` is a file of its own, and code goes on behind it.
        let (attribute, module) = (pair[0].trim(), pair[1].trim());
        attribute == "#[cfg(test)]" && module.starts_with("mod ") && module.contains('{')
    });
    lines[..tests.unwrap_or(lines.len())].join("\n")
}

/// The modules that this code names by `crate::`, alone or in braces.
fn named(code: &str) -> Vec<String> {
    let mut out = Vec::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            Some(list) => out.extend(heads(list)),
            None => out.push(word(after)),
        }
    }
    out
}

/// The first word of each part of a list, up to the brace that closes it.
fn heads(list: &str) -> Vec<String> {
    let mut out = Vec::new();
    let (mut depth, mut part) = (0, String::new());
    for letter in list.chars() {
        match letter {
            '}' if depth == 0 => break,
            ',' if depth == 0 => out.push(word(std::mem::take(&mut part).trim())),
            _ => {
                depth += i32::from(letter == '{') - i32::from(letter == '}');
                part.push(letter);
            }
        }
    }
    out.push(word(part.trim()));
    out.retain(|head| !head.is_empty());
    out
}

fn word(text: &str) -> String {
    text.chars().take_while(|&letter| is_word(letter)).collect()
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Whether the code holds this word, not as the end of a longer one.
fn holds(code: &str, wanted: &str) -> bool {
    code.match_indices(wanted).any(|(at, _)| !code[..at].chars().next_back().is_some_and(is_word))
}

fn complaints(module: &str, text: &str) -> Vec<String> {
    let code = code(text);
    let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
        return vec![format!("{module} stands in no row of MAY_USE: say what it may use")];
    };
    let mut out = Vec::new();
    for other in named(&code) {
        let known = MAY_USE.iter().any(|(name, _)| *name == other);
        let may = allowed.contains(&other.as_str())
            || allowed.contains(&"*")
            || (VOCABULARY.contains(&other.as_str()) && !VOCABULARY.contains(&module));
        if known && other != module && !may {
            out.push(format!("{module} must not use {other}: data flows the other way"));
        }
    }
    if holds(&code, "super::super::") {
        out.push(format!(
            "{module} must not climb by super::super: write crate::, which is checked"
        ));
    }
    for (word, homes) in ONLY_IN {
        if holds(&code, word) && !homes.contains(&module) {
            let homes = if homes.is_empty() { "nobody".to_owned() } else { homes.join(", ") };
            out.push(format!("{module} must not use {word} (only: {homes})"));
        }
    }
    out.dedup();
    out
}

/// Every source file with the module that it belongs to.
fn sources() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut out = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path.strip_prefix(&root).unwrap();
                let first = below.iter().next().unwrap().to_str().unwrap();
                out.push((first.trim_end_matches(".rs").to_owned(), path.clone()));
            }
        }
    }
    out
}

/// A file that is a test module by itself.
fn is_test(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem == "tests" || stem == "testing")
}

#[test]
fn every_module_names_only_those_it_may() {
    let mut all = Vec::new();
    for (module, path) in sources().iter().filter(|(_, path)| !is_test(path)) {
        let text = fs::read_to_string(path).unwrap();
        let place = path.display();
        all.extend(complaints(module, &text).into_iter().map(|why| format!("{place}: {why}")));
    }
    assert!(all.is_empty(), "\n{}\n", all.join("\n"));
}

#[test]
fn the_rule_sees_the_whole_source() {
    let modules: Vec<_> = sources().into_iter().map(|(module, _)| module).collect();
    for module in ["lib", "main", "engine", "wire", "source", "snapshot"] {
        assert!(modules.iter().any(|each| each == module), "src/{module} was not read");
    }
}

#[track_caller]
fn check(module: &str, text: &str, expected: &[&str]) {
    assert_eq!(complaints(module, text), expected, "{module}: {text}");
}

#[test]
fn the_core_knows_no_screen() {
    let wrong = ["tally must not use tui: data flows the other way"];
    check("tally", "use crate::tui::Theme;", &wrong);
    check("tally", "use crate::{iana::Rcode, tui::{Theme, Key}};", &wrong);
    check("tally", "fn draw() { crate::tui::draw() }", &wrong);
}

#[test]
fn the_core_reads_no_clock() {
    let wrong = ["track must not use Instant::now (only: source, record, serve, tui, app)"];
    check("track", "let now = std::time::Instant::now();", &wrong);
    check("source", "let now = Instant::now();", &[]);
}

#[test]
fn a_crate_has_one_home() {
    check("wire", "use pcap::Capture;", &["wire must not use pcap:: (only: source)"]);
    check("source", "use pcap::Capture;", &[]);
    check("wire", "use libpcap::Capture;", &[]);
}

#[test]
fn nobody_sends() {
    check("app", "UdpSocket::bind(any)", &["app must not use UdpSocket (only: nobody)"]);
    check("serve", "TcpStream::connect(it)", &["serve must not use TcpStream (only: nobody)"]);
    check("app", "TcpListener::bind(it)", &["app must not use TcpListener (only: serve)"]);
    check("serve", "TcpListener::bind(it)", &[]);
    check("app", "UnixStream::connect(it)", &["app must not use UnixStream (only: source)"]);
    check("source", "UnixListener::bind(it)", &[]);
}

#[test]
fn vocabulary_uses_nothing() {
    check(
        "ledger",
        "use crate::time::Timestamp;",
        &["ledger must not use time: data flows the other way"],
    );
}

#[test]
fn a_way_around_is_no_way() {
    check(
        "wire",
        "use super::super::track::Key;",
        &["wire must not climb by super::super: write crate::, which is checked"],
    );
}

#[test]
fn a_new_module_has_to_say_what_it_may_use() {
    check("shiny", "", &["shiny stands in no row of MAY_USE: say what it may use"]);
}

#[test]
fn tests_inside_a_module_and_comments_may_do_as_they_like() {
    check("track", "use crate::wire::Rcode;\n#[cfg(test)]\nmod t { Instant::now(); }", &[]);
    check("track", "/// Never calls [`crate::tui::run`] nor `Instant::now`.\nfn f() {}", &[]);
    check(
        "track",
        "#[cfg(test)]\nuse a;\nfn f() { Instant::now(); }",
        &["track must not use Instant::now (only: source, record, serve, tui, app)"],
    );
}
