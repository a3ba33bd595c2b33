//! The back half: matches and counts the packets of some clients.

use crate::focus::Focus;
use crate::tally::{Bounds, Events, Tallies};
use crate::time::Timestamp;
use crate::track::{Hasher, Relief};

use super::EngineConfig;
use super::front::Found;
use super::matcher::Matcher;

/// Exchanges that are counted together: what is kept of them fits the innermost caches.
const EVENTS: usize = 128;

/// Matches and counts.
#[derive(Debug)]
pub(crate) struct Back {
    matcher: Matcher,
    tallies: Tallies,
}

impl Back {
    /// A back half that has seen nothing. Those that shall be added up need the same hasher.
    pub(crate) fn new(config: &EngineConfig, bounds: &Bounds, hasher: Hasher) -> Self {
        Self {
            matcher: Matcher::new(config, bounds, hasher.clone(), EVENTS),
            tallies: Tallies::new(config.watched(), bounds, hasher),
        }
    }

    fn halves(&mut self) -> (&mut Matcher, impl FnMut(&mut Events)) {
        let Self { matcher, tallies } = self;
        (matcher, |events: &mut Events| tallies.count_all(events))
    }

    /// Takes in a packet.
    #[inline]
    pub(crate) fn take(&mut self, found: &Found<'_>) {
        let (matcher, mut count) = self.halves();
        matcher.take(found, &mut count);
    }

    /// It is at least `now`.
    #[inline]
    pub(crate) fn expire(&mut self, now: Timestamp) {
        let (matcher, mut count) = self.halves();
        matcher.expire(now, &mut count);
    }

    /// No packet follows.
    pub(crate) fn finish(&mut self) {
        let (matcher, mut count) = self.halves();
        matcher.finish(&mut count);
    }

    /// Brings everything up to date; to be called before anything is read.
    pub(crate) fn settle(&mut self) {
        let Self { matcher, tallies } = self;
        matcher.settle(&mut |events| tallies.count_all(events));
        tallies.settle();
    }

    /// Skips the queries of more clients from `now` on, or of fewer.
    pub(crate) fn relieve(&mut self, level: Relief, now: Timestamp) {
        self.matcher.relieve(level, now);
    }

    /// Changes what everything revolves around.
    pub(crate) fn set_focus(&mut self, focus: Focus) {
        self.settle();
        self.matcher.set_focus(focus);
        self.tallies.set_focus(focus);
    }

    /// Adds what another back half counted, for other clients; for readers only: a sum takes in
    /// no more packets. Both must be settled.
    pub(crate) fn add(&mut self, other: &Self) {
        self.matcher.add(&other.matcher);
        self.tallies.merge(&other.tallies);
    }

    /// Takes over the messages that another back half kept, which is done with.
    pub(crate) fn adopt(&mut self, other: &mut Self) {
        self.matcher.adopt(&mut other.matcher);
    }

    /// Takes away what was counted; everything must be settled.
    pub(crate) fn take_tallies(&mut self) -> Tallies {
        self.tallies.take()
    }

    /// What matches, and what was counted; both must be settled.
    pub(crate) fn parts(&self) -> (&Matcher, &Tallies) {
        (&self.matcher, &self.tallies)
    }
}
