//! The numbers by which tables know what an exchange is about; room is made for what is new.

use std::time::Duration;

use super::Tallies;
use super::domains::registered;
use super::events::{Event, Events};
use super::names::NONE;
use crate::iana::Rcode;
use crate::time::Timestamp;
use crate::wire::{Address, Question};

/// The numbers of an exchange's keys, and what every table wants to know of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    pub(super) client: u32,
    pub(super) server: u32,
    pub(super) name: u32,
    pub(super) domain: u32,
    /// A hash of client and question.
    pub(super) lookup: u64,
    /// The question's hash.
    pub(super) question: u64,
    pub(super) at: Timestamp,
    /// The response's code, if there was a response.
    pub(super) rcode: Option<Rcode>,
    /// The response is the first one to a query that was seen.
    pub(super) is_matched: bool,
    /// It came later than its query waited.
    pub(super) is_overdue: bool,
    /// It was slow.
    pub(super) is_slow: bool,
}

impl Keys {
    pub(super) const NONE: Self = Self {
        client: NONE,
        server: NONE,
        name: NONE,
        domain: NONE,
        lookup: 0,
        question: 0,
        at: Timestamp(0),
        rcode: None,
        is_matched: false,
        is_overdue: false,
        is_slow: false,
    };
}

impl Tallies {
    /// The numbers of the events' keys; makes room for those that are new.
    pub(super) fn find_keys(&mut self, events: &Events, some: &[Event], keys: &mut Vec<Keys>) {
        keys.clear();
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let (slow_after, patience) = (nanos(self.slow_after), nanos(self.patience));
        for event in some {
            let took = event.response.and_then(|response| response.took);
            keys.push(Keys {
                client: self.client(event.hashes.client, event.client),
                question: event.hashes.question,
                at: event.at,
                rcode: event.response.map(|response| response.rcode),
                is_matched: took.is_some(),
                is_overdue: took.is_some_and(|took| took > patience),
                is_slow: took.is_some_and(|took| took > slow_after),
                ..Keys::NONE
            });
        }
        for (event, keys) in some.iter().zip(&mut *keys) {
            keys.server = self.server(event.hashes.server, event.server);
            keys.lookup = self.hasher.pair(event.hashes.client, event.hashes.question);
        }
        for keys in &mut *keys {
            keys.name = self.names.find(keys.question).unwrap_or(NONE);
        }
        for (event, keys) in some.iter().zip(&mut *keys) {
            let name = events.name(event);
            if keys.name == NONE {
                let question = event.question.unwrap_or_default();
                keys.name = self.name(event.hashes.question, name, question);
            }
            keys.domain = self.domain_of(keys.name, name);
        }
    }

    #[inline]
    fn client(&mut self, hash: u64, address: Address) -> u32 {
        match self.clients.find(hash, |key| *key == address) {
            Some(place) => place,
            None => self.new_client(hash, address),
        }
    }

    fn new_client(&mut self, hash: u64, address: Address) -> u32 {
        if self.clients.is_full() {
            self.forget_clients();
        }
        self.clients.insert(hash, address)
    }

    fn forget_clients(&mut self) {
        self.clients.forget_lighter_half();
        let clients = &self.clients;
        self.paths.retain(|path| clients.is_kept(path.client));
    }

    #[inline]
    fn server(&mut self, hash: u64, address: Address) -> u32 {
        match self.servers.find(hash, |key| *key == address) {
            Some(place) => place,
            None => self.new_server(hash, address),
        }
    }

    fn new_server(&mut self, hash: u64, address: Address) -> u32 {
        if self.servers.is_full() {
            self.forget_servers();
        }
        self.servers.insert(hash, address)
    }

    fn forget_servers(&mut self) {
        self.servers.forget_lighter_half();
        let servers = &self.servers;
        self.paths.retain(|path| servers.is_kept(path.server));
        self.pairs.retain_servers(|server| servers.is_kept(server));
        for (place, times) in (0..).zip(&mut self.server_times) {
            if !servers.is_kept(place) {
                *times = None;
            }
        }
        self.servers_timed = self.server_times.iter().flatten().count();
    }

    /// The number of a question that was new a moment ago.
    fn name(&mut self, hash: u64, name: &[u8], question: Question) -> u32 {
        match self.names.find(hash) {
            Some(place) => place,
            None => self.new_name(hash, name, question),
        }
    }

    fn new_name(&mut self, hash: u64, name: &[u8], question: Question) -> u32 {
        if self.names.is_full() {
            self.forget_names();
        }
        let domain = if name.is_empty() { NONE } else { self.domain(registered(name)) };
        self.names.insert(hash, name, question, domain)
    }

    fn forget_names(&mut self) {
        self.names.forget_lighter_half();
        let names = &self.names;
        self.paths.retain(|path| names.is_kept(path.name));
    }

    /// The domain of a kept question; one that was forgotten meanwhile is kept again.
    fn domain_of(&mut self, name: u32, wire: &[u8]) -> u32 {
        let known = self.names.domain(name);
        if known != NONE || wire.is_empty() {
            return known;
        }
        let domain = self.domain(registered(wire));
        self.names.set_domain(name, domain);
        domain
    }

    fn domain(&mut self, wire: &[u8]) -> u32 {
        let hash = self.hasher.bytes(wire);
        if let Some(place) = self.domains.find(hash, |key| **key == *wire) {
            return place;
        }
        if self.domains.is_full() {
            self.forget_domains();
        }
        self.domains.insert(hash, wire.into())
    }

    fn forget_domains(&mut self) {
        self.domains.forget_lighter_half();
        let domains = &self.domains;
        self.names.retain_domains(|domain| domains.is_kept(domain));
    }

    /// Forgets as much as does not fit, as after adding up.
    pub(super) fn trim(&mut self) {
        while self.clients.is_over() {
            self.forget_clients();
        }
        while self.servers.is_over() {
            self.forget_servers();
        }
        while self.domains.is_over() {
            self.forget_domains();
        }
        while self.names.is_over() {
            self.forget_names();
        }
        self.paths.trim();
    }
}
