//! Filters held against one exchange in a line of words.

use super::*;
use crate::iana::{Class, Ede, Opcode, Rcode, RecordType};
use crate::wire::name::parse as name;
use crate::wire::{Address, Transport};

/// `CLIENT SERVER NAME TYPE CODE [MARK ...]`; the code `-` is silence, marks are `tcp`, `ede18`,
/// `rd0`, `5ms`, `unasked`.
#[track_caller]
fn check(exchange: &str, filters: &[(&str, bool)]) {
    let words: Vec<&str> = exchange.split(' ').collect();
    let wire = name(words[2]).unwrap_or_default();
    let has = |word: &str| words.contains(&word);
    let rcode = Rcode::from_name(words[4]);
    let number = |mark: &str| -> Option<u64> {
        words.iter().find_map(|word| word.strip_suffix(mark)?.parse().ok())
    };
    let subject = Subject {
        // A quarter of an hour past three.
        at: Timestamp::parse("2026-11-21T03:15:00Z").unwrap(),
        client: Address::from(words[0].parse::<std::net::IpAddr>().unwrap()),
        server: Address::from(words[1].parse::<std::net::IpAddr>().unwrap()),
        transport: if has("tcp") { Transport::Tcp } else { Transport::Udp },
        name: &wire,
        rtype: RecordType::from_name(words[3]),
        class: Some(Class::IN),
        opcode: Opcode::QUERY,
        rcode,
        ede: has("ede18").then_some(Ede(18)),
        recursion: !has("rd0"),
        took: number("ms").map(|ms| ms * 1_000_000),
        odd: match rcode {
            None => Odd::Unanswered,
            Some(_) if has("unasked") => Odd::Unasked,
            Some(_) => Odd::No,
        },
    };
    for (text, expected) in filters {
        let filter = Filter::parse(text).unwrap();
        assert_eq!(filter.holds(&subject), *expected, "{text} of {exchange}");
    }
}

const REFUSED: &str = "10.20.1.7 192.0.2.53 www.ads.example A REFUSED ede18 5ms";

#[test]
fn addresses_are_compared_as_networks() {
    check(
        REFUSED,
        &[
            ("server:192.0.2.53", true),
            ("server:10.20.1.7", false),
            ("client:10.0.0.0/8", true),
            ("client:10.20.1.7/32", true),
            ("client:10.20.1.77/24", true),
            ("client:10.20.2.0/24,10.20.1.0/24", true),
            ("client:::/0", true),
            ("client:2001:db8::/32", false),
            ("host:192.0.2.0/24", true),
            ("family:4", true),
            ("family:6", false),
        ],
    );
    check(
        "2001:db8::1 2001:db8::53 . NS NOERROR",
        &[
            ("client:2001:db8::1", true),
            ("client:2001:db8::/48", true),
            ("client:0.0.0.0/0", false),
            ("family:6", true),
        ],
    );
}

#[test]
fn names_are_compared_by_whole_labels_in_any_case() {
    check(
        REFUSED,
        &[
            ("name:WWW.ads.example", true),
            ("name:www.ads.example.", true),
            ("name:ads.example", false),
            ("name:*.ads.example", true),
            ("name:*.www.ads.example", false),
            ("under:ads.example", true),
            ("under:www.ads.example", true),
            ("under:s.example", false),
            ("under:.", true),
        ],
    );
    check(
        "10.0.0.1 10.0.0.2 a\\.b\\032\\(.example A NOERROR",
        &[
            ("name:\"a\\.b\\032(.example\"", true),
            ("name:a.b.example", false),
            ("name:\"a\\.b\\ \\(.example\"", true),
        ],
    );
}

#[test]
fn a_name_of_a_packet_means_itself() {
    for text in ["\"x\".example", "a(b.example", "a,b.example", "a\\032b.example"] {
        let filter = format!("name:{}", quoted(text));
        check(&format!("10.0.0.1 10.0.0.2 {text} A NOERROR"), &[(&filter, true)]);
    }
    check("10.0.0.1 10.0.0.2 *.example A NOERROR", &[("name:\\042.example", true)]);
    check("10.0.0.1 10.0.0.2 a.example A NOERROR", &[("name:\\042.example", false)]);
}

#[test]
fn what_was_asked_and_how_it_ended() {
    check(
        REFUSED,
        &[
            ("type:A", true),
            ("type:AAAA,a", true),
            ("type:TYPE1", true),
            ("class:CH", false),
            ("opcode:query", true),
            ("rcode:refused", true),
            ("rcode:5", true),
            ("rcode:SERVFAIL,NXDOMAIN", false),
            ("ede:18", true),
            ("ede:any", true),
            ("ede:15", false),
            ("transport:udp", true),
            ("recursion:yes", true),
            ("took:>1ms", true),
            ("took:<1ms", false),
            ("failed", true),
            ("answered", false),
            ("unanswered", false),
        ],
    );
    check(
        "10.20.1.7 192.0.2.53 www.ads.example A - rd0",
        &[("unanswered", true), ("failed", true), ("rcode:0", false), ("recursion:no", true)],
    );
    check("10.0.0.1 10.0.0.2 a.example A REFUSED unasked", &[("unasked", true)]);
}

