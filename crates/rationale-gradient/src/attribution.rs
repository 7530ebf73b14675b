//! What every method of the family gives.

use ndarray::{Array1, Array2, ArrayD, Axis};
use rationale_core::{Attributions, Evidence};
use rationale_tensor::{Place, Tensor};

use crate::Error;

/// The values of one explanation, and what they rest on. Examples lie along dimension 0.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Attribution {
    /// Where the values are.
    pub places: Vec<Place>,
    /// The values at each place, of the shape of the place's own value.
    pub values: Vec<ArrayD<f64>>,
    /// The standard error of each value, where values are sampled.
    pub standard_error: Option<Vec<ArrayD<f64>>>,
    /// The element of the output that each example is explained for, flattened in row-major order.
    pub targets: Vec<usize>,
    /// The number that is explained, example by example.
    pub predictions: Array1<f64>,
    /// What the values add up from, example by example, where the method has such a thing: the number at the baseline.
    pub base_values: Option<Array1<f64>>,
    /// The sum of an example's values at all places, minus (prediction - base value).
    pub completeness_gaps: Option<Array1<f64>>,
    /// How many steps each example took, where the method takes steps.
    pub steps: Option<Vec<usize>>,
    /// The output `[example, element]` that the target is part of.
    pub logits: Array2<f64>,
    /// What the values rest on.
    pub evidence: Evidence,
}

impl Attribution {
    /// What no attribution can say; also in the evidence.
    pub const CAVEAT: &'static str = "explains the network's computation, not the world";

    /// The gap relative to the difference that is explained, example by example.
    pub fn relative_gaps(&self) -> Option<Array1<f64>> {
        let (base, gaps) = (self.base_values.as_ref()?, self.completeness_gaps.as_ref()?);
        Some(gaps / (&self.predictions - base).mapv(f64::abs))
    }

    /// The values of a place `[row, feature]` as the common shape of tables `[row, feature, 1]`. A method without a
    /// base value has base values of 0.
    pub fn to_table(&self, place: usize) -> Result<Attributions, Error> {
        let values = self.table(&self.values, place)?;
        let n = values.nrows();
        let base = self.base_values.clone().unwrap_or_else(|| Array1::zeros(n));
        let mut evidence = self.evidence.clone();
        if let Some(errors) = &self.standard_error {
            evidence = evidence.with_standard_error(self.table(errors, place)?.insert_axis(Axis(2)));
        }
        let values = values.insert_axis(Axis(2));
        let (base, predictions) = (base.insert_axis(Axis(1)), self.predictions.clone().insert_axis(Axis(1)));
        Ok(Attributions::new(values, base, predictions)?.with_evidence(evidence))
    }

    fn table(&self, arrays: &[ArrayD<f64>], place: usize) -> Result<Array2<f64>, Error> {
        let count = Error::Count { what: "places", n_given: arrays.len(), needed: place + 1 };
        let array = arrays.get(place).ok_or(count)?;
        let n = self.targets.len();
        let expected = || format!("[row, feature] with {n} rows");
        let shape = |_| Error::Shape {
            what: "the attribution",
            expected: expected(),
            actual: array.shape().to_vec(),
        };
        array.clone().into_dimensionality().map_err(shape)
    }
}

/// What a method finds for some examples: the part in which it differs from the others.
#[derive(Debug, Clone)]
pub struct Found {
    pub(crate) values: Vec<Tensor>,
    pub(crate) standard_error: Option<Vec<Tensor>>,
    pub(crate) base_values: Option<Vec<f64>>,
    pub(crate) steps: Option<Vec<usize>>,
    pub(crate) warnings: Vec<String>,
    pub(crate) evidence: Evidence,
}

impl Found {
    /// Values at the task's places, in their order. The evidence states the method and its own settings alone.
    pub fn new(values: Vec<Tensor>, evidence: Evidence) -> Self {
        Self { values, standard_error: None, base_values: None, steps: None, warnings: Vec::new(), evidence }
    }

    /// What the values add up from, example by example.
    pub fn with_base_values(mut self, base_values: Vec<f64>) -> Self {
        self.base_values = Some(base_values);
        self
    }

    /// The standard errors of the values.
    pub fn with_standard_error(mut self, standard_error: Vec<Tensor>) -> Self {
        self.standard_error = Some(standard_error);
        self
    }

    /// How many steps each example took.
    pub fn with_steps(mut self, steps: Vec<usize>) -> Self {
        self.steps = Some(steps);
        self
    }

    /// Something that the reader of the values must know.
    pub fn with_warning(mut self, warning: String) -> Self {
        self.warnings.push(warning);
        self
    }
}
