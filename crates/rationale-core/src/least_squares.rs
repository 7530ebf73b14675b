//! Weighted ridge regression: Legendre 1805 and Gauss 1809; Hoerl and Kennard 1970, <https://doi.org/10.2307/1267351>;
//! robust standard errors: White 1980, <https://doi.org/10.2307/1912934>.
//!
//! ```text
//! minimise  sum_i w_i (y_i - a - x_i b)^2 + p |b|^2
//!           G = X~' W X~,   b = (G + p I)^-1 X~' W y~,   a = mean(y) - mean(x) b
//!           cov(b) = (G + p I)^-1 M (G + p I)^-1,   M = sum_i s_i s_i' - n s s',   s_i = w_i r_i x~_i
//! ```
//!
//! | symbol | name here | shape | unit |
//! |---|---|---|---|
//! | X | design | `[sample, feature]` | any |
//! | y | targets | `[sample, output]` | the output's own |
//! | w | weights | `[sample]` | none, at least 0 |
//! | p | penalty | scalar | that of w x^2 |
//! | a | [`Fit::intercepts`] | `[output]` | that of y |
//! | b | [`Fit::coefficients`] | `[feature, output]` | that of y over x |
//! | r | [`Fit::residuals`] | `[sample, output]` | that of y |
//! | x~, y~ | less their weighted means; as they are with [`Intercept::Zero`] | | |
//!
//! **Holds**: the intercept is not penalised, and at penalty 0 the weighted residuals sum to 0. Where features depend
//! on each other and the penalty is 0, b is the solution of least norm. The covariance supposes neither equal variances nor that the line is right:
//! it is that of the estimate over new samples, drawn as these were.
//!
//! **Costs**: n d^2 once, then s^3 for each selection of s features, by Cholesky's decomposition. More features than
//! samples are solved in the samples (n^2 d); dependent features fall back on the singular values of the design.
//! Memory n d numbers.
//!
//! **Departs**: from scikit-learn's `Ridge` in nothing that can be seen, except that a singular system is told by its
//! pivots rather than by a failed decomposition. Where the targets do not vary, R2 is 1 (there is nothing that the
//! line misses) as there.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::least_squares::{Intercept, LeastSquares};
//!
//! let (design, targets, weights) = (array![[0.0], [1.0], [2.0]], array![[1.0], [3.0], [5.0]], array![1.0, 1.0, 1.0]);
//! let problem = LeastSquares::new(design.view(), targets.view(), weights.view(), Intercept::Fitted)?;
//! let line = problem.fit(0.0)?;
//! assert!((line.coefficients()[[0, 0]] - 2.0).abs() < 1e-12 && (line.intercepts()[0] - 1.0).abs() < 1e-12);
//!
//! // X~'X~ = 2, X~'y~ = 4: a penalty of 2 halves the slope.
//! assert!((problem.fit(2.0)?.coefficients()[[0, 0]] - 1.0).abs() < 1e-12);
//! # Ok::<(), rationale_core::Error>(())
//! ```

mod solver;

use std::sync::OnceLock;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, CowArray, Ix2};

use self::solver::{Solver, penalised_cholesky};
use crate::Error;
use crate::error::check_shape;

/// Samples whose products are added at a time. Part of the order of summation, so of the last bits.
const BLOCK: usize = 512;

/// Whether the line has a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Intercept {
    /// The constant is fitted and not penalised.
    #[default]
    Fitted,
    /// The line goes through the origin.
    Zero,
}

/// How the robust covariance makes up for residuals that the fit itself has shrunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Correction {
    /// Not at all (HC0).
    None,
    /// By n / (n - number of coefficients) (HC1).
    #[default]
    DegreesOfFreedom,
    /// Each residual by 1 / (1 - its leverage) (HC3): wider, and safer where few samples weigh much.
    Leverage,
}

