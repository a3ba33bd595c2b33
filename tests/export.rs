//! Rows of exchanges, from the command line to what is in the files: every query and every response
//! is in one row, and rows add up to what a report counts.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_rcodetop");

fn run(words: &[&str]) -> Output {
    Command::new(PROGRAM).args(words).env("LANG", "C.UTF-8").stdin(Stdio::null()).output().unwrap()
}

/// Runs the program and compares its exit status; what it says must contain each text.
#[track_caller]
fn check(words: &[&str], status: i32, on_stderr: &[&str]) -> Vec<u8> {
    let output = run(words);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{words:?}: {told}");
    for text in on_stderr {
        assert!(told.contains(text), "{text:?} is missing in {told}");
    }
    output.stdout
}

fn testdata(path: &str) -> String {
    format!("{}/testdata/{path}", env!("CARGO_MANIFEST_DIR"))
}

/// Of longer captures the program that was built for tests takes long, and they tell no more.
const LONGEST: u64 = 512 << 10;

/// All captures below a folder; none where there is no such folder.
fn captures(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        println!("skipped: {} is not here", folder.display());
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        let is_long = path.metadata().is_ok_and(|file| file.len() > LONGEST);
        if path.is_dir() {
            found.extend(captures(&path));
        } else if !is_long
            && path.to_string_lossy().contains(".pcap")
            && path.extension().is_none_or(|end| end != "json")
        {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn rows(words: &[&str]) -> Vec<Value> {
    let output = run(&[&["export", "-q", "-o", "-", "--format", "jsonl"], words].concat());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(matches!(output.status.code(), Some(0 | 3)), "{words:?}: {told}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

type Figures = BTreeMap<String, u64>;

/// What rows add up to, in the words of a report.
fn summed(rows: &[Value]) -> Figures {
    let mut all = Figures::new();
    let mut add = |key: &str, more: u64| *all.entry(key.to_owned()).or_default() += more;
    for row in rows {
        let outcome = row["outcome"].as_str().unwrap();
        let key = match outcome {
            "late" => "answered",
            "unreachable" => "unanswered",
            "repeated_response" => "repeated_responses",
            other => other,
        };
        add(key, 1);
        if outcome == "late" || outcome == "unreachable" {
            add(outcome, 1);
        }
        // A copy of a query that got a response of its own has a row of its own.
        let is_copy = outcome == "answered" && row["query_rd"].is_null();
        add("repeated_queries", row["repeats"].as_u64().unwrap());
        add("copies answered", u64::from(is_copy));
        if let Some(name) = row["rcode_name"].as_str() {
            add(&format!("rcode {name}"), 1);
        }
        if row["in_focus"].as_bool().unwrap() {
            add("in focus", 1);
            add(&format!("server {}", row["server_address"].as_str().unwrap()), 1);
            add(&format!("client {}", row["client_address"].as_str().unwrap()), 1);
            let part = |name: &str, unknown: &str| row[name].as_str().unwrap_or(unknown).to_owned();
            let (name, rtype) = (part("qname", "-"), part("qtype", "TYPE0"));
            add(&format!("name {name} {rtype} {}", part("qclass", "CLASS0")), 1);
        }
    }
    let copies = all.remove("copies answered").unwrap_or_default();
    if let Some(repeated) = all.get_mut("repeated_queries") {
        *repeated -= copies;
    }
    all.retain(|_, count| *count > 0);
    all
}

/// The same from a report.
fn reported(words: &[&str]) -> Figures {
    let output = run(&[&["report", "-q", "--format", "json", "--top", "all"], words].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut all = Figures::new();
    for (name, count) in report["outcomes"].as_object().unwrap() {
        all.insert(name.clone(), count.as_u64().unwrap());
    }
    let rows = |list: &str| report[list].as_array().unwrap().clone();
    for row in rows("rcodes") {
        let name = row["name"].as_str().unwrap();
        let count = row["responses"].as_u64().unwrap();
        all.insert(format!("rcode {name}"), count);
        if name == "REFUSED" {
            all.insert("in focus".to_owned(), count);
        }
    }
    for (list, key) in [("servers", "server"), ("clients", "client")] {
        for row in rows(list) {
            all.insert(
                format!("{key} {}", row[key].as_str().unwrap()),
                row["focus"].as_u64().unwrap(),
            );
        }
    }
    for row in rows("names") {
        let part = |name: &str| row[name].as_str().unwrap().to_owned();
        let key = format!("name {} {} {}", part("name"), part("type"), part("class"));
        all.insert(key, row["focus"].as_u64().unwrap());
    }
    all.retain(|_, count| *count > 0);
    all
}

#[track_caller]
fn check_sums(words: &[&str]) {
    assert_eq!(summed(&rows(words)), reported(words), "{words:?}");
}

#[test]
fn rows_add_up_to_what_a_report_of_the_same_capture_counts() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folders = [
        PathBuf::from(testdata("")),
        shared.join("scenarios"),
        shared.join("captures/robustness"),
        shared.join("captures/dns"),
    ];
    let mut count = 0;
    for path in folders.iter().flat_map(|folder| captures(folder)) {
        // Many are no captures at all, or nothing in them can be read.
        if run(&["report", "-q", path.to_str().unwrap()]).status.code() != Some(2) {
            check_sums(&[path.to_str().unwrap()]);
            count += 1;
        }
    }
    println!("{count} captures");
    assert!(count > 30, "{count} captures");
}

#[test]
fn rows_are_those_of_the_options_that_shape_an_analysis() {
    let outage = testdata("outage.pcap.gz");
    check_sums(&[&outage, "--timeout", "1ms"]);
    check_sums(&[&outage, "--timeout", "50ms", "--threads", "1"]);
    check_sums(&[&outage, "--filter", "rcode:REFUSED"]);
    check_sums(&[&outage, "--filter", "answered type:A"]);
    check_sums(&[&outage, "--filter", "rcode:NXDOMAIN or rcode:SERVFAIL"]);
    check_sums(&[&outage, "-p", "5353"]);
}

#[test]
fn memory_that_is_scarce_loses_no_row() {
    let outage = testdata("outage.pcap.gz");
    let scarce = summed(&rows(&[&outage, "--max-memory", "16MiB", "--threads", "1"]));
    assert_eq!(scarce, summed(&rows(&[&outage])));
}

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    let outage = testdata("outage.pcap.gz");
    let of = |threads: &str| {
        let words = ["export", "-q", "-o", "-", "--format", "csv", "--threads", threads, &outage];
        check(&words, 0, &[])
    };
    let one = of("1");
    assert!(one.len() > 100_000);
    assert!(one == of("2") && one == of("7"), "they differ");
}

/// The files below a folder, without it.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn files_are_laid_out_by_date_hour_and_sensor_and_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    let (outage, to) = (testdata("outage.pcap.gz"), lake.to_str().unwrap());
    let words = ["export", &outage, "-o", to, "--format", "jsonl", "--sensor", "a/b"];
    check(&words, 0, &[" rows (", "in one file below"]);
    let found = files(&lake);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("date=20") && found[0].contains("/sensor=a%2Fb/exchanges-"));
    let before = fs::read(lake.join(&found[0])).unwrap();
    check(&words, 2, &["exists", "was this exported before?"]);
    check(&[&words[..7], &["c"]].concat(), 0, &["one file below"]);
    assert_eq!(files(&lake).len(), 2);
    assert_eq!(fs::read(lake.join(&found[0])).unwrap(), before);
}

#[test]
fn who_names_no_sensor_has_the_host_as_one_also_when_confined() {
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    let to = folder.path().join("lake");
    let capture = testdata("links/ethernet.pcap");
    check(&["export", &capture, "--format", "csv", "-o", to.to_str().unwrap()], 0, &[]);
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let paths = files(&to);
    assert!(
        paths.iter().all(|path| path.contains(&format!("/sensor={host}/"))),
        "{host}: {paths:?}"
    );
}

#[test]
fn a_file_is_there_when_it_is_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let (path, outage) = (folder.path().join("rows.csv"), testdata("outage.pcap.gz"));
    check(&["export", &outage, "-o", path.to_str().unwrap()], 0, &["rows.csv: "]);
    assert!(fs::read_to_string(&path).unwrap().starts_with("query_time,response_time,"));
    let again = ["export", &outage, "-o", path.to_str().unwrap()];
    check(&again, 2, &["it exists; name another file"]);
    assert_eq!(files(folder.path()), ["rows.csv"]);
    // What a link points to is not written either.
    let link = folder.path().join("link.jsonl");
    std::os::unix::fs::symlink(folder.path().join("nothing"), &link).unwrap();
    check(&["export", &outage, "-o", link.to_str().unwrap()], 2, &["it exists"]);
    assert!(!folder.path().join("nothing").exists());
    let below = path.join("x");
    check(&["export", &outage, "-o", below.to_str().unwrap()], 2, &["cannot write into"]);
}

