//! Shapley-CAM. Cai 2025, <https://arxiv.org/abs/2501.06261>.
//!
//! ```text
//! w_k = 1/Z sum_ij (g - 1/2 H A)_kij                                    (weights of ShapleyCAM)
//! H A ~ (4 D(e) - D(2e)) / 3,  D(e) = (g(A + e A) - g(A - e A)) / 2e
//! ```
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | A | the activation | `[channel, row, column]` |
//! | g, H | gradient and second derivative of the explained number at A | |
//! | Z | the number of positions | |
//! | e | [`CamMethod::ShapleyCam`](crate::CamMethod::ShapleyCam)`::step` | |
//!
//! Holds: the second-order part of the activations' Shapley values. Equal to Grad-CAM where what follows the layer is
//! linear in pieces, whose second derivative is 0.
//! Costs: as Grad-CAM, and four more passes with gradients through what lies behind the layer.
//! Departs: gradients are taken once only, so the product with the second derivative is a central difference of them,
//! after one step of Richardson's extrapolation, with an error of e^4 and of rounding over e. |D(e) - D(2e)| / 3, as a part
//! of the largest weight, is in the evidence as `hvp_error`: it bounds what the extrapolation corrects. pytorch-grad-cam differentiates twice. Across a kink
//! of a ReLU a difference sees a slope that the derivative, 0 on either side, does not.

use ndarray::{Array3, Axis};

use super::look::Place;
use super::weights::{Weights, spatial_mean};
use crate::Error;

pub(super) fn weights(at: &Place<'_>, step: f64) -> Result<Weights, Error> {
    if !(step > 0.0 && step < 0.5) {
        return Err(Error::Number {
            what: "the step of shapley-cam",
            value: step,
            expected: "between 0 and 0.5",
        });
    }
    let (near, far) = (difference(at, step)?, difference(at, 2.0 * step)?);
    let correction = (&near - &far) / 3.0;
    let weights = spatial_mean((&at.gradient() - &((near + &correction) * 0.5)).view());
    let error = spatial_mean(correction.view()).fold(0.0_f64, |most, it| most.max(it.abs()));
    let largest = weights.fold(0.0_f64, |most, it| most.max(it.abs()));
    at.note_error(if largest > 0.0 { error / largest } else { error });
    Ok(Weights::Channels(weights))
}

/// D(e): how fast the gradient changes as the activation grows.
fn difference(at: &Place<'_>, step: f64) -> Result<Array3<f64>, Error> {
    let value = at.value()?;
    let gradient = |factor: f64| -> Result<Array3<f64>, Error> {
        Ok(at.gradient_at(&value.mul_number(factor)?)?.index_axis_move(Axis(0), 0))
    };
    Ok((gradient(1.0 + step)? - gradient(1.0 - step)?) / (2.0 * step))
}
