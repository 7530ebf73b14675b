//! Maps of a layer to maps of a picture: normalised, clipped, upsampled.
//!
//! Bilinear: the value at output pixel `i` is taken at `x` between two neighbours of the map, whose edge goes on:
//!
//! ```text
//! x = (i + 1/2) n/m - 1/2      half-pixel centres: PyTorch with align_corners=False, OpenCV's INTER_LINEAR
//! x = i (n-1)/(m-1)            aligned corners: PyTorch with align_corners=True
//! ```
//!
//! Holds: a map made larger keeps its bounds; a constant map stays constant.
//! Departs: nothing. Making a map smaller does not average, as PyTorch's and OpenCV's do not.

use ndarray::{Array2, ArrayView2, NdFloat};

use super::resize::check_size;
use crate::Error;

/// What pytorch-grad-cam adds to a maximum before it divides by it.
pub const MINMAX_EPS: f64 = 1e-7;

/// The numbers of a map: `f32` or `f64`.
pub trait Real: NdFloat + private::Sealed {
    /// The nearest number of this kind.
    fn of(value: f64) -> Self;
    /// As 64 bits.
    fn wide(self) -> f64;
}

mod private {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

impl Real for f32 {
    fn of(value: f64) -> Self {
        value as Self
    }

    fn wide(self) -> f64 {
        f64::from(self)
    }
}

impl Real for f64 {
    fn of(value: f64) -> Self {
        value
    }

    fn wide(self) -> f64 {
        self
    }
}

/// Where the pixels of a map and of its picture lie upon one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grid {
    /// Edges on edges: `align_corners=False`, OpenCV's linear.
    #[default]
    HalfPixel,
    /// Centres of corner pixels on centres of corner pixels: `align_corners=True`.
    AlignedCorners,
}

impl Grid {
    fn position(self, out: usize, n_in: usize, n_out: usize) -> f64 {
        match self {
            Self::HalfPixel => (out as f64 + 0.5) * n_in as f64 / n_out as f64 - 0.5,
            Self::AlignedCorners if n_out == 1 => 0.0,
            Self::AlignedCorners => out as f64 * (n_in - 1) as f64 / (n_out - 1) as f64,
        }
    }
}

/// Two neighbours, and how much the second counts.
#[derive(Clone, Copy)]
pub(super) struct Between {
    low: usize,
    high: usize,
    share: f64,
}

impl Between {
    /// At a position in a line of `n` values, beyond whose ends the end values go on.
    #[expect(clippy::cast_sign_loss, reason = "clamped to 0 and more")]
    pub(super) fn at(position: f64, n: usize) -> Self {
        let position = position.clamp(0.0, (n - 1) as f64);
        let low = position as usize;
        Self { low, high: (low + 1).min(n - 1), share: position - low as f64 }
    }
}

/// The value of a map between four of its pixels. A neighbour that counts nothing is not looked at, so that one without
/// a number spreads no further than it must.
pub(super) fn between<F: Real>(map: ArrayView2<'_, F>, row: Between, column: Between) -> F {
    let along = |y: usize| mix(map[[y, column.low]], map[[y, column.high]], column.share);
    mix(along(row.low), along(row.high), row.share)
}

fn mix<F: Real>(low: F, high: F, share: f64) -> F {
    if share == 0.0 { low } else { low * F::of(1.0 - share) + high * F::of(share) }
}

/// A map at the size of its picture.
///
/// ```
/// use ndarray::array;
/// use rationale_vision::{Grid, upsample};
///
/// let map = array![[0.0, 4.0]];
/// assert_eq!(upsample(map.view(), [1, 4], Grid::HalfPixel)?, array![[0.0, 1.0, 3.0, 4.0]]);
/// assert_eq!(upsample(map.view(), [1, 5], Grid::AlignedCorners)?, array![[0.0, 1.0, 2.0, 3.0, 4.0]]);
/// # Ok::<(), rationale_vision::Error>(())
/// ```
pub fn upsample<F: Real>(
    map: ArrayView2<'_, F>,
    [height, width]: [usize; 2],
    grid: Grid,
) -> Result<Array2<F>, Error> {
    check_size("a map", [map.nrows(), map.ncols()])?;
    check_size("an upsampled map", [height, width])?;
    let line = |n_in: usize, n_out: usize| -> Vec<Between> {
        (0..n_out).map(|out| Between::at(grid.position(out, n_in, n_out), n_in)).collect()
    };
    let (rows, columns) = (line(map.nrows(), height), line(map.ncols(), width));
    Ok(Array2::from_shape_fn((height, width), |(y, x)| between(map, rows[y], columns[x])))
}

