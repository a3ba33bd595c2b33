//! All exchanges split by small properties: type, class, opcode, transport; and responses by EDE.

mod portable;

use hashbrown::HashMap;

use crate::focus::Focus;
use crate::iana::{Class, Ede, Opcode, Rcode, RecordType};
use crate::time::Timestamp;
use crate::wire::{Transport, name::escape_text};

use super::entities::whole;
use super::events::Event;
use super::slot::{Others, SLOTS, Slot};

/// A property's value as a place in one row of counters: common values first, each kind apart.
const TYPES: u32 = 0;
const CLASSES: u32 = 0x1_0000;
const OPCODES: u32 = 0x2_0000;
const TRANSPORTS: u32 = 0x3_0000;

/// Values below these are counted without a look-up.
const COMMON_TYPES: u32 = 272;
const COMMON_CLASSES: u32 = 256;
const ALL_OPCODES: u32 = 16;
const ALL_TRANSPORTS: u32 = 2;
const COMMON: usize = (COMMON_TYPES + COMMON_CLASSES + ALL_OPCODES + ALL_TRANSPORTS) as usize;

/// Where a value has its counters, if it is a common one.
#[inline]
fn common(key: u32) -> Option<usize> {
    let (before, most) = match key & !0xffff {
        TYPES => (0, COMMON_TYPES),
        CLASSES => (COMMON_TYPES, COMMON_CLASSES),
        OPCODES => (COMMON_TYPES + COMMON_CLASSES, ALL_OPCODES),
        _ => (COMMON_TYPES + COMMON_CLASSES + ALL_OPCODES, ALL_TRANSPORTS),
    };
    let value = key & 0xffff;
    (value < most).then_some((before + value) as usize)
}

/// Where usual responses of a transport and a type have their counters.
#[inline]
fn usual(transport: Transport, rtype: RecordType) -> Option<usize> {
    let rtype = u32::from(rtype.0);
    let place = transport.number() * COMMON_TYPES + rtype;
    (rtype < COMMON_TYPES).then_some(place as usize)
}

/// Responses by slot; queries without one; responses that are no first ones to a query that was
/// seen; slow ones.
type Counts = [u64; SLOTS + 3];
const UNANSWERED: usize = SLOTS;
const UNMATCHED: usize = SLOTS + 1;
const SLOW: usize = SLOTS + 2;
const NOTHING: Counts = [0; SLOTS + 3];

/// Exchanges with one value of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SplitRow<K> {
    pub(crate) value: K,
    pub(crate) responses: u64,
    pub(crate) focus: u64,
    /// What the share of the focus is of.
    pub(crate) whole: u64,
}

/// Kinds of EDE told apart at once; each has a text of a bounded length.
pub(super) const MAX_EDE: usize = 1024;
const MAX_EDE_TEXT: usize = 256;

/// Exchanges by property and end.
#[derive(Debug)]
pub(crate) struct Splits {
    common: Vec<Counts>,
    /// Nearly all responses: to a QUERY of class IN and a common type, by transport and type.
    usual: Vec<Counts>,
    counts: HashMap<u32, Counts, foldhash::quality::RandomState>,
    others: Others,
    ede: HashMap<(Ede, Rcode), Explained, foldhash::quality::RandomState>,
    ede_lost: u64,
}

/// Responses with one EDE and one code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Explained {
    pub(crate) responses: u64,
    /// The first by its bytes, escaped: it does not depend on which came first.
    pub(crate) text: String,
    bytes: Vec<u8>,
}

impl Explained {
    #[inline]
    fn note(&mut self, text: &[u8]) {
        if !text.is_empty() && (self.bytes.is_empty() || text < self.bytes.as_slice()) {
            self.bytes = text.to_vec();
            self.text = escape_text(text);
        }
    }
}

impl Default for Splits {
    fn default() -> Self {
        Self {
            common: vec![NOTHING; COMMON],
            usual: vec![NOTHING; (ALL_TRANSPORTS * COMMON_TYPES) as usize],
            counts: HashMap::default(),
            others: Others::default(),
            ede: HashMap::default(),
            ede_lost: 0,
        }
    }
}

