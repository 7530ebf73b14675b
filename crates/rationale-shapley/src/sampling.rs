//! Shapley values feature by feature, from random orders of the players.

use ndarray::{Array2, Axis};
use rationale_core::{Error, Evidence, Game, Seed};

use crate::coalition::Coalition;
use crate::estimator::{Budget, Estimate, Estimator, Sampler, Stream};
use crate::ledger::Ledger;
use crate::permutation::diagonal;

const METHOD: &str = "sampling-shap";
const DEFAULT_SAMPLES: usize = 20;

/// Sampling after Strumbelj and Kononenko 2014, algorithm 2, <https://doi.org/10.1007/s10115-013-0679-x>.
///
/// ```text
/// phi_i = mean over orders p and background rows b of  f(x before and at i in p, b after) - f(x before i in p, b from i on)
/// ```
///
/// | symbol | here | shape |
/// |---|---|---|
/// | phi | [`Attributions::values`](rationale_core::Attributions::values) | `[row, feature, output]` |
/// | p | one sample a feature | `[player]` |
/// | b | each background row in turn | `[row, feature]` |
///
/// **Holds**: dummy exactly; the other axioms within the standard error, efficiency too: the completeness gap shows by
/// how much the values miss the difference.
///
/// **Costs**: 2 coalitions a sample and feature; 20 samples for each row of the background.
///
/// **Departs** from the paper: each background row has the same number of samples, where the paper draws rows at random,
/// which would only add to the error; all features have the same number of samples. From shap: values are not shifted so
/// that they add up, and the standard error is that of the mean, where shap divides the variance by the root of the
/// number of samples.
#[derive(Debug, Clone)]
pub struct SamplingShap {
    samples: usize,
    tolerance: Option<f64>,
    seed: Seed,
    parts: usize,
}

impl Default for SamplingShap {
    fn default() -> Self {
        Self::new()
    }
}

impl SamplingShap {
    /// 20 samples a feature and background row, seed 0.
    pub fn new() -> Self {
        Self { samples: DEFAULT_SAMPLES, tolerance: None, seed: Seed::default(), parts: usize::MAX }
    }

    /// Sets the most samples a feature, for each part of the background; at least 2, which give an error.
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

    /// Cuts a background into at most this many parts with orders of their own; by default each row is a part.
    pub fn with_parts(mut self, parts: usize) -> Self {
        self.parts = parts.max(1);
        self
    }
}

impl Estimator for SamplingShap {
    fn settings(&self) -> Evidence {
        Evidence::new(METHOD, "orders, feature by feature")
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
            coalitions: 2.0 * n_players as f64,
            tolerance: self.tolerance,
            parts: self.parts,
            sampled: true,
            idle_players: false,
        })
    }

    fn begin<'g>(&self, game: &'g dyn Game, stream: Stream) -> Result<Box<dyn Sampler + 'g>, Error> {
        let ledger = Ledger::new(game)?;
        let zeros = Array2::zeros((ledger.n_players(), ledger.n_outputs()));
        let (seed, mean, squares) = (self.seed, zeros.clone(), zeros);
        Ok(Box::new(ByFeature { ledger, seed, stream, n: 0, mean, squares }))
    }
}

struct ByFeature<'g> {
    ledger: Ledger<'g>,
    seed: Seed,
    stream: Stream,
    n: usize,
    mean: Array2<f64>,
    squares: Array2<f64>,
}

impl Sampler for ByFeature<'_> {
    fn extend(&mut self, samples: usize) -> Result<(), Error> {
        let n_players = self.ledger.n_players();
        let mut coalitions = Vec::new();
        for sample in self.n..samples {
            let mut draws = self.stream.draws(self.seed, METHOD, sample as u32);
            for player in 0..n_players {
                let mut order: Vec<usize> = (0..n_players).collect();
                draws.shuffle(&mut order);
                let before = order.into_iter().take_while(|&it| it != player);
                let without = Coalition::of(n_players, before);
                let mut with = without.clone();
                with.insert(player);
                coalitions.extend([with, without]);
            }
        }
        let worth = self.ledger.worth(&coalitions)?;
        for sample in worth.axis_chunks_iter(Axis(0), 2 * n_players) {
            self.n += 1;
            for (player, pair) in sample.axis_chunks_iter(Axis(0), 2).enumerate() {
                let gain = &pair.row(0) - &pair.row(1);
                let before = &gain - &self.mean.row(player);
                self.mean.row_mut(player).scaled_add(1.0 / self.n as f64, &before);
                let after = gain - self.mean.row(player);
                self.squares.row_mut(player).scaled_add(1.0, &(before * after));
            }
        }
        Ok(())
    }

    fn estimate(&self) -> Estimate {
        let n = self.n as f64;
        let variances = &self.squares / (n * (n - 1.0));
        Estimate { values: self.mean.clone(), covariance: Some(diagonal(&variances)) }
    }
}
