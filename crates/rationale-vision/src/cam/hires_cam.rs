//! HiResCAM. Draelos and Carin 2020, <https://arxiv.org/abs/2011.08891>.
//!
//! ```text
//! map = ReLU(sum_k dy/dA_k * A_k)              (5), * element by element
//! ```
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | A | the activation, multiplied by the pipeline | `[channel, row, column]` |
//! | dy/dA | `gradient` | `[channel, row, column]` |
//!
//! Holds: the sum of the raw map is y less its value at A = 0, to first order; exactly where what follows is linear.
//! Costs: as Grad-CAM.
//! Departs: the paper leaves the ReLU to the drawing; the pipeline takes it unless the map is signed.

use ndarray::ArrayView3;

use super::weights::Weights;

pub(super) fn weights(gradient: ArrayView3<'_, f64>) -> Weights {
    Weights::Elements(gradient.to_owned())
}
