//! Where servers and clients are: columns of their tables, and tables of networks and countries.

use std::net::IpAddr;

use super::{SheetId, clients, first, fixed, hits, last, part, servers, share_of_row};
use super::{unanswered, whole_of_row};
use crate::snapshot::{Area, List, Row, Snapshot, Whereabouts};
use crate::tui::sheet::{Column, Extent, Summed, Table, cut};
use crate::tui::value::Value;

/// What stands above the country of an address.
const COUNTRY: &str = "country";
/// What stands above the network of an address.
const NETWORK: &str = "network";

/// Whether a column tells where an address is: it is there only where databases were given.
pub(crate) fn is_of_places(column: usize, heading: &str) -> bool {
    column > 0 && [COUNTRY, NETWORK].contains(&heading)
}

pub(super) const fn country(rank: u8) -> Column<Row<IpAddr>> {
    fixed(COUNTRY, rank, |row, snapshot| {
        let country = known(row, snapshot).and_then(|it| it.country.as_deref());
        country.map_or(Value::Absent, Value::word)
    })
}

pub(super) const fn network(rank: u8) -> Column<Row<IpAddr>> {
    fixed(NETWORK, rank, |row, snapshot| {
        let network = known(row, snapshot).and_then(Whereabouts::network);
        network.map_or(Value::Absent, |name| Value::Long(name.into()))
    })
}

fn known<'a>(row: &Row<IpAddr>, snapshot: &'a Snapshot) -> Option<&'a Whereabouts> {
    snapshot.geography.as_ref()?.of(row.key)
}

pub(super) static SERVER_NETWORKS: Table<Row<Area>> = Table {
    title: "networks",
    rows: |snapshot| rows(SheetId::ServerNetworks, snapshot),
    extent: |snapshot| extent(SheetId::ServerNetworks, snapshot),
    columns: &areas("network of servers", servers(3)),
    default_sort: 1,
};

pub(super) static SERVER_COUNTRIES: Table<Row<Area>> = Table {
    title: "countries",
    rows: |snapshot| rows(SheetId::ServerCountries, snapshot),
    extent: |snapshot| extent(SheetId::ServerCountries, snapshot),
    columns: &areas("country of servers", servers(3)),
    default_sort: 1,
};

pub(super) static CLIENT_NETWORKS: Table<Row<Area>> = Table {
    title: "networks",
    rows: |snapshot| rows(SheetId::ClientNetworks, snapshot),
    extent: |snapshot| extent(SheetId::ClientNetworks, snapshot),
    columns: &areas("network of clients", clients(3)),
    default_sort: 1,
};

pub(super) static CLIENT_COUNTRIES: Table<Row<Area>> = Table {
    title: "countries",
    rows: |snapshot| rows(SheetId::ClientCountries, snapshot),
    extent: |snapshot| extent(SheetId::ClientCountries, snapshot),
    columns: &areas("country of clients", clients(3)),
    default_sort: 1,
};

const fn areas(key: &'static str, hosts: Column<Row<Area>>) -> [Column<Row<Area>>; 9] {
    [
        fixed(key, 0, |row, _| Value::Long(row.key.name.as_str().into())),
        hits(),
        share_of_row(2),
        part(4),
        whole_of_row(3),
        hosts,
        unanswered(6),
        first(8),
        last(7),
    ]
}

fn list(id: SheetId, snapshot: &Snapshot) -> Option<&List<Area>> {
    let (side, by) = id.sums()?;
    side.areas(by, snapshot)
}

fn rows(id: SheetId, snapshot: &Snapshot) -> &[Row<Area>] {
    list(id, snapshot).map_or(&[], |list| &list.rows)
}

fn extent(id: SheetId, snapshot: &Snapshot) -> Extent {
    let (Some((side, _)), Some(list)) = (id.sums(), list(id, snapshot)) else {
        return Extent::default();
    };
    let hosts = side.hosts(snapshot);
    let rows = hosts.rows.iter().filter(|row| row.focus > 0).count() as u64;
    let summed = Some(Summed { rows, total: hosts.total, what: side.word() });
    Extent { summed, ..cut(list) }
}
