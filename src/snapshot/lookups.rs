//! The latest lookups, message by message: what one client asked for one question, whom, how often
//! and with what end.
//!
//! Made from the messages that the trail keeps; these are decoded when somebody looks at one.

use std::cmp::Reverse;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::iana::Rcode;
use crate::select::Filter;
use crate::time::Timestamp;
use crate::trail::{Chain, End, Entry, Kind, Link, MAX_LINKS, Pin, Trail, Wanted};
use crate::wire::name::text;
use crate::wire::{
    self, Address, Endpoint, Frame, LinkType, Transport, describe, describe_obstacle,
};

use super::QuestionKey;
use super::meant::{Asked, is_meant};

/// Bytes of messages that all lookups of a snapshot may hold together.
const MOST_BYTES: usize = 4 << 20;

/// Which lookups a reader wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupsSpec {
    /// How many at most; up to half of them are the latest in trouble, the others simply the
    /// latest.
    pub most: usize,
    /// One more, as long as there is anything of it.
    pub open: Option<LookupId>,
}

/// Tells a lookup from all others, also in later snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupId {
    /// Who asked.
    pub client: IpAddr,
    /// What was asked.
    pub question: QuestionKey,
    /// When the first message was captured, as far as is known.
    pub began: Timestamp,
    /// When the last one was.
    pub last: Timestamp,
}

impl LookupId {
    /// Whether both are the same lookup, which may have begun later or ended earlier in one of
    /// them: the beginning is forgotten first, and the end comes last.
    pub fn is_same(&self, other: &Self) -> bool {
        let (client, question) = (self.client, &self.question);
        (client, question) == (other.client, &other.question)
            && self.began <= other.last
            && other.began <= self.last
    }
}

/// The latest lookups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookups {
    /// The lookups, the last to begin first.
    pub rows: Vec<Lookup>,
    /// Messages in memory.
    pub kept: u64,
    /// Bytes that these take.
    pub bytes: u64,
    /// Messages that had to go.
    pub forgotten: u64,
    /// From then on every message is in memory; `None` if nothing is.
    pub since: Option<Timestamp>,
}

/// What one client asked for one question, with pauses shorter than a query waits (than a second
/// after an answer), whatever servers, retries and transports that took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// Client, question and times.
    pub id: LookupId,
    /// Who was asked, in this order.
    pub servers: Vec<IpAddr>,
    /// Queries of all.
    pub queries: u64,
    /// Responses of all.
    pub responses: u64,
    /// How it ended.
    pub outcome: LookupOutcome,
    /// From the first message to the answer, or else to the last response or error; `None` before
    /// there is one.
    pub took: Option<Duration>,
    /// Messages before those of `steps`, of which nothing more is told.
    pub earlier: u64,
    /// The latest messages and errors, at most 64, in their order.
    pub steps: Vec<LookupStep>,
}

/// How a lookup ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupOutcome {
    /// With an answer: NOERROR or NXDOMAIN.
    Answered(Rcode),
    /// With this code and no answer.
    Failed(Rcode),
    /// With an ICMP error or a reset and no response.
    Unreachable,
    /// With nothing for as long as a query waits.
    NoResponse,
    /// Not yet.
    Waiting,
}

/// One message of a lookup, or an error that ended a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupStep {
    /// When it was captured.
    pub at: Timestamp,
    /// How long after the beginning of the lookup.
    pub after: Duration,
    /// Who asked; port 0 if that is not told.
    pub client: SocketAddr,
    /// Who was asked.
    pub server: SocketAddr,
    /// What it is.
    pub kind: StepKind,
    /// Over what.
    pub transport: Transport,
    /// The message ID.
    pub id: Option<u16>,
    /// Of a response: how long after its query, if that is among the steps.
    pub took: Option<Duration>,
    /// Its frame's place in the capture, from 1; `None` if it is not known.
    pub frame: Option<u64>,
    /// Bytes of the whole message; of an error, of its packet.
    pub length: u32,
    /// Its bytes as captured, at most 4096; of an error, those of its packet. None where they are
    /// not in memory, and where a snapshot would grow too large.
    pub bytes: Vec<u8>,
    /// Of an error: how the first header of its packet is to be read, if that is here.
    pub link: Option<LinkType>,
}

