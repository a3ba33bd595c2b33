//! What is written is what the `parquet` crate reads: column by column with any values, and whole
//! files of odd exchanges against the lines of the same.

use std::io::Write;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use parquet::bloom_filter::Sbbf;
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::serialized_reader::ReadOptionsBuilder;
use parquet::record::Field;
use proptest::prelude::*;
use serde_json::Value;

use super::entries::Entries;
use super::pages::{Content, PAGE_ROWS, Presence, Values};
use super::*;
use crate::focus::Focus;
use crate::iana::{Class, Ede, Opcode, Rcode, RecordType};
use crate::rows::gather::Meaning;
use crate::rows::lines::{Json, Lines};
use crate::rows::press;
use crate::time::Timestamp;
use crate::track::{Answer, Asked, Exchange, Form, Hasher, Hashes, Key, Obstacle, Outcome};
use crate::wire::{Address, Endpoint, Flags, Question, Transport};

/// A file of one column.
fn file(physical: Physical, content: &Content<'_>) -> Bytes {
    let is_required = matches!(content.presence, Presence::Required);
    let repetition = if is_required { Repetition::REQUIRED } else { Repetition::OPTIONAL };
    let field = Type::primitive_type_builder("x", physical).with_repetition(repetition);
    let fields = vec![Arc::new(field.build().unwrap())];
    let schema = Arc::new(Type::group_type_builder("s").with_fields(fields).build().unwrap());
    let mut file = SerializedFileWriter::new(Vec::new(), schema, Arc::default()).unwrap();
    let descr = file.schema_descr().column(0);
    let mut group = file.next_row_group().unwrap();
    Binder::default().write(content, &descr, &mut group).unwrap();
    group.close().unwrap();
    file.into_inner().unwrap().into()
}

/// All values of the only column.
fn read<T: DataType>(file: Bytes) -> Vec<Option<T::T>> {
    let reader = SerializedFileReader::new(file).unwrap();
    let rows = usize::try_from(reader.metadata().file_metadata().num_rows()).unwrap();
    let column = reader.get_row_group(0).unwrap().get_column_reader(0).unwrap();
    let mut column = get_typed_column_reader::<T>(column);
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    while column.read_records(rows, Some(&mut levels), None, &mut values).unwrap().0 > 0 {}
    let mut values = values.into_iter();
    if levels.is_empty() {
        return values.map(Some).collect();
    }
    assert_eq!(levels.len(), rows);
    levels.iter().map(|level| (*level == 1).then(|| values.next().unwrap())).collect()
}

/// Writes values and reads them again.
#[track_caller]
fn check<T: DataType>(
    physical: Physical,
    values: Values<'_>,
    has: &[u32],
    expected: &[Option<T::T>],
) {
    let all: Vec<Presence<'_>> = match has.contains(&0) {
        false => vec![Presence::Required, Presence::All, Presence::Some(has)],
        true if has.contains(&1) => vec![Presence::Some(has)],
        true => vec![Presence::Nothing, Presence::Some(has)],
    };
    for presence in all {
        let rows = has.len();
        let content =
            Content { rows, presence, values, statistics: None, is_sorted: false, bloom: None };
        assert!(read::<T>(file(physical, &content)) == expected, "{presence:?}");
    }
}

/// Values in runs, of which some are missing.
fn runs<T: Clone + std::fmt::Debug>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Vec<Option<T>>> {
    let run = (prop::option::weighted(0.8, value), prop_oneof![1..4_usize, 5..200_usize]);
    let spread = |runs: Vec<(Option<T>, usize)>| {
        runs.into_iter().flat_map(|(value, times)| vec![value; times]).collect()
    };
    prop::collection::vec(run, 1..80).prop_map(spread)
}

