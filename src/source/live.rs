//! Frames from network interfaces: the only place that names libpcap.
//!
//! The kernel's buffer is the queue. Waiting is done here, for all interfaces together, so that
//! an idle one starves nobody.

use std::os::fd::{AsRawFd, RawFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::batch::Batch;
use super::interface::{ANY, Interface, LiveOptions, Taken, disappeared, sum, went_down};
use super::standby::{Found, Standby};
use super::{End, FrameSource, LONGEST_WAIT, Losses, Next, NextRun, SourceError};
use crate::wire::name::escape_text;

/// How long the kernel may gather frames before it hands them over: throughput for one
/// interface; for several, less, because frames of one would wait for those of another.
const GATHER_ONE_MS: i32 = 100;
const GATHER_SEVERAL_MS: i32 = 10;

/// How often an interface that is gone is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Opens interfaces as one source, their frames about in the order of their times. One that goes
/// away later is captured on again when it is back: it is opened again, or, where this process may
/// not any more, frames come from what stands by.
///
/// # Errors
///
/// The first interface that does not exist, may not be captured on, has a link type that is not
/// supported, or for which the given filter does not compile.
pub fn open_live(
    interfaces: &[String],
    options: &LiveOptions,
) -> Result<Box<dyn FrameSource>, SourceError> {
    if interfaces.is_empty() {
        return Err(SourceError::Nothing);
    }
    let gather = if interfaces.len() > 1 { GATHER_SEVERAL_MS } else { GATHER_ONE_MS };
    let seat = |(number, name): (u32, &String)| {
        let interface = Interface::open(name, number, gather, options)?;
        let (story, standing) = (Story::default(), Standing::Not);
        Ok(Seat { name: name.clone(), number, interface: Some(interface), standing, story })
    };
    let seats: Result<_, _> = (0..).zip(interfaces).map(seat).collect();
    let seats = seats?;
    let stand_by = options.stand_by && interfaces.iter().any(|name| name != ANY);
    // Without it the end of an interface says what to do.
    let standby = stand_by.then(|| Standby::open(interfaces, gather, options).ok()).flatten();
    Ok(Box::new(Live {
        seats,
        standby,
        options: options.clone(),
        gather,
        looked: None,
        batch: Batch::default(),
        lost: Losses::default(),
        complaints: Vec::new(),
        idle: None,
    }))
}

/// Interfaces being captured on.
struct Live {
    seats: Vec<Seat>,
    standby: Option<Standby>,
    options: LiveOptions,
    gather: i32,
    /// When it was last looked who is switched on, and at what stands by.
    looked: Option<Instant>,
    batch: Batch,
    /// Of interfaces that went away.
    lost: Losses,
    complaints: Vec<String>,
    idle: Option<String>,
}

/// An interface that was asked for, whether it is there or not.
struct Seat {
    /// As the user named it.
    name: String,
    number: u32,
    /// `None` while it is gone, and from when on this process may not open it.
    interface: Option<Interface>,
    standing: Standing,
    story: Story,
}

/// How an interface that is gone is captured on again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// By opening it, as far as is known.
    Not,
    /// By what stands by, once it is back.
    Waiting,
    /// By what stands by; that is its number with the system.
    For(u32),
}

/// What befell an interface.
#[derive(Debug, Default)]
struct Story {
    /// Why, since when, and when it was last looked for.
    gone: Option<(String, Instant, Option<Instant>)>,
    /// It cannot be opened again, and why.
    given_up: Option<String>,
    /// How often it was gone before, and for how long in all.
    times: u32,
    took: Duration,
    /// It is switched off.
    down: Option<String>,
    /// How often it was switched off before.
    downs: u32,
}

