//! From words to intent: the checks that concern several options at once.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytesize::ByteSize;
use clap::CommandFactory;
use clap::error::ErrorKind;
use clap_complete::Shell;

use super::args::{
    CheckStyle, Cli, ColorChoice, InputArgs, ReportArgs, ScreenArgs, ServeArgs, Task, WriteArgs,
};
use super::export::{Export, export};
use super::fleet::{Diff, DiffArgs, Merge, ReportFormat, Told};
use super::units;
use super::units::{MOST_SNAPLEN, Secret};
use crate::engine::EngineConfig;
use crate::hearsay::Hearsay;
use crate::output::Format;
use crate::output::probe::Thresholds;
use crate::record::RecordOptions;
use crate::select::Filter;
use crate::snapshot::Speed;
use crate::source::{Direction, FileId};

/// The kernel's capture buffer unless told otherwise: loses nothing at a million packets a second.
const DEFAULT_BUFFER: u64 = 64 << 20;

/// What each thread must have of the memory granted, or its tables hold next to nothing.
const LEAST_SHARE: u64 = 8 << 20;

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// Show the dashboard.
    Dashboard(Analysis),
    /// Read everything and print one report.
    Report(Report),
    /// Tell metrics of what is captured.
    Serve(Serve),
    /// Read everything and write what was there.
    Export(Export),
    /// Add up summaries.
    Merge(Merge),
    /// Compare two captures.
    Diff(Diff),
    /// Explain a code or a cause, or list all.
    Explain(Option<String>),
    /// List the interfaces.
    Interfaces,
    /// Print a completion script.
    Completions(Shell),
    /// Print the manual page.
    Manual,
    /// Print the defaults of the configuration file.
    Configuration,
    /// Print the version, and how this system can confine the program.
    Version,
    /// Write reports that come over standard input into this folder.
    Writer(PathBuf),
    /// Write files of rows that come over standard input below this folder.
    RowWriter(PathBuf),
    /// Write packets that the program hands over.
    PacketWriter(RecordOptions),
    /// Remove a file at the end of the program.
    Remover(Removal),
}

/// A socket that is to be removed, or a file if nothing was written into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// Where it is.
    pub path: PathBuf,
    /// Which one: another that has taken its place stays.
    pub file: FileId,
    /// Whether whoever runs the program does it; else, for root, whom the folder belongs to.
    pub stay: bool,
}

/// What to read and how to analyze it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analysis {
    /// Where the packets come from.
    pub input: Input,
    /// What shapes the analysis, but for the filter.
    pub engine: EngineConfig,
    /// The filter as it was typed, with true addresses. The engine never has this one: who opens
    /// the input gives it one that is as true as the packets are.
    pub filter: Option<Filter>,
    /// How much is told on standard error.
    pub volume: Volume,
    /// When to use colours.
    pub color: ColorChoice,
    /// How the dashboard looks, as far as it was said.
    pub screen: Screen,
    /// Where the dashboard writes reports; `None` for the current folder.
    pub export_dir: Option<PathBuf>,
    /// Where packets are written to; `None` for nowhere.
    pub record: Option<RecordOptions>,
    /// With whose rights packets are read.
    pub rights: Rights,
    /// Where pseudonyms come from; `None` for true addresses.
    pub secret: Option<Secret>,
    /// Databases that tell where addresses are.
    pub geoip: Vec<PathBuf>,
}

/// With whose rights packets are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rights {
    /// With as few as can be.
    Confined {
        /// As this user; `None` leaves it to who runs the program, and how.
        user: Option<String>,
    },
    /// With all that the program was given.
    All,
}

/// What was said of the dashboard; what was not is up to the configuration file and the terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    /// The name of a theme, or [`AUTO`](super::AUTO).
    pub theme: Option<String>,
    /// Draw in ASCII alone.
    pub ascii: bool,
    /// Leave the mouse to the terminal.
    pub no_mouse: bool,
    /// Addresses alone: what they are called is not even learnt.
    pub numeric: bool,
    /// What is seen is compared with this.
    pub baseline: Option<PathBuf>,
    /// Which configuration file to read.
    pub config: Config,
}

/// Which configuration file to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Config {
    /// The user's own, if there is one.
    #[default]
    Usual,
    /// This one.
    File(PathBuf),
    /// None.
    Without,
}

