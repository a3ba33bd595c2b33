//! Any sequence of frames, at times that also go back: the books balance, and every reader's
//! question has an answer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rcodetop::engine::{Engine, EngineConfig};
use rcodetop::focus::Focus;
use rcodetop::snapshot::{LookupsSpec, SnapshotSpec};

fuzz_target!(|bytes: &[u8]| {
    let (trail, names) = (1 << 16, 1 << 14);
    let config = EngineConfig { max_memory: 1 << 20, trail, names, ..EngineConfig::default() };
    let mut engine = Engine::new(config);
    let mut fed = 0;
    for frame in rcodetop_fuzz::frames(bytes) {
        engine.feed(&frame);
        fed += 1;
        if fed % 64 == 0 {
            engine.tick(frame.at);
            check(&mut engine, fed);
        }
    }
    engine.set_focus(Focus::NoResponse);
    check(&mut engine, fed);
    engine.finish();
    let (counted, responses) = check(&mut engine, fed);
    assert_eq!(counted, responses, "each response has one code");
});

/// Asks for everything; how many responses are counted by their code, and how many came.
fn check(engine: &mut Engine, fed: u64) -> (u64, u64) {
    let spec = SnapshotSpec {
        top: usize::MAX,
        label_depth: Some(2),
        lookups: Some(LookupsSpec { most: usize::MAX, open: None }),
        packets: true,
        names: true,
        ..SnapshotSpec::default()
    };
    let snapshot = engine.snapshot(&spec);
    let ledger = &snapshot.ledger;
    let named = snapshot.named.iter().flat_map(|named| named.rows.values());
    named.for_each(|name| assert!(name.name.bytes().all(|byte| (0x20..0x7f).contains(&byte))));
    let mut file = Vec::new();
    rcodetop::output::pcapng::write(&snapshot.packets, &mut file).expect("memory takes it");
    assert_eq!(ledger.frames, fed);
    assert!(ledger.balances(), "{ledger:?}");
    assert!(snapshot.outcomes.balances(ledger.queries), "{:?} {ledger:?}", snapshot.outcomes);
    let counted = snapshot.rcodes.iter().map(|row| row.responses).sum();
    // A response that may have overtaken its query is held for a moment before it counts.
    assert!(counted <= ledger.responses, "{counted} of {}", ledger.responses);
    (counted, ledger.responses)
}
