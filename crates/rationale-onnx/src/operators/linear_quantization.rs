//! Scales and zero points: what `QuantizeLinear` and `DequantizeLinear` share.

use rationale_tensor::{Error, Tensor};

use super::axis;
use super::operand::wrong_shape;
use crate::Node;

/// How scales belong to elements: one for all, one an index of `axis`, or one a block of `block` elements along it.
#[derive(Debug)]
pub(super) struct Spread {
    axis: i64,
    block: usize,
}

impl Spread {
    pub(super) fn of(node: &Node) -> Result<Self, crate::Error> {
        let block = node.attributes.int_or("block_size", 0)?;
        let wrong = |_| node.attributes.wrong("block_size", block.to_string(), "a number of at least 0");
        Ok(Self { axis: node.attributes.int_or("axis", 1)?, block: usize::try_from(block).map_err(wrong)? })
    }

    /// A scale or zero point in a shape that is broadcast to `x`.
    pub(super) fn over(&self, parameter: &Tensor, x: &Tensor) -> Result<Tensor, Error> {
        let shape = x.shape();
        if parameter.len() == 1 {
            return parameter.reshape(&vec![1; shape.len()]);
        }
        let axis = axis::axis("a quantisation", self.axis, shape.len())?;
        let length = shape.get(axis).copied().unwrap_or(1);
        if self.block == 0 {
            let mut spread = vec![1; shape.len()];
            if let Some(it) = spread.get_mut(axis) {
                *it = length;
            }
            return if parameter.shape() == [length] {
                parameter.reshape(&spread)
            } else {
                Err(wrong_shape("a scale or zero point", format!("[{length}]"), &parameter.shape()))
            };
        }
        let mut blocks = shape.clone();
        if let Some(it) = blocks.get_mut(axis) {
            *it = length.div_ceil(self.block);
        }
        if parameter.shape() != blocks {
            return Err(wrong_shape("a scale or zero point", format!("{blocks:?}"), &parameter.shape()));
        }
        let indices: Vec<i64> = (0..length).map(|it| (it / self.block) as i64).collect();
        parameter.select(axis, &indices)
    }
}
