//! When a live capture is overloaded, and how much relief that calls for.
//!
//! What the kernel drops, it drops blindly. So as soon as it drops packets time and again, the
//! analysis itself looks at less, by a rule: see [`Relief`]. Told the time, so that it needs no
//! clock.

use std::time::Duration;

use crate::track::Relief;

/// How often losses are looked at.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How long nothing may be lost before there is less relief; twice as long each time that this was
/// too soon, up to the longest.
const CALM: Duration = Duration::from_secs(5);
const LONGEST_CALM: Duration = Duration::from_secs(80);

/// Losses in so many looks one after the other are an overload; in one, a moment's hitch.
const TWICE: u32 = 2;

/// Decides how much relief there is.
#[derive(Debug)]
pub(super) struct Overload {
    level: Relief,
    /// All that was lost, at the latest look.
    lost: u64,
    /// Looks in a row that found more.
    looks: u32,
    /// Since when nothing was lost, or the level is what it is; since the start of the capture.
    since: Duration,
    looked: Option<Duration>,
    calm: Duration,
    /// The latest change was to less.
    eased: bool,
}

impl Default for Overload {
    fn default() -> Self {
        Self {
            level: Relief::NONE,
            lost: 0,
            looks: 0,
            since: Duration::ZERO,
            looked: None,
            calm: CALM,
            eased: false,
        }
    }
}

impl Overload {
    /// Whether losses should be looked at now, so long after the start of the capture.
    pub(super) fn is_due(&self, now: Duration) -> bool {
        self.looked.is_none_or(|looked| now >= looked + LOOK_EVERY)
    }

    /// Takes note of all that was lost by now; the new level if it changes.
    pub(super) fn look(&mut self, now: Duration, lost: u64) -> Option<Relief> {
        self.looked = Some(now);
        let loses = lost > self.lost;
        self.lost = lost;
        let before = self.level;
        if loses {
            self.looks += 1;
            self.since = now;
            if self.looks >= TWICE {
                self.more();
            }
        } else {
            self.looks = 0;
            if now >= self.since + self.calm {
                self.less(now);
            }
        }
        (self.level != before).then_some(self.level)
    }

    /// How much relief there is now.
    pub(super) fn level(&self) -> Relief {
        self.level
    }

    fn more(&mut self) {
        if self.eased {
            self.calm = (self.calm * 2).min(LONGEST_CALM);
        }
        (self.level, self.looks, self.eased) = (self.level.more(), 0, false);
    }

    fn less(&mut self, now: Duration) {
        if self.level == Relief::NONE {
            self.calm = CALM;
        }
        self.eased = self.level > Relief::NONE;
        (self.level, self.since) = (self.level.less(), now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks every 250 ms: `x` where packets were lost since the look before, `.` where not, and a
    /// number for so many seconds without; how many clients one is looked at of, after each.
    #[track_caller]
    fn check(looks: &str, expected: &[u32]) {
        let (mut overload, mut now, mut lost) = (Overload::default(), Duration::ZERO, 0);
        let mut told = Vec::new();
        for word in looks.split_whitespace() {
            let quiet: u32 = word.parse().unwrap_or_default();
            let each = if quiet > 0 { ".".repeat(quiet as usize * 4) } else { word.to_owned() };
            for look in each.chars() {
                now += LOOK_EVERY;
                lost += u64::from(look == 'x');
                assert!(overload.is_due(now));
                let before = overload.level();
                let changed = overload.look(now, lost);
                assert_eq!(changed, Some(overload.level()).filter(|level| *level != before));
                assert!(!overload.is_due(now), "once in a while is enough");
            }
            told.push(overload.level().one_in());
        }
        assert_eq!(told, expected, "{looks}");
    }

    #[test]
    fn a_single_hitch_is_no_overload() {
        check("x . x . x 10", &[1, 1, 1, 1, 1, 1]);
    }

    #[test]
    fn relief_grows_while_packets_are_lost_and_has_an_end() {
        check("xx xx xx xx xx xx xxxxxx", &[2, 4, 8, 16, 32, 64, 64]);
    }

    #[test]
    fn relief_goes_step_by_step_when_nothing_is_lost() {
        check("xx xx 4 1 5 5", &[2, 4, 4, 2, 1, 1]);
    }

    #[test]
    fn what_was_eased_too_soon_is_eased_later_the_next_time() {
        check("xx 5 xx 5 5 xx 19 1", &[2, 1, 2, 2, 1, 2, 2, 1]);
        // After a long calm it is as at the start.
        check("xx 5 xx 10 10 xx 5", &[2, 1, 2, 1, 1, 2, 1]);
    }
}
