//! What stays in the terminal when the screen is gone: five lines for the ticket.

use super::text;
use super::view::{head, verdict};
use crate::snapshot::{Confidence, Focus, Snapshot};

/// What was captured, what came of it, why, how far to trust it, and the command to go on with.
pub fn summary(snapshot: &Snapshot, command: &str) -> [String; 5] {
    [
        captured(snapshot),
        verdict::sentence(snapshot),
        cause(snapshot),
        quality(snapshot),
        format!("Go on with: {command}"),
    ]
}

/// `outage.pcap.gz (complete): 3,442 packets, 3,442 DNS messages, 2026-11-21 03:12:00 to ...`
fn captured(snapshot: &Snapshot) -> String {
    let ledger = &snapshot.ledger;
    let span = head::spans(snapshot).swap_remove(0);
    format!(
        "{} ({}): {}, {}, {span}",
        snapshot.source.name,
        head::ending(snapshot),
        text::plural(ledger.frames, "packet"),
        text::plural(ledger.dns_messages, "DNS message"),
    )
}

/// The first finding with its cause, and where more is known of it.
fn cause(snapshot: &Snapshot) -> String {
    let Some(first) = snapshot.findings.first() else {
        return "No finding.".to_owned();
    };
    let sure = match first.confidence {
        Confidence::Certain => "certain",
        Confidence::Likely => "likely",
        Confidence::Possible => "possible",
    };
    let more = match snapshot.findings.len() - 1 {
        0 => String::new(),
        more => format!(", and {} more", text::count(more as u64)),
    };
    let headline = first.headline.trim_end_matches('.');
    // No finding tells why responses are slow.
    let label = if snapshot.focus == Focus::Slow { "Found" } else { "Cause" };
    format!("{label} ({sure}{more}): {headline} (rcodetop explain {})", first.cause)
}

/// The first of what lowers the worth of the numbers.
fn quality(snapshot: &Snapshot) -> String {
    let warnings = head::warnings(snapshot);
    match (warnings.first(), warnings.len()) {
        (None, _) => "Nothing was lost that the capture knows of.".to_owned(),
        (Some(only), 1) => format!("! {only}"),
        (Some(first), all) => format!("! {first} (and {} more)", text::count(all as u64 - 1)),
    }
}
