//! [Add](https://onnx.ai/onnx/operators/onnx__Add.html): the sum of two tensors, broadcast.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(_: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Add))
}

#[derive(Debug)]
struct Add;

impl Operator for Add {
    fn nature(&self) -> Nature {
        Nature::Linear
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        Ok(vec![required(inputs, 0, "A")?.add(required(inputs, 1, "B")?)?])
    }
}
