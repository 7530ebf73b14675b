//! [LeakyRelu](https://onnx.ai/onnx/operators/onnx__LeakyRelu.html): x where it is positive, else `alpha` x; at 0 the gradient is `alpha`.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    let alpha = f64::from(node.attributes.float_or("alpha", 0.01)?);
    Ok(Box::new(LeakyRelu { alpha }))
}

#[derive(Debug)]
struct LeakyRelu {
    alpha: f64,
}

impl Operator for LeakyRelu {
    fn nature(&self) -> Nature {
        Nature::Elementwise
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        Ok(vec![x.relu()?.add(&x.at_most(0.0)?.mul_number(self.alpha)?)?])
    }
}
