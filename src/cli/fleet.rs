//! What puts several captures side by side: `rcodetop merge` adds them up, `rcodetop diff` compares
//! two of them.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum, ValueHint};

use super::args::ColorChoice;
use super::plan::{Analysis, Rights, Volume};
use super::units::{self, Focused, Secret};
use crate::output::Format;
use crate::output::difference::DiffFormat;
use crate::select::Filter;

/// What is written of what was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportFormat {
    /// A report, for a reader.
    Of(Format),
    /// The counts themselves, to be added up.
    Summary,
}

impl ReportFormat {
    /// How many rows lists have, unless the user says: what shall be added up has all.
    pub fn default_rows(self) -> usize {
        match self {
            Self::Of(format) => format.default_rows(),
            Self::Summary => usize::MAX,
        }
    }
}

static FORMATS: LazyLock<Vec<ReportFormat>> = LazyLock::new(|| {
    let reports = Format::value_variants().iter().map(|format| ReportFormat::Of(*format));
    reports.chain([ReportFormat::Summary]).collect()
});

impl ValueEnum for ReportFormat {
    fn value_variants<'a>() -> &'a [Self] {
        &FORMATS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Of(format) => format.to_possible_value(),
            Self::Summary => Some(
                PossibleValue::new("summary")
                    .help("All counts, compressed, for `rcodetop merge` and `rcodetop diff`"),
            ),
        }
    }
}

