//! The books: where every frame went and what became of every query. They must balance.

use serde::{Deserialize, Serialize};

/// Why a frame or message could not be read to its end; each its own counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The link type of the interface is not supported.
    LinkType,
    /// The frame ends inside its link, tunnel or IP header.
    CutHeader,
    /// An IP header contradicts itself (version, header length).
    BadIp,
    /// More layers of encapsulation than the decoder follows.
    TooDeep,
    /// A DNS message shorter than its flags.
    NoHeader,
}

impl Reason {
    /// Every reason with its identifier in reports.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::LinkType, "link-type"),
        (Self::CutHeader, "cut-header"),
        (Self::BadIp, "bad-ip"),
        (Self::TooDeep, "too-deep"),
        (Self::NoHeader, "no-header"),
    ];
}

/// A number of the books, as it is added to that of another part of the same capture.
trait Count {
    fn add(&mut self, other: &Self);
    fn each(&self, number: &mut dyn FnMut(u64));
}

impl Count for u64 {
    fn add(&mut self, other: &Self) {
        *self += other;
    }

    fn each(&self, number: &mut dyn FnMut(Self)) {
        number(*self);
    }
}

/// Not known of the whole where it is of no part.
impl Count for Option<u64> {
    fn add(&mut self, other: &Self) {
        if let Some(other) = other {
            *self.get_or_insert(0) += other;
        }
    }

    fn each(&self, number: &mut dyn FnMut(u64)) {
        self.iter().for_each(|it| number(*it));
    }
}

impl<const N: usize> Count for [u64; N] {
    fn add(&mut self, other: &Self) {
        self.iter_mut().zip(other).for_each(|(ours, theirs)| *ours += theirs);
    }

    fn each(&self, number: &mut dyn FnMut(u64)) {
        self.iter().for_each(|it| number(*it));
    }
}