impl Splits {
    /// Counts a response, which may be the first one to a query that was seen, and slow.
    #[inline]
    pub(super) fn add_response(
        &mut self,
        event: &Event,
        rcode: Rcode,
        is_matched: bool,
        is_slow: bool,
    ) {
        let slot = Slot::of(rcode);
        match self.usual_counts(event).filter(|_| slot != Slot::OTHER) {
            Some(counts) => note_response(counts, slot, is_matched, is_slow),
            None => self.add_unusual(event, rcode, is_matched, is_slow),
        }
    }

    /// The counters of nearly all responses.
    #[inline]
    fn usual_counts(&mut self, event: &Event) -> Option<&mut Counts> {
        let question = event.question?;
        let is_usual = question.class == Class::IN && event.opcode == Opcode::QUERY;
        let place = usual(event.transport, question.rtype).filter(|_| is_usual)?;
        self.usual.get_mut(place)
    }

    fn add_unusual(&mut self, event: &Event, rcode: Rcode, is_matched: bool, is_slow: bool) {
        let slot = Slot::of(rcode);
        for key in keys(event) {
            note_response(self.counts(key), slot, is_matched, is_slow);
            if slot == Slot::OTHER {
                self.others.add(key, rcode, Timestamp::default());
            }
        }
    }

    /// Counts a query without response, or takes one back (`by` is -1).
    pub(super) fn add_unanswered(&mut self, event: &Event, by: i64) {
        let note = |counts: &mut Counts| {
            counts[UNANSWERED] = counts[UNANSWERED].saturating_add_signed(by);
        };
        match self.usual_counts(event) {
            Some(counts) => note(counts),
            None => keys(event).for_each(|key| note(self.counts(key))),
        }
    }

    #[inline]
    fn counts(&mut self, key: u32) -> &mut Counts {
        match common(key).and_then(|place| self.common.get_mut(place)) {
            Some(counts) => counts,
            None => self.counts.entry(key).or_insert(NOTHING),
        }
    }

    pub(crate) fn add_ede(&mut self, ede: Ede, rcode: Rcode, text: &[u8]) {
        if self.ede.len() >= MAX_EDE && !self.ede.contains_key(&(ede, rcode)) {
            self.ede_lost += 1;
            return;
        }
        let explained = self.ede.entry((ede, rcode)).or_default();
        explained.responses += 1;
        explained.note(text.get(..MAX_EDE_TEXT).unwrap_or(text));
    }

    pub(crate) fn ede(&self) -> impl Iterator<Item = (Ede, Rcode, &Explained)> {
        self.ede.iter().map(|((ede, rcode), explained)| (*ede, *rcode, explained))
    }

    /// Entries that could not be told apart.
    pub(crate) fn lost(&self) -> u64 {
        self.ede_lost + self.others.lost()
    }

    pub(crate) fn types(&self, focus: Focus) -> Vec<SplitRow<RecordType>> {
        self.rows(TYPES, focus, RecordType)
    }

    pub(crate) fn classes(&self, focus: Focus) -> Vec<SplitRow<Class>> {
        self.rows(CLASSES, focus, Class)
    }

    pub(crate) fn opcodes(&self, focus: Focus) -> Vec<SplitRow<Opcode>> {
        self.rows(OPCODES, focus, |value| Opcode(u8::try_from(value).unwrap_or_default()))
    }

    pub(crate) fn transports(&self, focus: Focus) -> Vec<SplitRow<Transport>> {
        self.rows(TRANSPORTS, focus, |value| {
            Transport::from_number(value.into()).unwrap_or(Transport::Udp)
        })
    }

    /// Responses over a transport by code, each code of `apart` for itself and the rest together.
    pub(crate) fn codes(&self, over: Transport, apart: &[Rcode]) -> (Vec<u64>, u64) {
        let (number, key) = (over.number(), TRANSPORTS + over.number());
        let mut counts = common(key).and_then(|it| self.common.get(it)).copied().unwrap_or(NOTHING);
        self.add_usual(TRANSPORTS, u16::try_from(number).unwrap_or_default(), &mut counts);
        let of = |rcode: &Rcode| match Slot::of(*rcode) {
            Slot::OTHER => self.others.get(key, *rcode).count,
            slot => counts[slot.place()],
        };
        let each: Vec<u64> = apart.iter().map(of).collect();
        let all: u64 = counts.iter().take(SLOTS).sum();
        let rest = all.saturating_sub(each.iter().sum());
        (each, rest)
    }

