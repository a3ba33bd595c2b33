//! What the screen shows, as text: every view, in every state, at every size that matters.

#[path = "support/analysis.rs"]
#[expect(dead_code, reason = "others make whole snapshots with it")]
mod analysis;
#[path = "support/fixtures.rs"]
mod fixtures;

use std::time::Duration;

use fixtures::FIXTURES;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Color;
use rcodetop::engine::{Engine, EngineConfig};
use rcodetop::feed::Play;
use rcodetop::focus::Focus;
use rcodetop::iana::Rcode;

use rcodetop::snapshot::{Ended, Replay, Selected, Snapshot, SourceKind, Speed};
use rcodetop::tui::bindings::{Bindings, Change};
use rcodetop::tui::export::Refusal;
use rcodetop::tui::glyphs::{self, Glyphs};
use rcodetop::tui::keys::Msg;
use rcodetop::tui::line::Edit;
use rcodetop::tui::look::Look;
use rcodetop::tui::model::{Model, Newer, Overlay, Pace};
use rcodetop::tui::update::{hear, update};
use rcodetop::tui::view::{VIEWS, draw};

const SIZES: [(u16, u16); 4] = [(200, 50), (120, 40), (80, 24), (40, 10)];

fn render(model: &Model, snapshot: &Snapshot) -> Buffer {
    let area = Rect::new(0, 0, model.size.0, model.size.1);
    let mut buffer = Buffer::empty(area);
    draw(model, snapshot, area, &mut buffer);
    buffer
}

