//! The words of the command line, as clap types. What they mean together is [`super::plan`]'s.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

use super::fleet::{DIFF_EXAMPLES, DiffArgs, MERGE_EXAMPLES, MergeArgs, ReportFormat};
use super::units::{self, Focused, Secret};
use crate::select::Filter;
use crate::snapshot::Speed;
use crate::source::Direction;
use crate::tui::theme::THEMES;

/// The theme that is none: what suits the terminal.
pub const AUTO: &str = "auto";

const EXAMPLES: &str = "\
Examples:
  rcodetop outage.pcapng                      watch a capture on the dashboard
  rcodetop --replay=10x outage.pcapng         watch it happen, ten times as fast
  sudo rcodetop -i eth0                       watch live traffic
  sudo rcodetop -i eth0 -- host 192.0.2.53    ... of one server only
  rcodetop report outage.pcap.gz              who is refused, by whom, for which names
  rcodetop report --focus SERVFAIL old.pcap   the same for another response code
  rcodetop report --focus no-response a.pcap  ... for queries that nobody answers
  tcpdump -w - port 53 | rcodetop report -    a report over a pipe
  rcodetop --dnstap-socket /run/dns/tap       watch what a server tells, also of TLS and HTTPS
  rcodetop diff monday.pcap friday.pcap       what changed, by more than chance
  rcodetop export day.pcap -o lake            one row for each exchange, for databases
  sudo rcodetop serve -i eth0                 metrics for Prometheus
  rcodetop explain 9005                       what a Windows DNS error means
  rcodetop explain acl-recursion              how a cause shows, and how to mend it

Exit status: 0 done; 1 a fault was found (report --check only); 2 could not do the work;
3 done, but the input was damaged, or packets were lost or not written; 70 internal error.";

const REPORT_EXAMPLES: &str = "\
Examples:
  rcodetop report outage.pcapng
  rcodetop report --format json --top all day1.pcap day2.pcap.zst -o report.json
  sudo rcodetop report -i eth0 --duration 30s --check
  sudo rcodetop report -i eth0 --duration 30s --check=nagios --warning 1 --critical 5
  sudo rcodetop report -i eth0 --format jsonl      a line for each finding that comes or goes";

const SERVE_EXAMPLES: &str = "\
Examples:
  sudo rcodetop serve -i eth0
  sudo rcodetop serve -i eth0 --listen 192.0.2.7:9953 --servers 100
  rcodetop serve --follow /var/tmp/dns.pcap
  curl http://127.0.0.1:9953/metrics";

const SERVING: &str = "Serving";

const EXPORT_EXAMPLES: &str = "\
Examples:
  rcodetop export day1.pcap day2.pcap.zst -o lake --sensor ns1     folders by date, hour and sensor
  rcodetop export outage.pcapng -o outage.parquet                  one file
  rcodetop export outage.pcapng --format csv -o - | head           lines on standard output
  sudo rcodetop export -i eth0 --duration 1d -o /srv/dns           as it comes, a file an hour
  rcodetop export outage.pcapng --filter 'rcode:REFUSED' -o refused.pcapng   the packets themselves

docs/export-columns.md says what each column is.";

const LIVE: &str = "Live capture only";
const FILES: &str = "Capture files only";
const WRITING: &str = "Writing packets";
const ANALYSIS: &str = "Analysis";
const OUTPUT: &str = "Output";
const SCREEN: &str = "Dashboard only";
const CONFINED: &str = "Confinement";

/// Who is refused by DNS servers, by whom, for which names, since when.
///
/// rcodetop reads captured packets, matches DNS responses with their queries and shows which
/// servers give a response code (REFUSED unless told otherwise) to whom and for what. It only
/// listens: it never sends a packet and never resolves an address.
///
/// Without a subcommand it shows the dashboard, or the text report if standard output is not a
/// terminal. Without FILE and --interface it captures on the first interface it may.
#[derive(Debug, Parser)]
#[command(
    name = "rcodetop",
    version,
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub struct Cli {
    /// What to do instead of showing the dashboard.
    #[command(subcommand)]
    pub task: Option<Task>,
    /// What to read and how.
    #[command(flatten)]
    pub input: InputArgs,
    /// How the dashboard looks.
    #[command(flatten)]
    pub screen: ScreenArgs,
    /// Write the reports that `e` asks for into this folder [default: the current one]
    #[arg(long, value_name = "DIR", help_heading = OUTPUT, value_hint = ValueHint::DirPath)]
    pub export_dir: Option<PathBuf>,
    /// List the interfaces that can be captured on; same as `rcodetop interfaces`
    #[arg(short = 'D', long, exclusive = true)]
    pub list_interfaces: bool,
    /// Print the defaults of the configuration file, with comments, and exit
    #[arg(long, exclusive = true)]
    pub print_config: bool,
}

