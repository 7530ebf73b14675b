//! Ablation-CAM. Desai and Ramaswamy 2020, <https://doi.org/10.1109/WACV45572.2020.9093360>.
//!
//! ```text
//! w_k = (y - y_k) / y          y_k: the number that is explained where channel k is set to 0        (3)
//! map = ReLU(sum_k w_k A_k)                                                                           (4)
//! ```
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | A | the layer's value | `[channel, row, column]` |
//! | y | [`Place::score`] | |
//! | w | the result | `[channel]` |
//!
//! Holds: no gradient is asked for, so it also serves where gradients vanish.
//! Costs: a pass through what lies behind the layer for each channel, `batch_size` of them at once; one forward pass.
//! Departs: the divisor is |y|, because a negative y would turn the map around. A channel is set to 0, as the paper has
//! it, in every layer; pytorch-grad-cam does so only where the smallest activation is 0, and else sets it to that less
//! 1e7, taken anew for each channel of a batch, so that its maps of layers without ReLU depend on the batch size. Of
//! tokens, the leading ones lose the channel too.

use ndarray::Array1;
use rationale_tensor::Tensor;

use super::look::Place;
use super::weights::Weights;
use crate::Error;

pub(super) fn weights(at: &Place<'_>) -> Result<Weights, Error> {
    let (score, n_channels) = (at.score()?, at.n_channels());
    let mut drops = Vec::with_capacity(n_channels);
    for first in (0..n_channels).step_by(at.passes.batch_size()) {
        let end = n_channels.min(first + at.passes.batch_size());
        drops.extend(ablated(at, first, end)?.into_iter().map(|it| score - it));
    }
    let size = if score == 0.0 { 1.0 } else { score.abs() };
    Ok(Weights::Channels(Array1::from(drops) / size))
}

/// The numbers that are left when one of these channels at a time is set to 0.
fn ablated(at: &Place<'_>, first: usize, end: usize) -> Result<Vec<f64>, Error> {
    let (layer, value) = (&at.seen().layer, at.value()?);
    let kept = kept(&value, layer.channel_axis(), first, end)?;
    let pictures = at.input()?.repeat(0, end - first)?;
    let output = at.passes.output(&pictures, &[(&layer.name, &value.mul(&kept)?)])?;
    Ok(at.objective()?.scores(&output)?.to_f64s()?)
}

/// A mask that is 0 at one channel, a row for each.
fn kept(value: &Tensor, axis: usize, first: usize, end: usize) -> Result<Tensor, Error> {
    let n_channels = value.shape()[axis];
    let mut shape = vec![1; value.rank()];
    (shape[0], shape[axis]) = (end - first, n_channels);
    let mut mask = vec![1.0_f32; (end - first) * n_channels];
    (first..end).enumerate().for_each(|(row, channel)| mask[row * n_channels + channel] = 0.0);
    Ok(Tensor::from_vec(mask, &shape, &value.device())?.cast(value.element())?)
}
