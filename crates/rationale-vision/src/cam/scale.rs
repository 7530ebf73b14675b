//! From raw maps of layers to one map of the picture.
//!
//! ```text
//! map_l = upsample(minmax(max(raw_l, 0)))      minmax(x) = (x - min) / (1e-7 + max(x - min))
//! map   = minmax(mean_l map_l)
//! ```
//!
//! Departs: nothing from pytorch-grad-cam's order, eps and interpolation. A signed map, which is ours, is divided by the
//! largest size of its values instead, so that 0 stays 0.

use ndarray::{Array2, ArrayView2};

use super::explain::Sign;
use crate::picture::{MINMAX_EPS, scaled_to, symmetric};
use crate::{Error, Grid, minmax, upsample};

/// A layer's map at the picture's size.
pub(super) fn scaled(raw: ArrayView2<'_, f64>, size: [usize; 2], sign: Sign) -> Result<Array2<f64>, Error> {
    match sign {
        Sign::Positive => scaled_to(raw.mapv(|it| it.max(0.0)).view(), size),
        Sign::Both => upsample(symmetric(raw, 100.0)?.view(), size, Grid::HalfPixel),
    }
}

/// The mean of the layers' maps.
pub(super) fn joined(maps: &[Array2<f64>], size: [usize; 2], sign: Sign) -> Result<Array2<f64>, Error> {
    let sum = maps.iter().fold(Array2::zeros(size), |sum, map| sum + map);
    let mean = sum / maps.len().max(1) as f64;
    match sign {
        Sign::Positive => Ok(minmax(mean.view(), MINMAX_EPS)),
        Sign::Both => symmetric(mean.view(), 100.0),
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn negative_values_are_cut_before_scaling_and_signed_ones_kept() {
        let raw = array![[-4.0, 0.0], [1.0, 2.0]];
        let positive = scaled(raw.view(), [2, 2], Sign::Positive).unwrap();
        assert!((positive - array![[0.0, 0.0], [0.5, 1.0]]).iter().all(|it| it.abs() < 1e-6));
        let both = scaled(raw.view(), [2, 2], Sign::Both).unwrap();
        assert_eq!(both, array![[-1.0, 0.0], [0.25, 0.5]]);
    }

    #[test]
    fn layers_are_averaged() {
        let maps = [array![[0.0, 1.0]], array![[0.5, 0.5]]];
        let map = joined(&maps, [1, 2], Sign::Positive).unwrap();
        assert!((map - array![[0.0, 1.0]]).iter().all(|it| it.abs() < 1e-6));
    }
}
