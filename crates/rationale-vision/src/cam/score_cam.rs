//! Score-CAM. Wang, Wang, Du, Yang, Zhang, Ding, Mardziel and Hu 2020, <https://arxiv.org/abs/1910.01279>.
//!
//! ```text
//! H_k = s(Up(A_k)),  s(x) = (x - min x) / (max x - min x + eps)         (5), (6)
//! C_k = f(X * H_k)                                                       (7)
//! w   = softmax over k of C_k                                            (8)
//! ```
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | A | the layer's value | `[channel, row, column]` |
//! | X | the picture as prepared for the network | `[1, channel, row, column]` |
//! | Up | bilinear, aligned corners | |
//! | f | the number that is explained | |
//! | eps | [`EPS`] | |
//!
//! Holds: weights are positive and sum to 1; no gradient is asked for.
//! Costs: one forward pass a channel (2,048 for a ResNet-50), `batch_size` of them at once. Masked pictures are made
//! batch by batch.
//! Departs: (7) subtracts f(X_b), which all weights have in common, so that it cancels in (8). The mask multiplies the
//! prepared picture, so that 0 is the mean colour where preparation subtracts it; aligned corners, eps and both of these are
//! pytorch-grad-cam's.

use ndarray::Array1;
use rationale_tensor::Tensor;

use super::look::Place;
use super::weights::Weights;
use crate::Error;

/// What keeps a constant channel from a division by 0; pytorch-grad-cam's.
const EPS: f64 = 1e-8;

pub(super) fn weights(at: &Place<'_>) -> Result<Weights, Error> {
    let (input, objective) = (at.input()?, at.objective()?);
    let maps = at.seen().layer.layout.device_map(&at.value()?)?;
    let (axes, n_channels) = (at.passes.axes(), at.n_channels());
    let mut scores = Vec::with_capacity(n_channels);
    for first in (0..n_channels).step_by(at.passes.batch_size()) {
        let end = n_channels.min(first + at.passes.batch_size());
        let masks = masks(&maps.narrow(1, first, end)?, axes.size)?;
        let masks = if axes.channel == 1 { masks } else { masks.permute(&[0, 2, 3, 1])? };
        let output = at.passes.output(&input.mul(&masks.cast(input.element())?)?, &[])?;
        scores.extend(objective.scores(&output)?.to_f64s()?);
    }
    Ok(Weights::Channels(softmax(&Array1::from(scores))))
}

/// The masks `[channel, 1, row, column]` of channels `[1, channel, row, column]`.
fn masks(channels: &Tensor, size: [usize; 2]) -> Result<Tensor, Error> {
    let n = channels.shape()[1];
    let flat = channels.interpolate_bilinear(size, true)?.reshape(&[n, size[0] * size[1]])?;
    let (least, most) = (flat.min(1)?, flat.max(1)?);
    let scaled = flat.sub(&least)?.div(&most.sub(&least)?.add_number(EPS)?)?;
    Ok(scaled.reshape(&[n, 1, size[0], size[1]])?)
}

fn softmax(scores: &Array1<f64>) -> Array1<f64> {
    let most = scores.fold(f64::NEG_INFINITY, |most, it| most.max(*it));
    let powers = scores.mapv(|it| (it - most).exp());
    let sum = powers.sum();
    powers / sum
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_softmax_does_not_overflow() {
        assert_eq!(softmax(&array![1000.0, 1000.0]), array![0.5, 0.5]);
    }
}
