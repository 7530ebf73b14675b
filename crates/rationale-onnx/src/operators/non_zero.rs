//! [NonZero](https://onnx.ai/onnx/operators/onnx__NonZero.html), since operator set 9: the indices of all elements that
//! are not 0, one column each, in row-major order.

use rationale_tensor::{Element, Error, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(_: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(NonZero))
}

#[derive(Debug)]
struct NonZero;

impl Operator for NonZero {
    fn nature(&self) -> Nature {
        Nature::Opaque
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        let truths = x.cast(Element::Bool)?.to_bools()?;
        let places: Vec<usize> = truths.iter().enumerate().filter(|(_, it)| **it).map(|(i, _)| i).collect();
        let shape = x.shape();
        Tensor::check_size(&[shape.len(), places.len()], Element::I64)?;
        let mut indices = Vec::new();
        for (i, &length) in shape.iter().enumerate() {
            let inner: usize = shape.iter().skip(i + 1).product();
            indices.extend(places.iter().map(|place| (place / inner.max(1) % length.max(1)) as i64));
        }
        Ok(vec![Tensor::from_vec(indices, &[shape.len(), places.len()], &x.device())?])
    }
}
