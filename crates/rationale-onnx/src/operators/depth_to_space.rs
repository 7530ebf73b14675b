//! [DepthToSpace](https://onnx.ai/onnx/operators/onnx__DepthToSpace.html): channels become blocks of pixels. Since operator set 11
//! `mode` says whether the block or the channel is the outer part of a channel.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::{required, wrong_shape};
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    let channel_outside = match node.attributes.text_or("mode", "DCR")? {
        "DCR" => false,
        "CRD" => true,
        other => return Err(node.attributes.wrong("mode", other, "DCR or CRD").into()),
    };
    Ok(Box::new(DepthToSpace { block: block_size(node)?, channel_outside }))
}

/// The side of a block, in pixels.
pub(super) fn block_size(node: &Node) -> Result<usize, crate::Error> {
    let size = node.attributes.int("blocksize")?;
    let wrong = || node.attributes.wrong("blocksize", size.to_string(), "a number from 1 to 65535");
    usize::try_from(size).ok().filter(|it| (1..1 << 16).contains(it)).ok_or_else(wrong)
}

#[derive(Debug)]
struct DepthToSpace {
    block: usize,
    channel_outside: bool,
}

impl Operator for DepthToSpace {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let (x, b) = (required(inputs, 0, "input")?, self.block);
        let expected = || format!("[example, channel, height, width] with channels divisible by {}", b * b);
        let [n, channels, h, w] = x.shape()[..] else {
            return Err(wrong_shape("the input", expected(), &x.shape()));
        };
        if !channels.is_multiple_of(b * b) {
            return Err(wrong_shape("the input", expected(), &x.shape()));
        }
        let c = channels / (b * b);
        let turned = if self.channel_outside {
            x.reshape(&[n, c, b, b, h, w])?.permute(&[0, 1, 4, 2, 5, 3])?
        } else {
            x.reshape(&[n, b, b, c, h, w])?.permute(&[0, 3, 4, 1, 5, 2])?
        };
        Ok(vec![turned.reshape(&[n, c, h * b, w * b])?])
    }
}
