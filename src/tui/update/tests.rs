use std::net::IpAddr;

use super::*;
use crate::snapshot::{Ended, Finding, List, RcodeRow, Row, blank, fixtures};
use crate::tui::export::{Form, Refusal};
use crate::tui::keys::{KEYS, read};
use crate::tui::model::Pace;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Nine clients that got 9, 8, … 1 refusals, and three servers.
fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot { focus: Focus::default(), ..Snapshot::default() };
    snapshot.ledger.responses = 30;
    snapshot.servers = list(3);
    snapshot.clients = list(9);
    snapshot.rcodes = [0, 2, 5].map(code).to_vec();
    snapshot
}

fn code(code: u16) -> RcodeRow {
    RcodeRow { rcode: Rcode(code), responses: 10, share: 0.3, latency: None }
}

fn list(length: u8) -> List<IpAddr> {
    let rows = (0..length).map(|n| row(IpAddr::from([10, 0, 0, n]), u64::from(length - n)));
    List { rows: rows.collect(), total: length.into(), omitted: 0, error: 0 }
}

pub(super) fn row(key: IpAddr, focus: u64) -> Row<IpAddr> {
    Row { responses: 100 - focus, focus, whole: 100 - focus, ..blank(key) }
}

fn model() -> Model {
    Model::new((80, 24), true)
}

fn press(model: &mut Model, keys: &str, snapshot: &Snapshot) -> Option<Effect> {
    let mut effect = None;
    for key in keys.split(' ') {
        effect = update(model, message(key), snapshot);
    }
    effect
}

/// Keys as the help page writes them.
fn message(key: &str) -> Msg {
    let all = KEYS.iter().flat_map(|row| row.keys);
    let found = all.copied().find(|each| crate::tui::keys::label(*each) == key);
    let (modifiers, code) =
        found.unwrap_or_else(|| (KeyModifiers::NONE, KeyCode::Char(key.chars().next().unwrap())));
    read(KeyEvent::new(code, modifiers)).unwrap_or_else(|| panic!("{key} has no message"))
}

/// The address selected in the active table.
fn selected(model: &Model, snapshot: &Snapshot) -> String {
    let (rows, place) = model.ordered(model.active(), snapshot);
    sheet::identity(model.active().sheet(), rows[place], snapshot)
}

#[track_caller]
fn check_selection(keys: &str, expected: &str) {
    let (mut model, snapshot) = (model(), snapshot());
    press(&mut model, keys, &snapshot);
    assert_eq!(selected(&model, &snapshot), expected, "after {keys}");
}

#[test]
fn rows_are_walked_and_the_ends_hold() {
    check_selection("k", "10.0.0.0");
    check_selection("j", "10.0.0.1");
    check_selection("↓ ↓ ↓ ↓ ↓", "10.0.0.2");
    check_selection("G", "10.0.0.2");
    check_selection("End Home", "10.0.0.0");
    check_selection("G g", "10.0.0.0");
    check_selection("G ↑", "10.0.0.1");
    check_selection("c PgDn", "10.0.0.8");
    check_selection("c ^F ^B", "10.0.0.0");
    check_selection("c G PgUp", "10.0.0.0");
}

#[test]
fn tab_goes_round_the_tables_and_each_keeps_its_place() {
    check_selection("Tab j j j", "10.0.0.3");
    check_selection("Tab j j j Tab Tab", "10.0.0.0");
    check_selection("Tab j j j Tab Tab Tab", "10.0.0.3");
    check_selection("Shift-Tab Shift-Tab j", "10.0.0.1");
}

#[test]
fn sorting_turns_the_order_over() {
    check_selection("c S", "10.0.0.8");
    check_selection("c S S", "10.0.0.0");
    check_selection("c s", "10.0.0.0");
    check_selection("c s s s", "10.0.0.8");
}

#[test]
fn a_selected_row_is_followed_when_it_moves_and_the_top_row_is_not() {
    let (mut model, mut now) = (model(), snapshot());
    press(&mut model, "c j", &now);
    now.clients.rows[1].focus = 2;
    now.clients.rows[5].focus = 99;
    assert_eq!(selected(&model, &now), "10.0.0.1");
    press(&mut model, "g", &now);
    assert_eq!(selected(&model, &now), "10.0.0.5");
    now.clients.rows[7].focus = 100;
    assert_eq!(selected(&model, &now), "10.0.0.7");
}

