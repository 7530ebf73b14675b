//! [Pow](https://onnx.ai/onnx/operators/onnx__Pow.html): the base's type is the result's. Since operator set 12 whole
//! numbers too, and an exponent of another type than the base.

use rationale_tensor::{Element, Error, Kind, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(_: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Pow))
}

#[derive(Debug)]
struct Pow;

impl Operator for Pow {
    fn nature(&self) -> Nature {
        Nature::Elementwise
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let (base, exponent) = (required(inputs, 0, "X")?, required(inputs, 1, "Y")?);
        Ok(vec![if base.kind() == Kind::Float {
            of_reals(base, exponent)?
        } else {
            of_whole(base, exponent)?
        }])
    }
}

/// A single exponent that is not followed is taken as a number: that is faster, and the gradient is right for every base.
fn of_reals(base: &Tensor, exponent: &Tensor) -> Result<Tensor, Error> {
    if exponent.len() == 1 && exponent.rank() <= base.rank() && !exponent.is_followed() {
        let number = exponent.to_f64s()?.into_iter().next().unwrap_or(1.0);
        // By the formula, the gradient of x^0 at 0 would be 0 times infinity.
        return if number == 0.0 { base.full_like(1.0) } else { base.pow_number(number) };
    }
    base.pow(&exponent.cast(base.element())?)
}

fn of_whole(base: &Tensor, exponent: &Tensor) -> Result<Tensor, Error> {
    if exponent.kind() == Kind::Int && exponent.to_i64s()?.iter().all(|it| *it >= 0) {
        return base.pow(&exponent.cast(base.element())?);
    }
    base.cast(Element::F64)?.pow(&exponent.cast(Element::F64)?)?.cast(base.element())
}
