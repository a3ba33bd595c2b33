//! What to check when there is nothing to show: no packets, no DNS among them, no responses.
//!
//! In place of empty tables, in the order in which it is worth looking.

use super::findings::Told;
use crate::ledger::Reason;
use crate::snapshot::{Ended, Senders, Snapshot, SourceKind};
use crate::tui::text;

/// A label and a sentence.
type Hint = (&'static str, String);

/// Whether there are neither responses to show nor anything in focus.
pub(super) fn is_all(snapshot: &Snapshot) -> bool {
    snapshot.ledger.responses == 0 && snapshot.in_focus().0 == 0
}

/// What to check; `None` once there are responses to show.
pub(super) fn hints(snapshot: &Snapshot) -> Option<Vec<Told>> {
    let ledger = &snapshot.ledger;
    if !is_all(snapshot) {
        return None;
    }
    let hints = match (ledger.frames, ledger.dns_messages) {
        (0, _) => no_packets(snapshot),
        (_, 0) => no_dns(snapshot),
        _ => no_responses(snapshot),
    };
    Some(hints.iter().map(|(label, text)| Told::under(label, text)).collect())
}

fn no_packets(snapshot: &Snapshot) -> Vec<Hint> {
    if let (Some(senders), None) = (snapshot.source.senders, &snapshot.source.ended) {
        return nothing_is_told(snapshot, senders);
    }
    match (snapshot.source.kind, &snapshot.source.ended) {
        (SourceKind::Live, None) => nothing_arrives(snapshot),
        (SourceKind::Live, Some(_)) => vec![(
            "interface",
            "Is it up, and still there? `rcodetop interfaces` lists those that can be captured on."
                .to_owned(),
        )],
        (SourceKind::File, None) => vec![(
            "input",
            "It has given no packet yet. Does what writes it still run? tcpdump holds packets \
             back until some thousand bytes are full, unless it is given -U."
                .to_owned(),
        )],
        (SourceKind::File, Some(Ended::EndOfFile | Ended::Stopped)) => vec![(
            "input",
            "It is a capture in which nothing was captured: stopped too early, of the wrong \
             interface, or with too narrow a filter."
                .to_owned(),
        )],
        (SourceKind::File, Some(Ended::Damaged(_) | Ended::Failed(_))) => vec![(
            "input",
            "Not one packet could be read of it. Copy it again, or capture anew.".to_owned(),
        )],
    }
}

/// Where servers tell what they do, nobody may be there, or nobody may ask them.
fn nothing_is_told(snapshot: &Snapshot, senders: Senders) -> Vec<Hint> {
    let name = &snapshot.source.name;
    if senders.connected > 0 {
        return vec![(
            "quiet",
            format!(
                "{senders} connected, and nothing was told yet: nobody asks, or the server is not \
                 set to tell of it. BIND tells what its option dnstap names, Unbound what \
                 dnstap-log-...-messages switches on."
            ),
        )];
    }
    vec![
        (
            "nobody",
            format!(
                "No server tells anything on {name} now. Is it set to (BIND: dnstap-output unix, \
                 Unbound: dnstap-socket-path)? Most connect when they start, and again every few \
                 seconds."
            ),
        ),
        (
            "rights",
            format!(
                "May the server write to it? It is for its owner and their group alone: \
                 ls -l {name}; AppArmor and SELinux have rules of their own."
            ),
        ),
    ]
}

fn nothing_arrives(snapshot: &Snapshot) -> Vec<Hint> {
    let name = &snapshot.source.name;
    vec![
        (
            "interface",
            format!(
                "Do DNS packets pass {name}? `rcodetop interfaces` lists the others and tells \
                 which are up; -i any takes them all, and local resolvers are asked over lo."
            ),
        ),
        (
            "filter",
            "Only port 53 is captured, or the ports of --port. An expression of your own \
             (--bpf, or after --) may be too narrow."
                .to_owned(),
        ),
        (
            "privilege",
            "It is granted, or there would be an error instead of this screen. But on a switched \
             network, and with --no-promiscuous, only this host's own packets arrive."
                .to_owned(),
        ),
    ]
}

fn no_dns(snapshot: &Snapshot) -> Vec<Hint> {
    let ledger = &snapshot.ledger;
    let [not_dns, undecodable] = [ledger.not_dns, ledger.undecodable_total()].map(text::count);
    let links = snapshot.source.link_types.join(", ");
    let mut hints = vec![
        ("seen", format!("{not_dns} packets are not DNS, {undecodable} cannot be decoded.")),
        ("port", "DNS is looked for on port 53; --port takes others.".to_owned()),
        ("encrypted", "DNS over TLS, HTTPS or QUIC (ports 853, 443) shows nothing.".to_owned()),
        (
            "place",
            "Does DNS pass where this was captured, and did the filter leave it in?".to_owned(),
        ),
    ];
    if ledger.undecodable_for(Reason::LinkType) > 0 {
        hints.insert(1, ("link type", format!("Not supported: {links}.")));
    }
    hints
}

fn no_responses(snapshot: &Snapshot) -> Vec<Hint> {
    let repeated = text::count(snapshot.outcomes.repeated_queries);
    let unreachable = text::count(snapshot.outcomes.unreachable);
    vec![
        (
            "not known",
            "Whether anybody answers, who refuses whom, and how long answers take.".to_owned(),
        ),
        (
            "one way",
            "Responses may take another way: asymmetric routing, a mirror port of one direction, \
             a filter with src or dst. Capture at the server or the client, or both directions."
                .to_owned(),
        ),
        (
            "silence",
            format!(
                "Or nobody answers: {repeated} queries were sent again, {unreachable} were \
                 answered by an ICMP error or a reset."
            ),
        ),
    ]
}
