//! Where addresses are, as databases tell it: country, autonomous system, who runs it.
//!
//! Databases are loaded whole when they are opened, read once the program is confined, and looked into for the addresses that a reader
//! is shown, never for each packet. What they say is somebody's bytes: cut, escaped, and where it
//! makes no sense, nothing.

#[cfg(test)]
mod mmdb;

use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use maxminddb::Reader;
use serde::Deserialize;

use crate::snapshot::Whereabouts;
use crate::wire::name::escape_text;

/// The largest database that is read, in bytes; those of cities have about 100 MiB.
const LARGEST: u64 = 1 << 30;

/// The longest name of who runs a network, in characters.
const LONGEST_NAME: usize = 60;

/// A database that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot use {file} to tell where addresses are: {why}")]
pub struct GeoError {
    file: String,
    why: String,
}

/// All databases that were given.
pub struct Atlas {
    readers: Vec<Reader<Vec<u8>>>,
}

impl std::fmt::Debug for Atlas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Atlas({})", self.readers.len())
    }
}

/// What is read of a record: those of countries, cities and autonomous systems have it by the same
/// names.
#[derive(Default, Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    country: Option<Country<'a>>,
    #[serde(borrow)]
    registered_country: Option<Country<'a>>,
    autonomous_system_number: Option<u32>,
    autonomous_system_organization: Option<&'a str>,
}

#[derive(Deserialize)]
struct Country<'a> {
    iso_code: Option<&'a str>,
}

impl Atlas {
    /// Reads databases in the `MaxMind` DB format.
    ///
    /// # Errors
    ///
    /// The first that cannot be read or is none.
    pub fn open(paths: &[PathBuf]) -> Result<Self, GeoError> {
        Self::of_files(paths.iter().map(|path| Unread::load(path)).collect::<Result<_, _>>()?)
    }

    /// Looks into files that were loaded before.
    ///
    /// # Errors
    ///
    /// The first that is no database.
    pub fn of_files(files: Vec<Unread>) -> Result<Self, GeoError> {
        let readers: Result<_, _> = files.into_iter().map(Unread::read).collect();
        Ok(Self { readers: readers? })
    }

    /// What is known of an address; what several databases tell is told by the first of them.
    pub fn of(&self, ip: IpAddr) -> Whereabouts {
        let mut all = Whereabouts::default();
        for reader in &self.readers {
            // Damaged inside, or of the other version of IP: it knows nothing of this address.
            let Ok(found) = reader.lookup(ip) else { continue };
            let Ok(Some(record)) = found.decode::<Record<'_>>() else { continue };
            let code = |country: &Option<Country<'_>>| country.as_ref()?.iso_code.and_then(code);
            all.country = all
                .country
                .or_else(|| code(&record.country))
                .or_else(|| code(&record.registered_country));
            all.system = all.system.or(record.autonomous_system_number);
            all.organisation =
                all.organisation.or_else(|| record.autonomous_system_organization.map(name));
        }
        all
    }
}

/// Two letters (ISO 3166-1 alpha-2), or nothing.
fn code(text: &str) -> Option<String> {
    let is_code = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_code.then(|| text.to_ascii_uppercase())
}

fn name(text: &str) -> String {
    let cut: String = text.chars().take(LONGEST_NAME).collect();
    escape_text(cut.as_bytes())
}

/// The bytes of a file of which nothing was looked at yet: whoever may open it need not be who reads
/// it.
pub struct Unread {
    file: String,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Unread({}, {} bytes)", self.file, self.bytes.len())
    }
}

impl Unread {
    /// Loads a file whole.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is longer than 1 GiB.
    pub fn load(path: &Path) -> Result<Self, GeoError> {
        let file = escape_text(path.as_os_str().as_encoded_bytes());
        let refuse = |why: String| GeoError { file: file.clone(), why };
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
        read.map_err(|error| refuse(format!("{error}; check its name and its permissions")))?;
        if bytes.len() as u64 > LARGEST {
            return Err(refuse(format!("it is larger than {LARGEST} bytes")));
        }
        Ok(Self { file, bytes })
    }

    fn read(self) -> Result<Reader<Vec<u8>>, GeoError> {
        let Self { file, bytes } = self;
        Reader::from_source(bytes).map_err(|error| {
            let said = escape_text(error.to_string().as_bytes());
            let why = format!(
                "it is no MaxMind database ({said}); give a .mmdb file of countries, cities or \
                 autonomous systems, unpacked"
            );
            GeoError { file, why }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    use super::mmdb::{Value, country, database, system, text};

    fn atlas(databases: &[Vec<u8>]) -> Atlas {
        let folder = tempfile::tempdir().unwrap();
        let path = |nth: usize| folder.path().join(format!("{nth}.mmdb"));
        databases.iter().enumerate().for_each(|(nth, it)| std::fs::write(path(nth), it).unwrap());
        Atlas::open(&(0..databases.len()).map(path).collect::<Vec<_>>()).unwrap()
    }

    #[track_caller]
    fn check(atlas: &Atlas, ip: &str, expected: &str) {
        assert_eq!(atlas.of(ip.parse().unwrap()).to_string(), expected, "{ip}");
    }

    #[test]
    fn country_and_system_come_from_two_databases() {
        let countries =
            database(&[("192.0.2.0/24", country("se")), ("2001:db8::/32", country("NZ"))]);
        let systems = database(&[("192.0.2.0/25", system(64_500, "Example \u{1b}[2J Ltd"))]);
        let atlas = atlas(&[countries, systems]);
        check(&atlas, "192.0.2.7", "AS64500 Example \\027[2J Ltd, SE");
        check(&atlas, "192.0.2.200", "SE");
        check(&atlas, "2001:db8::1", "NZ");
        check(&atlas, "198.51.100.1", "");
    }

    #[test]
    fn what_makes_no_sense_is_nothing() {
        let odd = database(&[
            ("192.0.2.0/26", country("\u{1b}]")),
            ("192.0.2.64/26", Value::Map(vec![("country", text("Sweden"))])),
            ("192.0.2.128/26", Value::Number(7)),
        ]);
        let atlas = atlas(&[odd]);
        for ip in ["192.0.2.7", "192.0.2.70", "192.0.2.130"] {
            check(&atlas, ip, "");
        }
    }

    #[test]
    fn what_is_no_database_is_refused_with_advice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mmdb");
        let refusal =
            |path: &PathBuf| Atlas::open(std::slice::from_ref(path)).unwrap_err().to_string();
        assert!(refusal(&path).contains("check its name"));
        std::fs::write(&path, "no database").unwrap();
        assert!(refusal(&path).contains("give a .mmdb file"));
    }

    proptest! {
        #[test]
        fn a_damaged_database_is_refused_or_knows_less(
            bent in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
            kept in any::<prop::sample::Index>(),
            is_cut in any::<bool>(),
        ) {
            let rows = [("192.0.2.0/24", country("SE")), ("198.51.100.0/24", system(1, "x"))];
            let mut bytes = database(&rows);
            for (at, byte) in bent {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if is_cut {
                bytes.truncate(kept.index(bytes.len()));
            }
            if let Ok(reader) = Reader::from_source(bytes) {
                let atlas = Atlas { readers: vec![reader] };
                for ip in ["192.0.2.7", "198.51.100.9", "2001:db8::1", "0.0.0.0"] {
                    let _ = atlas.of(ip.parse().unwrap());
                }
            }
        }
    }
}
