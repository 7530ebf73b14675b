//! [QuantizeLinear](https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html): x over a scale, rounded to the nearest whole
//! number (halves to the even one), plus a zero point, held in the range of the type. Since operator set 13 there may be
//! one scale an index of `axis`, since 21 one a block; since 21 `output_dtype` says the type where there is no zero point.

use rationale_tensor::{Element, Error, Kind, Nature, Operator, Tensor};

use super::linear_quantization::Spread;
use super::operand::{optional, required};
use super::{BuildError, Built, Context};
use crate::{Node, element};

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    let code = node.attributes.int_or("output_dtype", 0)?;
    let output = (code != 0).then(|| element::element_of_code("a quantised tensor", code)).transpose()?;
    match output {
        Some(element) if range(element).is_none() => {
            Err(BuildError::Unsupported(format!("{element} outputs")))
        }
        _ => Ok(Box::new(QuantizeLinear { spread: Spread::of(node)?, output })),
    }
}

#[derive(Debug)]
struct QuantizeLinear {
    spread: Spread,
    output: Option<Element>,
}

impl Operator for QuantizeLinear {
    fn nature(&self) -> Nature {
        Nature::Opaque
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let (x, scale, zero) =
            (required(inputs, 0, "x")?, required(inputs, 1, "y_scale")?, optional(inputs, 2));
        let output = zero.map(Tensor::element).or(self.output).unwrap_or(Element::U8);
        let what = || "a quantised tensor".to_owned();
        let expected = "a type of whole numbers of 8 or 16 bits";
        let (least, most) =
            range(output).ok_or_else(|| Error::Element { what: what(), expected, actual: output })?;
        let reals = if x.kind() == Kind::Float { x.detach() } else { x.cast(scale.element())? };
        let scale = self.spread.over(&scale.cast(reals.element())?, x)?;
        let mut y = reals.div(&scale)?.cast(Element::F64)?.round()?;
        if let Some(zero) = zero {
            y = y.add(&self.spread.over(&zero.cast(Element::F64)?, x)?)?;
        }
        Ok(vec![y.at_least(least)?.at_most(most)?.cast(Element::I32)?.cast(output)?])
    }
}

fn range(element: Element) -> Option<(f64, f64)> {
    match element {
        Element::I8 => Some((f64::from(i8::MIN), f64::from(i8::MAX))),
        Element::U8 => Some((0.0, f64::from(u8::MAX))),
        Element::I16 => Some((f64::from(i16::MIN), f64::from(i16::MAX))),
        Element::U16 => Some((0.0, f64::from(u16::MAX))),
        _ => None,
    }
}