impl FrameSource for Live {
    fn next(&mut self) -> Next<'_> {
        match self.make_ready() {
            Some(end) => Next::End(end),
            None => self.batch.take().map_or(Next::Quiet, Next::Frame),
        }
    }

    fn next_run(&mut self, most: usize) -> NextRun<'_> {
        match self.make_ready() {
            Some(end) => NextRun::End(end),
            None if self.batch.is_spent() => NextRun::Quiet,
            None => NextRun::Frames(self.batch.take_many(most)),
        }
    }

    fn losses(&mut self) -> Losses {
        let open = self.seats.iter_mut().filter_map(|seat| seat.interface.as_mut());
        let lost = open.map(Interface::losses).fold(self.lost, sum);
        self.standby.iter_mut().map(Standby::losses).fold(lost, sum)
    }

    fn complaints(&self) -> &[String] {
        &self.complaints
    }

    fn idle(&self) -> Option<&str> {
        self.idle.as_deref()
    }

    fn sockets(&self) -> Vec<RawFd> {
        let all = self.own().chain(self.standby.as_ref().map(Standby::socket));
        all.map(|interface| interface.as_fd().as_raw_fd()).collect()
    }
}

impl Live {
    /// The interfaces that are open.
    fn own(&self) -> impl Iterator<Item = &Interface> {
        self.seats.iter().filter_map(|seat| seat.interface.as_ref())
    }

    /// Sees to it that frames are at hand, if any come in time; the end if none will.
    fn make_ready(&mut self) -> Option<End> {
        if self.batch.is_spent() {
            self.refill();
        }
        let is_over = |seat: &Seat| seat.story.given_up.is_some();
        let ended = self.batch.is_spent() && self.seats.iter().all(is_over);
        ended.then(|| End::Failed(self.complaints.join("; ")))
    }

    fn refill(&mut self) {
        self.batch.clear();
        self.take_from_all();
        if self.batch.is_spent() && self.wait() {
            self.take_from_all();
        }
        if self.seats.len() > 1 {
            self.batch.sort();
        }
    }

    fn take_from_all(&mut self) {
        let mut is_news = self.look_for_the_missing();
        for seat in &mut self.seats {
            let Some(interface) = &mut seat.interface else { continue };
            match interface.take(&mut self.batch) {
                Taken::Frames(0) => {}
                // They may be from before.
                Taken::Frames(_) if seat.story.down.is_none() => {}
                Taken::Frames(_) => {
                    let is_on = interface.is_up(&seat.name) != Some(false);
                    is_news |= is_on && seat.story.comes_up();
                }
                Taken::Down(why) => is_news |= seat.story.goes_down(why),
                Taken::Gone(why) => {
                    self.lost = sum(self.lost, interface.losses());
                    seat.interface = None;
                    seat.story.goes(why);
                    is_news = true;
                }
            }
        }
        let is_due = self.looked.is_none_or(|looked| looked.elapsed() >= LOOK_EVERY);
        if is_due || self.needs_standby() {
            is_news |= self.take_from_standby();
        }
        if is_due {
            self.looked = Some(Instant::now());
            is_news |= self.look_who_is_on();
        }
        if is_news {
            self.tell();
        }
    }

    /// Who is switched off is told while that lasts: nothing else would.
    fn look_who_is_on(&mut self) -> bool {
        let mut is_news = false;
        for seat in &mut self.seats {
            let Some(interface) = &seat.interface else { continue };
            is_news |= match interface.is_up(&seat.name) {
                Some(true) => seat.story.comes_up(),
                Some(false) => seat.story.goes_down(went_down(&interface.name)),
                None => false,
            };
        }
        is_news
    }

    /// Whether an interface is captured on by what stands by, or is about to be. As long as none is,
    /// a look now and then suffices, and the others' packets do not wait for it.
    fn needs_standby(&self) -> bool {
        self.seats.iter().any(|seat| seat.standing != Standing::Not)
    }

    /// Also what nobody wants is taken, so that there is room for what somebody does.
    fn take_from_standby(&mut self) -> bool {
        let Some(standby) = &mut self.standby else { return false };
        let wanted = self.seats.iter().filter_map(|seat| match seat.standing {
            Standing::For(index) => Some((index, seat.number)),
            Standing::Not | Standing::Waiting => None,
        });
        let wanted: Vec<_> = wanted.collect();
        let is_over = matches!(standby.take(&wanted, &mut self.batch), Taken::Gone(_));
        if is_over {
            self.lost = sum(self.lost, standby.losses());
            self.standby = None;
        }
        is_over
    }

