//! [Softplus](https://onnx.ai/onnx/operators/onnx__Softplus.html): ln(1 + e^x), without overflow.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(_: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Softplus))
}

#[derive(Debug)]
struct Softplus;

impl Operator for Softplus {
    fn nature(&self) -> Nature {
        Nature::Elementwise
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        Ok(vec![x.neg()?.log_sigmoid()?.neg()?])
    }
}
