//! What every row of the table must have, and what none may say.

use crate::diagnose::{Cause, causes};

/// Every text of a cause.
fn texts(cause: &'static Cause) -> impl Iterator<Item = &'static str> {
    let longer = [cause.meaning, cause.evidence, cause.mistaken_for];
    let shorter = [cause.title, cause.on_the_client, cause.never];
    let fixes = cause.fixes.iter().map(|fix| fix.text);
    longer.into_iter().chain(shorter).chain(cause.remedy.iter().copied()).chain(fixes)
}

#[test]
fn every_identifier_is_its_own_and_in_kebab_case() {
    for (place, cause) in causes::ALL.iter().enumerate() {
        let id = cause.id;
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        assert!(id.split('-').all(|part| !part.is_empty() && part.chars().all(plain)), "{id}");
        assert!(causes::ALL[..place].iter().all(|other| other.id != id), "{id} twice");
        assert!(causes::find(id).is_some_and(|found| found.title == cause.title), "{id}");
    }
    assert!(causes::find("ACL-Recursion").is_some());
    assert!(causes::find("no-such-cause").is_none());
}

#[test]
fn every_cause_has_what_a_reader_needs() {
    for cause in causes::ALL {
        let id = cause.id;
        for text in [cause.title, cause.meaning, cause.evidence] {
            assert!(!text.is_empty(), "{id}");
        }
        assert!(!cause.remedy.is_empty() && !cause.sources.is_empty(), "{id}");
        assert!(cause.title.chars().count() <= 72, "{id}: {}", cause.title);
        assert!(!cause.title.ends_with('.'), "{id}: {}", cause.title);
    }
}

#[test]
fn texts_are_whole_sentences_on_one_line() {
    for cause in causes::ALL {
        for text in texts(cause) {
            assert!(!text.contains('\n') && !text.contains("  "), "{}: {text}", cause.id);
            assert_eq!(text.trim(), text, "{}", cause.id);
            assert!(text.is_empty() || text == cause.title || text.ends_with(['.', '?']), "{text}");
        }
        for source in cause.sources {
            assert!(source.starts_with("RFC ") || source.starts_with("draft-"), "{source}");
        }
    }
}

#[test]
fn each_brand_has_one_fix_in_the_order_of_brands() {
    for cause in causes::ALL {
        let brands: Vec<_> = cause.fixes.iter().map(|fix| fix.brand).collect();
        assert!(brands.is_sorted_by(|a, b| a < b), "{}: {brands:?}", cause.id);
    }
}

#[test]
fn no_text_opens_a_resolver_to_the_world() {
    const WORLD: [&str; 6] = ["0.0.0.0/0", "::/0", "::0/0", "{ any;", "allow any", "allow all"];
    for cause in causes::ALL {
        for text in texts(cause) {
            assert!(WORLD.iter().all(|open| !text.contains(open)), "{}: {text}", cause.id);
        }
    }
}

#[test]
fn what_a_text_refers_to_exists() {
    const HEADS: [&str; 5] = ["acl-", "auth-", "firewall-", "notimp-", "servfail-"];
    // The directives of dnsmasq that begin like a cause.
    const DIRECTIVES: [&str; 3] = ["auth-peer", "auth-server", "auth-zone"];
    for cause in causes::ALL {
        for word in texts(cause).flat_map(|text| text.split(|c: char| !is_word(c))) {
            let refers = HEADS.iter().any(|head| word.starts_with(head));
            let known = causes::find(word).is_some() || DIRECTIVES.contains(&word);
            assert!(!refers || known, "{}: {word}", cause.id);
        }
    }
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '-'
}