#[test]
fn a_filter_that_means_nothing_gives_a_heading_and_no_row() {
    let outage = testdata("outage.pcap.gz");
    let words = ["export", &outage, "-o", "-", "--format", "csv", "--filter", "name:no.such.name"];
    let text = String::from_utf8(check(&words, 0, &["0 rows"])).unwrap();
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn a_reader_that_leaves_is_no_failure_and_ends_the_work() {
    let outage = testdata("outage.pcap.gz");
    let mut program = Command::new(PROGRAM)
        .args(["export", &outage, "-o", "-", "--format", "jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(program.stdout.take());
    let output = program.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
}

#[test]
fn what_cannot_be_exported_is_refused_with_a_reason() {
    let outage = testdata("outage.pcap.gz");
    for (words, why) in [
        (&["export", "-o", "x"][..], "nothing to read"),
        (&["export", &outage], "--output"),
        (&["export", &outage, "-o", "x", "--sensor", ""], "a sensor needs a name"),
        (&["export", &outage, "-o", "x", "--format", "orc"], "invalid value 'orc'"),
        (&["export", &outage, "-o", "/proc/x.csv"], "cannot write to /proc/x.csv: No such"),
        (&["export", "/nowhere.pcap", "-o", "/tmp/no/such/x.csv"], "nowhere.pcap"),
    ] {
        let output = run(words);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{words:?}: {told}");
        assert!(told.contains(why), "{words:?}: {told}");
    }
    let _ = fs::remove_dir("/tmp/no/such").and_then(|()| fs::remove_dir("/tmp/no"));
}

#[cfg(feature = "parquet")]
mod columnar {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    use super::*;

    fn text(field: &Field) -> Value {
        match field {
            Field::Null => Value::Null,
            Field::Bool(it) => (*it).into(),
            Field::UShort(it) => (*it).into(),
            Field::Str(it) => it.clone().into(),
            Field::Long(it) | Field::TimestampMicros(it) => (*it).into(),
            other => panic!("{other:?}"),
        }
    }

    /// All rows of a file, and the names of its columns.
    fn read(path: &Path) -> Vec<Vec<(String, Value)>> {
        let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
        let row = |row: parquet::record::Row| {
            row.get_column_iter().map(|(name, field)| (name.clone(), text(field))).collect()
        };
        reader.into_iter().map(|each| row(each.unwrap())).collect()
    }

    #[test]
    fn parquet_has_the_rows_and_columns_of_the_lines_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.parquet");
        let outage = testdata("outage.pcap.gz");
        check(&["export", &outage, "-o", path.to_str().unwrap()], 0, &[" rows ("]);
        let lines = rows(&[&outage]);
        let read = read(&path);
        assert_eq!(read.len(), lines.len());
        let names: Vec<&String> = read[0].iter().map(|(name, _)| name).collect();
        let mut expected: Vec<&String> = lines[0].as_object().unwrap().keys().collect();
        let mut sorted = names.clone();
        sorted.sort();
        expected.sort();
        assert_eq!(sorted, expected);
        let key = |values: &[(String, Value)]| {
            let get = |name: &str| {
                values.iter().find(|(each, _)| each == name).map(|(_, value)| value.to_string())
            };
            ["qname", "client_address", "transaction_id", "outcome", "response_delay", "ede_text"]
                .map(get)
        };
        let of_line = |line: &Value| {
            let values: Vec<_> =
                line.as_object().unwrap().iter().map(|(a, b)| (a.clone(), b.clone())).collect();
            key(&values)
        };
        let mut ours: Vec<_> = read.iter().map(|row| key(row)).collect();
        let mut theirs: Vec<_> = lines.iter().map(of_line).collect();
        let qnames: Vec<_> = ours.iter().map(|row| row[0].clone()).collect();
        assert!(qnames.is_sorted(), "a row group is in the order of its names");
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs);
    }

    #[test]
    fn a_parquet_file_says_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.parquet");
        let words = ["--sensor", "ns1", "-o", path.to_str().unwrap()];
        check(&[&["export", &testdata("outage.pcap.gz")], &words[..]].concat(), 0, &[]);
        let reader = SerializedFileReader::new(fs::File::open(&path).unwrap()).unwrap();
        let file = reader.metadata().file_metadata();
        let labels: BTreeMap<_, _> = file
            .key_value_metadata()
            .unwrap()
            .iter()
            .map(|label| (label.key.as_str(), label.value.clone().unwrap()))
            .collect();
        assert_eq!(labels["rcodetop.schema"], "rcodetop.exchanges/1");
        assert_eq!(labels["rcodetop.sensor"], "ns1");
        let group = reader.metadata().row_group(0);
        let sorted = group.sorting_columns().unwrap();
        let name =
            group.column(usize::try_from(sorted[0].column_idx).unwrap()).column_path().string();
        assert_eq!(name, "qname");
        let sought: Vec<_> = group
            .columns()
            .iter()
            .filter(|column| column.bloom_filter_offset().is_some())
            .map(|column| column.column_path().string())
            .collect();
        assert_eq!(sought, ["client_address", "server_address", "qname"]);
    }
}

