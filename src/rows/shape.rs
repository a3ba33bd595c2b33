//! What few exchanges differ in: all of a row but its times, addresses, names and numbers by chance.
//!
//! A batch of a hundred thousand rows has some hundred shapes. Kept once each, they make rows small,
//! and what is made of them - words of a line, columns of few values - is made once for each.

use std::hash::BuildHasher;

use super::gather::Meaning;
use super::row::{End, Obstacle, in_focus};
use super::texts::TextId;
use crate::iana::{Ede, Opcode, Rcode};
use crate::index::Index;
use crate::track::{Exchange, Outcome};
use crate::wire::{Flags, Question, Transport};

/// What an exchange has in common with many others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub(super) end: End,
    pub(super) obstacle: Option<Obstacle>,
    pub(super) server_port: u16,
    pub(super) is_v4: bool,
    pub(super) transport: Transport,
    pub(super) question: Option<Question>,
    pub(super) opcode: Opcode,
    pub(super) query: Option<Sent>,
    pub(super) response: Option<Told>,
    pub(super) repeats: u16,
    pub(super) in_focus: bool,
}

/// What the query says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) flags: Flags,
    pub(super) edns: bool,
}

/// What the response says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) flags: Flags,
    pub(super) edns: bool,
    pub(super) rcode: Rcode,
    pub(super) ede: Option<Ede>,
    pub(super) ede_text: Option<TextId>,
    pub(super) answers: u16,
}

impl Shape {
    /// The shape of an exchange; `said` is the text of its Extended DNS Error.
    #[inline]
    pub(super) fn of(exchange: &Exchange<'_>, meaning: &Meaning, said: Option<TextId>) -> Self {
        Self {
            end: End::of(exchange, meaning),
            obstacle: match exchange.outcome {
                Outcome::Unreachable(obstacle) => Some(obstacle),
                _ => None,
            },
            server_port: exchange.server_port,
            is_v4: exchange.server.is_v4(),
            transport: exchange.transport,
            question: exchange.question,
            opcode: exchange.opcode,
            query: exchange.asked.map(|asked| Sent { flags: asked.flags, edns: asked.edns }),
            response: exchange.answer.map(|answer| Told {
                flags: exchange.flags,
                edns: answer.form.edns,
                rcode: answer.rcode,
                ede: answer.ede,
                ede_text: said,
                answers: answer.answers,
            }),
            repeats: exchange.asked.map_or(0, |asked| asked.repeats),
            in_focus: in_focus(exchange, meaning),
        }
    }

    /// All of it as numbers, others for each shape: quicker to hash and to compare.
    #[inline]
    fn words(&self) -> [u64; 4] {
        let question = self.question.unwrap_or_default();
        let sent = self.query.unwrap_or(Sent { flags: Flags(0), edns: false });
        let nothing = Told {
            flags: Flags(0),
            edns: false,
            rcode: Rcode(0),
            ede: None,
            ede_text: None,
            answers: 0,
        };
        let told = self.response.unwrap_or(nothing);
        let is_there = [
            self.question.is_some(),
            self.query.is_some(),
            self.response.is_some(),
            told.ede.is_some(),
            sent.edns,
            told.edns,
            self.is_v4,
            self.in_focus,
            self.obstacle.is_some(),
        ];
        let bits = is_there.iter().fold(0, |bits, is| bits << 1 | u16::from(*is));
        let kinds = u16::from(self.opcode.0) << 8 | self.end as u16;
        let ways = (self.transport as u16) << 8 | self.obstacle.map_or(0, |it| it as u16);
        let ede = told.ede.map_or(0, |ede| ede.0);
        [
            join([self.server_port, question.rtype.0, question.class.0, sent.flags.0]),
            join([told.flags.0, told.rcode.0, ede, told.answers]),
            join([self.repeats, kinds, ways, bits]),
            told.ede_text.map_or(0, |text| text.place() as u64 + 1),
        ]
    }
}

#[inline]
fn join(parts: [u16; 4]) -> u64 {
    parts.iter().fold(0, |word, part| word << 16 | u64::from(*part))
}

