//! Captures put side by side by the real program: added up, compared, and refused where that cannot be.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Runs the program in a folder.
fn run(folder: &Path, line: &str) -> Output {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let words = line.split(' ').map(|word| match word.strip_prefix("data:") {
        Some(file) => testdata.join(file),
        None => PathBuf::from(word),
    });
    let mut command = Command::new(env!("CARGO_BIN_EXE_rcodetop"));
    command.current_dir(folder).args(words).env("LANG", "C.UTF-8").stdin(Stdio::null());
    command.output().unwrap()
}

/// Its exit status, and a text that it says on standard output (or on standard error, where nothing
/// could be done).
#[track_caller]
fn check(folder: &Path, line: &str, status: i32, said: &str) -> String {
    let output = run(folder, line);
    let [out, err] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    assert_eq!(output.status.code(), Some(status), "{line}\n{out}\n{err}");
    let told = if status == 2 { &err } else { &out };
    assert!(told.contains(said), "{line} says\n{out}\n{err}\nand not {said}");
    if status == 2 {
        assert_eq!(out, "", "{line}");
    }
    out
}

const OUTAGE: &str = "data:outage.pcap.gz";
const OVERLOAD: &str = "data:scenarios/17-bind-overload.pcap.zst";
const BLOCKED: &str = "data:scenarios/08-domain-policy-refused.pcap.zst";

/// A report without what names its source.
fn counts(report: &str) -> String {
    let lines =
        report.lines().filter(|line| !line.contains("\"name\": \"") || line.contains("example"));
    lines.filter(|line| !line.contains("pcap")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_summary_gives_the_report_that_its_capture_gives() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for threads in [1, 2, 3] {
        check(folder, &format!("report {OUTAGE} --threads {threads} --format summary -o a"), 0, "");
        for focus in ["REFUSED", "SERVFAIL", "no-response"] {
            let ask = format!("--focus {focus} --format json --top all");
            let direct = check(folder, &format!("report {OUTAGE} {ask}"), 0, "\"schema\"");
            let merged = check(folder, &format!("merge a {ask}"), 0, "\"schema\"");
            assert!(counts(&direct) == counts(&merged), "{focus} on {threads} threads");
        }
    }
}

#[test]
fn summaries_add_up_in_any_order_to_reports_and_to_summaries() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, capture) in [("a", OUTAGE), ("b", OVERLOAD), ("c", BLOCKED)] {
        check(folder, &format!("report {capture} --format summary -o {name}"), 0, "");
    }
    check(folder, "merge b c --format summary -o bc", 0, "");
    let once = check(folder, "merge a b c --format json --top all", 0, "\"queries\"");
    let again = check(folder, "merge bc a --format json --top all", 0, "\"queries\"");
    assert!(once == again, "in another order, and some of them before");
    for format in ["text", "markdown", "csv"] {
        check(folder, &format!("merge a b c --format {format}"), 0, "REFUSED");
    }
    check(folder, "merge a b c --check", 1, "REFUSED");
}

#[test]
fn what_cannot_be_added_up_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    check(folder, &format!("report {OVERLOAD} --format summary -o a"), 0, "");
    check(folder, &format!("report {OVERLOAD} --format summary --timeout 1s -o b"), 0, "");
    check(folder, &format!("report {OVERLOAD} --format json -o j"), 0, "");
    let whole = std::fs::read(folder.join("a")).unwrap();
    std::fs::write(folder.join("cut"), &whole[..whole.len() / 2]).unwrap();
    check(folder, "merge", 2, "required arguments were not provided");
    check(folder, "merge a b", 2, "one --timeout");
    check(folder, "merge a j", 2, "a report holds too little to be added up");
    check(folder, "merge a cut", 2, "copy it again");
    check(
        folder,
        "merge missing",
        2,
        "cannot read missing: no such file or directory; check the name",
    );
    check(folder, "merge .", 2, ". is a directory; name the summaries in it");
    check(folder, "merge a -o a", 2, "is the capture itself");
    check(folder, "report a", 2, "it is a summary; `rcodetop merge` and `rcodetop diff` read it");
}

#[test]
fn what_changed_is_told_whatever_the_sides_come_from() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, capture) in [("before", OVERLOAD), ("after", BLOCKED)] {
        check(folder, &format!("report {capture} --format summary -o {name}.summary"), 0, "");
        check(folder, &format!("report {capture} --format json --top all -o {name}.json"), 0, "");
    }
    let sides = |name: &str, capture: &str| {
        [capture.to_owned(), format!("{name}.summary"), format!("{name}.json")]
    };
    for before in sides("before", OVERLOAD) {
        for after in sides("after", BLOCKED) {
            let line = format!("diff {before} {after} --check");
            let text = check(folder, &line, 1, "new   10.53.0.1");
            assert!(text.contains("a policy blocks it"), "{line}\n{text}");
            check(folder, &format!("{line} --format markdown"), 1, "| **new** | `10.53.0.1");
            check(folder, &format!("{line} --format json"), 1, "\"schema\": \"rcodetop.diff/1\"");
        }
        check(folder, &format!("diff {before} {OVERLOAD} --check"), 0, "Nothing differs");
        check(folder, &format!("diff {BLOCKED} {before} --top 1"), 0, "gone  10.53.0.1");
    }
}

#[test]
fn what_cannot_be_compared_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    check(folder, &format!("report {OVERLOAD} --format json --top all -o a.json"), 0, "");
    check(folder, &format!("report {OVERLOAD} --format summary -o a.summary"), 0, "");
    check(folder, &format!("diff a.json {BLOCKED} --focus SERVFAIL"), 2, "--focus REFUSED");
    check(folder, &format!("diff a.json {BLOCKED} --filter type:A"), 2, "--filter needs packets");
    check(folder, &format!("diff {BLOCKED}"), 2, "<AFTER>");
    check(folder, &format!("diff {BLOCKED} missing"), 2, "missing");
    check(folder, &format!("diff a.summary {BLOCKED} -o a.summary"), 2, "is the capture itself");
    std::fs::write(folder.join("x.json"), "{\"schema\": 7}").unwrap();
    check(folder, &format!("diff x.json {BLOCKED}"), 2, "is no report of this program");
}
