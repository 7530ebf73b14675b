//! SmoothGrad. Smilkov, Thorat, Kim, Viegas and Wattenberg 2017, <https://arxiv.org/abs/1706.03825>; squared: Hooker, Erhan,
//! Kindermans and Kim 2019, <https://arxiv.org/abs/1806.10758>; VarGrad: Adebayo and others 2018, <https://arxiv.org/abs/1810.03292>.
//!
//! M(x) = the mean over n draws of m(x + N(0, sigma^2)) (section 3), of its square, or its variance, for any method m.
//!
//! | symbol | here |
//! |---|---|
//! | m | `method` |
//! | n | `n_samples`; 25, of the authors' program |
//! | sigma | [`Noise`]; 0.15 of an example's range, of the authors' program |
//!
//! **Holds**: what m holds at each draw; not completeness at x.
//!
//! **Costs**: n times m. Memory does not grow with n.
//!
//! **Departs**: the target is that of x, at every draw. captum's noise tunnel has an absolute sigma of 1 and 5 draws; its `vargrad` is the
//! mean of squares minus the square of the mean, as here, though here from deviations, so that it is never below 0.

use rationale_core::{Evidence, Seed};
use rationale_tensor::Tensor;

use crate::moments::Moments;
use crate::{Error, Found, GradientMethod, Settings, Task};

/// A method averaged over noise added to the value at its places.
pub struct SmoothGrad<M> {
    method: M,
    kind: Smoothing,
    noise: Noise,
    n_samples: usize,
    seed: Seed,
}

/// What of the draws is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Smoothing {
    /// Their mean: SmoothGrad.
    #[default]
    Mean,
    /// The mean of their squares: SmoothGrad-squared.
    Squared,
    /// Their variance: VarGrad.
    Variance,
}

/// The noise that is added.
#[derive(Debug, Clone)]
pub enum Noise {
    /// Gaussian, its deviation this part of the range from the smallest to the largest number of the example.
    OfRange(f64),
    /// Gaussian of this deviation.
    Absolute(f64),
    /// This noise, for each draw and place `[draw][place]` of the shape of the place's value for all examples; it must be given for as
    /// many examples as go through at once.
    Given(Vec<Vec<Tensor>>),
}

impl<M: GradientMethod> SmoothGrad<M> {
    /// The mean over 25 draws of a noise of 0.15 of the range.
    pub fn new(method: M) -> Self {
        Self {
            method,
            kind: Smoothing::Mean,
            noise: Noise::OfRange(0.15),
            n_samples: 25,
            seed: Seed::default(),
        }
    }

    /// What of the draws is handed out.
    pub fn with_kind(mut self, kind: Smoothing) -> Self {
        self.kind = kind;
        self
    }

    /// The noise that is added. Given noise states the number of draws.
    pub fn with_noise(mut self, noise: Noise) -> Self {
        if let Noise::Given(draws) = &noise {
            self.n_samples = draws.len();
        }
        self.noise = noise;
        self
    }

    /// How many draws.
    pub fn with_samples(mut self, n_samples: usize) -> Self {
        self.n_samples = n_samples;
        self
    }

    /// The seed of the noise.
    pub fn with_seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    fn moved(&self, task: &Task<'_>, sample: usize) -> Result<Vec<Tensor>, Error> {
        let place = |(index, value): (usize, &Tensor)| match &self.noise {
            Noise::OfRange(part) => self.drawn(task, index, value, sample, &|low, high| part * (high - low)),
            Noise::Absolute(deviation) => self.drawn(task, index, value, sample, &|_, _| *deviation),
            Noise::Given(draws) => {
                let noise = draws.get(sample).and_then(|it| it.get(index)).ok_or(Error::Count {
                    what: "places of the given noise",
                    n_given: draws.get(sample).map_or(0, Vec::len),
                    needed: index + 1,
                })?;
                if noise.shape() != value.shape() {
                    let (what, expected) = ("the given noise", format!("{:?}", value.shape()));
                    return Err(Error::Shape { what, expected, actual: noise.shape() });
                }
                Ok(value.add(&noise.cast(value.element())?.to_device(&value.device()))?)
            }
        };
        task.values().iter().enumerate().map(place).collect()
    }

