//! One dimension of a resize: from places in the output to coordinates in the input, and to weights.

use rationale_tensor::{Error, Tensor};

/// How values between elements are found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::operators) enum Interpolation {
    Nearest(Rounding),
    Linear,
    /// With the coefficient a of the spline.
    Cubic(f64),
}

/// Which of two elements is the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::operators) enum Rounding {
    PreferFloor,
    PreferCeil,
    Floor,
    Ceil,
    /// Up where the output is smaller, else down: what operator set 10 leaves open, by its test cases.
    Outwards,
}

/// How a place in the output is a coordinate in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::operators) enum Coordinates {
    HalfPixel,
    HalfPixelSymmetric,
    PytorchHalfPixel,
    HalfPixelForNearest,
    AlignCorners,
    Asymmetric,
    CropAndResize,
}

/// One dimension.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    pub(super) input: usize,
    pub(super) output: usize,
    /// Of the output's length to the input's, before the output's is rounded.
    scale: f64,
    /// Beginning and end of the part that is taken, as shares of the input.
    pub(super) region: (f64, f64),
}

impl Axis {
    pub(super) fn unchanged(length: usize) -> Self {
        Self { input: length, output: length, scale: 1.0, region: (0.0, 1.0) }
    }

    pub(super) fn is_unchanged(&self) -> bool {
        self.input == self.output && self.scale == 1.0 && self.region == (0.0, 1.0)
    }

    /// By a scale, which the file holds in single precision: so is the product, lest 10 times 0.7 be less than 7.
    pub(super) fn scale_by(&mut self, scale: f64) -> Result<(), Error> {
        let share = self.region.1 - self.region.0;
        let length = self.input as f32 * share as f32 * scale as f32;
        self.scale = scale;
        self.output = length_of(f64::from(length.floor()))?;
        Ok(())
    }

    /// To a size, or by a scale that all dimensions have in common.
    pub(super) fn size_to(&mut self, size: f64, common: Option<f64>) -> Result<(), Error> {
        self.scale = common.unwrap_or(size / self.input as f64);
        self.output = length_of(common.map_or(size, |it| (it * self.input as f64 + 0.5).floor()))?;
        Ok(())
    }
}

fn length_of(length: f64) -> Result<usize, Error> {
    if (1.0..=Tensor::bound() as f64).contains(&length) {
        return Ok(length as usize);
    }
    let actual = length.to_string();
    Err(Error::Setting {
        what: "a resized dimension",
        expected: "at least 1 and no larger than memory",
        actual,
    })
}

/// How the weights of elements are found.
#[derive(Debug)]
pub(super) struct Weights {
    pub(super) interpolation: Interpolation,
    pub(super) coordinates: Coordinates,
    pub(super) antialias: bool,
    pub(super) excludes_outside: bool,
}

impl Weights {
    fn coordinate(&self, axis: &Axis, place: usize) -> f64 {
        let (place, scale, last) = (place as f64, axis.scale, axis.input as f64 - 1.0);
        let output = scale * axis.input as f64;
        let half_pixel = (place + 0.5) / scale - 0.5;
        let found = match self.coordinates {
            Coordinates::HalfPixelSymmetric => {
                axis.input as f64 / 2.0 * (1.0 - axis.output as f64 / output) + half_pixel
            }
            Coordinates::PytorchHalfPixel | Coordinates::AlignCorners if output == 1.0 => 0.0,
            Coordinates::HalfPixel | Coordinates::PytorchHalfPixel => half_pixel,
            Coordinates::HalfPixelForNearest => (place + 0.5) / scale,
            Coordinates::AlignCorners => place * last / (output - 1.0),
            Coordinates::Asymmetric => place / scale,
            Coordinates::CropAndResize => {
                let (start, end) = axis.region;
                let share = if axis.output == 1 { 0.5 } else { place / (axis.output as f64 - 1.0) };
                (start + share * (end - start)) * last
            }
        };
        // Scales are given in single precision: what is whole in it is whole.
        let single = found as f32;
        if single.fract() == 0.0 { f64::from(single) } else { found }
    }

    /// Whether the coordinate of each place is one of the input's.
    pub(super) fn inside(&self, axis: &Axis) -> Vec<bool> {
        let last = axis.input as f64 - 1.0;
        (0..axis.output).map(|it| (0.0..=last).contains(&self.coordinate(axis, it))).collect()
    }

