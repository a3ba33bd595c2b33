//! Who asks, who answers, and for which names: numbers become addresses and names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::random::mix;

/// Hosts with consecutive addresses; each has one address of both families.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Network {
    /// Address of the first host.
    pub(crate) ipv4: Ipv4Addr,
    /// Address of the first host.
    pub(crate) ipv6: Ipv6Addr,
    /// How many hosts.
    pub(crate) hosts: u32,
}

/// Networks, their hosts numbered through.
#[derive(Clone, Debug)]
pub(crate) struct Hosts(pub(crate) Vec<Network>);

impl Hosts {
    pub(crate) fn count(&self) -> u32 {
        self.0.iter().map(|network| network.hosts).sum()
    }

    /// The number of the network that host `number` is in.
    pub(crate) fn network(&self, number: u32) -> usize {
        self.place(number).0
    }

    /// An address of host `number`.
    pub(crate) fn address(&self, number: u32, six: bool) -> IpAddr {
        let (network, within) = self.place(number);
        let Some(network) = self.0.get(network) else { return IpAddr::V4(Ipv4Addr::UNSPECIFIED) };
        if six {
            Ipv6Addr::from_bits(network.ipv6.to_bits() + u128::from(within)).into()
        } else {
            Ipv4Addr::from_bits(network.ipv4.to_bits() + within).into()
        }
    }

    fn place(&self, number: u32) -> (usize, u32) {
        let mut within = number;
        for (index, network) in self.0.iter().enumerate() {
            if within < network.hosts {
                return (index, within);
            }
            within -= network.hosts;
        }
        (self.0.len(), within)
    }
}

const HOSTS: [&str; 16] = [
    "www", "mail", "api", "cdn", "login", "static", "ns1", "img", "shop", "news", "update", "time",
    "files", "vpn", "assets", "m",
];

const WORDS: [&str; 64] = [
    "harbor", "meadow", "copper", "lantern", "willow", "granite", "juniper", "saffron", "orchard",
    "beacon", "cobalt", "thistle", "quarry", "ember", "falcon", "linden", "marble", "nimbus",
    "opal", "pebble", "quill", "raven", "sable", "timber", "umber", "velvet", "walnut", "zephyr",
    "almond", "birch", "cedar", "dahlia", "elm", "fennel", "garnet", "hazel", "indigo", "jasper",
    "kelp", "laurel", "maple", "nectar", "olive", "poppy", "quartz", "rowan", "sorrel", "tulip",
    "violet", "wren", "yarrow", "aster", "bramble", "clover", "drift", "estuary", "fjord",
    "glacier", "heron", "islet", "jetty", "kestrel", "lagoon", "moor",
];

// Names that RFC 2606 and RFC 6761 keep for examples and tests.
const ZONES: [&[&str]; 6] = [
    &["example", "com"],
    &["example", "net"],
    &["example", "org"],
    &["example"],
    &["test"],
    &["corp", "example"],
];

/// What is asked for: everyday names, numbered from 0, and then those of an attack.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    everyday: u32,
    victim: Vec<u8>,
}

impl Names {
    /// `everyday` names, and any number of random ones directly under `victim`.
    pub(crate) fn new(everyday: u32, victim: &str) -> Self {
        let mut wire = Vec::new();
        for label in victim.split('.').filter(|label| !label.is_empty()) {
            push_label(&mut wire, label.as_bytes());
        }
        wire.push(0);
        Self { everyday, victim: wire }
    }

    /// The number of the attack's `index`th name.
    pub(crate) fn random(&self, index: u32) -> u32 {
        self.everyday + index
    }

    /// Appends name `number` as it goes over the wire.
    pub(crate) fn write(&self, number: u32, out: &mut Vec<u8>) {
        match number.checked_sub(self.everyday) {
            None => write_everyday(number, out),
            Some(index) => {
                push_label(out, &random_label(index));
                out.extend_from_slice(&self.victim);
            }
        }
    }

    /// Name `number` as text, without the final dot.
    pub(crate) fn text(&self, number: u32) -> String {
        let mut wire = Vec::new();
        self.write(number, &mut wire);
        let mut labels = Vec::new();
        let mut rest = wire.as_slice();
        while let Some((&length, tail)) = rest.split_first()
            && length > 0
        {
            let (label, after) = tail.split_at(usize::from(length));
            labels.push(String::from_utf8_lossy(label).into_owned());
            rest = after;
        }
        labels.join(".")
    }
}

/// `host.word.zone` for the first few thousand, `host.word-17.zone` from there on.
fn write_everyday(number: u32, out: &mut Vec<u8>) {
    // 97 is prime to 6144: neighbouring ranks differ in every label, and no name comes twice.
    let (round, place) = (number / 6144, number % 6144 * 97 % 6144);
    push_label(out, HOSTS[(place % 16) as usize].as_bytes());
    let mut label = [0; 24];
    let word = WORDS[(place / 16 % 64) as usize].as_bytes();
    label[..word.len()].copy_from_slice(word);
    let length = if round == 0 { word.len() } else { push_number(&mut label, word.len(), round) };
    push_label(out, &label[..length]);
    for part in ZONES[(place / 1024) as usize] {
        push_label(out, part.as_bytes());
    }
    out.push(0);
}

/// Appends `-number` to a label of which `length` bytes are written; the new length.
fn push_number(label: &mut [u8; 24], length: usize, number: u32) -> usize {
    let digits = number.checked_ilog10().map_or(1, |log| log as usize + 1);
    label[length] = b'-';
    let mut rest = number;
    for place in (0..digits).rev() {
        label[length + 1 + place] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
    }
    length + 1 + digits
}

/// Ten letters and digits that look random and differ for every index.
fn random_label(index: u32) -> [u8; 10] {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    // An odd factor makes this a permutation of 50 bits: no two indices share a label.
    let spread = (u64::from(index) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) & ((1 << 50) - 1);
    let mut label = [0; 10];
    for (place, letter) in label.iter_mut().enumerate() {
        *letter = ALPHABET[(spread >> (45 - 5 * place) & 31) as usize];
    }
    label
}

fn push_label(out: &mut Vec<u8>, label: &[u8]) {
    out.push(u8::try_from(label.len()).unwrap_or(0));
    out.extend_from_slice(label);
}

/// Gives letters capital shape at random, as resolvers do against forgery ("0x20").
pub(crate) fn mix_case(name: &mut [u8], pattern: u64) {
    let mut bits = mix(pattern);
    for byte in name {
        // Length bytes are below 64 and never letters.
        if byte.is_ascii_lowercase() && bits & 1 == 1 {
            byte.make_ascii_uppercase();
        }
        bits = bits.rotate_right(1);
    }
}
