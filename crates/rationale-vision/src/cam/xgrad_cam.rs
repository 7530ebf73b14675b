//! XGrad-CAM. Fu, Hu, Dong, Guo, Gao and Li 2020, <https://arxiv.org/abs/2008.02312>.
//!
//! ```text
//! w_k = sum_ij A_kij / (sum_ab A_kab + eps) dy/dA_kij          (9)
//! ```
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | A | `activation` | `[channel, row, column]` |
//! | dy/dA | `gradient` | `[channel, row, column]` |
//! | eps | [`EPS`] | |
//!
//! Holds: sensitivity and conservation as far as weights of channels can: sum_ij w_k A_kij = sum_ij A_kij dy/dA_kij, so
//! that each channel's share of the map sums to its gradient times activation.
//! Costs: as Grad-CAM.
//! Departs: eps is pytorch-grad-cam's. A channel that sums to about 0, which a layer without ReLU may have, gets a large
//! weight, there as here.

use ndarray::ArrayView3;

use super::weights::{Weights, spatial_sum};

/// What keeps a channel of zeros from a division by 0; pytorch-grad-cam's.
const EPS: f64 = 1e-7;

pub(super) fn weights(activation: ArrayView3<'_, f64>, gradient: ArrayView3<'_, f64>) -> Weights {
    let products = &activation * &gradient;
    Weights::Channels(spatial_sum(products.view()) / (spatial_sum(activation) + EPS))
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn each_channel_is_conserved() {
        let activation = array![[[1.0, 2.0], [3.0, 4.0]], [[0.5, 0.0], [0.0, 1.5]]];
        let gradient = array![[[1.0, -2.0], [0.5, 3.0]], [[-1.0, 9.0], [9.0, 2.0]]];
        let weights = weights(activation.view(), gradient.view());
        let (left, right) = (weights.times(activation.view()), &activation * &gradient);
        let difference = spatial_sum(left.view()) - spatial_sum(right.view());
        assert!(difference.iter().all(|it| it.abs() < 1e-6), "{difference}");
    }
}
