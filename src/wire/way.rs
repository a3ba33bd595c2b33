//! One direction between two ports: the connection that goes on there, and what contradicts it.
//!
//! Whoever knows addresses and ports can send a segment with any sequence number. A host throws
//! away what does not fit; we cannot, as we may have missed the end of one connection and the
//! beginning of the next. So what does not fit is read beside the connection that was there first,
//! and takes its place only once that is over or has been silent for long.

use std::time::Duration;

use crate::time::Timestamp;

use super::assembly::Stream;
use super::packet::Segment;
use super::stream::{StreamMessage, ahead, length_of};

/// A segment farther away than this belongs to another stream.
const FAR: u32 = 4 << 20;

/// How far behind a stream its SYN may come once more.
const SYN_AGAIN: i32 = 65_536;

/// How far an end may be beyond what came, as segments before it may have been missed: the largest
/// window without scaling (RFC 9293 §3.1). Of numbers made up at random one in 65,536 fits.
const WINDOW: i32 = 65_535;

/// A connection without bytes for so long, in packet time, may be gone: servers end idle ones much
/// earlier (RFC 7766 §6.2.3).
const SILENCE: Duration = Duration::from_secs(60);

/// What was passed over.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Bytes that no message could be made of.
    pub(super) gaps: u64,
    /// Segments that would end a connection or begin it anew, and were not believed.
    pub(super) misfits: u64,
}

/// What is known of one direction.
#[derive(Debug, Default)]
pub(super) struct Way {
    main: Line,
    rival: Option<Box<Line>>,
    /// What its sender acknowledged of the other direction.
    acknowledged: Option<u32>,
    /// The connection was ended, by a FIN or a reset.
    pub(super) is_over: bool,
    /// When a segment came last, in segments.
    pub(super) turn: u64,
}

/// A stream and when it was heard of.
#[derive(Debug, Default)]
struct Line {
    stream: Stream,
    touched: Timestamp,
    /// It had bytes, not only a SYN.
    spoke: bool,
}

/// Where a segment belongs.
enum Place {
    Main,
    Rival,
    Nowhere,
}

