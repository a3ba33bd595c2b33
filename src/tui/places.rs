//! Where addresses are: beside them, and as what servers and clients are added up by.
//!
//! A network or country is entered by its rows alone: databases are looked into for rows, and no
//! packet is held against them.

use std::net::IpAddr;

use super::model::Model;
use super::selection::Crumb;
use super::sheets::SheetId;
use crate::snapshot::{Area, AreaId, By, Geography, List, Snapshot};

/// What the tables of servers and clients have rows of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostsBy {
    /// Each address.
    #[default]
    Address,
    /// Networks, by autonomous system.
    Network,
    /// Countries.
    Country,
}

impl HostsBy {
    /// In turn.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::Address => Self::Network,
            Self::Network => Self::Country,
            Self::Country => Self::Address,
        }
    }

    /// As the answer to the key.
    pub(crate) fn told(self) -> &'static str {
        match self {
            Self::Address => "servers and clients, each address",
            Self::Network => "servers and clients by network",
            Self::Country => "servers and clients by country",
        }
    }
}

/// Of which addresses a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Servers,
    Clients,
}

/// A network or country that was entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Within {
    side: Side,
    by: By,
    id: AreaId,
}

impl Within {
    /// Whether an address is there.
    fn holds(&self, address: IpAddr, snapshot: &Snapshot) -> bool {
        let area = |it: &Geography| it.area(address, self.by);
        snapshot.geography.as_ref().map_or(AreaId::Unknown, area) == self.id
    }
}

impl SheetId {
    /// Of which addresses its rows are, where each is one.
    fn side(self) -> Option<Side> {
        match self {
            Self::Servers | Self::ServerTimes => Some(Side::Servers),
            Self::Clients => Some(Side::Clients),
            _ => None,
        }
    }

    /// What its rows are sums of, and by what, where they are networks or countries.
    pub(crate) fn sums(self) -> Option<(Side, By)> {
        match self {
            Self::ServerNetworks => Some((Side::Servers, By::Network)),
            Self::ServerCountries => Some((Side::Servers, By::Country)),
            Self::ClientNetworks => Some((Side::Clients, By::Network)),
            Self::ClientCountries => Some((Side::Clients, By::Country)),
            _ => None,
        }
    }
}

impl Side {
    /// In a word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Servers => "servers",
            Self::Clients => "clients",
        }
    }

    /// The addresses themselves.
    pub(crate) fn hosts(self, snapshot: &Snapshot) -> &List<IpAddr> {
        match self {
            Self::Servers => &snapshot.servers,
            Self::Clients => &snapshot.clients,
        }
    }

    /// These added up; `None` where no database was given.
    pub(crate) fn areas(self, by: By, snapshot: &Snapshot) -> Option<&List<Area>> {
        let it = snapshot.geography.as_ref()?;
        Some(match (self, by) {
            (Self::Servers, By::Network) => &it.server_networks,
            (Self::Servers, By::Country) => &it.server_countries,
            (Self::Clients, By::Network) => &it.client_networks,
            (Self::Clients, By::Country) => &it.client_countries,
        })
    }
}

impl Model {
    /// The table of servers as they are added up at present.
    pub(crate) fn servers(&self) -> SheetId {
        let all = [SheetId::Servers, SheetId::ServerNetworks, SheetId::ServerCountries];
        self.hosts(all)
    }

    /// The table of clients likewise.
    pub(crate) fn clients(&self) -> SheetId {
        let all = [SheetId::Clients, SheetId::ClientNetworks, SheetId::ClientCountries];
        self.hosts(all)
    }

    fn hosts(&self, [addresses, networks, countries]: [SheetId; 3]) -> SheetId {
        match self.hosts_by {
            // What was entered is looked at by its addresses.
            _ if self.within(addresses).is_some() => addresses,
            HostsBy::Address => addresses,
            HostsBy::Network => networks,
            HostsBy::Country => countries,
        }
    }

