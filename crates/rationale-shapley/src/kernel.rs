//! Kernel SHAP: Shapley values as a regression on coalitions.

mod design;
mod solve;

use ndarray::{Array1, Array2, Array3, ArrayView1, Axis};
use rationale_core::{Error, Evidence, Game, Seed};

use self::design::Design;
pub use self::solve::kernel_values;
use crate::estimator::{Budget, Estimate, Estimator, Sampler, Stream};
use crate::ledger::Ends;
use crate::regression::{self, Fit, Pairs};
use crate::subsets::count;

const METHOD: &str = "kernel-shap";
/// shap's: `nsamples = 2 M + 2048`.
const DEFAULT_SAMPLES: usize = 2048;
/// Each part of a background has coalitions of its own.
const PARTS: usize = 10;

/// How the sizes of coalitions are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sizes {
    /// In proportion to the kernel's weight. Lundberg and Lee 2017, <https://arxiv.org/abs/1705.07874>.
    #[default]
    Kernel,
    /// All alike, which is in proportion to the leverage that coalitions have in the regression. Musco and Witter 2024,
    /// <https://arxiv.org/abs/2410.01917>.
    Leverage,
}

/// Kernel SHAP. Lundberg, Lee 2017, theorem 2, <https://arxiv.org/abs/1705.07874>; errors after Covert, Lee 2021,
/// <https://arxiv.org/abs/2012.01536>; leverage sampling by Musco, Witter 2024, <https://arxiv.org/abs/2410.01917>.
///
/// ```text
/// phi = argmin  sum over coalitions C of  w(|C|) (v(C) - v(nobody) - sum_{i in C} phi_i)^2
///       so that sum_i phi_i = v(everybody) - v(nobody),        w(s) = (n - 1) / ((n choose s) s (n - s))
/// ```
///
/// | symbol | here | shape |
/// |---|---|---|
/// | phi | [`Attributions::values`](rationale_core::Attributions::values) | `[row, feature, output]` |
/// | C | drawn with its complement, each pair once | `[coalition, player]` |
/// | w | exact for sizes that are asked about whole, else shared by those drawn | `[coalition]` |
///
/// **Holds**: efficiency exactly, always; the other axioms within the standard error, and exactly once all coalitions
/// are in (2^n - 2 samples).
///
/// **Costs**: `samples` coalitions a row, each filled from every row of the background; 2 n + 2048 by default, as shap.
/// A background is cut into 10 parts, each with coalitions of its own: no model call more, and a smaller error, because
/// errors of the parts average out. Memory n numbers a coalition.
///
/// **Departs** from shap: sizes that do not fit whole are sampled in strata and without replacement, where shap draws
/// with replacement; the background's parts; a standard error that is one (of the sample's equations, to first order in
/// the error, with each stratum's finite size and each pair's leverage taken into account), where shap reports ones; no
/// l1 selection of features, which shap's default applies (`l1_reg="num_features(10)"`); small values are not set to 0.
/// Departs from Covert and Lee in taking the errors from the one sample instead of from repeated batches.
#[derive(Debug, Clone)]
pub struct KernelShap {
    samples: Option<usize>,
    tolerance: Option<f64>,
    sizes: Sizes,
    seed: Seed,
    parts: usize,
}

impl Default for KernelShap {
    fn default() -> Self {
        Self::new()
    }
}

impl KernelShap {
    /// 2 n + 2048 coalitions, sizes drawn by the kernel's weight, seed 0.
    pub fn new() -> Self {
        Self { samples: None, tolerance: None, sizes: Sizes::Kernel, seed: Seed::default(), parts: PARTS }
    }

    /// Leverage SHAP: the same regression with all sizes drawn alike.
    pub fn leverage() -> Self {
        Self { sizes: Sizes::Leverage, ..Self::new() }
    }

    /// Sets the most coalitions for each part of the background.
    pub fn with_samples(mut self, samples: usize) -> Self {
        self.samples = Some(samples);
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

    /// Cuts a background into at most this many parts with coalitions of their own; 10 by default, 1 for all rows alike.
    pub fn with_parts(mut self, parts: usize) -> Self {
        self.parts = parts.max(1);
        self
    }

    fn samples(&self, n_players: usize) -> usize {
        self.samples.unwrap_or(2 * n_players + DEFAULT_SAMPLES)
    }
}

impl Estimator for KernelShap {
    fn settings(&self) -> Evidence {
        let sizes = if self.sizes == Sizes::Kernel { "kernel" } else { "leverage" };
        let evidence = Evidence::new(METHOD, "paired coalitions, weighted least squares")
            .with_seed(self.seed)
            .with_parameter("sizes", sizes);
        match self.samples {
            Some(samples) => evidence.with_parameter("samples", samples),
            None => evidence.with_parameter("samples", "2 n + 2048"),
        }
    }

