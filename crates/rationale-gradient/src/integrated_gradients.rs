//! Integrated Gradients. Sundararajan, Taly and Yan 2017, <https://arxiv.org/abs/1703.01365>.
//!
//! IG_i(x) = (x_i - x'_i) times the integral over a from 0 to 1 of dF/dx_i at x' + a (x - x') (equation 1), as a weighted
//! sum over steps.
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | F | the target's number | one an example |
//! | x | the value at the place | that of the place |
//! | x' | the baseline | the same |
//! | m | `n_steps` | |
//! | gap | `completeness_gaps`: sum of values - (F(x) - F(x')) | one an example |
//!
//! **Holds**: completeness and with it sensitivity, up to the error of the sum over steps, which is the gap reported;
//! implementation invariance; linearity; symmetry.
//!
//! **Costs**: m passes forward and back and two forward for each example and baseline. Memory does not grow with m: steps go
//! through in batches, and what they give is added up on the device.
//!
//! **Departs** from the paper, which takes right Riemann sums, by Gauss and Legendre's rule with 50 steps, captum's default.
//! Several places are moved together along one path. At a site the path is that of the site's own value, while whatever
//! goes round the site keeps the value that it has at x, as in captum's `LayerIntegratedGradients`.
//!
//! # Steps until the gap is small
//!
//! [`Steps::Adaptive`] puts steps where they are needed, example by example: a gap is a fact of the network, whose slope jumps along
//! the path, often most of all near the baseline, and no fixed number of steps suits all inputs. The path is cut into 16
//! equal pieces. Of each the true change of F is known from its ends, and so its own gap. The steps of one piece after another are
//! doubled, that with the largest squared gap a step first, until the gaps add up to less than the tolerance.
//!
//! All steps are used again: within a piece they lie at Chebyshev's nodes, a = (1 - cos t) / 2 at equal distances of t, and weigh
//! sin t over the sum of all sin t, so that each piece keeps a running sum only. There are 16 of these, however many steps.
//!
//! ```
//! use rationale_gradient::{IntegratedGradients, Steps};
//!
//! let explainer = IntegratedGradients::new().with_steps(Steps::Adaptive { tolerance: 0.005, limit: 1023 });
//! // F = x0 x1 at (2, 3) from 0: the path gives each half of 6.
//! # let _ = explainer;
//! ```

use std::f64::consts::PI;

use rationale_core::Evidence;
use rationale_tensor::{Error as RunError, Tensor};

use crate::baseline::{described, resolved};
use crate::line::{Line, added, multiplied, sums_of_examples};
use crate::point::examples_of;
use crate::quadrature::Node;
use crate::settings::with_settings;
use crate::{Baseline, Error, Found, GradientMethod, Quadrature, Settings, Task};

/// The gradient, averaged over the straight path from a baseline, times the way.
#[derive(Debug, Clone)]
pub struct IntegratedGradients {
    settings: Settings,
    baselines: Vec<Baseline>,
    steps: Steps,
}

/// How many steps are taken, and where they lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Steps {
    /// So many, by a rule.
    Fixed {
        /// How many.
        n_steps: usize,
        /// Where they lie.
        rule: Quadrature,
    },
    /// As many as make the gap smaller than this part of |F(x) - F(x')|, or than the limit allows; the evidence says which.
    Adaptive {
        /// The largest relative gap.
        tolerance: f64,
        /// The most steps of an example and baseline.
        limit: usize,
    },
}

impl Default for Steps {
    /// 50 steps of Gauss and Legendre's rule: captum's.
    fn default() -> Self {
        Self::Fixed { n_steps: 50, rule: Quadrature::GaussLegendre }
    }
}

impl Default for IntegratedGradients {
    fn default() -> Self {
        Self::new()
    }
}

impl IntegratedGradients {
    /// Of the predicted element at the first input, from zeros, in 50 steps.
    pub fn new() -> Self {
        Self { settings: Settings::default(), baselines: vec![Baseline::Zero], steps: Steps::default() }
    }

    with_settings!();

    /// Compares with this, at every place.
    pub fn with_baseline(self, baseline: Baseline) -> Self {
        self.with_baselines(vec![baseline])
    }

