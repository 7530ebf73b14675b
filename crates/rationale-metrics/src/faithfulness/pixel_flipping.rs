//! Pixel flipping: Bach et al. 2015, LRP, <https://doi.org/10.1371/journal.pone.0130140>, section "Pixel-flipping".
//!
//! ```text
//! AUC of f(x without its first k S players), k = 1..K, with steps of width 1: trapezoids between the flipped inputs only
//! ```
//!
//! **Direction**: lower is better. **Costs**: players / step model calls.
//! **Departs**: from the paper's picture of curves in giving their area, as Quantus does (`return_auc_per_sample`); its unit is the
//! output times steps, so it compares inputs of one size only. Ties fall in random order; Quantus sorts them unstably.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::FromFn;
//! use rationale_metrics::{Case, Input, Measure, PixelFlipping, Players, Score};
//!
//! // f = 3 x0 + x1: after the first flip 1, after the second 0.
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&array![[3.0], [1.0]]));
//! let (row, fill, players) = (array![1.0, 1.0], array![0.0, 0.0], Players::columns(2));
//! let input = Input::new(&model, row.view(), fill.view(), &players)?;
//! let case = Case::new(array![3.0, 1.0].view(), 0)?.with_input(&input)?;
//! assert_eq!(PixelFlipping::default().measure(&case)?, Score::Value(0.5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::curve::{Change, Order, order_of, values_at};
use crate::error::check_setting;
use crate::{Case, Cost, Error, Measure, Score, Ties, ask};

/// The area under the flipped outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PixelFlipping {
    step: usize,
    ties: Ties,
}

impl Default for PixelFlipping {
    /// One player at a time, as Quantus and the paper have it.
    fn default() -> Self {
        Self { step: 1, ties: Ties::default() }
    }
}

impl PixelFlipping {
    /// How many players go at a time.
    pub fn with_step(self, step: usize) -> Self {
        Self { step, ..self }
    }

    /// In which order equals go.
    pub fn with_ties(self, ties: Ties) -> Self {
        Self { ties, ..self }
    }
}

impl Measure for PixelFlipping {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        check_setting("the step", self.step as f64, self.step >= 1, "at least 1")?;
        let n = case.n_players();
        let counts: Vec<usize> = (1..=n.div_ceil(self.step)).map(|k| (k * self.step).min(n)).collect();
        let order = order_of(&case.attribution(), Order::MostRelevantFirst, self.ties);
        let game = case.game("pixel-flipping")?;
        let values = values_at(game, case.output(), &order, Change::Deletion, &counts)?;
        let area = values.windows(2).map(|pair| f64::midpoint(pair[0], pair[1])).sum();
        let reason = ask::no_order(&case.attribution(), &values);
        Ok(reason.map_or(Score::Value(area), Score::NoSignal))
    }

    fn cost(&self, n_players: usize) -> Cost {
        Cost::calls(n_players.div_ceil(self.step.max(1)))
    }
}
