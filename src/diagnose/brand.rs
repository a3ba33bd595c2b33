//! What to change: for the server's brand where its responses tell it, else for all.

use std::collections::BTreeSet;

use super::base::Base;
use super::cause::{Brand, Cause};
use super::scope::Draft;
use crate::iana::{Ede, Rcode};
use crate::tally::Marks;

/// The lines of a finding's fix: what to do; the directive of the brand that it seems to be, or of
/// all; what not to do.
pub(super) fn fixes(base: &Base<'_>, draft: &Draft<'_>, cause: &Cause) -> Vec<String> {
    let mut lines: Vec<String> = cause.remedy.iter().map(ToString::to_string).collect();
    let brands = guess(base, draft);
    let fits = |brand: Brand| brands.contains(&brand);
    let (likely, others): (Vec<_>, Vec<_>) = cause.fixes.iter().partition(|it| fits(it.brand));
    lines
        .extend(likely.iter().map(|fix| format!("{} (it looks like it): {}", fix.brand, fix.text)));
    lines.extend(others.iter().map(|fix| format!("{}: {}", fix.brand, fix.text)));
    if !cause.on_the_client.is_empty() {
        lines.push(format!("On the client: {}", cause.on_the_client));
    }
    if !cause.never.is_empty() {
        lines.push(cause.never.to_owned());
    }
    lines
}

/// What refusals look like differs by brand; no more than a hint, as versions and settings do, too.
///
/// Unbound leaves the question out of what its access lists refuse; BIND clears RA and explains by
/// EDE 18; dnsmasq without upstream offers recursion and says EDE 14; NSD and Knot explain by EDE
/// 20 what they do not serve, and Knot denies with NOTAUTH.
fn guess(base: &Base<'_>, draft: &Draft<'_>) -> BTreeSet<Brand> {
    let mut brands = BTreeSet::new();
    for case in draft.cases.iter().filter_map(|number| base.cases.get(*number)) {
        let offers = case.has(Marks::RA);
        let brand = match (case.rcode(), case.ede().map(|Ede(code)| code)) {
            (Rcode::REFUSED, _) if case.has(Marks::BARE) => Brand::Unbound,
            (Rcode::REFUSED, Some(14)) if offers => Brand::Dnsmasq,
            (Rcode::REFUSED, Some(18)) if !offers => Brand::Bind,
            (Rcode::NOTAUTH, _) if draft.cause != "notauth" => Brand::Knot,
            _ => continue,
        };
        brands.insert(brand);
    }
    // Several fit: none is told apart.
    if brands.len() > 1 { BTreeSet::new() } else { brands }
}
