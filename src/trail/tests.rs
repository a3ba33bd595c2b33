use super::*;

const REFUSED: Kind = Kind::Response { rcode: Rcode::REFUSED, ede: None };
const PATIENCE: Duration = Duration::from_secs(5);
const NOERROR: Kind = Kind::Response { rcode: Rcode::NOERROR, ede: None };

fn client(lookup: u64) -> Address {
    Address(u128::from(lookup))
}

fn entry(at_ms: u64, lookup: u64, kind: Kind) -> Entry {
    Entry {
        at: Timestamp(at_ms * 1_000_000),
        frame: at_ms,
        lookup,
        client: client(lookup),
        server: Address::v4([10, 0, 0, 1]),
        ports: (4_000, 53),
        id: Some(7),
        transport: Transport::Udp,
        kind,
        flags: Flags(0),
        segments: 0,
        length: 0,
        around: None,
    }
}

/// Lookup `n` has the message `n n n ...`, so that bytes tell whether they are the right ones.
fn keep(trail: &mut Trail, at_ms: u64, lookup: u64, kind: Kind, length: usize) {
    let bytes = vec![u8::try_from(lookup % 251).unwrap(); length];
    let length = u32::try_from(length).unwrap();
    let entry = Entry { length, ..entry(at_ms, lookup, kind) };
    trail.keep(Kept { entry, bytes: &bytes });
    if kind == REFUSED {
        trail.mark(lookup, entry.at);
    }
}

/// Lookups by number with how many messages, the newest first.
fn lookups(trail: &Trail, most: usize) -> Vec<(u64, u64)> {
    let chains = trail.chains(&Wanted { most, pinned: None, links: MAX_LINKS });
    let told = chains
        .iter()
        .map(|chain| (chain.links[0].entry.lookup, chain.links.len() as u64 + chain.earlier));
    told.collect()
}

/// `at lookup kind` in a line each: `0 1 ?`, `20 1 REFUSED`.
fn script(text: &str) -> Trail {
    let mut trail = Trail::new(1 << 20, PATIENCE);
    for line in text.lines() {
        let [at, lookup, kind] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let kind = match kind {
            "?" => Kind::Query,
            "REFUSED" => REFUSED,
            _ => NOERROR,
        };
        keep(&mut trail, at.parse().unwrap(), lookup.parse().unwrap(), kind, 40);
    }
    trail
}

#[track_caller]
fn check(text: &str, expected: &[(u64, u64)]) {
    assert_eq!(lookups(&script(text), 10), expected, "{text}");
}

#[test]
fn messages_without_a_long_pause_are_one_lookup() {
    check("0 1 ?\n4900 1 ?\n9800 1 REFUSED", &[(1, 3)]);
    check("0 1 ?\n20 2 ?\n30 1 NOERROR\n40 2 NOERROR", &[(2, 2), (1, 2)]);
    check("0 1 ?\n5000 1 ?", &[(1, 1), (1, 1)]);
}

#[test]
fn a_pause_is_as_long_as_a_query_waits() {
    let mut trail = Trail::new(1 << 20, Duration::from_secs(1));
    keep(&mut trail, 0, 1, Kind::Query, 40);
    keep(&mut trail, 999, 1, Kind::Query, 40);
    keep(&mut trail, 1_999, 1, Kind::Query, 40);
    assert_eq!(lookups(&trail, 10), [(1, 1), (1, 2)]);
}

/// Keeps a message that came in segments, of which only some are kept.
fn keep_in_segments(trail: &mut Trail, at_ms: u64, lookup: u64, all: u8, here: u8) {
    let link = LinkType(1);
    for nth in 0..here {
        let around = Some(Around { link, wire_len: 9, message: (0, 9) });
        let entry = entry(at_ms - u64::from(here - nth), lookup, Kind::Segment);
        trail.keep(Kept { entry: Entry { around, ..entry }, bytes: &[nth; 9] });
    }
    let entry = Entry { segments: all, ..entry(at_ms, lookup, Kind::Query) };
    trail.keep(Kept { entry, bytes: &[9; 40] });
}

