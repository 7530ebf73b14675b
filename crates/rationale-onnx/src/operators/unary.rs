//! Functions of one tensor, element by element:
//! [Abs](https://onnx.ai/onnx/operators/onnx__Abs.html),
//! [Acos](https://onnx.ai/onnx/operators/onnx__Acos.html),
//! [Acosh](https://onnx.ai/onnx/operators/onnx__Acosh.html),
//! [Asin](https://onnx.ai/onnx/operators/onnx__Asin.html),
//! [Asinh](https://onnx.ai/onnx/operators/onnx__Asinh.html),
//! [Atan](https://onnx.ai/onnx/operators/onnx__Atan.html),
//! [Atanh](https://onnx.ai/onnx/operators/onnx__Atanh.html),
//! [Ceil](https://onnx.ai/onnx/operators/onnx__Ceil.html),
//! [Cos](https://onnx.ai/onnx/operators/onnx__Cos.html),
//! [Cosh](https://onnx.ai/onnx/operators/onnx__Cosh.html),
//! [Erf](https://onnx.ai/onnx/operators/onnx__Erf.html),
//! [Exp](https://onnx.ai/onnx/operators/onnx__Exp.html),
//! [Floor](https://onnx.ai/onnx/operators/onnx__Floor.html),
//! [Log](https://onnx.ai/onnx/operators/onnx__Log.html),
//! [Neg](https://onnx.ai/onnx/operators/onnx__Neg.html),
//! [Reciprocal](https://onnx.ai/onnx/operators/onnx__Reciprocal.html),
//! [Round](https://onnx.ai/onnx/operators/onnx__Round.html) (halves to the even number, since operator set 11),
//! [Sigmoid](https://onnx.ai/onnx/operators/onnx__Sigmoid.html),
//! [Sign](https://onnx.ai/onnx/operators/onnx__Sign.html),
//! [Sin](https://onnx.ai/onnx/operators/onnx__Sin.html),
//! [Sinh](https://onnx.ai/onnx/operators/onnx__Sinh.html),
//! [Sqrt](https://onnx.ai/onnx/operators/onnx__Sqrt.html),
//! [Tan](https://onnx.ai/onnx/operators/onnx__Tan.html),
//! [Tanh](https://onnx.ai/onnx/operators/onnx__Tanh.html).

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::Built;
use super::operand::required;

/// A function of each element.
type Function = fn(&Tensor) -> Result<Tensor, Error>;

pub(super) fn build(function: Function) -> Built {
    Ok(Box::new(Unary(function)))
}

#[derive(Debug)]
struct Unary(Function);

impl Operator for Unary {
    fn nature(&self) -> Nature {
        Nature::Elementwise
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        Ok(vec![(self.0)(required(inputs, 0, "X")?)?])
    }
}
