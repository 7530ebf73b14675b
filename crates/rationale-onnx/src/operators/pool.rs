//! Windows that slide: what `MaxPool`, `AveragePool` and `LpPool` share.

use rationale_tensor::{Error, Pooling, Tensor};

use super::conv::{Placed, Window};
use super::operand::wrong_shape;
use crate::Node;

/// The attributes of a pooling.
#[derive(Debug)]
pub(super) struct Pool {
    window: Window,
    rounds_up: bool,
}

/// One spatial dimension of a pooling over an input of known shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Axis {
    pub(super) length: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) dilation: usize,
    pub(super) before: usize,
    pub(super) after: usize,
    /// How many windows there are.
    pub(super) windows: usize,
}

impl Pool {
    pub(super) fn of(node: &Node) -> Result<Self, crate::Error> {
        node.attributes.ints("kernel_shape")?;
        Ok(Self { window: Window::of(node)?, rounds_up: node.attributes.int_or("ceil_mode", 0)? != 0 })
    }

    /// Over an input `[example, channel, spatial ..]`.
    pub(super) fn over(&self, input: &[usize]) -> Result<Vec<Axis>, Error> {
        if !(3..=5).contains(&input.len()) || input.iter().skip(2).any(|it| *it == 0) {
            let expected = "[example, channel, ..] with one to three spatial dimensions";
            return Err(wrong_shape("a pooling's input", expected, input));
        }
        let placed = self.window.over(input, &self.window.kernel)?;
        (0..self.window.kernel.len()).map(|i| self.axis(&placed, i, input)).collect()
    }

    fn axis(&self, placed: &Placed, i: usize, input: &[usize]) -> Result<Axis, Error> {
        let (length, kernel) = (input[i + 2], self.window.kernel[i]);
        let (stride, dilation) = (placed.strides[i], placed.dilations[i]);
        let (before, after) = placed.pads[i];
        let room = (|| {
            let extent = (kernel - 1).checked_mul(dilation)?.checked_add(1)?;
            length.checked_add(before)?.checked_add(after)?.checked_sub(extent)
        })();
        let Some(room) = room else {
            return Err(wrong_shape(
                "a pooling's input",
                "spatial dimensions no smaller than the window",
                input,
            ));
        };
        let mut windows = room / stride + 1;
        // A window that would begin in the pad at the end is left out.
        if self.rounds_up
            && !room.is_multiple_of(stride)
            && windows.saturating_mul(stride) < length.saturating_add(before)
        {
            windows += 1;
        }
        Ok(Axis { length, kernel, stride, dilation, before, after, windows })
    }
}

impl Axis {
    /// What is wanted beyond the pad at the end, so that the last window has all its elements.
    fn beyond(&self) -> usize {
        let extent = (self.kernel - 1) * self.dilation + 1;
        let end = (self.windows - 1).saturating_mul(self.stride).saturating_add(extent);
        end.saturating_sub(self.length + self.before + self.after)
    }

    /// A pad that the backend can put there itself: the same on both sides, and less than the window.
    fn backend_pad(&self) -> Option<usize> {
        let fits = self.before == self.after && self.beyond() == 0 && self.before < self.kernel;
        fits.then_some(self.before)
    }

    /// How many elements of each window lie in `start..end`, counted from the beginning of the pad.
    fn counts(&self, start: usize, end: usize) -> Vec<usize> {
        let before = |window: usize, place: usize| {
            place.saturating_sub(window * self.stride).div_ceil(self.dilation).min(self.kernel)
        };
        (0..self.windows).map(|it| before(it, end) - before(it, start)).collect()
    }
}

/// The input with all pads put to it.
pub(super) fn padded(x: &Tensor, axes: &[Axis], value: f64) -> Result<Tensor, Error> {
    let spatial = axes.iter().map(|it| (it.before, it.after.saturating_add(it.beyond())));
    let pads: Vec<_> = [(0, 0), (0, 0)].into_iter().chain(spatial).collect();
    x.pad(&pads, value)
}

/// The largest element of each window.
pub(super) fn maxima(x: &Tensor, axes: &[Axis]) -> Result<Tensor, Error> {
    slide(x, axes, f64::NEG_INFINITY, Tensor::max_pool)
}

/// The mean of each window, with what is beyond the input as zeros.
pub(super) fn means(x: &Tensor, axes: &[Axis]) -> Result<Tensor, Error> {
    if axes.iter().all(|it| it.dilation == 1) {
        return slide(x, axes, 0.0, Tensor::mean_pool);
    }
    let mut sum = padded(x, axes, 0.0)?;
    for (i, axis) in axes.iter().enumerate() {
        sum = dilated_sum(&sum, i + 2, axis)?;
    }
    let n: usize = axes.iter().map(|it| it.kernel).product();
    sum.mul_number(1.0 / n as f64)
}

