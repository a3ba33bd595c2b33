//! From single messages to lookups: what one client asked for one question, without long pauses.

use std::time::Duration;

use hashbrown::{HashMap, HashSet};

use crate::time::Timestamp;
use crate::wire::{Address, Frame};

use super::ring::Pieces;
use super::{Around, Entry, Kind, Trail};

/// A longer pause between two messages begins another lookup.
pub(super) const PAUSE: Duration = Duration::from_secs(5);

/// So does a shorter one if an answer came before a query: who asks again after that long had
/// what it asked for.
const PAUSE_AFTER_ANSWER: Duration = Duration::from_secs(1);

/// Messages of one lookup that are given; earlier ones are only counted.
pub const MAX_LINKS: usize = 64;

/// Which lookups are wanted.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// How many at most. Up to half of them are the latest that met trouble, the others are the
    /// latest whatever became of them.
    pub most: usize,
    /// One more, however old.
    pub pinned: Option<Pin<'a>>,
}

/// How to know a lookup again.
#[derive(Clone, Copy)]
pub struct Pin<'a> {
    /// Who asked.
    pub client: Address,
    /// A message of it was captured from here ...
    pub from: Timestamp,
    /// ... to here.
    pub to: Timestamp,
    /// Whether a message has its question.
    pub is_about: &'a dyn Fn(&[u8]) -> bool,
}

/// A message of a lookup.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// What is known of it.
    pub entry: &'a Entry,
    /// What is kept of it, perhaps in two pieces.
    pieces: Pieces<'a>,
}

impl Link<'_> {
    /// What is kept of its bytes, or of its frame.
    pub fn kept(&self) -> Vec<u8> {
        self.pieces.concat()
    }

    /// What is kept of the message's bytes.
    pub fn message(&self) -> Vec<u8> {
        let mut kept = self.kept();
        if let Some(around) = self.entry.around {
            let (start, length) = around.message;
            kept.drain(..usize::from(start).min(kept.len()));
            kept.truncate(usize::from(length));
        }
        kept
    }
}

/// A frame that is kept whole, as the message in it is.
#[derive(Clone, Debug)]
pub struct WholeFrame {
    /// What is known of the message in it.
    pub entry: Entry,
    /// How it is to be read.
    pub around: Around,
    /// Its bytes as captured.
    pub bytes: Vec<u8>,
}

impl WholeFrame {
    /// The message in it.
    pub fn message(&self) -> &[u8] {
        let (start, length) = self.around.message;
        let rest = self.bytes.get(usize::from(start)..).unwrap_or_default();
        rest.get(..usize::from(length)).unwrap_or(rest)
    }

    /// As it came from its source.
    pub fn frame(&self) -> Frame<'_> {
        let Around { link, wire_len, .. } = self.around;
        Frame { at: self.entry.at, wire_len, link, interface: 0, bytes: &self.bytes }
    }
}

/// The messages of one lookup.
#[derive(Debug)]
pub struct Chain<'a> {
    /// The latest ones, the newest first; never empty, at most [`MAX_LINKS`].
    pub links: Vec<Link<'a>>,
    /// How many came before those, of which nothing more is told.
    pub earlier: u64,
    /// Queries of all.
    pub queries: u64,
    /// Responses of all.
    pub responses: u64,
    /// When the first of all was captured.
    pub began: Timestamp,
    /// The kind of the first of all.
    first: Kind,
    /// It is the one that was pinned.
    pub pinned: bool,
}

impl<'a> Chain<'a> {
    fn new(link: Link<'a>) -> Self {
        let (began, first) = (link.entry.at, link.entry.kind);
        let mut chain = Self {
            links: Vec::new(),
            earlier: 0,
            queries: 0,
            responses: 0,
            began,
            first,
            pinned: false,
        };
        chain.add(link);
        chain
    }

    fn add(&mut self, link: Link<'a>) {
        (self.began, self.first) = (self.began.min(link.entry.at), link.entry.kind);
        self.queries += u64::from(link.entry.kind == Kind::Query);
        self.responses += u64::from(matches!(link.entry.kind, Kind::Response { .. }));
        if self.links.len() < MAX_LINKS {
            self.links.push(link);
        } else {
            self.earlier += 1;
        }
    }

    /// Whether a message that came before the first one belongs to the same lookup.
    fn goes_back_to(&self, entry: &Entry) -> bool {
        let asked_anew = self.first == Kind::Query && entry.kind.is_answer();
        let most = if asked_anew { PAUSE_AFTER_ANSWER } else { PAUSE };
        self.began.since(entry.at) < most
    }

    fn holds(&self, pinned: &Pinned) -> bool {
        self.links.first().is_some_and(|last| {
            let times = self.began..=last.entry.at;
            last.entry.lookup == pinned.lookup && times.contains(&pinned.at)
        })
    }
}

