//! [LogSoftmax](https://onnx.ai/onnx/operators/onnx__LogSoftmax.html): the logarithm of e^x over its sum along `axis`, by default the last.
//! Before operator set 13 over all dimensions from `axis` on together, by default from dimension 1.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::required;
use super::softmax::Along;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, context: &Context<'_>) -> Built {
    Ok(Box::new(LogSoftmax(Along::of(node, context)?)))
}

#[derive(Debug)]
struct LogSoftmax(Along);

impl Operator for LogSoftmax {
    fn nature(&self) -> Nature {
        Nature::LogSoftmax
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        Ok(vec![self.0.run(required(inputs, 0, "input")?, Tensor::log_softmax)?])
    }
}
