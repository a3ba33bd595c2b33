//! `rcodetop interfaces`: what can be captured on, and whether this user may.

use std::io::{self, Write};

use crate::output::write_columns;
use crate::source::{InterfaceInfo, SourceError, list_interfaces};
use crate::wire::name::escape_text;

/// Prints a table of all interfaces.
pub(super) fn run(out: &mut dyn Write) -> anyhow::Result<()> {
    write(&list_interfaces()?, out)?;
    Ok(())
}

fn write(interfaces: &[InterfaceInfo], out: &mut dyn Write) -> io::Result<()> {
    let heading = ["INTERFACE", "CAPTURE", "STATE", "LINK TYPE", "ADDRESSES", "DESCRIPTION"];
    let mut rows = vec![heading.map(String::from).to_vec()];
    rows.extend(interfaces.iter().map(row));
    write_columns(&rows, out)?;
    // One reason is enough: without permission it is the same for all.
    match interfaces.iter().find_map(|interface| interface.capture.as_ref().err()) {
        Some(why) => writeln!(out, "\n{why}"),
        None => Ok(()),
    }
}

fn row(interface: &InterfaceInfo) -> Vec<String> {
    let addresses: Vec<String> = interface.addresses.iter().map(ToString::to_string).collect();
    let description = interface.description.as_deref().unwrap_or_default();
    vec![
        escape_text(interface.name.as_bytes()),
        may_capture(interface).to_owned(),
        state(interface).to_owned(),
        interface.capture.as_ref().map_or_else(|_| "-".into(), |link| link.name.clone()),
        if addresses.is_empty() { "-".into() } else { addresses.join(" ") },
        escape_text(description.as_bytes()),
    ]
}

fn may_capture(interface: &InterfaceInfo) -> &'static str {
    match &interface.capture {
        Ok(link) if link.is_supported => "yes",
        Ok(_) => "unsupported",
        Err(SourceError::NotPermitted { .. }) => "not permitted",
        Err(_) => "no",
    }
}

fn state(interface: &InterfaceInfo) -> &'static str {
    match (interface.is_up, interface.is_running) {
        (true, true) => "running",
        (true, false) => "up",
        (false, _) => "down",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::InterfaceLink;
    use crate::wire::LinkType;

    fn interface(name: &str, capture: Result<InterfaceLink, SourceError>) -> InterfaceInfo {
        InterfaceInfo {
            name: name.into(),
            description: Some("bell \u{7}".into()),
            addresses: vec![[192, 0, 2, 1].into()],
            is_up: true,
            is_running: capture.is_ok(),
            is_loopback: false,
            is_wireless: false,
            capture,
        }
    }

    #[test]
    fn each_interface_says_whether_this_user_may_capture_and_the_reason_is_told_once() {
        let link = InterfaceLink { link: LinkType(1), name: "EN10MB".into(), is_supported: true };
        let refusal = |name: &str| SourceError::NotPermitted {
            name: name.into(),
            program: "/usr/bin/rcodetop".into(),
        };
        let all = [
            interface("eth0", Ok(link)),
            interface("eth1", Err(refusal("eth1"))),
            interface("eth2", Err(refusal("eth2"))),
        ];
        let mut out = Vec::new();
        write(&all, &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }
}
