//! Counts that only grow, for who looks at what is added from one moment to the next.

use super::figures::Histogram;
use super::slot::{SLOTS, Slot};
use super::{Tallies, Times};
use crate::iana::Rcode;
use crate::wire::Address;

/// Responses by slot of their code, and response times: of everything, or of one server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) codes: [u64; SLOTS],
    pub(crate) times: Histogram,
}

impl Sums {
    /// With any code.
    pub(crate) fn responses(&self) -> u64 {
        self.codes.iter().sum()
    }

    /// What these are more than `other`; nothing where they are less.
    pub(crate) fn beyond(&self, other: &Self) -> Self {
        self.with(other, u64::saturating_sub)
    }

    /// Both together.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        self.with(other, u64::saturating_add)
    }

    fn with(&self, other: &Self, of: impl Fn(u64, u64) -> u64) -> Self {
        let mut out = *self;
        let each = out.codes.iter_mut().chain(&mut out.times.counts).chain([&mut out.times.nanos]);
        let others = other.codes.iter().chain(&other.times.counts).chain([&other.times.nanos]);
        each.zip(others).for_each(|(ours, theirs)| *ours = of(*ours, *theirs));
        out
    }
}

impl Tallies {
    /// Of all servers, also of those that were forgotten.
    pub(crate) fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for (rcode, count) in self.rcodes() {
            if let Some(sum) = sums.codes.get_mut(Slot::of(rcode).place()) {
                *sum += count;
            }
        }
        let mut all = self.other_times.clone();
        self.times.iter().flatten().for_each(|times| all.merge(times));
        Sums { times: all.histogram(), ..sums }
    }

    /// The number of a server, if it is kept.
    pub(crate) fn find_server(&self, server: Address) -> Option<u32> {
        self.servers.find(self.hasher.address(server), |address| *address == server)
    }

    /// Of the server with this number, as far as its times are kept.
    pub(crate) fn sums_of(&self, server: u32) -> Sums {
        let mut codes = [0; SLOTS];
        for (slot, sum) in Slot::all().zip(&mut codes) {
            *sum = self.servers.responses(server, slot);
        }
        let times = self.server_times.get(server as usize).and_then(Option::as_deref);
        Sums { codes, times: times.map(Times::histogram).unwrap_or_default() }
    }

    /// Responses of a code, as far as it has a counter of its own.
    pub(crate) fn rcode_of(slot: usize) -> Option<Rcode> {
        Slot::all().nth(slot).and_then(Slot::rcode)
    }
}
