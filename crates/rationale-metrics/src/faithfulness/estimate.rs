//! Faithfulness estimate: Alvarez-Melis and Jaakkola 2018, <https://arxiv.org/abs/1806.07538>, section 5.2.
//!
//! ```text
//! corr over players i of (phi_i,  f(x) - f(x without i))
//! ```
//!
//! **Direction**: higher is better. **Holds**: 1 for linear models and contributions. **Costs**: players / step + 1 model calls.
//! **Departs**: in nothing; with steps of several players these go together, by falling attribution, as in Quantus.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::FromFn;
//! use rationale_metrics::{Case, FaithfulnessEstimate, Input, Measure, Players};
//!
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&array![[3.0], [1.0], [-2.0]]));
//! let (row, fill, players) = (array![1.0, 1.0, 1.0], array![0.0, 0.0, 0.0], Players::columns(3));
//! let input = Input::new(&model, row.view(), fill.view(), &players)?;
//! let case = Case::new(array![3.0, 1.0, -2.0].view(), 0)?.with_input(&input)?;
//! assert!((FaithfulnessEstimate::default().measure(&case)?.value().unwrap() - 1.0).abs() < 1e-12);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::subsets::losses_and_sums;
use crate::error::check_setting;
use crate::order::descending;
use crate::{Case, Cost, Error, Measure, NoSignal, Score, Ties, ask, pearson};

/// How well attributions follow what each player's absence costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaithfulnessEstimate {
    step: usize,
    ties: Ties,
}

impl Default for FaithfulnessEstimate {
    /// One player at a time, as in the paper.
    fn default() -> Self {
        Self { step: 1, ties: Ties::default() }
    }
}

impl FaithfulnessEstimate {
    /// How many players go together.
    pub fn with_step(self, step: usize) -> Self {
        Self { step, ..self }
    }

    /// Which equals go together.
    pub fn with_ties(self, ties: Ties) -> Self {
        Self { ties, ..self }
    }
}

impl Measure for FaithfulnessEstimate {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        check_setting("the step", self.step as f64, self.step >= 1, "at least 1")?;
        let attribution = case.attribution();
        let order = descending(&attribution, self.ties);
        let subsets: Vec<Vec<usize>> = order.chunks(self.step).map(<[usize]>::to_vec).collect();
        let game = case.game("faithfulness-estimate")?;
        let (losses, sums) = losses_and_sums(game, case.output(), &attribution, &subsets)?;
        Ok(match ask::no_order(&attribution, &losses) {
            // One loss for all is no constant model: every feature may matter alike.
            Some(NoSignal::ConstantModel) if losses.iter().any(|loss| *loss != 0.0) => {
                Score::NoSignal(NoSignal::NoScale)
            }
            Some(reason) => Score::NoSignal(reason),
            None => Score::of(pearson(&sums, &losses), NoSignal::NoScale),
        })
    }

    fn cost(&self, n_players: usize) -> Cost {
        Cost::calls(n_players.div_ceil(self.step.max(1)) + 1)
    }
}
