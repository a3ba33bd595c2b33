//! The queries that wait: a bounded table, found by key, expired in order.
//!
//! A slot's life: waiting → (answered: freed) or overdue → (answered late: freed) or freed.

use std::collections::VecDeque;
use std::time::Duration;

use hashbrown::HashTable;

use crate::time::Timestamp;
use crate::wire::{Flags, Print, Question, Transport};

use super::exchange::{Asked, Key, Message};

/// Queries with one key but different questions that may wait at once. More is no client's
/// doing, and would make every look-up slow.
const MAX_SAME_KEY: usize = 8;

/// Where a query stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Free,
    Waiting,
    /// Reported as unanswered (or unreachable); a response may still come.
    Overdue {
        unreachable: bool,
    },
}

/// A query that waits.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) key: Key,
    pub(super) asked: Asked,
    /// When its last copy was sent.
    pub(super) last: Timestamp,
    pub(super) question: Option<Question>,
    pub(super) name: Vec<u8>,
    pub(super) name_hash: u64,
    pub(super) print: Print,
    pub(super) state: State,
    hash: u64,
    generation: u32,
}

impl Slot {
    /// Whether a message is about the same question, or does not say.
    pub(super) fn may_be_about(&self, message: &Message<'_>) -> bool {
        match (self.question, message.question) {
            (Some(ours), Some(theirs)) => ours == theirs && self.name_hash == message.name_hash,
            _ => true,
        }
    }

    /// Whether a query is this one, sent again: over UDP, and the question says so. TCP repeats
    /// by itself; two queries without a question may be about anything.
    pub(super) fn is_sent_again_by(&self, query: &Message<'_>) -> bool {
        query.key.transport == Transport::Udp
            && query.question.is_some()
            && self.question == query.question
            && self.name_hash == query.name_hash
    }
}

/// A place in an order of expiry; stale once the slot has moved on.
#[derive(Clone, Copy, Debug)]
struct Ticket {
    slot: u32,
    generation: u32,
    /// When it was issued.
    at: Timestamp,
}

/// All queries that wait or are overdue.
#[derive(Debug)]
pub(super) struct Pending {
    slots: Vec<Slot>,
    free: Vec<u32>,
    index: HashTable<u32>,
    waiting: VecDeque<Ticket>,
    overdue: VecDeque<Ticket>,
    waiting_count: usize,
    max: usize,
}

