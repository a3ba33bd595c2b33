//! Findings that have to do with each other: what a server was told, and what it then told its
//! clients.

use super::base::Base;
use super::finding::Finding;
use super::scope::Draft;

/// Findings about what a server was told, and about what it then told its clients, name each other.
pub(super) fn link(base: &Base<'_>, drafts: &[Draft<'_>], findings: &mut [Finding]) {
    for (number, draft) in drafts.iter().enumerate().filter(|it| it.1.cause.from_upstream) {
        for (other, upstream) in drafts.iter().enumerate().filter(|it| it.0 != number) {
            let cases = upstream.cases.iter().filter_map(|case| base.cases.get(*case));
            let asks = cases.into_iter().any(|case| draft.servers.contains(&case.fact.client));
            if asks {
                for (one, another) in [(number, other), (other, number)] {
                    if let Some(finding) = findings.get_mut(one)
                        && !finding.linked.contains(&another)
                    {
                        finding.linked.push(another);
                    }
                }
            }
        }
    }
}
