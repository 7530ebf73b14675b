//! Relative input stability: Agarwal et al. 2022, <https://arxiv.org/abs/2203.06877>, equation 2.
//!
//! ```text
//! RIS = max over x' near x of its class, of ||(phi(x) - phi(x')) / phi(x)|| / max(||(x - x') / x||, e)
//! ```
//!
//! **Direction**: lower is better. **Holds**: without unit. A feature whose attribution or value is 0 counts as 1e-6, and then dominates: such features
//! are the reason for values in the millions. **Costs**: one explanation and one model call a neighbour, and one.
//! **Departs**: in nothing. Quantus gives NaN where one neighbour changes the class; the paper leaves such neighbours out.
//!
//! See [`MaxSensitivity`](crate::MaxSensitivity) for an example; for phi(x) = x this gives 1.

use super::Neighbourhood;
use super::neighbourhood::{LEAST, kept, largest, relative};
use crate::{Case, Cost, Error, Measure, NoSignal, Score};

/// The relative change of the attribution over that of the input.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RelativeInputStability {
    neighbourhood: Neighbourhood,
}

impl RelativeInputStability {
    /// Which neighbours.
    pub fn with_neighbourhood(self, neighbourhood: Neighbourhood) -> Self {
        Self { neighbourhood }
    }
}

impl Measure for RelativeInputStability {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let name = "relative-input-stability";
        let input = case.input(name)?;
        let explained = self.neighbourhood.explained(case, name)?;
        let (_, kept) = kept(case, name, explained.rows.view())?;
        let steps = explained.rows.outer_iter().map(|row| relative(input.row.iter(), row.iter()).max(LEAST));
        let slopes: Vec<f64> =
            explained.relative_changes().iter().zip(steps).map(|(change, step)| change / step).collect();
        Ok(Score::of(largest(&slopes, &kept), NoSignal::NoNeighbour))
    }

    fn cost(&self, _: usize) -> Cost {
        let n = self.neighbourhood.n_samples() as u64;
        Cost { calls: n + 1, explanations: n }
    }
}
