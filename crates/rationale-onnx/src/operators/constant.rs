//! [Constant](https://onnx.ai/onnx/operators/onnx__Constant.html): a tensor that the file holds. Since operator set 12
//! also numbers and lists of numbers.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::{BuildError, Built, Context};
use crate::{Node, element};

pub(super) fn build(node: &Node, context: &Context<'_>) -> Built {
    Ok(Box::new(Constant(value(node, context)?)))
}

fn value(node: &Node, context: &Context<'_>) -> Result<Tensor, BuildError> {
    let (attributes, device) = (&node.attributes, context.device);
    let made = if attributes.contains("value_float") {
        Tensor::from_vec(vec![attributes.float("value_float")?], &[], device)
    } else if attributes.contains("value_floats") {
        let list = attributes.floats("value_floats")?;
        Tensor::from_vec(list.to_vec(), &[list.len()], device)
    } else if attributes.contains("value_int") {
        Tensor::from_vec(vec![attributes.int("value_int")?], &[], device)
    } else if attributes.contains("value_ints") {
        let list = attributes.ints("value_ints")?;
        Tensor::from_vec(list.to_vec(), &[list.len()], device)
    } else if let Some(name) =
        ["value_string", "value_strings", "sparse_value"].into_iter().find(|it| attributes.contains(it))
    {
        return Err(BuildError::Unsupported(format!("`{name}`")));
    } else {
        return Ok(element::tensor(attributes.tensor("value")?.clone(), device)?);
    };
    Ok(made.map_err(crate::Error::from)?)
}

#[derive(Debug)]
struct Constant(Tensor);

impl Operator for Constant {
    fn nature(&self) -> Nature {
        Nature::Opaque
    }

    fn forward(&self, _: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        Ok(vec![self.0.clone()])
    }
}
