//! Every metric, with what it is read from. `docs/metrics.md` is made of this table.

use std::time::Duration;

use super::findings::{self, LABELS, word};
use super::sample::Samples;
use super::{Kind, Metric, View};
use crate::ledger::Reason;
use crate::snapshot::{CodeCount, Confidence, Ended, Monitored, Senders, ServerCounts, SourceKind};

/// In place of what has no label of its own.
const OTHER: &str = "other";

/// All metrics, in the order in which they are told.
pub const METRICS: &[Metric] = &[
    Metric {
        name: "rcodetop_build_info",
        kind: Kind::Gauge,
        labels: &["version"],
        help: "The version that runs; always 1.",
        samples: |_, out| out.add(&[env!("CARGO_PKG_VERSION")], 1),
    },
    Metric {
        name: "rcodetop_start_timestamp_seconds",
        kind: Kind::Gauge,
        labels: &[],
        help: "When counting began, since 1970.",
        samples: |view, out| out.add_time(&[], Duration::from_nanos(view.service.started.0)),
    },
    Metric {
        name: "rcodetop_capture_info",
        kind: Kind::Gauge,
        labels: &["kind", "source", "focus", "filter"],
        help: "What is captured and looked at: kind is live or file; always 1.",
        samples: capture_info,
    },
    Metric {
        name: "rcodetop_capture_running",
        kind: Kind::Gauge,
        labels: &[],
        help: "1 while packets may still come, 0 once the capture has ended.",
        samples: |view, out| out.add(&[], u64::from(view.snapshot.source.ended.is_none())),
    },
    Metric {
        name: "rcodetop_capture_damaged",
        kind: Kind::Gauge,
        labels: &[],
        help: "1 if the capture ended by damage or failure, else 0.",
        samples: |view, out| {
            let ended = view.snapshot.source.ended.as_ref();
            let is_so = matches!(ended, Some(Ended::Damaged(_) | Ended::Failed(_)));
            out.add(&[], u64::from(is_so));
        },
    },
    Metric {
        name: "rcodetop_capture_last_packet_timestamp_seconds",
        kind: Kind::Gauge,
        labels: &[],
        help: "The time of the latest packet, since 1970; absent before the first.",
        samples: |view, out| {
            if let Some(last) = view.snapshot.source.last {
                out.add_time(&[], Duration::from_nanos(last.0));
            }
        },
    },
    Metric {
        name: "rcodetop_quality",
        kind: Kind::Gauge,
        labels: &["id"],
        help: "1 for each reason why the numbers are worth less, as reports list them.",
        samples: |view, out| {
            let mut ids: Vec<_> = view.snapshot.quality.iter().map(|it| it.id).collect();
            ids.sort_unstable();
            ids.dedup();
            ids.iter().for_each(|id| out.add(&[id], 1));
        },
    },
    // ---- what was asked and answered
    Metric {
        name: "rcodetop_queries_total",
        kind: Kind::Counter,
        labels: &[],
        help: "Queries seen, repetitions included; with a filter, those of exchanges that it selects.",
        samples: |view, out| out.add(&[], view.snapshot.queries()),
    },
    Metric {
        name: "rcodetop_responses_total",
        kind: Kind::Counter,
        labels: &["rcode", "transport"],
        help: "Responses by response code and transport; codes that nobody assigned are `other`.",
        samples: responses,
    },
    Metric {
        name: "rcodetop_answered_queries_total",
        kind: Kind::Counter,
        labels: &[],
        help: "Queries that got a response, be it late.",
        samples: |view, out| out.add(&[], view.snapshot.outcomes.answered),
    },
    Metric {
        name: "rcodetop_given_up_queries_total",
        kind: Kind::Counter,
        labels: &[],
        help: "Queries that got no response within the timeout, or an ICMP error or a reset, \
               whatever came later.",
        samples: |view, out| {
            let outcomes = &view.snapshot.outcomes;
            out.add(&[], outcomes.unanswered + outcomes.taken_back);
        },
    },
    Metric {
        name: "rcodetop_taken_back_queries_total",
        kind: Kind::Counter,
        labels: &[],
        help: "Queries that had been given up and whose response came after all; those given up \
               less these got none.",
        samples: |view, out| out.add(&[], view.snapshot.outcomes.taken_back),
    },
    Metric {
        name: "rcodetop_late_responses_total",
        kind: Kind::Counter,
        labels: &[],
        help: "First responses that came later than the timeout.",
        samples: |view, out| out.add(&[], view.snapshot.outcomes.late),
    },
    Metric {
        name: "rcodetop_slow_responses_total",
        kind: Kind::Counter,
        labels: &[],
        help: "First responses that took longer than the threshold of slow (500 ms, or T of \
               --focus slow:T).",
        samples: |view, out| out.add(&[], view.snapshot.slow.responses),
    },
    Metric {
        name: "rcodetop_unasked_responses_total",
        kind: Kind::Counter,
        labels: &[],
        help: "Responses to no query that was seen.",
        samples: |view, out| out.add(&[], view.snapshot.outcomes.unasked),
    },
    Metric {
        name: "rcodetop_repeated_responses_total",
        kind: Kind::Counter,
        labels: &[],
        help: "Further responses to a query that had one.",
        samples: |view, out| out.add(&[], view.snapshot.outcomes.repeated_responses),
    },
    Metric {
        name: "rcodetop_outcomes",
        kind: Kind::Gauge,
        labels: &["outcome"],
        help: "What became of queries and responses, as reports count it: a gauge, for a late \
               response takes the silence before it back.",
        samples: outcomes,
    },
    Metric {
        name: "rcodetop_response_time_seconds",
        kind: Kind::Histogram,
        labels: &[],
        help: "Time from a query to its first response.",
        samples: |view, out| {
            if let Some(monitored) = monitored(view) {
                out.add_times(&[], &monitored.times);
            }
        },
    },
    // ---- by server
    Metric {
        name: "rcodetop_server_responses_total",
        kind: Kind::Counter,
        labels: &["server", "rcode"],
        help: "Responses by server and response code, of the servers with the most responses; \
               all others are `other`.",
        samples: |view, out| {
            for (server, counts) in servers(view) {
                for CodeCount { rcode, responses } in &counts.codes {
                    out.add(&[&server, &code(*rcode)], *responses);
                }
            }
        },
    },
    Metric {
        name: "rcodetop_server_response_time_seconds",
        kind: Kind::Histogram,
        labels: &["server"],
        help: "Time from a query to its first response by server; all others are `other`.",
        samples: |view, out| {
            servers(view).for_each(|(server, counts)| out.add_times(&[&server], &counts.times));
        },
    },
    Metric {
        name: "rcodetop_server_unanswered_queries",
        kind: Kind::Gauge,
        labels: &["server"],
        help: "Queries without a response by server: a gauge, for a late response takes one back.",
        samples: |view, out| {
            for (server, counts) in servers(view) {
                counts.unanswered.iter().for_each(|queries| out.add(&[&server], *queries));
            }
        },
    },
    Metric {
        name: "rcodetop_servers",
        kind: Kind::Gauge,
        labels: &[],
        help: "Servers that were seen, as far as they are kept.",
        samples: |view, out| out.add(&[], view.snapshot.servers_seen),
    },
    // ---- the focus
    Metric {
        name: "rcodetop_focus_exchanges",
        kind: Kind::Gauge,
        labels: &[],
        help: "Exchanges in focus, since counting began.",
        samples: |view, out| out.add(&[], view.snapshot.in_focus().0),
    },
    Metric {
        name: "rcodetop_focus_whole_exchanges",
        kind: Kind::Gauge,
        labels: &[],
        help: "What the share of the focus is of: responses, queries that had an end, or answered \
               queries.",
        samples: |view, out| out.add(&[], view.snapshot.in_focus().1),
    },
    Metric {
        name: "rcodetop_focus_lookups",
        kind: Kind::Gauge,
        labels: &["end"],
        help: "Lookups that met the focus, by whether they failed or got an answer all the same.",
        samples: |view, out| {
            let impact = &view.snapshot.impact;
            out.add(&["failed"], impact.failed);
            out.add(&["recovered"], impact.recovered);
        },
    },
    Metric {
        name: "rcodetop_focus_parties",
        kind: Kind::Gauge,
        labels: &["kind"],
        help: "Distinct servers, clients and questions (name) that met the focus, as far as they are kept.",
        samples: |view, out| {
            out.add(&["server"], view.snapshot.servers.total);
            out.add(&["client"], view.snapshot.clients.total);
            out.add(&["name"], view.snapshot.questions());
        },
    },
    // ---- why
    Metric {
        name: "rcodetop_findings",
        kind: Kind::Gauge,
        labels: &["confidence", "fault"],
        help: "Findings that go on: seen in the last minute before the latest packet.",
        samples: |view, out| {
            for confidence in [Confidence::Possible, Confidence::Likely, Confidence::Certain] {
                for fault in [false, true] {
                    let ongoing = findings::ongoing(view.snapshot, confidence, fault);
                    out.add(&[&confidence.to_string(), word(fault)], ongoing);
                }
            }
        },
    },
    Metric {
        name: "rcodetop_finding_ongoing",
        kind: Kind::Gauge,
        labels: LABELS,
        help: "1 while a finding goes on, 0 once it was not seen for a minute.",
        samples: |view, out| {
            findings::each(view.snapshot, |labels, it| out.add(labels, u64::from(it.ongoing)));
        },
    },
    Metric {
        name: "rcodetop_finding_exchanges",
        kind: Kind::Gauge,
        labels: LABELS,
        help: "Exchanges that belong to a finding: a gauge, for what explains them may change.",
        samples: |view, out| {
            findings::each(view.snapshot, |labels, it| out.add(labels, it.exchanges));
        },
    },
    Metric {
        name: "rcodetop_finding_first_timestamp_seconds",
        kind: Kind::Gauge,
        labels: LABELS,
        help: "The first exchange of a finding, since 1970.",
        samples: |view, out| {
            findings::each(view.snapshot, |labels, it| {
                it.first.iter().for_each(|first| out.add_time(labels, *first));
            });
        },
    },
    Metric {
        name: "rcodetop_findings_omitted",
        kind: Kind::Gauge,
        labels: &[],
        help: "Findings beyond the 64 most harmful, which have no samples of their own.",
        samples: |view, out| {
            let more = view.snapshot.findings.len().saturating_sub(findings::MOST_FINDINGS);
            out.add(&[], more as u64);
        },
    },
    // ---- the books
    Metric {
        name: "rcodetop_frames_total",
        kind: Kind::Counter,
        labels: &["kind"],
        help: "Captured frames by what they were; each is one kind.",
        samples: frames,
    },
    Metric {
        name: "rcodetop_undecodable_frames_total",
        kind: Kind::Counter,
        labels: &["reason"],
        help: "Frames that could not be decoded, by reason.",
        samples: |view, out| {
            for (reason, id) in Reason::ALL {
                out.add(&[id], view.snapshot.ledger.undecodable_for(reason));
            }
        },
    },
    Metric {
        name: "rcodetop_dropped_packets_total",
        kind: Kind::Counter,
        labels: &["by"],
        help: "Packets that the kernel or the interface dropped before they were seen; absent for \
               files.",
        samples: |view, out| {
            let ledger = &view.snapshot.ledger;
            ledger.kernel_dropped.iter().for_each(|it| out.add(&["kernel"], *it));
            ledger.interface_dropped.iter().for_each(|it| out.add(&["interface"], *it));
        },
    },
    Metric {
        name: "rcodetop_senders",
        kind: Kind::Gauge,
        labels: &[],
        help: "Servers that tell dnstap on the socket now; absent for other captures.",
        samples: |view, out| {
            let senders = view.snapshot.source.senders;
            senders.iter().for_each(|it| out.add(&[], it.connected));
        },
    },
    Metric {
        name: "rcodetop_sender_troubles_total",
        kind: Kind::Counter,
        labels: &["trouble"],
        help: "Senders of dnstap that were refused, and frames of theirs that were lost or moved in \
               time, by trouble; absent for other captures.",
        samples: |view, out| {
            for (_, id, _, count) in view.snapshot.source.senders.iter().flat_map(Senders::each) {
                out.add(&[id], count);
            }
        },
    },
    Metric {
        name: "rcodetop_skipped_queries_total",
        kind: Kind::Counter,
        labels: &[],
        help: "Queries skipped because packets came faster than they could be looked at; they are \
               not among the queries.",
        samples: |view, out| out.add(&[], view.snapshot.ledger.skipped),
    },
    Metric {
        name: "rcodetop_malformed_messages_total",
        kind: Kind::Counter,
        labels: &[],
        help: "DNS messages whose records could not be read to the end; they count all the same.",
        samples: |view, out| out.add(&[], view.snapshot.ledger.malformed),
    },
    Metric {
        name: "rcodetop_cut_messages_total",
        kind: Kind::Counter,
        labels: &[],
        help: "DNS messages cut by the capture's length limit; they count all the same.",
        samples: |view, out| out.add(&[], view.snapshot.ledger.cut),
    },
    Metric {
        name: "rcodetop_shed_queries_total",
        kind: Kind::Counter,
        labels: &[],
        help: "Queries forgotten before their time because too many were waiting.",
        samples: |view, out| out.add(&[], view.snapshot.ledger.shed),
    },
    Metric {
        name: "rcodetop_shed_pieces_total",
        kind: Kind::Counter,
        labels: &[],
        help: "Fragments and TCP streams that were given up incomplete.",
        samples: |view, out| out.add(&[], view.snapshot.ledger.shed_pieces),
    },
    Metric {
        name: "rcodetop_stream_gap_bytes_total",
        kind: Kind::Counter,
        labels: &[],
        help: "Bytes of TCP streams passed over because what came before or after was lost.",
        samples: |view, out| out.add(&[], view.snapshot.ledger.stream_gaps),
    },
    Metric {
        name: "rcodetop_misfit_segments_total",
        kind: Kind::Counter,
        labels: &[],
        help: "TCP resets, and beginnings of a connection, that did not fit the one that went on and were not believed.",
        samples: |view, out| out.add(&[], view.snapshot.ledger.misfit_segments),
    },
    Metric {
        name: "rcodetop_evicted_entries_total",
        kind: Kind::Counter,
        labels: &[],
        help: "Entries that bounded tables gave up (--max-memory).",
        samples: |view, out| out.add(&[], view.snapshot.ledger.evicted),
    },
    Metric {
        name: "rcodetop_unwritten_packets_total",
        kind: Kind::Counter,
        labels: &[],
        help: "Packets that were to be written to files (-w) and were not; absent without -w.",
        samples: |view, out| {
            if let Some(recording) = &view.snapshot.source.recording {
                out.add(&[], recording.lost);
            }
        },
    },
    // ---- the service itself
    Metric {
        name: "rcodetop_snapshots_total",
        kind: Kind::Counter,
        labels: &[],
        help: "How often the numbers were put together; about once a second.",
        samples: |view, out| out.add(&[], view.snapshot.serial),
    },
    Metric {
        name: "rcodetop_snapshot_seconds_total",
        kind: Kind::Counter,
        labels: &[],
        help: "How long the capture waited for that in all.",
        samples: |view, out| {
            view.snapshot.cost.iter().for_each(|cost| out.add_time(&[], cost.took));
        },
    },
    Metric {
        name: "rcodetop_http_answers_total",
        kind: Kind::Counter,
        labels: &["status"],
        help: "Answers over HTTP by status, before this one.",
        samples: |view, out| {
            let answers = view.service.answers.iter();
            answers.for_each(|(status, count)| out.add(&[&status.to_string()], *count));
        },
    },
    Metric {
        name: "rcodetop_http_closed_connections_total",
        kind: Kind::Counter,
        labels: &["reason"],
        help: "Connections over HTTP that were closed without an answer, by reason.",
        samples: |view, out| {
            view.service.closed.iter().for_each(|(reason, count)| out.add(&[reason], *count));
        },
    },
];