/// The sum of each window of one dimension.
fn dilated_sum(x: &Tensor, dimension: usize, axis: &Axis) -> Result<Tensor, Error> {
    let part = |i: usize| {
        let start = i * axis.dilation;
        x.stride(dimension, start, start + (axis.windows - 1) * axis.stride + 1, axis.stride)
    };
    (1..axis.kernel).try_fold(part(0)?, |sum, i| sum.add(&part(i)?))
}

/// By how much a mean over whole windows must be multiplied to become one over the elements that count: those of the
/// input, or those of its pads too. `None` where that changes nothing.
pub(super) fn correction(x: &Tensor, axes: &[Axis], counts_pads: bool) -> Result<Option<Tensor>, Error> {
    let mut factors: Option<Tensor> = None;
    for (i, axis) in axes.iter().enumerate() {
        let (start, end) = if counts_pads {
            (0, axis.length + axis.before + axis.after)
        } else {
            (axis.before, axis.before + axis.length)
        };
        let counts = axis.counts(start, end);
        let factor: Vec<f64> = counts.iter().map(|it| axis.kernel as f64 / (*it).max(1) as f64).collect();
        if factor.iter().all(|it| *it == 1.0) {
            continue;
        }
        let mut shape = vec![1; axes.len() + 2];
        shape[i + 2] = factor.len();
        let factor = Tensor::from_vec(factor, &shape, &x.device())?.cast(x.element())?;
        factors = Some(factors.map_or_else(|| Ok(factor.clone()), |it| it.mul(&factor))?);
    }
    Ok(factors)
}

type Kernel = fn(&Tensor, &Pooling) -> Result<Tensor, Error>;

/// Runs a kernel of two dimensions over one, two or three: a maximum or mean over a box is one over its depth of those
/// over its height and width.
fn slide(x: &Tensor, axes: &[Axis], beyond: f64, kernel: Kernel) -> Result<Tensor, Error> {
    let by_backend: Option<Vec<usize>> = axes.iter().map(Axis::backend_pad).collect();
    let (x, pads) = match by_backend {
        Some(pads) => (x.clone(), pads),
        None => (padded(x, axes, beyond)?, vec![0; axes.len()]),
    };
    let shape = x.shape();
    let run = |x: &Tensor, shape: &[usize; 4], h: Option<usize>, w: Option<usize>| {
        let of = |i: Option<usize>, get: fn(&Axis) -> usize| i.and_then(|i| axes.get(i)).map_or(1, get);
        let pad = |i: Option<usize>| i.and_then(|i| pads.get(i)).copied().unwrap_or(0);
        let how = Pooling {
            kernel: [of(h, |it| it.kernel), of(w, |it| it.kernel)],
            strides: [of(h, |it| it.stride), of(w, |it| it.stride)],
            pads: [pad(h), pad(w)],
            dilations: [of(h, |it| it.dilation), of(w, |it| it.dilation)],
        };
        kernel(&x.reshape(shape)?, &how)
    };
    match shape[..] {
        [n, c, length] => {
            let y = run(&x, &[n, c, 1, length], None, Some(0))?;
            y.reshape(&[n, c, axes[0].windows])
        }
        [n, c, h, w] => run(&x, &[n, c, h, w], Some(0), Some(1)),
        [n, c, d, h, w] => {
            let (dd, hh, ww) = (axes[0].windows, axes[1].windows, axes[2].windows);
            let flat = run(&x, &[n, c.saturating_mul(d), h, w], Some(1), Some(2))?;
            run(&flat, &[n, c, d, hh * ww], Some(0), None)?.reshape(&[n, c, dd, hh, ww])
        }
        _ => Err(wrong_shape("a pooling's input", "one to three spatial dimensions", &shape)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(length: usize, kernel: usize, stride: usize, pads: (usize, usize), windows: usize) -> Axis {
        Axis { length, kernel, stride, dilation: 1, before: pads.0, after: pads.1, windows }
    }

    #[test]
    fn counts_what_is_inside() {
        let device = rationale_tensor::Device::flex();
        let x = Tensor::from_vec(vec![1.0_f32; 4], &[1, 1, 4], &device).unwrap();
        let axes = [axis(4, 3, 2, (1, 0), 3)];
        let of = |counts_pads| correction(&x, &axes, counts_pads).unwrap().unwrap().to_f64s().unwrap();
        assert_eq!(of(false), [1.5, 1.0, 3.0]);
        assert_eq!(of(true), [1.0, 1.0, 3.0]);
    }
}
