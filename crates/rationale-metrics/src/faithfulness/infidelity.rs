//! Infidelity: Yeh et al. 2019, <https://arxiv.org/abs/1901.09392>, definition 2.1.
//!
//! ```text
//! INFD = E_I [ (I . phi - (f(x) - f(x - I)))^2 ]
//! ```
//!
//! | symbol | name here | shape | unit |
//! |---|---|---|---|
//! | I | displacements | `[sample, player]` | the input's own, or 1 a player that goes |
//! | phi | attribution | `[player]` | the output's own a unit of I |
//!
//! **Direction**: lower is better; 0 is perfect. **Holds**: 0 for linear models and their contributions. **Costs**: samples + 1 model
//! calls. Its unit is the output's square: it compares methods on one model.
//! **Departs**: [`Infidelity`] takes contributions, whose unit is "this player goes": I has 1 for each player that goes, half of
//! them at random. For gradients and other slopes use [`infidelity()`] with the displacements themselves. captum can divide by the best scale
//! (`normalize`): [`Infidelity::with_best_scale`]. Quantus deletes cumulatively, patch after patch, under this name.
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::infidelity;
//!
//! // Slopes (2, 0) of f = 2 x0 + x1: the step (1, 1) loses 3, of which 2 is foreseen.
//! assert_eq!(infidelity(&[2.0, 0.0], array![[1.0, 1.0], [1.0, 0.0]].view(), &[3.0, 2.0])?, 0.5);
//! # Ok::<(), rationale_metrics::Error>(())
//! ```

use ndarray::{Array2, ArrayView2};
use rationale_core::Seed;

use super::subsets::losses_and_sums;
use crate::error::{check_length, check_setting};
use crate::{Case, Cost, Error, Measure, Score, ask};

/// The mean square of what the attribution does not foresee of random losses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Infidelity {
    n_samples: usize,
    best_scale: bool,
    seed: Seed,
}

impl Default for Infidelity {
    /// 50 samples; captum's 10 give too wide an error to rank methods by.
    fn default() -> Self {
        Self { n_samples: 50, best_scale: false, seed: Seed::default() }
    }
}

impl Infidelity {
    /// How many random losses.
    pub fn with_samples(self, n_samples: usize) -> Self {
        Self { n_samples, ..self }
    }

    /// Multiplies attributions by the number with which they do best, so that their scale does not count.
    pub fn with_best_scale(self) -> Self {
        Self { best_scale: true, ..self }
    }

    /// The seed of the losses.
    pub fn with_seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    fn subset(&self, n_players: usize, sample: usize) -> Vec<usize> {
        let mut draws = self.seed.draws("infidelity", 0, sample as u64);
        (0..n_players).filter(|_| draws.uniform() < 0.5).collect()
    }
}

impl Measure for Infidelity {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        check_setting("the number of samples", self.n_samples as f64, self.n_samples >= 1, "at least 1")?;
        let subsets: Vec<_> = (0..self.n_samples).map(|it| self.subset(case.n_players(), it)).collect();
        let game = case.game("infidelity")?;
        let (losses, sums) = losses_and_sums(game, case.output(), &case.attribution(), &subsets)?;
        if ask::is_flat(&losses) {
            return Ok(Score::NoSignal(crate::NoSignal::ConstantModel));
        }
        let scale = if self.best_scale { best_scale(&sums, &losses) } else { 1.0 };
        Ok(Score::Value(mean_square(&sums, &losses, scale)))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::calls(self.n_samples + 1)
    }
}

/// The infidelity of an attribution `[player]` for displacements `[sample, player]` and the losses f(x) - f(x - I) `[sample]`.
pub fn infidelity(
    attribution: &[f64],
    displacements: ArrayView2<'_, f64>,
    losses: &[f64],
) -> Result<f64, Error> {
    check_length("a displacement", attribution.len(), displacements.ncols())?;
    check_length("the losses", displacements.nrows(), losses.len())?;
    if losses.is_empty() {
        return Err(Error::Empty { what: "the list of losses" });
    }
    let attribution = Array2::from_shape_fn((attribution.len(), 1), |(player, _)| attribution[player]);
    let foreseen = displacements.dot(&attribution).into_raw_vec_and_offset().0;
    Ok(mean_square(&foreseen, losses, 1.0))
}

fn mean_square(foreseen: &[f64], losses: &[f64], scale: f64) -> f64 {
    let squares = foreseen.iter().zip(losses).map(|(foreseen, loss)| (scale * foreseen - loss).powi(2));
    squares.sum::<f64>() / losses.len() as f64
}

/// The number that makes the mean square least.
fn best_scale(foreseen: &[f64], losses: &[f64]) -> f64 {
    let square: f64 = foreseen.iter().map(|it| it * it).sum();
    let product: f64 = foreseen.iter().zip(losses).map(|(a, b)| a * b).sum();
    if square > 0.0 { product / square } else { 1.0 }
}
