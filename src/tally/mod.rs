//! What it adds up to: exchanges become counts.
//!
//! Exact while it fits the memory granted, then never wrong by more than the error it shows.
//! Counting contains no opinions. Tables of several engines merge into one.

mod arena;
mod bounds;
mod domains;
mod entities;
mod figures;
mod latency;
mod lookups;
mod names;
mod paths;
mod slot;
mod splits;
#[cfg(test)]
mod tests;
mod timeline;

use std::hash::BuildHasher;
use std::time::Duration;

use hashbrown::HashMap;

use crate::iana::Rcode;
use crate::time::Timestamp;
use crate::track::{Answer, Exchange, Outcome};
use crate::wire::{Address, Question};

pub use bounds::Bounds;
pub use figures::{Distinct, Impact, Latency, Step, Timeline};

pub(crate) use entities::{Apart, Entities, Entity};
pub(crate) use latency::Times;
pub(crate) use names::{NONE, NameRow, Names};
pub(crate) use paths::Paths;
pub(crate) use slot::{SLOTS, Slot};
pub(crate) use splits::Splits;

use lookups::{Change, Lookups};
use paths::Pairs;
use slot::GONE;
use timeline::Course;

/// Server and code pairs whose response times are kept; the rest only counts in the totals.
const MAX_SERVER_TIMES: usize = 512;

/// A lookup is over when nothing of it was seen for this many times the patience of a query.
const LOOKUP_PATIENCES: u32 = 1;

/// Codes whose response times are kept apart; rarer ones only count in the totals.
const TIMED_RCODES: usize = 24;

/// All counts of one engine.
#[derive(Debug)]
pub struct Tallies {
    focus: Rcode,
    hasher: foldhash::quality::RandomState,
    rcodes: Vec<u64>,
    times: Vec<Option<Box<Times>>>,
    all_times: Times,
    server_times: HashMap<(u32, Slot), Box<Times>, foldhash::quality::RandomState>,
    pub(crate) servers: Entities<Address>,
    pub(crate) clients: Entities<Address>,
    pub(crate) domains: Entities<Box<[u8]>>,
    pub(crate) names: Names,
    pub(crate) paths: Paths,
    server_clients: Pairs,
    server_names: Pairs,
    client_names: Pairs,
    lookups: Lookups,
    clients_failed: [u64; SLOTS],
    names_failed: [u64; SLOTS],
    pub(crate) splits: Splits,
    course: Course,
}

impl Tallies {
    /// Counts nothing yet. Tallies that shall be merged need the same `hasher`.
    pub fn new(
        focus: Rcode,
        patience: Duration,
        bounds: &Bounds,
        hasher: foldhash::quality::RandomState,
    ) -> Self {
        Self {
            focus,
            hasher,
            rcodes: vec![0; usize::from(Rcode::MAX.0) + 1],
            times: vec![None; TIMED_RCODES],
            all_times: Times::default(),
            server_times: HashMap::default(),
            servers: Entities::new(bounds.servers),
            clients: Entities::new(bounds.clients),
            domains: Entities::new(bounds.domains),
            names: Names::new(bounds.name_bytes),
            paths: Paths::new(bounds.paths),
            server_clients: Pairs::new(bounds.pairs),
            server_names: Pairs::new(bounds.pairs),
            client_names: Pairs::new(bounds.pairs),
            lookups: Lookups::new(patience * LOOKUP_PATIENCES, bounds.lookups),
            clients_failed: [0; SLOTS],
            names_failed: [0; SLOTS],
            splits: Splits::default(),
            course: Course::default(),
        }
    }

    /// The code that everything revolves around.
    pub fn focus(&self) -> Rcode {
        self.focus
    }

    /// Counts a query for the course of events.
    pub fn query(&mut self, at: Timestamp) {
        self.course.query(at);
    }

