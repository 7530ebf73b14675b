//! Model parameter randomisation test (MPRT): Adebayo et al. 2018, Sanity Checks for Saliency Maps,
//! <https://arxiv.org/abs/1810.03292>, section 3.
//!
//! ```text
//! mean over layers l of rho(phi(x; theta), phi(x; theta_l)),   rho: Spearman's rank correlation
//! theta_l: layer l replaced (independent), or all from the output's down to l (cascading)
//! ```
//!
//! **Direction**: lower is better. An attribution that keeps its ranks does not show what was learnt. **Holds**: one way only: who fails is not to be
//! trusted, who passes may be wrong all the same. **Costs**: one explanation a layer.
//! **Departs**: ranks of signed attributions by default; with [`Signs::Dropped`] of magnitudes: the paper shows both, and they can disagree. The
//! paper draws new initial weights; here a layer's own values are dealt anew ([`Randomise`]), which keeps its spread. Quantus adds a mean
//! over layers of other similarities (SSIM) by choice.
//!
//! ```
//! use ndarray::array;
//! use std::any::Any;
//! use rationale_core::{Error, FromFn, Randomise, Seed};
//! use rationale_metrics::{Case, Input, Measure, ParameterRandomisation, Players, Score};
//!
//! /// Randomised, its weights are turned round.
//! struct Linear(Vec<f64>);
//! impl Randomise for Linear {
//!     fn layers(&self) -> Vec<String> {
//!         vec!["weights".to_owned()]
//!     }
//!     fn randomised(&self, _: &[usize], _: Seed) -> Result<Box<dyn Randomise>, Error> {
//!         Ok(Box::new(Linear(self.0.iter().rev().copied().collect())))
//!     }
//! }
//!
//! let answers = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&array![[1.0], [2.0], [3.0]]));
//! let (row, fill, players) = (array![1.0, 1.0, 1.0], array![0.0, 0.0, 0.0], Players::columns(3));
//! let input = Input::new(&answers, row.view(), fill.view(), &players)?;
//! let by_model = |model: &dyn Randomise, rows: ndarray::ArrayView2<'_, f64>| {
//!     let weights = (model as &dyn Any).downcast_ref::<Linear>().map(|it| it.0.clone()).unwrap_or_default();
//!     Ok(&rows * &ndarray::Array1::from(weights))
//! };
//! let model = Linear(vec![1.0, 2.0, 3.0]);
//! let own = array![1.0, 2.0, 3.0];
//! let case = Case::new(own.view(), 0)?.with_input(&input)?.with_randomise(&model, &by_model);
//! assert_eq!(ParameterRandomisation::default().measure(&case)?, Score::Value(-1.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use ndarray::Axis;
use rationale_core::Seed;

use crate::error::check_setting;
use crate::{Case, Cost, Error, Measure, NoSignal, Score, spearman};

/// Which layers are replaced at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spread {
    /// All from the output's down to the one in question: the paper's first test.
    #[default]
    Cascading,
    /// The one in question alone: its second.
    Independent,
}

/// Whether the sign of an attribution counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signs {
    /// It does.
    #[default]
    Kept,
    /// Magnitudes are compared.
    Dropped,
}

/// How alike attributions are before and after layers are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ParameterRandomisation {
    spread: Spread,
    signs: Signs,
    most_layers: Option<usize>,
    seed: Seed,
}

/// One step of the test.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerSimilarity {
    /// The layer down to which, or at which, parameters are replaced.
    pub layer: String,
    /// The rank correlation with the attribution of the model as it is; none where either is constant.
    pub similarity: Option<f64>,
}

const NAME: &str = "parameter-randomisation";

impl ParameterRandomisation {
    /// One layer at a time, each alone.
    pub fn independent() -> Self {
        Self { spread: Spread::Independent, ..Self::default() }
    }

    /// Whether signs count.
    pub fn with_signs(self, signs: Signs) -> Self {
        Self { signs, ..self }
    }

    /// Looks at so many layers at most, evenly spread, the output's and the input's among them.
    pub fn with_most_layers(self, most_layers: usize) -> Self {
        Self { most_layers: Some(most_layers), ..self }
    }

    /// The seed of the new parameters.
    pub fn with_seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// The similarities, layer by layer, the output's first.
    pub fn by_layer(&self, case: &Case<'_>) -> Result<Vec<LayerSimilarity>, Error> {
        let (model, explain) = case.randomise(NAME)?;
        let row = case.input(NAME)?.row.view().insert_axis(Axis(0));
        let names = model.layers();
        if names.is_empty() {
            return Err(Error::Empty { what: "the model's list of layers" });
        }
        let own = self.signs.of(case.attribution());
        let similarity = |layer: usize| {
            let model = model.randomised(&self.spread.layers(layer), self.seed)?;
            let other = case.explained_by(explain, model.as_ref(), row)?.into_raw_vec_and_offset().0;
            Ok(LayerSimilarity {
                layer: names[layer].clone(),
                similarity: spearman(&own, &self.signs.of(other)),
            })
        };
        self.places(names.len())?.into_iter().map(similarity).collect()
    }

    /// Which layers are looked at.
    fn places(&self, n_layers: usize) -> Result<Vec<usize>, Error> {
        let most = self.most_layers.unwrap_or(n_layers);
        check_setting("the number of layers", most as f64, most >= 1, "at least 1")?;
        if most >= n_layers {
            return Ok((0..n_layers).collect());
        }
        // One alone is the last: then all parameters are replaced.
        let place = |step: usize| if most == 1 { n_layers - 1 } else { step * (n_layers - 1) / (most - 1) };
        Ok((0..most).map(place).collect())
    }
}

impl Spread {
    fn layers(self, layer: usize) -> Vec<usize> {
        match self {
            Self::Cascading => (0..=layer).collect(),
            Self::Independent => vec![layer],
        }
    }
}

impl Signs {
    fn of(self, attribution: Vec<f64>) -> Vec<f64> {
        match self {
            Self::Kept => attribution,
            Self::Dropped => attribution.into_iter().map(f64::abs).collect(),
        }
    }
}

impl Measure for ParameterRandomisation {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let own = self.signs.of(case.attribution());
        if crate::order::is_constant(&own) {
            return Ok(Score::NoSignal(NoSignal::ConstantAttribution));
        }
        // An attribution that goes flat has lost its ranks.
        let all: Vec<f64> = self.by_layer(case)?.iter().map(|it| it.similarity.unwrap_or(0.0)).collect();
        Ok(Score::Value(all.iter().sum::<f64>() / all.len() as f64))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::explanations(self.most_layers.unwrap_or(10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_layers_are_spread_from_the_output_to_the_input() {
        let places = |most| ParameterRandomisation::default().with_most_layers(most).places(9).unwrap();
        assert_eq!(places(3), [0, 4, 8]);
        assert_eq!(places(1), [8]);
        assert_eq!(places(20).len(), 9);
    }

    #[test]
    fn cascades_begin_at_the_output() {
        assert_eq!(Spread::Cascading.layers(2), [0, 1, 2]);
        assert_eq!(Spread::Independent.layers(2), [2]);
    }
}
