//! How fast it goes, from when snapshots came in by the wall clock.

use std::collections::VecDeque;
use std::time::Duration;

use super::model::Pace;
use crate::snapshot::{Progress, Snapshot};

/// How far back the mean reaches: steady enough to read, quick enough to believe.
const WINDOW: Duration = Duration::from_secs(3);

/// Keeps what was seen within the window.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    seen: VecDeque<Seen>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    at: Duration,
    packets: u64,
    bytes: u64,
}

impl Meter {
    /// Takes in a snapshot that came `at` this time since some beginning.
    pub(crate) fn see(&mut self, at: Duration, snapshot: &Snapshot) -> Pace {
        let bytes = snapshot.source.progress.map_or(0, |progress| progress.done);
        let now = Seen { at, packets: snapshot.ledger.frames, bytes };
        if self.seen.back().is_some_and(|last| last.packets > now.packets) {
            self.seen.clear(); // counting started anew
        }
        self.seen.push_back(now);
        // The oldest one outside the window stays: the mean then reaches over all of it.
        while self.seen.get(1).is_some_and(|second| at.saturating_sub(second.at) >= WINDOW) {
            self.seen.pop_front();
        }
        self.seen.front().map_or_else(Pace::default, |old| pace(*old, now, snapshot))
    }
}

fn pace(old: Seen, now: Seen, snapshot: &Snapshot) -> Pace {
    let took = now.at.saturating_sub(old.at).as_secs_f64();
    if took <= 0.0 || snapshot.source.ended.is_some() {
        return Pace::default();
    }
    let per_second = |before: u64, after: u64| after.saturating_sub(before) as f64 / took;
    let bytes = per_second(old.bytes, now.bytes);
    let left = snapshot.source.progress.and_then(|progress| left(progress, bytes));
    Pace { packets: per_second(old.packets, now.packets), bytes, left }
}

fn left(progress: Progress, bytes_per_second: f64) -> Option<Duration> {
    let bytes = progress.total.saturating_sub(progress.done) as f64;
    if bytes_per_second <= 0.0 || bytes <= 0.0 {
        return None;
    }
    Duration::try_from_secs_f64((bytes / bytes_per_second).ceil()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(packets: u64, done: u64) -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.ledger.frames = packets;
        snapshot.source.progress = Some(Progress { done, total: 10_000 });
        snapshot
    }

    #[test]
    fn speed_is_the_mean_of_the_last_seconds() {
        let mut meter = Meter::default();
        let second = Duration::from_secs(1);
        assert_eq!(meter.see(Duration::ZERO, &snapshot(0, 0)), Pace::default());
        let pace = meter.see(second, &snapshot(500, 1_000));
        assert_eq!(pace, Pace { packets: 500.0, bytes: 1_000.0, left: Some(second * 9) });
        meter.see(second * 20, &snapshot(500, 1_000));
        let pace = meter.see(second * 40, &snapshot(500, 1_000));
        assert_eq!(pace, Pace::default());
        assert!(meter.seen.len() <= 3);
    }

    #[test]
    fn a_reset_does_not_run_backwards() {
        let mut meter = Meter::default();
        meter.see(Duration::ZERO, &snapshot(900, 0));
        assert_eq!(meter.see(Duration::from_secs(1), &snapshot(10, 0)), Pace::default());
    }
}