/// What a step is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// A query; `again` if the server was asked before in the same way.
    Query {
        /// The server was asked before over this transport.
        again: bool,
    },
    /// A response.
    Response {
        /// Its code.
        rcode: Rcode,
        /// It is not whole: the client is to ask again over TCP.
        truncated: bool,
    },
    /// An ICMP error or a TCP reset.
    Error {
        /// What it says.
        says: String,
        /// Who says so.
        by: IpAddr,
    },
}

impl LookupStep {
    /// The message in words, a record or fact a line, escaped; of an error, its packet.
    pub fn lines(&self) -> Vec<String> {
        let Some(link) = self.link else { return describe(&self.bytes) };
        let frame =
            Frame { at: self.at, wire_len: self.length, link, interface: 0, bytes: &self.bytes };
        describe_obstacle(&frame, self.server.port())
    }
}

impl Lookups {
    /// Two that know of the messages of different clients, as one.
    pub fn join(
        one: Option<Self>,
        other: Option<Self>,
        most: Option<&LookupsSpec>,
    ) -> Option<Self> {
        let (mut one, other, spec) = match (one, other, most) {
            (Some(one), Some(other), Some(spec)) => (one, other, spec),
            (one, other, _) => return one.or(other),
        };
        one.rows.extend(other.rows);
        one.kept += other.kept;
        one.bytes += other.bytes;
        one.forgotten += other.forgotten;
        one.since = match (one.since, other.since) {
            // What one of them has forgotten is not there.
            (Some(one), Some(other)) => Some(one.max(other)),
            (one, other) => one.or(other),
        };
        one.cut(spec);
        Some(one)
    }

    /// Sorts the lookups and leaves those asked for.
    fn cut(&mut self, spec: &LookupsSpec) {
        let order = |lookup: &Lookup| {
            let LookupId { began, client, ref question, .. } = lookup.id;
            (Reverse(began), client, question.clone())
        };
        self.rows.sort_by_cached_key(order);
        let in_trouble = self.rows.iter().filter(|row| row.met_trouble()).count();
        let mut trouble = (spec.most / 2).min(in_trouble);
        let mut others = spec.most - trouble;
        self.rows.retain(|row| {
            let room = if trouble > 0 && row.met_trouble() { &mut trouble } else { &mut others };
            let fits = *room > 0;
            *room = room.saturating_sub(1);
            fits || spec.open.as_ref().is_some_and(|open| open.is_same(&row.id))
        });
    }
}

impl Lookup {
    /// Whether anything went wrong on its way, however it ended.
    pub fn met_trouble(&self) -> bool {
        let is_trouble = |step: &LookupStep| match step.kind {
            StepKind::Query { .. } => false,
            StepKind::Response { rcode, .. } => !rcode.is_answer(),
            StepKind::Error { .. } => true,
        };
        self.outcome == LookupOutcome::NoResponse || self.steps.iter().any(is_trouble)
    }
}

impl std::fmt::Display for LookupOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Answered(rcode) | Self::Failed(rcode) => rcode.fmt(f),
            Self::Unreachable => f.pad("unreachable"),
            Self::NoResponse => f.pad("no response"),
            Self::Waiting => f.pad("waiting"),
        }
    }
}

/// Of so many times more lookups those are chosen that a filter holds for.
const CHOICE: usize = 5;

/// The latest lookups of what a trail keeps, when it is `now`; those that a filter holds for.
pub(crate) fn lookups(
    trail: &Trail,
    spec: &LookupsSpec,
    filter: Option<&Filter>,
    now: Timestamp,
) -> Lookups {
    let each = trail.each().map(|trail| Some(of_one(trail, spec, filter, now)));
    let joined = each.reduce(|one, other| Lookups::join(one, other, Some(spec)));
    joined.flatten().unwrap_or_default()
}

