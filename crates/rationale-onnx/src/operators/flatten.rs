//! [Flatten](https://onnx.ai/onnx/operators/onnx__Flatten.html): a matrix, whose columns are the dimensions from `axis`
//! on. Negative since operator set 11.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::axis::axis;
use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Flatten { axis: node.attributes.int_or("axis", 1)? }))
}

#[derive(Debug)]
struct Flatten {
    axis: i64,
}

impl Operator for Flatten {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "input")?;
        let (shape, rank) = (x.shape(), x.rank());
        // The end is a place to cut too, which negative numbers do not reach.
        let cut = if self.axis == rank as i64 { rank } else { axis("Flatten", self.axis, rank)? };
        let (rows, columns) = shape.split_at(cut);
        Ok(vec![x.reshape(&[rows.iter().product(), columns.iter().product()])?])
    }
}
