//! The screen: snapshots in, cells out, keys in between.
//!
//! Events become messages ([`keys`]), messages change the [`model`] (`update`), the [`view`]
//! only reads. The sole place that names a terminal. It reads a clock for its own pace and
//! nothing else; every time on the screen is packet time.

mod clip;
pub mod export;
pub mod keys;
pub mod line;
pub mod model;
mod pace;
pub(crate) mod selection;
mod session;
mod sheet;
pub mod sheets;
mod terms;
mod text;
mod theme;
pub mod update;
mod value;
pub mod view;

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::{self, Event};

use self::clip::Between;
use self::export::{Order, Writer};
use self::keys::Msg;
use self::model::{Model, Newer};
use self::pace::Meter;
use self::session::Session;
use self::update::{Effect, hear, update};
use crate::feed::{Command, Feed};
use crate::snapshot::{Snapshot, SnapshotSpec};

/// Redraws at least this often, so that a terminal that lost something gets it back.
const HEARTBEAT: Duration = Duration::from_millis(500);
/// A signal or a snapshot is seen at most this late; a key at once.
const LONGEST_NAP: Duration = Duration::from_millis(100);
/// Likewise, while a snapshot is waited for.
const SHORT_NAP: Duration = Duration::from_millis(5);

/// How the screen may use the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Colours, or only bold, dim, underlined and reversed text.
    pub color: bool,
    /// Clicks and the wheel; without it the terminal's own selection works.
    pub mouse: bool,
}

impl Default for Options {
    /// Colours unless `NO_COLOR` is set and not empty (<https://no-color.org>).
    fn default() -> Self {
        let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { color: !forbidden, mouse: true }
    }
}