    /// Before anything is taken: of who is back, the first frame counts.
    fn look_for_the_missing(&mut self) -> bool {
        let mut is_news = false;
        let missing = self.seats.iter_mut().filter(|seat| seat.interface.is_none());
        for seat in missing.filter(|seat| seat.story.given_up.is_none()) {
            is_news |= seat.look(self.gather, &self.options, self.standby.as_ref());
        }
        is_news
    }

    fn tell(&mut self) {
        let told = self.seats.iter().filter_map(|seat| seat.story.words(&seat.name));
        self.complaints = told.collect();
        let is_idle = self.seats.iter().all(|seat| seat.story.is_away());
        self.idle = is_idle.then(|| self.complaints.join("; "));
    }

    /// Waits until an interface has something to say; false if none has.
    fn wait(&self) -> bool {
        let readable = |each| PollFd::from_borrowed_fd(each, PollFlags::IN);
        let standby = self.standby.as_ref().filter(|_| self.needs_standby());
        let awaited = self.own().chain(standby.map(Standby::socket));
        let mut all: Vec<_> = awaited.map(|each| readable(each.as_fd())).collect();
        let longest = Timespec { tv_sec: 0, tv_nsec: i64::from(LONGEST_WAIT.subsec_nanos()) };
        // A signal ends the wait early, which is as good as silence.
        poll(&mut all, Some(&longest)).is_ok_and(|ready| ready > 0)
    }
}

impl Seat {
    /// Looks whether it is back; whether there is news.
    fn look(&mut self, gather: i32, options: &LiveOptions, standby: Option<&Standby>) -> bool {
        if self.standing != Standing::Not {
            return self.stand(standby);
        }
        if !self.story.is_due() {
            return false;
        }
        match Interface::open(&self.name, self.number, gather, options) {
            Ok(interface) => {
                self.interface = Some(interface);
                self.story.comes_back();
                true
            }
            Err(SourceError::NotPermitted { .. }) => {
                self.standing = Standing::Waiting;
                self.stand(standby)
            }
            // Not there yet, or not yet as it will be.
            Err(_) => false,
        }
    }

    /// The same, with what stands by.
    fn stand(&mut self, standby: Option<&Standby>) -> bool {
        let found = standby.map_or(Found::LeftOut, |standby| standby.find(&self.name));
        self.is_found(found)
    }

    fn is_found(&mut self, found: Found) -> bool {
        let now = match found {
            Found::LeftOut => {
                self.goes_again();
                self.story.give_up();
                return true;
            }
            Found::New(index) => Standing::For(index),
            Found::Nothing => Standing::Waiting,
        };
        if now == self.standing {
            return false;
        }
        self.goes_again();
        if now != Standing::Waiting {
            self.story.comes_back();
        }
        self.standing = now;
        true
    }

    /// What it stood for is gone.
    fn goes_again(&mut self) {
        if let Standing::For(_) = self.standing {
            self.story.goes(disappeared(&escape_text(self.name.as_bytes())));
        }
    }
}

impl Story {
    fn goes(&mut self, why: String) {
        (self.gone, self.down) = (Some((why, Instant::now(), None)), None);
    }

    /// Whether it is to be looked for; if so, it is not again for a while.
    fn is_due(&mut self) -> bool {
        match &mut self.gone {
            Some((_, _, looked)) => {
                let is_due = looked.is_none_or(|looked| looked.elapsed() >= LOOK_EVERY);
                let is_due = is_due && self.given_up.is_none();
                if is_due {
                    *looked = Some(Instant::now());
                }
                is_due
            }
            None => false,
        }
    }

    /// Whether nothing can come of it now.
    fn is_away(&self) -> bool {
        self.gone.is_some() || self.down.is_some()
    }

    fn comes_back(&mut self) {
        if let Some((_, since, _)) = self.gone.take() {
            self.times = self.times.saturating_add(1);
            self.took += since.elapsed();
        }
    }