mod packets {
    use rcodetop::source::{FileOptions, NextRun, open_files};

    use super::*;

    /// The frames of a capture, as times and bytes.
    fn frames(path: &Path) -> Vec<(u64, Vec<u8>)> {
        let mut source = open_files(&[path.to_owned()], &FileOptions::default()).unwrap();
        let mut found = Vec::new();
        while let NextRun::Frames(run) = source.next_run(100) {
            found.extend(run.map(|frame| (frame.at.0, frame.bytes.to_vec())));
        }
        found
    }

    fn exported(words: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("picked.pcapng");
        check(&[&["export", "-o", path.to_str().unwrap()], words].concat(), 0, &[" packets in "]);
        (folder, path)
    }

    #[test]
    fn what_is_picked_has_every_exchange_that_the_filter_means_and_is_part_of_the_capture() {
        let outage = testdata("outage.pcap.gz");
        for filter in ["rcode:REFUSED", "unanswered", "took:>100ms", "transport:tcp type:A"] {
            let (_folder, path) = exported(&[&outage, "--filter", filter]);
            let all = frames(Path::new(&outage));
            let picked = frames(&path);
            assert!(!picked.is_empty() && picked.len() < all.len(), "{filter}");
            assert!(picked.iter().all(|frame| all.contains(frame)), "{filter}");
            let again = path.to_str().unwrap();
            let theirs = rows(&[&outage, "--filter", filter]);
            if filter == "unanswered" {
                // The picked packets end earlier, when some of the queries still waited.
                assert_eq!(rows(&[again]).len(), theirs.len());
            } else {
                let ours = rows(&[again, "--filter", filter]);
                assert_eq!(summed(&ours), summed(&theirs), "{filter}");
            }
        }
    }

