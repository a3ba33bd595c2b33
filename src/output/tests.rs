//! Every format over every fixture.

use std::time::Duration;

use serde_json::Value;

use super::fixtures::{empty, explained, healthy, hostile, named, outage};
use super::{Format, Options, write};
use crate::snapshot::{Focus, Slow, Snapshot};

fn render(format: Format, snapshot: &Snapshot, options: &Options) -> String {
    let mut out = Vec::new();
    write(format, snapshot, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn text(snapshot: &Snapshot, width: usize) -> String {
    render(Format::Text, snapshot, &Options { width, ..Options::default() })
}

fn json(snapshot: &Snapshot) -> Value {
    let text = render(Format::Json, snapshot, &Options::default());
    assert!(text.ends_with("}\n"), "one object and a line feed");
    serde_json::from_str(&text).unwrap()
}

fn rows(snapshot: &Snapshot) -> Vec<csv::StringRecord> {
    let text = render(Format::Csv, snapshot, &Options::default());
    csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).collect()
}

const FIXTURES: [fn() -> Snapshot; 6] = [outage, explained, healthy, hostile, empty, named];
const FORMATS: [Format; 5] =
    [Format::Text, Format::Json, Format::Jsonl, Format::Csv, Format::Markdown];

#[test]
fn the_text_report_at_the_usual_width() {
    insta::assert_snapshot!("text_outage_100", text(&outage(), 100));
    insta::assert_snapshot!("text_explained_100", text(&explained(), 100));
}

#[test]
fn the_text_report_on_a_narrow_and_a_wide_screen() {
    insta::assert_snapshot!("text_outage_80", text(&outage(), 80));
    insta::assert_snapshot!("text_outage_160", text(&outage(), 160));
}

#[test]
fn the_text_report_without_trouble_and_without_packets() {
    insta::assert_snapshot!("text_healthy", text(&healthy(), 100));
    insta::assert_snapshot!("text_empty", text(&empty(), 100));
}

#[test]
fn the_text_report_of_a_damaged_capture_with_hostile_names() {
    insta::assert_snapshot!("text_hostile", text(&hostile(), 100));
}

#[test]
fn the_text_report_in_ascii_with_every_row_and_the_ledger() {
    let options = Options { unicode: false, every_row: true, verbose: true, ..Options::default() };
    let report = render(Format::Text, &outage(), &options);
    assert!(report.is_ascii(), "{report}");
    insta::assert_snapshot!("text_ascii_all", report);
}

#[test]
fn the_markdown_report() {
    insta::assert_snapshot!(
        "markdown_explained",
        render(Format::Markdown, &explained(), &Options::default())
    );
    insta::assert_snapshot!(
        "markdown_hostile",
        render(Format::Markdown, &hostile(), &Options::default())
    );
}

#[test]
fn reports_with_what_addresses_are_called() {
    insta::assert_snapshot!("text_named_100", text(&named(), 100));
    insta::assert_snapshot!("text_named_80", text(&named(), 80));
    let markdown = render(Format::Markdown, &named(), &Options::default());
    insta::assert_snapshot!("markdown_named", markdown);
    let report = json(&named());
    let first = &report["named"]["addresses"][1];
    assert_eq!(first["address"], "10.53.0.10");
    assert_eq!(first["name"], "ns1.corp.example");
    assert_eq!((&first["source"], &first["told_by"]), (&"PTR".into(), &"10.53.0.11".into()));
    assert_eq!((&first["other_names"], &first["at_least"]), (&0.into(), &false.into()));
    assert_eq!(
        (&report["named"]["known"], &report["named"]["forgotten"]),
        (&1877.into(), &311.into())
    );
    assert_eq!(json(&outage()).get("named"), None);
    assert_eq!(
        render(Format::Csv, &named(), &Options::default()),
        render(Format::Csv, &outage(), &Options::default())
    );
}

#[test]
fn the_csv_report() {
    insta::assert_snapshot!("csv_outage", render(Format::Csv, &outage(), &Options::default()));
}

#[test]
fn the_json_report() {
    insta::assert_snapshot!(
        "json_explained",
        render(Format::Json, &explained(), &Options::default())
    );
}

#[test]
fn the_text_report_fits_one_screen() {
    for fixture in FIXTURES {
        for width in [80, 100, 160] {
            let report = text(&fixture(), width);
            assert!(report.lines().count() <= 60, "{} lines:\n{report}", report.lines().count());
            let widest = report.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(width), "{widest:?} of {width} columns:\n{report}");
        }
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let options = Options { color: true, ..Options::default() };
    let colored = render(Format::Text, &explained(), &options);
    assert!(colored.contains("\x1b[1;31m"));
    let mut plain = String::new();
    for (place, piece) in colored.split("\x1b[").enumerate() {
        plain += if place == 0 { piece } else { piece.split_once('m').unwrap().1 };
    }
    assert_eq!(plain, text(&explained(), 100));
}

#[test]
fn no_format_lets_a_control_character_through() {
    for format in FORMATS {
        for fixture in FIXTURES {
            let report = render(format, &fixture(), &Options::default());
            let is_harmful = |letter: &char| letter.is_control() && *letter != '\n';
            assert_eq!(report.chars().find(is_harmful), None, "{report}");
        }
    }
}

#[test]
fn the_same_snapshot_gives_the_same_bytes() {
    for format in FORMATS {
        let options = Options::default();
        assert_eq!(render(format, &outage(), &options), render(format, &outage(), &options));
    }
}

#[test]
fn json_has_every_field_of_the_contract() {
    let report = json(&explained());
    let fields = [
        "/schema",
        "/version",
        "/source/kind",
        "/source/name",
        "/source/link_types",
        "/source/first",
        "/source/last",
        "/source/duration_s",
        "/source/ended",
        "/ledger/frames",
        "/ledger/dns_messages",
        "/ledger/queries",
        "/ledger/responses",
        "/ledger/not_dns",
        "/ledger/undecodable/no-header",
        "/ledger/fragments_held",
        "/ledger/kernel_dropped",
        "/ledger/interface_dropped",
        "/ledger/shed",
        "/ledger/evicted",
        "/quality",
        "/focus",
        "/rcodes/0/code",
        "/rcodes/0/name",
        "/rcodes/0/responses",
        "/rcodes/0/share",
        "/outcomes/answered",
        "/outcomes/unanswered",
        "/outcomes/undecided",
        "/outcomes/unasked",
        "/outcomes/repeated_queries",
        "/outcomes/repeated_responses",
        "/latency_ms/count",
        "/latency_ms/min",
        "/latency_ms/p50",
        "/latency_ms/p95",
        "/latency_ms/p99",
        "/latency_ms/max",
        "/impact/lookups_refused",
        "/impact/recovered",
        "/impact/failed",
        "/impact/clients_failed",
        "/impact/names_failed",
        "/servers/0/server",
        "/servers/0/responses",
        "/servers/0/focus",
        "/servers/0/share",
        "/servers/0/role",
        "/servers/0/clients",
        "/servers/0/names",
        "/servers/0/first",
        "/servers/0/last",
        "/clients/0/client",
        "/clients/0/responses",
        "/clients/0/focus",
        "/clients/0/share",
        "/clients/0/role",
        "/clients/0/place",
        "/clients/0/servers",
        "/clients/0/names",
        "/clients/0/first",
        "/clients/0/last",
        "/names/0/name",
        "/names/0/type",
        "/names/0/class",
        "/names/0/responses",
        "/names/0/focus",
        "/names/0/share",
        "/names/0/clients",
        "/names/0/servers",
        "/findings/0/cause",
        "/findings/0/confidence",
        "/findings/0/fault",
        "/findings/0/outcome",
        "/findings/0/rcode",
        "/findings/0/count",
        "/findings/0/scope/servers",
        "/findings/0/scope/clients",
        "/findings/0/scope/suffixes",
        "/findings/0/scope/outside_suffixes",
        "/findings/0/scope/types",
        "/findings/0/scope/opcodes",
        "/findings/0/scope/classes",
        "/findings/0/scope/recursion_desired",
        "/findings/0/scope/unasked",
        "/findings/0/first",
        "/findings/0/last",
        "/findings/0/last_success",
        "/findings/0/headline",
        "/findings/0/evidence",
        "/findings/0/against",
        "/findings/0/fix",
        "/findings/0/verify",
    ];
    for field in fields {
        assert!(report.pointer(field).is_some(), "{field} is missing");
    }
}

#[test]
fn json_says_what_the_snapshot_says() {
    let report = json(&outage());
    assert_eq!(report["schema"], "rcodetop.report/1");
    assert_eq!(report["source"]["first"], "2026-11-21T03:12:00.000001000Z");
    assert_eq!(report["source"]["ended"], "end-of-file");
    assert_eq!(report["ledger"]["kernel_dropped"], Value::Null);
    assert_eq!(report["focus"], "REFUSED");
    assert_eq!(report["rcodes"][3]["name"], "REFUSED");
    assert_eq!(report["rcodes"][3]["share"], 0.285_047);
    assert_eq!(report["latency_ms"]["p95"], 7.5);
    assert_eq!(report["servers"][1]["server"], "fd53::10");
    assert_eq!(report["servers"][1]["role"], "both");
    assert_eq!(report["clients"][0]["role"], Value::Null);
    assert_eq!(report["clients"][1]["role"], "stub");
    assert_eq!(report["clients"][1]["place"], "local");
    assert_eq!(report["vantage"]["id"], "at-resolver");
    assert_eq!(report["vantage"]["addresses"][1], "fd53::10");
    assert_eq!(report["names"][0]["type"], "AAAA");
    assert_eq!(report["types"][1]["name"], "TYPE65280");
    assert_eq!(report["clients"][0]["at_least"][0], "names");
    assert_eq!(report["lists"]["names"]["total"], 25);
    assert_eq!(json(&hostile())["source"]["ended"], "damaged");
    assert_eq!(json(&empty())["latency_ms"], Value::Null);
    assert_eq!(json(&empty())["vantage"], Value::Null);
}

#[test]
fn response_times_print_without_the_dust_of_binary_fractions() {
    let mut snapshot = outage();
    for row in &mut snapshot.rcodes {
        row.latency.as_mut().unwrap().p99 = Duration::from_nanos(74_137_500);
    }
    for format in [Format::Json, Format::Csv] {
        let report = render(format, &snapshot, &Options::default());
        assert!(report.contains("74.1375") && !report.contains("74.13749"), "{report}");
    }
}

#[test]
fn csv_rows_all_have_the_cells_of_the_heading() {
    for fixture in FIXTURES {
        for row in rows(&fixture()) {
            assert_eq!(row.len(), 26, "{row:?}");
        }
    }
    let all = rows(&outage());
    let servers: Vec<_> = all.iter().filter(|row| &row[0] == "servers").collect();
    assert_eq!((&servers[0][1], &servers[0][6], &servers[0][7]), ("10.53.0.10", "900", "265"));
}

#[test]
fn csv_cells_are_no_formulas() {
    for row in rows(&hostile()) {
        for cell in &row {
            assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell}");
        }
    }
    assert!(rows(&hostile()).iter().any(|row| row[1].starts_with("'=cmd|")));
}

