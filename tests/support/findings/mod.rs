//! Findings held against scenarios whose causes are known, also after the packets were changed.

pub(crate) mod judge;
mod layers;
pub(crate) mod names;
pub(crate) mod packets;
pub(crate) mod transform;
pub(crate) mod truth;