    /// The network or country whose addresses a table shows; `None` if it shows all.
    pub(crate) fn within(&self, id: SheetId) -> Option<&Within> {
        let side = id.side()?;
        let entered = self.selection.crumbs.iter().rev().filter_map(|crumb| crumb.within.as_ref());
        entered.into_iter().find(|within| within.side == side)
    }

    /// Leaves out the rows of addresses that are elsewhere than what was entered.
    pub(crate) fn keep_within(&self, id: SheetId, rows: &mut Vec<usize>, snapshot: &Snapshot) {
        if let (Some(within), Some(side)) = (self.within(id), id.side()) {
            let hosts = &side.hosts(snapshot).rows;
            let is_there = |row: &usize| hosts.get(*row).map(|row| within.holds(row.key, snapshot));
            rows.retain(|row| is_there(row) == Some(true));
        }
    }
}

/// A network or country as a crumb; `None` for rows of another table.
pub(crate) fn crumb(id: SheetId, row: usize, snapshot: &Snapshot, from: usize) -> Option<Crumb> {
    let (side, by) = id.sums()?;
    let Area { id, name } = &side.areas(by, snapshot)?.rows.get(row)?.key;
    let label = match (id, by) {
        (AreaId::Unknown, By::Network) => format!("{} whose network is unknown", side.word()),
        (AreaId::Unknown, By::Country) => format!("{} whose country is unknown", side.word()),
        _ => format!("{} in {name}", side.word()),
    };
    let within = Some(Within { side, by, id: id.clone() });
    Some(Crumb { label, term: String::new(), from, within })
}

