//! What is told of addresses that are captured live: nothing true behind a veil, and where they are.

use std::fs;

use super::faults::{leave, refuse};
use super::net::{SERVER, client, in_namespace};
use super::places::databases;
use super::terminal::{PROGRAM, Terminal};

/// What every address in the namespaces begins with.
const TRUE: &str = "10.99.0.";

#[test]
fn nothing_that_is_captured_under_a_veil_shows_a_true_address() {
    let test = "addresses::nothing_that_is_captured_under_a_veil_shows_a_true_address";
    if !in_namespace(test, &[]) {
        return;
    }
    let _client = client();
    let folder = tempfile::tempdir().expect("a folder");
    let into = folder.path().to_str().expect("its name");
    let words = [PROGRAM, "--no-config", "--anonymize", "--export-dir", into, "-i", "server"];
    let mut terminal = Terminal::run(&words, &[]);
    terminal.wait_to_see("capturing");
    refuse(20);
    terminal.wait_to_see("REFUSED 100 % of responses");
    // Views, and into them: what they show comes with the next snapshot.
    for (keys, there) in [
        ("o", "REFUSED 100 %"),
        ("a", "REFUSED 100 %"),
        ("v", "server (1)"),
        ("c", "client (1)"),
        ("p", "client (1)"),
        ("i", "network (1)"),
        ("m", "the latest REFUSED"),
        ("u", "confined: "),
        ("L", "began ("),
        ("\r", "step 1 of "),
        ("\r", ", flags "),
        ("e\r", "report written"),
    ] {
        terminal.type_in(keys);
        terminal.wait_to_see(there);
        let shown = terminal.screen().contents();
        assert!(!shown.contains(TRUE), "{keys:?} shows\n{shown}");
    }
    let written = fs::read_dir(folder.path()).expect("it is there").flatten().next();
    let written = fs::read_to_string(written.expect("a report").path()).expect("text");
    assert!(written.contains("www.example") && !written.contains(TRUE), "{written}");
    terminal.type_in("q");
    terminal.check_end(0);
    let left = terminal.last_words();
    assert!(left.contains("REFUSED") && !left.contains(TRUE), "{left}");
}

#[test]
fn where_addresses_are_is_told_by_who_may_open_no_file_any_more() {
    let test = "addresses::where_addresses_are_is_told_by_who_may_open_no_file_any_more";
    if !in_namespace(test, &[]) {
        return;
    }
    let _client = client();
    let folder = tempfile::tempdir().expect("a folder");
    let places = [("10.99.0.1/32", "SE", 64_500, "Here"), ("10.99.0.2/32", "NZ", 64_501, "There")];
    let [countries, systems] = databases(folder.path(), &places);
    let words = [PROGRAM, "--no-config", "-i", "server", "--geoip"];
    let files = [countries, systems].map(|file| file.to_str().expect("its name").to_owned());
    let terminal = Terminal::run(&[&words[..], &[&files[0], "--geoip", &files[1]]].concat(), &[]);
    terminal.wait_to_see("capturing");
    folder.close().expect("they are read");
    let mut terminal = terminal;
    refuse(20);
    terminal.type_in("v");
    terminal.wait_to_see(&format!("{SERVER} is in AS64500 Here, SE"));
    terminal.type_in("cb");
    terminal.wait_to_see("AS64501 There");
    terminal.type_in("\r");
    terminal.wait_to_see("only: clients in AS64501 There");
    terminal.wait_to_see("client (1)");
    leave(terminal, 0);
}
