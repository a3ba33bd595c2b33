//! Command lines, what they mean, and how they are refused.

use super::*;
use crate::focus::SLOW_AFTER;
use crate::iana::Rcode;

fn understand(line: &str, stdout_is_terminal: bool) -> Result<Plan, clap::Error> {
    crate::cli::parse(line.split_whitespace(), stdout_is_terminal)
}

fn input(plan: Plan) -> Input {
    match plan {
        Plan::Dashboard(analysis) => analysis.input,
        Plan::Report(report) => report.analysis.input,
        Plan::Export(export) => export.analysis.input,
        Plan::Serve(serve) => serve.analysis.input,
        other => panic!("{other:?} reads nothing"),
    }
}

/// Says how a command line is refused; `why` is a part of the message.
#[track_caller]
fn check_refused(line: &str, why: &str) {
    let message = match understand(line, true) {
        Ok(plan) => panic!("{line} means {plan:?}"),
        Err(err) => err.to_string(),
    };
    assert!(message.contains(why), "{line} says:\n{message}\nexpected: {why}");
}

#[track_caller]
fn check_files(line: &str, expected: &[&str], follows: bool) {
    let paths = expected.iter().map(PathBuf::from).collect();
    let files = Input::Files { paths, follow: follows, threads: None, replay: None };
    assert_eq!(input(understand(line, true).unwrap()), files, "{line}");
}

#[track_caller]
fn check_filter(line: &str, expected: Option<&str>) {
    match input(understand(line, true).unwrap()) {
        Input::Live(Live { on: Tap::Interfaces(options), .. }) => {
            assert_eq!(options.filter.as_deref(), expected, "{line}");
        }
        other => panic!("{line} reads {other:?}"),
    }
}

#[test]
fn files_come_as_arguments_and_by_habit_with_r() {
    check_files("rcodetop a.pcap b.pcap", &["a.pcap", "b.pcap"], false);
    check_files("rcodetop -r a.pcap", &["a.pcap"], false);
    check_files("rcodetop -nn -r a.pcap --follow", &["a.pcap"], true);
    check_files("rcodetop report -", &["-"], false);
    check_files("rcodetop report a.pcap -r b.pcap", &["a.pcap", "b.pcap"], false);
}

#[test]
fn a_capture_filter_comes_after_two_dashes_or_with_bpf() {
    check_filter("rcodetop -i eth0", None);
    check_filter("rcodetop -i eth0 --", None);
    check_filter("rcodetop -n -i eth0 -- udp and host 192.0.2.1", Some("udp and host 192.0.2.1"));
    check_filter("rcodetop -i eth0 --bpf tcp", Some("tcp"));
    check_filter("rcodetop -- tcp", Some("tcp"));
    check_filter("rcodetop report -i eth0 --duration 1s -- tcp", Some("tcp"));
}

#[test]
fn what_servers_tell_is_live_in_every_task() {
    for line in [
        "rcodetop --dnstap-socket /run/d",
        "rcodetop report --dnstap-socket /run/d --duration 1s",
        "rcodetop serve --dnstap-socket /run/d",
        "rcodetop export --dnstap-socket /run/d -o lake",
    ] {
        let Input::Live(Live { on, .. }) = input(understand(line, true).unwrap()) else {
            panic!("{line} is live")
        };
        assert_eq!(on, Tap::Dnstap("/run/d".into()), "{line}");
    }
}

