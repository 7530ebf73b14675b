//! [Squeeze](https://onnx.ai/onnx/operators/onnx__Squeeze.html) and
//! [Unsqueeze](https://onnx.ai/onnx/operators/onnx__Unsqueeze.html): dimensions of length 1 taken out or put in. Which
//! is an attribute, and since operator set 13 an input; negative since 11.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::axis::{List, axes};
use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Squeeze(List::of(node, "axes", 1)?)))
}

#[derive(Debug)]
struct Squeeze(List);

impl Operator for Squeeze {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "data")?;
        let shape = x.shape();
        let ones = || shape.iter().enumerate().filter(|(_, n)| **n == 1).map(|(i, _)| i).collect();
        let out = match self.0.read(inputs)? {
            Some(asked) => axes("Squeeze", &asked, x.rank())?,
            None => ones(),
        };
        // Where a dimension taken out is longer than 1, the number of elements no longer fits.
        let left = shape.iter().enumerate().filter(|(i, _)| !out.contains(i)).map(|(_, n)| *n);
        Ok(vec![x.reshape(&left.collect::<Vec<_>>())?])
    }
}

pub(super) fn build_unsqueeze(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Unsqueeze(List::of(node, "axes", 1)?)))
}

#[derive(Debug)]
struct Unsqueeze(List);

impl Operator for Unsqueeze {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "data")?;
        let asked = self.0.required(inputs, "axes")?;
        let mut new = axes("Unsqueeze", &asked, x.rank() + asked.len())?;
        new.sort_unstable();
        let mut shape = x.shape();
        new.into_iter().for_each(|it| shape.insert(it, 1));
        Ok(vec![x.reshape(&shape)?])
    }
}
