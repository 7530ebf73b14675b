//! Adam: Kingma and Ba 2015, <https://arxiv.org/abs/1412.6980>, algorithm 1, over plain lists of numbers.

use anyhow::Result;
use rationale::Draws;
use rationale::tensor::{Device, Tensor};

/// A list of numbers that is learnt.
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
    mean: Vec<f32>,
    square: Vec<f32>,
}

impl Parameter {
    /// Normal numbers of a spread.
    pub(crate) fn normal(name: &'static str, shape: &[usize], spread: f64, draws: &mut Draws) -> Self {
        let n = shape.iter().product();
        Self::of(name, shape, (0..n).map(|_| (spread * draws.normal()) as f32).collect())
    }

    /// One number repeated.
    pub(crate) fn full(name: &'static str, shape: &[usize], value: f32) -> Self {
        Self::of(name, shape, vec![value; shape.iter().product()])
    }

    fn of(name: &'static str, shape: &[usize], values: Vec<f32>) -> Self {
        let zeros = vec![0.0; values.len()];
        Self { name, shape: shape.to_vec(), values, mean: zeros.clone(), square: zeros }
    }

    /// A tensor to differentiate to.
    pub(crate) fn leaf(&self, device: &Device) -> Result<Tensor> {
        Ok(Tensor::from_vec(self.values.clone(), &self.shape, device)?.leaf()?)
    }
}

/// The rule by which parameters follow their gradients.
pub(crate) struct Adam {
    step: i32,
    decay: f32,
}

impl Adam {
    /// `decay` is the share of a weight that goes with each step of rate 1 (decoupled: Loshchilov and Hutter 2019).
    pub(crate) fn new(decay: f32) -> Self {
        Self { step: 0, decay }
    }

    /// One step of all parameters.
    pub(crate) fn step(
        &mut self,
        parameters: &mut [Parameter],
        gradients: &[Option<Tensor>],
        rate: f32,
    ) -> Result<()> {
        self.step += 1;
        let (first, second) = (1.0 - 0.9_f32.powi(self.step), 1.0 - 0.999_f32.powi(self.step));
        for (parameter, gradient) in parameters.iter_mut().zip(gradients) {
            let Some(gradient) = gradient else { continue };
            let decay = if parameter.shape.len() > 1 { self.decay } else { 0.0 };
            for (i, g) in gradient.to_f32s()?.into_iter().enumerate() {
                let (mean, square) = (&mut parameter.mean[i], &mut parameter.square[i]);
                *mean = 0.9 * *mean + 0.1 * g;
                *square = 0.999 * *square + 0.001 * g * g;
                let value = &mut parameter.values[i];
                *value -= rate * (*mean / first / ((*square / second).sqrt() + 1e-8) + decay * *value);
            }
        }
        Ok(())
    }
}

/// The mean cross-entropy of logits `[row, class]`.
pub(crate) fn cross_entropy(logits: &Tensor, classes: &[usize], device: &Device) -> Result<Tensor> {
    let width = logits.shape()[1];
    let mut picked = vec![0.0_f32; classes.len() * width];
    classes
        .iter()
        .enumerate()
        .for_each(|(row, class)| picked[row * width + class] = -1.0 / classes.len() as f32);
    let picked = Tensor::from_vec(picked, &[classes.len(), width], device)?;
    Ok(logits.log_softmax(1)?.mul(&picked)?.total()?)
}
