//! Pooling over two dimensions; one dimension is two with a length of 1.

use burn_backend::ops::{InterpolateMode, InterpolateOptions, ModuleOps};
use burn_dispatch::Dispatch;

use super::checked_len;
use crate::{Error, Kind, Tensor};

/// How a window moves over `[example, channel, height, width]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pooling {
    /// The window.
    pub kernel: [usize; 2],
    /// How far it moves.
    pub strides: [usize; 2],
    /// What is put before and after each dimension alike: nothing to a maximum, zeros to a mean. Less than the window.
    pub pads: [usize; 2],
    /// The distance of the window's elements, of a maximum alone.
    pub dilations: [usize; 2],
}

impl Pooling {
    fn check(&self, x: &Tensor) -> Result<(), Error> {
        x.require("a pooling's input", Kind::Float)?;
        let shape = x.shape();
        let [_, _, height, width] = shape[..] else {
            return Err(Error::shape("a pooling's input", "[example, channel, height, width]", &shape));
        };
        let mut output = vec![shape[0], shape[1]];
        for (i, length) in [height, width].into_iter().enumerate() {
            let settings = [self.kernel[i], self.strides[i], self.dilations[i]];
            if settings.contains(&0) || self.pads[i] >= self.kernel[i] {
                return Err(Error::Setting {
                    what: "a pooling's window",
                    expected: "positive, and larger than its pads",
                    actual: format!("{self:?}"),
                });
            }
            let extent = (self.kernel[i] - 1).saturating_mul(self.dilations[i]).saturating_add(1);
            let padded = length.saturating_add(self.pads[i].saturating_mul(2));
            let Some(room) = padded.checked_sub(extent) else {
                let expected = "spatial dimensions no smaller than the window";
                return Err(Error::shape("a pooling's input", expected, &shape));
            };
            output.push(room / self.strides[i] + 1);
        }
        // Beside each maximum its place is kept, 8 bytes.
        checked_len(&output, crate::Element::I64).map(|_| ())
    }
}

impl Tensor {
    /// The largest element in each window.
    pub fn max_pool(&self, how: &Pooling) -> Result<Self, Error> {
        how.check(self)?;
        let x = self.0.clone();
        Ok(Self(Dispatch::max_pool2d(x, how.kernel, how.strides, how.pads, how.dilations, false)))
    }

    /// The mean of each window, with the zeros of the pads counted.
    pub fn mean_pool(&self, how: &Pooling) -> Result<Self, Error> {
        how.check(self)?;
        Ok(Self(Dispatch::avg_pool2d(self.0.clone(), how.kernel, how.strides, how.pads, true, false)))
    }

    /// Bilinear interpolation of `[example, channel, height, width]` to a size, pixel centres at half
    /// (`align_corners` false) or corners on corners.
    pub fn interpolate_bilinear(&self, size: [usize; 2], align_corners: bool) -> Result<Self, Error> {
        self.require("an interpolation's input", Kind::Float)?;
        let shape = self.shape();
        let [examples, channels, height, width] = shape[..] else {
            return Err(Error::shape(
                "an interpolation's input",
                "[example, channel, height, width]",
                &shape,
            ));
        };
        if height * width == 0 || size.contains(&0) {
            return Err(Error::shape("an interpolation's input", "spatial dimensions with elements", &shape));
        }
        checked_len(&[examples, channels, size[0], size[1]], self.element())?;
        let options = InterpolateOptions::new(InterpolateMode::Bilinear).with_align_corners(align_corners);
        Ok(Self(Dispatch::interpolate(self.0.clone(), size, options)))
    }
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use super::*;
    use crate::Device;

    #[test]
    fn a_maximum_takes_no_pad_and_a_mean_counts_it() {
        let x = Tensor::from_vec(vec![-1.0_f32, -2.0, -3.0, -4.0], &[1, 1, 2, 2], &Device::flex()).unwrap();
        let how = Pooling { kernel: [2, 2], strides: [2, 2], pads: [1, 1], dilations: [1, 1] };
        assert_eq!(x.max_pool(&how).unwrap().to_f64s().unwrap(), [-1.0, -2.0, -3.0, -4.0]);
        assert_eq!(x.mean_pool(&how).unwrap().to_f64s().unwrap(), [-0.25, -0.5, -0.75, -1.0]);
        assert!(x.max_pool(&Pooling { pads: [2, 2], ..how }).is_err());
        assert!(x.max_pool(&Pooling { kernel: [9, 9], ..how }).is_err());
    }

    #[test]
    fn interpolates_between_pixel_centres() {
        let x = Tensor::from_vec(vec![0.0_f32, 4.0], &[1, 1, 1, 2], &Device::flex()).unwrap();
        let y = x.interpolate_bilinear([1, 4], false).unwrap();
        assert_eq!(y.to_f64s().unwrap(), [0.0, 1.0, 3.0, 4.0]);
    }
}
