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

mod parse;
mod terms;
mod value;

use std::fmt;
use std::sync::Arc;

use crate::iana::{Class, Ede, Opcode, Rcode, RecordType};
use crate::time::Timestamp;
use crate::track::{Exchange, Outcome};
use crate::wire::{Address, Transport};

pub use parse::{FilterError, complete, quoted};
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

/// What a filter looks at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// When it ended, or the query was sent if it did not.
    pub at: Timestamp,
    /// Who asked.
    pub client: Address,
    /// Who was asked.
    pub server: Address,
    /// Over what.
    pub transport: Transport,
    /// The name in canonical wire form; empty if not known.
    pub name: &'a [u8],
    /// The type asked for, if known.
    pub rtype: Option<RecordType>,
    /// The class asked for, if known.
    pub class: Option<Class>,
    /// What the server was asked to do.
    pub opcode: Opcode,
    /// Of the response, if there was one.
    pub rcode: Option<Rcode>,
    /// Its Extended DNS Error.
    pub ede: Option<Ede>,
    /// Whether recursion was desired.
    pub recursion: bool,
    /// Nanoseconds to the response, if query and response were seen.
    pub took: Option<u64>,
    /// What stands in place of a first response to a query.
    pub odd: Odd,
}

/// How an exchange differs from a query and its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odd {
    /// Not at all.
    No,
    /// No response came in time.
    Unanswered,
    /// An ICMP error or a TCP reset came instead.
    Unreachable,
    /// No query was seen.
    Unasked,
    /// The query had a response before.
    Repeated,
}

impl<'a> Subject<'a> {
    /// What a filter sees of an exchange.
    pub fn of(exchange: &Exchange<'a>) -> Self {
        let (odd, took) = match exchange.outcome {
            Outcome::Answered { took, .. } => (Odd::No, Some(took)),
            Outcome::RepeatedResponse => (Odd::Repeated, None),
            Outcome::Unasked => (Odd::Unasked, None),
            Outcome::Unanswered => (Odd::Unanswered, None),
            Outcome::Unreachable(_) => (Odd::Unreachable, None),
        };
        let asked = exchange.asked.map_or(exchange.flags, |asked| asked.flags);
        Self {
            at: exchange.at,
            client: exchange.client,
            server: exchange.server,
            transport: exchange.transport,
            name: exchange.name,
            rtype: exchange.question.map(|question| question.rtype),
            class: exchange.question.map(|question| question.class),
            opcode: exchange.opcode,
            rcode: exchange.answer.map(|answer| answer.rcode),
            ede: exchange.answer.and_then(|answer| answer.ede),
            recursion: asked.recursion_desired(),
            took,
            odd,
        }
    }
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
