//! Settings by brand: what a page tells must be what the causes tell.

use super::page::Page;

/// Settings in a page that do not stand with the causes that their row links to, for its brand.
///
/// A brand is a heading of the second level, a row one of a table, its settings the code in the last
/// cell; what the causes say of a brand are lines such as `- BIND: allow-query ...`.
pub(crate) fn unknown_settings(page: &Page, causes: &Page) -> (usize, Vec<String>) {
    let mut brand = "";
    let mut settings = 0;
    let mut complaints = Vec::new();
    for (line, text) in page.prose() {
        if let Some(title) = text.strip_prefix("## ") {
            brand = title.trim();
        }
        let names: Vec<&str> = text.split("causes.md#").skip(1).filter_map(cause).collect();
        let Some((_, last)) = text.trim_end_matches('|').rsplit_once(" | ") else { continue };
        if names.is_empty() {
            continue;
        }
        for setting in last.split('`').skip(1).step_by(2) {
            settings += 1;
            if !names.iter().any(|name| told(causes, name, brand).contains(setting)) {
                let names = names.join(" or ");
                let path = &page.path;
                complaints
                    .push(format!("{path}:{line}: of {brand}, {setting:?} is not told by {names}"));
            }
        }
    }
    (settings, complaints)
}

/// The name of a cause at the end of a link.
fn cause(link: &str) -> Option<&str> {
    Some(link.split_once(')')?.0)
}

/// What a cause tells of a brand, or nothing.
fn told<'a>(causes: &'a Page, name: &str, brand: &str) -> &'a str {
    let heading = format!("## {name}");
    let mut section = causes.text.lines().skip_while(|line| *line != heading).skip(1);
    let its = section.by_ref().take_while(|line| !line.starts_with("## "));
    let mut its =
        its.filter_map(|line| line.strip_prefix("- ")?.strip_prefix(brand)?.strip_prefix(": "));
    its.next().unwrap_or_default()
}

#[test]
fn a_setting_that_a_cause_does_not_tell_of_a_brand_is_found() {
    let page = |text: &str| Page { path: "p".into(), text: text.into() };
    let causes = page("## one\n\n- BIND: set it; to x\n\n## two\n\n- NSD: set that\n");
    for (text, expected) in [
        ("## BIND\n| a | [one](causes.md#one) | `set it` |", 0),
        ("## BIND\n| a | [one](causes.md#one), [two](causes.md#two) | `set it` |", 0),
        ("## BIND\n| a | [one](causes.md#one) | `set that` |", 1),
        ("## NSD\n| a | [one](causes.md#one) | `set it` |", 1),
        ("## NSD\n| a | b | `set it` |", 0),
    ] {
        assert_eq!(unknown_settings(&page(text), &causes).1.len(), expected, "{text}");
    }
}
