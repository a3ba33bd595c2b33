//! What a sender of dnstap says over a socket, and what it is answered (Frame Streams).
//!
//! Bytes in, in pieces of any length; data frames and answers out. The sender says what it has
//! (READY), is told what is wanted (ACCEPT), begins (START), tells, ends (STOP), and is told that
//! its end has come through (FINISH). One that begins at once, as a file does, is heard as well and
//! never answered. Knows no socket and no clock, and keeps of what was said no more than a frame
//! that is not whole.

use super::fstrm::{self, Control, Look};

/// A data frame that is longer is passed over: a DNS message, the query to it, and some words.
pub const LONGEST_DATA: u32 = 256 << 10;

/// What is wanted.
const ACCEPT: &[u8] = b"\0\0\0\0\0\0\0\x22\0\0\0\x01\0\0\0\x01\0\0\0\x16protobuf:dnstap.Dnstap";
/// The end has come through.
const FINISH: &[u8] = b"\0\0\0\0\0\0\0\x04\0\0\0\x05";

/// One sender's talk, as far as it came.
#[derive(Debug, Default)]
pub struct Conversation {
    state: State,
    has_begun: bool,
    /// A frame that is not whole: no more than [`LONGEST_DATA`] and what was heard last.
    kept: Vec<u8>,
    /// Bytes of a frame that is passed over, still to come.
    to_skip: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// No stream was begun, or one has ended as files do.
    #[default]
    Silent,
    /// What it has is wanted.
    Agreed,
    /// Data comes; whether its end is to be answered.
    Telling { is_mutual: bool },
    /// The end was answered.
    Over,
}

/// What came of a piece of what was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard<'a> {
    /// A stream begins.
    Began,
    /// The payload of a data frame.
    Data(&'a [u8]),
    /// A data frame longer than [`LONGEST_DATA`], which is passed over.
    TooLong,
    /// The sender has to be sent this.
    Answer(&'static [u8]),
}

/// Why nothing more is listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has something else to tell.
    #[error("has something else to tell than dnstap messages")]
    OtherContent,
    /// It does not speak Frame Streams, or says things in an order that makes no sense.
    #[error("does not speak as Frame Streams are spoken")]
    OtherTongue,
}

