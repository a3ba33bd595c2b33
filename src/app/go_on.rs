//! The command of the report that goes on where the dashboard was left.

use crate::cli::{Analysis, Input, Interfaces, Rights, Secret, Tap};
use crate::engine::EngineConfig;
use crate::snapshot::Snapshot;
use crate::source::LiveOptions;

/// The report on the same input, with what was asked for, the focus and the part looked at last.
pub(super) fn command(analysis: &Analysis, snapshot: &Snapshot) -> String {
    let mut words = vec!["rcodetop".to_owned(), "report".to_owned()];
    match &analysis.input {
        Input::Files { paths, .. } => {
            words.extend(paths.iter().map(|path| quoted(&path.to_string_lossy())));
        }
        Input::Live(live) => {
            match &live.on {
                Tap::Dnstap(path) => {
                    words.extend(["--dnstap-socket".to_owned(), quoted(&path.to_string_lossy())]);
                }
                Tap::Interfaces(on) => words.extend(captured_on(on)),
            }
            words.extend(["--duration", "1m"].map(str::to_owned));
        }
    }
    let (engine, usual) = (&analysis.engine, EngineConfig::default());
    match &analysis.rights {
        Rights::Confined { user: None } => {}
        Rights::Confined { user: Some(user) } => words.push(format!("--user {}", quoted(user))),
        Rights::All => words.push("--no-sandbox".to_owned()),
    }
    match &analysis.secret {
        None => {}
        Some(Secret::Random) => words.push("--anonymize".to_owned()),
        Some(Secret::Key(_)) => words.push("--anonymize=KEY".to_owned()),
        Some(Secret::File(path)) => {
            words.push(format!("--anonymize={}", quoted(&format!("@{}", path.to_string_lossy()))));
        }
    }
    for path in &analysis.geoip {
        words.push(format!("--geoip {}", quoted(&path.to_string_lossy())));
    }
    if engine.ports != usual.ports {
        words.extend(engine.ports.iter().map(|port| format!("-p {port}")));
    }
    if engine.patience != usual.patience {
        words.push(format!("--timeout {}ms", engine.patience.as_millis()));
    }
    if snapshot.focus != usual.focus {
        words.push(format!("--focus {}", snapshot.focus_word()));
    }
    if let Some(selected) = &snapshot.selected {
        words.push(format!("--filter {}", quoted(&selected.filter)));
    }
    words.join(" ")
}

/// Which interfaces, and what of them was captured.
fn captured_on(on: &Interfaces) -> Vec<String> {
    let usual = LiveOptions::default();
    let mut words: Vec<_> = on.names.iter().map(|name| format!("-i {}", quoted(name))).collect();
    if words.is_empty() {
        words.push("-i INTERFACE".into());
    }
    if on.snaplen != usual.snaplen {
        words.push(format!("--snaplen {}", on.snaplen));
    }
    if on.buffer != usual.buffer {
        words.push(format!("--buffer {}", on.buffer));
    }
    if !on.promiscuous {
        words.push("--no-promiscuous".into());
    }
    if let Some(direction) = on.direction {
        words.push(format!("--direction {}", direction.word()));
    }
    if let Some(filter) = &on.filter {
        words.push(format!("--bpf {}", quoted(filter)));
    }
    words
}

/// A word as a shell takes it whole. What cannot be printed is left to the reader.
fn quoted(text: &str) -> String {
    let safe = |letter: char| letter.is_ascii_alphanumeric() || "/._-+:@%,=".contains(letter);
    if text.chars().all(safe) && !text.is_empty() {
        return text.to_owned();
    }
    let shown: String = text.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    format!("'{}'", shown.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cli::{self, Plan};
    use crate::iana::Rcode;
    use crate::snapshot::{Focus, Selected, Slow};

    #[track_caller]
    fn check(words: &[&str], focus: impl Into<Focus>, expected: &str) {
        let Ok(Plan::Dashboard(analysis)) = cli::parse(words, true) else {
            panic!("{words:?} shows the dashboard")
        };
        let slow = Slow { after: Duration::from_millis(200), responses: 0 };
        let snapshot = Snapshot { focus: focus.into(), slow, ..Snapshot::default() };
        assert_eq!(command(&analysis, &snapshot), expected);
        let selected = Some(Selected { filter: "type:A not failed".into(), ..Selected::default() });
        let snapshot = Snapshot { selected, ..snapshot };
        let part = format!("{expected} --filter 'type:A not failed'");
        assert_eq!(command(&analysis, &snapshot), part);
    }

    #[test]
    fn the_report_goes_on_where_the_dashboard_was_left() {
        let (refused, servfail) = (Rcode::REFUSED, Rcode::SERVFAIL);
        check(&["rcodetop", "a.pcap"], refused, "rcodetop report a.pcap");
        let odd = ["rcodetop", "it's my.pcap", "b.gz", "-p", "5353", "--timeout", "2s"];
        let said = r"rcodetop report 'it'\''s my.pcap' b.gz -p 5353 --timeout 2000ms";
        check(&odd, refused, said);
        let live = "rcodetop report -i eth0 --duration 1m --focus SERVFAIL";
        check(&["rcodetop", "-i", "eth0"], servfail, live);
        let told = "rcodetop report --dnstap-socket /run/d.sock --duration 1m";
        check(&["rcodetop", "--dnstap-socket", "/run/d.sock"], refused, told);
        check(&["rcodetop"], refused, "rcodetop report -i INTERFACE --duration 1m");
        let part = [
            "rcodetop",
            "-i",
            "eth0",
            "--no-promiscuous",
            "--buffer",
            "8MiB",
            "--direction",
            "in",
            "--bpf",
            "net 10",
        ];
        let same = "rcodetop report -i eth0 --buffer 8388608 --no-promiscuous --direction in --bpf 'net 10' \
                    --duration 1m";
        check(&part, refused, same);
        let as_daemon = "rcodetop report a.pcap --user daemon";
        check(&["rcodetop", "--user", "daemon", "a.pcap"], refused, as_daemon);
        let open = "rcodetop report a.pcap --no-sandbox";
        check(&["rcodetop", "--no-sandbox", "a.pcap"], refused, open);
        let places = ["rcodetop", "a.pcap", "--geoip", "as.mmdb", "--geoip", "my cc.mmdb"];
        let placed = "rcodetop report a.pcap --geoip as.mmdb --geoip 'my cc.mmdb'";
        check(&places, refused, placed);
        let silent = "rcodetop report a.pcap --focus no-response";
        check(&["rcodetop", "a.pcap"], Focus::NoResponse, silent);
        let slow = "rcodetop report a.pcap --focus slow:200ms";
        check(&["rcodetop", "a.pcap"], Focus::Slow, slow);
    }
}
