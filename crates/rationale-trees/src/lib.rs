//! One representation for the trees of every library, and their prediction.
//!
//! Libraries differ in how a split compares, where a missing value goes, what a leaf holds and how trees add up; a
//! [`TreeEnsemble`] carries each of these differences as a value, so that everything above it (TreeSHAP first of all)
//! is written once. What a reader cannot represent faithfully it refuses by name.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::Predict;
//! use rationale_trees::{Missing, NodeSpec, Outputs, Side, Split, Test, Tree, TreeEnsemble};
//!
//! // if x0 < 0.5 { 1 } else { 3 }, seen with 30 and 10 training rows; a missing x0 goes right.
//! let split = Split { feature: 0, test: Test::Less(0.5), missing: Missing::nan(Side::Right), left: 1, right: 2 };
//! let nodes = vec![
//!     NodeSpec::split(split).with_cover(40.0),
//!     NodeSpec::leaf(vec![1.0]).with_cover(30.0),
//!     NodeSpec::leaf(vec![3.0]).with_cover(10.0),
//! ];
//! let ensemble = TreeEnsemble::new(vec![Tree::new(nodes, Outputs::One(0))?], 1, 1)?;
//! assert_eq!(ensemble.predict(array![[0.0], [f64::NAN]].view())?, array![[1.0], [3.0]]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Readers
//!
//! | format | entry | feature |
//! |---|---|---|
//! | this project's own JSON | [`json`] | - |
//! | XGBoost's JSON and UBJSON | [`xgboost`] | - |
//! | scikit-learn, as skops saves it | [`skops`] | - |
//! | ONNX-ML: scikit-learn, LightGBM and XGBoost, converted | [`onnx_ml`] | - |
//! | CatBoost's JSON | [`catboost`] | - |
//! | LightGBM's text model and its JSON dump | [`lightgbm`] | - |
//! | linfa `DecisionTree`, `EnsembleLearner`, `AdaBoost` | [`linfa`] | `linfa` (default) |

mod at_once;
pub mod catboost;
mod cover;
mod descent;
mod ensemble;
mod error;
mod file;
pub mod json;
pub mod lightgbm;
#[cfg(feature = "linfa")]
pub mod linfa;
mod link;
pub mod onnx_ml;
mod quick_scorer;
mod randomise;
pub mod skops;
mod split;
mod tile;
mod tree;
pub mod xgboost;

pub use cover::CoverSource;
pub use ensemble::{InputPrecision, TreeEnsemble};
pub use error::Error;
pub use file::{Format, ModelFile};
pub use link::Link;
pub use split::{CategorySet, Missing, Side, Split, Test};
pub use tree::{Node, NodeSpec, Outputs, Tree};
