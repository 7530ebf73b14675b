//! [Tanh](https://onnx.ai/onnx/operators/onnx__Tanh.html): the hyperbolic tangent.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(_: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Tanh))
}

#[derive(Debug)]
struct Tanh;

impl Operator for Tanh {
    fn nature(&self) -> Nature {
        Nature::Elementwise
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        Ok(vec![x.tanh()?])
    }
}