#[test]
fn segments_belong_to_the_message_behind_them_and_are_none() {
    let mut trail = Trail::new(1 << 20, PATIENCE);
    keep_in_segments(&mut trail, 100, 1, 3, 3);
    keep_in_segments(&mut trail, 200, 1, 5, 2);
    keep(&mut trail, 300, 1, REFUSED, 40);
    let chains = trail.chains(&Wanted::ALL);
    let [chain] = &chains[..] else { panic!("{} chains", chains.len()) };
    let found: Vec<(u8, usize)> =
        chain.links.iter().map(|link| (link.entry.segments, link.segments.len())).collect();
    assert_eq!(found, [(0, 0), (5, 2), (3, 3)]);
    assert_eq!((trail.entries(), trail.forgotten(), chain.earlier), (3, 0, 0));
    let frames: Vec<u64> = trail.frames().iter().map(|frame| frame.entry.frame).collect();
    assert_eq!(frames, [97, 98, 99, 198, 199]);
}

#[test]
fn segments_of_a_lookup_in_trouble_outlive_others_with_it() {
    let mut trail = Trail::new(64 << 10, PATIENCE);
    keep_in_segments(&mut trail, 100, 1, 3, 3);
    keep(&mut trail, 200, 1, REFUSED, 40);
    (0..1_000).for_each(|n| keep(&mut trail, 300 + n, 1_000 + n, Kind::Query, 100));
    let chains = trail.chains(&Wanted::ALL);
    let last = chains.last().unwrap();
    assert_eq!(last.links.last().unwrap().segments.len(), 3);
    assert_eq!(trail.entries() + trail.forgotten(), 1_002);
}

#[test]
fn who_asks_again_a_while_after_an_answer_begins_anew() {
    check("0 1 ?\n20 1 NOERROR\n1500 1 ?\n1520 1 NOERROR", &[(1, 2), (1, 2)]);
    check("0 1 ?\n20 1 NOERROR\n500 1 ?\n520 1 NOERROR", &[(1, 4)]);
    check("0 1 ?\n20 1 REFUSED\n1500 1 ?\n1520 1 REFUSED", &[(1, 4)]);
}

#[test]
fn time_that_goes_back_makes_no_pause() {
    check("9000 1 ?\n0 1 REFUSED", &[(1, 2)]);
}

#[test]
fn half_of_the_lookups_are_those_in_trouble_however_much_came_since() {
    let mut text = "0 1 ?\n1 1 REFUSED\n10 2 ?\n11 2 REFUSED".to_owned();
    (3..40).for_each(|n| text += &format!("\n{} {n} ?\n{} {n} NOERROR", n * 100, n * 100 + 1));
    let all = lookups(&script(&text), 6);
    let numbers: Vec<u64> = all.iter().map(|(lookup, _)| *lookup).collect();
    assert_eq!(numbers, [39, 38, 37, 36, 2, 1]);
}

#[test]
fn a_flood_stays_within_its_bytes_and_what_is_kept_is_whole() {
    const BOUND: usize = 256 << 10;
    let mut trail = Trail::new(BOUND, PATIENCE);
    for n in 0..20_000_u64 {
        let length = usize::try_from(n * 7 % 1_500).unwrap();
        let kind = if n.is_multiple_of(5) { REFUSED } else { Kind::Query };
        keep(&mut trail, n, n % 999, kind, length);
        assert!(trail.bytes() <= BOUND as u64, "{} bytes after {n}", trail.bytes());
    }
    assert_eq!(trail.entries() + trail.forgotten(), 20_000);
    assert!(trail.bytes() > BOUND as u64 / 3, "{}", trail.bytes());
    for chain in trail.chains(&Wanted::ALL) {
        for link in &chain.links {
            let byte = u8::try_from(link.entry.lookup % 251).unwrap();
            assert_eq!(link.message(), vec![byte; usize::try_from(link.entry.length).unwrap()]);
        }
    }
}

