//! Where servers and clients are.

use std::net::IpAddr;

use serde::Serialize;

use super::share;
use crate::snapshot::{self, Group as Rows};

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
    hosts: u64,
    responses: u64,
    focus: u64,
    of: u64,
    share: f64,
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

fn groups(groups: &[Rows]) -> Vec<Group<'_>> {
    groups
        .iter()
        .map(|it| Group {
            name: &it.name,
            hosts: it.hosts,
            responses: it.responses,
            focus: it.focus,
            of: it.whole,
            share: share(snapshot::share(it.focus, it.whole)),
        })
        .collect()
}
