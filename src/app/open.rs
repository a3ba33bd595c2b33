//! From a plan to a capture: opened first, and read only when the program is confined. The only
//! calls that open files and interfaces.

use std::num::NonZeroUsize;
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

use super::capture::{Again, Capture, Origin, Reopen};
use super::{analyzer, confinement};
use crate::cli::{Analysis, Input, Live};
use crate::engine::EngineConfig;
use crate::snapshot::SourceKind;
use crate::source::{FileOptions, FrameSource, Inputs, LiveOptions, list_interfaces, open_live};
use crate::wire::name::escape_text;

/// What will be read and counted: it is open, and no byte of it was looked at.
pub(super) struct Opened {
    engine: EngineConfig,
    origin: Origin,
    kind: Kind,
}

enum Kind {
    Files { inputs: Inputs, paths: Vec<PathBuf>, follow: bool, threads: NonZeroUsize },
    Live { source: Box<dyn FrameSource>, interfaces: Vec<String> },
}

/// Opens what the plan says.
pub(super) fn open(analysis: &Analysis) -> anyhow::Result<Opened> {
    let engine = analysis.engine.clone();
    match &analysis.input {
        Input::Files { paths, follow, threads } => {
            let inputs = Inputs::open(paths)?;
            let origin = Origin { kind: SourceKind::File, name: files_name(paths) };
            let threads = threads.unwrap_or_else(|| analyzer::useful_threads(&engine));
            let kind = Kind::Files { inputs, paths: paths.clone(), follow: *follow, threads };
            Ok(Opened { engine, origin, kind })
        }
        Input::Live(live) => {
            let interfaces = interfaces(live)?;
            let source = open_live(&interfaces, &live_options(live, &engine.ports))?;
            let name = escape_text(interfaces.join(", ").as_bytes());
            let origin = Origin { kind: SourceKind::Live, name };
            Ok(Opened { engine, origin, kind: Kind::Live { source, interfaces } })
        }
    }
}

impl Opened {
    /// Where something may have to be opened later, to be read.
    pub(super) fn to_read(&self) -> Vec<PathBuf> {
        match &self.kind {
            Kind::Files { inputs, paths, follow, .. } => {
                confinement::of_files(inputs, paths, *follow)
            }
            Kind::Live { interfaces, .. } => confinement::of_interfaces(interfaces),
        }
    }

    /// Packet sockets, on which nothing must be written.
    pub(super) fn sockets(&self) -> Vec<RawFd> {
        match &self.kind {
            Kind::Files { .. } => Vec::new(),
            Kind::Live { source, .. } => source.sockets(),
        }
    }

    /// Begins to read, on as many threads as it shall be counted on.
    pub(super) fn read(self) -> anyhow::Result<Capture> {
        let Self { engine, origin, kind } = self;
        match kind {
            Kind::Files { inputs, paths, follow, threads } => {
                let source = inputs.read(&FileOptions { follow })?;
                let again = Again { engine: engine.clone(), open: reopen(inputs, &paths, follow) };
                let analyzer = analyzer::on_threads(threads, engine);
                let analyzer = analyzer.context("cannot start the analysis threads")?;
                Ok(Capture::new(origin, source, analyzer).with(again))
            }
            Kind::Live { source, .. } => {
                let again = Again { engine: engine.clone(), open: None };
                Ok(Capture::new(origin, source, analyzer::alone(engine)).with(again))
            }
        }
    }
}

/// Files can be read once more; standard input and pipes are gone once they were read.
fn reopen(inputs: Inputs, paths: &[PathBuf], follow: bool) -> Option<Reopen> {
    let is_lasting = paths.iter().all(|path| path.is_file());
    is_lasting.then(|| -> Reopen { Box::new(move || inputs.read(&FileOptions { follow })) })
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