    /// What was seen of a kind.
    fn rows<K>(&self, kind: u32, focus: Focus, name: impl Fn(u16) -> K) -> Vec<SplitRow<K>> {
        let common = (0..=u16::MAX).map_while(|value| {
            let mut counts = *self.common.get(common(kind + u32::from(value))?)?;
            self.add_usual(kind, value, &mut counts);
            Some((value, counts))
        });
        let rare = self.of_kind(kind).map(|(value, counts)| (value, *counts));
        common
            .chain(rare)
            .map(|(value, counts)| self.row(name(value), kind + u32::from(value), &counts, focus))
            .filter(|row| row.whole > 0)
            .collect()
    }

    /// Adds the usual responses with a value.
    fn add_usual(&self, kind: u32, value: u16, counts: &mut Counts) {
        let types = COMMON_TYPES as usize;
        let chosen = |place: usize| match kind {
            TYPES => place % types == usize::from(value),
            CLASSES => Class(value) == Class::IN,
            OPCODES => value == u16::from(Opcode::QUERY.0),
            _ => place / types == usize::from(value),
        };
        for (_, usual) in self.usual.iter().enumerate().filter(|(place, _)| chosen(*place)) {
            counts.iter_mut().zip(usual).for_each(|(ours, theirs)| *ours += theirs);
        }
    }

    fn of_kind(&self, kind: u32) -> impl Iterator<Item = (u16, &Counts)> {
        let value = |key: u32| u16::try_from(key & 0xffff).unwrap_or_default();
        let rows = self.counts.iter().filter(move |(key, _)| *key & !0xffff == kind);
        rows.map(move |(key, counts)| (value(*key), counts))
    }

    fn row<K>(&self, value: K, key: u32, counts: &Counts, focus: Focus) -> SplitRow<K> {
        let of_focus = match focus {
            Focus::NoResponse => counts[UNANSWERED],
            Focus::Slow => counts[SLOW],
            Focus::Rcode(rcode) => match Slot::of(rcode) {
                Slot::OTHER => self.others.get(key, rcode).count,
                slot => counts[slot.place()],
            },
        };
        let responses = counts.iter().take(SLOTS).sum();
        let whole = whole(focus, responses, counts[UNMATCHED], counts[UNANSWERED]);
        SplitRow { value, responses, focus: of_focus, whole }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        let rows = self.common.iter_mut().chain(&mut self.usual);
        for (ours, theirs) in rows.zip(other.common.iter().chain(&other.usual)) {
            ours.iter_mut().zip(theirs).for_each(|(ours, theirs)| *ours += theirs);
        }
        for (key, theirs) in &other.counts {
            let ours = self.counts.entry(*key).or_insert(NOTHING);
            ours.iter_mut().zip(theirs).for_each(|(ours, theirs)| *ours += theirs);
        }
        self.others.merge_same_keys(&other.others);
        for ((ede, rcode), theirs) in &other.ede {
            let ours = self.ede.entry((*ede, *rcode)).or_default();
            ours.responses += theirs.responses;
            ours.note(&theirs.bytes);
        }
        self.ede_lost += other.ede_lost;
    }
}

#[inline]
fn note_response(counts: &mut Counts, slot: Slot, is_matched: bool, is_slow: bool) {
    counts[slot.place()] += 1;
    counts[UNMATCHED] += u64::from(!is_matched);
    counts[SLOW] += u64::from(is_slow);
}

/// The properties of an exchange.
fn keys(event: &Event) -> impl Iterator<Item = u32> + use<> {
    let of_question = event.question.map(|question| {
        [TYPES + u32::from(question.rtype.0), CLASSES + u32::from(question.class.0)]
    });
    let opcode = OPCODES + u32::from(event.opcode.0);
    let transport = TRANSPORTS + event.transport.number();
    [opcode, transport].into_iter().chain(of_question.into_iter().flatten())
}
