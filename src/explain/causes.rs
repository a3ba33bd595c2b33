//! Causes: the page of each, and which may be behind a response code.

use std::fmt::Write;

use crate::diagnose::{Cause, Fix, causes};
use crate::focus::Focus;

use super::text::{hang, paragraph};

/// Explains a cause by its identifier.
pub(super) fn explain(text: &str) -> Option<String> {
    causes::find(text).map(page)
}

/// Every identifier.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    causes::ALL.iter().map(|cause| cause.id)
}

/// All causes, one a line.
pub(super) fn list() -> String {
    causes::ALL.iter().copied().map(row).collect()
}

/// Those that show as this, and how to go on; nothing where there is none.
pub(super) fn behind(focus: Focus) -> String {
    let rows: String = matching(focus).map(row).collect();
    let Some(first) = matching(focus).next() else {
        return String::new();
    };
    format!(
        "\nWhat can be behind {focus}, and how to tell and mend each: rcodetop explain {}\n{rows}",
        first.id
    )
}

/// Causes without a code show as silence, or as an error in place of a response.
fn matching(focus: Focus) -> impl Iterator<Item = &'static Cause> {
    let shows = move |cause: &&Cause| match focus {
        Focus::Rcode(rcode) => cause.rcodes.contains(&rcode),
        Focus::NoResponse => cause.rcodes.is_empty(),
        Focus::Slow => false,
    };
    causes::ALL.iter().copied().filter(shows)
}

fn row(cause: &Cause) -> String {
    hang(&format!("  {:<22}  ", cause.id), cause.title)
}

/// Everything about a cause.
fn page(cause: &Cause) -> String {
    let mut out = hang("", &format!("{}: {}", cause.id, cause.title));
    out += &paragraph(&standing(cause));
    let _ = write!(out, "\n{}", paragraph(cause.meaning));
    out += &section("In the packets", cause.evidence);
    out += &section("Easily mistaken for", cause.mistaken_for);
    out += "\nWhat to do\n";
    for (number, text) in (1..).zip(cause.remedy) {
        out += &hang(&format!("  {number}. "), text);
    }
    out += &by_brand(cause);
    out += &section("On the client", cause.on_the_client);
    out += &section("What not to do", cause.never);
    let _ = write!(out, "\n{}", hang("Sources: ", &cause.sources.join(", ")));
    out
}

/// Whether it is a fault, and how it shows.
pub(super) fn standing(cause: &Cause) -> String {
    let standing = if cause.fault { "A fault" } else { "Works as intended" };
    let rcodes: Vec<_> = cause.rcodes.iter().map(ToString::to_string).collect();
    let shows = if rcodes.is_empty() {
        "silence or an error of the network".to_owned()
    } else {
        rcodes.join(" or ")
    };
    format!("{standing}; shows as {shows}.")
}

fn section(title: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("\n{title}\n{}", hang("  ", text)) }
}

fn by_brand(cause: &Cause) -> String {
    if cause.fixes.is_empty() {
        return String::new();
    }
    let row = |fix: &Fix| hang(&format!("  {:<18}", fix.brand), fix.text);
    format!("\nBy brand\n{}", cause.fixes.iter().map(row).collect::<String>())
}
