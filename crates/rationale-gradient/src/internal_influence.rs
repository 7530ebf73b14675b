//! Internal influence. Leino, Sen, Datta, Fredrikson and Li 2018, <https://arxiv.org/abs/1802.03788>.
//!
//! The mean of dF/dy_j over a distribution of inputs (definition 1): here, as in captum, over the straight path from a
//! baseline to x.
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | F | the target's number | one an example |
//! | y | the value at the place | that of the place |
//! | x, x' | the value at `along` and its baseline | that of the value |
//!
//! **Holds**: the paper's marginality and linear agreement. Not completeness: it is a slope, and no share of a change.
//!
//! **Costs**: m passes forward and back. Memory does not grow with m.
//!
//! **Departs** in nothing from captum's `InternalInfluence`.

use rationale_core::Evidence;
use rationale_tensor::Place;

use crate::baseline::{described, resolved};
use crate::line::{Line, added};
use crate::settings::with_settings;
use crate::{Baseline, Error, Found, GradientMethod, Quadrature, Settings, Task};

/// The gradient at a place, averaged over an input's straight path.
#[derive(Debug, Clone)]
pub struct InternalInfluence {
    settings: Settings,
    along: Place,
    baseline: Baseline,
    n_steps: usize,
    rule: Quadrature,
}

impl InternalInfluence {
    /// At a site, along the path of the first input from zeros, in 50 steps of Gauss and Legendre's rule.
    pub fn new(site: &str) -> Self {
        Self {
            settings: Settings::default().with_places(vec![Place::Site(site.to_owned())]),
            along: Place::Input(0),
            baseline: Baseline::Zero,
            n_steps: 50,
            rule: Quadrature::GaussLegendre,
        }
    }

    with_settings!();

    /// Along the path of the value here, an input or a site before the place.
    pub fn along(mut self, place: Place) -> Self {
        self.along = place;
        self
    }

    /// Where the path begins.
    pub fn with_baseline(mut self, baseline: Baseline) -> Self {
        self.baseline = baseline;
        self
    }

    /// How many steps are taken, and where they lie.
    pub fn with_steps(mut self, n_steps: usize, rule: Quadrature) -> Self {
        (self.n_steps, self.rule) = (n_steps, rule);
        self
    }
}

impl GradientMethod for InternalInfluence {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn attribute(&self, task: &Task<'_>) -> Result<Found, Error> {
        let nodes = self.rule.nodes(self.n_steps)?;
        let along = task.along(&self.along)?;
        let baselines = resolved(std::slice::from_ref(&self.baseline), &along)?;
        let share = 1.0 / baselines.len() as f64;
        let steps = vec![nodes.len() * baselines.len(); task.n_examples()];
        let mut sums = Vec::new();
        for from in baselines {
            let mean = Line::new(&along, from)?.weighted_gradients(&nodes, task.places())?;
            let mean = mean.iter().map(|it| it.mul_number(share)).collect::<Result<_, _>>()?;
            sums = added(&sums, mean)?;
        }
        let evidence = Evidence::new("internal-influence", "")
            .with_baseline(&described(std::slice::from_ref(&self.baseline)))
            .with_parameter("along", crate::passes::describe(&self.along).as_str())
            .with_parameter("n_steps", self.n_steps)
            .with_parameter("rule", self.rule.name());
        Ok(Found::new(sums, evidence).with_steps(steps))
    }
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use rationale_core::Silent;

    use super::*;
    use crate::toy::{of_rows, tensor};

    #[test]
    fn is_the_mean_slope_along_the_path() {
        // The site is y = 2 x and F = x^2 = y^2 / 4: the slope y / 2 = x goes from 0 to 3.
        let network = of_rows(1, |x| x[0].mul(&x[0]));
        let found = InternalInfluence::new("inner").explain(&network, &[tensor(&[3.0], &[1, 1])], &Silent);
        let found = found.unwrap();
        assert!((found.values[0][[0, 0]] - 1.5).abs() < 1e-5);
        assert!(found.completeness_gaps.is_none());
    }
}
