//! Input invariance: Kindermans et al. 2019, The (Un)reliability of Saliency Methods, <https://arxiv.org/abs/1711.00867>, section 2.
//!
//! ```text
//! max_i |phi_i(x; f) - phi_i(x + m; f')| / max_i |phi_i(x; f)|,   f'(x + m) = f(x)
//! ```
//!
//! **Direction**: lower is better: two models that compute the same deserve the same explanation. **Holds**: a method that compares with a fixed baseline
//! changes, unless the baseline is shifted too. **Costs**: one explanation, made by the caller ([`Other::ShiftedInput`]) of [`Shifted`].
//! **Departs**: a gap, where Quantus says whether all values are within 1e-4; the shift is put before any model, and not into a first layer's bias.
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::{Case, InputInvariance, Measure, Other, Score};
//!
//! let (own, shifted) = (array![4.0, 1.0], array![4.0, 2.0]);
//! let case = Case::new(own.view(), 0)?.with_other(Other::ShiftedInput, shifted.view())?;
//! assert_eq!(InputInvariance.measure(&case)?, Score::Value(0.25));
//! # Ok::<(), rationale_metrics::Error>(())
//! ```

use ndarray::{Array2, ArrayView2};
use rationale_core::{Error as CoreError, Predict};

use crate::{Case, Cost, Error, Measure, NoSignal, Other, Score};

/// How far the attribution changes when input and model are shifted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InputInvariance;

impl Measure for InputInvariance {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let shifted = case.other("input-invariance", Other::ShiftedInput)?;
        let own = case.attribution();
        let largest = own.iter().fold(0.0_f64, |largest, it| largest.max(it.abs()));
        let gap = own.iter().zip(&shifted).fold(0.0_f64, |gap, (a, b)| gap.max((a - b).abs()));
        Ok(Score::ratio(gap, largest, NoSignal::NothingAttributed))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::explanations(1)
    }
}

/// A model that answers about a shifted input what the given one answers about the input as it was.
pub struct Shifted<'a> {
    model: &'a dyn Predict,
    shift: f64,
}

impl<'a> Shifted<'a> {
    /// Takes a model and what is added to every column of its inputs.
    pub fn new(model: &'a dyn Predict, shift: f64) -> Self {
        Self { model, shift }
    }
}

impl Predict for Shifted<'_> {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, CoreError> {
        self.model.predict((&rows - self.shift).view())
    }
}
