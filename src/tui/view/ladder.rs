//! One lookup as a ladder: a column for the client and for each server, an arrow for each message.

use std::net::IpAddr;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use super::{Piece, write_lines, write_pieces};
use crate::snapshot::{Focus, Lookup, LookupOutcome, LookupStep, StepKind};
use crate::tui::called::Called;
use crate::tui::text;
use crate::tui::theme::{self, Meaning};

/// From this height on there is room for what is known of the selected step.
const ROOM_FOR_DETAIL: u16 = 8;
/// From this height on, also for who says what the server is called.
const ROOM_FOR_NAMES: u16 = 14;
/// Columns for the time of a step.
const TIME: u16 = 11;
/// The least that an arrow needs to say anything.
const LEAST_LANE: u16 = 20;
/// The most that it can use.
const MOST_LANE: u16 = 44;

pub(super) fn draw(
    lookup: &Lookup,
    place: usize,
    (focus, called): (Focus, Called<'_>),
    area: Rect,
    buffer: &mut Buffer,
) {
    let place = place.min(lookup.steps.len().saturating_sub(1));
    let named = lookup.steps.get(place).and_then(|step| called.told(other_end(step)));
    let [head, names, steps, foot] = area.layout(&Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(match area.height {
            0..ROOM_FOR_DETAIL => 0,
            ROOM_FOR_NAMES.. if named.is_some() => 3,
            _ => 2,
        }),
    ]));
    write_lines(&[headline(lookup, head.width)], Meaning::Strong.style(), head, buffer);
    let lanes = Lanes::new(&lookup.servers, area.width);
    write_lines(&[lanes.names(lookup.id.client, called)], Meaning::Heading.style(), names, buffer);
    let height = usize::from(steps.height);
    let first = place.saturating_sub(height / 2).min(lookup.steps.len().saturating_sub(height));
    for ((nth, step), row) in lookup.steps.iter().enumerate().skip(first).zip(steps.rows()) {
        draw_step(&lanes, step, focus, row, buffer);
        if nth == place {
            buffer.set_style(row, Meaning::Selected.style());
        }
    }
    if let Some(step) = lookup.steps.get(place) {
        let said = detail(lookup, place, step, called);
        let said = text::wrap(&said, foot.width.into(), foot.height.into());
        write_lines(&said, Meaning::Plain.style(), foot, buffer);
    }
}

/// Who asked for what and how that ended, in one line; the name gives way first.
pub(super) fn headline(lookup: &Lookup, width: u16) -> String {
    let question = &lookup.id.question;
    let before = format!("{} asks ", lookup.id.client);
    let earlier = match lookup.earlier {
        0 => String::new(),
        earlier => format!(", {} earlier left out", text::count(earlier)),
    };
    let kind = match question.kind() {
        kind if kind.is_empty() => kind,
        kind => format!(" {kind}"),
    };
    let after = format!("{kind}: {}{earlier}", ended(lookup));
    let used = text::width(&before) + text::width(&after);
    let name = text::clip_middle(question.name(), usize::from(width).saturating_sub(used).max(8));
    text::clip(&format!("{before}{name}{after}"), width.into())
}

fn ended(lookup: &Lookup) -> String {
    match (lookup.outcome, lookup.took) {
        (LookupOutcome::Waiting, _) => "waits".to_owned(),
        (LookupOutcome::NoResponse, _) | (_, None) => lookup.outcome.to_string(),
        (outcome, Some(took)) => format!("{outcome} after {}", text::rounded(took)),
    }
}

/// All that is known of a step beside its message.
pub(super) fn detail(
    lookup: &Lookup,
    place: usize,
    step: &LookupStep,
    called: Called<'_>,
) -> String {
    let (from, to) = match step.kind {
        StepKind::Query { .. } => (step.client, step.server),
        _ => (step.server, step.client),
    };
    let who = match &step.kind {
        StepKind::Error { by, .. } => format!("from {by} to {}", step.client.ip()),
        _ => format!("{from} -> {to}"),
    };
    let mut said = vec![format!("step {} of {}: {}", place + 1, lookup.steps.len(), what(step))];
    said.extend(step.frame.map(|frame| format!("frame {frame}")));
    said.extend(step.id.map(|id| format!("id {id} (0x{id:04x})")));
    said.extend((step.length > 0).then(|| text::plural(step.length.into(), "byte")));
    said.push(format!("{} UTC", step.at.clock()));
    said.push(format!("{who} {}", step.transport));
    said.extend(called.told(other_end(step)));
    said.join(", ")
}

/// Who was asked, or who reports an error.
fn other_end(step: &LookupStep) -> IpAddr {
    match step.kind {
        StepKind::Error { by, .. } => by,
        _ => step.server.ip(),
    }
}

/// What a step is, in a few words.
fn what(step: &LookupStep) -> String {
    let took = step.took.map_or_else(String::new, |took| format!(" {}", text::rounded(took)));
    match &step.kind {
        StepKind::Query { again: false } => "query".to_owned(),
        StepKind::Query { again: true } => "query again".to_owned(),
        StepKind::Response { rcode, truncated: false } => format!("{rcode}{took}"),
        StepKind::Response { rcode, truncated: true } => format!("{rcode} truncated{took}"),
        StepKind::Error { says, .. } => says.clone(),
    }
}

