//! Why, and what to change: each finding with its numbers, the fix and a command that verifies it.

use super::Page;
use crate::output::style::Style;
use crate::output::words;
use crate::snapshot::Finding;

/// Findings told unless every row is asked for.
const MOST: usize = 3;
/// Lines of evidence told unless every row is asked for.
const MOST_EVIDENCE: usize = 3;

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
        let kind = if finding.fault { "" } else { " (not a fault)" };
        let headline = format!("{number}. {}{kind}: {}", finding.confidence, finding.headline);
        let mut lines: Vec<String> = words::wrap(&headline, self.width.saturating_sub(3))
            .iter()
            .enumerate()
            .map(|(place, line)| if place == 0 { line.clone() } else { format!("   {line}") })
            .map(|line| self.painter.paint(style, &line))
            .collect();
        let most = if self.options.every_row { usize::MAX } else { MOST_EVIDENCE };
        lines.extend(self.told("for", finding.evidence.iter().take(most)));
        let doubts = if self.options.every_row { usize::MAX } else { 1 };
        lines.extend(self.told("against", finding.against.iter().take(doubts)));
        lines.extend(self.told("see also", self.linked(finding).iter()));
        lines.extend(self.told("change", self.changes(finding).iter()));
        let verify = [&finding.verify, &finding.verify_windows];
        let verify = verify.into_iter().filter(|command| !command.is_empty());
        lines.extend(self.told("verify", verify.take(most.min(1 + usize::from(most > MOST)))));
        lines
    }

    /// The first thing to do, and where the rest is.
    fn changes(&self, finding: &Finding) -> Vec<String> {
        if self.options.every_row {
            return finding.fix.clone();
        }
        let mut lines: Vec<String> = finding.fix.iter().take(1).cloned().collect();
        lines.extend(finding.directive().map(|line| format!("it looks like {line}")));
        lines.push(format!("other servers, and more: rcodetop explain {}", finding.cause));
        lines
    }

    fn linked(&self, finding: &Finding) -> Vec<String> {
        let others = finding.linked.iter().filter_map(|place| {
            let other = self.snapshot.findings.get(*place)?;
            Some(format!("{}. {}", place + 1, other.headline))
        });
        others.collect()
    }

    /// Sentences beside a label, one below the other.
    fn told<'s>(&self, label: &str, sentences: impl Iterator<Item = &'s String>) -> Vec<String> {
        let label = format!("   {label:<9}");
        let room = self.width.saturating_sub(label.len());
        let text: Vec<String> = sentences.flat_map(|text| words::wrap(text, room)).collect();
        let labels = std::iter::once(self.painter.paint(Style::Heading, &label))
            .chain(std::iter::repeat(" ".repeat(label.len())));
        labels.zip(text).map(|(label, line)| format!("{label}{line}")).collect()
    }
}
