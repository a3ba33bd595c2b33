//! `rcodetop explain`: what a code means, how it differs from its neighbours, what to check.
//!
//! Names and numbers are those of [`crate::iana`]; here are the longer texts. Knows no packet.

use std::fmt::Write;

use crate::iana::{Ede, RCODES, Rcode};

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
        text: "The server could and will not. Usual reasons:\n\
               \x20 - this client may not ask it (BIND allow-query, allow-recursion; Unbound \
               access-control; PowerDNS Recursor allow-from; Knot Resolver view rules)\n\
               \x20 - it only serves its own zones, and the name is in none of them: a client uses \
               an authoritative server as resolver, or a delegation points to a server that does \
               not have the zone (lame delegation)\n\
               \x20 - the zone is there but expired, not loaded, or not in this client's view\n\
               \x20 - a policy blocks the name, or the type (ANY, AXFR), or the class (CHAOS)\n\
               \x20 - a transfer, NOTIFY or UPDATE without the right address or key\n\
               \x20 - a rate limit or quota was reached\n\
               To tell them apart, compare: which clients, names and types does the same server \
               still answer?",
    },
    Hint {
        rcode: Rcode::NOTAUTH,
        text: "In response to UPDATE, NOTIFY or a transfer: the server is not primary or secondary \
               for the zone. With a TSIG record: the signature or key was not accepted; its error \
               field says BADSIG (16), BADKEY (17) or BADTIME (18).",
    },
    Hint {
        rcode: Rcode::BADVERS,
        text: "The same number is BADSIG in the error field of a TSIG record (RFC 8945 §3): the \
               signature is wrong. In a response header, completed by EDNS, it is BADVERS. Windows \
               knows it as BADSIG only.",
    },
    Hint {
        rcode: Rcode(23),
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
The C library tries the next server after SERVFAIL, NOTIMP and REFUSED; if no server is left, programs
say \"Temporary failure in name resolution\" for a refusal, too.";

/// What each Extended DNS Error says, in the order of the registry.
const EDE_MEANINGS: &[&str] = &[
    "none of the others fits; the text may say more",
    "the zone is signed with algorithms the resolver cannot check",
    "the delegation is secured with digests the resolver cannot check",
    "the data could not be refreshed in time; what was left was given (RFC 8767)",
    "the answer was made up for reasons of policy",
    "validation ended in the state indeterminate",
    "validation failed: the data does not match its signatures or keys",
    "a signature's validity has ended",
    "a signature's validity has not begun; check clocks",
    "the delegation names a key that the zone does not have",
    "the zone should be signed, and no signatures were found",
    "the keys found are not marked as zone keys",
    "the proof that a record does not exist is missing",
    "the resolver remembers this failure; it did not ask anew",
    "the server has just started and cannot answer yet",
    "a block list of the server's operator covers the name",
    "someone outside, such as a law, made the operator block the name",
    "a block list that the client asked for covers the name",
    "this client may not use the server for this query",
    "the data is stale, and it says that the name does not exist (RFC 8767)",
    "recursion was not asked for, and the server is not authoritative for the name",
    "the server does not support what was asked for",
    "no server of the zone could be reached, or none gave a usable answer",
    "the network failed on the way to another server",
    "the zone's data is not valid, so the server cannot answer from it",
    "a signature ends before it begins",
    "the query came as 0-RTT early data, in which it could be replayed (RFC 9250)",
    "the zone uses more NSEC3 iterations than the resolver accepts (RFC 9276)",
    "the server cannot do what the client's policy options ask for",
    "the answer was synthesized by the server",
    "this type may not be queried (RFC 9824)",
];

/// Why there is nothing to explain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "nothing known about {0:?}; give an RCODE (REFUSED, 5), a Windows DNS error (9001 to 9018, \
     0x232D), or an Extended DNS Error (ede:0 to ede:65535); `rcodetop explain` lists all"
)]
pub struct UnknownCode(String);

