//! Shapley values: how a prediction divides among the features.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::{Explain, Silent};
//! use rationale_shapley::tree::TreeShap;
//! use rationale_trees::{Missing, NodeSpec, Outputs, Side, Split, Test, Tree, TreeEnsemble};
//!
//! // if x0 < 0.5 { 1 } else { 3 }, seen with 30 and 10 training rows: 1.5 on average.
//! let split = Split { feature: 0, test: Test::Less(0.5), missing: Missing::nan(Side::Right), left: 1, right: 2 };
//! let nodes = vec![
//!     NodeSpec::split(split).with_cover(40.0),
//!     NodeSpec::leaf(vec![1.0]).with_cover(30.0),
//!     NodeSpec::leaf(vec![3.0]).with_cover(10.0),
//! ];
//! let model = TreeEnsemble::new(vec![Tree::new(nodes, Outputs::One(0))?], 2, 1)?;
//!
//! let explained = TreeShap::path_dependent(&model)?.explain(array![[0.7, 9.0]].view(), &Silent)?;
//! assert_eq!(explained.base_values()[[0, 0]], 1.5);
//! assert_eq!(explained.row(0, 0).to_vec(), [1.5, 0.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which one do I need?
//!
//! | the model | the question | take |
//! |---|---|---|
//! | trees | against the training rows that the trees remember | [`tree::TreeShap::path_dependent`] |
//! | trees | against rows that you choose | [`tree::TreeShap::interventional`] |
//! | trees | how features work in pairs | [`tree::TreeShap::interactions`] |
//! | trees with a link | on the scale of the probability, approximately | [`tree::RescaledTreeShap`] |
//!
//! | any that answers | up to 20 features or groups | [`ExactShap`] |
//! | any that answers | more, with an error for each value | [`KernelShap`], [`PermutationShap`], [`SamplingShap`] |
//!
//! | any that answers | features that belong together share | [`PartitionShap`] over a [`FeatureTree`] |
//! | any that answers | the steadiest values, which need not sum up | [`BanzhafValues`] |
//! | one that adds up | exactly, with few calls | [`AdditiveShap`] |
//! | linear | exactly, features independent or correlated | [`LinearShap`] |
//! | a network (feature `deep`) | approximately, in a few passes forward and back | `DeepShap` |
//!
//! A model that only answers is explained by a [`TableExplainer`], which brings together model, estimator and what
//! stands in for absent features; pictures, texts and anything else that is a [`Game`](rationale_core::Game) by
//! [`explain_game`].
//!
//! The values explain what the model computes, not the world: a feature with a large value need not cause anything.

mod additive;
mod banzhaf;
mod coalition;
#[cfg(feature = "deep")]
mod deep;
mod driver;
mod error;
mod estimator;
mod exact;
mod explainer;
mod feature_tree;
mod interactions;
mod kernel;
mod ledger;
mod linear;
mod meter;
mod partition;
mod permutation;
mod regression;
mod sampling;
mod subsets;
#[cfg(feature = "tree")]
pub mod tree;

pub use additive::AdditiveShap;
pub use banzhaf::BanzhafValues;
#[cfg(feature = "deep")]
pub use deep::DeepShap;
pub use driver::{GameValues, Stopped, explain_game};
pub use error::Error;
pub use estimator::{Budget, Estimate, Estimator, Sampler, Stream};
pub use exact::ExactShap;
pub use explainer::TableExplainer;
pub use feature_tree::FeatureTree;
pub use interactions::Interactions;
pub use kernel::{KernelShap, Sizes, kernel_values};
pub use linear::{LinearModel, LinearShap};
pub use partition::PartitionShap;
pub use permutation::PermutationShap;
pub use sampling::SamplingShap;
