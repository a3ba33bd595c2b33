//! The words of the command line, as clap types. What they mean together is [`super::plan`]'s.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

use super::fleet::{DIFF_EXAMPLES, DiffArgs, MERGE_EXAMPLES, MergeArgs, ReportFormat};
use super::units::{self, Focused};
use crate::select::Filter;
use crate::snapshot::Speed;
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
  rcodetop explain 9005                       what a Windows DNS error means
  rcodetop explain acl-recursion              how a cause shows, and how to mend it

Exit status: 0 done; 1 a fault was found (report --check only); 2 could not do the work;
3 done, but the input was damaged, or packets were lost or not written; 70 internal error.";

const REPORT_EXAMPLES: &str = "\
Examples:
  rcodetop report outage.pcapng
  rcodetop report --format json --top all day1.pcap day2.pcap.zst -o report.json
  sudo rcodetop report -i eth0 --duration 30s --check";

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
    /// Capture files (pcap, pcapng, also compressed) merged by time; `-` is standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// A capture filter in pcap syntax, as with --bpf
    #[arg(value_name = "BPF", last = true)]
    pub trailing_bpf: Vec<String>,

    /// Capture live on this interface; repeatable
    #[arg(short, long, value_name = "IF")]
    pub interface: Vec<String>,
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

    /// A capture filter in pcap syntax that replaces the built-in one (the DNS ports, fragments
    /// and ICMP errors, also inside VLANs)
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
    /// Write the report to this file instead of standard output
    #[arg(short, long, value_name = "FILE", help_heading = OUTPUT, value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Show what addresses are called: hearsay, from A, AAAA and PTR records in the capture; no
    /// address is ever looked up
    #[arg(long, help_heading = OUTPUT, conflicts_with = "numeric")]
    pub names: bool,
    /// Exit with status 1 if a fault was found: a finding marked as fault that is likely or
    /// certain, or anything in focus that nothing explains
    #[arg(long, help_heading = OUTPUT)]
    pub check: bool,
    /// Refused, with what to do instead.
    #[arg(long, hide = true, value_parser = units::speed, num_args = 0..=1, require_equals = true,
          default_missing_value = "1")]
    pub replay: Option<Speed>,
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
