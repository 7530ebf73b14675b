//! Comparisons and logic, broadcast:
//! [Equal](https://onnx.ai/onnx/operators/onnx__Equal.html),
//! [Greater](https://onnx.ai/onnx/operators/onnx__Greater.html),
//! [GreaterOrEqual](https://onnx.ai/onnx/operators/onnx__GreaterOrEqual.html),
//! [Less](https://onnx.ai/onnx/operators/onnx__Less.html),
//! [LessOrEqual](https://onnx.ai/onnx/operators/onnx__LessOrEqual.html),
//! [And](https://onnx.ai/onnx/operators/onnx__And.html),
//! [Or](https://onnx.ai/onnx/operators/onnx__Or.html),
//! [Xor](https://onnx.ai/onnx/operators/onnx__Xor.html),
//! [Not](https://onnx.ai/onnx/operators/onnx__Not.html),
//! [BitwiseNot](https://onnx.ai/onnx/operators/onnx__BitwiseNot.html) (since operator set 18),
//! [IsNaN](https://onnx.ai/onnx/operators/onnx__IsNaN.html) and
//! [IsInf](https://onnx.ai/onnx/operators/onnx__IsInf.html), since operator set 10, one sign of which may be passed over.

use rationale_tensor::{Element, Error, Kind, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;

/// Which of them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Comparison {
    Equal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    And,
    Or,
    Xor,
}

pub(super) fn build(which: Comparison) -> Built {
    Ok(Box::new(which))
}

impl Operator for Comparison {
    fn nature(&self) -> Nature {
        Nature::Opaque
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let (a, b) = (required(inputs, 0, "A")?, required(inputs, 1, "B")?);
        Ok(vec![match self {
            Self::Equal => a.equal(b)?,
            Self::Greater => a.greater(b)?,
            Self::GreaterOrEqual => a.greater_equal(b)?,
            Self::Less => b.greater(a)?,
            Self::LessOrEqual => b.greater_equal(a)?,
            Self::And => a.and(b)?,
            Self::Or => a.or(b)?,
            Self::Xor => bools(a)?.equal(bools(b)?)?.not()?,
        }])
    }
}

fn bools(tensor: &Tensor) -> Result<&Tensor, Error> {
    if tensor.kind() == Kind::Bool {
        return Ok(tensor);
    }
    Err(Error::Element { what: "an operand".to_owned(), expected: "bool", actual: tensor.element() })
}

/// A question asked of each element.
type Question = fn(&Tensor) -> Result<Tensor, Error>;

pub(super) fn build_question(question: Question) -> Built {
    Ok(Box::new(Asked(question)))
}

#[derive(Debug)]
struct Asked(Question);

impl Operator for Asked {
    fn nature(&self) -> Nature {
        Nature::Opaque
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        Ok(vec![(self.0)(required(inputs, 0, "X")?)?])
    }
}

pub(super) fn build_is_infinite(node: &Node, _: &Context<'_>) -> Built {
    let positive = node.attributes.int_or("detect_positive", 1)? != 0;
    let negative = node.attributes.int_or("detect_negative", 1)? != 0;
    Ok(Box::new(IsInfinite { positive, negative }))
}

#[derive(Debug)]
struct IsInfinite {
    positive: bool,
    negative: bool,
}

impl Operator for IsInfinite {
    fn nature(&self) -> Nature {
        Nature::Opaque
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?.detach();
        let (infinite, zeros) = (x.is_infinite()?, x.full_like(0.0)?);
        Ok(vec![match (self.positive, self.negative) {
            (true, true) => infinite,
            (true, false) => infinite.and(&x.greater(&zeros)?)?,
            (false, true) => infinite.and(&zeros.greater(&x)?)?,
            (false, false) => Tensor::full(0.0, &x.shape(), Element::Bool, &x.device())?,
        }])
    }
}
