//! The course of events in a bounded number of equal steps; the steps grow with the capture.

mod portable;

use std::time::Duration;

use super::figures::{Step, Timeline};
use crate::focus::Focus;
use crate::iana::Rcode;
use crate::time::Timestamp;

use super::entities::whole;
use super::slot::{SLOTS, Slot};

/// The most steps kept; when more are needed, pairs are joined and each step is twice as long.
pub(crate) const MAX_STEPS: usize = 2048;

const FIRST_WIDTH: u64 = 100_000_000;

/// Uncommon codes told apart within one step.
const MAX_OTHERS: usize = 16;

#[derive(Clone, Debug, Default)]
struct Bucket {
    queries: u64,
    unanswered: u64,
    /// Responses that are no first ones to a query that was seen.
    unmatched: u64,
    slow: u64,
    slots: [u64; SLOTS],
    others: Vec<(Rcode, u64)>,
}

impl Bucket {
    fn merge(&mut self, other: &Self) {
        self.queries += other.queries;
        self.unanswered += other.unanswered;
        self.unmatched += other.unmatched;
        self.slow += other.slow;
        for (ours, theirs) in self.slots.iter_mut().zip(other.slots) {
            *ours += theirs;
        }
        for (rcode, count) in &other.others {
            self.add_other(*rcode, *count);
        }
    }

    fn add_other(&mut self, rcode: Rcode, count: u64) {
        if let Some((_, ours)) = self.others.iter_mut().find(|(code, _)| *code == rcode) {
            *ours += count;
        } else if self.others.len() < MAX_OTHERS {
            self.others.push((rcode, count));
        }
    }

    fn step(&self, focus: Focus) -> Step {
        let own = Slot::all().filter_map(|slot| Some((slot.rcode()?, self.slots[slot.place()])));
        let rcodes: std::collections::BTreeMap<Rcode, u64> =
            own.chain(self.others.iter().copied()).filter(|(_, count)| *count > 0).collect();
        let responses = self.slots.iter().sum();
        Step {
            queries: self.queries,
            responses,
            focus: match focus {
                Focus::Rcode(rcode) => rcodes.get(&rcode).copied().unwrap_or_default(),
                Focus::NoResponse => self.unanswered,
                Focus::Slow => self.slow,
            },
            whole: whole(focus, responses, self.unmatched, self.unanswered),
            rcodes,
            unanswered: self.unanswered,
            is_early: false,
        }
    }
}

/// Steps of equal width from a first moment on.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    /// Start of the first bucket; a multiple of `width`.
    start: Option<u64>,
    width: u64,
    buckets: Vec<Bucket>,
    /// Start and place of the bucket used last: the next event is likely to be in it.
    here: (u64, usize),
}

/// No bucket was used yet.
const NOWHERE: (u64, usize) = (0, usize::MAX);

impl Default for Course {
    fn default() -> Self {
        Self { start: None, width: FIRST_WIDTH, buckets: Vec::new(), here: NOWHERE }
    }
}

impl Course {
    /// The bucket of a moment. Buckets start at multiples of their width, so that any order of
    /// events gives the same ones.
    #[inline]
    fn bucket(&mut self, at: Timestamp) -> Option<&mut Bucket> {
        let (start, place) = self.here;
        let is_here = at.0.checked_sub(start).is_some_and(|into| into < self.width);
        if is_here && place < self.buckets.len() {
            return self.buckets.get_mut(place);
        }
        self.far_bucket(at)
    }

    fn far_bucket(&mut self, at: Timestamp) -> Option<&mut Bucket> {
        loop {
            let floor = at.0 - at.0 % self.width;
            let start = *self.start.get_or_insert(floor);
            let place = if floor >= start {
                usize::try_from((floor - start) / self.width).unwrap_or(usize::MAX)
            } else {
                let missing = usize::try_from((start - floor) / self.width).unwrap_or(usize::MAX);
                if missing.saturating_add(self.buckets.len()) <= MAX_STEPS {
                    self.buckets.splice(0..0, std::iter::repeat_n(Bucket::default(), missing));
                    self.start = Some(floor);
                    0
                } else {
                    usize::MAX
                }
            };
            if place < MAX_STEPS {
                if place >= self.buckets.len() {
                    self.buckets.resize_with(place + 1, Bucket::default);
                }
                self.here = (floor, place);
                return self.buckets.get_mut(place);
            }
            self.widen();
        }
    }

    /// The bucket of an event; captures write 0 where they know no time.
    fn known(&mut self, at: Timestamp) -> Option<&mut Bucket> {
        if at == Timestamp::default() { None } else { self.bucket(at) }
    }

    fn widen(&mut self) {
        let Some(start) = self.start else { return };
        let width = self.width.saturating_mul(2);
        let aligned = start - start % width;
        let mut joined: Vec<Bucket> = Vec::with_capacity(self.buckets.len() / 2 + 1);
        for (place, bucket) in self.buckets.iter().enumerate() {
            let at = start + place as u64 * self.width;
            let into = usize::try_from((at - aligned) / width).unwrap_or_default();
            joined.resize_with(joined.len().max(into + 1), Bucket::default);
            joined[into].merge(bucket);
        }
        (self.start, self.width, self.buckets) = (Some(aligned), width, joined);
        self.here = NOWHERE;
    }

