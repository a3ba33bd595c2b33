//! How far a capture is played, in the words of the first line.

use std::time::Duration;

use crate::feed::Play;
use crate::snapshot::{Replay, Snapshot, share};
use crate::time::Timestamp;
use crate::tui::keys::Msg;
use crate::tui::model::Model;
use crate::tui::text;

/// `replay 10x 20:12:41 of 20:13:05 (23 %), next packet in 42 s`, the fuller wording first.
pub(super) fn told(model: &Model, snapshot: &Snapshot, replay: &Replay) -> Vec<String> {
    let speed = replay.speed;
    let how = match (replay.is_playing, replay.is_seeking) {
        (_, true) => "seeking".to_owned(),
        (true, false) => format!("replay {speed}"),
        (false, false) => "paused".to_owned(),
    };
    let Some(at) = replay.at else { return vec![how] };
    let first = snapshot.source.first.unwrap_or(at);
    let of = |tell: fn(Timestamp) -> String| {
        let end = replay.end.map_or_else(String::new, |end| format!(" of {}", tell(end)));
        format!("{}{end}", tell(at))
    };
    let part = part(snapshot, replay, first, at);
    let [long, short] = [true, false].map(|is_long| note(model, replay, is_long));
    let (clock, least) =
        (at.clock(), if replay.is_playing { speed.to_string() } else { how.clone() });
    let mut wordings = vec![
        format!("{how} {}{part}{long}", of(Timestamp::clock)),
        format!("{how} {}{long}", of(Timestamp::clock)),
        format!("{how} {}{short}", of(Timestamp::clock)),
        format!("{how} {clock}{short}"),
        format!("{least} {clock}{short}"),
    ];
    if replay.end.is_some_and(|end| end.since(first) >= DAY) {
        wordings.insert(0, format!("{how} {}{part}{long}", of(Timestamp::date_and_clock)));
    }
    wordings
}

/// From then on a time of day says too little, where there is room for more.
const DAY: Duration = Duration::from_secs(86_400);

/// How much has been played: of the time, or of the bytes where the end is not known.
fn part(snapshot: &Snapshot, replay: &Replay, first: Timestamp, at: Timestamp) -> String {
    let of_bytes = snapshot.source.progress.map(|progress| share(progress.done, progress.total));
    let of_time = replay.end.map(|end| share(at.nanos_since(first), end.nanos_since(first)));
    let part = of_time.or(of_bytes).map(|part| part.clamp(0.0, 1.0));
    // Not rounded up: what is not all of it is not 100 %.
    part.map_or_else(String::new, |part| format!(" ({:.0} %)", (part * 100.0).floor()))
}

/// What the time does not say: how long nothing comes, and how fast it goes on.
fn note(model: &Model, replay: &Replay, is_long: bool) -> String {
    let gap = replay.gap().map(text::countdown);
    let step = model.bindings.label(Msg::Play(Play::NextMessage));
    match (gap, step) {
        (Some(gap), Some(key)) if is_long => format!(", next packet in {gap} ({key}: now)"),
        (Some(gap), None) if is_long => format!(", next packet in {gap}"),
        (Some(gap), _) => format!(", gap {gap}"),
        (None, _) if is_long && !replay.is_playing => format!(", {}", replay.speed),
        (None, _) => String::new(),
    }
}
