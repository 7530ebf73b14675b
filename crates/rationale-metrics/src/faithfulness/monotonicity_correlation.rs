//! Monotonicity correlation: Nguyen and Rodríguez Martínez 2020, <https://arxiv.org/abs/2007.07584>, section 2.3.
//!
//! ```text
//! Spearman's correlation over players i of (|phi_i|,  E[(f(x) - f(x with i replaced))^2])
//! ```
//!
//! **Direction**: higher is better. **Holds**: 1 for linear models and contributions. **Costs**: players + 1 model calls.
//! **Departs**: from the paper in the expectation: the game's fill stands for it, which is one value for a fixed fill and a mean of outputs
//! for a background. Quantus divides each square by f(x)^2, which changes no rank, correlates signed attributions unless told to
//! take magnitudes, and multiplies by 1 where |f(x)| is small.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::FromFn;
//! use rationale_metrics::{Case, Input, Measure, MonotonicityCorrelation, Players};
//!
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&array![[3.0], [1.0], [-2.0]]));
//! let (row, fill, players) = (array![1.0, 1.0, 1.0], array![0.0, 0.0, 0.0], Players::columns(3));
//! let input = Input::new(&model, row.view(), fill.view(), &players)?;
//! let case = Case::new(array![3.0, 1.0, -2.0].view(), 0)?.with_input(&input)?;
//! assert_eq!(MonotonicityCorrelation.measure(&case)?.value(), Some(1.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::subsets::losses_and_sums;
use crate::{Case, Cost, Error, Measure, NoSignal, Score, ask, spearman};

/// How well magnitudes of attributions rank what players' absence changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MonotonicityCorrelation;

impl Measure for MonotonicityCorrelation {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let sizes: Vec<f64> = case.attribution().iter().map(|it| it.abs()).collect();
        let alone: Vec<Vec<usize>> = (0..sizes.len()).map(|player| vec![player]).collect();
        let game = case.game("monotonicity-correlation")?;
        let (losses, _) = losses_and_sums(game, case.output(), &sizes, &alone)?;
        let squares: Vec<f64> = losses.iter().map(|loss| loss * loss).collect();
        let reason = ask::no_order(&sizes, &squares);
        Ok(match reason {
            Some(reason) => Score::NoSignal(reason),
            None => Score::of(spearman(&sizes, &squares), NoSignal::ConstantModel),
        })
    }

    fn cost(&self, n_players: usize) -> Cost {
        Cost::calls(n_players + 1)
    }
}
