//! What the addresses in a snapshot are called, by hearsay, spelt out.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::ops::Range;

use crate::hearsay::{Heard, Hearsay, Source};
use crate::time::Timestamp;
use crate::wire::Address;
use crate::wire::name::text;

use super::{Lookup, Snapshot, SnapshotSpec, StepKind};

/// Names of the addresses that stand anywhere in a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// What is known of each address that has a name.
    pub rows: BTreeMap<IpAddr, AddressName>,
    /// Addresses in memory that have one, in the snapshot or not.
    pub kept: u64,
    /// Addresses whose names had to go.
    pub forgotten: u64,
}

/// What an address is called: hearsay, for which only who told it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressName {
    /// The name: by a PTR record if there is one, else that which was heard first.
    pub name: String,
    /// How many other names it has.
    pub others: u64,
    /// It may have more than that.
    pub more: bool,
    /// What told the name.
    pub source: Source,
    /// The server whose answer it was.
    pub by: IpAddr,
    /// When that came.
    pub at: Timestamp,
}

impl AddressName {
    fn of(heard: &Heard) -> Self {
        let (others, more) = heard.others();
        Self {
            name: text(&heard.name),
            others: others as u64,
            more,
            source: heard.source,
            by: heard.by.ip(),
            at: heard.at,
        }
    }

    /// Who told it, and by what: `PTR from 192.0.2.53`.
    pub fn told_by(&self) -> String {
        format!("{} from {}", self.source, self.by)
    }

    /// Who told it, by what and when: `PTR from 192.0.2.53 at 03:12:05`.
    pub fn told(&self) -> String {
        format!("{} at {}", self.told_by(), self.at.clock())
    }

    /// That there are other names: ` +3`, ` +>9`, or nothing.
    pub fn rest(&self) -> String {
        match (self.others, self.more) {
            (0, _) => String::new(),
            (others, false) => format!(" +{others}"),
            (others, true) => format!(" +>{others}"),
        }
    }
}

/// `ns1.example.net`, or `www.example.org +3`: with how many other names it has.
impl std::fmt::Display for AddressName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{}{}", self.name, self.rest()))
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Glue => "glue",
            Self::Forward => "A/AAAA",
            Self::Reverse => "PTR",
        })
    }
}

impl Snapshot {
    /// What an address is called, if that is known and was asked for.
    pub fn name_of(&self, address: IpAddr) -> Option<&AddressName> {
        self.named.as_ref()?.rows.get(&address)
    }

    /// With what its addresses are called by any of those who heard names, if `spec` asks for it.
    pub(crate) fn with_names(self, spec: &SnapshotSpec, heard: &[Option<&Hearsay>]) -> Self {
        let known: Vec<&Hearsay> = heard.iter().copied().flatten().collect();
        let named = (spec.names && !known.is_empty()).then(|| named(&self, &known));
        Self { named, ..self }
    }
}

fn named(snapshot: &Snapshot, known: &[&Hearsay]) -> Named {
    let called = |ip: &IpAddr| {
        let address = Address::from(*ip);
        let each = known.iter().filter_map(|it| Some((it.of(address)?.clone(), it)));
        let joined =
            each.reduce(|(one, it), (other, _)| (one.join(other, |name| it.hash(name)), it));
        joined.map(|(heard, _)| (*ip, AddressName::of(&heard)))
    };
    Named {
        rows: addresses(snapshot).iter().filter_map(called).collect(),
        kept: kept(known),
        forgotten: known.iter().map(|it| it.forgotten()).sum(),
    }
}

/// Addresses that anybody heard of, each once.
fn kept(known: &[&Hearsay]) -> u64 {
    let each = known.iter().enumerate().map(|(nth, hearsay)| {
        let before = known.get(..nth).unwrap_or_default();
        let is_new = |address: &Address| !before.iter().any(|other| other.knows(*address));
        hearsay.addresses().filter(is_new).count() as u64
    });
    each.sum()
}

