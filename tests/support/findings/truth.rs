//! A scenario: its packets, and for each refused, failed or unanswered exchange the cause that its
//! authors know.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::packets::{Packet, packets};

#[derive(Clone)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    /// What its authors say it is.
    pub(crate) title: String,
    pub(crate) packets: Vec<Packet>,
    pub(crate) rows: Vec<Row>,
    /// Addresses that only ask.
    pub(crate) clients: BTreeSet<IpAddr>,
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Response,
    Unanswered,
    /// An ICMP error or a reset, which does not tell what was asked.
    Unreachable,
}

/// One exchange.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The number of the packet that it is told of.
    pub(crate) frame: usize,
    pub(crate) kind: Kind,
    pub(crate) is_tcp: bool,
    /// Not known where a router sent the error.
    pub(crate) server: Option<IpAddr>,
    pub(crate) client: IpAddr,
    pub(crate) name: String,
    pub(crate) rtype: String,
    pub(crate) class: &'static str,
    pub(crate) opcode: String,
    pub(crate) rcode: String,
    pub(crate) recursion_desired: bool,
    /// Whether the capture lacks the query; not known of some after packets were dropped.
    pub(crate) unasked: Option<bool>,
    /// The cause's key.
    pub(crate) key: String,
    /// It, and what cannot be told from it.
    pub(crate) accepted: BTreeSet<String>,
}

/// What the label says of one cause.
struct Cause {
    accepted: BTreeSet<String>,
    unasked: bool,
}

struct Label {
    title: String,
    causes: BTreeMap<String, Cause>,
    known: BTreeSet<IpAddr>,
    clients: BTreeSet<IpAddr>,
}

/// All scenarios of a folder, by name.
pub(crate) fn scenarios(folder: &Path) -> Vec<Scenario> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter_map(|file| file.strip_suffix(".label.json").map(str::to_owned))
        .collect();
    names.sort();
    names.iter().map(|name| scenario(folder, name)).collect()
}

fn scenario(folder: &Path, name: &str) -> Scenario {
    let path = |ending: &str| folder.join(format!("{name}.{ending}"));
    let label = Label::of(&serde_json::from_slice(&fs::read(path("label.json")).unwrap()).unwrap());
    let captures = ["pcap", "pcapng", "pcap.zst", "pcapng.zst"].map(path);
    let capture: &PathBuf = captures.iter().find(|path| path.exists()).unwrap();
    let truth = fs::read(path("truth.tsv"))
        .or_else(|_| zstd::decode_all(fs::File::open(path("truth.tsv.zst"))?))
        .unwrap();
    Scenario {
        name: name.to_owned(),
        title: label.title.clone(),
        packets: packets(capture),
        rows: rows(&String::from_utf8(truth).unwrap(), &label),
        clients: label.clients,
    }
}

impl Label {
    fn of(label: &Value) -> Self {
        let responses_only = label["vantage"]["sees"] == "responses only";
        let causes = list(&label["causes"]).iter().map(|cause| {
            let others = list(&cause["confusable_with"]).iter();
            let accepted = others.chain([&cause["cause"]]).map(text).collect();
            let unasked = responses_only || cause["applies_to"]["unsolicited"] == true;
            (text(&cause["key"]), Cause { accepted, unasked })
        });
        let servers = ["servers", "infrastructure"].iter().flat_map(|key| list(&label[key]));
        Self {
            title: text(&label["title"]),
            causes: causes.collect(),
            known: servers.flat_map(|server| addresses(&server["addresses"])).collect(),
            clients: addresses(&label["client_addresses"]).collect(),
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What stands for a device may be no address.
fn addresses(value: &Value) -> impl Iterator<Item = IpAddr> {
    list(value).iter().filter_map(|address| address.as_str()?.parse().ok())
}

fn rows(table: &str, label: &Label) -> Vec<Row> {
    let mut lines = table.lines();
    let head: Vec<&str> = lines.next().unwrap().split('\t').collect();
    lines
        .filter_map(|line| row(&head.iter().copied().zip(line.split('\t')).collect(), label))
        .collect()
}

fn row(fields: &BTreeMap<&str, &str>, label: &Label) -> Option<Row> {
    let field = |name: &str| fields.get(name).copied().unwrap_or_default();
    let key = field("cause");
    let cause = label.causes.get(key)?;
    let kind = match field("kind") {
        "response" => Kind::Response,
        "unanswered" => Kind::Unanswered,
        _ => Kind::Unreachable,
    };
    let (source, destination) = (field("src").parse().unwrap(), field("dst").parse().unwrap());
    let (server, client) =
        if kind == Kind::Unanswered { (destination, source) } else { (source, destination) };
    let is_known = kind != Kind::Unreachable || label.known.contains(&server);
    let name = field("qname").to_lowercase();
    // The truth has no column for the class.
    let is_chaos = name.rsplit_once('.').is_some_and(|(_, last)| matches!(last, "bind" | "server"));
    Some(Row {
        frame: field("frame").parse().unwrap(),
        kind,
        is_tcp: field("proto") == "tcp",
        server: is_known.then_some(server),
        client,
        class: if is_chaos { "CH" } else { "IN" },
        name,
        rtype: field("qtype").to_owned(),
        opcode: field("opcode").to_owned(),
        rcode: field("rcode").to_owned(),
        recursion_desired: field("flags").split_whitespace().any(|flag| flag == "RD"),
        unasked: Some(cause.unasked),
        key: key.to_owned(),
        accepted: cause.accepted.clone(),
    })
}
