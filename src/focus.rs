//! What everything revolves around: one response code, no response, or slow responses.
//!
//! A share says of what. That of a code is of responses, as only responses have codes; that of no
//! response is of the queries that had an end, which got a response or did not; that of slow ones
//! is of answered queries. No response is an outcome of its own and never a code.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::iana::Rcode;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Focus {
    /// Responses with this code.
    Rcode(Rcode),
    /// Queries that got no response in time: nothing came, or an ICMP error or a TCP reset did.
    NoResponse,
    /// First responses that took longer than a threshold, whatever their code.
    Slow,
}

/// What takes longer is slow unless told otherwise: what is looked up afresh takes less where all
/// is well, and the first clients (those of Windows) ask elsewhere after a second.
pub const SLOW_AFTER: Duration = Duration::from_millis(500);

/// The word for [`Focus::NoResponse`] that the command line takes beside codes.
pub const NO_RESPONSE: &str = "no-response";
/// Likewise.
pub const SLOW: &str = "slow";

impl Focus {
    /// The code, if it is one.
    pub const fn rcode(self) -> Option<Rcode> {
        match self {
            Self::Rcode(rcode) => Some(rcode),
            Self::NoResponse | Self::Slow => None,
        }
    }

    /// Whether it is a code that answers a lookup: nobody is hurt by it.
    pub const fn is_answer(self) -> bool {
        matches!(self, Self::Rcode(rcode) if rcode.is_answer())
    }

    /// Whether lookups can fail by it.
    pub const fn is_failure(self) -> bool {
        !matches!(self, Self::Slow) && !self.is_answer()
    }

    /// What its shares are of, in the plural.
    pub const fn whole(self) -> &'static str {
        match self {
            Self::Rcode(_) => "responses",
            Self::NoResponse => "queries",
            Self::Slow => "answered queries",
        }
    }

    /// The word that the command line takes for it: `REFUSED`, `no-response`, `slow`.
    pub fn word(self) -> String {
        match self {
            Self::Rcode(rcode) => rcode.to_string(),
            Self::NoResponse => NO_RESPONSE.to_owned(),
            Self::Slow => SLOW.to_owned(),
        }
    }
}

impl Default for Focus {
    fn default() -> Self {
        Self::Rcode(Rcode::REFUSED)
    }
}

impl From<Rcode> for Focus {
    fn from(rcode: Rcode) -> Self {
        Self::Rcode(rcode)
    }
}

impl PartialEq<Rcode> for Focus {
    fn eq(&self, other: &Rcode) -> bool {
        self.rcode() == Some(*other)
    }
}

impl fmt::Display for Focus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rcode(rcode) => rcode.fmt(f),
            Self::NoResponse => f.pad("no response"),
            Self::Slow => f.pad("slow"),
        }
    }
}

/// Neither a code nor one of the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no such response code; give a name like REFUSED, a number from 0 to 4095 (`rcodetop explain` \
     lists them), no-response, slow or slow:200ms"
)]
pub struct NoFocus;

/// A name or number of a code, `no-response` or `slow`, in any case.
impl FromStr for Focus {
    type Err = NoFocus;

    fn from_str(text: &str) -> Result<Self, NoFocus> {
        let is = |word: &str| text.replace(' ', "-").eq_ignore_ascii_case(word);
        match text {
            _ if is(NO_RESPONSE) => Ok(Self::NoResponse),
            _ if is(SLOW) => Ok(Self::Slow),
            _ => Rcode::from_name(text).map(Self::Rcode).ok_or(NoFocus),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_command_line_takes_is_what_it_is_told_to_take() {
        for focus in [Rcode::REFUSED.into(), Rcode(3841).into(), Focus::NoResponse, Focus::Slow] {
            assert_eq!(focus.word().parse(), Ok(focus));
            assert_eq!(focus.to_string().to_uppercase().parse(), Ok(focus));
        }
        assert_eq!("5".parse(), Ok(Focus::default()));
        assert_eq!("refusd".parse::<Focus>(), Err(NoFocus));
    }

    #[test]
    fn silence_is_no_code_and_slowness_no_failure() {
        assert!(Focus::NoResponse != Rcode::NOERROR && Focus::default() == Rcode::REFUSED);
        assert!(Focus::NoResponse.is_failure() && !Focus::NoResponse.is_answer());
        assert!(!Focus::Slow.is_failure() && !Focus::Slow.is_answer());
        assert!(Focus::from(Rcode::NXDOMAIN).is_answer());
    }
}
