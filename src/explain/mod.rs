//! `rcodetop explain`: what a code or a cause means, how it differs from its neighbours, what to do.
//!
//! Names and numbers are those of [`crate::iana`], causes those of [`crate::diagnose`]; here is
//! how they are put before a reader. Knows no packet.

mod causes;
mod codes;
mod ede;
mod focus;
mod nearest;
mod reference;
mod text;
mod windows;

pub use reference::reference;

/// Why there is nothing to explain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing known about {text:?}; {}", advice(nearest))]
pub struct Unknown {
    text: String,
    nearest: Vec<&'static str>,
}

fn advice(nearest: &[&str]) -> String {
    match nearest {
        [] => {
            "give an RCODE (REFUSED, 5), a Windows DNS error (9001 to 9018, 0x232D), an Extended \
               DNS Error (ede:0 to ede:65535), no-response, slow or a cause (acl-recursion); \
               `rcodetop explain` lists all"
                .into()
        }
        words => format!("did you mean {}? `rcodetop explain` lists all", words.join(" or ")),
    }
}

/// Each reads what it knows; NOTAUTH is a code and a cause. 1460 is an error of Windows and a code
/// that nobody assigned: what is known comes first.
const READERS: [fn(&str) -> Option<String>; 5] =
    [ede::explain, windows::explain, codes::explain, focus::explain, causes::explain];

/// Explains one thing: a response code by its mnemonic, its number or its Windows error, an
/// Extended DNS Error by `ede:` and a number or by its name, no response, slowness, or a cause.
/// A number up to 4095 is an RCODE, one of Windows' errors is that; what is both is explained as both.
pub fn explain(what: &str) -> Result<String, Unknown> {
    let text = what.trim();
    let found: Vec<_> = READERS.iter().filter_map(|read| read(text)).collect();
    if found.is_empty() {
        return Err(Unknown { text: text.into(), nearest: nearest::nearest(text, names()) });
    }
    Ok(found.join("\n"))
}

/// Every word that can be explained.
fn names() -> impl Iterator<Item = &'static str> {
    codes::names()
        .chain(focus::names())
        .chain(causes::names())
        .chain(windows::symbols())
        .chain(ede::names())
}

/// All codes and causes, in tables.
pub fn list() -> String {
    format!(
        "Response codes (RCODE), and what Windows makes of them\n\n{}\n\
         Extended DNS Errors (EDE)\n\n{}\n\
         Not codes\n\n{}\n\
         Causes\n\n{}\n\
         More on one of them: rcodetop explain REFUSED, or ede:18, or acl-recursion\n",
        codes::list(),
        ede::list(),
        focus::list(),
        causes::list(),
    )
}

#[cfg(test)]
mod tests;
