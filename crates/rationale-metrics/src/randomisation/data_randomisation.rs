//! Data randomisation test: Adebayo et al. 2018, Sanity Checks for Saliency Maps, <https://arxiv.org/abs/1810.03292>, section 4.
//!
//! ```text
//! rho(|phi(x)| of the model, |phi(x)| of a model trained on shuffled labels),   rho: Spearman's rank correlation
//! ```
//!
//! **Direction**: lower is better: a model that learnt nothing about the labels should have other reasons. **Holds**: features with a larger spread are
//! split more often by chance too, so that 0 is not to be expected. **Costs**: a training and one explanation, made by the caller
//! ([`Other::ShuffledLabels`]).
//! **Departs**: in nothing; the paper also compares signed attributions.
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::{Case, DataRandomisation, Measure, Other, Score};
//!
//! let (own, other) = (array![1.0, -2.0, 3.0], array![3.0, -2.0, 1.0]);
//! let case = Case::new(own.view(), 0)?.with_other(Other::ShuffledLabels, other.view())?;
//! assert_eq!(DataRandomisation.measure(&case)?, Score::Value(-1.0));
//! # Ok::<(), rationale_metrics::Error>(())
//! ```

use crate::{Case, Cost, Error, Measure, NoSignal, Other, Score, spearman};

/// How alike the attributions of a model and of one trained on shuffled labels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DataRandomisation;

impl Measure for DataRandomisation {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let sizes = |values: Vec<f64>| values.into_iter().map(f64::abs).collect::<Vec<_>>();
        let other = sizes(case.other("data-randomisation", Other::ShuffledLabels)?);
        Ok(Score::of(spearman(&sizes(case.attribution()), &other), NoSignal::ConstantAttribution))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::explanations(1)
    }
}
