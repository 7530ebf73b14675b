//! [EyeLike](https://onnx.ai/onnx/operators/onnx__EyeLike.html), since operator set 9: a matrix of the input's shape with
//! 1 on the `k`-th diagonal and 0 elsewhere.

use rationale_tensor::{Element, Error, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;
use crate::element::element_of_code;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    let given = node.attributes.contains("dtype");
    let code = given.then(|| node.attributes.int("dtype")).transpose()?;
    let element = code.map(|it| element_of_code("`dtype`", it)).transpose()?;
    Ok(Box::new(EyeLike { element, k: node.attributes.int_or("k", 0)? }))
}

#[derive(Debug)]
struct EyeLike {
    element: Option<Element>,
    k: i64,
}

impl Operator for EyeLike {
    fn nature(&self) -> Nature {
        Nature::Opaque
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "input")?;
        let shape = x.shape();
        let [n_rows, n_columns] = shape[..] else {
            let (what, expected) = ("the input".to_owned(), "two dimensions".to_owned());
            return Err(Error::Shape { what, expected, actual: shape });
        };
        // A diagonal outside the matrix leaves it without ones.
        let k = self.k.max(-(n_rows as i64)).min(n_columns as i64);
        let row = Tensor::counting(k, 1, n_rows, &x.device())?.reshape(&[n_rows, 1])?;
        let column = Tensor::counting(0, 1, n_columns, &x.device())?.reshape(&[1, n_columns])?;
        Ok(vec![row.equal(&column)?.cast(self.element.unwrap_or(x.element()))?])
    }
}
