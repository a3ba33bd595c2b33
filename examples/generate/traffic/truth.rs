//! The exact count of what was written, kept beside the writing and owing nothing to a decoder.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;

use super::message::{Exchange, TYPES};
use super::people::{Hosts, Names};

/// A query without a response is unanswered once it waited longer than this.
const PATIENCE: u64 = 5_000_000_000;

const REFUSED: u16 = 5;

/// Responses, and how many of them were REFUSED.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) responses: u32,
    pub(crate) refused: u32,
}

impl Count {
    fn add(&mut self, refused: bool) {
        self.responses += 1;
        self.refused += u32::from(refused);
    }
}

/// What became of a message on its way, where that is not plain from the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Query,
    RepeatedQuery,
    Response,
    RepeatedResponse,
}

/// What the capture's reader can see of one message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight {
    /// The question was not cut off.
    pub(crate) question: bool,
    /// The OPT record was not cut off.
    pub(crate) opt: bool,
    /// The query can be seen by itself.
    pub(crate) query: bool,
}

/// What was written.
#[derive(Clone, Debug)]
pub(crate) struct Truth {
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) fragments: u64,
    pub(crate) segments: u64,
    pub(crate) duplicated_frames: u64,
    pub(crate) queries: u64,
    pub(crate) responses: u64,
    pub(crate) answered: u64,
    pub(crate) unanswered: u64,
    pub(crate) unasked: u64,
    pub(crate) repeated_queries: u64,
    pub(crate) repeated_responses: u64,
    pub(crate) queries_over_tcp: u64,
    pub(crate) responses_over_tcp: u64,
    pub(crate) rcodes: BTreeMap<u16, u64>,
    pub(crate) ede: BTreeMap<u16, u64>,
    pub(crate) types: [Count; TYPES.len()],
    /// Two rows a host: IPv4, IPv6.
    servers: Vec<Count>,
    clients: Vec<Count>,
    /// One row for each name and type; one for each name of an attack.
    names: Vec<Count>,
    nameless: Count,
    everyday: usize,
    /// When the queries without a response were sent, oldest first.
    waiting: VecDeque<u64>,
}

impl Truth {
    pub(crate) fn new(clients: &Hosts, servers: &Hosts, everyday: u32, attack: u32) -> Self {
        let rows = |hosts: &Hosts| vec![Count::default(); hosts.count() as usize * 2];
        let everyday = everyday as usize;
        Self {
            packets: 0,
            bytes: 0,
            first: 0,
            last: 0,
            fragments: 0,
            segments: 0,
            duplicated_frames: 0,
            queries: 0,
            responses: 0,
            answered: 0,
            unanswered: 0,
            unasked: 0,
            repeated_queries: 0,
            repeated_responses: 0,
            queries_over_tcp: 0,
            responses_over_tcp: 0,
            rcodes: BTreeMap::new(),
            ede: BTreeMap::new(),
            types: [Count::default(); TYPES.len()],
            servers: rows(servers),
            clients: rows(clients),
            names: vec![Count::default(); everyday * TYPES.len() + attack as usize],
            nameless: Count::default(),
            everyday,
            waiting: VecDeque::new(),
        }
    }

    /// Counts a frame.
    pub(crate) fn frame(&mut self, at: u64, length: usize) {
        if self.packets == 0 {
            self.first = at;
        }
        self.packets += 1;
        self.bytes += length as u64;
        self.last = at;
    }

    /// Counts a query; `answered` tells whether a response is going to be written, if the
    /// capture goes on long enough.
    pub(crate) fn query(&mut self, exchange: &Exchange, at: u64, role: Role, answered: bool) {
        self.queries += 1;
        self.queries_over_tcp += u64::from(exchange.tcp);
        if role == Role::RepeatedQuery {
            self.repeated_queries += 1;
        } else if !answered {
            self.waiting.push_back(at);
        }
        self.give_up(at);
    }

