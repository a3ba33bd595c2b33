//! A finding in words: headline, evidence with numbers on both sides, doubts, what to do.

use std::collections::BTreeSet;
use std::time::Duration;

use super::base::{Base, Case, Sight};
use super::brand;
use super::cause::Cause;
use super::family;
use super::finding::{Confidence, Finding, Impact};
use super::harm::Harm;
use super::headline::{brief, headline, some};
use super::onset::{last_success, onset};
use super::scope::{Draft, outcome};
use super::verify;
use crate::iana::{Ede, Rcode};
use crate::tally::Marks;
use crate::wire::Address;

/// Fewer exchanges than this make no more than a possibility.
const FEW: u64 = 5;

/// A capture that is shorter shows one moment only.
const SHORT: Duration = Duration::from_secs(1);

/// Less waiting than this is not worth a line.
const MUCH: Duration = Duration::from_secs(1);

/// What was last seen this long before the end of the capture is over.
const OVER: u64 = 60_000_000_000;

/// The finding that a draft makes.
pub(super) fn finding(base: &Base<'_>, draft: &Draft<'_>, harm: &Harm) -> Finding {
    let cause = draft.cause;
    let contrast = Contrast::of(base, draft);
    let (confidence, doubts) = confidence(base, harm, &contrast);
    let heaviest = verify::heaviest(base, draft.own(base));
    let mut finding = Finding {
        id: 0,
        cause: cause.id,
        confidence,
        fault: cause.fault,
        outcome: draft.outcome,
        count: harm.exchanges * base.one_of,
        connections: harm.connections * base.one_of,
        scope: draft.scope(),
        first: Some(harm.first),
        last: Some(harm.last),
        last_success: last_success(base, draft, harm.first),
        onset: onset(base, draft),
        ongoing: base.span.1.nanos_since(harm.last) <= OVER,
        turns: Vec::new(),
        impact: Impact {
            lookups_failed: harm.lookups_failed * base.one_of,
            lookups_recovered: harm.lookups_recovered * base.one_of,
            clients: harm.clients.len() as u64,
            names: harm.names,
            queries: harm.queries * base.one_of,
            waited: Duration::from_micros(harm.waited.saturating_mul(base.one_of)),
        },
        linked: Vec::new(),
        headline: headline(draft, harm),
        brief: brief(draft, harm),
        evidence: contrast.evidence(base, draft, harm),
        against: against(cause, confidence, doubts),
        brand: brand::guess(base, draft).map(|brand| brand.to_string()),
        fix: brand::fixes(base, draft),
        verify: heaviest.map_or_else(String::new, verify::dig_of),
        verify_windows: heaviest.map_or_else(String::new, verify::windows),
    };
    family::tell(base, draft, &mut finding);
    finding
}

fn counted(number: u64, what: &str) -> String {
    let plural = match what {
        _ if number == 1 => String::new(),
        what if what.ends_with('y') => return format!("{number} {}ies", &what[..what.len() - 1]),
        _ => "s".to_owned(),
    };
    format!("{number} {what}{plural}")
}

/// The other side: what the same servers did otherwise.
#[derive(Default)]
struct Contrast {
    /// Exchanges that the scope holds for, with another outcome.
    within: u64,
    within_answers: u64,
    /// Answers to the same clients outside of the scope.
    same_clients: u64,
    /// Answers with recursion to other clients.
    others_recursive: u64,
    others: BTreeSet<Address>,
    /// Answers as authority.
    authoritative: u64,
    /// Extended DNS Errors.
    ede: Vec<(Ede, u64)>,
    could_explain: u64,
    /// Who refused these servers, how often.
    upstream: BTreeSet<Address>,
    upstream_refused: u64,
    fastest: u32,
}

impl Contrast {
    fn of(base: &Base<'_>, draft: &Draft<'_>) -> Self {
        let mut contrast = Self { fastest: u32::MAX, ..Self::default() };
        let clients: BTreeSet<Address> = draft.own(base).map(|case| case.fact.client).collect();
        for case in &base.cases {
            let count = case.fact.count;
            if draft.servers.contains(&case.fact.client) && case.is(Rcode::REFUSED) {
                contrast.upstream.insert(case.fact.server);
                contrast.upstream_refused += count;
            }
            if !draft.servers.contains(&case.fact.server) {
                continue;
            }
            if draft.is_about(case) && case.selected {
                let other = outcome(case) != draft.outcome;
                contrast.within += if other { count } else { 0 };
                contrast.within_answers += if case.is_answer() { count } else { 0 };
            } else if case.is_answer() && clients.contains(&case.fact.client) {
                contrast.same_clients += count;
            }
            if case.is_recursive_answer() && !clients.contains(&case.fact.client) {
                contrast.others_recursive += count;
                contrast.others.insert(case.fact.client);
            }
            contrast.authoritative += if case.is_authoritative_answer() { count } else { 0 };
        }
        draft.own(base).for_each(|case| contrast.explain(case));
        contrast
    }

