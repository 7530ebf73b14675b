//! Random logit test: Sixt, Granz and Landgraf 2020, When Explanations Lie, <https://arxiv.org/abs/1912.09818>, section 5.
//!
//! ```text
//! rho(phi of the output explained, phi of another output),   rho: Spearman's rank correlation
//! ```
//!
//! **Direction**: lower is better: an explanation that is the same for another class does not say why this one. **Holds**: a model with one output has no
//! other. **Costs**: one explanation, made by the caller ([`Other::Output`]).
//! **Departs**: ranks in the place of the paper's SSIM, which is for pictures only; the other output is the caller's choice, at random in the paper.
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::{Case, Measure, Other, RandomOutput, Score};
//!
//! let (own, other) = (array![1.0, 2.0, 3.0], array![-1.0, -2.0, -3.0]);
//! let case = Case::new(own.view(), 0)?.with_other(Other::Output, other.view())?;
//! assert_eq!(RandomOutput.measure(&case)?, Score::Value(-1.0));
//! # Ok::<(), rationale_metrics::Error>(())
//! ```

use crate::{Case, Cost, Error, Measure, NoSignal, Other, Score, spearman};

/// How alike the attributions of two outputs are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RandomOutput;

impl Measure for RandomOutput {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let other = case.other("random-logit", Other::Output)?;
        Ok(Score::of(spearman(&case.attribution(), &other), NoSignal::ConstantAttribution))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::explanations(1)
    }
}
