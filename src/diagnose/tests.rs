//! Rules in a notation of one line for a kind of exchange: `TIMESx CLIENT SERVER NAME TYPE CODE
//! MARK ...`; the code `-` is silence, `closed` an ICMP error of
//! the server's host; the name `?` is not known; marks are `rd0`, `edns`, `ra`, `aa`, `referral`, `ede18`, `unasked` (nobody was
//! seen to ask), and `update` or `notify` in place of a query. Each line comes a second after the one before it, each exchange of it a hundredth of a second after the other.

use std::net::IpAddr;

use super::*;
use crate::iana::{Class, Ede, Opcode, Rcode, RecordType};
use crate::tally::{Bounds, Events, Watched};
use crate::time::Timestamp;
use crate::track::{Answer, Asked, Exchange, Form, Hasher, Hashes, Key, Obstacle, Outcome};
use crate::wire::{Address, Endpoint, Flags, Question, Transport};

fn wire(name: &str) -> Vec<u8> {
    let labels = name.split('.').filter(|label| !label.is_empty());
    let mut out: Vec<u8> = labels
        .flat_map(|label| [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat())
        .collect();
    out.push(0);
    out
}

fn flags(words: &[&str]) -> Flags {
    let bit = |word: &str, bit: u16| if words.contains(&word) { bit } else { 0 };
    let desired = if words.contains(&"rd0") { 0 } else { 0x0100 };
    Flags(0x8000 | desired | bit("ra", 0x0080) | bit("aa", 0x0400))
}

/// Adds the exchanges of a line.
fn add(tallies: &mut Tallies, hasher: &Hasher, second: u64, line: &str) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let times: u64 = words[0].trim_end_matches('x').parse().unwrap();
    let end =
        |word: &str| Endpoint { address: Address::from(word.parse::<IpAddr>().unwrap()), port: 53 };
    let key =
        Key { client: end(words[1]), server: end(words[2]), id: 0, transport: Transport::Udp };
    let rtype = RecordType::from_name(words[4]).unwrap();
    let is_known = words[3] != "?";
    let question = is_known.then_some(Question { rtype, class: Class::IN });
    let ede = words.iter().find_map(|word| word.strip_prefix("ede")?.parse().ok()).map(Ede);
    let edns = words.contains(&"edns");
    let is_asked = !words.contains(&"unasked");
    let opcode = match words.last() {
        Some(&"update") => Opcode::UPDATE,
        Some(&"notify") => Opcode::NOTIFY,
        _ => Opcode::QUERY,
    };
    let answer = Rcode::from_name(words[5]).map(|rcode| Answer {
        rcode,
        ede,
        ede_text: &[],
        answers: u16::from(rcode == Rcode::NOERROR && !words.contains(&"referral")),
        form: Form { edns, referral: words.contains(&"referral"), ..Form::default() },
    });
    let mut events = Events::default();
    events.set_began(Timestamp::new(1000, 0));
    for count in 0..times {
        let name = wire(&words[3].replace('#', &count.to_string()));
        let name = if is_known { name } else { Vec::new() };
        let at = Timestamp::new(1000 + second, u32::try_from(count * 10_000_000).unwrap().into());
        if is_asked {
            events.push_query(at);
        }
        events.push(&Exchange {
            at,
            client: key.client.address,
            server: key.server.address,
            client_port: key.client.port,
            server_port: key.server.port,
            id: key.id,
            transport: Transport::Udp,
            outcome: match answer {
                Some(_) if !is_asked => Outcome::Unasked,
                Some(_) => Outcome::Answered { took: 2_000_000, late: false },
                None if words[5] == "closed" => Outcome::Unreachable(Obstacle::PortClosed),
                None => Outcome::Unanswered,
            },
            opcode,
            question,
            name: &name,
            hashes: Hashes::of(hasher, &key, &name, question),
            asked: is_asked.then_some(Asked {
                at,
                last: at,
                flags: flags(&words),
                edns,
                repeats: 0,
                unreachable: false,
            }),
            answer,
            flags: flags(&words),
        });
    }
    tallies.count_all(&mut events);
}