#[test]
fn what_contradicts_itself_is_refused_with_a_reason() {
    check_refused("rcodetop -i eth0 port 53", "a capture filter goes after `--`");
    check_refused("rcodetop a.pcap --bpf udp", "--bpf works on an interface only");
    check_refused("rcodetop a.pcap -- udp", "a capture filter after `--` works on an interface");
    check_refused("rcodetop a.pcap --snaplen 96", "--snaplen works on an interface only");
    check_refused("rcodetop a.pcap --buffer 1M", "--buffer works on an interface only");
    check_refused("rcodetop a.pcap --no-promiscuous", "--no-promiscuous works on an interface");
    check_refused("rcodetop a.pcap --direction in", "--direction works on an interface only");
    check_refused("rcodetop -i eth0 --direction up", "neither `in` nor `out`");
    check_refused("rcodetop report a.pcap --duration 1s", "--duration works on an interface");
    check_refused("rcodetop -i eth0 --dnstap-socket d", "give an interface or --dnstap-socket");
    check_refused("rcodetop a.pcap --dnstap-socket d", "give capture files or --dnstap-socket");
    check_refused(
        "rcodetop --dnstap-socket d -- udp",
        "works on an interface only, not on a dnstap",
    );
    check_refused(
        "rcodetop --dnstap-socket d --snaplen 96",
        "--snaplen works on an interface only",
    );
    check_refused("rcodetop --dnstap-socket d --buffer 1M", "--buffer works on an interface only");
    check_refused("rcodetop --dnstap-socket d --replay", "--replay plays a capture file, and none");
    check_refused("rcodetop --dnstap-socket d --follow", "--follow works on a capture file only");
    check_refused(
        "rcodetop export --dnstap-socket d --format pcapng -o x --filter failed",
        "reads the capture twice",
    );
    check_refused("rcodetop -i eth0 --follow", "--follow works on a capture file only");
    check_refused(
        "rcodetop a.pcap --threads 3 --max-memory 16MiB",
        "need --max-memory 24.0 MiB or more",
    );
    check_refused("rcodetop -i eth0 --replay", "--replay plays a capture file, and none is");
    check_refused("rcodetop --replay", "--replay plays a capture file, and none is given");
    check_refused("rcodetop a.pcap --follow --replay=2", "a file that is whole, and --follow");
    check_refused("rcodetop a.pcap --threads 2 --replay", "--threads makes reading faster");
    check_refused("rcodetop report a.pcap --replay=9", "a report is of the whole");
    check_refused("rcodetop a.pcap --replay=0", "not a speed; 0.1x to 1000x");
    check_refused("rcodetop -i eth0 --bpf udp -- tcp", "cannot be used with");
    check_refused("rcodetop - -", "standard input (`-`) can be read once only");
    check_refused("rcodetop -q -v a.pcap", "cannot be used with");
    check_refused("rcodetop -q report a.pcap", "options come after `report`");
    check_refused("rcodetop -D a.pcap", "cannot be used with");
    check_refused("rcodetop report", "nothing to read");
    check_refused("rcodetop serve", "nothing to capture");
    check_refused("rcodetop serve -i eth0 --listen localhost:1", "write it like 127.0.0.1:9953");
    check_refused("rcodetop serve -i eth0 --servers 1001", "1001 is not in 0..=1000");
    check_refused("rcodetop report x --check=nagios --format jsonl", "name a file for the rest");
    check_refused("rcodetop report x --check --warning 1", "go with --check=nagios");
    check_refused("rcodetop report x --warning 1", "--check");
    check_refused("rcodetop report x --check=nagios --critical 1 --warning 2", "is less than");
    check_refused("rcodetop report x --check=nagios --critical 101", "not a percentage");
    check_refused("rcodetop report x --check=zabbix", "invalid value 'zabbix'");
}

#[test]
fn values_that_mean_nothing_are_refused() {
    check_refused("rcodetop --focus REFUSD a.pcap", "no such response code");
    check_refused("rcodetop --focus slow:soon a.pcap", "not a duration");
    check_refused("rcodetop --port 0 a.pcap", "0 is not in 1..=65535");
    check_refused("rcodetop --max-memory 1k a.pcap", "too little");
    check_refused("rcodetop --timeout soon a.pcap", "not a duration");
    check_refused("rcodetop report --top none a.pcap", "not a number of rows");
    check_refused("rcodetop report --format xml a.pcap", "invalid value 'xml'");
    check_refused("rcodetop --color blue a.pcap", "invalid value 'blue'");
}

#[test]
fn a_name_that_ends_as_files_do_is_no_folder() {
    check_refused("rcodetop export a.pcap -o y.json", ".json is the end of a file of another");
    check_refused("rcodetop export a.pcap -o z.pcap", "name a file that ends in .parquet");
    check_refused("rcodetop export a.pcap --format csv -o x.parquet", "than csv: name a file");
    for folder in ["lake", "lake.d", "of.2026", "./csv"] {
        let line = format!("rcodetop export a.pcap -o {folder}");
        assert!(understand(&line, false).is_ok(), "{line}");
    }
}

#[test]
fn who_is_refused_is_told_how_the_task_is_used() {
    check_refused("rcodetop export a.pcap -o y.json", "Usage: rcodetop export");
    check_refused("rcodetop report", "Usage: rcodetop report");
    check_refused("rcodetop -i eth0 a.pcap --bpf udp", "Usage: rcodetop [OPTIONS]");
}

