//! `unknown`: what no cause explains, with the contrasts that were looked at.

use std::fmt::Display;

use crate::focus::Focus;
use crate::tally::{Entities, EntityKey, Path, SplitRow, Tallies};
use crate::time::Timestamp;
use crate::wire::name::text;

use super::base::Sight;
use super::causes::UNKNOWN;
use super::finding::Impact;
use super::onset::Onset;
use super::verify::dig;
use super::{Confidence, Finding, FindingOutcome, Scope};

/// The exchanges in focus that nothing else covers.
pub(super) fn find(tallies: &Tallies, explained: u64, sight: Sight) -> Option<Finding> {
    let focus = tallies.focus();
    let words = Words::of(focus)?;
    let servers = Contrast::of(&tallies.servers, focus);
    let clients = Contrast::of(&tallies.clients, focus);
    // Of all, also of servers that a bounded table has forgotten.
    let count = tallies.in_focus().0.saturating_sub(explained);
    if count == 0 {
        return None;
    }
    let span = span(&tallies.servers, focus);
    // Where the capture lacks every response, nobody failed to give one.
    let is_blind = focus == Focus::NoResponse && sight == Sight::Queries;
    let headline = format!(
        "{focus} from {} to {}: {}",
        counted(servers.with, "server"),
        counted(clients.with, "client"),
        if is_blind { "only queries were captured" } else { "the cause is not determined" },
    );
    Some(Finding {
        id: 0,
        cause: UNKNOWN.id,
        confidence: Confidence::Possible,
        fault: !is_blind,
        outcome: words.outcome,
        count,
        connections: 0,
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
        evidence: evidence(tallies, count, &words, &servers, &clients),
        against: Vec::new(),
        brand: None,
        fix: vec![words.fix],
        verify: verify(tallies),
        verify_windows: String::new(),
    })
}

/// How a focus is spoken of.
struct Words {
    outcome: FindingOutcome,
    /// What servers did, what clients got, and what domains met.
    gave: String,
    got: String,
    met: String,
    fix: String,
}

impl Words {
    /// `None` where there is nothing to explain: of answers, and of slow responses, which no cause
    /// tells of.
    fn of(focus: Focus) -> Option<Self> {
        match focus {
            _ if focus.is_answer() => None,
            Focus::Slow => None,
            Focus::Rcode(rcode) => Some(Self {
                outcome: FindingOutcome::Response(rcode),
                gave: format!("gave {rcode}"),
                got: format!("got {rcode}"),
                met: format!("met {rcode}"),
                fix: format!(
                    "compare who and what is answered with who and what gets {rcode}, then look at \
                     the access rules, zones and policies of the servers above"
                ),
            }),
            Focus::NoResponse => Some(Self {
                outcome: FindingOutcome::Unanswered,
                gave: "left queries without response".to_owned(),
                got: "got no response to some query".to_owned(),
                met: "met no response".to_owned(),
                fix: "compare who and what is answered with who and what gets no response; then \
                      capture at the server as well: a query that does not arrive there is lost on \
                      the way, one that does is dropped or comes to a server that is too busy"
                    .to_owned(),
            }),
        }
    }
}

/// On which side of the focus the keys of a table stand.
#[derive(Debug, Default)]
struct Contrast {
    /// Keys with anything that could be in focus.
    all: u64,
    /// Keys that met the focus.
    with: u64,
    /// Keys that met nothing else.
    only: u64,
}

impl Contrast {
    fn of<K: EntityKey>(entities: &Entities<K>, focus: Focus) -> Self {
        let mut contrast = Self::default();
        for entity in entities.iter() {
            let whole = entity.whole(focus);
            contrast.all += u64::from(whole > 0);
            let count = entities.count(entity.place, focus);
            contrast.with += u64::from(count > 0);
            contrast.only += u64::from(count > 0 && count == whole);
        }
        contrast
    }

    fn sentence(&self, what: &str, did: &str) -> String {
        format!(
            "{} of {} {did}, {} of them nothing else",
            self.with,
            counted(self.all, what),
            self.only
        )
    }
}

/// The first and the last time that any key met the focus.
fn span<K: EntityKey>(entities: &Entities<K>, focus: Focus) -> Option<(Timestamp, Timestamp)> {
    let spans = entities.counts(focus).map(|(_, place)| entities.focus(place, focus));
    let spans = spans.map(|span| (span.first, span.last));
    spans.reduce(|(first, last), other| (first.min(other.0), last.max(other.1)))
}

fn evidence(
    tallies: &Tallies,
    count: u64,
    words: &Words,
    servers: &Contrast,
    clients: &Contrast,
) -> Vec<String> {
    let focus = tallies.focus();
    let mut out = vec![
        servers.sentence("server", &words.gave),
        clients.sentence("client", &words.got),
        Contrast::of(&tallies.domains, focus).sentence("registered domain", &words.met),
    ];
    out.extend(split("types", tallies.splits.types(focus), focus));
    out.extend(split("transports", tallies.splits.transports(focus), focus));
    out.extend(explained(tallies, count));
    out
}

/// Where a property has several values, which of them meet the focus.
fn split<K: Display + Ord>(what: &str, mut rows: Vec<SplitRow<K>>, focus: Focus) -> Option<String> {
    const SHOWN: usize = 4;
    if rows.len() < 2 {
        return None;
    }
    rows.sort_by(|one, other| {
        other.whole.cmp(&one.whole).then_with(|| one.value.cmp(&other.value))
    });
    let row = |row: &SplitRow<K>| format!("{} {} of {}", row.value, row.focus, row.whole);
    let shown: Vec<String> = rows.iter().take(SHOWN).map(row).collect();
    Some(format!("{focus} by {what}: {}", shown.join(", ")))
}

/// What servers say; `None` where they say nothing at all.
fn explained(tallies: &Tallies, count: u64) -> Option<String> {
    let focus = tallies.focus().rcode()?;
    let mut rows: Vec<_> = tallies.splits.ede().filter(|(_, rcode, _)| *rcode == focus).collect();
    rows.sort_by_key(|(ede, _, explained)| (std::cmp::Reverse(explained.responses), *ede));
    let said: u64 = rows.iter().map(|(_, _, explained)| explained.responses).sum();
    if said == 0 {
        return Some("none carries an Extended DNS Error that would say why".to_owned());
    }
    let codes: Vec<String> = rows
        .iter()
        .map(|(ede, _, explained)| format!("{} EDE {} ({ede})", explained.responses, ede.0))
        .collect();
    Some(format!("{said} of {count} say why by an Extended DNS Error: {}", codes.join(", ")))
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
    let unknown = tallies.unknown_name();
    let is_known = |path: &Path| Some(path.name) != unknown;
    let paths = tallies.paths.of(tallies.focus());
    let heaviest = paths.min_by(|one, other| {
        // What is not known cannot be asked again.
        is_known(other)
            .cmp(&is_known(one))
            .then_with(|| other.count.cmp(&one.count))
            .then_with(|| names(one).cmp(&names(other)))
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
