//! Scenarios of messages, in a notation of one line per message.
//!
//! `TIME > PORT ID NAME [ip=N] [at=PLACE]` is a query of the client's port; `TIME < PORT ID NAME
//! RCODE …` a response, whose name may be `-`; `TIME icmp PORT ID|-`, `TIME rst PORT`; `TIME .` lets
//! time pass. TCP ports begin with `t`. `ip=` is the IPv4 identification, `at=` where it was seen.
//! Out comes one line per exchange, and at the end what `outcomes` says when asked for.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::iana::{Class, Rcode, RecordType};
use crate::time::Timestamp;
use crate::wire::{Address, Endpoint, Flags, Print, Question, Transport, name::text};

use super::*;

struct Stage {
    hasher: Hasher,
    tracker: Tracker,
    out: String,
    now: Timestamp,
    queries: u64,
}

fn wire(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        out.push(u8::try_from(label.len()).unwrap());
        out.extend_from_slice(label.as_bytes());
    }
    out.push(0);
    out
}

fn endpoint(last: u8, port: u16) -> Endpoint {
    Endpoint { address: Address::from(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))), port }
}

fn key(port: &str, id: u16) -> Key {
    let transport = if port.starts_with('t') { Transport::Tcp } else { Transport::Udp };
    let port = port.trim_start_matches('t').parse().unwrap();
    Key { client: endpoint(1, port), server: endpoint(53, 53), id, transport }
}

fn option(words: &[&str], name: &str) -> u16 {
    let found = words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    found.map_or(0, |value| value.parse().unwrap())
}

fn show(exchange: &Exchange<'_>) -> String {
    let name = text(exchange.name);
    let code = exchange.answer.map_or("no response".into(), |answer| answer.rcode.to_string());
    match exchange.outcome {
        Outcome::Answered { took, late } => {
            format!(
                "{name} {code} after {:?}{}",
                Duration::from_nanos(took),
                if late { " (late)" } else { "" }
            )
        }
        Outcome::RepeatedResponse => format!("{name} {code} again"),
        Outcome::Unasked => format!("{name} {code} unasked"),
        Outcome::Skipped => format!("{name} {code} to a skipped query"),
        Outcome::Unanswered => format!("{name} unanswered"),
        Outcome::Unreachable(_) => format!("{name} unreachable"),
        Outcome::Undecided => format!("{name} undecided"),
    }
}

impl Stage {
    fn new(max_pending: usize, holds: bool) -> Self {
        let patience = Duration::from_secs(5);
        let config = TrackerConfig { patience, max_pending, max_recent: 1000, holds };
        let hasher = Hasher::default();
        let tracker = Tracker::new(config, hasher.clone());
        Self { hasher, tracker, out: String::new(), now: Timestamp::default(), queries: 0 }
    }

    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (seconds, fraction) = words[0].split_once('.').unwrap();
        let nanos: u64 = format!("{fraction:0<9}").parse().unwrap();
        self.now = Timestamp::new(1000 + seconds.parse::<u64>().unwrap(), nanos);
        let (tracker, out, now) = (&mut self.tracker, &mut self.out, self.now);
        tracker.expire(now, &mut |exchange| writeln!(out, "{}", show(exchange)).unwrap());
        let mut sink = |exchange: &Exchange<'_>| writeln!(out, "{}", show(exchange)).unwrap();
        match words[1] {
            ">" | "<" => {
                let name = if words[4] == "-" { Vec::new() } else { wire(words[4]) };
                let question = Question { rtype: RecordType::A, class: Class::IN };
                let rcode = words.get(5).filter(|_| words[1] == "<");
                let answer = rcode.map(|rcode| Answer {
                    rcode: Rcode::from_name(rcode).unwrap(),
                    ede: None,
                    ede_text: &[],
                    answers: 0,
                    form: Form::default(),
                });
                let ip = option(&words, "ip");
                let question = (!name.is_empty()).then_some(question);
                let key = key(words[2], words[3].parse().unwrap());
                let message = Message {
                    at: now,
                    key,
                    flags: Flags(0),
                    question,
                    name: &name,
                    hashes: Hashes::of(&self.hasher, &key, &name, question),
                    edns: false,
                    answer,
                    print: Print {
                        content: u64::from(ip) << 32 | 7,
                        identification: ip,
                        place: u32::from(option(&words, "at")),
                        ..Print::default()
                    },
                };
                let verdict = match &answer {
                    Some(answer) => tracker.response(&message, answer, &mut sink),
                    None => tracker.query(&message, &mut sink),
                };
                if verdict == Verdict::Duplicate {
                    writeln!(out, "duplicate").unwrap();
                } else {
                    self.queries += u64::from(answer.is_none());
                }
            }
            "icmp" => {
                let key = key(words[2], 0);
                let id = words[3].parse().ok();
                tracker.icmp_error(
                    key.client,
                    key.server,
                    key.transport,
                    id,
                    Obstacle::PortClosed,
                    &mut sink,
                );
            }
            "rst" => tracker.reset(key(words[2], 0).client, key(words[2], 0).server, &mut sink),
            "." => {}
            other => panic!("unknown word {other}"),
        }
        assert!(self.tracker.outcomes().balances(self.queries), "the books balance after {line}");
    }
}

