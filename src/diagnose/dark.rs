//! The smallest set of name suffixes under which everything fails and nothing succeeds.

use std::collections::BTreeMap;

use crate::tally::registered;
use crate::wire::name::labels;

/// Names under a suffix, by how they ended.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    failed: u64,
    fine: u64,
}

/// Successes and failures by suffix, from registered domains down.
#[derive(Debug, Default)]
pub(super) struct Dark<'a> {
    counts: BTreeMap<&'a [u8], Count>,
}

/// The suffixes of a name from its registered domain down to itself.
fn suffixes(name: &[u8]) -> Vec<&[u8]> {
    let highest = registered(name).len();
    let mut rest = name;
    let mut found = vec![rest];
    for label in labels(name) {
        rest = rest.get(1 + label.len()..).unwrap_or_default();
        if rest.len() < highest || rest.len() <= 1 {
            break;
        }
        found.push(rest);
    }
    found.reverse();
    found
}

impl<'a> Dark<'a> {
    /// Adds exchanges about a name.
    pub(super) fn add(&mut self, name: &'a [u8], count: u64, fine: bool) {
        if name.is_empty() {
            return;
        }
        for suffix in suffixes(name) {
            let counts = self.counts.entry(suffix).or_default();
            if fine {
                counts.fine += count;
            } else {
                counts.failed += count;
            }
        }
    }

    /// The highest suffix of a name under which nothing succeeded; not above its registered
    /// domain, and the name itself where it is the only one that failed.
    pub(super) fn suffix(&self, name: &'a [u8]) -> Option<&'a [u8]> {
        let is_dark = |suffix: &&[u8]| {
            self.counts.get(suffix).is_some_and(|count| count.fine == 0 && count.failed > 0)
        };
        let mut found = suffixes(name).into_iter().skip_while(|suffix| !is_dark(suffix));
        let highest = found.next()?;
        Some(highest)
    }

    /// How many exchanges failed under a suffix.
    pub(super) fn failures(&self, suffix: &[u8]) -> u64 {
        self.counts.get(suffix).map_or(0, |count| count.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::name::text;

    fn wire(name: &str) -> Vec<u8> {
        let mut out = Vec::new();
        for label in name.split('.') {
            out.push(u8::try_from(label.len()).unwrap());
            out.extend_from_slice(label.as_bytes());
        }
        out.push(0);
        out
    }

    #[track_caller]
    fn check(fine: &[&str], failed: &[&str], name: &str, expected: Option<&str>) {
        let (fine, failed): (Vec<_>, Vec<_>) = (
            fine.iter().map(|name| wire(name)).collect(),
            failed.iter().map(|name| wire(name)).collect(),
        );
        let mut dark = Dark::default();
        fine.iter().for_each(|name| dark.add(name, 1, true));
        failed.iter().for_each(|name| dark.add(name, 1, false));
        assert_eq!(dark.suffix(&wire(name)).map(text).as_deref(), expected);
    }

    #[test]
    fn the_highest_dark_suffix_is_found() {
        let failed = &["www.ads.example", "x.y.ads.example"];
        check(&["www.shop.example"], failed, "www.ads.example", Some("ads.example"));
        check(&["ok.ads.example"], failed, "x.y.ads.example", Some("y.ads.example"));
        check(&["ok.ads.example"], failed, "www.ads.example", Some("www.ads.example"));
        check(&["www.ads.example"], failed, "www.ads.example", None);
    }
}
