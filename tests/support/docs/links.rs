//! Links: those that lead to files and headings of the project must lead somewhere.

use std::path::{Component, Path, PathBuf};

use super::page::Page;
use super::root;

/// The targets of the links in a line.
fn targets(line: &str) -> Vec<String> {
    let parts = line.split("](").skip(1);
    parts.filter_map(|part| part.split_once(')')).map(|(target, _)| target.to_owned()).collect()
}

/// Every link of a page that leads out of the page, or to a heading of it: its line and target.
pub(crate) fn links(page: &Page) -> Vec<(usize, String)> {
    let (words, _) = page.words_and_code();
    let all = words.iter().flat_map(|(line, text)| targets(text).into_iter().map(|to| (*line, to)));
    all.filter(|(_, target)| !target.contains("://") && !target.starts_with("mailto:")).collect()
}

/// Why a link leads nowhere.
pub(crate) fn broken(page: &Page, target: &str) -> Option<String> {
    let (path, heading) =
        target.split_once('#').map_or((target, None), |(path, to)| (path, Some(to)));
    let to = resolve(&page.path, path);
    if !root().join(&to).exists() {
        return Some(format!("there is no {}", to.display()));
    }
    let heading = heading?;
    let page = Page::read(to.to_str().unwrap());
    (!page.anchors().iter().any(|anchor| anchor == heading))
        .then(|| format!("{} has no heading {heading:?}", page.path))
}

/// The path from the root that a link of a page means.
pub(crate) fn resolve(page: &str, target: &str) -> PathBuf {
    if target.is_empty() {
        return page.into();
    }
    let whole = Path::new(page).parent().unwrap().join(target);
    let mut path = PathBuf::new();
    for part in whole.components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            part => path.push(part),
        }
    }
    path
}

#[test]
fn links_are_found_outside_of_code_and_resolved() {
    let text = "a [b](c.md#d) ![e](f.svg) `[g](h)` [`i`](j)\n[k\nl](m) [n](https://o.example)";
    let page = Page { path: "p".into(), text: text.into() };
    let expected = [(1, "c.md#d"), (1, "f.svg"), (1, "j"), (3, "m")];
    assert_eq!(links(&page), expected.map(|(line, target)| (line, target.to_owned())));
    assert_eq!(resolve("docs/how-to/a.md", "../b.md"), Path::new("docs/b.md"));
    assert_eq!(resolve("README.md", "docs/"), Path::new("docs"));
    assert_eq!(resolve("docs/a.md", ""), Path::new("docs/a.md"));
}
