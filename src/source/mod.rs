//! Bytes in: capture files, streams and network interfaces become frames.
//!
//! The only place that names libpcap. Knows [`crate::wire::Frame`] and link types, and nothing of
//! what the bytes mean.

mod batch;
mod conversation;
mod devices;
mod dnstap;
mod error;
mod file;
mod filter;
mod frames;
mod fstrm;
mod held;
mod input;
mod interface;
mod links;
mod live;
mod lookups;
mod masked;
mod merge;
mod naming;
mod pcap;
mod pcapng;
mod power;
mod record;
mod sender;
mod socket;
mod sorted;
mod standby;
mod tap;
mod translated;
mod unpack;
mod window;

use std::os::fd::RawFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use conversation::{Conversation, Heard, LONGEST_DATA, Refusal};
pub use devices::{InterfaceInfo, InterfaceLink, list_interfaces};
pub use error::SourceError;
pub use frames::Frames;
pub(crate) use input::unreadable;
pub use interface::{Direction, LiveOptions};
pub use live::open_live;
pub use masked::Masked;
pub use naming::InterfaceNames;
pub use socket::{DnstapSocket, FileId};
pub use tap::MOST_SENDERS;

use crate::snapshot::{Progress, Senders};
use crate::time::Timestamp;
use crate::wire::Frame;

/// The longest that [`FrameSource::next`] waits for something to come.
const LONGEST_WAIT: Duration = Duration::from_millis(100);

/// Bytes of a file held at once: what fits a cache beside the tables. Larger ones save nothing.
const WINDOW: usize = 256 << 10;

/// How capture files are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileOptions {
    /// A file's end is only its end for now: wait for more, and go on with the file that takes
    /// its place when it is rotated. Pipes end when their writer does.
    pub follow: bool,
}

/// Capture files that are open, and of which nothing was read yet.
#[derive(Clone, Debug)]
pub struct Inputs {
    files: Vec<Arc<held::Held>>,
}

impl Inputs {
    /// Opens capture files; `-` is standard input. Waits for the writers of FIFOs. They stay open,
    /// as far as the system allows.
    ///
    /// # Errors
    ///
    /// The first input that cannot be opened.
    pub fn open(inputs: &[PathBuf]) -> Result<Self, SourceError> {
        Self::hold(inputs, held::room_for(inputs.len()))
    }

    /// Of many files, so many stay open.
    fn hold(inputs: &[PathBuf], most: usize) -> Result<Self, SourceError> {
        let pipes = inputs.iter().filter(|path| input::is_standard_input(path)).count();
        if inputs.is_empty() {
            return Err(SourceError::Nothing);
        }
        if pipes > 1 {
            return Err(SourceError::StandardInputTwice);
        }
        Ok(Self { files: held::hold(inputs, most)? })
    }

    /// Reads them as one source, merged by time: files from their beginning, as often as it is
    /// called, but what a pipe has given is gone.
    ///
    /// Formats and compressions are recognised by content: pcap in all its variants and pcapng,
    /// and dnstap in frame
    /// streams, plain or compressed with gzip, zstd, xz or lz4. Waits for the first bytes of pipes; later,
    /// [`FrameSource::next`] does not wait for longer than it says.
    ///
    /// # Errors
    ///
    /// The first input that is no capture, or (pcap only) has a link type that is not supported.
    /// Frames of unsupported interfaces in a pcapng file are given out: others may be supported,
    /// and who decodes counts them.
    pub fn read(&self, options: &FileOptions) -> Result<Box<dyn FrameSource>, SourceError> {
        let share = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        let manner =
            file::Manner { follow: options.follow, window: WINDOW, patience: LONGEST_WAIT / share };
        let merged = merge::Merged::open(&self.files, manner)?;
        let has_dnstap = merged.has_dnstap();
        Ok(if has_dnstap {
            Box::new(translated::Translated::new(merged))
        } else {
            Box::new(merged)
        })
    }

    /// Those that will be opened again by their names, because there are too many to keep.
    pub fn to_open_again(&self) -> impl Iterator<Item = &Path> {
        held::closed(&self.files)
    }
}

/// Opens capture files and begins to read them, as [`Inputs::read`] does, with few of them open at
/// once: for who may open them again.
///
/// # Errors
///
/// Those of both.
pub fn open_files(
    inputs: &[PathBuf],
    options: &FileOptions,
) -> Result<Box<dyn FrameSource>, SourceError> {
    Inputs::hold(inputs, merge::OPEN_AT_ONCE)?.read(options)
}

/// Something that yields frames until it ends.
pub trait FrameSource: Send {
    /// The next frame, or why there is none now.
    ///
    /// Never blocks for longer than about 100 ms, so that the caller can look at its clock.
    fn next(&mut self) -> Next<'_>;

    /// The same, for as many frames as are at hand: at least one and at most `most`, if that is
    /// not 0.
    ///
    /// Gives what so many calls of [`Self::next`] would give, in the same order, at a fraction of
    /// what they cost; the two may be mixed.
    fn next_run(&mut self, most: usize) -> NextRun<'_> {
        if most == 0 {
            return NextRun::Frames(Frames::default());
        }
        match self.next() {
            Next::Frame(frame) => NextRun::Frames(frame.into()),
            Next::Quiet => NextRun::Quiet,
            Next::End(end) => NextRun::End(end),
        }
    }

    /// What was read and is held back, to be put in order, once nothing more shall be read: as many
    /// frames as are at hand, and quiet when there are none left.
    fn remains(&mut self) -> NextRun<'_> {
        NextRun::Quiet
    }

    /// The time of the frame that [`Self::next`] gives, where one is at hand and its time is known
    /// without taking it.
    fn peek(&mut self) -> Option<Timestamp> {
        None
    }

    /// What the interfaces are called that frames tell the numbers of. Nothing is, unless a source
    /// says otherwise: under pseudonyms a name that somebody chose could tell who it is.
    fn interface_names(&self) -> InterfaceNames {
        InterfaceNames::default()
    }

    /// Packets lost before they reached us, since the start; files know of none.
    fn losses(&mut self) -> Losses {
        Losses::default()
    }

    /// What went wrong so far without being the end, oldest first and bounded: one of several
    /// files was damaged, an interface went down.
    fn complaints(&self) -> &[String] {
        &[]
    }

    /// Why nothing can come at present, though it may again: every interface is gone or down.
    fn idle(&self) -> Option<&str> {
        None
    }

    /// Descriptors of packet sockets, on which nothing must ever be written.
    fn sockets(&self) -> Vec<RawFd> {
        Vec::new()
    }

    /// Descriptors of sockets that listen, on which connections are accepted.
    fn listeners(&self) -> Vec<RawFd> {
        Vec::new()
    }

    /// Who tells what comes, where that is told by other programs.
    fn senders(&self) -> Option<Senders> {
        None
    }

    /// How much later than it happened, what is live may be given out: until then nothing is said
    /// of what did not come.
    fn delay(&self) -> Duration {
        Duration::ZERO
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

/// What [`FrameSource::next_run`] found.
#[derive(Debug)]
pub enum NextRun<'a> {
    /// Frames.
    Frames(Frames<'a>),
    /// As [`Next::Quiet`].
    Quiet,
    /// As [`Next::End`].
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
    /// Bytes of TCP streams that were passed over, where streams are put together here already.
    pub gaps: u64,
    /// Fragments and streams that were given up, likewise.
    pub pieces: u64,
}
