//! The course of events as it is written down, and what was written down as the course of events.

use super::{Bucket, Course, FIRST_WIDTH, MAX_OTHERS, MAX_STEPS};
use crate::iana::Rcode;

use crate::tally::entities::uncommon;
use crate::tally::records::{CourseRecord, StepRecord, trimmed};
use crate::tally::restore::{Broken, Sums};
use crate::tally::slot::SLOTS;

const WHAT: &str = "steps";

impl Course {
    /// When it begins, and its steps; `None` if there are none.
    pub(crate) fn records(&self) -> Option<(CourseRecord, Vec<StepRecord>)> {
        let course = CourseRecord { start: self.start?, step: self.width };
        let steps = (0..).zip(&self.buckets).filter_map(|(step, bucket)| bucket.record(step));
        Some((course, steps.collect()))
    }

    /// Says when it begins and how long steps are.
    pub(crate) fn restore(&mut self, record: CourseRecord) -> Result<(), Broken> {
        if self.start.is_some() {
            return Err(Broken::Order { what: WHAT });
        }
        let CourseRecord { start, step } = record;
        // Steps have doubled from their first length, and begin at multiples of it.
        let doubled = step / FIRST_WIDTH;
        let is_length = step % FIRST_WIDTH == 0 && doubled.is_power_of_two();
        if !is_length || start % step != 0 {
            return Err(Broken::Value { what: WHAT });
        }
        (self.start, self.width) = (Some(start), step);
        Ok(())
    }

    /// Fills in a step.
    pub(crate) fn restore_step(
        &mut self,
        record: &StepRecord,
        sums: &mut Sums,
    ) -> Result<(), Broken> {
        let broken = || Broken::Value { what: WHAT };
        let start = self.start.ok_or(Broken::Order { what: WHAT })?;
        let place = record.step as usize;
        let begins =
            self.width.checked_mul(record.step.into()).and_then(|at| at.checked_add(start));
        // In order, so that none is there twice.
        if begins.is_none() || place >= MAX_STEPS || place < self.buckets.len() {
            return Err(broken());
        }
        self.buckets.resize_with(place + 1, Bucket::default);
        let bucket = self.buckets.last_mut().ok_or_else(broken)?;
        if record.responses.len() > SLOTS || record.others.len() > MAX_OTHERS {
            return Err(broken());
        }
        bucket.queries = record.queries;
        bucket.unanswered = record.unanswered;
        bucket.unmatched = record.unmatched;
        bucket.slow = record.slow;
        for (which, (ours, count)) in bucket.slots.iter_mut().zip(&record.responses).enumerate() {
            *ours = *count;
            sums.add(which, *count);
        }
        for (code, count) in &record.others {
            bucket.add_other(uncommon(*code).ok_or_else(broken)?, *count);
            sums.add(Sums::OTHERS, *count);
        }
        sums.add(Sums::UNANSWERED, record.unanswered);
        sums.add(Sums::UNMATCHED, record.unmatched);
        sums.add(Sums::SLOW, record.slow);
        if record.queries > crate::tally::restore::MOST_COUNTED {
            return Err(broken());
        }
        Ok(())
    }
}

impl Bucket {
    fn record(&self, step: u32) -> Option<StepRecord> {
        let mut others: Vec<(u16, u64)> =
            self.others.iter().map(|(Rcode(code), count)| (*code, *count)).collect();
        others.sort_unstable();
        let record = StepRecord {
            step,
            queries: self.queries,
            unanswered: self.unanswered,
            unmatched: self.unmatched,
            slow: self.slow,
            responses: trimmed(self.slots),
            others,
        };
        (record != StepRecord { step, ..StepRecord::default() }).then_some(record)
    }
}
