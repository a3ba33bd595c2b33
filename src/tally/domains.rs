//! The registered domain of a name: public suffix and one label more (publicsuffix.org).

use psl::Psl;

use crate::wire::name::labels;

/// The most labels of a name: each is a length byte and at least one more.
const MAX_LABELS: usize = 127;

/// The wire form of the registered domain; of a public suffix, that suffix itself.
pub(crate) fn registered(wire: &[u8]) -> &[u8] {
    let mut starts = [0_u8; MAX_LABELS];
    let mut count = 0;
    let mut at = 0;
    for label in labels(wire) {
        if let (Some(start), Ok(place)) = (starts.get_mut(count), u8::try_from(at)) {
            (*start, count) = (place, count + 1);
        }
        at += 1 + label.len();
    }
    let starts = starts.get(..count).unwrap_or_default();
    let label = |start: &u8| {
        let rest = wire.get(usize::from(*start)..).unwrap_or_default();
        labels(rest).next().unwrap_or_default()
    };
    let suffix = psl::List.find(starts.iter().rev().map(label)).len;
    // The length is that of the text, which has a dot before each label but the first.
    let mut length = 0;
    let inside = starts.iter().rev().take_while(|start| {
        length += label(start).len() + usize::from(length > 0);
        length <= suffix
    });
    let depth = inside.count() + 1;
    let start = starts.get(count.saturating_sub(depth)).copied().unwrap_or_default();
    wire.get(usize::from(start)..).unwrap_or_default()
}

/// Whether a name ends in a suffix that is on the list.
pub(crate) fn has_public_suffix(wire: &[u8]) -> bool {
    let all: Vec<&[u8]> = labels(wire).collect();
    psl::List.find(all.into_iter().rev()).typ.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::name::text;

    fn wire(name: &str) -> Vec<u8> {
        let mut out = Vec::new();
        for label in name.split('.').filter(|label| !label.is_empty()) {
            out.push(u8::try_from(label.len()).unwrap());
            out.extend_from_slice(label.as_bytes());
        }
        out.push(0);
        out
    }

    #[track_caller]
    fn check(name: &str, domain: &str) {
        assert_eq!(text(registered(&wire(name))), domain);
    }

    #[test]
    fn a_suffix_that_nobody_registered_is_told() {
        assert!(has_public_suffix(&wire("www.example.co.uk")));
        assert!(
            !has_public_suffix(&wire("printer.local")) && !has_public_suffix(&wire("fileserver"))
        );
    }

    #[test]
    fn registered_domains_follow_the_public_suffix_list() {
        check("www.example.com", "example.com");
        check("a.b.example.co.uk", "example.co.uk");
        check("co.uk", "co.uk");
        check("com", "com");
        check("host.corp", "host.corp");
        check("", ".");
    }

    #[test]
    fn odd_labels_do_not_move_the_border() {
        let name = b"\x03a.b\x07example\x03com\x00";
        assert_eq!(text(registered(name)), "example.com");
        assert_eq!(text(registered(b"\x03a.b\x00")), "a\\.b");
    }
}
