//! The number that is differentiated, as a function of the output.

use rationale_tensor::Tensor;

use super::target::Score;
use crate::Error;

/// One number a picture, made from the output `[picture, class, ..]`.
#[derive(Debug, Clone)]
pub(super) struct Objective {
    classes: Vec<usize>,
    /// By what each output is multiplied before the sum is taken.
    weights: Tensor,
    score: Score,
}

impl Objective {
    pub(super) fn weighted(classes: Vec<usize>, weights: Tensor, score: Score) -> Self {
        Self { classes, weights, score }
    }

    /// The class that each picture is explained for.
    pub(super) fn classes(&self) -> &[usize] {
        &self.classes
    }

    /// The same for one of the pictures, for outputs of any number of its variants.
    pub(super) fn of(&self, picture: usize) -> Result<Self, Error> {
        let weights = self.weights.narrow(0, picture, picture + 1)?;
        Ok(Self { classes: vec![self.classes[picture]], weights, score: self.score })
    }

    /// The numbers `[picture]`.
    pub(super) fn scores(&self, output: &Tensor) -> Result<Tensor, rationale_tensor::Error> {
        let n = output.shape()[0];
        let output = match self.score {
            Score::Logit => output.clone(),
            Score::Softmax => output.softmax(1)?,
        };
        let products = output.mul(&self.weights)?;
        let per_picture = products.len() / n.max(1);
        products.reshape(&[n, per_picture])?.sum(1)?.reshape(&[n])
    }
}
