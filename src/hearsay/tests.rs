//! Responses in a line of words: what they tell, and what is known then.

use super::*;
use crate::wire::name::{parse, text};

const BY: Address = Address::v4([192, 0, 2, 53]);

fn rtype(word: &str) -> u16 {
    match word {
        "A" => 1,
        "NS" => 2,
        "CNAME" => 5,
        "PTR" => 12,
        "AAAA" => 28,
        _ => 16,
    }
}

fn data(rtype: &str, word: &str) -> Vec<u8> {
    match rtype {
        "A" | "AAAA" => match word.parse().unwrap() {
            std::net::IpAddr::V4(ip) => ip.octets().to_vec(),
            std::net::IpAddr::V6(ip) => ip.octets().to_vec(),
        },
        _ => parse(word).unwrap(),
    }
}

/// `NAME: OWNER TYPE DATA, OWNER TYPE DATA`; an owner `=` is the name asked for, `@` a pointer to it.
/// `;` divides answers from authority from additional records.
fn message(line: &str) -> (Vec<u8>, Vec<u8>) {
    let (asked, records) = line.split_once(": ").unwrap();
    let section = |section: &str| section.split(", ").filter(|it| !it.is_empty()).count();
    let mut counts: Vec<u16> =
        records.split("; ").map(|it| u16::try_from(section(it)).unwrap()).collect();
    counts.resize(3, 0);
    let records = records.split("; ").flat_map(|section| section.split(", "));
    let records = records.filter(|record| !record.is_empty());
    let asked = parse(asked).unwrap();
    let mut bytes = vec![0, 1, 0x81, 0x80, 0, 1];
    bytes.extend(counts.iter().flat_map(|count| count.to_be_bytes()));
    bytes.extend(&asked);
    bytes.extend([0, 1, 0, 1]);
    for answer in records.map(|record| record.split(' ').collect::<Vec<_>>()) {
        bytes.extend(match answer[0] {
            "=" => asked.clone(),
            "@" => vec![0xc0, 12],
            owner => parse(owner).unwrap(),
        });
        bytes.extend(rtype(answer[1]).to_be_bytes());
        bytes.extend([0, 1, 0x7f, 0xff, 0xff, 0xff]);
        let data = data(answer[1], answer[2]);
        bytes.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        bytes.extend(data);
    }
    (asked, bytes)
}

fn hear(hearsay: &mut Hearsay, number: u64, line: &str) {
    let (asked, message) = message(line);
    let at = Timestamp::new(number, 0);
    hearsay.hear(&Telling { at, number, by: BY, asked: &asked, message: &message });
}

fn heard(lines: &[&str]) -> Hearsay {
    let mut hearsay = Hearsay::new(1 << 20, Hasher::default());
    (0..).zip(lines).for_each(|(number, line)| hear(&mut hearsay, number, line));
    hearsay
}

/// Every address with what it is called: `192.0.2.1 www.example +2`, sorted.
fn show(hearsay: &Hearsay) -> String {
    let mut told: Vec<String> = hearsay
        .heard
        .iter()
        .map(|(address, heard)| {
            let (others, more) = heard.others();
            let others = match (others, more) {
                (0, _) => String::new(),
                (others, false) => format!(" +{others}"),
                (others, true) => format!(" +>{others}"),
            };
            format!("{} {}{others}", address.ip(), text(&heard.name))
        })
        .collect();
    told.sort();
    told.join(", ")
}

#[track_caller]
fn check(lines: &[&str], expected: &str) {
    let hearsay = heard(lines);
    assert_eq!(show(&hearsay), expected, "{lines:?}");
    let bytes: usize = hearsay.heard.values().map(Heard::bytes).sum();
    assert_eq!(hearsay.bytes, bytes, "the books");
}

#[test]
fn an_address_is_called_what_was_asked_for() {
    check(&["ns1.example: = A 192.0.2.1"], "192.0.2.1 ns1.example");
    check(&["Ns1.Example: = AAAA 2001:db8::1"], "2001:db8::1 ns1.example");
    check(
        &["ns1.example: @ A 192.0.2.1, @ A 192.0.2.2"],
        "192.0.2.1 ns1.example, 192.0.2.2 ns1.example",
    );
    check(
        &["www.example: @ CNAME a.example, @ A 192.0.2.2, a.example A 192.0.2.1"],
        "192.0.2.1 www.example",
    );
    check(
        &[
            "www.example: = CNAME a.cdn.example, a.cdn.example CNAME b.cdn.example, b.cdn.example A 192.0.2.1",
        ],
        "192.0.2.1 www.example",
    );
    check(
        &["www.example: = A 192.0.2.1, = A 192.0.2.2"],
        "192.0.2.1 www.example, 192.0.2.2 www.example",
    );
}

