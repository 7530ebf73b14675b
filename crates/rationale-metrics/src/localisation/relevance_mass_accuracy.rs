//! Relevance mass accuracy: Arras, Osman and Samek 2022, CLEVR-XAI, <https://arxiv.org/abs/2003.07258>, equation 1.
//!
//! ```text
//! RMA = sum of |phi| inside / sum of |phi|
//! ```
//!
//! **Direction**: higher is better; a random map has the region's share. **Costs**: no model call.
//! **Departs**: the paper pools channels into relevances that are not negative before it sums; here magnitudes are taken. Quantus's default
//! does too (`abs=False`, but its attributions are summed as they are, and may cancel): for (2, -1, 1) and the first player it gives
//! 2 / 2 = 1 where ours is 2 / 4.
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::{Case, Measure, RelevanceMassAccuracy, Score};
//!
//! let case = Case::new(array![2.0, -1.0, 1.0].view(), 0)?.with_region(&[true, false, false])?;
//! assert_eq!(RelevanceMassAccuracy.measure(&case)?, Score::Value(0.5));
//! # Ok::<(), rationale_metrics::Error>(())
//! ```

use super::{inside, located};
use crate::{Case, Cost, Error, Measure, NoSignal, Score};

/// The share of the attribution's magnitude that is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RelevanceMassAccuracy;

impl Measure for RelevanceMassAccuracy {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        Ok(match located(case, "relevance-mass-accuracy")? {
            Err(reason) => Score::NoSignal(reason),
            Ok((attribution, region)) => {
                let sizes: Vec<f64> = attribution.iter().map(|it| it.abs()).collect();
                Score::ratio(inside(&sizes, region), sizes.iter().sum(), NoSignal::NothingAttributed)
            }
        })
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::FREE
    }
}
