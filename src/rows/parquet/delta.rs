//! Numbers by their differences, each block in no more bits than it needs: what nearly every row has
//! another of.
//!
//! Parquet format, Encodings, "Delta Encoding" (`DELTA_BINARY_PACKED`). Differences are taken
//! modulo 2^64, so no number is too far from the one before.

use super::hybrid::{push_varint, significant_bits};

/// Differences that share a least one, and those that share a width.
const BLOCK: usize = 128;
const MINIBLOCK: usize = 32;

/// Appends numbers.
pub(super) fn encode(numbers: &[i64], out: &mut Vec<u8>) {
    push_varint(BLOCK as u64, out);
    push_varint((BLOCK / MINIBLOCK) as u64, out);
    push_varint(numbers.len() as u64, out);
    let Some((first, rest)) = numbers.split_first() else { return push_varint(0, out) };
    push_varint(zigzag(*first), out);
    let mut before = *first;
    for block in rest.chunks(BLOCK) {
        let mut differences = [0; BLOCK];
        for (difference, number) in differences.iter_mut().zip(block) {
            *difference = number.wrapping_sub(before);
            before = *number;
        }
        push_block(&mut differences, block.len(), out);
    }
}

/// Small numbers of either sign as small ones.
fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}

/// Appends the first `length` differences.
fn push_block(differences: &mut [i64; BLOCK], length: usize, out: &mut Vec<u8>) {
    let taken = differences.get_mut(..length).unwrap_or_default();
    let least = taken.iter().copied().min().unwrap_or_default();
    push_varint(zigzag(least), out);
    taken.iter_mut().for_each(|difference| *difference = difference.wrapping_sub(least));
    let blocks = differences.as_chunks::<MINIBLOCK>().0;
    let widths: [u8; BLOCK / MINIBLOCK] = std::array::from_fn(|place| width(&blocks[place]));
    out.extend_from_slice(&widths);
    for (block, width) in blocks.iter().zip(widths).take(length.div_ceil(MINIBLOCK)) {
        pack(block, width, out);
    }
}

/// The bits that the largest needs.
fn width(block: &[i64; MINIBLOCK]) -> u8 {
    let bits = block.iter().fold(0, |bits, each| bits | each.cast_unsigned());
    significant_bits(bits)
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
const fn lower(word: u128) -> u64 {
    word as u64
}

/// Appends 32 numbers, the first in the lowest bits: four bytes for each bit of width.
fn pack(block: &[i64; MINIBLOCK], width: u8, out: &mut Vec<u8>) {
    let (mut word, mut bits) = (0_u128, 0);
    let mut packed = [0; MINIBLOCK * 8];
    let mut words = packed.as_chunks_mut::<8>().0.iter_mut();
    for number in block {
        word |= u128::from(number.cast_unsigned()) << bits;
        bits += u32::from(width);
        if bits >= u64::BITS {
            if let Some(place) = words.next() {
                *place = lower(word).to_le_bytes();
            }
            word >>= u64::BITS;
            bits -= u64::BITS;
        }
    }
    // Half a word is left where the width is odd.
    if let Some(place) = words.next() {
        *place = lower(word).to_le_bytes();
    }
    out.extend_from_slice(packed.get(..MINIBLOCK / 8 * usize::from(width)).unwrap_or_default());
}