fn play(script: &str, max_pending: usize) -> Stage {
    run(Stage::new(max_pending, false), script)
}

fn run(mut stage: Stage, script: &str) -> Stage {
    script.lines().map(str::trim).filter(|line| !line.is_empty()).for_each(|line| stage.line(line));
    let out = &mut stage.out;
    stage.tracker.finish(&mut |exchange| writeln!(out, "{}", show(exchange)).unwrap());
    stage
}

fn trimmed(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

#[track_caller]
fn check(script: &str, expected: &str) {
    assert_eq!(trimmed(&play(script, 1000).out), trimmed(expected), "script:\n{script}");
}

/// What a tracker tells that tells of each query once.
#[track_caller]
fn check_held(script: &str, expected: &str) {
    let stage = run(Stage::new(16, true), script);
    assert_eq!(trimmed(&stage.out), trimmed(expected), "script:\n{script}");
    let told = |what: &str| stage.out.lines().filter(|line| line.contains(what)).count() as u64;
    let outcomes = stage.tracker.outcomes();
    assert_eq!(told(" after "), outcomes.answered, "{script}");
    assert_eq!(told("unanswered") + told("unreachable"), outcomes.unanswered, "{script}");
    assert_eq!(told("undecided"), outcomes.undecided, "{script}");
}

#[test]
fn silence_that_is_held_is_told_when_no_response_can_come_any_more() {
    check_held("0.0 > 1000 7 a\n6.0 .\n7.0 < 1000 7 a NOERROR", "a NOERROR after 7s (late)");
    check_held("0.0 > 1000 7 a\n6.0 .", "a unanswered");
    check_held(
        "0.0 > 1000 7 a\n6.0 .\n60.0 > 1000 8 b\n61.0 < 1000 7 a NOERROR",
        "a unanswered\na NOERROR unasked\nb undecided",
    );
    check_held(
        "0.0 > 1000 7 a\n6.0 > 1000 7 a\n6.1 < 1000 7 a REFUSED",
        "a unanswered\na REFUSED after 100ms",
    );
}

#[test]
fn an_error_that_is_held_is_told_unless_a_response_comes_after_it() {
    check_held("0.0 > 1000 7 a\n0.1 icmp 1000 7", "a unreachable");
    check_held(
        "0.0 > 1000 7 a\n0.1 icmp 1000 7\n0.2 < 1000 7 a NOERROR",
        "a NOERROR after 200ms (late)",
    );
    check_held("0.0 > 1000 7 a\n0.1 icmp 1000 7\n0.2 > 1000 7 a", "a unreachable\na undecided");
}

#[test]
fn what_waits_at_the_end_or_has_no_room_is_told_as_undecided() {
    check_held("0.0 > 1000 7 a\n0.1 > 1000 8 b\n0.2 > 1000 7 a", "a undecided\nb undecided");
    let (mut ids, mut names, mut told) = (String::new(), String::new(), String::new());
    for number in 0..40 {
        writeln!(ids, "0.{number:03} > 1000 {number} n{number}").unwrap();
        writeln!(names, "0.{number:03} > 1000 7 n{number}").unwrap();
        writeln!(told, "n{number} undecided").unwrap();
    }
    check_held(&ids, &told);
    check_held(&names, &told);
}

#[test]
fn time_that_jumps_has_each_query_told_once_all_the_same() {
    check_held(
        "100.0 > 1000 7 a\n0.0 > 1000 8 b\n0.1 < 1000 7 a NOERROR\n0.2 < 1000 8 b REFUSED",
        "a NOERROR after 0ns (late)\nb REFUSED after 200ms",
    );
    check_held("100.0 > 1000 7 a\n0.0 > 1000 8 b\n900.0 .", "a unanswered\nb unanswered");
}

#[test]
fn a_refusal_without_a_question_still_matches_its_query() {
    check("0.000 > 1000 7 www.example\n0.012 < 1000 7 - REFUSED", "www.example REFUSED after 12ms");
}

#[test]
fn a_response_about_another_question_is_not_the_answer() {
    check(
        "0.0 > 1000 7 www.example
         0.1 < 1000 7 evil.example REFUSED
         0.2 < 1000 7 www.example NOERROR",
        "evil.example REFUSED unasked
         www.example NOERROR after 200ms",
    );
}

#[test]
fn port_and_transport_and_id_must_agree() {
    check(
        "0.0 > 1000 7 a
         0.1 < 1001 7 a REFUSED
         0.1 < 1000 8 a REFUSED
         0.1 < t1000 7 a REFUSED
         1.0 .",
        "a REFUSED unasked\na REFUSED unasked\na REFUSED unasked",
    );
}

#[test]
fn silence_is_unanswered_not_noerror() {
    check("0.000 > 1000 7 www.example\n9.000 .", "www.example unanswered");
    check("0.000 > 1000 7 www.example\n4.000 .", "");
}

#[test]
fn what_is_due_at_the_end_is_unanswered_whatever_the_order_it_came_in() {
    check("1.0 > 1000 1 a\n0.5 > 1000 2 b\n5.8 .", "b unanswered");
}

#[test]
fn a_query_sent_again_waits_and_is_timed_from_its_first_copy() {
    check(
        "0.0 > 1000 7 a
         4.0 > 1000 7 a
         4.5 < 1000 7 a NOERROR",
        "a NOERROR after 4.5s",
    );
    check("0.0 > 1000 7 a\n4.0 > 1000 7 a\n5.5 .", "a unanswered");
    check(
        "0.0 > 1000 7 a\n5.5 > 1000 7 a\n5.6 < 1000 7 a REFUSED",
        "a unanswered\na REFUSED after 100ms",
    );
}

#[test]
fn each_copy_of_a_query_may_have_its_own_response() {
    let script = "0.0 > 1000 7 a
                  1.0 > 1000 7 a
                  1.1 < 1000 7 a REFUSED
                  1.2 < 1000 7 a REFUSED
                  1.3 < 1000 7 a REFUSED";
    check(script, "a REFUSED after 1.1s\na REFUSED after 200ms\na REFUSED again");
    let outcomes = play(script, 1000).tracker.outcomes();
    assert_eq!(
        (outcomes.answered, outcomes.repeated_queries, outcomes.repeated_responses),
        (2, 0, 1)
    );
}

#[test]
fn only_udp_repeats_and_only_with_a_question() {
    assert_eq!(play("0.0 > t9 7 a\n0.1 > t9 7 a", 1000).tracker.outcomes().undecided, 2);
    assert_eq!(play("0.0 > 9 7 -\n0.1 > 9 7 -", 1000).tracker.outcomes().undecided, 2);
}

#[test]
fn asking_again_after_an_answer_is_a_new_exchange() {
    check(
        "0.0000 > 1000 7 a
         0.0010 < 1000 7 a REFUSED
         0.0011 > 1000 7 a
         0.0020 < 1000 7 a REFUSED",
        "a REFUSED after 1ms\na REFUSED after 900µs",
    );
}

#[test]
fn a_second_response_is_repeated_whatever_it_says() {
    check(
        "0.0 > 1000 7 a
         0.1 < 1000 7 a REFUSED
         0.2 < 1000 7 a NOERROR
         0.3 < 1000 7 - NOERROR",
        "a REFUSED after 100ms\na NOERROR again\n- NOERROR again",
    );
}

#[test]
fn a_late_response_takes_the_silence_back() {
    let stage = play("0.0 > 1000 7 a\n6.0 .\n7.0 < 1000 7 - NOERROR", 1000);
    assert_eq!(stage.out, "a unanswered\na NOERROR after 7s (late)\n");
    let outcomes = stage.tracker.outcomes();
    assert_eq!((outcomes.answered, outcomes.late, outcomes.unanswered), (1, 1, 0));
    check(
        "0.0 > 1000 7 a\n6.0 .\n60.0 .\n61.0 < 1000 7 a NOERROR",
        "a unanswered\na NOERROR unasked",
    );
}

#[test]
fn a_response_a_little_before_its_query_is_its_answer() {
    check("0.010 < 1000 7 a REFUSED\n0.015 > 1000 7 a", "a REFUSED after 0ns");
    check("0.015 < 1000 7 - REFUSED\n0.010 > 1000 7 a", "a REFUSED after 5ms");
    check("0.010 < 1000 7 a REFUSED\n0.030 > 1000 7 a", "a REFUSED unasked");
    check("0.010 < 1000 7 b REFUSED\n0.015 > 1000 7 a", "b REFUSED unasked");
}

#[test]
fn an_error_ends_the_query_it_quotes() {
    check("0.0 > 1000 7 a\n0.1 icmp 1000 7", "a unreachable");
    check("0.0 > 1000 7 a\n0.1 icmp 1000 -", "a unreachable");
    check("0.0 > 1000 7 a\n0.1 icmp 1001 7\n0.1 icmp 1000 8", "");
    check(
        "0.0 > 1000 7 a\n0.1 icmp 1000 7\n0.2 < 1000 7 a NOERROR",
        "a unreachable\na NOERROR after 200ms (late)",
    );
    check("0.0 > t9 7 a\n0.0 > t9 8 b\n0.0 > t8 7 c\n0.1 rst t9", "b unreachable\na unreachable");
}

#[test]
fn an_error_about_ports_finds_its_query_behind_any_number_of_others() {
    let other = |id: u32| format!("0.1 > {} {id} b\n", 2000 + id % 450);
    let others: Vec<_> = (0..900).map(other).collect();
    let mut of_one = String::from("0.0 > 1000 7 a\n0.0 > t9 7 c\n");
    of_one += &others.concat();
    let ended = play(&format!("{of_one}0.2 icmp 1000 -\n0.2 rst t9\n"), 1000);
    assert_eq!(ended.out, "a unreachable\nc unreachable\n");
    // However it is kept by then, and once only.
    let ended =
        play(&format!("{of_one}2.5 icmp 1000 -\n2.5 rst t9\n2.5 rst t9\n2.5 icmp 1000 -"), 1000);
    assert_eq!(ended.out, "a unreachable\nc unreachable\n");
    // Nothing is left of a flow whose queries were answered or given up.
    check("0.0 > 1000 7 a\n0.1 < 1000 7 a REFUSED\n0.2 icmp 1000 -", "a REFUSED after 100ms");
    check("0.0 > 1000 7 a\n6.0 icmp 1000 -", "a unanswered");
    check(
        "0.0 > 1000 7 a\n0.0 > 1000 8 b\n0.1 icmp 1000 -\n0.1 icmp 1000 -",
        "b unreachable\na unreachable",
    );
}

#[test]
fn two_copies_of_one_packet_count_once() {
    // seen at two places
    check(
        "0.0 > 1000 7 a at=1\n0.0001 > 1000 7 a at=2\n0.1 < 1000 7 a REFUSED",
        "duplicate\na REFUSED after 100ms",
    );
    check(
        "0.0 > 1000 7 a\n0.1 < 1000 7 a REFUSED at=1\n0.1 < 1000 7 a REFUSED at=2",
        "a REFUSED after 100ms\nduplicate",
    );
    // at one place, told by their identification
    check("0.0 > 1000 7 a ip=9\n0.0 > 1000 7 a ip=9", "duplicate");
}

#[test]
fn a_message_sent_again_is_not_a_copy() {
    check("0.0 > 1000 7 a ip=9\n0.0001 > 1000 7 a ip=10", "");
    check("0.0 > 1000 7 a at=1\n0.5 > 1000 7 a at=2", "");
    check("0.0 > 1000 7 a\n0.0001 > 1000 7 a", "");
}

#[test]
fn a_copy_of_a_query_may_come_after_the_answer() {
    check(
        "0.0 > 1000 7 a at=1
         0.0 > 1000 7 a at=2
         0.0 < 1000 7 a REFUSED
         0.001 > 1000 8 b at=1
         0.002 < 1000 8 b REFUSED
         0.003 > 1000 8 b at=2",
        "duplicate\na REFUSED after 0ns\nb REFUSED after 1ms\nduplicate",
    );
}

#[test]
fn time_that_goes_back_gives_up_what_waits_but_does_no_lasting_harm() {
    check(
        "100.0 > 1000 7 a\n0.0 > 1000 8 b\n0.1 < 1000 8 b REFUSED\n100.1 < 1000 7 a REFUSED",
        "a unanswered\nb REFUSED after 100ms\na REFUSED after 100ms (late)",
    );
    check(
        "0.0 > 1000 7 a\n9999.0 .\n0.1 < 1000 7 a REFUSED",
        "a unanswered\na REFUSED after 100ms (late)",
    );
}

#[test]
fn a_slow_answer_and_a_retry_after_it_are_what_they_are() {
    // Beyond the first second a query is kept elsewhere.
    check(
        "0.0 > 1000 7 a
         0.0 > 1000 8 b
         2.0 > 1000 8 b
         3.0 < 1000 7 a REFUSED
         3.5 < 1000 7 a REFUSED
         4.9 < 1000 8 b NOERROR",
        "a REFUSED after 3s\na REFUSED again\nb NOERROR after 4.9s",
    );
    // What is due but not yet dealt with is seen by its time.
    check(
        "0.0 > 1000 7 a\n5.001 > 1000 7 a\n5.002 < 1000 7 a REFUSED",
        "a unanswered\na REFUSED after 1ms",
    );
    check(
        "0.0 > 1000 7 a\n0.1 < 1000 7 a REFUSED\n1.2 < 1000 7 a REFUSED\n2.0 .",
        "a REFUSED after 100ms\na REFUSED unasked",
    );
}

#[test]
fn what_is_forgotten_for_want_of_room_is_undecided_and_counted() {
    let mut script = String::new();
    for id in 0..100 {
        writeln!(script, "0.{id:03} > 1000 {id} a").unwrap();
    }
    let stage = play(&script, 16);
    assert_eq!(stage.tracker.shed(), 84);
    assert_eq!(stage.tracker.outcomes().undecided, 100);
}

#[test]
fn many_questions_under_one_key_cannot_make_matching_slow() {
    let mut script = String::new();
    for name in 0..100 {
        writeln!(script, "0.{name:03} > 1000 7 n{name}").unwrap();
    }
    script += "0.5 < 1000 7 n99 REFUSED";
    let stage = play(&script, 1000);
    assert_eq!(stage.tracker.shed(), 92);
    assert_eq!(stage.out, "n99 REFUSED after 401ms\n");
}

#[test]
fn queries_that_are_gone_take_no_room_for_long() {
    let mut script = String::new();
    for round in 0..1000 {
        // At one moment, so that no time passes by which anything is dropped.
        writeln!(script, "0.0 > 1000 7 a ip={round}\n0.0 < 1000 7 a REFUSED").unwrap();
        writeln!(script, "0.0 > 1001 7 b ip={round}\n0.0 icmp 1001 7").unwrap();
    }
    let stage = play(&script, 16);
    assert!(stage.tracker.kept() <= 2 * (16 + 1000), "{}", stage.tracker.kept());
}

#[test]
fn time_may_go_back_again_and_again() {
    let mut script = String::new();
    for round in 0..200 {
        let seconds = 3000 - 7 * round;
        writeln!(script, "{seconds}.0 > 1000 {round} a\n{seconds}.1 < 1000 {round} a REFUSED")
            .unwrap();
        writeln!(script, "{seconds}.2 > 1001 {round} b").unwrap();
    }
    let stage = play(&script, 1000);
    let outcomes = stage.tracker.outcomes();
    assert_eq!((outcomes.answered, outcomes.unanswered + outcomes.undecided), (200, 200));
    assert!(stage.tracker.kept() <= 400);
}
