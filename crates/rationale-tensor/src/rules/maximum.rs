//! Multipliers of maxima and minima.

use super::path::reference;
use super::reference::Call;
use super::{Inputs, detached, valued, where_else};
use crate::{Error, Nature, Operator, Tensor};

/// Of a maximum y: where it rose over the reference's y0, all of the difference is due to the element that is the largest
/// now, where it fell, to the one that was the largest in the reference. That element moved at least as far in the same
/// direction, so its multiplier (y - y0) / (x - x0) lies between 0 and 1. Of a minimum the other way round.
pub(super) fn split(operator: &dyn Operator, inputs: &Inputs, call: &Call) -> Result<Vec<Tensor>, Error> {
    let outputs = operator.forward(&detached(inputs))?;
    let Some((y, y0)) = outputs.first().zip(call.outputs.first()) else { return Ok(outputs) };
    let difference = y.sub(y0)?;
    let (rise, fall) = (difference.at_least(0.0)?, difference.at_most(0.0)?);
    let (of_own, of_other) = if operator.nature() == Nature::Minimum { (fall, rise) } else { (rise, fall) };
    let own = winner(operator, inputs, |_, x| x.detach(), call)?.mul(&of_own)?;
    let other = winner(operator, inputs, |i, x| reference(call, i, x).clone(), call)?.mul(&of_other)?;
    valued([vec![own.add(&other)?], outputs[1..].to_vec()].concat(), &outputs)
}

/// The operator at these values, with the gradient of the chosen element over how far that element moved.
fn winner(
    operator: &dyn Operator,
    inputs: &Inputs,
    values: impl Fn(usize, &Tensor) -> Tensor,
    call: &Call,
) -> Result<Tensor, Error> {
    let of = |(i, input): (usize, &Option<Tensor>)| -> Result<Option<Tensor>, Error> {
        let Some(x) = input else { return Ok(None) };
        if !x.is_followed() {
            return Ok(Some(values(i, x)));
        }
        let moved = x.detach().sub(reference(call, i, x))?;
        let stayed = moved.equal(&moved.full_like(0.0)?)?;
        let inverse =
            where_else(&stayed.not()?, &where_else(&stayed.not()?, &moved, 1.0)?.reciprocal()?, 0.0)?;
        Ok(Some(x.mul(&inverse)?.with_value(&values(i, x))?))
    };
    let inputs = inputs.iter().enumerate().map(of).collect::<Result<Vec<_>, _>>()?;
    let outputs = operator.forward(&inputs)?;
    outputs.into_iter().next().ok_or_else(|| Error::Inputs {
        expected: "an output".to_owned(),
        actual: format!("none of {operator:?}"),
    })
}