fn of_one(trail: &Trail, spec: &LookupsSpec, filter: Option<&Filter>, now: Timestamp) -> Lookups {
    let open = spec.open.as_ref();
    let most = if filter.is_some() { spec.most.saturating_mul(CHOICE) } else { spec.most };
    let is_about = |bytes: &[u8]| {
        open.is_some_and(|open| Asked::read(bytes).is_some_and(|it| key(&it) == open.question))
    };
    let pinned = open.map(|open| Pin {
        client: Address::from(open.client),
        from: open.began,
        to: open.last,
        is_about: &is_about,
    });
    let mut chains = trail.chains(&Wanted { most, pinned, links: MAX_LINKS });
    let time = (now, trail.patience());
    if let Some(filter) = filter {
        chains.retain(|chain| is_meant(chain, filter, time));
    }
    // What is looked at gets its bytes first.
    chains.sort_by_key(|chain| !chain.pinned);
    let mut room = MOST_BYTES;
    let mut lookups = Lookups {
        rows: chains.iter().filter_map(|chain| lookup(chain, time, &mut room)).collect(),
        kept: trail.entries(),
        bytes: trail.bytes(),
        forgotten: trail.forgotten(),
        since: trail.since(),
    };
    lookups.cut(spec);
    lookups
}

fn lookup(chain: &Chain<'_>, time: (Timestamp, Duration), room: &mut usize) -> Option<Lookup> {
    let last = chain.links.first()?.entry;
    let mut steps: Vec<LookupStep> = Vec::with_capacity(chain.links.len().min(MAX_LINKS));
    for link in chain.links.iter().rev() {
        let step = step(link, chain.began, &steps, room);
        steps.push(step);
    }
    let outcome = outcome(&steps, time);
    Some(Lookup {
        id: LookupId {
            client: last.client.ip(),
            question: key(&Asked::of(&chain.links)),
            began: chain.began,
            last: steps.iter().map(|step| step.at).max().unwrap_or(last.at),
        },
        servers: servers(&steps),
        queries: chain.queries,
        responses: chain.responses,
        took: took(&steps),
        outcome,
        earlier: chain.earlier,
        steps,
    })
}

fn step(link: &Link<'_>, began: Timestamp, before: &[LookupStep], room: &mut usize) -> LookupStep {
    let entry = link.entry;
    let kind = kind(link, before);
    let is_error = matches!(kind, StepKind::Error { .. });
    let link_type = entry.around.filter(|_| is_error).map(|around| around.link);
    let mut bytes = match link_type {
        Some(_) => link.kept(),
        None if is_error => Vec::new(),
        None => link.message(),
    };
    if bytes.len() > *room {
        bytes = Vec::new();
    }
    *room -= bytes.len();
    LookupStep {
        at: entry.at,
        after: entry.at.since(began),
        client: socket(entry.client()),
        server: socket(entry.server()),
        took: matches!(kind, StepKind::Response { .. })
            .then(|| query_of(entry, before).map(|query| entry.at.since(query.at)))
            .flatten(),
        kind,
        transport: entry.transport,
        id: entry.id,
        frame: (entry.frame > 0).then_some(entry.frame),
        length: entry.length,
        link: link_type.filter(|_| !bytes.is_empty()),
        bytes,
    }
}

fn socket(endpoint: Endpoint) -> SocketAddr {
    SocketAddr::new(endpoint.address.ip(), endpoint.port)
}

fn kind(link: &Link<'_>, before: &[LookupStep]) -> StepKind {
    let (entry, server) = (link.entry, link.entry.server.ip());
    match entry.kind {
        Kind::Query | Kind::Segment => StepKind::Query {
            again: before.iter().any(|step| {
                let same = step.server.ip() == server && step.transport == entry.transport;
                same && matches!(step.kind, StepKind::Query { .. })
            }),
        },
        Kind::Response { rcode, .. } => {
            StepKind::Response { rcode, truncated: entry.flags.truncated() }
        }
        Kind::Ended(end) => StepKind::Error { says: says(end), by: reporter(link) },
    }
}

