//! Sensitivity-n: Ancona et al. 2018, <https://arxiv.org/abs/1711.06104>, definition 2 and section 4.
//!
//! ```text
//! mean over n of corr over subsets S of size n of (sum_(i in S) phi_i,  f(x) - f(x without S))
//! ```
//!
//! **Direction**: higher is better; 1 for every n says that the attributions satisfy sensitivity-n. **Holds**: 1 for linear models and
//! contributions. **Costs**: sizes x subsets + sizes model calls.
//! **Departs**: from the paper in how many sizes and subsets: 5 sizes spread evenly up to 80% and 20 subsets, where it takes about 16
//! and 100. Quantus computes another number under this name: it deletes cumulatively by attribution, draws no subset, and correlates
//! across the cases of a batch. For one linear model and its own contributions ours is 1; Quantus's depends on the batch.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::FromFn;
//! use rationale_metrics::{Case, Input, Measure, Players, SensitivityN};
//!
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&array![[3.0], [1.0], [-2.0]]));
//! let (row, fill, players) = (array![1.0, 1.0, 1.0], array![0.0, 0.0, 0.0], Players::columns(3));
//! let input = Input::new(&model, row.view(), fill.view(), &players)?;
//! let case = Case::new(array![3.0, 1.0, -2.0].view(), 0)?.with_input(&input)?;
//! assert!((SensitivityN::default().measure(&case)?.value().unwrap() - 1.0).abs() < 1e-12);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use rationale_core::Seed;

use super::subsets::{losses_and_sums, random_subsets};
use crate::error::check_setting;
use crate::{Case, Cost, Error, Measure, Score, ask, pearson};

/// The largest share of players left out; Quantus's bound too.
const LARGEST: f64 = 0.8;

/// How well sums of attributions follow losses, over several sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SensitivityN {
    n_sizes: usize,
    n_subsets: usize,
    seed: Seed,
}

impl Default for SensitivityN {
    fn default() -> Self {
        Self { n_sizes: 5, n_subsets: 20, seed: Seed::default() }
    }
}

impl SensitivityN {
    /// How many sizes of subsets (5).
    pub fn with_sizes(self, n_sizes: usize) -> Self {
        Self { n_sizes, ..self }
    }

    /// How many subsets of each size (20).
    pub fn with_subsets(self, n_subsets: usize) -> Self {
        Self { n_subsets, ..self }
    }

    /// The seed of the subsets.
    pub fn with_seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    fn sizes(&self, n_players: usize) -> Vec<usize> {
        #[expect(clippy::cast_sign_loss, reason = "a share of a count")]
        let most = ((n_players as f64 * LARGEST) as usize).max(1);
        let mut sizes: Vec<usize> =
            (1..=self.n_sizes).map(|k| (k * most).div_ceil(self.n_sizes).max(1)).collect();
        sizes.dedup();
        sizes
    }
}

impl Measure for SensitivityN {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        check_setting("the number of sizes", self.n_sizes as f64, self.n_sizes >= 1, "at least 1")?;
        check_setting("the number of subsets", self.n_subsets as f64, self.n_subsets >= 2, "at least 2")?;
        let (game, attribution) = (case.game("sensitivity-n")?, case.attribution());
        let (mut correlations, mut all) = (Vec::new(), Vec::new());
        for size in self.sizes(case.n_players()) {
            let subsets = random_subsets(case.n_players(), size, self.n_subsets, self.seed);
            let (losses, sums) = losses_and_sums(game, case.output(), &attribution, &subsets)?;
            correlations.extend(pearson(&sums, &losses));
            all.extend(losses);
        }
        let reason = ask::no_order(&attribution, &all);
        let mean = correlations.iter().sum::<f64>() / correlations.len() as f64;
        Ok(match reason {
            Some(reason) => Score::NoSignal(reason),
            None if correlations.is_empty() => Score::NoSignal(crate::NoSignal::ConstantModel),
            None => Score::Value(mean),
        })
    }

    fn cost(&self, n_players: usize) -> Cost {
        Cost::calls(self.sizes(n_players).len() * (self.n_subsets + 1))
    }
}
