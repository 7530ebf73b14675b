//! Shapley values from random orders of the players, each taken forwards and backwards.

use ndarray::{Array2, Array3, ArrayView2, Axis};
use rationale_core::{Error, Evidence, Game, Seed};

use crate::coalition::Coalition;
use crate::estimator::{Budget, Estimate, Estimator, Sampler, Stream};
use crate::ledger::Ledger;

const METHOD: &str = "permutation-shap";
/// shap's: `npermutations=10`.
const DEFAULT_SAMPLES: usize = 10;
const PARTS: usize = 10;

/// Permutation sampling with antithetic pairs. Castro, Gomez, Tejada 2009,
/// <https://doi.org/10.1016/j.cor.2008.04.004>; antithetic as in Mitchell, Cooper, Frank, Holmes 2022,
/// <https://arxiv.org/abs/2104.12199>.
///
/// ```text
/// phi_i = mean over orders p of  v(those before i in p, and i) - v(those before i in p)
/// ```
///
/// | symbol | here | shape |
/// |---|---|---|
/// | phi | [`Attributions::values`](rationale_core::Attributions::values) | `[row, feature, output]` |
/// | p | one sample: an order and its reverse | `[player]` |
///
/// **Holds**: efficiency exactly, for every order; dummy exactly; symmetry and additivity within the standard error. One
/// pair is exact for a model whose features interact in pairs at most.
///
/// **Costs**: 2 (n - 1) coalitions a sample; 10 samples a row, as shap, for each of 10 parts of the background, whose
/// errors average out at no further cost.
///
/// **Departs** from shap: orders of a row do not depend on other rows; the standard error is that of the mean, where shap
/// gives the standard deviation of the contributions; the background's parts.
#[derive(Debug, Clone)]
pub struct PermutationShap {
    samples: usize,
    tolerance: Option<f64>,
    seed: Seed,
    parts: usize,
}

impl Default for PermutationShap {
    fn default() -> Self {
        Self::new()
    }
}

impl PermutationShap {
    /// 10 pairs of orders, seed 0.
    pub fn new() -> Self {
        Self { samples: DEFAULT_SAMPLES, tolerance: None, seed: Seed::default(), parts: PARTS }
    }

    /// Sets the most orders, each taken both ways, for each part of the background; at least 2, which give an error.
    pub fn with_samples(mut self, samples: usize) -> Self {
        self.samples = samples;
        self
    }

    /// Stops as soon as the largest standard error is within this share of the spread of the values.
    pub fn with_tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = Some(tolerance);
        self
    }

    /// Sets the seed.
    pub fn with_seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// Cuts a background into at most this many parts with orders of their own; 10 by default, 1 for all rows alike.
    pub fn with_parts(mut self, parts: usize) -> Self {
        self.parts = parts.max(1);
        self
    }
}

impl Estimator for PermutationShap {
    fn settings(&self) -> Evidence {
        Evidence::new(METHOD, "antithetic orders")
            .with_seed(self.seed)
            .with_parameter("samples", self.samples)
    }

    fn budget(&self, n_players: usize) -> Result<Budget, Error> {
        if self.samples < 2 {
            let error = crate::Error::TooFewSamples { n_players, samples: self.samples, needed: 2 };
            return Err(error.of(METHOD));
        }
        Ok(Budget {
            samples: self.samples,
            least: 4.min(self.samples),
            coalitions: 2.0 * (n_players - 1) as f64,
            tolerance: self.tolerance,
            parts: self.parts,
            sampled: true,
            idle_players: false,
        })
    }

    fn begin<'g>(&self, game: &'g dyn Game, stream: Stream) -> Result<Box<dyn Sampler + 'g>, Error> {
        let ledger = Ledger::new(game)?;
        let moments = Moments::new(ledger.n_players(), ledger.n_outputs());
        Ok(Box::new(Orders { ledger, moments, seed: self.seed, stream }))
    }
}

struct Orders<'g> {
    ledger: Ledger<'g>,
    moments: Moments,
    seed: Seed,
    stream: Stream,
}

