//! Frames from network interfaces: the only place that names libpcap.
//!
//! The kernel's buffer is the queue. Waiting is done here, for all interfaces together, so that
//! an idle one starves nobody.

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd, RawFd};

use pcap::{Active, Capture, Device, Error, Packet, Precision, Stat};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::batch::Batch;
use super::record::Place;
use super::{
    End, FrameSource, LONGEST_WAIT, Losses, Next, NextRun, SourceError, filter, input, links,
};
use crate::time::Timestamp;
use crate::wire::LinkType;
use crate::wire::name::escape_text;

/// Frames taken from one interface before the next one's turn: 16 MiB at the very most.
const BATCH: usize = 64;

/// How long the kernel may gather frames before it hands them over: throughput for one
/// interface; for several, less, because frames of one would wait for those of another.
const GATHER_ONE_MS: i32 = 100;
const GATHER_SEVERAL_MS: i32 = 10;

/// The buffer of an interface that is opened only to see whether it can be.
const TRIAL_BUFFER: i32 = 1 << 20;

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
}

/// The default kernel buffer of libpcap, 2 MiB, loses 2 % at 1 M packets/s; 64 MiB loses none.
impl Default for LiveOptions {
    fn default() -> Self {
        Self { ports: vec![53], bpf: None, snaplen: 262_144, buffer: 64 << 20, promiscuous: true }
    }
}

/// An interface of this machine.
#[expect(clippy::struct_excessive_bools, reason = "independent flags of the system")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceInfo {
    /// What to give to `--interface`; as the system has it, not escaped for a terminal.
    pub name: String,
    /// What the system says about it, not escaped either.
    pub description: Option<String>,
    /// Its addresses, IPv4 and IPv6.
    pub addresses: Vec<IpAddr>,
    /// Whether it is switched on.
    pub is_up: bool,
    /// Whether it is operating: has a cable, a peer, a network.
    pub is_running: bool,
    /// Whether it only leads back to this machine.
    pub is_loopback: bool,
    /// Whether it is a radio interface.
    pub is_wireless: bool,
    /// How its frames begin, and whether that can be decoded; why it cannot be captured on if it
    /// cannot be opened by this user.
    pub capture: Result<InterfaceLink, SourceError>,
}

/// The link layer of an interface that can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceLink {
    /// Its number in the LINKTYPE registry.
    pub link: LinkType,
    /// Its name there.
    pub name: String,
    /// Whether frames of it can be decoded.
    pub is_supported: bool,
}

/// The interfaces of this machine, each with whether this user may capture on it, found out by
/// opening it for a moment.
///
/// # Errors
///
/// When the system does not even list them.
pub fn list_interfaces() -> Result<Vec<InterfaceInfo>, SourceError> {
    Ok(devices()?.iter().map(describe).collect())
}

/// Opens interfaces as one source, their frames about in the order of their times.
///
/// # Errors
///
/// The first interface that does not exist, may not be captured on, has a link type that is not
/// supported, or for which the given filter does not compile.
pub fn open_live(
    interfaces: &[String],
    options: &LiveOptions,
) -> Result<Box<dyn FrameSource>, SourceError> {
    if interfaces.is_empty() {
        return Err(SourceError::Nothing);
    }
    let gather = if interfaces.len() > 1 { GATHER_SEVERAL_MS } else { GATHER_ONE_MS };
    let open = |(number, name): (u32, &String)| Interface::open(name, number, gather, options);
    let opened: Result<_, _> = (0..).zip(interfaces).map(open).collect();
    Ok(Box::new(Live {
        interfaces: opened?,
        batch: Batch::default(),
        lost: Losses::default(),
        complaints: Vec::new(),
    }))
}

/// Interfaces being captured on.
struct Live {
    interfaces: Vec<Interface>,
    batch: Batch,
    /// Of interfaces that are gone.
    lost: Losses,
    complaints: Vec<String>,
}

struct Interface {
    name: String,
    capture: Capture<Active>,
    link: LinkType,
    number: u32,
    drops: Drops,
}

/// How taking frames from an interface ended.
enum Taken {
    Well,
    /// Down, but still there: frames come again when it is up again.
    Down(String),
    Gone(String),
}

impl FrameSource for Live {
    fn next(&mut self) -> Next<'_> {
        match self.make_ready() {
            Some(end) => Next::End(end),
            None => self.batch.take().map_or(Next::Quiet, Next::Frame),
        }
    }

    fn next_run(&mut self, most: usize) -> NextRun<'_> {
        match self.make_ready() {
            Some(end) => NextRun::End(end),
            None if self.batch.is_spent() => NextRun::Quiet,
            None => NextRun::Frames(self.batch.take_many(most)),
        }
    }

    fn losses(&mut self) -> Losses {
        let all = self.interfaces.iter_mut().map(Interface::losses);
        all.fold(self.lost, sum)
    }

    fn complaints(&self) -> &[String] {
        &self.complaints
    }

    fn sockets(&self) -> Vec<RawFd> {
        self.interfaces.iter().map(|each| each.capture.as_raw_fd()).collect()
    }
}

