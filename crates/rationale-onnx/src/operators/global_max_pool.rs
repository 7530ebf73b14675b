//! [GlobalMaxPool](https://onnx.ai/onnx/operators/onnx__GlobalMaxPool.html): the largest element of each channel of each example.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::global_average_pool::over_space;
use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(_: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(GlobalMaxPool))
}

#[derive(Debug)]
struct GlobalMaxPool;

impl Operator for GlobalMaxPool {
    fn nature(&self) -> Nature {
        Nature::Maximum
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        Ok(vec![over_space(x, |rows| rows.max(2))?])
    }
}
