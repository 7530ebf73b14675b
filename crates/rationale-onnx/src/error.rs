//! What can be wrong with a model file.

use std::io;
use std::path::PathBuf;

use crate::ElementType;

/// How a location of external data leaves the model's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    /// It begins at the root of the file system.
    Absolute,
    /// It goes up by `..`.
    Upward,
    /// It is a symbolic link to elsewhere, or passes through one.
    Link,
}

impl std::fmt::Display for Outside {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Absolute => "an absolute path",
            Self::Upward => "a path with `..`",
            Self::Link => "a symbolic link that leads out of it",
        })
    }
}

/// What can be wrong with a model file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be opened.
    #[error("{} cannot be opened: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system fails while the file is read.
    #[error("reading fails at byte {offset}: {source}")]
    Io {
        /// Where in the file.
        offset: u64,
        /// What the system says.
        source: io::Error,
    },
    /// There is no byte.
    #[error("the file is empty: copy or download it again")]
    Empty,
    /// The first bytes are not those of an ONNX model.
    #[error("this is no ONNX model: it looks like {kind}; give the `.onnx` file that an exporter wrote")]
    NotOnnx {
        /// What it looks like.
        kind: &'static str,
    },
    /// A length in the file goes past the end of what holds it.
    #[error(
        "the file is cut off or damaged: byte {offset} announces {announced} more bytes, but {available} are left; \
         copy or download it again"
    )]
    CutOff {
        /// Where in the file the announced bytes would begin.
        offset: u64,
        /// How many bytes are announced.
        announced: u64,
        /// How many there are.
        available: u64,
    },
    /// Bytes that are no protobuf message of ONNX.
    #[error("the file is damaged at byte {offset}: {expected} is needed, but there is {found}")]
    Damaged {
        /// Where in the file.
        offset: u64,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// There is no graph.
    #[error(
        "the file holds no graph: it is cut off, or another protobuf message than a model (one tensor of a test set?)"
    )]
    NoGraph,
    /// There is no version of an operator set.
    #[error(
        "the file names no operator set, so that its operators have no meaning: it is cut off, or export it again"
    )]
    NoOpset,
    /// One domain of operators in two versions.
    #[error(
        "the file imports the operator set `{domain}` in the versions {first} and {second}; one is needed"
    )]
    TwoOpsets {
        /// The domain; empty for ONNX's own.
        domain: String,
        /// The version named first.
        first: i64,
        /// The version named later.
        second: i64,
    },
    /// A file of before 2017, whose operators have no versions.
    #[error("the file has the IR version {version}; at least 3 is needed: export the model again")]
    IrVersion {
        /// The version that the file names.
        version: i64,
    },
    /// More memory is asked for than the bound allows.
    #[error(
        "{what} would bring the memory held to {needed} bytes, but the bound is {limit}: raise `Limits::memory`"
    )]
    Memory {
        /// What asks for it.
        what: String,
        /// How many bytes would be held.
        needed: u64,
        /// How many may be.
        limit: u64,
    },
    /// Graphs inside graphs, deeper than the bound.
    #[error("at byte {offset} graphs are nested more than {limit} deep: raise `Limits::depth`")]
    Depth {
        /// Where in the file.
        offset: u64,
        /// How deep they may be.
        limit: usize,
    },
    /// Dimensions that are negative, or whose product is too large to count.
    #[error(
        "the tensor `{tensor}` has the dimensions {dimensions:?}; each must be at least 0 and their product below 2^63"
    )]
    Dimensions {
        /// The tensor's name.
        tensor: String,
        /// Its dimensions.
        dimensions: Vec<i64>,
    },
    /// A type of elements that ONNX does not have.
    #[error("`{what}` has the element type number {code}, which is none of ONNX's 1 to 23")]
    ElementType {
        /// The tensor or value.
        what: String,
        /// The number that the file gives.
        code: i64,
    },
    /// A tensor's data has another length than its shape says.
    #[error(
        "the tensor `{tensor}` of {element} and shape {dimensions:?} needs {expected} bytes of data, but the file gives {actual}"
    )]
    DataLength {
        /// The tensor's name.
        tensor: String,
        /// Its element type.
        element: ElementType,
        /// Its shape.
        dimensions: Vec<usize>,
        /// How many bytes would be right.
        expected: u64,
        /// How many there are.
        actual: u64,
    },
    /// Parts of the file that are not read; everything is listed at once.
    #[error("the file holds what is not read: {}; export the model with dense tensors of numbers", parts.join(", "))]
    Unsupported {
        /// All that is not read, by name.
        parts: Vec<String>,
    },
    /// External data that lies outside the model's folder.
    #[error(
        "the tensor `{tensor}` is kept in `{location}`, {reason}: external data is read from the model's own folder only; \
         put the file there"
    )]
    ExternalOutside {
        /// The tensor's name.
        tensor: String,
        /// The location that the file gives.
        location: String,
        /// How it leaves the folder.
        reason: Outside,
    },
    /// A model that comes as bytes has no folder.
    #[error(
        "the tensor `{tensor}` is kept in another file, `{location}`: read the model by its path, or save it as one file"
    )]
    ExternalWithoutFolder {
        /// The tensor's name.
        tensor: String,
        /// The location that the file gives.
        location: String,
    },
    /// A file of external data that cannot be opened or read.
    #[error("the tensor `{tensor}` is kept in {}, which cannot be read: {source}", path.display())]
    ExternalOpen {
        /// The tensor's name.
        tensor: String,
        /// The file of external data.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file of external data that is too short.
    #[error(
        "the tensor `{tensor}` is kept at bytes {offset} to {offset} + {length} of `{location}`, which has {available} bytes: \
         the two files do not belong together, or one is cut off"
    )]
    ExternalCutOff {
        /// The tensor's name.
        tensor: String,
        /// The location that the file gives.
        location: String,
        /// Where in that file.
        offset: u64,
        /// How many bytes.
        length: u64,
        /// How many bytes the file has.
        available: u64,
    },
    /// External data described by what is no number, or not described.
    #[error(
        "the tensor `{tensor}` is kept in another file, but its `{key}` is {found}; {expected} is needed"
    )]
    ExternalKey {
        /// The tensor's name.
        tensor: String,
        /// `location`, `offset` or `length`.
        key: &'static str,
        /// What the file gives.
        found: String,
        /// What would be right.
        expected: &'static str,
    },
    /// Two things give the same value.
    #[error("the value `{value}` is given twice, by {first} and by {second}; a value has one origin")]
    Duplicate {
        /// The value's name.
        value: String,
        /// What gives it first.
        first: String,
        /// What gives it again.
        second: String,
    },
    /// A value is used that nothing gives.
    #[error(
        "{user} uses the value `{value}`, but no input, initialiser or node gives it: the file may lack an initialiser"
    )]
    MissingValue {
        /// The node that uses it, or the graph's outputs.
        user: String,
        /// The value's name.
        value: String,
    },
    /// A node waits for itself.
    #[error("the graph has a cycle: {node} needs the value `{value}`, which needs that node's own outputs")]
    Cycle {
        /// A node of the cycle.
        node: String,
        /// The input that closes it.
        value: String,
    },
    /// An attribute is absent or of another kind.
    #[error("{node}: the attribute `{attribute}` is {found}, but {expected} is needed")]
    Attribute {
        /// The node.
        node: String,
        /// The attribute's name.
        attribute: String,
        /// What there is.
        found: String,
        /// What would be right.
        expected: &'static str,
    },
    /// Operators that are not run; everything is listed at once.
    #[error("the model needs what cannot be run: {}", list.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Operators {
        /// Every operator, with the nodes that use it.
        list: Vec<UnsupportedOperator>,
    },
    /// An operator set that is not run.
    #[error(
        "the model uses operator set {version} of ONNX, but 9 to 21 can be run: export it again with one of these"
    )]
    OpsetVersion {
        /// The version that the file names.
        version: i64,
    },
    /// A type of elements that tensors do not have.
    #[error("{what} holds {element} elements, which cannot be computed with")]
    Unheld {
        /// The tensor or value.
        what: String,
        /// Its element type.
        element: ElementType,
    },
    /// A node has fewer inputs or outputs than its operator needs.
    #[error("{node} has {found}, but {expected} is needed")]
    Arity {
        /// The node.
        node: String,
        /// What there is.
        found: String,
        /// What would be right.
        expected: &'static str,
    },
    /// What can be computed before any input is known cannot be.
    #[error(transparent)]
    Constant(#[from] rationale_tensor::Error),
}

/// An operator that is not run, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsupportedOperator {
    /// The operator, with its domain where that is not ONNX's own, and with what of it is not supported.
    pub operator: String,
    /// The nodes that use it, by name or by first output.
    pub nodes: Vec<String>,
}

impl std::fmt::Display for UnsupportedOperator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} ({})", self.operator, self.nodes.join(", "))
    }
}