#[test]
fn a_dash_is_standard_output_wherever_a_file_may_be_named() {
    let output = |line: &str| match understand(line, true).unwrap() {
        Plan::Report(report) => report.output,
        Plan::Merge(merge) => merge.output,
        Plan::Diff(diff) => diff.output,
        other => panic!("{line}: {other:?}"),
    };
    for (line, named) in [
        ("rcodetop report a.pcap -o -", None),
        ("rcodetop report a.pcap --format summary -o -", None),
        ("rcodetop merge a.summary -o -", None),
        ("rcodetop diff a.pcap b.pcap -o -", None),
        ("rcodetop report a.pcap", None),
        ("rcodetop report a.pcap -o ./-", Some("./-")),
        ("rcodetop diff a.pcap b.pcap -o c", Some("c")),
    ] {
        assert_eq!(output(line), named.map(PathBuf::from), "{line}");
    }
}

#[test]
fn without_a_terminal_the_dashboard_becomes_the_text_report() {
    let Plan::Report(report) = understand("rcodetop a.pcap", false).unwrap() else {
        panic!("a dashboard without a terminal")
    };
    assert_eq!((report.format, report.top), (ReportFormat::Of(Format::Text), None));
    let lost = understand("rcodetop", false).unwrap_err().to_string();
    assert!(lost.contains("standard output is not a terminal"), "{lost}");
}

#[test]
fn a_capture_is_played_at_the_speed_that_is_asked_for() {
    for (line, expected) in [
        ("rcodetop a.pcap", None),
        ("rcodetop --replay a.pcap", Some("1x")),
        ("rcodetop --replay=10x a.pcap", Some("10x")),
        ("rcodetop a.pcap --replay=0.1", Some("0.1x")),
    ] {
        let Input::Files { replay, .. } = input(understand(line, true).unwrap()) else {
            panic!("{line} reads a file")
        };
        assert_eq!(replay.map(|speed| speed.to_string()).as_deref(), expected, "{line}");
    }
    let piped = understand("rcodetop --replay a.pcap", false).unwrap_err().to_string();
    assert!(piped.contains("standard output is not a terminal"), "{piped}");
}

#[test]
fn what_shapes_the_analysis_reaches_the_engine() {
    let line = "rcodetop a.pcap -p 5353 -p 53 -p 53 --focus 2 --timeout 1s --max-memory 64MiB";
    let Plan::Dashboard(analysis) = understand(line, true).unwrap() else {
        panic!("a terminal shows the dashboard")
    };
    let expected = EngineConfig {
        ports: vec![53, 5353],
        focus: Rcode::SERVFAIL.into(),
        slow_after: SLOW_AFTER,
        patience: Duration::from_secs(1),
        max_memory: 64 << 20,
        rows: EngineConfig::default().rows,
        filter: None,
        trail: 0,
        names: 0,
    };
    assert_eq!(analysis.engine, expected);
}

#[test]
fn the_defaults_of_the_command_line_are_those_of_the_engine() {
    let Plan::Dashboard(analysis) = understand("rcodetop", true).unwrap() else {
        panic!("a terminal shows the dashboard")
    };
    assert_eq!(analysis.engine, EngineConfig::default());
}

#[track_caller]
fn check_listens(line: &str, expected: &str) {
    match understand(line, true).unwrap() {
        Plan::Serve(serve) => assert_eq!(serve.listen.to_string(), expected, "{line}"),
        other => panic!("{other:?} serves nothing"),
    }
}

#[test]
fn a_service_listens_on_this_host_alone_unless_told_otherwise() {
    check_listens("rcodetop serve -i eth0", "127.0.0.1:9953");
    check_listens("rcodetop serve -i eth0 --listen 80", "127.0.0.1:80");
    check_listens("rcodetop serve -i eth0 --listen :80", "127.0.0.1:80");
    check_listens("rcodetop serve x.pcap --listen 192.0.2.7:9953", "192.0.2.7:9953");
    check_listens("rcodetop serve x.pcap --listen [2001:db8::7]:9953", "[2001:db8::7]:9953");
}

#[test]
fn a_check_is_of_one_style() {
    let probe = |warning, critical| Check::Probe(Thresholds { warning, critical });
    for (options, expected) in [
        ("", Check::No),
        ("--check", Check::Status),
        ("--check=status", Check::Status),
        ("--check=nagios", probe(None, None)),
        ("--check=icinga --warning 1% --critical 2.5", probe(Some(1.0), Some(2.5))),
        ("--check=nagios --critical 0 -o x --format jsonl", probe(None, Some(0.0))),
    ] {
        match understand(&format!("rcodetop report x {options}"), true).unwrap() {
            Plan::Report(report) => assert_eq!(report.check, expected, "{options}"),
            other => panic!("{other:?} reports nothing"),
        }
    }
}

#[test]
fn d_lists_the_interfaces_as_tcpdump_does() {
    assert_eq!(understand("rcodetop -D", true).unwrap(), Plan::Interfaces);
    assert_eq!(understand("rcodetop interfaces", false).unwrap(), Plan::Interfaces);
}