    fn explain(&mut self, case: &Case<'_>) {
        self.fastest = self.fastest.min(case.fact.took);
        self.could_explain += if case.has(Marks::ASKED_EDNS) { case.fact.count } else { 0 };
        let Some(ede) = case.ede() else { return };
        match self.ede.iter_mut().find(|(known, _)| *known == ede) {
            Some((_, count)) => *count += case.fact.count,
            None => self.ede.push((ede, case.fact.count)),
        }
    }

    fn evidence(&self, base: &Base<'_>, draft: &Draft<'_>, harm: &Harm) -> Vec<String> {
        let names = match harm.names {
            0 => String::new(),
            names => format!(" for {}", counted(names, "name")),
        };
        let clients = counted(harm.clients.len() as u64, "client");
        let mut told = vec![match harm.exchanges {
            // What a connection would have been for nobody knows.
            connections if connections == harm.connections => {
                format!("{} of {clients} were not taken", counted(connections, "TCP connection"))
            }
            exchanges => {
                let all = counted(exchanges + self.within, "such exchange");
                format!("{exchanges} of {all} ended so, from {clients}{names}")
            }
        }];
        told.extend(self.other_side());
        for (ede, count) in &self.ede {
            let of = self.could_explain.max(*count);
            told.push(format!("{count} of {of} that could say why carry EDE {} ({ede})", ede.0));
        }
        if self.upstream_refused > 0 && draft.cause.from_upstream {
            let by: Vec<String> = self.upstream.iter().map(|it| it.ip().to_string()).collect();
            let times = counted(self.upstream_refused, "time");
            told.push(format!("the same server was itself refused {times}, by {}", some(by)));
        }
        let lookups = harm.lookups_failed + harm.lookups_recovered;
        if lookups > 0 {
            told.push(format!(
                "{} of {} of client and question got no answer from anybody, {} did from another \
                 server or later",
                harm.lookups_failed,
                counted(lookups, "pair"),
                harm.lookups_recovered,
            ));
        }
        if lookups > 0 && harm.queries > 2 * lookups {
            told.push(format!("{} were sent for them", counted(harm.queries, "query")));
        }
        let waited = Duration::from_micros(harm.waited);
        if waited >= MUCH {
            told.push(format!(
                "at least {:.1} s were spent waiting for them",
                waited.as_secs_f64()
            ));
        }
        if base.one_of > 1 {
            let rate = base.one_of;
            told.push(format!(
                "seen in a sample, one of {rate} pairs of client and question: clients and names are at \
                 least so many"
            ));
        }
        told
    }

    /// What the same servers answer.
    fn other_side(&self) -> Vec<String> {
        let mut told = Vec::new();
        if self.others_recursive > 0 {
            let clients = counted(self.others.len() as u64, "other client");
            let answers = counted(self.others_recursive, "recursive answer");
            told.push(format!("{clients} got {answers} from the same server"));
        }
        if self.same_clients > 0 {
            let answers = counted(self.same_clients, "answer");
            told.push(format!("the same clients got {answers} to other questions there"));
        }
        if self.authoritative > 0 {
            let answers = counted(self.authoritative, "query");
            told.push(format!("the server answered {answers} as an authority"));
        }
        told
    }
}

/// How sure, after everything that lowers it, and what that is.
fn confidence(base: &Base<'_>, harm: &Harm, contrast: &Contrast) -> (Confidence, Vec<String>) {
    let mut sure = harm.confidence.unwrap_or(Confidence::Possible);
    let mut doubts = Vec::new();
    if base.sight != Sight::Both {
        sure = sure.lower();
        let missing = if base.sight == Sight::Queries { "responses" } else { "queries" };
        doubts.push(format!("the capture shows next to no {missing}"));
    }
    if base.is_patchy {
        sure = sure.lower();
        doubts.push(
            "many queries were lost or skipped: what became of them cannot be told".to_owned(),
        );
    }
    if base.span.1.since(base.span.0) < SHORT {
        sure = sure.lower();
        doubts.push("too early to tell: the capture covers less than a second".to_owned());
    }
    if harm.exchanges < FEW {
        if sure < Confidence::Certain {
            sure = Confidence::Possible;
        }
        let exchanges = counted(harm.exchanges, "exchange");
        doubts.push(format!("too early to tell: only {exchanges} seen"));
    }
    if contrast.within_answers > 0 {
        let answers = counted(contrast.within_answers, "query");
        doubts.push(format!("{answers} of the same kind were answered"));
    }
    (sure, doubts)
}

fn against(cause: &Cause, confidence: Confidence, mut doubts: Vec<String>) -> Vec<String> {
    if confidence == Confidence::Possible && !cause.mistaken_for.is_empty() {
        doubts.push(format!("easily mistaken for: {}", cause.mistaken_for));
    }
    doubts
}
