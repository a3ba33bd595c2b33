//! Rows by network and by country, for reports that people read.

use std::net::IpAddr;

use super::words::count;
use crate::snapshot::{Area, List, Snapshot};

/// Addresses added up by where they are.
pub(super) struct Sums<'a> {
    /// As a heading: `Servers by network`.
    pub(super) title: &'static str,
    /// What the areas are, if there are several.
    pub(super) plural: &'static str,
    /// What was added up.
    hosts: (&'static str, &'a List<IpAddr>),
    pub(super) areas: &'a List<Area>,
}

/// All of them that have rows.
pub(super) fn sums(snapshot: &Snapshot) -> Vec<Sums<'_>> {
    let Some(geography) = &snapshot.geography else { return Vec::new() };
    let (servers, clients) = (("servers", &snapshot.servers), ("clients", &snapshot.clients));
    let all = [
        ("Servers by network", "networks", servers, &geography.server_networks),
        ("Servers by country", "country codes", servers, &geography.server_countries),
        ("Clients by network", "networks", clients, &geography.client_networks),
        ("Clients by country", "country codes", clients, &geography.client_countries),
    ];
    let all = all.into_iter().filter(|(.., areas)| !areas.rows.is_empty());
    all.map(|(title, plural, hosts, areas)| Sums { title, plural, hosts, areas }).collect()
}

impl Sums<'_> {
    /// What is not in them, as the list that was added up was cut.
    pub(super) fn left_out(&self, snapshot: &Snapshot) -> Option<String> {
        let (what, hosts) = self.hosts;
        let shown = hosts.rows.iter().filter(|row| row.focus > 0).count() as u64;
        (hosts.total > shown).then(|| {
            format!(
                "sums of {} of {} {what}; the others have {} {} (--top all adds up all of them)",
                count(shown),
                count(hosts.total),
                count(hosts.omitted),
                snapshot.focus
            )
        })
    }
}
