//! What a column of a row group is: which rows have a value, the values, and how they are written.
//!
//! A page has rows of a fixed number, or fewer where texts are long, so that a reader that knows the
//! rows it wants can pass over the rest.

use std::ops::Range;

use parquet::basic::Encoding;
use parquet::bloom_filter::Sbbf;
use parquet::file::statistics::Statistics;

use super::delta;
use super::entries::Entries;
use super::hybrid;

/// Rows of a page at most.
pub(super) const PAGE_ROWS: usize = 20_000;

/// Bytes of a page's texts, beyond which another page is begun.
const PAGE_BYTES: usize = 1 << 20;

/// Bytes of a dictionary at most: a reader needs all of it for the first value.
const DICTIONARY_BYTES: usize = 4 << 20;

/// The values of a column that are there, in the order of rows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Values<'a> {
    /// Places among different values.
    Places(&'a [u32], &'a Entries),
    /// One value in all rows.
    Same(&'a Entries),
    /// Numbers that are mostly different.
    Numbers(&'a [i64]),
    /// Bits.
    Bits(&'a [u32]),
    /// One bit in all rows.
    SameBit(bool),
}

/// Which rows have a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Presence<'a> {
    /// All, as the column demands it.
    Required,
    /// All, where it need not be so.
    All,
    /// None.
    Nothing,
    /// Those that are 1.
    Some(&'a [u32]),
}

/// What is written as a column.
pub(super) struct Content<'a> {
    pub(super) rows: usize,
    pub(super) presence: Presence<'a>,
    pub(super) values: Values<'a>,
    /// The least and the most, and how many rows have none, for those who look for a value.
    pub(super) statistics: Option<Statistics>,
    /// Whether values are in their order, so that each page says from what to what it has them.
    pub(super) is_sorted: bool,
    pub(super) bloom: Option<Sbbf>,
}

impl Content<'_> {
    /// The first and the last of these values, where each page says so.
    pub(super) fn ends(&self, values: Range<usize>) -> Option<(Vec<u8>, Vec<u8>)> {
        let Values::Places(places, entries) = self.values else { return None };
        let places = places.get(values).filter(|_| self.is_sorted)?;
        let text = |place: &u32| entries.text(*place).to_vec();
        Some((text(places.first()?), text(places.last()?)))
    }

    /// Where the texts of one page end, if they are written as they are.
    fn cut(&self, from: usize, places: &[u32], entries: &Entries) -> usize {
        let (mut bytes, mut value) = (0, 0);
        let before = self.presence.count(&(0..from));
        let places = places.get(before..).unwrap_or_default();
        for row in from..self.rows.min(from + PAGE_ROWS) {
            if bytes >= PAGE_BYTES {
                return row;
            }
            if self.presence.has(row) {
                bytes += places.get(value).map_or(0, |place| entries.get(*place).len());
                value += 1;
            }
        }
        self.rows.min(from + PAGE_ROWS)
    }
}

impl Presence<'_> {
    fn has(&self, row: usize) -> bool {
        match self {
            Self::Required | Self::All => true,
            Self::Nothing => false,
            Self::Some(has) => has.get(row) == Some(&1),
        }
    }

    pub(super) fn count(&self, rows: &Range<usize>) -> usize {
        match self {
            Self::Required | Self::All => rows.len(),
            Self::Nothing => 0,
            Self::Some(has) => {
                let has = has.get(rows.clone()).unwrap_or_default();
                has.iter().map(|has| *has as usize).sum()
            }
        }
    }

    /// Appends the definition levels, with their length before them.
    pub(super) fn push(&self, rows: &Range<usize>, out: &mut Vec<u8>) {
        let begin = out.len();
        if matches!(self, Self::Required) {
            return;
        }
        out.extend_from_slice(&[0; 4]);
        match self {
            Self::Some(has) => hybrid::encode(has.get(rows.clone()).unwrap_or_default(), 1, out),
            _ => hybrid::push_run(rows.len(), u32::from(matches!(self, Self::All)), 1, out),
        }
        let length = u32::try_from(out.len() - begin - 4).unwrap_or(u32::MAX).to_le_bytes();
        if let Some(place) = out.get_mut(begin..begin + 4) {
            place.copy_from_slice(&length);
        }
    }
}