    /// The nearest element of each place, where each is `others` elements.
    pub(super) fn nearest(&self, axis: &Axis, rounding: Rounding, others: usize) -> Result<Vec<i64>, Error> {
        refuse_too_large(axis.output, others)?;
        let index = |place: usize| {
            let coordinate = self.coordinate(axis, place);
            let rounded = match rounding {
                Rounding::PreferFloor => (coordinate - 0.5).ceil(),
                Rounding::PreferCeil => (coordinate + 0.5).floor(),
                Rounding::Outwards if axis.scale < 1.0 => coordinate.ceil(),
                Rounding::Ceil => coordinate.ceil(),
                Rounding::Floor | Rounding::Outwards => coordinate.floor(),
            };
            (rounded as i64).clamp(0, axis.input as i64 - 1)
        };
        Ok((0..axis.output).map(index).collect())
    }

    /// The weight of each element of the input (columns) at each place of the output (rows).
    pub(super) fn matrix(&self, axis: &Axis) -> Result<Vec<f64>, Error> {
        refuse_too_large(axis.output, axis.input)?;
        let mut matrix = vec![0.0; axis.output * axis.input];
        for (place, row) in matrix.chunks_exact_mut(axis.input).enumerate() {
            self.fill(
                row,
                self.coordinate(axis, place),
                if self.antialias { axis.scale.min(1.0) } else { 1.0 },
            );
        }
        Ok(matrix)
    }

    /// The weights around a coordinate; a `scale` below 1 makes the kernel wider by as much.
    fn fill(&self, row: &mut [f64], coordinate: f64, scale: f64) {
        let reach = if matches!(self.interpolation, Interpolation::Linear) { 1.0 } else { 2.0 } / scale;
        let last = row.len() as i64 - 1;
        let (first, end) = ((coordinate - reach).floor() as i64, (coordinate + reach).ceil() as i64);
        let mut sum = 0.0;
        // Only a region reaches further outside, and there the value is not an interpolated one.
        for i in first.max(-1 - 2 * reach as i64)..=end.min(last + 1 + 2 * reach as i64) {
            let is_inside = (0..=last).contains(&i);
            if self.excludes_outside && !is_inside {
                continue;
            }
            let weight = self.kernel((i as f64 - coordinate) * scale);
            sum += weight;
            if let Some(it) = row.get_mut(i.clamp(0, last) as usize) {
                *it += weight;
            }
        }
        if sum != 0.0 {
            row.iter_mut().for_each(|it| *it /= sum);
        }
    }

    fn kernel(&self, distance: f64) -> f64 {
        let x = distance.abs();
        match self.interpolation {
            Interpolation::Cubic(a) if x <= 1.0 => ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0,
            Interpolation::Cubic(a) if x < 2.0 => ((x - 5.0) * x + 8.0) * x * a - 4.0 * a,
            Interpolation::Cubic(_) => 0.0,
            _ => (1.0 - x).max(0.0),
        }
    }
}

fn refuse_too_large(rows: usize, columns: usize) -> Result<(), Error> {
    match rows.checked_mul(columns).and_then(|it| it.checked_mul(8)) {
        Some(bytes) if bytes <= Tensor::bound() => Ok(()),
        _ => Err(Error::TooLarge { shape: vec![rows, columns], bound: Tensor::bound() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_in_single_precision_hits_whole_coordinates() {
        let mut axis = Axis::unchanged(10);
        axis.scale_by(f64::from(1.6_f32)).unwrap();
        let weights = Weights {
            interpolation: Interpolation::Nearest(Rounding::Floor),
            coordinates: Coordinates::Asymmetric,
            antialias: false,
            excludes_outside: false,
        };
        assert_eq!(axis.output, 16);
        assert_eq!(weights.nearest(&axis, Rounding::Floor, 1).unwrap()[8], 5);
    }

    #[test]
    fn refuses_lengths_without_sense() {
        let mut axis = Axis::unchanged(10);
        assert!(
            axis.scale_by(f64::NAN).is_err() && axis.scale_by(-1.0).is_err() && axis.scale_by(1e30).is_err()
        );
        assert!(axis.size_to(0.0, None).is_err());
    }
}
