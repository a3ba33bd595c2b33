//! `rcodetop export`: what is written of the exchanges, and where to.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::args::{ExportArgs, ExportFormat, InputArgs};
use super::plan::{Analysis, analysis, conflict, require_input};
use crate::rows::TableFormat;

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

pub(super) fn export(args: ExportArgs) -> Result<Export, clap::Error> {
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

fn ending_of_a_file(path: &Path) -> Option<String> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    let mut formats = ExportFormat::value_variants().iter().map(|it| extension_of(*it));
    let is_one = OF_FILES.contains(&ending.as_str()) || formats.any(|known| known == ending);
    is_one.then(|| format!(".{ending}"))
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

/// Endings by which a file is meant, and not a folder, beside those of the formats.
const OF_FILES: [&str; 6] = ["json", "ndjson", "pcap", "txt", "gz", "zst"];

fn whither(path: PathBuf, format: ExportFormat) -> Result<Whither, clap::Error> {
    if path != Path::new("-") {
        if ends_as(&path, format) {
            return Ok(Whither::File(path));
        }
        let Some(ending) = ending_of_a_file(&path) else { return Ok(Whither::Folder(path)) };
        let right = extension_of(format);
        return Err(conflict(&format!(
            "{ending} is the end of a file of another format than {right}: name a file that ends in \
             .{right}, or a folder, or add another --format"
        )));
    }
    if matches!(format, ExportFormat::Jsonl | ExportFormat::Csv) {
        return Ok(Whither::Stdout);
    }
    Err(conflict(
        "-o - writes lines: add --format jsonl or --format csv, or name a file or a folder",
    ))
}
