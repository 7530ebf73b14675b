//! Exact Shapley values of tree ensembles (TreeSHAP).
//!
//! Both readings of "a feature is absent" are here, because they answer different questions:
//!
//! - **path-dependent** ([`TreeShap::path_dependent`]): at a split on an absent feature the row goes both ways, in the
//!   proportion of the training rows that did (the node's cover). Needs no data; follows correlations as the trees saw
//!   them; may credit a feature that the model's output does not depend on but that a split names.
//! - **interventional** ([`TreeShap::interventional`]): absent features are filled from the rows of a stated background.
//!   True to the model: a feature that cannot change the output gets 0.
//!
//! Values are exact on the margin, to which trees add up. On the scale of a probability, [`RescaledTreeShap`] offers
//! what shap does there, under its own name.

mod cost;
mod engine;
mod error;
mod explainer;
mod interventional;
mod lanes;
mod leaf_table;
mod memo;
mod path_dependent;
mod paths;
mod pattern_tables;
mod predictions;
mod program;
mod quadrature;
mod question;
mod rescaled;
mod row_simd;
mod tile;
mod vectorised;
mod walk;

pub use crate::Interactions;
pub use error::Error;
pub use explainer::TreeShap;
pub use rescaled::RescaledTreeShap;
pub use vectorised::{Engine, Precision};