/// A regression problem: design, targets and weights, prepared once for any penalty and any selection of features.
pub struct LeastSquares<'a> {
    /// Row by row in memory, as every pass over it goes.
    design: CowArray<'a, f64, Ix2>,
    targets: ArrayView2<'a, f64>,
    weights: ArrayView1<'a, f64>,
    intercept: Intercept,
    design_means: Array1<f64>,
    target_means: Array1<f64>,
    roots: Array1<f64>,
    /// `sqrt(w) x~`, [sample, feature], made where it is needed.
    scaled: OnceLock<Array2<f64>>,
    /// `sqrt(w) y~`, [sample, output].
    scaled_targets: Array2<f64>,
    /// G; none where there are more features than samples.
    gram: Option<Array2<f64>>,
    /// `X~' W y~`, [feature, output].
    cross: Array2<f64>,
    /// `sum w y~^2`, [output].
    totals: Array1<f64>,
}

impl<'a> LeastSquares<'a> {
    /// Takes a design `[sample, feature]`, targets `[sample, output]` and weights `[sample]`, all finite.
    pub fn new(
        design: ArrayView2<'a, f64>,
        targets: ArrayView2<'a, f64>,
        weights: ArrayView1<'a, f64>,
        intercept: Intercept,
    ) -> Result<Self, Error> {
        check(design, targets, weights)?;
        let design = standard(design);
        let centre = |columns: ArrayView2<'_, f64>| match intercept {
            Intercept::Fitted => weighted_means(columns, weights),
            Intercept::Zero => Array1::zeros(columns.ncols()),
        };
        let (design_means, target_means) = (centre(design.view()), centre(targets));
        let roots = weights.mapv(f64::sqrt);
        let scaled_targets = scaled(targets, &target_means, roots.view());
        let is_tall = design.ncols() <= design.nrows();
        let (gram, cross) = products(design.view(), &design_means, &roots, &scaled_targets, is_tall);
        let totals = totals(targets, weights);
        let scaled = OnceLock::new();
        Ok(Self {
            design,
            targets,
            weights,
            intercept,
            design_means,
            target_means,
            roots,
            scaled,
            scaled_targets,
            gram,
            cross,
            totals,
        })
    }

    /// How many features the design has.
    pub fn n_features(&self) -> usize {
        self.design.ncols()
    }

    /// `sqrt(w) x~`, `[sample, feature]`: the design whose plain least squares are the weighted ones.
    pub fn scaled_design(&self) -> ArrayView2<'_, f64> {
        self.scaled.get_or_init(|| scaled(self.design.view(), &self.design_means, self.roots.view())).view()
    }

    /// `sqrt(w) y~`, `[sample, output]`.
    pub fn scaled_targets(&self) -> ArrayView2<'_, f64> {
        self.scaled_targets.view()
    }

    /// The line over all features.
    pub fn fit(&self, penalty: f64) -> Result<Fit, Error> {
        let all: Vec<usize> = (0..self.n_features()).collect();
        self.fit_features(&all, penalty)
    }

    /// The coefficients `[feature, output]` alone, where nothing else of the fit is wanted.
    pub fn coefficients(&self, features: &[usize], penalty: f64) -> Result<Array2<f64>, Error> {
        let solver = self.solver(features, penalty)?;
        Ok(solver.solve(&self.cross.select(Axis(0), features), &self.scaled_targets))
    }

    /// The line over some features, in the order given.
    pub fn fit_features(&self, features: &[usize], penalty: f64) -> Result<Fit, Error> {
        let solver = self.solver(features, penalty)?;
        let cross = self.cross.select(Axis(0), features);
        let coefficients = solver.solve(&cross, &self.scaled_targets);
        let means = self.design_means.select(Axis(0), features);
        let intercepts = &self.target_means - &means.dot(&coefficients);
        let residuals = self.residuals(features, &coefficients, &intercepts);
        let squares = (&residuals * &residuals).t().dot(&self.weights);
        let r_squared =
            squares.iter().zip(&self.totals).map(|(rss, total)| r_squared(*rss, *total)).collect();
        Ok(Fit {
            features: features.to_vec(),
            rank: solver.rank(),
            coefficients,
            intercepts,
            residuals,
            r_squared,
            penalty,
        })
    }

    /// The covariance `[feature, feature]` of a fit's coefficients for one output, robust against unequal variances.
    ///
    /// NaN where there are no more samples of weight above 0 than coefficients: nothing is left to judge the errors by.
    pub fn robust_covariance(
        &self,
        fit: &Fit,
        output: usize,
        correction: Correction,
    ) -> Result<Array2<f64>, Error> {
        let size = fit.features.len();
        let n_weighted = self.weights.iter().filter(|weight| **weight > 0.0).count();
        let n_coefficients = size + usize::from(self.intercept == Intercept::Fitted);
        if n_weighted <= n_coefficients {
            return Ok(Array2::from_elem((size, size), f64::NAN));
        }
        let bread = self.solver(&fit.features, fit.penalty)?.inverse();
        let scores = self.scores(fit, output, correction, &bread);
        let n = self.design.nrows() as f64;
        let mean = scores.sum_axis(Axis(0)).insert_axis(Axis(0)) / n;
        let meat = scores.t().dot(&scores) - mean.t().dot(&mean) * n;
        let factor = match correction {
            Correction::DegreesOfFreedom => n_weighted as f64 / (n_weighted - n_coefficients) as f64,
            Correction::None | Correction::Leverage => 1.0,
        };
        Ok(bread.dot(&meat).dot(&bread) * factor)
    }

    /// `s_i = w_i r_i x~_i`, [sample, feature].
    fn scores(&self, fit: &Fit, output: usize, correction: Correction, bread: &Array2<f64>) -> Array2<f64> {
        let mut scores = self.scaled_of(&fit.features);
        let lean = |row: ArrayView1<'_, f64>, weight: f64| match (correction, self.intercept) {
            (Correction::Leverage, Intercept::Fitted) => {
                1.0 - row.dot(&bread.dot(&row)) - weight / self.weights.sum()
            }
            (Correction::Leverage, Intercept::Zero) => 1.0 - row.dot(&bread.dot(&row)),
            _ => 1.0,
        };
        for (sample, mut row) in scores.rows_mut().into_iter().enumerate() {
            let weight = self.weights[sample];
            let shrunk = lean(row.view(), weight).max(f64::EPSILON);
            row *= self.roots[sample] * fit.residuals[[sample, output]] / shrunk;
        }
        scores
    }

    fn residuals(
        &self,
        features: &[usize],
        coefficients: &Array2<f64>,
        intercepts: &Array1<f64>,
    ) -> Array2<f64> {
        let coefficients = standard(coefficients.view());
        let mut residuals = standard(self.targets).into_owned() - intercepts;
        let out = slice_mut(&mut residuals).chunks_exact_mut(self.targets.ncols().max(1));
        for (residual, row) in out.zip(rows(&self.design)) {
            for (&feature, slopes) in features.iter().zip(rows(&coefficients)) {
                let value = row[feature];
                residual.iter_mut().zip(slopes).for_each(|(residual, slope)| *residual -= value * slope);
            }
        }
        residuals
    }

    /// G over some features; none where these are more than the samples.
    fn gram_of(&self, features: &[usize]) -> Option<Array2<f64>> {
        if let Some(gram) = &self.gram {
            return Some(gram.select(Axis(0), features).select(Axis(1), features));
        }
        let is_tall = features.len() <= self.design.nrows();
        is_tall.then(|| self.scaled_of(features)).map(|scaled| scaled.t().dot(&scaled))
    }

    /// `sqrt(w) x~` of some features.
    fn scaled_of(&self, features: &[usize]) -> Array2<f64> {
        let mut scaled = Array2::zeros((self.design.nrows(), features.len()));
        let means: Vec<f64> = features.iter().map(|&feature| self.design_means[feature]).collect();
        let out = slice_mut(&mut scaled).chunks_exact_mut(features.len().max(1));
        for ((out, row), &root) in out.zip(rows(&self.design)).zip(&self.roots) {
            let slots = out.iter_mut().zip(features.iter().zip(&means));
            slots.for_each(|(slot, (&feature, mean))| *slot = (row[feature] - mean) * root);
        }
        scaled
    }

    fn solver(&self, features: &[usize], penalty: f64) -> Result<Solver, Error> {
        if !(penalty >= 0.0 && penalty.is_finite()) {
            return Err(Error::Penalty { penalty });
        }
        if let Some(&asked) = features.iter().find(|feature| **feature >= self.n_features()) {
            return Err(Error::Feature { asked, available: self.n_features() });
        }
        if features.is_empty() {
            return Ok(Solver::Empty);
        }
        let gram = self.gram_of(features);
        if let Some(cholesky) = gram.and_then(|gram| penalised_cholesky(&gram, penalty)) {
            return Ok(Solver::Normal(cholesky));
        }
        let scaled = self.scaled_of(features);
        if features.len() > self.design.nrows() && penalty > 0.0 {
            let kernel = scaled.dot(&scaled.t());
            if let Some(cholesky) = penalised_cholesky(&kernel, penalty) {
                return Ok(Solver::InSamples { cholesky, scaled, penalty });
            }
        }
        Solver::singular(&scaled, penalty)
    }
}

