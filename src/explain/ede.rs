//! Extended DNS Errors: what each says.

use crate::iana::Ede;

use super::text::{hang, paragraph};

/// What each code says, in the order of the registry.
const MEANINGS: &[&str] = &[
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
    "the client asked too much in too short a time",
    "a quota is used up, and the server will not do more for now",
    "the operator has switched validation off for the name (RFC 7646)",
    "the zone is delegated only in a way that this client does not know (DELEG)",
    "a server further up blocked the name, and this one passes that on",
];

/// Explains `ede:18`, `EDE 18` or the registry's name.
pub(super) fn explain(text: &str) -> Option<String> {
    find(text).map(page)
}

/// The registry's names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    (0..).map(Ede).zip(MEANINGS).filter_map(|(ede, _)| ede.name())
}

fn find(text: &str) -> Option<Ede> {
    match digits(text) {
        Some(code) => code.trim().parse().ok().map(Ede),
        None => (0..).map(Ede).zip(MEANINGS).map(|(ede, _)| ede).find(|ede| is_called(*ede, text)),
    }
}

fn is_called(ede: Ede, text: &str) -> bool {
    ede.name().is_some_and(|name| name.eq_ignore_ascii_case(text))
}

fn digits(text: &str) -> Option<&str> {
    let head = text.get(..3).filter(|head| head.eq_ignore_ascii_case("ede"))?;
    text.get(head.len()..).map(|rest| rest.trim_start_matches([':', ' ', '-']))
}

fn page(ede: Ede) -> String {
    let meaning = MEANINGS.get(usize::from(ede.0));
    let said = match (ede.name(), meaning) {
        (Some(name), Some(meaning)) => format!("{name}: {meaning}."),
        _ if ede.0 >= 49152 => "reserved for private use (RFC 8914 §5.2).".into(),
        _ => "not assigned by IANA when this version was made.".into(),
    };
    let what = paragraph(&format!("Extended DNS Error {}, {said}", ede.0));
    let why = paragraph(
        "An Extended DNS Error (RFC 8914) is the server's own explanation beside the RCODE. It \
         comes only in responses to queries with EDNS, and only if the server chooses to; its \
         absence says nothing.",
    );
    format!("{what}\n{why}")
}

/// All codes, one a line.
pub(super) fn list() -> String {
    let row = |(code, meaning): (u16, &&str)| {
        hang(&format!("{code:>5}  {:<33}  ", Ede(code).to_string()), meaning)
    };
    (0..).zip(MEANINGS).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_with_a_name_has_a_meaning() {
        let named = (0..=u16::MAX).filter(|code| Ede(*code).name().is_some()).count();
        assert_eq!(MEANINGS.len(), named);
    }
}
