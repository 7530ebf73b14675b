//! Feature agreement: Krishna et al. 2022, <https://arxiv.org/abs/2202.01602>, section 3.2.
//!
//! ```text
//! |top_k(a) n top_k(b)| / k,   top_k: the k largest by magnitude
//! ```
//!
//! **Direction**: higher is more agreement; k / n by chance. **Costs**: no model call. **Departs**: in nothing; ties by index.
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::{Case, FeatureAgreement, Measure, Other, Score};
//!
//! let (a, b) = (array![3.0, -2.0, 1.0], array![1.0, 2.0, 0.0]);
//! let case = Case::new(a.view(), 0)?.with_other(Other::Method, b.view())?;
//! assert_eq!(FeatureAgreement::default().with_k(2).measure(&case)?, Score::Value(1.0));
//! # Ok::<(), rationale_metrics::Error>(())
//! ```

use super::tops;
use crate::{Case, Cost, Error, Measure, Score};

/// The share of the largest features that two methods have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeatureAgreement {
    k: usize,
}

impl Default for FeatureAgreement {
    /// The 5 largest: what a person reads.
    fn default() -> Self {
        Self { k: 5 }
    }
}

impl FeatureAgreement {
    /// How many of the largest features.
    pub fn with_k(self, k: usize) -> Self {
        Self { k }
    }
}

impl Measure for FeatureAgreement {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let tops = tops(case, "feature-agreement", self.k)?;
        let share = |tops: super::Tops| Score::Value(tops.shared().count() as f64 / tops.of_own.len() as f64);
        Ok(tops.map_or_else(Score::NoSignal, share))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::FREE
    }
}
