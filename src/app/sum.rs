//! `rcodetop merge`: reads summaries one after the other, adds them up, and writes one report or one
//! summary.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, anyhow, bail};

use super::confinement;
use super::report::{options, owned_sink};
use super::verdict::{self, Exit};
use crate::cli::{Focused, Merge, ReportFormat};
use crate::confine::Sockets;
use crate::focus::{Focus, SLOW_AFTER};
use crate::output::{self, Options};
use crate::snapshot::SnapshotSpec;
use crate::source::unreadable;
use crate::summary::{Sum, SummaryError};
use crate::track::Hasher;
use crate::wire::name::escape_text;

/// A file that is open, and what it is called.
pub(super) struct Named<R> {
    pub(super) name: String,
    pub(super) input: R,
}

/// Adds up what the plan says.
pub(super) fn run(plan: &Merge) -> anyhow::Result<Exit> {
    let files = plan.files.iter().map(|path| open(path)).collect::<anyhow::Result<Vec<_>>>()?;
    let sink = owned_sink(&plan.told.rights, plan.output.as_deref(), &plan.files)?;
    let status = confinement::confine_to(&plan.told.rights, Vec::new(), Sockets::default())?;
    confinement::tell(&status, plan.told.volume, false);
    let mut sum = add_up(files, plan)?;
    let top = plan.top.unwrap_or_else(|| plan.format.default_rows());
    match plan.format {
        ReportFormat::Summary => {
            sink.write(|out| sum.write(out))?;
            // What was lost is told of a summary, too.
            let spec = SnapshotSpec { top: 0, ..SnapshotSpec::default() };
            Ok(verdict::verdict(&sum.snapshot(&spec), plan.check))
        }
        ReportFormat::Of(format) => {
            let snapshot = sum.snapshot(&SnapshotSpec { top, ..SnapshotSpec::default() });
            let told = options(plan.told.color, plan.told.volume, false, plan.output.is_some());
            let told = Options { every_row: plan.top.is_some(), ..told };
            sink.write(|out| output::write(format, &snapshot, &told, out))?;
            Ok(verdict::verdict(&snapshot, plan.check))
        }
    }
}

/// Opens a file, or standard input for `-`; nothing of it is read.
pub(super) fn open(path: &Path) -> anyhow::Result<Named<Box<dyn Read>>> {
    let name = escape_text(path.as_os_str().as_encoded_bytes());
    if path == Path::new("-") {
        let name = "standard input".to_owned();
        return Ok(Named { name, input: Box::new(io::stdin()) });
    }
    let file = File::open(path).map_err(|err| {
        // EMFILE: so many are opened before anything is read.
        match err.raw_os_error() {
            Some(24) => anyhow!(
                "cannot open {name}: {err}; add up some of them with --format summary, and that with \
                 the rest"
            ),
            _ => unreadable(path, &err).into(),
        }
    })?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        bail!("{name} is a directory; name the summaries in it");
    }
    Ok(Named { name, input: Box::new(file) })
}

fn add_up(files: Vec<Named<Box<dyn Read>>>, plan: &Merge) -> anyhow::Result<Sum> {
    let hasher = Hasher::default();
    let mut focus = plan.focus.map(|it| it.focus);
    let mut sum: Option<Sum> = None;
    for file in files {
        let next = read(file, focus, plan.max_memory / 2, &hasher)?;
        check_slow(&next, plan.focus)?;
        let Named { name, input: next } = next;
        match &mut sum {
            None => {
                // With one focus of all, unless it was asked for another.
                focus = Some(next.focus());
                sum = Some(next);
            }
            Some(sum) => sum.add(next).with_context(|| format!("cannot add up {name}"))?,
        }
    }
    sum.context("nothing to add up: name summaries")
}

/// Reads a summary.
pub(super) fn read(
    file: Named<Box<dyn Read>>,
    focus: Option<Focus>,
    max_memory: u64,
    hasher: &Hasher,
) -> anyhow::Result<Named<Sum>> {
    let Named { name, input } = file;
    let sum = Sum::read(input, focus, max_memory, hasher);
    let input = sum.map_err(|err: SummaryError| anyhow!("{name} {err}"))?;
    Ok(Named { name, input })
}

/// What is slow was decided when packets were counted.
pub(super) fn check_slow(sum: &Named<Sum>, asked: Option<Focused>) -> anyhow::Result<()> {
    let Some(Focused { focus: Focus::Slow, slow_after }) = asked else { return Ok(()) };
    let counted = sum.input.slow_after();
    if slow_after != counted && slow_after != SLOW_AFTER {
        bail!(
            "{} counts as slow what took more than {counted:?}: ask for --focus slow:{counted:?}, or \
             make it again with --focus slow:{slow_after:?}",
            sum.name
        );
    }
    Ok(())
}
