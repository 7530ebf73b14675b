//! What becomes of any number of tensors, broadcast:
//! [Max](https://onnx.ai/onnx/operators/onnx__Max.html) and
//! [Min](https://onnx.ai/onnx/operators/onnx__Min.html) (since operator set 12 of whole numbers too),
//! [Sum](https://onnx.ai/onnx/operators/onnx__Sum.html) and
//! [Mean](https://onnx.ai/onnx/operators/onnx__Mean.html).

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::Built;
use super::operand::required;

/// Which of them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Variadic {
    Max,
    Min,
    Sum,
    Mean,
}

pub(super) fn build(which: Variadic) -> Built {
    Ok(Box::new(which))
}

impl Operator for Variadic {
    fn nature(&self) -> Nature {
        match self {
            Self::Max => Nature::Maximum,
            Self::Min => Nature::Minimum,
            Self::Sum | Self::Mean => Nature::Linear,
        }
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let mut joined = required(inputs, 0, "data_0")?.clone();
        for next in inputs.iter().skip(1).flatten() {
            joined = match self {
                Self::Max => joined.max_of(next)?,
                Self::Min => joined.min_of(next)?,
                Self::Sum | Self::Mean => joined.add(next)?,
            };
        }
        if matches!(self, Self::Mean) {
            joined = joined.mul_number(1.0 / inputs.iter().flatten().count() as f64)?;
        }
        Ok(vec![joined])
    }
}
