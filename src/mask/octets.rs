//! Pseudonyms of IPv4 addresses that are written out in digits, within a name or a text.
//!
//! They stand in the place of what was written, byte for byte, so no offset of a message changes:
//! a number of one digit becomes one of one digit. Numbers before them decide how, so addresses
//! that begin alike have pseudonyms that do.
//!
//! What is written may be anybody's wish, a new address every few bytes. So a number costs a few
//! blocks of AES and no memory but what is remembered.

use hashbrown::HashMap;
use ipcrypt_rs::Ipcrypt;

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

impl Class {
    fn holds(self, number: u8) -> bool {
        match self {
            Self::Fixed => false,
            Self::From(from, to) => (from..=to).contains(&number),
            Self::First(from, to) => {
                (from..=to).contains(&number) && !matches!(number, 0 | 10 | 127 | 224..)
            }
        }
    }
}

/// Where a number stands: how many are before it in its address, or within a run of numbers of
/// which nobody knows where an address begins.
const WITHIN_A_RUN: usize = 4;

/// What stands in the place of a number, by those before it, itself, and their range.
type Known = HashMap<([u8; 4], u8), u8, foldhash::quality::RandomState>;

/// Gives these pseudonyms.
pub(super) struct Octets {
    /// AES-128: of no address here, but of the numbers before one.
    cipher: Ipcrypt,
    /// By place, so that a flood of hosts does not drive out networks.
    known: [Known; WITHIN_A_RUN + 1],
}

impl std::fmt::Debug for Octets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Octets") // no key in any log
    }
}

