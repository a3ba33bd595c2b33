//! The pages of the documentation, taken apart: blocks, commands, links, and what is written by
//! the tests themselves.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as a test does")]

pub(crate) mod brands;
pub(crate) mod commands;
pub(crate) mod console;
pub(crate) mod keys;
pub(crate) mod links;
pub(crate) mod options;
pub(crate) mod page;
pub(crate) mod scratch;
#[cfg(target_os = "linux")]
pub(crate) mod screen;
pub(crate) mod shell;

use std::path::{Path, PathBuf};

/// The folder that all pages are named from.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Whether pages are to be made to fit the program, and not held against it.
pub(crate) fn is_update() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some()
}

/// Writes what a page should be, or says how it differs.
pub(crate) fn keep(path: &str, expected: &str) -> Result<(), String> {
    let file = root().join(path);
    if is_update() {
        write(&file, expected);
        return Ok(());
    }
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    if known == expected {
        return Ok(());
    }
    let differs = known.lines().zip(expected.lines()).position(|(old, new)| old != new);
    let line = differs.unwrap_or(known.lines().count().min(expected.lines().count())) + 1;
    let new = expected.lines().nth(line - 1).unwrap_or("the end");
    Err(format!("{path}:{line}: is old, and should be: {new}"))
}

fn write(file: &Path, text: &str) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}
