//! From a plan to a capture: opened first, and read only when the program is confined. The only
//! calls that open files and interfaces.

use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};

use super::analyze::Analyze;
use super::capture::{Again, Capture, Origin, Reopen};
use super::remover::Remover;
use super::replay::Playing;
use super::socket;
use super::veil::{self, Veil};
use super::{analyzer, confinement, recording};
use crate::cli::{Analysis, Input, Interfaces, Rights, Tap};
use crate::confine::Sockets;
use crate::engine::EngineConfig;
use crate::geo::{Atlas, Unread};
use crate::record::{Disk, Manner, Names, Recorder};
use crate::select::Filter;
use crate::snapshot::{SourceKind, Speed};
use crate::source::{
    FileOptions, FrameSource, Inputs, InterfaceNames, LiveOptions, list_interfaces, open_live,
};
use crate::wire::name::escape_text;

/// What will be read and counted: it is open, and no byte of it was looked at.
pub(super) struct Opened {
    engine: EngineConfig,
    /// Without what tells where addresses are.
    origin: Origin,
    databases: Vec<Unread>,
    kind: Kind,
    /// Where packets are written to, and how much time a file spans.
    disk: Option<Box<dyn Disk>>,
    every: Option<Duration>,
}

enum Kind {
    Files(Files),
    Live(Tapped, NonZeroUsize),
}

/// What is live, and open.
struct Tapped {
    source: Box<dyn FrameSource>,
    /// By the numbers that frames have.
    names: Vec<String>,
    /// Where something may have to be opened later.
    to_read: Vec<PathBuf>,
    /// Goes with the capture.
    remover: Option<Remover>,
}

struct Files {
    inputs: Arc<Inputs>,
    paths: Vec<PathBuf>,
    follow: bool,
    threads: NonZeroUsize,
    replay: Option<Speed>,
    veil: Option<Veil>,
}

/// Opens what the plan says.
pub(super) fn open(analysis: &Analysis) -> anyhow::Result<Opened> {
    open_behind(Veil::of(analysis)?, analysis)
}

/// The same behind a veil that is there already: what is compared has the same pseudonyms.
pub(super) fn open_behind(veil: Option<Veil>, analysis: &Analysis) -> anyhow::Result<Opened> {
    // First, so that the process that writes has no interface.
    let disk = recording::disk(analysis)?;
    let engine =
        EngineConfig { filter: filter(analysis, veil.as_ref())?, ..analysis.engine.clone() };
    let pseudonyms = veil.is_some();
    let databases =
        analysis.geoip.iter().map(|path| Unread::load(path)).collect::<Result<_, _>>()?;
    let (origin, kind) = match &analysis.input {
        Input::Files { paths, follow, threads, replay } => {
            let inputs = Arc::new(Inputs::open(paths)?);
            let origin =
                Origin { kind: SourceKind::File, name: files_name(paths), pseudonyms, atlas: None };
            let threads = threads.unwrap_or_else(|| analyzer::useful_threads(&engine));
            let (paths, follow, replay) = (paths.clone(), *follow, *replay);
            (origin, Kind::Files(Files { inputs, paths, follow, threads, replay, veil }))
        }
        Input::Live(live) => {
            let tapped = tap(&live.on, &engine.ports, &analysis.rights)?;
            let source = veil::cover(tapped.source, veil.as_ref(), &engine.ports);
            let name = escape_text(tapped.names.join(", ").as_bytes());
            let origin = Origin { kind: SourceKind::Live, name, pseudonyms, atlas: None };
            (origin, Kind::Live(Tapped { source, ..tapped }, live.threads))
        }
    };
    let every = analysis.record.as_ref().and_then(|record| record.every);
    Ok(Opened { engine, origin, databases, kind, disk, every })
}

/// What was asked for, said of what is read: behind a veil with pseudonyms.
fn filter(analysis: &Analysis, veil: Option<&Veil>) -> anyhow::Result<Option<Filter>> {
    match (&analysis.filter, veil) {
        (Some(filter), Some(veil)) => veil.filter(filter).map(Some),
        (filter, _) => Ok(filter.clone()),
    }
}

impl Opened {
    /// What shapes the analysis of what is read. Only here the filter is as true as the packets.
    pub(super) fn engine(&self) -> &EngineConfig {
        &self.engine
    }

    /// Where something may have to be opened later, to be read.
    pub(super) fn to_read(&self) -> Vec<PathBuf> {
        match &self.kind {
            Kind::Files(Files { inputs, paths, follow, .. }) => {
                confinement::of_files(inputs, paths, *follow)
            }
            Kind::Live(tapped, _) => tapped.to_read.clone(),
        }
    }

    /// Whether beginning to read may have to wait for somebody: for the first bytes of a pipe.
    pub(super) fn may_wait(&self) -> bool {
        match &self.kind {
            Kind::Files(files) => !files.are_lasting(),
            Kind::Live { .. } => false,
        }
    }

    /// The sockets that it is read from.
    pub(super) fn sockets(&self) -> Sockets {
        match &self.kind {
            Kind::Files(_) => Sockets::default(),
            Kind::Live(Tapped { source, .. }, _) => {
                Sockets { packets: source.sockets(), listening: source.listeners() }
            }
        }
    }

