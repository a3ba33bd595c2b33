//! The keys of a JSON report, as the page tells them and as reports have them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::page::Page;

/// What the page says a key is.
pub(crate) struct Told {
    line: usize,
    kind: String,
}

/// A word for what a value is, as the page uses it, and whether a value is of that kind.
type Kind = (&'static str, fn(&Value) -> bool);

const KINDS: &[Kind] = &[
    ("text", Value::is_string),
    ("time", is_time),
    ("number", Value::is_number),
    ("yes or no", Value::is_boolean),
    ("object", Value::is_object),
    ("list of objects", |value| is_list(value, Value::is_object)),
    ("list of text", |value| is_list(value, Value::is_string)),
    ("list of numbers", |value| is_list(value, Value::is_number)),
    ("list of pairs", |value| is_list(value, is_pair)),
];

fn is_list(value: &Value, of: fn(&Value) -> bool) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(of))
}

/// `["NOERROR", 7]`
fn is_pair(value: &Value) -> bool {
    let list = value.as_array().map(Vec::as_slice);
    matches!(list, Some([name, number]) if name.is_string() && number.is_number())
}

/// `2026-11-21T03:12:00.000001000Z`
fn is_time(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    text.len() == 30 && text.ends_with('Z') && text.as_bytes()[10] == b'T'
}

/// The rows of the page's tables whose first cell is a key.
pub(crate) fn table(page: &Page) -> Result<BTreeMap<String, Told>, Vec<String>> {
    let mut keys = BTreeMap::new();
    let mut complaints = Vec::new();
    for (line, text) in page.prose() {
        let Some(row) = text.strip_prefix("| `") else { continue };
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let key = cells[0].trim_end_matches('`').to_owned();
        let [_, kind, unit, meaning, ..] = cells.as_slice() else {
            complaints.push(format!("{}:{line}: {key} has not four cells", page.path));
            continue;
        };
        let kind = (*kind).to_owned();
        if *kind == *"number" && unit.is_empty() || meaning.is_empty() {
            complaints.push(format!("{}:{line}: {key} lacks a unit or meaning", page.path));
        }
        if !KINDS.iter().any(|(name, _)| *name == kind.trim_end_matches(" or null")) {
            complaints.push(format!("{}:{line}: {key} is of no known type: {kind}", page.path));
        }
        if keys.insert(key.clone(), Told { line, kind }).is_some() {
            complaints.push(format!("{}:{line}: {key} stands there twice", page.path));
        }
    }
    if complaints.is_empty() { Ok(keys) } else { Err(complaints) }
}

/// Every key of a value with what it holds.
fn walk<'a>(path: &str, value: &'a Value, found: &mut impl FnMut(String, &'a Value)) {
    let Value::Object(map) = value else { return };
    for (key, value) in map {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        found(path.clone(), value);
        walk(&path, value, found);
        for each in value.as_array().into_iter().flatten() {
            walk(&format!("{path}[]"), each, found);
        }
    }
}

/// What stands in the page and in no report, in a report and not in the page, or is of another type.
pub(crate) fn compare(
    path: &str,
    told: &BTreeMap<String, Told>,
    reports: &[Value],
) -> BTreeSet<String> {
    let mut complaints = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for report in reports {
        walk("", report, &mut |key, value| {
            match told.get(&key) {
                None => {
                    complaints
                        .insert(format!("{path}: has no row for `{key}`, as {}", brief(value)));
                }
                Some(Told { line, kind }) if !is_of(kind, value) => {
                    complaints
                        .insert(format!("{path}:{line}: {key} is no {kind}: {}", brief(value)));
                }
                Some(_) => {}
            }
            seen.insert(key);
        });
    }
    let unseen = told.iter().filter(|(key, _)| !seen.contains(*key));
    complaints
        .extend(unseen.map(|(key, told)| format!("{path}:{}: no report has {key}", told.line)));
    complaints
}

/// The beginning of a value, which may be long.
fn brief(value: &Value) -> String {
    value.to_string().chars().take(60).collect()
}

fn is_of(kind: &str, value: &Value) -> bool {
    let name = kind.trim_end_matches(" or null");
    let is_one = |(each, is_one): &Kind| *each == name && is_one(value);
    value.is_null() && name != kind || KINDS.iter().any(is_one)
}

#[test]
fn keys_of_reports_and_page_are_held_against_each_other() {
    let page = |rows: &str| Page { path: "p".into(), text: rows.into() };
    let report = serde_json::json!({ "a": [{ "b": 1 }], "c": null, "d": [["x", 2]] });
    let check = |rows: &str, expected: &[&str]| {
        let found =
            compare("p", &table(&page(rows)).unwrap_or_default(), std::slice::from_ref(&report));
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(found, expected, "{rows}");
    };
    let whole = "| `a` | list of objects | | m |\n| `a[].b` | number | ms | m |\n| `c` | text or null | | m |";
    let pairs = "\n| `d` | list of pairs | | m |";
    check(&format!("{whole}{pairs}"), &[]);
    check(whole, &["p: has no row for `d`, as [[\"x\",2]]"]);
    check(&format!("{whole}{pairs}\n| `e` | text | | m |"), &["p:5: no report has e"]);
    check(
        &format!("{whole}\n| `d` | list of text | | m |"),
        &["p:4: d is no list of text: [[\"x\",2]]"],
    );
    assert!(table(&page("| `a` | number | | no unit |")).is_err());
    assert!(table(&page("| `a` | things | | no type |")).is_err());
}
