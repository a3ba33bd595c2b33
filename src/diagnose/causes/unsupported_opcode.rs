//! `unsupported-opcode`: an unusual opcode is refused.

use crate::diagnose::cause::Cause;
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "unsupported-opcode",
    title: "an unusual opcode is refused",
    headline: "an unusual opcode is refused by {servers}",
    fault: false,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED],
    meaning: "The message is neither a query nor an update nor a notification; STATUS and IQUERY \
              are never used in earnest, and DSO only with those who offer it. Scanners send them.",
    evidence: "The opcode is other than QUERY, NOTIFY and UPDATE; ordinary queries of the same \
               client are answered.",
    mistaken_for: "acl-update and acl-notify have opcodes of their own. NOTIMP is the usual answer \
                   to an opcode that is not known (notimp).",
    remedy: &["Nothing."],
    fixes: &[],
    on_the_client: "",
    never: "",
    sources: &["RFC 6895 §2.2", "RFC 3425", "RFC 8906 §3.1.4"],
};
