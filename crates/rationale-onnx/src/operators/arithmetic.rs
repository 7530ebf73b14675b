//! Arithmetic of two tensors, broadcast:
//! [Add](https://onnx.ai/onnx/operators/onnx__Add.html),
//! [Sub](https://onnx.ai/onnx/operators/onnx__Sub.html),
//! [Mul](https://onnx.ai/onnx/operators/onnx__Mul.html) and
//! [Div](https://onnx.ai/onnx/operators/onnx__Div.html), which rounds whole numbers towards zero.
//! Since operator set 14 for whole numbers of 8 and 16 bits too. Since 18, their bits:
//! [BitwiseAnd](https://onnx.ai/onnx/operators/onnx__BitwiseAnd.html),
//! [BitwiseOr](https://onnx.ai/onnx/operators/onnx__BitwiseOr.html) and
//! [BitwiseXor](https://onnx.ai/onnx/operators/onnx__BitwiseXor.html).

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::Built;
use super::operand::required;

/// What becomes of two elements.
type Function = fn(&Tensor, &Tensor) -> Result<Tensor, Error>;

pub(super) fn build(nature: Nature, function: Function) -> Built {
    Ok(Box::new(Arithmetic { nature, function }))
}

#[derive(Debug)]
struct Arithmetic {
    nature: Nature,
    function: Function,
}

impl Operator for Arithmetic {
    fn nature(&self) -> Nature {
        self.nature
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        Ok(vec![(self.function)(required(inputs, 0, "A")?, required(inputs, 1, "B")?)?])
    }
}
