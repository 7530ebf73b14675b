//! [Concat](https://onnx.ai/onnx/operators/onnx__Concat.html): tensors joined along a dimension, since operator set 11 a
//! negative one too.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::axis::axis;
use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Concat { axis: node.attributes.int("axis")? }))
}

#[derive(Debug)]
struct Concat {
    axis: i64,
}

impl Operator for Concat {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let rank = required(inputs, 0, "inputs")?.rank();
        let parts: Vec<Tensor> = inputs.iter().flatten().cloned().collect();
        Ok(vec![Tensor::concat(&parts, axis("a join", self.axis, rank)?)?])
    }
}
