//! [ArgMax](https://onnx.ai/onnx/operators/onnx__ArgMax.html) and
//! [ArgMin](https://onnx.ai/onnx/operators/onnx__ArgMin.html): where the largest or smallest element of a dimension is.
//! Since operator set 11 the dimension may be negative; since 12 the last of equals may be asked for.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::Built;
use super::axis::axis;
use super::operand::required;
use crate::Node;

/// Which element is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Extreme {
    Largest,
    Smallest,
}

pub(super) fn build(node: &Node, extreme: Extreme) -> Built {
    Ok(Box::new(Arg {
        extreme,
        axis: node.attributes.int_or("axis", 0)?,
        keeps: node.attributes.int_or("keepdims", 1)? != 0,
        takes_last: node.attributes.int_or("select_last_index", 0)? != 0,
    }))
}

#[derive(Debug)]
struct Arg {
    extreme: Extreme,
    axis: i64,
    keeps: bool,
    takes_last: bool,
}

impl Operator for Arg {
    fn nature(&self) -> Nature {
        Nature::Opaque
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "data")?.detach();
        let dimension = axis("the place of an extreme", self.axis, x.rank())?;
        let found = if self.takes_last {
            let from_the_end = self.first(&x.flip(dimension)?, dimension)?;
            let last = x.shape().get(dimension).map_or(0, |it| it.saturating_sub(1));
            from_the_end.neg()?.add_number(last as f64)?
        } else {
            self.first(&x, dimension)?
        };
        let mut shape = found.shape();
        if !self.keeps {
            shape.remove(dimension);
        }
        Ok(vec![found.reshape(&shape)?])
    }
}

impl Arg {
    fn first(&self, x: &Tensor, dimension: usize) -> Result<Tensor, Error> {
        match self.extreme {
            Extreme::Largest => x.index_of_max(dimension),
            Extreme::Smallest => x.index_of_min(dimension),
        }
    }
}