/// Where the packets come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Capture files, `-` for standard input, merged by time.
    Files {
        /// At least one.
        paths: Vec<PathBuf>,
        /// Wait for more at the end.
        follow: bool,
        /// Threads that match and count; `None` for as many as help.
        threads: Option<NonZeroUsize>,
        /// Packets come as they were captured, and how fast; only on the dashboard.
        replay: Option<Speed>,
    },
    /// What comes as it happens.
    Live(Live),
}

impl Input {
    /// Whether it comes as it happens.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Live(_))
    }
}

/// What comes as it happens, and how long it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// Where it comes from.
    pub on: Tap,
    /// Stop after this long, by the clock.
    pub duration: Option<Duration>,
    /// Threads that share the work.
    pub threads: NonZeroUsize,
}

/// Where live traffic can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tap {
    /// On network interfaces.
    Interfaces(Interfaces),
    /// From servers that tell it (dnstap), on this socket.
    Dnstap(PathBuf),
}

/// How to capture on interfaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interfaces {
    /// As named by the user; none means the default one.
    pub names: Vec<String>,
    /// Bytes captured of each frame.
    pub snaplen: u32,
    /// The kernel's capture buffer, in bytes.
    pub buffer: u64,
    /// Whether to see packets for other hosts too.
    pub promiscuous: bool,
    /// Which way packets go that are captured; both ways unless told.
    pub direction: Option<Direction>,
    /// A capture filter in place of the built-in one.
    pub filter: Option<String>,
}

/// How much is told on standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Volume {
    /// Errors only.
    Quiet,
    /// Also what takes long.
    #[default]
    Normal,
    /// Also what was read and how fast.
    Verbose,
}

/// One report and where it goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What to read and how.
    pub analysis: Analysis,
    /// The report's format.
    pub format: ReportFormat,
    /// Rows of each list; `None` leaves it to the format.
    pub top: Option<usize>,
    /// The file to write; `None` means standard output.
    pub output: Option<PathBuf>,
    /// What a fault found changes.
    pub check: Check,
}

/// What a fault found changes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Check {
    /// Nothing.
    #[default]
    No,
    /// The exit status.
    Status,
    /// All: a line for a monitor, with its own exit status.
    Probe(Thresholds),
}

/// A service and where it listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serve {
    /// What to read and how.
    pub analysis: Analysis,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Servers with numbers of their own at most.
    pub servers: usize,
}

impl Report {
    /// The text report that stands in for the dashboard where there is no terminal.
    fn instead_of_dashboard(analysis: Analysis) -> Self {
        let format = ReportFormat::Of(Format::Text);
        Self { analysis, format, top: None, output: None, check: Check::No }
    }
}

/// What the words mean together, or why they cannot.
pub(super) fn plan(cli: Cli, stdout_is_terminal: bool) -> Result<Plan, clap::Error> {
    match cli.task {
        None if cli.list_interfaces => Ok(Plan::Interfaces),
        None if cli.print_config => Ok(Plan::Configuration),
        None => dashboard(cli, stdout_is_terminal),
        Some(Task::Report(args)) => report(args).map(Plan::Report),
        Some(Task::Serve(args)) => serve(args).map(Plan::Serve),
        Some(Task::Export(args)) => export(args).map(Plan::Export),
        Some(Task::WriteRows { folder }) => Ok(Plan::RowWriter(folder)),
        Some(Task::Diff(args)) => Ok(Plan::Diff(diff(args))),
        Some(Task::Merge(args)) => Ok(Plan::Merge(args.into())),
        Some(Task::Explain { what }) => Ok(Plan::Explain(what)),
        Some(Task::Interfaces) => Ok(Plan::Interfaces),
        Some(Task::Completions { shell }) => Ok(Plan::Completions(shell)),
        Some(Task::Man) => Ok(Plan::Manual),
        Some(Task::WriteReports { folder }) => Ok(Plan::Writer(folder)),
        Some(Task::WritePackets {
            path,
            write_size: size,
            write_every: every,
            write_total: total,
        }) => Ok(Plan::PacketWriter(RecordOptions { path, size, every, total })),
        Some(Task::RemoveFile { path, device, number, stay }) => {
            let file = FileId { device, number };
            Ok(Plan::Remover(Removal { path, file, stay }))
        }
    }
}

