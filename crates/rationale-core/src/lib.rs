//! The vocabulary of explanations.
//!
//! Every crate of this workspace speaks in the words defined here and depends on nothing else of it:
//! what a model is ([`Predict`], [`Game`]), what an explanation is ([`Attributions`]), what it rests on
//! ([`Evidence`]), and what makes it repeatable ([`Seed`], [`Fingerprint`]).
//!
//! ```
//! use ndarray::array;
//! use rationale_core::{Attributions, FromFn, Predict};
//!
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.sum_axis(ndarray::Axis(1)).insert_axis(ndarray::Axis(1)));
//! let predictions = model.predict(array![[1.0, 2.0]].view())?;
//!
//! // Two features, one output: values are [row, feature, output], base values and predictions [row, output].
//! let explained = Attributions::new(array![[[1.0], [2.0]]], array![[0.0]], predictions)?;
//! assert_eq!(explained.completeness_gap(), 0.0);
//! # Ok::<(), rationale_core::Error>(())
//! ```
//!
//! # Should I be using this crate?
//!
//! To explain a model, take `rationale` (everything) or one method crate (`rationale-shapley`, ...). Depend on this
//! crate to make your own model explainable (implement [`Predict`]) or to write an explainer (implement [`Explain`]).

mod absence;
mod attributions;
mod background;
mod error;
mod evidence;
mod explain;
mod fingerprint;
mod game;
mod groups;
pub mod json;
pub mod least_squares;
mod predict;
mod progress;
mod randomise;
mod seed;
pub mod separable;
mod summary;
mod table_game;
mod target;
pub mod whole;

pub use absence::Absence;
pub use attributions::Attributions;
pub use background::Background;
pub use error::Error;
pub use evidence::{Evidence, Parameter};
pub use explain::Explain;
pub use fingerprint::{Fingerprint, Hasher};
pub use game::Game;
pub use groups::FeatureGroups;
pub use predict::{FromFn, Predict};
pub use progress::{Progress, Silent};
pub use randomise::Randomise;
pub use seed::{Draws, Seed};
pub use summary::Summary;
pub use table_game::{TableGame, checked_answers};
pub use target::Target;
