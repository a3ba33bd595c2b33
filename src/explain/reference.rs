//! All causes as one Markdown document, `docs/causes.md`.

use std::fmt::Write;

use crate::diagnose::{Cause, causes};

use super::causes::standing;

const HEAD: &str = "\
# Causes

Why DNS names are refused, how each reason shows in captured packets, and how to mend it. `rcodetop explain NAME` prints
one of these on the terminal; `findings[].cause` of a JSON report is one of these names.

What is said of packets are contrasts: what separates the queries that are refused from those that are answered. A
capture rarely proves a cause; it is consistent with some and not with others.

";

/// The reference of all causes, in Markdown.
pub fn reference() -> String {
    let mut out = String::from(HEAD);
    out += "| Cause | What it is | A fault? |\n|---|---|---|\n";
    for cause in causes::ALL {
        let fault = if cause.fault { "yes" } else { "no" };
        let _ = writeln!(out, "| [{0}](#{0}) | {1} | {fault} |", cause.id, cause.title);
    }
    for cause in causes::ALL {
        chapter(&mut out, cause);
    }
    out
}

fn chapter(out: &mut String, cause: &Cause) {
    let title = upper_first(cause.title);
    let _ = write!(out, "\n## {}\n\n**{title}.** {}\n\n", cause.id, standing(cause));
    let _ = writeln!(out, "{}", plain(cause.meaning));
    section(out, "In the packets", cause.evidence);
    section(out, "Easily mistaken for", cause.mistaken_for);
    out.push_str("\n**What to do**\n\n");
    for (number, text) in (1..).zip(cause.remedy) {
        let _ = writeln!(out, "{number}. {}", plain(text));
    }
    if !cause.fixes.is_empty() {
        out.push_str("\n**By brand**\n\n");
    }
    for fix in cause.fixes {
        let _ = writeln!(out, "- {}: {}", fix.brand, plain(fix.text));
    }
    section(out, "On the client", cause.on_the_client);
    section(out, "What not to do", cause.never);
    let _ = writeln!(out, "\n**Sources:** {}", cause.sources.join(", "));
}

fn section(out: &mut String, title: &str, text: &str) {
    if !text.is_empty() {
        let _ = writeln!(out, "\n**{title}:** {}", plain(text));
    }
}

/// What Markdown would take for its own; between backquotes it takes nothing.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    for letter in text.chars() {
        quoted ^= letter == '`';
        if !quoted && matches!(letter, '*' | '<' | '~') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

fn upper_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_what_the_table_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/causes.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, reference()).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        let same = written.replace("\r\n", "\n") == reference();
        assert!(same, "docs/causes.md is old: UPDATE_DOCS=1 cargo test --lib reference");
    }

    #[test]
    fn directives_reach_the_reader_as_they_are() {
        assert_eq!(plain("allow_from: [192.0.2.0/24]"), "allow_from: [192.0.2.0/24]");
        assert_eq!(plain("Domains=~. and `*.<ZONE>`"), "Domains=\\~. and `*.<ZONE>`");
    }
}