/// Shifted to begin at 0 and divided by `eps` + its maximum, in this order, as pytorch-grad-cam does it. A constant map
/// becomes 0; values that are no numbers stay and count for nothing.
///
/// ```
/// use ndarray::array;
/// use rationale_vision::minmax;
///
/// assert_eq!(minmax(array![[1.0, 2.0], [3.0, 5.0]].view(), 0.0), array![[0.0, 0.25], [0.5, 1.0]]);
/// ```
pub fn minmax<F: Real>(map: ArrayView2<'_, F>, eps: f64) -> Array2<F> {
    let least = finite(map).fold(F::infinity(), F::min);
    let most = finite(map).fold(F::zero(), |most, value| most.max(value - least));
    let below = F::of(eps) + most;
    if below == F::zero() {
        return map.mapv(|value| value - least);
    }
    map.mapv(|value| (value - least) / below)
}

/// Normalised by [`minmax`] with [`MINMAX_EPS`], then upsampled with half-pixel centres: pytorch-grad-cam's order.
pub fn scaled_to<F: Real>(map: ArrayView2<'_, F>, size: [usize; 2]) -> Result<Array2<F>, Error> {
    upsample(minmax(map, MINMAX_EPS).view(), size, Grid::HalfPixel)
}

/// Divided by the given percentile of its sizes, and cut at -1 and 1: 0 stays 0. A map of zeros stays so.
pub fn symmetric<F: Real>(map: ArrayView2<'_, F>, percent: f64) -> Result<Array2<F>, Error> {
    let strongest = percentile(map.mapv(F::abs).view(), percent)?;
    // Where hardly anything differs from 0, the percentile is 0 and the maximum serves.
    let most = finite(map).fold(F::zero(), |most, value| most.max(value.abs()));
    let by = if strongest > F::zero() { strongest } else { most };
    if by == F::zero() {
        return Ok(map.to_owned());
    }
    Ok(map.mapv(|value| cut(value / by, -F::one(), F::one())))
}

/// Cut at two percentiles.
pub fn clip<F: Real>(map: ArrayView2<'_, F>, low: f64, high: f64) -> Result<Array2<F>, Error> {
    let (low, high) = (percentile(map, low)?, percentile(map, high)?);
    Ok(map.mapv(|value| cut(value, low, high)))
}

/// The percentile of the numbers in a map, between neighbours linearly, as NumPy's. 0 for a map without numbers.
///
/// ```
/// use ndarray::array;
/// assert_eq!(rationale_vision::percentile(array![[1.0, 2.0], [3.0, 5.0]].view(), 90.0)?, 4.4);
/// # Ok::<(), rationale_vision::Error>(())
/// ```
pub fn percentile<F: Real>(map: ArrayView2<'_, F>, percent: f64) -> Result<F, Error> {
    if !(0.0..=100.0).contains(&percent) {
        return Err(Error::Number { what: "a percentile", value: percent, expected: "from 0 to 100" });
    }
    let mut sorted: Vec<F> = finite(map).collect();
    if sorted.is_empty() {
        return Ok(F::zero());
    }
    sorted.sort_unstable_by(|a, b| a.wide().total_cmp(&b.wide()));
    let between = Between::at(percent / 100.0 * (sorted.len() - 1) as f64, sorted.len());
    let (low, high) = (sorted[between.low], sorted[between.high]);
    Ok(low + (high - low) * F::of(between.share))
}

