//! From words to intent: the checks that concern several options at once.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytesize::ByteSize;
use clap::error::ErrorKind;
use clap::{CommandFactory, ValueEnum};
use clap_complete::Shell;

use super::args::{
    CheckStyle, Cli, ColorChoice, ExportArgs, ExportFormat, InputArgs, ReportArgs, ScreenArgs,
    ServeArgs, Task, WriteArgs,
};
use super::fleet::{Diff, DiffArgs, Merge, ReportFormat, Told};
use super::units::{MOST_SNAPLEN, Secret};
use crate::engine::EngineConfig;
use crate::hearsay::Hearsay;
use crate::output::Format;
use crate::output::probe::Thresholds;
use crate::record::RecordOptions;
use crate::rows::TableFormat;
use crate::snapshot::Speed;

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
}

/// What to read and how to analyze it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analysis {
    /// Where the packets come from.
    pub input: Input,
    /// What shapes the analysis.
    pub engine: EngineConfig,
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
    /// Network interfaces.
    Live(Live),
}

/// How to capture on interfaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// As named by the user; none means the default one.
    pub interfaces: Vec<String>,
    /// Bytes captured of each frame.
    pub snaplen: u32,
    /// The kernel's capture buffer, in bytes.
    pub buffer: u64,
    /// Whether to see packets for other hosts too.
    pub promiscuous: bool,
    /// A capture filter in place of the built-in one.
    pub filter: Option<String>,
    /// Stop after this long, by the clock.
    pub duration: Option<Duration>,
    /// Threads that share the work.
    pub threads: NonZeroUsize,
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

/// What is exported, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// What to read and how to match it.
    pub analysis: Analysis,
    /// What is written.
    pub what: Exported,
}

/// What is exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exported {
    /// One row for each exchange.
    Rows(Rows),
    /// The packets of exchanges.
    Packets {
        /// To this file.
        path: PathBuf,
        /// Of those of a finding: its cause or its number.
        finding: Option<String>,
    },
}

/// One row for each exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// How rows are written.
    pub format: TableFormat,
    /// To where.
    pub output: Whither,
    /// Who captured this; `None` for the name of this host.
    pub sensor: Option<String>,
}

/// Where an export goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whither {
    /// Standard output.
    Stdout,
    /// This file.
    File(PathBuf),
    /// Files below this folder.
    Folder(PathBuf),
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

fn report(args: ReportArgs) -> Result<Report, clap::Error> {
    if args.replay.is_some() {
        return Err(conflict(
            "--replay plays on the dashboard: `rcodetop --replay FILE`; a report is of the whole",
        ));
    }
    require_input(
        &args.input,
        "nothing to read: give a capture file, `-` for standard input, or an interface with -i \
         (and --duration, or Ctrl-C when it is enough)",
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
        "nothing to capture: give an interface with -i (or capture files, to try it out)",
    )?;
    Ok(Serve { analysis: analysis(input, None)?, listen, servers: usize::from(servers) })
}

fn export(args: ExportArgs) -> Result<Export, clap::Error> {
    require_input(
        &args.input,
        "nothing to read: give a capture file, `-` for standard input, or an interface with -i \
         (and --duration, or Ctrl-C when it is enough)",
    )?;
    let ExportArgs { input, duration, format, output, sensor, finding } = args;
    let format = format.unwrap_or_else(|| format_of(&output));
    let what = match table(format) {
        Some(table) if finding.is_none() => {
            Exported::Rows(Rows { format: table, output: whither(output, format)?, sensor })
        }
        Some(_) => {
            let why = "--finding picks packets: add --format pcapng; for rows use --filter";
            return Err(conflict(why));
        }
        None => packets(&input, output, finding)?,
    };
    Ok(Export { analysis: analysis(input, duration)?, what })
}

/// Packets are picked on a second reading.
fn packets(
    args: &InputArgs,
    path: PathBuf,
    finding: Option<String>,
) -> Result<Exported, clap::Error> {
    if path == Path::new("-") {
        return Err(conflict("--format pcapng writes a file; name one with -o"));
    }
    let is_pipe = |path: &PathBuf| path == Path::new("-");
    let is_live = args.files.is_empty() && args.read.is_empty();
    if is_live || args.files.iter().chain(&args.read).any(is_pipe) || args.follow {
        return Err(conflict(
            "--format pcapng reads the capture twice, and needs files that are whole; \
             -w FILE keeps the packets of an interface or a pipe as they come",
        ));
    }
    Ok(Exported::Packets { path, finding })
}

/// What a file is, by the end of its name; a folder gets what there is first.
fn format_of(path: &Path) -> ExportFormat {
    let all = ExportFormat::value_variants();
    let found = all.iter().find(|format| ends_as(path, **format));
    found.or(all.first()).copied().unwrap_or(ExportFormat::Jsonl)
}

fn ends_as(path: &Path, format: ExportFormat) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(extension_of(format)))
}

fn extension_of(format: ExportFormat) -> &'static str {
    table(format).map_or("pcapng", TableFormat::extension)
}

