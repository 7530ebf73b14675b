//! [ConstantOfShape](https://onnx.ai/onnx/operators/onnx__ConstantOfShape.html), since operator set 9: one value, by
//! default 0 of single precision, repeated over a shape that is given as numbers.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::axis::lengths;
use super::operand::required;
use super::{Built, Context};
use crate::{Node, element};

pub(super) fn build(node: &Node, context: &Context<'_>) -> Built {
    let value = if node.attributes.contains("value") {
        element::tensor(node.attributes.tensor("value")?.clone(), context.device)?
    } else {
        Tensor::from_vec(vec![0.0_f32], &[1], context.device).map_err(crate::Error::from)?
    };
    Ok(Box::new(ConstantOfShape(value)))
}

#[derive(Debug)]
struct ConstantOfShape(Tensor);

impl Operator for ConstantOfShape {
    fn nature(&self) -> Nature {
        Nature::Opaque
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let shape = lengths("a length", &required(inputs, 0, "input")?.to_i64s()?)?;
        Ok(vec![self.0.reshape(&vec![1; shape.len()])?.expand(&shape)?])
    }
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use rationale_tensor::Device;

    use super::*;

    #[test]
    fn what_is_too_large_is_refused_before_it_is_made() {
        let device = Device::flex();
        let zero = ConstantOfShape(Tensor::from_vec(vec![0.0_f32], &[1], &device).unwrap());
        let shape = |lengths: Vec<i64>| Some(Tensor::from_vec(lengths, &[2], &device).unwrap());
        assert!(matches!(zero.forward(&[shape(vec![1 << 40, 1 << 40])]), Err(Error::TooLarge { .. })));
        assert!(zero.forward(&[shape(vec![-1, 2])]).is_err());
        assert!(zero.forward(&[shape(vec![0, 2])]).unwrap()[0].is_empty());
    }
}
