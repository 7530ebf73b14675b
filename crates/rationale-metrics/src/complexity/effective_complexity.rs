//! Effective complexity: Nguyen and Rodríguez Martínez 2020, <https://arxiv.org/abs/2007.07584>, section 2.4.
//!
//! ```text
//! share of features with |phi| > e max |phi|
//! ```
//!
//! **Direction**: lower is better. **Costs**: no model call.
//! **Departs**: from the paper, which asks the model how many of the largest features do for a tolerable error, as Quantus does: it counts attributions
//! above e = 1e-5 once they are divided by the largest. A share of the features here, a number there: 2 of 3 below.
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::{Case, EffectiveComplexity, Measure, Score};
//!
//! let case = Case::new(array![5.0, -1.0, 0.0].view(), 0)?;
//! assert_eq!(EffectiveComplexity::default().measure(&case)?, Score::Value(2.0 / 3.0));
//! # Ok::<(), rationale_metrics::Error>(())
//! ```

use crate::{Case, Cost, Error, Measure, NoSignal, Score};

/// The share of features that count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EffectiveComplexity {
    threshold: f64,
}

impl Default for EffectiveComplexity {
    /// 1e-5, Quantus's.
    fn default() -> Self {
        Self { threshold: 1e-5 }
    }
}

impl EffectiveComplexity {
    /// Which share of the largest attribution still counts.
    pub fn with_threshold(self, threshold: f64) -> Self {
        Self { threshold }
    }
}

impl Measure for EffectiveComplexity {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let attribution = case.attribution();
        let largest = attribution.iter().fold(0.0_f64, |largest, it| largest.max(it.abs()));
        if largest == 0.0 {
            return Ok(Score::NoSignal(NoSignal::NothingAttributed));
        }
        let n = attribution.iter().filter(|it| it.abs() > self.threshold * largest).count();
        Ok(Score::Value(n as f64 / attribution.len() as f64))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::FREE
    }
}
