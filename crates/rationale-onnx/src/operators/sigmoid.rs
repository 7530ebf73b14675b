//! [Sigmoid](https://onnx.ai/onnx/operators/onnx__Sigmoid.html): 1 / (1 + e^-x).

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(_: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Sigmoid))
}

#[derive(Debug)]
struct Sigmoid;

impl Operator for Sigmoid {
    fn nature(&self) -> Nature {
        Nature::Elementwise
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        Ok(vec![x.sigmoid()?])
    }
}
