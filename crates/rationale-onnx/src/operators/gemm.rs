//! [Gemm](https://onnx.ai/onnx/operators/onnx__Gemm.html): `alpha` A B + `beta` C, with A and B turned where `transA` and
//! `transB` say so, and C broadcast. Before operator set 11 C cannot be left out.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::{optional, required, wrong_shape};
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Gemm {
        alpha: f64::from(node.attributes.float_or("alpha", 1.0)?),
        beta: f64::from(node.attributes.float_or("beta", 1.0)?),
        turns_a: node.attributes.int_or("transA", 0)? != 0,
        turns_b: node.attributes.int_or("transB", 0)? != 0,
    }))
}

#[derive(Debug)]
struct Gemm {
    alpha: f64,
    beta: f64,
    turns_a: bool,
    turns_b: bool,
}

impl Operator for Gemm {
    fn nature(&self) -> Nature {
        Nature::Dense
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let a = matrix(required(inputs, 0, "A")?, self.turns_a)?;
        let b = matrix(required(inputs, 1, "B")?, self.turns_b)?;
        let product = times(&a.matmul(&b)?, self.alpha)?;
        let Some(c) = optional(inputs, 2) else { return Ok(vec![product]) };
        let sum = product.add(&times(c, self.beta)?)?;
        if sum.shape() != product.shape() {
            return Err(wrong_shape("C", format!("one broadcast to {:?}", product.shape()), &c.shape()));
        }
        Ok(vec![sum])
    }
}

fn matrix(x: &Tensor, turned: bool) -> Result<Tensor, Error> {
    match x.rank() {
        2 if turned => x.swap(0, 1),
        2 => Ok(x.clone()),
        _ => Err(wrong_shape("a factor", "[row, column]", &x.shape())),
    }
}

fn times(x: &Tensor, factor: f64) -> Result<Tensor, Error> {
    if factor == 1.0 { Ok(x.clone()) } else { x.mul_number(factor) }
}
