//! Top-k intersection: Theiner, Müller-Budack and Ewerth 2022, <https://arxiv.org/abs/2104.14995>, section 3.3.
//!
//! ```text
//! share of the k largest attributions that are inside the region
//! ```
//!
//! **Direction**: higher is better; a random map has the region's share. **Costs**: no model call.
//! **Departs**: k is a share of the players (5%) and at least 1, where Quantus takes 1,000 of any picture. Ties at the k-th place fall in random
//! order.
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::{Case, Measure, Score, TopKIntersection};
//!
//! let case = Case::new(array![4.0, 3.0, 2.0, 1.0].view(), 0)?.with_region(&[true, false, true, true])?;
//! assert_eq!(TopKIntersection::default().with_k(2).measure(&case)?, Score::Value(0.5));
//! # Ok::<(), rationale_metrics::Error>(())
//! ```

use super::{located, n_inside};
use crate::error::check_setting;
use crate::order::descending;
use crate::{Case, Cost, Error, Measure, Score, Ties};

/// The share of the largest attributions that are inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TopKIntersection {
    k: Option<usize>,
    ties: Ties,
}

impl TopKIntersection {
    /// How many of the largest attributions (5% of them).
    pub fn with_k(self, k: usize) -> Self {
        Self { k: Some(k), ..self }
    }

    /// Which of equals are among the largest.
    pub fn with_ties(self, ties: Ties) -> Self {
        Self { ties, ..self }
    }
}

impl Measure for TopKIntersection {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let n = case.n_players();
        let k = self.k.unwrap_or(n.div_ceil(20));
        check_setting("k", k as f64, (1..=n).contains(&k), "between 1 and the number of players")?;
        Ok(match located(case, "top-k-intersection")? {
            Err(reason) => Score::NoSignal(reason),
            Ok((attribution, region)) => {
                let top = descending(&attribution, self.ties);
                Score::Value(n_inside(&top[..k], region) / k as f64)
            }
        })
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::FREE
    }
}
