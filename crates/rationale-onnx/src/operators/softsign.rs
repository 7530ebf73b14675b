//! [Softsign](https://onnx.ai/onnx/operators/onnx__Softsign.html): x / (1 + |x|).

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(_: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Softsign))
}

#[derive(Debug)]
struct Softsign;

impl Operator for Softsign {
    fn nature(&self) -> Nature {
        Nature::Elementwise
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        Ok(vec![x.div(&x.abs()?.add_number(1.0)?)?])
    }
}
