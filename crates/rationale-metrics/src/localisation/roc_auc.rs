//! The area under the ROC curve: Fawcett 2006, <https://doi.org/10.1016/j.patrec.2005.10.010>, of attributions as a classifier of pixels.
//!
//! ```text
//! AUC = P(phi inside > phi outside) + P(phi inside = phi outside) / 2
//!     = (sum of ranks inside - k (k + 1) / 2) / (k (n - k))
//! ```
//!
//! **Direction**: higher is better; a random map has 1/2 whatever the region's size. **Costs**: no model call, O(n log n).
//! **Departs**: in nothing; by ranks (Mann and Whitney) instead of along the curve.
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::{Case, Measure, RocAuc, Score};
//!
//! // Of four pairs (inside, outside) three are in order.
//! let case = Case::new(array![4.0, 3.0, 2.0, 1.0].view(), 0)?.with_region(&[true, false, true, false])?;
//! assert_eq!(RocAuc.measure(&case)?, Score::Value(0.75));
//! # Ok::<(), rationale_metrics::Error>(())
//! ```

use super::{inside, located};
use crate::order::ranks;
use crate::{Case, Cost, Error, Measure, Score};

/// How well attributions tell inside from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RocAuc;

impl Measure for RocAuc {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        Ok(match located(case, "roc-auc")? {
            Err(reason) => Score::NoSignal(reason),
            Ok((attribution, region)) => {
                let n = region.len() as f64;
                let k = region.iter().filter(|inside| **inside).count() as f64;
                let sum = inside(&ranks(&attribution), region);
                Score::Value((sum - k * (k + 1.0) / 2.0) / (k * (n - k)))
            }
        })
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::FREE
    }
}
