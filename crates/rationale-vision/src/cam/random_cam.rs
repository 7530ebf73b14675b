//! Random weights: the map that knows nothing of the class. After pytorch-grad-cam's `RandomCAM`.
//!
//! ```text
//! w_k ~ U(-1, 1)
//! ```
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | w | the result | `[channel]` |
//!
//! Holds: what a method's map must differ from to say anything about the class.
//! Costs: one forward pass.
//! Departs: the draws depend on the seed, the picture's place in the batch and the layer, and on nothing else.

use ndarray::Array1;

use super::look::Place;
use super::weights::Weights;

pub(super) fn weights(at: &Place<'_>) -> Weights {
    let mut draws = at.seed().draws("random-cam", at.picture() as u64, at.layer_index() as u64);
    Weights::Channels(Array1::from_shape_fn(at.n_channels(), |_| 2.0 * draws.uniform() - 1.0))
}
