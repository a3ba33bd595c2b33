//! One interface that is captured on.

use std::os::fd::{AsFd, BorrowedFd};

use pcap::{Active, Capture, Error, Linktype, Packet, Precision, Stat};

use super::batch::Batch;
use super::devices::{explain, link_of, refuse, text};
use super::record::Place;
use super::{Losses, SourceError, filter, links, lookups, power};
use crate::time::Timestamp;
use crate::wire::LinkType;
use crate::wire::name::escape_text;

/// Frames taken from one interface before the next one's turn: 16 MiB at the very most.
const BATCH: usize = 64;

/// How interfaces are captured on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveOptions {
    /// UDP and TCP ports that carry DNS, for the built-in filter; none = every frame.
    pub ports: Vec<u16>,
    /// A capture filter in libpcap's language instead of the built-in one.
    pub bpf: Option<String>,
    /// Bytes to capture of each packet at most.
    pub snaplen: u32,
    /// Bytes of the kernel's buffer for each interface.
    pub buffer: u64,
    /// Whether to see packets that are for other machines.
    pub promiscuous: bool,
    /// Which way packets go that are captured; both ways unless told.
    pub direction: Option<Direction>,
    /// Whether to be prepared for interfaces that go away, and are back when this process may open
    /// none any more: costs one more socket, which sees what comes from interfaces made later.
    pub stand_by: bool,
}

/// Which way packets go, seen from this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// They are received.
    In,
    /// They are sent.
    Out,
}

impl Direction {
    const ALL: [Self; 2] = [Self::In, Self::Out];

    /// As it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }

    /// What is written so.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|direction| direction.word() == word)
    }
}

/// The default kernel buffer of libpcap, 2 MiB, loses 2 % at 1 M packets/s; 64 MiB loses none.
impl Default for LiveOptions {
    fn default() -> Self {
        Self {
            ports: vec![53],
            bpf: None,
            snaplen: 262_144,
            buffer: 64 << 20,
            promiscuous: true,
            direction: None,
            stand_by: false,
        }
    }
}

/// An open one.
pub(super) struct Interface {
    /// As the system has it.
    pub(super) name: String,
    capture: Capture<Active>,
    link: LinkType,
    pub(super) number: u32,
    pub(super) drops: Drops,
}

/// How taking frames from an interface ended.
pub(super) enum Taken {
    /// So many frames; none is no trouble.
    Frames(usize),
    /// Down, but still there: frames come again when it is up again.
    Down(String),
    /// Not there any more.
    Gone(String),
}

impl Interface {
    pub(super) fn open(
        name: &str,
        number: u32,
        gather: i32,
        options: &LiveOptions,
    ) -> Result<Self, SourceError> {
        refuse(name)?;
        let promiscuous = options.promiscuous && name != ANY;
        let mut opened = activate(name, gather, promiscuous, options);
        if promiscuous && opened.as_ref().is_err_and(refuses_promiscuity) {
            opened = activate(name, gather, false, options);
        }
        let capture = opened.map_err(|error| explain(name, &error))?;
        Self::begin(capture, name, number, &[], options)
    }

