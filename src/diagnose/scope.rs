//! From cases put down to one cause to the scope that covers them and no others.

use std::collections::BTreeSet;

use super::base::{Base, Case};
use super::cause::Cause;
use super::claims::{Axis, Claims};
use super::finding::{FindingOutcome, Scope};
use super::networks::{Network, cover, holds};
use crate::iana::{Class, Opcode, RecordType};
use crate::tally::{End, Marks};
use crate::wire::Address;
use crate::wire::name::text;

/// How a case ended, as findings tell it.
pub(super) fn outcome(case: &Case<'_>) -> FindingOutcome {
    match case.end() {
        End::Answered | End::Repeated | End::Unasked | End::Skipped => {
            FindingOutcome::Response(case.rcode())
        }
        End::Silence => FindingOutcome::Unanswered,
        End::Blocked(_) | End::NoConnection => FindingOutcome::Unreachable,
    }
}

/// Cases of one cause, and what they have in common.
#[derive(Clone, Debug)]
pub(super) struct Draft<'a> {
    pub(super) cause: &'static Cause,
    pub(super) outcome: FindingOutcome,
    pub(super) cases: Vec<usize>,
    pub(super) servers: BTreeSet<Address>,
    /// `None`: whoever asks.
    pub(super) clients: Option<Vec<Network>>,
    /// Empty: whatever the name.
    pub(super) suffixes: BTreeSet<&'a [u8]>,
    pub(super) outside: BTreeSet<&'a [u8]>,
    types: BTreeSet<RecordType>,
    opcodes: BTreeSet<u8>,
    classes: BTreeSet<Class>,
    recursion: Option<bool>,
    unasked: Option<bool>,
    detail: Detail,
    /// Exchanges that it covers and should not, or should and does not.
    pub(super) conflicts: u64,
}

/// Which part of the scope is spelled out, beyond what the cause depends on.
#[derive(Clone, Copy, Debug, Default)]
struct Detail {
    clients: bool,
    suffixes: bool,
    /// Whole names, in place of suffixes.
    names: bool,
}

/// From the coarsest to the finest.
const DETAILS: [Detail; 5] = [
    Detail { clients: false, suffixes: false, names: false },
    Detail { clients: false, suffixes: true, names: false },
    Detail { clients: true, suffixes: false, names: false },
    Detail { clients: true, suffixes: true, names: false },
    Detail { clients: true, suffixes: true, names: true },
];

impl<'a> Draft<'a> {
    /// The draft for some cases of one cause and one outcome that covers the fewest others.
    pub(super) fn of(base: &Base<'a>, claims: &Claims<'a>, cases: &[usize]) -> Option<Self> {
        let mut best: Option<Self> = None;
        for detail in DETAILS {
            let draft = Self::with(base, claims, cases, detail)?;
            if draft.conflicts == 0 {
                return Some(draft);
            }
            if best.as_ref().is_none_or(|best| draft.conflicts < best.conflicts) {
                best = Some(draft);
            }
        }
        best
    }

    /// The same with further cases, spelled out alike; if it then covers all of them and no others.
    pub(super) fn joined(
        &self,
        base: &Base<'a>,
        claims: &Claims<'a>,
        further: &[usize],
    ) -> Option<Self> {
        let both: Vec<usize> = self.cases.iter().chain(further).copied().collect();
        Self::with(base, claims, &both, self.detail).filter(|draft| draft.conflicts == 0)
    }