#[test]
fn a_selected_row_that_vanishes_leaves_the_place_behind() {
    let (mut model, mut now) = (model(), snapshot());
    press(&mut model, "c G", &now);
    now.clients = list(2);
    assert_eq!(selected(&model, &now), "10.0.0.1");
    now.clients = list(0);
    assert_eq!(model.ordered(model.active(), &now), (vec![], 0));
    press(&mut model, "j k G g PgDn", &now);
}

#[test]
fn views_turn_and_are_called_by_their_letters() {
    let (mut model, snapshot) = (model(), snapshot());
    for (place, view) in VIEWS.iter().enumerate() {
        assert_eq!(model.view, place);
        press(&mut model, "→", &snapshot);
        press(&mut model, &view.key.to_string(), &snapshot);
        assert_eq!(model.view, place, "{}", view.title);
        press(&mut model, "]", &snapshot);
    }
    assert_eq!(model.view, 0);
    press(&mut model, "←", &snapshot);
    assert_eq!(model.view, VIEWS.len() - 1);
    press(&mut model, "[", &snapshot);
    assert_eq!(model.view, VIEWS.len() - 2);
}

#[test]
fn a_zoomed_table_is_left_before_the_view() {
    let (mut model, snapshot) = (model(), snapshot());
    press(&mut model, "v z", &snapshot);
    assert!(model.zoomed);
    press(&mut model, "Esc", &snapshot);
    assert!(!model.zoomed && model.view != 0);
    press(&mut model, "Esc", &snapshot);
    assert_eq!(model.view, 0);
}

#[track_caller]
fn check_effect(keys: &str, expected: &[Effect]) {
    let (mut model, snapshot) = (model(), snapshot());
    assert_eq!(press(&mut model, keys, &snapshot).as_slice(), expected, "after {keys}");
}

fn focus(on: impl Into<Focus>) -> [Effect; 1] {
    [Effect::Ask(Command::Focus(on.into()))]
}

#[test]
fn quitting_works_from_everywhere() {
    for keys in ["q", "^C", "^X", "? q", "F q", "^R q", "z q"] {
        check_effect(keys, &[Effect::Quit]);
    }
}

#[test]
fn focus_goes_round_the_failures_seen() {
    check_effect("f", &focus(Rcode::SERVFAIL));
    check_effect("f f", &focus(Rcode::REFUSED));
    check_effect("f f f", &focus(Rcode::SERVFAIL));
}

#[test]
fn after_the_failures_come_silence_and_slowness_if_there_are_any() {
    let (mut model, mut now) = (model(), snapshot());
    now.outcomes.unanswered = 1;
    let mut next = || press(&mut model, "f", &now).map(|effect| [effect]);
    assert_eq!(next(), Some(focus(Focus::NoResponse)));
    assert_eq!(next(), Some(focus(Rcode::SERVFAIL)));
    assert_eq!(next(), Some(focus(Rcode::REFUSED)));
    (now.outcomes.answered, now.slow.responses) = (30, 2);
    now.focus = Focus::NoResponse;
    assert_eq!(press(&mut self::model(), "f", &now).map(|it| [it]), Some(focus(Focus::Slow)));
}

#[test]
fn focus_on_a_quiet_capture_says_what_to_do() {
    let (mut model, mut now) = (model(), snapshot());
    now.rcodes = vec![code(0)];
    assert_eq!(press(&mut model, "f", &now), None);
    assert!(model.notice.unwrap().contains("F chooses"));
}

#[test]
fn any_code_can_be_chosen() {
    check_effect("F Enter", &focus(Rcode::REFUSED));
    check_effect("F g Enter", &focus(Rcode::NOERROR));
    check_effect("F g j Enter", &focus(Rcode::SERVFAIL));
    check_effect("F g j j j Enter", &focus(Focus::NoResponse));
    check_effect("F g j j j j Enter", &focus(Focus::Slow));
    check_effect("F G Enter", &focus(Rcode(23)));
    check_effect("F Esc", &[]);
}