fn has<T>(values: &[Option<T>]) -> Vec<u32> {
    values.iter().map(|value| u32::from(value.is_some())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn numbers_come_back_as_they_were(
        values in prop_oneof![
            runs(any::<i64>()),
            runs(0..100_i64),
            runs(1_700_000_000_000_000_000..1_700_000_060_000_000_000_i64),
            runs(prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0)]),
        ]
    ) {
        let numbers: Vec<i64> = values.iter().flatten().copied().collect();
        check::<Int64Type>(Physical::INT64, Values::Numbers(&numbers), &has(&values), &values);
    }

    #[test]
    fn short_numbers_come_back_as_they_were(values in runs(any::<u16>())) {
        let numbers: Vec<i64> = values.iter().flatten().map(|each| (*each).into()).collect();
        let expected: Vec<_> = values.iter().map(|value| value.map(i32::from)).collect();
        check::<Int32Type>(Physical::INT32, Values::Numbers(&numbers), &has(&values), &expected);
    }

    #[test]
    fn flags_come_back_as_they_were(values in runs(any::<bool>())) {
        let bits: Vec<u32> = values.iter().flatten().map(|bit| u32::from(*bit)).collect();
        check::<BoolType>(Physical::BOOLEAN, Values::Bits(&bits), &has(&values), &values);
    }

    #[test]
    fn places_in_a_dictionary_of_any_size_come_back_as_values(
        (values, most) in (1..=65_535_u16).prop_flat_map(|most| (runs(0..most), Just(most)))
    ) {
        let mut entries = Entries::default();
        (0..most).for_each(|number| entries.push_number(number));
        let places: Vec<u32> = values.iter().flatten().map(|each| (*each).into()).collect();
        let expected: Vec<_> = values.iter().map(|value| value.map(i32::from)).collect();
        let values_of = Values::Places(&places, &entries);
        check::<Int32Type>(Physical::INT32, values_of, &has(&values), &expected);
    }
}

/// Texts that each come `times` times, so many bytes long, in several pages.
#[track_caller]
fn check_texts(different: u32, times: usize, length: usize, is_by_dictionary: bool) {
    let mut entries = Entries::default();
    let text = |number: u32| format!("{number:08}").repeat(length / 8);
    (0..different).for_each(|number| entries.push_text(&text(number)));
    let once: Vec<u32> = (0..different).map(|place| place * 7919 % different).collect();
    let places = once.repeat(times);
    let has = vec![1; places.len()];
    let expected: Vec<_> =
        places.iter().map(|place| Some(ByteArray::from(text(*place).into_bytes()))).collect();
    let values = Values::Places(&places, &entries);
    check::<ByteArrayType>(Physical::BYTE_ARRAY, values, &has, &expected);
    let (presence, rows) = (Presence::Required, places.len());
    let content =
        Content { rows, presence, values, statistics: None, is_sorted: false, bloom: None };
    let options = ReadOptionsBuilder::new().with_page_index().build();
    let bytes = file(Physical::BYTE_ARRAY, &content);
    let reader = SerializedFileReader::new_with_options(bytes, options).unwrap();
    let column = reader.metadata().row_group(0).column(0);
    assert_eq!(column.dictionary_page_offset().is_some(), is_by_dictionary);
}

#[test]
fn texts_are_by_a_dictionary_where_it_pays_and_is_not_too_long() {
    check_texts(70_000, 2, 24, true);
    check_texts(30_000, 1, 24, false);
    check_texts(9, 3000, 24, true);
    check_texts(50, 2, 100_000, false);
}

#[test]
fn one_value_in_all_rows_takes_a_few_bytes() {
    let mut entries = Entries::default();
    entries.push_number(53);
    let rows = 3 * PAGE_ROWS + 1;
    let has = vec![1; rows];
    check::<Int32Type>(Physical::INT32, Values::Same(&entries), &has, &vec![Some(53); rows]);
    let yes = vec![Some(true); rows];
    check::<BoolType>(Physical::BOOLEAN, Values::SameBit(true), &has, &yes);
    let nothing = vec![None; rows];
    let none = vec![0; rows];
    check::<Int32Type>(Physical::INT32, Values::Numbers(&[]), &none, &nothing);
    let (values, presence) = (Values::Same(&entries), Presence::Required);
    let content =
        Content { rows, presence, values, statistics: None, is_sorted: false, bloom: None };
    assert!(file(Physical::INT32, &content).len() < 700);
}

/// A file in memory.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Aside for Memory {
    fn keep(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}

impl Memory {
    /// What a table makes of batches.
    fn of(table: impl FnOnce(Box<dyn Aside>) -> Box<dyn Table>, batches: &[Batch]) -> Vec<u8> {
        let memory = Self::default();
        let mut table = table(Box::new(memory.clone()));
        let mut tools = press::Tools::default();
        batches.iter().for_each(|batch| table.add(batch, &mut tools).unwrap());
        let (_, bytes) = table.finish().unwrap();
        let all = memory.0.lock().unwrap().clone();
        assert_eq!(all.len() as u64, bytes);
        all
    }
}

/// What an exchange is made of: each number decides one thing.
struct Odd<'a> {
    number: u64,
    name: &'a [u8],
    said: &'a [u8],
    outcome: Outcome,
}

