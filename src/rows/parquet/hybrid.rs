//! Numbers of few bits as Parquet's hybrid of runs and packed bits: what dictionaries are indexed by,
//! and which rows have a value.
//!
//! Groups of eight values are either part of a run of equal ones or packed, the first in the lowest
//! bits (Parquet format, Encodings, "Run Length Encoding / Bit-Packing Hybrid").

/// Values that are packed together.
const GROUP: usize = 8;

/// The most bytes that a packed group has: eight values of 32 bits.
const GROUP_BYTES: usize = 32;

/// A run that replaces fewer bits than this costs more than it saves: it takes the header of the
/// run, its value, and the header of what follows.
const LEAST_BITS: usize = 32;

/// As many bits as the largest index of a dictionary with so many values needs.
pub(super) fn width(values: usize) -> u8 {
    significant_bits(values.saturating_sub(1) as u64)
}

/// The bits that a number needs, without zeros before the first one.
pub(super) fn significant_bits(number: u64) -> u8 {
    // At most 64.
    u8::try_from(u64::BITS - number.leading_zeros()).unwrap_or(u8::MAX)
}

/// Appends values of `width` bits each, 32 at most.
pub(super) fn encode(values: &[u32], width: u8, out: &mut Vec<u8>) {
    let least = (LEAST_BITS / usize::from(width.max(1))).max(GROUP);
    let mut rest = values;
    while !rest.is_empty() {
        let (packed, run) = next_run(rest, least);
        if let (literals, Some(behind)) =
            (rest.get(..packed).unwrap_or_default(), rest.get(packed..))
        {
            pack(literals, width, out);
            if let Some(first) = behind.first() {
                push_run(run, *first, width, out);
            }
            rest = behind.get(run..).unwrap_or_default();
        }
    }
}

/// Appends one value `count` times.
pub(super) fn push_run(count: usize, value: u32, width: u8, out: &mut Vec<u8>) {
    push_varint((count as u64) << 1, out);
    let bytes = usize::from(width).div_ceil(8);
    out.extend_from_slice(value.to_le_bytes().get(..bytes).unwrap_or_default());
}

/// How many values come before the next run that is worth one, and how long that is. The first is a
/// multiple of eight, unless no run follows.
fn next_run(values: &[u32], least: usize) -> (usize, usize) {
    let mut at = 0;
    for group in values.as_chunks::<GROUP>().0 {
        if is_uniform(group) {
            let run = values.get(at..).map_or(0, run_length);
            if run >= least {
                return (at, run);
            }
        }
        at += GROUP;
    }
    (values.len(), 0)
}

fn is_uniform(group: &[u32; GROUP]) -> bool {
    group.iter().fold(0, |differs, value| differs | (value ^ group[0])) == 0
}

fn run_length(values: &[u32]) -> usize {
    let Some(first) = values.first() else { return 0 };
    values.iter().take_while(|value| *value == first).count()
}

/// Appends values packed; the last group is filled up with zeros.
fn pack(values: &[u32], width: u8, out: &mut Vec<u8>) {
    if values.is_empty() {
        return;
    }
    push_varint((values.len().div_ceil(GROUP) as u64) << 1 | 1, out);
    let (groups, rest) = values.as_chunks::<GROUP>();
    groups.iter().for_each(|group| push_group(group, width, out));
    if !rest.is_empty() {
        let mut group = [0; GROUP];
        group.iter_mut().zip(rest).for_each(|(place, value)| *place = *value);
        push_group(&group, width, out);
    }
}

/// Appends values of one bit each without headers, as PLAIN booleans are.
pub(super) fn push_bits(bits: &[u32], out: &mut Vec<u8>) {
    for group in bits.chunks(GROUP) {
        out.push(group.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit == 1)));
    }
}

fn push_group(group: &[u32; GROUP], width: u8, out: &mut Vec<u8>) {
    let bytes = usize::from(width);
    if bytes <= 8 {
        let packed = group.iter().rev().fold(0, |word, value| word << width | u64::from(*value));
        out.extend_from_slice(packed.to_le_bytes().get(..bytes).unwrap_or_default());
    } else {
        out.extend_from_slice(wide(group, width).get(..bytes).unwrap_or_default());
    }
}

/// Eight values of more than eight bits: two halves of four, put together.
fn wide(group: &[u32; GROUP], width: u8) -> [u8; GROUP_BYTES] {
    let half = |values: &[u32]| {
        values.iter().rev().fold(0, |word: u128, value| word << width | u128::from(*value))
    };
    let (low, high) = group.split_at(GROUP / 2);
    let (low, high, bits) = (half(low), half(high), u32::from(width) * 4);
    let words = [
        low | high.checked_shl(bits).unwrap_or(0),
        high.checked_shr(128 - bits.min(128)).unwrap_or(0),
    ];
    let mut out = [0; GROUP_BYTES];
    let bytes = words.map(u128::to_le_bytes);
    out.copy_from_slice(bytes.as_flattened());
    out
}

/// Appends a number in as few groups of seven bits as it needs, the lowest first (ULEB128).
pub(super) fn push_varint(mut number: u64, out: &mut Vec<u8>) {
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        out.push(if number == 0 { byte } else { byte | 0x80 });
        if number == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bit by bit, as the format says it.
    fn plainly(group: &[u32; GROUP], width: u8) -> Vec<u8> {
        let bits = group.iter().flat_map(|value| (0..width).map(move |bit| value >> bit & 1));
        let bits: Vec<u32> = bits.collect();
        bits.chunks(8)
            .map(|byte| byte.iter().rev().fold(0, |all, bit| all << 1 | u8::from(*bit == 1)))
            .collect()
    }

    #[test]
    fn groups_of_any_width_are_packed_from_the_lowest_bit_on() {
        for width in 1..=32_u8 {
            let mask = u32::MAX >> (32 - width);
            let group =
                [0, 5, 10, 15, 20, 25, 30, 3].map(|turn| 0x9e37_79b9_u32.rotate_left(turn) & mask);
            let mut out = Vec::new();
            push_group(&group, width, &mut out);
            assert_eq!(out, plainly(&group, width), "{width}");
        }
    }

    #[test]
    fn runs_are_told_by_their_length_where_that_is_shorter() {
        #[track_caller]
        fn check(values: &[u32], width: u8, expected: &[u8]) {
            let mut out = Vec::new();
            encode(values, width, &mut out);
            assert_eq!(out, expected);
        }
        check(&[1; 100], 1, &[200, 1, 1]);
        check(&[1, 0, 1], 1, &[3, 0b101]);
        check(&[1; 8], 1, &[3, 0xff]);
        check(&[0; 300], 0, &[0xd8, 4]);
        check(&[7; 8], 12, &[16, 7, 0]);
        check(&[], 12, &[]);
    }

    #[test]
    fn an_index_has_as_many_bits_as_the_last_place_needs() {
        let widths = [0, 1, 2, 3, 4, 5, 256, 257, 65_537].map(width);
        assert_eq!(widths, [0, 0, 1, 2, 2, 3, 8, 9, 17]);
    }
}
