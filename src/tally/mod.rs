//! What it adds up to: exchanges become counts.
//!
//! Exact while it fits the memory granted, then never wrong by more than the error it shows.
//! Counting contains no opinions. Tables of several engines merge into one.

mod arena;
mod ask;
mod bounds;
mod carry;
mod domains;
mod entities;
mod events;
mod facts;
mod figures;
mod keys;
mod latency;
mod lookups;
mod moments;
mod names;
mod pairs;
mod paths;
mod records;
mod restore;
mod slot;
mod splits;
mod sums;
#[cfg(test)]
mod tests;
mod timeline;

use std::time::Duration;

use crate::focus::{Focus, SLOW_AFTER};
use crate::iana::{Opcode, Rcode};
use crate::time::Timestamp;
use crate::track::{Exchange, Hasher, Hashes};
use crate::wire::Address;

pub(crate) use ask::Counted;
pub use bounds::Bounds;
pub use events::Events;
pub use figures::{BOUNDS, Distinct, Histogram, Impact, Latency, Step, Timeline};

pub(crate) use domains::{has_public_suffix, registered};
pub(crate) use entities::{Apart, Entities, Key as EntityKey};
pub(crate) use facts::{End, Fact, Facts, How, Marks};
pub(crate) use latency::Times;
pub(crate) use moments::{Moments, PARTS, Parts};
pub(crate) use names::{NONE, Names};
pub(crate) use paths::{Path, Paths};
pub(crate) use records::Record;
pub(crate) use restore::{Broken, MOST_COUNTED, Restore};
pub(crate) use slot::{Aspect, Slot};
pub(crate) use splits::{SplitRow, Splits};
pub(crate) use sums::Sums;

use events::{Event, NotTaken};
use facts::Note;
use keys::Keys;
use lookups::Lookups;
use pairs::{Kind, Pairs};
use timeline::Course;

/// Servers whose response times are kept apart; those of others only count in the totals.
const MAX_SERVER_TIMES: usize = 1024;

/// A lookup is over when nothing of it was seen for this many times the patience of a query.
const LOOKUP_PATIENCES: u32 = 1;

/// Codes whose response times are kept apart; rarer ones only count in the totals.
const TIMED_RCODES: usize = 24;

/// What is looked at, and the times that decide what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watched {
    /// What everything revolves around.
    pub focus: Focus,
    /// A first response that took longer is slow.
    pub slow_after: Duration,
    /// How long a query waits for its response.
    pub patience: Duration,
}

impl Default for Watched {
    fn default() -> Self {
        let (focus, patience) = (Focus::default(), Duration::from_secs(5));
        Self { focus, slow_after: SLOW_AFTER, patience }
    }
}

/// All counts of one engine.
#[derive(Debug)]
pub struct Tallies {
    focus: Focus,
    patience: Duration,
    /// What takes longer is slow.
    slow_after: Duration,
    /// First responses to queries that were seen, those of them that were slow, and queries
    /// without a response.
    answered: u64,
    slow: u64,
    unanswered: u64,
    events: Events,
    keys: Vec<Keys>,
    hasher: Hasher,
    rcodes: Vec<u64>,
    times: Vec<Option<Box<Times>>>,
    /// Of codes without a place in `times`.
    other_times: Times,
    /// By number of the server.
    server_times: Vec<Option<Box<Times>>>,
    servers_timed: usize,
    pub(crate) servers: Entities<Address>,
    pub(crate) clients: Entities<Address>,
    pub(crate) domains: Entities<Box<[u8]>>,
    pub(crate) names: Names,
    pub(crate) paths: Paths,
    pairs: Pairs,
    /// Distinct questions that met the focus.
    focus_names: u64,
    /// A response came late, so that a path has no query without response any more, and what is
    /// distinct is to be counted anew.
    is_stale: bool,
    /// Distinct pairs were counted from paths of which some had been forgotten.
    paths_recounted: bool,
    /// Of what was added up, some was counted with another focus: paths of answers were not followed.
    answers_missed: bool,
    lookups: Lookups,
    pub(crate) facts: Facts,
    pub(crate) splits: Splits,
    course: Course,
}

