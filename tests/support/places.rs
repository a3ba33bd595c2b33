//! Databases that tell where addresses are, made for the tests that need some.

#[path = "../../src/geo/mmdb.rs"]
mod mmdb;

use std::fs;
use std::path::{Path, PathBuf};

use mmdb::{Value, database, text};

fn country(code: &str) -> Value {
    Value::Map(vec![("country", Value::Map(vec![("iso_code", text(code))]))])
}

fn system(number: u32, name: &str) -> Value {
    Value::Map(vec![
        ("autonomous_system_number", Value::Number(number)),
        ("autonomous_system_organization", text(name)),
    ])
}

/// Two databases, of countries and of autonomous systems, that know every IPv4 address: half of them
/// to be in one place.
pub(crate) fn databases(folder: &Path) -> [PathBuf; 2] {
    let paths = ["country.mmdb", "asn.mmdb"].map(|name| folder.join(name));
    let countries = [("0.0.0.0/1", country("SE")), ("128.0.0.0/1", country("NZ"))];
    let systems =
        [("0.0.0.0/1", system(64_500, "=Example")), ("128.0.0.0/1", system(64_501, "Other"))];
    for (path, rows) in paths.iter().zip([countries, systems]) {
        fs::write(path, database(&rows)).expect("a database can be written");
    }
    paths
}