/// What an arrow says: more than [`what`] as far as there is room for it.
fn label(step: &LookupStep, room: usize) -> String {
    let mut label = what(step);
    let server = step.server.ip();
    let more = [
        (step.transport != crate::snapshot::Transport::Udp).then(|| format!(" {}", step.transport)),
        match &step.kind {
            StepKind::Error { by, .. } if *by != server => Some(format!(" by {by}")),
            _ => None,
        },
        step.id.map(|id| format!(" id {id}")),
    ];
    for each in more.into_iter().flatten() {
        if text::width(&label) + text::width(&each) <= room {
            label.push_str(&each);
        }
    }
    text::clip(&label, room)
}

/// The columns of a ladder: the client's at the left, then those of the servers.
struct Lanes {
    servers: Vec<IpAddr>,
    /// The last lane is that of all other servers.
    others: bool,
    /// Columns from one lane to the next.
    width: u16,
}

impl Lanes {
    fn new(servers: &[IpAddr], width: u16) -> Self {
        let room = width.saturating_sub(TIME + 1);
        let most = usize::from((room / LEAST_LANE).max(1));
        let others = servers.len() > most;
        let own = if others { most - 1 } else { servers.len() };
        let lanes = own + usize::from(others);
        let width = room / text::cells(lanes.max(1));
        let servers = servers.iter().take(own).copied().collect();
        Self { servers, others, width: width.clamp(4, MOST_LANE) }
    }

    fn count(&self) -> usize {
        self.servers.len() + usize::from(self.others)
    }

    /// In which lane a server is, from 1.
    fn of(&self, server: IpAddr) -> usize {
        let place = self.servers.iter().position(|each| *each == server);
        place.unwrap_or(self.servers.len()) + 1
    }

    /// The client at the left, each server ending where its lane is.
    fn names(&self, client: IpAddr, called: Called<'_>) -> String {
        let width = usize::from(self.width);
        let first = usize::from(TIME);
        let servers = self.servers.iter().map(Some).chain(self.others.then_some(None));
        let room = first + width / 2;
        let mut line = format!("{:first$}{}", "", called.fitted(client, width / 2));
        for (nth, server) in servers.enumerate() {
            let room = if nth == 0 { first + width - room - 1 } else { width - 2 };
            let server = match server {
                Some(server) => called.fitted(*server, room),
                None => text::clip_middle("others", room),
            };
            let end = first + width * (nth + 1) + 1;
            let pad = end.saturating_sub(text::width(&line) + text::width(&server));
            line.push_str(&" ".repeat(pad));
            line.push_str(&server);
        }
        line
    }

    /// The rungs of a step: lines where nothing happens, an arrow from lane to lane.
    fn rung(&self, step: &LookupStep) -> [String; 3] {
        let lane = self.of(step.server.ip());
        let width = usize::from(self.width);
        let length = (width * lane).saturating_sub(1);
        let is_query = matches!(step.kind, StepKind::Query { .. });
        let label = label(step, length.saturating_sub(4));
        let line = "-".repeat(length.saturating_sub(3 + text::width(&label)));
        let arrow = if is_query {
            format!("-{label}{line}->")
        } else if matches!(step.kind, StepKind::Error { .. }) {
            format!("<-{line}{label}X")
        } else {
            format!("<-{line}{label}-")
        };
        let behind = format!("{:>width$}", "|").repeat(self.count().saturating_sub(lane));
        [arrow, "|".to_owned(), behind]
    }
}

fn draw_step(lanes: &Lanes, step: &LookupStep, focus: Focus, row: Rect, buffer: &mut Buffer) {
    let time = format!("{:>width$} ", offset(step), width = usize::from(TIME) - 1);
    let [arrow, end, behind] = lanes.rung(step);
    let quiet = |text: String| -> Piece { (text, Meaning::Quiet) };
    let pieces = [
        quiet(time),
        quiet("|".to_owned()),
        (arrow, meaning(step, focus)),
        quiet(end),
        quiet(behind),
    ];
    write_pieces(&pieces, row, buffer);
}

/// How long after the beginning: microseconds for a second, milliseconds for longer.
fn offset(step: &LookupStep) -> String {
    let seconds = step.after.as_secs();
    if seconds < 10 {
        format!("{:.6}", step.after.as_secs_f64())
    } else if seconds < 100_000 {
        format!("{:.3}", step.after.as_secs_f64())
    } else {
        text::rounded(step.after)
    }
}

fn meaning(step: &LookupStep, focus: Focus) -> Meaning {
    match step.kind {
        StepKind::Query { again: false } => Meaning::Plain,
        StepKind::Query { again: true } | StepKind::Error { .. } => Meaning::Warning,
        StepKind::Response { rcode, .. } => theme::rcode(rcode, focus).0,
    }
}
