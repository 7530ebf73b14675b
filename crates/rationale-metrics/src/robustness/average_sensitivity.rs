//! Average sensitivity: Yeh et al. 2019, <https://arxiv.org/abs/1901.09392>, and Bhatt, Weller and Moura 2020,
//! <https://arxiv.org/abs/2005.00631>, definition 2.
//!
//! ```text
//! SENS_avg = mean over ||x' - x||_inf <= r of ||phi(x') - phi(x)|| / ||phi(x)||
//! ```
//!
//! **Direction**: lower is better. **Holds**: unbiased for the mean over the ball, where the maximum is a lower bound. **Costs**: one explanation
//! a neighbour. **Departs**: as max-sensitivity does.
//!
//! See [`MaxSensitivity`](crate::MaxSensitivity) for an example; this is its mean.

use super::Neighbourhood;
use crate::{Case, Cost, Error, Measure, NoSignal, Score};

/// The mean relative change of the attribution near the input.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct AverageSensitivity {
    neighbourhood: Neighbourhood,
}

impl AverageSensitivity {
    /// Which neighbours.
    pub fn with_neighbourhood(self, neighbourhood: Neighbourhood) -> Self {
        Self { neighbourhood }
    }
}

impl Measure for AverageSensitivity {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let explained = self.neighbourhood.explained(case, "average-sensitivity")?;
        let changes = explained.changes();
        let mean = changes.iter().sum::<f64>() / changes.len() as f64;
        Ok(Score::ratio(mean, explained.size(), NoSignal::NothingAttributed))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::explanations(self.neighbourhood.n_samples())
    }
}