/// How rows are written; `None` for packets.
fn table(format: ExportFormat) -> Option<TableFormat> {
    match format {
        #[cfg(feature = "parquet")]
        ExportFormat::Parquet => Some(TableFormat::Parquet),
        ExportFormat::Jsonl => Some(TableFormat::Jsonl),
        ExportFormat::Csv => Some(TableFormat::Csv),
        ExportFormat::Pcapng => None,
    }
}

fn whither(path: PathBuf, format: ExportFormat) -> Result<Whither, clap::Error> {
    if path != Path::new("-") {
        let is_file = ends_as(&path, format);
        return Ok(if is_file { Whither::File(path) } else { Whither::Folder(path) });
    }
    match format {
        ExportFormat::Jsonl | ExportFormat::Csv => Ok(Whither::Stdout),
        _ => Err(conflict(
            "-o - writes lines: add --format jsonl or --format csv, or name a file or a folder",
        )),
    }
}

/// Both sides are read as the files of a report are.
fn diff(args: DiffArgs) -> Diff {
    let DiffArgs { before, after, mut port, focus, filter, timeout, max_memory, threads, .. } =
        args;
    let DiffArgs { format, top, output, check, told, .. } = args;
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
        filter: filter.filter(|filter| !filter.is_empty()),
        ..usual
    };
    let input = Input::Files { paths: vec![before.clone()], follow: false, threads, replay: None };
    let analysis = Analysis {
        input,
        engine,
        volume,
        color,
        screen: Screen::default(),
        export_dir: None,
        record: None,
        rights,
        secret: None,
        geoip: Vec::new(),
    };
    Diff { before, after, analysis, focus, format, top, output, check }
}

fn require_input(args: &InputArgs, otherwise: &str) -> Result<(), clap::Error> {
    if args.files.is_empty() && args.read.is_empty() && args.interface.is_empty() {
        return Err(refuse(ErrorKind::MissingRequiredArgument, otherwise));
    }
    Ok(())
}

fn analysis(mut args: InputArgs, duration: Option<Duration>) -> Result<Analysis, clap::Error> {
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
            filter: args.filter.clone().filter(|filter| !filter.is_empty()),
            trail: 0,
            names: 0,
        },
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
    let words = args.trailing_bpf.join(" ");
    let trailing = Some(words).filter(|words| !words.trim().is_empty());
    Ok(Input::Live(Live {
        interfaces: args.interface,
        snaplen: args.snaplen.unwrap_or(MOST_SNAPLEN),
        buffer: args.buffer.unwrap_or(DEFAULT_BUFFER),
        promiscuous: !args.no_promiscuous,
        filter: args.bpf.or(trailing),
        duration,
        threads: args.threads.unwrap_or(NonZeroUsize::MIN),
    }))
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
    if let Some(option) = first_live_option(args, duration) {
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

fn first_live_option(args: &InputArgs, duration: Option<Duration>) -> Option<&'static str> {
    [
        (args.bpf.is_some(), "--bpf"),
        (!args.trailing_bpf.is_empty(), "a capture filter after `--`"),
        (args.snaplen.is_some(), "--snaplen"),
        (args.buffer.is_some(), "--buffer"),
        (args.no_promiscuous, "--no-promiscuous"),
        (duration.is_some(), "--duration"),
    ]
    .into_iter()
    .find_map(|(given, option)| given.then_some(option))
}

fn conflict(why: &str) -> clap::Error {
    refuse(ErrorKind::ArgumentConflict, why)
}

fn refuse(kind: ErrorKind, why: &str) -> clap::Error {
    Cli::command().error(kind, why)
}

#[cfg(test)]
mod tests {
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
            Input::Live(options) => assert_eq!(options.filter.as_deref(), expected, "{line}"),
            other @ Input::Files { .. } => panic!("{line} reads {other:?}"),
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
        check_filter(
            "rcodetop -n -i eth0 -- udp and host 192.0.2.1",
            Some("udp and host 192.0.2.1"),
        );
        check_filter("rcodetop -i eth0 --bpf tcp", Some("tcp"));
        check_filter("rcodetop -- tcp", Some("tcp"));
        check_filter("rcodetop report -i eth0 --duration 1s -- tcp", Some("tcp"));
    }

    #[test]
    fn what_contradicts_itself_is_refused_with_a_reason() {
        check_refused("rcodetop -i eth0 port 53", "a capture filter goes after `--`");
        check_refused("rcodetop a.pcap --bpf udp", "--bpf works on an interface only");
        check_refused(
            "rcodetop a.pcap -- udp",
            "a capture filter after `--` works on an interface",
        );
        check_refused("rcodetop a.pcap --snaplen 96", "--snaplen works on an interface only");
        check_refused("rcodetop a.pcap --buffer 1M", "--buffer works on an interface only");
        check_refused("rcodetop a.pcap --no-promiscuous", "--no-promiscuous works on an interface");
        check_refused("rcodetop report a.pcap --duration 1s", "--duration works on an interface");
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
        check_refused(
            "rcodetop serve -i eth0 --listen localhost:1",
            "write it like 127.0.0.1:9953",
        );
        check_refused("rcodetop serve -i eth0 --servers 1001", "1001 is not in 0..=1000");
        check_refused(
            "rcodetop report x --check=nagios --format jsonl",
            "name a file for the rest",
        );
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
}