    pub(crate) fn query(&mut self, at: Timestamp) {
        if let Some(bucket) = self.known(at) {
            bucket.queries += 1;
        }
    }

    /// Counts a response, which may be the first one to a query that was seen, and slow.
    pub(crate) fn response(
        &mut self,
        at: Timestamp,
        rcode: Rcode,
        is_matched: bool,
        is_slow: bool,
    ) {
        let slot = Slot::of(rcode);
        let Some(bucket) = self.known(at) else { return };
        bucket.slots[slot.place()] += 1;
        bucket.unmatched += u64::from(!is_matched);
        bucket.slow += u64::from(is_slow);
        if slot == Slot::OTHER {
            bucket.add_other(rcode, 1);
        }
    }

    /// A query asked at `at` was not answered; or, with -1, it was after all.
    pub(crate) fn unanswered(&mut self, at: Timestamp, by: i64) {
        if let Some(bucket) = self.known(at) {
            bucket.unanswered = bucket.unanswered.saturating_add_signed(by);
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        if other.start.is_none() {
            return;
        }
        let mut other = other.clone();
        while other.width < self.width {
            other.widen();
        }
        while self.width < other.width {
            self.widen();
            if self.start.is_none() {
                self.width = other.width;
            }
        }
        let Some(start) = other.start else { return };
        for (place, bucket) in other.buckets.iter().enumerate() {
            if let Some(ours) = self.bucket(Timestamp(start + place as u64 * other.width)) {
                ours.merge(bucket);
            }
        }
    }

    /// The steps; queries wait for `patience` before they count as without response.
    pub(crate) fn timeline(&self, focus: Focus, patience: Duration) -> Timeline {
        let Some(start) = self.start else { return Timeline::default() };
        let mut steps: Vec<Step> = self.buckets.iter().map(|bucket| bucket.step(focus)).collect();
        if focus == Focus::NoResponse {
            // The last event is somewhere in the last step.
            let early = patience.as_nanos().div_ceil(u128::from(self.width)) + 1;
            let early = usize::try_from(early).unwrap_or(usize::MAX);
            steps.iter_mut().rev().take(early).for_each(|step| step.is_early = true);
        }
        Timeline { start: Timestamp(start), step: Duration::from_nanos(self.width), steps }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(5);

    fn show(course: &Course) -> String {
        let timeline = course.timeline(Focus::default(), PATIENCE);
        let steps: Vec<String> = timeline.steps.iter().map(|step| step.focus.to_string()).collect();
        format!("{} {:?} {}", timeline.start.0, timeline.step, steps.join(" "))
    }

    fn course(times: &[u64]) -> Course {
        let mut course = Course::default();
        let at = |ms: &u64| Timestamp(ms * 1_000_000);
        times.iter().for_each(|ms| course.response(at(ms), Rcode::REFUSED, true, false));
        course
    }

    #[test]
    fn events_fall_into_their_steps_in_any_order() {
        assert_eq!(show(&course(&[1000, 1050, 1250])), "1000000000 100ms 2 0 1");
        assert_eq!(show(&course(&[1250, 1050, 1000])), "1000000000 100ms 2 0 1");
    }

    #[test]
    fn steps_whose_queries_may_still_wait_are_early_where_silence_is_in_focus() {
        let all: Vec<u64> = (1..=100).map(|n| n * 100).collect();
        let course = course(&all);
        let early = |focus| {
            let steps = course.timeline(focus, PATIENCE).steps;
            steps.iter().rposition(|step| !step.is_early).map(|last| steps.len() - last - 1)
        };
        assert_eq!((early(Focus::NoResponse), early(Focus::Slow)), (Some(51), Some(0)));
    }

    #[test]
    fn steps_grow_until_the_capture_fits() {
        let long = course(&[1, 100, 1_000_000]);
        let timeline = long.timeline(Focus::default(), PATIENCE);
        assert!(timeline.steps.len() <= MAX_STEPS);
        assert_eq!(timeline.steps.iter().map(|step| step.focus).sum::<u64>(), 3);
        let absurd = course(&[1, u64::MAX / 1_000_000]);
        assert!(absurd.timeline(Focus::default(), PATIENCE).steps.len() <= MAX_STEPS);
        let backwards = course(&[u64::MAX / 1_000_000, 1]);
        assert_eq!(
            backwards.timeline(Focus::default(), PATIENCE).steps.len(),
            absurd.timeline(Focus::default(), PATIENCE).steps.len()
        );
    }

    #[test]
    fn merging_is_adding_all() {
        let (one, other) = ([1, 5_000, 900_000], [100, 777_777]);
        let mut merged = course(&one);
        merged.merge(&course(&other));
        assert_eq!(show(&merged), show(&course(&[one.as_slice(), &other].concat())));
        let mut merged = course(&other);
        merged.merge(&course(&one));
        assert_eq!(show(&merged), show(&course(&[one.as_slice(), &other].concat())));
        let mut empty = Course::default();
        empty.merge(&course(&one));
        assert_eq!(show(&empty), show(&course(&one)));
    }
}