    /// Compares with these, one for each place.
    pub fn with_baselines(mut self, baselines: Vec<Baseline>) -> Self {
        self.baselines = baselines;
        self
    }

    /// How many steps are taken, and where they lie.
    pub fn with_steps(mut self, steps: Steps) -> Self {
        self.steps = steps;
        self
    }

    fn evidence(&self) -> Evidence {
        let evidence = Evidence::new("integrated-gradients", "").with_baseline(&described(&self.baselines));
        match self.steps {
            Steps::Fixed { n_steps, rule } => {
                evidence.with_parameter("n_steps", n_steps).with_parameter("rule", rule.name())
            }
            Steps::Adaptive { tolerance, limit } => evidence
                .with_parameter("rule", "Chebyshev nodes in 16 pieces, doubled where the gap is")
                .with_parameter("tolerance", tolerance)
                .with_parameter("step_limit", limit),
        }
    }

    fn along(&self, task: &Task<'_>, from: Vec<Tensor>) -> Result<OnePath, Error> {
        match self.steps {
            Steps::Fixed { n_steps, rule } => fixed(task, from, &rule.nodes(n_steps)?),
            Steps::Adaptive { tolerance, limit } => Adaptive { tolerance, limit }.along(task, &from),
        }
    }
}

impl GradientMethod for IntegratedGradients {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn attribute(&self, task: &Task<'_>) -> Result<Found, Error> {
        self.steps.check()?;
        let baselines = resolved(&self.baselines, task)?;
        let share = 1.0 / baselines.len() as f64;
        let mut all = OnePath::default();
        for from in baselines {
            all.add(self.along(task, from)?, share)?;
        }
        let evidence = self.evidence();
        let mut found =
            Found::new(all.values, evidence).with_base_values(all.base_values).with_steps(all.steps);
        if let (Steps::Adaptive { tolerance, limit }, true) = (self.steps, all.is_unfinished) {
            found = found.with_warning(format!(
                "the completeness gap is not below {tolerance} of the difference after {limit} steps at most"
            ));
        }
        Ok(found)
    }
}

impl Steps {
    fn check(self) -> Result<(), Error> {
        let setting = |what, value, expected| Err(Error::Setting { what, value, expected });
        match self {
            Self::Adaptive { tolerance, .. } if !(tolerance > 0.0 && tolerance.is_finite()) => {
                setting("the tolerance", tolerance, "more than 0")
            }
            Self::Adaptive { limit, .. } if limit < N_PIECES * FIRST_OF_PIECE => {
                setting("the limit of steps", limit as f64, "at least 48, with which the rule begins")
            }
            _ => Ok(()),
        }
    }
}

/// What a path from one baseline gives, or the mean over several.
#[derive(Default)]
struct OnePath {
    values: Vec<Tensor>,
    base_values: Vec<f64>,
    /// All steps of an example.
    steps: Vec<usize>,
    is_unfinished: bool,
}

impl OnePath {
    fn add(&mut self, path: Self, share: f64) -> Result<(), RunError> {
        let values = path.values.iter().map(|it| it.mul_number(share)).collect::<Result<_, _>>()?;
        self.values = added(&self.values, values)?;
        let n = path.steps.len();
        self.base_values.resize(n, 0.0);
        self.steps.resize(n, 0);
        self.base_values.iter_mut().zip(path.base_values).for_each(|(sum, it)| *sum += share * it);
        self.steps.iter_mut().zip(path.steps).for_each(|(sum, it)| *sum += it);
        self.is_unfinished |= path.is_unfinished;
        Ok(())
    }
}

fn fixed(task: &Task<'_>, from: Vec<Tensor>, nodes: &[Node]) -> Result<OnePath, Error> {
    let line = Line::new(task, from)?;
    let base_values = line.base_values()?;
    let values = multiplied(&line.weighted_gradients(nodes, task.places())?, &line.way)?;
    Ok(OnePath { values, base_values, steps: vec![nodes.len(); task.n_examples()], is_unfinished: false })
}

/// The rule that refines pieces of the path.
struct Adaptive {
    tolerance: f64,
    limit: usize,
}

