//! What a monitor follows: counts that never go down, whatever bounded tables forget.
//!
//! Servers told apart are on a [`Roster`]. Who comes on it when others are already counted together
//! begins at nothing, for what it had is with the others'. What was told of one who leaves is told
//! no more, and not added to the others: it would look as if they had all that within a moment. So
//! each number only grows while it is told, by what was counted meanwhile.

use std::cmp::Reverse;
use std::net::IpAddr;

use crate::iana::{RCODES, Rcode};
use crate::tally::{Histogram, Sums, Tallies};
use crate::wire::{Address, Transport};

/// What a monitor follows beside the numbers of every snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Monitored {
    /// Responses by transport and code: the assigned codes and the focus, and the rest together.
    pub transports: Vec<(Transport, Vec<CodeCount>)>,
    /// Response times of all answered queries.
    pub times: Histogram,
    /// The servers told apart, by address.
    pub servers: Vec<ServerCounts>,
    /// All other servers together.
    pub others: ServerCounts,
}

/// Responses with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeCount {
    /// The code; `None` for all that have no row of their own.
    pub rcode: Option<Rcode>,
    /// How many.
    pub responses: u64,
}

/// What one server gave since it is told apart, or all that are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerCounts {
    /// Which; `None` for all others.
    pub server: Option<IpAddr>,
    /// Its responses by code: the common codes, and the rest together.
    pub codes: Vec<CodeCount>,
    /// Its response times, of the first 1024 servers.
    pub times: Histogram,
    /// Its queries without a response now: also goes down, when one comes late. `None` for all
    /// others.
    pub unanswered: Option<u64>,
}

/// One who comes when there is no room has to have so many times the responses of the one who leaves:
/// servers that answer about as much do not take turns.
const MUCH_MORE: u64 = 2;

/// The servers told apart.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    rows: Vec<Known>,
    /// What was told of those that left.
    retired: Sums,
    /// Servers have been counted together.
    is_crowded: bool,
}

#[derive(Debug)]
struct Known {
    server: Address,
    /// What is counted of it, as of last time.
    seen: Sums,
    /// What was told of it.
    told: Sums,
}

impl Roster {
    /// What is counted now, with up to `most` servers told apart.
    pub(crate) fn follow(&mut self, tallies: &Tallies, most: usize) -> Monitored {
        for known in &mut self.rows {
            // Who was forgotten is counted from nothing again; a little of it stays with the others.
            let place = tallies.find_server(known.server);
            let now = place.map_or_else(Sums::default, |place| tallies.sums_of(place));
            known.told = known.told.plus(&now.beyond(&known.seen));
            known.seen = now;
        }
        for (server, place) in heaviest(tallies, most) {
            self.admit(server, tallies.sums_of(place), most);
        }
        self.is_crowded |= tallies.servers.len() > self.rows.len();
        self.rows.sort_by_key(|known| known.server);
        self.tell(tallies)
    }

    fn admit(&mut self, server: Address, now: Sums, most: usize) {
        if self.rows.iter().any(|known| known.server == server) {
            return;
        }
        if self.rows.len() >= most {
            let by_weight = |row: &(usize, &Known)| (row.1.seen.responses(), Reverse(row.0));
            let Some((place, lightest)) = self.rows.iter().enumerate().min_by_key(by_weight) else {
                return;
            };
            if now.responses() < lightest.seen.responses().saturating_mul(MUCH_MORE).max(1) {
                return;
            }
            self.retired = self.retired.plus(&lightest.told);
            self.rows.remove(place);
            self.is_crowded = true;
        }
        let told = if self.is_crowded { Sums::default() } else { now };
        self.rows.push(Known { server, seen: now, told });
    }

    fn tell(&self, tallies: &Tallies) -> Monitored {
        let all = tallies.sums();
        let apart = self.rows.iter().fold(self.retired, |sum, known| sum.plus(&known.told));
        let unanswered = |known: &Known| {
            let place = tallies.find_server(known.server)?;
            Some(tallies.servers.get(place)?.unanswered)
        };
        let server = |known: &Known| ServerCounts {
            unanswered: Some(unanswered(known).unwrap_or_default()),
            ..counts(Some(known.server.ip()), &known.told)
        };
        Monitored {
            transports: [Transport::Udp, Transport::Tcp].map(|it| codes(tallies, it)).into(),
            times: all.times,
            servers: self.rows.iter().map(server).collect(),
            others: counts(None, &all.beyond(&apart)),
        }
    }
}

fn counts(server: Option<IpAddr>, sums: &Sums) -> ServerCounts {
    let code = |(slot, responses): (usize, &u64)| CodeCount {
        rcode: Tallies::rcode_of(slot),
        responses: *responses,
    };
    let codes = sums.codes.iter().enumerate().map(code).collect();
    ServerCounts { server, codes, times: sums.times, unanswered: None }
}

/// The servers with the most responses, most first, ties by address.
fn heaviest(tallies: &Tallies, most: usize) -> Vec<(Address, u32)> {
    let weight = |it: &(u64, Address, u32)| (Reverse(it.0), it.1);
    let mut all: Vec<(u64, Address, u32)> = tallies
        .servers
        .iter()
        .filter(|entity| entity.responses + entity.unanswered > 0)
        .map(|entity| (entity.responses, *entity.key, entity.place))
        .collect();
    if most < all.len() {
        all.select_nth_unstable_by_key(most, weight);
        all.truncate(most);
    }
    all.sort_unstable_by_key(weight);
    all.into_iter().map(|(_, server, place)| (server, place)).collect()
}

/// Responses over a transport. Whatever codes packets carry, there are not more rows than codes that
/// are assigned, and the focus.
fn codes(tallies: &Tallies, over: Transport) -> (Transport, Vec<CodeCount>) {
    let mut apart: Vec<Rcode> = RCODES.iter().map(|fact| fact.rcode).collect();
    apart.extend(tallies.focus().rcode().filter(|rcode| rcode.fact().is_none()));
    let (each, rest) = tallies.splits.codes(over, &apart);
    let rows = apart.into_iter().map(Some).zip(each).chain([(None, rest)]);
    (over, rows.map(|(rcode, responses)| CodeCount { rcode, responses }).collect())
}
