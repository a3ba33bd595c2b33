//! Pseudonyms in the place of addresses: nothing that is shown or written has a true one, and all
//! else is as it was.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "support/analysis.rs"]
#[expect(dead_code, reason = "only the place of the captures is needed here")]
mod analysis;
#[path = "../examples/attack/attacks.rs"]
mod attacks;
#[cfg(target_os = "linux")]
#[path = "support/terminal.rs"]
#[expect(dead_code, reason = "others look at how a terminal is left")]
mod terminal;

use std::collections::BTreeSet;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use analysis::testdata;
use attacks::{ATTACKS, Wire};
use rcodetop::engine::{Engine, EngineConfig};
use rcodetop::mask::{Key, Mask};
use rcodetop::output::{self, Format, Options};
use rcodetop::snapshot::{Finding, LookupsSpec, Snapshot, SnapshotSpec};
use rcodetop::source::{FileOptions, FrameSource, Masked, Next, open_files};
use rcodetop::wire::{Address, Frame};

const KEY: &str = "a key of more than sixteen letters";

fn key() -> Key {
    Key::from_text(KEY).unwrap()
}

/// All captures of a folder.
fn captures(folder: &Path) -> Vec<PathBuf> {
    let is_capture = |path: &PathBuf| {
        let other = ["json", "tsv", "txt"].map(std::ffi::OsStr::new);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.contains(".pcap") && !other.contains(&path.extension().unwrap_or_default())
    };
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = entries.filter(is_capture).collect();
    found.sort();
    found
}

fn here() -> Vec<PathBuf> {
    ["scenarios", "shapes", "links"].iter().flat_map(|it| captures(&testdata(it))).collect()
}

fn ports(capture: &Path) -> Vec<u16> {
    vec![if capture.to_string_lossy().contains("5300") { 5300 } else { 53 }]
}

/// What is made of the frames of a source, each of which is shown.
fn analyzed(
    mut source: Box<dyn FrameSource>,
    ports: Vec<u16>,
    mut show: impl FnMut(&Frame<'_>),
) -> Snapshot {
    let config =
        EngineConfig { ports, rows: usize::MAX, trail: 1 << 20, ..EngineConfig::default() };
    let mut engine = Engine::new(config);
    loop {
        match source.next() {
            Next::Frame(frame) => {
                show(&frame);
                engine.feed(&frame);
            }
            Next::Quiet => {}
            Next::End(_) => break,
        }
    }
    engine.finish();
    let lookups = Some(LookupsSpec { most: 1000, open: None });
    let spec = SnapshotSpec { top: usize::MAX, lookups, packets: true, ..SnapshotSpec::default() };
    engine.snapshot(&spec)
}

/// As it is, with its pseudonyms, and the bytes of the frames with these.
fn both(capture: &Path) -> (Snapshot, Snapshot, Vec<u8>) {
    let open = || open_files(&[capture.to_owned()], &FileOptions::default()).unwrap();
    let ports = ports(capture);
    let masked = Box::new(Masked::new(open(), &key(), &ports));
    let mut bytes = Vec::new();
    let after = analyzed(masked, ports.clone(), |frame| bytes.extend(frame.bytes));
    (analyzed(open(), ports, |_| {}), after, bytes)
}

/// The addresses of all who are told of, but for those that are every host's.
fn addresses(snapshot: &Snapshot) -> BTreeSet<IpAddr> {
    let paths = snapshot.paths.rows.iter().flat_map(|row| [row.key.client, row.key.server]);
    let rows = snapshot.servers.rows.iter().chain(&snapshot.clients.rows).map(|row| row.key);
    let mut all: BTreeSet<IpAddr> = paths.chain(rows).collect();
    all.retain(|ip| !ip.is_loopback() && !ip.is_unspecified());
    all
}

/// The name of the address in reverse.
fn reverse(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(ip) => {
            let digits = format!("{:032x}", ip.to_bits());
            let reversed: Vec<String> = digits.chars().rev().map(String::from).collect();
            format!("{}.ip6.arpa", reversed.join("."))
        }
    }
}

