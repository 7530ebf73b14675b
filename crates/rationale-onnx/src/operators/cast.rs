//! [Cast](https://onnx.ai/onnx/operators/onnx__Cast.html) and
//! [CastLike](https://onnx.ai/onnx/operators/onnx__CastLike.html) (since operator set 15): elements of another type.
//! Reals become whole numbers by cutting off; outside a type's range, which the specification leaves open, they become
//! its end. `saturate`, since 19, concerns 8-bit reals alone, which are not run.

use rationale_tensor::{Element, Error, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;
use crate::element::element_of_code;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Cast { to: Some(element_of_code("`to`", node.attributes.int("to")?)?) }))
}

pub(super) fn build_like(_: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Cast { to: None }))
}

#[derive(Debug)]
struct Cast {
    /// The type, or that of the second input.
    to: Option<Element>,
}

impl Operator for Cast {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let to = self.to.map_or_else(|| required(inputs, 1, "target_type").map(Tensor::element), Ok)?;
        Ok(vec![required(inputs, 0, "input")?.cast(to)?])
    }
}