impl Odd<'_> {
    fn part(&self, of: u64, step: u64) -> u16 {
        u16::try_from(self.number / step % of).unwrap()
    }

    fn exchange(&self, hasher: &Hasher) -> Exchange<'_> {
        let at = Timestamp(1_795_230_720_000_000_000 + self.number * 977);
        let address = |of: u64| match self.number % of {
            even if even % 2 == 0 => Address(0xffff_0a00_0000 | u128::from(even)),
            odd => Address(0x2001_0db8 << 96 | u128::from(odd)),
        };
        let (client, server) = (address(5000), address(11));
        let port = 1024 + self.part(60_000, 1);
        let (client, server) =
            (Endpoint { address: client, port }, Endpoint { address: server, port: 53 });
        let (id, transport) =
            (self.part(65_536, 3), Transport::ALL[usize::from(self.number.is_multiple_of(3))]);
        let question = (!self.name.is_empty())
            .then(|| Question { rtype: RecordType(self.part(7, 1)), class: Class(1) });
        let key = Key { client, server, id, transport };
        let is_answered = !matches!(
            self.outcome,
            Outcome::Unanswered | Outcome::Unreachable(_) | Outcome::Undecided
        );
        let is_asked = !matches!(self.outcome, Outcome::Unasked);
        let flags = Flags(self.part(65_536, 1));
        Exchange {
            at,
            client: client.address,
            server: server.address,
            client_port: client.port,
            server_port: server.port,
            id,
            transport,
            outcome: self.outcome,
            opcode: Opcode(u8::try_from(self.part(3, 1)).unwrap()),
            question,
            name: self.name,
            hashes: Hashes::of(hasher, &key, self.name, question),
            asked: is_asked.then_some(Asked {
                at: Timestamp(at.0 - self.number % 1000),
                flags,
                edns: self.number.is_multiple_of(3),
                last: at,
                repeats: self.part(4, 7),
                unreachable: false,
            }),
            answer: is_answered.then_some(Answer {
                rcode: Rcode(self.part(30, 5)),
                ede: (self.number.is_multiple_of(5)).then_some(Ede(self.part(40, 11))),
                ede_text: self.said,
                answers: self.part(300, 1),
                form: Form::default(),
            }),
            flags,
        }
    }
}

const OUTCOMES: [Outcome; 6] = [
    Outcome::Answered { took: 977, late: false },
    Outcome::Answered { took: u64::MAX, late: true },
    Outcome::Unasked,
    Outcome::Unanswered,
    Outcome::Unreachable(Obstacle::Reset),
    Outcome::Undecided,
];

/// A name in wire form of one label.
fn name(label: &[u8]) -> Vec<u8> {
    let length = u8::try_from(label.len()).unwrap();
    [&[length], label, &[0]].concat()
}

/// Three batches: all kinds of exchanges in more than one page, queries without responses, and names
/// that are all different and long.
fn batches() -> [Batch; 3] {
    let (hasher, mut batches) = (Hasher::default(), <[Batch; 3]>::default());
    let meaning = Meaning { focus: Focus::default(), patience: 5_000_000_000, slow_after: 1 };
    let long = vec![0xff; 63];
    let said = vec![b'\x1b'; 30_000];
    let labels: [&[u8]; 6] = [b"www", b"=1+1", b"\"a,b\"\r\n", b"\xe2\x80\xae", b"a.b\\c", &long];
    let [all, silent, long_names] = &mut batches;
    let many = 0..u64::try_from(PAGE_ROWS).unwrap() + 77;
    for (number, (label, outcome)) in many.zip(labels.iter().zip(OUTCOMES).cycle()) {
        let wire = match number % 10 {
            0 => Vec::new(),
            1 => vec![0],
            _ => name(label),
        };
        let said: &[u8] = match number % 1000 {
            7 => &said,
            8..100 => b"blocked, \"by\" policy",
            _ => b"",
        };
        all.push(&Odd { number, name: &wire, said, outcome }.exchange(&hasher), &meaning);
    }
    for number in 0..100 {
        let odd = Odd { number, name: &[], said: &[], outcome: Outcome::Unanswered };
        silent.push(&odd.exchange(&hasher), &meaning);
    }
    for number in 0..8_000 {
        let wire = name(format!("{:060}", number * 7919 % 8_009).as_bytes());
        let odd = Odd { number, name: &wire, said: &[], outcome: OUTCOMES[0] };
        long_names.push(&odd.exchange(&hasher), &meaning);
    }
    batches.iter_mut().for_each(Batch::settle);
    batches
}

