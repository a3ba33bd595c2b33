//! Where servers and clients are: by network and by country.

use super::Page;
use crate::output::areas::{self, Sums};
use crate::output::style::Style;

/// Rows that are shown unless every row is asked for.
const MOST_ROWS: usize = 3;

impl Page<'_> {
    pub(super) fn geography(&self) -> Vec<String> {
        let tables = areas::sums(self.snapshot).into_iter().map(|sums| self.sums(&sums));
        tables.collect::<Vec<_>>().join(&String::new())
    }

    fn sums(&self, sums: &Sums<'_>) -> Vec<String> {
        let room = if self.options.every_row { sums.areas.rows.len() } else { MOST_ROWS };
        let name = |area: &crate::snapshot::Area| area.name.clone();
        let mut lines = self.table(sums.title, sums.plural, sums.areas, room, name);
        let part = sums.left_out(self.snapshot);
        lines.extend(part.map(|part| self.painter.paint(Style::Faint, &part)));
        lines
    }
}