/// What a script makes of the counts.
fn weighed(script: &str) -> (Vec<Finding>, Roles) {
    let (findings, roles, _) = weigh(&counted(script));
    (findings, roles)
}

/// What a script adds up to.
fn counted(script: &str) -> Tallies {
    let hasher = Hasher::default();
    let bounds = Bounds::of(64 << 20, 20);
    let mut tallies = Tallies::new(Watched::default(), &bounds, hasher.clone());
    let lines = script.lines().map(str::trim).filter(|line| !line.is_empty());
    for (second, line) in (0..).zip(lines) {
        add(&mut tallies, &hasher, second, line);
    }
    tallies
}

/// The findings as `cause confidence`, without `unknown`.
fn found(script: &str) -> Vec<String> {
    told(script, |finding| format!("{} {}", finding.cause, finding.confidence))
}

fn told(script: &str, tell: impl Fn(Finding) -> String) -> Vec<String> {
    let known = weighed(script).0.into_iter().filter(|finding| !finding.is_unknown());
    known.map(tell).collect()
}

#[track_caller]
fn check_onset(script: &str, expected: &[&str]) {
    let onsets = told(script, |finding| format!("{} {}", finding.cause, finding.onset.id()));
    assert_eq!(onsets, expected, "{script}");
}

#[track_caller]
fn check(script: &str, expected: &[&str]) {
    assert_eq!(found(script), expected, "{script}");
}

/// Others are served all the time.
const HEALTHY: &str = "
    20x 10.0.1.1 192.0.2.53 www#.shop.example A NOERROR ra edns
    20x 10.0.1.2 192.0.2.53 www#.shop.example A NOERROR ra";

#[test]
fn a_healthy_server_has_no_finding() {
    check(HEALTHY, &[]);
}

#[test]
fn a_client_that_gets_local_names_only_is_denied_recursion() {
    check(
        &format!(
            "{HEALTHY}
            9x 10.0.2.1 192.0.2.53 www#.shop.example A REFUSED ede18 edns
            3x 10.0.2.1 192.0.2.53 host#.intra.example A NOERROR aa"
        ),
        &["acl-recursion likely"],
    );
}

#[test]
fn a_client_that_gets_nothing_may_be_denied_either_way() {
    check(
        &format!(
            "{HEALTHY}\n 9x 10.0.2.1 192.0.2.53 www#.shop.example A REFUSED ede18 edns\n 9x 10.0.2.1 192.0.2.53 www#.news.example A REFUSED"
        ),
        &["acl-recursion possible"],
    );
}

#[test]
fn a_client_that_was_served_and_is_refused_everything_since_was_shut_off() {
    let refused = "30x 10.0.1.1 192.0.2.53 www#.shop.example A REFUSED";
    check(
        &format!("{HEALTHY}\n{refused}\n 9x 10.0.1.2 192.0.2.53 www#.shop.example A NOERROR ra"),
        &["acl-recursion possible"],
    );
}

#[test]
fn a_name_that_nobody_gets_is_blocked() {
    check(
        &format!(
            "{HEALTHY}
            6x 10.0.1.1 192.0.2.53 ad#.ads.example A REFUSED ra
            6x 10.0.1.2 192.0.2.53 ad#.ads.example A REFUSED ra"
        ),
        &["domain-policy likely"],
    );
}

#[test]
fn errors_say_what_they_say_also_where_nobody_responds() {
    let often = |line: &str| [line; 3].join("\n");
    let closed = often("12x 10.0.1.1 192.0.2.53 www#.shop.example A closed");
    check(&closed, &["port-closed likely"]);
    check(&often("30x 10.0.1.1 192.0.2.53 www#.shop.example A -"), &[]);
}

#[test]
fn what_is_refused_once_is_chance() {
    check(&format!("{HEALTHY}\n 1x 10.0.1.1 192.0.2.53 a.odd.example A REFUSED ra"), &[]);
}

