//! What someone may have meant.

/// How many are offered.
const OFFERED: usize = 3;

/// Jaro similarity, from 0 to 1; what is less alike was not meant. Arbitrary, as in clap.
const ALIKE: f64 = 0.75;

/// Words shorter than this are parts of too many others.
const SHORTEST_PART: usize = 3;

/// The known words nearest to this one, the nearest first; often none.
pub(super) fn nearest(text: &str, known: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let text = text.to_ascii_lowercase();
    let mut found: Vec<_> = known.map(|word| (likeness(&text, word), word)).collect();
    found.retain(|(likeness, _)| *likeness >= ALIKE);
    found.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    found.into_iter().map(|(_, word)| word).take(OFFERED).collect()
}

/// A word that is a part of the other counts as nearly the same.
fn likeness(text: &str, word: &str) -> f64 {
    let word = word.to_ascii_lowercase();
    let is_part = text.len() >= SHORTEST_PART && word.contains(text);
    let alike = strsim::jaro(text, &word);
    if is_part { alike.max(0.9) } else { alike }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let known = ["REFUSED", "NOTAUTH", "acl-recursion", "lame-delegation", "Prohibited"];
        assert_eq!(nearest(text, known.into_iter()), expected, "{text}");
    }

    #[test]
    fn a_slip_of_the_fingers_is_understood() {
        check("REFUSD", &["REFUSED"]);
        check("refsued", &["REFUSED"]);
        check("acl-recusion", &["acl-recursion"]);
    }

    #[test]
    fn a_part_is_understood() {
        check("lame", &["lame-delegation"]);
        check("recursion", &["acl-recursion"]);
        check("a", &[]);
    }

    #[test]
    fn nonsense_is_not() {
        check("zzzz", &[]);
        check("", &[]);
    }
}
