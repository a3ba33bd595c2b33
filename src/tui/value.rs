//! One cell of a table: what it holds decides how it is written, aligned, cut and sorted.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::net::IpAddr;
use std::time::Duration;

use super::text;
use crate::snapshot::{Distinct, Prefix};
use crate::time::Timestamp;

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    /// A domain name, cut in its middle.
    Name(&'a str),
    /// A mnemonic or sentence, cut at its end.
    Word(Cow<'a, str>),
    /// A text whose beginning says enough, cut at its end.
    Long(Cow<'a, str>),
    /// How something ended, the worst first: a higher grade is worse.
    Graded { grade: u8, word: String },
    /// An address, cut in its middle when nothing else helps.
    Address(IpAddr),
    /// A network.
    Network(Prefix),
    /// How many; `at_least` says that there may be more.
    Count { number: u64, at_least: bool },
    /// A number that names something, small ones first.
    Number(u16),
    /// A part, 0 to 1.
    Share(f64),
    /// A moment, shown as time of day in UTC.
    Moment(Timestamp),
    /// A response time.
    Took(Duration),
    /// Not kept or not applicable.
    Absent,
}

impl<'a> Value<'a> {
    pub(crate) fn exact(number: u64) -> Self {
        Self::Count { number, at_least: false }
    }

    pub(crate) fn word(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Word(text.into())
    }

    pub(crate) fn distinct(distinct: Option<Distinct>) -> Self {
        distinct.map_or(Self::Absent, |of| Self::Count { number: of.count, at_least: of.at_least })
    }

    pub(crate) fn moment(at: Option<Timestamp>) -> Self {
        at.map_or(Self::Absent, Self::Moment)
    }

    /// The whole text, however long.
    pub(crate) fn text(&self) -> Cow<'a, str> {
        match self {
            Self::Name(name) => Cow::Borrowed(name),
            Self::Word(text) | Self::Long(text) => text.clone(),
            Self::Graded { word, .. } => word.clone().into(),
            Self::Address(address) => address.to_string().into(),
            Self::Network(prefix) => prefix.to_string().into(),
            Self::Count { number, at_least: false } => text::count(*number).into(),
            Self::Count { number, at_least: true } => format!("≥{}", text::count(*number)).into(),
            Self::Number(number) => number.to_string().into(),
            Self::Share(part) => text::share(*part).into(),
            Self::Moment(at) => at.clock().into(),
            Self::Took(took) => text::rounded(*took).into(),
            Self::Absent => Cow::Borrowed("-"),
        }
    }

    /// The text in at most `room` columns, so cut that the telling part stays.
    pub(crate) fn fitted(&self, room: usize) -> String {
        match self {
            Self::Name(_) | Self::Address(_) | Self::Network(_) => {
                text::clip_middle(&self.text(), room)
            }
            _ => text::clip(&self.text(), room),
        }
    }

    /// The order a reader expects at first: much before little, late before early, A before Z,
    /// and what is absent last.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Name(a), Self::Name(b)) => a.cmp(b),
            (Self::Word(a), Self::Word(b)) | (Self::Long(a), Self::Long(b)) => a.cmp(b),
            (Self::Graded { grade: a, word: x }, Self::Graded { grade: b, word: y }) => {
                b.cmp(a).then_with(|| x.cmp(y))
            }
            (Self::Address(a), Self::Address(b)) => a.cmp(b),
            (Self::Network(a), Self::Network(b)) => a.cmp(b),
            (Self::Count { number: a, .. }, Self::Count { number: b, .. }) => b.cmp(a),
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::Share(a), Self::Share(b)) => b.total_cmp(a),
            (Self::Moment(a), Self::Moment(b)) => b.cmp(a),
            (Self::Took(a), Self::Took(b)) => b.cmp(a),
            (Self::Absent, Self::Absent) => Ordering::Equal,
            (_, Self::Absent) => Ordering::Less,
            (Self::Absent, _) => Ordering::Greater,
            // A column holds one kind of value besides Absent; this arm only has to be total.
            (_, _) => self.text().cmp(&other.text()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_comes_before_little_and_nothing_comes_last() {
        let mut values = [Value::Absent, Value::exact(1), Value::exact(9)];
        values.sort_by(Value::order);
        assert_eq!(values, [Value::exact(9), Value::exact(1), Value::Absent]);
    }

    #[test]
    fn a_bounded_count_says_so() {
        let bounded = Distinct { count: 65_536, at_least: true };
        assert_eq!(Value::distinct(Some(bounded)).text(), "≥65,536");
        assert_eq!(Value::distinct(None).text(), "-");
    }

    #[test]
    fn an_address_keeps_both_ends_when_it_must_be_cut() {
        let address = "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1234".parse().unwrap();
        assert_eq!(Value::Address(address).fitted(20), "2001:d…ddd:eeee:1234");
    }
}
