//! Relevance rank accuracy: Arras, Osman and Samek 2022, CLEVR-XAI, <https://arxiv.org/abs/2003.07258>, equation 2.
//!
//! ```text
//! RRA = share of the K largest attributions that are inside the region, K the region's size
//! ```
//!
//! **Direction**: higher is better; a random map has the region's share. **Costs**: no model call.
//! **Departs**: in nothing; ties at the K-th place fall in random order.
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::{Case, Measure, RelevanceRankAccuracy, Score};
//!
//! let case = Case::new(array![4.0, 3.0, 2.0, 1.0].view(), 0)?.with_region(&[true, false, true, false])?;
//! assert_eq!(RelevanceRankAccuracy::default().measure(&case)?, Score::Value(0.5));
//! # Ok::<(), rationale_metrics::Error>(())
//! ```

use super::{located, n_inside};
use crate::order::descending;
use crate::{Case, Cost, Error, Measure, Score, Ties};

/// The share of the largest attributions that are inside, as many as the region has players.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RelevanceRankAccuracy {
    ties: Ties,
}

impl RelevanceRankAccuracy {
    /// Which of equals are among the largest.
    pub fn with_ties(self, ties: Ties) -> Self {
        Self { ties }
    }
}

impl Measure for RelevanceRankAccuracy {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        Ok(match located(case, "relevance-rank-accuracy")? {
            Err(reason) => Score::NoSignal(reason),
            Ok((attribution, region)) => {
                let size = region.iter().filter(|inside| **inside).count();
                let top = descending(&attribution, self.ties);
                Score::Value(n_inside(&top[..size], region) / size as f64)
            }
        })
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::FREE
    }
}
