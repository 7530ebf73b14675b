//! Sign agreement: Krishna et al. 2022, <https://arxiv.org/abs/2202.01602>, section 3.2.
//!
//! ```text
//! |{i in top_k(a) n top_k(b): sign a_i = sign b_i}| / k
//! ```
//!
//! **Direction**: higher is more agreement. **Costs**: no model call. **Departs**: in nothing; ties by index.
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::{Case, Measure, Other, Score, SignAgreement};
//!
//! // Both name features 0 and 1; they agree on the sign of feature 0.
//! let (a, b) = (array![3.0, -2.0, 1.0], array![1.0, 2.0, 0.0]);
//! let case = Case::new(a.view(), 0)?.with_other(Other::Method, b.view())?;
//! assert_eq!(SignAgreement::default().with_k(2).measure(&case)?, Score::Value(0.5));
//! # Ok::<(), rationale_metrics::Error>(())
//! ```

use super::tops;
use crate::{Case, Cost, Error, Measure, Score};

/// The share of the largest features that two methods have in common with one sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignAgreement {
    k: usize,
}

impl Default for SignAgreement {
    /// The 5 largest.
    fn default() -> Self {
        Self { k: 5 }
    }
}

impl SignAgreement {
    /// How many of the largest features.
    pub fn with_k(self, k: usize) -> Self {
        Self { k }
    }
}

impl Measure for SignAgreement {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let tops = tops(case, "sign-agreement", self.k)?;
        let share = |tops: super::Tops| {
            let n = tops.shared().filter(|player| tops.own[*player] * tops.other[*player] > 0.0).count();
            Score::Value(n as f64 / tops.of_own.len() as f64)
        };
        Ok(tops.map_or_else(Score::NoSignal, share))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::FREE
    }
}
