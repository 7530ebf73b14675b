//! Convolutions over one, two or three dimensions.

use burn_backend::ops::{ConvOptions, ConvTransposeOptions, ModuleOps};
use burn_dispatch::Dispatch;

use super::checked_len;
use crate::{Error, Kind, Tensor};

/// How a kernel moves: one entry a spatial dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Convolution {
    /// How far the kernel moves.
    pub strides: Vec<usize>,
    /// Zeros before and after each dimension.
    pub pads: Vec<(usize, usize)>,
    /// The distance of the kernel's elements.
    pub dilations: Vec<usize>,
    /// Into how many groups the channels are divided.
    pub groups: usize,
}

/// How a kernel is laid down by a transposed convolution: one entry a spatial dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransposedConvolution {
    /// How far the kernel moves.
    pub strides: Vec<usize>,
    /// What is cut off before and after each dimension.
    pub pads: Vec<(usize, usize)>,
    /// The distance of the kernel's elements.
    pub dilations: Vec<usize>,
    /// What is added after each dimension.
    pub output_pads: Vec<usize>,
    /// Into how many groups the channels are divided.
    pub groups: usize,
}

impl Tensor {
    /// The convolution of `[example, channel, spatial ..]` with a kernel `[channel out, channel / groups, spatial ..]`
    /// and a bias `[channel out]`.
    pub fn convolve(&self, kernel: &Self, bias: Option<&Self>, how: &Convolution) -> Result<Self, Error> {
        how.check(self, kernel, bias)?;
        let (x, kernel, bias) = (self.0.clone(), kernel.0.clone(), bias.map(|it| it.0.clone()));
        Ok(Self(match how.strides.len() {
            1 => Dispatch::conv1d(x, kernel, bias, how.options::<1>()),
            2 => Dispatch::conv2d(x, kernel, bias, how.options::<2>()),
            _ => Dispatch::conv3d(x, kernel, bias, how.options::<3>()),
        }))
    }

    /// The transposed convolution of `[example, channel, spatial ..]` with a kernel
    /// `[channel, channel out / groups, spatial ..]` and a bias `[channel out]`.
    pub fn convolve_transposed(
        &self,
        kernel: &Self,
        bias: Option<&Self>,
        how: &TransposedConvolution,
    ) -> Result<Self, Error> {
        how.check(self, kernel, bias)?;
        let (x, weight, bias) = (self.0.clone(), kernel.0.clone(), bias.map(|it| it.0.clone()));
        let full = Self(match how.strides.len() {
            1 => Dispatch::conv_transpose1d(x, weight, bias, how.options::<1>()),
            2 => Dispatch::conv_transpose2d(x, weight, bias, how.options::<2>()),
            _ => Dispatch::conv_transpose3d(x, weight, bias, how.options::<3>()),
        });
        how.cut(full)
    }
}

fn check_operands(x: &Tensor, kernel: &Tensor, bias: Option<&Tensor>, n_spatial: usize) -> Result<(), Error> {
    x.require("a convolution's input", Kind::Float)?;
    let expected = match n_spatial {
        1 => "[example, channel, length]",
        2 => "[example, channel, height, width]",
        3 => "[example, channel, depth, height, width]",
        _ => "one, two or three spatial dimensions",
    };
    if !(1..=3).contains(&n_spatial) || x.rank() != n_spatial + 2 {
        return Err(Error::shape("a convolution's input", expected, &x.shape()));
    }
    if kernel.rank() != x.rank() || kernel.is_empty() {
        return Err(Error::shape(
            "a convolution's kernel",
            format!("{} dimensions", x.rank()),
            &kernel.shape(),
        ));
    }
    for other in [Some(kernel), bias].into_iter().flatten() {
        if other.element() != x.element() {
            let expected = "the input's element type";
            return Err(Error::Element {
                what: "a convolution's weight".to_owned(),
                expected,
                actual: other.element(),
            });
        }
    }
    Ok(())
}

