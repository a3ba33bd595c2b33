//! What is counted at a key, for who asks for it by name.

use std::net::IpAddr;

use super::{Entities, EntityKey, Tallies, Times};
use crate::iana::{Class, Rcode, RecordType};
use crate::wire::name::parse;
use crate::wire::{Address, Question};

/// What is counted at a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Exchanges in focus.
    pub(crate) focus: u64,
    /// What the share of these is of.
    pub(crate) whole: u64,
    /// Both may be too low by this much.
    pub(crate) error: u64,
}

impl Tallies {
    /// At a server.
    pub(crate) fn at_server(&self, server: IpAddr) -> Counted {
        self.entity(&self.servers, &Address::from(server))
    }

    /// At a client.
    pub(crate) fn at_client(&self, client: IpAddr) -> Counted {
        self.entity(&self.clients, &Address::from(client))
    }

    /// At a registered domain.
    pub(crate) fn at_domain(&self, name: &str) -> Counted {
        let wire = parse(name).map(Box::<[u8]>::from);
        wire.map_or_else(Counted::default, |wire| self.entity(&self.domains, &wire))
    }

    fn entity<K: EntityKey>(&self, table: &Entities<K>, key: &K) -> Counted {
        let place = table.find(key.hash(&self.hasher), |other| other == key);
        let entity = place.and_then(|place| table.get(place));
        let none = Counted { error: table.error(), ..Counted::default() };
        entity.map_or(none, |entity| Counted {
            focus: table.count(entity.place, self.focus),
            whole: entity.whole(self.focus),
            error: entity.error,
        })
    }

    /// At a question; `-` is the one that is not known.
    pub(crate) fn at_question(&self, name: &str, rtype: RecordType, class: Class) -> Counted {
        let wire = if name == "-" { Some(Vec::new()) } else { parse(name) };
        let hash = wire.map(|wire| self.hasher.question(&wire, Some(Question { rtype, class })));
        let place = hash.and_then(|hash| self.names.find(hash));
        let row = place.and_then(|place| self.names.row(place, self.focus));
        let none = Counted { error: self.names.error(), ..Counted::default() };
        row.map_or(none, |row| Counted { focus: row.focus, whole: row.whole, error: row.error })
    }

    /// Response times of all answered queries.
    pub(crate) fn all_times(&self) -> Times {
        let mut all = self.other_times.clone();
        self.times.iter().flatten().for_each(|times| all.merge(times));
        all
    }

    /// Response times of one code, where they are kept apart.
    pub(crate) fn rcode_times(&self, rcode: Rcode) -> Option<&Times> {
        self.times.get(usize::from(rcode.0))?.as_deref()
    }

    /// Response times of one server, where they are kept.
    pub(crate) fn server_times(&self, server: IpAddr) -> Option<&Times> {
        let address = Address::from(server);
        let place = self.servers.find(address.hash(&self.hasher), |key| *key == address)?;
        self.server_times.get(place as usize)?.as_deref()
    }
}