/// The addresses in a text, each with its place. Those of networks are none.
pub fn addresses_in(text: &str) -> impl Iterator<Item = (Range<usize>, IpAddr)> {
    let is_part = |letter: char| letter.is_ascii_hexdigit() || matches!(letter, '.' | ':');
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(rest) = text.get(from..).filter(|rest| !rest.is_empty()) {
            let mut start = from + rest.find(is_part).unwrap_or(rest.len());
            let word = text.get(start..).unwrap_or_default();
            from = start + word.find(|letter| !is_part(letter)).unwrap_or(word.len());
            // The key of a filter's term ends so.
            start += usize::from(word.starts_with(':') && !word.starts_with("::"));
            let before = text.get(..start).and_then(|it| it.chars().next_back());
            let behind = text.get(from..).and_then(|it| it.chars().next());
            let is_whole = !before.is_some_and(is_of_word) && !behind.is_some_and(is_of_word);
            let word = text.get(start..from).unwrap_or_default().trim_end_matches(['.', ':']);
            if let Some(address) = word.parse().ok().filter(|_| is_whole) {
                return Some((start..start + word.len(), address));
            }
        }
        None
    })
}

/// What makes an address beside it a part of something else: a name, or a network.
fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '-' | '_' | '/' | '\\')
}

/// Every address that a reader may meet.
fn addresses(snapshot: &Snapshot) -> BTreeSet<IpAddr> {
    let mut all: BTreeSet<IpAddr> = BTreeSet::new();
    all.extend(snapshot.servers.rows.iter().map(|row| row.key));
    all.extend(snapshot.clients.rows.iter().map(|row| row.key));
    all.extend(snapshot.paths.rows.iter().flat_map(|row| [row.key.client, row.key.server]));
    let scopes = snapshot.findings.iter().map(|finding| &finding.scope);
    let members = scopes.flat_map(|scope| scope.servers.iter().chain(&scope.clients));
    all.extend(members.filter_map(|member| member.parse::<IpAddr>().ok()));
    let headlines =
        snapshot.findings.iter().flat_map(|finding| [&finding.headline, &finding.brief]);
    let texts = headlines.chain(snapshot.selected.iter().map(|selected| &selected.filter));
    all.extend(texts.flat_map(|text| addresses_in(text)).map(|(_, address)| address));
    all.extend(snapshot.sample.iter().flat_map(|sample| [sample.server, sample.client]));
    let lookups = snapshot.lookups.iter().flat_map(|lookups| &lookups.rows);
    lookups.for_each(|lookup| add_lookup(lookup, &mut all));
    all
}

fn add_lookup(lookup: &Lookup, all: &mut BTreeSet<IpAddr>) {
    all.insert(lookup.id.client);
    all.extend(&lookup.servers);
    let reporters = lookup.steps.iter().filter_map(|step| match step.kind {
        StepKind::Error { by, .. } => Some(by),
        _ => None,
    });
    all.extend(reporters);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = addresses_in(text).map(|(range, address)| {
            assert_eq!(text[range].parse::<IpAddr>().unwrap(), address);
            address.to_string()
        });
        assert_eq!(found.collect::<Vec<_>>().join(" "), expected, "{text}");
    }

    #[test]
    fn addresses_are_found_in_sentences() {
        check("", "");
        check(
            "192.0.2.53 refuses 2001:db8::1, and 10.0.0.1: no",
            "192.0.2.53 2001:db8::1 10.0.0.1",
        );
        check("server:192.0.2.53 client:2001:db8::1", "192.0.2.53 2001:db8::1");
        check("(192.0.2.53) /filter", "192.0.2.53");
        check("it is 192.0.2.53.", "192.0.2.53");
    }

    #[test]
    fn what_only_looks_like_an_address_is_none() {
        check("10.0.0.0/8 and 2001:db8::/32", "");
        check("1.2.3 1.2.3.4.5 256.1.1.1 dead.beef a::b::c", "");
        check("1.2.0.192.in-addr.arpa host-10.0.0.1 10.0.0.1x", "");
        check("\u{6f22}10.0.0.1\u{6f22}", "");
    }
}
