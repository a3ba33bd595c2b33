//! Questions as they are written down, and what was written down as questions.

use super::{COUNTERS, MAX_FLOORS, NONE, Names, SLOW, TROUBLES, UNANSWERED, UNMATCHED};
use crate::iana::{Class, RecordType};
use crate::time::Timestamp;
use crate::wire::Question;
use crate::wire::name::{compare, parse, text};

use crate::tally::Tallies;
use crate::tally::domains::registered;
use crate::tally::entities::{OthersByKey, uncommon};
use crate::tally::records::{Forgotten, NameRecord, trimmed};
use crate::tally::restore::{Broken, Sums};
use crate::tally::slot::{SLOTS, Slot, Spanned};

const WHAT: &str = "names";

/// How a name that is not known is written.
const UNKNOWN: &str = "-";

impl Names {
    /// The places of all questions in the order of their names, types and classes.
    pub(crate) fn in_order(&self) -> Vec<u32> {
        let mut places: Vec<u32> =
            (0..).take(self.rows.len()).filter(|place| self.is_kept(*place)).collect();
        let key = |place: &u32| {
            let row = self.rows.get(*place as usize);
            row.map_or((&[][..], Question::default()), |row| {
                (self.arena.get(row.name), row.question)
            })
        };
        places.sort_unstable_by(|one, other| {
            let ((one, asked), (other, also)) = (key(one), key(other));
            let kind = |question: Question| (question.rtype, question.class);
            compare(one, other).then_with(|| kind(asked).cmp(&kind(also)))
        });
        places
    }

    /// Places that there are, of questions or not.
    pub(crate) fn room(&self) -> usize {
        self.rows.len()
    }

    /// What uncommon codes each question has.
    pub(crate) fn others_by_key(&self) -> OthersByKey {
        self.others.by_key()
    }

    /// A question with its counts.
    pub(crate) fn record(&self, place: u32, others: &OthersByKey) -> Option<NameRecord> {
        let row = self.rows.get(place as usize)?;
        let wide = self.wide_of(row);
        let counts = (0..COUNTERS).map(|which| self.carry.one(place, &wide.counts, which));
        let failed = trimmed(wide.failed.map(u64::from));
        let name = self.arena.get(row.name);
        Some(NameRecord {
            name: if name.is_empty() { UNKNOWN.to_owned() } else { text(name) },
            rtype: row.question.rtype.0,
            class: row.question.class.0,
            counts: trimmed(counts),
            failed: failed.into_iter().map(|it| u32::try_from(it).unwrap_or(u32::MAX)).collect(),
            error: self.floors.get(usize::from(row.floor)).copied().unwrap_or_default(),
            others: others.get(&place).cloned().unwrap_or_default(),
        })
    }

    /// What the table has forgotten.
    pub(crate) fn bound(&self) -> Forgotten {
        Forgotten { error: self.error(), keys: self.forgotten, others: self.others.lost() }
    }

    /// Whether names that met trouble were forgotten.
    pub(crate) fn lost_trouble(&self) -> bool {
        self.lost_trouble
    }

    /// Says what was forgotten elsewhere; once all rows are there.
    pub(crate) fn set_bound(&mut self, bound: Forgotten, lost_trouble: bool) {
        self.allow_floor(bound.error);
        self.forgotten = bound.keys;
        self.others.set_lost(bound.others);
        self.lost_trouble = lost_trouble;
    }

    /// Fills in what a row that was inserted has counted.
    fn fill(&mut self, place: u32, record: &NameRecord, sums: &mut Sums) -> Result<(), Broken> {
        let broken = || Broken::Value { what: WHAT };
        let mut failed = [0; TROUBLES];
        if record.counts.len() > COUNTERS || record.failed.len() > TROUBLES {
            return Err(broken());
        }
        failed.iter_mut().zip(&record.failed).for_each(|(ours, theirs)| *ours = *theirs);
        for (which, count) in record.counts.iter().enumerate() {
            sums.add(which_sum(which), *count);
        }
        if let Some((slot, count, is_matched)) = narrow(record) {
            if let Some(row) = self.rows.get_mut(place as usize) {
                (row.slot, row.count, row.is_matched) = (slot, count, is_matched);
            }
        } else {
            let (wide, carry) = self.widen(place);
            wide.failed = failed;
            for (which, (ours, count)) in wide.counts.iter_mut().zip(&record.counts).enumerate() {
                carry.plus(place, which, ours, *count);
            }
        }
        for (code, count, first, last) in &record.others {
            let rcode = uncommon(*code).ok_or_else(broken)?;
            sums.add(Sums::OTHERS, *count);
            let (first, last) = (Timestamp(*first), Timestamp(*last));
            self.others.merge_one(place, rcode, &Spanned { count: *count, first, last });
        }
        // Beyond so many different bounds the next greater one is stated: it must be there.
        self.set_floor(place, record.error);
        Ok(())
    }

