//! Can a person take the explanation in: how few features carry it?
//!
//! Simple is not right: an explanation that names one feature at random is as simple as can be.

mod effective_complexity;
mod entropy;
mod sparseness;

pub use effective_complexity::EffectiveComplexity;
pub use entropy::Entropy;
pub use sparseness::Sparseness;

pub(crate) use entropy::entropy;
