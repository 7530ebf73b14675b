//! [GlobalAveragePool](https://onnx.ai/onnx/operators/onnx__GlobalAveragePool.html): the mean of each channel of each example.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::{required, wrong_shape};
use super::{Built, Context};
use crate::Node;

pub(super) fn build(_: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(GlobalAveragePool))
}

#[derive(Debug)]
struct GlobalAveragePool;

impl Operator for GlobalAveragePool {
    fn nature(&self) -> Nature {
        Nature::Linear
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        Ok(vec![over_space(x, |rows| rows.mean(2))?])
    }
}

/// Reduces the elements of each channel to one: `reduce` takes `[example, channel, element]` to the same with length 1.
pub(super) fn over_space(
    x: &Tensor,
    reduce: impl FnOnce(&Tensor) -> Result<Tensor, Error>,
) -> Result<Tensor, Error> {
    let shape = x.shape();
    let [examples, channels, ..] = shape[..] else {
        return Err(wrong_shape("a global pooling's input", "[example, channel, spatial ..]", &shape));
    };
    if x.is_empty() {
        return Err(wrong_shape("a global pooling's input", "dimensions with elements", &shape));
    }
    let mut reduced = vec![1; shape.len()];
    reduced.splice(..2, [examples, channels]);
    reduce(&x.reshape(&[examples, channels, x.len() / (examples * channels)])?)?.reshape(&reduced)
}