    /// All together, in frames that tell of each which one it is from (`LINKTYPE_LINUX_SLL2`), but
    /// those with these numbers of the system; the socket tells them.
    pub(super) fn open_all_but(
        gather: i32,
        options: &LiveOptions,
        left_out: impl FnOnce(BorrowedFd<'_>) -> Vec<u32>,
    ) -> Result<Self, SourceError> {
        let failed = |error| explain(ANY, &error);
        let mut capture = activate(ANY, gather, false, options).map_err(failed)?;
        capture.set_datalink(Linktype(COOKED)).map_err(failed)?;
        let left_out = left_out(capture.as_fd());
        Self::begin(capture, ANY, 0, &left_out, options)
    }

    fn begin(
        mut capture: Capture<Active>,
        name: &str,
        number: u32,
        left_out: &[u32],
        options: &LiveOptions,
    ) -> Result<Self, SourceError> {
        let link = link_of(&capture);
        let shown = escape_text(name.as_bytes());
        if link.link().is_none() {
            let number = link.0.into();
            return Err(SourceError::LinkType {
                subject: shown,
                number,
                name: links::name(number),
            });
        }
        set_filter(&mut capture, name, left_out, options)?;
        if let Some(direction) = options.direction {
            let direction = match direction {
                Direction::In => pcap::Direction::In,
                Direction::Out => pcap::Direction::Out,
            };
            capture.direction(direction).map_err(|error| explain(name, &error))?;
        }
        let capture = capture.setnonblock().map_err(|error| explain(name, &error))?;
        Ok(Self { name: shown, capture, link, number, drops: Drops::default() })
    }

    /// Takes what is there now, up to [`BATCH`] frames.
    pub(super) fn take(&mut self, batch: &mut Batch) -> Taken {
        let number = self.number;
        self.take_those(batch, |_| Some(number))
    }

    /// The same, of those frames only that get a number.
    pub(super) fn take_those(
        &mut self,
        batch: &mut Batch,
        number: impl Fn(&[u8]) -> Option<u32>,
    ) -> Taken {
        let Self { capture, link, .. } = self;
        let link = *link;
        let taken = capture.dispatch(Some(BATCH), |packet| {
            if let Some(number) = number(packet.data) {
                batch.add(place(&packet, link, number), packet.data);
            }
        });
        match taken {
            Ok(number) => Taken::Frames(number),
            Err(Error::TimeoutExpired) => Taken::Frames(0),
            Err(error) => self.explain_end(&text(&error)),
        }
    }

    fn explain_end(&self, why: &str) -> Taken {
        let name = &self.name;
        if why.contains("went down") {
            return Taken::Down(went_down(name));
        }
        if NOTHING_YET.iter().any(|words| why.contains(words)) {
            return Taken::Frames(0);
        }
        if why.contains("disappeared") {
            return Taken::Gone(disappeared(name));
        }
        Taken::Gone(format!("capturing on {name} failed: {}", escape_text(why.as_bytes())))
    }

    /// Whether it is switched on, if the system tells; `any` always is.
    pub(super) fn is_up(&self, name: &str) -> Option<bool> {
        power::is_up(name, || power::index_of(self.as_fd(), name))
    }

    /// What it can be waited on by.
    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.capture.as_fd()
    }

    pub(super) fn losses(&mut self) -> Losses {
        if let Ok(stat) = self.capture.stats() {
            self.drops.add(stat);
        }
        self.drops.total
    }

    /// What was lost until now does not count.
    pub(super) fn forget_losses(&mut self) {
        self.losses();
        self.drops.total = Losses::default();
    }
}

/// How libpcap's modules for other things than interfaces say that there is nothing to read now.
const NOTHING_YET: &[&str] = &["Resource temporarily unavailable", "would block"];

/// What is said of one that is switched off; its name is escaped.
pub(super) fn went_down(name: &str) -> String {
    format!("{name} went down; capturing goes on when it is up again")
}

/// What is said of one that is not there any more; its name is escaped.
pub(super) fn disappeared(name: &str) -> String {
    format!("{name} disappeared (was it removed or renamed?)")
}

/// Losses since the start, out of counters of 32 bits that begin again at zero.
#[derive(Debug, Default)]
pub(super) struct Drops {
    last: Option<(u32, u32)>,
    pub(super) total: Losses,
}

impl Drops {
    fn add(&mut self, stat: Stat) {
        let (kernel, interface) = self.last.unwrap_or_default();
        let news = |now: u32, before: u32| Some(u64::from(now.wrapping_sub(before)));
        let new = Losses {
            kernel: news(stat.dropped, kernel),
            interface: news(stat.if_dropped, interface),
            ..Losses::default()
        };
        self.last = Some((stat.dropped, stat.if_dropped));
        self.total = sum(self.total, new);
    }
}