fn monitored<'a>(view: &View<'a>) -> Option<&'a Monitored> {
    view.snapshot.monitored.as_ref()
}

/// Those told apart by their addresses, then all others.
fn servers<'a>(view: &View<'a>) -> impl Iterator<Item = (String, &'a ServerCounts)> {
    let each = monitored(view).into_iter().flat_map(|it| it.servers.iter().chain([&it.others]));
    each.map(|it| (it.server.map_or(OTHER.to_owned(), |server| server.to_string()), it))
}

fn code(rcode: Option<crate::iana::Rcode>) -> String {
    rcode.map_or_else(|| OTHER.to_owned(), |rcode| rcode.to_string())
}

fn capture_info(view: &View<'_>, out: &mut Samples<'_>) {
    let source = &view.snapshot.source;
    let kind = match source.kind {
        SourceKind::File => "file",
        SourceKind::Live => "live",
    };
    let filter = view.snapshot.selected.as_ref().map_or("", |it| &it.filter);
    out.add(&[kind, &source.name, &view.snapshot.focus_word(), filter], 1);
}

fn responses(view: &View<'_>, out: &mut Samples<'_>) {
    let Some(monitored) = monitored(view) else { return };
    for (transport, codes) in &monitored.transports {
        for CodeCount { rcode, responses } in codes {
            out.add(&[&code(*rcode), &transport.to_string()], *responses);
        }
    }
}

fn outcomes(view: &View<'_>, out: &mut Samples<'_>) {
    let it = &view.snapshot.outcomes;
    for (outcome, count) in [
        ("answered", it.answered),
        ("late", it.late),
        ("unanswered", it.unanswered),
        ("unreachable", it.unreachable),
        ("undecided", it.undecided),
        ("unasked", it.unasked),
        ("skipped", it.skipped),
        ("repeated_queries", it.repeated_queries),
        ("repeated_responses", it.repeated_responses),
    ] {
        out.add(&[outcome], count);
    }
}

fn frames(view: &View<'_>, out: &mut Samples<'_>) {
    let it = &view.snapshot.ledger;
    for (kind, count) in [
        ("datagram", it.datagrams),
        ("segment", it.segments),
        ("fragment", it.fragments),
        ("icmp_error", it.icmp_errors),
        ("duplicate", it.duplicates),
        ("skipped", it.skipped),
        ("not_dns", it.not_dns),
        ("undecodable", it.undecodable_total()),
    ] {
        out.add(&[kind], count);
    }
}
