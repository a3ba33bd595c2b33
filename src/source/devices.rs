//! The interfaces of this machine, and libpcap's words for why one cannot be captured on.

use std::io;
use std::net::IpAddr;

use pcap::{Active, Capture, Device, Error};

use super::{SourceError, input, links};
use crate::wire::LinkType;
use crate::wire::name::escape_text;

/// The buffer of an interface that is opened only to see whether it can be.
const TRIAL_BUFFER: i32 = 1 << 20;

/// How long the kernel may gather frames of it, in milliseconds: nobody waits for any.
const TRIAL_TIMEOUT: i32 = 100;

/// An interface of this machine.
#[expect(clippy::struct_excessive_bools, reason = "independent flags of the system")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceInfo {
    /// What to give to `--interface`; as the system has it, not escaped for a terminal.
    pub name: String,
    /// What the system says about it, not escaped either.
    pub description: Option<String>,
    /// Its addresses, IPv4 and IPv6.
    pub addresses: Vec<IpAddr>,
    /// Whether it is switched on.
    pub is_up: bool,
    /// Whether it is operating: has a cable, a peer, a network.
    pub is_running: bool,
    /// Whether it only leads back to this machine.
    pub is_loopback: bool,
    /// Whether it is a radio interface.
    pub is_wireless: bool,
    /// How its frames begin, and whether that can be decoded; why it cannot be captured on if it
    /// cannot be opened by this user.
    pub capture: Result<InterfaceLink, SourceError>,
}

/// The link layer of an interface that can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceLink {
    /// Its number in the LINKTYPE registry.
    pub link: LinkType,
    /// Its name there.
    pub name: String,
    /// Whether frames of it can be decoded.
    pub is_supported: bool,
}

/// The interfaces of this machine, each with whether this user may capture on it, found out by
/// opening it for a moment.
///
/// # Errors
///
/// When the system does not even list them.
pub fn list_interfaces() -> Result<Vec<InterfaceInfo>, SourceError> {
    let is_one = |device: &&Device| !NO_INTERFACES.iter().any(|it| device.name.starts_with(it));
    Ok(devices()?.iter().filter(is_one).map(describe).collect())
}

/// The names of the interfaces of this machine.
pub(super) fn names() -> Result<Vec<String>, SourceError> {
    Ok(devices()?.into_iter().map(|device| device.name).collect())
}

/// The link layer of what is captured on.
pub(super) fn link_of(capture: &Capture<Active>) -> LinkType {
    links::canonical(u16::try_from(capture.get_datalink().0).unwrap_or(u16::MAX))
}

fn describe(device: &Device) -> InterfaceInfo {
    InterfaceInfo {
        name: device.name.clone(),
        description: device.desc.clone(),
        addresses: device.addresses.iter().map(|address| address.addr).collect(),
        is_up: device.flags.is_up(),
        is_running: device.flags.is_running(),
        is_loopback: device.flags.is_loopback(),
        is_wireless: device.flags.is_wireless(),
        capture: try_out(&device.name),
    }
}

/// What libpcap lists that is no interface: to open one is to take part in what the system does there.
const NO_INTERFACES: &[&str] = &["nflog", "nfqueue", "usbmon", "bluetooth", "dbus-"];

/// Packets that wait there for a verdict, and whoever opens it has to give one.
const VERDICTS: &str = "nfqueue";

/// Why something is not opened, whoever asks for it.
pub(super) fn refuse(name: &str) -> Result<(), SourceError> {
    if !name.starts_with(VERDICTS) {
        return Ok(());
    }
    let why = "packets wait there for a verdict, and rcodetop only watches; capture on the interface \
               that they come in on, or on nflog";
    Err(SourceError::Interface { name: escape_text(name.as_bytes()), why: why.into() })
}

fn try_out(name: &str) -> Result<InterfaceLink, SourceError> {
    let opened = Capture::from_device(name)
        .and_then(|capture| capture.buffer_size(TRIAL_BUFFER).timeout(TRIAL_TIMEOUT).open());
    let link = link_of(&opened.map_err(|error| explain(name, &error))?);
    let (name, is_supported) = (links::name(link.0.into()), link.link().is_some());
    Ok(InterfaceLink { link, name, is_supported })
}

fn devices() -> Result<Vec<Device>, SourceError> {
    Device::list().map_err(|error| SourceError::Interface {
        name: "any interface".into(),
        why: escape_text(text(&error).as_bytes()),
    })
}

/// Turns libpcap's words for a failed opening into what the user can do about it.
pub(super) fn explain(name: &str, error: &Error) -> SourceError {
    let shown = escape_text(name.as_bytes());
    let why = text(error);
    if NO_RIGHT.iter().any(|words| why.contains(words)) {
        return SourceError::NotPermitted { name: shown, program: program() };
    }
    let there = devices().unwrap_or_default();
    if !there.is_empty() && there.iter().all(|device| device.name != name) {
        let there: Vec<_> = there.iter().map(|each| escape_text(each.name.as_bytes())).collect();
        return SourceError::NoInterface { name: shown, there: there.join(", ") };
    }
    let mut why = escape_text(why.as_bytes());
    if why.contains("not up") {
        why += &format!(" (switch it on: ip link set dev {shown} up)");
    }
    SourceError::Interface { name: shown, why }
}

/// How libpcap's versions and systems say that a right is missing.
const NO_RIGHT: &[&str] = &["permission", "ermitted", "CAP_NET_RAW", "ermission denied"];

fn program() -> String {
    let path = std::env::current_exe();
    path.map_or_else(|_| "PATH".into(), |path| escape_text(path.as_os_str().as_encoded_bytes()))
}

pub(super) fn text(error: &Error) -> String {
    match error {
        Error::PcapError(text) => text.clone(),
        Error::IoError(kind) => input::plain(&io::Error::from(*kind)),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_right_is_told_from_a_missing_interface() {
        let denied = Error::PcapError("lo: You don't have permission to capture".into());
        assert!(matches!(explain("lo", &denied), SourceError::NotPermitted { .. }));
        let missing = Error::PcapError("No such device exists".into());
        let told = explain("no-such\u{1b}0", &missing).to_string();
        assert!(told.contains("no-such\\0270") && !told.contains('\u{1b}'), "{told}");
    }
}
