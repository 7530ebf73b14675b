//! [InstanceNormalization](https://onnx.ai/onnx/operators/onnx__InstanceNormalization.html): each channel of each example
//! less its mean, over its standard deviation, times `scale`, plus B.

use rationale_tensor::ops::{ADD, MUL, Standardise};
use rationale_tensor::{Error, Nature, Operator, Runner, Tensor};

use super::batch_normalization::over_channels;
use super::layer_normalization::Standardised;
use super::operand::{one, required, wrong_shape};
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

    fn parts(&self, inputs: &[Option<Tensor>], run: &Runner<'_>) -> Option<Result<Vec<Tensor>, Error>> {
        let fits = inputs.first()?.as_ref().is_some_and(|x| x.rank() > 1 && !x.is_empty());
        fits.then(|| self.run(inputs, run).map(|it| vec![it]))
    }
}

impl InstanceNormalization {
    fn run(&self, inputs: &[Option<Tensor>], run: &Runner<'_>) -> Result<Tensor, Error> {
        let (x, scale, bias) =
            (required(inputs, 0, "input")?, required(inputs, 1, "scale")?, required(inputs, 2, "B")?);
        let shape = x.shape();
        let channels: usize = shape.iter().take(2).product();
        let rows = x.reshape(&[&shape[..2], &[x.len() / channels]].concat())?;
        let standard = one(run, &Standardise { dimension: 2, epsilon: self.epsilon }, &[&rows])?;
        let scaled = one(run, &MUL, &[&standard, &over_channels(scale, 3)?])?;
        one(run, &ADD, &[&scaled, &over_channels(bias, 3)?])?.reshape(&shape)
    }
}