/// How a column is written.
pub(super) struct Plan<'a> {
    pub(super) encoding: Encoding,
    pub(super) dictionary: Option<&'a Entries>,
    /// Whether it is compressed.
    pub(super) is_packed: bool,
}

impl<'a> Plan<'a> {
    pub(super) fn of(content: &Content<'a>) -> Self {
        let by_dictionary = |entries, is_packed| Self {
            encoding: Encoding::RLE_DICTIONARY,
            dictionary: Some(entries),
            is_packed,
        };
        let as_it_is = |is_packed| Self { encoding: Encoding::PLAIN, dictionary: None, is_packed };
        match content.values {
            _ if matches!(content.presence, Presence::Nothing) => as_it_is(false),
            Values::Places(places, entries) if pays(places, entries) => {
                by_dictionary(entries, true)
            }
            // A few bytes, which compression makes longer.
            Values::Same(entries) => by_dictionary(entries, false),
            // Bits that are needed, all of them by chance: nothing to compress.
            Values::Numbers(_) => {
                Self { encoding: Encoding::DELTA_BINARY_PACKED, ..as_it_is(false) }
            }
            Values::Places(..) | Values::Bits(_) | Values::SameBit(..) => as_it_is(true),
        }
    }

    /// The rows of each page.
    pub(super) fn pages(&self, content: &Content<'_>) -> Vec<Range<usize>> {
        let (mut pages, mut from) = (Vec::new(), 0);
        while from < content.rows {
            let to = match content.values {
                Values::Places(places, entries) if self.dictionary.is_none() => {
                    content.cut(from, places, entries)
                }
                _ => content.rows.min(from + PAGE_ROWS),
            };
            pages.push(from..to);
            from = to;
        }
        pages
    }

    /// Appends values.
    pub(super) fn push(&self, values: Values<'_>, taken: Range<usize>, out: &mut Vec<u8>) {
        match values {
            Values::Numbers(numbers) if self.encoding == Encoding::DELTA_BINARY_PACKED => {
                delta::encode(numbers.get(taken).unwrap_or_default(), out);
            }
            Values::Places(places, entries) => {
                let places = places.get(taken).unwrap_or_default();
                if self.dictionary.is_some() {
                    let width = hybrid::width(entries.len());
                    out.push(width);
                    hybrid::encode(places, width, out);
                } else {
                    places.iter().for_each(|place| out.extend_from_slice(entries.get(*place)));
                }
            }
            Values::Same(_) => {
                // The width of places among one; a page without values has it as well.
                out.push(0);
                if !taken.is_empty() {
                    hybrid::push_run(taken.len(), 0, 0, out);
                }
            }
            Values::Bits(bits) => hybrid::push_bits(bits.get(taken).unwrap_or_default(), out),
            Values::SameBit(bit) => {
                let bytes = taken.len().div_ceil(8);
                out.resize(out.len() + bytes, if bit { u8::MAX } else { 0 });
            }
            Values::Numbers(_) => {}
        }
    }
}

/// Whether a dictionary is shorter than the values themselves, and not too long for a reader.
fn pays(places: &[u32], entries: &Entries) -> bool {
    if entries.bytes().len() > DICTIONARY_BYTES {
        return false;
    }
    if entries.len() <= places.len() / 8 {
        return true;
    }
    let indexes = places.len() * usize::from(hybrid::width(entries.len())) / 8;
    let themselves: usize = places.iter().map(|place| entries.get(*place).len()).sum();
    entries.bytes().len() + indexes <= themselves
}
