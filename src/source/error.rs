//! Why no frames can be had at all: what failed, on what, why, and what to do next.

use std::io::{self, ErrorKind};

use crate::wire::LinkType;

/// Nothing could be read or captured. Names in it are already escaped for a terminal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// No file and no interface was named.
    #[error("nothing to read; name a capture file, `-` for standard input, or an interface")]
    Nothing,
    /// Standard input was named more than once.
    #[error("`-` (standard input) can be read only once; name it once")]
    StandardInputTwice,
    /// A file that does not exist, may not be read, or fails to be read.
    #[error("cannot read {file}: {why}")]
    Unreadable {
        /// Which file.
        file: String,
        /// What the operating system said.
        why: String,
    },
    /// A directory where a capture file was expected.
    #[error("{file} is a directory; name the capture files in it")]
    Directory {
        /// Which one.
        file: String,
    },
    /// Not one byte is in the file.
    #[error("{file} is empty, not even a capture file's header is there; was anything captured?")]
    Empty {
        /// Which file.
        file: String,
    },
    /// The content is not that of a capture file.
    #[error("{file} is not a capture file that can be read: {why}")]
    NotCapture {
        /// Which file.
        file: String,
        /// What it looks like instead, and what to do.
        why: String,
    },
    /// The file ends or is damaged within its header, before any frame.
    #[error("{file} is damaged within its header: {why}")]
    Header {
        /// Which file.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// A link layer that cannot be decoded.
    #[error(
        "{subject} has link type {number} ({name}), which is not supported (supported: {})",
        LinkType::supported()
    )]
    LinkType {
        /// Which file or interface.
        subject: String,
        /// The number in the LINKTYPE registry.
        number: u32,
        /// Its name there, as far as known.
        name: String,
    },
    /// A file to follow that cannot be followed.
    #[error("cannot follow {file}: {why}")]
    NotFollowable {
        /// Which file.
        file: String,
        /// Why not, and what to do instead.
        why: String,
    },
    /// An interface that is not there.
    #[error("there is no interface {name} (there are: {there})")]
    NoInterface {
        /// The name that was asked for.
        name: String,
        /// The names of those that exist.
        there: String,
    },
    /// The user may not capture.
    #[error(
        "not permitted to capture on {name}; run as root, or once: \
         sudo setcap cap_net_raw=eip {program}"
    )]
    NotPermitted {
        /// The interface.
        name: String,
        /// The path of this program.
        program: String,
    },
    /// An interface that exists, but cannot be captured on.
    #[error("cannot capture on {name}: {why}")]
    Interface {
        /// The interface.
        name: String,
        /// What libpcap said.
        why: String,
    },
    /// A capture filter that does not compile for the interface.
    #[error(
        "the capture filter `{filter}` does not work on {name}: {why} (its language is that of \
         tcpdump: man pcap-filter)"
    )]
    Filter {
        /// The interface.
        name: String,
        /// The filter as given.
        filter: String,
        /// What libpcap said.
        why: String,
    },
    /// A capture filter with a name that would have to be looked up.
    #[error(
        "the capture filter `{filter}` names {word}, which would have to be looked up, and rcodetop \
         sends nothing: write its address instead"
    )]
    FilterName {
        /// The filter as given.
        filter: String,
        /// The name.
        word: String,
    },
    /// A socket on which another program listens.
    #[error("another program listens on {path}; end it, or name another path")]
    SocketTaken {
        /// Which one.
        path: String,
    },
    /// Something else where a socket shall be.
    #[error("{path} exists and is no socket; name another path")]
    NoSocket {
        /// Which one.
        path: String,
    },
    /// A socket that cannot be made.
    #[error("cannot listen on {path}: {why}")]
    Socket {
        /// Which one.
        path: String,
        /// What the operating system said, and what to do.
        why: String,
        /// Whether it is a matter of rights.
        is_denied: bool,
    },
}

impl SourceError {
    /// A socket that cannot be made, by what the system said of it.
    pub(super) fn socket(path: String, why: &io::Error) -> Self {
        let advice = match why.kind() {
            ErrorKind::NotFound => "; its folder must exist",
            ErrorKind::InvalidInput => "; name a shorter path",
            ErrorKind::PermissionDenied => "; name a path in a folder that this user may write to",
            _ => "",
        };
        let is_denied = why.kind() == ErrorKind::PermissionDenied;
        Self::Socket { path, why: format!("{why}{advice}"), is_denied }
    }
}
