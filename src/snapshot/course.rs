//! Since when: whether the share of the focus rose or fell at one moment, and by how much.
//!
//! From the timeline alone. What is no clear step is not told as one: refusals come in bursts, and
//! a quiet minute is no end.

use std::ops::Range;
use std::time::Duration;

use super::{Step, Timeline, Timestamp, share};

/// How often the focus was met in the course of a capture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Course {
    /// Not at all.
    Absent,
    /// With no clear step, and already in the beginning.
    FromTheStart,
    /// With no clear step, for the first time then.
    Since(Timestamp),
    /// Clearly more from a moment on, to the end.
    Risen {
        /// That moment.
        since: Timestamp,
        /// The share before, 0 to 1.
        before: f64,
        /// The share since.
        now: f64,
    },
    /// Clearly less from a moment on, to the end.
    Over {
        /// When it had begun; `None` if that was before the capture.
        from: Option<Timestamp>,
        /// The share while it lasted, 0 to 1.
        then: f64,
        /// Since when it is over.
        until: Timestamp,
        /// The share since.
        after: f64,
    },
}

/// Steps are joined until there are at most so many: intervals of them are looked at pair by pair.
const GROUPS: usize = 64;
/// Fewer exchanges on one side of a step say nothing about that side.
const ENOUGH: u64 = 20;
/// How much likelier the capture must be with the step than without it, as a logarithm, twice: what
/// comes in bursts reaches 20 or so by chance.
const LIKELIER: f64 = 45.0;
/// Two steps must explain so much more than one.
const WORTH_A_STEP: f64 = 20.0;
/// The odds must change by this factor: from 1 % to 4 %, or from 40 % to 73 %.
const ODDS: f64 = 4.0;
/// What is over has gone down to this part of what it was,
const LEFT: f64 = 0.1;
/// for at least this part of the capture,
const QUIET_PART: usize = 10;
/// and for so long: who is refused comes back after a while.
const QUIET: Duration = Duration::from_secs(5);

/// What a share is of, and what is in focus.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Count {
    all: u64,
    focus: u64,
}

impl Count {
    fn plus(self, step: &Step) -> Self {
        Self {
            all: self.all.saturating_add(step.whole),
            focus: self.focus.saturating_add(step.focus),
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            all: self.all.saturating_sub(other.all),
            focus: self.focus.saturating_sub(other.focus),
        }
    }

    fn share(self) -> f64 {
        share(self.focus, self.all)
    }

    /// The odds of the focus; half an exchange more on each side, so that none is infinite.
    fn odds(self) -> f64 {
        (self.focus as f64 + 0.5) / (self.all.saturating_sub(self.focus) as f64 + 0.5)
    }

    /// The logarithm of how likely these counts are with their own share.
    fn likelihood(self) -> f64 {
        let part = |count: u64| {
            if count == 0 { 0.0 } else { count as f64 * share(count, self.all).ln() }
        };
        part(self.focus) + part(self.all.saturating_sub(self.focus))
    }
}

/// What came before each step, and at last all: what any of them have together is a difference.
struct Sums {
    sums: Vec<Count>,
    /// How long a step is.
    step: Duration,
}

impl Sums {
    fn of(steps: &[Step], step: Duration) -> Self {
        let mut sum = Count::default();
        let mut sums = vec![sum];
        for step in steps {
            sum = sum.plus(step);
            sums.push(sum);
        }
        Self { sums, step }
    }

    fn steps(&self) -> usize {
        self.sums.len() - 1
    }

    fn time(&self, steps: usize) -> Duration {
        self.step.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))
    }

    fn within(&self, range: &Range<usize>) -> Count {
        let before = |place: usize| self.sums.get(place).copied().unwrap_or_default();
        before(range.end).minus(before(range.start))
    }

    fn all(&self) -> Count {
        self.within(&(0..self.steps()))
    }

    /// How much likelier the capture is, if the share within the range is another than outside.
    fn gain(&self, range: &Range<usize>) -> f64 {
        let (inside, all) = (self.within(range), self.all());
        2.0 * (inside.likelihood() + all.minus(inside).likelihood() - all.likelihood())
    }
}

