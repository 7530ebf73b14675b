//! Faithfulness correlation: Bhatt, Weller and Moura 2020, <https://arxiv.org/abs/2005.00631>, definition 3.
//!
//! ```text
//! corr over random subsets S of one size of (sum_(i in S) phi_i,  f(x) - f(x without S))
//! ```
//!
//! **Direction**: higher is better. **Holds**: 1 for linear models and contributions. **Costs**: runs + 1 model calls.
//! **Departs**: in nothing but the seed. Quantus's default size of 224 is for pictures; here it is a share of the players.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::FromFn;
//! use rationale_metrics::{Case, FaithfulnessCorrelation, Input, Measure, Players};
//!
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&array![[3.0], [1.0], [-2.0]]));
//! let (row, fill, players) = (array![1.0, 1.0, 1.0], array![0.0, 0.0, 0.0], Players::columns(3));
//! let input = Input::new(&model, row.view(), fill.view(), &players)?;
//! let case = Case::new(array![-3.0, -1.0, 2.0].view(), 0)?.with_input(&input)?;
//! let score = FaithfulnessCorrelation::default().measure(&case)?;
//! assert!((score.value().unwrap() + 1.0).abs() < 1e-12);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use rationale_core::Seed;

use super::subsets::{losses_and_sums, random_subsets};
use crate::error::{check_length, check_setting};
use crate::{Case, Cost, Error, Measure, NoSignal, Score, ask, pearson};

/// How well sums of attributions follow losses, for subsets of one size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaithfulnessCorrelation {
    share: f64,
    n_runs: usize,
    seed: Seed,
}

impl Default for FaithfulnessCorrelation {
    /// 100 runs as in Quantus, of a third of the players.
    fn default() -> Self {
        Self { share: 1.0 / 3.0, n_runs: 100, seed: Seed::default() }
    }
}

impl FaithfulnessCorrelation {
    /// Which share of the players goes; at least one does and at least one stays.
    pub fn with_share(self, share: f64) -> Self {
        Self { share, ..self }
    }

    /// How many subsets.
    pub fn with_runs(self, n_runs: usize) -> Self {
        Self { n_runs, ..self }
    }

    /// The seed of the subsets.
    pub fn with_seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// The correlation for given subsets of players.
    pub fn of_subsets(&self, case: &Case<'_>, subsets: &[Vec<usize>]) -> Result<Score, Error> {
        let (game, attribution) = (case.game("faithfulness-correlation")?, case.attribution());
        if let Some(&player) = subsets.iter().flatten().find(|it| **it >= attribution.len()) {
            return Err(Error::Player { player, available: attribution.len() });
        }
        check_length("the attribution", game.n_players(), attribution.len())?;
        let (losses, sums) = losses_and_sums(game, case.output(), &attribution, subsets)?;
        let reason = ask::no_order(&attribution, &losses);
        Ok(match reason {
            Some(reason) => Score::NoSignal(reason),
            None => Score::of(pearson(&sums, &losses), NoSignal::ConstantModel),
        })
    }
}

impl Measure for FaithfulnessCorrelation {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        check_setting("the share", self.share, self.share > 0.0 && self.share < 1.0, "between 0 and 1")?;
        check_setting("the number of runs", self.n_runs as f64, self.n_runs >= 2, "at least 2")?;
        let n = case.n_players();
        #[expect(clippy::cast_sign_loss, reason = "a share of a count")]
        let size = ((n as f64 * self.share).round() as usize).clamp(1, (n - 1).max(1));
        self.of_subsets(case, &random_subsets(n, size, self.n_runs, self.seed))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::calls(self.n_runs + 1)
    }
}
