//! Causes named for really misconfigured servers, held against what their captures' authors know;
//! and again after the packets were changed in ways that change no cause, or take some away.
//!
//! `cargo test --test findings -- --nocapture table` shows what came of it. The bars and the list
//! of exceptions are those of the present: they are raised and emptied as rules get better.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]
#![expect(clippy::print_stdout, reason = "the table is printed")]

#[path = "support/analysis.rs"]
#[expect(dead_code, reason = "only the place of the captures is needed here")]
mod analysis;
#[path = "support/findings/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use analysis::testdata;
use support::judge::{Verdict, judge};
use support::packets::{Part, findings};
use support::truth::{Scenario, scenarios};
use support::{names, transform};

/// A change of all scenarios, and what is asked of the findings after it.
struct Change {
    what: &'static str,
    make: Make,
    /// The lowest mean recall.
    recall: f64,
}

enum Make {
    Each(fn(Scenario) -> Scenario),
    /// Two at a time: [`PAIRS`].
    Overlaid,
    /// Queries of some clients are skipped.
    Relieved(&'static [Part]),
}

const fn each(what: &'static str, recall: f64, apply: fn(Scenario) -> Scenario) -> Change {
    Change { what, make: Make::Each(apply), recall }
}

const fn relieved(what: &'static str, recall: f64, parts: &'static [Part]) -> Change {
    Change { what, make: Make::Relieved(parts), recall }
}

const fn part(from: usize, halvings: usize) -> Part {
    Part { from, halvings }
}

const CHANGES: &[Change] = &[
    each("as captured", 0.95, transform::untouched),
    each("addresses renamed", 0.95, transform::addresses_renamed),
    each("names renamed", 0.95, names::renamed),
    each("clients merged", 0.93, transform::clients_merged),
    each("tenth lost", 0.95, transform::tenth_lost),
    each("half lost", 0.93, transform::half_lost),
    each("queries lost", 0.84, transform::queries_lost),
    each("responses lost", 0.0, transform::responses_lost),
    each("first half", 0.95, transform::first_half),
    each("after an hour", 0.95, transform::after_an_hour),
    Change { what: "overlaid", make: Make::Overlaid, recall: 0.82 },
    relieved("half skipped", 0.85, &[part(0, 1)]),
    relieved("most skipped", 0.75, &[part(0, 6)]),
    relieved("skipped for a while", 0.85, &[part(25, 1), part(35, 3), part(50, 2), part(60, 0)]),
];

/// Scenarios that are seen at the same time.
const PAIRS: &[(&str, &str)] = &[
    ("13-firewall", "18-water-torture-refused"),
    ("14b-injected-refused", "22-fragmented-responses"),
    ("23-vlan-tagged", "32-header-only-refused-upstream"),
    ("05-auth-only-bind-nsd", "17-bind-overload"),
    ("06-lame-delegation-unbound", "08-domain-policy-refused"),
    ("12-dnsdist-maxqps-refused", "16-view-mismatch-bind"),
    ("02-bind-allow-query-subnet", "26-upstream-refused"),
    ("20-mixture-three-causes", "28-healthy-control"),
    ("09-axfr-ixfr-refused", "10-update-notify-refused"),
    ("03-unbound-access-control-refuse", "23-vlan-tagged"),
    ("21-tcp-refused", "26-upstream-refused"),
    ("23-vlan-tagged", "25a-one-way-responses"),
];

/// Scenarios that are not explained as they should be: what is reached, and why not more.
const EXCEPTIONS: &[(&str, f64, &str)] = &[
    ("12b-bind-rrl", 0.85, "some cut answers are told from long ones by nothing"),
    ("13-firewall", 0.70, "queries that an error ended are unreachable, the truth has them twice"),
    ("26-upstream-refused", 0.65, "a failure is put down to the refusal upstream that it came of"),
];

/// What came of all changes of the scenarios of a folder.
type Results = BTreeMap<&'static str, Vec<Verdict>>;

fn shared() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/scenarios")
}

