//! IROF, iterative removal of features: Rieger and Hansen 2020, <https://arxiv.org/abs/2003.08747>, equation 1.
//!
//! ```text
//! IROF = area over the curve of f(x without its first l segments) / f(x), l = 0..L,   segments by their mean attribution
//! ```
//!
//! **Direction**: higher is better; 1 where the first segment holds the whole output. **Costs**: L + 1 model calls.
//! **Departs**: from Quantus in the area's unit and beginning: here over shares of segments, from the whole input, so that pictures with few
//! and many segments can be averaged. Quantus takes L minus the trapezoids of l = 1..L with width 1: for the example below
//! 2 - (0.25 + 0) / 2 = 1.875 where the paper's is 1 - (1.25 / 2 + 0.25 / 2) / 2 = 0.625.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::FromFn;
//! use rationale_metrics::{Case, Input, Irof, Measure, Players, Score};
//!
//! // f = 3 x0 + x1: shares 1, 0.25, 0.
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&array![[3.0], [1.0]]));
//! let (row, fill, players) = (array![1.0, 1.0], array![0.0, 0.0], Players::columns(2));
//! let input = Input::new(&model, row.view(), fill.view(), &players)?;
//! let case = Case::new(array![3.0, 1.0].view(), 0)?.with_input(&input)?;
//! assert_eq!(Irof::default().measure(&case)?, Score::Value(0.625));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::subsets::{group_means, ordered_groups};
use crate::curve::without_groups;
use crate::{Case, Cost, Curve, Error, Measure, NoSignal, Score, Ties, ask};

/// The area over the curve while segments go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Irof {
    ties: Ties,
}

impl Irof {
    /// In which order equals go.
    pub fn with_ties(self, ties: Ties) -> Self {
        Self { ties }
    }

    /// The outputs for l = 0..L.
    pub fn outputs(&self, case: &Case<'_>) -> Result<Vec<f64>, Error> {
        let groups = case.groups();
        let order = ordered_groups(&group_means(&case.attribution(), &groups), self.ties);
        without_groups(case.game("irof")?, case.output(), &groups, &order)
    }
}

impl Measure for Irof {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let outputs = self.outputs(case)?;
        if let Some(reason) = ask::no_order(&group_means(&case.attribution(), &case.groups()), &outputs) {
            return Ok(Score::NoSignal(reason));
        }
        if outputs[0] == 0.0 {
            return Ok(Score::NoSignal(NoSignal::NoScale));
        }
        let n_segments = (outputs.len() - 1) as f64;
        let shares = (0..outputs.len()).map(|gone| gone as f64 / n_segments).collect();
        let values = outputs.iter().map(|output| output / outputs[0]).collect();
        Ok(Score::Value(1.0 - Curve { shares, values }.area()))
    }

    fn cost(&self, n_players: usize) -> Cost {
        Cost::calls(n_players + 1)
    }
}
