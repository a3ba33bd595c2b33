//! The packets behind what is looked at, each with why it is among them: evidence to take away.
//!
//! Made from the frames that the trail keeps whole. A lookup is there as a whole or not at all: who
//! reads a refusal wants to see what was asked before it and who answered after it.

use std::collections::HashSet;

use crate::iana::Ede;
use crate::select::{Filter, Odd, Subject};
use crate::time::Timestamp;
use crate::trail::{Kind, Trail, WholeFrame};
use crate::wire::{MessageView, NameBuffer};

/// A packet and why it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPacket {
    /// When it was captured.
    pub at: Timestamp,
    /// The link type of its frame, as in the list of tcpdump.org.
    pub link: u16,
    /// Bytes of the whole frame on the wire.
    pub wire_len: u32,
    /// The frame as captured.
    pub bytes: Vec<u8>,
    /// What it is, and what selected it.
    pub comment: String,
}

/// The frames in memory of the lookups for which a filter holds, the oldest first.
pub(crate) fn packets(trail: &Trail, filter: Option<&Filter>) -> Vec<KeptPacket> {
    let frames = trail.frames();
    let meant = filter.map(|filter| meant(&frames, filter));
    let why = filter.map_or("all that is in memory", Filter::text);
    let is_meant = |frame: &&WholeFrame| {
        meant.as_ref().is_none_or(|meant| meant.contains(&frame.entry.lookup))
    };
    frames.iter().filter(is_meant).map(|frame| packet(frame, why)).collect()
}

/// The lookups for which a filter holds: for any of their responses, or for what got none.
fn meant(frames: &[WholeFrame], filter: &Filter) -> HashSet<u64> {
    let is_response = |frame: &&WholeFrame| matches!(frame.entry.kind, Kind::Response { .. });
    let responded: HashSet<u64> =
        frames.iter().filter(is_response).map(|frame| frame.entry.lookup).collect();
    let mut name = NameBuffer::default();
    let mut holds = |frame: &&WholeFrame| {
        let is_query = frame.entry.kind == Kind::Query;
        if is_query && responded.contains(&frame.entry.lookup) {
            return false;
        }
        subject(frame, &mut name, |subject| filter.holds(subject)).unwrap_or(false)
    };
    frames.iter().filter(|frame| holds(frame)).map(|frame| frame.entry.lookup).collect()
}

/// What a filter sees of a message.
fn subject<T>(
    frame: &WholeFrame,
    name: &mut NameBuffer,
    look: impl FnOnce(&Subject<'_>) -> T,
) -> Option<T> {
    let entry = frame.entry;
    let view = MessageView::read(frame.message(), false, name)?;
    let (rcode, odd) = match entry.kind {
        Kind::Response { rcode, .. } => (Some(rcode), Odd::No),
        _ => (None, Odd::Unanswered),
    };
    let ede = view.edns.and_then(|edns| edns.extended_error()).map(|(ede, _)| ede);
    Some(look(&Subject {
        at: entry.at,
        client: entry.client,
        server: entry.server,
        transport: entry.transport,
        name: name.wire(),
        rtype: view.question.map(|question| question.rtype),
        class: view.question.map(|question| question.class),
        opcode: view.flags.opcode(),
        rcode,
        ede,
        recursion: view.flags.recursion_desired(),
        took: None,
        odd,
    }))
}

fn packet(frame: &WholeFrame, why: &str) -> KeptPacket {
    let entry = frame.entry;
    let what = match entry.kind {
        Kind::Query => "query".to_owned(),
        Kind::Response { rcode, .. } => format!("response {rcode}{}", explained(frame)),
        Kind::Ended(_) => "error".to_owned(),
    };
    KeptPacket {
        at: entry.at,
        link: frame.around.link.0,
        wire_len: frame.around.wire_len,
        bytes: frame.bytes.clone(),
        comment: format!("rcodetop: {what}; selected by: {why}"),
    }
}

fn explained(frame: &WholeFrame) -> String {
    let view = MessageView::read(frame.message(), false, &mut NameBuffer::default());
    let ede: Option<Ede> = view.and_then(|view| view.edns?.extended_error()).map(|(ede, _)| ede);
    ede.map_or_else(String::new, |ede| format!(", EDE {} ({ede})", ede.0))
}
