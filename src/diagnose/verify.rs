//! One command that asks the same again, for people to run; safe to paste whatever the name is.

use super::base::{Base, Case};
use crate::iana::{Class, Opcode, RecordType};
use crate::tally::{End, Marks};
use crate::wire::Question;
use crate::wire::name::text;

/// The root in wire form: every server can be asked for it.
const ROOT: &[u8] = &[0];

/// The case of a finding that is worth to ask again: the heaviest of which is known what was asked.
/// Where the server takes no connections, what is asked for does not matter.
pub(super) fn heaviest<'c, 'a: 'c>(
    base: &Base<'a>,
    cases: impl Iterator<Item = &'c Case<'a>>,
) -> Option<&'c Case<'a>> {
    let suits = |case: &&Case<'_>| {
        let is_known = base.is_of_lookup(case) && case.fact.question.is_some();
        is_known || case.end() == End::NoConnection
    };
    let weight = |case: &&Case<'a>| {
        (case.fact.question.is_some(), case.fact.count, std::cmp::Reverse(case.fact.name))
    };
    cases.filter(suits).max_by_key(weight)
}

/// The command for what a case asked.
pub(super) fn dig_of(case: &Case<'_>) -> String {
    let server = case.fact.server.ip().to_string();
    // An update or a notification cannot be sent by dig; the zone's SOA record tells its primary.
    let soa = Question { rtype: RecordType::SOA, class: Class::IN };
    let question = case.fact.question.filter(|_| case.fact.how.opcode == Opcode::QUERY);
    let name = if case.fact.name.is_empty() { ROOT } else { case.fact.name };
    let mut command = dig(&server, &text(name), question.unwrap_or(soa));
    if !case.has(Marks::RD) && case.fact.how.opcode == Opcode::QUERY {
        command += " +norecurse";
    }
    if case.has(Marks::TCP) {
        command += " +tcp";
    }
    command
}

/// The same for Windows; empty where it cannot ask that.
pub(super) fn windows(case: &Case<'_>) -> String {
    // Without a question the type is 0.
    let usual = matches!(case.rtype().0, 1 | 2 | 5 | 6 | 12 | 15 | 16 | 28 | 33);
    let name = text(case.fact.name);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if !usual || case.class() != Class::IN || !name.chars().all(plain) || name.starts_with('-') {
        return String::new();
    }
    let server = case.fact.server.ip();
    let tcp = if case.has(Marks::TCP) { " -TcpOnly" } else { "" };
    let recursion = if case.has(Marks::RD) { "" } else { " -NoRecursion" };
    format!(
        "Resolve-DnsName {name} -Type {} -Server {server} -DnsOnly{tcp}{recursion}",
        case.rtype()
    )
}

/// A command that asks this again, safe to paste whatever the name is: a packet's author chose it.
///
/// A plain name goes as it is. Any other is given by option, so that dig does not take it for an
/// option, a server, a type or a class of its own, and quoted, so that the shell takes it whole.
pub(super) fn dig(server: &str, name: &str, question: Question) -> String {
    let Question { rtype, class } = question;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let starts_plainly = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    if name.contains('.') && starts_plainly && name.chars().all(is_plain) && class == Class::IN {
        return format!("dig @{server} {name} {rtype}");
    }
    let quoted = name.replace('\'', "'\\''");
    format!("dig @{server} -q '{quoted}' -t {rtype} -c {class}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iana::RecordType;

    #[track_caller]
    fn check(name: &str, class: Class, expected: &str) {
        assert_eq!(dig("192.0.2.1", name, Question { rtype: RecordType::A, class }), expected);
    }

    #[test]
    fn no_name_can_make_the_command_do_something_else() {
        check("www.example.com", Class::IN, "dig @192.0.2.1 www.example.com A");
        check("_dmarc.example", Class::IN, "dig @192.0.2.1 _dmarc.example A");
        check("$(reboot).example", Class::IN, "dig @192.0.2.1 -q '$(reboot).example' -t A -c IN");
        check("a'b.c", Class::IN, "dig @192.0.2.1 -q 'a'\\''b.c' -t A -c IN");
        check("-f/etc/passwd", Class::IN, "dig @192.0.2.1 -q '-f/etc/passwd' -t A -c IN");
        check("-x.example", Class::IN, "dig @192.0.2.1 -q '-x.example' -t A -c IN");
        check("@evil.example", Class::IN, "dig @192.0.2.1 -q '@evil.example' -t A -c IN");
        check("any", Class::IN, "dig @192.0.2.1 -q 'any' -t A -c IN");
        check("version.bind", Class::CH, "dig @192.0.2.1 -q 'version.bind' -t A -c CH");
    }
}
