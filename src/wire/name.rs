//! Domain names in presentation form, escaped so that no byte of them can harm a terminal.

/// Escapes text from a packet or a file name for a terminal, a log or a CSV cell: printable
/// ASCII stays, a backslash doubles, every other byte becomes `\DDD` (RFC 1035 §5.1).
pub fn escape_text(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            0x20..=0x7e => out.push(char::from(*byte)),
            _ => out.push_str(&format!("\\{byte:03}")),
        }
    }
    out
}
