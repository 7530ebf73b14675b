//! Local Lipschitz estimate: Alvarez-Melis and Jaakkola 2018, <https://arxiv.org/abs/1806.08049>, equation 2.
//!
//! ```text
//! L = max over x' in the ball of ||phi(x) - phi(x')||_2 / ||x - x'||_2
//! ```
//!
//! **Direction**: lower is better. **Holds**: a lower bound of the constant. Its unit is the attribution's over the input's: it compares methods of one
//! unit. **Costs**: one explanation a neighbour.
//! **Departs**: in distances in units of the columns' scales, so that a column in cents counts like one in years. Quantus adds 1e-10 to the divisor.
//!
//! See [`MaxSensitivity`](crate::MaxSensitivity) for an example; for phi(x) = x this gives 1.

use super::Neighbourhood;
use super::neighbourhood::norm;
use crate::{Case, Cost, Error, Measure, NoSignal, Score};

/// The steepest change of the attribution near the input.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LocalLipschitz {
    neighbourhood: Neighbourhood,
}

impl LocalLipschitz {
    /// Which neighbours.
    pub fn with_neighbourhood(self, neighbourhood: Neighbourhood) -> Self {
        Self { neighbourhood }
    }
}

impl Measure for LocalLipschitz {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let input = case.input("local-lipschitz")?;
        let scales = case.scales(input.row.len())?;
        let explained = self.neighbourhood.explained(case, "local-lipschitz")?;
        let slopes = explained.rows.outer_iter().zip(explained.changes()).filter_map(|(row, change)| {
            let columns = row.into_iter().zip(&input.row).zip(&scales).filter(|(_, scale)| **scale > 0.0);
            let step = norm(columns.map(|((a, b), scale)| (a - b) / scale));
            (step > 0.0).then(|| change / step)
        });
        Ok(Score::of(slopes.reduce(f64::max), NoSignal::NoNeighbour))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::explanations(self.neighbourhood.n_samples())
    }
}