/// Who reports an error: its packet tells, or what stands in its place.
fn reporter(link: &Link<'_>) -> IpAddr {
    let (kept, server) = (link.kept(), link.entry.server);
    let told = match link.frame() {
        Some(packet) => wire::reporter(&packet.frame(), link.entry.ports.1),
        None => kept.first_chunk().map(|bytes| Address::v6(*bytes)),
    };
    told.unwrap_or(server).ip()
}

/// The first query that a response may be to.
fn query_of<'a>(entry: &Entry, before: &'a [LookupStep]) -> Option<&'a LookupStep> {
    let key = (socket(entry.client()), socket(entry.server()), entry.transport, entry.id);
    before.iter().find(|step| {
        let is_query = matches!(step.kind, StepKind::Query { .. });
        is_query && (step.client, step.server, step.transport, step.id) == key
    })
}

/// What an ICMP error says, in the words of RFC 792, RFC 1812 §5.2.7 and RFC 4443 §3.
pub(super) fn says(end: End) -> String {
    let Some((version, kind, code)) = end.icmp else { return "TCP reset".to_owned() };
    let known = match (version, kind, code) {
        (4, 3, 0) | (6, 1, 0) => "no route",
        (4, 3, 1) | (6, 1, 3) => "host unreachable",
        (4, 3, 3) | (6, 1, 4) => "port unreachable",
        (4, 3, 4) | (6, 2, _) => "packet too big",
        (4, 3, 9 | 10 | 13) | (6, 1, 1 | 5 | 6) => "prohibited",
        (4, 11, _) | (6, 3, _) => "time exceeded",
        (4, 12, _) | (6, 4, _) => "bad header",
        _ => "",
    };
    let name = if version == 6 { "ICMPv6" } else { "ICMP" };
    if known.is_empty() { format!("{name} {kind}/{code}") } else { format!("{name} {known}") }
}

/// The question of the messages, from the first that tells; `-` if none does.
fn key(asked: &Asked) -> QuestionKey {
    let question = asked.question.unwrap_or_default();
    QuestionKey { name: text(&asked.name), rtype: question.rtype, class: question.class }
}

fn servers(steps: &[LookupStep]) -> Vec<IpAddr> {
    let mut servers: Vec<IpAddr> = Vec::new();
    for step in steps {
        if !servers.contains(&step.server.ip()) {
            servers.push(step.server.ip());
        }
    }
    servers
}

/// The step that settled a lookup: the first answer, or else the last response, or else the last
/// error.
fn settled(steps: &[LookupStep]) -> Option<&LookupStep> {
    let is_answer = |step: &&LookupStep| matches!(step.kind, StepKind::Response { rcode, truncated: false } if rcode.is_answer());
    let is_response = |step: &&LookupStep| matches!(step.kind, StepKind::Response { .. });
    let is_error = |step: &&LookupStep| matches!(step.kind, StepKind::Error { .. });
    let last = |of: &dyn Fn(&&LookupStep) -> bool| steps.iter().rev().find(|step| of(step));
    steps.iter().find(is_answer).or_else(|| last(&is_response)).or_else(|| last(&is_error))
}

fn took(steps: &[LookupStep]) -> Option<Duration> {
    settled(steps).map(|step| step.after)
}

fn outcome(steps: &[LookupStep], (now, patience): (Timestamp, Duration)) -> LookupOutcome {
    let last = steps.last().map_or(now, |step| step.at);
    match settled(steps).map(|step| &step.kind) {
        Some(StepKind::Response { rcode, .. }) if rcode.is_answer() => {
            LookupOutcome::Answered(*rcode)
        }
        Some(StepKind::Response { rcode, .. }) => LookupOutcome::Failed(*rcode),
        Some(StepKind::Error { .. }) => LookupOutcome::Unreachable,
        _ if now.since(last) < patience => LookupOutcome::Waiting,
        _ => LookupOutcome::NoResponse,
    }
}
