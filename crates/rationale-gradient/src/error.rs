//! What goes wrong when a network is explained by its gradients.

use rationale_tensor::Element;

/// Why a network cannot be explained by its gradients. The offending value is inside.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The network failed, or does not have what was asked for.
    #[error(transparent)]
    Network {
        /// What it said.
        #[from]
        source: rationale_tensor::Error,
    },
    /// Something handed over does not fit, such as an output that the network does not have.
    #[error(transparent)]
    Core {
        /// What does not fit.
        #[from]
        source: rationale_core::Error,
    },
    /// A place whose numbers are whole, so that there is no gradient to it.
    #[error("{place} holds {element} elements, to which there is no gradient; {}", alternatives(sites))]
    NoGradient {
        /// The input or site.
        place: String,
        /// The type of its elements.
        element: Element,
        /// Sites that would do, in forward order.
        sites: Vec<String>,
    },
    /// A baseline of another shape than what it is compared with.
    #[error(
        "the baseline of {place} has shape {actual:?}, but {expected:?} is needed, or the same with one example"
    )]
    BaselineShape {
        /// The input or site.
        place: String,
        /// The shape of its value.
        expected: Vec<usize>,
        /// The baseline's shape.
        actual: Vec<usize>,
    },
    /// Something is given once for each of several others, and their numbers differ.
    #[error("{n_given} {what} are given, but {needed} are needed")]
    Count {
        /// What is given.
        what: &'static str,
        /// How many are given.
        n_given: usize,
        /// How many would be right.
        needed: usize,
    },
    /// A setting that makes no sense.
    #[error("{what} is {value}, but must be {expected}")]
    Setting {
        /// Which setting.
        what: &'static str,
        /// What was given.
        value: f64,
        /// What would be right.
        expected: &'static str,
    },
    /// An input with a number that is not finite.
    #[error(
        "input {input} holds {value} at position {at} (in row-major order); only finite numbers can be explained"
    )]
    Input {
        /// The input, counted from 0.
        input: usize,
        /// The position in row-major order.
        at: usize,
        /// What stands there.
        value: f64,
    },
    /// A number that is not finite, made inside the network.
    #[error(
        "{operator} `{node}` is the first to make a number that is not finite: {value} at position {at} of `{site}`"
    )]
    NotFinite {
        /// The site whose value it is.
        site: String,
        /// The operator that made it.
        operator: String,
        /// The node, or the site where the node has no name.
        node: String,
        /// The position in row-major order.
        at: usize,
        /// What stands there.
        value: f64,
    },
    /// A gradient that is not finite although all values are.
    #[error(
        "the gradient to {place} is not finite, although the network's values are: an infinite slope times 0, such as that of a square root at 0"
    )]
    GradientNotFinite {
        /// The input or site.
        place: String,
    },
    /// An output of another shape or type than can be explained.
    #[error("output {output} is {actual}, but {expected} is needed")]
    Output {
        /// The output, counted from 0.
        output: usize,
        /// What would be right.
        expected: &'static str,
        /// What it is.
        actual: String,
    },
    /// An array whose shape does not fit.
    #[error("{what} has shape {actual:?}, but {expected} is needed")]
    Shape {
        /// Which array.
        what: &'static str,
        /// What would be right.
        expected: String,
        /// The shape.
        actual: Vec<usize>,
    },
    /// A method that needs what was not given.
    #[error("{method} needs {what}")]
    Missing {
        /// The method.
        method: &'static str,
        /// What is missing.
        what: &'static str,
    },
}

fn alternatives(sites: &[String]) -> String {
    if sites.is_empty() {
        return "nothing behind it can be differentiated either".to_owned();
    }
    let names: Vec<_> = sites.iter().map(|it| format!("`{it}`")).collect();
    format!("explain the network at one of the sites behind it: {}", names.join(", "))
}

impl From<Error> for rationale_core::Error {
    fn from(error: Error) -> Self {
        Self::Method { method: "gradient", source: Box::new(error) }
    }
}
