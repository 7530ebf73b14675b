//! Class activation mapping. Zhou, Khosla, Lapedriza, Oliva and Torralba 2016, <https://arxiv.org/abs/1512.04150>.
//!
//! ```text
//! S_c = sum_k w_ck sum_ij A_kij + b_c                  (1)
//! M_c = sum_k w_ck A_k                                 (2)
//! ```
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | A | the activation of the last layer | `[channel, row, column]` |
//! | w_c | the result: the row of the last linear layer over the number of positions | `[channel]` |
//! | S_c | the logit | |
//!
//! Holds: the raw map sums to the logit less its bias, exactly.
//! Costs: two forward passes of what lies behind the layer, and their gradients.
//! Departs: the weights are not looked up in the file but measured: the gradient of a mean and a linear layer is w / Z at
//! every position, whatever the activations are. Where it differs between positions, or changes when the activations are
//! halved, the network has no such end and is refused. Where the paper has a sum, most networks have a mean; the factor Z
//! cancels in the scaled map.

use ndarray::{ArrayView3, Axis, Zip};

use super::look::Place;
use super::weights::{Weights, spatial_mean};
use crate::Error;

/// How far gradients may differ for rounding's sake, as a part of the largest.
const TOLERANCE: f64 = 1e-4;

pub(super) fn weights(at: &Place<'_>) -> Result<Weights, Error> {
    let refused = |reason| Error::NotPooledLinear { layer: at.seen().layer.name.clone(), reason };
    let gradient = at.gradient();
    let largest = gradient.fold(0.0_f64, |most, it| most.max(it.abs()));
    let halved = at.gradient_at(&at.value()?.mul_number(0.5)?)?;
    if differs(gradient, halved.index_axis(Axis(0), 0), largest) {
        return Err(refused("the output is not linear in it"));
    }
    let mean = spatial_mean(gradient);
    let constant = mean.view().insert_axis(Axis(1)).insert_axis(Axis(2));
    let Some(constant) = constant.broadcast(gradient.raw_dim()) else {
        return Err(refused("it has no positions"));
    };
    if differs(gradient, constant, largest) {
        return Err(refused("its positions do not count alike"));
    }
    Ok(Weights::Channels(mean))
}

fn differs(left: ArrayView3<'_, f64>, right: ArrayView3<'_, f64>, largest: f64) -> bool {
    Zip::from(left).and(right).any(|a, b| (a - b).abs() > TOLERANCE * largest)
}