    /// An interface description with a name, and the same without one.
    fn described(name: &str) -> Vec<u8> {
        let mut block = b"\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0".to_vec();
        block.extend([2, 0]);
        block.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        block.extend(name.as_bytes());
        block.resize(block.len().next_multiple_of(4), 0);
        let length = u32::try_from(block.len() + 4).unwrap().to_le_bytes();
        block[4..8].copy_from_slice(&length);
        block.extend(length);
        block
    }

    #[test]
    fn interfaces_keep_their_names_in_what_is_picked_and_what_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let [named, picked, copied, veiled] = ["a", "b", "c", "d"].map(|name| {
            folder.path().join(name).with_extension("pcapng").to_string_lossy().into_owned()
        });
        // What the program copies has one description, which comes after the section.
        check(&["report", "-q", &testdata("links/ethernet.pcap"), "-w", &copied], 0, &[]);
        let copy = fs::read(&copied).unwrap();
        let section = usize::try_from(u32::from_le_bytes(copy[4..8].try_into().unwrap())).unwrap();
        let next = section + 4;
        let old =
            usize::try_from(u32::from_le_bytes(copy[next..next + 4].try_into().unwrap())).unwrap();
        let with_name = [&copy[..section], &described("wan7"), &copy[section + old..]].concat();
        fs::write(&named, with_name).unwrap();
        fs::remove_file(&copied).unwrap();
        check(&["report", "-q", &named, "-w", &copied], 0, &[]);
        check(&["export", &named, "--filter", "rcode:REFUSED", "-o", &picked], 0, &[]);
        check(&["report", "-q", &named, "--anonymize", "-w", &veiled], 0, &[]);
        let tells = |path: &String| fs::read(path).unwrap().windows(4).any(|word| word == b"wan7");
        assert_eq!([&copied, &picked, &veiled].map(tells), [true, true, false]);
    }

    #[test]
    fn a_finding_has_the_packets_that_it_counts() {
        let outage = testdata("outage.pcap.gz");
        let report = run(&["report", "-q", "--format", "json", &outage]).stdout;
        let report: Value = serde_json::from_slice(&report).unwrap();
        let findings = report["findings"].as_array().unwrap();
        assert!(!findings.is_empty());
        for (number, finding) in (1_u32..).zip(findings) {
            if finding["outcome"] != "response" {
                continue;
            }
            let (_folder, path) = exported(&[&outage, "--finding", &number.to_string()]);
            let rcode = format!("rcode {}", finding["rcode"].as_str().unwrap());
            let found = summed(&rows(&[path.to_str().unwrap()]));
            assert_eq!(found[&rcode], finding["count"].as_u64().unwrap(), "{finding}");
        }
        let words = ["export", &outage, "-o", "/tmp/no-such.pcapng", "--finding", "rrl-slip-x"];
        check(&words, 2, &["no finding rrl-slip-x in this capture; there is: 1 "]);
    }

    #[test]
    fn packets_that_cannot_be_picked_are_refused_with_what_to_do_instead() {
        let outage = testdata("outage.pcap.gz");
        let cases: [(&[&str], &str); 5] = [
            (&["-", "-o", "x.pcapng"], "reads the capture twice"),
            (&["-i", "lo", "-o", "x.pcapng"], "-w FILE keeps the packets"),
            (&[&outage, "-o", "-", "--format", "pcapng"], "name one with -o"),
            (&[&outage, "-o", "x", "--finding", "1"], "add --format pcapng"),
            (
                &[&outage, "-o", "/tmp/no-such.pcapng", "--filter", "name:no.such"],
                "nothing to export",
            ),
        ];
        for (words, why) in cases {
            check(&[&["export"], words].concat(), 2, &[why]);
        }
        assert!(!Path::new("/tmp/no-such.pcapng").exists());
    }
}
