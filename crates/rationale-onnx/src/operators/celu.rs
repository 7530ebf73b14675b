//! [Celu](https://onnx.ai/onnx/operators/onnx__Celu.html): x where it is positive, else `alpha` (e^(x / `alpha`) - 1). Since operator set 12.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::elu::exp_minus_1;
use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    let alpha = f64::from(node.attributes.float_or("alpha", 1.0)?);
    Ok(Box::new(Celu { alpha }))
}

#[derive(Debug)]
struct Celu {
    alpha: f64,
}

impl Operator for Celu {
    fn nature(&self) -> Nature {
        Nature::Elementwise
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        let below = exp_minus_1(&x.at_most(0.0)?.mul_number(1.0 / self.alpha)?)?.mul_number(self.alpha)?;
        Ok(vec![x.relu()?.add(&below)?])
    }
}
