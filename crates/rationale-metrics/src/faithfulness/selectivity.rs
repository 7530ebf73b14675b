//! Selectivity: Montavon, Samek and Müller 2018, <https://doi.org/10.1016/j.dsp.2017.10.011>, section 7.2.
//!
//! ```text
//! mean over k = 1..L of f(x without its first k features or patches), by the sum of their attributions
//! ```
//!
//! **Direction**: lower is better. **Costs**: L + 1 model calls.
//! **Departs**: from the paper, which draws the curve, in giving its mean height; Quantus sums trapezoids of width 1: for the example below
//! 0.5 where the mean is 0.5, for three features with outputs 4, 1, 0 it gives 3 where the mean is 5 / 3.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::FromFn;
//! use rationale_metrics::{Case, Input, Measure, Players, Score, Selectivity};
//!
//! // f = 3 x0 + x1: 1 without x0, 0 without both.
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&array![[3.0], [1.0]]));
//! let (row, fill, players) = (array![1.0, 1.0], array![0.0, 0.0], Players::columns(2));
//! let input = Input::new(&model, row.view(), fill.view(), &players)?;
//! let case = Case::new(array![3.0, 1.0].view(), 0)?.with_input(&input)?;
//! assert_eq!(Selectivity::default().measure(&case)?, Score::Value(0.5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::subsets::{group_sums, ordered_groups};
use crate::curve::without_groups;
use crate::{Case, Cost, Error, Measure, Score, Ties, ask};

/// The mean output while features or patches go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Selectivity {
    ties: Ties,
}

impl Selectivity {
    /// In which order equals go.
    pub fn with_ties(self, ties: Ties) -> Self {
        Self { ties }
    }

    /// The outputs for k = 1..L.
    pub fn outputs(&self, case: &Case<'_>) -> Result<Vec<f64>, Error> {
        let groups = case.groups();
        let order = ordered_groups(&group_sums(&case.attribution(), &groups), self.ties);
        let values = without_groups(case.game("selectivity")?, case.output(), &groups, &order)?;
        Ok(values[1..].to_vec())
    }
}

impl Measure for Selectivity {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let outputs = self.outputs(case)?;
        let reason = ask::no_order(&group_sums(&case.attribution(), &case.groups()), &outputs);
        let mean = outputs.iter().sum::<f64>() / outputs.len() as f64;
        Ok(reason.map_or(Score::Value(mean), Score::NoSignal))
    }

    fn cost(&self, n_players: usize) -> Cost {
        Cost::calls(n_players + 1)
    }
}
