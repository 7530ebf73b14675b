//! [Mish](https://onnx.ai/onnx/operators/onnx__Mish.html): x tanh(ln(1 + e^x)). Since operator set 18.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(_: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Mish))
}

#[derive(Debug)]
struct Mish;

impl Operator for Mish {
    fn nature(&self) -> Nature {
        Nature::Elementwise
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        Ok(vec![x.mul(&x.neg()?.log_sigmoid()?.neg()?.tanh()?)?])
    }
}
