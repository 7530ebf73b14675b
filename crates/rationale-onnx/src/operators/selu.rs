//! [Selu](https://onnx.ai/onnx/operators/onnx__Selu.html): `gamma` x where x is positive, else `gamma` `alpha` (e^x - 1).

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::elu::exp_minus_1;
use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    let number = |name: &str, default: f32| node.attributes.float_or(name, default).map(f64::from);
    Ok(Box::new(Selu { alpha: number("alpha", 1.673_263_2)?, gamma: number("gamma", 1.050_701)? }))
}

#[derive(Debug)]
struct Selu {
    alpha: f64,
    gamma: f64,
}

impl Operator for Selu {
    fn nature(&self) -> Nature {
        Nature::Elementwise
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        let below = exp_minus_1(&x.at_most(0.0)?)?.mul_number(self.alpha)?;
        Ok(vec![x.relu()?.add(&below)?.mul_number(self.gamma)?])
    }
}