#[test]
fn times_are_moments_or_of_each_day() {
    check(
        REFUSED,
        &[
            ("after:03:15", true),
            ("after:03:15:00.001", false),
            ("before:03:15:01", true),
            ("after:03:00 before:03:15", false),
            ("after:2026-11-21T03:00:00Z", true),
            ("before:2026-11-20T04:00:00Z", false),
            ("after:2026-11-21T04:00:00+01:00", true),
        ],
    );
}

#[test]
fn the_times_that_a_filter_asks_for_are_known_by_themselves() {
    let may = |text: &str| {
        let at = Timestamp::parse("2026-11-21T03:15:00Z").unwrap();
        Filter::parse(text).unwrap().may_hold_at(at)
    };
    assert!(may("") && may("type:A") && may("type:A after:03:00"));
    assert!(!may("before:03:00") && !may("type:A after:03:20"));
    assert!(may("type:A or before:03:00"), "it may hold at another time, too");
    assert!(!may("(server:10.0.0.1) (after:03:20 type:A)") && !may("not after:03:10"));
    let and = |one: &str, other: &str| {
        Filter::parse(one).unwrap().and(&Filter::parse(other).unwrap()).text().to_owned()
    };
    assert_eq!(and("type:A", "failed or unasked"), "type:A (failed or unasked)");
    assert_eq!((and("", "type:A"), and("type:A", "")), ("type:A".into(), "type:A".into()));
}

#[test]
fn what_concerns_a_lookup_is_told_from_what_does_not() {
    let wire = name("www.ads.example").unwrap();
    let address = |text: &str| Address::from(text.parse::<std::net::IpAddr>().unwrap());
    // A query, of which nobody knows what will come.
    let subject = Subject {
        at: Timestamp(0),
        client: address("10.20.1.7"),
        server: address("192.0.2.53"),
        transport: Transport::Udp,
        name: &wire,
        rtype: Some(RecordType::A),
        class: Some(Class::IN),
        opcode: Opcode::QUERY,
        rcode: None,
        ede: None,
        recursion: true,
        took: None,
        odd: Odd::No,
    };
    let may = |text: &str| Filter::parse(text).unwrap().may_concern(&subject);
    assert!(may("rcode:REFUSED") && may("not rcode:REFUSED") && may("server:192.0.2.54"));
    assert!(may("type:A failed") && may("type:MX or failed"));
    assert!(!may("type:MX failed") && !may("client:10.20.1.8") && !may("not under:example"));
}

#[test]
fn terms_are_joined_by_and_or_not_and_parentheses() {
    check(
        REFUSED,
        &[
            ("", true),
            ("type:A rcode:REFUSED", true),
            ("type:A and rcode:NOERROR", false),
            ("type:MX or rcode:REFUSED", true),
            ("type:MX or type:A rcode:NOERROR", false),
            ("not type:MX", true),
            ("not (type:A or type:MX)", false),
            ("(type:MX or type:A) rcode:REFUSED", true),
            ("not not failed", true),
        ],
    );
}

#[test]
fn words_of_dnstop_are_words() {
    check("10.0.0.1 10.0.0.2 192.168.1.1 A NXDOMAIN", &[("a-for-a", true)]);
    check("10.0.0.1 10.0.0.2 1.1.168.192.in-addr.arpa PTR NXDOMAIN", &[("rfc1918-ptr", true)]);
    check("10.0.0.1 10.0.0.2 9.1.0.10.in-addr.arpa PTR NXDOMAIN", &[("rfc1918-ptr", true)]);
    check("10.0.0.1 10.0.0.2 1.1.32.172.in-addr.arpa PTR NXDOMAIN", &[("rfc1918-ptr", false)]);
    check("10.0.0.1 10.0.0.2 printer.local A NXDOMAIN", &[("unknown-tld", true)]);
    check(REFUSED, &[("a-for-a", false), ("rfc1918-ptr", false)]);
}

#[track_caller]
fn check_error(text: &str, at: usize, what: &str) {
    let error = Filter::parse(text).unwrap_err();
    assert!(error.what.starts_with(what), "{text}: {}", error.what);
    assert_eq!(error.at, at, "{text}: {}", error.what);
}

