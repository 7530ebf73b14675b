//! The path of the lasso by least angles: Efron, Hastie, Johnstone and Tibshirani 2004,
//! <https://doi.org/10.1214/009053604000000067>.
//!
//! ```text
//! b(l) minimises  |y - X b|^2 / 2 + l |b|_1;   X_A' (y - X b) = l sign(b_A), so b_A is a line in l between knots
//! knot: a feature's |x_j' (y - X b)| reaches l (it enters), or a b_j reaches 0 (it leaves)
//! ```
//!
//! **Costs**: n d for a feature that enters, d |A| for a knot; at most 500 knots, as scikit-learn 1.9.
//! **Departs**: a feature that depends on those on the path never enters; scikit-learn drops it with a warning.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

/// scikit-learn's `max_iter`.
const MOST_KNOTS: usize = 500;
/// Below this share of the largest correlation the path has come to its end.
const END: f64 = 1e-13;

/// The features of the last knot that has at most `wanted`, in ascending order.
pub(crate) fn features(
    design: ArrayView2<'_, f64>,
    target: ArrayView1<'_, f64>,
    wanted: usize,
) -> Vec<usize> {
    let mut path = Path::new(design, target);
    let mut kept = Vec::new();
    let mut n_knots = 0;
    // lime keeps the first knot where none has few enough.
    while n_knots < MOST_KNOTS && path.advance() {
        let at_knot = path.nonzero();
        if n_knots == 0 || at_knot.len() <= wanted {
            kept = at_knot;
        }
        n_knots += 1;
    }
    kept
}

struct Path<'a> {
    design: ArrayView2<'a, f64>,
    /// x_j' (y - X b)
    correlations: Array1<f64>,
    coefficients: Array1<f64>,
    active: Vec<usize>,
    /// X' x_j for each active j.
    products: Vec<Array1<f64>>,
    is_barred: Vec<bool>,
    penalty: f64,
    start: f64,
    /// Who left at the last knot: it may not enter again at once.
    left: Option<usize>,
}

impl<'a> Path<'a> {
    fn new(design: ArrayView2<'a, f64>, target: ArrayView1<'_, f64>) -> Self {
        let correlations = design.t().dot(&target);
        let start = correlations.iter().fold(0.0, |most: f64, it| most.max(it.abs()));
        let n_features = design.ncols();
        Self {
            design,
            correlations,
            coefficients: Array1::zeros(n_features),
            active: Vec::new(),
            products: Vec::new(),
            is_barred: vec![false; n_features],
            penalty: start,
            start,
            left: None,
        }
    }

    /// Goes to the next knot; false at the path's end.
    fn advance(&mut self) -> bool {
        if self.penalty <= END * self.start || self.start == 0.0 {
            return false;
        }
        if self.left.take().is_none() {
            self.admit();
        }
        let Some(direction) = self.direction() else { return false };
        let mut slopes: Array1<f64> = Array1::zeros(self.design.ncols());
        direction.iter().zip(&self.products).for_each(|(step, product)| slopes.scaled_add(*step, product));
        let entry = self.next_entry(&slopes);
        let (length, leaver) = match self.next_leaver(&direction) {
            Some((length, position)) if length < entry => (length, Some(position)),
            _ => (entry, None),
        };
        self.step(length, &direction, &slopes);
        if let Some(position) = leaver {
            self.dismiss(position);
        }
        true
    }

    fn nonzero(&self) -> Vec<usize> {
        let mut features = self.active.clone();
        features.sort_unstable();
        features
    }

    /// Lets in the most correlated feature that does not depend on those inside.
    fn admit(&mut self) {
        while let Some(feature) = self.most_correlated() {
            let product = self.design.t().dot(&self.design.column(feature));
            self.active.push(feature);
            self.products.push(product);
            if self.cholesky().is_some() {
                return;
            }
            self.active.pop();
            self.products.pop();
            self.is_barred[feature] = true;
        }
    }

    fn most_correlated(&self) -> Option<usize> {
        let outside = (0..self.design.ncols()).filter(|it| !self.active.contains(it) && !self.is_barred[*it]);
        let mut best: Option<usize> = None;
        for feature in outside {
            let size = self.correlations[feature].abs();
            if best.is_none_or(|top| size > self.correlations[top].abs()) {
                best = Some(feature);
            }
        }
        best
    }

    /// How coefficients of the active features change as the penalty falls by 1: `G_A^-1 sign`.
    fn direction(&self) -> Option<Array1<f64>> {
        let factor = self.cholesky()?;
        let signs: Array1<f64> = self.active.iter().map(|&it| self.correlations[it].signum()).collect();
        (!self.active.is_empty()).then(|| solve(&factor, &signs))
    }

