//! What the screen remembers between keys: plain data, no terminal and no clock.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use super::Confined;
use super::bindings::Bindings;
use super::clip::Between;
use super::export::{Form, Refusal};
use super::look::Look;
use super::places::HostsBy;
use super::selection::{Drag, Selection, Span, Typing};
use super::sheet::{self, Sort};
use super::sheets::SheetId;
use super::view::{VIEWS, View};
use crate::iana::RCODES;
use crate::snapshot::{Focus, Lists, Lookup, LookupId, LookupsSpec, Snapshot, SnapshotSpec};

/// Rows the screen asks for in each list once there is scrolling or sorting.
pub const ROWS: usize = 500;
/// Rows until then for each row of the terminal: what is shown, and a page more.
const PAGES: usize = 2;

/// Lookups that the screen asks for while it shows any.
const LOOKUPS: usize = 200;

/// The state of the screen.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Which of [`VIEWS`] is shown.
    pub view: usize,
    /// Which table of each view the keys act on.
    pub(crate) panes: BTreeMap<usize, usize>,
    /// Where each table stands and how it is sorted, once the user touched it.
    pub(crate) tables: BTreeMap<SheetId, TableState>,
    /// One table fills the screen.
    pub zoomed: bool,
    /// What is shown stays while the capture goes on.
    pub frozen: bool,
    /// The lookup that is looked at, message by message, instead of the table of all.
    pub ladder: Option<Ladder>,
    /// How names are rolled up.
    pub names_by: NamesBy,
    /// What servers and clients are added up by.
    pub hosts_by: HostsBy,
    /// Whether what addresses are called is shown beside them; `None` if it is not learnt.
    pub called: Option<bool>,
    /// What covers the view.
    pub overlay: Option<Overlay>,
    /// An answer to the last key, until the next.
    pub notice: Option<String>,
    /// What the program may still do.
    pub confined: Confined,
    /// What stands between this program and the clipboard.
    pub(crate) between: Between,
    /// Where reports go, for a person to read.
    pub folder: String,
    /// The report that is to be written as soon as a snapshot has all that belongs into it.
    pub(crate) export: Option<Form>,
    /// Why the last report was not written.
    pub(crate) refusal: Option<Refusal>,
    /// How fast it goes.
    pub pace: Pace,
    /// What came in since the freeze.
    pub newer: Newer,
    /// The response code asked for, until a snapshot has it.
    pub(crate) asked_focus: Option<Focus>,
    /// Colours and signs.
    pub look: Look,
    /// Which key does what.
    pub bindings: Bindings,
    /// What is looked at.
    pub(crate) selection: Selection,
    /// A span of time that is being chosen with the mouse.
    pub(crate) drag: Option<Drag>,
    /// The filter that is being typed.
    pub(crate) typing: Option<Typing>,
    /// Filters that were typed before, the latest last.
    pub(crate) typed: Vec<String>,
    /// From when to when the whole capture is, as last seen.
    pub(crate) whole: Option<Span>,
}

/// One table's cursor and order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TableState {
    /// Identity of the selected row; `None` follows the top.
    pub(crate) anchor: Option<String>,
    /// Where it was when last looked, should it be gone.
    pub(crate) place: usize,
    /// `None` is the table's own order.
    pub(crate) sort: Option<Sort>,
}

/// A lookup that is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder {
    /// Which it is, also when it is not in the snapshot any more.
    pub id: LookupId,
    /// Which of its steps is selected.
    pub step: usize,
    /// The message of that step is shown, from this line on.
    pub message: Option<usize>,
}

/// How the names table rolls names up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NamesBy {
    /// Each question by itself.
    #[default]
    Question,
    /// Registered domains.
    Domain,
    /// This many labels from the root, 1 to 9.
    Labels(u8),
}

/// What lies over the view until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// The keys; scrolled by so many lines.
    Help(usize),
    /// The response codes to choose from; which one is selected.
    Focus(usize),
    /// Whether counting shall start anew.
    Reset,
    /// The forms of a report to choose from; which one is selected.
    Export(usize),
    /// A report was not written: why, and what to do.
    NotWritten,
}

/// Speed by the wall clock, measured between snapshots.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    /// Packets a second.
    pub packets: f64,
    /// Bytes of the input a second.
    pub bytes: f64,
    /// Until the end of the input at this speed.
    pub left: Option<Duration>,
}

/// What a frozen screen does not show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Newer {
    /// Packets since.
    pub packets: u64,
    /// The capture has ended since.
    pub ended: bool,
}

impl Model {
    /// A screen of `size` columns and rows on which no key was pressed, for a dark terminal that
    /// can show everything or one without colours.
    pub fn new(size: (u16, u16), colour: bool) -> Self {
        let name = if colour { "dark" } else { "none" };
        Self { size, called: Some(true), look: Look::named(name), ..Self::default() }
    }

    /// Whether keys are letters of a line.
    pub fn is_typing(&self) -> bool {
        self.typing.is_some()
    }

