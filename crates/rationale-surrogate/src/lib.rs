//! What any model does near one input: LIME, RISE and occlusion, from nothing but its answers.
//!
//! ```
//! use ndarray::{Array2, array};
//! use rationale_core::{FromFn, Silent};
//! use rationale_surrogate::{Column, Columns, LimeTabular};
//!
//! // Declines (0) whoever is young and without a job.
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| {
//!     Array2::from_shape_fn((rows.nrows(), 1), |(row, _)| {
//!         if rows[[row, 0]] < 30.0 && rows[[row, 1]] == 1.0 { 0.0 } else { 1.0 }
//!     })
//! });
//! let columns = Columns::new(vec![Column::numeric("age"), Column::categorical("job", ["clerk", "none"])])?;
//! let training = Array2::from_shape_fn((100, 2), |(row, column)| {
//!     if column == 0 { 20.0 + row as f64 / 2.0 } else { (row % 2) as f64 }
//! });
//! let lime = LimeTabular::new(&model, columns, training.view())?;
//! let explained = lime.explain_row(array![22.0, 1.0].view(), 0, &Silent)?;
//!
//! let local = &explained.models[0];
//! assert_eq!(local.terms[0].name, "age <= 32.38");
//! let (low, high) = local.terms[0].interval(0.95)?;
//! assert!(low < local.terms[0].coefficient && high < 0.0);
//! assert_eq!(local.terms[1].name, "job=none");
//! # Ok::<(), rationale_surrogate::Error>(())
//! ```
//!
//! # Which one do I need?
//!
//! | the input | the question | take |
//! |---|---|---|
//! | a row of a table | which of its values matter | [`LimeTabular`] |
//! | a text | which words matter | [`LimeText`] |
//! | a picture | which patches matter | [`LimePicture`] |
//! | a picture | which places matter, without patches | [`Rise`], [`Occlusion`] |
//! | any [`Game`](rationale_core::Game) | what is lost without each player | [`occlude`] |
//! | many explanations | which few show the whole | [`submodular_pick()`] |
//!
//! # How far can it be trusted?
//!
//! | what is reported | where |
//! |---|---|
//! | the standard error of each coefficient | [`Term::standard_error`], always |
//! | ranks that cannot be told apart | [`Term::is_clear_of_next`], [`LocalModel::ties`], always |
//! | how much of the model the line explains | [`LocalModel::r_squared`], always |
//! | whether other samples give the same | [`Lime::with_repetitions`], [`Stability`] |
//! | as many samples as a settled ranking needs | [`Lime::with_settling`], [`Settlement`] |
//! | whether another kernel width gives the same | [`Lime::with_width_factors`], [`Explanation::width_agreement`] |
//!
//! A local model explains what the model computes near the input, not the world.

mod columns;
mod engine;
mod error;
mod explanation;
mod fill;
mod kernel;
mod lasso_path;
mod lime;
mod local_model;
mod masks;
mod memory;
mod occlusion;
mod picture;
mod rise;
mod selection;
mod settling;
mod stability;
mod submodular_pick;
pub mod superpixels;
mod tabular;
mod text;

pub use columns::{Column, Columns};
pub use error::Error;
pub use explanation::{AtWidth, Explanation, jaccard};
pub use fill::Fill;
pub use lime::{Labels, Lime};
pub use local_model::{LocalModel, Neighbourhood, Term};
pub use occlusion::{Occlusion, occlude};
pub use picture::{LimePicture, PictureExplanation, PictureGame};
pub use rise::{PictureMap, Rise};
pub use selection::Selection;
pub use settling::{Settlement, Settling};
pub use stability::Stability;
pub use submodular_pick::{Pick, submodular_pick};
pub use tabular::{Centre, Discretisation, LimeTabular};
pub use text::{FILLER, LimeText, PredictText, TextGame, Words};
