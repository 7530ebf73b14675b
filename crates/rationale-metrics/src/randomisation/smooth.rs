//! Smooth MPRT: Hedström et al. 2024, <https://arxiv.org/abs/2401.06465>, section 4.1.
//!
//! ```text
//! MPRT of the mean attribution over N noisy inputs, x + N(0, (s (max x - min x))^2), before and after
//! ```
//!
//! **Direction**: lower is better. **Holds**: shattered gradients lower the rank correlation of any two attributions, so that MPRT prefers noisy
//! methods; the mean over noisy inputs takes that noise out. **Costs**: N explanations a layer, and N.
//! **Departs**: in nothing but N = 10, where the paper takes 50; noise is a share of the row's own range, or of the columns' scales
//! where these are given.
//!
//! See [`ParameterRandomisation`](crate::ParameterRandomisation) for an example.

use ndarray::{Array2, Axis};
use rationale_core::{Randomise, Seed};

use crate::case::ExplainModel;
use crate::error::check_setting;
use crate::{Case, Cost, Error, Measure, NoSignal, Score, spearman};

/// How alike attributions averaged over noisy inputs are before and after layers are replaced.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SmoothParameterRandomisation {
    n_samples: usize,
    noise: f64,
    most_layers: usize,
    seed: Seed,
}

impl Default for SmoothParameterRandomisation {
    fn default() -> Self {
        Self { n_samples: 10, noise: 0.1, most_layers: 5, seed: Seed::default() }
    }
}

const NAME: &str = "smooth-parameter-randomisation";

impl SmoothParameterRandomisation {
    /// How many noisy inputs (10).
    pub fn with_samples(self, n_samples: usize) -> Self {
        Self { n_samples, ..self }
    }

    /// The standard deviation of the noise (0.1).
    pub fn with_noise(self, noise: f64) -> Self {
        Self { noise, ..self }
    }

    /// How many layers at most (5).
    pub fn with_most_layers(self, most_layers: usize) -> Self {
        Self { most_layers, ..self }
    }

    /// The seed of the noise and the new parameters.
    pub fn with_seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    fn noisy(&self, case: &Case<'_>) -> Result<Array2<f64>, Error> {
        check_setting("the number of samples", self.n_samples as f64, self.n_samples >= 1, "at least 1")?;
        let row = &case.input(NAME)?.row;
        let scales = case.scales(row.len())?;
        let mut rows = Array2::zeros((self.n_samples, row.len()));
        for (sample, mut noisy) in rows.rows_mut().into_iter().enumerate() {
            let mut draws = self.seed.draws("smooth", 0, sample as u64);
            let columns = noisy.iter_mut().zip(row.iter().zip(&scales));
            columns.for_each(|(slot, (x, scale))| *slot = x + self.noise * scale * draws.normal());
        }
        Ok(rows)
    }
}

impl Measure for SmoothParameterRandomisation {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let (model, explain) = case.randomise(NAME)?;
        let rows = self.noisy(case)?;
        let mean = |model: &dyn Randomise| mean(case, explain, model, &rows);
        let own = mean(model)?;
        if crate::order::is_constant(&own) {
            return Ok(Score::NoSignal(NoSignal::ConstantAttribution));
        }
        let n_layers = model.layers().len();
        let most = self.most_layers.clamp(1, n_layers.max(1));
        let mut sum = 0.0;
        for step in 1..=most {
            let layers: Vec<usize> = (0..step * n_layers / most).collect();
            sum += spearman(&own, &mean(model.randomised(&layers, self.seed)?.as_ref())?).unwrap_or(0.0);
        }
        Ok(Score::Value(sum / most as f64))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::explanations(self.n_samples * (self.most_layers + 1))
    }
}

fn mean(
    case: &Case<'_>,
    explain: &ExplainModel<'_>,
    model: &dyn Randomise,
    rows: &Array2<f64>,
) -> Result<Vec<f64>, Error> {
    let all = case.explained_by(explain, model, rows.view())?;
    Ok((all.sum_axis(Axis(0)) / rows.nrows() as f64).to_vec())
}
