//! Names and numbers of the IANA registries for DNS, each table in one place.
//!
//! Values are newtypes, so that a number without a name survives and prints as
//! `RCODE3841` or `TYPE65280`. Everything else may use this module; it uses nothing.

mod ede;
mod opcode;
mod rcode;
mod rtype;

pub use ede::Ede;
pub use opcode::Opcode;
pub use rcode::{RCODES, Rcode, RcodeFact};
pub use rtype::{Class, RecordType};

/// Finds the name for a number in a registry table.
fn name_of(table: &[(u16, &'static str)], number: u16) -> Option<&'static str> {
    table.iter().find(|(n, _)| *n == number).map(|(_, name)| *name)
}

/// Finds the number for a name in a registry table, or from a `TYPE65280`-like spelling.
fn number_of(table: &[(u16, &'static str)], generic: &str, text: &str) -> Option<u16> {
    if let Some((number, _)) = table.iter().find(|(_, name)| name.eq_ignore_ascii_case(text)) {
        return Some(*number);
    }
    let head = text.get(..generic.len())?;
    if head.eq_ignore_ascii_case(generic) { text.get(generic.len()..)?.parse().ok() } else { None }
}
