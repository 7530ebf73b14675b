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
//! The values explain what the model computes, not the world: a feature with a large value need not cause anything.

#[cfg(feature = "tree")]
pub mod tree;