#[test]
fn servers_are_called_what_a_referral_calls_them() {
    let referral = "www.a.example: ; a.example NS ns1.a.example, a.example NS ns2.b.example; \
                    ns1.a.example A 192.0.2.1, ns1.a.example AAAA 2001:db8::1, \
                    ns2.b.example A 192.0.2.2";
    let expected = "192.0.2.1 ns1.a.example, 192.0.2.2 ns2.b.example, 2001:db8::1 ns1.a.example";
    check(&[referral], expected);
    check(
        &["a.example: = NS ns1.a.example; ; ns1.a.example A 192.0.2.1"],
        "192.0.2.1 ns1.a.example",
    );
    // What is beside no record of a server, or in another section, is not glue.
    check(&["a.example: ; a.example NS ns1.a.example; www.a.example A 192.0.2.1"], "");
    check(&["a.example: ; a.example NS ns1.a.example, ns1.a.example A 192.0.2.1"], "");
    check(&["a.example: ; ; ns1.a.example A 192.0.2.1"], "");
    check(&["a.example: ; a.example NS 10.0.0.1; 10.0.0.1 A 192.0.2.1"], "");
    // An answer is believed before it.
    let own = "other.example: = A 192.0.2.2";
    check(&[referral, own], &expected.replace("ns2.b.example", "other.example +1"));
}

#[test]
fn more_servers_than_anybody_has_are_not_heard_of() {
    let all: Vec<String> = (0..40).map(|n| format!("a.example NS ns{n}.example")).collect();
    let glue: Vec<String> = (0..40).map(|n| format!("ns{n}.example A 192.0.2.{n}")).collect();
    let referral = format!("a.example: ; {}; {}", all.join(", "), glue.join(", "));
    assert_eq!(heard(&[&referral]).len(), 16);
}

#[test]
fn what_was_not_asked_for_tells_nothing() {
    check(&["www.example: bank.example A 192.0.2.1"], "");
    check(&["www.example: = CNAME a.example, b.example A 192.0.2.1"], "");
    check(&["www.example: a.example A 192.0.2.1, = CNAME a.example"], "");
    check(&["www.example: = TXT host.example"], "");
    check(&[".: = A 192.0.2.1"], "");
    check(&["blocked.example: = A 0.0.0.0, = AAAA ::"], "");
}

#[test]
fn a_chain_in_a_circle_ends() {
    check(
        &[
            "a.example: = CNAME b.example, b.example CNAME a.example, = CNAME b.example, b.example A 192.0.2.1",
        ],
        "192.0.2.1 a.example",
    );
}

#[test]
fn a_name_by_ptr_is_believed_before_others_and_the_first_before_later_ones() {
    let forward = "www.example: = A 192.0.2.1";
    let reverse = "1.2.0.192.in-addr.arpa: = PTR host.example";
    check(&[reverse], "192.0.2.1 host.example");
    check(&[forward, reverse], "192.0.2.1 host.example +1");
    check(&[reverse, forward, forward], "192.0.2.1 host.example +1");
    check(&[forward, "shop.example: = A 192.0.2.1", forward], "192.0.2.1 www.example +1");
    // As RFC 2317 delegates parts of a network.
    check(
        &[
            "1.2.0.192.in-addr.arpa: = CNAME 1.0-63.2.0.192.in-addr.arpa, 1.0-63.2.0.192.in-addr.arpa PTR host.example",
        ],
        "192.0.2.1 host.example",
    );
    let six = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.d.0.1.0.0.2.ip6.arpa: = PTR six.example";
    check(&[six], "2001:db8::1 six.example");
}

#[test]
fn a_ptr_of_nonsense_tells_nothing() {
    for name in [
        "2.0.192.in-addr.arpa",
        "1.2.0.192.5.in-addr.arpa",
        "256.2.0.192.in-addr.arpa",
        "01.2.0.192.in-addr.arpa",
        "+1.2.0.192.in-addr.arpa",
        "x.2.0.192.in-addr.arpa",
        "1.2.0.192.in-addr.arpa.example",
        "8.b.d.0.1.0.0.2.ip6.arpa",
        "_services._dns-sd._udp.example",
    ] {
        check(&[&format!("{name}: = PTR host.example")], "");
    }
    for address in [".", "10.0.0.1", "2001:db8::1", "host.7"] {
        check(&[&format!("1.2.0.192.in-addr.arpa: = PTR {address}")], "");
        check(&[&format!("{address}: = A 192.0.2.1")], "");
    }
    check(&["1.2.0.192.in-addr.arpa: = A 192.0.2.1"], "");
}

