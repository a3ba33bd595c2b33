//! Which cause each case is put down to, and why so surely.

use super::{Cause, Confidence};

/// What a rule says of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim<'a> {
    pub(super) cause: &'static Cause,
    pub(super) confidence: Confidence,
    /// On what of the case the cause depends.
    pub(super) axis: Axis<'a>,
}

/// What a cause depends on: what its scope is made of, beside the servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Axis<'a> {
    /// On nothing else.
    Server,
    /// On who asks.
    Client,
    /// On the name: everything under a suffix.
    Name(&'a [u8]),
    /// On who asks for a name under a suffix.
    ClientName(&'a [u8]),
    /// On names that the server is no authority for.
    Foreign,
    /// On the type of the question.
    Type,
    /// On the opcode.
    Opcode,
    /// On the class.
    Class,
    /// On queries that do not desire recursion.
    NoRecursion,
    /// On there being no query.
    Unasked,
}

impl Axis<'_> {
    /// Kinds that make a scope of another form; what depends on name or client may be mixed.
    pub(super) fn kind(&self) -> u8 {
        match self {
            Self::Type => 1,
            Self::Opcode => 2,
            Self::Class => 3,
            Self::NoRecursion => 4,
            Self::Unasked => 5,
            Self::Foreign => 6,
            Self::Server | Self::Client | Self::Name(_) | Self::ClientName(_) => 0,
        }
    }
}

/// The claims on all cases, by their number.
#[derive(Debug)]
pub(super) struct Claims<'a> {
    claims: Vec<Option<Claim<'a>>>,
}

impl<'a> Claims<'a> {
    pub(super) fn new(cases: usize) -> Self {
        Self { claims: vec![None; cases] }
    }

    pub(super) fn get(&self, case: usize) -> Option<Claim<'a>> {
        self.claims.get(case).copied().flatten()
    }

    pub(super) fn is_free(&self, case: usize) -> bool {
        self.get(case).is_none()
    }

    /// Puts a case down to a cause, unless it is put down to another one.
    pub(super) fn claim(
        &mut self,
        case: usize,
        cause: &'static Cause,
        confidence: Confidence,
        axis: Axis<'a>,
    ) {
        if let Some(claim) = self.claims.get_mut(case)
            && claim.is_none()
        {
            *claim = Some(Claim { cause, confidence, axis });
        }
    }
}