#[test]
fn markdown_tables_keep_their_columns_whatever_the_names() {
    let report = render(Format::Markdown, &hostile(), &Options::default());
    let mut columns = 0;
    for line in report.lines() {
        if line.starts_with("|:--") {
            columns = line.matches('|').count();
        }
        if !line.starts_with("| `") {
            continue;
        }
        assert_eq!(line.matches('|').count(), columns, "{line}");
        assert_eq!(line.matches('`').count(), 2, "{line}");
    }
}

/// The outage, with another focus: what it counts is made up, what is said of it is not.
fn focused(focus: Focus) -> Snapshot {
    let slow = Slow { after: Duration::from_millis(200), responses: 17 };
    let mut snapshot = Snapshot { focus, slow, ..outage() };
    (snapshot.outcomes.answered, snapshot.outcomes.unanswered) = (1_712, 9);
    snapshot.servers.rows[0].whole = 530;
    snapshot
}

#[test]
fn every_report_says_of_what_its_shares_are() {
    let all = |focus| {
        let snapshot = focused(focus);
        let json = json(&snapshot);
        let shares = ["focus", "share_of"].map(|field| json[field].as_str().unwrap().to_owned());
        assert_eq!(
            (&json["servers"][0]["of"], &json["servers"][0]["share"]),
            (&530.into(), &0.5.into())
        );
        assert_eq!(json["slow"]["after_ms"], 200.0);
        let csv = &rows(&snapshot)[json["rcodes"].as_array().unwrap().len()];
        assert_eq!((&csv[8], &csv[22]), ("0.500000", "530"));
        let markdown = render(Format::Markdown, &snapshot, &Options::default());
        (shares, text(&snapshot, 140), markdown)
    };
    let check = |focus, [word, of]: [&str; 2], headline: &str, column: &str| {
        let (shares, text, markdown) = all(focus);
        assert_eq!(shares, [word, of]);
        assert!(text.contains(headline) && text.contains(column), "{text}");
        assert!(markdown.contains(headline), "{markdown}");
        assert!(markdown.to_lowercase().contains(&format!("| {column} |")), "{markdown}");
    };
    let silent = "no response: 9 of 1,721 queries (0.5%)";
    check(Focus::NoResponse, ["no-response", "queries"], silent, "of queries");
    let slow = "slow (over 200 ms): 17 of 1,712 answered queries (1.0%)";
    check(Focus::Slow, ["slow:200ms", "answered queries"], slow, "of answered");
    let refused = "REFUSED: 488 of 1,712 responses (28.5%)";
    check(Focus::default(), ["REFUSED", "responses"], refused, "of all");
}

#[test]
fn of_slow_responses_no_cause_is_told() {
    let (silent, slow) = (focused(Focus::NoResponse), focused(Focus::Slow));
    let report = render(Format::Markdown, &slow, &Options::default());
    assert!(report.contains("no cause is told of slow responses"), "{report}");
    let report = render(Format::Markdown, &silent, &Options::default());
    assert!(!report.contains("no cause is told"), "{report}");
}

#[test]
fn without_the_focus_code_the_report_says_where_else_to_look() {
    let report = text(&healthy(), 100);
    assert!(report.contains("REFUSED: none of 1,712 responses"), "{report}");
    assert!(report.contains("try --focus SERVFAIL"), "{report}");
}
