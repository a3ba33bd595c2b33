//! Domain names: from wire bytes to one canonical form, and to text that can harm no terminal.
//!
//! Canonical is the uncompressed wire form with ASCII letters in lower case (RFC 4343), so that
//! two spellings of a name are the same bytes.

use std::cmp::Ordering;
use std::fmt::Write as _;

/// The longest name in wire form (RFC 1035 §3.1).
pub const MAX_NAME: usize = 255;

/// The longest label; what has the same bits or less is no longer.
const MAX_LABEL: u8 = 63;

/// Compression pointers followed in one name; each must lead somewhere new.
const MAX_JUMPS: usize = 64;

/// Bytes of a name that are copied at once.
const BLOCK: usize = 16;

/// A name in canonical wire form, in a buffer that is used again and again.
#[derive(Clone, Debug)]
pub struct NameBuffer {
    /// Whole blocks; what lies behind the name is of names before it.
    bytes: [u8; MAX_NAME.next_multiple_of(BLOCK)],
    length: u8,
}

impl Default for NameBuffer {
    fn default() -> Self {
        Self { bytes: [0; MAX_NAME.next_multiple_of(BLOCK)], length: 0 }
    }
}

impl NameBuffer {
    /// The canonical wire form; empty if no name was read.
    #[inline]
    pub fn wire(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// Forgets the name.
    #[inline]
    pub fn clear(&mut self) {
        self.length = 0;
    }

    /// Reads the name at `at` in `message`, decompressing it; the position behind it.
    ///
    /// `None` if it does not end within the message, is longer than 255 bytes, uses a label type
    /// other than the two of RFC 1035, or its pointers run in circles. The buffer is empty then.
    #[inline]
    pub fn read(&mut self, message: &[u8], at: usize) -> Option<usize> {
        self.length = 0;
        match self.read_plain(message, at) {
            Some(behind) => Some(behind),
            None => self.read_compressed(message, at),
        }
    }

    /// The usual case: no pointer, one copy.
    #[inline]
    fn read_plain(&mut self, message: &[u8], at: usize) -> Option<usize> {
        let (mut end, mut lengths) = (at, 0);
        loop {
            let label = *message.get(end)?;
            end += 1 + usize::from(label);
            if label == 0 {
                break;
            }
            // Looked at once, behind the last: a length that is none leads nowhere else but out.
            lengths |= label;
        }
        if lengths > MAX_LABEL {
            return None;
        }
        self.length = u8::try_from(end - at).ok()?;
        self.copy(message.get(..end)?, end - at);
        Some(end)
    }

    /// Copies the name of `length` bytes that `message` ends with, in blocks of which the last
    /// one overlaps the one before it, or what is in front of a short name.
    #[inline]
    fn copy(&mut self, message: &[u8], length: usize) {
        let name = message.get(message.len() - length..).unwrap_or_default();
        if length > 2 * BLOCK {
            return self.copy_long(name);
        }
        let (targets, _) = self.bytes.as_chunks_mut::<BLOCK>();
        if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
            self.put(0, *first);
            self.put(length - BLOCK, *last);
        } else if let (Some(around), [target, ..]) = (message.last_chunk::<BLOCK>(), targets) {
            let in_front = 8 * (BLOCK - length);
            *target = lower_case_word(u128::from_le_bytes(*around) >> in_front).to_le_bytes();
        } else {
            self.copy_long(name);
        }
    }