/// What to do instead of showing the dashboard.
#[derive(Debug, Subcommand)]
#[expect(clippy::doc_markdown, reason = "shown by --help")]
pub enum Task {
    /// Read everything, print one report, exit
    ///
    /// On an interface, reads until --duration has passed or Ctrl-C is pressed; either way the
    /// report is printed. Times in reports are UTC.
    #[command(after_help = REPORT_EXAMPLES)]
    Report(ReportArgs),
    /// Tell Prometheus what is captured: metrics over HTTP, until stopped
    ///
    /// Answers at /metrics, /health (the program works), /ready (it captures) and /. There are no
    /// passwords and no encryption: who may connect may read. The metrics are in docs/metrics.md.
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(ServeArgs),
    /// Write one row for each exchange, for databases, or the packets behind a filter
    ///
    /// An exchange is a query with its response, a query without one, or a response without a query;
    /// each is one row, whatever came of it. Nothing is ever written over.
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(ExportArgs),
    /// Add up what several sensors or hours have counted, and report it as one
    #[command(after_help = MERGE_EXAMPLES)]
    Merge(MergeArgs),
    /// Tell what changed from one capture to another, by more than chance
    ///
    /// Each side is a capture file, a summary (report --format summary) or a report that was kept
    /// (report --format json --top all). Shares are compared, as captures differ in length.
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(DiffArgs),
    /// Explain a response code, a Windows DNS error, an Extended DNS Error or a cause
    ///
    /// Without an argument, lists all of them.
    Explain {
        /// A mnemonic (REFUSED), a number (5), a Windows error (9005, 0x232D,
        /// DNS_ERROR_RCODE_REFUSED), an Extended DNS Error (ede:18) or a cause
        /// (acl-recursion)
        what: Option<String>,
    },
    /// List the interfaces that can be captured on, and whether this user may
    Interfaces,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, in roff
    Man,
    /// Write the reports that the dashboard hands over; started by the dashboard itself
    #[command(hide = true)]
    WriteReports {
        /// Into this folder
        folder: PathBuf,
    },
    /// Write the files of rows that an export hands over; started by the program itself
    #[command(hide = true)]
    WriteRows {
        /// Below this folder
        folder: PathBuf,
    },
    /// Remove a socket, or a file that is empty, once a capture has ended; started by the program
    /// itself
    #[command(hide = true)]
    RemoveFile {
        /// The file
        path: PathBuf,
        /// The number of its file system
        device: u64,
        /// Its number there
        number: u64,
        /// As the user who runs the program, even if that is root
        #[arg(long)]
        stay: bool,
    },
    /// Write the packets that a capture hands over; started by the program itself
    #[command(hide = true)]
    WritePackets {
        /// To this file
        path: PathBuf,
        /// As the option of this name
        #[arg(long)]
        write_size: Option<u64>,
        /// As the option of this name
        #[arg(long, value_parser = units::duration)]
        write_every: Option<Duration>,
        /// As the option of this name
        #[arg(long)]
        write_total: Option<u64>,
    },
}

/// What to read and how; shared by the dashboard and the report.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, clippy::doc_markdown, reason = "flags, shown by --help")]
pub struct InputArgs {
    /// Capture files (pcap, pcapng, dnstap, also compressed) merged by time; `-` is standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// A capture filter in pcap syntax, as with --bpf
    #[arg(value_name = "BPF", last = true)]
    pub trailing_bpf: Vec<String>,

