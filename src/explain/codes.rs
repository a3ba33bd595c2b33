//! Response codes: what each means, what often lies behind it, and how its neighbours differ.

use crate::iana::{RCODES, Rcode};

use super::causes;
use super::text::{hang, paragraph};
use super::windows::without_facility;

/// A hint for people: what usually lies behind a code and what to look at.
struct Hint {
    rcode: Rcode,
    text: &'static str,
}

const HINTS: &[Hint] = &[
    Hint {
        rcode: Rcode::NOERROR,
        text: "The name exists. An answer without records (\"NODATA\") means that it has no records \
               of the type asked for, or that the response is a referral to other servers.",
    },
    Hint {
        rcode: Rcode::FORMERR,
        text: "The server read the query and found it malformed, or it does not understand EDNS and \
               says so this way (RFC 6891 §7). Check what sits between: old servers, load balancers \
               and firewalls that rewrite DNS.",
    },
    Hint {
        rcode: Rcode::SERVFAIL,
        text: "The server wanted to answer and could not: its upstream or the zone's servers do not \
               answer or refuse, DNSSEC validation failed, a zone did not load or has expired, or \
               it is overloaded. A resolver that is refused by every server of a zone says SERVFAIL \
               to its client, so look at the resolver's own queries for REFUSED. Extended DNS \
               Errors (EDE) often say which.",
    },
    Hint {
        rcode: Rcode::NXDOMAIN,
        text: "An answer, not a failure: a server that knows the zone says that the name and \
               everything below it does not exist. Block lists use it too.",
    },
    Hint {
        rcode: Rcode::NOTIMP,
        text: "The server does not support the opcode (NOTIFY, UPDATE, STATUS ...). It is code 4; \
               what will not be done, though it could be, is REFUSED, code 5.",
    },
    Hint {
        rcode: Rcode::REFUSED,
        text: "The server could and will not: because of who asks, for what, how, or how often; or \
               because it has nothing to say on the name. To find out which, compare: which \
               clients, names and types does the same server still answer? What separates those \
               from the refused ones is the reason, and `rcodetop report` looks for it.",
    },
    Hint {
        rcode: Rcode::NOTAUTH,
        text: "In response to UPDATE, NOTIFY or a transfer: the server is not primary or secondary \
               for the zone. With a TSIG record: the signature or key was not accepted; its error \
               field says BADSIG (16), BADKEY (17) or BADTIME (18). Knot DNS says it for whatever \
               an access list denies, where others say REFUSED.",
    },
    Hint {
        rcode: Rcode::BADVERS,
        text: "The same number is BADSIG in the error field of a TSIG record (RFC 8945 §3): the \
               signature is wrong. In a response header, completed by EDNS, it is BADVERS. Windows \
               knows it as BADSIG only.",
    },
    Hint {
        rcode: Rcode::BADCOOKIE,
        text: "Normal once per client and server: the response carries the cookie to use, and the \
               client asks again with it.",
    },
];

/// How the three codes that people confuse differ.
const DIFFERENCES: &str = "\
REFUSED, SERVFAIL and NXDOMAIN:
  NXDOMAIN  I know, and there is no such name       an answer; cached; clients stop asking
  SERVFAIL  I tried and could not find out          try another server, or again later
  REFUSED   I could, and I will not (for you)       the same query will be refused again; ask
                                                    another server, or change this one's policy
";

/// What becomes of a refusal in a program.
const C_LIBRARY: &str = "The C library tries the next server after SERVFAIL, NOTIMP and REFUSED; \
                         if no server is left, programs say \"Temporary failure in name \
                         resolution\" for a refusal, too.";

/// Explains a mnemonic, a number up to 4095, or the error or symbol that Windows has for a code.
pub(super) fn explain(text: &str) -> Option<String> {
    find(text).map(page)
}

/// The mnemonics, and the symbols that Windows has for them.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    RCODES.iter().flat_map(|fact| [Some(fact.name), fact.rcode.windows_symbol()]).flatten()
}

fn find(text: &str) -> Option<Rcode> {
    if text.eq_ignore_ascii_case("BADSIG") {
        return Some(Rcode::BADVERS); // the same number in a TSIG record, which its text says
    }
    if text.eq_ignore_ascii_case("DNS_ERROR_RCODE_NO_ERROR") {
        return Some(Rcode::NOERROR); // the one symbol whose number is not 9000 and more
    }
    Rcode::from_name(text).or_else(|| Rcode::from_windows(&without_facility(text)))
}

/// Everything about a code.
pub(super) fn page(rcode: Rcode) -> String {
    let mut out = paragraphs(rcode);
    if let Some(hint) = HINTS.iter().find(|hint| hint.rcode == rcode) {
        out += &format!("\n{}", paragraph(hint.text));
    }
    if [Rcode::REFUSED, Rcode::SERVFAIL, Rcode::NXDOMAIN].contains(&rcode) {
        out += &format!("\n{DIFFERENCES}{}", paragraph(C_LIBRARY));
    }
    out + &causes::behind(rcode.into())
}

/// What the registries say.
fn paragraphs(rcode: Rcode) -> String {
    let mut out = match rcode.fact() {
        Some(fact) => {
            let said = format!("{} is response code {}: {}.", fact.name, rcode.0, fact.meaning);
            format!("{}Defined in {}.\n", paragraph(&said), fact.source)
        }
        None => format!("{rcode}: {}.\n", unassigned(rcode)),
    };
    if let Some(error) = rcode.windows_error() {
        let symbol = rcode.windows_symbol().map_or_else(String::new, |name| format!(", {name}"));
        out += &format!("Windows reports it as error {error} (0x{error:X}){symbol}.\n");
    }
    if rcode.0 > 15 {
        out += "It needs EDNS: the header alone holds codes up to 15 (RFC 6891 §6.1.3).\n";
    }
    out
}

/// What the registry says of numbers without a name (RFC 6895 §2.3).
fn unassigned(rcode: Rcode) -> &'static str {
    match rcode.0 {
        3841..=4095 => "reserved for private use; ask the maker of the server (RFC 6895 §2.3)",
        _ => "not assigned by IANA; the server or something on the way invented it",
    }
}

/// All codes, one a line.
pub(super) fn list() -> String {
    let mut out = String::new();
    for fact in RCODES {
        let windows = fact.rcode.windows_error();
        let windows = windows.map_or_else(String::new, |error| format!("{error} 0x{error:X}"));
        let head = format!("{:>5}  {:<9}  {windows:<11}  ", fact.rcode.0, fact.name);
        out += &hang(&head, fact.meaning);
    }
    out + "\n\
           A Windows error is 9000 plus the RCODE: REFUSED is 9005, SERVFAIL 9002, FORMERR 9001.\n\
           16 is BADVERS in a response, and BADSIG in a TSIG record and to Windows.\n"
}