/// How the focus went.
pub(super) fn course(timeline: &Timeline) -> Course {
    // Of steps that are too early to judge, the answers alone are known.
    let known = timeline.steps.iter().rposition(|step| !step.is_early).map_or(0, |last| last + 1);
    let steps = timeline.steps.get(..known).unwrap_or_default();
    let Some(first) = steps.iter().position(|step| step.focus > 0) else { return Course::Absent };
    let sums = Sums::of(steps, timeline.step);
    let Some(much) = clearest(&sums) else { return without_step(timeline, &sums, first) };
    let start = |place: usize| {
        // The moment of the first one, where quiet steps lie before it.
        let quiet = steps.iter().skip(place).take_while(|step| step.focus == 0).count();
        time(timeline, place + quiet)
    };
    let [before, inside, after] =
        [0..much.start, much.clone(), much.end..steps.len()].map(|range| sums.within(&range));
    match (much.start, much.end < steps.len()) {
        (0, _) => Course::Over {
            from: None,
            then: inside.share(),
            until: time(timeline, much.end),
            after: after.share(),
        },
        (place, true) => Course::Over {
            from: Some(start(place)),
            then: inside.share(),
            until: time(timeline, much.end),
            after: after.share(),
        },
        (place, false) => {
            Course::Risen { since: start(place), before: before.share(), now: inside.share() }
        }
    }
}

fn without_step(timeline: &Timeline, sums: &Sums, first: usize) -> Course {
    let before = sums.within(&(0..first)).all;
    if before < ENOUGH { Course::FromTheStart } else { Course::Since(time(timeline, first)) }
}

fn time(timeline: &Timeline, place: usize) -> Timestamp {
    let nth = u32::try_from(place).unwrap_or(u32::MAX);
    timeline.start.plus(timeline.step.saturating_mul(nth))
}

/// The steps between which it was clearly more than outside of them, if there are such.
fn clearest(sums: &Sums) -> Option<Range<usize>> {
    let joined = sums.steps().div_ceil(GROUPS).max(1);
    let edges: Vec<usize> = (0..sums.steps()).step_by(joined).chain([sums.steps()]).collect();
    let mut best: Option<(f64, Range<usize>)> = None;
    for (nth, start) in edges.iter().enumerate() {
        for end in edges.iter().skip(nth + 1) {
            let range = *start..*end;
            let inside = sums.within(&range);
            let is_clear = is_clear(inside, sums.all().minus(inside));
            if is_clear && sides_say_so(sums, &range) {
                let inner = range.start > 0 && range.end < sums.steps();
                let gain = sums.gain(&range) - if inner { WORTH_A_STEP } else { 0.0 };
                if best.as_ref().is_none_or(|(most, _)| gain > *most) {
                    best = Some((gain, range));
                }
            }
        }
    }
    let (_, rough) = best.filter(|(gain, _)| *gain >= LIKELIER)?;
    let range = refined(sums, rough.clone(), joined);
    Some(if sides_say_so(sums, &range) { range } else { rough })
}

fn is_clear(inside: Count, outside: Count) -> bool {
    let enough = inside.all >= ENOUGH && outside.all >= ENOUGH;
    enough && inside.odds() >= ODDS * outside.odds()
}

/// Moves both edges by single steps to where they tell most.
fn refined(sums: &Sums, mut range: Range<usize>, by: usize) -> Range<usize> {
    let most = |ranges: &mut dyn Iterator<Item = Range<usize>>| {
        ranges.max_by(|one, other| sums.gain(one).total_cmp(&sums.gain(other)))
    };
    let near = |edge: usize| edge.saturating_sub(by).max(1)..(edge + by + 1).min(sums.steps());
    if range.start > 0 {
        let starts = near(range.start).filter(|start| *start < range.end);
        range = most(&mut starts.map(|start| start..range.end)).unwrap_or(range);
    }
    if range.end < sums.steps() {
        let ends = near(range.end).filter(|end| *end > range.start);
        range = most(&mut ends.map(|end| range.start..end)).unwrap_or(range);
    }
    range
}

