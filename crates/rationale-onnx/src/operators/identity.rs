//! [Identity](https://onnx.ai/onnx/operators/onnx__Identity.html): what comes in.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(_: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Identity))
}

#[derive(Debug)]
struct Identity;

impl Operator for Identity {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        Ok(vec![required(inputs, 0, "input")?.clone()])
    }
}