#[test]
fn refusals_that_end_where_edns_is_left_out_are_triggered_by_it() {
    check(
        "9x 10.0.1.1 192.0.2.53 www#.shop.example A REFUSED edns
         9x 10.0.1.1 192.0.2.53 www#.shop.example A NOERROR ra",
        &["edns-triggered likely"],
    );
    // Others are answered with EDNS: it is not that.
    let others = found(
        "9x 10.0.1.1 192.0.2.53 www#.shop.example A REFUSED edns
         9x 10.0.1.1 192.0.2.53 www#.shop.example A NOERROR ra
         9x 10.0.1.2 192.0.2.53 www#.shop.example A NOERROR ra edns",
    );
    assert!(!others.iter().any(|it| it.starts_with("edns-triggered")), "{others:?}");
}

#[test]
fn names_that_are_answered_without_their_suffix_have_it_by_a_search_list() {
    check(
        &format!("{HEALTHY}\n 9x 10.0.1.1 192.0.2.53 www#.shop.example.corp.test A REFUSED ra"),
        &["search-suffix likely"],
    );
}

#[test]
fn a_kind_of_query_that_nobody_gets_a_response_to_is_dropped() {
    check(
        &format!("{HEALTHY}\n 9x 10.0.1.1 192.0.2.53 www#.shop.example TXT -"),
        &["dropped-unwanted likely"],
    );
}

#[test]
fn a_client_without_any_response_is_cut_off_while_others_are_answered() {
    check(
        &format!("{HEALTHY}\n 9x 10.0.3.1 192.0.2.53 www#.shop.example A -"),
        &["firewall-drop likely"],
    );
}

#[test]
fn an_authority_that_refuses_all_other_names_is_no_resolver() {
    check(
        "9x 10.0.1.1 192.0.2.53 host#.zone.example A NOERROR aa
         9x 10.0.1.1 192.0.2.53 www#.shop.example A REFUSED edns
         9x 10.0.2.1 192.0.2.53 www#.news.example A REFUSED edns",
        &["auth-only likely"],
    );
}

#[test]
fn queries_without_recursion_are_refused_by_a_resolver_only() {
    check(
        &format!("{HEALTHY}\n 9x 10.0.1.1 192.0.2.53 www#.shop.example A REFUSED ra rd0"),
        &["rd0-refused likely"],
    );
}

#[test]
fn what_nobody_asked_for_hurts_no_lookup_and_is_not_asked_again() {
    let flood = |times| {
        let line = |n| format!("\n{times}x 10.0.9.9 203.0.113.{n} sl{n}.example A REFUSED unasked");
        (1..6).map(line).collect::<String>()
    };
    // However many there are: what is answered has its queries.
    for times in [20, 99] {
        let script = format!("{HEALTHY}{}", flood(times));
        check(&script, &["unsolicited likely"]);
        for finding in weighed(&script).0 {
            let Impact { lookups_failed, lookups_recovered, queries, clients, .. } = finding.impact;
            assert_eq!((lookups_failed, lookups_recovered, queries, clients), (0, 0, 0, 1));
            assert_eq!((finding.verify.as_str(), finding.verify_windows.as_str()), ("", ""));
            assert!(!finding.evidence.iter().any(|it| it.contains("lookup")), "{finding:?}");
        }
    }
}

#[test]
fn a_question_that_is_not_known_is_no_name_and_is_not_asked_again() {
    let told = |script: &str| {
        let is_ours = |finding: &Finding| finding.cause == "port-closed";
        let finding = weighed(script).0.into_iter().find(is_ours).unwrap();
        (finding.impact.names, finding.evidence[0].clone(), finding.verify)
    };
    let unknown = "9x 10.0.1.1 192.0.2.55 ? A closed";
    let evidence = "9 of 9 such exchanges ended so, from 1 client";
    assert_eq!(told(unknown), (0, evidence.to_owned(), String::new()));
    let both = format!("{unknown}\n 2x 10.0.1.1 192.0.2.55 www.shop.example A closed");
    let evidence = "11 of 11 such exchanges ended so, from 1 client for 1 name";
    let verify = "dig @192.0.2.55 www.shop.example A";
    assert_eq!(told(&both), (1, evidence.to_owned(), verify.to_owned()));
}

