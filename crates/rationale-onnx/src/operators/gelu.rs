//! [Gelu](https://onnx.ai/onnx/operators/onnx__Gelu.html): x Phi(x), exact or by a tanh. Since operator set 20.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    match node.attributes.text_or("approximate", "none")? {
        "none" => Ok(Box::new(Gelu::Exact)),
        "tanh" => Ok(Box::new(Gelu::Tanh)),
        other => Err(node.attributes.wrong("approximate", other, "none or tanh").into()),
    }
}

#[derive(Debug)]
enum Gelu {
    Exact,
    /// x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
    Tanh,
}

impl Operator for Gelu {
    fn nature(&self) -> Nature {
        Nature::Elementwise
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        Ok(vec![match self {
            Self::Exact => x.gelu()?,
            Self::Tanh => by_tanh(x)?,
        }])
    }
}

fn by_tanh(x: &Tensor) -> Result<Tensor, Error> {
    let root = (2.0 / std::f64::consts::PI).sqrt();
    let inner = x.mul(&x.mul(x)?.mul_number(0.044_715 * root)?.add_number(root)?)?;
    x.mul_number(0.5)?.mul(&inner.tanh()?.add_number(1.0)?)
}
