//! Tells over HTTP what is known: metrics, and whether all is well.
//!
//! In: the [`crate::feed::Feed`]. Out: answers to whoever asks on one listening socket, and nothing else: this is
//! the only module that names a socket, and the only kind it names cannot connect. Who asks is as
//! little trusted as a packet: connections, what is heard of each, and the time that each has are
//! bounded, all are served by one thread that never waits for one of them, and what they cost does
//! not depend on how often they ask. The capture knows nothing of it.

mod connection;
mod pages;
mod request;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsRawFd, RawFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use connection::{Connection, Fate};
pub use pages::Pages;

/// Connections at once; for one more, that goes which has taken longest.
pub const MOST_CONNECTIONS: usize = 64;

/// Connections accepted before those that are there have their turn.
const ACCEPTED_AT_ONCE: usize = 16;

/// How soon it is noticed that the program shall end, or that a connection has had its time.
const TICK: Duration = Duration::from_millis(200);

/// Where nothing can be accepted, as no descriptor is free, it is tried again after this.
const PAUSE: Duration = Duration::from_millis(100);

/// A socket that listens, to be opened while the program still may.
#[derive(Debug)]
pub struct Listener(TcpListener);

impl Listener {
    /// Listens at an address.
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self(listener))
    }

    /// Where it listens: the port, if the system was to choose one.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// The descriptor, for who decides what may be done with it.
    pub fn socket(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    /// Answers until `is_over`.
    pub fn serve(&self, pages: &mut Pages, is_over: impl Fn() -> bool) -> io::Result<()> {
        let mut open = Vec::new();
        let mut muted = None;
        while !is_over() {
            let now = Instant::now();
            muted = muted.filter(|until| now < *until);
            self.wait(&open, muted.is_none())?;
            let now = Instant::now();
            pages.look(now);
            for _ in 0..ACCEPTED_AT_ONCE {
                match self.0.accept() {
                    Ok((stream, _)) if stream.set_nonblocking(true).is_ok() => {
                        admit(&mut open, stream, pages, now);
                    }
                    Ok(_) => pages.note_closed(Closed::Broken),
                    Err(why) if why.kind() == io::ErrorKind::WouldBlock => break,
                    Err(_) => {
                        muted = Some(now + PAUSE);
                        break;
                    }
                }
            }
            open.retain_mut(|connection| step(connection, pages, now));
        }
        Ok(())
    }

    /// Until there is something to do, or a while has passed.
    fn wait<S: io::Read + io::Write + std::os::fd::AsFd>(
        &self,
        open: &[Connection<S>],
        listens: bool,
    ) -> io::Result<()> {
        let mut all: Vec<PollFd<'_>> = Vec::with_capacity(open.len() + 1);
        if listens {
            all.push(PollFd::new(&self.0, PollFlags::IN));
        }
        all.extend(open.iter().map(|connection| {
            let wants = if connection.is_writing() { PollFlags::OUT } else { PollFlags::IN };
            PollFd::new(connection.stream(), wants)
        }));
        let tick = Timespec::try_from(TICK).map_err(io::Error::other)?;
        match poll(&mut all, Some(&tick)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(why) => Err(why.into()),
        }
    }
}

/// Takes a connection in; where there are too many, another one goes.
fn admit<S: io::Read + io::Write>(
    open: &mut Vec<Connection<S>>,
    stream: S,
    pages: &mut Pages,
    now: Instant,
) {
    if open.len() >= MOST_CONNECTIONS {
        let rank = |it: &Connection<S>| (!it.is_leaving(), it.is_writing(), it.began());
        let oldest = (0..).zip(&*open).min_by_key(|(_, it)| rank(it)).map_or(0, |(place, _)| place);
        if !open.remove(oldest).is_leaving() {
            pages.note_closed(Closed::TooMany);
        }
    }
    open.push(Connection::new(stream, now));
}

/// Serves a connection as far as it goes without waiting; whether it stays open.
fn step<S: io::Read + io::Write>(
    connection: &mut Connection<S>,
    pages: &mut Pages,
    now: Instant,
) -> bool {
    match connection.step(now, pages) {
        Fate::Open => true,
        Fate::Done => false,
        Fate::Closed(why) => {
            pages.note_closed(why);
            false
        }
    }
}

/// Why a connection was closed without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It did not ask, or did not take the answer, in time.
    TooSlow,
    /// There were too many, and it had taken longest.
    TooMany,
    /// It broke, or the other side left.
    Broken,
}

impl Closed {
    /// All of them, with their words in metrics.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::TooSlow, "too-slow"), (Self::TooMany, "too-many"), (Self::Broken, "broken")];
}
