//! [Gather](https://onnx.ai/onnx/operators/onnx__Gather.html): the parts of a dimension with these indices, negative ones
//! since operator set 11. The indices' dimensions stand where the dimension stood.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::axis::axis;
use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Gather { axis: node.attributes.int_or("axis", 0)? }))
}

#[derive(Debug)]
struct Gather {
    axis: i64,
}

impl Operator for Gather {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let (x, indices) = (required(inputs, 0, "data")?, required(inputs, 1, "indices")?);
        let dimension = axis("Gather", self.axis, x.rank())?;
        let mut shape = x.shape();
        shape.splice(dimension..=dimension, indices.shape());
        Ok(vec![x.select(dimension, &indices.to_i64s()?)?.reshape(&shape)?])
    }
}
