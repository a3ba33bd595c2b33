//! Where servers and clients are.

use std::net::IpAddr;

use serde::Serialize;

use super::{share, time};
use crate::snapshot::{self, Area, AreaId, List, Row};

#[derive(Serialize)]
pub(super) struct Geography<'a> {
    addresses: Vec<Host<'a>>,
    server_networks: Vec<Group<'a>>,
    server_countries: Vec<Group<'a>>,
    client_networks: Vec<Group<'a>>,
    client_countries: Vec<Group<'a>>,
}

#[derive(Serialize)]
struct Host<'a> {
    address: IpAddr,
    country: Option<&'a str>,
    asn: Option<u32>,
    organisation: Option<&'a str>,
}

#[derive(Serialize)]
struct Group<'a> {
    name: &'a str,
    /// Of networks, where it is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    asn: Option<u32>,
    hosts: u64,
    responses: u64,
    focus: u64,
    of: u64,
    share: f64,
    first: Option<String>,
    last: Option<String>,
    unanswered: u64,
    /// What the table of these hosts has forgotten may have belonged here.
    error: u64,
    /// There may be more hosts.
    at_least: Vec<&'static str>,
}

impl<'a> Geography<'a> {
    pub(super) fn of(geography: &'a snapshot::Geography) -> Self {
        let address = |(address, it): (&IpAddr, &'a snapshot::Whereabouts)| Host {
            address: *address,
            country: it.country.as_deref(),
            asn: it.system,
            organisation: it.organisation.as_deref(),
        };
        Self {
            addresses: geography.addresses.iter().map(address).collect(),
            server_networks: groups(&geography.server_networks),
            server_countries: groups(&geography.server_countries),
            client_networks: groups(&geography.client_networks),
            client_countries: groups(&geography.client_countries),
        }
    }
}

fn groups(list: &List<Area>) -> Vec<Group<'_>> {
    list.rows.iter().map(Group::of).collect()
}

impl<'a> Group<'a> {
    fn of(row: &'a Row<Area>) -> Self {
        let hosts = row.servers.or(row.clients).unwrap_or_default();
        Self {
            name: &row.key.name,
            asn: match row.key.id {
                AreaId::System(number) => Some(number),
                _ => None,
            },
            hosts: hosts.count,
            responses: row.responses,
            focus: row.focus,
            of: row.whole,
            share: share(row.share()),
            first: time(row.first),
            last: time(row.last),
            unanswered: row.unanswered,
            error: row.error,
            at_least: hosts.at_least.then_some("hosts").into_iter().collect(),
        }
    }
}
