//! [Slice](https://onnx.ai/onnx/operators/onnx__Slice.html): parts of dimensions, from `starts` to before `ends`, which
//! are attributes, and since operator set 10 inputs, as are the steps. Negative steps go backwards since 11.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::axis::{List, axis};
use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Slice {
        starts: List::of(node, "starts", 1)?,
        ends: List::of(node, "ends", 2)?,
        axes: List::of(node, "axes", 3)?,
        steps: List::of(node, "steps", 4)?,
    }))
}

#[derive(Debug)]
struct Slice {
    starts: List,
    ends: List,
    axes: List,
    steps: List,
}

impl Operator for Slice {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "data")?;
        let starts = self.starts.required(inputs, "starts")?;
        let ends = self.ends.required(inputs, "ends")?;
        let axes = self.axes.read(inputs)?.unwrap_or_else(|| (0..starts.len() as i64).collect());
        let steps = self.steps.read(inputs)?.unwrap_or_else(|| vec![1; starts.len()]);
        if [ends.len(), axes.len(), steps.len()].iter().any(|it| *it != starts.len()) {
            let actual = format!("{starts:?}, {ends:?}, {axes:?} and {steps:?}");
            let expected = "lists of one length";
            return Err(Error::Setting { what: "starts, ends, axes and steps", expected, actual });
        }
        let mut sliced = x.clone();
        for (((start, end), asked), step) in starts.into_iter().zip(ends).zip(axes).zip(steps) {
            let dimension = axis("a slice", asked, x.rank())?;
            sliced = along(&sliced, dimension, start, end, step)?;
        }
        Ok(vec![sliced])
    }
}

fn along(x: &Tensor, dimension: usize, start: i64, end: i64, step: i64) -> Result<Tensor, Error> {
    let length = x.shape().get(dimension).copied().unwrap_or_default() as i64;
    let from_start = |place: i64| if place < 0 { place.saturating_add(length) } else { place };
    let (start, end) = (from_start(start), from_start(end));
    let stride = usize::try_from(step.unsigned_abs()).unwrap_or(usize::MAX);
    if step > 0 {
        let (start, end) = (start.max(0).min(length), end.max(0).min(length));
        return x.stride(dimension, start as usize, end.max(start) as usize, stride);
    }
    if step == 0 {
        return Err(Error::Setting { what: "a step", expected: "one other than 0", actual: "0".to_owned() });
    }
    // Backwards from `start` to after `end` is forwards from after `end` to `start`, turned round.
    let (start, end) = (start.max(0).min(length - 1), end.max(-1).min(length - 1));
    let (low, high) = ((end + 1) as usize, (start + 1) as usize);
    let turned = x.narrow(dimension, low.min(high), high)?.flip(dimension)?;
    turned.stride(dimension, 0, high.saturating_sub(low), stride)
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use rationale_tensor::Device;

    use super::*;

    #[test]
    fn ends_are_kept_within_the_dimension() {
        let x = Tensor::counting(0, 1, 3, &Device::flex()).unwrap();
        let sliced = |start, end, step| along(&x, 0, start, end, step).unwrap().to_i64s().unwrap();
        assert_eq!(sliced(i64::MIN, i64::MAX, 2), [0, 2]);
        assert_eq!(sliced(i64::MAX, i64::MIN, -1), [2, 1, 0]);
        assert_eq!(sliced(-9, i64::MIN, -1), [0]);
        assert_eq!(sliced(0, 2, i64::MIN), [] as [i64; 0]);
        assert!(along(&x, 0, 0, 3, 0).is_err());
    }

    #[test]
    fn a_dimension_without_elements_stays_so() {
        let x = Tensor::counting(0, 1, 0, &Device::flex()).unwrap();
        assert!(along(&x, 0, 0, 9, 1).unwrap().is_empty() && along(&x, 0, -1, -9, -2).unwrap().is_empty());
    }
}
