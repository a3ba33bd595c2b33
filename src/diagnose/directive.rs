//! Directives of servers with the networks and the zone that a finding is about put in.

use super::headline::some;
use super::networks::Network;
use super::scope::Draft;
use crate::wire::name::text;

/// In the directives these stand for a network of clients, and for a zone.
const CLIENTS: &str = "192.0.2.0/24";
const ZONE: &str = "example.org";

/// Networks that a directive names; of more, nobody pastes them.
const MOST: usize = 32;

/// What the directives are about here.
pub(super) struct Directive {
    clients: Vec<Network>,
    zone: Option<String>,
}

impl Directive {
    pub(super) fn of(draft: &Draft<'_>) -> Self {
        let zone = draft.suffixes.iter().next().map(|suffix| text(suffix));
        // A packet's author chose the name: only a plain one goes where people copy from.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        Self {
            clients: draft.clients.clone().unwrap_or_default(),
            zone: zone.filter(|zone| zone.chars().all(is_plain)),
        }
    }

    /// A line with all networks, and the zone.
    pub(super) fn fill(&self, line: &str) -> String {
        let line = self.with_clients(line);
        self.zone.as_ref().map_or(line.clone(), |it| line.replace(ZONE, it))
    }

    fn with_clients(&self, line: &str) -> String {
        let Some((first, others)) = self.clients.split_first().filter(|_| line.contains(CLIENTS))
        else {
            return line.to_owned();
        };
        let shown = || self.clients.iter().take(MOST);
        let more = self.clients.len().saturating_sub(MOST);
        let plain: Vec<String> = shown().map(ToString::to_string).collect();
        // Some networks of IPv6 are a word and a colon to YAML.
        let quoted: Vec<String> = shown()
            .map(|it| if it.is_v4() { it.to_string() } else { format!("\"{it}\"") })
            .collect();
        let mut filled = line
            .replace(&format!("{CLIENTS}; }}"), &format!("{}; }}", plain.join("; ")))
            .replace(&format!("[{CLIENTS}"), &format!("[{}", quoted.join(", ")));
        let has_single = filled.contains(CLIENTS);
        filled = filled.replace(CLIENTS, &first.to_string());
        if !first.is_v4() {
            filled = filled.replace("-IPv4Subnet", "-IPv6Subnet");
        }
        if has_single && !others.is_empty() {
            filled += &format!(" Likewise for {}.", plain.get(1..).unwrap_or_default().join(", "));
        }
        if more > 0 {
            filled += &format!(" {more} more networks are left out here; the scope has all.");
        }
        filled.extend(self.caution());
        filled
    }

    /// That a network is more than was seen.
    fn caution(&self) -> Option<String> {
        let wide = self.clients.iter().take(MOST).filter(|network| !network.is_address());
        let wide: Vec<String> = wide.map(ToString::to_string).collect();
        match wide.as_slice() {
            [] => None,
            [one] => Some(format!(" {one} holds more addresses than were seen.")),
            _ => Some(format!(" {} hold more addresses than were seen.", some(wide))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::diagnose::networks::cover;
    use crate::wire::Address;

    fn directive(clients: &str) -> Directive {
        let clients = clients.split_whitespace();
        let clients: BTreeSet<Address> =
            clients.map(|word| Address::from(word.parse::<std::net::IpAddr>().unwrap())).collect();
        Directive { clients: cover(&clients, &BTreeSet::new()), zone: Some("corp.example".into()) }
    }

    #[track_caller]
    fn check(clients: &str, line: &str, expected: &str) {
        assert_eq!(directive(clients).fill(line), expected);
    }

    #[test]
    fn a_line_to_paste_has_every_network_of_both_families() {
        let both = "10.20.1.11 10.20.2.21 fd20:1::11 fd20:1::12";
        check(
            both,
            "allow-recursion { localhost; 192.0.2.0/24; }; and more.",
            "allow-recursion { localhost; 10.20.1.11; 10.20.2.21; fd20:1::/64; }; and more. \
             fd20:1::/64 holds more addresses than were seen.",
        );
        check(
            both,
            "allow_from: [192.0.2.0/24]; allow-from=192.0.2.0/24 before.",
            "allow_from: [10.20.1.11, 10.20.2.21, \"fd20:1::/64\"]; allow-from=10.20.1.11 before. \
             Likewise for 10.20.2.21, fd20:1::/64. fd20:1::/64 holds more addresses than were seen.",
        );
        check(
            both,
            "access-control: 192.0.2.0/24 allow.",
            "access-control: 10.20.1.11 allow. Likewise for 10.20.2.21, fd20:1::/64. \
             fd20:1::/64 holds more addresses than were seen.",
        );
        check(
            "fd20:1::11 fd20:2::11",
            "Subnet -Name Clients -IPv4Subnet 192.0.2.0/24; Policy.",
            "Subnet -Name Clients -IPv6Subnet fd20:1::11; Policy. Likewise for fd20:2::11.",
        );
        check(
            "10.20.1.11",
            "access-control: 192.0.2.0/24 allow.",
            "access-control: 10.20.1.11 allow.",
        );
        check("", "access-control: 192.0.2.0/24 allow.", "access-control: 192.0.2.0/24 allow.");
        check(both, "file example.org.zone", "file corp.example.zone");
    }

    #[test]
    fn what_is_wider_than_was_seen_is_said_to_be() {
        check(
            "10.20.2.21 10.20.2.22 10.20.3.31",
            "allow { 192.0.2.0/24; };",
            "allow { 10.20.2.0/24; 10.20.3.31; }; 10.20.2.0/24 holds more addresses than were seen.",
        );
        // What names no network opens none.
        check("10.20.2.21 10.20.2.22", "recursion no;", "recursion no;");
    }

    #[test]
    fn a_line_stays_short_enough_to_read() {
        let many: Vec<String> = (0..99).map(|n| format!("10.{n}.0.1")).collect();
        let filled = directive(&many.join(" ")).fill("allow { 192.0.2.0/24; };");
        assert!(filled.ends_with(" 67 more networks are left out here; the scope has all."));
        assert_eq!(filled.matches(".0.1;").count(), MOST);
    }
}