    fn cholesky(&self) -> Option<Array2<f64>> {
        let n = self.active.len();
        let mut factor = Array2::<f64>::zeros((n, n));
        for i in 0..n {
            for j in 0..=i {
                let dot: f64 = (0..j).map(|k| factor[[i, k]] * factor[[j, k]]).sum();
                let rest = self.products[j][self.active[i]] - dot;
                if i > j {
                    factor[[i, j]] = rest / factor[[j, j]];
                } else if rest > 1e-14 * self.products[i][self.active[i]] && rest.is_finite() && rest > 0.0 {
                    factor[[i, i]] = rest.sqrt();
                } else {
                    return None;
                }
            }
        }
        Some(factor)
    }

    /// By how much the penalty falls until a feature outside is as correlated as those inside.
    fn next_entry(&self, slopes: &Array1<f64>) -> f64 {
        let mut nearest = self.penalty;
        for feature in 0..slopes.len() {
            if self.active.contains(&feature) || self.is_barred[feature] {
                continue;
            }
            let (c, a) = (self.correlations[feature], slopes[feature]);
            for length in [(self.penalty - c) / (1.0 - a), (self.penalty + c) / (1.0 + a)] {
                if length > END * self.start && length < nearest {
                    nearest = length;
                }
            }
        }
        nearest
    }

    /// By how much the penalty falls until an active coefficient is 0, and whose it is.
    fn next_leaver(&self, direction: &Array1<f64>) -> Option<(f64, usize)> {
        let lengths = self.active.iter().zip(direction).map(|(&it, step)| -self.coefficients[it] / step);
        let ahead = lengths.enumerate().filter(|(_, length)| *length > 0.0);
        ahead.map(|(position, length)| (length, position)).min_by(|a, b| a.0.total_cmp(&b.0))
    }

    fn step(&mut self, length: f64, direction: &Array1<f64>, slopes: &Array1<f64>) {
        for (&feature, step) in self.active.iter().zip(direction) {
            self.coefficients[feature] += length * step;
        }
        self.correlations.scaled_add(-length, slopes);
        self.penalty -= length;
    }

    fn dismiss(&mut self, position: usize) {
        let feature = self.active.remove(position);
        self.products.remove(position);
        self.coefficients[feature] = 0.0;
        self.left = Some(feature);
    }
}

/// Solves `L L' x = b`.
fn solve(factor: &Array2<f64>, right: &Array1<f64>) -> Array1<f64> {
    let n = right.len();
    let mut x = right.clone();
    for i in 0..n {
        let dot: f64 = (0..i).map(|k| factor[[i, k]] * x[k]).sum();
        x[i] = (x[i] - dot) / factor[[i, i]];
    }
    for i in (0..n).rev() {
        let dot: f64 = (i + 1..n).map(|k| factor[[k, i]] * x[k]).sum();
        x[i] = (x[i] - dot) / factor[[i, i]];
    }
    x
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};
    use rationale_core::Seed;

    use super::*;

    #[test]
    fn an_orthogonal_design_enters_by_correlation() {
        let design = array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let target = array![1.0, -3.0, 2.0];
        assert_eq!(features(design.view(), target.view(), 1), [1]);
        assert_eq!(features(design.view(), target.view(), 2), [1, 2]);
    }

    #[test]
    fn every_knot_satisfies_the_lassos_own_conditions() {
        let mut draws = Seed::new(9).draws("lasso", 0, 0);
        let base = Array2::from_shape_simple_fn((60, 8), || draws.normal());
        let mixing = Array2::from_shape_simple_fn((8, 8), || draws.normal());
        let design = base.dot(&mixing);
        let target = ndarray::Array1::from_shape_simple_fn(60, || draws.normal());
        let mut path = Path::new(design.view(), target.view());
        let mut n_knots = 0;
        while path.advance() {
            let exact = design.t().dot(&(&target - &design.dot(&path.coefficients)));
            let slack = 1e-9 * path.start;
            assert!(exact.iter().all(|it| it.abs() <= path.penalty + slack));
            for &feature in &path.active {
                let signed = path.coefficients[feature].signum() * path.penalty;
                assert!((exact[feature] - signed).abs() < slack, "{feature}");
            }
            n_knots += 1;
        }
        assert!(n_knots >= 8);
    }

    #[test]
    fn a_target_of_zeros_selects_nothing() {
        assert!(features(array![[1.0], [2.0]].view(), array![0.0, 0.0].view(), 3).is_empty());
    }
}
