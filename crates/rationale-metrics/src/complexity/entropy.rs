//! Complexity as entropy: Bhatt, Weller and Moura 2020, <https://arxiv.org/abs/2005.00631>, definition 4.
//!
//! ```text
//! H = -sum_i p_i ln p_i,   p_i = |phi_i| / sum |phi|
//! ```
//!
//! **Direction**: lower is better, in nats: 0 for one feature alone, ln n for all alike. **Costs**: no model call.
//! **Departs**: in nothing; Quantus takes ln(p + 1e-12).
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::{Case, Entropy, Measure};
//!
//! let score = Entropy.measure(&Case::new(array![1.0, -1.0].view(), 0)?)?;
//! assert!((score.value().unwrap() - 2.0_f64.ln()).abs() < 1e-15);
//! # Ok::<(), rationale_metrics::Error>(())
//! ```

use crate::{Case, Cost, Error, Measure, NoSignal, Score};

/// The entropy of the shares of magnitude.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Entropy;

/// The entropy of values that are not negative, as shares of their sum.
pub(crate) fn entropy(values: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    let total: f64 = values.clone().sum();
    let part = |value: f64| if value > 0.0 { -(value / total) * (value / total).ln() } else { 0.0 };
    (total > 0.0).then(|| values.map(part).sum())
}

impl Measure for Entropy {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let attribution = case.attribution();
        Ok(Score::of(entropy(attribution.iter().map(|it| it.abs())), NoSignal::NothingAttributed))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::FREE
    }
}
