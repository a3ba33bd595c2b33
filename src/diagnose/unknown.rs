//! `unknown`: what no cause explains, with the contrasts that were looked at.

use std::fmt::Display;

use crate::iana::Rcode;
use crate::tally::{Entities, EntityKey, Path, Tallies};
use crate::time::Timestamp;
use crate::wire::name::text;

use super::causes::UNKNOWN;
use super::finding::Impact;
use super::onset::Onset;
use super::verify::dig;
use super::{Confidence, Finding, FindingOutcome, Scope};

/// The responses with the focus code that nothing else covers.
pub(super) fn find(tallies: &Tallies, explained: u64) -> Option<Finding> {
    let focus = tallies.focus();
    // An answer needs no explanation.
    if focus.is_answer() {
        return None;
    }
    let servers = Contrast::of(&tallies.servers, focus);
    let clients = Contrast::of(&tallies.clients, focus);
    // Of all, also of servers that a bounded table has forgotten.
    let count = tallies.responses(focus).saturating_sub(explained);
    if count == 0 {
        return None;
    }
    let span = span(&tallies.servers, focus);
    let headline = format!(
        "{focus} from {} to {}: the cause is not determined",
        counted(servers.with, "server"),
        counted(clients.with, "client"),
    );
    Some(Finding {
        cause: UNKNOWN.id,
        confidence: Confidence::Possible,
        fault: true,
        outcome: FindingOutcome::Response(focus),
        count,
        scope: Scope::default(),
        first: span.map(|(first, _)| first),
        last: span.map(|(_, last)| last),
        last_success: None,
        onset: Onset::NoneBefore,
        ongoing: true,
        turns: Vec::new(),
        impact: Impact::default(),
        linked: Vec::new(),
        brief: headline.clone(),
        headline,
        evidence: evidence(tallies, count, &servers, &clients),
        against: Vec::new(),
        brand: None,
        fix: vec![format!(
            "compare who and what is answered with who and what gets {focus}, then look at the \
             access rules, zones and policies of the servers above"
        )],
        verify: verify(tallies),
        verify_windows: String::new(),
    })
}

/// On which side of the code the keys of a table stand.
#[derive(Debug, Default)]
struct Contrast {
    /// Keys with any response.
    all: u64,
    /// Keys with the code.
    with: u64,
    /// Keys with nothing but the code.
    only: u64,
}

impl Contrast {
    fn of<K: EntityKey>(entities: &Entities<K>, focus: Rcode) -> Self {
        let mut contrast = Self::default();
        for entity in entities.iter() {
            contrast.all += u64::from(entity.responses > 0);
            let count = entities.count(entity.place, focus);
            contrast.with += u64::from(count > 0);
            contrast.only += u64::from(count > 0 && count == entity.responses);
        }
        contrast
    }

    fn sentence(&self, what: &str, verb: &str, focus: Rcode) -> String {
        format!(
            "{} of {} {verb} {focus}, {} of them nothing else",
            self.with,
            counted(self.all, what),
            self.only
        )
    }
}

/// The first and the last time that any key met the code.
fn span<K: EntityKey>(entities: &Entities<K>, focus: Rcode) -> Option<(Timestamp, Timestamp)> {
    let spans = entities.counts(focus).map(|(_, place)| entities.focus(place, focus));
    let spans = spans.map(|span| (span.first, span.last));
    spans.reduce(|(first, last), other| (first.min(other.0), last.max(other.1)))
}

fn evidence(tallies: &Tallies, count: u64, servers: &Contrast, clients: &Contrast) -> Vec<String> {
    let focus = tallies.focus();
    let mut out = vec![
        servers.sentence("server", "gave", focus),
        clients.sentence("client", "got", focus),
        Contrast::of(&tallies.domains, focus).sentence("registered domain", "met", focus),
    ];
    out.extend(split("types", tallies.splits.types(focus), focus));
    out.extend(split("transports", tallies.splits.transports(focus), focus));
    out.push(explained(tallies, count));
    out
}

/// Where a property has several values, which of them meet the code.
fn split<K: Display + Ord>(
    what: &str,
    mut rows: Vec<(K, u64, u64)>,
    focus: Rcode,
) -> Option<String> {
    const SHOWN: usize = 4;
    if rows.len() < 2 {
        return None;
    }
    rows.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    let shown: Vec<String> =
        rows.iter().take(SHOWN).map(|(key, all, with)| format!("{key} {with} of {all}")).collect();
    Some(format!("{focus} by {what}: {}", shown.join(", ")))
}

fn explained(tallies: &Tallies, count: u64) -> String {
    let focus = tallies.focus();
    let mut rows: Vec<_> = tallies.splits.ede().filter(|(_, rcode, _)| *rcode == focus).collect();
    rows.sort_by_key(|(ede, _, explained)| (std::cmp::Reverse(explained.responses), *ede));
    let said: u64 = rows.iter().map(|(_, _, explained)| explained.responses).sum();
    if said == 0 {
        return "none carries an Extended DNS Error that would say why".to_owned();
    }
    let codes: Vec<String> = rows
        .iter()
        .map(|(ede, _, explained)| format!("{} EDE {} ({ede})", explained.responses, ede.0))
        .collect();
    format!("{said} of {count} say why by an Extended DNS Error: {}", codes.join(", "))
}

/// The heaviest path, asked again by hand.
fn verify(tallies: &Tallies) -> String {
    let address = |place| tallies.servers.get(place).map(|server| *server.key);
    // Of equal ones the first by server and name, so that the same capture gives the same command.
    // Only these are looked up: paths are many, and what they are made of lies elsewhere.
    let names = |path: &Path| {
        let (name, question) = tallies.names.question(path.name);
        (address(path.server), name, question.map(|question| question.rtype))
    };
    let paths = tallies.paths.with_code(tallies.focus());
    let heaviest = paths.min_by(|one, other| {
        other.count.cmp(&one.count).then_with(|| names(one).cmp(&names(other)))
    });
    let Some(path) = heaviest else { return String::new() };
    let (name, question) = tallies.names.question(path.name);
    let server = address(path.server).map(|server| server.ip().to_string());
    match (server, question) {
        (Some(server), Some(question)) => dig(&server, &text(name), question),
        (Some(server), None) => format!("dig @{server}"),
        (None, _) => String::new(),
    }
}

fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
