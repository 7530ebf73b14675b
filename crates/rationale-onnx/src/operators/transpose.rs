//! [Transpose](https://onnx.ai/onnx/operators/onnx__Transpose.html): the dimensions in another order, or reversed.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::axis::axes;
use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    let given = node.attributes.contains("perm");
    let order = given.then(|| node.attributes.ints("perm").map(<[i64]>::to_vec)).transpose()?;
    Ok(Box::new(Transpose { order }))
}

#[derive(Debug)]
struct Transpose {
    order: Option<Vec<i64>>,
}

impl Operator for Transpose {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "data")?;
        let order = match &self.order {
            Some(order) => axes("Transpose", order, x.rank())?,
            None => (0..x.rank()).rev().collect(),
        };
        Ok(vec![x.permute(&order)?])
    }
}