#[test]
fn what_does_not_parse_is_told_with_its_place() {
    check_error("colour:red", 0, "`colour` is none of server: client: host:");
    check_error("type:A rcode:REFUZED", 7, "rcode: `REFUZED` is no response code");
    check_error("server:10.0.0.300", 0, "server: `10.0.0.300` is no address");
    check_error("server:10.0.0.0/40", 0, "server: `10.0.0.0/40`: a prefix has at most 32 bits");
    check_error("name:a..b", 0, "name: `a..b` is no domain name");
    check_error("type:A or", 9, "something is missing here");
    check_error("or type:A", 0, "`or` stands between two terms");
    check_error("(type:A", 0, "this parenthesis is not closed");
    check_error("type:A)", 6, "this parenthesis closes none");
    check_error("name:\"a", 0, "a quote is not closed");
    check_error("failed:yes", 0, "`failed` takes no value");
    check_error("rcode", 0, "`rcode` needs a value");
    check_error("took:100ms", 0, "took: `100ms` is no bound of a time");
    check_error("after:yesterday", 0, "after: `yesterday` is no time");
    check_error(&"(".repeat(5_000), 33, "nested deeper than 32");
    check_error(&"not ".repeat(5_000), 132, "nested deeper than 32");
}

#[test]
fn an_unfinished_filter_is_completed() {
    let known = |key: &str| match key {
        "server" => vec!["192.0.2.53".to_owned(), "192.0.2.54".to_owned()],
        "under" => vec!["a(b.example".to_owned()],
        _ => Vec::new(),
    };
    let check =
        |text: &str, expected: &[&str]| assert_eq!(complete(text, known), expected, "{text}");
    check("rco", &["rcode:"]);
    check("not ser", &["not server:"]);
    check("type:A server:192.0.2.5", &["type:A server:192.0.2.53", "type:A server:192.0.2.54"]);
    check("server:192.0.2.53,1", &["server:192.0.2.53,192.0.2.53", "server:192.0.2.53,192.0.2.54"]);
    check("(rcode:refu", &["(rcode:REFUSED"]);
    check("under:", &["under:\"a(b.example\""]);
    check("nosuch:", &[]);
}

#[test]
fn every_term_is_in_the_documents() {
    let page = include_str!("../../docs/dashboard.md");
    for term in TERMS {
        let value = if term.is_key() { ":VALUE" } else { "" };
        let row = format!("| `{}{value}` | {} |", term.key, term.help);
        assert!(page.contains(&row), "docs/dashboard.md lacks {row}");
    }
}

#[test]
fn every_word_has_help_and_a_place_in_the_table_once() {
    for (place, term) in TERMS.iter().enumerate() {
        assert!(!term.help.is_empty() && !term.help.ends_with('.'), "{}", term.key);
        assert!(TERMS[..place].iter().all(|other| other.key != term.key), "{} twice", term.key);
        for offer in term.offers {
            assert!(Filter::parse(&format!("{}:{offer}", term.key)).is_ok(), "{}", term.key);
        }
    }
}

#[test]
fn a_blank_of_any_kind_stands_between_words_and_not_in_them() {
    let plain = Filter::parse("name:a.example type:A").unwrap();
    for blank in [" ", "\t", "\r", "\n", "\u{b}", "\u{a0}", "\u{2003}", "\r\n"] {
        let text = format!("{blank}name:a.example{blank}type:A{blank}");
        let filter = Filter::parse(&text).unwrap();
        assert_eq!(format!("{:?}", filter.tree), format!("{:?}", plain.tree), "{text:?}");
        assert_eq!(Filter::parse(filter.text()).unwrap(), filter, "{text:?}");
        assert!(Filter::parse(&format!("name:a,{blank}")).is_err(), "{blank:?} is no name");
        let offers = complete(&format!("name:a{blank}typ"), |_| Vec::new());
        assert_eq!(offers, [format!("name:a{blank}type:")]);
        let value = quoted(&format!("a{blank}b"));
        assert!(value.starts_with('"'), "{value:?}");
    }
}

proptest::proptest! {
    #[test]
    fn what_a_filter_says_is_the_same_filter(text in "(name|type|took|client):[ -~\\s]{0,12}[\\s\u{a0},]?") {
        if let Ok(filter) = Filter::parse(&text) {
            assert_eq!(Filter::parse(filter.text()).as_ref(), Ok(&filter), "{text:?}");
        }
    }

    #[test]
    fn any_text_is_a_filter_or_an_error_within_it(text in ".{0,80}") {
        if let Err(error) = Filter::parse(&text) {
            assert!(error.at <= text.len() && text.is_char_boundary(error.at));
        }
        complete(&text, |_| Vec::new());
    }

    #[test]
    fn any_name_is_read_as_it_is_written(labels in proptest::collection::vec("[\\x00-\\xff]{1,20}", 0..6)) {
        let mut wire = Vec::new();
        for label in &labels {
            let label = label.to_ascii_lowercase();
            let label = &label.as_bytes()[..label.len().min(63)];
            wire.push(u8::try_from(label.len()).unwrap());
            wire.extend(label);
        }
        wire.push(0);
        assert_eq!(name(&crate::wire::name::text(&wire)), Some(wire));
    }
}