    fn budget(&self, n_players: usize) -> Result<Budget, Error> {
        let all = design::n_pairs(n_players) * 2.0;
        let needed = count((4.0 * n_players as f64).min(all));
        let samples = self.samples(n_players);
        if samples < needed {
            return Err(crate::Error::TooFewSamples { n_players, samples, needed }.of(METHOD));
        }
        let is_whole = samples as f64 >= all;
        let samples = if is_whole { count(all) } else { samples };
        Ok(Budget {
            samples,
            least: needed,
            coalitions: 1.0,
            tolerance: self.tolerance,
            parts: if is_whole { 1 } else { self.parts },
            sampled: true,
            idle_players: false,
        })
    }

    fn begin<'g>(&self, game: &'g dyn Game, stream: Stream) -> Result<Box<dyn Sampler + 'g>, Error> {
        let design =
            Design::new(game.n_players(), self.sizes, &|size| stream.draws(self.seed, METHOD, size as u32));
        let ends = Ends::of(game)?;
        let n_outputs = ends.nobody.len();
        let pairs = Pairs {
            design: Array2::zeros((0, game.n_players() - 1)),
            observed: Array2::zeros((0, n_outputs)),
            strata: Vec::new(),
        };
        Ok(Box::new(Regression { game, design, ends, pairs, fit: None }))
    }
}

/// The regression of one game under way. The last player's value is eliminated by the constraint.
struct Regression<'g> {
    game: &'g dyn Game,
    design: Design,
    ends: Ends,
    pairs: Pairs,
    fit: Option<Fit>,
}

impl Sampler for Regression<'_> {
    fn extend(&mut self, samples: usize) -> Result<(), Error> {
        let n_players = self.game.n_players();
        let new = self.design.draw(samples / 2);
        if !new.is_empty() {
            self.ask(&new)?;
        }
        let fit = regression::fit(&self.pairs, &self.design.strata());
        let n_coalitions = 2 * self.pairs.strata.len();
        self.fit =
            Some(fit.ok_or_else(|| crate::Error::Underdetermined { n_coalitions, n_players }.of(METHOD))?);
        Ok(())
    }

    fn estimate(&self) -> Estimate {
        let difference = self.ends.difference();
        let Some(fit) = &self.fit else {
            let values = Array2::zeros((self.game.n_players(), difference.len()));
            return Estimate { values, covariance: None };
        };
        Estimate {
            values: with_last(&fit.coefficients, &difference),
            covariance: Some(covariance_with_last(&fit.covariance)),
        }
    }
}

impl Regression<'_> {
    /// Asks about pairs and adds them to the equations.
    fn ask(&mut self, new: &[(usize, crate::coalition::Coalition)]) -> Result<(), Error> {
        let n_players = self.game.n_players();
        let others: Vec<_> = new.iter().map(|(_, coalition)| coalition.complement(n_players)).collect();
        let coalitions: Vec<_> = new.iter().map(|(_, coalition)| coalition).chain(&others).collect();
        let table = crate::coalition::table(coalitions.into_iter(), n_players);
        let worth = self.game.value(table.view())?;
        let (of_coalitions, of_others) = worth.view().split_at(Axis(0), new.len());
        let last = n_players - 1;
        let one = |is_in: bool| f64::from(u8::from(is_in));
        let mut design = Array2::zeros((new.len(), last));
        for (mut row, coalition) in design.rows_mut().into_iter().zip(table.rows()) {
            let of_last = one(coalition[last]);
            row.iter_mut().zip(coalition).for_each(|(cell, &is_in)| *cell = one(is_in) - of_last);
        }
        // Half the difference of a coalition and its complement: all of a pair that the regression sees.
        let mut observed = (&of_coalitions - &of_others) / 2.0;
        let difference = self.ends.difference();
        for (mut row, coalition) in observed.rows_mut().into_iter().zip(table.rows()) {
            row.scaled_add(0.5 - one(coalition[last]), &difference);
        }
        self.pairs.design.append(Axis(0), design.view()).map_err(Error::model)?;
        self.pairs.observed.append(Axis(0), observed.view()).map_err(Error::model)?;
        self.pairs.strata.extend(new.iter().map(|(stratum, _)| *stratum));
        Ok(())
    }
}

/// Adds the player who gets what is left.
fn with_last(coefficients: &Array2<f64>, difference: &Array1<f64>) -> Array2<f64> {
    let mut values = Array2::zeros((coefficients.nrows() + 1, coefficients.ncols()));
    for (output, mut column) in values.columns_mut().into_iter().enumerate() {
        let known: ArrayView1<'_, f64> = coefficients.column(output);
        column.iter_mut().zip(known).for_each(|(value, &known)| *value = known);
        column[known.len()] = difference[output] - known.sum();
    }
    values
}

fn covariance_with_last(covariance: &Array3<f64>) -> Array3<f64> {
    let (n_outputs, last, _) = covariance.dim();
    let mut whole = Array3::zeros((n_outputs, last + 1, last + 1));
    for (mut whole, known) in whole.outer_iter_mut().zip(covariance.outer_iter()) {
        known.indexed_iter().for_each(|(place, value)| whole[place] = *value);
        let sums = known.sum_axis(Axis(0));
        for (player, sum) in sums.iter().enumerate() {
            whole[[player, last]] = -sum;
            whole[[last, player]] = -sum;
        }
        whole[[last, last]] = sums.sum();
    }
    whole
}
