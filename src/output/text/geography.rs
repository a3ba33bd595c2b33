//! Where servers and clients are: by network and by country.

use super::Page;
use super::words::{self, count};
use crate::output::style::Style;
use crate::snapshot::Group;

/// Groups that are shown unless every row is asked for.
const MOST_GROUPS: usize = 4;

impl Page<'_> {
    pub(super) fn geography(&self) -> Vec<String> {
        let Some(geography) = &self.snapshot.geography else { return Vec::new() };
        let parts = [
            ("Servers by network", &geography.server_networks),
            ("Servers by country", &geography.server_countries),
            ("Clients by network", &geography.client_networks),
            ("Clients by country", &geography.client_countries),
        ];
        let filled = parts.iter().filter(|(_, groups)| !groups.is_empty());
        filled.flat_map(|(title, groups)| self.groups(title, groups)).collect()
    }

    fn groups(&self, title: &str, groups: &[Group]) -> Vec<String> {
        let most = if self.options.every_row { groups.len() } else { MOST_GROUPS };
        let mut shown: Vec<String> = groups.iter().take(most).map(said).collect();
        if groups.len() > most {
            shown.push(format!("{} more", groups.len() - most));
        }
        let lines = words::wrap(&shown.join("; "), self.width.saturating_sub(2));
        let heading = self.painter.paint(Style::Heading, title);
        std::iter::once(heading).chain(lines.iter().map(|line| format!("  {line}"))).collect()
    }
}

/// `AS64500 Example Ltd: 120 of 3 hosts`.
fn said(group: &Group) -> String {
    format!("{}: {} of {}", group.name, count(group.focus), words::counted(group.hosts, "host"))
}
