//! Whether an interface is switched on. libpcap waits in silence for one that is not.

use std::fs;
use std::os::fd::BorrowedFd;
use std::path::Path;

/// Where Linux tells of each interface.
const INTERFACES: &str = "/sys/class/net";

/// The bit of an interface's flags that it is switched on (`IFF_UP` of netdevice(7)).
const UP: u32 = 1;

/// `None` where the system does not tell of this very interface: `/sys` may be that of another
/// network name space. Any socket can ask for its number.
pub(super) fn is_up(name: &str, index: impl FnOnce() -> Option<u32>) -> Option<bool> {
    let told = |what: &str| fs::read_to_string(Path::new(INTERFACES).join(name).join(what)).ok();
    if name.contains('/') {
        return None;
    }
    let flags = told("flags").and_then(|text| flags(&text))?;
    let theirs: u32 = told("ifindex")?.trim().parse().ok()?;
    (index()? == theirs).then_some(flags & UP != 0)
}

/// As `/sys` has them: `0x1003`.
fn flags(text: &str) -> Option<u32> {
    u32::from_str_radix(text.trim().strip_prefix("0x")?, 16).ok()
}

/// The number that the system gave an interface; any socket can ask.
#[cfg(target_os = "linux")]
pub(super) fn index_of(socket: BorrowedFd<'_>, name: &str) -> Option<u32> {
    rustix::net::netdevice::name_to_index(socket, name).ok()
}

/// Elsewhere nobody needs it: nothing is confined there, and there is no `/sys`.
#[cfg(not(target_os = "linux"))]
pub(super) fn index_of(_: BorrowedFd<'_>, _: &str) -> Option<u32> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_told_in_hexadecimal() {
        assert_eq!(flags("0x1003\n").map(|flags| flags & UP), Some(1));
        assert_eq!(flags("0x1002\n").map(|flags| flags & UP), Some(0));
        assert_eq!(flags("down"), None);
    }

    #[test]
    fn another_interface_of_that_name_tells_nothing() {
        assert_eq!(is_up("lo", || None), None);
        assert_eq!(is_up("lo", || Some(u32::MAX)), None);
        assert_eq!(is_up("../net/lo", || Some(1)), None);
    }
}
