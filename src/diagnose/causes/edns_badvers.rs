//! `edns-badvers`: the EDNS version of the query is not supported.

use crate::diagnose::cause::Cause;
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "edns-badvers",
    title: "the EDNS version of the query is not supported",
    headline: "{servers} {servers:does|do} not know the EDNS version that {clients} {clients:uses|use}",
    fault: false,
    from_upstream: false,
    rcodes: &[Rcode::BADVERS],
    meaning: "The client asked with an EDNS version other than 0. There is none other, so it is a \
              test or a broken client; the server does as it should.",
    evidence: "The code is BADVERS (16), and the response says which version the server knows; \
               queries with version 0 are answered.",
    mistaken_for: "BADSIG, the same number in a TSIG record.",
    remedy: &["Let the client use version 0."],
    fixes: &[],
    on_the_client: "",
    never: "",
    sources: &["RFC 6891 §6.1.3"],
};
