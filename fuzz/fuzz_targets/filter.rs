//! Any text as a filter: it parses or is refused with a reason, means the same when it is written
//! out and read again, and can be completed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rcodetop::select::{Filter, complete, quoted};

fuzz_target!(|text: &str| {
    match text.parse::<Filter>() {
        Ok(filter) => {
            let again: Filter = filter.text().parse().expect("what it says parses");
            assert_eq!(filter, again, "{text:?}");
            let both = filter.and(&again);
            let both_again: Filter = both.text().parse().expect("two together parse");
            assert_eq!(both.text(), both_again.text(), "{text:?}");
        }
        Err(error) => assert!(!error.to_string().is_empty(), "{text:?}"),
    }
    let offered = complete(text, |_| vec![quoted(text)]);
    assert!(offered.len() < 10_000, "{text:?}");
});