/// Whether a text has an address by itself, and not as a part of a longer one.
fn tells(text: &str, address: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_ascii_hexdigit() || c == ':');
    text.match_indices(address).any(|(at, _)| {
        let (before, behind) = (&text[..at], &text[at + address.len()..]);
        let mut ahead = behind.chars();
        let next = ahead.next();
        let goes_on = is_part(next)
            || (next == Some('.') && ahead.next().is_some_and(|c| c.is_ascii_digit()));
        !is_part(before.chars().next_back()) && !before.ends_with('.') && !goes_on
    })
}

/// Every format of a report.
fn reports(snapshot: &Snapshot) -> Vec<String> {
    let options = Options { verbose: true, every_row: true, ..Options::default() };
    [Format::Text, Format::Json, Format::Csv, Format::Markdown]
        .into_iter()
        .map(|format| {
            let mut out = Vec::new();
            output::write(format, snapshot, &options, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        })
        .collect()
}

#[track_caller]
fn check_hidden(what: &str, texts: &[String], bytes: &[u8], true_ones: &BTreeSet<IpAddr>) {
    for ip in true_ones {
        for text in texts {
            assert!(!tells(text, &ip.to_string()), "{what}: {ip} is told");
            assert!(!text.contains(&reverse(*ip)), "{what}: the name of {ip} is told");
        }
        let written = match ip {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        for part in [written.as_slice(), ip.to_string().as_bytes()] {
            let found = bytes.windows(part.len()).any(|window| window == part);
            assert!(!found, "{what}: {ip} is in a packet");
        }
    }
}

/// What a finding says but for addresses. Where two ways to name clients are as good, the lower
/// address decides, and pseudonyms have another order.
fn gist(finding: &Finding) -> String {
    let Finding { cause, confidence, fault, outcome, count, scope, .. } = finding;
    format!("{cause} {confidence} {fault} {outcome:?} {count} of {}", scope.servers.len())
}

fn gists(snapshot: &Snapshot) -> Vec<String> {
    let mut all: Vec<String> = snapshot.findings.iter().map(gist).collect();
    all.sort();
    all
}

#[track_caller]
fn check(capture: &Path) {
    let what = capture.file_name().unwrap().to_string_lossy().into_owned();
    let (before, after, bytes) = both(capture);
    let true_ones = addresses(&before);
    let mut texts = reports(&after);
    texts.push(format!("{after:?}"));
    check_hidden(&what, &texts, &bytes, &true_ones);
    assert!(after.ledger.balances(), "{what}");
    assert_eq!(after.outcomes, before.outcomes, "{what}");
    assert_eq!(after.rcodes, before.rcodes, "{what}");
    assert_eq!(after.types, before.types, "{what}");
    assert_eq!(after.ede, before.ede, "{what}");
    let (one, other) = (&before.ledger, &after.ledger);
    for (what, one, other) in [
        ("messages", one.dns_messages, other.dns_messages),
        ("queries", one.queries, other.queries),
        ("malformed", one.malformed, other.malformed),
        ("cut", one.cut, other.cut),
        ("duplicates", one.duplicates, other.duplicates),
        ("segments", one.segments, other.segments),
        ("icmp", one.icmp_errors, other.icmp_errors),
        ("not DNS", one.not_dns, other.not_dns),
        ("undecodable", one.undecodable_total(), other.undecodable_total()),
    ] {
        assert_eq!(one, other, "{}: {what}", capture.display());
    }
    let mut mask = Mask::new(&key());
    let pseudonyms: BTreeSet<IpAddr> =
        true_ones.iter().map(|ip| mask.address(Address::from(*ip)).ip()).collect();
    assert_eq!(addresses(&after), pseudonyms, "{what}");
    assert_eq!(gists(&after), gists(&before), "{what}");
}

#[test]
fn no_true_address_is_left_and_all_else_is_as_it_was() {
    here().iter().for_each(|capture| check(capture));
}

#[test]
fn so_it_is_in_all_captures_of_real_servers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/scenarios");
    if !folder.exists() {
        println!("skipped: {} is not here", folder.display());
        return;
    }
    captures(&folder).iter().for_each(|capture| check(capture));
}

fn run(words: &[&str]) -> (String, String, Option<i32>) {
    let out = Command::new(env!("CARGO_BIN_EXE_rcodetop")).args(words).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(out.stdout), text(out.stderr), out.status.code())
}

