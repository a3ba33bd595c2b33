//! `rcodetop diff`, and the baseline of the dashboard: captures, summaries and reports as sides of a
//! comparison.

use std::fs::File;
use std::io::Read;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};

use super::open::{self, Opened};
use super::progress::Meter;
use super::report::{options, owned_sink, read};
use super::signals::{Inquiry, Orders, Stop};
use super::sum::Named;
use super::veil::Veil;
use super::verdict::{self, Exit};
use super::{confinement, sum};
use crate::cli::{Analysis, Diff, Input, Secret, Volume};
use crate::confine::Sockets;
use crate::diff::{Comparison, Kind, Side, compare, is_report, marks};
use crate::feed::Command;
use crate::focus::Focus;
use crate::output::difference::{Difference, write_difference};
use crate::snapshot::{Ended, Lists, Snapshot, SnapshotSpec};
use crate::summary::{Sum, is_summary};
use crate::track::Hasher;
use crate::wire::name::escape_text;

/// The longest report that is read, as a part of the memory granted.
const REPORT_PART: u64 = 8;

/// What one side is read from: it is open, and no byte of it was looked at.
pub(super) struct OpenSide {
    name: String,
    /// Of a file that can be read more than once.
    file: Option<File>,
    capture: Opened,
    analysis: Analysis,
}

/// Compares what the plan says.
pub(super) fn run(plan: &Diff) -> anyhow::Result<Exit> {
    let inquiry = Inquiry::on_signal()?;
    let veil = Veil::of(&plan.analysis)?;
    let [before, after] =
        [&plan.before, &plan.after].map(|path| open_side(path, &plan.analysis, veil.clone()));
    let (before, after) = (before?, after?);
    let orders = Orders { stop: Stop::on_signals()?, inquiry };
    let files = [plan.before.clone(), plan.after.clone()];
    let sink = owned_sink(&plan.analysis.rights, plan.output.as_deref(), &files)?;
    let to_read = [before.to_read(), after.to_read()].concat();
    let status = confinement::confine_to(&plan.analysis.rights, to_read, Sockets::default())?;
    confinement::tell(&status, plan.analysis.volume, false);
    let (before, after) = sides(before, after, plan, &orders)?;
    let comparison = compare(&before.side, &after.side);
    let top = plan.top.unwrap_or_else(|| plan.format.default_rows());
    let told = options(plan.analysis.color, plan.analysis.volume, false, plan.output.is_some());
    let difference = Difference {
        before: &before.side,
        after: &after.side,
        comparison: &comparison,
        top,
        color: told.color,
    };
    sink.write(|out| write_difference(plan.format, &difference, out))?;
    let sides = [(&before.side, before.exit), (&after.side, after.exit)];
    Ok(exit(&comparison, plan.check, sides))
}

fn exit(comparison: &Comparison, check: bool, sides: [(&Side, Exit); 2]) -> Exit {
    if check && comparison.is_worse() {
        return Exit::Fault;
    }
    let mut troubles = Vec::new();
    for (side, exit) in sides {
        if let Exit::Incomplete(told) = exit {
            troubles.extend(told);
        }
        // Nothing differs from nothing.
        troubles
            .extend(side.emptiness().filter(|_| check).map(|why| format!("{}: {why}", side.name)));
    }
    if troubles.is_empty() { Exit::Done } else { Exit::Incomplete(troubles) }
}

/// Opens a side, whatever it may be.
fn open_side(path: &Path, analysis: &Analysis, veil: Option<Veil>) -> anyhow::Result<OpenSide> {
    let name = escape_text(path.as_os_str().as_encoded_bytes());
    let mut analysis = analysis.clone();
    if let Input::Files { paths, .. } = &mut analysis.input {
        *paths = vec![path.to_owned()];
    }
    let capture = open::open_behind(veil, &analysis)?;
    let file = if path.is_file() {
        Some(File::open(path).with_context(|| format!("cannot open {name}"))?)
    } else {
        None
    };
    Ok(OpenSide { name, file, capture, analysis })
}

