//! Messages in the order in which they came, in two buffers of fixed size: what is known of each,
//! and the bytes of all.

use std::collections::VecDeque;

use super::Entry;

/// Bytes of a message on average: so buffers are divided that both fill up about equally.
const USUAL_BYTES: usize = 160;

/// Messages that go at once: so many, or the so-manieth part of all where they are few.
const MOST_AT_ONCE: usize = 128;
const PART_AT_ONCE: usize = 64;

/// Bytes of a message in the order of the buffer, whose end may lie between them.
pub(super) type Pieces<'a> = [&'a [u8]; 2];

/// A bounded queue of messages.
#[derive(Debug)]
pub(super) struct Ring {
    slots: VecDeque<Slot>,
    bytes: Box<[u8]>,
    most_slots: usize,
    most_bytes: usize,
    /// Where the next message's bytes go.
    next: usize,
    /// Bytes in use.
    used: usize,
    /// Entries that are no mere segments.
    messages: usize,
}

/// A message and where its bytes are.
#[derive(Clone, Copy, Debug)]
struct Slot {
    entry: Entry,
    start: u32,
    kept: u16,
}

impl Ring {
    /// An empty one that takes so many bytes once something is in it, whatever that is.
    pub(super) fn new(bytes: usize) -> Self {
        let slot = size_of::<Slot>();
        let most_slots = bytes / (slot + USUAL_BYTES);
        let most_bytes = bytes.saturating_sub(most_slots * slot).min(MOST_BYTES);
        Self {
            slots: VecDeque::new(),
            bytes: Box::default(),
            most_slots,
            most_bytes,
            next: 0,
            used: 0,
            messages: 0,
        }
    }

    /// Entries that it can hold at most.
    pub(super) fn most_entries(&self) -> usize {
        self.most_slots
    }

    /// Messages in it, and what ended queries.
    pub(super) fn messages(&self) -> usize {
        self.messages
    }

    /// Bytes taken by the messages in it.
    pub(super) fn bytes(&self) -> usize {
        self.used + self.slots.len() * size_of::<Slot>()
    }

    pub(super) fn oldest(&self) -> Option<&Entry> {
        self.slots.front().map(|slot| &slot.entry)
    }

    /// The messages, the newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = (&Entry, Pieces<'_>)> {
        self.slots.iter().rev().map(|slot| (&slot.entry, self.pieces(slot)))
    }

    /// Adds a message; the oldest ones make room and are handed to `gone`.
    #[inline]
    pub(super) fn push(
        &mut self,
        entry: Entry,
        pieces: Pieces<'_>,
        mut gone: impl FnMut(&Entry, Pieces<'_>),
    ) {
        let length: usize = pieces.iter().map(|piece| piece.len()).sum();
        let Ok(kept) = u16::try_from(length) else { return };
        if length > self.most_bytes || self.most_slots == 0 {
            return gone(&entry, pieces);
        }
        if self.bytes.is_empty() {
            self.take_memory();
        }
        if !self.has_room(1, length) {
            self.make_room(length, &mut gone);
        }
        let start = u32::try_from(self.next).unwrap_or_default();
        pieces.into_iter().for_each(|piece| self.write(piece));
        self.used += length;
        self.messages += usize::from(entry.is_message());
        self.slots.push_back(Slot { entry, start, kept });
    }

    fn has_room(&self, slots: usize, bytes: usize) -> bool {
        self.slots.len() + slots <= self.most_slots && self.used + bytes <= self.most_bytes
    }

    /// Makes room for a message of so many bytes and a few more: what is old is in no cache any
    /// more, and to fetch many at once takes little longer than to fetch one. Measured.
    #[inline(never)]
    fn make_room(&mut self, length: usize, gone: &mut impl FnMut(&Entry, Pieces<'_>)) {
        let more = (self.most_slots / PART_AT_ONCE).min(MOST_AT_ONCE);
        while !self.has_room(1 + more, length + more * USUAL_BYTES) {
            let Some(slot) = self.slots.pop_front() else { return };
            self.used = self.used.saturating_sub(usize::from(slot.kept));
            self.messages -= usize::from(slot.entry.is_message());
            gone(&slot.entry, self.pieces(&slot));
        }
    }

    /// All at once, so that no message has to wait for memory later. Pages are taken from the
    /// system as they are written to.
    #[cold]
    fn take_memory(&mut self) {
        self.bytes = vec![0; self.most_bytes].into_boxed_slice();
        self.slots = VecDeque::with_capacity(self.most_slots);
    }

    /// Copies bytes to where the next ones go, around the end.
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let until_end = self.most_bytes - self.next;
        let (first, rest) = bytes.split_at_checked(until_end).unwrap_or((bytes, &[]));
        copy(&mut self.bytes, self.next, first);
        copy(&mut self.bytes, 0, rest);
        self.next += bytes.len();
        if self.next >= self.most_bytes {
            self.next -= self.most_bytes;
        }
    }

    #[inline]
    fn pieces(&self, slot: &Slot) -> Pieces<'_> {
        let start = usize::try_from(slot.start).unwrap_or_default();
        let end = start + usize::from(slot.kept);
        if let Some(whole) = self.bytes.get(start..end) {
            return [whole, &[]];
        }
        let rest = end.saturating_sub(self.most_bytes);
        let [first, second] = [self.bytes.get(start..), self.bytes.get(..rest)];
        [first.unwrap_or_default(), second.unwrap_or_default()]
    }
}

/// What a place in the buffer can be told with.
const MOST_BYTES: usize = 1 << 31;

#[inline]
fn copy(into: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = into.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}