/// Explains one code: its mnemonic, its number, its Windows error or `ede:` and a number.
/// A number up to 4095 is an RCODE; 9001 to 9018 are Windows errors.
pub fn explain(what: &str) -> Result<String, UnknownCode> {
    let text = what.trim();
    let unknown = || UnknownCode(text.into());
    if let Some(code) = ede_digits(text) {
        return code.trim().parse().map(|code| explain_ede(Ede(code))).map_err(|_| unknown());
    }
    find_rcode(text).map(explain_rcode).ok_or_else(unknown)
}

fn ede_digits(text: &str) -> Option<&str> {
    let head = text.get(..3).filter(|head| head.eq_ignore_ascii_case("ede"))?;
    text.get(head.len()..).map(|rest| rest.trim_start_matches([':', ' ', '-']))
}

fn find_rcode(text: &str) -> Option<Rcode> {
    if text.eq_ignore_ascii_case("BADSIG") {
        return Some(Rcode::BADVERS); // the same number in a TSIG record, which its text says
    }
    Rcode::from_name(text).or_else(|| Rcode::from_windows(&without_facility(text)))
}

/// Windows also shows its errors as HRESULT: `0x8007232D` is error 0x232D.
fn without_facility(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    match lower.strip_prefix("0x8007") {
        Some(error) if error.len() == 4 => format!("0x{error}"),
        _ => lower,
    }
}