/// A side that was read, and how that ended.
pub(super) struct ReadSide {
    pub(super) side: Side,
    pub(super) exit: Exit,
}

/// Reads both sides with the same focus: the one that was asked for, or that of a report, or what a
/// summary was made with.
fn sides(
    before: OpenSide,
    after: OpenSide,
    plan: &Diff,
    orders: &Orders,
) -> anyhow::Result<(ReadSide, ReadSide)> {
    let asked = plan.focus.map(|it| it.focus);
    let [first, second] = [before.kind()?, after.kind()?];
    let hasher = Hasher::default();
    // What has a focus of its own comes first.
    let rank = |kind: Kind| match kind {
        Kind::Report => 0,
        Kind::Summary => 1,
        Kind::Capture => 2,
    };
    let (one, other) = if rank(first) <= rank(second) {
        let one = before.read(first, asked, &hasher, orders)?;
        let other = after.read(second, asked.or(Some(one.side.focus)), &hasher, orders)?;
        (one, other)
    } else {
        let other = after.read(second, asked, &hasher, orders)?;
        let one = before.read(first, asked.or(Some(other.side.focus)), &hasher, orders)?;
        (one, other)
    };
    if one.side.focus == Focus::Slow && one.side.slow_after != other.side.slow_after {
        bail!(
            "slow is what took more than {:?} in {} and {:?} in {}: compare what was made with one \
             --focus slow:T",
            one.side.slow_after,
            one.side.name,
            other.side.slow_after,
            other.side.name
        );
    }
    Ok((one, other))
}

impl OpenSide {
    /// Where something may have to be opened later, to be read.
    pub(super) fn to_read(&self) -> Vec<PathBuf> {
        self.capture.to_read()
    }

    /// What it is, by how it begins.
    pub(super) fn kind(&self) -> anyhow::Result<Kind> {
        let Some(file) = &self.file else { return Ok(Kind::Capture) };
        let mut begin = [0; 64];
        let read = std::os::unix::fs::FileExt::read_at(file, &mut begin, 0)
            .with_context(|| format!("cannot read {}", self.name))?;
        let begin = begin.get(..read).unwrap_or_default();
        Ok(match begin {
            _ if is_summary(begin) => Kind::Summary,
            _ if is_report(begin) => Kind::Report,
            _ => Kind::Capture,
        })
    }

    /// Whether its pseudonyms, if it has some, may be those of the key of this run.
    fn check_key(&self, kind: Kind) -> anyhow::Result<()> {
        if kind != Kind::Capture && self.analysis.secret == Some(Secret::Random) {
            bail!(
                "{} is a {}, and no pseudonym in it can be of a key that is made for this run: give the \
                 key that it was made with (--anonymize=@FILE), or compare captures",
                self.name,
                kind.word()
            );
        }
        Ok(())
    }

    /// Reads it to its end.
    fn read(
        self,
        kind: Kind,
        focus: Option<Focus>,
        hasher: &Hasher,
        orders: &Orders,
    ) -> anyhow::Result<ReadSide> {
        self.check_key(kind)?;
        let (is_veiled, name) = (self.analysis.secret.is_some(), self.name.clone());
        let read = self.read_as_it_is(kind, focus, hasher, orders)?;
        if is_veiled && !read.side.pseudonyms {
            bail!(
                "{name} is a {} with true addresses, which --anonymize cannot hide any more: make it \
                 again from its capture with --anonymize=@FILE and the same key, or leave out \
                 --anonymize",
                kind.word()
            );
        }
        Ok(read)
    }