    /// The view that is shown.
    pub fn shown(&self) -> &'static View {
        VIEWS.get(self.view).unwrap_or(&VIEWS[0])
    }

    /// The table that the keys act on.
    pub fn active(&self) -> SheetId {
        let sheets = (self.shown().sheets)(self);
        let pane = self.panes.get(&self.view).copied().unwrap_or(0);
        sheets.get(pane).or(sheets.first()).copied().unwrap_or(SheetId::Servers)
    }

    /// The names table in its present roll-up.
    pub fn names(&self) -> SheetId {
        match self.names_by {
            NamesBy::Question => SheetId::Names,
            NamesBy::Domain => SheetId::Domains,
            NamesBy::Labels(_) => SheetId::Suffixes,
        }
    }

    /// What snapshots must contain for this screen.
    pub fn spec(&self) -> SnapshotSpec {
        let label_depth = match self.names_by {
            NamesBy::Labels(depth) => Some(depth),
            NamesBy::Question | NamesBy::Domain => None,
        };
        let (top, lists, lookups) = (self.rows(), self.lists(), self.lookups());
        let packets = self.export == Some(Form::Packets);
        let names = self.called.is_some();
        SnapshotSpec { top, label_depth, lists, lookups, packets, names, ..SnapshotSpec::default() }
    }

    /// Lookups are asked for while they are shown, and like lists while nothing moves.
    fn lookups(&self) -> Option<LookupsSpec> {
        let open = self.open_ladder().map(|ladder| ladder.id.clone());
        (self.frozen || self.shows_lookups()).then_some(LookupsSpec { most: LOOKUPS, open })
    }

    fn shows_lookups(&self) -> bool {
        (self.shown().sheets)(self).contains(&SheetId::Lookups)
    }

    /// The lookup that the keys act on, instead of a table.
    pub(crate) fn open_ladder(&self) -> Option<&Ladder> {
        self.ladder.as_ref().filter(|_| self.shows_lookups())
    }

    /// The costly lists that are shown; all of them can be looked at while nothing moves.
    fn lists(&self) -> Lists {
        if self.frozen || self.export.is_some() {
            return Lists::ALL;
        }
        let sheets = (self.shown().sheets)(self);
        let shows = |id: SheetId| sheets.contains(&id);
        Lists {
            domains: shows(SheetId::Domains),
            prefixes: shows(SheetId::Prefixes),
            paths: shows(SheetId::Paths),
        }
    }

    /// A row that nobody looks at costs as much as another, four times a second.
    fn rows(&self) -> usize {
        // Sums shall be of many.
        if self.frozen || !self.tables.is_empty() || self.hosts_by != HostsBy::Address {
            return ROWS;
        }
        ROWS.min(PAGES * usize::from(self.size.1))
    }

    /// How a table is sorted.
    pub(crate) fn sort(&self, id: SheetId) -> Sort {
        let chosen = self.tables.get(&id).and_then(|table| table.sort);
        chosen.unwrap_or(Sort { column: id.sheet().default_sort(), reversed: false })
    }

    /// The rows of a table in the order to show, and which place in it is selected.
    pub(crate) fn ordered(&self, id: SheetId, snapshot: &Snapshot) -> (Vec<usize>, usize) {
        let sheet = id.sheet();
        let mut rows = sheet::sorted(sheet, self.sort(id), snapshot);
        self.keep_within(id, &mut rows, snapshot);
        let place = self.tables.get(&id).map_or(0, |table| {
            let is_anchor =
                |row: &usize| table.anchor == Some(sheet::identity(sheet, *row, snapshot));
            let found = table.anchor.is_some().then(|| rows.iter().position(is_anchor)).flatten();
            found.unwrap_or(table.place).min(rows.len().saturating_sub(1))
        });
        (rows, place)
    }
}

impl Ladder {
    /// The lookup in a snapshot; `None` if it is forgotten.
    pub(crate) fn lookup<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a Lookup> {
        let mut rows = snapshot.lookups.as_ref()?.rows.iter();
        rows.find(|lookup| lookup.id.is_same(&self.id))
    }
}

/// What to choose a focus from: the codes seen, most first; no response and slow ones; then the
/// registry's other codes.
pub(crate) fn choices(snapshot: &Snapshot) -> Vec<Focus> {
    let mut rows: Vec<_> = snapshot.rcodes.iter().filter(|row| row.responses > 0).collect();
    rows.sort_by_key(|row| (Reverse(row.responses), row.rcode));
    let mut all: Vec<Focus> = rows.iter().map(|row| row.rcode.into()).collect();
    all.extend([Focus::NoResponse, Focus::Slow]);
    let rest = RCODES.iter().map(|fact| Focus::Rcode(fact.rcode));
    let unseen: Vec<Focus> = rest.filter(|code| !all.contains(code)).collect();
    all.extend(unseen);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_costly_lists_are_asked_for_by_the_views_that_show_them() {
        let mut model = Model::new((120, 40), true);
        let none = Lists { domains: false, prefixes: false, paths: false };
        assert_eq!(model.spec().lists, none);
        model.names_by = NamesBy::Domain;
        assert_eq!(model.spec().lists, Lists { domains: true, ..none });
        for (number, view) in VIEWS.iter().enumerate() {
            model.view = number;
            let lists = model.spec().lists;
            assert_eq!(lists.paths, (view.sheets)(&model).contains(&SheetId::Paths));
        }
        model.frozen = true;
        assert_eq!(model.spec().lists, Lists::ALL);
    }

    #[test]
    fn rows_that_nobody_can_see_are_asked_for_when_they_may_be_wanted() {
        let mut model = Model::new((120, 40), true);
        assert_eq!(model.spec().top, 80);
        model.frozen = true;
        assert_eq!(model.spec().top, ROWS);
        model.frozen = false;
        model.tables.insert(SheetId::Servers, TableState::default());
        assert_eq!(model.spec().top, ROWS);
        assert_eq!(Model::new((120, 9999), true).spec().top, ROWS);
    }
}
