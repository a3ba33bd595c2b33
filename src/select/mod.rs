//! Which exchanges are meant: the filter language of `--filter` and of the dashboard's `/`.
//!
//! ```text
//! filter = and { "or" and }
//! and    = not { ["and"] not }
//! not    = ["not"] ( "(" filter ")" | term )
//! term   = key ":" value { "," value } | word
//! ```
//!
//! A term with several values holds if one of them does. Values with blanks, commas or parentheses
//! stand in double quotes. [`TERMS`] is the table of keys and words: help, completion and parser
//! follow from it.

mod masked;
mod parse;
mod subject;
mod terms;
mod value;

use std::fmt;
use std::sync::Arc;

use crate::time::Timestamp;

pub use parse::{FilterError, complete, quoted};
pub use subject::{Odd, Subject};
pub use terms::{TERMS, Term};
use value::Value;

/// A filter, ready to be held against exchanges; cheap to copy.
#[derive(Clone)]
pub struct Filter {
    text: Arc<str>,
    tree: Arc<Node>,
}

/// A parsed filter.
#[derive(Clone, Debug)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Term(&'static Term, Vec<Value>),
}

impl Filter {
    /// Reads a filter; an empty one holds for everything.
    ///
    /// # Errors
    ///
    /// What does not parse, where, and what is allowed there.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let tree = parse::parse(text)?;
        Ok(Self { text: text.trim().into(), tree: Arc::new(tree) })
    }

    /// Holds where both do.
    pub fn and(&self, other: &Self) -> Self {
        match (self.is_empty(), other.is_empty()) {
            (true, _) => return other.clone(),
            (_, true) => return self.clone(),
            _ => {}
        }
        let tree = Node::All(vec![Node::clone(&self.tree), Node::clone(&other.tree)]);
        let text = format!("{} {}", self.piece(), other.piece());
        Self { text: text.into(), tree: Arc::new(tree) }
    }

    /// As a part of another one.
    fn piece(&self) -> String {
        match *self.tree {
            Node::Any(_) => format!("({})", self.text),
            _ => self.text.to_string(),
        }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it holds for everything.
    pub fn is_empty(&self) -> bool {
        matches!(&*self.tree, Node::All(nodes) if nodes.is_empty())
    }

    /// Whether it may hold at a time, whatever the rest.
    pub fn may_hold_at(&self, at: Timestamp) -> bool {
        let known = |term: &Term, values: &[Value]| term.holds_at(values, at);
        self.tree.outlook(&known).0
    }

    /// Whether it may hold for another exchange of the same lookup: the client and the question are
    /// the same, and nothing else is known.
    pub fn may_concern(&self, subject: &Subject<'_>) -> bool {
        // A message without a question may be about anything.
        let is_known = !subject.name.is_empty();
        let known = |term: &Term, values: &[Value]| {
            (is_known && term.is_of_lookup()).then(|| term.holds(values, subject))
        };
        self.tree.outlook(&known).0
    }

    /// Whether it holds.
    pub fn holds(&self, subject: &Subject<'_>) -> bool {
        self.tree.holds(subject)
    }
}

impl Node {
    fn holds(&self, subject: &Subject<'_>) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.holds(subject)),
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(subject)),
            Self::Not(node) => !node.holds(subject),
            Self::Term(term, values) => term.holds(values, subject),
        }
    }
}

/// Whether a term holds, as far as that is known.
type Known<'k> = dyn Fn(&Term, &[Value]) -> Option<bool> + 'k;

impl Node {
    /// Whether it may hold, and whether it may fail to, by what is known of its terms.
    fn outlook(&self, known: &Known<'_>) -> (bool, bool) {
        match self {
            Self::All(nodes) => nodes.iter().fold((true, false), |(hold, fail), node| {
                let (may_hold, may_fail) = node.outlook(known);
                (hold && may_hold, fail || may_fail)
            }),
            Self::Any(nodes) => nodes.iter().fold((false, true), |(hold, fail), node| {
                let (may_hold, may_fail) = node.outlook(known);
                (hold || may_hold, fail && may_fail)
            }),
            Self::Not(node) => {
                let (may_hold, may_fail) = node.outlook(known);
                (may_fail, may_hold)
            }
            Self::Term(term, values) => match known(term, values) {
                Some(holds) => (holds, !holds),
                None => (true, true),
            },
        }
    }
}

/// Filters are the same if they are written alike.
impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Filter {}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Filter({:?})", self.text)
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::str::FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests;
