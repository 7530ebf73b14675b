//! Resizing by convolution, byte for byte as Pillow does it.
//!
//! Networks were trained on pictures that Pillow made smaller, and published tensors were made with it. Its filters grow
//! with the step of the reduction, so that nothing aliases. An output pixel `i` of a side that shrinks from `n` to `m` is
//!
//! ```text
//! out_i = sum_j w_ij in_j / sum_j w_ij,   w_ij = f((j + 1/2 - c_i) / s),   c_i = (i + 1/2) n/m,   s = max(n/m, 1)
//! ```
//!
//! | symbol | name here | meaning |
//! |---|---|---|
//! | f | `Filter::weight` | the filter, 0 beyond its radius |
//! | w | `Taps::weights` | weights in units of 2^-22, rounded, as Pillow keeps them |
//!
//! Holds: equal to `Image.resize` of Pillow in every byte (checked against files made by Pillow 13.0).
//! Costs: one pass over the rows, then one over the columns; a side that keeps its length costs nothing.
//! Departs: nothing. Libraries with shorter fixed-point weights are faster and differ by up to 2 levels in a fifth of the
//! bytes, which is why the few lines stand here.

use ndarray::{Array2, Array3, ArrayView2, ArrayView3, ArrayViewMut2, Axis, Zip};

use crate::Error;

/// The filter of a resampling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Filter {
    /// The mean over each pixel's area.
    Box,
    /// A triangle: torchvision's default.
    Bilinear,
    /// Keys' cubic with a = -1/2.
    Bicubic,
    /// A sinc within three lobes.
    Lanczos,
}

impl Filter {
    /// Its name, as it stands in a description.
    pub fn name(self) -> &'static str {
        match self {
            Self::Box => "box",
            Self::Bilinear => "bilinear",
            Self::Bicubic => "bicubic",
            Self::Lanczos => "lanczos",
        }
    }

    fn radius(self) -> f64 {
        match self {
            Self::Box => 0.5,
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        match self {
            Self::Box => f64::from(u8::from(x > -0.5 && x <= 0.5)),
            Self::Bilinear => (1.0 - x.abs()).max(0.0),
            Self::Bicubic => cubic(x.abs()),
            Self::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
            Self::Lanczos => 0.0,
        }
    }
}

/// In Pillow's order of operations, because a rounding that falls otherwise is another byte.
#[expect(clippy::suboptimal_flops, reason = "a fused product rounds once, where Pillow rounds twice")]
fn cubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let x = x * std::f64::consts::PI;
    x.sin() / x
}

/// Weights have 22 bits after the point: 32, less 8 for a byte, less 2 for sums beyond 1 and the sign.
const BITS: u32 = 22;

/// Where an output pixel's neighbours begin, and how much each counts.
struct Taps {
    first: usize,
    weights: Vec<i32>,
}

fn taps(n_in: usize, n_out: usize, filter: Filter) -> Vec<Taps> {
    let step = n_in as f64 / n_out as f64;
    let scale = step.max(1.0);
    let reach = filter.radius() * scale;
    (0..n_out).map(|out| taps_of((out as f64 + 0.5) * step, n_in, reach, 1.0 / scale, filter)).collect()
}

#[expect(clippy::cast_sign_loss, reason = "a position below 0 shall become 0, which the cast does")]
fn taps_of(centre: f64, n_in: usize, reach: f64, scale: f64, filter: Filter) -> Taps {
    let first = (centre - reach + 0.5) as usize;
    let end = ((centre + reach + 0.5) as usize).min(n_in);
    let weight = |x: usize| filter.weight((x as f64 - centre + 0.5) * scale);
    let weights: Vec<f64> = (first..end).map(weight).collect();
    let total: f64 = weights.iter().sum();
    let share = |weight: &f64| if total == 0.0 { *weight } else { weight / total };
    let fixed = |weight: f64| (weight * f64::from(1 << BITS) + 0.5_f64.copysign(weight)) as i32;
    Taps { first, weights: weights.iter().map(|weight| fixed(share(weight))).collect() }
}