#[test]
fn the_asked_focus_holds_until_a_snapshot_has_it() {
    let (mut model, mut now) = (model(), snapshot());
    press(&mut model, "f", &now);
    update(&mut model, Msg::Arrived(Pace::default(), Newer::default()), &now);
    assert_eq!(model.asked_focus, Some(Rcode::SERVFAIL.into()));
    now.focus = Rcode::SERVFAIL.into();
    update(&mut model, Msg::Arrived(Pace::default(), Newer::default()), &now);
    assert_eq!(model.asked_focus, None);
}

#[track_caller]
fn check_names(keys: &str, by: NamesBy, depth: &[Option<u8>]) {
    let (mut model, snapshot) = (model(), snapshot());
    let effect = press(&mut model, keys, &snapshot);
    assert_eq!(model.names_by, by, "after {keys}");
    let asked = effect.map(|effect| match effect {
        Effect::Ask(Command::Spec(spec)) => spec.label_depth,
        other => panic!("{other:?}"),
    });
    assert_eq!(asked.as_slice(), depth, "after {keys}");
}

#[test]
fn names_roll_up_to_labels_and_domains() {
    for depth in 1..=9 {
        check_names(&depth.to_string(), NamesBy::Labels(depth), &[Some(depth)]);
    }
    check_names("0", NamesBy::Domain, &[None]);
    check_names("0 0", NamesBy::Question, &[None]);
    check_names("d", NamesBy::Domain, &[None]);
    check_names("d d", NamesBy::Question, &[None]);
    check_names("3 d", NamesBy::Domain, &[None]);
    check_names("3 0", NamesBy::Question, &[None]);
    check_names("3 3", NamesBy::Labels(3), &[]);
}

#[test]
fn a_reset_is_asked_for_and_confirmed() {
    check_effect("^R", &[]);
    check_effect("^R ^R", &[Effect::Ask(Command::Reset)]);
    check_effect("^R Enter", &[Effect::Ask(Command::Reset)]);
    for key in ["Esc", "j", "z", "?"] {
        check_effect(&format!("^R {key}"), &[]);
        check_effect(&format!("^R {key} ^R"), &[]);
    }
}

#[test]
fn a_report_is_written_in_the_form_that_was_chosen() {
    for (keys, form) in [
        ("e Enter", Some(Form::Markdown)),
        ("e e", Some(Form::Markdown)),
        ("e j Enter", Some(Form::Text)),
        ("e j j Enter", Some(Form::Json)),
        ("e G Enter", Some(Form::Packets)),
        ("w", Some(Form::Packets)),
        ("e Esc", None),
        ("e z", None),
    ] {
        let (mut model, snapshot) = (model(), snapshot());
        assert_eq!(press(&mut model, keys, &snapshot), None, "after {keys}");
        assert_eq!(model.export, form, "after {keys}");
        assert_eq!(model.overlay, None, "after {keys}");
        // Until it is written, snapshots have all that belongs into it.
        assert_eq!(model.spec().lists == crate::snapshot::Lists::ALL, form.is_some());
    }
}

#[test]
fn what_came_of_a_report_is_told() {
    let (mut model, snapshot) = (model(), snapshot());
    hear(&mut model, Ok("/tmp/r.md".into()));
    assert_eq!(model.notice.as_deref(), Some("report written: /tmp/r.md"));
    let refusal = Refusal { why: "no room".into(), advice: "make some".into() };
    hear(&mut model, Err(refusal.clone()));
    assert_eq!((model.overlay, model.refusal.clone()), (Some(Overlay::NotWritten), Some(refusal)));
    press(&mut model, "j", &snapshot);
    assert_eq!(model.overlay, None);
}

#[test]
fn the_key_of_the_selected_row_is_copied() {
    let copied = |text: &str| [Effect::Copy(text.to_owned())];
    check_effect("y", &copied("10.0.0.0"));
    check_effect("j j y", &copied("10.0.0.2"));
    check_effect("Tab G y", &copied("10.0.0.8"));
    check_effect("r y", &copied("NOERROR"));
    // Nothing is selected where there is no row or no table.
    check_effect("a y", &[]);
    check_effect("u y", &[]);
}