/// Those of testdata, and all others if they are there.
fn results() -> &'static [Results] {
    static RESULTS: OnceLock<Vec<Results>> = OnceLock::new();
    RESULTS.get_or_init(|| {
        let folders = [testdata("scenarios"), shared()];
        let (here, missing): (Vec<_>, Vec<_>) = folders.into_iter().partition(|it| it.exists());
        missing.iter().for_each(|folder| println!("skipped: {} is not here", folder.display()));
        here.iter().map(|folder| results_of(&scenarios(folder))).collect()
    })
}

fn results_of(scenarios: &[Scenario]) -> Results {
    let of = |change: &Change| {
        let scenarios = change.make.scenarios(scenarios);
        scenarios.iter().map(|scenario| judged(scenario, change.make.relief())).collect()
    };
    CHANGES.iter().map(|change| (change.what, of(change))).collect()
}

impl Make {
    fn relief(&self) -> &'static [Part] {
        match self {
            Self::Relieved(parts) => parts,
            Self::Each(_) | Self::Overlaid => &[],
        }
    }

    fn scenarios(&self, all: &[Scenario]) -> Vec<Scenario> {
        let named = |name: &str| all.iter().find(|scenario| scenario.name == name);
        match self {
            Self::Each(apply) => all.iter().cloned().map(apply).collect(),
            Self::Relieved(_) => all.to_vec(),
            Self::Overlaid => PAIRS
                .iter()
                .filter_map(|(one, other)| Some(transform::overlaid(named(one)?, named(other)?)))
                .collect(),
        }
    }
}

fn judged(scenario: &Scenario, relief: &[Part]) -> Verdict {
    judge(&scenario.name, &scenario.rows, &findings(&scenario.packets, relief))
}

/// The mean over the scenarios that have any rows.
fn recall(verdicts: &[Verdict]) -> Option<f64> {
    let recalls: Vec<f64> = verdicts.iter().filter_map(|verdict| verdict.recall).collect();
    (!recalls.is_empty()).then(|| recalls.iter().sum::<f64>() / recalls.len() as f64)
}

/// Wrong accusations, each as a line.
fn wrong(verdicts: &[Verdict]) -> Vec<String> {
    let told = |verdict: &Verdict| -> Vec<String> {
        verdict.wrong.iter().map(|told| format!("{}: {told}", verdict.scenario)).collect()
    };
    verdicts.iter().flat_map(told).collect()
}

/// Holds what came of a change to its bar; nobody is ever accused wrongly.
#[track_caller]
fn check(what: &str) {
    let change = CHANGES.iter().find(|change| change.what == what).unwrap();
    for results in results() {
        let verdicts = &results[what];
        if let Some(recall) = recall(verdicts) {
            assert!(recall >= change.recall, "{what}: recall {recall:.3}");
        }
        let wrong = wrong(verdicts);
        assert!(wrong.is_empty(), "{what}: {wrong:#?}");
    }
}

#[test]
fn every_scenario_is_put_down_to_its_causes() {
    check("as captured");
    for verdict in results().iter().flat_map(|results| &results["as captured"]) {
        let exception = EXCEPTIONS.iter().find(|(name, ..)| *name == verdict.scenario);
        let bar = exception.map_or(0.95, |(_, bar, _)| *bar);
        let recall = verdict.recall.unwrap_or(1.0);
        assert!(recall >= bar, "{}: recall {recall:.3}: {:?}", verdict.scenario, verdict.named);
    }
}

/// Nothing is said otherwise than before.
#[track_caller]
fn check_same(what: &str) {
    check(what);
    for results in results() {
        for (before, after) in results["as captured"].iter().zip(&results[what]) {
            assert_eq!(before.named, after.named, "{}", before.scenario);
        }
    }
}

#[test]
fn causes_do_not_depend_on_addresses() {
    check_same("addresses renamed");
}

#[test]
fn causes_do_not_depend_on_names() {
    check_same("names renamed");
}

#[test]
fn clients_behind_one_address_do_not_mislead() {
    check("clients merged");
}

