//! From a plan to an open source: the only calls that open files and interfaces.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

use super::analyzer;
use super::capture::{Again, Capture, Origin, Reopen};
use super::replay::Playing;
use crate::cli::{Analysis, Input, Live};
use crate::record::Recorder;
use crate::snapshot::SourceKind;
use crate::source::{FileOptions, LiveOptions, list_interfaces, open_files, open_live};
use crate::wire::name::escape_text;

/// Opens what the plan says.
pub(super) fn capture(analysis: &Analysis) -> anyhow::Result<Capture> {
    let (capture, names) = source(analysis)?;
    Ok(capture.recorded(recorder(analysis, names)?))
}

/// Where packets are written to, for interfaces of these names.
fn recorder(analysis: &Analysis, names: Vec<String>) -> anyhow::Result<Option<Recorder>> {
    let Some(options) = &analysis.record else { return Ok(None) };
    let started = Recorder::start(options.clone(), names);
    let path = escape_text(options.path.as_os_str().as_encoded_bytes());
    let started = started.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            anyhow!("cannot write packets to {path}: it exists; name another file")
        }
        _ => anyhow::Error::from(error).context(format!("cannot write packets to {path}")),
    });
    started.map(Some)
}

/// What is captured from, and the names of its interfaces.
fn source(analysis: &Analysis) -> anyhow::Result<(Capture, Vec<String>)> {
    let engine = analysis.engine.clone();
    match &analysis.input {
        Input::Files { paths, follow, threads, replay } => {
            let source = open_files(paths, &FileOptions { follow: *follow })?;
            let origin = Origin { kind: SourceKind::File, name: files_name(paths) };
            let again = Again { engine: engine.clone(), open: reopen(paths, *follow) };
            if let Some(speed) = replay {
                let playing = Playing::start(*speed, reopen(paths, false));
                let playing = playing.context("cannot start the thread that reads ahead")?;
                let capture = Capture::new(origin, source, analyzer::alone(engine));
                return Ok((capture.with(again).played(playing), Vec::new()));
            }
            let threads = threads.unwrap_or_else(|| analyzer::useful_threads(&engine));
            let analyzer = analyzer::on_threads(threads, engine);
            let analyzer = analyzer.context("cannot start the analysis threads")?;
            Ok((Capture::new(origin, source, analyzer).with(again), Vec::new()))
        }
        Input::Live(live) => {
            let interfaces = interfaces(live)?;
            let source = open_live(&interfaces, &live_options(live, &engine.ports))?;
            let name = escape_text(interfaces.join(", ").as_bytes());
            let origin = Origin { kind: SourceKind::Live, name };
            let again = Again { engine: engine.clone(), open: None };
            let analyzer = analyzer::on_threads(live.threads, engine);
            let analyzer = analyzer.context("cannot start the analysis threads")?;
            Ok((Capture::new(origin, source, analyzer).with(again), interfaces))
        }
    }
}

/// Files can be opened once more; standard input and pipes are gone once they were read.
fn reopen(paths: &[PathBuf], follow: bool) -> Option<Reopen> {
    let paths = paths.to_vec();
    let is_lasting = paths.iter().all(|path| path.is_file());
    is_lasting.then(|| -> Reopen { Box::new(move || open_files(&paths, &FileOptions { follow })) })
}

fn live_options(live: &Live, ports: &[u16]) -> LiveOptions {
    LiveOptions {
        snaplen: live.snaplen,
        buffer: live.buffer,
        promiscuous: live.promiscuous,
        bpf: live.filter.clone(),
        ports: ports.to_vec(),
    }
}

/// The interfaces named, or else the one that libpcap lists first, as tcpdump takes it.
fn interfaces(live: &Live) -> anyhow::Result<Vec<String>> {
    if !live.interfaces.is_empty() {
        return Ok(live.interfaces.clone());
    }
    let all = list_interfaces().context("no interface given, and none can be listed")?;
    let first = all.into_iter().next().ok_or_else(|| {
        anyhow!("no interface to capture on; give a capture file, or an interface with -i")
    })?;
    Ok(vec![first.name])
}

fn files_name(paths: &[PathBuf]) -> String {
    let name = |path: &PathBuf| match path {
        path if path == Path::new("-") => "standard input".to_owned(),
        path => escape_text(path.as_os_str().as_encoded_bytes()),
    };
    match paths {
        [] => String::new(),
        [one] => name(one),
        [first, rest @ ..] if rest.len() > 3 => format!("{} and {} more", name(first), rest.len()),
        all => all.iter().map(name).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_name(paths: &[&str], expected: &str) {
        let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        assert_eq!(files_name(&paths), expected);
    }

    #[test]
    fn captures_are_named_as_the_user_named_them_without_harm_to_a_terminal() {
        check_name(&["a.pcap"], "a.pcap");
        check_name(&["-"], "standard input");
        check_name(&["a", "b"], "a, b");
        check_name(&["a", "b", "c", "d", "e"], "a and 4 more");
        check_name(&["\u{1b}[2J.pcap"], "\\027[2J.pcap");
    }
}