impl Adaptive {
    /// Examples are taken one by one, so that none depends on how hard the others are.
    fn along(&self, task: &Task<'_>, from: &[Tensor]) -> Result<OnePath, Error> {
        let n = task.n_examples();
        let mut parts: Vec<OnePath> = Vec::new();
        for example in 0..n {
            let one = task.of(&[example])?;
            let from = from.iter().map(|it| examples_of(it, n, &[example])).collect::<Result<_, _>>()?;
            parts.push(self.along_one(&one, from)?);
        }
        let joined = |place: usize| {
            let values: Vec<_> = parts.iter().map(|it| it.values[place].clone()).collect();
            Tensor::concat(&values, 0)
        };
        Ok(OnePath {
            values: (0..from.len()).map(joined).collect::<Result<_, _>>()?,
            base_values: parts.iter().flat_map(|it| it.base_values.iter().copied()).collect(),
            steps: parts.iter().flat_map(|it| it.steps.iter().copied()).collect(),
            is_unfinished: parts.iter().any(|it| it.is_unfinished),
        })
    }

    fn along_one(&self, task: &Task<'_>, from: Vec<Tensor>) -> Result<OnePath, Error> {
        let line = Line::new(task, from)?;
        let (mut pieces, base) = Piece::all(task, &line)?;
        let difference: f64 = pieces.iter().map(|it| it.change).sum();
        loop {
            let gap = pieces.iter().map(|it| it.gap).sum::<f64>().abs();
            let n_steps: usize = pieces.iter().map(|it| it.n_steps).sum();
            tracing::debug!(steps = n_steps, gap, difference, "integrated gradients");
            let is_small = gap <= self.tolerance * difference.abs();
            let left = self.limit.saturating_sub(n_steps);
            let affordable = pieces.iter_mut().filter(|it| it.n_steps < left);
            let worst = affordable.max_by(|a, b| a.urgency().total_cmp(&b.urgency()));
            match worst {
                Some(piece) if !is_small => piece.refine(task, &line)?,
                _ => {
                    let mut values = Vec::new();
                    for piece in &pieces {
                        values = added(&values, piece.values(&line)?)?;
                    }
                    let base_values = vec![base];
                    return Ok(OnePath {
                        values,
                        base_values,
                        steps: vec![n_steps],
                        is_unfinished: !is_small,
                    });
                }
            }
        }
    }
}

/// Into how many pieces the path is cut.
const N_PIECES: usize = 16;

/// The steps with which a piece begins; then 7, 15, and so on.
const FIRST_OF_PIECE: usize = 3;

/// A piece of the path, and the running sum of its steps.
struct Piece {
    from: f64,
    n_steps: usize,
    /// The gradients, weighted by the sines, place by place.
    sums: Vec<Tensor>,
    total_weight: f64,
    /// What F changes by.
    change: f64,
    gap: f64,
}

impl Piece {
    fn all(task: &Task<'_>, line: &Line<'_, '_>) -> Result<(Vec<Self>, f64), Error> {
        let edges: Vec<f64> = (0..=N_PIECES).map(|it| it as f64 / N_PIECES as f64).collect();
        let mut scores = Vec::new();
        for alphas in edges.chunks(task.copies_at_once()) {
            scores.extend(task.scores(&line.point(alphas)?)?);
        }
        let piece = |i: usize| {
            let change = scores[i + 1] - scores[i];
            let mut piece =
                Self { from: edges[i], n_steps: 0, sums: Vec::new(), total_weight: 0.0, change, gap: 0.0 };
            piece.refine(task, line)?;
            Ok(piece)
        };
        Ok(((0..N_PIECES).map(piece).collect::<Result<_, Error>>()?, scores[0]))
    }

    /// How much doubling the steps of this piece promises for each of them.
    fn urgency(&self) -> f64 {
        self.gap * self.gap / self.n_steps as f64
    }

    fn refine(&mut self, task: &Task<'_>, line: &Line<'_, '_>) -> Result<(), Error> {
        let is_first = self.n_steps == 0;
        self.n_steps = if is_first { FIRST_OF_PIECE } else { 2 * self.n_steps + 1 };
        let nodes = self.new_nodes(is_first);
        self.total_weight += nodes.iter().map(|it| it.weight).sum::<f64>();
        self.sums = added(&self.sums, line.weighted_gradients(&nodes, task.places())?)?;
        self.gap = sums_of_examples(&self.values(line)?, 1)?[0] - self.change;
        Ok(())
    }

