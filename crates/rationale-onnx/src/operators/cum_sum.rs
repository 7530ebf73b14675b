//! [CumSum](https://onnx.ai/onnx/operators/onnx__CumSum.html), since operator set 11: the running sum along a dimension,
//! with or without the element itself, from the start or from the end.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::axis::{axis, single};
use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(CumSum {
        exclusive: node.attributes.int_or("exclusive", 0)? != 0,
        reverse: node.attributes.int_or("reverse", 0)? != 0,
    }))
}

#[derive(Debug)]
struct CumSum {
    exclusive: bool,
    reverse: bool,
}

impl Operator for CumSum {
    fn nature(&self) -> Nature {
        Nature::Linear
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "x")?;
        let dimension = axis("CumSum", single("`axis`", required(inputs, 1, "axis")?)?, x.rank())?;
        if x.is_empty() {
            return Ok(vec![x.clone()]);
        }
        let forwards = if self.reverse { x.flip(dimension)? } else { x.clone() };
        let mut sums = forwards.running_sum(dimension)?;
        if self.exclusive {
            sums = shifted(&sums, dimension)?;
        }
        Ok(vec![if self.reverse { sums.flip(dimension)? } else { sums }])
    }
}

/// A zero put in front, and the last element left out.
fn shifted(sums: &Tensor, dimension: usize) -> Result<Tensor, Error> {
    let length = sums.shape().get(dimension).copied().unwrap_or(1);
    let zero = sums.narrow(dimension, 0, 1)?.detach().full_like(0.0)?;
    Tensor::concat(&[zero, sums.narrow(dimension, 0, length.saturating_sub(1))?], dimension)
}
