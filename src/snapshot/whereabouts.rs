//! Where addresses are, as databases tell it, and how much of the focus is where.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use super::{Distinct, List, Row, Snapshot, blank};

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

/// What rows of addresses are added up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// The autonomous system, or who runs it where no number is told.
    Network,
    /// The country.
    Country,
}

/// A network or a country.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AreaId {
    /// An autonomous system, by its number.
    System(u32),
    /// Who runs a network whose number is not told.
    Organisation(String),
    /// A country: two letters.
    Country(String),
    /// Where those are of whom nothing is known.
    Unknown,
}

/// A network or a country, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// Which.
    pub id: AreaId,
    /// `AS64500 Example Ltd`, `DE`, or `unknown`; escaped. Where databases have several names for one
    /// number, that of its first row.
    pub name: String,
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Whereabouts {
    /// Whether nothing is known.
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }

    /// The autonomous system and who runs it.
    pub fn network(&self) -> Option<String> {
        let name = self.organisation.as_deref();
        match (self.system, name) {
            (Some(number), Some(name)) => Some(format!("AS{number} {name}")),
            (Some(number), None) => Some(format!("AS{number}")),
            (None, name) => name.map(str::to_owned),
        }
    }

    fn id(&self, by: By) -> AreaId {
        let organisation = || self.organisation.clone().map(AreaId::Organisation);
        let id = match by {
            By::Network => self.system.map(AreaId::System).or_else(organisation),
            By::Country => self.country.clone().map(AreaId::Country),
        };
        id.unwrap_or(AreaId::Unknown)
    }

    fn name(&self, by: By) -> String {
        let name = match by {
            By::Network => self.network(),
            By::Country => self.country.clone(),
        };
        name.unwrap_or_else(|| UNKNOWN.to_owned())
    }
}

/// The name of where those are of whom nothing is known.
const UNKNOWN: &str = "unknown";

impl fmt::Display for Whereabouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.network().into_iter().chain(self.country.clone()).collect();
        f.write_str(&parts.join(", "))
    }
}

/// Where the servers and clients of a snapshot are.
#[derive(Clone, Debug, Default)]
pub struct Geography {
    /// Each address of these rows of which something is known.
    pub addresses: BTreeMap<IpAddr, Whereabouts>,
    /// The rows of servers added up by autonomous system, most in focus first. What the list of servers
    /// leaves out is left out of these as well; what its table has forgotten is their error.
    pub server_networks: List<Area>,
    /// The same by country.
    pub server_countries: List<Area>,
    /// The rows of clients added up by autonomous system.
    pub client_networks: List<Area>,
    /// The same by country.
    pub client_countries: List<Area>,
}

impl Geography {
    /// What is known of where an address is.
    pub fn of(&self, address: IpAddr) -> Option<&Whereabouts> {
        self.addresses.get(&address)
    }

    /// Where an address is.
    pub fn area(&self, address: IpAddr, by: By) -> AreaId {
        self.of(address).map_or(AreaId::Unknown, |it| it.id(by))
    }
}

impl Snapshot {
    /// Looks up where its servers and clients are: those that it has rows of, and no others.
    pub fn locate(&mut self, of: impl Fn(IpAddr) -> Whereabouts) {
        let rows = self.servers.rows.iter().chain(&self.clients.rows);
        let addresses: BTreeMap<IpAddr, Whereabouts> = rows
            .map(|row| (row.key, of(row.key)))
            .filter(|(_, whereabouts)| !whereabouts.is_unknown())
            .collect();
        let focus = self.in_focus().0;
        let areas =
            |list: &List<IpAddr>, by, count: Count| areas(list, &addresses, by, count, focus);
        let servers = |row: &mut Row<Area>, hosts| row.servers = Some(hosts);
        let clients = |row: &mut Row<Area>, hosts| row.clients = Some(hosts);
        self.geography = Some(Geography {
            server_networks: areas(&self.servers, By::Network, servers),
            server_countries: areas(&self.servers, By::Country, servers),
            client_networks: areas(&self.clients, By::Network, clients),
            client_countries: areas(&self.clients, By::Country, clients),
            addresses,
        });
    }
}

/// Where it is written down how many addresses were added up.
type Count = fn(&mut Row<Area>, Distinct);