#[test]
fn hostile_names_are_kept_as_they_are_and_escaped_when_told() {
    check(&["\\027[2j\\255.a\\.b: = A 192.0.2.1"], "192.0.2.1 \\027[2j\\255.a\\.b");
    let longest = format!("{0}.{0}.{0}.{1}", "x".repeat(63), "y".repeat(61));
    check(&[&format!("{longest}: = A 192.0.2.1")], &format!("192.0.2.1 {longest}"));
}

#[test]
fn many_names_of_an_address_are_counted_up_to_a_bound() {
    let lines: Vec<String> = (0..50).map(|n| format!("site{n}.example: = A 192.0.2.1")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    check(&lines[..4], "192.0.2.1 site0.example +3");
    check(&lines[..10], "192.0.2.1 site0.example +9");
    check(&lines, "192.0.2.1 site0.example +>9");
}

#[test]
fn in_which_order_names_are_joined_makes_no_difference() {
    let lines = [
        "www.example: = A 192.0.2.1, = A 192.0.2.2",
        "shop.example: = A 192.0.2.1",
        "1.2.0.192.in-addr.arpa: = PTR host.example",
        "2.2.0.192.in-addr.arpa: = PTR other.example",
        "www.example: = A 192.0.2.1",
        "shop.example: = A 192.0.2.2, = A 192.0.2.3",
    ];
    let whole = heard(&lines);
    for order in [[0, 1], [1, 0]] {
        let hasher = whole.hasher.clone();
        let mut parts = [0, 1].map(|_| Hearsay::new(1 << 20, hasher.clone()));
        for (number, line) in (0..).zip(&lines) {
            hear(&mut parts[usize::try_from(number % 2).unwrap()], number, line);
        }
        let [mut one, mut other] = parts;
        if order[0] == 1 {
            std::mem::swap(&mut one, &mut other);
        }
        one.adopt(&mut other);
        assert_eq!(show(&one), show(&whole));
        assert!(other.is_empty());
    }
}

#[test]
fn a_flood_of_names_stays_within_its_bytes_and_what_was_asked_for_stays() {
    const BOUND: usize = 64 << 10;
    let mut hearsay = Hearsay::new(BOUND, Hasher::default());
    hear(&mut hearsay, 0, "ns1.example: = A 192.0.2.53");
    assert!(hearsay.of(Address::v4([192, 0, 2, 53])).is_some());
    for n in 1..5_000_u64 {
        let [.., c, d] = n.to_be_bytes();
        hear(&mut hearsay, n, &format!("host{n}.example: = A 10.0.{c}.{d}"));
        assert!(hearsay.bytes <= BOUND, "after {n}");
    }
    assert_eq!(hearsay.len() as u64 + hearsay.forgotten(), 5_000);
    assert!(hearsay.len() > 100);
    assert!(hearsay.of(Address::v4([192, 0, 2, 53])).is_some(), "a reader shows it");
    assert!(hearsay.of(Address::v4([10, 0, 0, 1])).is_none(), "the oldest");
    assert!(hearsay.of(Address::v4([10, 0, 19, 135])).is_some(), "the newest");
    // Even if everything is asked for, there is an end.
    for n in 5_000..10_000_u64 {
        let [.., c, d] = n.to_be_bytes();
        hear(&mut hearsay, n, &format!("host{n}.example: = A 10.0.{c}.{d}"));
        hearsay.of(Address::v4([10, 0, c, d]));
        assert!(hearsay.bytes <= BOUND, "after {n}");
    }
    assert!(hearsay.len() > 100);
}

proptest::proptest! {
    #[test]
    fn any_bytes_tell_something_or_nothing(
        asked in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40),
        mut message in proptest::collection::vec(proptest::prelude::any::<u8>(), 12..200),
        count in 0_u8..5,
    ) {
        (message[4], message[5], message[6], message[7]) = (0, 0, 0, count);
        let mut hearsay = Hearsay::new(1 << 10, Hasher::default());
        hearsay.hear(&Telling {
            at: Timestamp(0), number: 1, by: BY, asked: &asked, message: &message,
        });
        proptest::prop_assert!(hearsay.len() <= 5);
    }
}
