//! Whether a filter means a lookup, judged by the messages that are in memory of it.
//!
//! The only place where these are made into what a filter looks at. One walk over a lookup, however
//! long it is.

use std::time::Duration;

use hashbrown::{HashMap, HashSet};

use crate::select::{Filter, Odd, Subject};
use crate::time::Timestamp;
use crate::trail::{Chain, Entry, Kind, Link};
use crate::wire::{Address, HEADER, MessageView, NameBuffer, Question, Transport};

/// What a lookup asks for.
pub(super) struct Asked {
    /// The name in canonical wire form; empty if nothing tells.
    pub(super) name: Vec<u8>,
    /// Type and class, if anything tells.
    pub(super) question: Option<Question>,
}

impl Asked {
    /// From the first message that tells.
    pub(super) fn of(links: &[Link<'_>]) -> Self {
        let messages = links.iter().rev().filter(|link| !matches!(link.entry.kind, Kind::Ended(_)));
        let mut told = messages.filter_map(|link| Self::read(&link.message()));
        told.next().unwrap_or(Self { name: Vec::new(), question: None })
    }

    /// What a message asks for.
    pub(super) fn read(message: &[u8]) -> Option<Self> {
        let mut name = NameBuffer::default();
        let view = MessageView::read(message, message.len() > HEADER, &mut name)?;
        let question = Some(view.question?);
        Some(Self { name: name.wire().to_vec(), question })
    }
}

/// Whether a filter holds for any of a lookup's exchanges when it is `now`.
pub(super) fn is_meant(
    chain: &Chain<'_>,
    filter: &Filter,
    (now, patience): (Timestamp, Duration),
) -> bool {
    let asked = Asked::of(&chain.links);
    let mut walk = Walk::new(patience);
    let ends = chain.links.iter().rev().filter_map(|link| walk.end(link.entry, &asked));
    if ends.into_iter().any(|subject| filter.holds(&subject)) {
        return true;
    }
    let last = chain.links.first().map_or(now, |link| link.entry.at);
    if walk.ended.is_empty() && now.since(last) < patience {
        return false;
    }
    // Of a query is known what it asks for, and of those that got nothing also what came of them.
    let queries = chain.links.iter().map(|link| link.entry).filter(|it| it.kind == Kind::Query);
    let silent = queries.filter(|query| !walk.ended.contains(&query.server));
    silent
        .into_iter()
        .any(|query| filter.holds(&Subject { odd: Odd::Unanswered, ..subject(query, &asked) }))
}

/// What tells messages of one lookup apart.
type Key = ((u16, u16), Address, Transport, Option<u16>);

/// Queries under one key.
#[derive(Clone, Copy)]
struct Open {
    /// When the first was sent.
    at: Timestamp,
    /// How many got no response so far.
    waiting: u32,
}

/// A walk over the messages of a lookup, the oldest first.
struct Walk {
    patience: Duration,
    open: HashMap<Key, Open, foldhash::fast::RandomState>,
    /// Servers from which a response came in time, or an error in place of one.
    ended: HashSet<Address, foldhash::fast::RandomState>,
}

impl Walk {
    fn new(patience: Duration) -> Self {
        Self { patience, open: HashMap::default(), ended: HashSet::default() }
    }

    /// The exchange that a message ended, as a filter sees it; `None` for a query.
    fn end<'a>(&mut self, entry: &Entry, asked: &'a Asked) -> Option<Subject<'a>> {
        let key = (entry.ports, entry.server, entry.transport, entry.id);
        let one = subject(entry, asked);
        match entry.kind {
            Kind::Query => {
                let open = self.open.entry(key).or_insert(Open { at: entry.at, waiting: 0 });
                open.waiting += 1;
                None
            }
            Kind::Response { rcode, ede } => {
                let (took, odd) = self.respond(key, entry.at);
                if took.is_none_or(|took| took <= self.patience) {
                    self.ended.insert(entry.server);
                }
                let took = took.and_then(|took| u64::try_from(took.as_nanos()).ok());
                Some(Subject { rcode: Some(rcode), ede, took, odd, ..one })
            }
            Kind::Ended(_) => {
                self.ended.insert(entry.server);
                Some(Subject { odd: Odd::Unreachable, ..one })
            }
            Kind::Segment => None,
        }
    }

    /// How long a response took, and what it is if not the first one to a query.
    fn respond(&mut self, key: Key, at: Timestamp) -> (Option<Duration>, Odd) {
        match self.open.get_mut(&key) {
            None => (None, Odd::Unasked),
            Some(open) if open.waiting == 0 => (None, Odd::Repeated),
            Some(open) => {
                open.waiting -= 1;
                (Some(at.since(open.at)), Odd::No)
            }
        }
    }
}

/// What a filter sees of a message, whatever came of it.
fn subject<'a>(entry: &Entry, asked: &'a Asked) -> Subject<'a> {
    Subject {
        at: entry.at,
        client: entry.client,
        server: entry.server,
        transport: entry.transport,
        name: &asked.name,
        rtype: asked.question.map(|question| question.rtype),
        class: asked.question.map(|question| question.class),
        opcode: entry.flags.opcode(),
        rcode: None,
        ede: None,
        recursion: entry.flags.recursion_desired(),
        took: None,
        odd: Odd::No,
    }
}