#[test]
fn where_only_responses_are_seen_they_tell_of_lookups() {
    let script = "
        9x 10.0.2.1 192.0.2.53 www#.shop.example A REFUSED unasked
        9x 10.0.1.1 192.0.2.53 www#.shop.example A NOERROR ra unasked
        1x 10.0.2.1 192.0.2.54 www0.shop.example A NOERROR ra unasked";
    let (.., impact) = weigh(&counted(script));
    let impact = impact.unwrap();
    assert_eq!((impact.lookups_refused, impact.recovered, impact.failed), (9, 1, 8));
    let (.., impact) = weigh(&counted(&script.replace("unasked", "")));
    assert_eq!(impact, None, "they are followed one by one");
}

#[test]
fn a_step_is_told_from_what_was_always_so() {
    let refused = "
        20x 10.0.2.1 192.0.2.53 www#.shop.example A REFUSED
        20x 10.0.2.1 192.0.2.53 www#.news.example A REFUSED
        9x 10.0.2.1 192.0.2.53 www#.bank.example A REFUSED";
    check_onset(&format!("{HEALTHY}{refused}"), &["acl-recursion none-before"]);
    let served = "
        20x 10.0.2.1 192.0.2.53 www#.shop.example A NOERROR ra
        20x 10.0.2.1 192.0.2.53 www#.news.example A NOERROR ra";
    let step = format!("{HEALTHY}{served}{refused}");
    check_onset(&step, &["acl-recursion step"]);
    let found = weighed(&step).0;
    assert_eq!(found[0].answered_until(), found[0].last_success);
    assert!(found[0].last_success.is_some());
}

#[test]
fn a_drift_is_told_from_turns() {
    let second = |bad: u64| {
        format!(
            "
            {bad}x 10.0.2.1 192.0.2.53 www#.shop.example A REFUSED ra
            {}x 10.0.2.1 192.0.2.53 www#.shop.example A NOERROR ra",
            20 - bad
        )
    };
    let course = |shares: &[u64]| -> String { shares.iter().map(|bad| second(*bad)).collect() };
    let before = course(&[0, 0]).replace("0x 10", "1x 10").replace("REFUSED", "NOERROR");
    let drift = course(&[1, 2, 3, 9, 10, 11, 17, 18, 19]);
    let turns = course(&[1, 19, 1, 19, 1, 19, 1, 19, 1]);
    check_onset(&format!("{HEALTHY}{before}{drift}"), &["rate-limit drift"]);
    check_onset(&format!("{HEALTHY}{before}{turns}"), &["rate-limit mixed"]);
    // Answers go on: the last one before the first refusal is not the last.
    for course in [drift, turns] {
        let found = weighed(&format!("{HEALTHY}{before}{course}")).0;
        let finding = found.iter().find(|finding| finding.cause == "rate-limit").unwrap();
        assert!(finding.last_success.is_some() && finding.answered_until().is_none());
    }
}

#[test]
fn a_machine_of_which_one_family_is_denied_is_told_as_one() {
    let served = "
        9x 10.0.1.1 192.0.2.53 www#.shop.example A NOERROR ra";
    let machine = "
        9x 2001:db8::1 2001:db8:53::53 www#.news.example A REFUSED
        9x 10.0.2.1 192.0.2.53 www#.news.example A NOERROR ra";
    let stranger = machine.replace("www#.news.example A NOERROR", "www#.bank.example A NOERROR");
    let is_family = |script: &str| {
        let told = told(script, |finding| finding.headline);
        told.iter().any(|it| it.ends_with(", over IPv6; over IPv4 the same is answered"))
    };
    let resolves = "
        9x 2001:db8:1::1 2001:db8:53::53 www#.shop.example A NOERROR ra";
    assert!(is_family(&format!("{served}{resolves}{machine}")));
    assert!(!is_family(&format!("{served}{resolves}{stranger}")));
}

#[test]
fn an_outage_that_is_over_is_no_rate_limit() {
    let served = "
        20x 10.0.2.1 192.0.2.53 www#.shop.example A NOERROR ra
        20x 10.0.2.1 192.0.2.53 www#.news.example A NOERROR ra";
    let refused = served.replace("NOERROR ra", "REFUSED");
    check(&format!("{HEALTHY}{served}{refused}{refused}{served}"), &["acl-recursion possible"]);
    check(
        &format!("{HEALTHY}{served}{refused}{served}{refused}{served}{refused}{served}"),
        &["rate-limit likely"],
    );
}

