//! The operators, one file each. A file is headed by the link to its specification and says which operator set changed
//! what; it reads the node's attributes into a type, and runs that.
//!
//! To add an operator: a file here, its `mod`, its row in [`TABLE`].

mod add;
mod conv;
mod operand;
mod relu;

use rationale_tensor::{Device, Operator};

use crate::{Error, Node};

/// The operator sets of ONNX that are run.
pub(crate) const OLDEST: i64 = 9;
/// See [`OLDEST`].
pub(crate) const NEWEST: i64 = 21;

/// What a node's meaning depends on beside itself.
pub(crate) struct Context<'a> {
    /// The version of the operator set of the node's domain.
    pub(crate) opset: i64,
    /// Where constants are made.
    pub(crate) device: &'a Device,
}

/// Why a node cannot be run.
pub(crate) enum BuildError {
    /// It asks for what is not supported; listed with all else of that kind.
    Unsupported(String),
    /// It is not as the specification says.
    Wrong(Error),
}

impl From<Error> for BuildError {
    fn from(error: Error) -> Self {
        Self::Wrong(error)
    }
}

/// An operator for a node, or why not.
pub(crate) type Built = Result<Box<dyn Operator>, BuildError>;

type Build = fn(&Node, &Context<'_>) -> Built;

/// Every operator of ONNX's own domain, by name.
const TABLE: &[(&str, Build)] = &[("Add", add::build), ("Conv", conv::build), ("Relu", relu::build)];

pub(crate) fn find(domain: &str, operator: &str) -> Option<Build> {
    let of_onnx = domain.is_empty();
    TABLE.iter().find(|(name, _)| of_onnx && *name == operator).map(|(_, build)| *build)
}

/// The names of the operators that can be run, of ONNX's own domain.
pub fn supported() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(name, _)| *name).chain(["If"])
}
