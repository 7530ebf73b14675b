//! [Split](https://onnx.ai/onnx/operators/onnx__Split.html): a tensor cut into parts along a dimension. The lengths are an
//! attribute, and since operator set 13 an input; without them the parts are equal, and since 18, where `num_outputs` is
//! given, the last one may be smaller.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::axis::{List, axis, lengths};
use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    let given = node.attributes.int_or("num_outputs", node.outputs.len() as i64)?;
    let n_parts = usize::try_from(given).ok().filter(|it| (1..=node.outputs.len().max(1)).contains(it));
    let expected = "the number of outputs";
    Ok(Box::new(Split {
        lengths: List::of(node, "split", 1)?,
        n_parts: n_parts.ok_or_else(|| node.attributes.wrong("num_outputs", given.to_string(), expected))?,
        axis: node.attributes.int_or("axis", 0)?,
    }))
}

#[derive(Debug)]
struct Split {
    lengths: List,
    n_parts: usize,
    axis: i64,
}

impl Operator for Split {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "input")?;
        let dimension = axis("a split", self.axis, x.rank())?;
        let whole = x.shape().get(dimension).copied().unwrap_or_default();
        let parts = match self.lengths.read(inputs)? {
            Some(given) => lengths("a part's length", &given)?,
            None => self.equal_parts(whole),
        };
        if parts.iter().try_fold(0_usize, |sum, it| sum.checked_add(*it)) != Some(whole) {
            let expected = "the length of the dimension as the parts' sum";
            let actual = format!("{parts:?} of {whole}");
            return Err(Error::Setting { what: "a split", expected, actual });
        }
        let mut start = 0;
        let cut = |length: &usize| {
            let part = x.narrow(dimension, start, start + length);
            start += length;
            part
        };
        parts.iter().map(cut).collect()
    }
}

impl Split {
    fn equal_parts(&self, whole: usize) -> Vec<usize> {
        let length = whole.div_ceil(self.n_parts);
        let at = |i: usize| (i * length).min(whole);
        (0..self.n_parts).map(|i| at(i + 1) - at(i)).collect()
    }
}