    /// Of the n nodes at t = pi j / (n + 1) those that the rule of half as many does not have; at first all of them.
    fn new_nodes(&self, is_first: bool) -> Vec<Node> {
        let node = |j: usize| {
            let t = PI * j as f64 / (self.n_steps + 1) as f64;
            Node { alpha: self.from + (t / 2.0).sin().powi(2) / N_PIECES as f64, weight: t.sin() }
        };
        (1..=self.n_steps).filter(|j| is_first || j % 2 == 1).map(node).collect()
    }

    /// The piece's part of the attributions.
    fn values(&self, line: &Line<'_, '_>) -> Result<Vec<Tensor>, Error> {
        let share = 1.0 / (self.total_weight * N_PIECES as f64);
        let means = self.sums.iter().map(|it| it.mul_number(share)).collect::<Result<Vec<_>, _>>()?;
        Ok(multiplied(&means, &line.way)?)
    }
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use rationale_core::Silent;
    use rationale_tensor::Place;

    use super::*;
    use crate::toy::{Toy, formula, of_rows, tensor};

    const ADAPTIVE: Steps = Steps::Adaptive { tolerance: 1e-4, limit: 4095 };

    fn check(network: &Toy, x: &[f32], right: &[f64], tolerance: f64) {
        for steps in [Steps::default(), ADAPTIVE] {
            for place in [Place::Input(0), Place::Site("inner".into())] {
                let explainer = IntegratedGradients::new().with_steps(steps).at(place.clone());
                let found = explainer.explain(network, &[tensor(x, &[1, x.len()])], &Silent).unwrap();
                let actual: Vec<f64> = found.values[0].iter().copied().collect();
                assert!(
                    actual.iter().zip(right).all(|(a, b)| (a - b).abs() <= tolerance),
                    "{steps:?} {place:?}: {actual:?}, right is {right:?}"
                );
            }
        }
    }

    #[test]
    fn divides_a_sum_of_functions_of_one_feature_exactly() {
        check(&formula(3), &[2.0, 3.0, 0.5], &[10.0, 9.0, 0.5_f64.sin()], 2e-3);
    }

    #[test]
    fn halves_a_product() {
        let product = of_rows(2, |x| x[0].mul(&x[1]));
        check(&product, &[2.0, 3.0], &[3.0, 3.0], 1e-5);
    }

    #[test]
    fn gives_a_maximum_to_the_larger() {
        check(&of_rows(2, |x| x[0].max_of(&x[1])), &[2.0, 3.0], &[0.0, 3.0], 1e-5);
    }

    #[test]
    fn sees_what_a_saturated_gradient_does_not() {
        // 1 - relu(1 - x) at 2: the gradient is 0, the function has gone from 0 to 1.
        let network = of_rows(1, |x| x[0].neg()?.add_number(1.0)?.relu()?.neg()?.add_number(1.0));
        let x = [tensor(&[2.0], &[1, 1])];
        let gradient = crate::Saliency::new().explain(&network, &x, &Silent).unwrap();
        assert_eq!(gradient.values[0].as_slice().unwrap(), [0.0]);
        assert_eq!(gradient.evidence.warnings.len(), 1);
        let by_middles = Steps::Fixed { n_steps: 50, rule: Quadrature::RiemannMiddle };
        let found = IntegratedGradients::new().with_steps(by_middles).explain(&network, &x, &Silent).unwrap();
        assert!((found.values[0][[0, 0]] - 1.0).abs() < 1e-6);
        assert!(found.completeness_gaps.unwrap()[0].abs() < 1e-6);
        check(&network, &[2.0], &[1.0], 0.05);
    }

    #[test]
    fn the_gap_is_the_sum_minus_the_difference() {
        let network = of_rows(1, |x| x[0].mul(&x[0]));
        let by_right_ends = Steps::Fixed { n_steps: 10, rule: Quadrature::RiemannRight };
        let explainer = IntegratedGradients::new().with_steps(by_right_ends);
        let found = explainer.explain(&network, &[tensor(&[1.0, 2.0], &[2, 1])], &Silent).unwrap();
        // The sum over a = 0.1 .. 1 of 2 a / 10 is 1.1.
        let gaps = found.completeness_gaps.unwrap();
        assert!((gaps[0] - 0.1).abs() < 1e-6 && (gaps[1] - 0.4).abs() < 1e-6, "{gaps}");
        assert!((found.evidence.completeness_gap.unwrap() - 0.4).abs() < 1e-6);
        assert_eq!(found.evidence.steps, Some(10));
        assert_eq!(found.evidence.model_calls, 2 + 2 + 20);
    }

