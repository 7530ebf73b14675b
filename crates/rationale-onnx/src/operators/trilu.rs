//! [Trilu](https://onnx.ai/onnx/operators/onnx__Trilu.html), since operator set 14: the upper or lower triangle of
//! matrices, up to the `k`-th diagonal; elsewhere 0.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::axis::single;
use super::operand::{optional, required};
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Trilu { upper: node.attributes.int_or("upper", 1)? != 0 }))
}

#[derive(Debug)]
struct Trilu {
    upper: bool,
}

impl Operator for Trilu {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "input")?;
        let k = optional(inputs, 1).map_or(Ok(0), |it| single("`k`", it))?;
        let shape = x.shape();
        let [.., n_rows, n_columns] = shape[..] else {
            let (what, expected) = ("the input".to_owned(), "at least two dimensions".to_owned());
            return Err(Error::Shape { what, expected, actual: shape });
        };
        // A diagonal further out leaves all or nothing, as the outermost one does.
        let k = k.max(-(n_rows as i64)).min(n_columns as i64);
        let row = Tensor::counting(k, 1, n_rows, &x.device())?.reshape(&[n_rows, 1])?;
        let column = Tensor::counting(0, 1, n_columns, &x.device())?.reshape(&[1, n_columns])?;
        let keeps = if self.upper { column.greater_equal(&row)? } else { row.greater_equal(&column)? };
        Ok(vec![keeps.choose(x, &x.detach().full_like(0.0)?)?])
    }
}
