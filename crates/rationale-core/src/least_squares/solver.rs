//! The decompositions behind a regression: Cholesky's of the normal equations, of the kernel where there are more
//! features than samples, and singular values where features depend on each other.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn, SVD};
use ndarray::{Array1, Array2, Axis};

use crate::Error;

/// A pivot below this share of its diagonal tells of dependent features: beyond it the normal equations would keep
/// fewer than about nine digits.
const SMALLEST_PIVOT: f64 = 1e-7;

/// The system `(G + p I) b = c`, decomposed.
pub(super) enum Solver {
    Empty,
    Normal(Cholesky<f64, Dyn>),
    InSamples { cholesky: Cholesky<f64, Dyn>, scaled: Array2<f64>, penalty: f64 },
    Singular { directions: Array2<f64>, factors: Array1<f64>, left: Array2<f64>, inverse: Array1<f64> },
}

impl Solver {
    /// By singular values: `b = V diag(s / (s^2 + p)) U' y`.
    pub(super) fn singular(scaled: &Array2<f64>, penalty: f64) -> Result<Self, Error> {
        let svd = SVD::try_new(to_nalgebra(scaled), true, true, f64::EPSILON, 100_000)
            .filter(|svd| svd.u.is_some() && svd.v_t.is_some());
        let Some(SVD { u: Some(u), v_t: Some(v_t), singular_values }) = svd else {
            return Err(Error::Unsolved { n_samples: scaled.nrows(), n_features: scaled.ncols() });
        };
        let largest = singular_values.max();
        let smallest = largest * f64::EPSILON * scaled.nrows().max(scaled.ncols()) as f64;
        let kept: Vec<usize> =
            (0..singular_values.len()).filter(|&k| singular_values[k] > smallest).collect();
        let factor = |k: &usize| singular_values[*k] / (singular_values[*k].powi(2) + penalty);
        let inverse = |k: &usize| 1.0 / (singular_values[*k].powi(2) + penalty);
        Ok(Self::Singular {
            directions: Array2::from_shape_fn((scaled.ncols(), kept.len()), |(i, k)| v_t[(kept[k], i)]),
            left: Array2::from_shape_fn((scaled.nrows(), kept.len()), |(i, k)| u[(i, kept[k])]),
            factors: kept.iter().map(factor).collect(),
            inverse: kept.iter().map(inverse).collect(),
        })
    }

    pub(super) fn rank(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::Normal(cholesky) | Self::InSamples { cholesky, .. } => cholesky.l_dirty().nrows(),
            Self::Singular { factors, .. } => factors.len(),
        }
    }

    /// Coefficients [feature, output] from `X~' W y~` and `sqrt(w) y~`.
    pub(super) fn solve(&self, cross: &Array2<f64>, scaled_targets: &Array2<f64>) -> Array2<f64> {
        match self {
            Self::Empty => Array2::zeros((0, cross.ncols())),
            Self::Normal(cholesky) => to_ndarray(&cholesky.solve(&to_nalgebra(cross))),
            Self::InSamples { cholesky, scaled, .. } => {
                scaled.t().dot(&to_ndarray(&cholesky.solve(&to_nalgebra(scaled_targets))))
            }
            Self::Singular { directions, factors, left, .. } => {
                let along = left.t().dot(scaled_targets) * factors.view().insert_axis(Axis(1));
                directions.dot(&along)
            }
        }
    }

    /// `(G + p I)^-1`, or its pseudo-inverse.
    pub(super) fn inverse(&self) -> Array2<f64> {
        match self {
            Self::Empty => Array2::zeros((0, 0)),
            Self::Normal(cholesky) => to_ndarray(&cholesky.inverse()),
            Self::InSamples { cholesky, scaled, penalty } => {
                // (A'A + p I)^-1 = (I - A' (A A' + p I)^-1 A) / p
                let inner = to_ndarray(&cholesky.solve(&to_nalgebra(scaled)));
                (Array2::eye(scaled.ncols()) - scaled.t().dot(&inner)) / *penalty
            }
            Self::Singular { directions, inverse, .. } => {
                (directions * &inverse.view().insert_axis(Axis(0))).dot(&directions.t())
            }
        }
    }
}

/// Cholesky's decomposition of `matrix + penalty I`; none where a pivot tells that it is all but singular.
pub(super) fn penalised_cholesky(matrix: &Array2<f64>, penalty: f64) -> Option<Cholesky<f64, Dyn>> {
    let mut penalised = to_nalgebra(matrix);
    let diagonal: DVector<f64> = penalised.diagonal().add_scalar(penalty);
    penalised.set_diagonal(&diagonal);
    let cholesky = Cholesky::new(penalised)?;
    let factor = cholesky.l_dirty();
    let is_sound = (0..factor.nrows()).all(|k| factor[(k, k)].powi(2) > SMALLEST_PIVOT * diagonal[k]);
    is_sound.then_some(cholesky)
}

fn to_nalgebra(array: &Array2<f64>) -> DMatrix<f64> {
    DMatrix::from_row_iterator(array.nrows(), array.ncols(), array.iter().copied())
}

fn to_ndarray(matrix: &DMatrix<f64>) -> Array2<f64> {
    Array2::from_shape_fn((matrix.nrows(), matrix.ncols()), |(i, k)| matrix[(i, k)])
}