#[test]
fn a_finding_is_copied_with_its_command_and_without_control_characters() {
    let (mut model, mut snapshot) = (model(), snapshot());
    let headline = "recursion is denied\nto \u{1b}[2J10.0.0.0/8".to_owned();
    let verify = "dig @192.0.2.53 www.example A".to_owned();
    snapshot.findings = vec![Finding { headline, verify, ..fixtures::finding() }];
    let effect = press(&mut model, "a y", &snapshot);
    let text = "recursion is denied to ?[2J10.0.0.0/8; to verify: dig @192.0.2.53 www.example A";
    assert_eq!(effect, Some(Effect::Copy(text.to_owned())));
    let notice = model.notice.unwrap_or_default();
    assert_eq!(
        notice,
        "copied recursion is denied to ?[2J10.0.0.0/8; t… (if the terminal allows OSC 52)"
    );
}

#[test]
fn a_finding_of_connections_that_were_not_taken_leads_nowhere_and_says_why() {
    let entered = |connections| {
        let (mut model, mut snapshot) = (model(), snapshot());
        let cause = "tcp-reset";
        let finding = Finding { cause, count: 9, connections, ..fixtures::finding() };
        snapshot.findings = vec![finding];
        let effect = press(&mut model, "a Enter", &snapshot);
        (effect.is_some(), model.notice.unwrap_or_default())
    };
    let (is_asked, notice) = entered(9);
    assert!(!is_asked && notice == "no connection was taken: there are no queries to show");
    // Of others there are queries.
    assert_eq!(entered(8), (true, String::new()));
}

/// A capture that is played.
fn played() -> Snapshot {
    let at = Some(crate::time::Timestamp::new(1_000, 0));
    let (speed, is_playing, is_seeking) = (crate::snapshot::Speed::NORMAL, true, false);
    let mut snapshot = snapshot();
    snapshot.source.replay =
        Some(crate::snapshot::Replay { speed, is_playing, is_seeking, at, next: at, end: at });
    snapshot
}

#[test]
fn keys_say_how_packets_come_that_are_played() {
    for (key, play) in [
        ("P", Play::Toggle),
        ("N", Play::NextMessage),
        ("R", Play::NextFocus),
        ("}", Play::Faster),
        (")", Play::Faster),
        ("{", Play::Slower),
        ("(", Play::Slower),
        ("$", Play::ToEnd),
    ] {
        let asked = Some(Effect::Ask(Command::Play(play)));
        assert_eq!(press(&mut model(), key, &played()), asked, "{key}");
        let mut frozen = model();
        assert_eq!(press(&mut frozen, &format!("space {key}"), &played()), asked, "{key}");
        assert!(frozen.frozen && frozen.notice.unwrap().contains("shown once"), "{key}");
    }
}

#[test]
fn where_nothing_is_played_keys_say_so() {
    let mut ended = played();
    ended.source.ended = Some(Ended::EndOfFile);
    for (snapshot, why) in [(snapshot(), "that takes --replay"), (ended, "all has been played")] {
        let mut model = model();
        assert_eq!(press(&mut model, "P", &snapshot), None);
        assert!(model.notice.unwrap().contains(why), "{why}");
    }
}

#[test]
fn what_has_ended_is_not_reset() {
    let (mut model, mut now) = (model(), snapshot());
    now.source.ended = Some(Ended::EndOfFile);
    assert_eq!(press(&mut model, "^R ^R", &now), None);
    assert!(model.notice.is_some());
}

#[test]
fn the_screen_freezes_and_resumes() {
    let (mut model, snapshot) = (model(), snapshot());
    press(&mut model, "space", &snapshot);
    assert!(model.frozen);
    let newer = Newer { packets: 12, ended: true };
    update(&mut model, Msg::Arrived(Pace::default(), newer), &snapshot);
    assert_eq!(model.newer, newer);
    press(&mut model, "space", &snapshot);
    assert!(!model.frozen);
    assert_eq!(model.newer, Newer::default());
}