impl Octets {
    pub(super) fn new(key: &Key) -> Self {
        let hash = key.hash(b"cipher");
        let half = hash.first_chunk().copied().unwrap_or_default();
        Self { cipher: Ipcrypt::new(half), known: Default::default() }
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

    /// The pseudonym of four numbers that are an address as they stand or, less likely, the other
    /// way round. Read the wrong way, the last number of a host may begin a range that stays; so
    /// only what is in none of them one way is read that way.
    pub(super) fn either_way(&mut self, numbers: [u8; 4]) -> [u8; 4] {
        let turn = |[a, b, c, d]: [u8; 4]| [d, c, b, a];
        if matches!(numbers, [127, 0, 0, 1] | [0, 0, 0, 0] | [255, 255, 255, 255]) {
            numbers
        } else if range_of(numbers) == 0 {
            self.of(&numbers)
        } else if range_of(turn(numbers)) == 0 {
            turn(self.of(&turn(numbers)))
        } else {
            let mut before = [0; 3];
            numbers.map(|number| self.within_a_run(&mut before, number))
        }
    }

    /// What stands in the place of a number that may be of an address or not: another one with as
    /// many digits, by the three before it, among which it then is.
    pub(super) fn within_a_run(&mut self, before: &mut [u8; 3], number: u8) -> u8 {
        let [a, b, c] = *before;
        *before = [b, c, number];
        let (from, to) = digits(number);
        self.known_or_made([a, b, c, number], WITHIN_A_RUN, 0, Class::From(from, to))
    }

    /// What stands in the place of one number.
    fn one(&mut self, numbers: [u8; 4], place: usize, kind: u8) -> u8 {
        // Itself is the last of the four, whatever its place.
        let mut until = [0; 4];
        until.iter_mut().zip(numbers).take(place).for_each(|(to, from)| *to = from);
        set(&mut until, 3, numbers.get(place).copied().unwrap_or_default());
        self.known_or_made(until, place, kind, class(kind, numbers, place))
    }

    /// Three numbers, and behind them the one that is replaced.
    fn known_or_made(&mut self, numbers: [u8; 4], place: usize, kind: u8, class: Class) -> u8 {
        let [a, b, c, number] = numbers;
        if let Some(known) = self.known.get(place).and_then(|all| all.get(&(numbers, kind))) {
            return *known;
        }
        let other = match class {
            Class::Fixed => number,
            _ => self.rounds([a, b, c], place).permuted(number, class),
        };
        if let Some(known) = self.known.get_mut(place) {
            remember(known, (numbers, kind), other);
        }
        other
    }

    /// The permutation of the numbers that may follow some.
    fn rounds(&self, before: [u8; 3], place: usize) -> Rounds {
        let [a, b, c] = before;
        let place = u8::try_from(place).unwrap_or_default();
        let mut blocks = [[0; 16]; 4];
        for (nth, block) in (0..).zip(&mut blocks) {
            *block = [a, b, c, place, nth, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            self.cipher.encrypt_ip16(block);
        }
        Rounds(blocks)
    }
}

/// A permutation of all bytes: a Feistel network of eight rounds on halves of four bits. A round has
/// 64 bits, four for each value of a half: all functions there are, one as likely as the other.
struct Rounds([[u8; 16]; 4]);

impl Rounds {
    fn of(&self, number: u8) -> u8 {
        let (mut left, mut right) = (number >> 4, number & 0xf);
        for round in self.0.as_flattened().chunks_exact(8) {
            let pair = round.get(usize::from(right >> 1)).copied().unwrap_or_default();
            let function = if right & 1 == 0 { pair & 0xf } else { pair >> 4 };
            (left, right) = (right, left ^ function);
        }
        left << 4 | right
    }

    /// The next member of a class on the way round from one of them: each of them then still belongs
    /// to one. The way has at most all bytes.
    fn permuted(&self, number: u8, class: Class) -> u8 {
        let mut next = number;
        for _ in 0..=u8::MAX {
            next = self.of(next);
            if class.holds(next) {
                return next;
            }
        }
        number
    }
}

fn set(numbers: &mut [u8; 4], place: usize, number: u8) {
    if let Some(target) = numbers.get_mut(place) {
        *target = number;
    }
}

/// From where to where numbers have as many digits as this one.
fn digits(number: u8) -> (u8, u8) {
    match number {
        0..=9 => (0, 9),
        10..=99 => (10, 99),
        100.. => (100, 255),
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
        Octets::new(&Key::from_text("a key of more than sixteen letters").unwrap())
    }

    fn lengths(numbers: [u8; 4]) -> Vec<usize> {
        numbers.iter().map(|number| number.to_string().len()).collect()
    }

    #[test]
    fn a_pseudonym_is_as_long_as_what_it_stands_for_and_means_the_same() {
        let mut octets = octets();
        for first in (0..=255).step_by(3).chain([10, 100, 172, 192, 169]) {
            for second in [7, 16, 64, 99, 127, 168, 254] {
                let true_one = [first, second, 44, 200];
                let pseudonym = octets.of(&true_one);
                assert_eq!(lengths(pseudonym), lengths(true_one), "{true_one:?}");
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

    #[test]
    fn a_number_has_each_other_of_its_class_as_often() {
        // How often each of ten digits becomes each, over 4096 prefixes: 41 on an average, and
        // hardly ever (six deviations) less than 4 or more than 78.
        let mut octets = octets();
        let mut counts = [[0_u32; 10]; 10];
        for prefix in 0..410_u16 {
            let [b, c] = prefix.to_be_bytes();
            for digit in 0..10_u8 {
                let other = octets.of(&[203, b, c, digit])[3];
                counts[usize::from(digit)][usize::from(other)] += 1;
            }
        }
        assert!(counts.iter().flatten().all(|count| (4..=78).contains(count)), "{counts:?}");
    }

    #[test]
    fn an_address_is_hidden_whichever_way_round_it_is_written() {
        let mut octets = octets();
        for last in 0..=255 {
            for numbers in [[198, 51, 100, last], [last, 100, 51, 198], [last, 7, 77, last]] {
                let said = octets.either_way(numbers);
                assert_eq!(lengths(said), lengths(numbers), "{numbers:?}");
                let same = numbers.iter().zip(said).filter(|(one, other)| **one == *other).count();
                assert!(same < 3, "{numbers:?} {said:?}");
            }
        }
        assert_eq!(octets.either_way([127, 0, 0, 1]), [127, 0, 0, 1]);
        let plain = octets.of(&[198, 51, 100, 7]);
        assert_eq!(octets.either_way([198, 51, 100, 7]), plain, "as where it is certain");
    }

    #[test]
    fn runs_that_differ_stay_different() {
        let mut octets = octets();
        let mut seen = HashSet::new();
        for number in 0..4096_u16 {
            let [a, b] = number.to_be_bytes();
            let mut before = [0; 3];
            let run = [1, a, 3, b, 5, 6].map(|number| octets.within_a_run(&mut before, number));
            assert!(seen.insert(run), "{number}");
        }
    }

    #[test]
    fn a_flood_of_addresses_is_not_all_remembered() {
        let mut octets = octets();
        for number in 0..40_000_u32 {
            let [_, b, c, d] = number.to_be_bytes();
            octets.of(&[203, b, c, d]);
        }
        assert!(octets.known.iter().all(|known| known.len() <= crate::mask::MOST_KNOWN));
        assert!(octets.known[3].len() > 7_000, "what came last is remembered");
    }
}
