//! [DequantizeLinear](https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html): x less a zero point, times a scale, whose
//! type is the output's. Since operator set 13 there may be one scale an index of `axis`, since 21 one a block.

use rationale_tensor::{Element, Error, Kind, Nature, Operator, Tensor};

use super::linear_quantization::Spread;
use super::operand::{optional, required};
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(DequantizeLinear { spread: Spread::of(node)? }))
}

#[derive(Debug)]
struct DequantizeLinear {
    spread: Spread,
}

impl Operator for DequantizeLinear {
    fn nature(&self) -> Nature {
        Nature::Linear
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let (x, scale) = (required(inputs, 0, "x")?, required(inputs, 1, "x_scale")?);
        // The difference may need more bits than either.
        let wide = |it: &Tensor| {
            if it.kind() == Kind::Int { it.cast(Element::I64) } else { it.cast(scale.element()) }
        };
        let mut difference = wide(x)?;
        if let Some(zero) = optional(inputs, 2) {
            difference = difference.sub(&self.spread.over(&wide(zero)?, x)?)?;
        }
        Ok(vec![difference.cast(scale.element())?.mul(&self.spread.over(scale, x)?)?])
    }
}
