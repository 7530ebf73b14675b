//! Eigen-CAM, and the first component of weighted activations that smoothing and EigenGrad-CAM take. Muhammad and Yeasin
//! 2020, <https://arxiv.org/abs/2008.00299>.
//!
//! ```text
//! X = U S V^T          X: positions by channels, each channel less its mean over space
//! map = X v_1                                                                  (2)
//! ```
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | X | `rows` | `[position, channel]` |
//! | v_1 | the eigenvector of X^T X with the largest eigenvalue | `[channel]` |
//!
//! Holds: the map is, of all single directions in the channels, that along which the layer varies most over the picture.
//! It knows no class.
//! Costs: one forward pass; X^T X is never made, nor the whole decomposition.
//! Departs: a component has no sign of its own. Here it is the one in which the map agrees with the sum that it stands
//! for (of the activations, or of the weighted ones); pytorch-grad-cam takes the decomposition's, so that its map may be
//! the negative, of which its ReLU keeps the other half. What is no number counts as 0, as there.

use ndarray::{Array1, Array2, ArrayView1, ArrayView3, Axis};
use rationale_core::Seed;

use super::kpca_cam::kernel;
use crate::Error;

/// The first component of weighted activations `[channel, row, column]`.
pub(super) fn first_component(weighted: ArrayView3<'_, f64>) -> Array2<f64> {
    let rows = centred(weighted);
    let of_channels = |v: ArrayView1<'_, f64>| rows.t().dot(&rows.dot(&v));
    let of_positions = |u: ArrayView1<'_, f64>| rows.dot(&rows.t().dot(&u));
    let component = if rows.ncols() <= rows.nrows() {
        rows.dot(&largest_eigenvector(rows.ncols(), &of_channels).1)
    } else {
        let (value, vector) = largest_eigenvector(rows.nrows(), &of_positions);
        vector * value.max(0.0).sqrt()
    };
    as_map(component, weighted)
}

