//! One operator of a network, as attribution rules see it.

use std::fmt::Debug;

use crate::{Error, Tensor};

/// What an attribution rule must know of an operator to replace its gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Nature {
    /// Moves, joins or repeats elements, or changes their type: each output is one of the inputs' elements.
    Structural,
    /// Linear in all its inputs together, or in the first one where the others are statistics: sums, means,
    /// interpolation, batch normalisation.
    Linear,
    /// A convolution: of the first input with the second, the weights, and the third added, the bias.
    Convolution,
    /// A product of matrices, of which one is usually weights; a third input is added.
    Dense,
    /// max(x, 0), element by element.
    Rectifier,
    /// Each output element is a function of the one element in its place: other activation functions.
    Elementwise,
    /// The product of two inputs, element by element.
    Product,
    /// The first input over the second, element by element.
    Quotient,
    /// Each output is the largest of several elements.
    Maximum,
    /// Each output is the smallest of several elements.
    Minimum,
    /// Each output is one element picked out of several by its size in another way.
    Selection,
    /// e^x over its sum along dimensions.
    Softmax,
    /// The logarithm of it.
    LogSoftmax,
    /// Each output depends on several elements in no simpler way: normalisation by statistics, norms.
    Joint,
    /// Nothing passes backwards: comparisons, shapes, indices.
    Opaque,
}

/// How the parts of an operator are run.
pub type Runner<'a> = dyn Fn(&dyn Operator, &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> + 'a;

/// One operator: tensors in, tensors out. Weights are inputs like any other, so that a rule can run the operator with
/// other weights (LRP's positive part, say) or other activations (DeepLIFT's reference).
pub trait Operator: Send + Sync + Debug {
    /// What a rule must know of it.
    fn nature(&self) -> Nature;

    /// Whether it is max(x, 0) for these inputs, capped above or not, as ReLU6 is: where guided backpropagation and the
    /// deconvolutional network cut gradients.
    fn rectifies(&self, _inputs: &[Option<Tensor>]) -> bool {
        self.nature() == Nature::Rectifier
    }

    /// The outputs for these inputs; `None` stands for an optional input that is left out.
    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error>;

    /// The same outputs by simpler operators, each run by `run`: for a rule that has none for the whole. `None`, unless
    /// said otherwise: there are no parts.
    fn parts(&self, _inputs: &[Option<Tensor>], _run: &Runner<'_>) -> Option<Result<Vec<Tensor>, Error>> {
        None
    }
}

/// A way of running operators that puts another gradient in the place of the ordinary one.
pub trait Rule: Send + Sync {
    /// The operator's outputs, from which automatic differentiation will find the rule's multipliers.
    fn apply(&self, operator: &dyn Operator, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error>;
}
