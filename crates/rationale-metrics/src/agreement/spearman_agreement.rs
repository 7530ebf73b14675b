//! Rank correlation: Krishna et al. 2022, <https://arxiv.org/abs/2202.01602>, section 3.2, as Spearman 1904,
//! <https://doi.org/10.2307/1412159>.
//!
//! ```text
//! rho of signed attributions over all features
//! ```
//!
//! **Direction**: higher is more agreement; 0 by chance. **Costs**: no model call, O(n log n). **Departs**: in nothing.
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::{Case, Measure, Other, Score, SpearmanAgreement};
//!
//! let (a, b) = (array![3.0, 2.0, 1.0], array![2.0, 3.0, 1.0]);
//! let case = Case::new(a.view(), 0)?.with_other(Other::Method, b.view())?;
//! assert_eq!(SpearmanAgreement.measure(&case)?, Score::Value(0.5));
//! # Ok::<(), rationale_metrics::Error>(())
//! ```

use crate::{Case, Cost, Error, Measure, NoSignal, Other, Score, spearman};

/// Spearman's rank correlation of two methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpearmanAgreement;

impl Measure for SpearmanAgreement {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let other = case.other("spearman", Other::Method)?;
        Ok(Score::of(spearman(&case.attribution(), &other), NoSignal::ConstantAttribution))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::FREE
    }
}
