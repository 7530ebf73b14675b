//! [GlobalLpPool](https://onnx.ai/onnx/operators/onnx__GlobalLpPool.html): the p-norm of each channel of each example.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::global_average_pool::over_space;
use super::lp_pool::{order, power, root};
use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(GlobalLpPool { p: order(node)? }))
}

#[derive(Debug)]
struct GlobalLpPool {
    p: i32,
}

impl Operator for GlobalLpPool {
    fn nature(&self) -> Nature {
        Nature::Joint
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        Ok(vec![over_space(x, |rows| root(&power(rows, self.p)?.sum(2)?, self.p))?])
    }
}
