//! Layer conductance. Dhamdhere, Sundararajan and Yan 2018, <https://arxiv.org/abs/1805.12233>.
//!
//! Cond_j = the sum over i of (x_i - x'_i) times the integral over a of dF/dy_j dy_j/dx_i at x' + a (x - x') (equation 3).
//! Along the path this is the integral of dF/dy_j dy_j, and is taken as a sum over its pieces: the slope, times the
//! difference of y_j over the piece.
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | F | the target's number | one an example |
//! | x, x' | the value at `along` and its baseline | that of the value |
//! | y | the value at the place | that of the place |
//! | m | `n_steps`, the pieces | |
//!
//! **Holds**: completeness up to the error of the sum, which is the gap reported, where all of F passes through the
//! place; implementation invariance at the place.
//!
//! **Costs**: m + 1 passes forward and back, one forward for the base value. Memory does not grow with m.
//!
//! **Departs** from captum's `LayerConductance`, which takes the slope at the left end of each piece, and pieces between m + 1
//! nodes of Gauss and Legendre's rule, so that the way before the first and behind the last node is lost. Here the pieces fill
//! the path, and the slope is the mean of that at both ends. [`Slope::Left`] with [`Quadrature::GaussLegendre`] is captum's.

use rationale_core::Evidence;
use rationale_tensor::{Place, Tensor};

use crate::baseline::{described, resolved};
use crate::line::{Line, added, multiplied};
use crate::point::examples_of;
use crate::settings::with_settings;
use crate::{Baseline, Error, Found, GradientMethod, Quadrature, Settings, Task};

/// How much of the change along an input's path passes through each element of a place.
#[derive(Debug, Clone)]
pub struct LayerConductance {
    settings: Settings,
    along: Place,
    baseline: Baseline,
    n_steps: usize,
    rule: Quadrature,
    slope: Slope,
}

/// Which slope stands for a piece of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Slope {
    /// The mean of those at its ends.
    #[default]
    Mean,
    /// That at its beginning; captum's.
    Left,
}

impl LayerConductance {
    /// At a site, along the path of the first input from zeros, in 50 pieces.
    pub fn new(site: &str) -> Self {
        Self {
            settings: Settings::default().with_places(vec![Place::Site(site.to_owned())]),
            along: Place::Input(0),
            baseline: Baseline::Zero,
            n_steps: 50,
            rule: Quadrature::Trapezoid,
            slope: Slope::Mean,
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

    /// How many pieces the path has; 50, captum's number, unless said otherwise.
    pub fn with_n_steps(mut self, n_steps: usize) -> Self {
        self.n_steps = n_steps;
        self
    }

    /// Between which nodes the pieces lie.
    pub fn with_rule(mut self, rule: Quadrature) -> Self {
        self.rule = rule;
        self
    }

    /// Which slope stands for a piece.
    pub fn with_slope(mut self, slope: Slope) -> Self {
        self.slope = slope;
        self
    }

    fn piece(&self, before: &Step, after: &Step) -> Result<Vec<Tensor>, Error> {
        let slopes = match self.slope {
            Slope::Left => before.gradients.clone(),
            Slope::Mean => {
                let pairs = before.gradients.iter().zip(&after.gradients);
                pairs.map(|(a, b)| a.add(b)?.mul_number(0.5)).collect::<Result<_, _>>()?
            }
        };
        let pairs = before.values.iter().zip(&after.values);
        let ways = pairs.map(|(a, b)| b.sub(a)).collect::<Result<Vec<_>, _>>()?;
        Ok(multiplied(&slopes, &ways)?)
    }
}

/// The values and slopes at one node.
struct Step {
    values: Vec<Tensor>,
    gradients: Vec<Tensor>,
}

impl GradientMethod for LayerConductance {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn attribute(&self, task: &Task<'_>) -> Result<Found, Error> {
        if self.n_steps == 0 {
            return Err(Error::Setting { what: "the number of steps", value: 0.0, expected: "at least 1" });
        }
        let along = task.along(&self.along)?;
        let baselines = resolved(std::slice::from_ref(&self.baseline), &along)?;
        let n = task.n_examples();
        let (mut sums, mut base) = (Vec::new(), vec![0.0; n]);
        let share = 1.0 / baselines.len() as f64;
        let steps = vec![(self.n_steps + 1) * baselines.len(); n];
        for from in baselines {
            let line = Line::new(&along, from)?;
            base.iter_mut().zip(line.base_values()?).for_each(|(sum, it)| *sum += share * it);
            let mut last: Option<Step> = None;
            line.walk(&self.rule.nodes(self.n_steps + 1)?, task.places(), |nodes, slopes| {
                for copy in 0..nodes.len() {
                    let numbers: Vec<usize> = (copy * n..(copy + 1) * n).collect();
                    let of = |it: &Tensor| examples_of(it, nodes.len() * n, &numbers);
                    let step = Step {
                        values: slopes.values.iter().map(of).collect::<Result<_, _>>()?,
                        gradients: slopes.gradients.iter().map(of).collect::<Result<_, _>>()?,
                    };
                    if let Some(before) = &last {
                        let piece = self.piece(before, &step)?;
                        let piece = piece.iter().map(|it| it.mul_number(share)).collect::<Result<_, _>>()?;
                        sums = added(&sums, piece)?;
                    }
                    last = Some(step);
                }
                Ok(())
            })?;
        }
        let evidence = Evidence::new("layer-conductance", "")
            .with_baseline(&described(std::slice::from_ref(&self.baseline)))
            .with_parameter("along", crate::passes::describe(&self.along).as_str())
            .with_parameter("n_steps", self.n_steps)
            .with_parameter("rule", self.rule.name())
            .with_parameter("slope", if self.slope == Slope::Left { "left" } else { "mean" });
        Ok(Found::new(sums, evidence).with_base_values(base).with_steps(steps))
    }
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use rationale_core::Silent;
    use rationale_tensor::Element;

    use super::*;
    use crate::toy::{tensor, toy};

    #[test]
    fn divides_the_change_among_the_elements_of_a_layer() {
        // y = (2 x0, x0 x1), F = y0 + y1^2: 2 x0 and (x0 x1)^2 of it pass through each.
        let network = toy(Element::F32, &[None, Some(2)], &[("y", "Concat")], |run| {
            let y = run.site("y", |run| {
                let x = run.input(0)?.clone();
                let (x0, x1) = (x.narrow(1, 0, 1)?, x.narrow(1, 1, 2)?);
                rationale_tensor::Tensor::concat(&[x0.mul_number(2.0)?, x0.mul(&x1)?], 1)
            })?;
            let last = y.narrow(1, 1, 2)?;
            Ok(vec![y.narrow(1, 0, 1)?.add(&last.mul(&last)?)?])
        });
        let x = tensor(&[1.0, 3.0, 2.0, 0.5], &[2, 2]);
        let found = LayerConductance::new("y").explain(&network, &[x], &Silent).unwrap();
        let right = [2.0, 9.0, 4.0, 1.0];
        assert!(found.values[0].iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-4), "{}", found.values[0]);
        assert!(found.evidence.completeness_gap.unwrap() < 1e-4);
        assert_eq!(found.evidence.steps, Some(51));
    }
}
