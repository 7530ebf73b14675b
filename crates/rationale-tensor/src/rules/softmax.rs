//! Multipliers of softmax.

use super::reference::Call;
use super::{Inputs, detached, valued, where_else};
use crate::{Error, Nature, Operator, Tensor};

/// The least probability whose logarithm is told from that of 0.
const LEAST: f64 = 1e-37;
/// Logarithms nearer than this have the geometric mean, corrected, as their logarithmic mean.
const NEAR: f64 = 0.1;

/// With L the logarithmic mean of s and s0, (s - s0) / (ln s - ln s0), element by element:
///
/// ln s - ln s0 = (x - x0) - sum_j w_j (x_j - x0_j), w = L / sum L, because the differences s - s0 = L (ln s - ln s0) sum
/// to 0; so the multipliers are those of the softmax's own derivative with L in the place of s:
/// m_ij = L_i (delta_ij - w_j). They are complete exactly, symmetric, and blind to a constant added to x or x0, as
/// softmax is. (In economics the same mean divides a change among factors without a residue: Sato 1976, Vartia 1976.)
///
/// The operator itself is run at ln L: there its value is w and its derivative diag(w) - w w^T.
pub(super) fn mean(operator: &dyn Operator, inputs: &Inputs, call: &Call) -> Result<Vec<Tensor>, Error> {
    let outputs = operator.forward(&detached(inputs))?;
    let (Some(x), Some((y, y0))) =
        (inputs.first().and_then(Option::as_ref), outputs.first().zip(call.outputs.first()))
    else {
        return Ok(outputs);
    };
    let is_log = operator.nature() == Nature::LogSoftmax;
    let means = if is_log {
        logarithmic_mean(&y.exp()?, &y0.exp()?, y, y0)?
    } else {
        let logarithm = |it: &Tensor| it.at_least(LEAST)?.log();
        logarithmic_mean(y, y0, &logarithm(y)?, &logarithm(y0)?)?
    };
    let means = means.at_least(LEAST)?;
    let twin = operator.forward(&[Some(x.with_value(&means.log()?)?)])?;
    let Some(twin) = twin.into_iter().next() else { return Ok(outputs) };
    if is_log {
        return valued(vec![twin], &outputs);
    }
    let weights = twin.detach();
    let seen = weights.greater(&weights.full_like(1e-30)?)?;
    let total = where_else(&seen, &means.div(&where_else(&seen, &weights, 1.0)?)?, 0.0)?;
    valued(vec![twin.mul(&total)?], &outputs)
}

fn logarithmic_mean(s: &Tensor, s0: &Tensor, log: &Tensor, log0: &Tensor) -> Result<Tensor, Error> {
    let step = log.sub(log0)?;
    // Two infinities, of elements that are masked in both.
    let step = where_else(&step.is_nan()?.not()?, &step, 0.0)?;
    let far = step.abs()?.greater(&step.full_like(NEAR)?)?;
    let quotient = s.sub(s0)?.div(&where_else(&far, &step, 1.0)?)?;
    let geometric = s.mul(s0)?.sqrt()?.mul(&step.mul(&step)?.mul_number(1.0 / 24.0)?.add_number(1.0)?)?;
    far.choose(&quotient, &geometric)
}
