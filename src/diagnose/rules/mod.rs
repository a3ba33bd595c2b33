//! The rules: each puts cases down to causes. Causes that exclude each other are decided in one
//! file, because the contrast between them is the decision.

mod clients;
mod forged;
mod forms;
mod iterative;
mod protocol;
mod rate;
mod servfail;
mod silence;
mod upstream;

use super::base::{Base, Case};
use super::claims::Claims;
use crate::wire::Address;

/// Looks at the cases that are still free, and claims some.
type Rule = for<'a> fn(&Base<'a>, &mut Claims<'a>);

/// Every rule, in the order in which they take cases: first what the packets state by themselves,
/// then what contrasts tell, last what is told by nothing else being there.
pub(super) const ALL: &[Rule] = &[
    protocol::claim,
    forged::claim,
    upstream::claim,
    iterative::claim,
    forms::claim,
    rate::claim,
    clients::claim,
    servfail::claim,
    silence::claim,
];

/// The cases that are free and of a kind, with their numbers.
fn free<'b, 'a>(
    base: &'b Base<'a>,
    claims: &Claims<'a>,
    kind: impl Fn(&Case<'a>) -> bool,
) -> Vec<(usize, &'b Case<'a>)> {
    let cases = base.cases.iter().enumerate();
    cases.filter(|(number, case)| claims.is_free(*number) && kind(case)).collect()
}

/// The network of a client that access lists are written for: its first address.
fn network(client: Address) -> Address {
    let host = if client.is_v4() { 8 } else { 64 };
    Address(client.0 >> host << host)
}