/// A value as lines have it.
fn as_in_lines(column: &str, field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(it) => (*it).into(),
        Field::UShort(it) => (*it).into(),
        Field::Str(it) => it.clone().into(),
        Field::Long(it) if column.ends_with("_time") => {
            Timestamp(it.cast_unsigned()).to_string().into()
        }
        Field::Long(it) => (*it).into(),
        other => panic!("{column}: {other:?}"),
    }
}

#[test]
fn a_file_has_what_lines_have_in_the_order_of_names() {
    let batches = batches();
    let lines = batches.each_ref().map(|batch| {
        let text = Memory::of(|out| Box::new(Lines::<Json>::new(out)), std::slice::from_ref(batch));
        let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let mut lines: Vec<Value> =
            lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
        lines.sort_by_key(|line| line["qname"].as_str().map(str::to_owned));
        lines
    });
    let mut lines = lines.concat().into_iter();
    let bytes = Memory::of(|out| Box::new(Parquet::new(out, &[]).unwrap()), &batches);
    let reader = SerializedFileReader::new(Bytes::from(bytes)).unwrap();
    assert_eq!(reader.num_row_groups(), 3);
    for row in reader.get_row_iter(None).unwrap() {
        let (row, line) = (row.unwrap(), lines.next().unwrap());
        for (column, field) in row.get_column_iter() {
            let mut expected = line[column].clone();
            // What databases have no room for.
            if column == "response_delay" && expected.as_u64() > Some(i64::MAX.cast_unsigned()) {
                expected = i64::MAX.into();
            }
            assert_eq!(as_in_lines(column, field), expected, "{column}: {line}");
        }
    }
    assert_eq!(lines.next(), None);
}

#[test]
fn who_looks_for_a_value_can_pass_over_what_has_it_not() {
    let batches = batches();
    let bytes = Memory::of(|out| Box::new(Parquet::new(out, &[]).unwrap()), &batches);
    let options = ReadOptionsBuilder::new().with_page_index().build();
    let bytes = Bytes::from(bytes);
    let reader = SerializedFileReader::new_with_options(bytes.clone(), options).unwrap();
    let metadata = reader.metadata();
    let column = |name: &str| COLUMNS.iter().position(|column| column.name == name).unwrap();
    let told = |group: usize, name: &str| {
        let statistics = metadata.row_group(group).column(column(name)).statistics().unwrap();
        (
            statistics.min_bytes_opt().map(<[u8]>::to_vec),
            statistics.max_bytes_opt().map(<[u8]>::to_vec),
            statistics.null_count_opt(),
        )
    };
    let number = |number: i32| Some(number.to_le_bytes().to_vec());
    assert_eq!(told(0, "rcode"), (number(0), number(29), Some(10_038)));
    assert_eq!(told(1, "rcode"), (None, None, Some(100)));
    assert_eq!(told(1, "qname"), (None, None, Some(100)));
    let longest = format!("{:060}", 8_008).into_bytes();
    let shortest = vec![b'0'; 60];
    assert_eq!(told(2, "qname"), (Some(shortest), Some(longest), Some(0)));
    let blooms = ["client_address", "server_address", "qname"].map(|name| {
        let chunk = metadata.row_group(2).column(column(name));
        Sbbf::read_from_column_chunk(chunk, &bytes).unwrap().unwrap()
    });
    for (bloom, there) in blooms.iter().zip(["10.0.0.8", "2001:db8::7", &format!("{:060}", 5)]) {
        assert!(bloom.check(there), "{there}");
        let others = (0..1000).filter(|other| bloom.check(format!("{there}{other}").as_str()));
        assert!(others.count() < 50);
    }
    let index = metadata.page_index_for_row_group(0);
    let Some(ColumnIndexMetaData::BYTE_ARRAY(names)) = index.column_index(column("qname")) else {
        panic!("names have no index");
    };
    let firsts: Vec<_> = names.min_values_iter().map(Option::unwrap).collect();
    let expected = [&br#""a,b"\013\010"#[..], b"www"];
    assert_eq!(firsts, expected);
    assert_eq!(names.null_count(0), Some(2008));
    for (place, column) in COLUMNS.iter().enumerate() {
        let pages = index.page_locations(place).unwrap();
        let rows: Vec<_> = pages.iter().map(|page| page.first_row_index).collect();
        assert_eq!(rows, [0, i64::try_from(PAGE_ROWS).unwrap()], "{}", column.name);
    }
}