/// Books whose every number is named once: it adds up, is bounded, told in reports and kept in
/// summaries under that name.
macro_rules! books {
    ($(#[$of_all:meta])* $name:ident { $($(#[$of_one:meta])* $number:ident: $count:ty,)* }) => {
        $(#[$of_all])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name {
            $($(#[$of_one])* pub $number: $count,)*
        }

        impl $name {
            /// Adds the books of another part of the same capture.
            pub fn add(&mut self, other: &Self) {
                $(Count::add(&mut self.$number, &other.$number);)*
            }

            /// The greatest of its numbers.
            pub(crate) fn greatest(&self) -> u64 {
                let mut greatest = 0;
                $(self.$number.each(&mut |number| greatest = greatest.max(number));)*
                greatest
            }
        }
    };
}

books! {
    /// Where every captured frame went, each exactly once, and what was lost on the way.
    Ledger {
        /// Frames read from the capture.
        frames: u64,
        /// DNS messages with at least their flags, by UDP and TCP.
        dns_messages: u64,
        /// Messages that ask.
        queries: u64,
        /// Messages that respond.
        responses: u64,
        /// Frames that had nothing to do with the DNS ports.
        not_dns: u64,
        /// Frames that could not be decoded, by reason, in the order of [`Reason::ALL`].
        #[serde(with = "by_reason")]
        undecodable: [u64; Reason::ALL.len()],
        /// Fragments waiting for the rest of their datagram now.
        fragments_held: u64,
        /// Packets that the kernel dropped; `None` where that is not known (files).
        kernel_dropped: Option<u64>,
        /// Packets that the interface dropped.
        interface_dropped: Option<u64>,
        /// Queries forgotten before their time because too many were waiting.
        shed: u64,
        /// Entries that bounded tables gave up.
        evicted: u64,
        /// Frames that carried a DNS datagram or completed one from fragments.
        datagrams: u64,
        /// Frames that carried a TCP segment of a DNS port.
        segments: u64,
        /// Frames that carried a fragment of a datagram not complete yet.
        fragments: u64,
        /// Frames that carried an ICMP error about a DNS packet.
        icmp_errors: u64,
        /// Frames that were a second copy of a frame already counted.
        duplicates: u64,
        /// Frames with a query that was skipped to relieve an overloaded capture: not among the
        /// messages.
        skipped: u64,
        /// Messages whose records could not be read to the end; they count all the same.
        malformed: u64,
        /// Messages cut by the capture's length limit; they count all the same.
        cut: u64,
        /// Bytes of TCP streams skipped because what came before or after was lost.
        stream_gaps: u64,
        /// TCP resets, and segments that would begin a connection anew, which did not fit the one
        /// that they were about and were not believed.
        #[serde(default)] // not told by reports of programs that believed all of them
        misfit_segments: u64,
        /// Fragments of datagrams, and TCP streams, that were given up incomplete.
        shed_pieces: u64,
    }
}

impl Ledger {
    /// Counts a frame that could not be decoded.
    pub fn undecodable(&mut self, reason: Reason) {
        for (count, (each, _)) in self.undecodable.iter_mut().zip(Reason::ALL) {
            if each == reason {
                *count += 1;
            }
        }
    }

    /// How many frames could not be decoded for this reason.
    pub fn undecodable_for(&self, reason: Reason) -> u64 {
        let counts = self.undecodable.iter().zip(Reason::ALL);
        counts.filter(|(_, (each, _))| *each == reason).map(|(count, _)| count).sum()
    }

    /// How many frames could not be decoded, for any reason.
    pub fn undecodable_total(&self) -> u64 {
        self.undecodable.iter().sum()
    }

    /// Frames in equal frames out.
    pub fn balances(&self) -> bool {
        let placed = self.datagrams
            + self.segments
            + self.fragments
            + self.icmp_errors
            + self.duplicates
            + self.skipped
            + self.not_dns
            + self.undecodable_total();
        self.frames == placed && self.dns_messages == self.queries + self.responses
    }
}

books! {
    /// What became of every query, and of the responses that had none.
    #[derive(Copy)]
    Outcomes {
        /// Queries that got a response, be it late.
        answered: u64,
        /// Queries that waited longer than they are given and got nothing.
        unanswered: u64,
        /// Queries still waiting.
        undecided: u64,
        /// Responses to no query seen.
        unasked: u64,
        /// Responses whose query was skipped to relieve an overloaded capture.
        #[serde(default)] // not told by reports of programs that never skipped
        skipped: u64,
        /// Queries sent again while still waiting.
        repeated_queries: u64,
        /// Responses to a query that already had one.
        repeated_responses: u64,
        /// Of those that are answered: later than the time a query is given.
        late: u64,
        /// Of those that are unanswered: ended by an ICMP error or a TCP reset.
        unreachable: u64,
        /// Queries that counted as unanswered until their response came after all; they are
        /// answered now. With those that are unanswered it is all that were ever given up, which
        /// only grows. Of no use afterwards, and not the same on any number of threads: kept by
        /// nobody.
        #[serde(skip)]
        taken_back: u64,
    }
}

impl Outcomes {
    /// Every query has exactly one outcome or is a repetition.
    pub fn balances(&self, queries: u64) -> bool {
        queries == self.answered + self.unanswered + self.undecided + self.repeated_queries
    }
}

/// Undecodable frames as a map from the identifier of a reason; of what is read, a reason that is
/// not known is passed over.
mod by_reason {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::Reason;

    type Counts = [u64; Reason::ALL.len()];

    pub(super) fn serialize<S: Serializer>(counts: &Counts, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(Reason::ALL.iter().map(|(_, id)| id).zip(counts))
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Counts, D::Error> {
        let counts = BTreeMap::<String, u64>::deserialize(from)?;
        Ok(Reason::ALL.map(|(_, id)| counts.get(id).copied().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_its_own_counter() {
        let mut ledger = Ledger::default();
        for (reason, _) in Reason::ALL {
            ledger.undecodable(reason);
        }
        assert_eq!(ledger.undecodable, [1; Reason::ALL.len()]);
        assert!(!ledger.balances());
        ledger.frames = ledger.undecodable_total();
        assert!(ledger.balances());
        let one = ledger.clone();
        ledger.add(&one);
        assert_eq!(ledger.undecodable, [2; Reason::ALL.len()]);
        assert!(ledger.balances() && ledger.kernel_dropped.is_none());
    }
}
