//! The books: where every frame went and what became of every query. They must balance.

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

/// Where every captured frame went, each exactly once, and what was lost on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Frames read from the capture.
    pub frames: u64,
    /// Frames that carried a DNS datagram or completed one from fragments.
    pub datagrams: u64,
    /// Frames that carried a TCP segment of a DNS port.
    pub segments: u64,
    /// Frames that carried a fragment of a datagram not complete yet.
    pub fragments: u64,
    /// Frames that carried an ICMP error about a DNS packet.
    pub icmp_errors: u64,
    /// Frames that were a second copy of a frame already counted.
    pub duplicates: u64,
    /// Frames with a query that was skipped to relieve an overloaded capture: not among the messages.
    pub skipped: u64,
    /// Frames that had nothing to do with the DNS ports.
    pub not_dns: u64,
    /// Frames that could not be decoded, by reason, in the order of [`Reason::ALL`].
    pub undecodable: [u64; Reason::ALL.len()],

    /// DNS messages with at least their flags, by UDP and TCP.
    pub dns_messages: u64,
    /// Messages that ask.
    pub queries: u64,
    /// Messages that respond.
    pub responses: u64,
    /// Messages whose records could not be read to the end; they count all the same.
    pub malformed: u64,
    /// Messages cut by the capture's length limit; they count all the same.
    pub cut: u64,
    /// Fragments waiting for the rest of their datagram now.
    pub fragments_held: u64,
    /// Bytes of TCP streams skipped because what came before was lost.
    pub stream_gaps: u64,
    /// Packets that the kernel dropped; `None` where that is not known (files).
    pub kernel_dropped: Option<u64>,
    /// Packets that the interface dropped.
    pub interface_dropped: Option<u64>,
    /// Queries forgotten before their time because too many were waiting.
    pub shed: u64,
    /// Fragments of datagrams, and TCP streams, that were given up incomplete.
    pub shed_pieces: u64,
    /// Entries that bounded tables gave up.
    pub evicted: u64,
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

    /// Adds the books of another part of the same capture.
    pub fn add(&mut self, other: &Self) {
        let sum = |one: Option<u64>, other: Option<u64>| match (one, other) {
            (None, None) => None,
            _ => Some(one.unwrap_or_default() + other.unwrap_or_default()),
        };
        self.frames += other.frames;
        self.datagrams += other.datagrams;
        self.segments += other.segments;
        self.fragments += other.fragments;
        self.icmp_errors += other.icmp_errors;
        self.duplicates += other.duplicates;
        self.skipped += other.skipped;
        self.not_dns += other.not_dns;
        for (ours, theirs) in self.undecodable.iter_mut().zip(other.undecodable) {
            *ours += theirs;
        }
        self.dns_messages += other.dns_messages;
        self.queries += other.queries;
        self.responses += other.responses;
        self.malformed += other.malformed;
        self.cut += other.cut;
        self.fragments_held += other.fragments_held;
        self.stream_gaps += other.stream_gaps;
        self.kernel_dropped = sum(self.kernel_dropped, other.kernel_dropped);
        self.interface_dropped = sum(self.interface_dropped, other.interface_dropped);
        self.shed += other.shed;
        self.shed_pieces += other.shed_pieces;
        self.evicted += other.evicted;
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

/// What became of every query, and of the responses that had none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Queries that got a response, be it late.
    pub answered: u64,
    /// Of these: later than the time a query is given.
    pub late: u64,
    /// Queries that waited longer than that and got nothing.
    pub unanswered: u64,
    /// Of these: ended by an ICMP error or a TCP reset.
    pub unreachable: u64,
    /// Queries that counted as unanswered until their response came after all; they are answered
    /// now. With `unanswered` it is all that were ever given up, which only grows.
    pub taken_back: u64,
    /// Queries still waiting.
    pub undecided: u64,
    /// Responses to no query seen.
    pub unasked: u64,
    /// Responses whose query was skipped to relieve an overloaded capture.
    pub skipped: u64,
    /// Queries sent again while still waiting.
    pub repeated_queries: u64,
    /// Responses to a query that already had one.
    pub repeated_responses: u64,
}

impl Outcomes {
    /// Adds the outcomes of other queries.
    pub fn add(&mut self, other: &Self) {
        self.answered += other.answered;
        self.late += other.late;
        self.unanswered += other.unanswered;
        self.unreachable += other.unreachable;
        self.taken_back += other.taken_back;
        self.undecided += other.undecided;
        self.unasked += other.unasked;
        self.skipped += other.skipped;
        self.repeated_queries += other.repeated_queries;
        self.repeated_responses += other.repeated_responses;
    }

    /// Every query has exactly one outcome or is a repetition.
    pub fn balances(&self, queries: u64) -> bool {
        queries == self.answered + self.unanswered + self.undecided + self.repeated_queries
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
