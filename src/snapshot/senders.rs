//! Who tells what over a socket (dnstap), and what of it was lost or is to be taken with care.

use std::fmt;

/// Programs that tell what they are asked and answer; as far as the socket knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Senders {
    /// Those that tell now.
    pub connected: u64,
    /// Those that began to, since the start.
    pub began: u64,
    /// What went wrong how often, in the order of [`SenderTrouble::ALL`].
    pub troubles: [u64; SenderTrouble::ALL.len()],
}

/// What can go wrong with a sender; each its own counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SenderTrouble {
    /// A connection that was closed because there were as many as there may be.
    Refused,
    /// One that was closed because it told something else, or made no sense.
    NoDnstap,
    /// One on which nothing began in time.
    Unfinished,
    /// A frame that its sender did not live to send to its end.
    Torn,
    /// A frame that was passed over because it was longer than any has to be.
    TooLong,
    /// A frame whose time cannot be, by this host's clock, and was moved.
    Moved,
}

impl SenderTrouble {
    /// All of them: the identifier in reports and metrics, and what is to be said before the number.
    pub const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Refused, "refused", "senders refused, as there were as many as there may be"),
        (Self::NoDnstap, "no_dnstap", "senders refused, as what they sent was no dnstap"),
        (Self::Unfinished, "unfinished", "senders that began nothing in time"),
        (Self::Torn, "torn", "frames cut, as their sender went away"),
        (Self::TooLong, "too_long", "frames passed over, as they were too long"),
        (Self::Moved, "moved", "frames moved to this host's time, as their sender has another"),
    ];
}

impl Senders {
    /// Counts a trouble.
    pub fn note(&mut self, trouble: SenderTrouble) {
        for (count, (each, ..)) in self.troubles.iter_mut().zip(SenderTrouble::ALL) {
            *count += u64::from(each == trouble);
        }
    }

    /// Every trouble with how often it was.
    pub fn each(&self) -> impl Iterator<Item = (SenderTrouble, &'static str, &'static str, u64)> {
        let all = SenderTrouble::ALL.into_iter().zip(self.troubles);
        all.map(|((trouble, id, what), count)| (trouble, id, what, count))
    }

    /// What was lost, a sentence each; a time that was moved is no loss.
    pub fn losses(&self) -> impl Iterator<Item = String> {
        let lost = self
            .each()
            .filter(|(trouble, .., count)| *count > 0 && *trouble != SenderTrouble::Moved);
        lost.map(|(_, _, what, count)| format!("{what}: {count}"))
    }

    /// How many frames have another time than they were told with.
    pub fn moved(&self) -> u64 {
        let [.., moved] = self.troubles;
        moved
    }
}

/// `2 senders`, `no sender connected yet`
impl fmt::Display for Senders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.connected, self.began) {
            (0, 0) => f.write_str("no sender connected yet"),
            (0, _) => f.write_str("no sender connected"),
            (1, _) => f.write_str("1 sender"),
            (connected, _) => write!(f, "{connected} senders"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trouble_has_its_own_counter_and_all_but_a_moved_time_are_losses() {
        let mut senders = Senders::default();
        assert_eq!(senders.losses().count(), 0);
        for (nth, (trouble, ..)) in SenderTrouble::ALL.into_iter().enumerate() {
            (0..=nth).for_each(|_| senders.note(trouble));
        }
        assert_eq!(senders.troubles, [1, 2, 3, 4, 5, 6]);
        assert_eq!(senders.moved(), 6);
        let losses: Vec<String> = senders.losses().collect();
        assert_eq!(losses.len(), 5);
        assert_eq!(losses[3], "frames cut, as their sender went away: 4");
    }

    #[test]
    fn nobody_yet_is_told_from_nobody_any_more() {
        let words =
            |connected, began| Senders { connected, began, ..Senders::default() }.to_string();
        assert_eq!(words(0, 0), "no sender connected yet");
        assert_eq!(words(0, 3), "no sender connected");
        assert_eq!([words(1, 1), words(2, 9)], ["1 sender", "2 senders"]);
    }
}