/// `ADDRESS SERVER-ROLE CLIENT-ROLE` for each address, `-` for none.
#[track_caller]
fn check_roles(script: &str, expected: &[&str]) {
    let roles = weighed(script).1;
    let told = |role: Option<Role>| role.map_or("-", Role::id);
    for line in expected {
        let address: IpAddr = line.split(' ').next().unwrap().parse().unwrap();
        let (server, client) = (roles.of_server(address), roles.of_client(address));
        assert_eq!(format!("{address} {} {}", told(server), told(client)), *line, "{script}");
    }
}

#[test]
fn an_authority_answers_from_its_zones_or_refers() {
    check_roles(
        "2x 10.0.1.1 192.0.2.53 www#.shop.example A NOERROR aa
         2x 10.0.1.1 192.0.2.54 www#.shop.example A NOERROR referral rd0
         2x 10.0.1.1 192.0.2.55 www#.shop.example A REFUSED",
        &["192.0.2.53 authoritative -", "192.0.2.54 authoritative -", "192.0.2.55 - -"],
    );
}

#[test]
fn who_offers_recursion_is_recursive_even_if_it_fails() {
    check_roles(
        "2x 10.0.1.1 192.0.2.53 www#.shop.example A NOERROR ra
         2x 10.0.1.1 192.0.2.54 www#.shop.example A SERVFAIL ra",
        &["10.0.1.1 - stub", "192.0.2.53 recursive -", "192.0.2.54 recursive -"],
    );
}

#[test]
fn a_resolver_that_claims_authority_for_local_names_holds_no_zone() {
    let resolves = "2x 10.0.1.1 192.0.2.53 www#.shop.example A NOERROR ra";
    let local = "2x 10.0.1.1 192.0.2.53 ad#.ads.example A NOERROR ra aa";
    check_roles(&format!("{resolves}\n{local}"), &["192.0.2.53 recursive -"]);
    // To whom it offers no recursion, or for what is at the top of a zone, it is one.
    let refused = "2x 10.0.2.1 192.0.2.53 host#.intra.example A NOERROR aa";
    check_roles(&format!("{resolves}\n{refused}"), &["192.0.2.53 both -"]);
    let top = "1x 10.0.1.1 192.0.2.53 intra.example SOA NOERROR ra aa";
    check_roles(&format!("{resolves}\n{top}"), &["192.0.2.53 both -"]);
}

#[test]
fn a_resolver_asks_without_recursion_and_a_forwarder_with() {
    check_roles(
        "2x 10.0.1.1 10.0.0.53 www#.shop.example A NOERROR ra
         2x 10.0.0.53 192.0.2.1 www#.shop.example A NOERROR referral rd0
         2x 10.0.0.53 192.0.2.2 www#.shop.example A NOERROR aa rd0
         2x 10.0.1.1 10.0.0.54 www#.shop.example A NOERROR ra
         2x 10.0.0.54 192.0.2.9 www#.shop.example A NOERROR ra",
        &["10.0.0.53 recursive iterative", "10.0.0.54 forwarder forwarder", "10.0.1.1 - stub"],
    );
}

#[test]
fn a_forwarder_that_was_refused_itself_passes_the_name_on() {
    let refused = "2x 10.0.1.1 10.0.0.54 www#.shop.example A REFUSED";
    check_roles(
        &format!("{refused}\n 2x 10.0.0.54 192.0.2.9 www#.shop.example A REFUSED"),
        &["10.0.0.54 forwarder forwarder"],
    );
    // A host that refuses strangers and asks for names of its own passes nothing on.
    check_roles(
        &format!("{refused}\n 2x 10.0.0.54 192.0.2.9 time#.ntp.example A NOERROR ra"),
        &["10.0.0.54 - stub"],
    );
}

#[test]
fn who_asks_itself_forwards_nothing() {
    check_roles(
        "2x 127.0.0.1 127.0.0.1 www#.shop.example A NOERROR ra",
        &["127.0.0.1 recursive stub"],
    );
}

