//! Means and variances of tensors that are never all there at once.

use rationale_tensor::{Error as RunError, Tensor};

/// The running mean and squared deviations of samples, by Welford's recurrence, place by place.
#[derive(Default)]
pub(crate) struct Moments {
    n: usize,
    mean: Vec<Tensor>,
    deviations: Vec<Tensor>,
}

impl Moments {
    /// Takes one more sample.
    pub(crate) fn add(&mut self, sample: &[Tensor]) -> Result<(), RunError> {
        self.n += 1;
        if self.n == 1 {
            self.mean = sample.to_vec();
            self.deviations = sample.iter().map(|it| it.full_like(0.0)).collect::<Result<_, _>>()?;
            return Ok(());
        }
        for (i, it) in sample.iter().enumerate() {
            let before = it.sub(&self.mean[i])?;
            self.mean[i] = self.mean[i].add(&before.mul_number(1.0 / self.n as f64)?)?;
            self.deviations[i] = self.deviations[i].add(&before.mul(&it.sub(&self.mean[i])?)?)?;
        }
        Ok(())
    }

    pub(crate) fn mean(&self) -> Vec<Tensor> {
        self.mean.clone()
    }

    /// The mean squared deviation from the mean.
    pub(crate) fn variance(&self) -> Result<Vec<Tensor>, RunError> {
        self.deviations.iter().map(|it| it.mul_number(1.0 / self.n.max(1) as f64)).collect()
    }

    /// The standard error of the mean: the samples' standard deviation over the root of their number. `None` of one sample.
    pub(crate) fn standard_error(&self) -> Result<Option<Vec<Tensor>>, RunError> {
        if self.n < 2 {
            return Ok(None);
        }
        let share = 1.0 / ((self.n - 1) as f64 * self.n as f64);
        let error = |it: &Tensor| it.mul_number(share)?.at_least(0.0)?.sqrt();
        self.deviations.iter().map(error).collect::<Result<_, _>>().map(Some)
    }
}
