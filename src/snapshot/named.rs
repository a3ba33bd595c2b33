//! What the addresses in a snapshot are called, by hearsay, spelt out.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

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
    /// Addresses in memory that have one, in the snapshot or not; those that several threads heard
    /// of count for each.
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

    /// Who told it, by what and when: `PTR from 192.0.2.53 at 03:12:05`.
    pub fn told(&self) -> String {
        format!("{} from {} at {}", self.source, self.by, self.at.clock())
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
        kept: known.iter().map(|it| it.len() as u64).sum(),
        forgotten: known.iter().map(|it| it.forgotten()).sum(),
    }
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