    /// Opens what is read once more; `None` if that cannot be.
    pub(super) fn again(&self) -> Option<Reopen> {
        match &self.kind {
            Kind::Files(files) => files.reopen(false, &self.engine.ports),
            Kind::Live(..) => None,
        }
    }

    /// Begins to read, on as many threads as it shall be counted on.
    pub(super) fn read(self) -> anyhow::Result<Capture> {
        self.read_by(analyzer::on_threads)
    }

    /// Begins to read; what is read goes to what `make` makes for so many threads.
    pub(super) fn read_by(
        self,
        make: impl FnOnce(NonZeroUsize, EngineConfig) -> Made,
    ) -> anyhow::Result<Capture> {
        let Self { engine, origin, databases, kind, disk, every } = self;
        let is_asked = !databases.is_empty();
        let atlas = is_asked.then(|| Atlas::of_files(databases)).transpose()?.map(Arc::new);
        let origin = Origin { atlas, ..origin };
        let (capture, names, patient) = match kind {
            Kind::Files(files) => {
                let capture = files.read(engine, origin, make)?;
                let names = capture.interface_names();
                (capture, names, true)
            }
            Kind::Live(Tapped { source, names, remover, .. }, threads) => {
                let again = Again { engine: engine.clone(), open: None };
                let analyzer = make(threads, engine).context(NO_THREADS)?;
                let capture = Capture::new(origin, source, analyzer).with(again);
                (capture.keeping(remover), InterfaceNames::of(&names), false)
            }
        };
        let names = Names(Box::new(move |number| names.get(number)));
        let manner = Manner { names, patient, every };
        let recorder = disk.map(|disk| Recorder::start(disk, manner)).transpose();
        Ok(capture.recorded(recorder.context("cannot start the thread that writes packets")?))
    }
}

/// What frames are fed to, or why there is none.
type Made = io::Result<Box<dyn Analyze>>;

const NO_THREADS: &str = "cannot start the analysis threads";

impl Files {
    fn read(
        self,
        engine: EngineConfig,
        origin: Origin,
        make: impl FnOnce(NonZeroUsize, EngineConfig) -> Made,
    ) -> anyhow::Result<Capture> {
        let source = self.inputs.read(&FileOptions { follow: self.follow })?;
        let source = veil::cover(source, self.veil.as_ref(), &engine.ports);
        let reopen = |follow| self.reopen(follow, &engine.ports);
        let again = Again { engine: engine.clone(), open: reopen(self.follow) };
        if let Some(speed) = self.replay {
            let playing = Playing::start(speed, reopen(false));
            let playing = playing.context("cannot start the thread that reads ahead")?;
            let capture = Capture::new(origin, source, analyzer::alone(engine));
            return Ok(capture.with(again).played(playing));
        }
        let analyzer = make(self.threads, engine).context(NO_THREADS)?;
        Ok(Capture::new(origin, source, analyzer).with(again))
    }

    /// Whether all are files, whose bytes are there and stay.
    fn are_lasting(&self) -> bool {
        self.paths.iter().all(|path| path.is_file())
    }

    /// Files can be read once more; standard input and pipes are gone once they were read.
    fn reopen(&self, follow: bool, ports: &[u16]) -> Option<Reopen> {
        let (inputs, veil, ports) = (Arc::clone(&self.inputs), self.veil.clone(), ports.to_vec());
        self.are_lasting().then(|| -> Reopen {
            Box::new(move || {
                let source = inputs.read(&FileOptions { follow })?;
                Ok(veil::cover(source, veil.as_ref(), &ports))
            })
        })
    }
}

/// Opens what is live.
fn tap(on: &Tap, ports: &[u16], rights: &Rights) -> anyhow::Result<Tapped> {
    match on {
        Tap::Interfaces(interfaces) => {
            let names = names(interfaces)?;
            let source = open_live(&names, &live_options(interfaces, ports, rights))?;
            let to_read = confinement::of_interfaces(&names);
            Ok(Tapped { source, names, to_read, remover: None })
        }
        Tap::Dnstap(path) => {
            let (socket, remover) = socket::open(path, rights)?;
            let names = vec![path.to_string_lossy().into_owned()];
            let (source, remover) = (socket.listen(), Some(remover));
            Ok(Tapped { source, names, to_read: Vec::new(), remover })
        }
    }
}

fn live_options(on: &Interfaces, ports: &[u16], rights: &Rights) -> LiveOptions {
    LiveOptions {
        snaplen: on.snaplen,
        buffer: on.buffer,
        promiscuous: on.promiscuous,
        direction: on.direction,
        bpf: on.filter.clone(),
        ports: ports.to_vec(),
        stand_by: matches!(rights, Rights::Confined { .. }),
    }
}

/// The interfaces named, or else the one that libpcap lists first, as tcpdump takes it.
fn names(on: &Interfaces) -> anyhow::Result<Vec<String>> {
    if !on.names.is_empty() {
        return Ok(on.names.clone());
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
