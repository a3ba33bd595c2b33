//! Pseudonyms for addresses: in packets, in DNS messages, and in texts.
//!
//! Addresses that share so many leading bits have pseudonyms that share as many (`ipcrypt-pfx`,
//! draft-denis-ipcrypt), and the same key gives the same pseudonyms. Ranges that mean something -
//! private, loopback, link-local - stay what they are (`ranges`). Pure: any bytes in, no panic,
//! no I/O; whoever reads a frame that went through [`Masker`] cannot know the true addresses.
#![deny(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_possible_truncation,
    clippy::expect_used
)]
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::string_slice, clippy::expect_used))]

mod build;
mod key;
mod masker;
mod message;
mod names;
mod octets;
mod ranges;
mod text;

use hashbrown::HashMap;
use ipcrypt_rs::IpcryptPfx;

use crate::wire::Address;

pub use key::{Key, LEAST_KEY};
pub use masker::Masker;
pub(crate) use names::mask_wire as mask_name;

/// Pseudonyms that are remembered, of each kind: 2 MiB. When there are more, all are forgotten and
/// made anew.
const MOST_KNOWN: usize = 1 << 15;

/// Gives pseudonyms, and remembers those it gave.
pub struct Mask {
    hosts: Space,
    contents: Space,
    octets: octets::Octets,
    places: HashMap<[u8; 6], [u8; 6], foldhash::quality::RandomState>,
    key: Key,
    /// A text as it was, while it is written anew.
    original: Vec<u8>,
}

/// The pseudonyms of one key.
struct Space {
    cipher: IpcryptPfx,
    known: HashMap<Address, Address, foldhash::quality::RandomState>,
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mask") // no key in any log
    }
}

impl Mask {
    /// What gives pseudonyms by this key.
    pub fn new(key: &Key) -> Self {
        Self {
            hosts: Space::new(key, "hosts"),
            contents: Space::new(key, "contents"),
            octets: octets::Octets::new(&key.derive("octets")),
            places: HashMap::default(),
            key: key.derive("link layer"),
            original: Vec::new(),
        }
    }

    /// The pseudonym of an address that packets come from or go to.
    #[inline]
    pub fn address(&mut self, address: Address) -> Address {
        self.hosts.of(address)
    }

    /// The pseudonym of an address that a message tells: it is not the one that the same address
    /// has as a sender of packets. A name beside it tells whose it is, and anybody can look that
    /// up; were the two the same, this would give the hosts away.
    pub(crate) fn told(&mut self, address: Address) -> Address {
        self.contents.of(address)
    }

    /// The network of pseudonyms that stands for a network: its first address and the length of its
    /// prefix in 128 bits. `None` if its addresses have no common one: it is shorter than /16, and
    /// some of it is in a range that stays what it is.
    pub fn network(&mut self, first: Address, bits: u32) -> Option<(Address, u32)> {
        let family = if first.is_v4() { 96 } else { 0 };
        if bits <= family {
            return Some((first, bits));
        }
        let is_alike = match ranges::of(first) {
            Some(range) => range.bits <= bits,
            None => bits >= family + ranges::LONGEST,
        };
        is_alike.then(|| (self.hosts.of(first).prefix(bits), bits))
    }

    /// A link-layer address: another one, locally administered, to which the same frames go.
    fn link_address(&mut self, address: [u8; 6]) -> [u8; 6] {
        const GROUP: u8 = 1;
        const LOCAL: u8 = 2;
        let [first, ..] = address;
        if address == [0; 6] || address == [0xff; 6] {
            return address;
        }
        if let Some(known) = self.places.get(&address) {
            return *known;
        }
        let hash = self.key.hash(&address);
        let mut pseudonym = hash.first_chunk::<6>().copied().unwrap_or_default();
        pseudonym[0] = pseudonym[0] & !GROUP | LOCAL | first & GROUP;
        remember(&mut self.places, address, pseudonym);
        pseudonym
    }
}

