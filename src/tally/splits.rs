//! All responses split by small properties: type, class, opcode, transport, and EDE.

use hashbrown::HashMap;

use crate::iana::{Class, Ede, Opcode, Rcode, RecordType};
use crate::time::Timestamp;
use crate::wire::{Transport, name::escape_text};

use super::slot::{Others, SLOTS, Slot};

/// A property's value as a place in one row of counters: common values first, each kind apart.
const TYPES: u32 = 0;
const CLASSES: u32 = 0x1_0000;
const OPCODES: u32 = 0x2_0000;
const TRANSPORTS: u32 = 0x3_0000;

/// Types below this are counted without a look-up.
const COMMON_TYPES: usize = 272;

/// Kinds of EDE told apart at once; each has a text of a bounded length.
const MAX_EDE: usize = 1024;
const MAX_EDE_TEXT: usize = 256;

/// Responses by property and code.
#[derive(Debug)]
pub(crate) struct Splits {
    common_types: Vec<[u64; SLOTS]>,
    counts: HashMap<u32, [u64; SLOTS], foldhash::quality::RandomState>,
    others: Others,
    ede: HashMap<(Ede, Rcode), Explained, foldhash::quality::RandomState>,
    ede_lost: u64,
}

/// Responses with one EDE and one code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Explained {
    pub(crate) responses: u64,
    pub(crate) text: String,
}

impl Default for Splits {
    fn default() -> Self {
        Self {
            common_types: vec![[0; SLOTS]; COMMON_TYPES],
            counts: HashMap::default(),
            others: Others::default(),
            ede: HashMap::default(),
            ede_lost: 0,
        }
    }
}

impl Splits {
    pub(crate) fn add_question(&mut self, rtype: RecordType, class: Class, rcode: Rcode) {
        let slot = Slot::of(rcode).place();
        match self.common_types.get_mut(usize::from(rtype.0)) {
            Some(counts) => counts[slot] += 1,
            None => self.count(TYPES + u32::from(rtype.0), rcode),
        }
        self.keep_other(TYPES + u32::from(rtype.0), rcode);
        self.add(CLASSES + u32::from(class.0), rcode);
    }

    pub(crate) fn add_header(&mut self, opcode: Opcode, transport: Transport, rcode: Rcode) {
        self.add(OPCODES + u32::from(opcode.0), rcode);
        self.add(TRANSPORTS + transport_number(transport), rcode);
    }

    fn add(&mut self, key: u32, rcode: Rcode) {
        self.count(key, rcode);
        self.keep_other(key, rcode);
    }

    fn count(&mut self, key: u32, rcode: Rcode) {
        self.counts.entry(key).or_insert([0; SLOTS])[Slot::of(rcode).place()] += 1;
    }

    fn keep_other(&mut self, key: u32, rcode: Rcode) {
        if Slot::of(rcode) == Slot::OTHER {
            self.others.add(key, rcode, Timestamp::default());
        }
    }

    pub(crate) fn add_ede(&mut self, ede: Ede, rcode: Rcode, text: &[u8]) {
        if self.ede.len() >= MAX_EDE && !self.ede.contains_key(&(ede, rcode)) {
            self.ede_lost += 1;
            return;
        }
        let explained = self.ede.entry((ede, rcode)).or_default();
        explained.responses += 1;
        if explained.text.is_empty() && !text.is_empty() {
            explained.text = escape_text(text.get(..MAX_EDE_TEXT).unwrap_or(text));
        }
    }

    pub(crate) fn ede(&self) -> impl Iterator<Item = (Ede, Rcode, &Explained)> {
        self.ede.iter().map(|((ede, rcode), explained)| (*ede, *rcode, explained))
    }

    /// Entries that could not be told apart.
    pub(crate) fn lost(&self) -> u64 {
        self.ede_lost + self.others.lost()
    }

    pub(crate) fn types(&self, focus: Rcode) -> Vec<(RecordType, u64, u64)> {
        let common = (0..).zip(&self.common_types);
        let rest = self.of_kind(TYPES);
        common
            .chain(rest)
            .filter(|(_, counts)| counts.iter().any(|count| *count > 0))
            .map(|(value, counts)| {
                self.row(RecordType(value), TYPES + u32::from(value), counts, focus)
            })
            .collect()
    }

    pub(crate) fn classes(&self, focus: Rcode) -> Vec<(Class, u64, u64)> {
        let rows = self.of_kind(CLASSES);
        rows.map(|(value, counts)| {
            self.row(Class(value), CLASSES + u32::from(value), counts, focus)
        })
        .collect()
    }

    pub(crate) fn opcodes(&self, focus: Rcode) -> Vec<(Opcode, u64, u64)> {
        self.of_kind(OPCODES)
            .map(|(value, counts)| {
                let opcode = Opcode(u8::try_from(value).unwrap_or_default());
                self.row(opcode, OPCODES + u32::from(value), counts, focus)
            })
            .collect()
    }

    pub(crate) fn transports(&self, focus: Rcode) -> Vec<(Transport, u64, u64)> {
        self.of_kind(TRANSPORTS)
            .map(|(value, counts)| {
                let transport = if value == 0 { Transport::Udp } else { Transport::Tcp };
                self.row(transport, TRANSPORTS + u32::from(value), counts, focus)
            })
            .collect()
    }

    fn of_kind(&self, kind: u32) -> impl Iterator<Item = (u16, &[u64; SLOTS])> {
        let value = |key: u32| u16::try_from(key & 0xffff).unwrap_or_default();
        let rows = self.counts.iter().filter(move |(key, _)| *key & !0xffff == kind);
        rows.map(move |(key, counts)| (value(*key), counts))
    }

    fn row<K>(&self, value: K, key: u32, counts: &[u64; SLOTS], focus: Rcode) -> (K, u64, u64) {
        let of_focus = match Slot::of(focus) {
            Slot::OTHER => self.others.get(key, focus).count,
            slot => counts[slot.place()],
        };
        (value, counts.iter().sum(), of_focus)
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (ours, theirs) in self.common_types.iter_mut().zip(&other.common_types) {
            ours.iter_mut().zip(theirs).for_each(|(ours, theirs)| *ours += theirs);
        }
        for (key, theirs) in &other.counts {
            let ours = self.counts.entry(*key).or_insert([0; SLOTS]);
            ours.iter_mut().zip(theirs).for_each(|(ours, theirs)| *ours += theirs);
        }
        self.others.merge_same_keys(&other.others);
        for ((ede, rcode), theirs) in &other.ede {
            let ours = self.ede.entry((*ede, *rcode)).or_default();
            ours.responses += theirs.responses;
            // Which text is shown does not depend on who saw it first.
            if ours.text.is_empty() || (!theirs.text.is_empty() && theirs.text < ours.text) {
                ours.text.clone_from(&theirs.text);
            }
        }
        self.ede_lost += other.ede_lost;
    }
}

fn transport_number(transport: Transport) -> u32 {
    match transport {
        Transport::Udp => 0,
        Transport::Tcp => 1,
    }
}
