//! [Where](https://onnx.ai/onnx/operators/onnx__Where.html), since operator set 9: of two tensors, the element of the
//! first where a condition holds, else that of the second; broadcast.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(_: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Where))
}

#[derive(Debug)]
struct Where;

impl Operator for Where {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let condition = required(inputs, 0, "condition")?;
        Ok(vec![condition.choose(required(inputs, 1, "X")?, required(inputs, 2, "Y")?)?])
    }
}
