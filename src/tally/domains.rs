//! The registered domain of a name: public suffix and one label more (publicsuffix.org).

use crate::wire::name::{MAX_NAME, labels, suffix};

/// The wire form of the registered domain; of a public suffix, that suffix itself.
pub(crate) fn registered(wire: &[u8]) -> &[u8] {
    let mut text = [0_u8; MAX_NAME];
    let mut length = 0;
    for label in labels(wire) {
        if length > 0 {
            put(&mut text, &mut length, b'.');
        }
        // A dot within a label is no border between labels.
        label
            .iter()
            .for_each(|byte| put(&mut text, &mut length, if *byte == b'.' { b'_' } else { *byte }));
    }
    let text = text.get(..length).unwrap_or_default();
    let domain = psl::domain(text).map(|domain| domain.as_bytes());
    let found = domain.or_else(|| psl::suffix(text).map(|suffix| suffix.as_bytes()));
    let depth = found.map_or(1, |found| found.split(|byte| *byte == b'.').count());
    suffix(wire, depth)
}

fn put(text: &mut [u8; MAX_NAME], length: &mut usize, byte: u8) {
    if let Some(place) = text.get_mut(*length) {
        *place = byte;
        *length += 1;
    }
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
