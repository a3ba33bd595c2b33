//! What addresses are called, beside them. It is hearsay and never takes the place of an address.

use std::net::IpAddr;

use super::model::Model;
use super::places;
use super::text;
use crate::snapshot::{AddressName, Named, Snapshot, addresses_in};

/// Columns that a name needs to say anything.
pub(crate) const LEAST_NAME: usize = 8;
/// Columns of a name in the middle of a sentence.
const MOST_IN_TEXT: usize = 40;

/// The names in a snapshot, or none where they are not to be shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Called<'a>(Option<&'a Named>);

impl Model {
    /// What addresses are called, if that is to be shown.
    pub(crate) fn called<'a>(&self, snapshot: &'a Snapshot) -> Called<'a> {
        Called(snapshot.named.as_ref().filter(|_| self.called == Some(true)))
    }
}

impl<'a> Called<'a> {
    /// What an address is called.
    pub(crate) fn of(self, address: IpAddr) -> Option<&'a AddressName> {
        self.0?.rows.get(&address)
    }

    /// The part beside an address of so many columns, in `room` columns for both; nothing where
    /// that says nothing.
    pub(crate) fn beside(self, address: IpAddr, width: usize, room: usize) -> Option<String> {
        let name = self.of(address)?;
        let left = room.checked_sub(width + 1)?;
        let rest = name.rest();
        let whole = text::width(&name.name) + text::width(&rest);
        let least = LEAST_NAME.min(whole);
        (left >= least).then(|| fit(&name.name, &rest, left))
    }

    /// An address in `room` columns, with what it is called if that fits.
    pub(crate) fn fitted(self, address: IpAddr, room: usize) -> String {
        let own = address.to_string();
        match self.beside(address, text::width(&own), room) {
            Some(name) => format!("{own} {name}"),
            None => text::clip_middle(&own, room),
        }
    }

    /// A sentence with what the addresses in it are called: `192.0.2.53 (ns1.example) refuses`.
    pub(crate) fn in_text(self, sentence: &str) -> String {
        annotated(sentence, |address| self.short(address))
    }

    /// The same, and where they are: `192.0.2.53 (ns1.example; AS64500 Example Ltd, DE)`.
    pub(crate) fn and_where(self, sentence: &str, snapshot: &Snapshot) -> String {
        annotated(sentence, |address| {
            let parts = [self.short(address), places::told(address, snapshot)];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            (!parts.is_empty()).then(|| parts.join("; "))
        })
    }

    fn short(self, address: IpAddr) -> Option<String> {
        self.of(address).map(|name| fit(&name.name, &name.rest(), MOST_IN_TEXT))
    }

    /// Who says what an address is called: `192.0.2.53 is called ns1.example: PTR from ...`.
    pub(crate) fn told(self, address: IpAddr) -> Option<String> {
        let name = self.of(address)?;
        let called = fit(&name.name, &name.rest(), MOST_IN_TEXT);
        Some(format!("{address} is called {called}: {}", name.told()))
    }
}

/// A sentence with something in brackets behind its addresses.
fn annotated(sentence: &str, of: impl Fn(IpAddr) -> Option<String>) -> String {
    let (mut out, mut done) = (String::new(), 0);
    for (range, address) in addresses_in(sentence) {
        let Some(note) = of(address) else { continue };
        out.push_str(sentence.get(done..range.end).unwrap_or_default());
        out.push_str(&format!(" ({note})"));
        done = range.end;
    }
    out.push_str(sentence.get(done..).unwrap_or_default());
    out
}

/// A name cut in its middle, and how many others there are.
fn fit(name: &str, rest: &str, room: usize) -> String {
    let left = room.saturating_sub(text::width(rest));
    if left < LEAST_NAME.min(text::width(name)) {
        return text::clip_middle(name, room);
    }
    format!("{}{rest}", text::clip_middle(name, left))
}
