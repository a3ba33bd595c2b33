//! Where the packets come from and go to, and what addresses are called in them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;

use super::time;
use crate::snapshot::{self, Ended, SourceKind};

#[derive(Serialize)]
pub(super) struct Source<'a> {
    kind: &'static str,
    name: &'a str,
    link_types: &'a [String],
    first: Option<String>,
    last: Option<String>,
    duration_s: f64,
    ended: Option<&'static str>,
    ended_why: Option<&'a str>,
    /// Whether addresses are pseudonyms.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pseudonyms: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    senders: Option<Senders>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recording: Option<Recording<'a>>,
}

/// Who tells what comes.
#[derive(Serialize)]
struct Senders {
    connected: u64,
    began: u64,
    #[serde(flatten)]
    troubles: BTreeMap<&'static str, u64>,
}

impl Senders {
    fn of(it: snapshot::Senders) -> Self {
        let troubles = it.each().map(|(_, id, _, count)| (id, count)).collect();
        Self { connected: it.connected, began: it.began, troubles }
    }
}

/// The packets that are written to files.
#[derive(Serialize)]
struct Recording<'a> {
    file: &'a str,
    files: u64,
    frames: u64,
    bytes: u64,
    lost: u64,
    stopped: Option<&'a str>,
}

impl<'a> Recording<'a> {
    fn of(it: &'a snapshot::Recording) -> Self {
        let snapshot::Recording { file, files, frames, bytes, lost, stopped } = it;
        let (files, frames, bytes, lost) = (*files, *frames, *bytes, *lost);
        Self { file, files, frames, bytes, lost, stopped: stopped.as_deref() }
    }
}

/// How a capture ended, in one word.
pub(super) fn end(ended: &Ended) -> &'static str {
    match ended {
        Ended::EndOfFile => "end-of-file",
        Ended::Stopped => "stopped",
        Ended::Damaged(_) => "damaged",
        Ended::Failed(_) => "failed",
    }
}

impl<'a> Source<'a> {
    pub(super) fn of(source: &'a snapshot::Source) -> Self {
        let ended_why = match &source.ended {
            Some(Ended::Damaged(why) | Ended::Failed(why)) => Some(why.as_str()),
            Some(Ended::EndOfFile | Ended::Stopped) | None => None,
        };
        Self {
            kind: match source.kind {
                SourceKind::File => "file",
                SourceKind::Live => "live",
            },
            name: &source.name,
            link_types: &source.link_types,
            first: time(source.first),
            last: time(source.last),
            duration_s: source.duration().as_secs_f64(),
            ended: source.ended.as_ref().map(end),
            ended_why,
            pseudonyms: source.pseudonyms,
            senders: source.senders.map(Senders::of),
            recording: source.recording.as_ref().map(Recording::of),
        }
    }
}

/// What addresses are called: hearsay.
#[derive(Serialize)]
pub(super) struct Named<'a> {
    addresses: Vec<AddressName<'a>>,
    known: u64,
    forgotten: u64,
}

#[derive(Serialize)]
struct AddressName<'a> {
    address: IpAddr,
    name: &'a str,
    source: String,
    told_by: IpAddr,
    at: String,
    other_names: u64,
    at_least: bool,
}

impl<'a> Named<'a> {
    pub(super) fn of(named: &'a snapshot::Named) -> Self {
        let row = |(address, name): (&IpAddr, &'a snapshot::AddressName)| AddressName {
            address: *address,
            name: &name.name,
            source: name.source.to_string(),
            told_by: name.by,
            at: name.at.to_string(),
            other_names: name.others,
            at_least: name.more,
        };
        let (known, forgotten) = (named.kept, named.forgotten);
        Self { addresses: named.rows.iter().map(row).collect(), known, forgotten }
    }
}
