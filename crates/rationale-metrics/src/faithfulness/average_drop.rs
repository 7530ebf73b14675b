//! Average drop: Chattopadhay et al. 2018, Grad-CAM++, <https://arxiv.org/abs/1710.11063>, section 5.1.
//!
//! ```text
//! drop = max(0, Y - O) / Y,   Y = f(x),  O = f(x times its own map, scaled to [0, 1])
//! ```
//!
//! **Direction**: lower is better: what the map shows is enough. **Holds**: between 0 and 1 for probabilities; give the model that answers
//! with these. **Costs**: 2 model calls.
//! **Departs**: from the paper's percentage: a share. pytorch-grad-cam's `DropInConfidence` is max(0, Y - O), not divided by Y: for Y = 0.8 and
//! O = 0.6 it says 0.2 where the paper's is 0.25. What is masked fades to the input's fill, which is 0 in both.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::FromFn;
//! use rationale_metrics::{AverageDrop, Case, Input, Measure, Players, Score};
//!
//! // The map (1, 0) keeps x0 and loses x1: from 4 to 3.
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&array![[3.0], [1.0]]));
//! let (row, fill, players) = (array![1.0, 1.0], array![0.0, 0.0], Players::columns(2));
//! let input = Input::new(&model, row.view(), fill.view(), &players)?;
//! let case = Case::new(array![5.0, 2.0].view(), 0)?.with_input(&input)?;
//! assert_eq!(AverageDrop.measure(&case)?, Score::Value(0.25));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::masked::{minmax, outputs};
use crate::{Case, Cost, Error, Measure, NoSignal, Score, ask};

/// How much of the output is lost when the input is multiplied by its map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AverageDrop;

/// The drop for a map in [0, 1]; no signal where the model does not react or there is nothing to lose.
pub(super) fn drop(case: &Case<'_>, metric: &'static str, map: &[f64]) -> Result<Score, Error> {
    let [whole, masked] = outputs(case, metric, map)?;
    if ask::is_flat(&[whole, masked]) && is_constant_model(case, metric)? {
        return Ok(Score::NoSignal(NoSignal::ConstantModel));
    }
    Ok(Score::ratio((whole - masked).max(0.0), whole, NoSignal::NoScale))
}

/// Whether even the empty input has the same output.
pub(super) fn is_constant_model(case: &Case<'_>, metric: &'static str) -> Result<bool, Error> {
    Ok(ask::is_flat(&outputs(case, metric, &vec![0.0; case.n_players()])?))
}

impl Measure for AverageDrop {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        match minmax(&case.attribution()) {
            Some(map) => drop(case, "average-drop", &map),
            None => Ok(Score::NoSignal(NoSignal::ConstantAttribution)),
        }
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::calls(4)
    }
}
