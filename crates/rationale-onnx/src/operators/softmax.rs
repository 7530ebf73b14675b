//! [Softmax](https://onnx.ai/onnx/operators/onnx__Softmax.html): e^x over its sum along `axis`, by default the last.
//! Before operator set 13 over all dimensions from `axis` on together, by default from dimension 1.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::axis;
use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, context: &Context<'_>) -> Built {
    Ok(Box::new(Softmax(Along::of(node, context)?)))
}

#[derive(Debug)]
struct Softmax(Along);

impl Operator for Softmax {
    fn nature(&self) -> Nature {
        Nature::Softmax
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        Ok(vec![self.0.run(required(inputs, 0, "input")?, Tensor::softmax)?])
    }
}

/// The dimensions that are taken together.
#[derive(Debug)]
pub(super) struct Along {
    axis: i64,
    flattened: bool,
}

impl Along {
    pub(super) fn of(node: &Node, context: &Context<'_>) -> Result<Self, crate::Error> {
        let flattened = context.opset < 13;
        Ok(Self { axis: node.attributes.int_or("axis", if flattened { 1 } else { -1 })?, flattened })
    }

    pub(super) fn run(
        &self,
        x: &Tensor,
        f: fn(&Tensor, usize) -> Result<Tensor, Error>,
    ) -> Result<Tensor, Error> {
        let shape = x.shape();
        if x.is_empty() {
            return Ok(x.clone());
        }
        if !self.flattened {
            return f(x, axis::axis("a softmax", self.axis, shape.len())?);
        }
        // An axis after the last dimension is allowed: then each element is alone.
        let axis = axis::axis("a softmax", self.axis, shape.len() + usize::from(self.axis >= 0))?;
        let rows: usize = shape.iter().take(axis).product();
        f(&x.reshape(&[rows, x.len() / rows])?, 1)?.reshape(&shape)
    }
}
