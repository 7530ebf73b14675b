//! Multipliers of functions of one element, and of quotients.

use super::path::reference;
use super::reference::Call;
use super::{Inputs, detached, followed, indicator, valued, where_else, with_followed};
use crate::{Error, Nature, Operator, Tensor};

/// Inputs that are nearer than this, relative to their size, are taken as one point, whose slope is the multiplier: a
/// quotient of two such differences would be rounding error in single precision, and the slope at their middle is off
/// by the square of this.
const NEAR: f64 = 1e-4;

/// Of a function of one followed input: the difference of the outputs over that of the inputs.
pub(super) fn rescaled(
    operator: &dyn Operator,
    inputs: &Inputs,
    index: usize,
    call: &Call,
) -> Result<Vec<Tensor>, Error> {
    let Some(x) = inputs[index].as_ref() else { return operator.forward(inputs) };
    let outputs = operator.forward(&detached(inputs))?;
    let Some((y, y0)) = outputs.first().zip(call.outputs.first()) else { return Ok(outputs) };
    let (own, other) = (x.detach(), reference(call, index, x));
    let step = own.sub(other)?;
    let near = if operator.nature() == Nature::Rectifier {
        // Differences of a rectifier are exact on one side of 0, and do not cancel across it.
        step.equal(&step.full_like(0.0)?)?
    } else {
        own.abs()?.add(&other.abs()?)?.mul_number(NEAR)?.greater_equal(&step.abs()?)?
    };
    let is_near = near.to_bools()?.contains(&true);
    let step = if is_near { where_else(&near.not()?, &step, 1.0)? } else { step };
    let mut slope = y.sub(y0)?.div(&step)?;
    if is_near {
        slope = where_else(&near.not()?.expand(&slope.shape())?, &slope, 0.0)?;
    }
    // Of infinite inputs, such as those that a mask puts in, there is no difference.
    let unknown = slope.is_nan()?;
    if unknown.to_bools()?.contains(&true) {
        slope = where_else(&unknown.not()?, &slope, 0.0)?;
    }
    let mut twin = x.mul(&slope)?;
    if is_near {
        twin = twin.add(&of_slope(operator, inputs, other, &near, y)?)?;
    }
    valued([vec![twin], outputs[1..].to_vec()].concat(), &outputs)
}

/// The operator itself where both inputs are near each other, at their middle; nothing elsewhere.
fn of_slope(
    operator: &dyn Operator,
    inputs: &Inputs,
    other: &Tensor,
    near: &Tensor,
    y: &Tensor,
) -> Result<Tensor, Error> {
    let middles = with_followed(inputs, |_, x| {
        let own = x.detach();
        x.with_value(&near.choose(&own.add(other)?.mul_number(0.5)?, &own)?)
    })?;
    let slopes = operator.forward(&middles)?;
    let Some(slope) = slopes.into_iter().next() else { return y.full_like(0.0) };
    where_else(&near.expand(&y.shape())?, &slope, 0.0)
}

/// Of a quotient a / b: the product of a and 1 / b, whose multiplier to b is -1 / (b b0). Each of both differences is
/// taken at the other's mean.
pub(super) fn quotient(operator: &dyn Operator, inputs: &Inputs, call: &Call) -> Result<Vec<Tensor>, Error> {
    let outputs = operator.forward(&detached(inputs))?;
    let [Some(a), Some(b), ..] = inputs else { return Ok(outputs) };
    let (a0, b0) = (reference(call, 0, a), reference(call, 1, b));
    let (own_a, own_b) = (a.detach(), b.detach());
    let inverse = own_b.reciprocal()?.add(&b0.reciprocal()?)?.mul_number(0.5)?;
    let mean = own_a.add(a0)?.mul_number(-0.5)?.div(&own_b.mul(b0)?)?;
    let twins = [a.mul(&inverse)?, b.mul(&mean)?];
    let followed = followed(inputs);
    let twin = match followed[..] {
        [0] => twins[0].clone(),
        [1] => twins[1].clone(),
        _ => twins[0].add(&twins[1])?,
    };
    valued(vec![twin], &outputs)
}

/// Where a tensor is positive, and half where it is 0, as factors.
pub(super) fn positive(x: &Tensor) -> Result<Tensor, Error> {
    let zero = x.full_like(0.0)?;
    let (above, at) = (indicator(&x.greater(&zero)?, x)?, indicator(&x.equal(&zero)?, x)?);
    above.add(&at.mul_number(0.5)?)
}