/// Each side that is told of must have enough exchanges by itself; and what is over, hardly any
/// with the focus code.
fn sides_say_so(sums: &Sums, range: &Range<usize>) -> bool {
    let inside = sums.within(range);
    let before = sums.within(&(0..range.start));
    let after = sums.within(&(range.end..sums.steps()));
    let has_risen = range.start == 0 || is_clear(inside, before);
    let quiet = sums.steps() - range.end;
    let is_long = quiet * QUIET_PART >= sums.steps() && sums.time(quiet) >= QUIET;
    let is_over = is_long && after.all >= ENOUGH && after.share() <= LEFT * inside.share();
    has_risen && (range.end == sums.steps() || is_over)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten exchanges a step, of which so many in ten are in focus: a digit a step.
    fn course_of(script: &str) -> Course {
        let digits = script.chars().filter_map(|digit| digit.to_digit(10));
        let step = |digit: u32| Step { whole: 10, focus: digit.into(), ..Step::default() };
        let steps = digits.map(step).collect();
        let (start, step) = (Timestamp::new(100, 0), Duration::from_secs(1));
        course(&Timeline { start, step, steps })
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::new(100 + seconds, 0)
    }

    #[test]
    fn a_step_is_found_where_it_is() {
        let course = course_of("0000000000 0000100000 4354453445 4534454354");
        assert_eq!(course, Course::Risen { since: at(20), before: 0.005, now: 0.41 });
    }

    #[test]
    fn a_step_in_a_long_capture_is_found_to_the_step() {
        let script = "0".repeat(1_234) + &"4".repeat(766);
        let Course::Risen { since, .. } = course_of(&script) else { panic!("it is a step") };
        assert_eq!(since, at(1_234));
    }

    #[test]
    fn what_is_over_has_a_beginning_and_an_end() {
        let course = course_of("0000000000 5555555555 0000000000");
        let over = Course::Over { from: Some(at(10)), then: 0.5, until: at(20), after: 0.0 };
        assert_eq!(course, over);
        let course = course_of("5555555555 0000000000");
        assert_eq!(course, Course::Over { from: None, then: 0.5, until: at(10), after: 0.0 });
    }

    #[test]
    fn a_short_pause_is_no_end() {
        let course = course_of("0000000000 5555555555 5555555555 0000");
        let Course::Risen { since, .. } = course else { panic!("{course:?}") };
        assert_eq!(since, at(10));
    }

    #[test]
    fn what_goes_on_at_a_lower_rate_is_not_over() {
        assert_eq!(course_of("9999999999 2222222222"), Course::FromTheStart);
    }

    #[test]
    fn bursts_are_no_step() {
        for script in ["4", "4141341242 5213414241", "0420310240 3014203402 2041330142"] {
            assert_eq!(course_of(script), Course::FromTheStart, "{script}");
        }
        assert_eq!(course_of("0000000000 0000100000 0000001000"), Course::Since(at(14)));
        assert_eq!(course_of("0000000000"), Course::Absent);
        assert_eq!(course_of(""), Course::Absent);
    }

    #[test]
    fn a_few_before_are_no_before() {
        assert_eq!(course_of("05555 55555 55555"), Course::FromTheStart);
    }

    #[test]
    fn any_course_ends_well() {
        for length in [1_usize, 2, 63, 64, 65, 129, 2_048] {
            for digit in ["0", "1", "9"] {
                course_of(&digit.repeat(length));
                course_of(&(digit.repeat(length) + "5"));
            }
        }
    }
}
