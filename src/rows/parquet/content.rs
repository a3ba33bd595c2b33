//! What stands in each column of a row group, taken from rows, shapes and texts.

use hashbrown::HashMap;
use parquet::bloom_filter::Sbbf;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::statistics::{Statistics, ValueStatistics};

use super::entries::Entries;
use super::pages::{Content, Presence, Values};
use crate::rows::addresses::Addresses;
use crate::rows::batch::Batch;
use crate::rows::columns::Column;
use crate::rows::kinds::{Kind, Shaped, Store};
use crate::rows::order::Ordered;
use crate::rows::row::Row;
use crate::rows::shape::Shape;
use crate::rows::spell::push_address;

/// Of a thousand values that are not there, a Bloom filter takes ten for some that are.
const FALSE_POSITIVES: f64 = 0.01;

/// No value, among the places of values.
const NONE: u32 = u32::MAX;

/// Rows in order, and what they speak of.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) batch: &'a Batch,
    pub(super) ordered: &'a Ordered,
}

/// Memory for one column, used for the next one, too.
#[derive(Default)]
pub(super) struct Scratch {
    /// The shape of each row.
    shapes: Vec<u32>,
    /// Of each shape the place of its value, or [`NONE`].
    of_shapes: Vec<u32>,
    /// 1 for each row that has a value, else 0; empty where all have one.
    has: Vec<u32>,
    /// Of each row that has a value its place among all different ones; of flags 1 if it holds.
    places: Vec<u32>,
    numbers: Vec<i64>,
    entries: Entries,
    /// The least and the most of all numbers.
    bounds: Option<(i64, i64)>,
    word: String,
}

/// Where the values of a column are.
#[derive(Clone, Copy, Debug)]
enum Filled {
    /// There are none.
    Nothing,
    Numbers,
    Places,
    Bits,
    /// All rows have the first entry.
    Same,
    SameBit(bool),
}

impl Scratch {
    /// Begins a row group.
    pub(super) fn begin(&mut self, source: &Source<'_>) {
        self.shapes.clear();
        self.shapes.extend(source.ordered.rows.iter().map(|row| row.shape.0));
    }

