//! Any packets, any keys, any size: the screen is drawn, in printable cells.
#![no_main]

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use libfuzzer_sys::fuzz_target;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rcodetop::engine::{Engine, EngineConfig};
use rcodetop::tui::keys;
use rcodetop::tui::model::Model;
use rcodetop::tui::update::update;
use rcodetop::tui::view::draw;

/// Keys that have names instead of letters.
const NAMED: [KeyCode; 12] = [
    KeyCode::Enter,
    KeyCode::Esc,
    KeyCode::Tab,
    KeyCode::BackTab,
    KeyCode::Up,
    KeyCode::Down,
    KeyCode::Left,
    KeyCode::Right,
    KeyCode::Home,
    KeyCode::End,
    KeyCode::PageUp,
    KeyCode::Backspace,
];

/// More keys than this only take time.
const MOST_KEYS: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    let Some(([columns, rows, keys], rest)) = bytes.split_first_chunk() else { return };
    let (keys, packets) = rest.split_at(usize::from(*keys).min(MOST_KEYS).min(rest.len()));
    let mut engine = Engine::new(EngineConfig { trail: 1 << 16, ..EngineConfig::default() });
    rcodetop_fuzz::frames(packets).for_each(|frame| engine.feed(&frame));
    let mut model = Model::new((u16::from(*columns), u16::from(*rows)), columns & 1 == 0);
    let mut snapshot = engine.snapshot(&model.spec());
    show(&model, &snapshot);
    for key in keys {
        let code = match NAMED.get(usize::from(*key)) {
            Some(code) => *code,
            None => KeyCode::Char(char::from(*key)),
        };
        let event = KeyEvent::new(code, KeyModifiers::NONE);
        let msg = if model.is_typing() {
            keys::read_line(event).map(keys::Msg::Line)
        } else {
            model.bindings.read(event)
        };
        let Some(msg) = msg else { continue };
        update(&mut model, msg, &snapshot);
        snapshot = engine.snapshot(&model.spec());
        show(&model, &snapshot);
    }
});

fn show(model: &Model, snapshot: &rcodetop::snapshot::Snapshot) {
    let area = Rect::new(0, 0, model.size.0, model.size.1);
    let mut buffer = Buffer::empty(area);
    draw(model, snapshot, area, &mut buffer);
    assert!(buffer.content.iter().all(|cell| !cell.symbol().contains(char::is_control)));
}