    /// Counts an exchange.
    pub fn add(&mut self, exchange: &Exchange<'_>) {
        let keys = self.keys(exchange);
        match (exchange.outcome, &exchange.answer) {
            (Outcome::Unanswered | Outcome::Unreachable, _) => self.unanswered(exchange, keys, 1),
            (outcome, Some(answer)) => {
                if let Outcome::Answered { took, late } = outcome {
                    self.add_time(keys.server, answer.rcode, took);
                    if late {
                        self.unanswered(exchange, keys, -1);
                    }
                }
                self.response(exchange, answer, keys);
            }
            (_, None) => {}
        }
    }

    fn unanswered(&mut self, exchange: &Exchange<'_>, keys: Keys, by: i64) {
        self.servers.add_unanswered(keys.server, by);
        self.clients.add_unanswered(keys.client, by);
        self.names.add_unanswered(keys.name, by);
        self.domains.add_unanswered(keys.domain, by);
        let asked = exchange.asked.map_or(exchange.at, |asked| asked.at);
        self.course.unanswered(asked, by);
    }

    fn response(&mut self, exchange: &Exchange<'_>, answer: &Answer<'_>, keys: Keys) {
        let (rcode, at) = (answer.rcode, exchange.at);
        if let Some(count) = self.rcodes.get_mut(usize::from(rcode.0)) {
            *count += 1;
        }
        self.course.response(at, rcode);
        self.servers.add(keys.server, rcode, at);
        self.clients.add(keys.client, rcode, at);
        self.domains.add(keys.domain, rcode, at);
        let first_of_name = self.names.add(keys.name, rcode, at);
        if first_of_name && rcode == self.focus {
            self.domains.add_distinct(keys.domain, Apart::Names);
        }
        self.splits.add_header(exchange.opcode, exchange.transport, rcode);
        if let Some(question) = exchange.question {
            self.splits.add_question(question.rtype, question.class, rcode);
        }
        if let Some(ede) = answer.ede {
            self.splits.add_ede(ede, rcode, answer.ede_text);
        }
        if !rcode.is_answer() || rcode == self.focus {
            let new = self.paths.add(keys.client, keys.server, keys.name, rcode);
            if new && rcode == self.focus {
                self.add_pairs(keys.client, keys.server, keys.name);
            }
        }
        self.follow_lookup(keys, rcode, at);
    }

    fn add_pairs(&mut self, client: u32, server: u32, name: u32) {
        if self.server_clients.is_new(server, client) {
            self.servers.add_distinct(server, Apart::Clients);
            self.clients.add_distinct(client, Apart::Servers);
        }
        if self.server_names.is_new(server, name) {
            self.servers.add_distinct(server, Apart::Names);
            self.names.add_distinct(name, Apart::Servers);
        }
        if self.client_names.is_new(client, name) {
            self.clients.add_distinct(client, Apart::Names);
            self.names.add_distinct(name, Apart::Clients);
        }
    }

    fn follow_lookup(&mut self, keys: Keys, rcode: Rcode, at: Timestamp) {
        if rcode.is_answer() {
            for change in self.lookups.answered(keys.lookup, at) {
                self.lookup_changed(keys, change);
            }
            return;
        }
        let slot = Slot::of(rcode);
        // Codes without a counter of their own are only followed when they are the focus.
        if slot == Slot::OTHER && rcode != self.focus {
            return;
        }
        if let Some(change) = self.lookups.trouble(keys.lookup, slot, at) {
            self.lookup_changed(keys, change);
        }
    }

    fn lookup_changed(&mut self, keys: Keys, change: Change) {
        let (slot, more) = match change {
            Change::Failed(slot) => (slot, true),
            Change::Recovered(slot) => (slot, false),
        };
        let by = if more { 1 } else { -1 };
        if self.clients.add_failed(keys.client, slot, more) {
            let failed = &mut self.clients_failed[slot.place()];
            *failed = failed.saturating_add_signed(by);
        }
        if self.names.add_failed(keys.name, slot, more) {
            let failed = &mut self.names_failed[slot.place()];
            *failed = failed.saturating_add_signed(by);
        }
    }

    fn add_time(&mut self, server: u32, rcode: Rcode, took: Duration) {
        self.all_times.add(took);
        if let Some(times) = self.times.get_mut(usize::from(rcode.0)) {
            times.get_or_insert_default().add(took);
        }
        let key = (server, Slot::of(rcode));
        if self.server_times.len() < MAX_SERVER_TIMES || self.server_times.contains_key(&key) {
            self.server_times.entry(key).or_default().add(took);
        }
    }