#[test]
fn the_program_writes_no_true_address_either() {
    let capture = testdata("scenarios/05-auth-only-bind-nsd.pcap.zst");
    let (before, ..) = both(&capture);
    let true_ones = addresses(&before);
    let server = before.servers.rows[0].key;
    let folder = tempfile::tempdir().unwrap();
    let (written, key) = (folder.path().join("packets.pcapng"), folder.path().join("key"));
    fs::write(&key, KEY).unwrap();
    let (capture, written) = (capture.to_str().unwrap(), written.to_str().unwrap());
    let anonymize = format!("--anonymize=@{}", key.display());
    let filter = format!("server:{server}");
    let words = ["report", capture, "-q", &anonymize, "--format"];
    for format in ["text", "json", "csv", "markdown"] {
        let (out, ..) = run(&[&words[..], &[format, "--filter", &filter]].concat());
        assert!(!out.is_empty());
        check_hidden(format, &[out], &[], &true_ones);
    }
    let (out, error, code) = run(&[&words[..], &["json", "-w", written]].concat());
    assert_eq!(code, Some(0), "{error}");
    check_hidden("json", std::slice::from_ref(&out), &fs::read(written).unwrap(), &true_ones);
    assert!(out.contains("\"pseudonyms\": true"), "{out}");
    // What was written says the same as what was reported.
    let (again, ..) = run(&["report", written, "-q", "--format", "csv"]);
    let (once, ..) = run(&[&words[..], &["csv"]].concat());
    assert_eq!(again, once);
}

/// Who types a filter knows the true addresses, and who gets the packets shall not.
#[test]
fn packets_are_picked_by_a_true_filter_and_none_of_it_is_written() {
    let capture = testdata("scenarios/05-auth-only-bind-nsd.pcap.zst");
    let snapshot = both(&capture).0;
    let true_ones = addresses(&snapshot);
    let (server, client) = (snapshot.servers.rows[0].key, snapshot.clients.rows[0].key);
    let folder = tempfile::tempdir().unwrap();
    let keyed = format!("--anonymize={KEY}");
    let (capture, filter) = (capture.to_str().unwrap(), format!("server:{server}"));
    let others = format!("rcode:REFUSED not client:{client}");
    for (nth, words) in [
        &["--filter", filter.as_str()][..],
        &["--filter", others.as_str()],
        &["--finding", "1", "--filter", filter.as_str()],
    ]
    .into_iter()
    .enumerate()
    {
        let path = folder.path().join(format!("{nth}.pcapng"));
        let picked = ["export", capture, &keyed, "-o", path.to_str().unwrap()];
        let (out, error, code) = run(&[&picked[..], words].concat());
        assert_eq!(code, Some(0), "{words:?}: {error}");
        let bytes = fs::read(&path).unwrap();
        let selected = bytes.windows(12).filter(|part| part == b"selected by:").count();
        assert!(selected > 0, "{words:?}: packets without comments");
        check_hidden(&format!("{words:?}"), &[out, error], &bytes, &true_ones);
    }
    let own = Mask::new(&key()).address(Address::from(client)).ip();
    let path = folder.path().join("own.pcapng");
    let by_pseudonym = format!("client:{own}");
    let words = ["export", capture, &keyed, "--filter", &by_pseudonym, "-o"];
    let (_, error, code) = run(&[&words[..], &[path.to_str().unwrap()]].concat());
    assert_eq!(code, Some(2), "a pseudonym is no true address");
    assert!(error.contains("nothing to export") && !error.contains(&client.to_string()), "{error}");
}

/// Captures in which other clients are refused by other servers.
const SIDES: [&str; 2] =
    ["scenarios/17-bind-overload.pcap.zst", "scenarios/08-domain-policy-refused.pcap.zst"];

fn side(name: &str) -> String {
    testdata(name).to_str().unwrap().to_owned()
}

