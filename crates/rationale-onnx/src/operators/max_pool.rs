//! [MaxPool](https://onnx.ai/onnx/operators/onnx__MaxPool.html): the largest element of each window, and where it is. Since
//! operator set 10 there are `ceil_mode` and `dilations`; since 12 it takes whole numbers of 8 bits.

use rationale_tensor::{Element, Error, Kind, Nature, Operator, Tensor};

use super::operand::required;
use super::pool::{Axis, Pool, maxima, padded};
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(MaxPool {
        pool: Pool::of(node)?,
        tells_places: node.output(1).is_some(),
        column_major: node.attributes.int_or("storage_order", 0)? != 0,
    }))
}

#[derive(Debug)]
struct MaxPool {
    pool: Pool,
    tells_places: bool,
    column_major: bool,
}

impl Operator for MaxPool {
    fn nature(&self) -> Nature {
        Nature::Maximum
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let given = required(inputs, 0, "X")?;
        let axes = self.pool.over(&given.shape())?;
        // The kernel is one of reals; those of single precision hold every whole number of 8 bits.
        let x = if given.kind() == Kind::Float { given.clone() } else { given.cast(Element::F32)? };
        if !self.tells_places {
            return Ok(vec![maxima(&x, &axes)?.cast(given.element())?]);
        }
        let windows = unfolded(&padded(&x, &axes, f64::NEG_INFINITY)?, &axes)?;
        let last = windows.rank() - 1;
        let shape = windows.shape();
        let outputs = shape.get(..last).unwrap_or_default();
        let values = windows.max(last)?.reshape(outputs)?.cast(given.element())?;
        let chosen = windows.index_of_max(last)?.to_i64s()?;
        let places =
            chosen.iter().enumerate().map(|(output, inner)| self.place(&axes, output, *inner as usize));
        Ok(vec![values, Tensor::from_vec(places.collect::<Vec<i64>>(), outputs, &given.device())?])
    }
}

impl MaxPool {
    /// The number of the input's element that is number `inner` of the window of an output, both in row-major order.
    fn place(&self, axes: &[Axis], output: usize, inner: usize) -> i64 {
        let (mut output, mut inner) = (output, inner);
        let mut places = vec![0; axes.len()];
        for (place, axis) in places.iter_mut().zip(axes).rev() {
            *place = output % axis.windows * axis.stride + inner % axis.kernel * axis.dilation;
            *place = place.saturating_sub(axis.before).min(axis.length - 1);
            output /= axis.windows;
            inner /= axis.kernel;
        }
        // What is left of `output` counts examples and channels.
        let plane: usize = axes.iter().map(|it| it.length).product();
        let joined = |number: usize, (place, axis): (&usize, &Axis)| number * axis.length + place;
        let pairs = places.iter().zip(axes);
        let within = if self.column_major { pairs.rev().fold(0, joined) } else { pairs.fold(0, joined) };
        (output * plane + within) as i64
    }
}

/// The elements of each window, in row-major order, as a last dimension.
fn unfolded(x: &Tensor, axes: &[Axis]) -> Result<Tensor, Error> {
    let n: usize = axes.iter().map(|it| it.kernel).product();
    let parts: Vec<Tensor> =
        (0..n).map(|inner| element_of_windows(x, axes, inner)).collect::<Result<_, _>>()?;
    Tensor::concat(&parts, axes.len() + 2)
}

fn element_of_windows(x: &Tensor, axes: &[Axis], inner: usize) -> Result<Tensor, Error> {
    let (mut part, mut inner) = (x.clone(), inner);
    for (i, axis) in axes.iter().enumerate().rev() {
        let start = inner % axis.kernel * axis.dilation;
        part = part.stride(i + 2, start, start + (axis.windows - 1) * axis.stride + 1, axis.stride)?;
        inner /= axis.kernel;
    }
    part.unsqueeze(axes.len() + 2)
}