impl Tallies {
    /// Counts nothing yet. Tallies that shall be merged need the same `hasher`.
    pub fn new(watch: Watched, bounds: &Bounds, hasher: Hasher) -> Self {
        let Watched { focus, slow_after, patience } = watch;
        Self {
            focus,
            patience,
            slow_after,
            answered: 0,
            slow: 0,
            unanswered: 0,
            is_stale: false,
            events: Events::default(),
            keys: Vec::new(),
            rcodes: vec![0; usize::from(Rcode::MAX.0) + 1],
            times: vec![None; TIMED_RCODES],
            other_times: Times::default(),
            server_times: Vec::new(),
            servers_timed: 0,
            servers: Entities::new(bounds.servers, hasher.clone()),
            clients: Entities::new(bounds.clients, hasher.clone()),
            domains: Entities::new(bounds.domains, hasher.clone()),
            names: Names::new(bounds.name_bytes, bounds.names),
            paths: Paths::new(bounds.paths, hasher.clone()),
            pairs: Pairs::new(bounds.pairs),
            focus_names: 0,
            paths_recounted: false,
            answers_missed: false,
            facts: Facts::new(bounds.facts, hasher.clone()),
            hasher,
            lookups: Lookups::new(patience * LOOKUP_PATIENCES, bounds.lookups),
            splits: Splits::default(),
            course: Course::default(),
        }
    }

    /// What everything revolves around.
    pub fn focus(&self) -> Focus {
        self.focus
    }

    /// What takes longer is slow.
    pub fn slow_after(&self) -> Duration {
        self.slow_after
    }

    /// How long a query waits.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// Everything that was counted; none of it is left.
    pub(crate) fn take(&mut self) -> Self {
        let Self { focus, slow_after, patience, .. } = *self;
        let watched = Watched { focus, slow_after, patience };
        let nothing = Self::new(watched, &Bounds::of(0, 0), self.hasher.clone());
        std::mem::replace(self, nothing)
    }

    /// From now on tables are bounded so, which may have been filled with other bounds.
    pub(crate) fn bound(&mut self, bounds: &Bounds) {
        self.clients.set_max(bounds.clients);
        self.servers.set_max(bounds.servers);
        self.domains.set_max(bounds.domains);
        self.pairs = Pairs::new(bounds.pairs);
        self.trim();
    }

    /// Counts an exchange, at the latest with the next [`Self::settle`].
    #[inline]
    pub fn add(&mut self, exchange: &Exchange<'_>) {
        if self.events.is_full() {
            self.count_added();
        }
        self.events.push(exchange);
    }

    /// Counts everything that was added; to be called before anything is read.
    pub fn settle(&mut self) {
        self.count_added();
        if self.is_stale {
            self.recount_pairs();
        }
    }

    fn count_added(&mut self) {
        let mut events = std::mem::take(&mut self.events);
        self.count_all(&mut events);
        self.events = events;
    }

    /// Counts all events, and leaves none.
    pub fn count_all(&mut self, events: &mut Events) {
        events.queries().iter().for_each(|at| self.course.query(*at));
        self.facts.begin(events.began());
        self.facts.count_queries(events.queries());
        let (aside, queries) = events.aside();
        self.facts.count_queries_aside(queries);
        for event in aside {
            let lookup = self.hasher.pair(event.hashes.client, event.hashes.question);
            self.facts.add(&note(events, event, lookup));
        }
        events.not_taken().iter().for_each(|it| self.count_not_taken(it));
        let mut keys = std::mem::take(&mut self.keys);
        for some in events.chunks() {
            if self.have_room_for(some.len()) {
                self.count(events, some, &mut keys);
            } else {
                // What one of them pushes out of a table may be what another one is about.
                some.chunks(1).for_each(|one| self.count(events, one, &mut keys));
            }
        }
        self.keys = keys;
        events.clear();
    }

    fn have_room_for(&self, count: usize) -> bool {
        self.clients.has_room_for(count)
            && self.servers.has_room_for(count)
            && self.domains.has_room_for(count)
            && self.names.has_room_for(count)
    }

