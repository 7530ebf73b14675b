//! One operator of a network, as attribution rules see it.

use std::fmt::Debug;

use crate::{Error, Tensor};

/// What an attribution rule must know of an operator to replace its gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Nature {
    /// Moves, joins or repeats elements, or changes their type: each output is one of the inputs' elements.
    Structural,
    /// Linear in all its inputs together, or in the first one where the others are parameters: sums, means,
    /// convolutions, products with weights, batch normalisation.
    Linear,
    /// Each output element is a function of the one element in its place: activation functions.
    Elementwise,
    /// Bilinear, or a quotient: of two inputs that may both depend on what is explained.
    Product,
    /// Each output is one element picked out of several by their size: maxima.
    Selection,
    /// Each output depends on several elements in no simpler way: softmax, normalisation by statistics.
    Joint,
    /// Nothing passes backwards: comparisons, shapes, indices.
    Opaque,
}

/// One operator: tensors in, tensors out. Weights are inputs like any other, so that a rule can run the operator with
/// other weights (LRP's positive part, say) or other activations (DeepLIFT's reference).
pub trait Operator: Send + Sync + Debug {
    /// What a rule must know of it.
    fn nature(&self) -> Nature;

    /// The outputs for these inputs; `None` stands for an optional input that is left out.
    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error>;
}

/// A way of running operators that puts another gradient in the place of the ordinary one.
pub trait Rule: Send + Sync {
    /// The operator's outputs, from which automatic differentiation will find the rule's multipliers.
    fn apply(&self, operator: &dyn Operator, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error>;
}