    #[inline]
    fn put(&mut self, at: usize, block: [u8; BLOCK]) {
        if let Some(target) = self.bytes.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
            *target = lower_case(block);
        }
    }

    fn copy_long(&mut self, name: &[u8]) {
        if let Some(target) = self.bytes.get_mut(..name.len()) {
            target.copy_from_slice(name);
            target.make_ascii_lowercase();
        }
    }

    #[cold]
    fn read_compressed(&mut self, message: &[u8], mut at: usize) -> Option<usize> {
        let bytes = self.bytes.get_mut(..MAX_NAME)?;
        let (mut behind, mut jumps, mut length) = (None, 0, 0);
        loop {
            let first = *message.get(at)?;
            match first {
                0 => {
                    *bytes.get_mut(length)? = 0;
                    self.length = u8::try_from(length + 1).ok()?;
                    return Some(behind.unwrap_or(at + 1));
                }
                1..=63 => {
                    let size = 1 + usize::from(first);
                    let target = bytes.get_mut(length..length + size)?;
                    target.copy_from_slice(message.get(at..at + size)?);
                    target.make_ascii_lowercase();
                    (at, length) = (at + size, length + size);
                }
                192.. => {
                    let low = *message.get(at + 1)?;
                    behind.get_or_insert(at + 2);
                    at = usize::from(u16::from_be_bytes([first & 0x3f, low]));
                    jumps += 1;
                    if jumps > MAX_JUMPS {
                        return None;
                    }
                }
                _ => return None,
            }
        }
    }
}

/// In ASCII; length bytes are below 64 and `A` is 65: they pass unharmed.
#[inline]
fn lower_case(mut block: [u8; BLOCK]) -> [u8; BLOCK] {
    block.make_ascii_lowercase();
    block
}

/// The same for a block that is one number, eight bits at a time without carries between them.
#[inline]
const fn lower_case_word(block: u128) -> u128 {
    const EACH: u128 = u128::MAX / 255;
    const TOP: u128 = 0x80 * EACH;
    let low = block & !TOP;
    let from_a = low + (0x80 - b'A' as u128) * EACH;
    let beyond_z = low + (0x7f - b'Z' as u128) * EACH;
    let upper = from_a & !beyond_z & !block & TOP;
    block | upper >> 2
}

/// The position behind the name at `at`, without looking where pointers lead.
pub fn skip(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            label @ 1..=63 => at += 1 + usize::from(label),
            192.. => return (at + 2 <= message.len()).then_some(at + 2),
            _ => return None,
        }
    }
}

/// The labels of a name in wire form, first to last, without the root.
pub fn labels(wire: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    let mut rest = wire;
    std::iter::from_fn(move || {
        let (length, behind) = rest.split_first()?;
        let label = behind.get(..usize::from(*length)).filter(|label| !label.is_empty())?;
        rest = behind.get(label.len()..).unwrap_or_default();
        Some(label)
    })
}

/// Whether a name is a suffix or below it, by whole labels.
pub fn is_under(name: &[u8], suffix: &[u8]) -> bool {
    let mut rest = name;
    while rest.len() > suffix.len() {
        let Some((length, behind)) = rest.split_first() else { return false };
        rest = behind.get(usize::from(*length)..).unwrap_or_default();
    }
    !rest.is_empty() && rest == suffix
}

/// The wire form cut to its last `depth` labels.
pub fn suffix(wire: &[u8], depth: usize) -> &[u8] {
    let count = labels(wire).count();
    let skipped: usize =
        labels(wire).take(count.saturating_sub(depth)).map(|label| 1 + label.len()).sum();
    wire.get(skipped..).unwrap_or_default()
}

/// A name as text: no final dot, the root as `.`, and nothing but printable ASCII.
///
/// Within a label `.` and `\` get a backslash, bytes outside 0x21 to 0x7e become `\DDD`
/// (RFC 1035 §5.1); everything else stays bare. An empty slice, which is no name, gives `-`.
pub fn text(wire: &[u8]) -> String {
    if wire.is_empty() {
        return "-".to_owned();
    }
    let mut out = String::with_capacity(wire.len());
    push_text(&mut out, wire);
    out
}

/// Appends what [`text`] makes of a name that is not empty.
pub fn push_text(out: &mut String, wire: &[u8]) {
    let begin = out.len();
    for label in labels(wire) {
        if out.len() > begin {
            out.push('.');
        }
        push_label(out, label);
    }
    if out.len() == begin {
        out.push('.');
    }
}

