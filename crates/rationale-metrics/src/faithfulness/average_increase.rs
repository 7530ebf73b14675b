//! Increase in confidence: Chattopadhay et al. 2018, Grad-CAM++, <https://arxiv.org/abs/1710.11063>, section 5.1.
//!
//! ```text
//! 1 where f(x) < f(x times its own map, scaled to [0, 1]), else 0
//! ```
//!
//! **Direction**: higher is better. **Costs**: 2 model calls, 4 where they give one answer. The mean over inputs is the share in which what the map
//! hides spoke against the class.
//! **Departs**: from the paper's percentage: a share.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::FromFn;
//! use rationale_metrics::{AverageIncrease, Case, Input, Measure, Players, Score};
//!
//! // x1 speaks against the class, and the map hides it.
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&array![[3.0], [-1.0]]));
//! let (row, fill, players) = (array![1.0, 1.0], array![0.0, 0.0], Players::columns(2));
//! let input = Input::new(&model, row.view(), fill.view(), &players)?;
//! let case = Case::new(array![3.0, -1.0].view(), 0)?.with_input(&input)?;
//! assert_eq!(AverageIncrease.measure(&case)?, Score::Value(1.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::average_drop::is_constant_model;
use super::masked::{minmax, outputs};
use crate::{Case, Cost, Error, Measure, NoSignal, Score, ask};

/// Whether the output rises when the input is multiplied by its map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AverageIncrease;

impl Measure for AverageIncrease {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let metric = "average-increase";
        let Some(map) = minmax(&case.attribution()) else {
            return Ok(Score::NoSignal(NoSignal::ConstantAttribution));
        };
        let [whole, masked] = outputs(case, metric, &map)?;
        if ask::is_flat(&[whole, masked]) && is_constant_model(case, metric)? {
            return Ok(Score::NoSignal(NoSignal::ConstantModel));
        }
        Ok(Score::Value(f64::from(u8::from(masked > whole))))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::calls(4)
    }
}
