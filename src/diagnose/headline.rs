//! The headline of a finding: a cause's template, filled with the scope, in correct number.

use super::harm::Harm;
use super::scope::Draft;
use crate::wire::name::text;

/// How many addresses or names a headline tells.
const NAMED: usize = 3;
/// Columns that these take at most where room is short; one of them is always told.
const BRIEF: usize = 28;

/// How much of a scope is told.
type Some = fn(Vec<String>) -> String;

/// What the template of the draft's cause makes of its scope.
pub(super) fn headline(draft: &Draft<'_>, harm: &Harm) -> String {
    told(draft, harm, some)
}

/// The same for one line of a screen, with fewer examples.
pub(super) fn brief(draft: &Draft<'_>, harm: &Harm) -> String {
    told(draft, harm, few)
}

fn told(draft: &Draft<'_>, harm: &Harm, some: Some) -> String {
    let of = |all: Vec<String>| Noun { is_many: all.len() > 1, told: some(all) };
    let clients = match &draft.clients {
        Some(clients) => of(clients.iter().map(ToString::to_string).collect()),
        None if harm.clients.len() <= NAMED => {
            of(harm.clients.iter().map(|it| it.ip().to_string()).collect())
        }
        None => Noun::many(format!("{} clients", harm.clients.len())),
    };
    let names = of(draft.suffixes.iter().map(|suffix| text(suffix)).collect());
    let under = if names.told.is_empty() { String::new() } else { format!(" for {}", names.told) };
    let names = if names.told.is_empty() { Noun::many("some names".to_owned()) } else { names };
    let nouns = [
        ("servers", of(draft.servers.iter().map(|it| it.ip().to_string()).collect())),
        ("clients", clients),
        ("names", names),
        ("under", Noun { told: under, is_many: false }),
        ("types", of(draft.types())),
    ];
    fill(draft.cause.headline, &nouns)
}

/// What a headline speaks of, and whether its verb is in the plural.
struct Noun {
    told: String,
    is_many: bool,
}

impl Noun {
    fn many(told: String) -> Self {
        Self { told, is_many: true }
    }
}

/// The template with its marks filled: `{noun}` by what is told, `{noun:one|many}` by the word
/// that agrees with it. In one pass, as a name in a packet may look like a mark.
fn fill(template: &str, nouns: &[(&str, Noun)]) -> String {
    let mut parts = template.split('{');
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (mark, rest) = part.split_once('}').unwrap_or((part, ""));
        let (key, forms) = mark.split_once(':').unwrap_or((mark, ""));
        if let Some((_, noun)) = nouns.iter().find(|(known, _)| *known == key) {
            told.push_str(match forms.split_once('|') {
                Some((_, many)) if noun.is_many => many,
                Some((one, _)) => one,
                None => &noun.told,
            });
        }
        told.push_str(rest);
    }
    told
}

/// A few of them, and how many more there are.
pub(super) fn some(all: Vec<String>) -> String {
    first_of(all, NAMED)
}

/// As many of them as are told in little room, and how many more there are.
fn few(all: Vec<String>) -> String {
    let mut room = BRIEF;
    let fits = |each: &&String| {
        let left = room.checked_sub(each.len());
        room = left.unwrap_or(0);
        left.is_some()
    };
    let count = all.iter().take(NAMED).take_while(fits).count().max(1);
    first_of(all, count)
}

fn first_of(all: Vec<String>, count: usize) -> String {
    let more = all.len().saturating_sub(count);
    let mut shown: Vec<String> = all.into_iter().take(count).collect();
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    match shown.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Noun, few, fill, some};
    use crate::diagnose::causes;

    const MARKS: [&str; 5] = ["servers", "clients", "names", "under", "types"];

    fn noun(words: &[&str]) -> Noun {
        let all: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        Noun { is_many: all.len() > 1, told: some(all) }
    }

    #[test]
    fn a_brief_headline_names_what_has_room_and_at_least_one() {
        let few = |words: &[&str]| few(words.iter().map(|&word| word.to_owned()).collect());
        assert_eq!(few(&["10.53.0.10", "fd53::10"]), "10.53.0.10 and fd53::10");
        let three = ["10.20.0.0/22", "fd20:1::11", "fd20:3::31"];
        assert_eq!(few(&three), "10.20.0.0/22, fd20:1::11 and 1 more");
        let long = "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff";
        assert_eq!(few(&[long, "a"]), format!("{long} and 1 more"));
        assert_eq!(few(&[]), "");
    }

    #[test]
    fn the_verb_agrees_with_its_noun() {
        let told = |servers: &[&str]| {
            fill(
                "{servers} {servers:is|are} slow to {clients}",
                &[("servers", noun(servers)), ("clients", noun(&["c", "d", "e", "f", "g"]))],
            )
        };
        assert_eq!(told(&["a"]), "a is slow to c, d, e and 2 more");
        assert_eq!(told(&["a", "b"]), "a and b are slow to c, d, e and 2 more");
    }

    #[test]
    fn a_name_that_looks_like_a_mark_stays_as_it_is() {
        let nouns = [("names", noun(&["{servers}.example"])), ("servers", noun(&["a"]))];
        assert_eq!(fill("{names} at {servers}", &nouns), "{servers}.example at a");
    }

    #[test]
    fn every_template_has_known_marks_only() {
        for cause in causes::ALL {
            for part in cause.headline.split('{').skip(1) {
                let mark = part.split_once('}').map(|(mark, _)| mark);
                let key = mark.and_then(|mark| mark.split(':').next());
                let is_known = key.is_some_and(|key| MARKS.contains(&key));
                let forms = mark.and_then(|mark| mark.split_once(':'));
                let is_whole = forms.is_none_or(|(_, forms)| forms.split('|').count() == 2);
                assert!(is_known && is_whole, "{}: {}", cause.id, cause.headline);
            }
        }
    }
}
