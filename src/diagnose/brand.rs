//! What to change: for the server's brand where its responses tell it, else for all.

use std::collections::BTreeSet;

use super::base::Base;
use super::cause::Brand;
use super::causes::NOTAUTH;
use super::directive::Directive;
use super::scope::Draft;
use crate::iana::{Ede, Rcode};
use crate::tally::Marks;

/// The lines of a finding's fix: what to do; the directive of the brand that it seems to be, or of
/// all; what not to do.
pub(super) fn fixes(base: &Base<'_>, draft: &Draft<'_>) -> Vec<String> {
    let cause = draft.cause;
    let place = Directive::of(draft);
    let brand = guess(base, draft);
    let fits = |other: Brand| brand == Some(other);
    let (likely, others): (Vec<_>, Vec<_>) = cause.fixes.iter().partition(|it| fits(it.brand));
    let likely = likely.iter().map(|fix| format!("{}: {}", fix.brand, fix.text));
    let others = others.iter().map(|fix| format!("{}: {}", fix.brand, fix.text));
    let remedy = cause.remedy.iter().map(ToString::to_string);
    let mut lines: Vec<String> = remedy.chain(likely).chain(others).collect();
    if !cause.on_the_client.is_empty() {
        lines.push(format!("On the client: {}", cause.on_the_client));
    }
    if !cause.never.is_empty() {
        lines.push(cause.never.to_owned());
    }
    lines.iter().map(|line| place.fill(line)).collect()
}

/// What refusals look like differs by brand; no more than a hint, as versions and settings do, too.
///
/// Unbound leaves the question out of what its access lists refuse; BIND clears RA and explains by
/// EDE 18; dnsmasq without upstream offers recursion and says EDE 14; NSD and Knot explain by EDE
/// 20 what they do not serve, and Knot denies with NOTAUTH.
pub(super) fn guess(base: &Base<'_>, draft: &Draft<'_>) -> Option<Brand> {
    let mut brands = BTreeSet::new();
    for case in draft.own(base) {
        let offers = case.has(Marks::RA);
        let brand = match (case.rcode(), case.ede().map(|Ede(code)| code)) {
            (Rcode::REFUSED, _) if case.has(Marks::BARE) => Brand::Unbound,
            (Rcode::REFUSED, Some(14)) if offers => Brand::Dnsmasq,
            (Rcode::REFUSED, Some(18)) if !offers => Brand::Bind,
            (Rcode::NOTAUTH, _) if draft.cause != NOTAUTH => Brand::Knot,
            _ => continue,
        };
        brands.insert(brand);
    }
    // Several fit: none is told apart.
    if brands.len() > 1 { None } else { brands.pop_first() }
}