impl Live {
    /// Sees to it that frames are at hand, if any come in time; the end if none will.
    fn make_ready(&mut self) -> Option<End> {
        if self.batch.is_spent() {
            self.refill();
        }
        let ended = self.batch.is_spent() && self.interfaces.is_empty();
        ended.then(|| End::Failed(self.complaints.join("; ")))
    }

    fn refill(&mut self) {
        self.batch.clear();
        self.take_from_all();
        if self.batch.is_spent() && self.wait() {
            self.take_from_all();
        }
        if self.interfaces.len() > 1 {
            self.batch.sort();
        }
    }

    fn take_from_all(&mut self) {
        let mut turn = 0;
        while let Some(interface) = self.interfaces.get_mut(turn) {
            match interface.take(&mut self.batch) {
                Taken::Well => turn += 1,
                Taken::Down(why) => {
                    turn += 1;
                    self.complain(why);
                }
                Taken::Gone(why) => {
                    self.lost = sum(self.lost, interface.drops.total);
                    self.interfaces.remove(turn);
                    self.complain(why);
                }
            }
        }
    }

    /// An interface may go down and come up for days: say each thing once.
    fn complain(&mut self, why: String) {
        if !self.complaints.contains(&why) {
            self.complaints.push(why);
        }
    }

    /// Waits until an interface has something to say; false if none has.
    fn wait(&self) -> bool {
        let readable = |each| PollFd::from_borrowed_fd(each, PollFlags::IN);
        let mut all: Vec<_> =
            self.interfaces.iter().map(|each| readable(each.capture.as_fd())).collect();
        let longest = Timespec { tv_sec: 0, tv_nsec: i64::from(LONGEST_WAIT.subsec_nanos()) };
        // A signal ends the wait early, which is as good as silence.
        poll(&mut all, Some(&longest)).is_ok_and(|ready| ready > 0)
    }
}

impl Interface {
    fn open(
        name: &str,
        number: u32,
        gather: i32,
        options: &LiveOptions,
    ) -> Result<Self, SourceError> {
        let promiscuous = options.promiscuous && name != ANY;
        let mut opened = activate(name, gather, promiscuous, options);
        if promiscuous && opened.as_ref().is_err_and(refuses_promiscuity) {
            opened = activate(name, gather, false, options);
        }
        let mut capture = opened.map_err(|error| explain(name, &error))?;
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
        set_filter(&mut capture, name, options)?;
        let capture = capture.setnonblock().map_err(|error| explain(name, &error))?;
        Ok(Self { name: shown, capture, link, number, drops: Drops::default() })
    }

    /// Takes what is there now, up to [`BATCH`] frames.
    fn take(&mut self, batch: &mut Batch) -> Taken {
        let Self { capture, link, number, .. } = self;
        let (link, number) = (*link, *number);
        let taken = capture.dispatch(Some(BATCH), |packet| {
            batch.add(place(&packet, link, number), packet.data);
        });
        match taken {
            Ok(_) | Err(Error::TimeoutExpired) => Taken::Well,
            Err(error) => self.explain_end(&text(&error)),
        }
    }

    fn explain_end(&self, why: &str) -> Taken {
        let name = &self.name;
        if why.contains("went down") {
            return Taken::Down(format!("{name} went down; capturing goes on when it is up again"));
        }
        if why.contains("disappeared") {
            return Taken::Gone(format!(
                "{name} disappeared; was it removed or renamed? Start again when it is back, or \
                 capture on `any`"
            ));
        }
        Taken::Gone(format!("capturing on {name} failed: {}", escape_text(why.as_bytes())))
    }

    fn losses(&mut self) -> Losses {
        if let Ok(stat) = self.capture.stats() {
            self.drops.add(stat);
        }
        self.drops.total
    }
}

/// Losses since the start, out of counters of 32 bits that begin again at zero.
#[derive(Debug, Default)]
struct Drops {
    last: Option<(u32, u32)>,
    total: Losses,
}

impl Drops {
    fn add(&mut self, stat: Stat) {
        let (kernel, interface) = self.last.unwrap_or_default();
        let news = |now: u32, before: u32| Some(u64::from(now.wrapping_sub(before)));
        let new = Losses {
            kernel: news(stat.dropped, kernel),
            interface: news(stat.if_dropped, interface),
        };
        self.last = Some((stat.dropped, stat.if_dropped));
        self.total = sum(self.total, new);
    }
}