    /// Counts a response.
    pub(crate) fn response(&mut self, exchange: &Exchange, role: Role, sight: Sight) {
        self.responses += 1;
        self.responses_over_tcp += u64::from(exchange.tcp);
        match role {
            _ if !sight.query => self.unasked += 1,
            Role::RepeatedResponse => self.repeated_responses += 1,
            _ => self.answered += 1,
        }
        let rcode = if sight.opt { exchange.rcode } else { exchange.rcode & 15 };
        *self.rcodes.entry(rcode).or_default() += 1;
        if let Some(code) = exchange.ede.filter(|_| sight.opt) {
            *self.ede.entry(code).or_default() += 1;
        }
        self.by_key(exchange, rcode == REFUSED, sight.question);
    }

    fn by_key(&mut self, exchange: &Exchange, refused: bool, question: bool) {
        let family = usize::from(exchange.six);
        self.servers[exchange.server as usize * 2 + family].add(refused);
        self.clients[exchange.client as usize * 2 + family].add(refused);
        if question {
            self.types[usize::from(exchange.kind)].add(refused);
            let row = self.name_row(exchange);
            self.names[row].add(refused);
        } else {
            self.nameless.add(refused);
        }
    }

    fn name_row(&self, exchange: &Exchange) -> usize {
        let name = exchange.name as usize;
        match name.checked_sub(self.everyday) {
            None => name * TYPES.len() + usize::from(exchange.kind),
            Some(index) => self.everyday * TYPES.len() + index,
        }
    }

    fn give_up(&mut self, now: u64) {
        while self.waiting.front().is_some_and(|&asked| asked + PATIENCE < now) {
            self.waiting.pop_front();
            self.unanswered += 1;
        }
    }

    /// Settles what time has settled by the last packet.
    pub(crate) fn finish(&mut self) {
        self.give_up(self.last);
    }

    /// Queries still waiting when the capture ended.
    pub(crate) fn undecided(&self) -> u64 {
        self.queries - self.answered - self.unanswered - self.repeated_queries
    }

    /// Everything as JSON; the lists hold what was refused at all, most first, `top` rows.
    pub(crate) fn json(
        &self,
        clients: &Hosts,
        servers: &Hosts,
        names: &Names,
        top: usize,
    ) -> String {
        let mut out = String::from("{\n  \"schema\": \"rcodetop.truth/1\",\n");
        for (name, number) in self.totals() {
            let _ = writeln!(out, "  \"{name}\": {number},");
        }
        let _ = writeln!(out, "  \"rcodes\": {},", by_code(&self.rcodes));
        let _ = writeln!(out, "  \"ede\": {},", by_code(&self.ede));
        let types = self
            .types
            .iter()
            .zip(TYPES)
            .map(|(count, (name, ..))| format!("{{\"type\": \"{name}\", {}}}", text(*count)));
        let _ = writeln!(out, "  \"types\": {},", list(types));
        let rows = host_rows(&self.servers, servers, "server", top);
        let _ = writeln!(out, "  \"servers\": {},", list(rows.into_iter()));
        let rows = host_rows(&self.clients, clients, "client", top);
        let _ = writeln!(out, "  \"clients\": {},", list(rows.into_iter()));
        let rows = self.name_rows(names, top);
        let _ = writeln!(out, "  \"names\": {}\n}}", list(rows.into_iter()));
        out
    }

