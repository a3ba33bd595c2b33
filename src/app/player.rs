//! Which packet time has come while a capture is played: told the time that passed by the clock,
//! and what was read. Knows no clock, no source and no thread.

use std::time::Duration;

use crate::feed::Play;
use crate::snapshot::{Replay, Speed, Timestamp};

/// Where packets come faster than they can be read, playing falls behind, and by so much at most:
/// more is not caught up with.
const MOST_BEHIND: Duration = Duration::from_millis(500);
/// Packets so much earlier than the one before have jumped back in time: playing goes on there.
const JUMPED_BACK: Duration = Duration::from_secs(1);

/// How a capture is played.
#[derive(Clone, Copy, Debug)]
pub(super) struct Player {
    speed: Speed,
    is_playing: bool,
    /// What is sought; nothing else matters until it was found.
    sought: Option<Play>,
    /// The packet time that has come by `seen`; `None` before the first packet.
    at: Option<Timestamp>,
    /// The time of the packet that was read last.
    read: Option<Timestamp>,
    /// By the clock, since some beginning.
    seen: Duration,
}

impl Player {
    /// One that plays from the first packet on.
    pub(super) fn new(speed: Speed) -> Self {
        Self { speed, is_playing: true, sought: None, at: None, read: None, seen: Duration::ZERO }
    }

    /// It is `now` by the clock, and the next packet, where it is known, is of this time. Returns
    /// the time up to which packets may be read.
    pub(super) fn go_on(&mut self, now: Duration, next: Option<Timestamp>) -> Timestamp {
        let passed = self.speed.packet_time(now.saturating_sub(self.seen));
        self.seen = now;
        if self.is_hurrying() {
            return Timestamp(u64::MAX);
        }
        if self.at.is_none() {
            self.at = next.filter(|next| next.0 > 0);
        } else if self.is_playing {
            self.at = self.at.map(|at| self.not_too_far(at.plus(passed), next).max(at));
        }
        self.at.unwrap_or_default()
    }

    /// Not farther ahead of the next packet than what is caught up with.
    fn not_too_far(&self, at: Timestamp, next: Option<Timestamp>) -> Timestamp {
        let next = next.filter(|next| next.0 > 0);
        let most = next.map(|next| next.plus(self.speed.packet_time(MOST_BEHIND)));
        most.map_or(at, |most| at.min(most))
    }

    /// Whether packets are read whatever their times.
    fn is_hurrying(&self) -> bool {
        self.sought.is_some() || self.is_playing && self.speed == Speed::MAX
    }

    /// A packet of this time was read. One without a time says nothing.
    #[inline]
    pub(super) fn took(&mut self, at: Timestamp) {
        if at.0 == 0 {
            return;
        }
        let jumped = self.read.is_some_and(|read| read.since(at) > JUMPED_BACK);
        if jumped || self.is_hurrying() {
            self.at = Some(at);
        }
        self.read = Some(at);
    }

    /// Does what a reader asks, while the next packet is of this time.
    pub(super) fn obey(&mut self, play: Play, next: Option<Timestamp>) {
        match play {
            Play::Toggle => self.toggle(next),
            Play::NextMessage | Play::NextFocus => self.sought = Some(play),
            Play::Slower => self.speed = self.speed.slower(),
            Play::Faster => self.speed = self.speed.faster(),
            Play::ToEnd => (self.speed, self.is_playing) = (Speed::MAX, true),
        }
    }

    /// Who seeks and asks to stand still stands still.
    fn toggle(&mut self, next: Option<Timestamp>) {
        self.is_playing = !self.is_playing && self.sought.is_none();
        self.sought = None;
        let is_due = next.is_some_and(|next| self.at.is_some_and(|at| next <= at));
        if !self.is_playing && is_due {
            self.at = self.read.or(self.at); // what has not been read by now stays
        }
    }

    /// What is sought.
    pub(super) fn sought(&self) -> Option<Play> {
        self.sought
    }

