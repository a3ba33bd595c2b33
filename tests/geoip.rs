//! Where addresses are, in every report of the program.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "support/analysis.rs"]
#[expect(dead_code, reason = "only the place of the captures is needed here")]
mod analysis;
#[path = "support/places.rs"]
mod places;

use std::process::Command;

use analysis::testdata;
use places::{Place, databases};

/// Every IPv4 address is in one of two places.
const HALVES: [Place; 2] =
    [("0.0.0.0/1", "SE", 64_500, "=Example"), ("128.0.0.0/1", "NZ", 64_501, "Other")];

fn report(words: &[&str]) -> (String, String, Option<i32>) {
    let capture = testdata("shapes/retried.pcap");
    let mut command = Command::new(env!("CARGO_BIN_EXE_rcodetop"));
    let out =
        command.args(["report", "-q", capture.to_str().unwrap()]).args(words).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(out.stdout), text(out.stderr), out.status.code())
}

#[test]
fn every_report_tells_where_addresses_are() {
    let folder = tempfile::tempdir().unwrap();
    let [countries, systems] = databases(folder.path(), &HALVES);
    let words = ["--geoip", countries.to_str().unwrap(), "--geoip", systems.to_str().unwrap()];
    let of = |format: &str| {
        let (out, error, code) = report(&[&words[..], &["--format", format]].concat());
        assert_eq!((code, error.as_str()), (Some(0), ""), "{format}");
        out
    };
    let shown = of("text");
    assert!(shown.contains("Clients by country"), "{shown}");
    assert!(shown.contains("AS64500 =Example"), "{shown}");
    let json = of("json");
    assert!(json.contains("\"asn\": 64500") && json.contains("\"country\": \"SE\""), "{json}");
    let csv = of("csv");
    assert!(csv.lines().next().unwrap().ends_with(",of,country,asn,organisation"), "{csv}");
    assert!(csv.contains(",SE,64500,'=Example"), "{csv}");
    assert!(csv.contains("client_countries,SE,"), "{csv}");
    let markdown = of("markdown");
    assert!(markdown.contains("\n| Clients by country | Hosts | REFUSED |"), "{markdown}");
    assert!(markdown.contains("\n| `AS64500 =Example` | "), "{markdown}");
    let (plain, ..) = report(&["--format", "text"]);
    assert!(!plain.contains("by country"), "{plain}");
}

#[test]
fn what_is_no_database_and_what_gives_hosts_away_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let [countries, _] = databases(folder.path(), &HALVES);
    let (out, error, code) = report(&["--geoip", file!()]);
    assert_eq!((out.as_str(), code), ("", Some(2)));
    assert!(error.contains("give a .mmdb file"), "{error}");
    let (_, error, code) = report(&["--geoip", countries.to_str().unwrap(), "--anonymize"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("leave out --geoip or --anonymize"), "{error}");
}

#[test]
fn a_database_is_looked_into_once_the_program_is_confined() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mmdb");
    std::fs::write(&path, "no database").unwrap();
    let capture = testdata("shapes/retried.pcap");
    let mut command = Command::new(env!("CARGO_BIN_EXE_rcodetop"));
    command.args(["report", "-v", capture.to_str().unwrap(), "--geoip", path.to_str().unwrap()]);
    let out = command.output().unwrap();
    let told = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(2), "{told}");
    let (confined, refused) = (told.find("confined: "), told.find("it is no MaxMind database"));
    if confined.is_none() {
        return println!("skipped: nothing confines the program here: {told}");
    }
    assert!(confined < refused, "{told}");
}
