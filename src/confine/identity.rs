//! Who the program works as: whom it becomes to look at packets, and whom what it writes belongs to.

use super::Refusal;

/// A user with the groups that go with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// For a person to read, printable.
    pub name: String,
    /// Its number.
    pub uid: u32,
    /// Its first group.
    pub gid: u32,
    /// All its groups; a process that only reads packets has no use for them.
    pub groups: Vec<u32>,
}

/// Accounts that a program run by root alone becomes, the first that exists.
#[cfg(target_os = "linux")]
const ACCOUNTS: &[&str] = &["rcodetop", "nobody"];

/// The user that called sudo, with the group, as far as sudo says so to a program that is root.
#[cfg(target_os = "linux")]
fn behind_sudo() -> Option<(u32, Option<u32>)> {
    let number = |name| std::env::var(name).ok().and_then(|value| value.parse().ok());
    let is_root = rustix::process::geteuid().is_root();
    let user = number("SUDO_UID").filter(|uid| is_root && *uid != 0)?;
    Some((user, number("SUDO_GID")))
}

/// Who looks at packets: the one who was asked for, the user behind sudo, or an account without
/// rights. `None`: whoever runs the program, who is not root.
///
/// # Errors
///
/// The one asked for does not exist, or cannot be become.
#[cfg(target_os = "linux")]
pub fn analyst(asked_for: Option<&str>) -> Result<Option<Identity>, Refusal> {
    let is_root = rustix::process::geteuid().is_root();
    match asked_for {
        Some(_) if !is_root => Err(refusal("--user needs root to begin with", "leave it out")),
        Some(name) => named(name).map(Some),
        None if !is_root => Ok(None),
        None => match behind_sudo() {
            Some((uid, gid)) => Ok(Some(known(uid, gid))),
            None => unprivileged().map(Some),
        },
    }
}

/// Whom written files belong to: the user behind sudo. `None`: whoever runs the program.
#[cfg(target_os = "linux")]
pub fn owner() -> Option<Identity> {
    behind_sudo().map(|(uid, gid)| known(uid, gid))
}

/// Whom root becomes to remove a file from a folder: who may without any capability, as it is
/// theirs. `None`: whoever runs the program, who is not root.
///
/// # Errors
///
/// The folder cannot be looked at.
#[cfg(target_os = "linux")]
pub fn holder(folder: &std::path::Path) -> std::io::Result<Option<Identity>> {
    use std::os::unix::fs::MetadataExt;
    let found = folder.metadata()?;
    let is_root = rustix::process::geteuid().is_root();
    Ok(is_root.then(|| known(found.uid(), Some(found.gid()))))
}

/// Nobody else than who runs the program.
#[cfg(not(target_os = "linux"))]
pub fn holder(_: &std::path::Path) -> std::io::Result<Option<Identity>> {
    Ok(None)
}

/// Nobody else than who runs the program.
#[cfg(not(target_os = "linux"))]
pub fn analyst(asked_for: Option<&str>) -> Result<Option<Identity>, Refusal> {
    match asked_for {
        None => Ok(None),
        Some(_) => Err(refusal("this system does not support it", "leave --user out")),
    }
}

/// Nobody else than who runs the program.
#[cfg(not(target_os = "linux"))]
pub fn owner() -> Option<Identity> {
    None
}

fn refusal(why: impl Into<String>, advice: &'static str) -> Refusal {
    Refusal { step: "user", why: why.into(), advice }
}

#[cfg(target_os = "linux")]
fn named(name: &str) -> Result<Identity, Refusal> {
    use nix::unistd::User;
    // By number also where nobody has a name, as in a container.
    if let Ok(uid) = name.parse() {
        return Ok(known(uid, None));
    }
    match User::from_name(name) {
        Ok(Some(user)) => Ok(identity(&user)),
        Ok(None) => Err(refusal(
            format!("there is no user {}", crate::wire::name::escape_text(name.as_bytes())),
            "name one that there is, or give its number",
        )),
        Err(why) => Err(Refusal::of("user", format!("cannot look up {name:?}: {why}"))),
    }
}

/// A user by number, known by name or not.
#[cfg(target_os = "linux")]
pub(super) fn known(uid: u32, gid: Option<u32>) -> Identity {
    use nix::unistd::{Uid, User};
    if let Ok(Some(user)) = User::from_uid(Uid::from_raw(uid)) {
        return Identity { gid: gid.unwrap_or(user.gid.as_raw()), ..identity(&user) };
    }
    let gid = gid.unwrap_or(uid);
    Identity { name: uid.to_string(), uid, gid, groups: vec![gid] }
}

#[cfg(target_os = "linux")]
fn unprivileged() -> Result<Identity, Refusal> {
    let found = ACCOUNTS.iter().find_map(|name| named(name).ok());
    found.filter(|user| user.uid != 0).ok_or_else(|| {
        let why = format!("there is no account {} to become", ACCOUNTS.join(" or "));
        refusal(why, "make one (useradd --system rcodetop), or name another with --user")
    })
}

#[cfg(target_os = "linux")]
fn identity(user: &nix::unistd::User) -> Identity {
    let name = std::ffi::CString::new(user.name.as_bytes()).unwrap_or_default();
    let groups = nix::unistd::getgrouplist(&name, user.gid).unwrap_or_else(|_| vec![user.gid]);
    Identity {
        name: crate::wire::name::escape_text(user.name.as_bytes()),
        uid: user.uid.as_raw(),
        gid: user.gid.as_raw(),
        groups: groups.into_iter().map(nix::unistd::Gid::as_raw).collect(),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_known_by_name_and_one_without_a_name_by_number() {
        let root = named("root").unwrap();
        assert_eq!((root.uid, root.gid), (0, 0));
        let told = named("no such user\u{1b}").unwrap_err().to_string();
        assert!(told.contains("there is no user no such user\\027; name one"), "{told}");
        assert_eq!(named("0").unwrap(), root);
        let nameless = known(4_000_123, Some(4_000_124));
        assert_eq!((nameless.name.as_str(), nameless.gid), ("4000123", 4_000_124));
    }
}
