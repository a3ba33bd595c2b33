//! The differential test: whatever hickory decodes, our lazy view agrees on.
//!
//! hickory refuses a message whole where one record is damaged; the view goes as far as it can.
//! So the claim is one-sided, and its worth depends on many messages that hickory accepts: made
//! by hickory itself, then bent byte by byte.

#![expect(clippy::unwrap_used, reason = "a test fails by panic")]

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::opt::EdnsOption;
use hickory_proto::rr::rdata::{A, TXT};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use proptest::prelude::*;
use rcodetop::wire::{MIN_MESSAGE, MessageView, NameBuffer};

/// The wire form of a name in lower case, as the view gives it.
fn wire(name: &Name) -> Vec<u8> {
    let mut out = Vec::new();
    for label in name {
        out.push(u8::try_from(label.len()).unwrap());
        out.extend(label.iter().map(u8::to_ascii_lowercase));
    }
    out.push(0);
    out
}

/// Whether hickory decoded the bytes; panics where the view disagrees.
fn agrees(bytes: &[u8]) -> bool {
    let Ok(message) = Message::from_vec(bytes) else { return false };
    let mut name = NameBuffer::default();
    let view = MessageView::read(bytes, false, &mut name).expect("hickory read a header");
    header_agrees(&view, &message);
    edns_agrees(&view, message.edns.as_ref());
    match message.queries.first() {
        None => assert!(view.question.is_none()),
        Some(query) => {
            let question = view.question.expect("hickory read a question");
            assert_eq!(question.rtype.0, u16::from(query.query_type));
            assert_eq!(question.class.0, u16::from(query.query_class));
            assert_eq!(name.wire(), wire(&query.name));
        }
    }
    true
}

fn header_agrees(view: &MessageView<'_>, message: &Message) {
    let (metadata, flags) = (&message.metadata, view.flags);
    assert_eq!(view.id, metadata.id);
    assert_eq!(flags.is_response(), metadata.message_type == MessageType::Response);
    assert_eq!(flags.opcode().0, u8::from(metadata.op_code));
    assert_eq!(flags.authoritative(), metadata.authoritative);
    assert_eq!(flags.truncated(), metadata.truncation);
    assert_eq!(flags.recursion_desired(), metadata.recursion_desired);
    assert_eq!(flags.recursion_available(), metadata.recursion_available);
    let high = message.edns.as_ref().map_or(0, |edns| u16::from(edns.rcode_high()) << 4);
    assert_eq!(view.rcode().0, high | (u16::from(metadata.response_code) & 0xf));
    assert!(usize::from(view.answers) >= message.answers.len());
}

fn edns_agrees(view: &MessageView<'_>, theirs: Option<&Edns>) {
    assert_eq!(view.edns.is_some(), theirs.is_some(), "OPT");
    let (Some(ours), Some(theirs)) = (view.edns, theirs) else { return };
    assert_eq!(ours.version, theirs.version());
    assert_eq!(ours.dnssec_ok, theirs.flags().dnssec_ok);
    // hickory raises sizes below 512, as RFC 6891 §6.2.3 asks
    assert_eq!(ours.udp_size.max(512), theirs.max_payload().max(512));
    let ede = theirs.options().as_ref().iter().find_map(|(_, option)| match option {
        EdnsOption::Unknown(15, data) => Some(data.clone()),
        _ => None,
    });
    let read: usize = ours.options().map(|(_, data)| 4 + data.len()).sum();
    let is_whole = read == ours.options.len();
    let ours = ours.extended_error().map(|(ede, text)| [&ede.0.to_be_bytes(), text].concat());
    // Where less than an option is left over, hickory has none and we have those that are whole.
    if ede.is_none() && !is_whole {
        return;
    }
    assert_eq!(ours, ede.filter(|data| data.len() >= 2), "EDE");
}

fn label() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => "[a-zA-Z0-9_-]{1,12}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 1..20),
        1 => prop::collection::vec(b'a'..=b'z', 63..=63),
    ]
}