#[test]
fn a_resolver_is_one_at_a_single_authority_too() {
    check_roles(
        "2x 10.0.1.1 192.0.2.53 www#.shop.example A NOERROR aa rd0",
        &["10.0.1.1 - iterative"],
    );
    // Of a resolver one asks that without being one.
    check_roles("2x 10.0.1.1 192.0.2.53 www#.shop.example A NOERROR ra rd0", &["10.0.1.1 - -"]);
}

#[test]
fn what_a_host_does_most_is_its_role_unless_it_resolves() {
    check_roles(
        "3x 10.0.1.1 192.0.2.53 shop.example SOA NOERROR aa rd0
         1x 10.0.1.1 192.0.2.9 time.ntp.example A NOERROR ra
         3x 10.0.1.2 192.0.2.53 shop.example SOA NOERROR aa update
         1x 10.0.1.2 192.0.2.9 time.ntp.example A NOERROR ra
         3x 192.0.2.53 10.0.1.3 shop.example SOA NOERROR aa notify
         9x 10.0.0.53 192.0.2.53 shop.example SOA NOERROR aa rd0
         2x 10.0.0.53 192.0.2.1 www#.shop.example A NOERROR referral rd0
         2x 10.0.0.53 192.0.2.2 www#.shop.example A NOERROR aa rd0",
        &[
            "10.0.1.1 - secondary",
            "10.0.1.2 - updater",
            "10.0.1.3 - secondary",
            "10.0.0.53 - iterative",
        ],
    );
}

#[test]
fn every_role_has_a_word_and_a_sentence_of_its_own() {
    let all = [
        (Role::Authoritative, Role::Recursive),
        (Role::Both, Role::Forwarder),
        (Role::Stub, Role::Iterative),
        (Role::Secondary, Role::Updater),
    ];
    let all: Vec<Role> = all.into_iter().flat_map(|(one, other)| [one, other]).collect();
    let ids: std::collections::BTreeSet<&str> = all.iter().map(|role| role.id()).collect();
    assert_eq!(ids.len(), all.len());
    assert!(all.iter().all(|role| !role.words().is_empty()));
}

/// The vantage as `ID: TEXT`, or `-`.
#[track_caller]
fn check_vantage(script: &str, expected: &str) {
    let vantage = weighed(script).1.vantage;
    let told = vantage.map_or("-".into(), |it| format!("{}: {}", it.point.id(), it.text));
    assert_eq!(told, expected, "{script}");
}

#[test]
fn a_server_has_every_exchange_and_asks_nobody() {
    check_vantage(
        "12x 10.0.1.1 192.0.2.53 www#.shop.example A NOERROR aa rd0
         12x 10.0.2.1 192.0.2.53 www#.shop.example A NOERROR aa rd0
         12x 2001:db8:1::1 2001:db8::53 www#.shop.example A NOERROR aa rd0",
        "at-server: at 192.0.2.53 and 2001:db8::53, an authoritative server: 3 clients ask it",
    );
}

#[test]
fn a_client_has_every_query() {
    let one = "12x 10.0.1.1 192.0.2.53 www#.shop.example A NOERROR ra";
    let another = "12x 10.0.1.1 192.0.2.54 www#.shop.example A NOERROR ra";
    let text = "at-client: at 10.0.1.1, a stub resolver: it asks";
    check_vantage(&format!("{one}\n{another}"), &format!("{text} 2 servers"));
    check_vantage(&format!("{one}\n{one}"), &format!("{text} 1 server"));
}

#[test]
fn a_resolver_is_asked_and_asks_and_strays_change_nothing() {
    let script = "40x 10.0.1.1 10.0.0.53 www#.shop.example A NOERROR ra
         40x 10.0.1.2 10.0.0.53 www#.shop.example A NOERROR ra
         9x 10.0.0.53 192.0.2.1 www#.shop.example A NOERROR referral rd0
         9x 10.0.0.53 192.0.2.2 www#.shop.example A NOERROR aa rd0";
    let text = "at-resolver: at 10.0.0.53, a recursive server: 2 clients ask it, and it asks 2 \
                servers";
    check_vantage(script, text);
    check_vantage(&format!("{script}\n 5x 10.0.1.1 8.8.8.8 a#.shop.example A NOERROR ra"), text);
}