/// A fitted line.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    features: Vec<usize>,
    coefficients: Array2<f64>,
    intercepts: Array1<f64>,
    residuals: Array2<f64>,
    r_squared: Vec<f64>,
    rank: usize,
    penalty: f64,
}

impl Fit {
    /// The features of the design that the line is over, in the order of its coefficients.
    pub fn features(&self) -> &[usize] {
        &self.features
    }

    /// Coefficients `[feature, output]`.
    pub fn coefficients(&self) -> ArrayView2<'_, f64> {
        self.coefficients.view()
    }

    /// The constants `[output]`; 0 with [`Intercept::Zero`].
    pub fn intercepts(&self) -> ArrayView1<'_, f64> {
        self.intercepts.view()
    }

    /// What the line misses, `[sample, output]`.
    pub fn residuals(&self) -> ArrayView2<'_, f64> {
        self.residuals.view()
    }

    /// The share of the targets' weighted variance that the line explains, one an output.
    pub fn r_squared(&self) -> &[f64] {
        &self.r_squared
    }

    /// How many directions of the design the solution rests on; fewer than features where these depend on each other.
    pub fn rank(&self) -> usize {
        self.rank
    }
}

fn check(
    design: ArrayView2<'_, f64>,
    targets: ArrayView2<'_, f64>,
    weights: ArrayView1<'_, f64>,
) -> Result<(), Error> {
    check_shape("the targets", &[design.nrows(), targets.ncols()], targets.shape())?;
    check_shape("the weights", &[design.nrows()], weights.shape())?;
    check_finite("the design", design.iter())?;
    check_finite("the targets", targets.iter())?;
    check_finite("the weights", weights.iter())?;
    if let Some((at, &value)) = weights.iter().enumerate().find(|(_, weight)| **weight < 0.0) {
        return Err(Error::Weight { at, value });
    }
    if weights.sum() == 0.0 {
        return Err(Error::NoWeight { n_samples: weights.len() });
    }
    Ok(())
}

