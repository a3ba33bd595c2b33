//! A filter for pseudonyms from one for true addresses: who types it knows these, who reads the
//! report shall not.

use super::parse::{self, COMMA, Token, quoted};
use super::value::{self, Value};
use super::{Filter, FilterError};
use crate::mask::{Mask, mask_name};
use crate::wire::Address;
use crate::wire::name::text;

impl Filter {
    /// The same filter with pseudonyms in the place of addresses, in its text as well.
    ///
    /// # Errors
    ///
    /// A network whose addresses have no pseudonyms in common.
    pub fn masked(&self, mask: &mut Mask) -> Result<Self, FilterError> {
        let mut out = String::new();
        for (at, token) in parse::tokens(&self.text)? {
            let piece = match token {
                Token::Open => "(".to_owned(),
                Token::Close => ")".to_owned(),
                Token::Word(word) => {
                    masked_term(&word, mask).map_err(|what| FilterError { at, what })?
                }
            };
            if !out.is_empty() && !out.ends_with('(') && piece != ")" {
                out.push(' ');
            }
            out.push_str(&piece);
        }
        Self::parse(&out)
    }
}

fn masked_term(word: &str, mask: &mut Mask) -> Result<String, String> {
    let Some((key, values)) = word.split_once(':') else { return Ok(word.to_owned()) };
    let lower = key.to_ascii_lowercase();
    let masked: Result<Vec<String>, String> = values
        .split(',')
        .map(|value| value.replace(COMMA, ","))
        .map(|value| match lower.as_str() {
            "server" | "client" | "host" => masked_network(&value, mask),
            "name" | "under" => masked_name(&value, mask),
            _ => Ok(value),
        })
        .map(|value| value.map(|value| quoted(&value)))
        .collect();
    Ok(format!("{key}:{}", masked?.join(",")))
}

fn masked_network(text: &str, mask: &mut Mask) -> Result<String, String> {
    let Value::Network(first, bits) = value::network(text)? else { return Ok(text.to_owned()) };
    let (first, bits) = mask.network(first, bits).ok_or_else(|| {
        format!(
            "{text} has no pseudonyms of its own with --anonymize; name networks of /16 or longer"
        )
    })?;
    Ok(match (first.is_v4(), bits) {
        (_, 128) => first.ip().to_string(),
        (true, bits) => format!("{}/{}", first.ip(), bits.saturating_sub(96)),
        (false, bits) => format!("{}/{bits}", version_6(first)),
    })
}

/// `::ffff:0:0` is an address of version 4, and the first one of `::/0` none.
fn version_6(first: Address) -> std::net::Ipv6Addr {
    first.0.into()
}

fn masked_name(written: &str, mask: &mut Mask) -> Result<String, String> {
    let (below, mut wire) = match value::name(written)? {
        Value::Name(wire) => ("", wire),
        Value::Below(wire) => ("*.", wire),
        _ => return Ok(written.to_owned()),
    };
    mask_name(mask, &mut wire);
    Ok(format!("{below}{}", text(&wire)))
}