    /// Capture live on this interface; repeatable
    #[arg(short, long, value_name = "IF")]
    pub interface: Vec<String>,
    /// Take what DNS servers tell (dnstap) on this Unix socket, which is made for it, mode 0660, and
    /// removed at the end
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub dnstap_socket: Option<PathBuf>,
    /// Read this capture file; same as FILE, repeatable
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub read: Vec<PathBuf>,

    /// A UDP and TCP port that carries DNS; repeatable, replaces the default
    #[arg(short, long, default_value = "53", help_heading = ANALYSIS,
          value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Vec<u16>,
    /// What everything revolves around: a response code by name or number; no-response, queries that
    /// got none in time; or slow, what was answered after more than 500ms, or after more than T with
    /// slow:T
    #[arg(long, value_name = "FOCUS", default_value = "REFUSED", help_heading = ANALYSIS,
          value_parser = units::focus)]
    pub focus: Focused,
    /// Which exchanges are counted: terms such as server:, client:, name:, under:, type:, rcode:,
    /// ede:, transport:, family:, failed, joined by blanks (and), `or`, `not` and parentheses, e.g.
    /// 'client:10.8.0.0/16 not type:PTR'
    #[arg(long, value_name = "EXPR", help_heading = ANALYSIS)]
    pub filter: Option<Filter>,
    /// How long a query waits for its response, in packet time
    #[arg(long, value_name = "DURATION", default_value = "5s", help_heading = ANALYSIS,
          value_parser = units::duration)]
    pub timeout: Duration,
    /// Bound of all tables together; beyond it rare entries are forgotten and the report says so
    #[arg(long, value_name = "SIZE", default_value = "512MiB", help_heading = ANALYSIS,
          value_parser = units::memory)]
    pub max_memory: u64,

    /// Threads that share the work: with 1 the one that reads does it all. The numbers are the same
    /// with any [default: 1 live; for files as many as help, at most 8]
    #[arg(long, value_name = "N", help_heading = ANALYSIS, alias = "workers",
          value_parser = units::threads)]
    pub threads: Option<NonZeroUsize>,

    /// Show and write pseudonyms in the place of all addresses; those of one network stay together.
    /// The same key gives the same ones in every run; without one they last for this run only. A
    /// key has at least 16 letters. Processes can see each other's options: put it into a file and
    /// give @FILE
    #[arg(long, value_name = "KEY|@FILE", help_heading = ANALYSIS, num_args = 0..=1,
          require_equals = true, default_missing_value = "", value_parser = units::secret)]
    pub anonymize: Option<Secret>,

    /// Tell where servers and clients are, by this MaxMind database (.mmdb) of countries, cities or
    /// autonomous systems; repeatable
    #[arg(long, value_name = "FILE", help_heading = ANALYSIS, value_hint = ValueHint::FilePath)]
    pub geoip: Vec<PathBuf>,

    /// A capture filter in pcap syntax that replaces the built-in one (the DNS ports, fragments
    /// and ICMP errors, also inside VLANs); with addresses, not names
    #[arg(long, value_name = "EXPR", help_heading = LIVE, conflicts_with = "trailing_bpf")]
    pub bpf: Option<String>,
    /// Bytes captured of each frame; 0 for whole frames [default: 262144]
    #[arg(long, value_name = "BYTES", help_heading = LIVE, value_parser = units::snaplen)]
    pub snaplen: Option<u32>,
    /// The kernel's capture buffer; larger loses fewer packets in bursts [default: 64MiB]
    #[arg(long, value_name = "SIZE", help_heading = LIVE, value_parser = units::buffer)]
    pub buffer: Option<u64>,
    /// Leave the interface out of promiscuous mode: see only this host's own packets
    #[arg(long, help_heading = LIVE)]
    pub no_promiscuous: bool,

    /// Capture only what comes in, or only what goes out [default: both]: matching needs queries and
    /// their responses
    #[arg(long, value_name = "in|out", help_heading = LIVE, value_parser = units::direction)]
    pub direction: Option<Direction>,

    /// Wait for more at the end of a file that still grows
    #[arg(long, help_heading = FILES)]
    pub follow: bool,
    /// Where packets are written to.
    #[command(flatten)]
    pub write: WriteArgs,

    /// As root, read packets as this user instead [default: who called sudo, else rcodetop or
    /// nobody]; `root` stays root, without its capabilities
    #[arg(long, value_name = "NAME", help_heading = CONFINED, conflicts_with = "no_sandbox")]
    pub user: Option<String>,
    /// Keep all rights while reading packets: a fault in the program is then a hole in this host
    #[arg(long, help_heading = CONFINED)]
    pub no_sandbox: bool,

    /// Only errors on standard error: no progress bar, no notes
    #[arg(short, long, help_heading = OUTPUT, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Tell on standard error what was read and how fast; reports show the whole ledger
    #[arg(short, long, help_heading = OUTPUT)]
    pub verbose: bool,
    /// When to use colours; `auto` heeds NO_COLOR and needs a terminal
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = OUTPUT)]
    pub color: ColorChoice,
    /// Addresses alone, without the names that answers in the capture give them; no address is
    /// ever looked up
    #[arg(short = 'n', action = clap::ArgAction::Count, help_heading = OUTPUT)]
    pub numeric: u8,
}