    /// The numbers of an exchange's keys; makes room for those that are new.
    fn keys(&mut self, exchange: &Exchange<'_>) -> Keys {
        let question = exchange.question.unwrap_or_default();
        let hash = self.hasher.hash_one((exchange.name_hash, question));
        let lookup = self.hasher.hash_one((exchange.client, hash));
        let client = self.client(exchange.client);
        let server = self.server(exchange.server);
        let name = self.name(hash, exchange.name, question);
        let domain = self.domain_of(name, exchange.name);
        Keys { client, server, name, domain, lookup }
    }

    fn client(&mut self, address: Address) -> u32 {
        if let Some(place) = self.clients.find(&address, |key| *key == address) {
            return place;
        }
        if self.clients.is_full() {
            let remap = self.clients.forget_lighter_half();
            self.paths.renumber(Some(&remap), None, None);
            self.recount_pairs();
        }
        self.clients.insert(address)
    }

    fn server(&mut self, address: Address) -> u32 {
        if let Some(place) = self.servers.find(&address, |key| *key == address) {
            return place;
        }
        if self.servers.is_full() {
            let remap = self.servers.forget_lighter_half();
            self.paths.renumber(None, Some(&remap), None);
            self.recount_pairs();
            self.server_times = std::mem::take(&mut self.server_times)
                .into_iter()
                .filter_map(|((server, slot), times)| {
                    Some(((slot::renumbered(&remap, server)?, slot), times))
                })
                .collect();
        }
        self.servers.insert(address)
    }

    fn name(&mut self, hash: u64, name: &[u8], question: Question) -> u32 {
        if let Some(place) = self.names.find(hash) {
            return place;
        }
        if self.names.is_full() {
            let remap = self.names.forget_lighter_half();
            self.paths.renumber(None, None, Some(&remap));
            self.recount_pairs();
        }
        let domain = if name.is_empty() { NONE } else { self.domain(domains::registered(name)) };
        self.names.insert(hash, name, question, domain)
    }

    /// The domain of a kept question; one that was forgotten meanwhile is kept again.
    fn domain_of(&mut self, name: u32, wire: &[u8]) -> u32 {
        let known = self.names.domain(name);
        if known != NONE || wire.is_empty() {
            return known;
        }
        let domain = self.domain(domains::registered(wire));
        self.names.set_domain(name, domain);
        domain
    }

    fn domain(&mut self, wire: &[u8]) -> u32 {
        if let Some(place) = self.domains.find(wire, |key| **key == *wire) {
            return place;
        }
        if self.domains.is_full() {
            let remap = self.domains.forget_lighter_half();
            self.names.renumber_domains(&remap);
        }
        self.domains.insert(wire.into())
    }

    /// Changes the code that everything revolves around.
    pub fn set_focus(&mut self, focus: Rcode) {
        if focus == self.focus {
            return;
        }
        self.focus = focus;
        if Slot::of(focus) == Slot::OTHER {
            self.lookups.clear(Slot::OTHER);
            self.clients_failed[Slot::OTHER.place()] = 0;
            self.names_failed[Slot::OTHER.place()] = 0;
            self.clients.clear_failed(Slot::OTHER);
            self.names.clear_failed(Slot::OTHER);
        }
        self.recount_pairs();
        self.recount_domains();
    }

    /// Counts the distinct pairs of the focus code anew from the paths that are kept.
    fn recount_pairs(&mut self) {
        self.servers.clear_distinct();
        self.clients.clear_distinct();
        self.names.clear_distinct();
        for pairs in [&mut self.server_clients, &mut self.server_names, &mut self.client_names] {
            pairs.clear();
        }
        let paths: Vec<_> = self.paths.with_code(self.focus).copied().collect();
        for path in paths {
            self.add_pairs(path.client, path.server, path.name);
        }
    }

