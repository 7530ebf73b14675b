//! [LpPool](https://onnx.ai/onnx/operators/onnx__LpPool.html): the p-norm of each window. Since operator set 18 there are
//! `ceil_mode` and `dilations`.

use rationale_tensor::ops::{ABS, MUL, Power, SQRT};
use rationale_tensor::{Error, Nature, Operator, Runner, Tensor};

use super::operand::{one, required};
use super::pool::{Axis, Pool, means};
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(LpPool { pool: Pool::of(node)?, p: order(node)? }))
}

/// The order p of a norm.
pub(super) fn order(node: &Node) -> Result<i32, crate::Error> {
    let p = node.attributes.int_or("p", 2)?;
    let wrong = || node.attributes.wrong("p", p.to_string(), "a number of at least 1");
    i32::try_from(p).ok().filter(|it| *it > 0).ok_or_else(wrong)
}

#[derive(Debug)]
struct LpPool {
    pool: Pool,
    p: i32,
}

impl Operator for LpPool {
    fn nature(&self) -> Nature {
        Nature::Joint
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        Ok(vec![self.run(inputs, &|operator, inputs| operator.forward(inputs))?])
    }

    fn parts(&self, inputs: &[Option<Tensor>], run: &Runner<'_>) -> Option<Result<Vec<Tensor>, Error>> {
        Some(self.run(inputs, run).map(|it| vec![it]))
    }
}

impl LpPool {
    fn run(&self, inputs: &[Option<Tensor>], run: &Runner<'_>) -> Result<Tensor, Error> {
        let x = required(inputs, 0, "X")?;
        let axes = self.pool.over(&x.shape())?;
        let n: f64 = axes.iter().map(|it: &Axis| it.kernel as f64).product();
        root(run, &means(&power(run, x, self.p)?, &axes)?.mul_number(n)?, self.p)
    }
}

/// |x|^p.
pub(super) fn power(run: &Runner<'_>, x: &Tensor, p: i32) -> Result<Tensor, Error> {
    match p {
        1 => one(run, &ABS, &[x]),
        2 => one(run, &MUL, &[x, x]),
        _ => one(run, &Power(f64::from(p)), &[&one(run, &ABS, &[x])?]),
    }
}

/// x^(1/p).
pub(super) fn root(run: &Runner<'_>, x: &Tensor, p: i32) -> Result<Tensor, Error> {
    match p {
        1 => Ok(x.clone()),
        2 => one(run, &SQRT, &[x]),
        _ => one(run, &Power(1.0 / f64::from(p)), &[x]),
    }
}
