//! [Elu](https://onnx.ai/onnx/operators/onnx__Elu.html): x where it is positive, else `alpha` (e^x - 1).

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    let alpha = f64::from(node.attributes.float_or("alpha", 1.0)?);
    Ok(Box::new(Elu { alpha }))
}

#[derive(Debug)]
struct Elu {
    alpha: f64,
}

impl Operator for Elu {
    fn nature(&self) -> Nature {
        Nature::Elementwise
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        Ok(vec![x.relu()?.add(&exp_minus_1(&x.at_most(0.0)?)?.mul_number(self.alpha)?)?])
    }
}

/// e^x - 1 for an x of at most 0, exact near 0 too: 2 t / (1 - t) for t = tanh(x / 2).
pub(super) fn exp_minus_1(x: &Tensor) -> Result<Tensor, Error> {
    let t = x.mul_number(0.5)?.tanh()?;
    t.mul_number(2.0)?.div(&t.neg()?.add_number(1.0)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_digits_of_small_numbers() {
        let x =
            Tensor::from_vec(vec![-1e-6_f32, -1.0, -200.0], &[3], &rationale_tensor::Device::flex()).unwrap();
        let found = exp_minus_1(&x).unwrap().to_f64s().unwrap();
        for (found, right) in found.iter().zip([-9.999_995e-7, -0.632_120_558_8, -1.0]) {
            assert!((found / right - 1.0).abs() < 1e-6, "{found} where {right} is right");
        }
    }
}