    fn recount_domains(&mut self) {
        self.domains.clear_distinct();
        let places: Vec<u32> = self.names.with_code(self.focus).map(|row| row.place).collect();
        for place in places {
            self.domains.add_distinct(self.names.domain(place), Apart::Names);
        }
    }

    /// Adds the counts of an engine that saw other packets of the same capture.
    pub fn merge(&mut self, other: &Self) {
        self.rcodes.iter_mut().zip(&other.rcodes).for_each(|(ours, theirs)| *ours += theirs);
        self.all_times.merge(&other.all_times);
        for (ours, theirs) in self.times.iter_mut().zip(&other.times) {
            if let Some(theirs) = theirs {
                ours.get_or_insert_default().merge(theirs);
            }
        }
        let clients = self.clients.merge(&other.clients);
        let servers = self.servers.merge(&other.servers);
        let domains = self.domains.merge(&other.domains);
        let names = self.names.merge(&other.names, &domains);
        self.paths.merge(&other.paths, &clients, &servers, &names);
        for ((server, slot), times) in &other.server_times {
            let server = servers.get(*server as usize).copied().unwrap_or(GONE);
            self.server_times.entry((server, *slot)).or_default().merge(times);
        }
        self.lookups.merge(&other.lookups);
        self.splits.merge(&other.splits);
        self.course.merge(&other.course);
        self.recount_failed();
        self.recount_pairs();
        self.recount_domains();
    }

    fn recount_failed(&mut self) {
        for slot in Slot::all() {
            self.clients_failed[slot.place()] = self.clients.count_failed(slot);
            self.names_failed[slot.place()] = self.names.count_failed(slot);
        }
    }
}

/// The numbers of an exchange's keys.
#[derive(Clone, Copy, Debug)]
struct Keys {
    client: u32,
    server: u32,
    name: u32,
    domain: u32,
    lookup: u64,
}

/// What readers of the counts ask for.
impl Tallies {
    /// Responses by code, codes that were seen.
    pub fn rcodes(&self) -> impl Iterator<Item = (Rcode, u64)> {
        (0..).map(Rcode).zip(self.rcodes.iter().copied()).filter(|(_, count)| *count > 0)
    }

    /// Responses with one code.
    pub fn responses(&self, rcode: Rcode) -> u64 {
        self.rcodes.get(usize::from(rcode.0)).copied().unwrap_or_default()
    }

    /// Response times of all answered queries.
    pub fn latency(&self) -> Option<Latency> {
        self.all_times.latency()
    }

    /// Response times of one code, where they are kept apart.
    pub fn latency_of(&self, rcode: Rcode) -> Option<Latency> {
        self.times.get(usize::from(rcode.0))?.as_ref()?.latency()
    }

    /// Response times of one server, where they are kept.
    pub(crate) fn server_latency(&self, server: u32) -> Option<Latency> {
        let mut all = Times::default();
        for slot in Slot::all() {
            if let Some(times) = self.server_times.get(&(server, slot)) {
                all.merge(times);
            }
        }
        all.latency()
    }

    /// Lookups that met the focus code.
    pub fn impact(&self) -> Impact {
        let slot = Slot::of(self.focus);
        let (lookups_refused, recovered) = self.lookups.counts(slot);
        Impact {
            lookups_refused,
            recovered,
            failed: lookups_refused.saturating_sub(recovered),
            clients_failed: self.clients_failed[slot.place()],
            names_failed: self.names_failed[slot.place()],
        }
    }

    /// The course of events.
    pub fn timeline(&self) -> Timeline {
        self.course.timeline(self.focus)
    }

    /// Whether the distinct counts may be too low.
    pub(crate) fn distinct_is_bounded(&self) -> bool {
        let pairs = [&self.server_clients, &self.server_names, &self.client_names];
        self.paths.forgotten() > 0 || pairs.iter().any(|pairs| pairs.is_full())
    }

    /// Keys that bounded tables gave up.
    pub fn forgotten(&self) -> u64 {
        self.servers.forgotten()
            + self.clients.forgotten()
            + self.domains.forgotten()
            + self.names.forgotten()
            + self.paths.forgotten()
            + self.splits.lost()
            + self.lookups.lost()
    }
}