/// Where an address is, in words: `AS64500 Example Ltd, DE`.
pub(crate) fn told(address: IpAddr, snapshot: &Snapshot) -> Option<String> {
    snapshot.geography.as_ref()?.of(address).map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::Command;
    use crate::snapshot::{Whereabouts, blank};
    use crate::tui::keys::Msg;
    use crate::tui::model::ROWS;
    use crate::tui::update::{Effect, update};
    use crate::tui::view::VIEWS;

    /// Three servers, of which those below 100 are in Sweden, and one client of whom nothing is
    /// known.
    fn snapshot() -> Snapshot {
        let mut snapshot = Snapshot::default();
        let row = |address: &str, focus| crate::snapshot::Row {
            focus,
            whole: 10,
            ..blank(address.parse().unwrap())
        };
        let mut rows = vec![row("192.0.2.1", 5), row("192.0.2.100", 4), row("192.0.2.3", 3)];
        rows[1].whole = 5;
        snapshot.servers = List { rows, total: 3, ..List::default() };
        snapshot.clients = List { rows: vec![row("10.0.0.1", 5)], total: 1, ..List::default() };
        snapshot.ledger.responses = 30;
        snapshot.locate(|address| match address {
            IpAddr::V4(ip) if ip.octets()[0] == 192 && ip.octets()[3] < 100 => {
                Whereabouts { country: Some("SE".into()), system: Some(64_500), organisation: None }
            }
            _ => Whereabouts::default(),
        });
        snapshot
    }

    fn view(title: &str) -> Msg {
        Msg::Show(VIEWS.iter().position(|view| view.title == title).unwrap())
    }

    /// The view, the table, what is looked at, and the rows of that table.
    #[track_caller]
    fn check(msgs: &[Msg], (title, id): (&str, SheetId), looked_at: &str, rows: &[&str]) -> Model {
        let (mut model, snapshot) = (Model::new((80, 24), true), snapshot());
        for msg in msgs {
            update(&mut model, *msg, &snapshot);
        }
        assert_eq!((model.shown().title, model.active()), (title, id), "{msgs:?}");
        assert_eq!(model.selection.told(), looked_at, "{msgs:?}");
        let (order, _) = model.ordered(id, &snapshot);
        let key = |row: &usize| id.sheet().value(*row, 0, &snapshot).text().into_owned();
        assert_eq!(order.iter().map(key).collect::<Vec<_>>(), rows, "{msgs:?}");
        model
    }

    const BY: Msg = Msg::HostsBy;

    #[test]
    fn a_key_adds_servers_and_clients_up_in_turn() {
        let (servers, clients) = (view("Servers"), view("Clients"));
        let check = |msgs: &[Msg], at, rows: &[&str]| check(msgs, at, "", rows);
        let addresses = ["192.0.2.1", "192.0.2.100", "192.0.2.3"];
        check(&[servers], ("Servers", SheetId::Servers), &addresses);
        check(&[servers, BY], ("Servers", SheetId::ServerNetworks), &["AS64500", "unknown"]);
        check(&[BY, servers, BY], ("Servers", SheetId::ServerCountries), &["SE", "unknown"]);
        check(&[BY, clients], ("Clients", SheetId::ClientNetworks), &["unknown"]);
        check(&[BY, clients, BY], ("Clients", SheetId::ClientCountries), &["unknown"]);
        check(&[servers, BY, BY, BY], ("Servers", SheetId::Servers), &addresses);
        let sorted = [servers, BY, Msg::Sort];
        check(&sorted, ("Servers", SheetId::ServerNetworks), &["unknown", "AS64500"]);
    }

    #[test]
    fn enter_goes_into_a_network_to_its_addresses_and_escape_out_again() {
        let servers = view("Servers");
        let at = ("Servers", SheetId::Servers);
        let (network, there) = ("servers in AS64500", ["192.0.2.1", "192.0.2.3"]);
        check(&[servers, BY, Msg::Enter], at, network, &there);
        let unknown = [servers, BY, BY, Msg::Move(1), Msg::Enter];
        check(&unknown, at, "servers whose country is unknown", &["192.0.2.100"]);
        // From the first view, too, and out again to it.
        check(&[BY, Msg::Enter], at, network, &there);
        let overview = ("Overview", SheetId::ServerNetworks);
        check(&[BY, Msg::Enter, Msg::Back], overview, "", &["AS64500", "unknown"]);
        // Into an address from there: that is a filter.
        let both = "servers in AS64500 > server 192.0.2.1";
        let deep = [servers, BY, Msg::Enter, Msg::Enter];
        let model = check(&deep, ("Clients", SheetId::ClientNetworks), both, &["unknown"]);
        assert_eq!(model.selection.filter().unwrap().text(), "server:192.0.2.1");
        let out = [&deep[..], &[Msg::Back]].concat();
        check(&out, at, network, &there);
        // Adding up otherwise leaves what was entered.
        let other = [servers, BY, Msg::Enter, BY];
        check(&other, ("Servers", SheetId::ServerCountries), "", &["SE", "unknown"]);
    }

    #[test]
    fn packets_are_never_asked_where_they_are_from() {
        let (mut model, snapshot) = (Model::new((80, 24), true), snapshot());
        for msg in [view("Servers"), BY, Msg::Enter, Msg::Back] {
            let effect = update(&mut model, msg, &snapshot);
            let is_spec = matches!(effect, None | Some(Effect::Ask(Command::Spec(_))));
            assert!(is_spec, "{msg:?} asks {effect:?}");
        }
        assert_eq!(model.spec().top, ROWS, "sums are of as many rows as there can be");
    }

    #[test]
    fn a_network_that_is_gone_leaves_an_empty_table_that_says_so() {
        let (mut model, snapshot) = (Model::new((80, 24), true), snapshot());
        for msg in [view("Servers"), BY, Msg::Enter] {
            update(&mut model, msg, &snapshot);
        }
        let mut later = snapshot.clone();
        later.servers.rows.retain(|row| row.key == IpAddr::from([192, 0, 2, 100]));
        assert_eq!(model.ordered(SheetId::Servers, &later).0, Vec::<usize>::new());
        update(&mut model, Msg::Move(1), &later);
        update(&mut model, Msg::Enter, &later);
        assert_eq!(model.selection.told(), "servers in AS64500");
    }
}
