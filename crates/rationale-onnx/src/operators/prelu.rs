//! [PRelu](https://onnx.ai/onnx/operators/onnx__PRelu.html): x where it is positive, else x times a slope, which is
//! broadcast to x. At 0 the gradient is the slope.

use rationale_tensor::{Error, Kind, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(_: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(PRelu))
}

#[derive(Debug)]
struct PRelu;

impl Operator for PRelu {
    fn nature(&self) -> Nature {
        Nature::Elementwise
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let (x, slope) = (required(inputs, 0, "X")?, required(inputs, 1, "slope")?);
        let above = if x.kind() == Kind::Float { x.relu()? } else { x.at_least(0.0)? };
        Ok(vec![above.add(&x.at_most(0.0)?.mul(slope)?)?])
    }
}
