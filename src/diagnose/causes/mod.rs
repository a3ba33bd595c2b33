//! Every cause, one file each, in one table.
//!
//! A new cause is a file and a row: the help, the reference and the tests follow.

use super::cause::Cause;

/// Declares the causes, each by its file and by the name that rules know it by.
macro_rules! causes {
    ($($file:ident $name:ident)*) => {
        $(
            mod $file;
            pub(in crate::diagnose) static $name: &Cause = &$file::CAUSE;
        )*

        /// Every cause: of refusals, of what is often taken for one, and those that are rarer.
        pub static ALL: &[&Cause] = &[$($name),*];
    };
}

causes! {
    acl_recursion ACL_RECURSION
    acl_query ACL_QUERY
    auth_only AUTH_ONLY
    lame_delegation LAME_DELEGATION
    domain_policy DOMAIN_POLICY
    acl_transfer ACL_TRANSFER
    acl_update ACL_UPDATE
    acl_notify ACL_NOTIFY
    qtype_policy QTYPE_POLICY
    meta_query META_QUERY
    rate_limit RATE_LIMIT
    view_mismatch VIEW_MISMATCH
    no_upstream NO_UPSTREAM
    upstream_refused UPSTREAM_REFUSED
    rd0_refused RD0_REFUSED
    unsolicited UNSOLICITED
    injected INJECTED
    overload_refused OVERLOAD_REFUSED
    water_torture WATER_TORTURE
    unsupported_opcode UNSUPPORTED_OPCODE
    policy_nxdomain POLICY_NXDOMAIN
    servfail_lame SERVFAIL_LAME
    servfail_upstream_dead SERVFAIL_UPSTREAM_DEAD
    zone_expired ZONE_EXPIRED
    acl_drop ACL_DROP
    firewall_drop FIREWALL_DROP
    firewall_reject FIREWALL_REJECT
    port_closed PORT_CLOSED
    tcp_reset TCP_RESET
    edns_badvers EDNS_BADVERS
    edns_badcookie EDNS_BADCOOKIE
    edns_formerr EDNS_FORMERR
    notauth NOTAUTH
    notimp NOTIMP
    rrl_slip RRL_SLIP
    rrl_drop RRL_DROP
    overload OVERLOAD
    servfail_policy SERVFAIL_POLICY
    formerr_acl FORMERR_ACL
    dropped_unwanted DROPPED_UNWANTED
    meta_servfail META_SERVFAIL
    notimp_update NOTIMP_UPDATE
    cookie_required COOKIE_REQUIRED
    edns_triggered EDNS_TRIGGERED
    family_acl FAMILY_ACL
    search_suffix SEARCH_SUFFIX
    qtype_split QTYPE_SPLIT
    unknown UNKNOWN
}

/// The cause with this identifier, in any case.
pub fn find(id: &str) -> Option<&'static Cause> {
    ALL.iter().copied().find(|cause| cause.id.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests;
