//! Weighted least squares over a stratified sample of pairs of coalitions, with the covariance that the sampling leaves.

use ndarray::{Array1, Array2, Array3, ArrayView2, Axis};

/// One observation for each pair of a coalition and its complement.
pub(crate) struct Pairs {
    /// What each unknown adds to the pair `[pair, unknown]`.
    pub(crate) design: Array2<f64>,
    /// What is observed `[pair, output]`.
    pub(crate) observed: Array2<f64>,
    /// The stratum of each pair.
    pub(crate) strata: Vec<usize>,
}

/// A stratum: so many pairs drawn without replacement out of a number, and the weight of all of them together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stratum {
    pub(crate) drawn: usize,
    pub(crate) available: f64,
    pub(crate) weight: f64,
}

impl Stratum {
    fn weight_of_one(&self) -> f64 {
        self.weight / self.drawn.max(1) as f64
    }

    /// What of a stratum's variance remains: nothing where all was drawn.
    fn left_to_chance(&self) -> f64 {
        let (n, available) = (self.drawn as f64, self.available);
        if n >= available || self.drawn < 2 { 0.0 } else { (1.0 - n / available) * n / (n - 1.0) }
    }
}

/// Coefficients `[unknown, output]` and their covariance `[output, unknown, unknown]`.
pub(crate) struct Fit {
    pub(crate) coefficients: Array2<f64>,
    pub(crate) covariance: Array3<f64>,
}

/// Solves for the unknowns; `None` where the pairs do not determine them.
///
/// The estimate x solves the equation "the weighted mean of d (t - d x) is 0", so to first order its error is that of
/// the mean of d (t - d x), through the inverse of the equations' matrix; the strata's variances, corrected for what is
/// left of each, add up. A pair draws the fit towards itself, by its leverage; residuals are divided by the root of one minus that.
pub(crate) fn fit(pairs: &Pairs, strata: &[Stratum]) -> Option<Fit> {
    let weights: Array1<f64> = pairs.strata.iter().map(|&stratum| strata[stratum].weight_of_one()).collect();
    let weighted = &pairs.design * &weights.view().insert_axis(Axis(1));
    let inverse = inverse(&pairs.design.t().dot(&weighted))?;
    // Row k: how the solution moves with the observation of pair k.
    let influence = weighted.dot(&inverse);
    let coefficients = influence.t().dot(&pairs.observed);
    let residuals = &pairs.observed - &pairs.design.dot(&coefficients);
    let leverage = (&influence * &pairs.design).sum_axis(Axis(1));
    let covariances = residuals.columns().into_iter().map(|residuals| {
        let scores: Array1<f64> =
            residuals.iter().zip(&leverage).map(|(r, l)| r / (1.0 - l).max(0.01).sqrt()).collect();
        inverse.dot(&meat(pairs, &(scores * &weights), strata)).dot(&inverse)
    });
    let covariances: Vec<Array2<f64>> = covariances.collect();
    let views: Vec<ArrayView2<'_, f64>> = covariances.iter().map(Array2::view).collect();
    Some(Fit { coefficients, covariance: ndarray::stack(Axis(0), &views).ok()? })
}

/// The sum over strata of the covariance of a stratum's sum of score times design.
fn meat(pairs: &Pairs, scores: &Array1<f64>, strata: &[Stratum]) -> Array2<f64> {
    let each = || pairs.design.rows().into_iter().zip(scores).zip(&pairs.strata);
    let mut means = Array2::<f64>::zeros((strata.len(), pairs.design.ncols()));
    for ((row, score), &stratum) in each() {
        means.row_mut(stratum).scaled_add(score / strata[stratum].drawn as f64, &row);
    }
    let left: Vec<f64> = strata.iter().map(|stratum| stratum.left_to_chance().sqrt()).collect();
    let mut moves = Array2::<f64>::zeros(pairs.design.dim());
    for (mut out, ((row, score), &stratum)) in moves.rows_mut().into_iter().zip(each()) {
        let cells = out.iter_mut().zip(row).zip(means.row(stratum));
        cells.for_each(|((out, cell), mean)| *out = left[stratum] * (score * cell - mean));
    }
    moves.t().dot(&moves)
}

/// The inverse of a symmetric matrix; `None` unless it is positive definite beyond rounding.
pub(crate) fn inverse(matrix: &Array2<f64>) -> Option<Array2<f64>> {
    let lower = cholesky(matrix)?;
    let n = matrix.nrows();
    let mut inverse = Array2::eye(n);
    for mut column in inverse.columns_mut() {
        for i in 0..n {
            let known: f64 = (0..i).map(|k| lower[[i, k]] * column[k]).sum();
            column[i] = (column[i] - known) / lower[[i, i]];
        }
        for i in (0..n).rev() {
            let known: f64 = (i + 1..n).map(|k| lower[[k, i]] * column[k]).sum();
            column[i] = (column[i] - known) / lower[[i, i]];
        }
    }
    Some(inverse)
}

/// The lower triangle L with L L' = the matrix.
pub(crate) fn cholesky(matrix: &Array2<f64>) -> Option<Array2<f64>> {
    let n = matrix.nrows();
    let mut lower = Array2::<f64>::zeros((n, n));
    for j in 0..n {
        let known: f64 = (0..j).map(|k| lower[[j, k]].powi(2)).sum();
        let pivot = matrix[[j, j]] - known;
        // A pivot of rounding size means that a column depends on those before it.
        if pivot.is_nan() || pivot <= 1e-12 * matrix[[j, j]].abs() {
            return None;
        }
        lower[[j, j]] = pivot.sqrt();
        for i in j + 1..n {
            let known: f64 = (0..j).map(|k| lower[[i, k]] * lower[[j, k]]).sum();
            lower[[i, j]] = (matrix[[i, j]] - known) / lower[[j, j]];
        }
    }
    Some(lower)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_inverse_undoes_the_matrix() {
        let matrix = array![[4.0, 2.0, 0.0], [2.0, 5.0, 1.0], [0.0, 1.0, 3.0]];
        let gap = inverse(&matrix).unwrap().dot(&matrix) - Array2::<f64>::eye(3);
        assert!(gap.iter().all(|gap| gap.abs() < 1e-14), "{gap}");
    }

    #[test]
    fn columns_that_depend_on_each_other_have_no_inverse() {
        assert!(inverse(&array![[1.0, 2.0], [2.0, 4.0]]).is_none());
    }

    #[test]
    fn what_was_drawn_whole_leaves_no_error() {
        let pairs = Pairs {
            design: array![[1.0], [1.0], [2.0]],
            observed: array![[1.0], [2.0], [3.0]],
            strata: vec![0; 3],
        };
        let whole = Stratum { drawn: 3, available: 3.0, weight: 3.0 };
        let fitted = fit(&pairs, &[whole]).unwrap();
        assert!((fitted.coefficients[[0, 0]] - 1.5).abs() < 1e-14);
        assert_eq!(fitted.covariance[[0, 0, 0]], 0.0);
        let half = Stratum { available: 6.0, ..whole };
        assert!(fit(&pairs, &[half]).unwrap().covariance[[0, 0, 0]] > 0.0);
    }
}
