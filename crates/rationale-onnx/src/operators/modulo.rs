//! [Mod](https://onnx.ai/onnx/operators/onnx__Mod.html): the remainder, broadcast, with the sign of the divisor; with
//! `fmod`, which reals need, that of the dividend.

use rationale_tensor::{Error, Kind, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Modulo { sign_of_dividend: node.attributes.int_or("fmod", 0)? != 0 }))
}

#[derive(Debug)]
struct Modulo {
    sign_of_dividend: bool,
}

impl Operator for Modulo {
    fn nature(&self) -> Nature {
        Nature::Elementwise
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let (a, b) = (required(inputs, 0, "A")?, required(inputs, 1, "B")?);
        if self.sign_of_dividend {
            return Ok(vec![a.abs()?.remainder(&b.abs()?)?.mul(&a.sign()?)?]);
        }
        if a.kind() == Kind::Float {
            let expected = "whole numbers, or `fmod` = 1";
            return Err(Error::Element { what: "`A`".to_owned(), expected, actual: a.element() });
        }
        Ok(vec![a.remainder(b)?])
    }
}