fn screen(args: ScreenArgs) -> Screen {
    let ScreenArgs { theme, ascii, no_mouse, baseline, config, no_config, .. } = args;
    let config = match config {
        _ if no_config => Config::Without,
        Some(file) => Config::File(file),
        None => Config::Usual,
    };
    Screen { theme, ascii, no_mouse, numeric: false, baseline, config }
}

fn dashboard(cli: Cli, stdout_is_terminal: bool) -> Result<Plan, clap::Error> {
    let Cli { input: args, screen: on_screen, export_dir, .. } = cli;
    let replay = on_screen.replay;
    // What an address is called tells whose pseudonym it is.
    let numeric = args.numeric > 0 || args.anonymize.is_some();
    let screen = Screen { numeric, ..screen(on_screen) };
    let analysis = |args, screen: &Screen| {
        analysis(args, None).map(|analysis| Analysis { screen: screen.clone(), ..analysis })
    };
    if stdout_is_terminal {
        let mut analysis = analysis(args, &screen)?;
        if let Some(speed) = replay {
            play(&mut analysis.input, speed)?;
        }
        return Ok(Plan::Dashboard(Analysis { export_dir, ..analysis }));
    }
    if screen.baseline.is_some() {
        return Err(conflict(
            "--baseline compares on the dashboard, and standard output is not a terminal; use \
             `rcodetop diff`",
        ));
    }
    if replay.is_some() {
        return Err(conflict(
            "--replay plays on the dashboard, and standard output is not a terminal",
        ));
    }
    require_input(
        &args,
        "standard output is not a terminal, so there is no dashboard, and a report needs \
         something to read: give a capture file, `-` for standard input, or an interface with -i",
    )?;
    analysis(args, &screen).map(Report::instead_of_dashboard).map(Plan::Report)
}

/// Lets the packets of files come as they were captured.
fn play(input: &mut Input, speed: Speed) -> Result<(), clap::Error> {
    match input {
        Input::Live(_) => Err(conflict("--replay plays a capture file, and none is given")),
        Input::Files { follow: true, .. } => Err(conflict(
            "--replay plays a file that is whole, and --follow waits for one that grows; \
             leave out one of them",
        )),
        Input::Files { threads: Some(_), .. } => Err(conflict(
            "--threads makes reading faster, and --replay reads no faster than packets were \
             captured; leave out one of them",
        )),
        Input::Files { replay, .. } => {
            *replay = Some(speed);
            Ok(())
        }
    }
}

fn report(mut args: ReportArgs) -> Result<Report, clap::Error> {
    args.output = units::file(args.output);
    if args.replay.is_some() {
        return Err(conflict(
            "--replay plays on the dashboard: `rcodetop --replay FILE`; a report is of the whole",
        ));
    }
    require_input(
        &args.input,
        "nothing to read: give a capture file, `-` for standard input, an interface with -i, or \
         --dnstap-socket (and --duration, or Ctrl-C when it is enough)",
    )?;
    let check = check(&args)?;
    let ReportArgs { input, duration, format, top, output, names, .. } = args;
    let mut analysis = analysis(input, duration)?;
    if names && analysis.secret.is_some() {
        return Err(conflict(
            "--names tells whose addresses these are, and --anonymize hides it; leave out one of \
             them",
        ));
    }
    analysis.engine.rows = top.unwrap_or_else(|| format.default_rows());
    if names {
        analysis.engine.names = Hearsay::part_of(analysis.engine.max_memory);
    }
    Ok(Report { analysis, format, top, output, check })
}

/// Whether it may be left out for the line of a monitor.
fn is_text_alone(format: ReportFormat) -> bool {
    !matches!(format, ReportFormat::Of(Format::Jsonl) | ReportFormat::Summary)
}

fn check(args: &ReportArgs) -> Result<Check, clap::Error> {
    let ReportArgs { check, warning, critical, format, output, .. } = args;
    let (warning, critical) = (*warning, *critical);
    match check {
        Some(CheckStyle::Nagios) if !is_text_alone(*format) && output.is_none() => Err(conflict(
            "--check=nagios has its own line on standard output; name a file for the rest with -o",
        )),
        Some(CheckStyle::Nagios)
            if critical.zip(warning).is_some_and(|(most, more)| most < more) =>
        {
            Err(conflict("--critical is less than --warning, which would never be told"))
        }
        Some(CheckStyle::Nagios) => Ok(Check::Probe(Thresholds { warning, critical })),
        _ if warning.or(critical).is_some() => {
            Err(conflict("--warning and --critical go with --check=nagios"))
        }
        Some(CheckStyle::Status) => Ok(Check::Status),
        None => Ok(Check::No),
    }
}