#[test]
fn help_opens_scrolls_and_closes() {
    for key in ["?", "h", "F1"] {
        let (mut model, snapshot) = (model(), snapshot());
        press(&mut model, key, &snapshot);
        assert_eq!(model.overlay, Some(Overlay::Help(0)));
        press(&mut model, "j PgDn k", &snapshot);
        assert_eq!(model.overlay, Some(Overlay::Help(10)));
        press(&mut model, key, &snapshot);
        assert_eq!(model.overlay, None);
    }
}

#[test]
fn the_mouse_selects_rows_tables_and_tabs() {
    let (mut model, snapshot) = (model(), snapshot());
    let clients = view::find_row(&model, &snapshot, SheetId::Clients, 2).unwrap();
    update(&mut model, Msg::Click(clients.0, clients.1), &snapshot);
    assert_eq!(model.active(), SheetId::Clients);
    assert_eq!(selected(&model, &snapshot), "10.0.0.2");
    update(&mut model, Msg::Wheel(clients.0, clients.1, -3), &snapshot);
    assert_eq!(selected(&model, &snapshot), "10.0.0.0");
    update(&mut model, Msg::Click(10, 2), &snapshot);
    assert_eq!(model.shown().title, "Cause");
    update(&mut model, Msg::Click(79, 23), &snapshot);
    update(&mut model, Msg::Click(u16::MAX, u16::MAX), &snapshot);
    assert_eq!(model.shown().title, "Cause");
}

#[test]
fn every_key_does_something_and_none_does_two_things() {
    let letters = VIEWS.iter().map(|view| (KeyModifiers::NONE, KeyCode::Char(view.key)));
    let keys: Vec<_> =
        KEYS.iter().flat_map(|row| row.keys.iter().copied()).chain(letters).collect();
    for (place, key) in keys.iter().enumerate() {
        assert!(!keys[..place].contains(key), "{key:?} stands twice");
        assert!(read(KeyEvent::new(key.1, key.0)).is_some(), "{key:?}");
    }
}

#[test]
fn shift_may_be_reported_or_not() {
    let shifted = KeyEvent::new(KeyCode::Char('S'), KeyModifiers::SHIFT);
    assert_eq!(read(shifted), Some(Msg::Reverse));
    assert_eq!(read(KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT)), Some(Msg::Table(-1)));
    assert_eq!(read(KeyEvent::new(KeyCode::Char('§'), KeyModifiers::NONE)), None);
}

#[test]
fn a_view_letter_stands_in_its_title() {
    for view in VIEWS {
        let found = view.title.chars().any(|c| c.eq_ignore_ascii_case(&view.key));
        assert!(found, "{}", view.title);
    }
}

#[test]
fn the_terminal_is_given_up_or_drawn_anew_whatever_lies_over_the_view() {
    let (mut model, snapshot) = (model(), snapshot());
    for keys in ["^Z", "? ^Z"] {
        assert_eq!(press(&mut model, keys, &snapshot), Some(Effect::Suspend), "{keys}");
    }
    assert_eq!(press(&mut model, "^L", &snapshot), Some(Effect::Redraw));
    assert!(model.overlay.is_some(), "the help stays");
}

fn lookup(client: u8, began: u64) -> crate::snapshot::Lookup {
    use crate::snapshot::{
        Class, Lookup, LookupId, LookupOutcome, LookupStep, QuestionKey, RecordType, StepKind,
        Timestamp, Transport,
    };
    let client = IpAddr::from([10, 0, 0, client]);
    let step = |nth: u64| LookupStep {
        at: Timestamp::new(began, nth),
        after: std::time::Duration::from_nanos(nth),
        client: (client, 4000).into(),
        server: ([10, 9, 9, 9], 53).into(),
        kind: StepKind::Query { again: nth > 0 },
        transport: Transport::Udp,
        id: Some(7),
        took: None,
        frame: None,
        length: 1200,
        bytes: vec![0; 1200],
        link: None,
    };
    let question =
        QuestionKey { name: "www.example".into(), rtype: RecordType(1), class: Class(1) };
    Lookup {
        id: LookupId {
            client,
            question,
            began: Timestamp::new(began, 0),
            last: Timestamp::new(began, 4),
        },
        servers: vec![[10, 9, 9, 9].into()],
        queries: 5,
        responses: 0,
        outcome: LookupOutcome::NoResponse,
        took: None,
        earlier: 0,
        steps: (0..5).map(step).collect(),
    }
}

