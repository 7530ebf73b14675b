//! What an explanation rests on.

use std::collections::BTreeMap;

use ndarray::Array3;

use crate::{Fingerprint, Seed};

/// A setting of a method, as recorded.
#[derive(Debug, Clone, PartialEq)]
pub enum Parameter {
    /// A count.
    Integer(u64),
    /// A real number.
    Number(f64),
    /// A choice by its name.
    Text(String),
}

impl From<usize> for Parameter {
    fn from(value: usize) -> Self {
        Self::Integer(value as u64)
    }
}

impl From<f64> for Parameter {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<&str> for Parameter {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

/// What an explanation rests on, always handed out with it: enough to judge it and to make it again.
///
/// A field is `None` where the method has no such thing (an exact method has no standard error), never because nobody
/// asked for it.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Evidence {
    /// The method's name, as the program spells it: `tree-shap`.
    pub method: String,
    /// The settings that the result depends on.
    pub parameters: BTreeMap<String, Parameter>,
    /// The code path that computed the values.
    pub engine: String,
    /// The seed, where chance plays a part.
    pub seed: Option<Seed>,
    /// What identifies the model.
    pub model: Option<Fingerprint>,
    /// What identifies the rows explained.
    pub data: Option<Fingerprint>,
    /// What absence was compared with, in words.
    pub baseline: Option<String>,
    /// What identifies the background rows, where there are any.
    pub background: Option<Fingerprint>,
    /// How many background rows there are.
    pub n_background_rows: Option<usize>,
    /// How many rows the model itself was asked about.
    pub model_calls: u64,
    /// The largest |sum of values - (prediction - base value)| over rows and outputs.
    pub completeness_gap: Option<f64>,
    /// Sum of values - (prediction - base value), row by row, where there is one output.
    pub completeness_gaps: Option<Vec<f64>>,
    /// How many steps were taken, where a method takes steps; the most of any row.
    pub steps: Option<usize>,
    /// What the reader must know before the values are believed, in words.
    pub warnings: Vec<String>,
    /// The standard error of each value `[row, feature, output]`, where values are sampled.
    pub standard_error: Option<Array3<f64>>,
    /// Whether the features at two neighbouring ranks of |value| differ by more than chance at 95%
    /// `[row, rank, output]`, rank 0 standing for the pair of the first and the second; where values are sampled.
    pub separable: Option<Array3<bool>>,
}

impl Evidence {
    /// Evidence of a method by its name and the engine that ran.
    pub fn new(method: &str, engine: &str) -> Self {
        Self { method: method.to_owned(), engine: engine.to_owned(), ..Self::default() }
    }

    /// Records a setting.
    pub fn with_parameter(mut self, name: &str, value: impl Into<Parameter>) -> Self {
        self.parameters.insert(name.to_owned(), value.into());
        self
    }

    /// Records the seed.
    pub fn with_seed(mut self, seed: Seed) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Records what identifies the model.
    pub fn with_model(mut self, model: Fingerprint) -> Self {
        self.model = Some(model);
        self
    }

    /// Records what identifies the rows explained.
    pub fn with_data(mut self, data: Fingerprint) -> Self {
        self.data = Some(data);
        self
    }

    /// Records what absence was compared with.
    pub fn with_baseline(mut self, baseline: &str) -> Self {
        self.baseline = Some(baseline.to_owned());
        self
    }

    /// Records the background rows.
    pub fn with_background(mut self, background: &crate::Background) -> Self {
        self.background = Some(background.fingerprint());
        self.n_background_rows = Some(background.rows().nrows());
        self
    }

    /// Records how many rows the model was asked about.
    pub fn with_model_calls(mut self, calls: u64) -> Self {
        self.model_calls = calls;
        self
    }

    /// Records the standard error of each value `[row, feature, output]`.
    pub fn with_standard_error(mut self, standard_error: Array3<f64>) -> Self {
        self.standard_error = Some(standard_error);
        self
    }

    /// Records which neighbouring ranks can be told apart `[row, rank, output]`.
    pub fn with_separable(mut self, separable: Array3<bool>) -> Self {
        self.separable = Some(separable);
        self
    }
}
