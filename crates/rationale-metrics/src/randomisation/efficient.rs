//! Efficient MPRT: Hedström et al. 2024, <https://arxiv.org/abs/2401.06465>, equation 6.
//!
//! ```text
//! eMPRT = (H(phi(x; theta')) - H(phi(x; theta))) / H(phi(x; theta)),   theta': all parameters replaced
//! H: entropy of the histogram of attributions, 100 bins from the least to the largest
//! ```
//!
//! **Direction**: higher is better: with nothing learnt an explanation should be more complex. **Holds**: needs no similarity, which noise lowers for
//! every method alike. **Costs**: one explanation.
//! **Departs**: in nothing. With fewer features than bins every value falls into its own and the entropy says little: use it for pictures.
//!
//! ```
//! use rationale_metrics::EfficientParameterRandomisation;
//!
//! // Half of the values in the first bin, half in the last.
//! let entropy = EfficientParameterRandomisation::histogram_entropy(&[0.0, 0.0, 1.0, 1.0]);
//! assert!((entropy - 2.0_f64.ln()).abs() < 1e-15);
//! ```

use ndarray::Axis;
use rationale_core::Seed;

use crate::complexity::entropy;
use crate::{Case, Cost, Error, Measure, NoSignal, Score};

/// How much more complex the attribution becomes when all parameters are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EfficientParameterRandomisation {
    seed: Seed,
}

const NAME: &str = "efficient-parameter-randomisation";
const N_BINS: usize = 100;

impl EfficientParameterRandomisation {
    /// The seed of the new parameters.
    pub fn with_seed(self, seed: Seed) -> Self {
        Self { seed }
    }

    /// The entropy of values in 100 bins, in nats; 0 where all are one.
    pub fn histogram_entropy(values: &[f64]) -> f64 {
        let (low, high) =
            values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), it| (l.min(*it), h.max(*it)));
        if high <= low {
            return 0.0;
        }
        let mut counts = [0.0; N_BINS];
        for value in values {
            #[expect(clippy::cast_sign_loss, reason = "no value is below the lowest")]
            let bin = ((value - low) / (high - low) * N_BINS as f64) as usize;
            counts[bin.min(N_BINS - 1)] += 1.0;
        }
        entropy(counts.iter().copied()).unwrap_or(0.0)
    }
}

impl Measure for EfficientParameterRandomisation {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let (model, explain) = case.randomise(NAME)?;
        let row = case.input(NAME)?.row.view().insert_axis(Axis(0));
        let layers: Vec<usize> = (0..model.layers().len()).collect();
        let model = model.randomised(&layers, self.seed)?;
        let other = case.explained_by(explain, model.as_ref(), row)?.into_raw_vec_and_offset().0;
        let own = Self::histogram_entropy(&case.attribution());
        Ok(Score::ratio(Self::histogram_entropy(&other) - own, own, NoSignal::ConstantAttribution))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::explanations(1)
    }
}
