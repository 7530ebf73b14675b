//! ADCC: Poppi et al. 2021, Revisiting the Evaluation of Class Activation Mapping, <https://arxiv.org/abs/2104.10252>,
//! equations 4 to 7.
//!
//! ```text
//! ADCC = 3 / (1 / coherency + 1 / (1 - complexity) + 1 / (1 - drop))
//! coherency  = (1 + corr(map of x, map of x times map)) / 2,   complexity = mean of the map,   drop as in average drop
//! ```
//!
//! **Direction**: higher is better, between 0 and 1. **Holds**: a map that shows everything has no drop and complexity 1, one that shows nothing
//! the reverse: neither gets far. **Costs**: 2 model calls and one explanation, or none where the map of the masked input is given
//! ([`Other::Masked`]).
//! **Departs**: in nothing from the paper. The harmonic mean with a part of 0 is 0. pytorch-grad-cam's `ARCC` is a later variant.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::FromFn;
//! use rationale_metrics::{AverageDropCoherencyComplexity, Case, Input, Measure, Other, Players};
//!
//! // Map (1, 0): complexity 1/2, drop 1/4, and the masked input has the same map: 3 / (1 + 2 + 4/3).
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&array![[3.0], [1.0]]));
//! let (row, fill, players) = (array![1.0, 1.0], array![0.0, 0.0], Players::columns(2));
//! let input = Input::new(&model, row.view(), fill.view(), &players)?;
//! let map = array![5.0, 2.0];
//! let case = Case::new(map.view(), 0)?.with_input(&input)?.with_other(Other::Masked, map.view())?;
//! let score = AverageDropCoherencyComplexity.measure(&case)?.value().unwrap();
//! assert!((score - 9.0 / 13.0).abs() < 1e-12);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use ndarray::Array2;

use super::average_drop::drop;
use super::masked::minmax;
use crate::{Case, Cost, Error, Measure, NoSignal, Other, Score, pearson};

/// Average drop, coherency and complexity in one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AverageDropCoherencyComplexity;

const NAME: &str = "adcc";

impl Measure for AverageDropCoherencyComplexity {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let Some(map) = minmax(&case.attribution()) else {
            return Ok(Score::NoSignal(NoSignal::ConstantAttribution));
        };
        let drop = match drop(case, NAME, &map)? {
            Score::Value(drop) => drop,
            none @ Score::NoSignal(_) => return Ok(none),
        };
        let coherency = pearson(&map, &masked_map(case, &map)?).map_or(0.5, |it| f64::midpoint(1.0, it));
        let complexity = map.iter().sum::<f64>() / map.len() as f64;
        let parts = [coherency, 1.0 - complexity, 1.0 - drop];
        if parts.iter().any(|part| *part <= 0.0) {
            return Ok(Score::Value(0.0));
        }
        Ok(Score::Value(3.0 / parts.iter().map(|part| 1.0 / part).sum::<f64>()))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost { calls: 4, explanations: 1 }
    }
}

/// The attribution of the input multiplied by its map.
fn masked_map(case: &Case<'_>, map: &[f64]) -> Result<Vec<f64>, Error> {
    if let Ok(given) = case.other(NAME, Other::Masked) {
        return Ok(given);
    }
    let masked = case.input(NAME)?.blended(map);
    let row = Array2::from_shape_fn((1, masked.len()), |(_, column)| masked[column]);
    Ok(case.explained(NAME, row.view())?.into_raw_vec_and_offset().0)
}
