//! The packets behind what is looked at, each with why it is among them: evidence to take away.
//!
//! Made from the frames that the trail keeps. A lookup is there as a whole or not at all: who reads
//! a refusal wants to see what was asked before it and who answered after it.

use crate::select::Filter;
use crate::time::Timestamp;
use crate::trail::{Chain, Entry, Kind, Link, MAX_KEPT, Trail, Wanted, WholeFrame};

use super::lookups::says;
use super::meant::is_meant;

/// A packet and why it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPacket {
    /// When it was captured.
    pub at: Timestamp,
    /// Its place in the capture, from 1; 0 if it is not known.
    pub frame: u64,
    /// The link type of its frame, as in the list of tcpdump.org.
    pub link: u16,
    /// Bytes of the whole frame on the wire.
    pub wire_len: u32,
    /// The frame as captured, at most 4096 bytes of it.
    pub bytes: Vec<u8>,
    /// What it is, and what selected it.
    pub comment: String,
}

/// Packets, and how many are not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptPackets {
    /// The packets, the oldest first.
    pub rows: Vec<KeptPacket>,
    /// Messages of the same lookups without any packet: put together from IP fragments, or from
    /// TCP segments of which none is in memory.
    pub without: u64,
}

impl KeptPackets {
    /// Two of different clients, as one.
    pub fn join(mut self, other: Self) -> Self {
        self.rows.extend(other.rows);
        self.without += other.without;
        self.sort();
        self
    }

    fn sort(&mut self) {
        self.rows.sort_by_key(|packet| (packet.at, packet.frame));
    }
}

/// The frames in memory of the lookups for which a filter holds when it is `now`.
pub(crate) fn packets(trail: &Trail, filter: Option<&Filter>, now: Timestamp) -> KeptPackets {
    let why = filter.map_or("all that is in memory", Filter::text);
    let mut found = KeptPackets::default();
    for trail in trail.each() {
        let time = (now, trail.patience());
        let chains = trail.chains(&Wanted::ALL);
        let meant =
            chains.iter().filter(|chain| filter.is_none_or(|filter| is_meant(chain, filter, time)));
        meant.for_each(|chain| add(&mut found, chain));
    }
    found.sort();
    found.rows.dedup_by(|one, other| is_same(one, other) && say_both(one, other));
    for packet in &mut found.rows {
        packet.comment = format!("rcodetop: {}; selected by: {why}", packet.comment);
    }
    found
}

fn add(found: &mut KeptPackets, chain: &Chain<'_>) {
    for link in chain.links.iter().rev() {
        let what = what(link.entry);
        let own = link.frame().map(|frame| packet(&frame, what.clone()));
        let parts = parts(link, &what);
        found.without += u64::from(own.is_none() && parts.is_empty());
        found.rows.extend(own);
        found.rows.extend(parts);
    }
}

/// The segments of a message that did not come whole in one.
fn parts(link: &Link<'_>, what: &str) -> Vec<KeptPacket> {
    let (all, here) = (usize::from(link.entry.segments), link.segments.len());
    let gone = match all.saturating_sub(here) {
        0 => String::new(),
        gone => format!(", of which {gone} {} not here", if gone == 1 { "is" } else { "are" }),
    };
    let frames = link.segments.iter().filter_map(Link::frame);
    frames.map(|frame| packet(&frame, format!("part of {what} in {all} segments{gone}"))).collect()
}

/// Whether two packets are one that carries several messages.
fn is_same(one: &KeptPacket, other: &KeptPacket) -> bool {
    one.frame > 0 && one.frame == other.frame
}

/// Says of the other what both are.
fn say_both(one: &KeptPacket, other: &mut KeptPacket) -> bool {
    if !other.comment.split(" and ").any(|said| said == one.comment) {
        other.comment = format!("{} and {}", other.comment, one.comment);
    }
    true
}

fn packet(frame: &WholeFrame, what: String) -> KeptPacket {
    let WholeFrame { entry, around, ref bytes } = *frame;
    let is_cut = bytes.len() == MAX_KEPT && u64::from(around.wire_len) > MAX_KEPT as u64;
    let cut = if is_cut { format!(", cut to {MAX_KEPT} bytes") } else { String::new() };
    KeptPacket {
        at: entry.at,
        frame: entry.frame,
        link: around.link.0,
        wire_len: around.wire_len,
        bytes: bytes.clone(),
        comment: what + &cut,
    }
}

/// What a message is, in a few words.
fn what(entry: &Entry) -> String {
    match entry.kind {
        Kind::Query | Kind::Segment => "query".to_owned(),
        Kind::Response { rcode, ede: None } => format!("response {rcode}"),
        Kind::Response { rcode, ede: Some(ede) } => {
            format!("response {rcode}, EDE {} ({ede})", ede.0)
        }
        Kind::Ended(end) => format!("{} in answer to a query", says(end)),
    }
}
