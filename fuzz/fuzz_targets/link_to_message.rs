//! Any bytes as frames: link layers, tunnels, IP, fragments, streams, messages. Nothing panics,
//! and what is read lies within what was given.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rcodetop::wire::{
    Decoder, MAX_RECORDS, MessageView, NameBuffer, Packet, Records, Streams, name,
};

fuzz_target!(|bytes: &[u8]| {
    let mut decoder = Decoder::new(&[53], 1 << 16);
    let mut streams = Streams::new(1 << 16);
    let mut name = NameBuffer::default();
    for frame in rcodetop_fuzz::frames(bytes) {
        match decoder.decode(&frame) {
            Packet::Datagram(datagram) => read(datagram.payload, datagram.cut, &mut name),
            Packet::Segment(segment) => {
                streams.add(&segment, frame.at, |message| {
                    read(message.bytes, message.cut, &mut name);
                });
            }
            _ => {}
        }
    }
    decoder.abandon_all();
    while decoder.abandoned().is_some() {}
    streams.finish(|_, _, _, message| read(message.bytes, message.cut, &mut name));
});

fn read(bytes: &[u8], cut: bool, name: &mut NameBuffer) {
    let Some(message) = MessageView::read(bytes, cut, name) else { return };
    assert!(message.rcode().0 < 4096, "a response code has twelve bits");
    if let Some(edns) = message.edns {
        assert!(edns.options().count() * 4 <= bytes.len(), "an option takes four bytes");
        assert!(edns.extended_error().is_none_or(|(_, text)| text.len() < bytes.len()));
    }
    records(bytes);
    let text = name::text(name.wire());
    assert!(text.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "unescaped: {text:?}");
}

/// The records of all sections: as many as are looked at, and none beyond the message.
fn records(bytes: &[u8]) {
    let mut name = NameBuffer::default();
    let mut count = 0;
    for record in Records::of(bytes) {
        let _ = (record.owner(&mut name), record.target(&mut name), record.address());
        assert!(bytes.as_ptr_range().contains(&record.data.as_ptr()) || record.data.is_empty());
        count += 1;
    }
    assert!(count <= MAX_RECORDS);
}
