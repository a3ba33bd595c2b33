//! How what is seen now differs from what was seen before, for readers that show both at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;

use super::build::blank;
use super::{List, QuestionKey, Snapshot};

/// How something differs by more than chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// It meets the focus, and did not before.
    New,
    /// It meets it more often.
    Grown,
    /// It met it, and does not any more.
    Gone,
    /// It meets it less often.
    Less,
}

impl Mark {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Grown => "grown",
            Self::Gone => "gone",
            Self::Less => "less",
        }
    }
}

/// What differs from a baseline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compared {
    /// What the baseline is called, escaped.
    pub with: String,
    /// The share of the focus in it, 0 to 1.
    pub before: f64,
    /// How the focus as a whole differs; `None` if by no more than chance.
    pub whole: Option<Mark>,
    /// Servers that differ.
    pub servers: HashMap<IpAddr, Mark>,
    /// Clients that differ.
    pub clients: HashMap<IpAddr, Mark>,
    /// Registered domains that differ.
    pub domains: HashMap<String, Mark>,
    /// Questions that differ.
    pub names: HashMap<QuestionKey, Mark>,
    /// Findings that are new, in a sentence each.
    pub new_findings: Vec<String>,
    /// Findings that are gone.
    pub gone_findings: Vec<String>,
}

impl Snapshot {
    /// Shows what differs from a baseline: rows that are gone stand behind all others, with nothing
    /// counted.
    pub fn compare(&mut self, compared: Compared) {
        add_gone(&mut self.servers, &compared.servers);
        add_gone(&mut self.clients, &compared.clients);
        add_gone(&mut self.names, &compared.names);
        add_gone(&mut self.domains, &compared.domains);
        self.compared = Some(compared);
    }

    /// Takes back the rows that only a baseline has.
    pub fn without_gone(&mut self) {
        fn remove<K>(list: &mut List<K>) {
            list.rows.retain(|row| row.focus > 0);
        }
        remove(&mut self.servers);
        remove(&mut self.clients);
        remove(&mut self.names);
        remove(&mut self.domains);
    }
}

impl<K> List<K> {
    /// How many rows a baseline alone has. They stand at the end, and nothing of them is in focus.
    pub fn gone(&self) -> usize {
        self.rows.iter().rev().take_while(|row| row.focus == 0).count()
    }
}

/// Rows of a list that are shown as gone at most.
const MOST_GONE: usize = 100;

fn add_gone<K: Clone + Ord + Hash>(list: &mut List<K>, marks: &HashMap<K, Mark>) {
    let gone = marks.iter().filter(|(_, mark)| **mark == Mark::Gone).map(|(key, _)| key);
    let mut gone: Vec<&K> = gone.collect();
    gone.sort_unstable();
    let rows = gone.into_iter().take(MOST_GONE).map(|key| blank(key.clone()));
    // They are not among those that meet the focus: the total stays what it is.
    list.rows.extend(rows);
}

impl Compared {
    /// How many servers, clients and names have a mark.
    pub fn count(&self, mark: Mark) -> [usize; 3] {
        fn of<K>(marks: &HashMap<K, Mark>, wanted: Mark) -> usize {
            marks.values().filter(|mark| **mark == wanted).count()
        }
        [of(&self.servers, mark), of(&self.clients, mark), of(&self.names, mark)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Row;

    #[test]
    fn rows_that_are_gone_are_shown_behind_the_others_and_taken_back() {
        let address = |last: u8| IpAddr::from([192, 0, 2, last]);
        let mut snapshot = Snapshot::default();
        let row = Row { focus: 5, whole: 9, ..blank(address(1)) };
        (snapshot.servers.rows, snapshot.servers.total) = (vec![row], 1);
        let marks = [(1, Mark::Grown), (7, Mark::Gone), (3, Mark::Gone), (9, Mark::Less)];
        let servers = marks.map(|(last, mark)| (address(last), mark)).into();
        snapshot.compare(Compared { servers, ..Compared::default() });
        let keys: Vec<_> = snapshot.servers.rows.iter().map(|row| row.key).collect();
        assert_eq!(keys, [address(1), address(3), address(7)]);
        assert_eq!(snapshot.compared.as_ref().unwrap().count(Mark::Gone), [2, 0, 0]);
        snapshot.without_gone();
        assert_eq!((snapshot.servers.rows.len(), snapshot.servers.total), (1, 1));
    }

    #[test]
    fn no_more_rows_are_shown_as_gone_than_a_screen_can_use() {
        let mut snapshot = Snapshot::default();
        let gone = |number: u32| (IpAddr::from(number.to_be_bytes()), Mark::Gone);
        let clients = (0..1_000).map(gone).collect();
        snapshot.compare(Compared { clients, ..Compared::default() });
        assert_eq!(snapshot.clients.rows.len(), MOST_GONE);
    }
}
