//! What addresses are called, in words: hearsay that goes with who told it.

use std::collections::HashSet;
use std::net::IpAddr;

use crate::snapshot::{AddressName, Snapshot};

/// What a reader has to know of these names.
pub(super) const HEADING: &str = "Names of addresses: hearsay, from answers in the capture";

/// An address, and what it is called if that is known.
pub(super) fn beside(address: IpAddr, snapshot: &Snapshot) -> String {
    match snapshot.name_of(address) {
        Some(name) => format!("{address} {name}"),
        None => address.to_string(),
    }
}

/// Every address that has a name: servers and clients in the order of their lists, then the others.
pub(super) fn all(snapshot: &Snapshot) -> Vec<(IpAddr, &AddressName)> {
    let Some(named) = &snapshot.named else { return Vec::new() };
    let servers = snapshot.servers.rows.iter().map(|row| row.key);
    let clients = snapshot.clients.rows.iter().map(|row| row.key);
    let listed = servers.chain(clients).chain(named.rows.keys().copied());
    let mut seen = HashSet::new();
    listed
        .filter(|address| seen.insert(*address))
        .filter_map(|address| named.rows.get_key_value(&address))
        .map(|(address, name)| (*address, name))
        .collect()
}
