//! From single messages to lookups: what one client asked for one question, without long pauses.

use std::time::Duration;

use hashbrown::{HashMap, HashSet};

use crate::time::Timestamp;
use crate::wire::{Address, Frame};

use super::ring::Pieces;
use super::{Around, Entry, Kind, Trail};

/// A shorter pause than that of the trail ends a lookup if an answer came before a query: who asks
/// again after that long had what it asked for.
const PAUSE_AFTER_ANSWER: Duration = Duration::from_secs(1);

/// Messages of one lookup that are given to be looked at.
pub const MAX_LINKS: usize = 64;

/// Which lookups are wanted.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// How many at most. Up to half of them are the latest that met trouble, the others are the
    /// latest whatever became of them.
    pub most: usize,
    /// One more, however old.
    pub pinned: Option<Pin<'a>>,
    /// Messages of each that are given, the latest; earlier ones are only counted.
    pub links: usize,
}

impl Wanted<'_> {
    /// All that there is.
    pub const ALL: Self = Self { most: usize::MAX, pinned: None, links: usize::MAX };
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
#[derive(Clone, Debug)]
pub struct Link<'a> {
    /// What is known of it.
    pub entry: &'a Entry,
    /// Segments that carried it, as far as they are kept, if it did not come whole in one: the
    /// last one first.
    pub segments: Vec<Link<'a>>,
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

    /// The frame that is kept, if that is.
    pub fn frame(&self) -> Option<WholeFrame> {
        let around = self.entry.around?;
        Some(WholeFrame { entry: *self.entry, around, bytes: self.kept() })
    }
}

/// A frame that is kept, up to the bound of what is kept of one.
#[derive(Clone, Debug)]
pub struct WholeFrame {
    /// What is known of what it carries.
    pub entry: Entry,
    /// How it is to be read.
    pub around: Around,
    /// Its bytes as captured.
    pub bytes: Vec<u8>,
}

impl WholeFrame {
    /// As it came from its source.
    pub fn frame(&self) -> Frame<'_> {
        let Around { link, wire_len, .. } = self.around;
        Frame { at: self.entry.at, wire_len, link, interface: 0, bytes: &self.bytes }
    }
}

/// The messages of one lookup.
#[derive(Debug)]
pub struct Chain<'a> {
    /// The latest ones, the newest first; never empty, at most as many as wanted.
    pub links: Vec<Link<'a>>,
    /// How many came before those, of which nothing more is told.
    pub earlier: u64,
    /// Queries of all.
    pub queries: u64,
    /// Responses of all.
    pub responses: u64,
    /// When the first of all was captured.
    pub began: Timestamp,
    /// Whether the first of all is a query.
    asks_first: bool,
    /// It is the one that was pinned.
    pub pinned: bool,
}

impl<'a> Chain<'a> {
    fn new(link: Link<'a>, most: usize) -> Self {
        let began = link.entry.at;
        let mut chain = Self {
            links: Vec::new(),
            earlier: 0,
            queries: 0,
            responses: 0,
            began,
            asks_first: false,
            pinned: false,
        };
        chain.add(link, most);
        chain
    }

    fn add(&mut self, link: Link<'a>, most: usize) {
        self.began = self.began.min(link.entry.at);
        self.asks_first = link.entry.kind == Kind::Query;
        self.queries += u64::from(link.entry.kind == Kind::Query);
        self.responses += u64::from(matches!(link.entry.kind, Kind::Response { .. }));
        if self.links.len() < most {
            self.links.push(link);
        } else {
            self.earlier += 1;
        }
    }

    /// Takes in a segment that carried the message that was added last.
    fn add_segment(&mut self, segment: Link<'a>) {
        let last = self.links.last_mut().filter(|_| self.earlier == 0);
        let is_its = |link: &&mut Link<'_>| {
            let most = usize::from(link.entry.segments);
            link.segments.len() < most && link.entry.id == segment.entry.id
        };
        if let Some(link) = last.filter(is_its) {
            link.segments.push(segment);
        }
    }

    /// Whether a message that came before the first one belongs to the same lookup.
    fn goes_back_to(&self, entry: &Entry, pause: Duration) -> bool {
        let asked_anew = self.asks_first && entry.is_answer();
        let most = if asked_anew { PAUSE_AFTER_ANSWER.min(pause) } else { pause };
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
        let mut walk = Walk {
            chains: Vec::new(),
            open: HashMap::default(),
            others,
            trouble,
            pinned,
            links: wanted.links,
            pause: self.patience(),
            least: None,
        };
        for link in self.newest_first() {
            if link.entry.kind == Kind::Segment {
                walk.take_segment(link);
                continue;
            }
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
            may_be && link.entry.is_message() && (pin.is_about)(&link.message())
        });
        found.next().map(|link| Pinned { lookup: link.entry.lookup, at: link.entry.at })
    }

    /// The frames that are kept, the oldest first, each once.
    pub fn frames(&self) -> Vec<WholeFrame> {
        let each = self.each().flat_map(Self::newest_first);
        let mut frames: Vec<WholeFrame> = each.filter_map(|link| link.frame()).collect();
        frames.sort_by_key(|frame| (frame.entry.at, frame.entry.frame));
        let is_same = |one: &WholeFrame, other: &WholeFrame| {
            one.entry.frame > 0 && one.entry.frame == other.entry.frame
        };
        frames.dedup_by(|one, other| is_same(one, other));
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
            next.map(|(entry, pieces)| Link { entry, segments: Vec::new(), pieces })
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
struct Walk<'a> {
    chains: Vec<Chain<'a>>,
    /// The chain of each lookup that may go further back.
    open: HashMap<u64, usize, foldhash::fast::RandomState>,
    /// How many more are wanted whatever became of them.
    others: usize,
    /// Lookups in trouble that are wanted and not found yet.
    trouble: HashSet<u64>,
    pinned: Option<Pinned>,
    /// Messages of each chain.
    links: usize,
    /// A longer pause between two messages begins another lookup.
    pause: Duration,
    /// The earliest time that any chain has come to.
    least: Option<Timestamp>,
}

impl<'a> Walk<'a> {
    fn take(&mut self, link: Link<'a>) {
        let Some(link) = self.extend(link) else { return };
        if self.wants(link.entry) {
            let at = link.entry.at;
            self.open.insert(link.entry.lookup, self.chains.len());
            self.chains.push(Chain::new(link, self.links));
            self.reach(at);
        }
    }

    /// Segments stand before the message that they carried: it was taken just now, if it is wanted.
    fn take_segment(&mut self, segment: Link<'a>) {
        let chain = self.open.get(&segment.entry.lookup);
        if let Some(chain) = chain.and_then(|place| self.chains.get_mut(*place)) {
            chain.add_segment(segment);
        }
    }

    /// Adds a message to the lookup it belongs to, or gives it back if that is none of those begun.
    fn extend(&mut self, link: Link<'a>) -> Option<Link<'a>> {
        let (at, pause) = (link.entry.at, self.pause);
        let chain = self.open.get(&link.entry.lookup).and_then(|place| self.chains.get_mut(*place));
        let Some(chain) = chain.filter(|chain| chain.goes_back_to(link.entry, pause)) else {
            return Some(link);
        };
        chain.add(link, self.links);
        self.reach(at);
        None
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
        let far = |from: Timestamp| from.since(at) >= self.pause;
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
