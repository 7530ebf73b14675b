//! [SpaceToDepth](https://onnx.ai/onnx/operators/onnx__SpaceToDepth.html): blocks of pixels become channels, the
//! pixel being the outer part of a channel.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::depth_to_space::block_size;
use super::operand::{required, wrong_shape};
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(SpaceToDepth { block: block_size(node)? }))
}

#[derive(Debug)]
struct SpaceToDepth {
    block: usize,
}

impl Operator for SpaceToDepth {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let (x, b) = (required(inputs, 0, "input")?, self.block);
        let expected = || format!("[example, channel, height, width] with sides divisible by {b}");
        let [n, c, height, width] = x.shape()[..] else {
            return Err(wrong_shape("the input", expected(), &x.shape()));
        };
        if !height.is_multiple_of(b) || !width.is_multiple_of(b) {
            return Err(wrong_shape("the input", expected(), &x.shape()));
        }
        let (h, w) = (height / b, width / b);
        let turned = x.reshape(&[n, c, h, b, w, b])?.permute(&[0, 3, 5, 1, 2, 4])?;
        Ok(vec![turned.reshape(&[n, b * b * c, h, w])?])
    }
}
