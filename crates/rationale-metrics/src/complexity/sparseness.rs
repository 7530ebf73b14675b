//! Sparseness, Gini's index: Chalasani et al. 2020, <https://arxiv.org/abs/1810.06583>, section 6.2, after Hurley and Rickard 2009.
//!
//! ```text
//! G = sum_i (2 i - n - 1) |phi|_(i) / (n sum |phi|),   |phi|_(1) <= |phi|_(2) <= ...
//! ```
//!
//! **Direction**: higher is better: fewer features carry the explanation. 0 where all are alike, 1 - 1/n for one feature alone.
//! **Costs**: no model call. **Departs**: in nothing; Quantus adds 1e-7 to each value.
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::{Case, Measure, Score, Sparseness};
//!
//! // (-1 x 0 + 1 x 3) / (2 x 3)
//! assert_eq!(Sparseness.measure(&Case::new(array![0.0, -3.0].view(), 0)?)?, Score::Value(0.5));
//! # Ok::<(), rationale_metrics::Error>(())
//! ```

use crate::order::compare;
use crate::{Case, Cost, Error, Measure, NoSignal, Score};

/// Gini's index of the magnitudes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sparseness;

impl Measure for Sparseness {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let mut sizes: Vec<f64> = case.attribution().iter().map(|it| it.abs()).collect();
        sizes.sort_by(|a, b| compare(*a, *b));
        let n = sizes.len() as f64;
        let weighted: f64 = sizes.iter().enumerate().map(|(i, size)| (2.0 * i as f64 + 1.0 - n) * size).sum();
        Ok(Score::ratio(weighted, n * sizes.iter().sum::<f64>(), NoSignal::NothingAttributed))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::FREE
    }
}