/// The number of a shape in its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShapeId(pub(super) u32);

/// The shapes of a batch.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    all: Vec<Shape>,
    words: Vec<[u64; 4]>,
    index: Index,
    state: foldhash::fast::RandomState,
}

/// What a shape costs.
const COST: usize = size_of::<Shape>() + 32 + crate::index::INDEX_COST;

impl Shapes {
    /// All shapes in the order of their numbers.
    pub(super) fn all(&self) -> &[Shape] {
        &self.all
    }

    /// Bytes of memory that they take, about.
    pub(super) fn bytes(&self) -> usize {
        self.all.len() * COST
    }

    /// The number of a shape.
    #[inline]
    pub(super) fn number(&mut self, shape: &Shape) -> ShapeId {
        let words = shape.words();
        let hash = self.state.hash_one(words);
        let is_same = |number: u32| self.words.get(number as usize) == Some(&words);
        ShapeId(match self.index.find(hash, is_same) {
            Some(number) => number,
            None => self.add(hash, words, *shape),
        })
    }

    #[cold]
    fn add(&mut self, hash: u64, words: [u64; 4], shape: Shape) -> u32 {
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.index.insert(hash, number);
        self.all.push(shape);
        self.words.push(words);
        number
    }

    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.words.clear();
        self.index.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::iana::{Class, RecordType};

    fn plain() -> Shape {
        Shape {
            end: End::Answered,
            obstacle: None,
            server_port: 53,
            is_v4: true,
            transport: Transport::Udp,
            question: None,
            opcode: Opcode::QUERY,
            query: None,
            response: None,
            repeats: 0,
            in_focus: false,
        }
    }

    /// Shapes that differ from a plain one in one thing each.
    fn others() -> Vec<Shape> {
        let flags = Flags(0);
        let sent = Sent { flags, edns: false };
        let told =
            Told { flags, edns: false, rcode: Rcode(0), ede: None, ede_text: None, answers: 0 };
        let asks = |rtype, class| Some(Question { rtype: RecordType(rtype), class: Class(class) });
        let text = NonZeroU32::new(1).map(TextId);
        let mut all = vec![
            Shape { end: End::Late, ..plain() },
            Shape { obstacle: Some(Obstacle::PortClosed), ..plain() },
            Shape { obstacle: Some(Obstacle::Reset), ..plain() },
            Shape { server_port: 0, ..plain() },
            Shape { is_v4: false, ..plain() },
            Shape { transport: Transport::DnsCrypt, ..plain() },
            Shape { question: asks(0, 0), ..plain() },
            Shape { question: asks(1, 0), ..plain() },
            Shape { question: asks(0, 1), ..plain() },
            Shape { opcode: Opcode(15), ..plain() },
            Shape { query: Some(sent), ..plain() },
            Shape { query: Some(Sent { edns: true, ..sent }), ..plain() },
            Shape { query: Some(Sent { flags: Flags(1), ..sent }), ..plain() },
            Shape { repeats: 1, ..plain() },
            Shape { in_focus: true, ..plain() },
        ];
        let says = [
            told,
            Told { flags: Flags(1), ..told },
            Told { edns: true, ..told },
            Told { rcode: Rcode(4095), ..told },
            Told { ede: Some(Ede(0)), ..told },
            Told { ede: Some(Ede(1)), ..told },
            Told { ede_text: text, ..told },
            Told { answers: 1, ..told },
        ];
        all.extend(says.map(|told| Shape { response: Some(told), ..plain() }));
        all
    }

    #[test]
    fn shapes_that_differ_in_one_thing_have_numbers_of_their_own() {
        let mut shapes = Shapes::default();
        let all: Vec<Shape> = others().into_iter().chain([plain()]).collect();
        for _ in 0..2 {
            for (place, shape) in all.iter().enumerate() {
                assert_eq!(shapes.number(shape).0 as usize, place, "{shape:?}");
            }
        }
        assert_eq!(shapes.all(), all);
        shapes.clear();
        assert_eq!((shapes.number(&all[3]).0, shapes.all().len()), (0, 1));
    }
}
