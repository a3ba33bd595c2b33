//! Where rows are filed: by date, hour and sensor, in folders as Hive names them.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::time::Timestamp;

/// An hour of packet time, in UTC: hours since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hour(u64);

const NANOS: u64 = 3_600_000_000_000;

impl Hour {
    /// The hour that a moment is in.
    pub const fn of(at: Timestamp) -> Self {
        Self(at.0 / NANOS)
    }

    /// When it begins.
    pub const fn begins(self) -> Timestamp {
        Timestamp(self.0.saturating_mul(NANOS))
    }
}

/// How files are laid out below the folder that they are written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// One file with this name.
    File(PathBuf),
    /// `date=…/hour=…/sensor=…`, of this sensor.
    Folders {
        /// Who captured, as the user named it.
        sensor: String,
    },
}

impl Place {
    /// The path of the file, below the folder, that begins with a row of this time and is the one of
    /// this number in its export: the same export again has the same names, and is noticed.
    pub fn path(&self, first: Timestamp, number: u64, extension: &str) -> PathBuf {
        match self {
            Self::File(name) => name.clone(),
            Self::Folders { sensor } => {
                let name = format!("exchanges-{}-{number:04}.{extension}", compact(first));
                PathBuf::from(partition(Hour::of(first), sensor)).join(name)
            }
        }
    }

    /// Whether there may be more than one file.
    pub const fn has_many(&self) -> bool {
        matches!(self, Self::Folders { .. })
    }

    /// What is filed together: all, or an hour.
    pub fn drawer(&self, at: Timestamp) -> Hour {
        match self {
            Self::File(_) => Hour(0),
            Self::Folders { .. } => Hour::of(at),
        }
    }
}

/// `20261121T031200.000001000Z`.
fn compact(at: Timestamp) -> String {
    at.to_string().replace(['-', ':'], "")
}

/// `date=2026-11-21/hour=03/sensor=ns1`.
pub fn partition(hour: Hour, sensor: &str) -> String {
    let begins = hour.begins().to_string();
    let date = begins.get(..10).unwrap_or_default();
    let clock = begins.get(11..13).unwrap_or_default();
    format!("date={date}/hour={clock}/sensor={}", escape(sensor))
}

/// As Hive escapes the values of partitions, but all that is not plainly harmless: what stays is a
/// name of a folder on any system, and one folder only.
fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
                out.push(char::from(byte));
            }
            // Writing to a String cannot fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(seconds: u64, sensor: &str, expected: &str) {
        assert_eq!(partition(Hour::of(Timestamp::new(seconds, 7)), sensor), expected);
    }

    #[test]
    fn rows_are_filed_by_hour_and_sensor_in_utc() {
        check(0, "ns1", "date=1970-01-01/hour=00/sensor=ns1");
        check(1_795_230_720, "ns1.example", "date=2026-11-21/hour=03/sensor=ns1.example");
        check(u64::MAX, "x", "date=2554-07-21/hour=23/sensor=x");
    }

    #[test]
    fn a_sensor_is_one_folder_whatever_it_is_called() {
        check(0, "../../etc", "date=1970-01-01/hour=00/sensor=..%2F..%2Fetc");
        check(0, "a=b/c%", "date=1970-01-01/hour=00/sensor=a%3Db%2Fc%25");
        check(0, "\u{1b}ü", "date=1970-01-01/hour=00/sensor=%1B%C3%BC");
    }

    #[test]
    fn files_are_named_by_their_first_row() {
        let place = Place::Folders { sensor: "a".into() };
        let path = place.path(Timestamp::new(1_795_230_720, 1000), 7, "parquet");
        let expected =
            "date=2026-11-21/hour=03/sensor=a/exchanges-20261121T031200.000001000Z-0007.parquet";
        assert_eq!(path, PathBuf::from(expected));
        let file = Place::File("rows.csv".into());
        assert_eq!(file.path(Timestamp(5), 1, "csv"), PathBuf::from("rows.csv"));
        assert_eq!(file.drawer(Timestamp(u64::MAX)), file.drawer(Timestamp(0)));
    }
}