fn check_finite<'a>(what: &'static str, values: impl Iterator<Item = &'a f64> + Clone) -> Result<(), Error> {
    // Nearly always all are, and to learn that takes no search.
    if values.clone().fold(true, |all, value| all & value.is_finite()) {
        return Ok(());
    }
    match values.enumerate().find(|(_, value)| !value.is_finite()) {
        Some((at, &value)) => Err(Error::NotFinite { what, at, value }),
        None => Ok(()),
    }
}

/// The table row by row in memory; itself, where it lies so.
fn standard(table: ArrayView2<'_, f64>) -> CowArray<'_, f64, Ix2> {
    if table.is_standard_layout() { table.into() } else { table.as_standard_layout().into_owned().into() }
}

/// The rows of a [`standard`] table.
fn rows<'a>(table: &'a CowArray<'_, f64, Ix2>) -> impl Iterator<Item = &'a [f64]> {
    table.as_slice().unwrap_or_default().chunks_exact(table.ncols().max(1))
}

/// The numbers of a table that was made here, row by row.
fn slice_mut(table: &mut Array2<f64>) -> &mut [f64] {
    table.as_slice_mut().unwrap_or_default()
}

/// Means over samples; exact for a column that does not vary.
fn weighted_means(columns: ArrayView2<'_, f64>, weights: ArrayView1<'_, f64>) -> Array1<f64> {
    let columns = standard(columns);
    let first = columns.row(0).to_vec();
    let mut deviations = vec![0.0; first.len()];
    for (row, &weight) in rows(&columns).zip(weights) {
        let terms = deviations.iter_mut().zip(row.iter().zip(&first));
        terms.for_each(|(sum, (value, first))| *sum += weight * (value - first));
    }
    Array1::from(first) + Array1::from(deviations) / weights.sum()
}

/// Each row less the means, times its root.
fn scaled(columns: ArrayView2<'_, f64>, means: &Array1<f64>, roots: ArrayView1<'_, f64>) -> Array2<f64> {
    let (columns, means) = (standard(columns), means.to_vec());
    let mut scaled = Array2::zeros(columns.dim());
    let out = slice_mut(&mut scaled).chunks_exact_mut(means.len().max(1));
    for ((out, row), &root) in out.zip(rows(&columns)).zip(roots) {
        let terms = out.iter_mut().zip(row.iter().zip(&means));
        terms.for_each(|(out, (value, mean))| *out = (value - mean) * root);
    }
    scaled
}

/// G (where the design is tall) and `X~' W y~`, from blocks of samples, so that no scaled design lies in memory whole.
fn products(
    design: ArrayView2<'_, f64>,
    means: &Array1<f64>,
    roots: &Array1<f64>,
    scaled_targets: &Array2<f64>,
    is_tall: bool,
) -> (Option<Array2<f64>>, Array2<f64>) {
    let n_features = design.ncols();
    let mut gram = is_tall.then(|| Array2::zeros((n_features, n_features)));
    let mut cross = Array2::zeros((n_features, scaled_targets.ncols()));
    let blocks = design.axis_chunks_iter(Axis(0), BLOCK).zip(roots.axis_chunks_iter(Axis(0), BLOCK));
    for ((rows, roots), targets) in blocks.zip(scaled_targets.axis_chunks_iter(Axis(0), BLOCK)) {
        let block = scaled(rows, means, roots);
        if let Some(gram) = &mut gram {
            general_mat_mul(1.0, &block.t(), &block, 1.0, gram);
        }
        general_mat_mul(1.0, &block.t(), &targets, 1.0, &mut cross);
    }
    (gram, cross)
}

/// `sum w (y - mean)^2` for each output.
fn totals(targets: ArrayView2<'_, f64>, weights: ArrayView1<'_, f64>) -> Array1<f64> {
    let deviations = &targets - &weighted_means(targets, weights);
    (&deviations * &deviations).t().dot(&weights)
}

fn r_squared(residual: f64, total: f64) -> f64 {
    match (residual == 0.0, total == 0.0) {
        (true, true) => 1.0,
        (false, true) => 0.0,
        _ => 1.0 - residual / total,
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2, array};

    use super::*;
    use crate::Seed;

    fn random(n: usize, d: usize) -> (Array2<f64>, Array2<f64>, Array1<f64>) {
        let mut draws = Seed::new(5).draws("least squares", n as u64, d as u64);
        let design = Array2::from_shape_simple_fn((n, d), || draws.normal());
        let targets = Array2::from_shape_simple_fn((n, 2), || draws.normal());
        (design, targets, Array1::from_shape_simple_fn(n, || draws.uniform()))
    }

    /// The gradient of the loss, which is 0 at its minimum.
    fn gradient(problem: &LeastSquares<'_>, fit: &Fit, penalty: f64) -> f64 {
        let weighted = &fit.residuals * &problem.weights.view().insert_axis(Axis(1));
        let slope =
            problem.design.select(Axis(1), &fit.features).t().dot(&weighted) - &fit.coefficients * penalty;
        slope.iter().fold(0.0, |worst, it| f64::max(worst, it.abs()))
    }

    #[test]
    fn the_loss_has_no_slope_at_the_solution() {
        for (n, d) in [(40, 6), (6, 40)] {
            let (design, targets, weights) = random(n, d);
            for intercept in [Intercept::Fitted, Intercept::Zero] {
                let problem =
                    LeastSquares::new(design.view(), targets.view(), weights.view(), intercept).unwrap();
                for penalty in [0.0, 0.01, 3.0] {
                    let fit = problem.fit(penalty).unwrap();
                    assert!(gradient(&problem, &fit, penalty) < 1e-9, "{n} {d} {intercept:?} {penalty}");
                    let fit = problem.fit_features(&[4, 1], penalty).unwrap();
                    assert!(gradient(&problem, &fit, penalty) < 1e-9, "{n} {d} {intercept:?} {penalty}");
                }
            }
        }
    }

    #[test]
    fn dependent_features_share_by_least_norm() {
        let design = array![[1.0, 1.0, 7.0], [2.0, 2.0, 7.0], [4.0, 4.0, 7.0]];
        let targets = array![[2.0], [4.0], [8.0]];
        let weights = array![1.0, 2.0, 1.0];
        let problem =
            LeastSquares::new(design.view(), targets.view(), weights.view(), Intercept::Fitted).unwrap();
        let fit = problem.fit(0.0).unwrap();
        let expected = array![[1.0], [1.0], [0.0]];
        assert!((&fit.coefficients - &expected).iter().all(|it| it.abs() < 1e-12), "{:?}", fit.coefficients);
        assert_eq!(fit.rank(), 1);
        assert!((fit.r_squared()[0] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_covariance_is_whites_for_one_feature() {
        // x~ = -1, 0, 1; y = 0, 3, 0: b = 0, r = -1, 2, -1, so M = 2 and cov = 2 / 4, times 3 / (3 - 2).
        let (design, targets) = (array![[0.0], [1.0], [2.0]], array![[0.0], [3.0], [0.0]]);
        let weights = Array1::ones(3);
        let problem =
            LeastSquares::new(design.view(), targets.view(), weights.view(), Intercept::Fitted).unwrap();
        let fit = problem.fit(0.0).unwrap();
        let covariance = |correction| problem.robust_covariance(&fit, 0, correction).unwrap()[[0, 0]];
        assert!((covariance(Correction::None) - 0.5).abs() < 1e-12);
        assert!((covariance(Correction::DegreesOfFreedom) - 1.5).abs() < 1e-12);
        // Leverages 1/3 + 1/2: residuals are 6 times as large.
        assert!((covariance(Correction::Leverage) - 18.0).abs() < 1e-9);
    }

    #[test]
    fn targets_that_do_not_vary_give_zero_exactly() {
        let (design, _, weights) = random(30, 4);
        let targets = Array2::from_elem((30, 1), 0.1);
        let problem =
            LeastSquares::new(design.view(), targets.view(), weights.view(), Intercept::Fitted).unwrap();
        let fit = problem.fit(0.0).unwrap();
        assert!(fit.coefficients.iter().all(|it| *it == 0.0));
        assert_eq!((fit.intercepts[0], fit.r_squared[0]), (0.1, 1.0));
    }

    #[test]
    fn as_many_features_as_samples_leave_no_error_to_judge_by() {
        let (design, targets, weights) = random(5, 8);
        let problem =
            LeastSquares::new(design.view(), targets.view(), weights.view(), Intercept::Fitted).unwrap();
        let fit = problem.fit(1.0).unwrap();
        let covariance = problem.robust_covariance(&fit, 0, Correction::default()).unwrap();
        assert!(covariance.iter().all(|it| it.is_nan()));
    }

    #[test]
    fn rejects_what_no_line_can_be_drawn_through() {
        let new = |design: &Array2<f64>, targets: &Array2<f64>, weights: &Array1<f64>| {
            LeastSquares::new(design.view(), targets.view(), weights.view(), Intercept::Fitted)
                .err()
                .map(|error| error.to_string())
        };
        let (x, y) = (array![[1.0], [2.0]], array![[1.0], [f64::NAN]]);
        assert_eq!(
            new(&x, &y, &array![1.0, 1.0]).unwrap(),
            "the targets holds NaN at position 1; all values must be finite"
        );
        assert_eq!(
            new(&x, &x, &array![1.0, -1.0]).unwrap(),
            "the weight of sample 1 is -1; weights are at least 0"
        );
        assert_eq!(
            new(&x, &x, &array![0.0, 0.0]).unwrap(),
            "the weights of all 2 samples are 0; the kernel is too narrow"
        );
        assert_eq!(new(&x, &x, &array![1.0]).unwrap(), "the weights has shape [1], but [2] is needed");
    }
}