    fn read_as_it_is(
        self,
        kind: Kind,
        focus: Option<Focus>,
        hasher: &Hasher,
        orders: &Orders,
    ) -> anyhow::Result<ReadSide> {
        let memory = self.analysis.engine.max_memory;
        if kind != Kind::Capture && self.analysis.filter.is_some() {
            bail!(
                "--filter needs packets, and {} is a {}: compare captures, or make it again with \
                 --filter",
                self.name,
                kind.word()
            );
        }
        match (kind, self.file) {
            (Kind::Report, Some(file)) => {
                let side = Side::of_report(file, memory / REPORT_PART);
                let side = side.map_err(|err| anyhow!("{} {err}", self.name))?;
                if focus.is_some_and(|focus| focus != side.focus) {
                    bail!(
                        "{} is a report of {} alone: compare with --focus {}, or compare captures or \
                         summaries",
                        self.name,
                        side.focus_word,
                        side.focus_word
                    );
                }
                Ok(ReadSide { side, exit: Exit::Done })
            }
            (Kind::Summary, Some(file)) => {
                let input: Box<dyn Read> = Box::new(file);
                let named = Named { name: self.name, input };
                let named = sum::read(named, focus, memory, hasher)?;
                Ok(read_side(named.input, kind))
            }
            _ => {
                let mut capture = self.capture.read()?;
                if let Some(focus) = focus {
                    capture.obey(&Command::Focus(focus));
                }
                read(&mut capture, orders, None, &mut Meter::new(&self.analysis), None)?;
                let mut sum = capture.sum();
                let snapshot = sum.snapshot(&without_lists());
                verdict::require_frames(&snapshot)?;
                if snapshot.source.ended == Some(Ended::Stopped) {
                    bail!("stopped before {} was read", self.name);
                }
                Ok(read_side(sum, kind))
            }
        }
    }
}

fn without_lists() -> SnapshotSpec {
    let lists = Lists { domains: false, prefixes: false, paths: false };
    SnapshotSpec { top: 0, lists, weigh: false, ..SnapshotSpec::default() }
}

fn read_side(mut sum: Sum, kind: Kind) -> ReadSide {
    let exit = verdict::verdict(&sum.snapshot(&without_lists()), false);
    ReadSide { side: Side::of_sum(sum, kind), exit }
}

/// What the dashboard compares with.
pub(super) struct Baseline {
    side: Side,
}

impl Baseline {
    /// Opens what shall be compared with; no byte of it is looked at.
    pub(super) fn open(
        path: &Path,
        analysis: &Analysis,
        veil: Option<Veil>,
    ) -> anyhow::Result<OpenSide> {
        let mut analysis = analysis.clone();
        analysis.input = Input::Files {
            paths: vec![path.to_owned()],
            follow: false,
            threads: Some(NonZeroUsize::MIN),
            replay: None,
        };
        (analysis.record, analysis.volume) = (None, Volume::Quiet);
        (analysis.engine.trail, analysis.engine.names) = (0, 0);
        analysis.engine.rows = usize::MAX;
        open_side(path, &analysis, veil)
    }

    /// Reads it to its end.
    pub(super) fn read(opened: OpenSide) -> anyhow::Result<Self> {
        let kind = opened.kind()?;
        // A report has the focus that it has, and a filter cannot be asked of it.
        let focus = (kind != Kind::Report).then_some(opened.analysis.engine.focus);
        let name = opened.name.clone();
        let read = opened.read(kind, focus, &Hasher::default(), &Orders::default());
        let ReadSide { side, .. } = read.with_context(|| format!("cannot compare with {name}"))?;
        Ok(Self { side })
    }

    /// Shows in a snapshot what differs, where both speak of the same.
    pub(super) fn look(&mut self, snapshot: &mut Snapshot) {
        self.side.set_focus(snapshot.focus);
        let filter = snapshot.selected.as_ref().map(|it| &it.filter);
        let is_slow = snapshot.focus == Focus::Slow;
        let alike = self.side.focus == snapshot.focus
            && self.side.filter.as_ref() == filter
            && (!is_slow || self.side.slow_after == snapshot.slow.after);
        if alike {
            let comparison = compare(&self.side, &Side::of_snapshot(snapshot));
            snapshot.compare(marks(&self.side, &comparison));
        }
    }
}
