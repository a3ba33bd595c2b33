//! Properties as they are written down, and what was written down as properties.

use std::cmp::Reverse;

use hashbrown::HashMap;

use super::{
    CLASSES, Counts, Explained, MAX_EDE, MAX_EDE_TEXT, NOTHING, OPCODES, SLOW, Splits, TRANSPORTS,
    TYPES, UNANSWERED, UNMATCHED, common,
};
use crate::iana::{Ede, Rcode};
use crate::time::Timestamp;
use crate::wire::name::{escape_text, unescape_text};

use crate::tally::entities::uncommon;
use crate::tally::records::{EdeRecord, Property, SplitRecord, trimmed};
use crate::tally::restore::{Broken, Sums};
use crate::tally::slot::{SLOTS, Spanned};

const KINDS: [(Property, u32); 4] = [
    (Property::Type, TYPES),
    (Property::Class, CLASSES),
    (Property::Opcode, OPCODES),
    (Property::Transport, TRANSPORTS),
];

impl Splits {
    /// What was counted of each property's values, in their order.
    pub(crate) fn records(&self) -> Vec<SplitRecord> {
        let others = self.others.by_key();
        let of_kind = |(of, kind): (Property, u32)| {
            let common = (0..=u16::MAX).map_while(move |value| {
                let mut counts = *self.common.get(common(kind + u32::from(value))?)?;
                self.add_usual(kind, value, &mut counts);
                Some((value, counts))
            });
            let mut all: Vec<(u16, Counts)> =
                common.chain(self.of_kind(kind).map(|(value, counts)| (value, *counts))).collect();
            all.retain(|(_, counts)| counts.iter().any(|count| *count > 0));
            all.sort_unstable_by_key(|(value, _)| *value);
            let others = &others;
            all.into_iter().map(move |(value, counts)| {
                let others = others.get(&(kind + u32::from(value)));
                let others = others.into_iter().flatten().map(|(code, count, ..)| (*code, *count));
                SplitRecord { of, value, counts: trimmed(counts), others: others.collect() }
            })
        };
        KINDS.into_iter().flat_map(of_kind).collect()
    }

    /// Fills in a value of a property.
    pub(crate) fn restore(&mut self, record: &SplitRecord, sums: &mut Sums) -> Result<(), Broken> {
        let what = "splits";
        let kind = KINDS.iter().find(|(of, _)| *of == record.of).map_or(TYPES, |(_, kind)| *kind);
        let key = kind + u32::from(record.value);
        if record.counts.len() > NOTHING.len() {
            return Err(Broken::Value { what });
        }
        // Of opcodes and transports all are common.
        if common(key).is_none() && matches!(record.of, Property::Opcode | Property::Transport) {
            return Err(Broken::Value { what });
        }
        let counts = self.counts(key);
        if *counts != NOTHING {
            return Err(Broken::Twice { what });
        }
        for (which, (ours, count)) in counts.iter_mut().zip(&record.counts).enumerate() {
            *ours = *count;
            sums.add(which_sum(which), *count);
        }
        for (code, count) in &record.others {
            let rcode = uncommon(*code).ok_or(Broken::Value { what })?;
            sums.add(Sums::OTHERS, *count);
            let (first, last) = (Timestamp::default(), Timestamp::default());
            self.others.merge_one(key, rcode, &Spanned { count: *count, first, last });
        }
        Ok(())
    }

    /// Responses with an Extended DNS Error, in order.
    pub(crate) fn ede_records(&self) -> Vec<EdeRecord> {
        let record = |((ede, rcode), it): (&(Ede, Rcode), &Explained)| EdeRecord {
            ede: ede.0,
            rcode: rcode.0,
            responses: it.responses,
            text: escape_text(&it.bytes),
        };
        let mut all: Vec<EdeRecord> = self.ede.iter().map(record).collect();
        all.sort_unstable_by_key(|row| (row.ede, row.rcode));
        all
    }

    /// Fills in an Extended DNS Error.
    pub(crate) fn restore_ede(&mut self, record: &EdeRecord) -> Result<(), Broken> {
        let what = "extended errors";
        let text = unescape_text(&record.text).filter(|text| text.len() <= MAX_EDE_TEXT);
        let text = text.ok_or(Broken::Value { what })?;
        let is_sane =
            record.rcode <= Rcode::MAX.0 && record.responses <= crate::tally::restore::MOST_COUNTED;
        if !is_sane {
            return Err(Broken::Value { what });
        }
        if self.ede.len() >= MAX_EDE {
            return Err(Broken::TooMany { what, most: MAX_EDE });
        }
        let mut explained = Explained { responses: record.responses, ..Explained::default() };
        explained.note(&text);
        let before = self.ede.insert((Ede(record.ede), Rcode(record.rcode)), explained);
        before.map_or(Ok(()), |_| Err(Broken::Twice { what }))
    }

    /// Extended DNS Errors that could not be told apart.
    pub(crate) fn ede_lost(&self) -> u64 {
        self.ede_lost
    }

    /// Says what could not be told apart elsewhere.
    pub(crate) fn set_lost(&mut self, ede: u64, others: u64) {
        self.ede_lost = ede;
        self.others.set_lost(others);
    }

    /// Keeps the `most` kinds of Extended DNS Errors that came most often.
    pub(crate) fn trim_ede(&mut self, most: usize) {
        if self.ede.len() <= most {
            return;
        }
        let mut all: Vec<_> = std::mem::take(&mut self.ede).into_iter().collect();
        all.sort_unstable_by_key(|(key, it)| (Reverse(it.responses), *key));
        let lost = all.get(most..).unwrap_or_default();
        self.ede_lost += lost.iter().map(|(_, it)| it.responses).sum::<u64>();
        all.truncate(most);
        self.ede = all.into_iter().collect::<HashMap<_, _, _>>();
    }
}

/// Which sum a counter belongs to.
fn which_sum(which: usize) -> usize {
    match which {
        UNANSWERED => Sums::UNANSWERED,
        UNMATCHED => Sums::UNMATCHED,
        SLOW => Sums::SLOW,
        slot => slot.min(SLOTS - 1),
    }
}