    /// Noise is drawn for each example by its own number, so that batches change nothing.
    fn drawn(
        &self,
        task: &Task<'_>,
        index: usize,
        value: &Tensor,
        sample: usize,
        deviation: &dyn Fn(f64, f64) -> f64,
    ) -> Result<Tensor, Error> {
        let mut values = value.to_f64s()?;
        let of_example = (values.len() / task.n_examples().max(1)).max(1);
        for (i, example) in values.chunks_mut(of_example).enumerate() {
            let low = example.iter().copied().fold(f64::INFINITY, f64::min);
            let high = example.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let deviation = deviation(low, high);
            let purpose = format!("smooth-grad {index}");
            let mut draws = self.seed.draws(&purpose, (task.first() + i) as u64, sample as u64);
            example.iter_mut().for_each(|it| *it += deviation * draws.normal());
        }
        Ok(Tensor::from_vec(values, &value.shape(), &value.device())?.cast(value.element())?)
    }

    fn check(&self) -> Result<(), Error> {
        if self.n_samples == 0 {
            return Err(Error::Setting { what: "the number of samples", value: 0.0, expected: "at least 1" });
        }
        match self.noise {
            Noise::OfRange(value) | Noise::Absolute(value) if !(value >= 0.0 && value.is_finite()) => {
                Err(Error::Setting { what: "the noise's deviation", value, expected: "at least 0" })
            }
            _ => Ok(()),
        }
    }

    fn evidence(&self, of_method: &Evidence) -> Evidence {
        let name = match self.kind {
            Smoothing::Mean => "smooth-grad",
            Smoothing::Squared => "smooth-grad-squared",
            Smoothing::Variance => "var-grad",
        };
        let noise = match &self.noise {
            Noise::OfRange(part) => format!("{part} of the range"),
            Noise::Absolute(deviation) => format!("deviation {deviation}"),
            Noise::Given(_) => "given".to_owned(),
        };
        let mut evidence = of_method.clone();
        name.clone_into(&mut evidence.method);
        evidence
            .with_parameter("of_method", of_method.method.as_str())
            .with_parameter("noise", noise.as_str())
            .with_parameter("n_samples", self.n_samples)
            .with_seed(self.seed)
    }
}

impl<M: GradientMethod> GradientMethod for SmoothGrad<M> {
    fn settings(&self) -> &Settings {
        self.method.settings()
    }

    fn attribute(&self, task: &Task<'_>) -> Result<Found, Error> {
        self.check()?;
        let mut moments = Moments::default();
        let mut of_method = Evidence::default();
        let mut warnings: Vec<String> = Vec::new();
        for sample in 0..self.n_samples {
            let found = self.method.attribute(&task.moved(self.moved(task, sample)?))?;
            let squares = || found.values.iter().map(|it| it.mul(it)).collect::<Result<Vec<_>, _>>();
            moments.add(&if self.kind == Smoothing::Squared { squares()? } else { found.values.clone() })?;
            of_method = found.evidence;
            warnings.extend(found.warnings);
        }
        let is_variance = self.kind == Smoothing::Variance;
        let values = if is_variance { moments.variance()? } else { moments.mean() };
        let mut found = Found::new(values, self.evidence(&of_method));
        found.warnings = warnings;
        Ok(match moments.standard_error()? {
            Some(errors) if !is_variance => found.with_standard_error(errors),
            _ => found,
        })
    }
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use rationale_core::Silent;

    use super::*;
    use crate::toy::{of_rows, tensor};
    use crate::{Saliency, Sign};

    fn check(kind: Smoothing, right: f64) {
        // The slope of x^2 is 2 x; at 1 with noise of -0.5, 0 and 0.5 it is 1, 2 and 3.
        let network = of_rows(1, |x| x[0].mul(&x[0]));
        let noise = [-0.5, 0.0, 0.5].map(|it| vec![tensor(&[it], &[1, 1])]).to_vec();
        let explainer = SmoothGrad::new(Saliency::new().with_sign(Sign::Both)).with_kind(kind);
        let explainer = explainer.with_noise(Noise::Given(noise));
        let found = explainer.explain(&network, &[tensor(&[1.0], &[1, 1])], &Silent).unwrap();
        assert!((found.values[0][[0, 0]] - right).abs() < 1e-5, "{kind:?} {}", found.values[0]);
    }

    #[test]
    fn hands_out_mean_mean_square_and_variance() {
        check(Smoothing::Mean, 2.0);
        check(Smoothing::Squared, 14.0 / 3.0);
        check(Smoothing::Variance, 2.0 / 3.0);
    }

    #[test]
    fn noise_does_not_depend_on_batches() {
        let network = of_rows(2, |x| x[0].mul(&x[1])?.mul(&x[0]));
        let x = [tensor(&[1.0, 2.0, 3.0, 4.0], &[2, 2])];
        let explain = |batch_size| {
            let explainer = SmoothGrad::new(Saliency::new().with_batch_size(batch_size));
            explainer.explain(&network, &x, &Silent).unwrap().values.swap_remove(0)
        };
        assert_eq!(explain(1), explain(8));
    }
}
