//! KPCA-CAM. Karmani, Sivakaran, Prasad, Ali, Yang and Tang 2024, <https://arxiv.org/abs/2410.00267>.
//!
//! ```text
//! K_pq = tanh(gamma x_p . x_q + 1)             x_p: the activations at position p, less each channel's mean
//! K'   = K - 1K - K1 + 1K1                     1: the matrix of 1 / positions
//! map  = sqrt(lambda) u                        lambda, u: the largest eigenvalue of K' and its vector
//! ```
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | x | `rows` | `[position, channel]` |
//! | gamma | 1 / channels, scikit-learn's default | |
//! | K | `kernel` | `[position, position]` |
//!
//! Holds: as Eigen-CAM: it says what the layer holds most of, not what speaks for a class.
//! Costs: one forward pass, and a matrix of positions by positions, of at most [`MOST_POSITIONS`]^2.
//! Departs: the sign is that in which the map agrees with the sum of the activations; pytorch-grad-cam takes
//! scikit-learn's, in which the component's largest value is positive.

use ndarray::{Array2, ArrayView2, Axis};

use crate::Error;

/// 64 x 64 positions: 128 MiB.
const MOST_POSITIONS: usize = 4096;

/// The centred kernel of rows `[position, channel]`, each channel of mean 0.
pub(super) fn kernel(rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
    let n_positions = rows.nrows();
    if n_positions > MOST_POSITIONS {
        return Err(Error::TooManyPositions { method: "kpca-cam", n_positions, limit: MOST_POSITIONS });
    }
    let gamma = 1.0 / rows.ncols().max(1) as f64;
    let mut kernel = rows.dot(&rows.t());
    kernel.mapv_inplace(|it| (gamma * it + 1.0).tanh());
    let means = kernel.sum_axis(Axis(1)) / n_positions.max(1) as f64;
    let mean = means.sum() / n_positions.max(1) as f64;
    for (p, mut row) in kernel.rows_mut().into_iter().enumerate() {
        row.zip_mut_with(&means, |it, of_column| *it += mean - means[p] - of_column);
    }
    Ok(kernel)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_centred_kernel_sums_to_zero_along_each_side() {
        let kernel = kernel(array![[1.0, -2.0], [0.5, 3.0], [-1.5, -1.0]].view()).unwrap();
        assert!(kernel.sum_axis(Axis(0)).iter().chain(&kernel.sum_axis(Axis(1))).all(|it| it.abs() < 1e-12));
    }
}