    #[test]
    fn the_adaptive_rule_stops_at_the_tolerance_or_says_that_it_did_not() {
        let network = of_rows(1, |x| x[0].mul_number(-20.0)?.add_number(7.0)?.relu());
        let explain = |limit| {
            let steps = Steps::Adaptive { tolerance: 1e-3, limit };
            let explainer = IntegratedGradients::new().with_steps(steps);
            explainer.explain(&network, &[tensor(&[1.0], &[1, 1])], &Silent).unwrap()
        };
        let found = explain(8191);
        assert!(found.relative_gaps().unwrap()[0].abs() <= 1e-3 && found.evidence.warnings.is_empty());
        let cut = explain(48);
        assert_eq!(cut.steps, Some(vec![48]));
        assert!(cut.evidence.warnings[0].contains("not below 0.001"), "{:?}", cut.evidence.warnings);
    }

    #[test]
    fn an_example_does_not_depend_on_those_beside_it() {
        let network = of_rows(2, |x| x[0].mul(&x[1])?.sub(&x[0])?.relu());
        let explain = |values: &[f32], batch_size| {
            let explainer = IntegratedGradients::new().with_steps(ADAPTIVE).with_batch_size(batch_size);
            explainer.explain(&network, &[tensor(values, &[values.len() / 2, 2])], &Silent).unwrap()
        };
        let together = explain(&[1.0, 2.0, 3.0, 1.5, -1.0, 0.5], 8);
        let alone = explain(&[3.0, 1.5], 8);
        let row = |it: &ndarray::ArrayD<f64>, i: usize| it.index_axis(ndarray::Axis(0), i).to_owned();
        assert_eq!(row(&together.values[0], 1), row(&alone.values[0], 0));
        assert_eq!(together.steps.as_ref().unwrap()[1], alone.steps.unwrap()[0]);
        let in_small_batches = explain(&[1.0, 2.0, 3.0, 1.5, -1.0, 0.5], 1);
        assert!((&together.values[0] - &in_small_batches.values[0]).iter().all(|it| it.abs() < 1e-6));
    }

    #[test]
    fn averages_over_several_baselines() {
        let network = of_rows(2, |x| x[0].mul(&x[1]));
        let both = Baseline::Several(vec![Baseline::Zero, Baseline::Constant(1.0)]);
        let explainer = IntegratedGradients::new().with_baseline(both);
        let found = explainer.explain(&network, &[tensor(&[2.0, 3.0], &[1, 2])], &Silent).unwrap();
        // From (1, 1): 1 times the mean of x1 from 1 to 3, and 2 times the mean of x0 from 1 to 2.
        let right = [f64::midpoint(3.0, 2.0), f64::midpoint(3.0, 3.0)];
        assert!(found.values[0].iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-5), "{}", found.values[0]);
        assert_eq!(found.base_values.unwrap()[0], 0.5);
        assert_eq!(found.evidence.baseline.unwrap(), "the mean over: zero; constant 1");
    }

    #[test]
    fn rejects_zero_steps() {
        for rule in [Quadrature::GaussLegendre, Quadrature::Trapezoid] {
            let explainer = IntegratedGradients::new().with_steps(Steps::Fixed { n_steps: 0, rule });
            let error = explainer.explain(&formula(3), &[tensor(&[0.0; 3], &[1, 3])], &Silent).unwrap_err();
            assert!(error.to_string().contains("the number of steps is 0, but must be at least"), "{error}");
        }
    }

    #[test]
    fn rejects_a_baseline_of_another_shape() {
        let explainer =
            IntegratedGradients::new().with_baseline(Baseline::Values(tensor(&[0.0; 4], &[1, 4])));
        let error = explainer.explain(&formula(3), &[tensor(&[0.0; 6], &[2, 3])], &Silent).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the baseline of input 0 has shape [1, 4], but [2, 3] is needed, or the same with one example"
        );
    }
}
