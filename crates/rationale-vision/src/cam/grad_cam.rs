//! Grad-CAM. Selvaraju, Cogswell, Das, Vedantam, Parikh and Batra 2017, <https://arxiv.org/abs/1610.02391>.
//!
//! ```text
//! w_k = 1/Z sum_ij dy/dA_kij                   (1)
//! map = ReLU(sum_k w_k A_k)                    (2)
//! ```
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | A | `activation` | `[channel, row, column]` |
//! | dy/dA | `gradient` | `[channel, row, column]` |
//! | Z | the number of positions | |
//! | w | the result | `[channel]` |
//!
//! Holds: equal to CAM up to a factor where global average pooling and one linear layer follow.
//! Costs: one forward pass, and a backward pass through what lies after the layer.
//! Departs: nothing from the paper. captum's `LayerGradCam` gives the map at the layer's resolution, which is
//! [`LayerMaps::raw`](crate::LayerMaps::raw) here.
//!
//! ```text
//! A = [[1, 2], [3, 4]], dy/dA = 1/4 everywhere: w = 1/4, map = A / 4
//! ```

use ndarray::ArrayView3;

use super::weights::{Weights, spatial_mean};

pub(super) fn weights(gradient: ArrayView3<'_, f64>) -> Weights {
    Weights::Channels(spatial_mean(gradient))
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn is_the_mean_of_the_gradient() {
        let gradient = array![[[1.0, 2.0], [3.0, 6.0]], [[-1.0, 0.0], [0.0, -1.0]]];
        assert_eq!(weights(gradient.view()), Weights::Channels(array![3.0, -0.5]));
    }
}