#[test]
fn a_capture_with_some_holes_does_not_mislead() {
    check("tenth lost");
}

#[test]
fn a_capture_with_many_holes_does_not_mislead() {
    check("half lost");
}

#[test]
fn a_capture_without_queries_does_not_mislead() {
    check("queries lost");
}

#[test]
fn a_capture_without_responses_accuses_nobody() {
    check("responses lost");
}

#[test]
fn half_of_the_time_is_enough() {
    check("first half");
}

#[test]
fn causes_beside_each_other_are_told_apart() {
    check("overlaid");
}

#[test]
fn queries_that_are_skipped_under_load_accuse_nobody() {
    check("half skipped");
    check("most skipped");
    check("skipped for a while");
}

#[test]
fn names_renamed_twice_are_the_first_ones() {
    for scenario in scenarios(&testdata("scenarios")) {
        let bytes = |it: &Scenario| it.packets.iter().map(|packet| packet.bytes.clone()).collect();
        let once = names::renamed(scenario.clone());
        let [before, between, after]: [Vec<Vec<u8>>; 3] =
            [bytes(&scenario), bytes(&once), bytes(&names::renamed(once))];
        assert!(before != between && before == after, "{}", scenario.name);
    }
}

#[test]
fn every_pair_is_there_when_all_scenarios_are() {
    if shared().exists() {
        assert_eq!(results()[1]["overlaid"].len(), PAIRS.len());
    }
}

/// What the documentation shows of each scenario is what the report says of it.
///
/// `UPDATE_DOCS=1` writes it anew.
#[test]
fn the_examples_of_the_documentation_are_real() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples.md");
    let all = scenarios(&testdata("scenarios"));
    let examples: Vec<String> = all.iter().map(example).collect();
    let text = format!("{EXAMPLES}{}", examples.concat());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let differ = known.lines().zip(text.lines()).find(|(old, new)| old != new);
    assert!(known == text, "docs/examples.md differs, first {differ:?}; UPDATE_DOCS=1 writes it");
}

const EXAMPLES: &str = "\
# Findings, by example

Each capture below was taken in a lab with really misconfigured servers; its label says what was wrong. Under it stands
what `rcodetop report` makes of it. The captures are in `testdata/scenarios`, with labels that tell every server's
configuration. What each cause means is in [causes.md](causes.md).
";

fn example(scenario: &Scenario) -> String {
    let report = support::packets::report(&scenario.packets);
    let findings = report.lines().skip_while(|line| !line.starts_with("1. "));
    let findings: Vec<&str> = findings.take_while(|line| !line.is_empty()).collect();
    let findings = if findings.is_empty() { "no finding".to_owned() } else { findings.join("\n") };
    let Scenario { name, title, .. } = scenario;
    format!("\n## {name}\n\nLabel: {title}.\n\n```text\n{findings}\n```\n")
}

#[test]
fn table() {
    println!("{:20} scenarios  recall  wrong accusations", "change");
    for results in results() {
        CHANGES.iter().for_each(|change| row(change.what, &results[change.what]));
        println!();
    }
    let Some(results) = results().last() else { return };
    CHANGES.iter().for_each(|change| details(change.what, &results[change.what]));
}

fn row(what: &str, verdicts: &[Verdict]) {
    let recall = recall(verdicts).map_or("-".to_owned(), |recall| format!("{recall:.3}"));
    let wrong = wrong(verdicts).len();
    println!("{what:20} {:9}  {recall:>6}  {wrong:17}", verdicts.len());
}

/// Where less than nine tenths of a scenario are right, and who is wrongly accused.
fn details(what: &str, verdicts: &[Verdict]) {
    println!("{what}");
    for verdict in verdicts {
        if let Some(recall) = verdict.recall.filter(|recall| *recall < 0.9) {
            println!("  {}: recall {recall:.2}: {:?}", verdict.scenario, verdict.named);
        }
    }
    wrong(verdicts).iter().for_each(|line| println!("  WRONG {line}"));
}