fn serve(args: ServeArgs) -> Result<Serve, clap::Error> {
    let ServeArgs { input, listen, servers } = args;
    require_input(
        &input,
        "nothing to capture: give an interface with -i or --dnstap-socket (or capture files, to try \
         it out)",
    )?;
    Ok(Serve { analysis: analysis(input, None)?, listen, servers: usize::from(servers) })
}

/// Both sides are read as the files of a report are.
fn diff(args: DiffArgs) -> Diff {
    let DiffArgs { before, after, mut port, focus, filter, timeout, max_memory, threads, .. } =
        args;
    let DiffArgs { anonymize, format, top, output, check, told, .. } = args;
    port.sort_unstable();
    port.dedup();
    let Told { volume, color, rights } = told.into();
    let usual = EngineConfig::default();
    let engine = EngineConfig {
        ports: port,
        focus: focus.map_or(usual.focus, |it| it.focus),
        slow_after: focus.map_or(usual.slow_after, |it| it.slow_after),
        patience: timeout,
        // Both are there at once.
        max_memory: max_memory / 2,
        rows: usize::MAX,
        ..usual
    };
    let input = Input::Files { paths: vec![before.clone()], follow: false, threads, replay: None };
    let analysis = Analysis {
        input,
        engine,
        filter: filter.filter(|filter| !filter.is_empty()),
        volume,
        color,
        screen: Screen::default(),
        export_dir: None,
        record: None,
        rights,
        secret: anonymize,
        geoip: Vec::new(),
    };
    Diff { before, after, analysis, focus, format, top, output: units::file(output), check }
}

pub(super) fn require_input(args: &InputArgs, otherwise: &str) -> Result<(), clap::Error> {
    let is_live = !args.interface.is_empty() || args.dnstap_socket.is_some();
    if args.files.is_empty() && args.read.is_empty() && !is_live {
        return Err(refuse(ErrorKind::MissingRequiredArgument, otherwise));
    }
    Ok(())
}

pub(super) fn analysis(
    mut args: InputArgs,
    duration: Option<Duration>,
) -> Result<Analysis, clap::Error> {
    refuse_task_as_file(&args)?;
    if args.anonymize.is_some() && !args.geoip.is_empty() {
        return Err(conflict(
            "--geoip knows true addresses only, and country and network give few hosts away; \
             leave out --geoip or --anonymize",
        ));
    }
    check_writing(&args.write)?;
    let mut paths = std::mem::take(&mut args.files);
    paths.append(&mut args.read);
    args.port.sort_unstable();
    args.port.dedup();
    Ok(Analysis {
        engine: EngineConfig {
            ports: args.port.clone(),
            focus: args.focus.focus,
            slow_after: args.focus.slow_after,
            patience: args.timeout,
            max_memory: args.max_memory,
            rows: EngineConfig::default().rows,
            filter: None,
            trail: 0,
            names: 0,
        },
        filter: args.filter.clone().filter(|filter| !filter.is_empty()),
        volume: volume(&args),
        color: args.color,
        screen: Screen::default(),
        export_dir: None,
        record: record(&args.write),
        rights: rights(&mut args),
        secret: args.anonymize.take(),
        geoip: std::mem::take(&mut args.geoip),
        input: if paths.is_empty() {
            live(args, duration)?
        } else {
            files(paths, &args, duration)?
        },
    })
}

/// Options before a subcommand make its name look like a file's.
fn refuse_task_as_file(args: &InputArgs) -> Result<(), clap::Error> {
    let program = Cli::command();
    let task = args.files.first().and_then(|path| program.find_subcommand(path.as_os_str()));
    task.map_or(Ok(()), |task| {
        let name = task.get_name();
        let why = format!("options come after `{name}`; for a file of that name write ./{name}");
        Err(conflict(&why))
    })
}

fn volume(args: &InputArgs) -> Volume {
    match (args.quiet, args.verbose) {
        (true, _) => Volume::Quiet,
        (_, true) => Volume::Verbose,
        _ => Volume::Normal,
    }
}

fn rights(args: &mut InputArgs) -> Rights {
    if args.no_sandbox { Rights::All } else { Rights::Confined { user: args.user.take() } }
}

