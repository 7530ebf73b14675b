//! Relative output stability: Agarwal et al. 2022, <https://arxiv.org/abs/2203.06877>, equation 5.
//!
//! ```text
//! ROS = max over x' near x of its class, of ||(phi(x) - phi(x')) / phi(x)|| / max(||h(x) - h(x')||, e),   h: the model's logits
//! ```
//!
//! **Direction**: lower is better. **Holds**: where the model itself is steep the explanation may be too. For a model of steps (trees) most neighbours
//! have the very same output, the divisor is e = 1e-6, and any change counts a million times: use it for smooth models.
//! **Costs**: one explanation and one model call a neighbour, and one.
//! **Departs**: h is what the model answers, logits or not. Quantus replaces a divisor of 0 only; the paper takes the maximum.
//!
//! See [`MaxSensitivity`](crate::MaxSensitivity) for an example; for phi(x) = h(x) = x this gives 1 / |x|.

use super::Neighbourhood;
use super::neighbourhood::{LEAST, distance, kept, largest};
use crate::{Case, Cost, Error, Measure, NoSignal, Score};

/// The relative change of the attribution over the change of the output.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RelativeOutputStability {
    neighbourhood: Neighbourhood,
}

impl RelativeOutputStability {
    /// Which neighbours.
    pub fn with_neighbourhood(self, neighbourhood: Neighbourhood) -> Self {
        Self { neighbourhood }
    }
}

impl Measure for RelativeOutputStability {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let name = "relative-output-stability";
        let explained = self.neighbourhood.explained(case, name)?;
        let (answers, kept) = kept(case, name, explained.rows.view())?;
        let steps =
            answers.outer_iter().skip(1).map(|it| distance(answers.row(0).iter(), it.iter()).max(LEAST));
        let slopes: Vec<f64> =
            explained.relative_changes().iter().zip(steps).map(|(change, step)| change / step).collect();
        Ok(Score::of(largest(&slopes, &kept), NoSignal::NoNeighbour))
    }

    fn cost(&self, _: usize) -> Cost {
        let n = self.neighbourhood.n_samples() as u64;
        Cost { calls: n + 1, explanations: n }
    }
}