    /// Counts events: each table has its turn.
    fn count(&mut self, events: &Events, some: &[Event], keys: &mut Vec<Keys>) {
        self.find_keys(events, some, keys);
        for (event, keys) in some.iter().zip(&*keys) {
            if event.unanswered != 0 {
                self.count_unanswered(event, keys);
            } else if keys.is_overdue {
                self.note_overdue(event, keys);
            }
        }
        self.count_totals(events, some, keys);
        let responses = || keys.iter().filter_map(|keys| Some((keys, keys.rcode?)));
        for (keys, rcode) in responses() {
            self.clients.add(keys.client, rcode, keys.is_matched, keys.at);
        }
        for (keys, rcode) in responses() {
            self.servers.add(keys.server, rcode, keys.is_matched, keys.at);
        }
        for (keys, rcode) in responses() {
            self.domains.add(keys.domain, rcode, keys.is_matched, keys.at);
        }
        for (keys, rcode) in responses() {
            let is_first = self.names.add(keys.name, rcode, keys.is_matched, keys.at);
            if is_first && self.focus == rcode {
                self.first_of_name(keys);
            }
        }
        for keys in keys.iter().filter(|keys| keys.is_slow) {
            self.count_slow(keys);
        }
        for (event, keys) in some.iter().zip(&*keys) {
            let Some(rcode) = keys.rcode else { continue };
            // A refusal that nobody was seen to ask for is met by no lookup.
            if event.how.end == End::Unasked && !rcode.is_answer() {
                continue;
            }
            self.follow_lookup(*keys, rcode, keys.at);
        }
        for (event, keys) in some.iter().zip(&*keys) {
            self.facts.add(&note(events, event, keys.lookup));
        }
        for (event, keys) in some.iter().zip(&*keys) {
            self.count_paths(event, keys);
        }
    }

    /// What it met, as far as that is followed path by path.
    #[inline]
    fn count_paths(&mut self, event: &Event, keys: &Keys) {
        if let Some(rcode) = keys.rcode.filter(|rcode| self.is_trouble(*rcode)) {
            self.add_path(event, keys, rcode.into());
        }
        if keys.is_slow {
            self.add_path(event, keys, Focus::Slow);
        }
        if event.unanswered > 0 {
            self.add_path(event, keys, Focus::NoResponse);
        } else if event.unanswered < 0 {
            let was_last = self.paths.take_back(keys.client, keys.server, keys.name);
            self.is_stale |= was_last && self.focus == Focus::NoResponse;
        }
    }

    fn add_path(&mut self, event: &Event, keys: &Keys, met: Focus) {
        let is_new = self.paths.add(keys.client, keys.server, keys.name, met);
        if is_new && met == self.focus {
            self.add_pairs(*keys, &event.hashes);
        }
    }

    fn count_not_taken(&mut self, it: &NotTaken) {
        let NotTaken { at, client, server } = *it;
        let lookup = self.hasher.pair(self.hasher.address(client), 0);
        let how = How {
            end: End::NoConnection,
            opcode: Opcode::QUERY,
            rcode: Rcode::NOERROR,
            ede: None,
            marks: Marks::TCP,
        };
        let (question, name, repeats, took, waited, late) = (None, &[][..], 0, None, 0, false);
        self.facts.add(&Note {
            lookup,
            client,
            server,
            question,
            name,
            how,
            repeats,
            took,
            waited,
            at,
            late,
        });
    }

    /// Whether a code's responses are followed one by one.
    fn is_trouble(&self, rcode: Rcode) -> bool {
        !rcode.is_answer() || self.focus == rcode
    }

    /// A name that was forgotten and came back is no new one of its domain.
    fn first_of_name(&mut self, keys: &Keys) {
        if self.pairs.is_new(Kind::DomainName, keys.question) {
            self.focus_names += 1;
            self.domains.add_distinct(keys.domain, Apart::Names, Aspect::of(self.focus), 1);
        }
    }

    /// Its response came too late, but before that was dealt with.
    #[cold]
    fn note_overdue(&mut self, event: &Event, keys: &Keys) {
        self.servers.add_unanswered(keys.server, 0, event.asked);
        self.clients.add_unanswered(keys.client, 0, event.asked);
        self.domains.add_unanswered(keys.domain, 0, event.asked);
    }

