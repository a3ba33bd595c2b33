//! The screen: snapshots in, cells out, keys in between.
//!
//! Events become messages ([`keys`]), messages change the [`model`] (`update`), the [`view`]
//! only reads. The sole place that names a terminal. It reads a clock for its own pace and
//! nothing else; every time on the screen is packet time.

pub mod bindings;
mod called;
mod clip;
mod detect;
pub mod export;
pub mod glyphs;
pub mod keys;
pub mod line;
pub mod look;
pub mod model;
mod pace;
pub mod places;
pub(crate) mod selection;
mod session;
mod sheet;
pub mod sheets;
pub mod summary;
mod terms;

mod text;
pub mod theme;
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

use self::bindings::Bindings;
use self::clip::Between;
use self::export::{Order, Writer};
use self::keys::Msg;
use self::look::Look;
use self::model::{Model, Newer};
use self::pace::Meter;
use self::session::{Session, Suspension};
use self::update::{Effect, hear, update};
use crate::feed::{Command, Feed};
use crate::rehearsal;
use crate::snapshot::{Snapshot, SnapshotSpec};
pub(crate) use terms::finding_filter;

/// What comes in is drawn at most so often; what a key does at once.
const LEAST_DISTANCE: Duration = Duration::from_millis(100);
/// A list that was asked for and is not here by then is shown as an empty one.
const LONGEST_WAIT: Duration = Duration::from_millis(500);
/// A signal or a snapshot is seen at most this late; a key at once.
const LONGEST_NAP: Duration = Duration::from_millis(100);
/// Likewise, while a snapshot is waited for.
const SHORT_NAP: Duration = Duration::from_millis(5);
/// For so long after a key has asked for something, what comes in may be the answer to it.
const ANSWER: Duration = Duration::from_millis(200);

/// How the screen may use the terminal.
#[derive(Clone, Debug)]
pub struct Options {
    /// Colours and signs.
    pub look: Look,
    /// Clicks and the wheel; without it the terminal's own selection works.
    pub mouse: bool,
    /// Whether what addresses are called is shown beside them; `None` if it is not learnt.
    pub names: Option<bool>,
    /// Which key does what.
    pub bindings: Bindings,
    /// What the user has to know first, until a key is pressed.
    pub notice: Option<String>,
    /// What the program may still do.
    pub confined: Confined,
}

/// What the program may still do, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confined {
    /// In a line; empty where nothing is known of it.
    pub line: String,
    /// What is lacking.
    pub warnings: Vec<String>,
}

/// Shows what `feed` publishes until the user, a signal, [`Feed::stop`] or a panic of another
/// thread ends it. The terminal is given back in every case, and [`Feed::panicked`] tells of the
/// panic. The capture thread has to answer commands until it is stopped, also after its input
/// ended. Reports of what is shown are left to `writer`.
///
/// # Errors
/// If standard output is no terminal, or the terminal cannot be used any longer.
pub fn run(feed: &Arc<Feed>, options: &Options, writer: &mut dyn Writer) -> io::Result<()> {
    let mut session = Session::open(feed, options)?;
    match show(feed, options, writer, &mut session) {
        // A terminal that was closed fails, perhaps before its signal is here.
        Err(error) if session.signals.came() || is_closed(&error) => Ok(()),
        ended => ended,
    }
}

fn show(
    feed: &Arc<Feed>,
    options: &Options,
    writer: &mut dyn Writer,
    session: &mut Session,
) -> io::Result<()> {
    let events = events()?;
    let model = Model {
        look: options.look,
        called: options.names,
        bindings: options.bindings.clone(),
        notice: options.notice.clone(),
        confined: options.confined.clone(),
        folder: writer.folder(),
        between: Between::detect(detect::environment),
        ..Model::new(session::size()?, true)
    };
    let mut screen = Loop::new(feed, model);
    while !screen.is_over(session) {
        screen.receive();
        screen.export(writer);
        screen.heed_the_shell(session)?;
        if screen.is_due() {
            screen.draw(session)?;
        }
        match screen.listen(&events)? {
            ControlFlow::Break(()) => break,
            ControlFlow::Continue(None) => {}
            ControlFlow::Continue(Some(Effect::Suspend)) => {
                screen.suspend(session, Suspension::Key)?;
            }
            ControlFlow::Continue(Some(_)) => session.repaint()?,
        }
    }
    Ok(())
}

/// Whether nobody is at the other end any more.
fn is_closed(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
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
    /// There is something new to draw.
    dirty: bool,
    /// It is the answer to a key.
    urgent: bool,
    /// When a key last asked something of the capture thread.
    asked_at: Option<Instant>,
}

impl<'a> Loop<'a> {
    fn new(feed: &'a Feed, model: Model) -> Self {
        let asked = model.spec();
        feed.ask(Command::Spec(asked.clone()));
        let now = Instant::now();
        let (shown, meter) = (feed.latest(), Meter::default());
        Self {
            feed,
            model,
            shown,
            asked,
            seen: None,
            meter,
            began: now,
            drawn: now,
            dirty: true,
            urgent: true,
            asked_at: None,
        }
    }

