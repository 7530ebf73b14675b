//! Attributions of channels to attributions of pixels.

use ndarray::{Array2, ArrayView3, Axis};

use super::map::Real;
use super::preset::Layout;
use crate::Error;

/// How the channels of a pixel become one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Channels {
    /// Their sum, which keeps the sign and adds up to what the channels add up to.
    #[default]
    Sum,
    /// The sum of their sizes: nothing cancels.
    AbsoluteSum,
    /// The greatest of their sizes, as in the first saliency maps (Simonyan et al. 2013).
    Greatest,
}

/// A map [height, width] of a tensor of attributions without its first axis: [channel, height, width] or
/// [height, width, channel].
///
/// ```
/// use ndarray::array;
/// use rationale_vision::{Channels, Layout, per_pixel};
///
/// let attributions = array![[[1.0], [-3.0], [0.5]]];
/// let map = |channels| per_pixel(attributions.view().permuted_axes([0, 2, 1]), Layout::Nhwc, channels);
/// assert_eq!(map(Channels::Sum)?, array![[-1.5]]);
/// assert_eq!(map(Channels::AbsoluteSum)?, array![[4.5]]);
/// assert_eq!(map(Channels::Greatest)?, array![[3.0]]);
/// # Ok::<(), rationale_vision::Error>(())
/// ```
pub fn per_pixel<F: Real>(
    attributions: ArrayView3<'_, F>,
    layout: Layout,
    channels: Channels,
) -> Result<Array2<F>, Error> {
    let axis = match layout {
        Layout::Nchw => Axis(0),
        Layout::Nhwc => Axis(2),
    };
    if attributions.len_of(axis) == 0 {
        let what = "the number of channels";
        return Err(Error::Number { what, value: 0.0, expected: "at least 1" });
    }
    let sizes = || attributions.mapv(F::abs);
    Ok(match channels {
        Channels::Sum => attributions.sum_axis(axis),
        Channels::AbsoluteSum => sizes().sum_axis(axis),
        Channels::Greatest => sizes().fold_axis(axis, F::zero(), |most, size| most.max(*size)),
    })
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;

    #[test]
    fn both_layouts_give_the_same_map() {
        let first = Array3::from_shape_fn((3, 4, 5), |(c, y, x)| (c * 7 + y * 3 + x) as f32 - 12.0);
        let last = first.view().permuted_axes([1, 2, 0]);
        for channels in [Channels::Sum, Channels::AbsoluteSum, Channels::Greatest] {
            let map = per_pixel(first.view(), Layout::Nchw, channels).unwrap();
            assert_eq!(map, per_pixel(last, Layout::Nhwc, channels).unwrap());
            assert_eq!(map.dim(), (4, 5));
        }
        assert!(per_pixel(Array3::<f64>::zeros((0, 2, 2)).view(), Layout::Nchw, Channels::Sum).is_err());
    }
}
