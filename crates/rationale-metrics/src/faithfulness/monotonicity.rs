//! Monotonicity: Arya et al. 2019, One Explanation Does Not Fit All, <https://arxiv.org/abs/1909.03012>, section 5, after
//! Luss et al. 2019.
//!
//! ```text
//! share of steps k for which f(fill with the first k players) >= f(fill with the first k - 1), the smallest attribution first
//! ```
//!
//! **Direction**: higher is better. **Holds**: 1 for additive models and contributions that are all positive. For an additive model every order gives one number, one player at a time: it cannot
//! rank methods there. **Costs**: players / step + 1
//! model calls.
//! **Departs**: from the paper and Quantus in giving the share of steps, and not true or false: with many features one step among
//! thousands falls for every method. The paper's "true" is our 1.
//! Quantus 0.6 never looks at the input: each step writes its baseline into its baseline, so that every explanation of every
//! model is "true"; for f = -x0 + x1 with attributions (-1, 1) it says 1 and this 0.5.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::FromFn;
//! use rationale_metrics::{Case, Input, Measure, Monotonicity, Players, Score};
//!
//! // 0, then -1 with x0, then 0 with both: one step falls.
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&array![[-1.0], [1.0]]));
//! let (row, fill, players) = (array![1.0, 1.0], array![0.0, 0.0], Players::columns(2));
//! let input = Input::new(&model, row.view(), fill.view(), &players)?;
//! let case = Case::new(array![-1.0, 1.0].view(), 0)?.with_input(&input)?;
//! assert_eq!(Monotonicity::default().measure(&case)?, Score::Value(0.5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::curve::{Change, Order, order_of, values_at};
use crate::error::check_setting;
use crate::{Case, Cost, Error, Measure, Score, Ties, ask};

/// Whether the output rises with each player that comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Monotonicity {
    step: usize,
    ties: Ties,
}

impl Default for Monotonicity {
    /// One player at a time, as in the paper.
    fn default() -> Self {
        Self { step: 1, ties: Ties::default() }
    }
}

impl Monotonicity {
    /// How many players come at a time.
    pub fn with_step(self, step: usize) -> Self {
        Self { step, ..self }
    }

    /// In which order equals come.
    pub fn with_ties(self, ties: Ties) -> Self {
        Self { ties, ..self }
    }

    /// The outputs for k = 0 to all players.
    pub fn outputs(&self, case: &Case<'_>) -> Result<Vec<f64>, Error> {
        check_setting("the step", self.step as f64, self.step >= 1, "at least 1")?;
        let n = case.n_players();
        let counts: Vec<usize> = (0..=n.div_ceil(self.step)).map(|k| (k * self.step).min(n)).collect();
        let order = order_of(&case.attribution(), Order::LeastRelevantFirst, self.ties);
        values_at(case.game("monotonicity")?, case.output(), &order, Change::Insertion, &counts)
    }
}

impl Measure for Monotonicity {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let outputs = self.outputs(case)?;
        let n_rising = outputs.windows(2).filter(|pair| pair[1] >= pair[0]).count();
        let share = n_rising as f64 / (outputs.len() - 1) as f64;
        let reason = ask::no_order(&case.attribution(), &outputs);
        Ok(reason.map_or(Score::Value(share), Score::NoSignal))
    }

    fn cost(&self, n_players: usize) -> Cost {
        Cost::calls(n_players.div_ceil(self.step.max(1)) + 1)
    }
}