/// A picture [height, width, 3] at another size; byte for byte as Pillow's `Image.resize`.
///
/// ```
/// use ndarray::array;
/// use rationale_vision::{Filter, resize};
///
/// let row = array![[[0, 0, 0], [100, 100, 100]]];
/// let half = resize(row.view(), [1, 1], Filter::Bilinear)?;
/// assert_eq!(half, array![[[50, 50, 50]]]);
/// # Ok::<(), rationale_vision::Error>(())
/// ```
pub fn resize(
    picture: ArrayView3<'_, u8>,
    [height, width]: [usize; 2],
    filter: Filter,
) -> Result<Array3<u8>, Error> {
    let (from_height, from_width, n_channels) = picture.dim();
    check_size("a picture", [from_height, from_width])?;
    check_size("a resized picture", [height, width])?;
    let picture = picture.as_standard_layout();
    let columns = taps(from_width, width, filter);
    let mut narrowed = Array3::zeros((from_height, width, n_channels));
    for (from, to) in picture.outer_iter().zip(narrowed.outer_iter_mut()) {
        across(from, to, &columns, from_width == width);
    }
    let mut resized = Array3::zeros((height, width, n_channels));
    for (taps, to) in taps(from_height, height, filter).iter().zip(resized.outer_iter_mut()) {
        down(narrowed.view(), to, taps);
    }
    Ok(if from_height == height { narrowed } else { resized })
}

/// The most pixels a side may have; numbers of pixels then stay far from overflowing.
pub(super) const MOST_SIDE: usize = 1 << 20;

pub(super) fn check_size(what: &'static str, [height, width]: [usize; 2]) -> Result<(), Error> {
    let is_good = |side: usize| (1..=MOST_SIDE).contains(&side);
    if is_good(height) && is_good(width) {
        Ok(())
    } else {
        Err(Error::Size { what, height, width, most: MOST_SIDE })
    }
}

/// Half a unit, so that cutting the bits after the point rounds.
const HALF: i32 = 1 << (BITS - 1);

/// One row of pixels [pixel, channel] to one of another length.
fn across(from: ArrayView2<'_, u8>, mut to: ArrayViewMut2<'_, u8>, taps: &[Taps], is_same: bool) {
    if is_same {
        to.assign(&from);
        return;
    }
    for (taps, mut pixel) in taps.iter().zip(to.outer_iter_mut()) {
        let near = from.slice_axis(Axis(0), (taps.first..taps.first + taps.weights.len()).into());
        for (line, value) in near.columns().into_iter().zip(&mut pixel) {
            let products =
                line.into_iter().zip(&taps.weights).map(|(byte, weight)| i32::from(*byte) * weight);
            *value = byte(HALF + products.sum::<i32>());
        }
    }
}

/// One row of the result from the rows around its place.
fn down(rows: ArrayView3<'_, u8>, mut to: ArrayViewMut2<'_, u8>, taps: &Taps) {
    let mut sums = Array2::from_elem(to.dim(), HALF);
    for (row, weight) in rows.outer_iter().skip(taps.first).zip(&taps.weights) {
        Zip::from(&mut sums).and(&row).for_each(|sum, byte| *sum += i32::from(*byte) * weight);
    }
    to.assign(&sums.mapv(byte));
}

#[expect(clippy::cast_sign_loss, reason = "clamped to a byte")]
fn byte(sum: i32) -> u8 {
    (sum >> BITS).clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILTERS: [Filter; 4] = [Filter::Box, Filter::Bilinear, Filter::Bicubic, Filter::Lanczos];

    #[test]
    fn the_same_size_is_the_same_picture() {
        let picture = Array3::from_shape_fn((5, 4, 3), |(y, x, c)| (50 * y + 11 * x + c) as u8);
        for filter in FILTERS {
            assert_eq!(resize(picture.view(), [5, 4], filter).unwrap(), picture);
        }
    }

    #[test]
    fn one_colour_stays_one_colour() {
        for (filter, size) in
            FILTERS.iter().flat_map(|filter| [[1, 1], [3, 50], [97, 2]].map(|it| (*filter, it)))
        {
            let resized = resize(Array3::from_elem((13, 29, 3), 201).view(), size, filter).unwrap();
            assert!(resized.iter().all(|byte| *byte == 201), "{filter:?} {size:?}");
        }
    }

    #[test]
    fn a_size_of_nothing_is_refused() {
        let picture = Array3::zeros((2, 2, 3));
        let message = resize(picture.view(), [0, 3], Filter::Box).unwrap_err().to_string();
        assert_eq!(
            message,
            "a resized picture cannot be 0 x 3 (height x width): both must be from 1 to 1048576"
        );
    }
}