#[test]
fn a_resolver_that_is_not_seen_to_ask_is_somewhere_else() {
    check_vantage(
        "12x 10.0.1.1 192.0.2.53 www#.shop.example A NOERROR ra
         12x 10.0.1.2 192.0.2.53 www#.shop.example A NOERROR ra",
        "between: on the way to 192.0.2.53, a recursive server: 2 clients ask it, and what it \
         asks others does not show",
    );
}

#[test]
fn servers_of_one_network_that_share_the_work_are_one_place() {
    check_vantage(
        "12x 10.0.1.1 10.0.0.53 www#.shop.example A NOERROR ra
         12x 10.0.1.2 10.0.0.54 www#.shop.example A NOERROR ra
         9x 10.0.0.60 192.0.2.1 www#.shop.example A NOERROR referral rd0
         9x 10.0.0.60 192.0.2.2 www#.shop.example A NOERROR aa rd0",
        "at-resolver: at the servers of 10.0.0.0/24: 2 clients ask them, and they ask 2 servers",
    );
    // One of two resolvers is far away.
    check_vantage(
        "12x 10.0.1.1 10.0.0.53 www#.shop.example A NOERROR ra
         12x 10.0.1.2 8.8.8.8 www#.shop.example A NOERROR ra
         9x 10.0.0.53 192.0.2.1 www#.shop.example A NOERROR referral rd0
         9x 10.0.0.53 192.0.2.2 www#.shop.example A NOERROR aa rd0",
        "between: between 3 clients and 4 servers",
    );
}

#[test]
fn what_a_host_tells_itself_says_nothing_of_where_it_is() {
    let own = "12x 127.0.0.1 127.0.0.53 www#.shop.example A NOERROR ra";
    check_vantage(
        &format!("{own}\n 24x 10.0.1.1 192.0.2.53 www#.shop.example A NOERROR ra"),
        "at-client: at 10.0.1.1, a stub resolver: it asks 1 server",
    );
    check_vantage(
        &format!("{own}\n{own}"),
        "at-client: at 127.0.0.1, a stub resolver: it asks 1 server",
    );
}

#[test]
fn a_few_exchanges_tell_no_place() {
    check_vantage("", "-");
    check_vantage("19x 10.0.1.1 192.0.2.53 www#.shop.example A NOERROR ra", "-");
}

#[test]
fn local_is_what_is_not_routed_or_near_the_server() {
    let served = "12x 198.51.100.7 198.51.100.53 www#.shop.example A NOERROR aa rd0
         12x 203.0.113.7 198.51.100.53 www#.shop.example A NOERROR aa rd0";
    let roles = weighed(served).1;
    for (address, expected) in [
        ("10.1.1.1", Place::Local),
        ("100.64.0.1", Place::Local),
        ("100.128.0.1", Place::Outside),
        ("127.0.0.1", Place::Local),
        ("169.254.1.1", Place::Local),
        ("fe80::1", Place::Local),
        ("fd53::1", Place::Local),
        ("2001:db8::1", Place::Outside),
        ("198.51.100.7", Place::Local),
        ("203.0.113.7", Place::Outside),
    ] {
        assert_eq!(roles.place(address.parse().unwrap()), expected, "{address}");
    }
}

#[test]
fn who_asks_after_its_network_was_shut_off_is_one_of_those() {
    let served = "
        20x 10.0.2.1 192.0.2.53 www#.shop.example A NOERROR ra
        20x 10.0.2.1 192.0.2.53 www#.news.example A NOERROR ra
        20x 10.0.2.1 192.0.2.53 intra.example SOA NOERROR aa";
    let refused = "
        20x 10.0.2.1 192.0.2.53 www#.shop.example A REFUSED
        9x 10.0.2.2 192.0.2.53 www#.shop.example A REFUSED
        9x 10.0.2.2 192.0.2.53 www#.intra.example A REFUSED";
    check(&format!("{HEALTHY}{served}{refused}"), &["acl-recursion possible"]);
}
