//! [GatherND](https://onnx.ai/onnx/operators/onnx__GatherND.html), since operator set 11: the parts of the data that
//! tuples of indices name. Since 12, `batch_dims` first dimensions belong together.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::axis::length;
use super::operand::required;
use super::{Built, Context, tuple};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(GatherNd { n_batch: node.attributes.int_or("batch_dims", 0)? }))
}

#[derive(Debug)]
struct GatherNd {
    n_batch: i64,
}

impl Operator for GatherNd {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let (x, indices) = (required(inputs, 0, "data")?, required(inputs, 1, "indices")?);
        let n_batch = length("`batch_dims`", self.n_batch)?;
        let (own, asked) = (x.shape(), indices.shape());
        let wrong = || Error::Shape {
            what: "the indices".to_owned(),
            expected: format!("[.., n] for at most all dimensions of {own:?}, {n_batch} of them in common"),
            actual: asked.clone(),
        };
        let (&width, outer) = asked.split_last().ok_or_else(wrong)?;
        let end = n_batch.checked_add(width).ok_or_else(wrong)?;
        let batch = own.get(..n_batch).ok_or_else(wrong)?;
        if outer.get(..n_batch) != Some(batch) {
            return Err(wrong());
        }
        let (named, rest) = (own.get(n_batch..end).ok_or_else(wrong)?, own.get(end..).unwrap_or_default());
        let shape = [outer, rest].concat();
        let n_examples: usize = batch.iter().product();
        let n_parts: usize = named.iter().product();
        let mut places = if width == 0 {
            vec![0; Tensor::check_size(outer, indices.element())?]
        } else {
            tuple::parts(&indices.to_i64s()?, width, named)?
        };
        let per_example = places.len().checked_div(n_examples).unwrap_or(0).max(1);
        for (i, place) in places.iter_mut().enumerate() {
            *place += (i / per_example * n_parts) as i64;
        }
        let rows = x.reshape(&[n_examples * n_parts, rest.iter().product()])?;
        Ok(vec![rows.select(0, &places)?.reshape(&shape)?])
    }
}
