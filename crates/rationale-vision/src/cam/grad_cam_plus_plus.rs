//! Grad-CAM++. Chattopadhay, Sarkar, Howlader and Balasubramanian 2018, <https://arxiv.org/abs/1710.11063>.
//!
//! ```text
//! alpha_kij = g^2 / (2 g^2 + g^3 sum_ab A_kab + eps),  0 where g = 0        (19)
//! w_k       = sum_ij alpha_kij ReLU(g_kij)                                    (5)
//! ```
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | A | `activation` | `[channel, row, column]` |
//! | g = dS/dA | `gradient` | `[channel, row, column]` |
//! | eps | [`EPS`] | |
//!
//! Holds: weights are not negative.
//! Costs: as Grad-CAM.
//! Departs: (19) differentiates Y = exp(S) and has dY/dA = exp(S) g in (5). The factor exp(S) is the same for all
//! weights of a picture and cancels when the map is scaled to [0, 1], so it is left out, as pytorch-grad-cam does, whose
//! eps this is. Neither computes (10), the second and third derivatives of a network that is not linear in pieces.

use ndarray::{ArrayView3, Axis, Zip};

use super::weights::{Weights, spatial_sum};

/// What keeps the denominator from 0; pytorch-grad-cam's.
const EPS: f64 = 1e-6;

pub(super) fn weights(activation: ArrayView3<'_, f64>, gradient: ArrayView3<'_, f64>) -> Weights {
    let sums = spatial_sum(activation);
    let mut weighted = gradient.to_owned();
    Zip::from(weighted.axis_iter_mut(Axis(0)))
        .and(&sums)
        .for_each(|mut channel, &sum| channel.mapv_inplace(|g| term(g, sum)));
    Weights::Channels(spatial_sum(weighted.view()))
}

fn term(g: f64, sum: f64) -> f64 {
    if g <= 0.0 {
        return 0.0;
    }
    let square = g * g;
    g * square / (2.0 * square + sum * square * g + EPS)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn by_hand() {
        // g = 2 at one place, sum A = 3: alpha = 4 / (8 + 24), w = 2 alpha.
        let activation = array![[[1.0, 2.0]]];
        let gradient = array![[[2.0, -5.0]]];
        let Weights::Channels(found) = weights(activation.view(), gradient.view()) else {
            panic!("a weight a channel")
        };
        assert!((found[0] - 0.25).abs() < 1e-7, "{found}");
    }
}
