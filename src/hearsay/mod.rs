//! What addresses are called, as answers in the capture tell it: hearsay.
//!
//! Learnt from responses that were matched with their query, and only where that was asked for.
//! Nobody vouches for it: who answers can answer anything, so each name goes with who said it and
//! when, and no count, cause or filter depends on one. Never asks anybody. Bounded.

mod learn;
#[cfg(test)]
mod tests;

use std::cell::Cell;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use crate::time::Timestamp;
use crate::track::Hasher;
use crate::wire::Address;

use learn::Reader;

/// Names of one address, beside the one that is told, that are told apart; more are only known to
/// be more.
pub const MAX_OTHERS: usize = 9;

/// Bytes that a name may cost beside its own.
const COST: usize = size_of::<Heard>() + size_of::<Address>() + 16;

/// What tells that an address has a name; the later one is believed before the earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// An A or AAAA record beside the NS record that names a server (RFC 9499 §7, "glue"): where a
    /// zone is delegated, its parent says so.
    Glue,
    /// An A or AAAA record at the end of the chain from a name that was asked for. Whoever holds
    /// any name can let it point to any address.
    Forward,
    /// A PTR record (RFC 1035 §3.5). Who holds the address says so, and of a host, not of one of
    /// many sites on it.
    Reverse,
}

/// What is known of the names of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The name that was heard first of those that are believed most, in canonical wire form.
    pub name: Box<[u8]>,
    /// What told it.
    pub source: Source,
    /// The server whose answer it was.
    pub by: Address,
    /// When that came.
    pub at: Timestamp,
    /// Its packet's number in the capture.
    number: u64,
    /// When any name of the address was told last.
    last: Timestamp,
    /// Hashes of its other names.
    others: Vec<u32>,
    /// There are more.
    more: bool,
    /// Some reader asked for it.
    wanted: Cell<bool>,
}

impl Heard {
    /// How many other names it has, and whether there may be more.
    pub fn others(&self) -> (usize, bool) {
        (self.others.len(), self.more)
    }

    /// Whether this is believed before another: by what told it, then by which was first.
    fn is_before(&self, other: &Self) -> bool {
        (other.source, self.number, &self.name) < (self.source, other.number, &other.name)
    }

    fn add_other(&mut self, name: u32) {
        if self.others.contains(&name) {
        } else if self.others.len() < MAX_OTHERS {
            self.others.push(name);
        } else {
            self.more = true;
        }
    }

    fn bytes(&self) -> usize {
        COST + self.name.len() + self.others.capacity() * size_of::<u32>()
    }

    /// What both know; in which order they are joined makes no difference.
    pub fn join(self, other: Self, hash: impl Fn(&[u8]) -> u32) -> Self {
        let (mut first, second) =
            if other.is_before(&self) { (other, self) } else { (self, other) };
        let own = hash(&first.name);
        let mut others = std::mem::take(&mut first.others);
        others.extend(second.others);
        others.push(hash(&second.name));
        others.retain(|name| *name != own);
        others.sort_unstable();
        others.dedup();
        first.more |= second.more || others.len() > MAX_OTHERS;
        others.truncate(MAX_OTHERS);
        let wanted = Cell::new(first.wanted.get() || second.wanted.get());
        Self { others, last: first.last.max(second.last), wanted, ..first }
    }
}

/// A response that may tell names.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// When it came.
    pub at: Timestamp,
    /// Its packet's number in the capture.
    pub number: u64,
    /// Who sent it.
    pub by: Address,
    /// The name that it was asked for, in canonical wire form.
    pub asked: &'a [u8],
    /// Its bytes.
    pub message: &'a [u8],
}

/// The names that were heard.
#[derive(Debug)]
pub struct Hearsay {
    heard: HashMap<Address, Heard, foldhash::quality::RandomState>,
    reader: Reader,
    hasher: Hasher,
    bytes: usize,
    most: usize,
    forgotten: u64,
}

impl Hearsay {
    /// One that keeps at most so many bytes. Those whose names shall be joined need the same hasher.
    pub fn new(most: usize, hasher: Hasher) -> Self {
        Self {
            heard: HashMap::default(),
            reader: Reader::default(),
            hasher,
            bytes: 0,
            most,
            forgotten: 0,
        }
    }

