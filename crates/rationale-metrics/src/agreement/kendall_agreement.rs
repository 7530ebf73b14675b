//! Pairwise rank agreement: Krishna et al. 2022, <https://arxiv.org/abs/2202.01602>, section 3.2, as Kendall's tau-b, Kendall 1945,
//! <https://doi.org/10.1093/biomet/33.3.239>.
//!
//! ```text
//! tau_b of signed attributions over all pairs of features
//! ```
//!
//! **Direction**: higher is more agreement; 0 by chance. **Costs**: no model call, O(n^2).
//! **Departs**: from the paper's share of concordant pairs in counting ties as neither; without ties tau = 2 share - 1. Past 4,000 features
//! every k-th is compared, so that a picture takes seconds.
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::{Case, KendallAgreement, Measure, Other};
//!
//! // Of three pairs two agree.
//! let (a, b) = (array![3.0, 2.0, 1.0], array![2.0, 3.0, 1.0]);
//! let case = Case::new(a.view(), 0)?.with_other(Other::Method, b.view())?;
//! assert!((KendallAgreement.measure(&case)?.value().unwrap() - 1.0 / 3.0).abs() < 1e-15);
//! # Ok::<(), rationale_metrics::Error>(())
//! ```

use crate::{Case, Cost, Error, Measure, NoSignal, Other, Score, kendall};

/// Kendall's tau of two methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KendallAgreement;

const MOST_FEATURES: usize = 4_000;

impl Measure for KendallAgreement {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let other = case.other("kendall", Other::Method)?;
        let step = other.len().div_ceil(MOST_FEATURES);
        let thin = |values: &[f64]| values.iter().step_by(step).copied().collect::<Vec<f64>>();
        Ok(Score::of(kendall(&thin(&case.attribution()), &thin(&other)), NoSignal::ConstantAttribution))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::FREE
    }
}
