//! Queries without a response: what was in the way, or who does not answer whom.

use std::collections::{BTreeMap, BTreeSet};

use super::{free, network};
use crate::diagnose::Confidence::{Certain, Likely, Possible};
use crate::diagnose::base::{Base, Case, Sight};
use crate::diagnose::cause::Cause;
use crate::diagnose::causes::{
    ACL_DROP, FIREWALL_DROP, FIREWALL_REJECT, PORT_CLOSED, RRL_DROP, RRL_SLIP,
    SERVFAIL_UPSTREAM_DEAD, TCP_RESET,
};
use crate::diagnose::claims::{Axis, Claims};
use crate::tally::End;
use crate::time::Timestamp;
use crate::track::Obstacle;
use crate::wire::Address;

/// Fewer lost queries than this happen in every network.
const LEAST: u64 = 5;

pub(super) fn claim<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    let scenes = scenes(base);
    blocked(base, claims, &scenes);
    // Where no responses are seen, silence says nothing; an error that came says what it says.
    if base.sight != Sight::Queries {
        silent(base, claims, &scenes);
    }
}

/// What a client met at a server.
#[derive(Clone, Copy, Debug, Default)]
struct Met {
    responses: u64,
    silent: u64,
    /// TCP connections that were taken and then reset.
    reset: u64,
    /// TCP connections that were not taken.
    not_taken: u64,
    rejected: u64,
    /// When there were responses, and when there were none.
    answered: Option<(Timestamp, Timestamp)>,
    missed: Option<(Timestamp, Timestamp)>,
}

impl Met {
    /// Whether some queries got a response while others got none.
    fn is_mixed(&self) -> bool {
        let (Some(answered), Some(missed)) = (self.answered, self.missed) else { return false };
        answered.0 < missed.1 && answered.1 > missed.0
    }
}

fn widen(span: &mut Option<(Timestamp, Timestamp)>, case: &Case<'_>) {
    let (first, last) = span.unwrap_or((case.fact.first, case.fact.last));
    *span = Some((first.min(case.fact.first), last.max(case.fact.last)));
}

type Scenes = BTreeMap<(Address, Address), Met>;

fn scenes(base: &Base<'_>) -> Scenes {
    let mut scenes = Scenes::new();
    for case in &base.cases {
        let met = scenes.entry((case.fact.server, case.fact.client)).or_default();
        let count = case.fact.count;
        match case.end() {
            End::Answered | End::Repeated | End::Unasked | End::Skipped => {
                met.responses += count;
                widen(&mut met.answered, case);
            }
            End::Silence => {
                met.silent += count;
                widen(&mut met.missed, case);
            }
            End::Blocked(Obstacle::Reset) => met.reset += count,
            End::Blocked(_) => met.rejected += count,
            End::NoConnection => met.not_taken += count,
        }
    }
    scenes
}

fn met(scenes: &Scenes, case: &Case<'_>) -> Met {
    scenes.get(&(case.fact.server, case.fact.client)).copied().unwrap_or_default()
}

/// Errors in place of responses: they say by themselves what was in the way.
fn blocked<'a>(base: &Base<'a>, claims: &mut Claims<'a>, scenes: &Scenes) {
    let is_ours = |case: &Case<'_>| match case.end() {
        End::Blocked(_) => true,
        End::NoConnection => base.sight != Sight::Queries,
        _ => false,
    };
    for (number, case) in free(base, claims, is_ours) {
        let met = met(scenes, case);
        let (cause, confidence) = match case.end() {
            End::Blocked(Obstacle::PortClosed) if met.responses == 0 => (PORT_CLOSED, Certain),
            // A server that starts anew is not there for a moment.
            End::Blocked(Obstacle::PortClosed) if met.rejected < LEAST => continue,
            End::Blocked(Obstacle::PortClosed) => (PORT_CLOSED, Possible),
            End::Blocked(Obstacle::Rejected | Obstacle::RejectedByHost) => {
                (FIREWALL_REJECT, Certain)
            }
            // Connections are taken, and those who ask get nothing, by whatever way.
            End::Blocked(Obstacle::Reset) if met.responses == 0 => (ACL_DROP, Likely),
            End::NoConnection if met.responses == 0 && met.silent > 0 => (ACL_DROP, Possible),
            // Whoever answers nothing by UDP either is no server that merely refuses TCP.
            End::NoConnection if met.responses > 0 && met.not_taken >= LEAST => (TCP_RESET, Likely),
            End::NoConnection => (TCP_RESET, Possible),
            _ => continue,
        };
        claims.claim(number, cause, confidence, Axis::Client);
    }
}

fn silent<'a>(base: &Base<'a>, claims: &mut Claims<'a>, scenes: &Scenes) {
    let is_ours = |case: &Case<'_>| case.end() == End::Silence;
    let found = free(base, claims, is_ours);
    // A list that drops one client drops its neighbours.
    let resets: BTreeSet<(Address, Address)> = scenes
        .iter()
        .filter(|(_, met)| met.reset > 0 && met.responses == 0)
        .map(|((server, client), _)| (*server, network(*client)))
        .collect();
    let slips = base
        .cases
        .iter()
        .enumerate()
        .filter(|(number, _)| claims.get(*number).is_some_and(|claim| claim.cause == RRL_SLIP));
    let slipping: BTreeSet<(Address, Address)> =
        slips.map(|(_, case)| (case.fact.server, case.fact.client)).collect();
    for (number, case) in found {
        let met = met(scenes, case);
        let key = (case.fact.server, case.fact.client);
        if slipping.contains(&key) && met.silent >= LEAST {
            claims.claim(number, RRL_DROP, Likely, Axis::Client);
            continue;
        }
        // Now and then a packet is lost.
        if met.silent < LEAST {
            continue;
        }
        if met.is_mixed() {
            if met.silent >= 4 * LEAST && !base.has_holes && is_singled_out(scenes, key) {
                claims.claim(number, RRL_DROP, Possible, Axis::Client);
            }
            continue;
        }
        let (cause, confidence) = whole(base, case, met, &resets);
        claims.claim(number, cause, confidence, Axis::Client);
    }
}

/// Whether a client gets no response to much of what it asks, and hardly anybody else does.
fn is_singled_out(scenes: &Scenes, (server, client): (Address, Address)) -> bool {
    let share = |met: &Met| met.silent * 100 / (met.silent + met.responses).max(1);
    let others = scenes.iter().filter(|((other, who), _)| *other == server && *who != client);
    let sound = others.clone().filter(|(_, met)| share(met) <= 5 && met.responses > 0).count();
    let much = scenes.get(&(server, client)).is_some_and(|met| share(met) >= 25);
    much && sound * 3 >= others.count()
}

/// A client gets next to nothing from a server.
fn whole(
    base: &Base<'_>,
    case: &Case<'_>,
    met: Met,
    resets: &BTreeSet<(Address, Address)>,
) -> (&'static Cause, crate::diagnose::Confidence) {
    let server = base.server(case.fact.server);
    if resets.contains(&(case.fact.server, network(case.fact.client))) {
        return (ACL_DROP, Likely);
    }
    if met.rejected > 0 {
        return (FIREWALL_REJECT, Likely);
    }
    // It lives, as others get answers.
    if server.answered.iter().any(|other| *other != case.fact.client) {
        return (FIREWALL_DROP, Likely);
    }
    if base.iterates(case.fact.client) {
        return (SERVFAIL_UPSTREAM_DEAD, Likely);
    }
    (FIREWALL_DROP, Possible)
}