    fn with(base: &Base<'a>, claims: &Claims<'a>, cases: &[usize], detail: Detail) -> Option<Self> {
        let first = base.cases.get(*cases.first()?)?;
        let claim = claims.get(*cases.first()?)?;
        let mut draft = Self {
            cause: claim.cause,
            outcome: outcome(first),
            cases: cases.to_vec(),
            servers: BTreeSet::new(),
            clients: None,
            suffixes: BTreeSet::new(),
            outside: BTreeSet::new(),
            types: BTreeSet::new(),
            opcodes: BTreeSet::new(),
            classes: BTreeSet::new(),
            recursion: None,
            unasked: None,
            detail,
            conflicts: 0,
        };
        let (mut by_client, mut by_name) = (detail.clients, detail.suffixes);
        for number in cases {
            let (Some(case), Some(claim)) = (base.cases.get(*number), claims.get(*number)) else {
                continue;
            };
            draft.servers.insert(case.fact.server);
            match claim.axis {
                Axis::Server => {}
                Axis::Client => by_client = true,
                Axis::Name(suffix) => {
                    by_name = true;
                    draft.suffixes.insert(suffix);
                }
                Axis::ClientName(suffix) => {
                    (by_client, by_name) = (true, true);
                    draft.suffixes.insert(suffix);
                }
                Axis::Foreign => draft.leave_out_own(base, case),
                Axis::Type => {
                    draft.types.insert(case.rtype());
                }
                Axis::Opcode => {
                    draft.opcodes.insert(case.fact.how.opcode.0);
                }
                Axis::Class => {
                    draft.classes.insert(case.class());
                }
                Axis::NoRecursion => draft.recursion = Some(false),
                Axis::Unasked => draft.unasked = Some(true),
            }
        }
        if by_name {
            draft.name(base, claims, detail.names);
        }
        if by_client {
            draft.clients = Some(draft.networks(base));
        }
        draft.conflicts = draft.count_conflicts(base, claims);
        Some(draft)
    }

    /// The names that a server is an authority for are not meant.
    fn leave_out_own(&mut self, base: &Base<'a>, case: &Case<'a>) {
        self.outside.extend(base.server(case.fact.server).domains.iter().copied());
    }

    /// Suffixes of the cases whose claim names none.
    fn name(&mut self, base: &Base<'a>, claims: &Claims<'a>, whole: bool) {
        if whole {
            self.suffixes.clear();
        }
        for number in self.cases.clone() {
            let Some(case) = base.cases.get(number) else { continue };
            let named = matches!(
                claims.get(number).map(|claim| claim.axis),
                Some(Axis::Name(_) | Axis::ClientName(_))
            );
            if whole {
                self.suffixes.insert(case.fact.name);
            } else if !named {
                self.suffixes.insert(case.domain);
            }
        }
    }

    /// The networks of the clients; clients that these servers answered are left out.
    fn networks(&self, base: &Base<'a>) -> Vec<Network> {
        let client = |number: &usize| base.cases.get(*number).map(|case| case.fact.client);
        let inside: BTreeSet<Address> = self.cases.iter().filter_map(client).collect();
        let others = base.of_servers(&self.servers);
        let outside = others.map(|(_, case)| case.fact.client).collect();
        cover(&inside, &outside)
    }

