//! Responses whose query was not seen yet: clocks of two capture points differ a little.

use std::collections::VecDeque;
use std::time::Duration;

use hashbrown::HashMap;

use crate::iana::{Ede, Rcode};
use crate::time::Timestamp;
use crate::wire::{Flags, Print, Question};

use super::exchange::{Answer, Form, Key, Message};
use super::hash::Hashes;

/// A response this much before its query still belongs to it.
pub const SKEW: Duration = Duration::from_millis(10);

/// Responses held at once; more are taken for unasked at once.
const MAX_HELD: usize = 4096;

/// Bytes of an EDE text that are held; more are never shown.
const MAX_TEXT: usize = 256;

/// A response that is held.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) at: Timestamp,
    pub(super) key: Key,
    pub(super) flags: Flags,
    pub(super) question: Option<Question>,
    pub(super) name: Vec<u8>,
    pub(super) hashes: Hashes,
    pub(super) edns: bool,
    pub(super) print: Print,
    rcode: Rcode,
    ede: Option<Ede>,
    ede_text: Vec<u8>,
    answers: u16,
    form: Form,
    /// Its query came.
    taken: bool,
}

impl Held {
    /// The message it was.
    pub(super) fn message(&self) -> Message<'_> {
        Message {
            at: self.at,
            key: self.key,
            flags: self.flags,
            question: self.question,
            name: &self.name,
            hashes: self.hashes,
            edns: self.edns,
            answer: Some(Answer {
                rcode: self.rcode,
                ede: self.ede,
                ede_text: &self.ede_text,
                answers: self.answers,
                form: self.form,
            }),
            print: self.print,
        }
    }
}

/// The responses that are held, oldest first, found by key.
#[derive(Debug, Default)]
pub(super) struct Early {
    held: VecDeque<Held>,
    first: u64,
    by_key: HashMap<Key, u64, foldhash::quality::RandomState>,
    spare: Vec<Held>,
}

impl Early {
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// When the oldest response was captured.
    pub(super) fn first(&self) -> Option<Timestamp> {
        self.held.front().map(|held| held.at)
    }

    /// Whether there is room for one more response, and none with its key is held.
    pub(super) fn has_room(&self, key: &Key) -> bool {
        self.held.len() < MAX_HELD && !self.by_key.contains_key(key)
    }

    /// The response held under a key.
    pub(super) fn get(&self, key: &Key) -> Option<&Held> {
        let sequence = *self.by_key.get(key)?;
        self.held.get(usize::try_from(sequence.checked_sub(self.first)?).ok()?)
    }

    pub(super) fn hold(&mut self, message: &Message<'_>, answer: &Answer<'_>) {
        let mut held = self.spare.pop().unwrap_or_else(|| blank(message.key));
        held.name.clear();
        held.name.extend_from_slice(message.name);
        held.ede_text.clear();
        let text = answer.ede_text;
        held.ede_text.extend_from_slice(text.get(..MAX_TEXT).unwrap_or(text));
        let Held { name, ede_text, .. } = held;
        self.by_key.insert(message.key, self.first + self.held.len() as u64);
        self.held.push_back(Held {
            at: message.at,
            key: message.key,
            flags: message.flags,
            question: message.question,
            name,
            hashes: message.hashes,
            edns: message.edns,
            print: message.print,
            rcode: answer.rcode,
            ede: answer.ede,
            ede_text,
            answers: answer.answers,
            form: answer.form,
            taken: false,
        });
    }

    /// The response that a query asks for, if it was held and is near enough.
    pub(super) fn take(&mut self, query: &Message<'_>) -> Option<&Held> {
        let sequence = *self.by_key.get(&query.key)?;
        let place = usize::try_from(sequence.checked_sub(self.first)?).ok()?;
        let held = self.held.get_mut(place)?;
        let same = match (held.question, query.question) {
            (Some(ours), Some(theirs)) => {
                ours == theirs && held.hashes.question == query.hashes.question
            }
            _ => true,
        };
        if held.taken || !same || held.at.distance(query.at) > SKEW {
            return None;
        }
        held.taken = true;
        self.by_key.remove(&query.key);
        Some(held)
    }

    /// The oldest response if nothing can claim it any more; give it back to [`Self::recycle`].
    pub(super) fn pop_stale(&mut self, now: Option<Timestamp>) -> Option<Held> {
        let oldest = self.held.front()?;
        let stale = oldest.taken || now.is_none_or(|now| now.distance(oldest.at) > SKEW);
        if !stale {
            return None;
        }
        let held = self.held.pop_front()?;
        if self.by_key.get(&held.key) == Some(&self.first) {
            self.by_key.remove(&held.key);
        }
        self.first += 1;
        Some(held)
    }

    /// Whether a stale response was claimed by a query.
    pub(super) fn was_taken(held: &Held) -> bool {
        held.taken
    }

    /// Keeps the memory of a response for the next one.
    pub(super) fn recycle(&mut self, held: Held) {
        self.spare.push(held);
    }
}

fn blank(key: Key) -> Held {
    Held {
        at: Timestamp::default(),
        key,
        flags: Flags(0),
        question: None,
        name: Vec::new(),
        hashes: Hashes::default(),
        edns: false,
        print: Print::default(),
        rcode: Rcode::NOERROR,
        ede: None,
        ede_text: Vec::new(),
        answers: 0,
        form: Form::default(),
        taken: false,
    }
}
