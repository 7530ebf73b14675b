//! What goes wrong with tensors and networks.

use crate::Element;

/// An error of tensors, devices and networks. The offending value is inside.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A shape does not fit.
    #[error("{what} has shape {actual:?}, but {expected} is needed")]
    Shape {
        /// What has the shape.
        what: String,
        /// What would be right.
        expected: String,
        /// The shape.
        actual: Vec<usize>,
    },
    /// Two shapes cannot be broadcast together.
    #[error("shapes {left:?} and {right:?} cannot be broadcast together: each dimension must be equal or 1")]
    Broadcast {
        /// The shape on the left.
        left: Vec<usize>,
        /// The shape on the right.
        right: Vec<usize>,
    },
    /// The elements are of another type.
    #[error("{what} holds {actual} elements, but {expected} is needed")]
    Element {
        /// What holds the elements.
        what: String,
        /// What would be right.
        expected: &'static str,
        /// What is there.
        actual: Element,
    },
    /// A dimension that the tensor does not have.
    #[error("{what} asks for dimension {asked} of a tensor with {rank} dimensions")]
    Dimension {
        /// Who asks.
        what: &'static str,
        /// The dimension asked for.
        asked: i64,
        /// How many there are.
        rank: usize,
    },
    /// An index out of range.
    #[error("{what} asks for index {asked} of a dimension of length {length}")]
    Index {
        /// Who asks.
        what: &'static str,
        /// The index asked for.
        asked: i64,
        /// The length of the dimension.
        length: usize,
    },
    /// A tensor larger than the bound; nothing was allocated.
    #[error("a tensor of shape {shape:?} would take more than the {bound} bytes that one tensor may have")]
    TooLarge {
        /// The shape.
        shape: Vec<usize>,
        /// The bound in bytes.
        bound: usize,
    },
    /// A setting that makes no sense.
    #[error("{what} is {actual}, but {expected} is needed")]
    Setting {
        /// Which setting.
        what: &'static str,
        /// What would be right.
        expected: &'static str,
        /// What was given.
        actual: String,
    },
    /// A device that was not built in or is not there.
    #[error("device `{asked}` cannot be used: {remedy}")]
    Device {
        /// The device's name.
        asked: String,
        /// What to do.
        remedy: String,
    },
    /// A site that the network does not have.
    #[error("the network has no layer `{asked}`{}", nearest.as_ref().map(|it| format!("; did you mean `{it}`?")).unwrap_or_default())]
    Site {
        /// The name asked for.
        asked: String,
        /// The nearest name there is.
        nearest: Option<String>,
    },
    /// A site that this run never came to.
    #[error("layer `{site}` takes no part in computing the output from these inputs")]
    NotReached {
        /// The site.
        site: String,
    },
    /// No error: a network written by hand has computed all that was asked for, and hands this on to stop.
    #[error("the run has all that it was asked for")]
    Finished,
    /// The number or the names of inputs do not fit.
    #[error("the network takes the inputs {expected}, but was given {actual}")]
    Inputs {
        /// What would be right.
        expected: String,
        /// What was given.
        actual: String,
    },
    /// A target that cannot be differentiated, because nothing of it depends on the site.
    #[error("the target does not depend on layer `{site}` through anything that can be differentiated")]
    NotDifferentiable {
        /// The site.
        site: String,
    },
    /// An operator failed.
    #[error("{operator} `{node}`: {source}")]
    Operator {
        /// The operator.
        operator: String,
        /// The node's name, or that of its first output.
        node: String,
        /// What went wrong.
        source: Box<Error>,
    },
    /// A run that did not call the operators that the reference's run called.
    #[error(
        "operator call {call} of the run has inputs {actual}, but that of the reference's run had {expected}: the reference \
         must have the input's shape, and the network must run the same operators for every input"
    )]
    Reference {
        /// The number of the call, counted from 0.
        call: usize,
        /// The shapes in the reference's run.
        expected: String,
        /// The shapes in this run.
        actual: String,
    },
    /// The backend gave up.
    #[error("the tensor library gave up: {message}")]
    Backend {
        /// What it said.
        message: String,
    },
    /// Weights that cannot be read.
    #[error("weights {file}: {message}")]
    Weights {
        /// The file.
        file: String,
        /// What is wrong with it.
        message: String,
    },
}

impl Error {
    /// Says of which operator the error is.
    pub fn of_operator(self, operator: &str, node: &str) -> Self {
        Self::Operator { operator: operator.to_owned(), node: node.to_owned(), source: Box::new(self) }
    }

    pub(crate) fn shape(what: &str, expected: impl Into<String>, actual: &[usize]) -> Self {
        Self::Shape { what: what.to_owned(), expected: expected.into(), actual: actual.to_vec() }
    }
}

impl From<Error> for rationale_core::Error {
    fn from(error: Error) -> Self {
        Self::Model { source: Box::new(error) }
    }
}
