//! From words to a filter, or to what is wrong with them and where.

use super::terms::{Kind, TERMS, Term};
use super::{Node, value::Value};

/// What does not parse.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct FilterError {
    /// The place in the text, in bytes.
    pub at: usize,
    /// What is wrong, and what is allowed.
    pub what: String,
}

/// Parentheses and `not` within each other: so deep a filter is no one's.
const DEEPEST: usize = 32;

/// A piece of the text, and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Open,
    Close,
    /// A term, as written but for the quotes.
    Word(String),
}

pub(super) fn parse(text: &str) -> Result<Node, FilterError> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, end: text.len() };
    if tokens.is_empty() {
        return Ok(Node::All(Vec::new()));
    }
    let node = parser.any(0)?;
    match parser.tokens.first() {
        None => Ok(node),
        Some((at, _)) => Err(error(*at, "this parenthesis closes none")),
    }
}

fn error(at: usize, what: impl Into<String>) -> FilterError {
    FilterError { at, what: what.into() }
}

pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, FilterError> {
    let mut tokens = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((at, first)) = rest.peek().copied() {
        match first {
            blank if blank.is_whitespace() => {
                rest.next();
            }
            '(' | ')' => {
                rest.next();
                tokens.push((at, if first == '(' { Token::Open } else { Token::Close }));
            }
            _ => tokens.push((at, word(&mut rest, at)?)),
        }
    }
    Ok(tokens)
}

fn word(
    rest: &mut std::iter::Peekable<std::str::CharIndices<'_>>,
    at: usize,
) -> Result<Token, FilterError> {
    let mut word = String::new();
    let mut is_quoted = false;
    while let Some((_, next)) = rest.peek().copied() {
        match next {
            '"' => is_quoted = !is_quoted,
            next if ends_word(next) && !is_quoted => break,
            // Within quotes a comma is none between values.
            ',' if is_quoted => word.push(COMMA),
            _ => word.push(next),
        }
        rest.next();
    }
    if is_quoted { Err(error(at, "a quote is not closed")) } else { Ok(Token::Word(word)) }
}

/// Blanks are those of Unicode, as for who takes them off the ends of a text.
fn ends_word(sign: char) -> bool {
    sign.is_whitespace() || matches!(sign, '(' | ')')
}

/// Stands for a quoted comma; no key and no value has it.
pub(super) const COMMA: char = '\u{1}';

struct Parser<'t> {
    tokens: &'t [(usize, Token)],
    end: usize,
}

impl Parser<'_> {
    fn any(&mut self, depth: usize) -> Result<Node, FilterError> {
        let mut nodes = vec![self.all(depth)?];
        while self.take_word("or") {
            nodes.push(self.all(depth)?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Any(nodes) })
    }

    fn all(&mut self, depth: usize) -> Result<Node, FilterError> {
        let mut nodes = vec![self.not(depth)?];
        loop {
            let and = self.take_word("and");
            match self.tokens.first() {
                None | Some((_, Token::Close)) if !and => break,
                Some((_, Token::Word(word))) if !and && word == "or" => break,
                _ => nodes.push(self.not(depth)?),
            }
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::All(nodes) })
    }

    fn not(&mut self, depth: usize) -> Result<Node, FilterError> {
        let Some(((at, token), rest)) = self.tokens.split_first() else {
            return Err(error(self.end, "something is missing here: a term, or `(`"));
        };
        if depth > DEEPEST {
            return Err(error(*at, format!("nested deeper than {DEEPEST}")));
        }
        self.tokens = rest;
        match token {
            Token::Open => {
                let node = self.any(depth + 1)?;
                match self.tokens.split_first() {
                    Some(((_, Token::Close), rest)) => self.tokens = rest,
                    _ => return Err(error(*at, "this parenthesis is not closed")),
                }
                Ok(node)
            }
            Token::Word(word) if word == "not" => Ok(Node::Not(Box::new(self.not(depth + 1)?))),
            Token::Word(word) if word == "or" || word == "and" => {
                Err(error(*at, format!("`{word}` stands between two terms")))
            }
            Token::Word(word) => term(*at, word),
            Token::Close => Err(error(*at, "this parenthesis closes none")),
        }
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        match self.tokens.split_first() {
            Some(((_, Token::Word(word)), rest)) if word == wanted => {
                self.tokens = rest;
                true
            }
            _ => false,
        }
    }
}

fn term(at: usize, text: &str) -> Result<Node, FilterError> {
    let (key, values) = match text.split_once(':') {
        Some((key, values)) => (key, Some(values)),
        None => (text, None),
    };
    let Some(term) = TERMS.iter().find(|term| term.key.eq_ignore_ascii_case(key)) else {
        return Err(error(at, format!("`{key}` is none of {}", all_keys())));
    };
    match (&term.kind, values) {
        (Kind::Word(_), None) => Ok(Node::Term(term, Vec::new())),
        (Kind::Word(_), Some(_)) => Err(error(at, format!("`{key}` takes no value"))),
        (Kind::Key { .. }, None) => {
            Err(error(at, format!("`{key}` needs a value: {key}:VALUE, {}", term.help)))
        }
        (Kind::Key { read, .. }, Some(values)) => {
            let values: Result<Vec<Value>, String> =
                values.split(',').map(|value| read(&value.replace(COMMA, ","))).collect();
            let values = values.map_err(|what| error(at, format!("{key}: {what}")))?;
            Ok(Node::Term(term, values))
        }
    }
}

fn all_keys() -> String {
    let shown = |term: &Term| format!("{}{}", term.key, if term.is_key() { ":" } else { "" });
    TERMS.iter().map(shown).collect::<Vec<_>>().join(" ")
}

/// What may become of the last word of an unfinished filter: the whole text each time, the likeliest
/// first. `known` gives values of a key that are worth offering now.
pub fn complete(text: &str, known: impl Fn(&str) -> Vec<String>) -> Vec<String> {
    let end = text.char_indices().rfind(|(_, sign)| ends_word(*sign));
    let start = end.map_or(0, |(at, sign)| at + sign.len_utf8());
    let (before, last) = text.split_at(start);
    let offers: Vec<String> = match last.split_once(':') {
        None => {
            let keys = TERMS
                .iter()
                .map(|term| format!("{}{}", term.key, if term.is_key() { ":" } else { "" }));
            keys.chain(["not", "or"].map(str::to_owned)).collect()
        }
        Some((key, values)) => {
            let done = values.rfind(',').map_or("", |comma| &values[..=comma]);
            let fixed = TERMS.iter().find(|term| term.key == key).map_or(&[][..], |it| it.offers);
            let offers = known(key).into_iter().chain(fixed.iter().map(|it| (*it).to_owned()));
            offers.map(|offer| format!("{key}:{done}{}", quoted(&offer))).collect()
        }
    };
    let mut found: Vec<String> = Vec::new();
    for offer in offers {
        let is_new = offer.len() > last.len() && !found.iter().any(|it| it.ends_with(&offer));
        if is_new && offer.to_ascii_lowercase().starts_with(&last.to_ascii_lowercase()) {
            found.push(format!("{before}{offer}"));
        }
    }
    found
}

/// A value as it is written in a filter: in quotes where it must be, and a quote in a name as RFC
/// 1035 §5.1 writes other bytes.
pub fn quoted(value: &str) -> String {
    let value = value.replace('"', "\\034");
    let is_plain = !value.contains(|sign| ends_word(sign) || sign == ',');
    if is_plain { value } else { format!("\"{value}\"") }
}