/// Where packets are written to.
#[derive(Debug, Args)]
pub struct WriteArgs {
    /// Write every packet that is captured or read to this file, as pcapng, whatever --filter
    /// counts. Never over a file that is there
    #[arg(short, long, value_name = "FILE", help_heading = WRITING, value_hint = ValueHint::FilePath)]
    pub write: Option<PathBuf>,
    /// Begin another file before one is longer than this; files then have a time and a number in
    /// their names
    #[arg(long, value_name = "SIZE", help_heading = WRITING, requires = "write",
          value_parser = units::file_size)]
    pub write_size: Option<u64>,
    /// Begin another file once one spans so much time
    #[arg(long, value_name = "DURATION", help_heading = WRITING, requires = "write",
          value_parser = units::duration)]
    pub write_every: Option<Duration>,
    /// Remove the oldest of these files before all are longer than this; where there is one file
    /// only, write no more
    #[arg(long, value_name = "SIZE", help_heading = WRITING, requires = "write",
          value_parser = units::file_size)]
    pub write_total: Option<u64>,
}

/// How the dashboard looks and is used.
#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "shown by --help")]
pub struct ScreenArgs {
    /// Colours; `auto` asks the terminal for its background and heeds NO_COLOR
    #[arg(long, value_name = "NAME", help_heading = SCREEN, value_parser = themes())]
    pub theme: Option<String>,
    /// Draw in ASCII alone; without it the locale decides
    #[arg(long, help_heading = SCREEN)]
    pub ascii: bool,
    /// Leave the mouse to the terminal, so that text can be selected
    #[arg(long, help_heading = SCREEN)]
    pub no_mouse: bool,
    /// Show what differs from this capture, summary or report that was kept (see `rcodetop diff`)
    #[arg(long, value_name = "FILE", help_heading = SCREEN, value_hint = ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,
    /// Play capture files: packets come as they were captured, or so many times as fast (0.1 to
    /// 1000). Keys pause, step, change the speed and go to the end [default without SPEED: 1]
    #[arg(long, value_name = "SPEED", help_heading = FILES, value_parser = units::speed,
          num_args = 0..=1, require_equals = true, default_missing_value = "1")]
    pub replay: Option<Speed>,
    /// Read this configuration file [default: $XDG_CONFIG_HOME/rcodetop/config.toml or
    /// ~/.config/rcodetop/config.toml, if it exists]
    #[arg(long, value_name = "FILE", help_heading = SCREEN, value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Read no configuration file
    #[arg(long, help_heading = SCREEN, conflicts_with = "config")]
    pub no_config: bool,
}

/// The names of the themes, and whom each is for.
fn themes() -> PossibleValuesParser {
    let auto = PossibleValue::new(AUTO).help("dark, light, ansi or none, as suits the terminal");
    let themes = THEMES.iter().map(|theme| PossibleValue::new(theme.name).help(theme.about));
    PossibleValuesParser::new([auto].into_iter().chain(themes))
}