    /// Its own cases.
    pub(super) fn own<'b>(&'b self, base: &'b Base<'a>) -> impl Iterator<Item = &'b Case<'a>> {
        self.cases.iter().filter_map(|number| base.cases.get(*number))
    }

    /// Whether the scope holds for a case, whatever its outcome.
    pub(super) fn is_about(&self, case: &Case<'_>) -> bool {
        self.servers.contains(&case.fact.server)
            && self.clients.as_ref().is_none_or(|clients| holds(clients, case.fact.client))
            && (self.suffixes.is_empty() || is_under_any(case.fact.name, &self.suffixes))
            && (self.outside.is_empty() || !is_under_any(case.fact.name, &self.outside))
            && (self.types.is_empty() || self.types.contains(&case.rtype()))
            && (self.opcodes.is_empty() || self.opcodes.contains(&case.fact.how.opcode.0))
            && (self.classes.is_empty() || self.classes.contains(&case.class()))
            && self.recursion.is_none_or(|desired| case.has(Marks::RD) == desired)
            && self.unasked.is_none_or(|unasked| (case.end() == End::Unasked) == unasked)
    }

    /// Whether a case belongs to it, unless it belongs to a finding before it.
    pub(super) fn covers(&self, case: &Case<'_>) -> bool {
        outcome(case) == self.outcome && self.is_about(case)
    }

    /// Exchanges that it covers though they are put down to other causes, and those that it should
    /// cover and does not.
    fn count_conflicts(&self, base: &Base<'a>, claims: &Claims<'a>) -> u64 {
        let own = self.cases.iter().filter_map(|number| base.cases.get(*number));
        let missed = own.filter(|case| !self.covers(case)).map(|case| case.fact.count);
        missed.sum::<u64>() + self.foreign(base, claims) + self.answered(base)
    }

    /// Answers to clients in its networks that no server of it ever denied anything: what is true
    /// of one server and one network need not be true of another server.
    fn answered(&self, base: &Base<'a>) -> u64 {
        if self.clients.is_none() {
            return 0;
        }
        let own = self.cases.iter().filter_map(|number| base.cases.get(*number));
        let pairs: BTreeSet<(Address, Address)> =
            own.map(|case| (case.fact.server, case.fact.client)).collect();
        let others = base.of_servers(&self.servers).filter(|(_, case)| {
            let pair = (case.fact.server, case.fact.client);
            case.is_answer() && !pairs.contains(&pair) && self.is_about(case)
        });
        others.map(|(_, case)| case.fact.count).sum()
    }

    fn foreign(&self, base: &Base<'a>, claims: &Claims<'a>) -> u64 {
        let is_another =
            |number: usize| claims.get(number).is_some_and(|claim| claim.cause != self.cause);
        let others = base.of_servers(&self.servers);
        let others = others.filter(|(number, case)| is_another(*number) && self.covers(case));
        others.map(|(_, case)| case.fact.count).sum()
    }

    /// The types it is about, if not about all.
    pub(super) fn types(&self) -> Vec<String> {
        self.types.iter().map(ToString::to_string).collect()
    }

    pub(super) fn scope(&self) -> Scope {
        let addresses =
            |all: &BTreeSet<Address>| all.iter().map(|it| it.ip().to_string()).collect();
        let names = |all: &BTreeSet<&[u8]>| all.iter().map(|name| text(name)).collect();
        let clients = self.clients.iter().flatten().map(ToString::to_string);
        let classes = self.classes.iter().copied();
        Scope {
            servers: addresses(&self.servers),
            clients: clients.collect(),
            suffixes: names(&self.suffixes),
            outside_suffixes: names(&self.outside),
            types: self.types.iter().copied().collect(),
            opcodes: self.opcodes.iter().map(|opcode| Opcode(*opcode)).collect(),
            classes: classes.collect(),
            recursion_desired: self.recursion,
            unasked: self.unasked,
        }
    }
}

/// Whether a name is one of the suffixes or below one, by whole labels.
fn is_under_any(name: &[u8], suffixes: &BTreeSet<&[u8]>) -> bool {
    let mut rest = name;
    loop {
        if suffixes.contains(rest) {
            return true;
        }
        let Some((length, behind)) = rest.split_first() else { return false };
        // Behind the root is nothing: what is not known has no suffix.
        if behind.is_empty() {
            return false;
        }
        rest = behind.get(usize::from(*length)..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &[u8], suffix: &[u8], expected: bool) {
        assert_eq!(is_under_any(name, &BTreeSet::from([suffix])), expected);
    }

    #[test]
    fn a_name_is_under_a_suffix_by_whole_labels() {
        let suffix = b"\x03ads\x07example\x00";
        check(b"\x03www\x03ads\x07example\x00", suffix, true);
        check(suffix, suffix, true);
        check(b"\x06badads\x07example\x00", suffix, false);
        check(b"\x07example\x00", suffix, false);
        check(b"", suffix, false);
        check(b"", b"", true);
        check(b"\x01a\x00", b"\x00", true);
        check(b"\x01a\x00", b"", false);
    }
}
