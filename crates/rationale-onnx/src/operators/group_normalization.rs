//! [GroupNormalization](https://onnx.ai/onnx/operators/onnx__GroupNormalization.html): the channels of each group of each
//! example less their mean, over their standard deviation, times `scale`, plus `bias`. In operator set 18 these have one
//! element a group, since 21 one a channel.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::batch_normalization::over_channels;
use super::layer_normalization::Standardised;
use super::operand::{required, wrong_shape};
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, context: &Context<'_>) -> Built {
    let groups = node.attributes.int("num_groups")?;
    let wrong = || node.attributes.wrong("num_groups", groups.to_string(), "a number of at least 1");
    Ok(Box::new(GroupNormalization {
        groups: usize::try_from(groups).ok().filter(|it| *it > 0).ok_or_else(wrong)?,
        epsilon: f64::from(node.attributes.float_or("epsilon", 1e-5)?),
        weighs_channels: context.opset >= 21,
    }))
}

#[derive(Debug)]
struct GroupNormalization {
    groups: usize,
    epsilon: f64,
    weighs_channels: bool,
}

impl Operator for GroupNormalization {
    fn nature(&self) -> Nature {
        Nature::Joint
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        let (scale, bias) = (required(inputs, 1, "scale")?, required(inputs, 2, "bias")?);
        let shape = x.shape();
        let expected = || format!("[example, channel, ..] with channels divisible by {}", self.groups);
        let [examples, channels, ..] = shape[..] else {
            return Err(wrong_shape("a group normalisation's input", expected(), &shape));
        };
        if !channels.is_multiple_of(self.groups) {
            return Err(wrong_shape("a group normalisation's input", expected(), &shape));
        }
        if x.is_empty() {
            return Ok(vec![x.clone()]);
        }
        let rows = |n: usize| [examples, n, x.len() / (examples * n)];
        let mut y = Standardised::of(&x.reshape(&rows(self.groups))?, 2, self.epsilon)?.values;
        if self.weighs_channels {
            y = y.reshape(&rows(channels))?;
        }
        y = y.mul(&over_channels(scale, 3)?)?.add(&over_channels(bias, 3)?)?;
        Ok(vec![y.reshape(&shape)?])
    }
}
