//! Why, and what to change: each finding with its numbers, the fix and a command that verifies it.

use super::Page;
use crate::output::case::{Detail, Told, case, headline};
use crate::output::style::Style;
use crate::output::words;
use crate::snapshot::Finding;

/// Findings told unless every row is asked for.
const MOST: usize = 3;

impl Page<'_> {
    /// The findings that name a cause.
    pub(super) fn findings(&self) -> Vec<String> {
        let known: Vec<&Finding> =
            self.snapshot.findings.iter().filter(|finding| !finding.is_unknown()).collect();
        let most = if self.options.every_row { known.len() } else { MOST };
        let told = known.iter().take(most).enumerate();
        let mut lines: Vec<String> =
            told.flat_map(|(place, finding)| self.finding(place + 1, finding)).collect();
        if known.len() > most {
            let more = words::counted((known.len() - most) as u64, "more finding");
            lines.push(format!("and {more}: --top all, or --format json"));
        }
        lines
    }

    fn finding(&self, number: usize, finding: &Finding) -> Vec<String> {
        let style = if finding.fault { Style::Focus } else { Style::Plain };
        let mut lines: Vec<String> =
            words::wrap(&headline(number, finding), self.width.saturating_sub(3))
                .iter()
                .enumerate()
                .map(|(place, line)| if place == 0 { line.clone() } else { format!("   {line}") })
                .map(|line| self.painter.paint(style, &line))
                .collect();
        let detail = if self.options.every_row { Detail::Whole } else { Detail::Brief };
        let told = case(self.snapshot, finding, detail);
        lines.extend(told.iter().flat_map(|told| self.told(told)));
        lines
    }

    /// Sentences beside a label, one below the other.
    fn told(&self, (label, sentences): &Told) -> Vec<String> {
        let label = format!("   {label:<9}");
        let room = self.width.saturating_sub(label.len());
        let text = sentences.iter().flat_map(|text| words::wrap(text, room));
        let labels = std::iter::once(self.painter.paint(Style::Heading, &label))
            .chain(std::iter::repeat(" ".repeat(label.len())));
        labels.zip(text).map(|(label, line)| format!("{label}{line}")).collect()
    }
}