    fn totals(&self) -> [(&'static str, u64); 21] {
        let refused = |counts: &[Count]| counts.iter().filter(|count| count.refused > 0).count();
        let names = refused(&self.names) + usize::from(self.nameless.refused > 0);
        [
            ("packets", self.packets),
            ("bytes", self.bytes),
            ("first_ns", self.first),
            ("last_ns", self.last),
            ("fragments", self.fragments),
            ("segments", self.segments),
            ("duplicated_frames", self.duplicated_frames),
            ("queries", self.queries),
            ("responses", self.responses),
            ("answered", self.answered),
            ("unanswered", self.unanswered),
            ("undecided", self.undecided()),
            ("unasked", self.unasked),
            ("repeated_queries", self.repeated_queries),
            ("repeated_responses", self.repeated_responses),
            ("queries_over_tcp", self.queries_over_tcp),
            ("responses_over_tcp", self.responses_over_tcp),
            ("refusing_servers", refused(&self.servers) as u64),
            ("refused_clients", refused(&self.clients) as u64),
            ("refused_names", names as u64),
            ("names_seen", self.names.iter().filter(|count| count.responses > 0).count() as u64),
        ]
    }

    fn name_rows(&self, names: &Names, top: usize) -> Vec<String> {
        let mut rows: Vec<_> = self
            .names
            .iter()
            .enumerate()
            .filter(|(_, count)| count.refused > 0)
            .map(|(row, count)| (Some(row), *count))
            .collect();
        if self.nameless.refused > 0 {
            rows.push((None, self.nameless));
        }
        most_first(rows, top, |row| match row {
            Some(row) => {
                let (name, kind) = self.name_of(row);
                (names.text(name), TYPES[kind].0)
            }
            None => ("-".to_owned(), "-"),
        })
        .into_iter()
        .map(|((name, kind), count)| {
            format!("{{\"name\": \"{name}\", \"type\": \"{kind}\", {}}}", text(count))
        })
        .collect()
    }

    /// Number of the name and row of [`TYPES`] behind a row of names.
    fn name_of(&self, row: usize) -> (u32, usize) {
        let (name, kind) = match row.checked_sub(self.everyday * TYPES.len()) {
            None => (row / TYPES.len(), row % TYPES.len()),
            Some(index) => (self.everyday + index, 0),
        };
        (u32::try_from(name).unwrap_or(u32::MAX), kind)
    }
}

fn host_rows(counts: &[Count], hosts: &Hosts, key: &str, top: usize) -> Vec<String> {
    let rows = counts
        .iter()
        .enumerate()
        .filter(|(_, count)| count.refused > 0)
        .map(|(row, count)| (row, *count))
        .collect();
    most_first(rows, top, |row| {
        hosts.address(u32::try_from(row / 2).unwrap_or(u32::MAX), row % 2 == 1)
    })
    .into_iter()
    .map(|(address, count)| format!("{{\"{key}\": \"{address}\", {}}}", text(count)))
    .collect()
}

/// The `top` rows with the most refusals, ties by key; keys are made only for those that may stay.
fn most_first<Row: Copy, Key: Ord>(
    mut rows: Vec<(Row, Count)>,
    top: usize,
    key: impl Fn(Row) -> Key,
) -> Vec<(Key, Count)> {
    rows.sort_unstable_by_key(|(_, count)| std::cmp::Reverse(count.refused));
    if let Some((_, last)) = rows.get(top.saturating_sub(1)) {
        let least = last.refused;
        rows.retain(|(_, count)| count.refused >= least);
    }
    let mut named: Vec<_> = rows.into_iter().map(|(row, count)| (key(row), count)).collect();
    named.sort_unstable_by(|(a, left), (b, right)| right.refused.cmp(&left.refused).then(a.cmp(b)));
    named.truncate(top);
    named
}

fn text(count: Count) -> String {
    format!("\"responses\": {}, \"focus\": {}", count.responses, count.refused)
}

fn by_code(counts: &BTreeMap<u16, u64>) -> String {
    let entries: Vec<_> =
        counts.iter().map(|(code, count)| format!("\"{code}\": {count}")).collect();
    format!("{{ {} }}", entries.join(", "))
}

fn list(rows: impl Iterator<Item = String>) -> String {
    let rows: Vec<_> = rows.map(|row| format!("\n    {row}")).collect();
    format!("[{}]", rows.join(","))
}
