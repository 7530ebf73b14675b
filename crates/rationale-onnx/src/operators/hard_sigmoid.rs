//! [HardSigmoid](https://onnx.ai/onnx/operators/onnx__HardSigmoid.html): max(0, min(1, `alpha` x + `beta`)).

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    let number = |name: &str, default: f32| node.attributes.float_or(name, default).map(f64::from);
    Ok(Box::new(HardSigmoid { alpha: number("alpha", 0.2)?, beta: number("beta", 0.5)? }))
}

#[derive(Debug)]
struct HardSigmoid {
    alpha: f64,
    beta: f64,
}

impl Operator for HardSigmoid {
    fn nature(&self) -> Nature {
        Nature::Elementwise
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        Ok(vec![x.mul_number(self.alpha)?.add_number(self.beta)?.at_least(0.0)?.at_most(1.0)?])
    }
}
