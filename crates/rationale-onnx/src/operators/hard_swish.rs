//! [HardSwish](https://onnx.ai/onnx/operators/onnx__HardSwish.html): x max(0, min(1, x / 6 + 1 / 2)). Since operator set 14.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(_: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(HardSwish))
}

#[derive(Debug)]
struct HardSwish;

impl Operator for HardSwish {
    fn nature(&self) -> Nature {
        Nature::Elementwise
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        Ok(vec![x.mul(&x.mul_number(1.0 / 6.0)?.add_number(0.5)?.at_least(0.0)?.at_most(1.0)?)?])
    }
}
