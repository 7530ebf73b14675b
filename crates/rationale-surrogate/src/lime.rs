//! The settings that tables, pictures and texts share.

use rationale_core::Seed;
use rationale_core::least_squares::Correction;

use crate::settling::Settling;
use crate::{Error, Selection};

/// Which outputs are explained; all from one set of samples.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Labels {
    /// Output 1, or 0 where the model has only one: lime 0.2.0.1's default for tables and texts.
    #[default]
    Usual,
    /// The outputs with the largest predictions, so many of them; lime 0.2.0.1's default for pictures is 5.
    Top(usize),
    /// These outputs, counted from 0.
    These(Vec<usize>),
    /// Every output.
    All,
}

impl Labels {
    pub(crate) fn resolve(&self, predictions: &[f64]) -> Result<Vec<usize>, Error> {
        let available = predictions.len();
        match self {
            Self::Usual => Ok(vec![usize::from(available > 1)]),
            Self::All => Ok((0..available).collect()),
            Self::These(outputs) => match outputs.iter().find(|output| **output >= available) {
                Some(&asked) => Err(rationale_core::Error::Target { asked, available }.into()),
                None => Ok(outputs.clone()),
            },
            Self::Top(n) => {
                let mut outputs: Vec<usize> = (0..available).collect();
                outputs.sort_by(|&a, &b| predictions[b].total_cmp(&predictions[a]));
                outputs.truncate(*n);
                Ok(outputs)
            }
        }
    }
}

/// The settings of LIME. [`Lime::default`] has lime 0.2.0.1's for tables and texts; see [`Lime::for_pictures`].
///
/// ```
/// use rationale_core::Seed;
/// use rationale_surrogate::{Lime, Selection};
///
/// let lime = Lime::default().with_samples(1_000).with_selection(Selection::Forward).with_seed(Seed::new(7));
/// assert_eq!(lime.planned_inputs(), 1_000);
/// assert_eq!(lime.with_repetitions(4).planned_inputs(), 5_000);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Lime {
    pub(crate) n_samples: usize,
    pub(crate) n_features: usize,
    pub(crate) kernel_width: Option<f64>,
    pub(crate) selection: Selection,
    pub(crate) penalty: f64,
    pub(crate) labels: Labels,
    pub(crate) batch_size: usize,
    pub(crate) seed: Seed,
    pub(crate) confidence: f64,
    pub(crate) correction: Correction,
    pub(crate) n_repetitions: usize,
    pub(crate) settling: Option<Settling>,
    pub(crate) width_factors: Vec<f64>,
}

impl Default for Lime {
    fn default() -> Self {
        Self {
            n_samples: 5_000,
            n_features: 10,
            kernel_width: None,
            selection: Selection::Auto,
            penalty: 1.0,
            labels: Labels::Usual,
            batch_size: 1_000,
            seed: Seed::default(),
            confidence: 0.95,
            correction: Correction::DegreesOfFreedom,
            n_repetitions: 0,
            settling: None,
            width_factors: Vec::new(),
        }
    }
}

impl Lime {
    /// lime 0.2.0.1's defaults for pictures: 1,000 samples, every superpixel, the five likeliest outputs, batches of 10.
    pub fn for_pictures() -> Self {
        Self {
            n_samples: 1_000,
            n_features: 100_000,
            labels: Labels::Top(5),
            batch_size: 10,
            ..Self::default()
        }
    }

    /// How many samples, the input itself among them (5,000; 1,000 for pictures).
    pub fn with_samples(self, n_samples: usize) -> Self {
        Self { n_samples, ..self }
    }

    /// How many features the local model may have (10).
    pub fn with_features(self, n_features: usize) -> Self {
        Self { n_features, ..self }
    }

    /// The kernel's width (0.75 sqrt(number of columns) for tables, 25 for texts, 0.25 for pictures).
    pub fn with_kernel_width(self, width: f64) -> Self {
        Self { kernel_width: Some(width), ..self }
    }

