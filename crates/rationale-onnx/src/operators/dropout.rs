//! [Dropout](https://onnx.ai/onnx/operators/onnx__Dropout.html) outside training: what comes in, and a mask that keeps all
//! of it. Since operator set 10 the mask is of truth values; since 12 training is an input.

use rationale_tensor::{Element, Error, Nature, Operator, Tensor};

use super::operand::{optional, required};
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, context: &Context<'_>) -> Built {
    Ok(Box::new(Dropout { has_mask: node.output(1).is_some(), mask_is_bool: context.opset >= 10 }))
}

#[derive(Debug)]
struct Dropout {
    has_mask: bool,
    mask_is_bool: bool,
}

impl Operator for Dropout {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "data")?;
        let trains = optional(inputs, 2).map(Tensor::to_bools).transpose()?;
        if trains.is_some_and(|it| it.contains(&true)) {
            let actual = "true".to_owned();
            return Err(Error::Setting { what: "the dropout's training mode", expected: "false", actual });
        }
        let mut outputs = vec![x.clone()];
        if self.has_mask {
            let element = if self.mask_is_bool { Element::Bool } else { x.element() };
            outputs.push(Tensor::full(1.0, &x.shape(), element, &x.device())?);
        }
        Ok(outputs)
    }
}
