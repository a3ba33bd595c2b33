//! Frame Streams, as fstrm writes them to files and sockets: where frames begin and end.
//!
//! A length of four bytes in network order and so many bytes of data, or an escape of zero and a
//! control frame. Knows nothing of what is in the data, and keeps nothing: a length that lies costs
//! nothing.

/// A control frame is no longer than this (`FSTRM_CONTROL_FRAME_LENGTH_MAX`).
pub(super) const LONGEST_CONTROL: u32 = 512;

const CONTENT_TYPE: u32 = 1;

/// What a stream that can be read holds.
pub(super) const CONTENT: &[u8] = b"protobuf:dnstap.Dnstap";

/// What control frames say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Control {
    /// The receiver: this content is wanted.
    Accept = 1,
    /// A stream begins, with this content.
    Start,
    /// It ends.
    Stop,
    /// The sender: these contents can be had.
    Ready,
    /// The receiver: the end has come through.
    Finish,
}

impl Control {
    const ALL: [Self; 5] = [Self::Accept, Self::Start, Self::Stop, Self::Ready, Self::Finish];
}

/// What stands at the beginning of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look<'a> {
    /// It cannot be told before there are so many bytes.
    Need(usize),
    /// A data frame: behind its length of four bytes there are, or will be, so many bytes.
    Data(u32),
    /// A control frame, its fields, and how long it is as a whole.
    Control(Control, &'a [u8], usize),
    /// A control frame that is too short or too long to be one.
    BadLength(u32),
    /// A control frame of no kind that there is.
    BadKind,
}

/// Looks at what comes next.
pub(super) fn look(bytes: &[u8]) -> Look<'_> {
    let Some(length) = word(bytes, 0) else { return Look::Need(4) };
    if length != 0 {
        return Look::Data(length);
    }
    let Some(length) = word(bytes, 4) else { return Look::Need(8) };
    if !(4..=LONGEST_CONTROL).contains(&length) {
        return Look::BadLength(length);
    }
    let size = 8 + usize::try_from(length).unwrap_or(usize::MAX);
    let Some(frame) = bytes.get(8..size) else { return Look::Need(size) };
    let kind = Control::ALL.into_iter().find(|kind| word(frame, 0) == Some(*kind as u32));
    kind.map_or(Look::BadKind, |kind| Look::Control(kind, frame.get(4..).unwrap_or_default(), size))
}

/// Whether a file of which these are the first bytes is a stream; `None` if there are too few to
/// tell.
pub(super) fn begins(bytes: &[u8]) -> Option<bool> {
    let escape = bytes.get(..4)?;
    if escape != [0; 4] {
        return Some(false);
    }
    let (length, kind) = (word(bytes, 4)?, word(bytes, 8)?);
    Some((4..=LONGEST_CONTROL).contains(&length) && kind == Control::Start as u32)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_be_bytes(*word))
}

/// Whether what can be read is among the contents that the fields of a control frame name; where
/// they name none, anything may be.
pub(super) fn has_content(fields: &[u8]) -> bool {
    let mut contents = contents(fields).peekable();
    contents.peek().is_none() || contents.any(|content| content == CONTENT)
}

/// The contents that the fields of a control frame name, as far as these make sense.
fn contents(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    let fields = std::iter::from_fn(move || {
        let (kind, length) = (word(rest, 0)?, usize::try_from(word(rest, 4)?).ok()?);
        let (value, behind) = rest.get(8..)?.split_at_checked(length)?;
        rest = behind;
        Some((kind, value))
    });
    fields.filter_map(|(kind, value)| (kind == CONTENT_TYPE).then_some(value))
}

/// Control frames as both sides write them, for tests.
#[cfg(test)]
pub(super) mod testing {
    use super::{CONTENT_TYPE, Control};

    /// One that names these contents.
    pub(in crate::source) fn control(kind: Control, contents: &[&[u8]]) -> Vec<u8> {
        let word = |number: usize| u32::try_from(number).unwrap().to_be_bytes();
        let field = |content: &&[u8]| {
            [&CONTENT_TYPE.to_be_bytes()[..], &word(content.len()), content].concat()
        };
        let fields: Vec<u8> = contents.iter().flat_map(field).collect();
        [&[0; 4][..], &word(4 + fields.len()), &(kind as u32).to_be_bytes(), &fields].concat()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::testing::control;
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: Look<'_>) {
        assert_eq!(look(bytes), expected, "{bytes:?}");
    }

    #[test]
    fn frames_are_told_apart_and_no_length_is_believed() {
        check(&[0, 0, 0], Look::Need(4));
        check(&[0, 0, 0, 9, 1], Look::Data(9));
        check(&[0xff; 8], Look::Data(u32::MAX));
        check(&[0; 4], Look::Need(8));
        check(&[0, 0, 0, 0, 0, 0, 0, 3], Look::BadLength(3));
        check(&[0, 0, 0, 0, 0, 0, 2, 1], Look::BadLength(513));
        check(&[0, 0, 0, 0, 0, 0, 0, 4], Look::Need(12));
        check(&control(Control::Stop, &[]), Look::Control(Control::Stop, &[], 12));
        check(&[0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 6], Look::BadKind);
        check(&[0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0], Look::BadKind);
    }

    #[test]
    fn a_stream_begins_with_what_it_holds() {
        let start = control(Control::Start, &[CONTENT]);
        assert_eq!(begins(&start), Some(true));
        assert_eq!(begins(&control(Control::Ready, &[CONTENT])), Some(false));
        assert_eq!(begins(&[0; 12]), Some(false));
        assert_eq!(begins(&[0; 11]), None);
        assert_eq!(begins(b"abcd"), Some(false));
    }

    #[test]
    fn one_of_several_contents_is_enough_and_none_is_any() {
        let other: &[u8] = b"protobuf:other";
        for (contents, expected) in [
            (vec![], true),
            (vec![CONTENT], true),
            (vec![other, CONTENT], true),
            (vec![other], false),
        ] {
            let frame = control(Control::Ready, &contents);
            let Look::Control(_, fields, size) = look(&frame) else { panic!("{contents:?}") };
            assert_eq!((has_content(fields), size), (expected, frame.len()), "{contents:?}");
        }
        assert!(!has_content(&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 0]));
    }

    proptest! {
        #[test]
        fn any_bytes_end(data in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (look(&data), has_content(&data), begins(&data));
        }
    }
}