    fn count_unanswered(&mut self, event: &Event, keys: &Keys) {
        let (by, at) = (i64::from(event.unanswered), event.asked);
        self.unanswered = self.unanswered.saturating_add_signed(by);
        self.servers.add_unanswered(keys.server, by, at);
        self.clients.add_unanswered(keys.client, by, at);
        self.domains.add_unanswered(keys.domain, by, at);
        self.splits.add_unanswered(event, by);
        self.course.unanswered(at, by);
        if self.names.add_unanswered(keys.name, by) && self.focus == Focus::NoResponse {
            self.first_of_name(keys);
        }
    }

    fn count_slow(&mut self, keys: &Keys) {
        self.slow += 1;
        self.clients.add_slow(keys.client, keys.at);
        self.servers.add_slow(keys.server, keys.at);
        self.domains.add_slow(keys.domain, keys.at);
        if self.names.add_slow(keys.name) && self.focus == Focus::Slow {
            self.first_of_name(keys);
        }
    }

    /// What needs no key but the server.
    fn count_totals(&mut self, events: &Events, some: &[Event], keys: &[Keys]) {
        for (event, keys) in some.iter().zip(keys) {
            let Some(response) = event.response else { continue };
            let rcode = response.rcode;
            if let Some(count) = self.rcodes.get_mut(usize::from(rcode.0)) {
                *count += 1;
            }
            self.course.response(event.at, rcode, keys.is_matched, keys.is_slow);
            self.splits.add_response(event, rcode, keys.is_matched, keys.is_slow);
            if let Some(ede) = response.ede {
                self.splits.add_ede(ede, rcode, events.text(&response));
            }
            if let Some(took) = response.took {
                self.answered += 1;
                self.add_time(keys.server, rcode, took);
            }
        }
    }

    fn add_pairs(&mut self, keys: Keys, hashes: &Hashes) {
        let Keys { client, server, name, .. } = keys;
        let (aspect, hasher) = (Aspect::of(self.focus), &self.hasher);
        if self.pairs.is_new(Kind::ServerClient, hasher.pair(hashes.server, hashes.client)) {
            self.servers.add_distinct(server, Apart::Clients, aspect, 1);
            self.clients.add_distinct(client, Apart::Servers, aspect, 1);
        }
        // A question that is not known is no name, though it is met at some server by some client.
        let names = u32::from(self.names.is_known(name));
        if self.pairs.is_new_name(server, hashes.question) {
            self.servers.add_distinct(server, Apart::Names, aspect, names);
            self.names.add_distinct(name, Apart::Servers, 1);
        }
        if self.pairs.is_new(Kind::ClientName, hasher.pair(hashes.client, hashes.question)) {
            self.clients.add_distinct(client, Apart::Names, aspect, names);
            self.names.add_distinct(name, Apart::Clients, 1);
        }
    }

    fn follow_lookup(&mut self, keys: Keys, rcode: Rcode, at: Timestamp) {
        if rcode.is_answer() {
            let recovered = self.lookups.answered(keys.lookup, at);
            if recovered != 0 {
                let codes = Slot::all().filter(|slot| recovered & slot.bit() != 0);
                codes.for_each(|slot| self.lookup_changed(keys, slot, false));
            }
            return;
        }
        let slot = Slot::of(rcode);
        // Codes without a counter of their own are only followed when they are the focus.
        if slot == Slot::OTHER && self.focus != rcode {
            return;
        }
        if self.lookups.trouble(keys.lookup, slot, at) {
            self.lookup_changed(keys, slot, true);
        }
    }

    /// One lookup more failed with this code, or one less because it recovered.
    fn lookup_changed(&mut self, keys: Keys, slot: Slot, more: bool) {
        self.clients.add_failed(keys.client, slot, more);
        self.names.add_failed(keys.name, slot, more);
    }

    fn add_time(&mut self, server: u32, rcode: Rcode, took: u64) {
        match self.times.get_mut(usize::from(rcode.0)) {
            Some(times) => times.get_or_insert_default().add(took),
            None => self.other_times.add(took),
        }
        if let Some(times) = self.times_of(server) {
            times.add(took);
        }
    }