    /// How features are selected (`Auto`).
    pub fn with_selection(self, selection: Selection) -> Self {
        Self { selection, ..self }
    }

    /// The ridge's penalty in the final fit (1).
    pub fn with_penalty(self, penalty: f64) -> Self {
        Self { penalty, ..self }
    }

    /// Which outputs are explained.
    pub fn with_labels(self, labels: Labels) -> Self {
        Self { labels, ..self }
    }

    /// The most inputs handed to the model at once (1,000; 10 for pictures). Changes no value.
    pub fn with_batch_size(self, batch_size: usize) -> Self {
        Self { batch_size, ..self }
    }

    /// The seed of every draw (0).
    pub fn with_seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// The level at which neighbouring ranks are told apart and intervals are drawn (0.95).
    pub fn with_confidence(self, confidence: f64) -> Self {
        Self { confidence, ..self }
    }

    /// How the standard errors make up for fitted residuals (by degrees of freedom).
    pub fn with_correction(self, correction: Correction) -> Self {
        Self { correction, ..self }
    }

    /// Explains so many times more, from other samples, and reports the stability indices (0: not asked).
    pub fn with_repetitions(self, n_repetitions: usize) -> Self {
        Self { n_repetitions, ..self }
    }

    /// The stable mode: adds samples until the ranking of the top features is settled, or gives up.
    pub fn with_settling(self, settling: Settling) -> Self {
        Self { settling: Some(settling), ..self }
    }

    /// Fits the same samples again at these multiples of the kernel's width, and reports what changes.
    pub fn with_width_factors(self, width_factors: Vec<f64>) -> Self {
        Self { width_factors, ..self }
    }

    /// How many inputs progress will be told of, unless settling asks for more.
    pub fn planned_inputs(&self) -> u64 {
        self.n_samples as u64 * (1 + self.n_repetitions as u64)
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let at_least_1 = |setting, value: usize| within(setting, value as f64, value >= 1, "at least 1");
        within("the number of samples", self.n_samples as f64, self.n_samples >= 2, "at least 2")?;
        at_least_1("the number of features", self.n_features)?;
        at_least_1("the batch size", self.batch_size)?;
        let width = self.kernel_width.unwrap_or(1.0);
        let is_positive = |value: f64| value > 0.0 && value.is_finite();
        within("the kernel width", width, is_positive(width), "finite and above 0")?;
        let is_penalty = self.penalty >= 0.0 && self.penalty.is_finite();
        within("the penalty", self.penalty, is_penalty, "finite and at least 0")?;
        rationale_core::separable::critical_value(self.confidence)?;
        for &factor in &self.width_factors {
            within("a factor of the kernel width", factor, is_positive(factor), "finite and above 0")?;
        }
        self.settling.as_ref().map_or(Ok(()), Settling::check)
    }
}

pub(crate) fn within(
    setting: &'static str,
    value: f64,
    is_so: bool,
    range: &'static str,
) -> Result<(), Error> {
    if is_so { Ok(()) } else { Err(Error::Setting { setting, value, range }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_those_of_the_reference() {
        let predictions = [0.2, 0.1, 0.7];
        assert_eq!(Labels::Usual.resolve(&predictions).unwrap(), [1]);
        assert_eq!(Labels::Usual.resolve(&[0.4]).unwrap(), [0]);
        assert_eq!(Labels::Top(2).resolve(&predictions).unwrap(), [2, 0]);
        let error = Labels::These(vec![3]).resolve(&predictions).unwrap_err();
        assert_eq!(error.to_string(), "output 3 was asked for, but the model has 3 (counted from 0)");
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let error = |lime: Lime| lime.check().unwrap_err().to_string();
        assert_eq!(
            error(Lime::default().with_samples(1)),
            "the number of samples is 1, but must be at least 2"
        );
        let width = Lime::default().with_kernel_width(0.0);
        assert_eq!(error(width), "the kernel width is 0, but must be finite and above 0");
    }
}