/// Shows what `feed` publishes until the user, a signal, [`Feed::stop`] or a panic of another
/// thread ends it. The terminal is given back in every case, and [`Feed::panicked`] tells of the
/// panic. The capture thread has to answer commands until it is stopped, also after its input
/// ended. Reports of what is shown are left to `writer`.
///
/// # Errors
/// If standard output is no terminal, or the terminal cannot be used any longer.
pub fn run(feed: &Arc<Feed>, options: &Options, writer: &mut dyn Writer) -> io::Result<()> {
    let mut session = Session::open(feed, *options)?;
    let size = session.terminal.size()?;
    let events = events()?;
    let mut model = Model::new((size.width, size.height), options.color);
    model.folder = writer.folder();
    model.between = Between::detect(|name| std::env::var(name).ok());
    let mut screen = Loop::new(feed, model);
    while !screen.is_over(&session) {
        screen.receive();
        screen.export(writer);
        if screen.is_due() {
            screen.draw(&mut session)?;
        }
        if screen.listen(&events)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// The state of the loop around the model.
struct Loop<'a> {
    feed: &'a Feed,
    model: Model,
    shown: Arc<Snapshot>,
    /// What was last asked for.
    asked: SnapshotSpec,
    /// Serial of the latest snapshot looked at; `None` before the first.
    seen: Option<u64>,
    meter: Meter,
    began: Instant,
    drawn: Instant,
    dirty: bool,
}

impl<'a> Loop<'a> {
    fn new(feed: &'a Feed, model: Model) -> Self {
        let asked = model.spec();
        feed.ask(Command::Spec(asked.clone()));
        let now = Instant::now();
        let (shown, meter) = (feed.latest(), Meter::default());
        Self { feed, model, shown, asked, seen: None, meter, began: now, drawn: now, dirty: true }
    }

    fn is_over(&self, session: &Session) -> bool {
        session.signals.came() || self.feed.is_stopping() || self.feed.panicked().is_some()
    }

    /// Takes in the latest snapshot, unless it is the one already here.
    fn receive(&mut self) {
        let latest = self.feed.latest();
        let is_held = self.is_held();
        if self.seen == Some(latest.serial) && (is_held || self.is_shown(&latest)) {
            return;
        }
        self.seen = Some(latest.serial);
        let pace = self.meter.see(self.began.elapsed(), &latest);
        let mut newer = Newer::default();
        if is_held {
            newer.packets = latest.ledger.frames.saturating_sub(self.shown.ledger.frames);
            newer.ended = latest.source.ended.is_some() && self.shown.source.ended.is_none();
        } else {
            self.shown = latest;
        }
        update(&mut self.model, Msg::Arrived(pace, newer), &self.shown);
        self.dirty = true;
    }

    fn is_shown(&self, latest: &Arc<Snapshot>) -> bool {
        Arc::ptr_eq(latest, &self.shown)
    }

    /// What shall stand still has to have all its lists and rows before.
    fn is_held(&self) -> bool {
        let whole = SnapshotSpec { label_depth: None, ..self.asked.clone() };
        self.model.frozen && self.shown.spec.covers(&whole)
    }

    /// A list is shown that the snapshot does not have.
    fn lacks_a_list(&self) -> bool {
        let lacks_lookups = self.asked.lookups.is_some() && self.shown.spec.lookups.is_none();
        lacks_lookups || !self.shown.spec.lists.cover(self.asked.lists)
    }

    /// Hands on a report that was asked for, once what is shown has all that belongs into it, and
    /// tells what came of one.
    fn export(&mut self, writer: &mut dyn Writer) {
        let whole = SnapshotSpec { label_depth: None, ..self.asked.clone() };
        if let Some(form) = self.model.export.filter(|_| self.shown.spec.covers(&whole)) {
            let (stem, snapshot) = (export::stem(&self.shown), Arc::clone(&self.shown));
            writer.write(Order { form, stem, snapshot });
            self.model.export = None;
            self.ask_for_what_is_shown();
        }
        if let Some(written) = writer.news() {
            hear(&mut self.model, written);
            self.dirty = true;
        }
    }

    /// Whether a snapshot is to come soon: the first one, or one that has what a key asked for.
    fn is_waiting(&self) -> bool {
        let is_first = self.seen.is_none_or(|serial| serial == 0);
        !self.is_held() && (is_first || !self.shown.spec.covers(&self.asked))
    }

    /// Asks for what the screen shows now, if that is something else than before.
    fn ask_for_what_is_shown(&mut self) {
        let spec = self.model.spec();
        if spec != self.asked {
            self.feed.ask(Command::Spec(spec.clone()));
            self.asked = spec;
        }
    }

    fn is_due(&self) -> bool {
        // A list that will be here in a moment is not shown as an empty one before.
        (self.dirty && !self.lacks_a_list()) || self.drawn.elapsed() >= HEARTBEAT
    }

    fn draw(&mut self, session: &mut Session) -> io::Result<()> {
        let (model, shown) = (&self.model, &self.shown);
        session.terminal.draw(|frame| {
            let area = frame.area();
            view::draw(model, shown, area, frame.buffer_mut());
        })?;
        (self.drawn, self.dirty) = (Instant::now(), false);
        Ok(())
    }

    /// Waits for an event and takes in all that wait with it: one draw per burst, not per key.
    fn listen(&mut self, events: &Receiver<io::Result<Event>>) -> io::Result<ControlFlow<()>> {
        let longest = if self.is_waiting() { SHORT_NAP } else { LONGEST_NAP };
        let mut nap = longest.min(HEARTBEAT.saturating_sub(self.drawn.elapsed()));
        loop {
            let event = match events.recv_timeout(nap) {
                Ok(event) => event?,
                Err(RecvTimeoutError::Timeout) => return Ok(ControlFlow::Continue(())),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            };
            nap = Duration::ZERO;
            let Some(msg) = read(&event, self.model.is_typing()) else { continue };
            self.dirty = true;
            match update(&mut self.model, msg, &self.shown) {
                Some(Effect::Quit) => return Ok(ControlFlow::Break(())),
                // The same is asked for below, whatever brought it about.
                Some(Effect::Ask(Command::Spec(_))) | None => {}
                Some(Effect::Ask(command)) => self.feed.ask(command),
                Some(Effect::Copy(text)) => session::copy(&text, self.model.between)?,
            }
            self.ask_for_what_is_shown();
        }
    }
}

/// Events of the terminal, read by a thread of their own.
///
/// Not on the screen's thread: when a terminal is closed, crossterm 0.29 reads its end over and
/// over and does not come back, and no signal would be looked at any more. The thread ends with
/// the program.
fn events() -> io::Result<Receiver<io::Result<Event>>> {
    const MANY: usize = 1024;
    let (sender, receiver) = mpsc::sync_channel(MANY);
    thread::Builder::new().name("keys".into()).spawn(move || {
        loop {
            let event = event::read();
            let failed = event.is_err();
            if sender.send(event).is_err() || failed {
                return;
            }
        }
    })?;
    Ok(receiver)
}

fn read(event: &Event, is_typing: bool) -> Option<Msg> {
    match event {
        Event::Key(key) if is_typing && !key.is_release() => keys::read_line(*key).map(Msg::Line),
        Event::Key(key) if !key.is_release() => keys::read(*key),
        Event::Mouse(mouse) => keys::read_mouse(*mouse),
        Event::Resize(columns, rows) => Some(Msg::Resize(*columns, *rows)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Lists;
    use crate::tui::export::{Form, Refusal, Written};

    /// Keeps the orders that it gets, and answers with what it was given.
    #[derive(Default)]
    struct Desk {
        orders: Vec<Order>,
        answers: Vec<Written>,
    }

    impl Writer for Desk {
        fn folder(&self) -> String {
            "/tmp".into()
        }

        fn write(&mut self, order: Order) {
            self.orders.push(order);
        }

        fn news(&mut self) -> Option<Written> {
            self.answers.pop()
        }
    }

    fn publish(feed: &Feed, screen: &Loop<'_>, lists: Lists) {
        let spec = SnapshotSpec { lists, ..screen.asked.clone() };
        let serial = feed.latest().serial + 1;
        feed.publish(Snapshot { serial, spec, ..Snapshot::default() });
    }

    #[test]
    fn a_report_waits_for_a_snapshot_that_has_all_that_belongs_into_it() {
        let (feed, mut desk) = (Feed::default(), Desk::default());
        let mut screen = Loop::new(&feed, Model::new((80, 24), true));
        let few = screen.asked.lists;
        publish(&feed, &screen, few);
        screen.receive();
        for msg in [Msg::Export, Msg::Enter] {
            update(&mut screen.model, msg, &screen.shown);
        }
        screen.ask_for_what_is_shown();
        screen.export(&mut desk);
        assert_eq!(desk.orders.len(), 0, "the lists that cost most are not there yet");
        publish(&feed, &screen, Lists::ALL);
        screen.receive();
        screen.export(&mut desk);
        screen.export(&mut desk);
        assert_eq!(desk.orders.len(), 1);
        assert_eq!((desk.orders[0].form, desk.orders[0].snapshot.serial), (Form::Markdown, 2));
        assert_eq!(screen.asked.lists, few, "they are not made any longer");
    }

    #[test]
    fn what_came_of_a_report_is_drawn_at_once() {
        let (feed, mut desk) = (Feed::default(), Desk::default());
        let mut screen = Loop::new(&feed, Model::new((80, 24), true));
        screen.dirty = false;
        let refusal = Refusal { why: "no room".into(), advice: "make some".into() };
        desk.answers.push(Err(refusal));
        screen.export(&mut desk);
        assert!(screen.dirty && screen.model.overlay.is_some());
    }
}