/// The text of a screen, without the blanks at the ends of its lines.
fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width);
    let lines = buffer.content.chunks(width.max(1)).map(|row| {
        let mut line = String::new();
        let mut covered = 0;
        for cell in row {
            if covered == 0 {
                line.push_str(cell.symbol());
                covered = unicode_width::UnicodeWidthStr::width(cell.symbol()).max(1);
            }
            covered -= 1;
        }
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn screen(size: (u16, u16), snapshot: &Snapshot, keys: &[Msg]) -> String {
    let mut model = Model::new(size, true);
    model.folder = "/home/ops/incident-4711".into();
    let pace = Pace { packets: 12_345.6, bytes: 143_000_000.0, left: Some(Duration::from_secs(4)) };
    update(&mut model, Msg::Arrived(pace, Newer::default()), snapshot);
    for key in keys {
        update(&mut model, *key, snapshot);
    }
    text(&render(&model, snapshot))
}

fn named((columns, rows): (u16, u16), what: &str) -> String {
    format!("{what}_{columns}x{rows}")
}

fn at(name: &str) -> Snapshot {
    let found = FIXTURES.iter().find(|(each, _)| *each == name);
    found.map(|(_, make)| make()).expect("the fixture exists")
}

#[test]
fn the_overview_in_every_other_state_and_size() {
    let walked = states().map(|(state, _)| state);
    for (state, make) in FIXTURES.iter().filter(|(state, _)| !walked.contains(state)) {
        for size in SIZES {
            let name = named(size, &format!("overview_{state}"));
            insta::assert_snapshot!(name, screen(size, &make(), &[]));
        }
    }
}

/// A capture as it is shown with another focus.
fn captured(below: &str, focus: Focus, slow_ms: u64, size: (u16, u16)) -> Snapshot {
    let slow_after = Duration::from_millis(slow_ms);
    let mut engine = Engine::new(EngineConfig { focus, slow_after, ..EngineConfig::default() });
    analysis::feed(&mut engine, &analysis::testdata(below));
    let mut snapshot = engine.snapshot(&Model::new(size, true).spec());
    snapshot.source.kind = SourceKind::File;
    snapshot.source.name = below.into();
    snapshot.source.ended = Some(Ended::EndOfFile);
    snapshot.assess();
    snapshot
}

#[test]
fn silence_and_slowness_in_focus() {
    let sample = VIEWS.iter().position(|view| view.title == "Msg").expect("the view exists");
    let types = VIEWS.iter().position(|view| view.title == "Type").expect("the view exists");
    for (name, focus, below) in [
        ("no_response", Focus::NoResponse, "scenarios/13-firewall.pcap.zst"),
        ("slow", Focus::Slow, "scenarios/17-bind-overload.pcap.zst"),
    ] {
        for size in SIZES {
            let snapshot = captured(below, focus, 20, size);
            insta::assert_snapshot!(
                named(size, &format!("focus_{name}")),
                screen(size, &snapshot, &[])
            );
        }
        let snapshot = captured(below, focus, 20, (80, 24));
        for (view, keys) in [
            ("msg", [Msg::Show(sample)]),
            ("types", [Msg::Show(types)]),
            ("choose", [Msg::ChooseFocus]),
        ] {
            let shown = screen((80, 24), &snapshot, &keys);
            insta::assert_snapshot!(format!("focus_{name}_{view}"), shown);
        }
    }
}

#[test]
fn a_focus_with_nothing_in_it_says_of_what_there_is_none() {
    for (name, focus, below) in [
        ("no_response", Focus::NoResponse, "scenarios/25a-one-way-responses.pcap.zst"),
        ("too_early", Focus::NoResponse, "shapes/one-way-queries.pcap"),
        ("slow", Focus::Slow, "scenarios/08-domain-policy-refused.pcap.zst"),
    ] {
        let snapshot = captured(below, focus, 60_000, (80, 24));
        insta::assert_snapshot!(format!("focus_none_{name}"), screen((80, 24), &snapshot, &[]));
    }
}

#[test]
fn the_screen_in_the_readme_is_the_real_one() {
    let readme = include_str!("../README.md");
    let (_, shown) = readme.split_once("```text\n").expect("the README shows a screen");
    let (shown, _) = shown.split_once("\n```").expect("its screen ends");
    let rows = u16::try_from(shown.lines().count()).expect("it is no higher than a terminal");
    let mut model = Model::new((100, rows), true);
    let mut engine = Engine::new(EngineConfig::default());
    analysis::feed(&mut engine, &analysis::testdata("outage.pcap.gz"));
    let mut snapshot = engine.snapshot(&model.spec());
    snapshot.source.kind = SourceKind::File;
    snapshot.source.name = "testdata/outage.pcap.gz".into();
    snapshot.source.ended = Some(Ended::EndOfFile);
    update(&mut model, Msg::Arrived(Pace::default(), Newer::default()), &snapshot);
    assert_eq!(text(&render(&model, &snapshot)), shown);
}

/// The states that each view is shown in: none of its own, and a part of another.
fn states() -> [(&'static str, Snapshot); 5] {
    [
        ("empty", at("empty")),
        ("busy", at("busy")),
        ("filtered", part()),
        ("failed", at("failed")),
        ("hostile", at("hostile")),
    ]
}

/// The part of the busy one that a filter selects.
fn part() -> Snapshot {
    let filter = "type:A".into();
    let selected = Some(Selected { filter, queries: 700, responses: 690, since: None });
    Snapshot { selected, ..at("busy") }
}

/// What is typed to select that part.
fn filter() -> Vec<Msg> {
    let letters = "type:A".chars().map(|letter| Msg::Line(Edit::Insert(letter)));
    std::iter::once(Msg::Filter).chain(letters).chain([Msg::Line(Edit::Accept)]).collect()
}

#[test]
fn every_view_in_every_state_and_size() {
    for (place, view) in VIEWS.iter().enumerate() {
        for (state, snapshot) in states() {
            let chosen = if state == "filtered" { filter() } else { Vec::new() };
            let keys = [chosen, vec![Msg::Show(place)]].concat();
            let screens = SIZES.map(|size| {
                let (columns, rows) = size;
                format!("{columns} x {rows}\n{}", screen(size, &snapshot, &keys))
            });
            let name = format!("{}_{state}", view.title.to_lowercase());
            insta::assert_snapshot!(name, screens.join("\n\n"));
        }
    }
}

fn view(title: &str) -> Msg {
    Msg::Show(VIEWS.iter().position(|view| view.title == title).expect("the view exists"))
}

#[test]
fn addresses_with_what_they_are_called() {
    for title in ["Cause", "Servers", "Clients", "Path", "Latency", "Lookups", "Capture"] {
        for state in ["named", "misnamed"] {
            for size in SIZES {
                let name = named(size, &format!("{}_{state}", title.to_lowercase()));
                insta::assert_snapshot!(name, screen(size, &at(state), &[view(title)]));
            }
        }
    }
    let ladder = [lookups(), Msg::Enter, Msg::Move(1)];
    for size in SIZES {
        insta::assert_snapshot!(named(size, "ladder_named"), screen(size, &at("named"), &ladder));
    }
    let entered = [view("Servers"), Msg::Enter];
    insta::assert_snapshot!("entered_named_80x24", screen((80, 24), &at("named"), &entered));
}

#[test]
fn servers_and_clients_with_where_they_are_and_by_that() {
    let by = |times| vec![Msg::HostsBy; times];
    for state in ["placed", "placed_cut", "misplaced"] {
        for title in ["Servers", "Clients"] {
            let screens = SIZES.map(|size| {
                let shown = |keys: Vec<Msg>| {
                    let keys = [vec![view(title)], keys].concat();
                    screen(size, &at(state), &keys)
                };
                let entered = [by(1), vec![Msg::Move(1), Msg::Enter]].concat();
                let both = [entered.clone(), vec![Msg::Enter]].concat();
                let levels =
                    [by(0), by(1), by(2), entered, both].map(shown).join("\n\n=== next\n\n");
                format!("{} x {}\n{levels}", size.0, size.1)
            });
            let name = format!("places_{}_{state}", title.to_lowercase());
            insta::assert_snapshot!(name, screens.join("\n\n"));
        }
        for size in SIZES {
            let name = named(size, &format!("places_overview_{state}"));
            insta::assert_snapshot!(name, screen(size, &at(state), &by(1)));
        }
    }
    insta::assert_snapshot!(
        "places_help_80x24",
        screen((80, 24), &at("placed"), &[Msg::Help, Msg::Bottom])
    );
}

/// Nothing is offered, shown or done that needs databases.
#[test]
fn without_databases_the_screen_is_as_if_there_were_none_to_give() {
    for state in ["empty", "busy", "hostile", "named"] {
        for size in SIZES {
            for title in ["Overview", "Servers", "Clients"] {
                let shown = |keys: &[Msg]| screen(size, &at(state), keys);
                let pressed = shown(&[Msg::HostsBy, view(title)]);
                assert_eq!(pressed, shown(&[view(title)]), "{state} {title}");
            }
        }
        assert!(screen((80, 24), &at(state), &[Msg::HostsBy]).ends_with("where addresses are"));
        let help = screen((80, 60), &at(state), &[Msg::Help]);
        assert!(!help.contains("by country"), "{help}");
    }
}

/// Names never take the place of anything, and no key is needed to be without them.
#[test]
fn without_names_the_screen_is_as_if_there_were_none() {
    for title in ["Overview", "Cause", "Servers", "Clients", "Path", "Latency", "Lookups"] {
        for (with, without) in [("named", "busy"), ("misnamed", "hostile")] {
            for size in SIZES {
                let hidden = screen(size, &at(with), &[Msg::Names, view(title)]);
                assert_eq!(hidden, screen(size, &at(without), &[view(title)]), "{title}");
            }
        }
    }
    let mut model = Model::new((80, 24), true);
    model.called = None;
    update(&mut model, Msg::Names, &at("named"));
    assert!(model.notice.is_some_and(|notice| notice.contains("-n")));
    assert_eq!(model.called, None);
}

#[test]
fn an_error_has_a_packet_too() {
    let steps = [lookups(), Msg::Enter, Msg::Move(5), Msg::Enter];
    for size in SIZES {
        insta::assert_snapshot!(named(size, "packet_error"), screen(size, &at("busy"), &steps));
    }
}

/// The view of lookups.
fn lookups() -> Msg {
    Msg::Show(VIEWS.iter().position(|view| view.title == "Lookups").expect("the view exists"))
}

/// What is shown on the way from the table to the packet.
fn levels() -> [(&'static str, Vec<Msg>); 3] {
    let ladder = vec![lookups(), Msg::Enter, Msg::Move(1)];
    let message = [ladder.clone(), vec![Msg::Enter]].concat();
    [("lookups", vec![lookups()]), ("ladder", ladder), ("packet", message)]
}

#[test]
fn from_a_name_down_to_its_packet() {
    for state in ["busy", "hostile"] {
        for (level, keys) in levels() {
            for size in [(200, 50), (120, 40), (80, 24), (40, 10)] {
                let name = named(size, &format!("trail_{level}_{state}"));
                insta::assert_snapshot!(name, screen(size, &at(state), &keys));
            }
        }
    }
}

/// A real outage, as the dashboard's engine keeps it.
#[test]
fn from_a_name_of_a_capture_down_to_its_packet() {
    for (level, keys) in levels() {
        for size in [(200, 50), (120, 40), (80, 24)] {
            let mut model = Model::new(size, true);
            let mut engine =
                Engine::new(EngineConfig { trail: 64 << 20, ..EngineConfig::default() });
            analysis::feed(&mut engine, &analysis::testdata("outage.pcap.gz"));
            update(&mut model, lookups(), &Snapshot::default());
            let mut snapshot = engine.snapshot(&model.spec());
            snapshot.source.name = "outage.pcap.gz".to_owned();
            snapshot.source.ended = Some(Ended::EndOfFile);
            let keys = [vec![Msg::Sort; 5], keys.clone()].concat();
            keys.into_iter().for_each(|key| {
                update(&mut model, key, &snapshot);
            });
            let name = named(size, &format!("trail_{level}_outage"));
            insta::assert_snapshot!(name, text(&render(&model, &snapshot)));
        }
    }
}

#[test]
fn a_lookup_that_is_forgotten_is_not_replaced_by_another() {
    let mut model = Model::new((80, 24), true);
    let mut snapshot = at("busy");
    for key in [lookups(), Msg::Move(1), Msg::Enter, Msg::Enter] {
        update(&mut model, key, &snapshot);
    }
    snapshot.lookups.as_mut().expect("it has lookups").rows.remove(1);
    for key in [Msg::Move(1), Msg::Enter, Msg::Page(1)] {
        update(&mut model, key, &snapshot);
    }
    insta::assert_snapshot!("trail_gone_80x24", text(&render(&model, &snapshot)));
}

#[test]
fn what_keys_change() {
    let cases: &[(&str, &str, &[Msg])] = &[
        ("keys_help", "busy", &[Msg::Help]),
        ("keys_help_scrolled", "busy", &[Msg::Help, Msg::Bottom]),
        ("keys_choose_focus", "busy", &[Msg::ChooseFocus, Msg::Move(1)]),
        ("keys_reset", "drops", &[Msg::Reset]),
        ("keys_frozen", "drops", &[Msg::Freeze]),
        ("keys_zoomed", "busy", &[Msg::Zoom]),
        ("keys_second_table", "busy", &[Msg::Table(1), Msg::Move(3)]),
        ("keys_sorted", "busy", &[Msg::Show(2), Msg::Sort, Msg::Sort, Msg::Reverse]),
        ("keys_labels", "busy", &[Msg::Labels(1), Msg::Table(-1), Msg::Enter]),
        ("keys_domains", "busy", &[Msg::Domains, Msg::Show(4)]),
        ("keys_cut_list", "drops", &[Msg::Show(4), Msg::Bottom]),
        ("keys_notice", "drops", &[Msg::Focus]),
        ("keys_export", "busy", &[Msg::Export, Msg::Move(1)]),
        ("keys_export_ordered", "busy", &[Msg::Export, Msg::Enter]),
        ("keys_copy", "busy", &[Msg::Table(1), Msg::Move(2), Msg::Copy]),
        ("keys_copy_nothing", "busy", &[Msg::Show(12), Msg::Copy]),
    ];
    for (name, state, keys) in cases {
        insta::assert_snapshot!(*name, screen((80, 24), &at(state), keys));
    }
}

#[test]
fn a_report_that_cannot_be_written_is_told_with_what_to_do() {
    for size in [(120, 40), (80, 24), (40, 10)] {
        let snapshot = at("busy");
        let mut model = Model::new(size, true);
        let why =
            "cannot write into /home/ops/incident-4711: No space left on device (os error 28)";
        let advice = "Free some space there, or start with --export-dir DIR to write elsewhere.";
        hear(&mut model, Err(Refusal { why: why.into(), advice: advice.into() }));
        let name = named(size, "export_disk_full");
        insta::assert_snapshot!(name, text(&render(&model, &snapshot)));
        update(&mut model, Msg::Back, &snapshot);
        assert_eq!(model.overlay, None);
        hear(&mut model, Ok("/home/ops/incident-4711/rcodetop-20261121T031224Z-2.md".into()));
        let name = named(size, "export_written");
        insta::assert_snapshot!(name, text(&render(&model, &snapshot)));
    }
}

#[test]
fn a_tiny_terminal_says_what_it_needs() {
    for size in [(39, 24), (80, 9), (12, 3), (1, 1), (1, 24), (80, 1), (0, 0)] {
        insta::assert_snapshot!(named(size, "tiny"), screen(size, &at("busy"), &[]));
    }
}

/// Every view in every state at every size, and at the sizes where layouts change.
fn everywhere(mut check: impl FnMut(&Model, &Snapshot)) {
    for (_, make) in FIXTURES {
        let snapshot = make();
        for (place, view) in VIEWS.iter().enumerate() {
            for width in [0, 39, 40, 72, 80, 116, 180, 200] {
                for height in [0, 10, 13, 16, 24, 50] {
                    let mut model = Model::new((width, height), true);
                    update(&mut model, Msg::Show(place), &snapshot);
                    check(&model, &snapshot);
                    update(&mut model, Msg::Zoom, &snapshot);
                    check(&model, &snapshot);
                    let deeper = [Msg::Enter, Msg::Bottom, Msg::Enter, Msg::Page(1)];
                    for key in deeper.into_iter().filter(|_| view.title == "Lookups") {
                        update(&mut model, key, &snapshot);
                        check(&model, &snapshot);
                    }
                }
            }
        }
    }
}

/// The same at sizes that show each layout once.
fn in_each_layout(mut check: impl FnMut(&Model, &Snapshot)) {
    everywhere(|model, snapshot| {
        if [(40, 10), (80, 24), (116, 24), (180, 24)].contains(&model.size) {
            check(model, snapshot);
        }
    });
}

#[test]
fn every_screen_is_printable_and_tells_its_source_and_its_keys() {
    everywhere(|model, snapshot| {
        let buffer = render(model, snapshot);
        assert!(buffer.content.iter().all(|cell| !cell.symbol().contains(char::is_control)));
        let (width, height) = model.size;
        if width < 40 || height < 10 {
            return;
        }
        let text = text(&buffer);
        assert!(text.starts_with("file ") || text.starts_with("live "), "{text}");
        assert!(text.lines().last().unwrap_or_default().starts_with("q quit"), "{text}");
    });
}

#[test]
fn without_colour_there_is_none() {
    for (_, make) in FIXTURES {
        let model = Model::new((120, 40), false);
        let buffer = render(&model, &make());
        let plain = |cell: &Cell| cell.fg == Color::Reset && cell.bg == Color::Reset;
        assert!(buffer.content.iter().all(plain));
    }
}

#[test]
fn the_focus_code_is_red_and_has_its_own_shade() {
    const RED: Color = Color::LightRed;
    let mut model = Model::new((80, 24), true);
    model.look = Look::named("ansi");
    let buffer = render(&model, &at("busy"));
    let bar = &buffer.content[6 * 80..7 * 80];
    let solid: Vec<_> = bar.iter().filter(|cell| cell.symbol() == "█").collect();
    assert_eq!(solid.len(), 30);
    assert!(solid.iter().all(|cell| cell.fg == RED));
    let mut answers = at("busy");
    answers.focus = Rcode::NOERROR.into();
    let buffer = render(&model, &answers);
    assert!(buffer.content.iter().all(|cell| cell.fg != RED));
}

/// The runs of cells in one colour that is not that of plain text, as text.
fn coloured(buffer: &Buffer) -> Vec<String> {
    let width = usize::from(buffer.area.width);
    let mut runs = Vec::new();
    for row in buffer.content.chunks(width.max(1)) {
        let cells = row.chunk_by(|one, other| one.fg == other.fg);
        let cells = cells.filter(|run| run[0].fg != Color::White);
        runs.extend(cells.map(|run| run.iter().map(Cell::symbol).collect::<String>()));
    }
    runs
}

#[test]
fn what_is_coloured_is_also_a_word_or_a_shade() {
    in_each_layout(|model, snapshot| {
        let mut model = model.clone();
        model.look = Look::named("ansi");
        for run in coloured(&render(&model, snapshot)) {
            let is_word = run.contains(char::is_alphanumeric)
                || run.trim().chars().all(|sign| "-|<> ".contains(sign));
            let is_shade = run.trim().chars().all(|sign| " █▓▒░▲.▁▂▃▄▅▆▇".contains(sign));
            assert!(is_word || is_shade, "{run:?} says nothing without its colour");
        }
    });
}

#[test]
fn every_sign_stands_in_the_table_and_has_its_ascii_likes() {
    in_each_layout(|model, snapshot| {
        let mut model = model.clone();
        let overlays =
            [None, Some(Overlay::Help(0)), Some(Overlay::Focus(0)), Some(Overlay::Reset)];
        let seen = if model.size == (80, 24) { &overlays[..] } else { &overlays[..1] };
        for overlay in seen {
            model.overlay = *overlay;
            model.look.glyphs = Glyphs::Utf8;
            let told = text(&render(&model, snapshot));
            // The text of a stranger, in the fixture of hostile names.
            let is_ours = |sign: &char| !"漢字\n".contains(*sign);
            let unknown = told.chars().filter(is_ours).find(|sign| !glyphs::is_known(*sign));
            assert_eq!(unknown, None, "no row of the table has it");
            model.look.glyphs = Glyphs::Ascii;
            let told = text(&render(&model, snapshot));
            assert!(told.bytes().all(|byte| byte == b'\n' || (0x20..=0x7e).contains(&byte)));
        }
    });
}

#[test]
fn the_screen_in_ascii_and_on_the_console() {
    let mut model = Model::new((80, 24), false);
    for (name, glyphs) in [("ascii", Glyphs::Ascii), ("console", Glyphs::Console)] {
        model.look.glyphs = glyphs;
        insta::assert_snapshot!(format!("look_{name}"), text(&render(&model, &at("busy"))));
        let mut help = model.clone();
        help.overlay = Some(Overlay::Help(0));
        insta::assert_snapshot!(format!("look_{name}_help"), text(&render(&help, &at("busy"))));
    }
}

/// Text of a server that is wide, combining or joined, as no name ever is.
#[test]
fn foreign_text_does_not_break_columns() {
    let mut foreign = at("busy");
    foreign.ede[0].text =
        "拒否された e\u{301}\u{301} \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} ok".into();
    let plain = at("busy");
    let place = VIEWS.iter().position(|view| view.title == "EDE").expect("the view exists");
    for width in 40..130 {
        let mut model = Model::new((width, 24), true);
        for snapshot in [&plain, &foreign] {
            update(&mut model, Msg::Show(place), snapshot);
        }
        for glyphs in [Glyphs::Utf8, Glyphs::Ascii] {
            model.look.glyphs = glyphs;
            let [ours, theirs] = [&plain, &foreign].map(|snapshot| render(&model, snapshot));
            let last = |buffer: &Buffer| text(buffer).lines().last().map(str::to_owned);
            assert_eq!(last(&ours), last(&theirs));
            for line in text(&theirs).lines() {
                let columns = unicode_width::UnicodeWidthStr::width(line);
                assert!(columns <= width.into(), "{columns} of {width}: {line}");
            }
        }
    }
}

#[test]
fn the_keys_in_force_are_those_that_are_shown() {
    let change = |action: &str, keys: &[&str]| Change {
        action: action.into(),
        keys: keys.iter().map(|key| (*key).into()).collect(),
    };
    let changes = [change("freeze", &["ctrl-f"]), change("zoom", &[]), change("quit", &["Q"])];
    let bindings = Bindings::with(&changes).expect("they can be");
    let mut model = Model::new((120, 40), true);
    model.bindings = bindings;
    let foot = text(&render(&model, &at("busy")));
    let foot = foot.lines().last().unwrap_or_default();
    assert!(foot.starts_with("Q quit") && foot.contains("^F freeze"), "{foot}");
    assert!(!foot.contains("zoom"), "{foot}");
    model.overlay = Some(Overlay::Help(0));
    let help = text(&render(&model, &at("busy")));
    assert!(help.contains("Q ^C      quit") && help.contains("PgDn      next page"), "{help}");
    assert!(!help.contains("one table fills the screen"), "{help}");
}

/// Half of an outage, played.
fn played(change: impl Fn(&mut Replay)) -> Snapshot {
    let mut snapshot = at("busy");
    let first = snapshot.source.first.expect("it has packets");
    snapshot.source.ended = None;
    let after = |seconds| Some(first.plus(Duration::from_secs(seconds)));
    let mut replay = Replay {
        speed: Speed::from_thousandths(10_000).expect("it is a speed"),
        is_playing: true,
        is_seeking: false,
        at: after(25),
        next: after(26),
        end: after(96),
    };
    change(&mut replay);
    snapshot.source.replay = Some(replay);
    snapshot
}

#[test]
fn a_capture_that_is_played_says_how_far_and_how_fast() {
    let later =
        |replay: &Replay, seconds| replay.at.map(|at| at.plus(Duration::from_secs(seconds)));
    let mut done = played(|_| ());
    done.source.ended = Some(Ended::EndOfFile);
    let states = vec![
        ("playing", played(|_| ())),
        ("paused", played(|replay| replay.is_playing = false)),
        ("seeking", played(|replay| replay.is_seeking = true)),
        ("gap", played(|replay| replay.next = later(replay, 421))),
        (
            "long_gap",
            played(|replay| {
                replay.next = later(replay, 300_000);
                replay.end = later(replay, 300_100);
            }),
        ),
        ("end_unknown", played(|replay| replay.end = None)),
        ("done", done),
    ];
    for (state, snapshot) in states {
        for size in SIZES {
            let told = screen(size, &snapshot, &[]);
            let lines: Vec<&str> = told.lines().collect();
            let ends = [lines[0], lines[1], lines.last().expect("it has lines")].join("\n");
            insta::assert_snapshot!(named(size, &format!("replay_{state}")), ends);
        }
    }
    let frozen = screen((80, 24), &played(|_| ()), &[Msg::Freeze, Msg::Play(Play::Toggle)]);
    insta::assert_snapshot!("replay_frozen_80x24", frozen);
    let help = screen((120, 50), &played(|_| ()), &[Msg::Help]);
    insta::assert_snapshot!("replay_help_120x50", help);
}

/// What is typed stands on the screen, with what it may become.
#[test]
fn a_part_of_everything_says_so() {
    let mut part = part();
    part.outcomes.answered = 688;
    let typed = |text: &str| -> Vec<Msg> {
        let letters = text.chars().map(|letter| Msg::Line(Edit::Insert(letter)));
        std::iter::once(Msg::Filter).chain(letters).collect()
    };
    for (state, keys) in [
        ("typing", typed("type:A rcode:S")),
        ("misspelt", typed("type:A rcode:REFUZED ")),
        ("entered", vec![Msg::Show(2), Msg::Enter, Msg::Enter]),
    ] {
        for size in SIZES {
            insta::assert_snapshot!(named(size, state), screen(size, &part, &keys));
        }
    }
}
