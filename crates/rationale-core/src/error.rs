//! The one error enum of the vocabulary.

/// What can be wrong with what was handed over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An array has another shape than its neighbours ask for.
    #[error("{what} has shape {actual:?}, but {expected:?} is needed")]
    Shape {
        /// Which array.
        what: &'static str,
        /// The shape that would be right.
        expected: Vec<usize>,
        /// The shape that was given.
        actual: Vec<usize>,
    },
    /// Something that must hold at least one element holds none.
    #[error("{what} is empty; at least one is needed")]
    Empty {
        /// What is empty.
        what: &'static str,
    },
    /// An output was asked for that the model does not have.
    #[error("output {asked} was asked for, but the model has {available} (counted from 0)")]
    Target {
        /// The output asked for.
        asked: usize,
        /// How many outputs there are.
        available: usize,
    },
    /// A feature index points past the last feature.
    #[error(
        "feature {feature} in group `{group}` does not exist: there are {available} features (counted from 0)"
    )]
    Group {
        /// The group's name.
        group: String,
        /// The index that was given.
        feature: usize,
        /// How many features there are.
        available: usize,
    },
    /// A feature belongs to two groups, so its attribution would be counted twice.
    #[error("feature {feature} belongs to the groups `{first}` and `{second}`; it may belong to one")]
    GroupOverlap {
        /// The feature's index.
        feature: usize,
        /// The group that had it first.
        first: String,
        /// The group that has it again.
        second: String,
    },
    /// The model answered with NaN or an infinity, about which no difference can be taken.
    #[error(
        "the model answered {value} at output {output} for the row {input:?}; only finite numbers can be explained"
    )]
    Answer {
        /// The answer.
        value: f64,
        /// The output, counted from 0.
        output: usize,
        /// The row that was asked about.
        input: Vec<f64>,
    },
    /// A feature was asked for that the design does not have.
    #[error("feature {asked} was asked for, but there are {available} (counted from 0)")]
    Feature {
        /// The feature asked for.
        asked: usize,
        /// How many there are.
        available: usize,
    },
    /// A number that must be finite is not.
    #[error("{what} holds {value} at position {at}; all values must be finite")]
    NotFinite {
        /// Which array.
        what: &'static str,
        /// The position in row-major order, counted from 0.
        at: usize,
        /// The value.
        value: f64,
    },
    /// A sample weighs less than nothing.
    #[error("the weight of sample {at} is {value}; weights are at least 0")]
    Weight {
        /// The sample, counted from 0.
        at: usize,
        /// Its weight.
        value: f64,
    },
    /// No sample has any weight.
    #[error("the weights of all {n_samples} samples are 0; the kernel is too narrow")]
    NoWeight {
        /// How many samples there are.
        n_samples: usize,
    },
    /// A penalty below 0, or none that is a number.
    #[error("the penalty is {penalty}; it must be finite and at least 0")]
    Penalty {
        /// The penalty.
        penalty: f64,
    },
    /// A decomposition did not converge.
    #[error("the regression of {n_samples} samples on {n_features} features could not be solved")]
    Unsolved {
        /// How many samples.
        n_samples: usize,
        /// How many features.
        n_features: usize,
    },
    /// A level of confidence outside (0, 1).
    #[error("the confidence is {confidence}; it must lie between 0 and 1")]
    Confidence {
        /// The level.
        confidence: f64,
    },
    /// A layer was asked for that the model does not have.
    #[error("layer {asked} was asked for, but the model has {available} (counted from 0)")]
    Layer {
        /// The layer asked for.
        asked: usize,
        /// How many there are.
        available: usize,
    },
    /// The model itself failed.
    #[error("the model failed: {source}")]
    Model {
        /// The model's own error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The explainer failed.
    #[error("{method} failed: {source}")]
    Method {
        /// The method's name, such as `tree-shap`.
        method: &'static str,
        /// The method's own error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// Wraps a model's own error.
    pub fn model(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Model { source: Box::new(source) }
    }

    /// Wraps an explainer's own error.
    pub fn method(method: &'static str, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Method { method, source: Box::new(source) }
    }
}

/// Fails with [`Error::Shape`] where `actual` is not `expected`.
pub(crate) fn check_shape(what: &'static str, expected: &[usize], actual: &[usize]) -> Result<(), Error> {
    if expected == actual {
        return Ok(());
    }
    Err(Error::Shape { what, expected: expected.to_vec(), actual: actual.to_vec() })
}