#[test]
fn captures_are_compared_under_one_key_and_no_true_address_is_told() {
    let [before, after] = SIDES.map(side);
    let true_ones: BTreeSet<IpAddr> =
        SIDES.iter().flat_map(|name| addresses(&both(&testdata(name)).0)).collect();
    assert!(true_ones.len() > 4, "{true_ones:?}");
    let keyed = format!("--anonymize={KEY}");
    for format in ["text", "json", "markdown"] {
        for veil in ["--anonymize", &keyed] {
            let words = ["diff", "-q", veil, "--format", format, "--top", "all"];
            let (out, error, code) = run(&[&words[..], &[&before, &after]].concat());
            assert_eq!((error.as_str(), code), ("", Some(0)), "{words:?}");
            assert!(out.contains("REFUSED") && out.contains("pseudonyms"), "{out}");
            check_hidden(format, &[out], &[], &true_ones);
        }
    }
    // With a key made up for the run, too, both sides have the same pseudonyms.
    let (out, error, _) = run(&["diff", "--anonymize", &before, &before]);
    assert!(out.contains("Nothing differs"), "{out}");
    assert_eq!(error.matches("forgotten with this run").count(), 1, "{error}");
    let filter = format!("server:{}", both(&testdata(SIDES[1])).0.servers.rows[0].key);
    let words = ["diff", "-q", &keyed, "--format", "json", "--filter", &filter];
    let (out, ..) = run(&[&words[..], &[&before, &after]].concat());
    assert!(out.contains("\"filter\": \"server:"), "{out}");
    check_hidden("filter", &[out], &[], &true_ones);
}

#[test]
fn what_was_counted_with_true_addresses_is_not_compared_under_a_veil() {
    let folder = tempfile::tempdir().unwrap();
    let [before, after] = SIDES.map(side);
    let keyed = format!("--anonymize={KEY}");
    for (name, format) in [("summary", "summary"), ("json", "json")] {
        let made = |what: &str, more: &[&str]| {
            let path = folder.path().join(format!("{what}.{name}"));
            let path = path.to_str().unwrap().to_owned();
            let words = ["report", "-q", &before, "--format", format, "--top", "all", "-o", &path];
            assert_eq!(run(&[&words[..], more].concat()).2, Some(0), "{words:?}");
            path
        };
        let (true_ones, veiled) = (made("true", &[]), made("veiled", &[&keyed]));
        for (words, why) in [
            ([&keyed, &true_ones, &after], "which --anonymize cannot hide any more: make it again"),
            ([&keyed, &after, &true_ones], "the same key, or leave out --anonymize"),
            ([&"--anonymize".to_owned(), &veiled, &after], "give the key that it was made with"),
        ] {
            let (out, error, code) = run(&["diff", words[0], words[1], words[2]]);
            assert_eq!((out.as_str(), code), ("", Some(2)), "{words:?}");
            assert!(error.contains(why), "{words:?}: {error}");
        }
        let (out, error, code) = run(&["diff", &keyed, &veiled, &before]);
        assert!(code == Some(0) && out.contains("Nothing differs"), "{out}{error}");
        let (out, ..) = run(&["diff", &veiled, &before]);
        assert!(out.contains("the addresses of one side alone are pseudonyms"), "{out}");
    }
}

#[test]
fn what_cannot_work_is_refused_with_advice() {
    let capture = testdata("shapes/retried.pcap");
    let capture = capture.to_str().unwrap();
    for (words, why) in [
        (&["--anonymize=short"][..], "at least 16 letters"),
        (&["--anonymize=@/no/such/file"][..], "/no/such/file"),
        (&["--anonymize", "--names"][..], "leave out one of them"),
        (&["--anonymize", "--filter", "client:203.0.0.0/8"][..], "networks of /16"),
    ] {
        let (out, error, code) = run(&[&["report", capture][..], words].concat());
        assert_eq!((out.as_str(), code), ("", Some(2)), "{words:?}");
        assert!(error.contains(why), "{words:?}: {error}");
    }
    let (_, error, _) = run(&["report", capture, "--anonymize"]);
    assert!(error.contains("forgotten with this run"), "{error}");
}

/// The dashboard, walked through, and what it writes.
#[cfg(target_os = "linux")]
mod dashboard {
    use rcodetop::tui::view::VIEWS;

    use super::terminal::{PROGRAM, Terminal};
    use super::*;

    /// Whether the tab of a view is the marked one.
    fn is_shown(terminal: &Terminal, title: &str) -> bool {
        let screen = terminal.screen();
        let rows = (0_u16..).zip(screen.rows(0, terminal::COLUMNS));
        let mut tabs = rows.filter(|(_, row)| row.contains("Cause") && row.contains("Lookups"));
        tabs.any(|(row, text)| {
            let at = text.find(title).and_then(|at| u16::try_from(at).ok());
            at.and_then(|at| screen.cell(row, at)).is_some_and(vt100::Cell::inverse)
        })
    }

