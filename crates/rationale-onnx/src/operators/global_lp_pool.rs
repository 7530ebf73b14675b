//! [GlobalLpPool](https://onnx.ai/onnx/operators/onnx__GlobalLpPool.html): the p-norm of each channel of each example.

use rationale_tensor::{Error, Nature, Operator, Runner, Tensor};

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
        Ok(vec![self.run(inputs, &|operator, inputs| operator.forward(inputs))?])
    }

    fn parts(&self, inputs: &[Option<Tensor>], run: &Runner<'_>) -> Option<Result<Vec<Tensor>, Error>> {
        Some(self.run(inputs, run).map(|it| vec![it]))
    }
}

impl GlobalLpPool {
    fn run(&self, inputs: &[Option<Tensor>], run: &Runner<'_>) -> Result<Tensor, Error> {
        let x = required(inputs, 0, "X")?;
        over_space(x, |rows| root(run, &power(run, rows, self.p)?.sum(2)?, self.p))
    }
}
