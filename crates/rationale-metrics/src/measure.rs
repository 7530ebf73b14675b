//! The one verb of every metric.

use crate::{Case, Error, Score};

/// A metric with its settings.
pub trait Measure: Send + Sync {
    /// Judges one explanation.
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error>;

    /// What that costs at most, for an input of so many players.
    fn cost(&self, n_players: usize) -> Cost;
}

/// What judging one explanation costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Rows that the model is asked about.
    pub calls: u64,
    /// Rows that the method explains anew.
    pub explanations: u64,
}

impl Cost {
    /// Nothing is asked.
    pub const FREE: Self = Self { calls: 0, explanations: 0 };

    pub(crate) fn calls(calls: usize) -> Self {
        Self { calls: calls as u64, explanations: 0 }
    }

    pub(crate) fn explanations(explanations: usize) -> Self {
        Self { calls: 0, explanations: explanations as u64 }
    }

    /// Model calls in all, where an explanation takes so many.
    pub fn total(self, calls_an_explanation: u64) -> u64 {
        self.calls.saturating_add(self.explanations.saturating_mul(calls_an_explanation))
    }
}