    /// The bytes for names, of all that is granted: 1.6 %, at most 4 MiB, which is enough for some
    /// 20 000 addresses.
    pub fn part_of(granted: u64) -> usize {
        const PART: u64 = 64;
        const MOST: u64 = 4 << 20;
        usize::try_from((granted / PART).min(MOST)).unwrap_or_default()
    }

    /// Takes in what a response tells. It must be one that was asked for.
    pub fn hear(&mut self, telling: &Telling<'_>) {
        let Self { heard, reader, hasher, bytes, .. } = self;
        reader.read(telling.message, telling.asked, hasher, |address, name, source| {
            hear_one(heard, bytes, hasher, telling, (address, name, source));
        });
        if self.bytes > self.most {
            self.make_room();
        }
    }

    /// The names of an address. What is asked for is kept longest.
    pub fn of(&self, address: Address) -> Option<&Heard> {
        let heard = self.heard.get(&address)?;
        heard.wanted.set(true);
        Some(heard)
    }

    /// Whether an address has a name; whether that is wanted is another question.
    pub fn knows(&self, address: Address) -> bool {
        self.heard.contains_key(&address)
    }

    /// All addresses that have one.
    pub fn addresses(&self) -> impl Iterator<Item = Address> {
        self.heard.keys().copied()
    }

    /// Addresses with names.
    pub fn len(&self) -> usize {
        self.heard.len()
    }

    /// Whether no address has one.
    pub fn is_empty(&self) -> bool {
        self.heard.is_empty()
    }

    /// Addresses whose names had to go.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// What names are told apart by.
    pub fn hash(&self, name: &[u8]) -> u32 {
        hash(&self.hasher, name)
    }

    /// Takes over what another one heard, which is empty then.
    pub fn adopt(&mut self, other: &mut Self) {
        self.forgotten += std::mem::take(&mut other.forgotten);
        for (address, theirs) in std::mem::take(&mut other.heard) {
            let joined = match self.heard.remove(&address) {
                Some(ours) => ours.join(theirs, |name| hash(&self.hasher, name)),
                None => theirs,
            };
            self.heard.insert(address, joined);
        }
        self.bytes = self.heard.values().map(Heard::bytes).sum();
    }

    /// Forgets the half that nobody asked for and that was told longest ago, so that each name
    /// costs O(1). If too much was asked for, that counts for nothing any more.
    #[cold]
    fn make_room(&mut self) {
        let unwanted = self.heard.values().filter(|heard| !heard.wanted.get()).count();
        if unwanted < self.heard.len() / 2 {
            self.heard.values().for_each(|heard| heard.wanted.set(false));
        }
        let unwanted = self.heard.values().filter(|heard| !heard.wanted.get());
        let mut ages: Vec<(Timestamp, u64)> = unwanted.map(age).collect();
        if ages.is_empty() {
            return;
        }
        let half = ages.len() / 2;
        let (_, middle, _) = ages.select_nth_unstable(half);
        let (before, middle) = (self.heard.len(), *middle);
        self.heard.retain(|_, heard| heard.wanted.get() || age(heard) > middle);
        self.forgotten += (before - self.heard.len()) as u64;
        self.bytes = self.heard.values().map(Heard::bytes).sum();
    }
}

fn age(heard: &Heard) -> (Timestamp, u64) {
    (heard.last, heard.number)
}

fn hash(hasher: &Hasher, name: &[u8]) -> u32 {
    u32::try_from(hasher.bytes(name) >> 32).unwrap_or_default()
}

/// Takes in one name of one address.
fn hear_one(
    heard: &mut HashMap<Address, Heard, foldhash::quality::RandomState>,
    bytes: &mut usize,
    hasher: &Hasher,
    telling: &Telling<'_>,
    (address, name, source): (Address, &[u8], Source),
) {
    let &Telling { at, number, by, .. } = telling;
    let new = |name: &[u8]| Heard {
        name: name.into(),
        source,
        by,
        at,
        number,
        last: at,
        others: Vec::new(),
        more: false,
        wanted: Cell::new(false),
    };
    match heard.entry(address) {
        Entry::Vacant(place) => *bytes += place.insert(new(name)).bytes(),
        Entry::Occupied(mut place) => {
            let known = place.get_mut();
            *bytes -= known.bytes();
            known.last = known.last.max(at);
            if source > known.source {
                *known = known.clone().join(new(name), |name| hash(hasher, name));
            } else if *known.name != *name {
                known.add_other(hash(hasher, name));
            }
            *bytes += known.bytes();
        }
    }
}