fn finite<F: Real>(map: ArrayView2<'_, F>) -> impl Iterator<Item = F> + '_ {
    map.into_iter().copied().filter(|value| value.is_finite())
}

/// As `clamp`, for bounds in any order; what is no number stays so.
fn cut<F: Real>(value: F, low: F, high: F) -> F {
    if value < low {
        low
    } else if value > high {
        high
    } else {
        value
    }
}

/// Refuses a map of another size than the picture it belongs to.
pub(super) fn check_same<F>(map: ArrayView2<'_, F>, expected: [usize; 2]) -> Result<(), Error> {
    let actual = [map.nrows(), map.ncols()];
    if actual == expected { Ok(()) } else { Err(Error::Shape { what: "the map", expected, actual }) }
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn half_pixel_centres_by_hand() {
        let map = array![[0.0_f32, 4.0], [8.0, 12.0]];
        let larger = upsample(map.view(), [4, 4], Grid::HalfPixel).unwrap();
        let by_hand =
            array![[0.0, 1.0, 3.0, 4.0], [2.0, 3.0, 5.0, 6.0], [6.0, 7.0, 9.0, 10.0], [8.0, 9.0, 11.0, 12.0]];
        assert_eq!(larger, by_hand);
    }

    #[test]
    fn aligned_corners_keep_the_corners() {
        let map = array![[0.0, 1.0], [2.0, 3.0]];
        let larger = upsample(map.view(), [3, 5], Grid::AlignedCorners).unwrap();
        assert_eq!(larger.row(1), array![1.0, 1.25, 1.5, 1.75, 2.0]);
        assert_eq!((larger[[0, 4]], larger[[2, 0]]), (1.0, 2.0));
    }

    #[test]
    fn one_pixel_fills_the_picture() {
        for grid in [Grid::HalfPixel, Grid::AlignedCorners] {
            assert_eq!(upsample(array![[0.5]].view(), [2, 3], grid).unwrap(), Array2::from_elem((2, 3), 0.5));
            assert_eq!(upsample(array![[0.5]].view(), [1, 1], grid).unwrap(), array![[0.5]]);
        }
    }

    #[test]
    fn an_empty_map_is_refused() {
        let empty = Array2::<f64>::zeros((0, 3));
        assert!(upsample(empty.view(), [2, 2], Grid::HalfPixel).is_err());
        assert_eq!(minmax(empty.view(), MINMAX_EPS).dim(), (0, 3));
    }

    #[test]
    fn minmax_adds_its_eps_below() {
        let normal = minmax(array![[-1.0, 0.0, 1.0]].view(), MINMAX_EPS);
        assert_eq!(normal, array![[0.0, 1.0 / (2.0 + 1e-7), 2.0 / (2.0 + 1e-7)]]);
        assert_eq!(minmax(array![[3.0, 3.0]].view(), MINMAX_EPS), array![[0.0, 0.0]]);
        assert_eq!(minmax(array![[3.0, 3.0]].view(), 0.0), array![[0.0, 0.0]]);
        let holed = minmax(array![[f64::NAN, 1.0, 2.0]].view(), 0.0);
        assert!(holed[[0, 0]].is_nan() && holed[[0, 1]] == 0.0 && holed[[0, 2]] == 1.0);
    }

    #[test]
    fn signed_maps_keep_their_zero() {
        let map = array![[-2.0, 0.0, 1.0, 100.0]];
        assert_eq!(symmetric(map.view(), 100.0).unwrap(), array![[-0.02, 0.0, 0.01, 1.0]]);
        let clipped = symmetric(map.view(), 200.0 / 3.0).unwrap();
        assert!(
            clipped.iter().zip([-1.0, 0.0, 0.5, 1.0]).all(|(a, b): (&f64, f64)| (a - b).abs() < 1e-12),
            "{clipped}"
        );
        assert_eq!(symmetric(array![[0.0, 0.0, 0.0, 5.0]].view(), 50.0).unwrap()[[0, 3]], 1.0);
        assert_eq!(symmetric(array![[0.0]].view(), 99.0).unwrap(), array![[0.0]]);
    }

    #[test]
    fn percentiles_are_between_neighbours() {
        let map = array![[4.0, 1.0], [2.0, 3.0]];
        assert_eq!(percentile(map.view(), 50.0).unwrap(), 2.5);
        assert_eq!(clip(map.view(), 0.0, 50.0).unwrap(), array![[2.5, 1.0], [2.0, 2.5]]);
        assert!(percentile(map.view(), 100.5).is_err() && percentile(map.view(), f64::NAN).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_larger_map_keeps_its_bounds(
            values in proptest::collection::vec(-5.0..5.0_f64, 12),
            height in 1..30_usize,
            width in 1..30_usize,
        ) {
            let map = Array2::from_shape_vec((3, 4), values).unwrap();
            let [low, high] = [map.fold(f64::INFINITY, |a, b| a.min(*b)), map.fold(f64::NEG_INFINITY, |a, b| a.max(*b))];
            for grid in [Grid::HalfPixel, Grid::AlignedCorners] {
                let larger = upsample(map.view(), [height, width], grid).unwrap();
                prop_assert!(larger.iter().all(|value| (low - 1e-12..=high + 1e-12).contains(value)));
            }
        }
    }
}