fn check_groups(what: &str, channels: usize, groups: usize) -> Result<(), Error> {
    if groups > 0 && channels.is_multiple_of(groups) {
        return Ok(());
    }
    Err(Error::shape(what, format!("a number of channels divisible by {groups} groups"), &[channels]))
}

fn check_bias(bias: Option<&Tensor>, channels: usize) -> Result<(), Error> {
    match bias {
        Some(bias) if bias.shape() != [channels] => {
            Err(Error::shape("a convolution's bias", format!("[{channels}]"), &bias.shape()))
        }
        _ => Ok(()),
    }
}

fn check_lengths(n: usize, lengths: [usize; 3]) -> Result<(), Error> {
    if lengths.iter().all(|it| *it == n) {
        return Ok(());
    }
    let actual = format!("{lengths:?}");
    Err(Error::Setting {
        what: "the numbers of strides, pads and dilations",
        expected: "one a spatial dimension",
        actual,
    })
}

fn check_positive(what: &'static str, values: &[usize]) -> Result<(), Error> {
    if values.iter().all(|it| *it > 0) {
        return Ok(());
    }
    Err(Error::Setting { what, expected: "at least 1", actual: format!("{values:?}") })
}

impl Convolution {
    fn check(&self, x: &Tensor, kernel: &Tensor, bias: Option<&Tensor>) -> Result<(), Error> {
        check_operands(x, kernel, bias, self.strides.len())?;
        check_lengths(self.strides.len(), [self.strides.len(), self.pads.len(), self.dilations.len()])?;
        check_positive("a stride", &self.strides)?;
        check_positive("a dilation", &self.dilations)?;
        let (shape, weights) = (x.shape(), kernel.shape());
        check_groups("a convolution's input", shape[1], self.groups)?;
        check_groups("a convolution's output", weights[0], self.groups)?;
        if weights[1] != shape[1] / self.groups {
            let expected = format!("{} channels a group", shape[1] / self.groups);
            return Err(Error::shape("a convolution's kernel", expected, &weights));
        }
        check_bias(bias, weights[0])?;
        let mut output = vec![shape[0], weights[0]];
        for i in 0..self.strides.len() {
            output.push(self.output_length(i, shape[i + 2], weights[i + 2]).ok_or_else(|| {
                Error::shape("a convolution's input", "spatial dimensions no smaller than the kernel", &shape)
            })?);
        }
        checked_len(&output, x.element()).map(|_| ())
    }

    fn output_length(&self, i: usize, length: usize, kernel: usize) -> Option<usize> {
        let (before, after) = self.pads[i];
        let padded = length.checked_add(before)?.checked_add(after)?;
        let extent = kernel.checked_sub(1)?.checked_mul(self.dilations[i])?.checked_add(1)?;
        Some(padded.checked_sub(extent)? / self.strides[i] + 1)
    }

    fn options<const N: usize>(&self) -> ConvOptions<N> {
        let at = |values: &[usize]| std::array::from_fn(|i| values[i]);
        let pads = std::array::from_fn(|i| self.pads[i]);
        ConvOptions::new_with_padding(at(&self.strides), pads, at(&self.dilations), self.groups)
    }
}

impl TransposedConvolution {
    fn check(&self, x: &Tensor, kernel: &Tensor, bias: Option<&Tensor>) -> Result<(), Error> {
        let n = self.strides.len();
        check_operands(x, kernel, bias, n)?;
        check_lengths(n, [self.output_pads.len(), self.pads.len(), self.dilations.len()])?;
        check_positive("a stride", &self.strides)?;
        check_positive("a dilation", &self.dilations)?;
        let (shape, weights) = (x.shape(), kernel.shape());
        check_groups("a transposed convolution's input", shape[1], self.groups)?;
        if weights[0] != shape[1] {
            let expected = format!("[{}, ..]", shape[1]);
            return Err(Error::shape("a transposed convolution's kernel", expected, &weights));
        }
        check_bias(bias, weights[1] * self.groups)?;
        let mut output = vec![shape[0], weights[1].saturating_mul(self.groups)];
        for i in 0..n {
            if shape[i + 2] == 0 {
                return Err(Error::shape(
                    "a transposed convolution's input",
                    "spatial dimensions with elements",
                    &shape,
                ));
            }
            let steps = (shape[i + 2] - 1).saturating_mul(self.strides[i]);
            let extent = (weights[i + 2] - 1).saturating_mul(self.dilations[i]);
            output.push(steps.saturating_add(extent).saturating_add(self.output_pads[i]).saturating_add(1));
        }
        checked_len(&output, x.element()).map(|_| ())
    }

