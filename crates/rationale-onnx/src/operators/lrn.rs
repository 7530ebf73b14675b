//! [LRN](https://onnx.ai/onnx/operators/onnx__LRN.html), local response normalisation: x / (`bias` + `alpha` m)^`beta`,
//! where m is the mean square of the `size` channels around x's own, of which those that are not there count as 0.

use rationale_tensor::ops::{AddNumber, MUL, MeanPool, MulNumber, Power};
use rationale_tensor::{Error, Nature, Operator, Pooling, Runner, Tensor};

use super::operand::{one, required, wrong_shape};
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    let number = |name: &str, default: f32| node.attributes.float_or(name, default).map(f64::from);
    let size = node.attributes.int("size")?;
    let wrong = || node.attributes.wrong("size", size.to_string(), "a number of at least 1");
    Ok(Box::new(Lrn {
        alpha: number("alpha", 1e-4)?,
        beta: number("beta", 0.75)?,
        bias: number("bias", 1.0)?,
        size: usize::try_from(size).ok().filter(|it| *it > 0).ok_or_else(wrong)?,
    }))
}

#[derive(Debug)]
struct Lrn {
    alpha: f64,
    beta: f64,
    bias: f64,
    size: usize,
}

impl Operator for Lrn {
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

impl Lrn {
    fn run(&self, inputs: &[Option<Tensor>], run: &Runner<'_>) -> Result<Tensor, Error> {
        let x = required(inputs, 0, "X")?;
        let shape = x.shape();
        let [examples, channels, ..] = shape[..] else {
            return Err(wrong_shape(
                "a local response normalisation's input",
                "[example, channel, ..]",
                &shape,
            ));
        };
        if x.is_empty() {
            return Ok(x.clone());
        }
        let squares = one(run, &MUL, &[x, x])?;
        let squares = squares.reshape(&[examples, 1, channels, x.len() / (examples * channels)])?;
        let (before, after) = ((self.size - 1) / 2, self.size / 2);
        let padded = squares.pad(&[(0, 0), (0, 0), (before, after), (0, 0)], 0.0)?;
        let window = Pooling { kernel: [self.size, 1], strides: [1, 1], pads: [0, 0], dilations: [1, 1] };
        let mean = one(run, &MeanPool(window), &[&padded])?.reshape(&shape)?;
        let damped = one(run, &AddNumber(self.bias), &[&one(run, &MulNumber(self.alpha), &[&mean])?])?;
        one(run, &MUL, &[x, &one(run, &Power(-self.beta), &[&damped])?])
    }
}