impl Pending {
    /// A table of at most `max` queries.
    pub(super) fn new(max: usize) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            index: HashTable::new(),
            waiting: VecDeque::new(),
            overdue: VecDeque::new(),
            waiting_count: 0,
            max: max.max(16),
        }
    }

    /// How many queries wait now.
    pub(super) fn waiting(&self) -> usize {
        self.waiting_count
    }

    pub(super) fn is_full(&self) -> bool {
        self.slots.len() - self.free.len() >= self.max
    }

    pub(super) fn get(&self, slot: u32) -> Option<&Slot> {
        self.slots.get(slot as usize)
    }

    pub(super) fn get_mut(&mut self, slot: u32) -> Option<&mut Slot> {
        self.slots.get_mut(slot as usize)
    }

    /// The oldest query with this key that `suits`.
    pub(super) fn find(&self, hash: u64, key: &Key, suits: impl Fn(&Slot) -> bool) -> Option<u32> {
        self.with_key(hash, key)
            .filter(|(_, slot)| suits(slot))
            .min_by_key(|(place, slot)| (slot.asked.at, *place))
            .map(|(place, _)| place)
    }

    fn with_key(&self, hash: u64, key: &Key) -> impl Iterator<Item = (u32, &Slot)> {
        self.index
            .iter_hash(hash)
            .filter_map(|place| Some((*place, self.slots.get(*place as usize)?)))
            .filter(move |(_, slot)| slot.key == *key)
            .take(MAX_SAME_KEY)
    }

    /// Whether one more query with this key would be too many.
    pub(super) fn is_crowded(&self, hash: u64, key: &Key) -> bool {
        self.with_key(hash, key).count() >= MAX_SAME_KEY
    }

    /// Adds a query; there must be room.
    pub(super) fn insert(&mut self, hash: u64, message: &Message<'_>) {
        let place = self.free.pop().unwrap_or_else(|| self.grow(message));
        let Some(slot) = self.slots.get_mut(place as usize) else { return };
        slot.key = message.key;
        slot.asked = Asked { at: message.at, flags: message.flags, edns: message.edns, repeats: 0 };
        slot.last = message.at;
        slot.question = message.question;
        slot.name.clear();
        slot.name.extend_from_slice(message.name);
        slot.name_hash = message.name_hash;
        slot.print = message.print;
        slot.state = State::Waiting;
        slot.hash = hash;
        let ticket = Ticket { slot: place, generation: slot.generation, at: message.at };
        let slots = &self.slots;
        self.index.insert_unique(hash, place, |place| {
            slots.get(*place as usize).map_or(0, |slot| slot.hash)
        });
        self.waiting.push_back(ticket);
        self.waiting_count += 1;
        self.drop_stale_tickets();
    }

    fn grow(&mut self, message: &Message<'_>) -> u32 {
        self.slots.push(Slot {
            key: message.key,
            asked: Asked { at: message.at, flags: Flags(0), edns: false, repeats: 0 },
            last: message.at,
            question: None,
            name: Vec::new(),
            name_hash: 0,
            print: Print::default(),
            state: State::Free,
            hash: 0,
            generation: 0,
        });
        u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
    }

    /// Answered queries leave their tickets behind; they may not outgrow the queries that wait.
    fn drop_stale_tickets(&mut self) {
        const SLACK: usize = 4096;
        if self.waiting.len() > 2 * self.waiting_count + SLACK {
            let slots = &self.slots;
            self.waiting.retain(|ticket| is_current(slots, *ticket, true));
        }
        let overdue = self.slots.len() - self.free.len() - self.waiting_count;
        if self.overdue.len() > 2 * overdue + SLACK {
            let slots = &self.slots;
            self.overdue.retain(|ticket| is_current(slots, *ticket, false));
        }
    }

    /// Time went back by more than `patience`: what was issued in the future was issued now, or
    /// nothing behind it would ever expire.
    pub(super) fn set_back(&mut self, now: Timestamp, patience: Duration) {
        for order in [&mut self.waiting, &mut self.overdue] {
            if order.front().is_some_and(|ticket| ticket.at.since(now) > patience) {
                order.iter_mut().for_each(|ticket| ticket.at = ticket.at.min(now));
            }
        }
    }

    /// Frees a slot.
    pub(super) fn remove(&mut self, place: u32) {
        let Some(slot) = self.slots.get_mut(place as usize) else { return };
        if slot.state == State::Free {
            return;
        }
        self.waiting_count -= usize::from(slot.state == State::Waiting);
        slot.state = State::Free;
        slot.generation = slot.generation.wrapping_add(1);
        if let Ok(entry) = self.index.find_entry(slot.hash, |other| *other == place) {
            entry.remove();
        }
        self.free.push(place);
    }

    /// The query that has waited longest, and since when.
    pub(super) fn oldest_waiting(&mut self) -> Option<(u32, Timestamp)> {
        oldest(&self.slots, &mut self.waiting, true)
    }

    /// The query that has been overdue longest, and since when.
    pub(super) fn oldest_overdue(&mut self) -> Option<(u32, Timestamp)> {
        oldest(&self.slots, &mut self.overdue, false)
    }

    /// The query was reported at `now`; it stays for a response that comes late.
    pub(super) fn mark_overdue(&mut self, place: u32, unreachable: bool, now: Timestamp) {
        let Some(slot) = self.slots.get_mut(place as usize) else { return };
        self.waiting_count -= usize::from(slot.state == State::Waiting);
        slot.state = State::Overdue { unreachable };
        let generation = slot.generation;
        self.overdue.push_back(Ticket { slot: place, generation, at: now });
    }

    /// The latest queries that wait, newest first, at most `most`.
    pub(super) fn latest(&self, most: usize) -> impl Iterator<Item = (u32, &Slot)> {
        self.waiting
            .iter()
            .rev()
            .take(16 * most)
            .filter(|ticket| is_current(&self.slots, **ticket, true))
            .take(most)
            .filter_map(|ticket| Some((ticket.slot, self.slots.get(ticket.slot as usize)?)))
    }
}

fn is_current(slots: &[Slot], ticket: Ticket, waiting: bool) -> bool {
    slots.get(ticket.slot as usize).is_some_and(|slot| {
        slot.generation == ticket.generation && (slot.state == State::Waiting) == waiting
    })
}

fn oldest(slots: &[Slot], order: &mut VecDeque<Ticket>, waiting: bool) -> Option<(u32, Timestamp)> {
    while let Some(ticket) = order.front() {
        if is_current(slots, *ticket, waiting) {
            return Some((ticket.slot, ticket.at));
        }
        order.pop_front();
    }
    None
}