#[test]
fn a_message_that_is_too_long_is_cut() {
    let mut trail = Trail::new(1 << 20, PATIENCE);
    keep(&mut trail, 0, 1, Kind::Query, 60_000);
    let chains = trail.chains(&Wanted { most: 1, ..Wanted::ALL });
    assert_eq!(chains[0].links[0].message().len(), MAX_KEPT);
    assert_eq!(chains[0].links[0].entry.length, 60_000);
}

#[test]
fn too_little_memory_for_anything_keeps_nothing() {
    for bytes in [0, 1, 200, 1_000] {
        let mut trail = Trail::new(bytes, PATIENCE);
        (0..100).for_each(|n| keep(&mut trail, n, n, REFUSED, 500));
        assert!(trail.bytes() <= bytes as u64, "{} of {bytes}", trail.bytes());
        assert_eq!(trail.entries() + trail.forgotten(), 100);
    }
}

#[test]
fn trouble_outlives_what_went_well() {
    let mut trail = Trail::new(64 << 10, PATIENCE);
    for (lookup, kind) in [(1, NOERROR), (2, REFUSED)] {
        keep(&mut trail, 0, lookup, Kind::Query, 100);
        keep(&mut trail, 10, lookup, kind, 100);
    }
    (0..1_000).for_each(|n| keep(&mut trail, 100 + n, 1_000 + n, Kind::Query, 100));
    let numbers: Vec<u64> = lookups(&trail, 2_000).iter().map(|(lookup, _)| *lookup).collect();
    assert!(!numbers.contains(&1), "an answer is forgotten");
    assert_eq!(lookups(&trail, 2_000).last(), Some(&(2, 2)), "a refusal and its query are not");
}

#[test]
fn a_lookup_without_end_is_told_by_its_last_messages_and_a_number() {
    let mut trail = Trail::new(1 << 20, PATIENCE);
    (0..1_000).for_each(|n| keep(&mut trail, n, 1, Kind::Query, 40));
    let chains = trail.chains(&Wanted { most: 10, pinned: None, links: MAX_LINKS });
    let [chain] = &chains[..] else { panic!("{} chains", chains.len()) };
    assert_eq!((chain.links.len(), chain.earlier), (MAX_LINKS, 1_000 - MAX_LINKS as u64));
    assert_eq!((chain.queries, chain.began), (1_000, Timestamp(0)));
}

#[test]
fn a_pinned_lookup_is_found_as_long_as_it_is_there() {
    let mut trail = Trail::new(64 << 10, PATIENCE);
    let pin = |lookup: u64| Pin {
        client: client(lookup),
        from: Timestamp(0),
        to: Timestamp(10_000_000),
        is_about: &|bytes| bytes[0] == 5,
    };
    let pinned = |trail: &Trail, lookup| {
        let chains = trail.chains(&Wanted { most: 3, pinned: Some(pin(lookup)), links: MAX_LINKS });
        chains.iter().find(|chain| chain.pinned).map(|chain| chain.links.len())
    };
    keep(&mut trail, 0, 5, Kind::Query, 100);
    keep(&mut trail, 10, 5, NOERROR, 100);
    keep(&mut trail, 10, 6, Kind::Query, 100);
    (0..50).for_each(|n| keep(&mut trail, 20_000 + n, 1_000 + n, Kind::Query, 100));
    keep(&mut trail, 30_000, 5, Kind::Query, 100);
    assert_eq!(pinned(&trail, 5), Some(2), "not the one that came later");
    assert_eq!(pinned(&trail, 6), None, "of another question");
    (0..1_000).for_each(|n| keep(&mut trail, 40_000 + n, 2_000 + n, Kind::Query, 100));
    assert_eq!(pinned(&trail, 5), None, "forgotten");
}

#[test]
fn what_is_known_of_a_message_takes_less_than_its_bytes() {
    assert!(size_of::<Entry>() <= 96, "{} bytes", size_of::<Entry>());
}
