//! Every cause, one file each, in one table.
//!
//! A new cause is a file and a row: the help, the reference and the tests follow.

mod acl_drop;
mod acl_notify;
mod acl_query;
mod acl_recursion;
mod acl_transfer;
mod acl_update;
mod auth_only;
mod cookie_required;
mod domain_policy;
mod dropped_unwanted;
mod edns_badcookie;
mod edns_badvers;
mod edns_formerr;
mod edns_triggered;
mod family_acl;
mod firewall_drop;
mod firewall_reject;
mod formerr_acl;
mod injected;
mod lame_delegation;
mod meta_query;
mod meta_servfail;
mod no_upstream;
mod notauth;
mod notimp;
mod notimp_update;
mod overload;
mod overload_refused;
mod policy_nxdomain;
mod port_closed;
mod qtype_policy;
mod qtype_split;
mod rate_limit;
mod rd0_refused;
mod rrl_drop;
mod rrl_slip;
mod search_suffix;
mod servfail_lame;
mod servfail_policy;
mod servfail_upstream_dead;
mod tcp_reset;
mod unknown;
mod unsolicited;
mod unsupported_opcode;
mod upstream_refused;
mod view_mismatch;
mod water_torture;
mod zone_expired;

use super::cause::Cause;

/// Every cause: of refusals, of what is often taken for one, and those that are rarer.
pub static ALL: &[&Cause] = &[
    &acl_recursion::CAUSE,
    &acl_query::CAUSE,
    &auth_only::CAUSE,
    &lame_delegation::CAUSE,
    &domain_policy::CAUSE,
    &acl_transfer::CAUSE,
    &acl_update::CAUSE,
    &acl_notify::CAUSE,
    &qtype_policy::CAUSE,
    &meta_query::CAUSE,
    &rate_limit::CAUSE,
    &view_mismatch::CAUSE,
    &no_upstream::CAUSE,
    &upstream_refused::CAUSE,
    &rd0_refused::CAUSE,
    &unsolicited::CAUSE,
    &injected::CAUSE,
    &overload_refused::CAUSE,
    &water_torture::CAUSE,
    &unsupported_opcode::CAUSE,
    &policy_nxdomain::CAUSE,
    &servfail_lame::CAUSE,
    &servfail_upstream_dead::CAUSE,
    &zone_expired::CAUSE,
    &acl_drop::CAUSE,
    &firewall_drop::CAUSE,
    &firewall_reject::CAUSE,
    &port_closed::CAUSE,
    &tcp_reset::CAUSE,
    &edns_badvers::CAUSE,
    &edns_badcookie::CAUSE,
    &edns_formerr::CAUSE,
    &notauth::CAUSE,
    &notimp::CAUSE,
    &rrl_slip::CAUSE,
    &rrl_drop::CAUSE,
    &overload::CAUSE,
    &servfail_policy::CAUSE,
    &formerr_acl::CAUSE,
    &dropped_unwanted::CAUSE,
    &meta_servfail::CAUSE,
    &notimp_update::CAUSE,
    &cookie_required::CAUSE,
    &edns_triggered::CAUSE,
    &family_acl::CAUSE,
    &search_suffix::CAUSE,
    &qtype_split::CAUSE,
    &unknown::CAUSE,
];

/// The cause with this identifier, in any case.
pub fn find(id: &str) -> Option<&'static Cause> {
    ALL.iter().copied().find(|cause| cause.id.eq_ignore_ascii_case(id))
}

/// The cause for what no cause explains.
pub(super) fn unknown() -> &'static Cause {
    &unknown::CAUSE
}

#[cfg(test)]
mod tests;