    /// The response times of a server, if there is room to keep them.
    fn times_of(&mut self, server: u32) -> Option<&mut Times> {
        if server == NONE {
            return None;
        }
        let place = server as usize;
        let is_kept = self.server_times.get(place).is_some_and(Option::is_some);
        if !is_kept {
            if self.servers_timed >= MAX_SERVER_TIMES {
                return None;
            }
            self.servers_timed += 1;
            self.server_times.resize_with(self.server_times.len().max(place + 1), || None);
        }
        self.server_times.get_mut(place).map(|times| &mut **times.get_or_insert_default())
    }

    /// Changes what everything revolves around.
    pub fn set_focus(&mut self, focus: Focus) {
        self.settle();
        if focus == self.focus {
            return;
        }
        self.focus = focus;
        if focus.rcode().is_some_and(|rcode| Slot::of(rcode) == Slot::OTHER) {
            self.lookups.clear(Slot::OTHER);
            self.clients.clear_failed(Slot::OTHER);
            self.names.clear_failed(Slot::OTHER);
        }
        self.recount_pairs();
    }

    /// Counts the distinct pairs of the focus anew from the paths that are kept.
    fn recount_pairs(&mut self) {
        self.is_stale = false;
        self.servers.clear_distinct();
        self.clients.clear_distinct();
        self.names.clear_distinct();
        self.pairs.clear();
        self.domains.clear_distinct();
        self.focus_names = 0;
        let names: Vec<(u32, u64)> = self
            .names
            .counts(self.focus)
            .map(|(_, place)| (place, self.names.hash(place)))
            .collect();
        for (name, hash) in names {
            self.pairs.is_new(Kind::DomainName, hash);
            self.focus_names += 1;
            let domain = self.names.domain(name);
            self.domains.add_distinct(domain, Apart::Names, Aspect::of(self.focus), 1);
        }
        // Paths of answers are followed only while these are in focus.
        let is_new = self.focus.is_answer() && self.in_focus().0 > 0;
        let forgotten = self.paths.forgotten() + self.names.forgotten();
        self.paths_recounted = is_new || forgotten > 0;
        let paths: Vec<_> = self.paths.of(self.focus).copied().collect();
        for path in paths {
            let address = |entities: &Entities<Address>, place| {
                entities.get(place).map_or(0, |entity| self.hasher.address(*entity.key))
            };
            let hashes = Hashes {
                client: address(&self.clients, path.client),
                server: address(&self.servers, path.server),
                question: self.names.hash(path.name),
            };
            let Path { client, server, name, .. } = path;
            self.add_pairs(Keys { client, server, name, ..Keys::NONE }, &hashes);
        }
    }

    /// Adds the counts of an engine that saw the packets of other clients of the same capture,
    /// and hashed with the same key.
    ///
    /// Both must be settled. What was exact in both is exact in the sum. Tables may grow beyond
    /// their bounds by this; the sum is for readers.
    pub fn merge(&mut self, other: &Self) {
        let (clients, servers, names) = self.merge_tables(other);
        self.paths.merge(&other.paths, &clients, &servers, &names);
        self.merge_pairs(&other.pairs, &servers);
        self.paths_recounted |= other.paths_recounted;
        self.facts.merge(&other.facts);
    }

    /// Adds what does not depend on who asks; the numbers here of the other's clients, servers and
    /// names.
    fn merge_tables(&mut self, other: &Self) -> (Vec<u32>, Vec<u32>, Vec<u32>) {
        self.rcodes.iter_mut().zip(&other.rcodes).for_each(|(ours, theirs)| *ours += theirs);
        self.answered += other.answered;
        self.slow += other.slow;
        self.unanswered += other.unanswered;
        self.other_times.merge(&other.other_times);
        for (ours, theirs) in self.times.iter_mut().zip(&other.times) {
            if let Some(theirs) = theirs {
                ours.get_or_insert_default().merge(theirs);
            }
        }
        let clients = self.clients.merge(&other.clients, true);
        let servers = self.servers.merge(&other.servers, false);
        let domains = self.domains.merge(&other.domains, false);
        let names = self.names.merge(&other.names, &domains);
        for (times, server) in other.server_times.iter().zip(&servers) {
            if let (Some(theirs), Some(ours)) = (times, self.times_of(*server)) {
                ours.merge(theirs);
            }
        }
        self.lookups.merge(&other.lookups);
        self.splits.merge(&other.splits);
        self.course.merge(&other.course);
        (clients, servers, names)
    }

