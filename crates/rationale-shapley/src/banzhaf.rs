//! Banzhaf values: a player's gain averaged over all coalitions of the others alike.

use ndarray::{Array2, Axis};
use rationale_core::{Error, Evidence, Game, Seed};

use crate::coalition::{Coalition, table};
use crate::estimator::{Budget, Estimate, Estimator, Sampler, Stream};
use crate::exact;
use crate::regression::{self, Fit, Pairs, Stratum};
use crate::subsets::{Shuffle, count};

const METHOD: &str = "banzhaf";
/// That of Kernel SHAP.
const DEFAULT_SAMPLES: usize = 2048;
const PARTS: usize = 10;
/// Pairs of so many players can be numbered exactly.
const NUMBERED_PLAYERS: usize = 53;

/// Banzhaf values. Banzhaf 1965; for data, Wang, Jia 2023, <https://arxiv.org/abs/2205.15466>; sampled by regression,
/// Liu, Witter, Korn, Alfarrarjeh, Musco 2025, <https://arxiv.org/abs/2410.08336>.
///
/// ```text
/// beta_i = 1 / 2^(n - 1) sum over coalitions C without i of  v(C + i) - v(C)
/// beta   = argmin sum over all coalitions C of (v(C) - c - sum_i (z_i(C) - 1/2) beta_i)^2,     z_i(C) = 1 where i is in C
/// ```
///
/// | symbol | here | shape |
/// |---|---|---|
/// | beta | [`Attributions::values`](rationale_core::Attributions::values) | `[row, feature, output]` |
/// | C | drawn with its complement, each pair once | `[coalition, player]` |
///
/// **Holds**: symmetry, dummy, additivity. Not efficiency: values do not sum to the difference, and the completeness gap
/// shows by how much; they are the steadiest values of their kind where the model's answers are noisy.
///
/// **Costs**: `samples` coalitions; all 2^n, by the definition and without error, where that is no more. Memory n numbers
/// a coalition.
///
/// **Departs** from Liu and others: pairs are drawn without replacement, and there is a standard error.
#[derive(Debug, Clone)]
pub struct BanzhafValues {
    samples: usize,
    tolerance: Option<f64>,
    seed: Seed,
    parts: usize,
}

impl Default for BanzhafValues {
    fn default() -> Self {
        Self::new()
    }
}

impl BanzhafValues {
    /// 2048 coalitions, seed 0.
    pub fn new() -> Self {
        Self { samples: DEFAULT_SAMPLES, tolerance: None, seed: Seed::default(), parts: PARTS }
    }

    /// Sets the most coalitions for each part of the background.
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

    /// Cuts a background into at most this many parts with coalitions of their own; 10 by default.
    pub fn with_parts(mut self, parts: usize) -> Self {
        self.parts = parts.max(1);
        self
    }

    fn is_whole(&self, n_players: usize) -> bool {
        n_players <= exact::MOST_PLAYERS && self.samples >= 1 << n_players
    }
}

impl Estimator for BanzhafValues {
    fn settings(&self) -> Evidence {
        Evidence::new(METHOD, "paired coalitions, least squares")
            .with_seed(self.seed)
            .with_parameter("samples", self.samples)
    }

    fn budget(&self, n_players: usize) -> Result<Budget, Error> {
        let needed = 4 * n_players;
        let is_whole = self.is_whole(n_players);
        if !is_whole && self.samples < needed {
            return Err(crate::Error::TooFewSamples { n_players, samples: self.samples, needed }.of(METHOD));
        }
        Ok(Budget {
            samples: self.samples,
            least: if is_whole { self.samples } else { needed },
            coalitions: 1.0,
            tolerance: self.tolerance,
            parts: if is_whole { 1 } else { self.parts },
            sampled: true,
            idle_players: false,
        })
    }

    fn begin<'g>(&self, game: &'g dyn Game, stream: Stream) -> Result<Box<dyn Sampler + 'g>, Error> {
        let n = game.n_players();
        let mut draws = stream.draws(self.seed, METHOD, 0);
        // The last player is in the coalition of each pair, so that no pair is met twice.
        let order: Box<dyn Iterator<Item = Coalition>> = if n <= NUMBERED_PLAYERS {
            Box::new(Shuffle::new(1 << (n - 1), draws).map(move |bits| {
                Coalition::of(n, (0..n).filter(move |&player| player == n - 1 || bits >> player & 1 == 1))
            }))
        } else {
            Box::new(std::iter::from_fn(move || {
                let members: Vec<usize> =
                    (0..n).filter(|&player| draws.below(2) == 1 || player == n - 1).collect();
                Some(Coalition::of(n, members))
            }))
        };
        let pairs =
            Pairs { design: Array2::zeros((0, n)), observed: Array2::zeros((0, 0)), strata: Vec::new() };
        Ok(Box::new(Regression { game, order, pairs, fit: None, is_whole: self.is_whole(n) }))
    }
}

struct Regression<'g> {
    game: &'g dyn Game,
    order: Box<dyn Iterator<Item = Coalition> + 'g>,
    pairs: Pairs,
    fit: Option<Fit>,
    is_whole: bool,
}

impl Regression<'_> {
    fn ask(&mut self, new: &[Coalition]) -> Result<(), Error> {
        let n = self.game.n_players();
        let others: Vec<Coalition> = new.iter().map(|coalition| coalition.complement(n)).collect();
        let coalitions: Vec<&Coalition> = new.iter().chain(&others).collect();
        let worth = self.game.value(table(coalitions.into_iter(), n).view())?;
        let (of_coalitions, of_others) = worth.view().split_at(Axis(0), new.len());
        let observed = (&of_coalitions - &of_others) / 2.0;
        let sign = |(pair, player): (usize, usize)| if new[pair].has(player) { 0.5 } else { -0.5 };
        let design = Array2::from_shape_fn((new.len(), n), sign);
        if self.pairs.strata.is_empty() {
            self.pairs.observed = Array2::zeros((0, observed.ncols()));
        }
        self.pairs.design.append(Axis(0), design.view()).map_err(Error::model)?;
        self.pairs.observed.append(Axis(0), observed.view()).map_err(Error::model)?;
        self.pairs.strata.extend(vec![0; new.len()]);
        Ok(())
    }
}

impl Sampler for Regression<'_> {
    fn extend(&mut self, samples: usize) -> Result<(), Error> {
        let n_players = self.game.n_players();
        let available = 2.0_f64.powi(i32::try_from(n_players - 1).unwrap_or(i32::MAX));
        let wanted = if self.is_whole { count(available) } else { samples / 2 };
        let new: Vec<Coalition> = self.order.by_ref().take(wanted - self.pairs.strata.len()).collect();
        if !new.is_empty() {
            self.ask(&new)?;
        }
        let drawn = self.pairs.strata.len();
        let stratum = Stratum { drawn, available, weight: 1.0 };
        let fit = regression::fit(&self.pairs, &[stratum]);
        let missing = || crate::Error::Underdetermined { n_coalitions: 2 * drawn, n_players }.of(METHOD);
        self.fit = Some(fit.ok_or_else(missing)?);
        Ok(())
    }

    fn estimate(&self) -> Estimate {
        let fit = self.fit.as_ref();
        Estimate {
            values: fit.map(|fit| fit.coefficients.clone()).unwrap_or_default(),
            covariance: fit.map(|fit| fit.covariance.clone()),
        }
    }
}
