//! What a member of the family states.

use ndarray::{Array1, Array3, ArrayView3, Axis};

/// By what the activations `[channel, row, column]` are multiplied before they are added up.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Weights {
    /// One number a channel.
    Channels(Array1<f64>),
    /// One number an element.
    Elements(Array3<f64>),
}

impl Weights {
    /// The activations as they are.
    pub(super) fn ones(activation: ArrayView3<'_, f64>) -> Self {
        Self::Channels(Array1::ones(activation.len_of(Axis(0))))
    }

    /// The weighted activations.
    pub(super) fn times(&self, activation: ArrayView3<'_, f64>) -> Array3<f64> {
        match self {
            Self::Channels(weights) => {
                let weights = weights.view().insert_axis(Axis(1)).insert_axis(Axis(2));
                &activation * &weights
            }
            Self::Elements(weights) => &activation * weights,
        }
    }

    pub(super) fn channels(&self) -> Option<&Array1<f64>> {
        match self {
            Self::Channels(weights) => Some(weights),
            Self::Elements(_) => None,
        }
    }
}

/// The sum of each channel over space.
pub(super) fn spatial_sum(values: ArrayView3<'_, f64>) -> Array1<f64> {
    values.sum_axis(Axis(2)).sum_axis(Axis(1))
}

/// The mean of each channel over space.
pub(super) fn spatial_mean(values: ArrayView3<'_, f64>) -> Array1<f64> {
    let n = values.len_of(Axis(1)) * values.len_of(Axis(2));
    spatial_sum(values) / n.max(1) as f64
}
