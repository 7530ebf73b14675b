//! [GroupNormalization](https://onnx.ai/onnx/operators/onnx__GroupNormalization.html): the channels of each group of each
//! example less their mean, over their standard deviation, times `scale`, plus `bias`. In operator set 18 these have one
//! element a group, since 21 one a channel.

use rationale_tensor::ops::{ADD, MUL, Standardise};
use rationale_tensor::{Error, Nature, Operator, Runner, Tensor};

use super::batch_normalization::over_channels;
use super::layer_normalization::Standardised;
use super::operand::{one, required, wrong_shape};
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
        let normalise = |x: &Tensor| Ok(Standardised::of(x, 2, self.epsilon)?.values);
        Ok(vec![self.run(inputs, &normalise, &Tensor::mul, &Tensor::add)?])
    }

    fn parts(&self, inputs: &[Option<Tensor>], run: &Runner<'_>) -> Option<Result<Vec<Tensor>, Error>> {
        let standard = Standardise { dimension: 2, epsilon: self.epsilon };
        let normalise = |x: &Tensor| one(run, &standard, &[x]);
        let (times, plus) = (
            |a: &Tensor, b: &Tensor| one(run, &MUL, &[a, b]),
            |a: &Tensor, b: &Tensor| one(run, &ADD, &[a, b]),
        );
        Some(self.run(inputs, &normalise, &times, &plus).map(|it| vec![it]))
    }
}

/// Takes one tensor or two.
type One<'a> = dyn Fn(&Tensor) -> Result<Tensor, Error> + 'a;
type Two<'a> = dyn Fn(&Tensor, &Tensor) -> Result<Tensor, Error> + 'a;

impl GroupNormalization {
    fn run(
        &self,
        inputs: &[Option<Tensor>],
        normalise: &One<'_>,
        times: &Two<'_>,
        plus: &Two<'_>,
    ) -> Result<Tensor, Error> {
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
            return Ok(x.clone());
        }
        let rows = |n: usize| [examples, n, x.len() / (examples * n)];
        let mut y = normalise(&x.reshape(&rows(self.groups))?)?;
        if self.weighs_channels {
            y = y.reshape(&rows(channels))?;
        }
        y = plus(&times(&y, &over_channels(scale, 3)?)?, &over_channels(bias, 3)?)?;
        y.reshape(&shape)
    }
}
