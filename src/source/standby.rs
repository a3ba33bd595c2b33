//! What stands by for interfaces that go away when this process may open none any more: a socket on
//! all of them, opened in time, to which the kernel passes only what comes from those that were not
//! there yet.

use super::batch::Batch;
use super::devices;
use super::interface::{Interface, LiveOptions, Taken};
use super::power::index_of;
use super::{Losses, SourceError};

/// The kernel's buffer of the socket, at most: it is filled only by interfaces that come later.
const BUFFER: u64 = 8 << 20;

/// Interfaces that the kernel is told to leave out, at most: each is an instruction of its filter.
/// Of others it passes what is then left out here.
const MOST_LEFT_OUT: usize = 256;

/// Where a cooked frame (`LINKTYPE_LINUX_SLL2`) has the number that the system gave its interface:
/// 4 bytes, big-endian.
const INDEX_AT: usize = 4;

/// The socket.
pub(super) struct Standby {
    all: Interface,
    /// The numbers of interfaces of which nothing passes.
    left_out: Vec<u32>,
    /// Whether anything of it was wanted yet: what was lost before does not count.
    is_wanted: bool,
}

/// An interface as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// There is none of that name.
    Nothing,
    /// It is another than the one before, and this is its number.
    New(u32),
    /// It is one of which nothing passes.
    LeftOut,
}

impl Standby {
    /// Opens it; these interfaces are captured on otherwise.
    ///
    /// # Errors
    ///
    /// As of an interface: above all where the given filter does not compile for cooked frames.
    pub(super) fn open(
        captured: &[String],
        gather: i32,
        options: &LiveOptions,
    ) -> Result<Self, SourceError> {
        let options = LiveOptions {
            buffer: options.buffer.min(BUFFER),
            promiscuous: false,
            ..options.clone()
        };
        let others = devices::names().unwrap_or_default();
        let mut left_out = Vec::new();
        let all = Interface::open_all_but(gather, &options, |socket| {
            for index in captured.iter().chain(&others).filter_map(|name| index_of(socket, name)) {
                if left_out.len() < MOST_LEFT_OUT && !left_out.contains(&index) {
                    left_out.push(index);
                }
            }
            left_out.clone()
        })?;
        Ok(Self { all, left_out, is_wanted: false })
    }

    /// Looks for an interface.
    pub(super) fn find(&self, name: &str) -> Found {
        match index_of(self.all.as_fd(), name) {
            Some(index) if self.left_out.contains(&index) => Found::LeftOut,
            Some(index) => Found::New(index),
            None => Found::Nothing,
        }
    }

    /// Takes what is there now of those that are wanted: by their numbers with the system, and those
    /// that their frames get.
    pub(super) fn take(&mut self, wanted: &[(u32, u32)], batch: &mut Batch) -> Taken {
        if !wanted.is_empty() && !self.is_wanted {
            self.is_wanted = true;
            self.all.forget_losses();
        }
        self.all.take_those(batch, |bytes| {
            let index = index(bytes)?;
            wanted.iter().find(|(wanted, _)| *wanted == index).map(|(_, number)| *number)
        })
    }

    pub(super) fn losses(&mut self) -> Losses {
        if self.is_wanted { self.all.losses() } else { Losses::default() }
    }

    /// The socket itself.
    pub(super) fn socket(&self) -> &Interface {
        &self.all
    }
}

/// The number of the interface that a frame came from.
fn index(cooked: &[u8]) -> Option<u32> {
    cooked.get(INDEX_AT..)?.first_chunk().copied().map(u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cooked_frame_tells_its_interface_unless_it_is_cut() {
        let cooked = [0x08, 0, 0, 0, 0, 0, 1, 2, 0, 1];
        assert_eq!(index(&cooked), Some(258));
        assert_eq!(index(&cooked[..7]), None);
        assert_eq!(index(&[]), None);
    }
}
