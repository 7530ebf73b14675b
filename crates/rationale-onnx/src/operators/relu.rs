//! [Relu](https://onnx.ai/onnx/operators/onnx__Relu.html): max(x, 0). Since operator set 14 for whole numbers too.

use rationale_tensor::{Error, Kind, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(_: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Relu))
}

#[derive(Debug)]
struct Relu;

impl Operator for Relu {
    fn nature(&self) -> Nature {
        Nature::Rectifier
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        Ok(vec![if x.kind() == Kind::Float { x.relu()? } else { x.at_least(0.0)? }])
    }
}
