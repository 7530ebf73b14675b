//! What can be wrong with a tree, an ensemble or a model file.

/// What can be wrong with a tree, an ensemble or a model file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A tree has no node.
    #[error("the tree has no node; even a constant needs one leaf")]
    NoNodes,
    /// A split points past the last node.
    #[error("node {node} has the child {child}, but the tree has {available} nodes (counted from 0)")]
    Child {
        /// The split's index.
        node: usize,
        /// The child's index.
        child: usize,
        /// How many nodes there are.
        available: usize,
    },
    /// Two splits share a child, or a node is its own descendant.
    #[error("node {node} is reached twice from the root: the nodes form no tree")]
    NotATree {
        /// The node's index.
        node: usize,
    },
    /// A leaf holds another number of values than the tree has outputs.
    #[error("the leaf at node {node} holds {actual} values, but {expected} are needed")]
    LeafWidth {
        /// The leaf's index.
        node: usize,
        /// How many values the other leaves hold, or the ensemble has outputs.
        expected: usize,
        /// How many this one holds.
        actual: usize,
    },
    /// A leaf value or threshold is NaN, or a leaf value is infinite.
    #[error(
        "node {node} holds the number {value}; thresholds must not be NaN and leaf values must be finite"
    )]
    Number {
        /// The node's index.
        node: usize,
        /// The value.
        value: f64,
    },
    /// A cover is negative, infinite or NaN.
    #[error("node {node} has the cover {cover}; a cover is a finite number, at least 0")]
    Cover {
        /// The node's index.
        node: usize,
        /// The value.
        cover: f64,
    },
    /// Some nodes of a tree have a cover and some have none.
    #[error("node {node} has no cover although others of its tree have one: give all or none")]
    PartialCover {
        /// The first node without.
        node: usize,
    },
    /// A split asks about a feature that the model does not have.
    #[error(
        "tree {tree} splits on feature {feature}, but the model has {available} features (counted from 0)"
    )]
    Feature {
        /// The tree's index.
        tree: usize,
        /// The feature asked about.
        feature: usize,
        /// How many features there are.
        available: usize,
    },
    /// A tree feeds an output that the model does not have.
    #[error("tree {tree} feeds output {output}, but the model has {available} outputs (counted from 0)")]
    Output {
        /// The tree's index.
        tree: usize,
        /// The output fed.
        output: usize,
        /// How many outputs there are.
        available: usize,
    },
    /// A tree's weight is infinite or NaN.
    #[error("tree {tree} has the weight {weight}; a weight is a finite number")]
    TreeWeight {
        /// The tree's index.
        tree: usize,
        /// The value.
        weight: f64,
    },
    /// A list has another length than the model's features or outputs.
    #[error("{what} has {actual} entries, but {expected} are needed")]
    Length {
        /// Which list.
        what: &'static str,
        /// The length that would be right.
        expected: usize,
        /// The length given.
        actual: usize,
    },
    /// Rows have another number of columns than the model has features.
    #[error("the rows have {actual} columns, but the model has {expected} features")]
    Columns {
        /// The model's features.
        expected: usize,
        /// The rows' columns.
        actual: usize,
    },
    /// The number of training labels differs from the number of training rows.
    #[error("{labels} labels were given for {rows} training rows")]
    Labels {
        /// How many labels.
        labels: usize,
        /// How many rows.
        rows: usize,
    },
    /// A model file is not JSON, or its JSON lacks something.
    #[error("the model cannot be read: {source}")]
    Json {
        /// The parser's message, with line and column.
        #[from]
        source: serde_json::Error,
    },
    /// A model file is of another kind or version.
    #[error(
        "the file says it is `{format}` version {version}; this program reads `{known}` version {known_version}"
    )]
    Format {
        /// The format it names.
        format: String,
        /// The version it names.
        version: u32,
        /// The format that can be read.
        known: &'static str,
        /// The version that can be read.
        known_version: u32,
    },
    /// A file is of no format that is read.
    #[error(
        "the file is of no format that is read: models of XGBoost (JSON, UBJSON), LightGBM (text, JSON), CatBoost (JSON), \
         scikit-learn (skops), trees in ONNX, and the JSON of `rationale-trees` are"
    )]
    UnknownFile,
    /// A model file holds what cannot be represented faithfully; everything is listed at once.
    #[error("the {format} model holds what is not read: {}; {advice}", parts.join(", "))]
    Unsupported {
        /// The kind of file.
        format: &'static str,
        /// All that is not read, by name.
        parts: Vec<String>,
        /// What would be right.
        advice: &'static str,
    },
    /// A part of a model file is missing, or is not what it should be.
    #[error("the {format} model is broken at `{place}`: {expected} is needed, but there is {actual}")]
    Malformed {
        /// The kind of file.
        format: &'static str,
        /// Where in the file.
        place: String,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        actual: String,
    },
    /// The container of a model file (a zip archive, a protobuf message) cannot be read.
    #[error("the {format} file cannot be opened, it may be cut off or damaged: {source}")]
    Container {
        /// The kind of file.
        format: &'static str,
        /// What the container's reader says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file unpacks to more than its own size can explain.
    #[error(
        "the {format} file unpacks to more than {limit} bytes, too many for a file of {packed} bytes: it is no honest model"
    )]
    Bomb {
        /// The kind of file.
        format: &'static str,
        /// How many bytes it may unpack to.
        limit: u64,
        /// How many bytes it has.
        packed: u64,
    },
    /// A pickle or joblib file, which no program should open that does not trust it.
    #[error(
        "this is {kind}, which is not read: it holds Python code's objects, and loading it runs whatever code its writer chose. \
         Where the model was made, export it: `skops.io.dump(model, \"model.skops\")` for scikit-learn, \
         `save_model` of XGBoost, LightGBM and CatBoost for theirs"
    )]
    Pickle {
        /// What kind of pickle, such as "a joblib file compressed by zlib".
        kind: &'static str,
    },
    /// A tree of a model file is broken.
    #[error("tree {tree}: {source}")]
    InTree {
        /// The tree's index.
        tree: usize,
        /// What is wrong with it.
        source: Box<Error>,
    },
    /// A leaf of a linfa tree predicts a class that the training labels do not hold.
    #[error(
        "tree {tree} predicts a class that does not occur in the training labels; give the labels it was trained on"
    )]
    UnknownClass {
        /// The tree's index.
        tree: usize,
    },
    /// All training labels are the same.
    #[error("all {rows} training labels are the same; two classes are needed")]
    OneClass {
        /// How many labels.
        rows: usize,
    },
    /// A value that cannot be learnt from.
    #[error(
        "row {row}, feature {feature}: {value} cannot be learnt from; linfa's trees need finite numbers: fill it in, or leave the row out"
    )]
    NotFinite {
        /// The row, counted from 0.
        row: usize,
        /// The feature, counted from 0.
        feature: usize,
        /// The value.
        value: f64,
    },
    /// The training library failed.
    #[error("tree {tree} could not be trained: {source}")]
    Training {
        /// The tree's index.
        tree: usize,
        /// What the library said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The weights of an ensemble's models do not add up to something positive.
    #[error("the weights of the models add up to {sum}; a weighted vote needs a positive sum")]
    Weights {
        /// Their sum.
        sum: f64,
    },
}

impl Error {
    /// Says in which tree it happened.
    pub(crate) fn in_tree(self, tree: usize) -> Self {
        Self::InTree { tree, source: Box::new(self) }
    }
}