fn sum(one: Losses, other: Losses) -> Losses {
    let add = |one: Option<u64>, other: Option<u64>| match (one, other) {
        (None, known) | (known, None) => known,
        (Some(one), Some(other)) => Some(one.saturating_add(other)),
    };
    Losses { kernel: add(one.kernel, other.kernel), interface: add(one.interface, other.interface) }
}

/// The name of all interfaces together, on Linux; it cannot be promiscuous.
const ANY: &str = "any";

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
    options: &LiveOptions,
) -> Result<(), SourceError> {
    if let Some(given) = &options.bpf {
        return capture.filter(given, true).map_err(|error| SourceError::Filter {
            name: escape_text(name.as_bytes()),
            filter: escape_text(given.as_bytes()),
            why: escape_text(text(&error).as_bytes()),
        });
    }
    if !options.ports.is_empty() {
        // Where neither works, every frame comes up, and the analysis picks out the messages.
        let _found =
            filter::built_in(&options.ports).iter().any(|each| capture.filter(each, true).is_ok());
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

fn link_of(capture: &Capture<Active>) -> LinkType {
    links::canonical(u16::try_from(capture.get_datalink().0).unwrap_or(u16::MAX))
}

fn describe(device: &Device) -> InterfaceInfo {
    InterfaceInfo {
        name: device.name.clone(),
        description: device.desc.clone(),
        addresses: device.addresses.iter().map(|address| address.addr).collect(),
        is_up: device.flags.is_up(),
        is_running: device.flags.is_running(),
        is_loopback: device.flags.is_loopback(),
        is_wireless: device.flags.is_wireless(),
        capture: try_out(&device.name),
    }
}

fn try_out(name: &str) -> Result<InterfaceLink, SourceError> {
    let opened = Capture::from_device(name)
        .and_then(|capture| capture.buffer_size(TRIAL_BUFFER).timeout(GATHER_ONE_MS).open());
    let link = link_of(&opened.map_err(|error| explain(name, &error))?);
    let (name, is_supported) = (links::name(link.0.into()), link.link().is_some());
    Ok(InterfaceLink { link, name, is_supported })
}

fn devices() -> Result<Vec<Device>, SourceError> {
    Device::list().map_err(|error| SourceError::Interface {
        name: "any interface".into(),
        why: escape_text(text(&error).as_bytes()),
    })
}

/// Turns libpcap's words for a failed opening into what the user can do about it.
fn explain(name: &str, error: &Error) -> SourceError {
    let shown = escape_text(name.as_bytes());
    let why = text(error);
    if NO_RIGHT.iter().any(|words| why.contains(words)) {
        return SourceError::NotPermitted { name: shown, program: program() };
    }
    let there = devices().unwrap_or_default();
    if !there.is_empty() && there.iter().all(|device| device.name != name) {
        let there: Vec<_> = there.iter().map(|each| escape_text(each.name.as_bytes())).collect();
        return SourceError::NoInterface { name: shown, there: there.join(", ") };
    }
    SourceError::Interface { name: shown, why: escape_text(why.as_bytes()) }
}

/// How libpcap's versions and systems say that a right is missing.
const NO_RIGHT: &[&str] = &["permission", "ermitted", "CAP_NET_RAW", "ermission denied"];

fn program() -> String {
    let path = std::env::current_exe();
    path.map_or_else(|_| "PATH".into(), |path| escape_text(path.as_os_str().as_encoded_bytes()))
}

fn text(error: &Error) -> String {
    match error {
        Error::PcapError(text) => text.clone(),
        Error::IoError(kind) => input::plain(&io::Error::from(*kind)),
        other => other.to_string(),
    }
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
        assert_eq!(drops.total, Losses { kernel: Some(expected), interface: Some(3) });
    }

    #[test]
    fn an_unknown_loss_does_not_hide_a_known_one() {
        let known = Losses { kernel: Some(2), interface: None };
        assert_eq!(sum(known, Losses::default()), known);
        assert_eq!(sum(known, known).kernel, Some(4));
    }

    #[test]
    fn a_missing_right_is_told_from_a_missing_interface() {
        let denied = Error::PcapError("lo: You don't have permission to capture".into());
        assert!(matches!(explain("lo", &denied), SourceError::NotPermitted { .. }));
        let missing = Error::PcapError("No such device exists".into());
        let told = explain("no-such\u{1b}0", &missing).to_string();
        assert!(told.contains("no-such\\0270") && !told.contains('\u{1b}'), "{told}");
    }
}