    /// It was found, or will not be.
    pub(super) fn found(&mut self) {
        self.is_playing &= self.sought != Some(Play::NextFocus);
        self.sought = None;
    }

    /// Packet time stands still.
    pub(super) fn is_paused(&self) -> bool {
        !self.is_playing && self.sought.is_none()
    }

    /// How long it takes by the clock until a packet of this time is due; `None` for as long as it
    /// is not told to go on.
    pub(super) fn wait(&self, next: Timestamp) -> Option<Duration> {
        if self.is_hurrying() {
            return Some(Duration::ZERO);
        }
        let left = next.since(self.at.unwrap_or_default());
        self.is_playing.then(|| self.speed.wall_time(left))
    }

    /// The packet time that has come, for those who count.
    pub(super) fn time(&self) -> Option<Timestamp> {
        self.at.filter(|_| self.is_playing && !self.is_hurrying())
    }

    /// What readers are told.
    pub(super) fn told(&self, next: Option<Timestamp>, end: Option<Timestamp>) -> Replay {
        Replay {
            speed: self.speed,
            is_playing: self.is_playing,
            is_seeking: self.sought.is_some(),
            at: self.at,
            next,
            end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Timestamp {
        Timestamp::new(1_000, 0).plus(Duration::from_millis(milliseconds))
    }

    /// Plays packets of these times (milliseconds, in the order of capture). A line of the script is
    /// a time by the clock, what is asked for then, and after it which packets have been read since
    /// the line before, what packet time it is, and how.
    #[track_caller]
    fn check(packets: &[u64], script: &str) {
        let mut player = Player::new(Speed::NORMAL);
        let mut left = packets.iter().copied().peekable();
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (given, expected) = line.split_once(" -> ").unwrap();
            let mut words = given.split(' ');
            let now = Duration::from_millis(words.next().unwrap().parse().unwrap());
            for word in words {
                player.obey(play(word), left.peek().copied().map(at));
            }
            let mut read = Vec::new();
            loop {
                let next = left.peek().copied();
                let until = player.go_on(now, next.map(at));
                let Some(next) = next.filter(|next| at(*next) <= until) else { break };
                left.next();
                player.took(at(next));
                read.push(next.to_string());
                if player.sought() == Some(Play::NextMessage)
                    || player.sought() == Some(Play::NextFocus) && next % 1_000 == 0
                {
                    player.found();
                }
            }
            let told = player.told(left.peek().copied().map(at), None);
            let time = told.at.map_or(0, |now| now.since(at(0)).as_millis());
            let how = if told.is_playing { told.speed.to_string() } else { "paused".to_owned() };
            assert_eq!(format!("{} at {time} {how}", read.join(" ")).trim(), expected, "{line}");
        }
    }

    fn play(word: &str) -> Play {
        match word {
            "toggle" => Play::Toggle,
            "message" => Play::NextMessage,
            "focus" => Play::NextFocus,
            "slower" => Play::Slower,
            "faster" => Play::Faster,
            "end" => Play::ToEnd,
            other => panic!("{other} is no way to play"),
        }
    }

    #[test]
    fn packets_come_as_they_were_captured() {
        check(
            &[0, 300, 450, 1_200],
            "7000 -> 0 at 0 1x
             7200 -> at 200 1x
             7400 -> 300 at 400 1x
             7500 -> 450 at 500 1x
             8500 -> 1200 at 1500 1x",
        );
    }

    #[test]
    fn packet_time_stands_still_and_goes_on_where_it_stood() {
        check(
            &[0, 300, 450],
            "0 -> 0 at 0 1x
             100 -> at 100 1x
             100 toggle -> at 100 paused
             9000 -> at 100 paused
             9000 toggle -> at 100 1x
             9250 -> 300 at 350 1x",
        );
    }

    #[test]
    fn a_change_of_speed_changes_what_is_to_come_only() {
        check(
            &[0, 1_000, 3_000, 9_000],
            "0 -> 0 at 0 1x
             1000 -> 1000 at 1000 1x
             1000 faster -> at 1000 2x
             2000 -> 3000 at 3000 2x
             2000 slower slower -> at 3000 0.5x
             4000 -> at 4000 0.5x
             4000 faster faster faster faster faster -> at 4000 100x
             4040 -> at 8000 100x",
        );
    }

    #[test]
    fn a_step_crosses_what_lies_between_and_goes_on_as_before() {
        check(
            &[0, 60_000, 60_500, 61_000, 99_500],
            "0 -> 0 at 0 1x
             5000 message -> 60000 at 60000 1x
             5200 -> at 60200 1x
             5200 toggle -> at 60200 paused
             5200 message -> 60500 at 60500 paused
             6000 focus -> 61000 at 61000 paused
             7000 toggle focus -> 99500 at 99500 1x",
        );
    }

    #[test]
    fn who_is_sought_can_be_given_up() {
        let mut player = Player::new(Speed::NORMAL);
        player.go_on(Duration::ZERO, Some(at(0)));
        player.obey(Play::NextFocus, None);
        assert_eq!(player.go_on(Duration::ZERO, Some(at(0))), Timestamp(u64::MAX));
        player.took(at(500));
        player.obey(Play::Toggle, Some(at(700)));
        assert!(player.is_paused() && player.sought().is_none());
        assert_eq!(player.go_on(Duration::from_secs(9), Some(at(700))), at(500));
    }

    #[test]
    fn the_end_is_reached_at_once_and_slowing_down_goes_on_from_there() {
        check(&[0, 60_000, 999_000], "0 -> 0 at 0 1x\n5 end -> 60000 999000 at 999000 max");
        let mut player = Player::new(Speed::MAX);
        player.go_on(Duration::ZERO, Some(at(0)));
        player.took(at(0));
        player.obey(Play::Slower, Some(at(900)));
        assert_eq!(player.go_on(Duration::from_millis(1), Some(at(2_500))), at(1_000));
    }

    #[test]
    fn what_cannot_be_kept_up_with_is_not_caught_up_with() {
        let mut player = Player::new(Speed::FASTEST);
        player.go_on(Duration::ZERO, Some(at(0)));
        player.took(at(0));
        // Ten seconds in which only a packet was read.
        let until = player.go_on(Duration::from_secs(10), Some(at(40)));
        assert_eq!(until, at(40).plus(Duration::from_secs(500)));
        // What is due and has not been read stays, when packet time shall stand still.
        player.took(at(40));
        player.obey(Play::Toggle, Some(at(60)));
        assert_eq!(player.go_on(Duration::from_secs(11), Some(at(60))), at(40));
    }

    #[test]
    fn times_that_go_back_or_are_missing_hold_nothing_up_and_hurry_nothing() {
        check(
            &[5_000, 90_000_000, 5_100, 5_900],
            "0 -> 5000 at 5000 1x
             10 message -> 90000000 5100 at 5100 1x
             810 -> 5900 at 5900 1x",
        );
        let mut player = Player::new(Speed::NORMAL);
        assert_eq!(player.go_on(Duration::ZERO, Some(Timestamp(0))), Timestamp(0));
        player.took(Timestamp(0));
        assert_eq!(player.go_on(Duration::ZERO, Some(at(3))), at(3), "the first with a time");
        let later = player.go_on(Duration::from_secs(1), Some(Timestamp(0)));
        assert_eq!(later, at(1_003));
    }

    #[test]
    fn how_long_to_wait_is_told_by_the_clock() {
        let mut player = Player::new(Speed::NORMAL.faster());
        player.go_on(Duration::ZERO, Some(at(0)));
        assert_eq!(player.wait(at(1_000)), Some(Duration::from_millis(500)));
        player.obey(Play::Toggle, Some(at(1_000)));
        assert_eq!(player.wait(at(1_000)), None);
        player.obey(Play::ToEnd, Some(at(1_000)));
        assert_eq!(player.wait(at(1_000)), Some(Duration::ZERO));
    }
}
