//! Bytes in: capture files, streams and network interfaces become frames.
//!
//! The only place that names libpcap. Knows [`crate::wire::Frame`] and link types, and nothing of
//! what the bytes mean.

use crate::snapshot::Progress;
use crate::wire::Frame;

/// Something that yields frames until it ends.
pub trait FrameSource: Send {
    /// The next frame, or why there is none now.
    ///
    /// Never blocks for longer than about 100 ms, so that the caller can look at its clock.
    fn next(&mut self) -> Next<'_>;

    /// Packets lost before they reached us, since the start; files know of none.
    fn losses(&mut self) -> Losses {
        Losses::default()
    }

    /// How much of the input is consumed, where that is known.
    fn progress(&self) -> Option<Progress> {
        None
    }
}

/// What [`FrameSource::next`] found.
#[derive(Debug)]
pub enum Next<'a> {
    /// A frame.
    Frame(Frame<'a>),
    /// Nothing now, but more may come: a read timeout on a live interface or a growing file.
    Quiet,
    /// Nothing more, ever.
    End(End),
}

/// Why there is nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The whole input was read.
    EndOfFile,
    /// The input is damaged from here on. Says in which file, at which byte and record, and why.
    Damaged(String),
    /// The interface is gone or the operating system failed to read. Says what and why.
    Failed(String),
}

/// Packets lost before they reached us. `None` = not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Dropped by the kernel because its buffer was full.
    pub kernel: Option<u64>,
    /// Dropped by the interface or its driver.
    pub interface: Option<u64>,
}
