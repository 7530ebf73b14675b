//! [MatMul](https://onnx.ai/onnx/operators/onnx__MatMul.html): the product of matrices as numpy's `matmul` has it, where a
//! vector on the left is one row and a vector on the right one column.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::{required, wrong_shape};
use super::{Built, Context};
use crate::Node;

pub(super) fn build(_: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(MatMul))
}

#[derive(Debug)]
struct MatMul;

impl Operator for MatMul {
    fn nature(&self) -> Nature {
        Nature::Dense
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let (a, b) = (required(inputs, 0, "A")?, required(inputs, 1, "B")?);
        let (is_row, is_column) = (a.rank() == 1, b.rank() == 1);
        for factor in [a, b] {
            if factor.rank() == 0 {
                return Err(wrong_shape("a factor", "one dimension or more", &[]));
            }
        }
        let left = if is_row { a.unsqueeze(0)? } else { a.clone() };
        let right = if is_column { b.unsqueeze(1)? } else { b.clone() };
        let product = left.matmul(&right)?;
        let mut shape = product.shape();
        if is_column {
            shape.pop();
        }
        if is_row {
            shape.remove(shape.len() - 1 - usize::from(!is_column));
        }
        Ok(vec![product.reshape(&shape)?])
    }
}