fn name() -> impl Strategy<Value = Name> {
    prop::collection::vec(label(), 0..4)
        .prop_map(|labels| Name::from_labels(labels.iter().map(Vec::as_slice)).unwrap())
}

fn record() -> impl Strategy<Value = Record> {
    (name(), any::<[u8; 4]>(), "[ -~]{0,40}", any::<bool>()).prop_map(
        |(name, address, text, is_a)| {
            let data =
                if is_a { RData::A(A(address.into())) } else { RData::TXT(TXT::new(vec![text])) };
            Record::from_rdata(name, 300, data)
        },
    )
}

fn edns() -> impl Strategy<Value = Option<Edns>> {
    let parts = (any::<u8>(), any::<bool>(), prop::option::of((0..40_u16, "[ -~]{0,30}")));
    prop::option::of(parts).prop_map(|parts| {
        parts.map(|(high, dnssec_ok, ede)| {
            let mut edns = Edns::new();
            edns.set_rcode_high(high).set_dnssec_ok(dnssec_ok).set_max_payload(1232);
            if let Some((code, text)) = ede {
                let data = [&code.to_be_bytes(), text.as_bytes()].concat();
                edns.options_mut().insert(EdnsOption::Unknown(15, data));
            }
            edns
        })
    })
}

const OPCODES: [OpCode; 4] = [OpCode::Query, OpCode::Notify, OpCode::Update, OpCode::Status];

prop_compose! {
    fn message()(
        id in any::<u16>(),
        is_response in any::<bool>(),
        opcode in prop::sample::select(OPCODES.to_vec()),
        rcode in 0..12_u8,
        flags in any::<[bool; 4]>(),
        queries in prop::collection::vec((name(), any::<u16>(), 1..5_u16), 0..3),
        answers in prop::collection::vec(record(), 0..4),
        additionals in prop::collection::vec(record(), 0..2),
        edns in edns(),
    ) -> Vec<u8> {
        let kind = if is_response { MessageType::Response } else { MessageType::Query };
        let mut message = Message::new(id, kind, opcode);
        let metadata = &mut message.metadata;
        metadata.response_code = ResponseCode::from(0, rcode);
        metadata.authoritative = flags[0];
        metadata.truncation = flags[1];
        metadata.recursion_desired = flags[2];
        metadata.recursion_available = flags[3];
        for (name, rtype, class) in queries {
            let mut query = Query::query(name, RecordType::from(rtype));
            query.set_query_class(DNSClass::from(class));
            message.add_query(query);
        }
        message.add_answers(answers);
        message.add_additionals(additionals);
        if let Some(edns) = edns {
            message.set_edns(edns);
        }
        message.to_vec().unwrap()
    }
}

#[test]
fn options_before_something_that_is_none_are_known() {
    let header = b"\0\x07\x80\x05\0\0\0\0\0\0\0\x01";
    let opt = b"\0\0\x29\x04\xd0\0\0\0\0\0\x0e";
    let options = b"\0\x0f\0\x08\0\x12denied\0\0";
    let bytes = [&header[..], opt, options].concat();
    assert!(agrees(&bytes));
    let mut name = NameBuffer::default();
    let view = MessageView::read(&bytes, false, &mut name).unwrap();
    let (ede, text) = view.edns.unwrap().extended_error().unwrap();
    assert_eq!((ede.0, text), (18, &b"denied"[..]));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_view_agrees_on_every_message_that_hickory_makes(bytes in message()) {
        prop_assert!(agrees(&bytes));
    }

    #[test]
    fn the_view_agrees_on_bent_messages_that_hickory_still_reads(
        mut bytes in message(),
        bends in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        for (place, value) in bends {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        agrees(&bytes);
    }

    #[test]
    fn every_truncation_is_read_as_far_as_it_goes(bytes in message()) {
        let mut name = NameBuffer::default();
        for length in 0..bytes.len() {
            agrees(&bytes[..length]);
            let view = MessageView::read(&bytes[..length], false, &mut name);
            prop_assert_eq!(view.is_some(), length >= MIN_MESSAGE);
        }
    }

    #[test]
    fn any_bytes_at_all_are_read_without_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        agrees(&bytes);
    }
}
