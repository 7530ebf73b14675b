//! The family of class activation maps: one pipeline, in which a member states only its weights.
//!
//! ```text
//! raw = sum_k w_k A_k            A: the layer's activations, w: a number a channel, or one an element
//! map = minmax(mean over layers of upsample(minmax(max(raw, 0))))
//! ```
//!
//! [`ClassActivation`] is the pipeline and [`CamMethod`] the members, each in a file of its own. [`Factorisation`] is not of
//! the family, but asks the same of a network: which parts of a picture does a layer see as one thing?

mod ablation_cam;
mod component;
mod elementwise_grad_cam;
mod explain;
mod factorisation;
mod finer_cam;
mod full_grad;
mod grad_cam;
mod grad_cam_plus_plus;
mod hires_cam;
mod kpca_cam;
mod layer;
mod layer_cam;
mod look;
mod maps;
mod method;
mod objective;
mod passes;
mod random_cam;
mod scale;
mod score_cam;
mod shapley_cam;
#[cfg(test)]
mod suite;
mod target;
#[cfg(test)]
mod toy;
mod weights;
mod xgrad_cam;
mod zhou_cam;

pub use explain::{ClassActivation, Layers, Sign, Smoothing};
pub use factorisation::{Factorisation, Factors};
pub use layer::{Layer, LayerLayout};
pub use maps::{LayerMaps, Maps};
pub use method::CamMethod;
pub use target::{CamTarget, Score};
