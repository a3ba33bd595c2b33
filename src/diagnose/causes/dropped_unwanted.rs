//! `dropped-unwanted`: the server never answers this type or opcode.

use crate::diagnose::cause::{Brand, Cause, Fix};

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "dropped-unwanted",
    title: "the server never answers this type or opcode",
    headline: "{servers} never {servers:answers|answer} queries of this kind",
    fault: false,
    from_upstream: false,
    rcodes: &[],
    meaning: "Some servers drop what they do not want: unusual opcodes, updates, responses that \
              come in as queries. A test tool sees timeouts; real clients do not ask for such.",
    evidence: "No answer to one opcode, class or type, from a server that answers the same clients \
               otherwise.",
    mistaken_for: "firewall-drop and acl-drop, where ordinary queries are unanswered, too.",
    remedy: &["Nothing, unless a client needs it; an answer such as NOTIMP or REFUSED would be \
         friendlier."],
    fixes: &[
        Fix { brand: Brand::Nsd, text: "drop-updates: yes drops UPDATE; no answers it." },
        Fix {
            brand: Brand::Dnsdist,
            text: "DropAction() in a rule by OpcodeRule or QTypeRule: RCodeAction(DNSRCode.NOTIMP) \
                   answers.",
        },
    ],
    on_the_client: "",
    never: "",
    sources: &["RFC 8906 §3.1"],
};
