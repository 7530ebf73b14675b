//! The energy-based pointing game: Wang et al. 2020, Score-CAM, <https://arxiv.org/abs/1910.01279>, section 4.3.
//!
//! ```text
//! sum of the map inside / sum of the map,   the map scaled to [0, 1]
//! ```
//!
//! **Direction**: higher is better; a random map has the region's share. **Costs**: no model call.
//! **Departs**: in nothing. It differs from attribution localisation in the scaling: a signed map is lifted to begin at 0 and not cut there.
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::{Case, EnergyInBox, Measure, Score};
//!
//! // Scaled: (1, 0, 0.5, 0.5).
//! let case = Case::new(array![1.0, -1.0, 0.0, 0.0].view(), 0)?.with_region(&[true, true, false, false])?;
//! assert_eq!(EnergyInBox.measure(&case)?, Score::Value(0.5));
//! # Ok::<(), rationale_metrics::Error>(())
//! ```

use super::{inside, located};
use crate::{Case, Cost, Error, Measure, NoSignal, Score};

/// The share of the scaled map that is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EnergyInBox;

impl Measure for EnergyInBox {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        Ok(match located(case, "energy-in-box")? {
            Err(reason) => Score::NoSignal(reason),
            Ok((attribution, region)) => {
                let lowest = attribution.iter().copied().fold(f64::INFINITY, f64::min);
                let lifted: Vec<f64> = attribution.iter().map(|it| it - lowest).collect();
                Score::ratio(inside(&lifted, region), lifted.iter().sum(), NoSignal::NothingAttributed)
            }
        })
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::FREE
    }
}