    fn give_up(&mut self) {
        self.given_up = self.gone.as_ref().map(|(why, ..)| why.clone());
    }

    /// Whether that is news.
    fn goes_down(&mut self, why: String) -> bool {
        self.down.replace(why).is_none()
    }

    /// Frames come; whether that is news.
    fn comes_up(&mut self) -> bool {
        let was_down = self.down.take().is_some();
        self.downs = self.downs.saturating_add(u32::from(was_down));
        was_down
    }

    /// What the user has to know, if anything.
    fn words(&self, name: &str) -> Option<String> {
        let name = escape_text(name.as_bytes());
        match self {
            Self { given_up: Some(why), .. } => Some(format!(
                "{why}; this process may not open it again: start anew, or capture on `any`, which \
                 sees interfaces come and go"
            )),
            Self { gone: Some((why, ..)), .. } => {
                Some(format!("{why}; capturing goes on when it is back"))
            }
            Self { down: Some(why), .. } => Some(why.clone()),
            Self { times: 0, downs: 0, .. } => None,
            Self { times: 0, downs, .. } => {
                Some(format!("{name} was switched off {}: nothing came meanwhile", often(*downs)))
            }
            Self { times, took, .. } => Some(format!(
                "{name} was gone {}, for {} s in all: what came then is missing",
                often(*times),
                took.as_secs().max(1)
            )),
        }
    }
}

fn often(times: u32) -> String {
    if times == 1 { "once".to_owned() } else { format!("{times} times") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(story: &Story, words: Option<&str>) {
        assert_eq!(story.words("eth\u{1b}0").as_deref(), words);
    }

    #[test]
    fn what_befell_an_interface_is_told_and_stays_told() {
        let mut story = Story::default();
        check(&story, None);
        assert!(story.goes_down("eth0 went down".into()));
        assert!(!story.goes_down("eth0 went down".into()), "said once");
        check(&story, Some("eth0 went down"));
        assert!(story.comes_up() && !story.comes_up());
        check(&story, Some("eth\\0270 was switched off once: nothing came meanwhile"));
        for words in ["gone once, for 1 s", "gone 2 times, for 1 s"] {
            story.goes("eth0 disappeared".into());
            assert!(story.is_due() && !story.is_due(), "once a second");
            check(&story, Some("eth0 disappeared; capturing goes on when it is back"));
            story.comes_back();
            let told = format!("eth\\0270 was {words} in all: what came then is missing");
            check(&story, Some(&told));
        }
        story.goes("eth0 disappeared".into());
        story.give_up();
        assert!(!story.is_due(), "nobody looks for it any more");
        assert!(story.words("eth0").is_some_and(|text| text.contains("start anew")));
    }

    /// What a seat does with what is found, one after the other: whether it is news, where it
    /// stands then, and what is told.
    #[track_caller]
    fn check_found(found: &[(Found, bool, Standing)], told: &str) {
        let mut story = Story::default();
        story.goes("eth0 disappeared".into());
        let (name, standing) = ("eth0".to_owned(), Standing::Waiting);
        let mut seat = Seat { name, number: 0, interface: None, standing, story };
        for (found, is_news, standing) in found {
            assert_eq!((seat.is_found(*found), seat.standing), (*is_news, *standing), "{found:?}");
        }
        let words = seat.story.words("eth0").unwrap_or_default();
        assert!(words.contains(told), "{words}");
    }

    #[test]
    fn what_stands_by_stands_for_an_interface_as_long_as_it_is_there() {
        use Found::{LeftOut, New, Nothing};
        use Standing::{For, Waiting};
        check_found(&[(Nothing, false, Waiting)], "goes on when it is back");
        let back = [(New(7), true, For(7)), (New(7), false, For(7))];
        check_found(&back, "was gone once");
        let away = [back[0], (Nothing, true, Waiting), (Nothing, false, Waiting)];
        check_found(&away, "eth0 disappeared (was it removed or renamed?); capturing goes on");
        check_found(&[back[0], (New(9), true, For(9))], "was gone 2 times");
        check_found(&[(LeftOut, true, Waiting)], "start anew");
    }
}