fn explain_rcode(rcode: Rcode) -> String {
    let mut out = match rcode.fact() {
        Some(fact) => format!(
            "{} is response code {}: {}.\nDefined in {}.\n",
            fact.name, rcode.0, fact.meaning, fact.source
        ),
        None => format!("{rcode}: {}.\n", unassigned(rcode)),
    };
    if let Some(error) = rcode.windows_error() {
        let symbol = rcode.windows_symbol().map_or_else(String::new, |name| format!(", {name}"));
        out += &format!("Windows reports it as error {error} (0x{error:X}){symbol}.\n");
    }
    if rcode.0 > 15 {
        out += "It needs EDNS: the header alone holds codes up to 15 (RFC 6891 §6.1.3).\n";
    }
    if let Some(hint) = HINTS.iter().find(|hint| hint.rcode == rcode) {
        out += &format!("\n{}\n", fill(hint.text));
    }
    if [Rcode::REFUSED, Rcode::SERVFAIL, Rcode::NXDOMAIN].contains(&rcode) {
        out += &format!("\n{DIFFERENCES}\n");
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

fn explain_ede(ede: Ede) -> String {
    let meaning = EDE_MEANINGS.get(usize::from(ede.0));
    let said = match (ede.name(), meaning) {
        (Some(name), Some(meaning)) => format!("{name}: {meaning}."),
        _ if ede.0 >= 49152 => "reserved for private use (RFC 8914 §5.2).".into(),
        _ => "not assigned by IANA when this version was made.".into(),
    };
    format!(
        "{}\n\n{}\n",
        fill(&format!("Extended DNS Error {}, {said}", ede.0)),
        fill(
            "An Extended DNS Error (RFC 8914) is the server's own explanation beside the RCODE. It \
             comes only in responses to queries with EDNS, and only if the server chooses to; its \
             absence says nothing."
        )
    )
}

/// All codes in two tables.
pub fn list() -> String {
    let mut out = String::from("Response codes (RCODE), and what Windows makes of them\n\n");
    for fact in RCODES {
        let windows = fact.rcode.windows_error();
        let windows = windows.map_or_else(String::new, |error| format!("{error} 0x{error:X}"));
        let _ =
            writeln!(out, "{:>5}  {:<9}  {windows:<11}  {}", fact.rcode.0, fact.name, fact.meaning);
    }
    out += "\nA Windows error is 9000 plus the RCODE: REFUSED is 9005, SERVFAIL 9002, FORMERR 9001.\n\
            16 is BADVERS in a response, and BADSIG in a TSIG record and to Windows.\n\
            \nExtended DNS Errors (EDE)\n\n";
    for (code, meaning) in (0..).zip(EDE_MEANINGS) {
        let _ = writeln!(out, "{code:>5}  {:<33}  {meaning}", Ede(code).to_string());
    }
    out += "\nMore on one of them: rcodetop explain REFUSED, rcodetop explain ede:18\n";
    out
}

/// Breaks long lines at 100 columns; lines of a list keep their indent.
fn fill(text: &str) -> String {
    text.lines().map(fill_line).collect::<Vec<_>>().join("\n")
}

fn fill_line(line: &str) -> String {
    let indent = if line.starts_with("  - ") { "\n    " } else { "\n" };
    let mut out = String::new();
    let mut used = 0;
    for word in line.split_inclusive(' ') {
        let length = word.chars().count();
        if used + length > 100 {
            out.truncate(out.trim_end().len());
            out += indent;
            used = indent.len() - 1;
        }
        out += word;
        used += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(what: &str, expected: &str) {
        let text = explain(what).unwrap_or_else(|err| err.to_string());
        assert!(text.contains(expected), "explain {what} says:\n{text}\nexpected: {expected}");
    }

    #[test]
    fn refused_goes_by_all_its_names() {
        let names = ["REFUSED", "refused", "5", "RCODE5", "9005", "0x232D", "0x232d", "0x8007232D"];
        for name in names.into_iter().chain(["DNS_ERROR_RCODE_REFUSED", " refused "]) {
            check(name, "REFUSED is response code 5");
        }
        check("REFUSED", "Windows reports it as error 9005 (0x232D), DNS_ERROR_RCODE_REFUSED");
        check("REFUSED", "RFC 1035");
        check("REFUSED", "REFUSED, SERVFAIL and NXDOMAIN:");
    }

    #[test]
    fn numbers_are_those_of_the_registry_and_not_those_of_hearsay() {
        check("4", "NOTIMP is response code 4");
        check("9001", "FORMERR is response code 1");
        check("9002", "SERVFAIL is response code 2");
        check("9003", "NXDOMAIN is response code 3");
        check("9004", "NOTIMP is response code 4");
    }

    #[test]
    fn sixteen_is_badvers_and_badsig_in_tsig() {
        check("16", "BADVERS is response code 16");
        check("BADSIG", "BADSIG in the error field of a TSIG record");
        check("9016", "DNS_ERROR_RCODE_BADSIG");
        check("16", "It needs EDNS");
    }

    #[test]
    fn numbers_without_a_name_are_explained_as_such() {
        check("12", "RCODE12: not assigned");
        check("3841", "RCODE3841: reserved for private use");
        check("ede:31", "not assigned by IANA");
        check("ede:49152", "reserved for private use");
    }

    #[test]
    fn an_extended_error_goes_by_its_number() {
        check("ede:18", "Extended DNS Error 18, Prohibited: this client may not");
        check("EDE 15", "Blocked");
        check("ede20", "Not Authoritative");
    }

    #[test]
    fn what_is_no_code_is_refused_with_what_would_be() {
        for what in ["", "REFUSD", "4096", "9000", "9019", "-5", "ede:", "ede:65536", "0x", "é"] {
            assert!(explain(what).is_err(), "{what}");
        }
        check("REFUSD", "nothing known about \"REFUSD\"; give an RCODE");
    }

    #[test]
    fn the_list_has_every_code_once() {
        let list = list();
        for fact in RCODES {
            let row = format!("{:>5}  {:<9}", fact.rcode.0, fact.name);
            assert_eq!(list.matches(&row).count(), 1, "{row}");
        }
        assert!(list.contains("18  Prohibited"));
    }

    #[test]
    fn every_extended_error_with_a_name_has_a_meaning() {
        let named = (0..=u16::MAX).filter(|code| Ede(*code).name().is_some()).count();
        assert_eq!(EDE_MEANINGS.len(), named);
    }

    #[test]
    fn no_line_is_longer_than_a_screen() {
        let texts = RCODES.iter().map(|fact| explain_rcode(fact.rcode));
        let texts = texts.chain((0..40).map(|code| explain_ede(Ede(code)))).chain([list()]);
        for line in texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()) {
            assert!(line.chars().count() <= 120, "{line}");
        }
    }
}
