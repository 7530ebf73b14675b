//! What can go wrong when trees are explained.

/// Why trees cannot be explained as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Path-dependent values need each node's cover.
    #[error(
        "the model has no cover (how many training rows came through each node), which path-dependent values need; \
         recompute it from training rows with `TreeEnsemble::with_cover`, or give a background"
    )]
    NoCover,
    /// A path asks about more features than a bit mask holds.
    #[error(
        "a path of tree {tree} asks about {n_features} different features, and at most {most} are handled"
    )]
    LongPath {
        /// The tree.
        tree: usize,
        /// How many different features are on the path.
        n_features: usize,
        /// How many there may be.
        most: usize,
    },
    /// Rows have another number of columns than the model has features.
    #[error("{what} has {actual} columns, but the model has {expected} features")]
    Columns {
        /// Which rows.
        what: &'static str,
        /// The number of features.
        expected: usize,
        /// The number of columns.
        actual: usize,
    },
    /// A slice of a block has another length than its neighbours ask for.
    #[error("{what} has length {actual}, but {expected} is needed")]
    Length {
        /// Which slice.
        what: &'static str,
        /// The length that would be right.
        expected: usize,
        /// The length that was given.
        actual: usize,
    },
    /// The result would be larger than the memory limit.
    #[error(
        "interactions of {n_rows} rows would take {bytes} bytes, and the limit is {limit}; explain fewer rows at a \
         time, or raise the limit"
    )]
    TooLarge {
        /// How many rows were given.
        n_rows: usize,
        /// The size of the result.
        bytes: u128,
        /// The limit.
        limit: usize,
    },
    /// A softmax mixes all margins, so no output can be rescaled on its own.
    #[error(
        "the link mixes the margins of all outputs (softmax, ascending order), so values cannot be rescaled to the \
         prediction; explain the margin"
    )]
    Softmax,
    /// A label that a logistic loss cannot be taken of.
    #[error("row {row} has the label {label}; the loss of a logistic model needs 0 or 1")]
    Label {
        /// The row, counted from 0.
        row: usize,
        /// Its label.
        label: f64,
    },
    /// No loss is known for the model.
    #[error(
        "values on the scale of a loss need a model of one output with a logistic link or none; this one has {n_outputs} \
         outputs and the link {link}: explain the margin"
    )]
    NoLoss {
        /// The model's link.
        link: String,
        /// How many outputs it has.
        n_outputs: usize,
    },
}