/// The same under the kernel of KPCA-CAM.
pub(super) fn kernel_component(weighted: ArrayView3<'_, f64>) -> Result<Array2<f64>, Error> {
    let kernel = kernel(centred(weighted).view())?;
    let (value, vector) = largest_eigenvector(kernel.nrows(), &|u: ArrayView1<'_, f64>| kernel.dot(&u));
    Ok(as_map(vector * value.max(0.0).sqrt(), weighted))
}

/// `[position, channel]`, each channel of mean 0.
fn centred(weighted: ArrayView3<'_, f64>) -> Array2<f64> {
    let (channels, rows, columns) = weighted.dim();
    let finite = |it: &f64| if it.is_nan() { 0.0 } else { *it };
    let values: Vec<f64> = weighted.iter().map(finite).collect();
    let by_channel = Array2::from_shape_vec((channels, rows * columns), values).unwrap_or_default();
    let positions = by_channel.reversed_axes();
    let means = positions.mean_axis(Axis(0)).unwrap_or_default();
    positions - means
}

/// A component over positions as a map, in the sign in which it agrees with the sum.
fn as_map(component: Array1<f64>, weighted: ArrayView3<'_, f64>) -> Array2<f64> {
    let sums = weighted.map(|it| if it.is_nan() { 0.0 } else { *it }).sum_axis(Axis(0));
    let agreement: f64 = sums.iter().zip(&component).map(|(sum, it)| sum * it).sum();
    let sign = if agreement < 0.0 { -1.0 } else { 1.0 };
    Array2::from_shape_vec(sums.raw_dim(), (component * sign).to_vec()).unwrap_or(sums)
}

/// How many steps are taken before beginning again, and how often.
const STEPS: usize = 40;
const RESTARTS: usize = 50;
/// The residual, as a part of the eigenvalue, at which it is enough.
const TOLERANCE: f64 = 1e-11;

type Product<'a> = &'a dyn Fn(ArrayView1<'_, f64>) -> Array1<f64>;

/// The largest eigenvalue of a symmetric matrix, given by its products with vectors, and its vector of length 1, by the
/// method of Lanczos, each step made orthogonal to all before (Golub and Van Loan, section 10.3). The first vector is
/// fixed, so the result is the same each time.
fn largest_eigenvector(n: usize, product: Product<'_>) -> (f64, Array1<f64>) {
    let mut draws = Seed::new(0).draws("lanczos", n as u64, 0);
    let mut start = Array1::from_shape_fn(n, |_| draws.normal());
    let mut value = 0.0;
    for _ in 0..RESTARTS {
        let space = Krylov::new(&start, product);
        let (found, coefficients) = space.largest();
        value = found;
        start = space.combined(&coefficients);
        let residual = space.rest * coefficients.last().copied().unwrap_or(0.0).abs();
        if residual <= TOLERANCE * value.abs() {
            break;
        }
    }
    (value, start)
}

/// An orthonormal basis in which the matrix is tridiagonal.
struct Krylov {
    basis: Vec<Array1<f64>>,
    diagonal: Vec<f64>,
    beside: Vec<f64>,
    /// The length of what the last step added.
    rest: f64,
}

impl Krylov {
    fn new(start: &Array1<f64>, product: Product<'_>) -> Self {
        let mut space = Self { basis: vec![normal(start)], diagonal: vec![], beside: vec![], rest: 0.0 };
        let n_steps = start.len().min(STEPS);
        while let Some(last) = space.basis.last() {
            let mut next = product(last.view());
            space.diagonal.push(next.dot(last));
            // Twice is enough (Kahan and Parlett).
            for _ in 0..2 {
                space.basis.iter().for_each(|it| next.scaled_add(-next.dot(it), it));
            }
            space.rest = next.dot(&next).sqrt();
            let size = space.diagonal.iter().fold(0.0_f64, |most, it| most.max(it.abs()));
            if space.diagonal.len() == n_steps || space.rest <= 1e-14 * size {
                break;
            }
            space.beside.push(space.rest);
            space.basis.push(next / space.rest);
        }
        space
    }

    /// The tridiagonal matrix's largest eigenvalue, by bisection, and its vector, by inverse iteration from above.
    fn largest(&self) -> (f64, Vec<f64>) {
        let n = self.diagonal.len();
        let beside = |i: usize| self.beside.get(i).copied().unwrap_or(0.0);
        let radius = |i: usize| beside(i) + if i > 0 { beside(i - 1) } else { 0.0 };
        let mut low = self.diagonal.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut high = (0..n).map(|i| self.diagonal[i] + radius(i)).fold(low, f64::max);
        let size = self.diagonal.iter().chain(&self.beside).fold(0.0_f64, |most, it| most.max(it.abs()));
        if size == 0.0 {
            return (0.0, vec![1.0; n]);
        }
        for _ in 0..120 {
            let middle = 0.5 * (low + high);
            if self.pivots(middle).iter().all(|it| *it > 0.0) { high = middle } else { low = middle }
        }
        let above = high + 1e-14 * size;
        let mut vector = vec![1.0; n];
        for _ in 0..4 {
            vector = self.solved(above, &vector);
            let length = vector.iter().map(|it| it * it).sum::<f64>().sqrt();
            if length == 0.0 || !length.is_finite() {
                break;
            }
            vector.iter_mut().for_each(|it| *it /= length);
        }
        (high, vector)
    }

    /// The pivots of shift - T, all positive where the shift is above every eigenvalue.
    fn pivots(&self, shift: f64) -> Vec<f64> {
        let mut pivots: Vec<f64> = Vec::with_capacity(self.diagonal.len());
        for (i, diagonal) in self.diagonal.iter().enumerate() {
            let below = i.checked_sub(1).map_or(0.0, |j| self.beside[j] * self.beside[j] / pivots[j]);
            let pivot = shift - diagonal - below;
            pivots.push(if pivot == 0.0 { -f64::MIN_POSITIVE } else { pivot });
        }
        pivots
    }

    /// (shift - T)^-1 times a vector.
    fn solved(&self, shift: f64, vector: &[f64]) -> Vec<f64> {
        let pivots = self.pivots(shift);
        let mut solved = vector.to_vec();
        for i in 1..solved.len() {
            solved[i] += self.beside[i - 1] / pivots[i - 1] * solved[i - 1];
        }
        for i in (0..solved.len()).rev() {
            let above = solved.get(i + 1).map_or(0.0, |it| self.beside[i] * it);
            solved[i] = (solved[i] + above) / pivots[i];
        }
        solved
    }

    fn combined(&self, coefficients: &[f64]) -> Array1<f64> {
        let zero = Array1::zeros(self.basis.first().map_or(0, Array1::len));
        let sum = self.basis.iter().zip(coefficients).fold(zero, |mut sum, (vector, it)| {
            sum.scaled_add(*it, vector);
            sum
        });
        normal(&sum)
    }
}

fn normal(vector: &Array1<f64>) -> Array1<f64> {
    let length = vector.dot(vector).sqrt();
    if length > 0.0 { vector / length } else { vector.clone() }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array3, array};

    use super::*;

    #[test]
    fn finds_the_largest_eigenvalue_though_another_is_larger_in_size() {
        let matrix = array![[-9.0, 1.0, 0.0], [1.0, 2.0, 1.0], [0.0, 1.0, 3.0]];
        let (value, vector) = largest_eigenvector(3, &|v: ArrayView1<'_, f64>| matrix.dot(&v));
        let residual = matrix.dot(&vector) - &vector * value;
        assert!(residual.iter().all(|it| it.abs() < 1e-9), "{residual}");
        assert!(value > 3.6 && value < 3.75, "{value}");
    }

    #[test]
    fn finds_it_among_close_ones_in_many_dimensions() {
        let n = 300;
        let diagonal = Array1::from_shape_fn(n, |i| 1.0 - 1e-3 * i as f64);
        let (value, vector) = largest_eigenvector(n, &|v: ArrayView1<'_, f64>| &diagonal * &v);
        assert!((value - 1.0).abs() < 1e-9 && (vector[0].abs() - 1.0).abs() < 1e-6, "{value} {}", vector[0]);
    }

    #[test]
    fn both_sides_give_the_same_map() {
        // One direction (3, 4) / 5 of channels, whose size over positions is 2, -1, -1 less the mean 0.
        let one = array![[[6.0, -3.0, -3.0]], [[8.0, -4.0, -4.0]]];
        let map = first_component(one.view());
        assert!((map - array![[10.0, -5.0, -5.0]]).iter().all(|it| it.abs() < 1e-9));
        // The same with more channels than positions.
        let zeros = Array3::zeros((4, 1, 3));
        let many = ndarray::concatenate(Axis(0), &[one.view(), zeros.view()]).unwrap();
        let map = first_component(many.view());
        assert!((map - array![[10.0, -5.0, -5.0]]).iter().all(|it| it.abs() < 1e-9));
    }

    #[test]
    fn a_constant_layer_has_no_component() {
        assert_eq!(first_component(Array3::ones((3, 2, 2)).view()), Array2::<f64>::zeros((2, 2)));
        assert!(kernel_component(Array3::ones((3, 2, 2)).view()).unwrap().iter().all(|it| it.abs() < 1e-9));
    }
}