pub(super) fn sum(one: Losses, other: Losses) -> Losses {
    let add = |one: Option<u64>, other: Option<u64>| match (one, other) {
        (None, known) | (known, None) => known,
        (Some(one), Some(other)) => Some(one.saturating_add(other)),
    };
    let (kernel, interface) = (add(one.kernel, other.kernel), add(one.interface, other.interface));
    Losses { kernel, interface, gaps: one.gaps + other.gaps, pieces: one.pieces + other.pieces }
}

/// The name of all interfaces together, on Linux; it cannot be promiscuous.
pub(super) const ANY: &str = "any";

/// `LINKTYPE_LINUX_SLL2`.
const COOKED: i32 = 276;

fn refuses_promiscuity(error: &Error) -> bool {
    text(error).contains("romiscuous mode not supported")
}

fn activate(
    name: &str,
    gather: i32,
    promiscuous: bool,
    options: &LiveOptions,
) -> Result<Capture<Active>, Error> {
    Capture::from_device(name)?
        .promisc(promiscuous)
        .snaplen(i32::try_from(options.snaplen).unwrap_or(i32::MAX))
        .buffer_size(i32::try_from(options.buffer).unwrap_or(i32::MAX))
        .timeout(gather)
        .immediate_mode(false)
        .precision(if NANOSECONDS { Precision::Nano } else { Precision::Micro })
        .open()
}

/// libpcap cannot be asked through the crate whether it agreed; on Linux it always does.
const NANOSECONDS: bool = cfg!(target_os = "linux");

fn set_filter(
    capture: &mut Capture<Active>,
    name: &str,
    left_out: &[u32],
    options: &LiveOptions,
) -> Result<(), SourceError> {
    if let Some(given) = &options.bpf {
        if let Some(word) = lookups::first(given) {
            return Err(SourceError::FilterName {
                filter: escape_text(given.as_bytes()),
                word: escape_text(word.as_bytes()),
            });
        }
        let whole = filter::of_others(left_out, given);
        return capture.filter(&whole, true).map_err(|error| SourceError::Filter {
            name: escape_text(name.as_bytes()),
            filter: escape_text(given.as_bytes()),
            why: escape_text(text(&error).as_bytes()),
        });
    }
    if !options.ports.is_empty() {
        // Where neither works, every frame comes up, and the analysis picks out the messages.
        let mut built_in = filter::built_in(&options.ports).into_iter();
        let _found = built_in.any(|each| {
            let whole = filter::of_others(left_out, &each);
            capture.filter(&whole, true).is_ok()
        });
    }
    Ok(())
}

fn place(packet: &Packet<'_>, link: LinkType, interface: u32) -> Place {
    let (at, wire_len) = (time(packet), packet.header.len);
    Place { at, wire_len, link, interface, start: 0, len: 0 }
}

fn time(packet: &Packet<'_>) -> Timestamp {
    let fraction = u64::try_from(packet.header.ts.tv_usec).unwrap_or(0);
    let seconds = u64::try_from(packet.header.ts.tv_sec).unwrap_or(0);
    Timestamp::new(seconds, if NANOSECONDS { fraction } else { fraction * 1000 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(dropped: u32, if_dropped: u32) -> Stat {
        Stat { received: 0, dropped, if_dropped }
    }

    #[test]
    fn losses_go_on_where_the_counters_of_the_system_begin_again() {
        let mut drops = Drops::default();
        for (dropped, if_dropped) in [(10, 1), (u32::MAX, 1), (4, 3)] {
            drops.add(stat(dropped, if_dropped));
        }
        let expected = u64::from(u32::MAX) + 5;
        assert_eq!(
            drops.total,
            Losses { kernel: Some(expected), interface: Some(3), ..Losses::default() }
        );
    }

    #[test]
    fn an_unknown_loss_does_not_hide_a_known_one() {
        let known = Losses { kernel: Some(2), ..Losses::default() };
        assert_eq!(sum(known, Losses::default()), known);
        assert_eq!(sum(known, known).kernel, Some(4));
    }
}