/// Three lookups, the newest first.
fn with_lookups() -> Snapshot {
    let rows = (1..=3).map(|n| lookup(n, 100 - u64::from(n))).collect();
    let lookups = crate::snapshot::Lookups { rows, ..Default::default() };
    Snapshot { lookups: Some(lookups), ..snapshot() }
}

/// `client step`, or `client step line` for a message, or nothing for the table.
#[track_caller]
fn check_ladder(keys: &str, expected: &str) {
    let (mut model, snapshot) = (model(), with_lookups());
    press(&mut model, keys, &snapshot);
    let told = model.ladder.as_ref().map_or_else(String::new, |open| {
        let line = open.message.map_or_else(String::new, |line| format!(" {line}"));
        format!("{} {}{line}", open.id.client, open.step)
    });
    assert_eq!(told, expected, "after {keys}");
    assert_eq!(model.shown().title, "Lookups", "after {keys}");
}

#[test]
fn enter_leads_from_the_table_to_a_message_and_escape_back() {
    check_ladder("L", "");
    check_ladder("L Enter", "10.0.0.1 0");
    check_ladder("L j Enter", "10.0.0.2 0");
    check_ladder("L Enter j j", "10.0.0.1 2");
    check_ladder("L Enter j Enter", "10.0.0.1 1 0");
    check_ladder("L Enter j Enter Enter", "10.0.0.1 1 0");
    check_ladder("L Enter j Enter j", "10.0.0.1 2 0");
    check_ladder("L Enter j Enter Esc", "10.0.0.1 1");
    check_ladder("L Enter j Enter Esc Esc", "");
    check_ladder("L Enter s S Tab", "10.0.0.1 0");
}

#[test]
fn the_ends_of_a_lookup_hold_and_a_long_message_is_scrolled() {
    check_ladder("L Enter k", "10.0.0.1 0");
    check_ladder("L Enter G", "10.0.0.1 4");
    check_ladder("L Enter G g", "10.0.0.1 0");
    check_ladder("L Enter PgDn", "10.0.0.1 4");
    check_ladder("L Enter Enter PgUp", "10.0.0.1 0 0");
}

#[test]
fn escape_leaves_the_view_only_from_its_table() {
    let (mut model, snapshot) = (model(), with_lookups());
    press(&mut model, "L Enter Enter Esc Esc Esc", &snapshot);
    assert_eq!(model.view, 0);
}

#[test]
fn an_open_lookup_that_is_forgotten_stays_the_one() {
    let (mut model, mut now) = (model(), with_lookups());
    press(&mut model, "L j Enter Enter", &now);
    let id = model.ladder.clone().unwrap().id;
    now.lookups.as_mut().unwrap().rows.remove(1);
    press(&mut model, "j k PgDn Enter G", &now);
    assert_eq!(model.ladder.as_ref().unwrap().id, id);
    assert!(model.ladder.as_ref().unwrap().lookup(&now).is_none());
    press(&mut model, "Esc Esc", &now);
    assert_eq!(model.ladder, None);
}

#[test]
fn enter_on_no_lookup_opens_none() {
    let (mut model, now) = (model(), snapshot());
    press(&mut model, "L Enter Enter", &now);
    assert_eq!(model.ladder, None);
}

#[test]
fn lookups_are_asked_for_while_they_are_shown() {
    let (mut model, now) = (model(), with_lookups());
    assert_eq!(model.spec().lookups, None);
    press(&mut model, "L", &now);
    assert_eq!(model.spec().lookups.unwrap().open, None);
    press(&mut model, "j Enter", &now);
    let open = model.spec().lookups.unwrap().open.unwrap();
    assert_eq!(open.client, IpAddr::from([10, 0, 0, 2]));
    press(&mut model, "v", &now);
    assert_eq!(model.spec().lookups, None);
    press(&mut model, "space", &now);
    assert!(model.spec().lookups.is_some(), "all can be looked at while nothing moves");
    press(&mut model, "L", &now);
    assert_eq!(model.spec().lookups.unwrap().open, Some(open), "as it was left");
}
