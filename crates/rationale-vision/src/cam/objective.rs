//! The number that is differentiated, as a function of the output.

use rationale_tensor::{Error as RunError, Tensor};

use super::finer_cam::Rivalry;
use super::target::Score;
use crate::Error;

/// One number a picture, made from the output `[picture, class, ..]`.
#[derive(Debug, Clone)]
pub(super) struct Objective {
    classes: Vec<usize>,
    /// By what each output is multiplied before the sum is taken.
    weights: Tensor,
    score: Score,
    rivalry: Option<Rivalry>,
}

impl Objective {
    pub(super) fn weighted(classes: Vec<usize>, weights: Tensor, score: Score) -> Self {
        Self { classes, weights, score, rivalry: None }
    }

    /// Against the classes most like it, in the place of the sum.
    pub(super) fn against_rivals(
        mut self,
        output: &Tensor,
        alpha: f64,
        n_similar: usize,
    ) -> Result<Self, Error> {
        self.rivalry = Some(Rivalry::new(&self.scored(output)?, &self.classes, alpha, n_similar)?);
        Ok(self)
    }

    /// The class that each picture is explained for.
    pub(super) fn classes(&self) -> &[usize] {
        &self.classes
    }

    /// The same for one of the pictures, for outputs of any number of its variants.
    pub(super) fn of(&self, picture: usize) -> Result<Self, Error> {
        let weights = self.weights.narrow(0, picture, picture + 1)?;
        let rivalry = self.rivalry.as_ref().map(|it| it.of(picture)).transpose()?;
        Ok(Self { classes: vec![self.classes[picture]], weights, score: self.score, rivalry })
    }

    /// The numbers `[picture]`.
    pub(super) fn scores(&self, output: &Tensor) -> Result<Tensor, RunError> {
        let n = output.shape()[0];
        let output = self.scored(output)?;
        if let Some(rivalry) = &self.rivalry {
            return rivalry.scores(&output);
        }
        let products = output.mul(&self.weights)?;
        let per_picture = products.len() / n.max(1);
        products.reshape(&[n, per_picture])?.sum(1)?.reshape(&[n])
    }

    fn scored(&self, output: &Tensor) -> Result<Tensor, RunError> {
        match self.score {
            Score::Logit => Ok(output.clone()),
            Score::Softmax => output.softmax(1),
        }
    }
}
