//! Databases that tell where addresses are, made for the tests that need some.

#[path = "../../src/geo/mmdb.rs"]
mod mmdb;

use std::fs;
use std::path::{Path, PathBuf};

use mmdb::{Value, country, database, system};

/// A network, the country it is in, and its autonomous system.
pub(crate) type Place = (&'static str, &'static str, u32, &'static str);

/// Two databases, of countries and of autonomous systems.
pub(crate) fn databases(folder: &Path, places: &[Place]) -> [PathBuf; 2] {
    let paths = ["country.mmdb", "asn.mmdb"].map(|name| folder.join(name));
    let countries = places.iter().map(|(network, code, ..)| (*network, country(code)));
    let systems = places.iter().map(|(network, _, number, name)| (*network, system(*number, name)));
    let rows: [Vec<(&str, Value)>; 2] = [countries.collect(), systems.collect()];
    for (path, rows) in paths.iter().zip(&rows) {
        fs::write(path, database(rows)).expect("a database can be written");
    }
    paths
}
