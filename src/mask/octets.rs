//! Pseudonyms of IPv4 addresses that are written out in digits, within a name or a text.
//!
//! They stand in the place of what was written, byte for byte, so no offset of a message changes:
//! a number of one digit becomes one of one digit. Numbers before them decide how, so addresses
//! that begin alike have pseudonyms that do.

use hashbrown::HashMap;

use super::Key;
use super::remember;

/// The numbers that may stand in the place of one.
#[derive(Clone, Copy, Debug)]
enum Class {
    /// It stays as it is.
    Fixed,
    /// Those from here to there.
    From(u8, u8),
    /// The same without those that begin a range with a meaning.
    First(u8, u8),
}

/// Gives these pseudonyms.
#[derive(Debug)]
pub(super) struct Octets {
    key: Key,
    /// By the numbers up to one, its place, and their range: what stands in its place.
    known: HashMap<([u8; 4], u8, u8), u8, foldhash::quality::RandomState>,
}

impl Octets {
    pub(super) fn new(key: Key) -> Self {
        Self { key, known: HashMap::default() }
    }

    /// The pseudonym of the first numbers of an address, at most four: as many, with as many digits
    /// each.
    pub(super) fn of(&mut self, numbers: &[u8]) -> [u8; 4] {
        let mut now = [0; 4];
        now.iter_mut().zip(numbers).for_each(|(now, number)| *now = *number);
        let true_ones = now;
        let length = numbers.len().min(4);
        let (two, kind) = (length.min(2), range_of(true_ones));
        // As in `Space::pseudonym`: again, as long as it leads into a range with a meaning.
        loop {
            let before = now;
            for place in 0..two {
                let number = self.one(before, place, kind);
                set(&mut now, place, number);
            }
            if length < 2 || range_of(now) == kind {
                break;
            }
        }
        for place in two..length {
            let number = self.one(true_ones, place, kind);
            set(&mut now, place, number);
        }
        now
    }

    /// What stands in the place of one number.
    fn one(&mut self, numbers: [u8; 4], place: usize, kind: u8) -> u8 {
        let mut until = [0; 4];
        until.iter_mut().zip(numbers).take(place + 1).for_each(|(to, from)| *to = from);
        let key = (until, u8::try_from(place).unwrap_or_default(), kind);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let number = numbers.get(place).copied().unwrap_or_default();
        let other = self.permuted(
            numbers.get(..place).unwrap_or_default(),
            number,
            class(kind, numbers, place),
        );
        remember(&mut self.known, key, other);
        other
    }

    /// The members of a class in an order that only the key and the numbers before tell: the nth of
    /// them stands for the nth.
    fn permuted(&self, before: &[u8], number: u8, class: Class) -> u8 {
        let members: Vec<u8> = match class {
            Class::Fixed => return number,
            Class::From(from, to) => (from..=to).collect(),
            Class::First(from, to) => {
                (from..=to).filter(|it| !matches!(it, 0 | 10 | 127 | 224..)).collect()
            }
        };
        let weights = self.weights(before);
        let weight = |member: &u8| weights.get(usize::from(*member)).copied();
        let mut order = members.clone();
        order.sort_by_key(|member| (weight(member), *member));
        let nth = members.iter().position(|member| *member == number);
        nth.and_then(|nth| order.get(nth)).map_or(number, |other| *other)
    }

    /// Four bytes for each number that may follow.
    fn weights(&self, before: &[u8]) -> Vec<[u8; 4]> {
        const BLOCKS: u8 = 32;
        let block = |nth: u8| self.key.hash(&[before, &[nth]].concat());
        let bytes: Vec<u8> = (0..BLOCKS).flat_map(block).collect();
        bytes.as_chunks::<4>().0.to_vec()
    }
}

fn set(numbers: &mut [u8; 4], place: usize, number: u8) {
    if let Some(target) = numbers.get_mut(place) {
        *target = number;
    }
}

/// Which range with a meaning an address is in, by its first two numbers; 0 for none.
fn range_of(numbers: [u8; 4]) -> u8 {
    match numbers {
        [0 | 127 | 224.., ..] => 1,
        [10, ..] => 2,
        [172, 16..=31, ..] => 3,
        [192, 168, ..] => 4,
        [169, 254, ..] => 5,
        [100, 64..=127, ..] => 6,
        _ => 0,
    }
}

/// What may stand in the place of a number: of as many digits, and in the same range.
fn class(kind: u8, numbers: [u8; 4], place: usize) -> Class {
    let digits = |number: u8| match number {
        0..=9 => (0, 9),
        10..=99 => (10, 99),
        100.. => (100, 255),
    };
    let number = numbers.get(place).copied().unwrap_or_default();
    let (from, to) = digits(number);
    match (kind, place) {
        // Not of a host.
        (1, _) | (2..=6, 0) | (4 | 5, 1) => Class::Fixed,
        (3, 1) => Class::From(16, 31),
        (6, 1) => Class::From(from.max(64), to.min(127)),
        (0, 0) => Class::First(from, to),
        _ => Class::From(from, to),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn octets() -> Octets {
        Octets::new(Key::from_text("a key of more than sixteen letters").unwrap())
    }

    fn digits(numbers: [u8; 4]) -> Vec<usize> {
        numbers.iter().map(|number| number.to_string().len()).collect()
    }

    #[test]
    fn a_pseudonym_is_as_long_as_what_it_stands_for_and_means_the_same() {
        let mut octets = octets();
        for first in (0..=255).step_by(3).chain([10, 100, 172, 192, 169]) {
            for second in [7, 16, 64, 99, 127, 168, 254] {
                let true_one = [first, second, 44, 200];
                let pseudonym = octets.of(&true_one);
                assert_eq!(digits(pseudonym), digits(true_one), "{true_one:?}");
                assert_eq!(range_of(pseudonym), range_of(true_one), "{true_one:?} {pseudonym:?}");
            }
        }
    }

    #[test]
    fn addresses_that_begin_alike_have_pseudonyms_that_do() {
        let mut octets = octets();
        let pseudonyms: Vec<_> = (0..=255).map(|last| octets.of(&[203, 0, 113, last])).collect();
        assert!(pseudonyms.iter().all(|it| it[..3] == pseudonyms[0][..3]));
        assert_eq!(pseudonyms.iter().collect::<HashSet<_>>().len(), 256);
        assert_eq!(octets.of(&[203, 0, 113])[..3], pseudonyms[0][..3], "the zone of a network");
        assert_ne!(octets.of(&[203, 0, 113, 9]), octets.of(&[203, 0, 114, 9]));
    }

    #[test]
    fn no_two_networks_share_a_pseudonym() {
        let mut octets = octets();
        let mut seen = HashSet::new();
        for first in (0..=255).step_by(51) {
            for second in 0..=255 {
                let pseudonym = octets.of(&[first, second, 1, 1]);
                assert!(seen.insert([pseudonym[0], pseudonym[1]]), "{first}.{second}");
            }
        }
    }

    #[test]
    fn hardly_any_stays_what_it_was() {
        let mut octets = octets();
        let same =
            (0..=255_u8).filter(|n| octets.of(&[203, 0, *n, 77])[..3] == [203, 0, *n]).count();
        assert!(same < 3, "{same}");
    }
}