pub(super) const MERGE_EXAMPLES: &str = "\
Examples:
  rcodetop report --format summary hour1.pcap -o hour1.summary      on each sensor
  rcodetop merge *.summary                                          one report of all
  rcodetop merge *.summary --format json --top all
  rcodetop merge day/*.summary --format summary -o day.summary      to be added to others";

/// The options of `rcodetop merge`.
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// Summaries, as `rcodetop report --format summary` writes them; `-` is standard input
    #[arg(value_name = "SUMMARY", required = true, value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// What everything revolves around, as in a report [default: what the summaries were made with]
    #[arg(long, value_name = "FOCUS", value_parser = units::focus)]
    pub focus: Option<Focused>,
    /// Bound of all tables together; beyond it rare entries are forgotten and the report says so
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = units::memory)]
    pub max_memory: u64,
    /// The format of what is written
    #[arg(short, long, default_value = "text")]
    pub format: ReportFormat,
    /// Rows of each list, or `all` [default: 20; text and markdown: up to 10]
    #[arg(short, long, value_name = "N", value_parser = units::top)]
    pub top: Option<usize>,
    /// Write to this file instead of standard output, which is `-`
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Exit with status 1 if a fault was found, as a report does
    #[arg(long)]
    pub check: bool,
    /// How it is told.
    #[command(flatten)]
    pub told: ToldArgs,
}

pub(super) const DIFF_EXAMPLES: &str = "\
Examples:
  rcodetop diff before.pcap after.pcap                  before and after a change
  rcodetop diff monday.summary tuesday.summary --check  status 1 if anything got worse
  rcodetop diff kept.json now.pcap --format markdown    against a report that was kept
  rcodetop diff a.pcap b.pcap --focus no-response       what is not answered any more";

/// The options of `rcodetop diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The earlier side
    #[arg(value_name = "BEFORE", value_hint = ValueHint::FilePath)]
    pub before: PathBuf,
    /// The later side
    #[arg(value_name = "AFTER", value_hint = ValueHint::FilePath)]
    pub after: PathBuf,
    /// What everything revolves around, as in a report [default: that of a report or summary, else
    /// REFUSED]
    #[arg(long, value_name = "FOCUS", value_parser = units::focus)]
    pub focus: Option<Focused>,
    /// Which exchanges of captures are counted, as in a report
    #[arg(long, value_name = "EXPR")]
    pub filter: Option<Filter>,
    /// A UDP and TCP port that carries DNS in captures; repeatable, replaces the default
    #[arg(short, long, default_value = "53", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Vec<u16>,
    /// How long a query waits for its response, in packet time of captures
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = units::duration)]
    pub timeout: Duration,
    /// Bound of all tables together; beyond it rare entries are forgotten, which is allowed for
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = units::memory)]
    pub max_memory: u64,
    /// Threads that share the work of a capture [default: as many as help, at most 8]
    #[arg(long, value_name = "N", value_parser = units::threads)]
    pub threads: Option<NonZeroUsize>,
    /// Show pseudonyms in the place of all addresses of captures, as a report does, of the same key
    /// on both sides. Summaries and reports have to be made with it
    #[arg(long, value_name = "KEY|@FILE", num_args = 0..=1, require_equals = true,
          default_missing_value = "", value_parser = units::secret)]
    pub anonymize: Option<Secret>,
    /// The format of what is written
    #[arg(short, long, default_value = "text")]
    pub format: DiffFormat,
    /// Rows of each table, or `all` [default: 10; json: 20]
    #[arg(short, long, value_name = "N", value_parser = units::top)]
    pub top: Option<usize>,
    /// Write to this file instead of standard output, which is `-`
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Exit with status 1 if anything got worse
    #[arg(long)]
    pub check: bool,
    /// How it is told.
    #[command(flatten)]
    pub told: ToldArgs,
}

/// Two sides, and where their comparison goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff {
    /// The earlier side.
    pub before: PathBuf,
    /// The later side.
    pub after: PathBuf,
    /// How captures are read.
    pub analysis: Analysis,
    /// What everything revolves around; `None` for that of a report or summary.
    pub focus: Option<Focused>,
    /// What is written.
    pub format: DiffFormat,
    /// Rows of each table; `None` leaves it to the format.
    pub top: Option<usize>,
    /// The file to write; `None` means standard output.
    pub output: Option<PathBuf>,
    /// Whether what got worse changes the exit status.
    pub check: bool,
}

/// How something is told, and with whose rights the files are read.
#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "shown by --help")]
pub struct ToldArgs {
    /// Only errors on standard error
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Show the whole ledger, and how the program is confined
    #[arg(short, long)]
    pub verbose: bool,
    /// When to use colours; `auto` heeds NO_COLOR and needs a terminal
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
    /// As root, read as this user instead
    #[arg(long, value_name = "NAME", conflicts_with = "no_sandbox")]
    pub user: Option<String>,
    /// Keep all rights while reading: a fault in the program is then a hole in this host
    #[arg(long)]
    pub no_sandbox: bool,
}

/// How it is told, and with whose rights files are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// How much is told on standard error.
    pub volume: Volume,
    /// When to use colours.
    pub color: ColorChoice,
    /// With whose rights files are read.
    pub rights: Rights,
}

/// Summaries that shall be added up, and where the sum goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    /// At least one.
    pub files: Vec<PathBuf>,
    /// What everything revolves around; `None` for what the first one was made with.
    pub focus: Option<Focused>,
    /// Bound of all tables together, in bytes.
    pub max_memory: u64,
    /// What is written.
    pub format: ReportFormat,
    /// Rows of each list; `None` leaves it to the format.
    pub top: Option<usize>,
    /// The file to write; `None` means standard output.
    pub output: Option<PathBuf>,
    /// Whether a fault found changes the exit status.
    pub check: bool,
    /// How it is told.
    pub told: Told,
}

impl From<ToldArgs> for Told {
    fn from(args: ToldArgs) -> Self {
        let ToldArgs { quiet, verbose, color, user, no_sandbox } = args;
        let volume = match (quiet, verbose) {
            (true, _) => Volume::Quiet,
            (_, true) => Volume::Verbose,
            _ => Volume::Normal,
        };
        let rights = if no_sandbox { Rights::All } else { Rights::Confined { user } };
        Self { volume, color, rights }
    }
}

impl From<MergeArgs> for Merge {
    fn from(args: MergeArgs) -> Self {
        let MergeArgs { files, focus, max_memory, format, top, output, check, told } = args;
        let output = units::file(output);
        Self { files, focus, max_memory, format, top, output, check, told: told.into() }
    }
}