    /// A key has asked for something a moment ago.
    fn awaits_an_answer(&self) -> bool {
        self.asked_at.is_some_and(|at| at.elapsed() < ANSWER)
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
        self.urgent |= self.awaits_an_answer();
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
            let (stem, snapshot) = (export::stem(&self.shown), self.told());
            writer.write(Order { form, stem, snapshot });
            self.model.export = None;
            self.ask_for_what_is_shown();
        }
        if let Some(written) = writer.news() {
            hear(&mut self.model, written);
            self.dirty = true;
        }
    }

    /// What a report tells: names only while they are shown.
    fn told(&self) -> Arc<Snapshot> {
        match self.model.called {
            Some(true) => Arc::clone(&self.shown),
            _ => Arc::new(Snapshot { named: None, ..Snapshot::clone(&self.shown) }),
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
        self.dirty && self.drawn.elapsed() >= self.pause()
    }

    /// How long after the last draw the next one follows.
    fn pause(&self) -> Duration {
        match (self.lacks_a_list(), self.urgent) {
            // A list that will be here in a moment is not shown as an empty one before.
            (true, _) => LONGEST_WAIT,
            (false, true) => Duration::ZERO,
            (false, false) => LEAST_DISTANCE,
        }
    }

    /// Stops if a signal says so, and takes the terminal again if another had it meanwhile.
    fn heed_the_shell(&mut self, session: &mut Session) -> io::Result<()> {
        if session.signals.take_stop() {
            self.suspend(session, Suspension::Signal)?;
        } else if session.signals.take_go_on() {
            session.retake()?;
            self.look_again()?;
        }
        Ok(())
    }

    fn suspend(&mut self, session: &mut Session, by: Suspension) -> io::Result<()> {
        if !session.suspend(by)? {
            self.model.notice = Some("no shell waits that could resume it".to_owned());
        }
        self.look_again()
    }

    /// The terminal may have another size than before.
    fn look_again(&mut self) -> io::Result<()> {
        self.model.size = session::size()?;
        (self.dirty, self.urgent) = (true, true);
        Ok(())
    }

    fn draw(&mut self, session: &mut Session) -> io::Result<()> {
        rehearsal::panic_in("screen");
        let (model, shown) = (&self.model, &self.shown);
        session.fit(model.size)?;
        session.terminal.draw(|frame| {
            let area = frame.area();
            view::draw(model, shown, area, frame.buffer_mut());
        })?;
        (self.drawn, self.dirty, self.urgent) = (Instant::now(), false, false);
        Ok(())
    }

    /// Waits for an event and takes in all that wait with it: one draw per burst, not per key.
    /// Returns what only the session can do.
    fn listen(
        &mut self,
        events: &Receiver<io::Result<Event>>,
    ) -> io::Result<ControlFlow<(), Option<Effect>>> {
        let waits = self.is_waiting() || self.awaits_an_answer();
        let mut nap = if waits { SHORT_NAP } else { LONGEST_NAP };
        if self.dirty {
            nap = nap.min(self.pause().saturating_sub(self.drawn.elapsed()));
        }
        loop {
            let event = match events.recv_timeout(nap) {
                Ok(event) => event?,
                Err(RecvTimeoutError::Timeout) => return Ok(ControlFlow::Continue(None)),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            };
            nap = Duration::ZERO;
            let Some(msg) = read(&event, &self.model) else { continue };
            (self.dirty, self.urgent) = (true, true);
            match update(&mut self.model, msg, &self.shown) {
                Some(Effect::Quit) => return Ok(ControlFlow::Break(())),
                Some(effect @ (Effect::Redraw | Effect::Suspend)) => {
                    return Ok(ControlFlow::Continue(Some(effect)));
                }
                // The same is asked for below, whatever brought it about.
                Some(Effect::Ask(Command::Spec(_))) | None => {}
                Some(Effect::Ask(command)) => {
                    self.feed.ask(command);
                    self.asked_at = Some(Instant::now());
                }
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
            rehearsal::panic_in("keys");
            let failed = event.is_err();
            if sender.send(event).is_err() || failed {
                return;
            }
        }
    })?;
    Ok(receiver)
}

fn read(event: &Event, model: &Model) -> Option<Msg> {
    match event {
        Event::Key(key) if key.is_release() => None,
        Event::Key(key) if model.is_typing() => keys::read_line(*key).map(Msg::Line),
        Event::Key(key) => model.bindings.read(*key),
        Event::Mouse(mouse) => keys::read_mouse(*mouse),
        Event::Resize(columns, rows) => {
            let (columns, rows) = session::supposed((*columns, *rows));
            Some(Msg::Resize(columns, rows))
        }
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

    #[test]
    fn a_key_is_answered_at_once_and_what_comes_in_ten_times_a_second() {
        let feed = Feed::default();
        let mut screen = Loop::new(&feed, Model::new((80, 24), true));
        assert_eq!(screen.pause(), Duration::ZERO, "the first screen is awaited");
        screen.urgent = false;
        assert_eq!(screen.pause(), LEAST_DISTANCE);
        screen.dirty = false;
        screen.drawn = Instant::now().checked_sub(LONGEST_WAIT).unwrap();
        assert!(!screen.is_due(), "nothing is drawn while nothing changed");
        screen.dirty = true;
        assert!(screen.is_due());
    }

    #[test]
    fn a_list_that_will_soon_be_here_is_waited_for() {
        let feed = Feed::default();
        let mut screen = Loop::new(&feed, Model::new((80, 24), true));
        let spec = screen.asked.clone();
        screen.shown = Arc::new(Snapshot { spec, ..Snapshot::default() });
        screen.asked.lists = Lists::ALL;
        assert_eq!(screen.pause(), LONGEST_WAIT);
    }
}
