//! [TopK](https://onnx.ai/onnx/operators/onnx__TopK.html): the `K` largest or smallest elements along a dimension and
//! where they are, always in order. `K` is an attribute, and since operator set 10 an input; smallest ones since 11.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::axis::{axis, length, single};
use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    let attributes = &node.attributes;
    let k = if attributes.contains("k") { Some(attributes.int("k")?) } else { None };
    Ok(Box::new(TopK {
        k,
        axis: attributes.int_or("axis", -1)?,
        largest: attributes.int_or("largest", 1)? != 0,
    }))
}

#[derive(Debug)]
struct TopK {
    k: Option<i64>,
    axis: i64,
    largest: bool,
}

impl Operator for TopK {
    fn nature(&self) -> Nature {
        Nature::Selection
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        let dimension = axis("TopK", self.axis, x.rank())?;
        let k = self.k.map_or_else(|| single("`K`", required(inputs, 1, "K")?), Ok)?;
        let k = length("`K`", k)?;
        let (_, order) = x.detach().sort(dimension, self.largest)?;
        let order = order.narrow(dimension, 0, k)?;
        Ok(vec![x.gather(dimension, &order)?, order])
    }
}