impl Way {
    /// Takes in a segment with bytes or a SYN. Whether it is believed: a SYN in the midst of a
    /// connection is not.
    pub(super) fn take(
        &mut self,
        segment: &Segment<'_>,
        at: Timestamp,
        counts: &mut Counts,
        sink: &mut impl FnMut(StreamMessage<'_>),
    ) -> bool {
        match self.place(segment) {
            Place::Main => {}
            Place::Rival => {
                if let Some(rival) = &mut self.rival {
                    rival.feed(segment, at, counts, sink);
                }
                return !segment.syn;
            }
            Place::Nowhere if self.is_over || at.since(self.main.touched) > SILENCE => {
                self.main.stream.finish(&mut counts.gaps, sink);
                (self.main, self.acknowledged, self.is_over) = Default::default();
            }
            Place::Nowhere => {
                let mut rival = self.take_rival(counts, sink).unwrap_or_default();
                rival.feed(segment, at, counts, sink);
                self.rival = Some(rival);
                return !segment.syn;
            }
        }
        self.go_on(segment, at, counts, sink);
        true
    }

    /// The next segment of the connection.
    fn go_on(
        &mut self,
        segment: &Segment<'_>,
        at: Timestamp,
        counts: &mut Counts,
        sink: &mut impl FnMut(StreamMessage<'_>),
    ) {
        self.main.feed(segment, at, counts, sink);
        if segment.ack {
            self.acknowledged = Some(segment.acknowledged);
        }
        if segment.fin {
            let length = length_of(segment.payload.len()).wrapping_add(segment.missing);
            self.end(number(segment).wrapping_add(length));
        }
        // It was a SYN alone, and its connection did not come.
        if !segment.syn && self.rival.as_ref().is_some_and(|rival| !rival.spoke) {
            self.take_rival(counts, sink);
        }
    }

    fn place(&self, segment: &Segment<'_>) -> Place {
        let rival = self.rival.as_ref().and_then(|rival| rival.distance(segment));
        match (self.main.distance(segment), rival) {
            (None, None) => Place::Nowhere,
            (Some(main), Some(rival)) if main <= rival => Place::Main,
            (Some(_), None) => Place::Main,
            (_, Some(_)) => Place::Rival,
        }
    }

    /// What contradicted the connection goes; its memory is left.
    fn take_rival(
        &mut self,
        counts: &mut Counts,
        sink: &mut impl FnMut(StreamMessage<'_>),
    ) -> Option<Box<Line>> {
        let mut rival = self.rival.take()?;
        counts.misfits += u64::from(!rival.spoke);
        rival.stream.finish(&mut counts.gaps, sink);
        *rival = Line::default();
        Some(rival)
    }

    /// A FIN with this number: the connection is over if it fits.
    pub(super) fn end(&mut self, sequence: u32) {
        self.is_over |= self.main.may_end_at(sequence);
    }

    /// Bytes were sent, and not long ago.
    pub(super) fn goes_on(&self, at: Timestamp) -> bool {
        self.main.spoke && !self.is_over && at.since(self.main.touched) <= SILENCE
    }

    /// Whether a reset with this number fits what came; where the connection goes on, of it alone.
    pub(super) fn may_end_at(&self, sequence: u32, goes_on: bool) -> bool {
        self.lines(goes_on).any(|line| line.may_end_at(sequence))
    }

    /// Whether a reset that acknowledges this acknowledges all that came.
    pub(super) fn ends_at(&self, acknowledged: u32, goes_on: bool) -> bool {
        self.lines(goes_on).any(|line| line.stream.next == Some(acknowledged))
    }

    /// Whether its sender awaits a segment of the other side with this number.
    pub(super) fn awaits(&self, sequence: u32) -> bool {
        self.acknowledged.is_some_and(|next| (0..=WINDOW).contains(&ahead(next, sequence)))
    }

    fn lines(&self, goes_on: bool) -> impl Iterator<Item = &Line> {
        let rival = self.rival.as_deref().filter(|_| !goes_on);
        [Some(&self.main), rival].into_iter().flatten()
    }

    /// No segment follows: what lies behind holes is read, with the time of the last segment.
    pub(super) fn finish(
        &mut self,
        counts: &mut Counts,
        mut sink: impl FnMut(Timestamp, StreamMessage<'_>),
    ) {
        for line in [Some(&mut self.main), self.rival.as_deref_mut()].into_iter().flatten() {
            let at = line.touched;
            line.stream.finish(&mut counts.gaps, &mut |message: StreamMessage<'_>| {
                sink(at, message);
            });
        }
    }

    /// Bytes of memory that it takes beside itself.
    pub(super) fn held(&self) -> usize {
        let rival = self.rival.as_ref().map_or(0, |it| size_of::<Line>() + it.stream.held());
        self.main.stream.held() + rival
    }

    /// Nothing of it waits for more.
    pub(super) fn is_idle(&self) -> bool {
        self.lines(false).all(|line| line.stream.is_idle())
    }
}

/// The number of the first byte of a segment.
fn number(segment: &Segment<'_>) -> u32 {
    segment.sequence.wrapping_add(u32::from(segment.syn))
}

impl Line {
    fn feed(
        &mut self,
        segment: &Segment<'_>,
        at: Timestamp,
        counts: &mut Counts,
        sink: &mut impl FnMut(StreamMessage<'_>),
    ) {
        self.touched = at;
        let sequence = number(segment);
        if segment.syn {
            self.stream.next.get_or_insert(sequence);
        }
        if !segment.payload.is_empty() || segment.missing > 0 {
            self.spoke = true;
            self.stream.take(sequence, segment, at, &mut counts.gaps, sink);
        }
    }

    /// How far a segment is from what comes next, if it may belong here.
    fn distance(&self, segment: &Segment<'_>) -> Option<u32> {
        let Some(next) = self.stream.next else { return Some(0) };
        let far = ahead(next, number(segment));
        let fits =
            if segment.syn { (-SYN_AGAIN..=0).contains(&far) } else { far.unsigned_abs() <= FAR };
        fits.then_some(far.unsigned_abs())
    }

    /// Whether the end may have this number: from the next byte on to a window behind all that came.
    fn may_end_at(&self, sequence: u32) -> bool {
        self.stream.reach().is_some_and(|(next, end)| {
            (0..=ahead(next, end).saturating_add(WINDOW)).contains(&ahead(next, sequence))
        })
    }
}