impl Conversation {
    /// Takes in what was said, in the order in which it was. After a refusal there is nothing more
    /// to be made of it.
    ///
    /// # Errors
    ///
    /// What was said is no dnstap.
    pub fn hear(&mut self, bytes: &[u8], mut sink: impl FnMut(Heard<'_>)) -> Result<(), Refusal> {
        if self.kept.is_empty() {
            let used = self.read(bytes, &mut sink)?;
            self.kept.extend_from_slice(bytes.get(used..).unwrap_or_default());
            return Ok(());
        }
        let mut all = std::mem::take(&mut self.kept);
        all.extend_from_slice(bytes);
        let used = self.read(&all, &mut sink)?;
        if used < all.len() {
            all.drain(..used);
            self.kept = all;
        }
        Ok(())
    }

    /// Whether data may come, now or much later: a stream that was begun may be silent for as long
    /// as nobody asks the server anything. Before and after it, there is nothing to wait for.
    pub fn is_telling(&self) -> bool {
        matches!(self.state, State::Telling { .. })
    }

    /// Whether a stream ended, and no other was begun.
    pub fn has_ended(&self) -> bool {
        self.has_begun && !self.is_telling()
    }

    /// Whether it said something, and nothing that came to an end.
    pub fn is_unfinished(&self) -> bool {
        self.state == State::Agreed || !self.is_telling() && !self.kept.is_empty()
    }

    /// Whether it is in the middle of a data frame: one that ends now has lost it.
    pub fn is_torn(&self) -> bool {
        self.is_telling() && (self.to_skip > 0 || !self.kept.is_empty())
    }

    /// Reads all frames that are whole and returns how many bytes these have.
    fn read(&mut self, bytes: &[u8], sink: &mut impl FnMut(Heard<'_>)) -> Result<usize, Refusal> {
        let mut used = 0;
        loop {
            let rest = bytes.get(used..).unwrap_or_default();
            let skipped = self.to_skip.min(rest.len());
            let rest = rest.get(skipped..).unwrap_or_default();
            self.to_skip -= skipped;
            used += skipped;
            match fstrm::look(rest) {
                Look::Need(_) => return Ok(used),
                Look::Data(length) => match self.data(length, rest, sink)? {
                    Some(size) => used += size,
                    None => return Ok(used),
                },
                Look::Control(kind, fields, size) => {
                    self.control(kind, fields, sink)?;
                    used += size;
                }
                Look::BadLength(_) | Look::BadKind => return Err(Refusal::OtherTongue),
            }
        }
    }

    /// The size of a data frame; `None` if it is not whole.
    fn data(
        &mut self,
        length: u32,
        bytes: &[u8],
        sink: &mut impl FnMut(Heard<'_>),
    ) -> Result<Option<usize>, Refusal> {
        if !self.is_telling() {
            return Err(Refusal::OtherTongue);
        }
        let size = usize::try_from(length).unwrap_or(usize::MAX);
        if length > LONGEST_DATA {
            sink(Heard::TooLong);
            self.to_skip = size;
            return Ok(Some(4));
        }
        let data = bytes.get(4..4 + size);
        data.into_iter().for_each(|data| sink(Heard::Data(data)));
        Ok(data.map(|_| 4 + size))
    }

    fn control(
        &mut self,
        kind: Control,
        fields: &[u8],
        sink: &mut impl FnMut(Heard<'_>),
    ) -> Result<(), Refusal> {
        let is_offer = matches!(kind, Control::Ready | Control::Start);
        if is_offer && !fstrm::has_content(fields) {
            return Err(Refusal::OtherContent);
        }
        self.state = match (self.state, kind) {
            (State::Silent, Control::Ready) => {
                sink(Heard::Answer(ACCEPT));
                State::Agreed
            }
            (State::Silent | State::Agreed, Control::Start) => {
                sink(Heard::Began);
                self.has_begun = true;
                State::Telling { is_mutual: self.state == State::Agreed }
            }
            (State::Telling { is_mutual: true }, Control::Stop) => {
                sink(Heard::Answer(FINISH));
                State::Over
            }
            // Streams of files may follow each other.
            (State::Telling { is_mutual: false }, Control::Stop) => State::Silent,
            _ => return Err(Refusal::OtherTongue),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::fstrm::CONTENT;
    use crate::source::fstrm::testing::control;

    /// The bytes of words such as `READY`, `ready-other`, `data:abc`, `long:300000`, `hex:00ff`.
    fn said(script: &str) -> Vec<u8> {
        script.split_whitespace().flat_map(word).collect()
    }

    fn word(word: &str) -> Vec<u8> {
        let other: &[u8] = b"protobuf:other";
        let length = |number: usize| u32::try_from(number).unwrap().to_be_bytes();
        match word.split_once(':').unwrap_or((word, "")) {
            ("READY", "") => control(Control::Ready, &[CONTENT]),
            ("READY", "any") => control(Control::Ready, &[]),
            ("READY", "both") => control(Control::Ready, &[other, CONTENT]),
            ("READY", "other") => control(Control::Ready, &[other]),
            ("START", "") => control(Control::Start, &[CONTENT]),
            ("START", "other") => control(Control::Start, &[other]),
            ("STOP", "") => control(Control::Stop, &[]),
            ("ACCEPT", "") => control(Control::Accept, &[CONTENT]),
            ("FINISH", "") => control(Control::Finish, &[]),
            ("data", text) => [&length(text.len())[..], text.as_bytes()].concat(),
            ("long", number) => {
                let number = number.parse().unwrap();
                [&length(number)[..], &vec![b'x'; number]].concat()
            }
            ("raw", text) => text.as_bytes().to_vec(),
            ("length", number) => length(number.parse().unwrap()).to_vec(),
            ("control", number) => [[0; 4], length(number.parse().unwrap())].concat(),
            _ => panic!("what is {word}?"),
        }
    }

    /// What came of it, said in pieces of so many bytes, and how it stands then.
    fn play(bytes: &[u8], piece: usize) -> String {
        let (mut talk, mut told) = (Conversation::default(), Vec::new());
        for piece in bytes.chunks(piece) {
            let heard = talk.hear(piece, |heard| told.push(words(heard)));
            if let Err(refusal) = heard {
                told.push(format!("refused: it {refusal}"));
                return told.join(", ");
            }
            assert!(talk.kept.len() <= LONGEST_DATA as usize + 4);
        }
        let standing = [
            (talk.is_telling(), "telling"),
            (talk.is_torn(), "torn"),
            (talk.is_unfinished(), "unfinished"),
        ];
        told.extend(standing.iter().filter(|(is, _)| *is).map(|(_, word)| (*word).to_owned()));
        told.join(", ")
    }

    fn words(heard: Heard<'_>) -> String {
        match heard {
            Heard::Began => "began".to_owned(),
            Heard::Data(data) => String::from_utf8_lossy(data).into_owned(),
            Heard::TooLong => "too long".to_owned(),
            Heard::Answer(ACCEPT) => "ACCEPT".to_owned(),
            Heard::Answer(FINISH) => "FINISH".to_owned(),
            Heard::Answer(other) => format!("{other:?}"),
        }
    }

    #[track_caller]
    fn check(script: &str, expected: &str) {
        let bytes = said(script);
        for piece in [bytes.len().max(1), 1, 3, 7] {
            // So long a frame in single bytes takes its time and shows nothing else.
            if bytes.len() / piece < 100_000 {
                assert_eq!(play(&bytes, piece), expected, "{script} in pieces of {piece} bytes");
            }
        }
    }

    #[test]
    fn both_sides_say_what_fstrm_says() {
        assert_eq!(ACCEPT, control(Control::Accept, &[CONTENT]));
        assert_eq!(FINISH, control(Control::Finish, &[]));
        check("READY", "ACCEPT, unfinished");
        check("READY START", "ACCEPT, began, telling");
        check("READY START data:a data:bc", "ACCEPT, began, a, bc, telling");
        check("READY START data:a STOP", "ACCEPT, began, a, FINISH");
        check("READY:any START", "ACCEPT, began, telling");
        check("READY:both START", "ACCEPT, began, telling");
    }

    #[test]
    fn a_stream_that_begins_at_once_is_heard_and_never_answered() {
        check("START data:a STOP", "began, a");
        check("START data:a STOP START data:b", "began, a, began, b, telling");
    }

    #[test]
    fn what_is_no_dnstap_is_refused() {
        let (content, tongue) = (
            "refused: it has something else to tell than dnstap messages",
            "refused: it does not speak as Frame Streams are spoken",
        );
        check("READY:other", content);
        check("START:other", content);
        check("READY START:other", &format!("ACCEPT, {content}"));
        check("data:a", tongue);
        check("READY data:a", &format!("ACCEPT, {tongue}"));
        check("READY READY", &format!("ACCEPT, {tongue}"));
        check("STOP", tongue);
        check("ACCEPT", tongue);
        check("FINISH", tongue);
        check("READY START READY", &format!("ACCEPT, began, {tongue}"));
        check("READY START STOP START", &format!("ACCEPT, began, FINISH, {tongue}"));
        check("READY START STOP data:a", &format!("ACCEPT, began, FINISH, {tongue}"));
        check("raw:GET", "unfinished");
        check("raw:GET/", tongue);
        check("control:3", tongue);
        check("control:513", tongue);
    }

    #[test]
    fn what_is_too_long_is_passed_over_and_what_follows_is_heard() {
        check("START long:262145 data:a", "began, too long, a, telling");
        check("START length:4294967295 data:a", "began, too long, telling, torn");
        let longest = format!("began, {}, telling", "x".repeat(262_144));
        check("START long:262144", &longest);
    }

    #[test]
    fn who_leaves_in_the_middle_of_a_frame_has_torn_it() {
        check("", "");
        check("START length:3", "began, telling, torn");
        check("START length:3 raw:ab", "began, telling, torn");
        check("START length:3 raw:abc", "began, abc, telling");
        check("START raw:a", "began, telling, torn");
    }

    proptest! {
        #[test]
        fn any_bytes_come_to_the_same_in_any_pieces(
            mut data in proptest::collection::vec(any::<u8>(), 0..400),
            begins in any::<bool>(),
            piece in 1_usize..50,
        ) {
            // Without a stream that begins, hardly any bytes are heard.
            if begins {
                data.splice(0..0, said("READY START data:a"));
                data.iter_mut().skip(88).for_each(|byte| *byte &= 3);
            }
            prop_assert_eq!(play(&data, piece), play(&data, data.len().max(1)));
        }
    }
}
