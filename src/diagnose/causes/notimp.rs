//! `notimp`: the server does not implement what was asked.

use crate::diagnose::cause::Cause;
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "notimp",
    title: "the server does not implement what was asked",
    headline: "{servers} {servers:does|do} not implement what {clients} {clients:asks|ask}",
    fault: false,
    from_upstream: false,
    rcodes: &[Rcode::NOTIMP],
    meaning: "The server does not know the opcode, or the kind of query. NOTIMP says that it \
              cannot, while REFUSED says that it will not.",
    evidence: "The code is NOTIMP (4), for one opcode or type; ordinary queries are answered.",
    mistaken_for: "notimp-update, where a client that has to register its name meets a server that \
                   does not know updates.",
    remedy: &["Nothing, unless the client needs it: then it needs another server."],
    fixes: &[],
    on_the_client: "",
    never: "",
    sources: &["RFC 1035 §4.1.1", "RFC 6895 §2.2"],
};
