//! The pointing game: Zhang et al. 2016, Excitation Backprop, <https://arxiv.org/abs/1608.00507>, section 4.2.
//!
//! ```text
//! 1 where the largest attribution is inside the region, else 0
//! ```
//!
//! **Direction**: higher is better; a random map has the region's share of the picture in the mean. **Costs**: no model call.
//! **Departs**: from the paper, which forgives 15 pixels around the region, in forgiving none, as Quantus does. Several largest values count as the share of
//! them inside, which is what picking one at random gives; Quantus counts a hit if any of them is inside: for a constant map 1, here no
//! signal.
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::{Case, Measure, PointingGame, Score};
//!
//! let case = Case::new(array![0.1, 0.9, 0.9].view(), 0)?.with_region(&[false, true, false])?;
//! assert_eq!(PointingGame.measure(&case)?, Score::Value(0.5));
//! # Ok::<(), rationale_metrics::Error>(())
//! ```

use super::{located, n_inside};
use crate::{Case, Cost, Error, Measure, Score};

/// Whether the largest attribution is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PointingGame;

impl Measure for PointingGame {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        Ok(match located(case, "pointing-game")? {
            Err(reason) => Score::NoSignal(reason),
            Ok((attribution, region)) => {
                let largest = attribution.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let top: Vec<usize> =
                    (0..attribution.len()).filter(|it| attribution[*it] == largest).collect();
                Score::Value(n_inside(&top, region) / top.len() as f64)
            }
        })
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::FREE
    }
}
