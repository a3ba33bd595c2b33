//! Link types (the LINKTYPE registry of tcpdump.org), one row each.

/// A link-layer header type as captures name it (LINKTYPE_, not the kernel's DLT_).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkType(pub u16);

/// A link layer that can be stripped.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    /// Its number.
    pub number: LinkType,
    /// Its name in the registry, without the prefix.
    pub name: &'static str,
}

/// Every link layer that is supported.
pub const LINKS: &[Link] = &[Link { number: LinkType(1), name: "EN10MB" }];

impl LinkType {
    /// The row of [`LINKS`], if the link layer is supported.
    pub fn link(self) -> Option<&'static Link> {
        LINKS.iter().find(|link| link.number == self)
    }

    /// The registry's name, or `LINKTYPE147`.
    pub fn name(self) -> String {
        self.link().map_or_else(|| format!("LINKTYPE{}", self.0), |link| link.name.to_owned())
    }

    /// The names of all supported link layers, for messages.
    pub fn supported() -> String {
        LINKS.iter().map(|link| link.name).collect::<Vec<_>>().join(", ")
    }
}
