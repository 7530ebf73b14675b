//! Jaccard's index of the largest features: Jaccard 1901, <https://doi.org/10.5169/seals-266450>.
//!
//! ```text
//! |top_k(a) n top_k(b)| / |top_k(a) u top_k(b)|
//! ```
//!
//! **Direction**: higher is more agreement. **Costs**: no model call. **Departs**: in nothing; largest by magnitude, ties by index.
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::{Case, Jaccard, Measure, Other, Score};
//!
//! // {0, 1} and {1, 2}
//! let (a, b) = (array![3.0, -2.0, 1.0], array![0.0, 2.0, 1.0]);
//! let case = Case::new(a.view(), 0)?.with_other(Other::Method, b.view())?;
//! assert_eq!(Jaccard::default().with_k(2).measure(&case)?, Score::Value(1.0 / 3.0));
//! # Ok::<(), rationale_metrics::Error>(())
//! ```

use super::tops;
use crate::{Case, Cost, Error, Measure, Score};

/// How far two methods' largest features are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jaccard {
    k: usize,
}

impl Default for Jaccard {
    /// The 5 largest.
    fn default() -> Self {
        Self { k: 5 }
    }
}

impl Jaccard {
    /// How many of the largest features.
    pub fn with_k(self, k: usize) -> Self {
        Self { k }
    }
}

impl Measure for Jaccard {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let tops = tops(case, "jaccard", self.k)?;
        let index = |tops: super::Tops| {
            let n_shared = tops.shared().count() as f64;
            Score::Value(n_shared / (2.0 * tops.of_own.len() as f64 - n_shared))
        };
        Ok(tops.map_or_else(Score::NoSignal, index))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::FREE
    }
}