    /// Makes sure that a bound can be stated that is no less than this: where no more can be told
    /// apart, the last one grows.
    fn allow_floor(&mut self, error: u64) {
        if error <= self.error() {
            return;
        }
        if self.floors.len() < MAX_FLOORS {
            self.floors.push(error);
        } else if let Some(last) = self.floors.last_mut() {
            *last = error;
        }
    }
}

/// The one code of a question without trouble, where that is all it has: then it is narrow.
fn narrow(record: &NameRecord) -> Option<(Slot, u32, bool)> {
    let count = |which: usize| record.counts.get(which).copied().unwrap_or_default();
    let trouble = record.failed.iter().any(|failed| *failed > 0) || !record.others.is_empty();
    let mut with = (0..COUNTERS).filter(|which| *which != UNMATCHED && count(*which) > 0);
    let (which, more) = (with.next().unwrap_or_default(), with.next());
    let slot = Slot::all().find(|slot| slot.place() == which)?;
    let is_answer = slot.rcode().is_some_and(crate::iana::Rcode::is_answer);
    let unmatched = count(UNMATCHED);
    if trouble || more.is_some() || !is_answer || (unmatched != 0 && unmatched != count(which)) {
        return None;
    }
    let is_matched = unmatched == 0;
    Some((slot, u32::try_from(count(which)).ok()?, is_matched))
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

impl Tallies {
    /// Puts a question into the table; its place.
    pub(crate) fn restore_name(
        &mut self,
        record: &NameRecord,
        sums: &mut Sums,
    ) -> Result<u32, Broken> {
        if self.names.is_full() {
            return Err(Broken::TooMany { what: WHAT, most: self.names.index.len() });
        }
        let wire = match record.name.as_str() {
            UNKNOWN => Vec::new(),
            name => parse(name).ok_or(Broken::Value { what: WHAT })?,
        };
        let question = Question { rtype: RecordType(record.rtype), class: Class(record.class) };
        let hash = self.hasher.question(&wire, Some(question));
        if self.names.find(hash).is_some() {
            return Err(Broken::Twice { what: WHAT });
        }
        let domain = registered(&wire);
        let domain = self.domains.find(self.hasher.bytes(domain), |key| **key == *domain);
        self.names.allow_floor(record.error);
        let place = self.names.insert(hash, &wire, question, domain.unwrap_or(NONE));
        self.names.fill(place, record, sums)?;
        Ok(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(counts: &[u64], failed: &[u32], expected: Option<(usize, u32, bool)>) {
        let record = NameRecord {
            counts: counts.to_vec(),
            failed: failed.to_vec(),
            ..NameRecord::default()
        };
        let narrow = narrow(&record).map(|(slot, count, matched)| (slot.place(), count, matched));
        assert_eq!(narrow, expected, "{counts:?} {failed:?}");
    }

    #[test]
    fn a_question_with_one_answer_alone_stays_narrow() {
        check(&[], &[], Some((0, 0, true)));
        check(&[7], &[], Some((0, 7, true)));
        check(&[0, 7], &[], Some((1, 7, true)));
        check(&[0, 7, 0, 0, 0, 0, 0, 0, 0, 7], &[], Some((1, 7, false)));
        check(&[0, 7, 0, 0, 0, 0, 0, 0, 0, 6], &[], None);
        check(&[1, 7], &[], None);
        check(&[0, 0, 0, 1], &[], None);
        check(&[0, 0, 0, 0, 0, 0, 0, 0, 1], &[], None);
        check(&[7], &[1], None);
        check(&[1 << 32], &[], None);
    }

    #[test]
    fn a_row_has_no_less_than_the_bound_it_states() {
        let mut names = Names::new(1 << 20, 1000);
        for error in (0..600_u64).rev().chain(600..700) {
            names.allow_floor(error);
            let place = names.insert(error, b"\x01a\0", Question::default(), NONE);
            names.set_floor(place, error);
        }
        for row in &names.rows {
            assert!(names.floors[usize::from(row.floor)] >= row.hash, "{}", row.hash);
        }
    }
}