    /// What stands in a column.
    pub(super) fn fill(
        &mut self,
        column: &Column,
        source: &Source<'_>,
    ) -> Result<Content<'_>, ParquetError> {
        self.has.clear();
        self.places.clear();
        self.numbers.clear();
        self.entries.clear();
        self.bounds = None;
        let (rows, texts) = (source.ordered.rows.as_slice(), source.batch.texts());
        let filled = match column.kind {
            Kind::Time(get) => self.numbers(rows, |row| get(row).map(|at| at.get().cast_signed())),
            Kind::Nanos(get) => {
                self.numbers(rows, |row| get(row).map(|it| i64::try_from(it).unwrap_or(i64::MAX)))
            }
            Kind::Number(get) => self.numbers(rows, |row| Some(get(row).into())),
            Kind::Client => self.addresses(&texts.clients, rows, |row| row.client.place()),
            Kind::Server => self.addresses(&texts.servers, rows, |row| row.server.place()),
            Kind::Name => self.names(source),
            Kind::Domain => self.domains(source),
            Kind::Shaped(shaped) => self.shaped(shaped, source.batch),
        };
        let bloom = match column.store {
            Store::Sought | Store::Sorted => Some(self.bloom()?),
            _ => None,
        };
        Ok(Content {
            rows: rows.len(),
            presence: self.presence(column, filled),
            values: self.values(filled),
            statistics: self.statistics(column, filled, rows.len()),
            is_sorted: column.store == Store::Sorted,
            bloom,
        })
    }

    fn numbers(&mut self, rows: &[Row], get: impl Fn(&Row) -> Option<i64>) -> Filled {
        for row in rows {
            let number = get(row);
            self.has.push(u32::from(number.is_some()));
            self.numbers.extend(number);
        }
        if self.numbers.len() == rows.len() {
            self.has.clear();
        }
        let least = self.numbers.iter().min().copied();
        self.bounds = least.zip(self.numbers.iter().max().copied());
        if self.numbers.is_empty() { Filled::Nothing } else { Filled::Numbers }
    }

    fn addresses(
        &mut self,
        addresses: &Addresses,
        rows: &[Row],
        place: impl Fn(&Row) -> u32,
    ) -> Filled {
        for address in addresses.all() {
            self.word.clear();
            push_address(&mut self.word, *address);
            self.entries.push_text(&self.word);
        }
        self.places.extend(rows.iter().map(place));
        self.places()
    }

    fn names(&mut self, source: &Source<'_>) -> Filled {
        let (ordered, texts) = (source.ordered, source.batch.texts().names.texts());
        for place in &ordered.names {
            self.entries.push_text(texts.get(*place as usize));
        }
        let named = ordered.rows.iter().filter_map(|row| row.name);
        self.places.extend(named.map(|name| ordered.rank(name)));
        self.named(&ordered.rows)
    }

    fn domains(&mut self, source: &Source<'_>) -> Filled {
        let (rows, names) = (&source.ordered.rows, &source.batch.texts().names);
        names.domains().iter().for_each(|domain| self.entries.push_text(domain));
        let named = rows.iter().filter_map(|row| row.name);
        let domain = |place: usize| names.domain_of().get(place).copied().unwrap_or_default();
        self.places.extend(named.map(|name| domain(name.place())));
        self.named(rows)
    }

    /// Which rows have a name; in their order those without one are the first.
    fn named(&mut self, rows: &[Row]) -> Filled {
        if self.places.len() < rows.len() {
            self.has.resize(rows.len() - self.places.len(), 0);
            self.has.resize(rows.len(), 1);
        }
        self.places()
    }

    fn places(&self) -> Filled {
        match (self.places.is_empty(), self.entries.len()) {
            (true, _) => Filled::Nothing,
            (false, 1) => Filled::Same,
            (false, _) => Filled::Places,
        }
    }

    /// A column that shapes decide: its values are found for each shape, then for each row.
    fn shaped(&mut self, shaped: Shaped, batch: &Batch) -> Filled {
        let shapes = batch.shapes();
        match shaped {
            Shaped::Flag(get) => {
                self.of_shapes.clear();
                let bit = |shape| get(shape).map_or(NONE, u32::from);
                self.of_shapes.extend(shapes.iter().map(bit));
            }
            Shaped::Number(get) => self.different(shapes, get, |number, scratch| {
                scratch.entries.push_number(number);
                let (least, most) = scratch.bounds.unwrap_or((i64::MAX, i64::MIN));
                scratch.bounds = Some((least.min(number.into()), most.max(number.into())));
            }),
            Shaped::Word(get, spell) => self.different(shapes, get, |number, scratch| {
                scratch.entries.push_text(&spell(number));
            }),
            Shaped::Text(get) => self.different(shapes, get, |id, scratch| {
                scratch.entries.push_text(batch.texts().get(id));
            }),
        }
        let is_flag = matches!(shaped, Shaped::Flag(_));
        let first = self.of_shapes.first().copied().unwrap_or(NONE);
        if self.of_shapes.iter().all(|place| *place == first) {
            return match (first, is_flag) {
                (NONE, _) => Filled::Nothing,
                (bit, true) => Filled::SameBit(bit == 1),
                (_, false) => Filled::Same,
            };
        }
        self.spread();
        if is_flag { Filled::Bits } else { self.places() }
    }

    /// Gives each different value a place, and each shape that of its value.
    fn different<T: Copy + Eq + std::hash::Hash>(
        &mut self,
        shapes: &[Shape],
        get: fn(&Shape) -> Option<T>,
        mut add: impl FnMut(T, &mut Self),
    ) {
        let mut known: HashMap<T, u32, foldhash::fast::RandomState> = HashMap::default();
        self.of_shapes.clear();
        for shape in shapes {
            let place = get(shape).map(|value| {
                let next = u32::try_from(known.len()).unwrap_or(NONE);
                *known.entry(value).or_insert_with(|| {
                    add(value, self);
                    next
                })
            });
            self.of_shapes.push(place.unwrap_or(NONE));
        }
    }

    /// From shapes to rows.
    fn spread(&mut self) {
        let Self { shapes, of_shapes, places, has, .. } = self;
        let place = |shape: &u32| of_shapes.get(*shape as usize).copied().unwrap_or(NONE);
        if of_shapes.contains(&NONE) {
            for shape in shapes.iter() {
                let place = place(shape);
                has.push(u32::from(place != NONE));
                places.extend((place != NONE).then_some(place));
            }
        } else {
            places.extend(shapes.iter().map(place));
        }
    }

    fn presence(&self, column: &Column, filled: Filled) -> Presence<'_> {
        match filled {
            Filled::Nothing => Presence::Nothing,
            _ if column.null.is_empty() => Presence::Required,
            _ if self.has.is_empty() => Presence::All,
            _ => Presence::Some(&self.has),
        }
    }

    fn values(&self, filled: Filled) -> Values<'_> {
        match filled {
            Filled::Numbers => Values::Numbers(&self.numbers),
            Filled::Places | Filled::Nothing => Values::Places(&self.places, &self.entries),
            Filled::Bits => Values::Bits(&self.places),
            Filled::Same => Values::Same(&self.entries),
            Filled::SameBit(bit) => Values::SameBit(bit),
        }
    }

    fn bloom(&self) -> Result<Sbbf, ParquetError> {
        let mut bloom = Sbbf::new_with_ndv_fpp(self.entries.len() as u64, FALSE_POSITIVES)?;
        self.entries.texts().for_each(|text| bloom.insert(text));
        bloom.fold_to_target_fpp(FALSE_POSITIVES);
        Ok(bloom)
    }

    /// Who asks for a time, a delay, a code or a name can pass over row groups. Of what else there
    /// is, every row group has from the least to the most.
    fn statistics(&self, column: &Column, filled: Filled, rows: usize) -> Option<Statistics> {
        let nulls = Some(match filled {
            Filled::Nothing => rows as u64,
            _ => self.has.iter().filter(|has| **has == 0).count() as u64,
        });
        let bounds = self.bounds;
        let (least, most) = (bounds.map(|(least, _)| least), bounds.map(|(_, most)| most));
        match column.kind {
            Kind::Time(_) | Kind::Nanos(_) => {
                let all = ValueStatistics::new(least, most, None, nulls, false);
                Some(all.with_backwards_compatible_min_max(true).into())
            }
            Kind::Number(_) | Kind::Shaped(Shaped::Number(_)) => {
                let short = |number| i32::try_from(number).ok();
                let (least, most) = (least.and_then(short), most.and_then(short));
                Some(ValueStatistics::new(least, most, None, nulls, false).into())
            }
            Kind::Name => {
                let text = |place: &u32| ByteArray::from(self.entries.text(*place).to_vec());
                let (least, most) = (self.places.first().map(text), self.places.last().map(text));
                Some(ValueStatistics::new(least, most, None, nulls, false).into())
            }
            _ => None,
        }
    }
}
