//! dnstap as servers tell it: frames of streams, and what is told in them.

/// A stream begins.
pub(crate) const START: &[u8] =
    b"\0\0\0\0\0\0\0\x22\0\0\0\x02\0\0\0\x01\0\0\0\x16protobuf:dnstap.Dnstap";
/// It ends.
pub(crate) const STOP: &[u8] = b"\0\0\0\0\0\0\0\x04\0\0\0\x03";

/// A frame of a stream.
pub(crate) fn framed(payload: &[u8]) -> Vec<u8> {
    [&u32::try_from(payload.len()).unwrap().to_be_bytes()[..], payload].concat()
}

/// What is told of a message over a transport: a query (5), or else the response to it (6), which is
/// a refusal.
pub(crate) fn told(kind: u8, protocol: u8, id: u8, seconds: u64) -> Vec<u8> {
    let is_query = kind == 5;
    let flags: [u8; 2] = if is_query { [1, 0] } else { [0x81, 5] };
    let mut dns = vec![0, id, flags[0], flags[1], 0, 1, 0, 0, 0, 0, 0, 0];
    dns.extend(b"\x03www\x07example\0\0\x01\0\x01");
    let mut message = vec![8, kind, 16, 1, 24, protocol];
    message.extend([0x22, 4, 192, 0, 2, 7, 0x2a, 4, 192, 0, 2, 53, 48, 0xd0, 0x0f, 56, 53]);
    message.push(if is_query { 64 } else { 96 });
    message.extend(number(seconds));
    message.push(if is_query { 0x52 } else { 0x72 });
    message.push(u8::try_from(dns.len()).unwrap());
    message.extend(dns);
    let length = u8::try_from(message.len()).unwrap();
    [&[0x78, 1, 0x72, length][..], &message].concat()
}

/// Seven bits a byte, the lowest first.
fn number(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value > 0x7f {
        out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
    out
}
