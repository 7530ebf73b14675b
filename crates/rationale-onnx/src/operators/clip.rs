//! [Clip](https://onnx.ai/onnx/operators/onnx__Clip.html): values held between two bounds, of which the upper one wins.
//! Before operator set 11 the bounds are attributes, since then inputs; since 12 for whole numbers too. The gradient is
//! that of x where x is within the bounds or on one.

use rationale_tensor::{Error, Kind, Nature, Operator, Tensor};

use super::operand::{optional, required, wrong_shape};
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, context: &Context<'_>) -> Built {
    if context.opset >= 11 {
        return Ok(Box::new(Clip::ByInputs));
    }
    let bound = |name: &str| node.attributes.contains(name).then(|| node.attributes.float(name)).transpose();
    Ok(Box::new(Clip::Between(bound("min")?.map(f64::from), bound("max")?.map(f64::from))))
}

#[derive(Debug)]
enum Clip {
    Between(Option<f64>, Option<f64>),
    ByInputs,
}

impl Operator for Clip {
    fn nature(&self) -> Nature {
        Nature::Elementwise
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "input")?;
        Ok(vec![match self {
            Self::Between(least, most) => {
                let above = least.map_or_else(|| Ok(x.clone()), |it| x.at_least(it))?;
                most.map_or_else(|| Ok(above.clone()), |it| above.at_most(it))?
            }
            Self::ByInputs => {
                let above = bounded(x, optional(inputs, 1), Tensor::at_least, Tensor::max_of)?;
                bounded(&above, optional(inputs, 2), Tensor::at_most, Tensor::min_of)?
            }
        }])
    }
}

/// A constant bound of reals is a number; one that is followed, or of whole numbers, which may not fit a real, a tensor.
fn bounded(
    x: &Tensor,
    bound: Option<&Tensor>,
    by_number: fn(&Tensor, f64) -> Result<Tensor, Error>,
    by_tensor: fn(&Tensor, &Tensor) -> Result<Tensor, Error>,
) -> Result<Tensor, Error> {
    let Some(bound) = bound else { return Ok(x.clone()) };
    if bound.len() != 1 || bound.element() != x.element() {
        let expected = format!("one element of {}", x.element());
        return Err(wrong_shape("a bound", expected, &bound.shape()));
    }
    match bound.to_f64s()?.first() {
        Some(number) if x.kind() == Kind::Float && !bound.is_followed() => by_number(x, *number),
        _ => by_tensor(x, &bound.reshape(&vec![1; x.rank()])?),
    }
}
