//! Attribution localisation: Kohlbrenner et al. 2020, <https://arxiv.org/abs/1910.09840>, equation 8.
//!
//! ```text
//! sum of positive attributions inside / sum of positive attributions        (weighted: times pixels of the picture / pixels inside)
//! ```
//!
//! **Direction**: higher is better; a random map has the region's share, 1 when weighted. **Costs**: no model call.
//! **Departs**: in nothing. Quantus weights by the share inside itself, not its inverse, and counts the picture's pixels wrongly (`x_batch[2:]`):
//! for half of the mass in a quarter of the picture the paper's weighted value is 2.
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::{AttributionLocalisation, Case, Measure, Score};
//!
//! let case = Case::new(array![1.0, -5.0, 1.0, 0.0].view(), 0)?.with_region(&[true, true, false, false])?;
//! assert_eq!(AttributionLocalisation.measure(&case)?, Score::Value(0.5));
//! # Ok::<(), rationale_metrics::Error>(())
//! ```

use super::{inside, located};
use crate::{Case, Cost, Error, Measure, NoSignal, Score};

/// The share of positive attribution that is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AttributionLocalisation;

impl AttributionLocalisation {
    /// The share over the region's share of the picture.
    pub fn weighted(&self, case: &Case<'_>) -> Result<Score, Error> {
        let region = case.region("attribution-localisation")?;
        let share = region.iter().filter(|it| **it).count() as f64 / region.len() as f64;
        Ok(match self.measure(case)? {
            Score::Value(value) => Score::Value(value / share),
            none @ Score::NoSignal(_) => none,
        })
    }
}

impl Measure for AttributionLocalisation {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        Ok(match located(case, "attribution-localisation")? {
            Err(reason) => Score::NoSignal(reason),
            Ok((attribution, region)) => {
                let positive: Vec<f64> = attribution.iter().map(|it| it.max(0.0)).collect();
                Score::ratio(inside(&positive, region), positive.iter().sum(), NoSignal::NothingAttributed)
            }
        })
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::FREE
    }
}
