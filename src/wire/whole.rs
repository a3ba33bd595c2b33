//! A message decoded whole, for a person to read; off the hot path.
//!
//! hickory decodes what our own view passes over. It refuses a message whole where one record is
//! damaged; the header and question are then shown as the view reads them, and why the rest is not.

use hickory_proto::op::Message;

use super::message::MessageView;
use super::name::{NameBuffer, escape_text, text};

/// The most lines of one message; a zone transfer has thousands.
const MAX_LINES: usize = 200;

/// The longest line, in characters; a TXT record may have tens of thousands.
const MAX_LINE: usize = 400;

/// The message in lines of printable ASCII, in the manner of `dig`.
pub fn describe(bytes: &[u8]) -> Vec<String> {
    let mut lines = head(bytes);
    match Message::from_vec(bytes) {
        Ok(message) => sections(&message, &mut lines),
        Err(error) => lines.push(format!("; the records cannot be decoded: {error}")),
    }
    let more = lines.len().saturating_sub(MAX_LINES);
    lines.truncate(MAX_LINES);
    if more > 0 {
        lines.push(format!("; and {more} more lines"));
    }
    lines.iter().map(|line| shown(line)).collect()
}

fn shown(line: &str) -> String {
    // Escaping again what is escaped would double its backslashes: only the rest is escaped.
    let safe = line.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
    let mut line = if safe { line.to_owned() } else { escape_text(line.as_bytes()) };
    if line.len() > MAX_LINE {
        line.truncate(MAX_LINE);
        line.push_str("...");
    }
    line
}

fn head(bytes: &[u8]) -> Vec<String> {
    let mut name = NameBuffer::default();
    let Some(view) = MessageView::read(bytes, false, &mut name) else {
        return vec!["; shorter than a header".to_owned()];
    };
    let flags = view.flags;
    let set: String = [
        (flags.is_response(), "qr"),
        (flags.authoritative(), "aa"),
        (flags.truncated(), "tc"),
        (flags.recursion_desired(), "rd"),
        (flags.recursion_available(), "ra"),
    ]
    .iter()
    .filter_map(|(is_set, flag)| is_set.then_some([" ", flag]))
    .flatten()
    .collect();
    let set = if set.is_empty() { "no flags".to_owned() } else { format!("flags{set}") };
    let status = if flags.is_response() { view.rcode().to_string() } else { "query".to_owned() };
    let mut lines =
        vec![format!("{} {status}, id {}, {set}, {} bytes", flags.opcode(), view.id, bytes.len())];
    match view.question {
        Some(question) => {
            lines.push(format!("{} {} {}", text(name.wire()), question.class, question.rtype));
        }
        None => lines.push("; no question".to_owned()),
    }
    if let Some(edns) = view.edns {
        lines.push(format!(
            "; EDNS version {}, udp {}{}",
            edns.version,
            edns.udp_size,
            if edns.dnssec_ok { ", do" } else { "" }
        ));
        if let Some((ede, said)) = edns.extended_error() {
            lines.push(format!("; EDE {} ({ede}) {}", ede.0, escape_text(said)));
        }
        let options = edns.options().map(|(code, data)| option(code, data.len()));
        lines.extend(options);
    }
    lines
}

/// An option by its name (IANA registry "DNS EDNS0 Option Codes").
fn option(code: u16, length: usize) -> String {
    let name = match code {
        3 => "NSID",
        8 => "client subnet",
        9 => "expire",
        10 => "cookie",
        11 => "TCP keepalive",
        12 => "padding",
        13 => "chain",
        14 => "key tag",
        15 => "extended error",
        18 => "report channel",
        19 => "zone version",
        _ => "option",
    };
    format!("; option {code} ({name}), {length} bytes")
}

fn sections(message: &Message, lines: &mut Vec<String>) {
    let all = [
        ("answer", &message.answers),
        ("authority", &message.authorities),
        ("additional", &message.additionals),
    ];
    for (title, records) in all.into_iter().filter(|(_, records)| !records.is_empty()) {
        lines.push(format!("; {title}: {}", records.len()));
        lines.extend(records.iter().take(MAX_LINES).map(ToString::to_string));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: &[u8] = b"\x00\x07\x81\x05\x00\x01\x00\x00\x00\x00\x00\x01\x03WWW\x07example\x00\
        \x00\x01\x00\x01\x00\x00\x29\x04\xd0\x00\x00\x80\x00\x00\x0b\x00\x0f\x00\x07\x00\x12\x1b[2Ja";

    #[test]
    fn a_refusal_is_spelt_out_and_its_text_is_harmless() {
        assert_eq!(
            describe(REFUSED),
            [
                "QUERY REFUSED, id 7, flags qr rd, 51 bytes",
                "www.example IN A",
                "; EDNS version 0, udp 1232, do",
                "; EDE 18 (Prohibited) \\027[2Ja",
                "; option 15 (extended error), 7 bytes",
            ]
        );
    }

    #[test]
    fn every_truncation_gives_what_there_is() {
        for length in 0..REFUSED.len() {
            let lines = describe(&REFUSED[..length]);
            assert!(!lines.is_empty());
            assert!(
                lines.iter().all(|line| line.bytes().all(|byte| (0x20..=0x7e).contains(&byte)))
            );
        }
        assert_eq!(describe(b"\x00\x07\x00\x00")[0], "QUERY query, id 7, no flags, 4 bytes");
        assert_eq!(describe(b"\x00\x07\x80\x05")[0], "QUERY REFUSED, id 7, flags qr, 4 bytes");
    }
}
