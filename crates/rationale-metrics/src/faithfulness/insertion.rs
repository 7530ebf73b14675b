//! Insertion: Petsiuk, Das and Saenko 2018, RISE, <https://arxiv.org/abs/1806.07421>, section 4.2.
//!
//! ```text
//! AUC of f(fill with the first k players of x), the largest attribution first
//! ```
//!
//! **Direction**: higher is better: the output rises early. **Holds**: as for deletion. **Costs**: steps + 1 model calls.
//! **Departs**: from the paper as deletion does; the paper begins with a blurred picture, here the game's fill decides.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::FromFn;
//! use rationale_metrics::{Case, Input, Insertion, Measure, Players, Score};
//!
//! // f = 3 x0 + x1 at (1, 1): 0 with nothing, 3 with x0, 4 with both.
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&array![[3.0], [1.0]]));
//! let (row, fill, players) = (array![1.0, 1.0], array![0.0, 0.0], Players::columns(2));
//! let input = Input::new(&model, row.view(), fill.view(), &players)?;
//! let case = Case::new(array![3.0, 1.0].view(), 0)?.with_input(&input)?;
//! assert_eq!(Insertion::default().measure(&case)?, Score::Value(0.5 * 1.5 + 0.5 * 3.5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::curve::{Change, Order, curve, order_of};
use crate::{Case, Cost, Curve, Error, Measure, Score, Ties, ask};

/// The area under the curve of insertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Insertion {
    n_steps: usize,
    ties: Ties,
}

impl Default for Insertion {
    /// 10 steps, as xplique has it.
    fn default() -> Self {
        Self { n_steps: 10, ties: Ties::default() }
    }
}

impl Insertion {
    /// In how many steps the input is filled.
    pub fn with_steps(self, n_steps: usize) -> Self {
        Self { n_steps, ..self }
    }

    /// In which order equals come.
    pub fn with_ties(self, ties: Ties) -> Self {
        Self { ties, ..self }
    }

    /// The curve itself.
    pub fn curve(&self, case: &Case<'_>) -> Result<Curve, Error> {
        let order = order_of(&case.attribution(), Order::MostRelevantFirst, self.ties);
        curve(case.game("insertion")?, case.output(), &order, Change::Insertion, self.n_steps)
    }
}

impl Measure for Insertion {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let curve = self.curve(case)?;
        let reason = ask::no_order(&case.attribution(), &curve.values);
        Ok(reason.map_or(Score::Value(curve.area()), Score::NoSignal))
    }

    fn cost(&self, n_players: usize) -> Cost {
        Cost::calls(self.n_steps.min(n_players) + 1)
    }
}
