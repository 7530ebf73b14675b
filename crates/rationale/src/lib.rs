//! Explains the decisions of models: one door to the crates of the workspace.
//!
//! ```
//! use rationale::{Explain, Silent, shapley::tree::TreeShap, trees};
//!
//! let model = trees::json::from_str(r#"{
//!     "format": "rationale-trees", "version": 1, "feature_names": ["income"], "output_names": ["score"],
//!     "base_score": [0.0], "link": "identity", "input": "double", "cover_source": "model",
//!     "trees": [{"weight": 1.0, "output": 0, "nodes": [
//!         {"feature": 0, "test": {"less": 1000.0}, "missing": "left", "left": 1, "right": 2, "cover": 40.0},
//!         {"leaf": [1.0], "cover": 30.0},
//!         {"leaf": [3.0], "cover": 10.0}]}]}"#)?;
//! let explained = TreeShap::path_dependent(&model)?.explain(ndarray::array![[1500.0]].view(), &Silent)?;
//! assert_eq!(explained.row(0, 0)[0], 1.5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which crate do I need?
//!
//! Each module is a crate of its own, behind the feature of its name; take that crate alone where one is enough.

#[cfg(feature = "audit")]
pub use rationale_audit as audit;
pub use rationale_core::{
    Absence, Attributions, Background, Draws, Error, Evidence, Explain, FeatureGroups, Fingerprint, FromFn,
    Game, Hasher, Parameter, Predict, Progress, Randomise, Seed, Silent, Summary, TableGame, Target,
    checked_answers, json, least_squares, separable, whole,
};
#[cfg(feature = "gradient")]
pub use rationale_gradient as gradient;
#[cfg(feature = "metrics")]
pub use rationale_metrics as metrics;
#[cfg(feature = "onnx")]
pub use rationale_onnx as onnx;
#[cfg(feature = "process")]
pub use rationale_process as process;
#[cfg(feature = "report")]
pub use rationale_report as report;
#[cfg(feature = "shapley")]
pub use rationale_shapley as shapley;
#[cfg(feature = "surrogate")]
pub use rationale_surrogate as surrogate;
#[cfg(feature = "tabular")]
pub use rationale_tabular as tabular;
#[cfg(feature = "tensor")]
pub use rationale_tensor as tensor;
#[cfg(feature = "text")]
pub use rationale_text as text;
#[cfg(feature = "trees")]
pub use rationale_trees as trees;
#[cfg(feature = "vision")]
pub use rationale_vision as vision;