    /// Other clients may have asked the same server for the same name, or asked for it at all.
    fn merge_pairs(&mut self, other: &Pairs, servers: &[u32]) {
        let aspect = Aspect::of(self.focus);
        let mut new = Vec::new();
        self.pairs.merge(other, servers, |server, name| new.push((server, name)));
        for (server, part) in new {
            let name = self.names.find_part(part);
            if let Some(server) = server {
                let names = u32::from(name.is_none_or(|name| self.names.is_known(name)));
                self.servers.add_distinct(server, Apart::Names, aspect, names);
                if let Some(name) = name {
                    self.names.add_distinct(name, Apart::Servers, 1);
                }
            } else {
                self.focus_names += 1;
                let domain = name.map_or(NONE, |name| self.names.domain(name));
                self.domains.add_distinct(domain, Apart::Names, aspect, 1);
            }
        }
    }
}

/// What is noted of an event.
#[inline]
fn note<'a>(events: &'a Events, event: &Event, lookup: u64) -> Note<'a> {
    Note {
        lookup,
        client: event.client,
        server: event.server,
        question: event.question,
        name: events.name(event),
        how: event.how,
        repeats: event.repeats,
        took: event.response.and_then(|response| response.took),
        waited: event.waited,
        at: event.at,
        late: event.late,
    }
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

    /// Exchanges in focus, and what their share is of.
    pub fn in_focus(&self) -> (u64, u64) {
        match self.focus {
            Focus::Rcode(rcode) => (self.responses(rcode), self.rcodes.iter().sum()),
            Focus::NoResponse => (self.unanswered, self.answered + self.unanswered),
            Focus::Slow => (self.slow, self.answered),
        }
    }

    /// First responses that were slow.
    pub fn slow(&self) -> u64 {
        self.slow
    }

    /// Response times of all answered queries.
    pub fn latency(&self) -> Option<Latency> {
        self.all_times().latency()
    }

    /// Response times of one code, where they are kept apart.
    pub fn latency_of(&self, rcode: Rcode) -> Option<Latency> {
        self.times.get(usize::from(rcode.0))?.as_ref()?.latency()
    }

    /// Response times of one server, where they are kept.
    pub(crate) fn server_latency(&self, server: u32) -> Option<Latency> {
        self.server_times.get(server as usize)?.as_ref()?.latency()
    }

    /// Lookups that met a code.
    pub fn impact(&self, rcode: Rcode) -> Impact {
        let slot = Slot::of(rcode);
        let (lookups_refused, recovered) = self.lookups.counts(slot);
        Impact {
            lookups_refused,
            recovered,
            failed: lookups_refused.saturating_sub(recovered),
            clients_failed: self.clients.failed(slot),
            names_failed: self.names.failed(slot),
            are_pairs: false,
        }
    }

    /// The number that stands for all questions that nobody tells, if there are any.
    pub(crate) fn unknown_name(&self) -> Option<u32> {
        self.names.find(self.hasher.question(&[], None))
    }

    /// Exchanges in focus of which nobody tells what was asked.
    pub(crate) fn unknown(&self) -> u64 {
        let row = self.unknown_name().and_then(|place| self.names.row(place, self.focus));
        row.map_or(0, |row| row.focus)
    }

    /// Distinct questions that met the focus, also of those that were forgotten since; the one that
    /// stands for all that are not known is among them.
    pub(crate) fn focus_names(&self) -> u64 {
        self.focus_names
    }

    /// The course of events.
    pub fn timeline(&self) -> Timeline {
        self.course.timeline(self.focus, self.patience)
    }

    /// Whether the distinct counts may be too low.
    pub(crate) fn distinct_is_bounded(&self) -> bool {
        self.paths_recounted || self.pairs.is_full()
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