/// The rows of a list added up by where they are.
fn areas(
    list: &List<IpAddr>,
    addresses: &BTreeMap<IpAddr, Whereabouts>,
    by: By,
    count: Count,
    in_focus: u64,
) -> List<Area> {
    let mut sums: BTreeMap<AreaId, (Row<Area>, u64)> = BTreeMap::new();
    // Those that only a baseline has met nothing.
    for row in list.rows.iter().filter(|row| row.focus > 0) {
        let known = addresses.get(&row.key).cloned().unwrap_or_default();
        let id = known.id(by);
        let area = || (blank(Area { id: id.clone(), name: known.name(by) }), 0);
        let (sum, hosts) = sums.entry(id.clone()).or_insert_with(area);
        *hosts += 1;
        sum.responses = sum.responses.saturating_add(row.responses);
        sum.focus = sum.focus.saturating_add(row.focus);
        sum.whole = sum.whole.saturating_add(row.whole);
        sum.unanswered = sum.unanswered.saturating_add(row.unanswered);
        sum.first = sum.first.into_iter().chain(row.first).min();
        sum.last = sum.last.max(row.last);
    }
    // What the table has forgotten may have belonged to any of them.
    let kept = list.rows.iter().fold(list.omitted, |sum, row| sum.saturating_add(row.focus));
    let lost = if list.error > 0 { in_focus.saturating_sub(kept).max(list.error) } else { 0 };
    let at_least = list.error > 0 || list.total > list.rows.len() as u64;
    let rows = sums.into_values().map(|(mut row, hosts)| {
        row.error = lost;
        count(&mut row, Distinct { count: hosts, at_least });
        row
    });
    let mut rows: Vec<Row<Area>> = rows.collect();
    // Ties stay in the order of their numbers and names.
    rows.sort_by_key(|row| std::cmp::Reverse(row.focus));
    List { total: rows.len() as u64, rows, omitted: list.omitted, error: lost }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(last: u8, focus: u64) -> Row<IpAddr> {
        Row { focus, responses: 10, whole: 10, ..blank(IpAddr::from([192, 0, 2, last])) }
    }

    /// Below 100 they are in Sweden, and in one network but for the third.
    fn known(ip: IpAddr) -> Whereabouts {
        match ip {
            IpAddr::V4(ip) if ip.octets()[3] < 100 => Whereabouts {
                country: Some("SE".into()),
                system: Some(64_500 + u32::from(ip.octets()[3] == 3)),
                organisation: Some(format!("Host {}", ip.octets()[3])),
            },
            _ => Whereabouts::default(),
        }
    }

    fn shown(list: &List<Area>) -> Vec<String> {
        let hosts = |row: &Row<Area>| row.servers.or(row.clients).unwrap();
        let shown = |row: &Row<Area>| {
            let Distinct { count, at_least } = hosts(row);
            let more = if at_least { "+" } else { "" };
            format!("{}: {count}{more} hosts, {} of {}", row.key, row.focus, row.whole)
        };
        list.rows.iter().map(shown).collect()
    }

    #[test]
    fn rows_are_added_up_by_network_and_by_country() {
        let mut snapshot = Snapshot::default();
        snapshot.servers.rows = vec![row(200, 9), row(1, 5), row(2, 4), row(3, 3), row(4, 0)];
        snapshot.servers.total = 4;
        snapshot.locate(known);
        let told = snapshot.geography.unwrap();
        assert_eq!(
            shown(&told.server_networks),
            [
                // Of several names that of the first, and who met nothing is not counted.
                "AS64500 Host 1: 2 hosts, 9 of 20",
                "unknown: 1 hosts, 9 of 10",
                "AS64501 Host 3: 1 hosts, 3 of 10"
            ]
        );
        assert_eq!(
            shown(&told.server_countries),
            ["SE: 3 hosts, 12 of 30", "unknown: 1 hosts, 9 of 10"]
        );
        assert_eq!((told.addresses.len(), told.client_networks.rows.len()), (4, 0));
        let area = |last: u8, by| told.area(IpAddr::from([192, 0, 2, last]), by);
        assert_eq!(area(3, By::Network), AreaId::System(64_501));
        assert_eq!(area(3, By::Country), AreaId::Country("SE".into()));
        assert_eq!(area(200, By::Country), AreaId::Unknown);
    }

    #[test]
    fn what_a_list_leaves_out_and_what_its_table_forgot_is_told_of_sums() {
        let mut snapshot = Snapshot::default();
        snapshot.rcodes = vec![crate::snapshot::RcodeRow {
            rcode: crate::iana::Rcode::REFUSED,
            responses: 30,
            share: 1.0,
            latency: None,
        }];
        snapshot.clients =
            List { rows: vec![row(1, 5), row(2, 4)], total: 7, omitted: 6, error: 2 };
        snapshot.locate(known);
        let told = snapshot.geography.unwrap().client_networks;
        assert_eq!(shown(&told), ["AS64500 Host 1: 2+ hosts, 9 of 20"]);
        // 30 in focus, 9 of them here and 6 left out.
        assert_eq!((told.omitted, told.error, told.rows[0].error), (6, 15, 15));
    }
}
