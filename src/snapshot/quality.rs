//! What lowers the worth of the numbers, each in a sentence: said, never hidden.

use super::{Quality, Snapshot};

/// The identifier of what a source complains of while it goes on.
pub const COMPLAINT: &str = "source";

/// The identifier of packets that were not written to their file.
pub const NOT_WRITTEN: &str = "not-written";

/// One reason for caution: an identifier, and a sentence if it applies.
type Check = (&'static str, fn(&Snapshot) -> Option<String>);

/// Every reason, most important first.
const CHECKS: &[Check] = &[
    ("nothing-decoded", nothing_decoded),
    ("dropped", dropped),
    ("skipped", skipped),
    (NOT_WRITTEN, not_written),
    ("one-way", one_way),
    ("link-type", link_type),
    ("shed", shed),
    ("bounded", bounded),
    ("duplicates", duplicates),
    ("cut", cut),
    ("malformed", malformed),
    ("undecodable", undecodable),
    ("lost-pieces", lost_pieces),
    ("started-late", started_late),
    ("moved", moved),
    ("pseudonyms", pseudonyms),
];

/// All reasons for caution that apply.
pub(crate) fn assess(snapshot: &Snapshot) -> Vec<Quality> {
    CHECKS.iter().filter_map(|(id, check)| Some(Quality { id, text: check(snapshot)? })).collect()
}

/// `1 frame` or `2 frames`.
fn count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn nothing_decoded(snapshot: &Snapshot) -> Option<String> {
    let ledger = &snapshot.ledger;
    (ledger.frames > 0 && ledger.dns_messages == 0).then(|| {
        format!("none of {} carried a DNS message on the DNS port", count(ledger.frames, "frame"))
    })
}

fn dropped(snapshot: &Snapshot) -> Option<String> {
    let kernel = snapshot.ledger.kernel_dropped.unwrap_or_default();
    let interface = snapshot.ledger.interface_dropped.unwrap_or_default();
    let lost = kernel + interface;
    (lost > 0).then(|| {
        format!(
            "{} were lost, {:.1} % of all (kernel {kernel}, interface {interface}): counts are too \
             low, and unanswered queries may have been answered; a larger --buffer or a narrower \
             filter loses fewer",
            count(lost, "packet"),
            100.0 * super::share(lost, snapshot.ledger.frames + lost)
        )
    })
}

fn skipped(snapshot: &Snapshot) -> Option<String> {
    let (skipped, seen) = (snapshot.ledger.skipped, snapshot.ledger.queries);
    (skipped > 0).then(|| {
        format!(
            "{} were skipped, {:.1} % of all, because packets came faster than they could be looked \
             at: of some clients all responses count and no query does; what is said of unanswered \
             queries and of times is of the other clients; a narrower filter or more --threads skip \
             fewer",
            count(skipped, "query").replace("querys", "queries"),
            100.0 * super::share(skipped, seen + skipped)
        )
    })
}

fn not_written(snapshot: &Snapshot) -> Option<String> {
    let recording = snapshot.source.recording.as_ref()?;
    let lost = count(recording.lost, "packet");
    match &recording.stopped {
        Some(why) => Some(format!(
            "nothing is written any more to {} ({why}): {lost} not written so far; the capture goes on",
            recording.file
        )),
        None => (recording.lost > 0)
            .then(|| format!("{lost} not written to {}: the disk is too slow", recording.file)),
    }
}

/// One direction is missing when it has less than a twentieth of the other.
fn one_way(snapshot: &Snapshot) -> Option<String> {
    const ENOUGH: u64 = 20;
    let ledger = &snapshot.ledger;
    let (queries, responses) = (ledger.queries + ledger.skipped, ledger.responses);
    if queries + responses < ENOUGH {
        return None;
    }
    if queries * 20 < responses {
        return Some(
            "only responses were captured: unanswered queries and times cannot be seen".into(),
        );
    }
    (responses * 20 < queries && snapshot.outcomes.unreachable * 20 < queries)
        .then(|| "only queries were captured: nobody answers, or responses take another way".into())
}

fn link_type(snapshot: &Snapshot) -> Option<String> {
    let lost = snapshot.ledger.undecodable_for(crate::ledger::Reason::LinkType);
    (lost > 0).then(|| {
        format!("{} of a link type that is not supported were passed over", count(lost, "frame"))
    })
}

fn shed(snapshot: &Snapshot) -> Option<String> {
    (snapshot.ledger.shed > 0).then(|| {
        format!(
            "{} could not be kept until answered: too many waited at once; they count as undecided",
            count(snapshot.ledger.shed, "query").replace("querys", "queries")
        )
    })
}

fn bounded(snapshot: &Snapshot) -> Option<String> {
    let evicted = snapshot.ledger.evicted;
    (evicted > 0).then(|| {
        format!(
            "{evicted} rare keys were given up, and rows show by how much they may be too low; \
             longer lists (--top) and more memory (--max-memory) keep more"
        )
    })
}

fn duplicates(snapshot: &Snapshot) -> Option<String> {
    (snapshot.ledger.duplicates > 0).then(|| {
        format!(
            "{} were second copies of a packet (captured at two places) and count once",
            count(snapshot.ledger.duplicates, "frame")
        )
    })
}

fn cut(snapshot: &Snapshot) -> Option<String> {
    (snapshot.ledger.cut > 0).then(|| {
        format!(
            "{} were cut (snaplen): names and extended errors may be missing",
            count(snapshot.ledger.cut, "message")
        )
    })
}

fn malformed(snapshot: &Snapshot) -> Option<String> {
    (snapshot.ledger.malformed > 0).then(|| {
        format!(
            "{} are malformed; their headers count",
            count(snapshot.ledger.malformed, "message")
        )
    })
}

fn undecodable(snapshot: &Snapshot) -> Option<String> {
    let ledger = &snapshot.ledger;
    let lost = ledger.undecodable_total() - ledger.undecodable_for(crate::ledger::Reason::LinkType);
    (lost > 0).then(|| format!("{} could not be decoded", count(lost, "frame")))
}

fn lost_pieces(snapshot: &Snapshot) -> Option<String> {
    let ledger = &snapshot.ledger;
    (ledger.shed_pieces + ledger.stream_gaps > 0).then(|| {
        format!(
            "{} and {} of TCP streams stayed incomplete",
            count(ledger.shed_pieces, "fragment or stream"),
            count(ledger.stream_gaps, "byte")
        )
        .replace("fragment or streams", "fragments or streams")
    })
}

/// Those who tell have another clock than this host.
fn moved(snapshot: &Snapshot) -> Option<String> {
    let moved = snapshot.source.senders.map_or(0, |senders| senders.moved());
    (moved > 0).then(|| {
        format!(
            "{} moved to this host's time, as their sender's clock is another: how long answers \
             took still holds",
            count(moved, "frame")
        )
    })
}

/// What a reader has to know of what is and what is not hidden.
fn pseudonyms(snapshot: &Snapshot) -> Option<String> {
    snapshot.source.pseudonyms.then(|| {
        "addresses are pseudonyms; names that were asked for, times and texts are as they were"
            .into()
    })
}

fn started_late(snapshot: &Snapshot) -> Option<String> {
    let unasked = snapshot.outcomes.unasked;
    (unasked > 0 && one_way(snapshot).is_none()).then(|| {
        format!(
            "{} to no query seen: asked earlier, lost, or not asked at all",
            count(unasked, "response")
        )
    })
}
