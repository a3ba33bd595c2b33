//! Lookups in trouble: one client asking one question within a short window, whatever servers and
//! retries it takes. Followed until some server answers it, or nobody does.

use std::collections::VecDeque;
use std::time::Duration;

use crate::index::{INDEX_COST, Index};
use crate::time::Timestamp;

use super::slot::{SLOTS, Slot, put};

/// Bytes that a lookup costs at most.
pub(crate) const LOOKUP_COST: usize = size_of::<Open>() + INDEX_COST + 16;

/// A lookup that met trouble and is not over yet.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// The hash of client and question that it is found by.
    key: u64,
    began: Timestamp,
    last: Timestamp,
    /// The codes it met, a bit each.
    met: u8,
    /// Of these, the ones after which it got an answer.
    recovered: u8,
}

/// Servers asked at once answer within this time of each other.
const RACE: Duration = Duration::from_secs(1);

/// Events of different clients come out of order by less than this, so that a lookup is kept a
/// little longer than it may matter: what becomes of it does not depend on who else asks.
const DISORDER: Duration = Duration::from_secs(1);

/// A client that asks without pause begins a new lookup after so many windows.
const LONGEST: u32 = 4;

impl Open {
    /// Whether trouble at `at` belongs to another lookup: after a pause, after this one was
    /// answered, or after too long a time for one.
    fn is_over(&self, at: Timestamp, window: Duration) -> bool {
        let pause = at.since(self.last);
        pause > window
            || (self.recovered != 0 && pause > RACE)
            || at.since(self.began) > window * LONGEST
    }
}

/// All lookups in trouble, and the count of those that are over.
#[derive(Debug)]
pub(crate) struct Lookups {
    open: Vec<Open>,
    free: Vec<u32>,
    index: Index,
    /// When each was (or may have been) seen last, and its place.
    order: VecDeque<(Timestamp, u32)>,
    window: Duration,
    max: usize,
    met: [u64; SLOTS],
    recovered: [u64; SLOTS],
    lost: u64,
}

impl Lookups {
    pub(crate) fn new(window: Duration, max: usize) -> Self {
        Self {
            open: Vec::new(),
            free: Vec::new(),
            index: Index::default(),
            order: VecDeque::new(),
            window,
            max: max.max(64),
            met: [0; SLOTS],
            recovered: [0; SLOTS],
            lost: 0,
        }
    }

    /// A response that is trouble came for a lookup: whether it met this code for the first time,
    /// so that, so far, it failed. `key` is a hash of client and question.
    pub(crate) fn trouble(&mut self, key: u64, slot: Slot, at: Timestamp) -> bool {
        self.expire(at);
        let window = self.window;
        let fresh = Open { key, began: at, last: at, met: 0, recovered: 0 };
        let place = self.find(key).unwrap_or_else(|| self.insert(fresh));
        let Some(open) = self.open.get_mut(place as usize) else { return false };
        if open.is_over(at, window) {
            *open = fresh;
        }
        open.last = open.last.max(at);
        if open.met & slot.bit() != 0 {
            return false;
        }
        open.met |= slot.bit();
        self.met[slot.place()] += 1;
        true
    }

    /// An answer came: the codes, a bit each, from which the lookup recovered by it.
    #[inline]
    pub(crate) fn answered(&mut self, key: u64, at: Timestamp) -> u8 {
        let window = self.window;
        let open = self.find(key).and_then(|place| self.open.get_mut(place as usize));
        let fresh = match open {
            Some(open) if at.since(open.last) <= window => {
                let fresh = open.met & !open.recovered;
                open.recovered = open.met;
                open.last = open.last.max(at);
                fresh
            }
            _ => return 0,
        };
        for slot in Slot::all().filter(|slot| fresh & slot.bit() != 0) {
            self.recovered[slot.place()] += 1;
        }
        fresh
    }

    #[inline]
    fn find(&self, key: u64) -> Option<u32> {
        let suits = |place| self.open.get(place as usize).is_some_and(|open| open.key == key);
        self.index.find(key, suits)
    }

    fn insert(&mut self, open: Open) -> u32 {
        let place = put(&mut self.open, &mut self.free, open);
        self.index.insert(open.key, place);
        self.order.push_back((open.last, place));
        place
    }

    /// Lookups that met a code, and how many of them recovered.
    pub(crate) fn counts(&self, slot: Slot) -> (u64, u64) {
        (self.met[slot.place()], self.recovered[slot.place()])
    }

    /// Lookups that were forgotten before they were over: an answer that came later is not seen.
    pub(crate) fn lost(&self) -> u64 {
        self.lost
    }

