//! [ScatterND](https://onnx.ai/onnx/operators/onnx__ScatterND.html), since operator set 11: parts of the data, named by
//! tuples of indices, are replaced by updates; since 16 they are added or multiplied, since 18 the larger or smaller is
//! taken.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::required;
use super::scatter::Update;
use super::{Built, Context, tuple};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(ScatterNd(Update::of(node)?)))
}

#[derive(Debug)]
struct ScatterNd(Update);

impl Operator for ScatterNd {
    fn nature(&self) -> Nature {
        self.0.nature()
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "data")?;
        let (indices, updates) = (required(inputs, 1, "indices")?, required(inputs, 2, "updates")?);
        let (own, asked) = (x.shape(), indices.shape());
        let wrong = |what: &str, actual: &[usize]| Error::Shape {
            what: what.to_owned(),
            expected: format!("what fits data of {own:?} and indices of {asked:?}"),
            actual: actual.to_vec(),
        };
        let (&width, outer) = asked.split_last().ok_or_else(|| wrong("the indices", &asked))?;
        let named = own.get(..width).ok_or_else(|| wrong("the indices", &asked))?;
        let rest = own.get(width..).unwrap_or_default();
        if updates.shape() != [outer, rest].concat() {
            return Err(wrong("the updates", &updates.shape()));
        }
        let places = if width == 0 {
            vec![0; Tensor::check_size(outer, indices.element())?]
        } else {
            tuple::parts(&indices.to_i64s()?, width, named)?
        };
        let per_row = rest.iter().product();
        let rows = x.reshape(&[named.iter().product(), per_row])?;
        let updated = self.0.apply(&rows, &places, &updates.reshape(&[places.len(), per_row])?)?;
        Ok(vec![updated.reshape(&own)?])
    }
}
