//! Does an explanation keep what its kind promises?

mod completeness;
mod input_invariance;
mod non_sensitivity;
mod symmetry;

pub use completeness::Completeness;
pub use input_invariance::{InputInvariance, Shifted};
pub use non_sensitivity::NonSensitivity;
pub use symmetry::Symmetry;
