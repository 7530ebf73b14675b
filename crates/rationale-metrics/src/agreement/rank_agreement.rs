//! Rank agreement: Krishna et al. 2022, <https://arxiv.org/abs/2202.01602>, section 3.2.
//!
//! ```text
//! |{i in top_k(a) n top_k(b): rank of i in a = rank of i in b}| / k
//! ```
//!
//! **Direction**: higher is more agreement. **Costs**: no model call. **Departs**: in nothing; ties by index.
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::{Case, Measure, Other, RankAgreement, Score};
//!
//! // Both name features 0 and 1, in other order.
//! let (a, b) = (array![3.0, -2.0, 1.0], array![1.0, 2.0, 0.0]);
//! let case = Case::new(a.view(), 0)?.with_other(Other::Method, b.view())?;
//! assert_eq!(RankAgreement::default().with_k(2).measure(&case)?, Score::Value(0.0));
//! # Ok::<(), rationale_metrics::Error>(())
//! ```

use super::tops;
use crate::{Case, Cost, Error, Measure, Score};

/// The share of the largest features that two methods have at the same rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RankAgreement {
    k: usize,
}

impl Default for RankAgreement {
    /// The 5 largest.
    fn default() -> Self {
        Self { k: 5 }
    }
}

impl RankAgreement {
    /// How many of the largest features.
    pub fn with_k(self, k: usize) -> Self {
        Self { k }
    }
}

impl Measure for RankAgreement {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let tops = tops(case, "rank-agreement", self.k)?;
        let share = |tops: super::Tops| {
            let n = tops.of_own.iter().zip(&tops.of_other).filter(|(a, b)| a == b).count();
            Score::Value(n as f64 / tops.of_own.len() as f64)
        };
        Ok(tops.map_or_else(Score::NoSignal, share))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::FREE
    }
}