impl Trail {
    /// The latest lookups, that with the newest message first.
    pub fn chains(&self, wanted: &Wanted<'_>) -> Vec<Chain<'_>> {
        let half = wanted.most / 2;
        let trouble: HashSet<u64> = self.latest.iter().rev().take(half).copied().collect();
        let others = wanted.most.saturating_sub(trouble.len());
        let pinned = wanted.pinned.and_then(|pin| self.find(&pin));
        let mut walk = Walk { others, trouble, pinned, ..Walk::default() };
        for link in self.newest_first() {
            if walk.is_behind(link.entry.at) {
                break;
            }
            walk.take(link);
        }
        walk.finish()
    }

    /// The lookup that was pinned, and the time of a message of it.
    fn find(&self, pin: &Pin<'_>) -> Option<Pinned> {
        let mut found = self.newest_first().filter(|link| {
            let Entry { at, client, .. } = *link.entry;
            let may_be = client == pin.client && (pin.from..=pin.to).contains(&at);
            may_be && (pin.is_about)(&link.message())
        });
        found.next().map(|link| Pinned { lookup: link.entry.lookup, at: link.entry.at })
    }

    /// The frames that are kept whole, the oldest first.
    pub fn frames(&self) -> Vec<WholeFrame> {
        let whole = |link: Link<'_>| {
            let around = link.entry.around?;
            Some(WholeFrame { entry: *link.entry, around, bytes: link.kept() })
        };
        let mut frames: Vec<WholeFrame> =
            self.each().flat_map(|trail| trail.newest_first().filter_map(whole)).collect();
        frames.sort_by_key(|frame| frame.entry.at);
        frames
    }

    /// All messages, the newest first. Those of one lookup are in order, as what is moved to
    /// where trouble is kept is older than all that is not.
    fn newest_first(&self) -> impl Iterator<Item = Link<'_>> {
        let mut all = self.all.newest_first().peekable();
        let mut trouble = self.trouble.newest_first().peekable();
        std::iter::from_fn(move || {
            let from_trouble = match (all.peek(), trouble.peek()) {
                (Some((one, _)), Some((other, _))) => other.at > one.at,
                (one, _) => one.is_none(),
            };
            let next = if from_trouble { trouble.next() } else { all.next() };
            next.map(|(entry, pieces)| Link { entry, pieces })
        })
    }
}

/// The lookup that was pinned, by its hash and the time of one message.
#[derive(Clone, Copy, Debug)]
struct Pinned {
    lookup: u64,
    at: Timestamp,
}

/// A walk from the newest message back.
#[derive(Default)]
struct Walk<'a> {
    chains: Vec<Chain<'a>>,
    /// The chain of each lookup that may go further back.
    open: HashMap<u64, usize, foldhash::fast::RandomState>,
    /// How many more are wanted whatever became of them.
    others: usize,
    /// Lookups in trouble that are wanted and not found yet.
    trouble: HashSet<u64>,
    pinned: Option<Pinned>,
    /// The earliest time that any chain has come to.
    least: Option<Timestamp>,
}

impl<'a> Walk<'a> {
    fn take(&mut self, link: Link<'a>) {
        if !self.extend(link) && self.wants(link.entry) {
            self.open.insert(link.entry.lookup, self.chains.len());
            self.chains.push(Chain::new(link));
            self.reach(link.entry.at);
        }
    }

    /// Adds a message to the lookup it belongs to; `false` if that is none of those begun.
    fn extend(&mut self, link: Link<'a>) -> bool {
        let chain = self.open.get(&link.entry.lookup).and_then(|place| self.chains.get_mut(*place));
        let Some(chain) = chain.filter(|chain| chain.goes_back_to(link.entry)) else {
            return false;
        };
        chain.add(link);
        self.reach(link.entry.at);
        true
    }

    fn reach(&mut self, at: Timestamp) {
        self.least = Some(self.least.map_or(at, |least| least.min(at)));
    }

    /// Whether a lookup that ends with this message shall be given. All of the client and question
    /// that was pinned are: which of them it was shows when it has come to its beginning.
    fn wants(&mut self, last: &Entry) -> bool {
        if self.trouble.remove(&last.lookup) {
            return true;
        }
        let has_room = self.others > 0;
        self.others = self.others.saturating_sub(1);
        has_room || self.pinned.is_some_and(|pinned| pinned.lookup == last.lookup)
    }

    /// Whether nothing from then or earlier is wanted any more.
    fn is_behind(&self, at: Timestamp) -> bool {
        let far = |from: Timestamp| from.since(at) >= PAUSE;
        let has_all = self.others == 0 && self.trouble.is_empty();
        has_all && self.least.is_none_or(far) && self.pinned.is_none_or(|pinned| far(pinned.at))
    }

    fn finish(mut self) -> Vec<Chain<'a>> {
        for chain in &mut self.chains {
            chain.pinned = self.pinned.is_some_and(|pinned| chain.holds(&pinned));
        }
        self.chains
    }
}
