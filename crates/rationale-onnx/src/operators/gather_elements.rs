//! [GatherElements](https://onnx.ai/onnx/operators/onnx__GatherElements.html), since operator set 11: for each place of
//! the indices, the element there with the index along one dimension replaced.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::axis::axis;
use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(GatherElements { axis: node.attributes.int_or("axis", 0)? }))
}

#[derive(Debug)]
struct GatherElements {
    axis: i64,
}

impl Operator for GatherElements {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let (x, indices) = (required(inputs, 0, "data")?, required(inputs, 1, "indices")?);
        Ok(vec![x.gather(axis("GatherElements", self.axis, x.rank())?, indices)?])
    }
}