/// The canonical wire form of a name as [`text`] writes it, with or without the final dot.
///
/// `None` for what is none: an empty label, one longer than 63 bytes, more than 255 bytes in all,
/// or an escape that is not one (RFC 1035 §5.1).
pub fn parse(text: &str) -> Option<Vec<u8>> {
    if text == "." {
        return Some(vec![0]);
    }
    let mut out = vec![0];
    let mut length_at = 0;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'.' => {
                length_at = close_label(&mut out, length_at)?;
                continue;
            }
            b'\\' => unescape(&mut bytes)?,
            byte => byte,
        };
        out.push(byte.to_ascii_lowercase());
    }
    // Behind the final dot a label has begun that is the root.
    if out.len() > length_at + 1 {
        close_label(&mut out, length_at)?;
    }
    (out.len() > 1 && out.len() <= MAX_NAME).then_some(out)
}

/// Fills in the length of the label that ends here, and begins another one; its place.
fn close_label(out: &mut Vec<u8>, length_at: usize) -> Option<usize> {
    let length = u8::try_from(out.len() - length_at - 1).ok()?;
    if length == 0 || length > MAX_LABEL {
        return None;
    }
    *out.get_mut(length_at)? = length;
    out.push(0);
    Some(out.len() - 1)
}

/// The byte that `\X` or `\DDD` stands for.
fn unescape(bytes: &mut std::str::Bytes<'_>) -> Option<u8> {
    let first = bytes.next()?;
    if !first.is_ascii_digit() {
        return Some(first);
    }
    let digits = [first, bytes.next()?, bytes.next()?];
    std::str::from_utf8(&digits).ok()?.parse().ok()
}

/// The order of two names' texts, without making them.
pub fn compare(one: &[u8], other: &[u8]) -> Ordering {
    characters(one).cmp(characters(other))
}

/// The characters of [`text`].
fn characters(wire: &[u8]) -> impl Iterator<Item = u8> {
    let alone = match wire {
        [] => b'-',
        _ => b'.',
    };
    let is_alone = labels(wire).next().is_none();
    let inside = labels(wire).enumerate().flat_map(|(place, label)| {
        let dot = (place > 0).then_some(b'.');
        dot.into_iter().chain(label.iter().flat_map(|byte| escaped(*byte)))
    });
    is_alone.then_some(alone).into_iter().chain(inside)
}

/// One byte of a label as text.
fn escaped(byte: u8) -> impl Iterator<Item = u8> {
    let decimal = [b'\\', b'0' + byte / 100, b'0' + byte / 10 % 10, b'0' + byte % 10];
    let (text, length) = match byte {
        b'.' | b'\\' => ([b'\\', byte, 0, 0], 2),
        0x21..=0x7e => ([byte, 0, 0, 0], 1),
        _ => (decimal, 4),
    };
    text.into_iter().take(length)
}

fn push_label(out: &mut String, label: &[u8]) {
    for byte in label {
        match byte {
            b'.' | b'\\' => out.extend(['\\', char::from(*byte)]),
            0x21..=0x7e => out.push(char::from(*byte)),
            _ => push_decimal(out, *byte),
        }
    }
}

fn push_decimal(out: &mut String, byte: u8) {
    // Writing to a String cannot fail.
    let _ = write!(out, "\\{byte:03}");
}

/// Escapes text from a packet or a file name for a terminal, a log or a CSV cell: printable
/// ASCII stays, a backslash doubles, every other byte becomes `\DDD` (RFC 1035 §5.1).
pub fn escape_text(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            0x20..=0x7e => out.push(char::from(*byte)),
            _ => push_decimal(&mut out, *byte),
        }
    }
    out
}

