//! What an attacker would send: small numbers of it, whose books balance in little memory.
//!
//! `scripts/attacks` sends millions of the same packets and measures memory and time.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "support/analysis.rs"]
#[expect(dead_code, reason = "others read what is in testdata")]
mod analysis;
#[path = "../examples/attack/attacks.rs"]
mod attacks;

use attacks::{ATTACKS, Attack, Wire};
use rcodetop::engine::{Engine, EngineConfig};
use rcodetop::snapshot::{Rcode, Snapshot, SnapshotSpec};

/// How often, and a grant that is too small for it all.
const OFTEN: u64 = 4_000;
const MEMORY: u64 = 8 << 20;

/// A capture of an attack, and how many packets are in it.
fn capture((name, _, write): &Attack, often: u64) -> (tempfile::NamedTempFile, u64) {
    let mut wire = Wire::new(false);
    (0..often).for_each(|nth| write(nth, &mut wire));
    let file = tempfile::Builder::new().prefix(name).tempfile().unwrap();
    std::fs::write(file.path(), &wire.bytes).unwrap();
    (file, wire.packets)
}

fn attacked(attack: &Attack, often: u64, max_memory: u64) -> (Snapshot, u64) {
    let (file, packets) = capture(attack, often);
    let trail = 1 << 20;
    let mut engine = Engine::new(EngineConfig { max_memory, trail, ..EngineConfig::default() });
    analysis::feed(&mut engine, file.path());
    (engine.snapshot(&SnapshotSpec::default()), packets)
}

#[test]
fn the_books_balance_under_each_attack_in_little_memory() {
    for attack in ATTACKS {
        let (snapshot, packets) = attacked(attack, OFTEN, MEMORY);
        let (name, ledger) = (attack.0, &snapshot.ledger);
        assert_eq!(ledger.frames, packets, "{name}: every packet is counted");
        assert!(ledger.balances(), "{name}: {ledger:?}");
        let outcomes = snapshot.outcomes;
        assert!(outcomes.balances(ledger.queries), "{name}: {outcomes:?}");
        let settled = outcomes.answered + outcomes.unasked + outcomes.repeated_responses;
        assert_eq!(settled, ledger.responses, "{name}: every response has one fate");
    }
}

/// Whatever is forgotten, the count of the responses is not.
#[test]
fn all_refusals_of_an_attack_are_counted_and_what_was_forgotten_is_told() {
    for name in ["random-names", "spoofed-clients", "spoofed-servers", "time-jumps"] {
        let attack = ATTACKS.iter().find(|attack| attack.0 == name).unwrap();
        let (snapshot, _) = attacked(attack, OFTEN, MEMORY);
        let refused = snapshot.rcodes.iter().find(|row| row.rcode == Rcode::REFUSED);
        assert_eq!(refused.map(|row| row.responses), Some(OFTEN), "{name}");
    }
    let flood = ATTACKS.iter().find(|attack| attack.0 == "unanswered").unwrap();
    let (mut snapshot, _) = attacked(flood, 15 * OFTEN, MEMORY);
    snapshot.assess();
    assert!(snapshot.ledger.shed > 0, "more queries wait than there is room for");
    assert!(snapshot.quality.iter().any(|quality| quality.id == "shed"), "{:?}", snapshot.quality);
}

#[test]
fn each_attack_does_what_it_says() {
    let mut seen = std::collections::BTreeMap::new();
    for attack in ATTACKS {
        let (snapshot, _) = attacked(attack, OFTEN, 256 << 20);
        seen.insert(attack.0, snapshot);
    }
    let ledger = |name: &str| &seen[name].ledger;
    assert_eq!(seen["random-names"].names.total, OFTEN, "names");
    assert_eq!(seen["spoofed-clients"].clients.total, OFTEN, "clients");
    assert_eq!(seen["spoofed-servers"].outcomes.unasked, OFTEN, "responses nobody asked for");
    assert_eq!(seen["unanswered"].outcomes.answered, 0);
    assert!(ledger("pointers").malformed > OFTEN / 2, "{:?}", ledger("pointers"));
    assert_eq!(ledger("lying-counts").malformed, OFTEN);
    assert_eq!(ledger("half-open").segments, 2 * OFTEN);
    assert!(ledger("holes").segments == OFTEN && ledger("holes").dns_messages < OFTEN / 100);
    let resets = &seen["blind-resets"];
    assert_eq!((resets.outcomes.answered, resets.outcomes.unreachable), (OFTEN, 0));
    assert_eq!((resets.ledger.misfit_segments, resets.ledger.stream_gaps), (2 * OFTEN, 0));
    assert_eq!(ledger("tiny-fragments").fragments, OFTEN);
    assert!(ledger("overlapping-fragments").shed_pieces > 0);
    assert_eq!(ledger("same-time-fragments").shed_pieces, OFTEN, "one is given up, others differ");
    assert_eq!(ledger("icmp-errors").icmp_errors, OFTEN);
    assert_eq!(ledger("short-errors").icmp_errors, OFTEN);
    assert_eq!(ledger("short-errors").segments, OFTEN);
    assert_eq!(ledger("empty-frames").undecodable_total(), OFTEN);
}