impl Sampler for Orders<'_> {
    fn extend(&mut self, samples: usize) -> Result<(), Error> {
        for sample in self.moments.n..samples {
            let mut order: Vec<usize> = (0..self.ledger.n_players()).collect();
            self.stream.draws(self.seed, METHOD, sample as u32).shuffle(&mut order);
            let forwards = self.gains(&order)?;
            order.reverse();
            let both = (forwards + self.gains(&order)?) / 2.0;
            self.moments.add(both.view());
        }
        Ok(())
    }

    fn estimate(&self) -> Estimate {
        Estimate { values: self.moments.mean.clone(), covariance: Some(self.moments.covariance_of_mean()) }
    }
}

impl Orders<'_> {
    /// What each player adds to those before `[player, output]`.
    fn gains(&mut self, order: &[usize]) -> Result<Array2<f64>, Error> {
        let n = order.len();
        let mut coalition = Coalition::nobody(n);
        let mut prefixes = vec![coalition.clone()];
        for &player in order {
            coalition.insert(player);
            prefixes.push(coalition.clone());
        }
        let worth = self.ledger.worth(&prefixes)?;
        let mut gains = Array2::zeros((n, worth.ncols()));
        for (place, &player) in order.iter().enumerate() {
            gains.row_mut(player).assign(&(&worth.row(place + 1) - &worth.row(place)));
        }
        Ok(gains)
    }
}

/// Mean and covariance of values `[player, output]`, one sample at a time (Welford 1962,
/// <https://doi.org/10.1080/00401706.1962.10490022>).
pub(crate) struct Moments {
    pub(crate) n: usize,
    pub(crate) mean: Array2<f64>,
    products: Array3<f64>,
}

impl Moments {
    pub(crate) fn new(n_players: usize, n_outputs: usize) -> Self {
        Self {
            n: 0,
            mean: Array2::zeros((n_players, n_outputs)),
            products: Array3::zeros((n_outputs, n_players, n_players)),
        }
    }

    pub(crate) fn add(&mut self, values: ArrayView2<'_, f64>) {
        self.n += 1;
        let before = &values - &self.mean;
        self.mean.scaled_add(1.0 / self.n as f64, &before);
        let after = &values - &self.mean;
        for (output, mut products) in self.products.outer_iter_mut().enumerate() {
            let (before, after) = (before.column(output), after.column(output));
            for (mut row, &before) in products.rows_mut().into_iter().zip(&before) {
                row.scaled_add(before, &after);
            }
        }
    }

    /// The covariance `[output, player, player]` of the mean, made symmetric to the last digit.
    pub(crate) fn covariance_of_mean(&self) -> Array3<f64> {
        let n = self.n as f64;
        let scale = if self.n < 2 { f64::NAN } else { 0.5 / (n * (n - 1.0)) };
        let mut turned = self.products.view();
        turned.swap_axes(1, 2);
        (&self.products + &turned) * scale
    }
}

/// Independent errors `[player, output]` as a covariance.
pub(crate) fn diagonal(variances: &Array2<f64>) -> Array3<f64> {
    let (n_players, n_outputs) = variances.dim();
    let mut covariance = Array3::zeros((n_outputs, n_players, n_players));
    for (mut covariance, variances) in covariance.axis_iter_mut(Axis(0)).zip(variances.columns()) {
        covariance.diag_mut().assign(&variances);
    }
    covariance
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn moments_are_those_of_the_sample() {
        let mut moments = Moments::new(2, 1);
        for (a, b) in [(1.0, 2.0), (3.0, 2.0), (5.0, 8.0)] {
            moments.add(array![[a], [b]].view());
        }
        assert_eq!(moments.mean, array![[3.0], [4.0]]);
        let expected = array![[[4.0, 6.0], [6.0, 12.0]]] / 3.0;
        assert!((moments.covariance_of_mean() - expected).iter().all(|gap| gap.abs() < 1e-14));
    }
}
