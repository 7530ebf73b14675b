//! [AveragePool](https://onnx.ai/onnx/operators/onnx__AveragePool.html): the mean of each window, of the elements that are
//! there or, by `count_include_pad`, of those of the pads too. Since operator set 10 the number of windows may be rounded
//! up (`ceil_mode`); since 19 there are `dilations`.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::required;
use super::pool::{Pool, correction, means};
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    let counts_pads = node.attributes.int_or("count_include_pad", 0)? != 0;
    Ok(Box::new(AveragePool { pool: Pool::of(node)?, counts_pads }))
}

#[derive(Debug)]
struct AveragePool {
    pool: Pool,
    counts_pads: bool,
}

impl Operator for AveragePool {
    fn nature(&self) -> Nature {
        Nature::Linear
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        let axes = self.pool.over(&x.shape())?;
        let means = means(x, &axes)?;
        Ok(vec![match correction(x, &axes, self.counts_pads)? {
            Some(factor) => means.mul(&factor)?,
            None => means,
        }])
    }
}