fn live(args: InputArgs, duration: Option<Duration>) -> Result<Input, clap::Error> {
    if args.follow {
        return Err(conflict("--follow works on a capture file only, and none is given"));
    }
    require_memory(&args)?;
    let threads = args.threads.unwrap_or(NonZeroUsize::MIN);
    Ok(Input::Live(Live { on: tap(args)?, duration, threads }))
}

fn tap(mut args: InputArgs) -> Result<Tap, clap::Error> {
    let Some(path) = args.dnstap_socket.take() else {
        return Ok(Tap::Interfaces(interfaces(args)));
    };
    if !args.interface.is_empty() {
        return Err(conflict(
            "give an interface or --dnstap-socket, not both: what servers tell comes later than \
             packets; run the program twice",
        ));
    }
    if let Some(option) = first_interface_option(&args) {
        let why = format!("{option} works on an interface only, not on a dnstap socket");
        return Err(conflict(&why));
    }
    Ok(Tap::Dnstap(path))
}

fn interfaces(args: InputArgs) -> Interfaces {
    let words = args.trailing_bpf.join(" ");
    let trailing = Some(words).filter(|words| !words.trim().is_empty());
    Interfaces {
        names: args.interface,
        snaplen: args.snaplen.unwrap_or(MOST_SNAPLEN),
        buffer: args.buffer.unwrap_or(DEFAULT_BUFFER),
        promiscuous: !args.no_promiscuous,
        direction: args.direction,
        filter: args.bpf.or(trailing),
    }
}

fn files(
    paths: Vec<PathBuf>,
    args: &InputArgs,
    duration: Option<Duration>,
) -> Result<Input, clap::Error> {
    if !args.interface.is_empty() {
        return Err(conflict(
            "give capture files or an interface, not both; a capture filter goes after `--`",
        ));
    }
    if args.dnstap_socket.is_some() {
        return Err(conflict(
            "give capture files or --dnstap-socket, not both; files of dnstap are given as captures \
             are",
        ));
    }
    let live_option = duration.map(|_| "--duration");
    if let Some(option) = first_interface_option(args).or(live_option) {
        return Err(conflict(&format!("{option} works on an interface only, not on a file")));
    }
    if paths.iter().filter(|path| *path == Path::new("-")).count() > 1 {
        return Err(conflict("standard input (`-`) can be read once only"));
    }
    require_memory(args)?;
    Ok(Input::Files { paths, follow: args.follow, threads: args.threads, replay: None })
}

/// What cannot be written so.
fn check_writing(args: &WriteArgs) -> Result<(), clap::Error> {
    if args.write.as_deref() == Some(Path::new("-")) {
        let why = "-w - would mix packets with the report on standard output; name a file";
        return Err(conflict(why));
    }
    match (args.write_size, args.write_total) {
        (Some(size), Some(total)) if size > total => {
            Err(conflict("--write-total has no room for a file of --write-size"))
        }
        _ => Ok(()),
    }
}

fn record(args: &WriteArgs) -> Option<RecordOptions> {
    let path = args.write.clone()?;
    let (size, every, total) = (args.write_size, args.write_every, args.write_total);
    Some(RecordOptions { path, size, every, total })
}

/// Each thread has tables of its own.
fn require_memory(args: &InputArgs) -> Result<(), clap::Error> {
    let least = args.threads.map_or(0, |threads| threads.get() as u64 * LEAST_SHARE);
    if args.max_memory < least {
        let least = ByteSize(least);
        return Err(conflict(&format!("so many --threads need --max-memory {least} or more")));
    }
    Ok(())
}

fn first_interface_option(args: &InputArgs) -> Option<&'static str> {
    [
        (args.bpf.is_some(), "--bpf"),
        (!args.trailing_bpf.is_empty(), "a capture filter after `--`"),
        (args.snaplen.is_some(), "--snaplen"),
        (args.buffer.is_some(), "--buffer"),
        (args.no_promiscuous, "--no-promiscuous"),
        (args.direction.is_some(), "--direction"),
    ]
    .into_iter()
    .find_map(|(given, option)| given.then_some(option))
}

pub(super) fn conflict(why: &str) -> clap::Error {
    refuse(ErrorKind::ArgumentConflict, why)
}

/// How the task is used is added where it is known which one it is.
fn refuse(kind: ErrorKind, why: &str) -> clap::Error {
    clap::Error::raw(kind, format!("{why}\n"))
}

#[cfg(test)]
mod tests;
