//! Any bytes as what a sender of dnstap says on a socket, in pieces of any length: what comes of it
//! does not depend on the pieces, and nothing is told before a stream begins.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rcodetop::source::{Conversation, Heard, LONGEST_DATA};

fuzz_target!(|input: (u16, &[u8])| {
    let (piece, bytes) = input;
    assert_eq!(played(bytes, usize::from(piece).max(1)), played(bytes, bytes.len().max(1)));
});

/// What came of it, in words of a byte and what was told; and how it stands in the end.
fn played(bytes: &[u8], piece: usize) -> (Vec<u8>, [bool; 4]) {
    let mut talk = Conversation::default();
    let (mut told, mut has_begun) = (Vec::new(), false);
    for piece in bytes.chunks(piece) {
        let heard = talk.hear(piece, |heard| match heard {
            Heard::Began => {
                has_begun = true;
                told.push(b'b');
            }
            Heard::Data(data) => {
                assert!(has_begun && !data.is_empty() && data.len() <= LONGEST_DATA as usize);
                told.push(b'd');
                told.extend_from_slice(data);
            }
            Heard::TooLong => told.push(b'l'),
            Heard::Answer(answer) => told.extend_from_slice(answer),
        });
        if heard.is_err() {
            told.push(b'r');
            return (told, [false; 4]);
        }
    }
    let stands = [talk.is_telling(), talk.has_ended(), talk.is_unfinished(), talk.is_torn()];
    (told, stands)
}
