//! [InstanceNormalization](https://onnx.ai/onnx/operators/onnx__InstanceNormalization.html): each channel of each example
//! less its mean, over its standard deviation, times `scale`, plus B.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::batch_normalization::over_channels;
use super::layer_normalization::Standardised;
use super::operand::{required, wrong_shape};
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    let epsilon = f64::from(node.attributes.float_or("epsilon", 1e-5)?);
    Ok(Box::new(InstanceNormalization { epsilon }))
}

#[derive(Debug)]
struct InstanceNormalization {
    epsilon: f64,
}

impl Operator for InstanceNormalization {
    fn nature(&self) -> Nature {
        Nature::Joint
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "input")?;
        let (scale, bias) = (required(inputs, 1, "scale")?, required(inputs, 2, "B")?);
        let shape = x.shape();
        let [examples, channels, ..] = shape[..] else {
            return Err(wrong_shape("an instance normalisation's input", "[example, channel, ..]", &shape));
        };
        if x.is_empty() {
            return Ok(vec![x.clone()]);
        }
        let rows = x.reshape(&[examples, channels, x.len() / (examples * channels)])?;
        let standard = Standardised::of(&rows, 2, self.epsilon)?.values;
        let y = standard.mul(&over_channels(scale, 3)?)?.add(&over_channels(bias, 3)?)?;
        Ok(vec![y.reshape(&shape)?])
    }
}
