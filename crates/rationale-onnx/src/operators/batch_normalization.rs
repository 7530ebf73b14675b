//! [BatchNormalization](https://onnx.ai/onnx/operators/onnx__BatchNormalization.html) by statistics that are given:
//! `scale` (x - mean) / sqrt(var + `epsilon`) + B, channel by channel, as one product and one sum.
//! Since operator set 14 training is an attribute, before it was asked for by further outputs; since 15 the statistics
//! may be of another type than x.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::{required, wrong_shape};
use super::{BuildError, Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    if node.attributes.int_or("training_mode", 0)? != 0 || (1..5).any(|it| node.output(it).is_some()) {
        return Err(BuildError::Unsupported("training".to_owned()));
    }
    let epsilon = f64::from(node.attributes.float_or("epsilon", 1e-5)?);
    Ok(Box::new(BatchNormalization { epsilon }))
}

#[derive(Debug)]
struct BatchNormalization {
    epsilon: f64,
}

impl Operator for BatchNormalization {
    fn nature(&self) -> Nature {
        Nature::Linear
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        let (scale, bias) = (required(inputs, 1, "scale")?, required(inputs, 2, "B")?);
        let (mean, variance) = (required(inputs, 3, "input_mean")?, required(inputs, 4, "input_var")?);
        let shape = x.shape();
        let channels = shape.get(1).copied().unwrap_or(1);
        for weight in [scale, bias, mean, variance] {
            if weight.shape() != [channels] {
                return Err(wrong_shape(
                    "a batch normalisation's weight",
                    format!("[{channels}]"),
                    &weight.shape(),
                ));
            }
        }
        let statistics = mean.element();
        let factor = scale.cast(statistics)?.div(&variance.add_number(self.epsilon)?.sqrt()?)?;
        let shift = bias.cast(statistics)?.sub(&mean.mul(&factor)?)?;
        let by_channel = |it: &Tensor| over_channels(&it.cast(x.element())?, shape.len());
        Ok(vec![x.mul(&by_channel(&factor)?)?.add(&by_channel(&shift)?)?])
    }
}

/// A tensor `[channel]` as `[1, channel, 1 ..]`.
pub(super) fn over_channels(weight: &Tensor, rank: usize) -> Result<Tensor, Error> {
    let mut shape = vec![1; rank];
    if let Some(channels) = shape.get_mut(1) {
        *channels = weight.len();
    }
    weight.reshape(&shape)
}
