//! The types of columns, and how they are stored.

use std::num::NonZeroU64;

use super::row::Row;
use super::shape::Shape;
use super::texts::TextId;

/// The type of a column, and where its value comes from.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A moment: nanoseconds since 1970, UTC.
    Time(fn(&Row) -> Option<NonZeroU64>),
    /// A span of time, in nanoseconds.
    Nanos(fn(&Row) -> Option<u64>),
    /// A number from 0 to 65535.
    Number(fn(&Row) -> u16),
    /// Who asked.
    Client,
    /// Who was asked.
    Server,
    /// The name asked for.
    Name,
    /// The registered domain of the name.
    Domain,
    /// Something that is the same in all rows of one shape.
    Shaped(Shaped),
}

/// The type of a column of few values, and its value in a shape.
#[derive(Clone, Copy, Debug)]
pub enum Shaped {
    /// A number from 0 to 65535.
    Number(fn(&Shape) -> Option<u16>),
    /// True or false.
    Flag(fn(&Shape) -> Option<bool>),
    /// One of few words, by a number that stands for it.
    Word(fn(&Shape) -> Option<u16>, fn(u16) -> String),
    /// What a server says.
    Text(fn(&Shape) -> Option<TextId>),
}

/// How Parquet stores a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// By differences, in no more bits than they need: nearly every value is another one.
    Packed,
    /// A bit each.
    Bits,
    /// By a dictionary: values come again and again.
    Dictionary,
    /// Likewise, and with a Bloom filter: somebody looks for one value among many.
    Sought,
    /// Likewise, and rows are in its order, so that pages say from what to what they have it.
    Sorted,
}

impl Kind {
    /// The type in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Time(_) => "timestamp (ns, UTC)",
            Self::Nanos(_) => "int64",
            Self::Number(_) | Self::Shaped(Shaped::Number(_)) => "uint16",
            Self::Shaped(Shaped::Flag(_)) => "boolean",
            _ => "string",
        }
    }

    /// The unit in words; empty if there is none.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Time(_) => "ns since 1970-01-01T00:00:00Z",
            Self::Nanos(_) => "ns",
            _ => "",
        }
    }
}