    /// Fills in how many lookups there were elsewhere, by slot.
    pub(crate) fn restore(&mut self, met: &[u64], recovered: &[u64], lost: u64) {
        self.met.iter_mut().zip(met).for_each(|(ours, theirs)| *ours = *theirs);
        self.recovered.iter_mut().zip(recovered).for_each(|(ours, theirs)| *ours = *theirs);
        self.lost = lost;
    }

    /// Adds the counts of lookups followed elsewhere.
    pub(crate) fn merge(&mut self, other: &Self) {
        for place in 0..SLOTS {
            self.met[place] += other.met[place];
            self.recovered[place] += other.recovered[place];
        }
        self.lost += other.lost;
    }

    /// Forgets the counts of one code, when another code takes its place.
    pub(crate) fn clear(&mut self, slot: Slot) {
        for open in &mut self.open {
            open.met &= !slot.bit();
            open.recovered &= !slot.bit();
        }
        self.met[slot.place()] = 0;
        self.recovered[slot.place()] = 0;
    }

    fn expire(&mut self, now: Timestamp) {
        while let Some((at, place)) = self.order.front().copied() {
            let (key, last) =
                self.open.get(place as usize).map_or((0, at), |open| (open.key, open.last));
            let full = self.order.len() >= self.max;
            let kept = self.window + DISORDER;
            if now.since(last) <= kept && !full {
                if last == at || now.since(at) <= kept {
                    return;
                }
                self.order.pop_front();
                self.order.push_back((last, place));
                continue;
            }
            self.order.pop_front();
            self.index.remove(key, place);
            self.free.push(place);
            self.lost += u64::from(full && now.since(last) <= self.window);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iana::Rcode;

    /// Plays `seconds code` events of one lookup; the lookups that met REFUSED and recovered.
    #[track_caller]
    fn check(script: &[(u64, Rcode)], met: u64, recovered: u64) {
        let mut lookups = Lookups::new(Duration::from_secs(5), 1000);
        for (seconds, rcode) in script {
            let at = Timestamp::new(*seconds, 0);
            if rcode.is_answer() {
                lookups.answered(1, at);
            } else {
                lookups.trouble(1, Slot::of(*rcode), at);
            }
        }
        assert_eq!(lookups.counts(Slot::of(Rcode::REFUSED)), (met, recovered), "{script:?}");
    }

    #[test]
    fn retries_and_servers_belong_to_one_lookup() {
        check(&[(0, Rcode::REFUSED), (1, Rcode::REFUSED), (4, Rcode::REFUSED)], 1, 0);
        check(&[(0, Rcode::REFUSED), (1, Rcode::SERVFAIL), (2, Rcode::NOERROR)], 1, 1);
        check(&[(0, Rcode::REFUSED), (1, Rcode::NXDOMAIN), (2, Rcode::NOERROR)], 1, 1);
    }

    #[test]
    fn an_answer_before_the_refusal_or_long_after_it_does_not_help() {
        check(&[(0, Rcode::NOERROR), (1, Rcode::REFUSED)], 1, 0);
        check(&[(0, Rcode::REFUSED), (60, Rcode::NOERROR)], 1, 0);
    }

    #[test]
    fn refusals_after_an_answer_are_another_lookup_unless_servers_raced() {
        check(&[(0, Rcode::REFUSED), (1, Rcode::NOERROR), (4, Rcode::REFUSED)], 2, 1);
        check(&[(0, Rcode::REFUSED), (0, Rcode::NOERROR), (1, Rcode::REFUSED)], 1, 1);
    }

    #[test]
    fn asking_without_pause_is_not_one_lookup_for_ever() {
        let hour: Vec<_> = (0..1200).map(|n| (n * 3, Rcode::REFUSED)).collect();
        check(&hour, 172, 0);
    }

    #[test]
    fn a_code_that_is_cleared_leaves_nothing_behind() {
        let mut lookups = Lookups::new(Duration::from_secs(5), 1000);
        lookups.trouble(1, Slot::OTHER, Timestamp::default());
        lookups.clear(Slot::OTHER);
        assert_eq!(lookups.answered(1, Timestamp::default()), 0);
        assert_eq!(lookups.counts(Slot::OTHER), (0, 0));
    }

    #[test]
    fn a_later_question_is_another_lookup() {
        check(&[(0, Rcode::REFUSED), (60, Rcode::REFUSED), (61, Rcode::NOERROR)], 2, 1);
    }

    #[test]
    fn a_flood_of_lookups_stays_within_its_bound() {
        let mut lookups = Lookups::new(Duration::from_secs(5), 100);
        for key in 0..10_000 {
            lookups.trouble(key, Slot::of(Rcode::REFUSED), Timestamp::default());
            assert!(lookups.open.len() <= 101 && lookups.index.len() <= 101);
        }
        assert_eq!(lookups.counts(Slot::of(Rcode::REFUSED)), (10_000, 0));
    }
}