/// The bytes that [`escape_text`] wrote so; `None` for what it does not write.
pub fn unescape_text(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'\\' => unescape(&mut bytes)?,
            0x20..=0x7e => byte,
            _ => return None,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &[u8], at: usize, expected: Option<(&str, usize)>) {
        let mut name = NameBuffer::default();
        let end = name.read(message, at);
        let got = end.map(|end| (text(name.wire()), end));
        assert_eq!(got.as_ref().map(|(text, end)| (text.as_str(), *end)), expected);
        if end.is_none() {
            assert!(name.wire().is_empty(), "nothing is left of a name that failed");
        }
    }

    #[test]
    fn a_name_is_under_a_suffix_by_whole_labels() {
        let under = |name: &[u8]| is_under(name, b"\x03ads\x00");
        assert!(under(b"\x03ads\x00") && under(b"\x01a\x03ads\x00"));
        // The length of a label may look like one of its letters.
        assert!(!under(b"\x05a\x03ads\x00") && !under(b"\x06badads\x00") && !under(b"\x00"));
        assert!(!under(b"") && is_under(b"\x01a\x00", b"\x00"));
    }

    #[test]
    fn names_are_lower_cased_and_escaped() {
        check(b"\x03WwW\x07Example\x00", 0, Some(("www.example", 13)));
        check(b"\x00", 0, Some((".", 1)));
        check(b"\x04a.\\ \x00", 0, Some(("a\\.\\\\\\032", 6)));
        check(b"\x03\x1b[2\x02\xff\x7f\x00", 0, Some(("\\027[2.\\255\\127", 8)));
    }

    #[test]
    fn pointers_are_followed_forwards_and_backwards_but_not_in_circles() {
        check(b"\x03com\x00\x01a\xc0\x00", 5, Some(("a.com", 9)));
        check(b"\x01a\xc0\x04\x01b\x00", 0, Some(("a.b", 4)));
        check(b"\xc0\x00", 0, None);
        check(b"\x01a\xc0\x00", 0, None);
        check(b"\xc0\x02\xc0\x00", 0, None);
    }

    #[test]
    fn names_that_run_off_the_end_or_are_too_long_are_none() {
        check(b"", 0, None);
        check(b"\x03ww", 0, None);
        check(b"\x40abc\x00", 0, None);
        check(b"\x01a", 9, None);
        let mut long = [b"\x3f".as_slice(), &[b'a'; 63]].concat().repeat(4);
        long.push(0);
        check(&long, 0, None);
        let mut longest = [b"\x3f".as_slice(), &[b'a'; 63]].concat().repeat(3);
        longest.extend([b"\x3d".as_slice(), &[b'b'; 61], b"\x00"].concat());
        assert_eq!(longest.len(), MAX_NAME);
        assert_eq!(NameBuffer::default().read(&longest, 0), Some(MAX_NAME));
    }

    #[test]
    fn names_compare_as_their_texts() {
        let names: [&[u8]; 9] = [
            b"",
            b"\x00",
            b"\x01a\x00",
            b"\x01a\x01b\x00",
            b"\x03a.b\x00",
            b"\x02a\\\x00",
            b"\x02a \x00",
            b"\x02ab\x00",
            b"\x01\xff\x03com\x00",
        ];
        for one in names {
            assert_eq!(characters(one).map(char::from).collect::<String>(), text(one));
            for other in names {
                assert_eq!(compare(one, other), text(one).cmp(&text(other)));
            }
        }
    }

    #[test]
    fn a_suffix_counts_labels_from_the_root() {
        let wire = b"\x03www\x07example\x03com\x00";
        assert_eq!(text(suffix(wire, 0)), ".");
        assert_eq!(text(suffix(wire, 2)), "example.com");
        assert_eq!(text(suffix(wire, 9)), "www.example.com");
        assert_eq!(text(suffix(b"", 2)), "-");
    }

    #[test]
    fn no_byte_of_a_text_reaches_a_terminal_raw() {
        let all: Vec<u8> = (0..=255).collect();
        assert!(escape_text(&all).bytes().all(|byte| (0x20..=0x7e).contains(&byte)));
        assert_eq!(escape_text(b"a\\b\n"), "a\\\\b\\010");
    }
}