    /// The backend cuts nothing off and adds what is asked for, since its pads are the same on both sides.
    fn options<const N: usize>(&self) -> ConvTransposeOptions<N> {
        let at = |values: &[usize]| std::array::from_fn(|i| values[i]);
        ConvTransposeOptions::new(
            at(&self.strides),
            [0; N],
            at(&self.output_pads),
            at(&self.dilations),
            self.groups,
        )
    }

    fn cut(&self, full: Tensor) -> Result<Tensor, Error> {
        let mut cut = full;
        for (i, &(before, after)) in self.pads.iter().enumerate() {
            let length = cut.shape()[i + 2];
            let Some(end) = length.checked_sub(after).filter(|end| *end > before) else {
                let expected = "pads smaller than what is there";
                return Err(Error::shape("a transposed convolution's output", expected, &cut.shape()));
            };
            if before > 0 || after > 0 {
                cut = cut.narrow(i + 2, before, end)?;
            }
        }
        Ok(cut)
    }
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use super::*;
    use crate::Device;

    fn tensor(values: &[f32], shape: &[usize]) -> Tensor {
        Tensor::from_vec(values.to_vec(), shape, &Device::flex()).unwrap()
    }

    fn plain(pads: (usize, usize)) -> Convolution {
        Convolution { strides: vec![1], pads: vec![pads], dilations: vec![1], groups: 1 }
    }

    #[test]
    fn pads_each_side_by_its_own_length() {
        let (x, kernel) = (tensor(&[1.0, 2.0], &[1, 1, 2]), tensor(&[1.0, 10.0], &[1, 1, 2]));
        let y = x.convolve(&kernel, None, &plain((1, 0))).unwrap();
        assert_eq!(y.to_f64s().unwrap(), [10.0, 21.0]);
    }

    #[test]
    fn a_transposed_convolution_is_the_gradient_of_a_convolution() {
        let kernel = tensor(&[1.0, 10.0], &[1, 1, 2]);
        let x = tensor(&[1.0, 2.0, 3.0], &[1, 1, 3]).leaf().unwrap();
        let y = x.convolve(&kernel, None, &plain((0, 0))).unwrap();
        let gradient = y.backward().unwrap().of(&x).unwrap();
        let how = TransposedConvolution {
            strides: vec![1],
            pads: vec![(0, 0)],
            dilations: vec![1],
            output_pads: vec![0],
            groups: 1,
        };
        let ones = tensor(&[1.0, 1.0], &[1, 1, 2]);
        let transposed = ones.convolve_transposed(&kernel, None, &how).unwrap();
        assert_eq!(transposed.to_f64s().unwrap(), gradient.to_f64s().unwrap());
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let (x, kernel) = (tensor(&[1.0, 2.0], &[1, 1, 2]), tensor(&[1.0; 3], &[1, 1, 3]));
        assert!(x.convolve(&kernel, None, &plain((0, 0))).is_err());
        assert!(x.convolve(&kernel, Some(&x), &plain((1, 1))).is_err());
        let huge = plain((usize::MAX, 5));
        assert!(x.convolve(&kernel, None, &huge).is_err());
        let endless = plain((1 << 60, 5));
        assert!(matches!(x.convolve(&kernel, None, &endless), Err(Error::TooLarge { .. })));
        assert!(x.convolve(&kernel, None, &Convolution { groups: 0, ..plain((1, 1)) }).is_err());
    }
}