/// Remembers one more, or forgets all before.
fn remember<K: Eq + std::hash::Hash, V>(
    known: &mut HashMap<K, V, foldhash::quality::RandomState>,
    key: K,
    value: V,
) {
    if known.len() >= MOST_KNOWN {
        known.clear();
    }
    known.insert(key, value);
}

impl Space {
    fn new(key: &Key, what: &str) -> Self {
        Self { cipher: IpcryptPfx::new(key.halves(what)), known: HashMap::default() }
    }

    #[inline]
    fn of(&mut self, address: Address) -> Address {
        match self.known.get(&address) {
            Some(known) => *known,
            None => self.make(address),
        }
    }

    #[cold]
    fn make(&mut self, address: Address) -> Address {
        let pseudonym = self.pseudonym(address);
        remember(&mut self.known, address, pseudonym);
        pseudonym
    }

    /// Encrypted, and again as long as that leads into a range with a meaning: within what is left,
    /// each pseudonym then still belongs to one address. It ends, as encryption comes round to the
    /// address itself, if to nothing before.
    fn pseudonym(&self, address: Address) -> Address {
        if ranges::is_as_it_is(address) {
            return address;
        }
        let range = ranges::of(address);
        let bits = range.map_or(0, |range| range.bits);
        let kept = address.prefix(bits);
        let mut next = address;
        loop {
            let cipher = Address::from(self.cipher.encrypt_ipaddr(next.ip()));
            next = Address(kept.0 | cipher.0 ^ cipher.prefix(bits).0);
            if ranges::of(next) == range && !ranges::is_as_it_is(next) {
                return next;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::net::IpAddr;

    use proptest::prelude::*;

    use super::*;

    fn key() -> Key {
        Key::from_text("a key of more than sixteen letters").unwrap()
    }

    fn address(text: &str) -> Address {
        text.parse::<IpAddr>().unwrap().into()
    }

    /// Leading bits that two addresses share.
    fn shared(one: Address, other: Address) -> u32 {
        (one.0 ^ other.0).leading_zeros()
    }

    /// The test vectors of draft-denis-ipcrypt: the cipher is the one that is written down.
    #[test]
    fn the_cipher_is_ipcrypt_pfx() {
        let mut key = [0; 32];
        let hex = "0123456789abcdeffedcba98765432101032547698badcfeefcdab8967452301";
        for (nth, byte) in key.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hex[2 * nth..2 * nth + 2], 16).unwrap();
        }
        let cipher = IpcryptPfx::new(key);
        for (true_one, pseudonym) in [
            ("0.0.0.0", "151.82.155.134"),
            ("255.255.255.255", "94.185.169.89"),
            ("192.0.2.1", "100.115.72.131"),
            ("2001:db8::1", "c180:5dd4:2587:3524:30ab:fa65:6ab6:f88"),
        ] {
            let ip: IpAddr = true_one.parse().unwrap();
            assert_eq!(cipher.encrypt_ipaddr(ip).to_string(), pseudonym);
        }
    }

    #[test]
    fn what_a_range_means_stays() {
        let mut mask = Mask::new(&key());
        for text in [
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.254",
            "192.168.7.9",
            "100.64.1.2",
            "169.254.3.4",
            "198.51.100.7",
            "8.8.8.8",
            "fe80::1234",
            "fd00:1::5",
            "2001:db8::1",
            "ff02::1:ff00:1234",
        ] {
            let (true_one, pseudonym) = (address(text), mask.address(address(text)));
            assert_ne!(true_one, pseudonym, "{text}");
            assert_eq!(true_one.is_v4(), pseudonym.is_v4(), "{text}");
            assert_eq!(ranges::of(true_one), ranges::of(pseudonym), "{text}");
            assert_ne!(mask.told(true_one), pseudonym, "{text}: told is another");
        }
        for text in
            ["127.0.0.1", "::1", "0.0.0.0", "::", "255.255.255.255", "224.0.0.251", "ff02::fb"]
        {
            assert_eq!(mask.address(address(text)), address(text));
        }
    }

    #[test]
    fn one_key_gives_the_same_and_another_one_others() {
        let (mut one, mut same) = (Mask::new(&key()), Mask::new(&key()));
        let mut other = Mask::new(&Key::from_text("another key, also long enough").unwrap());
        let true_one = address("198.51.100.7");
        assert_eq!(one.address(true_one), same.address(true_one));
        assert_ne!(one.address(true_one), other.address(true_one));
        assert_eq!(one.link_address([2, 0, 0, 1, 2, 3]), same.link_address([2, 0, 0, 1, 2, 3]));
        assert_eq!(one.link_address([1, 0, 0x5e, 0, 0, 1])[0] & 1, 1, "a group stays one");
    }

    #[test]
    fn a_flood_of_addresses_is_not_all_remembered() {
        let mut mask = Mask::new(&key());
        for number in 0..40_000_u32 {
            mask.address(Address::v4((number + (203 << 24)).to_be_bytes()));
            assert!(mask.hosts.known.len() <= MOST_KNOWN);
        }
    }

    #[test]
    fn no_two_addresses_of_a_network_share_a_pseudonym() {
        let mut mask = Mask::new(&key());
        for (a, b) in [(10, 0), (203, 0), (192, 168), (224, 0), (240, 1)] {
            let all: HashSet<Address> =
                (0..=4_095_u16).map(|n| mask.address(v4(a, b, n))).collect();
            assert_eq!(all.len(), 4_096, "{a}.{b}");
        }
    }

    fn v4(a: u8, b: u8, rest: u16) -> Address {
        let [c, d] = rest.to_be_bytes();
        Address::v4([a, b, c, d])
    }

    #[test]
    fn a_network_stands_for_a_network_where_it_can() {
        let mut mask = Mask::new(&key());
        for (text, bits, may) in [
            ("10.0.0.0", 96 + 8, true),
            ("10.20.0.0", 96 + 16, true),
            ("203.0.113.0", 96 + 24, true),
            ("203.0.0.0", 96 + 8, false),
            ("0.0.0.0", 96, true),
            ("10.0.0.0", 96 + 7, false),
            ("2001:db8::", 32, true),
            ("fd00::", 8, true),
            ("::", 0, true),
        ] {
            let network = mask.network(address(text), bits);
            assert_eq!(network.is_some(), may, "{text}");
            if let Some((first, length)) = network {
                let inside = Address(address(text).0 | u128::from(bits < 128));
                assert_eq!(mask.address(inside).prefix(length), first, "{text}");
            }
        }
    }

    proptest! {
        #[test]
        fn pseudonyms_share_as_many_bits_as_addresses_do(
            one in any::<u32>(), other in any::<u32>(), kept in 16_u32..32,
        ) {
            let mask = u32::MAX << (32 - kept);
            let other = one & mask | other & !mask;
            let (one, other) = (Address::v4(one.to_be_bytes()), Address::v4(other.to_be_bytes()));
            let mut masks = Mask::new(&key());
            if !ranges::is_as_it_is(one) && !ranges::is_as_it_is(other)
                && ranges::of(one) == ranges::of(other)
                && ranges::of(one).is_none_or(|range| range.bits != 100)
            {
                let pseudonyms = (masks.address(one), masks.address(other));
                prop_assert_eq!(shared(one, other), shared(pseudonyms.0, pseudonyms.1));
            }
        }

        #[test]
        fn of_version_6_too(one in any::<u128>(), other in any::<u128>(), kept in 16_u32..128) {
            let one = one >> 3 | 1 << 125; // 2000::/3
            let mask = u128::MAX << (128 - kept);
            let (one, other) = (Address(one), Address(one & mask | other & !mask));
            let mut masks = Mask::new(&key());
            let pseudonyms = (masks.address(one), masks.address(other));
            prop_assert_eq!(shared(one, other), shared(pseudonyms.0, pseudonyms.1));
        }
    }
}
