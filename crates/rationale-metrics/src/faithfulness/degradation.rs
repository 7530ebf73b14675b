//! MoRF against LeRF, the degradation: Schulz et al. 2020, Restricting the Flow, <https://arxiv.org/abs/2001.00396>,
//! section 4.3, after Samek et al. 2017, <https://arxiv.org/abs/1509.06321>.
//!
//! ```text
//! D = integral over s of (LeRF(s) - MoRF(s)) / |f(x) - f(fill)|,   MoRF, LeRF: deletion, most or least relevant first
//! ```
//!
//! **Direction**: higher is better; a random order has 0 in the mean. **Holds**: both curves see filled inputs, so that the model's
//! reaction to these cancels in part. **Costs**: 2 (steps + 1) model calls.
//! **Departs**: from the paper in dividing by |f(x) - f(fill)| at the end and not pointwise by the extremes of all curves of a data set;
//! absolute, since f(x) may well be below f(fill) outside of pictures; no signal where the two are equal.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::FromFn;
//! use rationale_metrics::{Case, Degradation, Input, Measure, Players, Score};
//!
//! // f = 3 x0 + x1: most relevant first 4, 1, 0; least relevant first 4, 3, 0.
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&array![[3.0], [1.0]]));
//! let (row, fill, players) = (array![1.0, 1.0], array![0.0, 0.0], Players::columns(2));
//! let input = Input::new(&model, row.view(), fill.view(), &players)?;
//! let case = Case::new(array![3.0, 1.0].view(), 0)?.with_input(&input)?;
//! assert_eq!(Degradation::default().measure(&case)?, Score::Value((2.5 - 1.5) / 4.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::curve::{Change, Order, curve, order_of};
use crate::{Case, Cost, Curve, Error, Measure, NoSignal, Score, Ties, ask};

/// The area between the curves of deletion in the two orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Degradation {
    n_steps: usize,
    ties: Ties,
}

impl Default for Degradation {
    /// 10 steps.
    fn default() -> Self {
        Self { n_steps: 10, ties: Ties::default() }
    }
}

impl Degradation {
    /// In how many steps the input is emptied.
    pub fn with_steps(self, n_steps: usize) -> Self {
        Self { n_steps, ..self }
    }

    /// In which order equals go.
    pub fn with_ties(self, ties: Ties) -> Self {
        Self { ties, ..self }
    }

    fn curve(&self, case: &Case<'_>, order: Order) -> Result<Curve, Error> {
        let order = order_of(&case.attribution(), order, self.ties);
        curve(case.game("degradation")?, case.output(), &order, Change::Deletion, self.n_steps)
    }
}

impl Measure for Degradation {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let most = self.curve(case, Order::MostRelevantFirst)?;
        let least = self.curve(case, Order::LeastRelevantFirst)?;
        let all: Vec<f64> = most.values.iter().chain(&least.values).copied().collect();
        if let Some(reason) = ask::no_order(&case.attribution(), &all) {
            return Ok(Score::NoSignal(reason));
        }
        // Where the input scores below what fills it, the right order still falls first: the sign is not divided out.
        let scale = (most.values[0] - most.values[most.values.len() - 1]).abs();
        Ok(Score::ratio(least.area() - most.area(), scale, NoSignal::NoScale))
    }

    fn cost(&self, n_players: usize) -> Cost {
        Cost::calls(2 * (self.n_steps.min(n_players) + 1))
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use rationale_core::FromFn;

    use super::*;
    use crate::{Input, Players};

    #[test]
    fn the_right_order_is_good_where_the_input_scores_below_what_fills_it() {
        let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&array![[-3.0], [-1.0]]));
        let (row, fill, players) = (array![1.0, 1.0], array![0.0, 0.0], Players::columns(2));
        let input = Input::new(&model, row.view(), fill.view(), &players).unwrap();
        let case = Case::new(array![-3.0, -1.0].view(), 0).unwrap().with_input(&input).unwrap();
        assert_eq!(Degradation::default().measure(&case).unwrap(), Score::Value((2.5 - 1.5) / 4.0));
    }
}
