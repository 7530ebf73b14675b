//! [Expand](https://onnx.ai/onnx/operators/onnx__Expand.html): broadcast together with a shape; where that has a 1, the
//! tensor's own length stays.

use rationale_tensor::{Error, Nature, Operator, Tensor, broadcast_shape};

use super::axis::lengths;
use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(_: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Expand))
}

#[derive(Debug)]
struct Expand;

impl Operator for Expand {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "input")?;
        let asked = lengths("a length", &required(inputs, 1, "shape")?.to_i64s()?)?;
        Ok(vec![x.expand(&broadcast_shape(&x.shape(), &asked)?)?])
    }
}