    /// What is on the screen in each view, and deeper in some of them.
    fn walk(terminal: &mut Terminal) -> Vec<String> {
        let mut screens = Vec::new();
        for view in VIEWS {
            terminal.type_in(&view.key.to_string());
            terminal.wait_until(view.title, |_| is_shown(terminal, view.title));
            screens.push(terminal.screen().contents());
        }
        // Into a server; then to a lookup, its messages and the first of them.
        for (keys, there) in [
            ("v", "server ("),
            ("\r", "only: server "),
            ("L", "began ("),
            ("\r", "step 1 of "),
            ("\r", ", flags "),
        ] {
            terminal.type_in(keys);
            terminal.wait_to_see(there);
            screens.push(terminal.screen().contents());
        }
        screens
    }

    /// What `e` writes in its first form, and `w`.
    fn written(terminal: &mut Terminal, folder: &Path) -> Vec<u8> {
        terminal.type_in("e\r");
        terminal.wait_to_see("report written");
        terminal.type_in("w");
        terminal.wait_to_see(".pcapng");
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let files: Vec<PathBuf> = files.collect();
        assert_eq!(files.len(), 2, "{files:?}");
        files.iter().flat_map(|file| fs::read(file).unwrap()).collect()
    }

    #[test]
    fn no_screen_and_no_export_of_the_dashboard_has_a_true_address() {
        let capture = testdata("outage.pcap.gz");
        let true_ones = addresses(&both(&capture).0);
        let folder = tempfile::tempdir().unwrap();
        let into = folder.path().to_str().unwrap();
        let words = [PROGRAM, "--no-config", "--theme", "none", "--export-dir", into];
        let words = [&words[..], &["--anonymize", capture.to_str().unwrap()]].concat();
        let mut terminal = Terminal::run(&words, &[]);
        terminal.wait_to_see("complete");
        let mut screens = walk(&mut terminal);
        assert!(screens.iter().any(|screen| screen.contains("addresses are pseudonyms")));
        let bytes = written(&mut terminal, folder.path());
        terminal.type_in("q");
        terminal.check_end(0);
        screens.push(terminal.last_words());
        check_hidden("the dashboard", &screens, &bytes, &true_ones);
    }

    /// With a key that is made for the run, what is the same on both sides is no difference; and what
    /// was counted with true addresses is not shown beside pseudonyms.
    #[test]
    fn a_baseline_is_behind_the_same_veil() {
        let capture = testdata("outage.pcap.gz");
        let capture = capture.to_str().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let summary = folder.path().join("outage.summary");
        let summary = summary.to_str().unwrap();
        run(&["report", "-q", capture, "--format", "summary", "-o", summary]);
        let with = |words: &[&str], baseline: &str| {
            let words = [&[PROGRAM, "--no-config", "--baseline", baseline], words, &[capture]];
            Terminal::run(&words.concat(), &[])
        };
        let mut terminal = with(&["--anonymize"], capture);
        terminal.wait_to_see("complete");
        terminal.type_in("v");
        terminal.wait_to_see("server (5)");
        let shown = terminal.screen().contents();
        assert!(!shown.contains(" gone") && !shown.contains(" new"), "{shown}");
        terminal.type_in("q");
        terminal.check_end(0);
        for (veil, why) in [
            ("--anonymize".to_owned(), "give the key that it was made with"),
            (format!("--anonymize={KEY}"), "which --anonymize cannot hide any more"),
        ] {
            let mut terminal = with(&[&veil], summary);
            assert_eq!(terminal.wait().code(), Some(2));
            terminal.wait_for(why);
        }
    }
}

/// Streams are numbered anew: what did not fit must not come to fit by that.
#[test]
fn resets_that_are_not_believed_are_not_believed_with_pseudonyms_either() {
    let attack = ATTACKS.iter().find(|attack| attack.0 == "blind-resets").unwrap();
    let mut wire = Wire::new(false);
    (0..200).for_each(|nth| (attack.2)(nth, &mut wire));
    let file = tempfile::Builder::new().suffix(".pcap").tempfile().unwrap();
    fs::write(file.path(), &wire.bytes).unwrap();
    let (plain, masked, _) = both(file.path());
    assert_eq!((plain.outcomes.answered, plain.ledger.misfit_segments), (200, 400));
    assert_eq!(masked.outcomes, plain.outcomes);
    assert_eq!(masked.ledger, plain.ledger);
}