/// The options of `rcodetop report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// What to read and how.
    #[command(flatten)]
    pub input: InputArgs,
    /// Stop capturing after this long, by the clock
    #[arg(long, value_name = "DURATION", help_heading = LIVE, value_parser = units::duration)]
    pub duration: Option<Duration>,
    /// The report's format
    #[arg(short, long, default_value = "text", help_heading = OUTPUT)]
    pub format: ReportFormat,
    /// Rows of each list, or `all` [default: 20; text and markdown: up to 10]
    #[arg(short, long, value_name = "N", help_heading = OUTPUT, value_parser = units::top)]
    pub top: Option<usize>,
    /// Write the report to this file instead of standard output, which is `-`
    #[arg(short, long, value_name = "FILE", help_heading = OUTPUT, value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Show what addresses are called: hearsay, from A, AAAA and PTR records in the capture; no
    /// address is ever looked up
    #[arg(long, help_heading = OUTPUT, conflicts_with = "numeric")]
    pub names: bool,
    /// Exit with status 1 if a fault was found: a finding marked as fault that is likely or
    /// certain, or anything in focus that nothing explains. With --check=nagios be a plugin for
    /// Nagios, Icinga and the like: their line in place of the report, their exit status (0 to 3)
    #[arg(long, value_name = "STYLE", help_heading = OUTPUT, num_args = 0..=1,
          require_equals = true, default_missing_value = "status")]
    pub check: Option<CheckStyle>,
    /// With --check=nagios: more than this share of the focus is a warning, whatever the findings say
    #[arg(long, value_name = "PERCENT", help_heading = OUTPUT, requires = "check",
          value_parser = units::percent)]
    pub warning: Option<f64>,
    /// With --check=nagios: more than this share of the focus is critical
    #[arg(long, value_name = "PERCENT", help_heading = OUTPUT, requires = "check",
          value_parser = units::percent)]
    pub critical: Option<f64>,
    /// Refused, with what to do instead.
    #[arg(long, hide = true, value_parser = units::speed, num_args = 0..=1, require_equals = true,
          default_missing_value = "1")]
    pub replay: Option<Speed>,
}

/// The options of `rcodetop serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// What to read and how.
    #[command(flatten)]
    pub input: InputArgs,
    /// Listen at this address and port, or at this port of 127.0.0.1; an IPv6 address stands in
    /// brackets. No name is looked up
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9953",
          help_heading = SERVING, value_parser = units::listen)]
    pub listen: SocketAddr,
    /// Servers with numbers of their own at most; all others are counted together
    #[arg(long, value_name = "N", default_value = "50", help_heading = SERVING,
          value_parser = clap::value_parser!(u16).range(0..=1000))]
    pub servers: u16,
}

/// How a monitor is told of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckStyle {
    /// By exit status 1, with the report as usual
    Status,
    /// By the line and the exit status of a monitoring plugin
    #[value(alias = "icinga")]
    Nagios,
}

/// The options of `rcodetop export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// What to read and how.
    #[command(flatten)]
    pub input: InputArgs,
    /// Stop capturing after this long, by the clock
    #[arg(long, value_name = "DURATION", help_heading = LIVE, value_parser = units::duration)]
    pub duration: Option<Duration>,
    /// What to write [default: as PATH ends, else the first of these]
    #[arg(short, long, help_heading = OUTPUT)]
    pub format: Option<ExportFormat>,
    /// Into this folder, which is made if it is not there: `date=.../hour=.../sensor=...` and files
    /// below; or to this file, if it ends as files of the format do; `-` is standard output (jsonl
    /// and csv)
    #[arg(short, long, value_name = "PATH", help_heading = OUTPUT, value_hint = ValueHint::AnyPath)]
    pub output: PathBuf,
    /// Who captured this, for the names of folders [default: the name of this host]
    #[arg(long, value_name = "NAME", help_heading = OUTPUT, value_parser = units::sensor)]
    pub sensor: Option<String>,
    /// Packets of this finding only: its cause, as a report or `rcodetop explain` names it, or its
    /// number in the report, from 1
    #[arg(long, value_name = "ID", help_heading = ANALYSIS)]
    pub finding: Option<String>,
}

/// What can be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// Rows: Apache Parquet, compressed with zstd
    #[cfg(feature = "parquet")]
    Parquet,
    /// Rows: JSON Lines, one object each
    Jsonl,
    /// Rows: comma-separated values with a heading
    Csv,
    /// The packets of the exchanges that --filter or --finding means, each with a comment; reads the
    /// files twice
    Pcapng,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
