//! What the dashboard shows of a comparison: a mark for each row that changed, and what is gone.

use super::compare::{Comparison, Turn};
use super::side::{Key, Side, Table};
use crate::snapshot::{Compared, Mark};

/// The marks of what is seen now against what was seen before.
pub fn marks(before: &Side, it: &Comparison) -> Compared {
    let mut compared = Compared { with: before.name.clone(), ..Compared::default() };
    if let Some(whole) = &it.whole {
        let part = whole.before.unwrap_or_default().part;
        compared.before = part.share();
        compared.whole = it.whole_changed.then(|| mark(whole.turn));
    }
    for ((table, ..), rows) in Table::ALL.iter().zip(&it.tables) {
        for row in rows {
            let mark = mark(row.turn);
            match (table, &row.key) {
                (Table::Servers, Key::Address(address)) => {
                    compared.servers.insert(*address, mark);
                }
                (Table::Clients, Key::Address(address)) => {
                    compared.clients.insert(*address, mark);
                }
                (Table::Domains, Key::Domain(name)) => {
                    compared.domains.insert(name.clone(), mark);
                }
                (Table::Names, Key::Question(question)) => {
                    compared.names.insert(question.clone(), mark);
                }
                _ => {}
            }
        }
    }
    let told = |mark: Turn| {
        let findings = it.findings.iter().filter(move |finding| finding.turn == mark);
        findings.map(|finding| finding.told.headline.clone()).collect()
    };
    (compared.new_findings, compared.gone_findings) = (told(Turn::New), told(Turn::Gone));
    compared
}

fn mark(turn: Turn) -> Mark {
    match turn {
        Turn::New => Mark::New,
        Turn::Grown => Mark::Grown,
        Turn::Gone => Mark::Gone,
        Turn::Less => Mark::Less,
    }
}
