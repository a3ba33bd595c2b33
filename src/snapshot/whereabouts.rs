//! Where addresses are, as databases tell it, and how much of the focus is where.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use super::{List, Row, Snapshot};

/// What is known of where an address is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// Two letters (ISO 3166-1 alpha-2).
    pub country: Option<String>,
    /// The number of the autonomous system that announces it.
    pub system: Option<u32>,
    /// Who runs that, escaped.
    pub organisation: Option<String>,
}

impl Whereabouts {
    /// Whether nothing is known.
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }

    /// The autonomous system and who runs it.
    fn network(&self) -> Option<String> {
        let name = self.organisation.as_deref();
        match (self.system, name) {
            (Some(number), Some(name)) => Some(format!("AS{number} {name}")),
            (Some(number), None) => Some(format!("AS{number}")),
            (None, name) => name.map(str::to_owned),
        }
    }
}

impl fmt::Display for Whereabouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.network().into_iter().chain(self.country.clone()).collect();
        f.write_str(&parts.join(", "))
    }
}

/// Where the servers and clients of a snapshot are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Geography {
    /// Each address of these rows of which something is known.
    pub addresses: BTreeMap<IpAddr, Whereabouts>,
    /// The rows of servers added up by autonomous system, most in focus first.
    pub server_networks: Vec<Group>,
    /// The same by country.
    pub server_countries: Vec<Group>,
    /// The rows of clients added up by autonomous system.
    pub client_networks: Vec<Group>,
    /// The same by country.
    pub client_countries: Vec<Group>,
}

/// Rows of one network or country.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Which; what nothing is known of is `unknown`.
    pub name: String,
    /// How many rows.
    pub hosts: u64,
    /// Responses in all.
    pub responses: u64,
    /// Exchanges in focus.
    pub focus: u64,
    /// What the share of these is of.
    pub whole: u64,
}

/// The group of those of which nothing is known.
const UNKNOWN: &str = "unknown";

impl Snapshot {
    /// Looks up where its servers and clients are: those that it has rows of, and no others.
    pub(crate) fn locate(&mut self, of: impl Fn(IpAddr) -> Whereabouts) {
        let rows = self.servers.rows.iter().chain(&self.clients.rows);
        let addresses: BTreeMap<IpAddr, Whereabouts> = rows
            .map(|row| (row.key, of(row.key)))
            .filter(|(_, whereabouts)| !whereabouts.is_unknown())
            .collect();
        let country = |it: &Whereabouts| it.country.clone();
        let groups = |list: &List<IpAddr>, by: &dyn Fn(&Whereabouts) -> Option<String>| {
            groups(&list.rows, &addresses, by)
        };
        self.geography = Some(Geography {
            server_networks: groups(&self.servers, &Whereabouts::network),
            server_countries: groups(&self.servers, &country),
            client_networks: groups(&self.clients, &Whereabouts::network),
            client_countries: groups(&self.clients, &country),
            addresses,
        });
    }
}

fn groups(
    rows: &[Row<IpAddr>],
    addresses: &BTreeMap<IpAddr, Whereabouts>,
    by: &dyn Fn(&Whereabouts) -> Option<String>,
) -> Vec<Group> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for row in rows {
        let name = addresses.get(&row.key).and_then(by).unwrap_or_else(|| UNKNOWN.to_owned());
        let group =
            groups.entry(name.clone()).or_insert_with(|| Group { name, ..Group::default() });
        group.hosts += 1;
        group.responses += row.responses;
        group.focus += row.focus;
        group.whole += row.whole;
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    // Ties stay in the order of their names.
    groups.sort_by_key(|group| std::cmp::Reverse(group.focus));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::blank;

    #[test]
    fn rows_are_added_up_by_network_and_by_country() {
        let row = |last: u8, focus| Row {
            focus,
            responses: 10,
            ..blank(IpAddr::from([192, 0, 2, last]))
        };
        let mut snapshot = Snapshot::default();
        snapshot.servers.rows = vec![row(1, 5), row(2, 4), row(3, 3), row(200, 9)];
        snapshot.locate(|ip| match ip {
            IpAddr::V4(ip) if ip.octets()[3] < 100 => Whereabouts {
                country: Some("SE".into()),
                system: Some(64_500 + u32::from(ip.octets()[3] == 3)),
                organisation: None,
            },
            _ => Whereabouts::default(),
        });
        let told = snapshot.geography.unwrap();
        let shown = |groups: &[Group]| {
            groups
                .iter()
                .map(|it| format!("{} {} {}", it.name, it.hosts, it.focus))
                .collect::<Vec<_>>()
        };
        assert_eq!(shown(&told.server_networks), ["AS64500 2 9", "unknown 1 9", "AS64501 1 3"]);
        assert_eq!(shown(&told.server_countries), ["SE 3 12", "unknown 1 9"]);
        assert_eq!((told.addresses.len(), told.client_networks.len()), (3, 0));
    }
}
